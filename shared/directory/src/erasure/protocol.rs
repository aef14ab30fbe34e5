//! Where a text of a request is a word of the protocol: it tells nothing of a person, even if they are called so.
//!
//! Both must agree, the place and the word. What stands at the place of any other attribute is data, whatever it is.

use serde_json::{Map, Value};

/// The operations of a PATCH, and the methods of a bulk request.
const OPERATIONS: [&str; 3] = ["add", "remove", "replace"];
const METHODS: [&str; 4] = ["delete", "patch", "post", "put"];
/// Where bulk requests create.
const ENDPOINTS: [&str; 2] = ["/groups", "/users"];
/// What the standard calls the elements of lists, and the types of resources. (RFC 7643)
const LABELS: [&str; 12] = [
    "direct",
    "fax",
    "group",
    "home",
    "indirect",
    "mobile",
    "other",
    "pager",
    "photo",
    "thumbnail",
    "user",
    "work",
];
const FLAGS: [&str; 2] = ["false", "true"];
const ORDERS: [&str; 2] = ["ascending", "descending"];
/// What a schema, and an attribute of an extension, begins with.
const URN: &str = "urn:";
const SEARCH: &str = ".search";

/// The words that name the protocol at a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Words {
    /// None: it is the place of data.
    #[default]
    None,
    Operations,
    Methods,
    Paths,
    Labels,
    Flags,
    Orders,
    Schemas,
}

impl Words {
    fn has(self, word: &str) -> bool {
        match self {
            Self::None => false,
            Self::Operations => OPERATIONS.contains(&word),
            Self::Methods => METHODS.contains(&word),
            Self::Paths => is_path(word) || ENDPOINTS.contains(&word),
            Self::Labels => LABELS.contains(&word),
            Self::Flags => FLAGS.contains(&word),
            Self::Orders => ORDERS.contains(&word),
            Self::Schemas => word.starts_with(URN),
        }
    }

    /// Returns the words at the place of an attribute that has the same values for everybody.
    fn of_attribute(name: &str) -> Self {
        match name {
            "type" | "resourcetype" => Self::Labels,
            "active" | "primary" => Self::Flags,
            _ => Self::None,
        }
    }
}

/// A place in the body of a request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    words: Words,
    is_inside: bool,
    is_element: bool,
    /// The object has the attributes of an extension, which can have any name.
    is_extension: bool,
}

impl Place {
    /// Returns whether a text at this place is a word of the protocol.
    pub(super) fn is_protocol(self, text: &str) -> bool {
        self.words.has(&text.to_lowercase())
    }

    /// Returns the place of an element of the list at this place.
    pub(super) fn element(self) -> Self {
        Self {
            is_element: true,
            is_inside: true,
            ..self
        }
    }

    /// Returns the object at this place.
    pub(super) fn object(self, object: &Map<String, Value>) -> Object {
        let is_operation = text_of(object, "op").is_some_and(|it| OPERATIONS.contains(&&*it))
            || text_of(object, "method").is_some_and(|it| METHODS.contains(&&*it));
        let path = text_of(object, "path").filter(|_| is_operation);
        Object {
            place: self,
            is_operation,
            path: path.unwrap_or_default(),
            has_value: text_of(object, "value").is_some(),
        }
    }
}

/// An object in the body of a request.
#[derive(Debug)]
pub(super) struct Object {
    place: Place,
    is_operation: bool,
    /// The path of the operation, in lower case.
    path: String,
    has_value: bool,
}

impl Object {
    /// Returns the place of a member.
    pub(super) fn member(&self, name: &str) -> Place {
        let (name, is_inside) = (name.to_lowercase(), self.place.is_inside);
        let is_of_list = self.place.is_element || self.has_value;
        let words = match name.as_str() {
            _ if self.place.is_extension => Words::None,
            "value" if self.is_operation => Words::of_attribute(last_of(&self.path)),
            "op" if self.is_operation => Words::Operations,
            "method" if self.is_operation => Words::Methods,
            "path" if self.is_operation => Words::Paths,
            "schemas" => Words::Schemas,
            "sortorder" if !is_inside => Words::Orders,
            "sortby" | "attributes" | "excludedattributes" if !is_inside => Words::Paths,
            // Elsewhere, it can be anybody's attribute.
            "type" if !is_of_list => Words::None,
            name => Words::of_attribute(last_of(name)),
        };
        let is_value = self.is_operation && name == "value";
        Place {
            words,
            is_inside: true,
            is_element: false,
            is_extension: name.starts_with(URN) || is_value && self.path.starts_with(URN),
        }
    }
}

/// Returns whether a text in quotes is a word of the protocol that a filter compares with: `emails[type eq "work"]`. Both are
/// in lower case, and what is before it ends with the quote.
pub(super) fn is_compared(before: &str, word: &str) -> bool {
    let mut words = before
        .trim_end_matches(['"', '\\'])
        .rsplit(|it: char| it.is_whitespace() || "[(".contains(it));
    let is_behind_operator = words.next() == Some("") && matches!(words.next(), Some("eq" | "ne"));
    let attribute = words.next().map(last_of).unwrap_or_default();
    is_behind_operator && Words::of_attribute(attribute).has(word)
}

/// Returns whether a segment of a target names the protocol: `/Users/.search`, `/ResourceTypes/User`.
pub(super) fn is_endpoint(place: &str, segment: &str) -> bool {
    let (place, segment) = (place.to_lowercase(), segment.to_lowercase());
    match place.as_str() {
        "resourcetypes" => LABELS.contains(&&*segment),
        "schemas" => segment.starts_with(URN),
        _ => segment == SEARCH,
    }
}

/// Returns the text of a member of an object, both in lower case.
fn text_of(object: &Map<String, Value>, name: &str) -> Option<String> {
    let mut members = object.iter();
    let (_, value) = members.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    value.as_str().map(str::to_lowercase)
}

/// Returns the last name of a path; nothing of an extension's, whose attributes can have any name.
fn last_of(path: &str) -> &str {
    match path.starts_with(URN) {
        true => "",
        false => path.rsplit('.').next().unwrap_or_default(),
    }
}

/// Returns whether a text is the path of an attribute, without a filter.
fn is_path(text: &str) -> bool {
    let is_begin = |it: char| it.is_ascii_alphabetic() || it == '$';
    let is_part = |it: char| it.is_ascii_alphanumeric() || "$-_.".contains(it);
    text.starts_with(URN) || text.starts_with(is_begin) && text.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Returns the texts of a body that are not words of the protocol.
    fn data(value: &Value, place: Place, found: &mut Vec<String>) {
        match value {
            Value::String(text) if !place.is_protocol(text) => found.push(text.clone()),
            Value::Array(list) => {
                for value in list {
                    data(value, place.element(), found);
                }
            }
            Value::Object(members) => {
                let object = place.object(members);
                for (name, value) in members {
                    data(value, object.member(name), found);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn data_is_what_is_at_the_place_of_an_attribute() {
        let none: [&str; 0] = [];
        for (body, expected) in [
            (
                json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [
                    {"op": "Replace", "path": "active", "value": "False"},
                    {"op": "add", "path": "emails[type eq \"work\"].primary", "value": "True"},
                    {"op": "replace", "value": {"active": "true", "emails[type eq \"work\"].type": "work"}},
                    {"op": "remove", "path": "urn:x:2.0:User:badge"},
                ]}),
                &["emails[type eq \"work\"].primary"][..],
            ),
            (
                json!({"Operations": [{"method": "POST", "path": "/Users", "data": {"title": "post"}}]}),
                &["post"],
            ),
            (
                json!({"emails": [{"value": "work", "type": "work", "display": "work"}],
                    "meta": {"resourceType": "User"}, "active": "true"}),
                &["work", "work"],
            ),
            (
                json!({"sortBy": "userName", "sortOrder": "ascending", "attributes": ["add", "a b"]}),
                &["a b"],
            ),
            (
                json!({"op": "x", "path": "add", "externalId": "replace", "title": "true", "type": "work",
                    "name": {"attributes": ["add"], "op": "add"}, "roles": [{"type": "Ada", "value": "User"}]}),
                &["x", "add", "replace", "true", "work", "add", "Ada", "User"],
            ),
            (
                json!({"urn:x:2.0:User": {"type": "work", "active": "true", "path": "add"}}),
                &["work", "true", "add"],
            ),
            (
                json!({"op": "add", "path": "urn:x:2.0:User", "value": {"active": "true"}}),
                &["true"],
            ),
            (
                json!({"op": "add", "path": "urn:x:2.0:User:active", "value": "true"}),
                &["true"],
            ),
            (json!({"op": "add", "path": "type", "value": "work"}), &none),
            (
                json!({"op": "add", "path": "ada@x.test", "value": "add"}),
                &["ada@x.test", "add"],
            ),
        ] {
            let mut found = Vec::new();
            data(&body, Place::default(), &mut found);
            // An operation is recognized wherever it stands, so `name` above has one.
            assert_eq!(found, expected, "{body}");
        }
    }

    #[test]
    fn a_filter_compares_with_words_of_the_protocol() {
        for (before, word, expected) in [
            ("emails[type eq \"", "work", true),
            ("members[value eq \"x\" and type ne \"", "user", true),
            ("active eq \"", "true", true),
            ("usertype eq \"", "work", false),
            ("urn:x:type eq \"", "work", false),
            ("type eq \"", "ada", false),
            ("type co \"", "work", false),
            ("the type \"", "work", false),
            ("\"", "work", false),
        ] {
            assert_eq!(is_compared(before, word), expected, "{before} {word}");
        }
        for (place, segment, expected) in [
            ("Users", ".search", true),
            ("ResourceTypes", "User", true),
            ("Users", "User", false),
            ("Users", "urn:x", false),
        ] {
            assert_eq!(is_endpoint(place, segment), expected, "{place} {segment}");
        }
    }
}
