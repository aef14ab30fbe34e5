//! What a person was called, as their history tells it. The logs are searched by it.
//!
//! The identifiers: the user name, the external id, the addresses, the phone numbers, the employee number, and the values
//! that an extension schema declares unique. The names: what else people search somebody by. Others can have the same
//! ones, so they count in searches of users alone.

use std::collections::BTreeSet;

use rollcall_scim::{Declaration, Uniqueness};
use rollcall_store::{Error, Scope, text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::journal::entry::{AuditQuery, Entry};
use crate::journal::handle::Journal;

/// Entries read at once at first, while nobody knows how long they are, and at most.
const AT_FIRST: usize = 25;
const AT_ONCE: usize = 200;
/// The bytes of changes that a step reads before it ends: whoever calls it stores how far it is.
const STEP_BYTES: usize = 4_000_000;
/// Shorter identifiers would be found everywhere.
const MIN_CHARS: usize = 3;
/// The maximum length in bytes of all that is kept: an item of the table has 400 KB at most.
const MAX_KEPT_BYTES: usize = 250_000;
/// The attributes with an identifier.
const SINGLE: [&str; 2] = ["userName", "externalId"];
/// The attributes with lists of identifiers.
const LISTS: [&str; 2] = ["emails", "phoneNumbers"];
/// The extension of the standard, and the identifier in it.
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const EMPLOYEE_NUMBER: &str = "employeeNumber";
/// The attributes with a name.
const NAMES: [&str; 2] = ["displayName", "nickName"];

/// The attributes of extensions that identify a person: the URN of each and its name.
#[derive(Clone, Debug)]
pub(crate) struct UniqueAttributes(Vec<(String, String)>);

impl UniqueAttributes {
    /// Reads which attributes the schemas of the tenant declare unique.
    ///
    /// # Errors
    /// Table errors, and when the stored schemas cannot be read.
    pub(crate) async fn of(scope: &Scope) -> Result<Self, Error> {
        let mut unique = Self::default();
        let Some(item) = scope.table.get(&scope.keys().schemas()).await? else {
            return Ok(unique);
        };
        for name in ["own", "inherited"] {
            let stored = text(&item, name).unwrap_or_default();
            if stored.is_empty() {
                continue;
            }
            let declared: Vec<Declaration> =
                serde_json::from_str(stored).map_err(Error::corrupt)?;
            for schema in &declared {
                let attributes = schema.attributes.iter();
                let named = attributes.filter(|it| it.uniqueness != Uniqueness::None);
                let named = named.map(|it| (schema.urn.clone(), it.name.clone()));
                unique.0.extend(named);
            }
        }
        Ok(unique)
    }
}

impl Default for UniqueAttributes {
    fn default() -> Self {
        Self(vec![(ENTERPRISE.to_owned(), EMPLOYEE_NUMBER.to_owned())])
    }
}

/// What a person was called, in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Called {
    /// What identifies them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) identifiers: BTreeSet<String>,
    /// What others can be called too.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) names: BTreeSet<String>,
}

/// Adds what the next entries about the person, after this place, call them. Returns the place after these; `None` at the
/// end. Each call reads a bounded part of the history. What finds no room is counted.
///
/// # Errors
/// Only table errors.
pub(crate) async fn collect(
    scope: &Scope,
    id: &str,
    behind: Option<String>,
    called: &mut Called,
    left_out: &mut u64,
) -> Result<Option<String>, Error> {
    let unique = UniqueAttributes::of(scope).await?;
    let (mut behind, mut count, mut bytes) = (behind, 0, 0);
    while count < AT_ONCE && bytes < STEP_BYTES {
        let limit = at_once(count, bytes);
        let query = AuditQuery {
            subject: Some(id.to_owned()),
            after: behind,
            limit,
            ..AuditQuery::default()
        };
        let (entries, next) = Journal::of(scope).audit(&query).await?;
        for entry in entries.iter().filter(|entry| entry.subject.id == id) {
            called.keep(called_in(entry, &unique), left_out);
        }
        let texts = entries.iter().flat_map(|it| [&it.before, &it.after]);
        bytes += texts.flatten().map(String::len).sum::<usize>();
        count += entries.len();
        behind = next;
        // A short page has read as much of the log as one call may.
        if behind.is_none() || entries.len() < limit {
            break;
        }
    }
    Ok(behind)
}

/// Returns how many entries to read next of a step that has read so many with so many bytes.
fn at_once(count: usize, bytes: usize) -> usize {
    if count == 0 {
        return AT_FIRST;
    }
    let fit = STEP_BYTES.saturating_sub(bytes) / (bytes / count).max(1);
    fit.clamp(1, AT_ONCE)
}

impl Called {
    /// Adds what has room, and counts what has none.
    fn keep(&mut self, new: Self, left_out: &mut u64) {
        let kept = self.identifiers.iter().chain(&self.names);
        let mut room = MAX_KEPT_BYTES.saturating_sub(kept.map(String::len).sum());
        let both = [
            (&mut self.identifiers, new.identifiers),
            (&mut self.names, new.names),
        ];
        for (all, new) in both {
            for one in new {
                if all.contains(&one) {
                    continue;
                }
                if one.len() > room {
                    *left_out += 1;
                    continue;
                }
                room -= one.len();
                all.insert(one);
            }
        }
    }
}

/// Returns what an entry about a person calls them. Their name in an entry is their user name.
fn called_in(entry: &Entry, unique: &UniqueAttributes) -> Called {
    let mut called = Called {
        identifiers: BTreeSet::from([entry.subject.name.to_lowercase()]),
        names: BTreeSet::new(),
    };
    called.identifiers.retain(|name| is_long_enough(name));
    // What a refused sign-in brought can be somebody else's.
    if entry.action.starts_with("user.") {
        let texts = [&entry.before, &entry.after].into_iter().flatten();
        let values = texts.filter_map(|text| serde_json::from_str::<Value>(text).ok());
        for value in values {
            let found = of_attributes(&value, unique);
            called.identifiers.extend(found.identifiers);
            called.names.extend(found.names);
        }
    }
    called
}

fn is_long_enough(name: &str) -> bool {
    name.chars().count() >= MIN_CHARS
}

/// Returns what the attributes of a person call them.
pub(crate) fn of_attributes(attributes: &Value, unique: &UniqueAttributes) -> Called {
    let single = SINGLE.iter().map(|name| &attributes[*name]);
    let lists = LISTS.iter().filter_map(|name| attributes[*name].as_array());
    let listed = lists.flatten().map(|element| &element["value"]);
    let unique = unique.0.iter();
    let unique = unique.filter_map(|(urn, name)| member(member(attributes, urn)?, name));
    let mut identifiers = BTreeSet::new();
    for value in single.chain(listed).chain(unique) {
        texts_of(value, &mut identifiers);
    }
    identifiers.retain(|text| is_long_enough(text));
    let mut names = BTreeSet::new();
    for name in NAMES {
        texts_of(&attributes[name], &mut names);
    }
    let parts = attributes["name"].as_object().into_iter().flatten();
    for (_, part) in parts {
        texts_of(part, &mut names);
    }
    // Whoever searches for a part of a name searches for a word of it.
    let words: Vec<String> = names
        .iter()
        .flat_map(|name| name.split_whitespace())
        .map(str::to_owned)
        .collect();
    names.extend(words);
    // An initial is in every search.
    names.retain(|name| name.chars().count() > 1);
    Called { identifiers, names }
}

/// Returns a member by its name, which is written in any case.
fn member<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    let mut members = object.as_object()?.iter();
    let named = members.find(|(key, _)| key.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value)
}

/// Adds the texts and numbers of a value, in lower case.
fn texts_of(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => _ = found.insert(text.to_lowercase()),
        Value::Number(number) => _ = found.insert(number.to_string()),
        Value::Array(list) => list.iter().for_each(|value| texts_of(value, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use rollcall_model::{Subject, TenantId};

    use super::*;

    #[test]
    fn identifiers_and_names_are_told_apart() {
        let tenant: TenantId = "acme".parse().unwrap();
        let told = r#"{
            "userName": "Ada", "externalId": "7", "displayName": "Ada King", "name": {"formatted": "Ada L"},
            "emails": [{"value": "A@x.test", "type": "work"}], "phoneNumbers": [{"value": "+1 23"}], "title": "Dr",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "E-7", "department": "Lab"},
            "urn:example:own:2.0:user": {"Badge": "B-7", "room": "R-7"}
        }"#;
        let mut unique = UniqueAttributes::default();
        let badge = ("urn:example:own:2.0:User".to_owned(), "badge".to_owned());
        unique.0.push(badge);
        for (kind, expected) in [
            (
                "user.created",
                vec!["+1 23", "a@x.test", "acme", "ada", "b-7", "e-7"],
            ),
            ("auth.refused", vec!["acme"]),
        ] {
            let mut entry: Entry = serde_json::from_value(serde_json::json!({
                "SK": "1", "type": kind, "at": "2026-01-01T00:00:00Z", "actor": {"type": "system"},
                "request_id": "r", "subject": Subject::tenant(&tenant),
            }))
            .unwrap();
            entry.after = Some(told.to_owned());
            let called = called_in(&entry, &unique);
            assert_eq!(Vec::from_iter(called.identifiers), expected, "{kind}");
            let names = ["ada", "ada king", "ada l", "king"].map(str::to_owned);
            let is_user = kind.starts_with("user.");
            let expected = BTreeSet::from(names);
            assert_eq!(called.names == expected, is_user, "{kind}");
        }
    }
}
