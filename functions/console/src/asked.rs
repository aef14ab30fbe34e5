//! What a request of an identity provider asked for: read from its method, its target and its body. Pure.

use rollcall_directory::LoggedRequest;
use serde_json::{Map, Value};

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    Person,
    Group,
}

/// What a request asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Add(Thing),
    Read(Thing),
    Change(Thing),
    Delete(Thing),
    Search(Thing),
    List(Thing),
    /// The description of the service.
    Describe,
    /// Something else, most likely by a wrong address.
    Other,
}

/// A change of the members of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MemberChange {
    pub(crate) added: Vec<String>,
    pub(crate) removed: Vec<String>,
    /// Whether the members are replaced by those that are added.
    pub(crate) replaces: bool,
}

/// A request as it is read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    pub(crate) deed: Deed,
    /// The id in the target; empty if there is none.
    pub(crate) id: String,
    /// What it searched for.
    pub(crate) filter: Option<String>,
    /// The body; `Null` if there is none, or if it was cut.
    pub(crate) body: Value,
}

impl Asked {
    /// Reads a request.
    pub(crate) fn of(request: &LoggedRequest) -> Self {
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((&request.target, ""));
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let (kind, id) = (segments.next(), segments.next());
        let body = request.sent.as_deref().map(serde_json::from_str);
        let body: Value = body.and_then(Result::ok).unwrap_or_default();
        let filter = form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name.eq_ignore_ascii_case("filter"))
            .map(|(_, value)| value.into_owned())
            .or_else(|| {
                member(&body, "filter")
                    .and_then(Value::as_str)
                    .map(str::to_owned)
            });
        let thing = match kind {
            Some("Users") => Some(Thing::Person),
            Some("Groups") => Some(Thing::Group),
            _ => None,
        };
        let is_search = id == Some(".search");
        let has_id = id.is_some() && !is_search;
        let deed = match (thing, &*request.http_method, kind) {
            (Some(thing), "GET", _) if has_id => Deed::Read(thing),
            (Some(thing), "GET", _) => listed(thing, filter.is_some()),
            (Some(thing), "POST", _) if is_search => listed(thing, filter.is_some()),
            (Some(thing), "POST", _) if !has_id => Deed::Add(thing),
            (Some(thing), "PUT" | "PATCH", _) if has_id => Deed::Change(thing),
            (Some(thing), "DELETE", _) if has_id => Deed::Delete(thing),
            (None, "GET", Some("ServiceProviderConfig" | "Schemas" | "ResourceTypes")) => {
                Deed::Describe
            }
            _ => Deed::Other,
        };
        Self {
            deed,
            id: id.filter(|_| has_id).unwrap_or_default().to_owned(),
            filter,
            body,
        }
    }

    /// The name that the body gives what it is about: the one that is shown, or else the one that is unique.
    pub(crate) fn name_in_body(&self) -> Option<&str> {
        let formatted = member(&self.body, "name").and_then(|name| member(name, "formatted"));
        let names = [
            member(&self.body, "displayName"),
            formatted,
            member(&self.body, "userName"),
        ];
        let mut names = names.into_iter().flatten().filter_map(Value::as_str);
        names.find(|name| !name.trim().is_empty())
    }

    /// The value that a filter compares with; the filter itself if it compares with several values, or with none in quotes.
    pub(crate) fn searched(&self) -> Option<&str> {
        let filter = self.filter.as_deref()?;
        let mut quoted = filter.split('"').skip(1).step_by(2);
        match (quoted.next(), quoted.next()) {
            (Some(value), None) if !value.is_empty() => Some(value),
            _ => Some(filter),
        }
    }

    /// Whether it would make somebody inactive.
    pub(crate) fn deactivates(&self) -> bool {
        let is_false = |value: &Value| match value {
            Value::Bool(value) => !value,
            Value::String(text) => text.eq_ignore_ascii_case("false"),
            _ => false,
        };
        let of_whole = member(&self.body, "active").is_some_and(is_false);
        of_whole
            || self.operations().any(|operation| {
                let value = member(operation, "value");
                match path(operation).as_str() {
                    "active" => value.is_some_and(is_false),
                    "" => value
                        .and_then(|value| member(value, "active"))
                        .is_some_and(is_false),
                    _ => false,
                }
            })
    }

    /// The names of the attributes that a PATCH changes, each once.
    pub(crate) fn attributes(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for operation in self.operations() {
            let own = member(operation, "path").and_then(Value::as_str);
            let within = member(operation, "value").and_then(Value::as_object);
            let within = within.into_iter().flat_map(Map::keys).map(String::as_str);
            let of: Vec<&str> = match own.filter(|own| !own.is_empty()) {
                Some(own) => vec![own],
                None => within.collect(),
            };
            for name in of {
                let name = short(name);
                if !name.is_empty() && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// What a PATCH does to the members of a group; `None` if it does nothing to them.
    pub(crate) fn members(&self) -> Option<MemberChange> {
        let mut change = MemberChange::default();
        let mut is_change = false;
        for operation in self.operations() {
            let path = path(operation);
            let value = member(operation, "value");
            let value = match path.as_str() {
                "" => value.and_then(|value| member(value, "members")),
                path if path.starts_with("members") => value,
                _ => continue,
            };
            if path.is_empty() && value.is_none() {
                continue;
            }
            is_change = true;
            let mut ids = value.map(ids).unwrap_or_default();
            // The value of a path such as `members[value eq "…"]`.
            let original = member(operation, "path").and_then(Value::as_str);
            ids.extend(original.into_iter().flat_map(quoted));
            let op = member(operation, "op").and_then(Value::as_str);
            match op.unwrap_or_default().to_ascii_lowercase().as_str() {
                "remove" => change.removed.extend(ids),
                "replace" => {
                    change.replaces = true;
                    change.added = ids;
                    change.removed.clear();
                }
                _ => change.added.extend(ids),
            }
        }
        is_change.then_some(change)
    }

    fn operations(&self) -> impl Iterator<Item = &Value> {
        let operations = member(&self.body, "Operations").and_then(Value::as_array);
        operations.into_iter().flatten()
    }
}

fn listed(thing: Thing, is_search: bool) -> Deed {
    match is_search {
        true => Deed::Search(thing),
        false => Deed::List(thing),
    }
}

/// A member of an object, whatever the case of its name.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let mut members = value.as_object()?.iter();
    let (_, value) = members.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(value)
}

/// The path of an operation in small letters, without the URN of the core schemas.
fn path(operation: &Value) -> String {
    let path = member(operation, "path").and_then(Value::as_str);
    let path = path.unwrap_or_default().to_ascii_lowercase();
    match path.rsplit_once("core:2.0:") {
        Some((_, path)) => path.split_once(':').map_or("", |(_, path)| path).to_owned(),
        None => path,
    }
}

/// The attribute that a path or a name begins with, without its schema.
fn short(name: &str) -> String {
    let name = name.split('[').next().unwrap_or_default();
    let name = match name.starts_with("urn:") {
        true => name.rsplit(':').next().unwrap_or_default(),
        false => name,
    };
    name.to_owned()
}

fn quoted(text: &str) -> impl Iterator<Item = String> {
    text.split('"').skip(1).step_by(2).map(str::to_owned)
}

/// The ids of members in a value: an array of them, or one.
fn ids(value: &Value) -> Vec<String> {
    let one = |value: &Value| {
        let id = member(value, "value").unwrap_or(value);
        id.as_str().map(str::to_owned)
    };
    match value {
        Value::Array(values) => values.iter().filter_map(one).collect(),
        value => one(value).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(method: &str, target: &str, body: Value) -> Asked {
        let mut request = LoggedRequest::new(method, target, 200);
        request.sent = (!body.is_null()).then(|| body.to_string());
        Asked::of(&request)
    }

    #[test]
    fn requests_are_told_apart() {
        use Deed::{Add, Change, Delete, Describe, List, Other, Read, Search};
        use Thing::{Group, Person};
        for (method, target, expected) in [
            ("GET", "/Users", List(Person)),
            ("GET", "//Users?startIndex=1", List(Person)),
            ("GET", "/Users?filter=userName+eq+%22ada%22", Search(Person)),
            ("GET", "/Groups/g", Read(Group)),
            ("POST", "/Users", Add(Person)),
            ("POST", "/Users/.search", List(Person)),
            ("PUT", "/Users/u", Change(Person)),
            ("PATCH", "/Groups/g", Change(Group)),
            ("DELETE", "/Groups/g", Delete(Group)),
            ("GET", "/Schemas", Describe),
            ("GET", "/Me", Other),
            ("DELETE", "/Users", Other),
            ("GET", "", Other),
        ] {
            let deed = asked(method, target, Value::Null).deed;
            assert_eq!(deed, expected, "{method} {target}");
        }
    }

    #[test]
    fn a_filter_names_what_was_searched_for() {
        for (filter, expected) in [
            ("userName+eq+%22ada%40example.test%22", "ada@example.test"),
            ("active+eq+true", "active eq true"),
            ("a+eq+%22b%22+or+c+eq+%22d%22", "a eq \"b\" or c eq \"d\""),
        ] {
            let asked = asked("GET", &format!("/Users?filter={filter}"), Value::Null);
            assert_eq!(asked.searched(), Some(expected));
        }
    }

    #[test]
    fn changes_of_members_are_counted() {
        let patch = |operations: Value| {
            let asked = asked("PATCH", "/Groups/g", json!({"Operations": operations}));
            asked
                .members()
                .map(|it| (it.added.len(), it.removed.len(), it.replaces))
        };
        let two = json!([{"value": "u"}, {"value": "v"}]);
        for (operations, expected) in [
            (
                json!([{"op": "Add", "path": "members", "value": two}]),
                Some((2, 0, false)),
            ),
            (
                json!([{"op": "add", "value": {"members": two}}]),
                Some((2, 0, false)),
            ),
            (
                json!([{"op": "remove", "path": "members[value eq \"u\"]"}]),
                Some((0, 1, false)),
            ),
            (
                json!([{"op": "remove", "path": "members"}]),
                Some((0, 0, false)),
            ),
            (
                json!([{"op": "add", "path": "members", "value": {"value": "u"}},
                    {"op": "remove", "path": "members", "value": two}]),
                Some((1, 2, false)),
            ),
            (
                json!([{"op": "replace", "path": "members", "value": two}]),
                Some((2, 0, true)),
            ),
            (
                json!([{"op": "replace", "path": "displayName", "value": "x"}]),
                None,
            ),
            (
                json!([{"op": "replace", "value": {"displayName": "x"}}]),
                None,
            ),
        ] {
            assert_eq!(patch(operations.clone()), expected, "{operations}");
        }
    }

    #[test]
    fn deactivations_are_recognised_in_each_spelling() {
        for (body, expected) in [
            (
                json!({"Operations": [{"op": "replace", "path": "active", "value": false}]}),
                true,
            ),
            (
                json!({"Operations": [{"op": "Replace", "value": {"active": "False"}}]}),
                true,
            ),
            (json!({"active": false, "userName": "ada"}), true),
            (
                json!({"Operations": [{"op": "replace", "path": "active", "value": true}]}),
                false,
            ),
            (json!({"userName": "ada"}), false),
        ] {
            assert_eq!(
                asked("PATCH", "/Users/u", body.clone()).deactivates(),
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn attributes_are_named_once_and_without_their_schema() {
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let body = json!({"Operations": [
            {"op": "replace", "path": "title", "value": "x"},
            {"op": "add", "path": "title", "value": "y"},
            {"op": "replace", "path": format!("{urn}:department"), "value": "z"},
            {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "a"},
            {"op": "replace", "value": {"locale": "en"}},
        ]});
        let names = asked("PATCH", "/Users/u", body).attributes();
        assert_eq!(names, ["title", "department", "emails", "locale"]);
    }
}
