//! The identifiers of a person, as their history tells them: the user name, the external id, the addresses and the phone
//! numbers. The logs are searched by them. What people merely are called is no identifier: others are called the same.

use std::collections::BTreeSet;

use rollcall_store::{Error, Scope};
use serde_json::Value;

use crate::erasure::record::Progress;
use crate::journal::entry::{AuditQuery, Entry};
use crate::journal::handle::Journal;

/// Entries read at once.
const AT_ONCE: usize = 200;
/// Shorter identifiers would be found everywhere.
const MIN_CHARS: usize = 3;
/// The maximum number of identifiers that are kept.
const MAX_KEPT: usize = 500;
/// The attributes with an identifier.
const SINGLE: [&str; 2] = ["userName", "externalId"];
/// The attributes with lists of identifiers.
const LISTS: [&str; 2] = ["emails", "phoneNumbers"];

/// Reads the identifiers of a person from their whole history, in lower case.
///
/// # Errors
/// Only table errors.
pub(crate) async fn all_of(scope: &Scope, id: &str) -> Result<BTreeSet<String>, Error> {
    let mut progress = Progress::default();
    while !collect(scope, id, &mut progress).await? {}
    Ok(progress.identifiers)
}

/// Adds the identifiers in the next entries about the person. Returns whether these were the last.
pub(super) async fn collect(
    scope: &Scope,
    id: &str,
    progress: &mut Progress,
) -> Result<bool, Error> {
    let query = AuditQuery {
        subject: Some(id.to_owned()),
        after: progress.behind.take(),
        limit: AT_ONCE,
        ..AuditQuery::default()
    };
    let (entries, next) = Journal::of(scope).audit(&query).await?;
    let own = entries.iter().filter(|entry| entry.subject.id == id);
    let room = MAX_KEPT.saturating_sub(progress.identifiers.len());
    let new: Vec<String> = own.flat_map(identifiers_in).take(room).collect();
    progress.identifiers.extend(new);
    progress.behind = next;
    Ok(progress.behind.is_none())
}

/// Returns the identifiers in an entry about a person, in lower case. Their name in an entry is their user name.
fn identifiers_in(entry: &Entry) -> BTreeSet<String> {
    let mut found = BTreeSet::from([entry.subject.name.to_lowercase()]);
    found.retain(|name| is_long_enough(name));
    // What a refused sign-in brought can be somebody else's.
    if entry.action.starts_with("user.") {
        let texts = [&entry.before, &entry.after].into_iter().flatten();
        let values = texts.filter_map(|text| serde_json::from_str::<Value>(text).ok());
        found.extend(values.flat_map(|value| of_attributes(&value)));
    }
    found
}

fn is_long_enough(name: &str) -> bool {
    name.chars().count() >= MIN_CHARS
}

/// Returns the identifiers among the attributes of a person, in lower case.
pub(crate) fn of_attributes(attributes: &Value) -> BTreeSet<String> {
    let single = SINGLE.iter().map(|name| &attributes[*name]);
    let lists = LISTS.iter().filter_map(|name| attributes[*name].as_array());
    let listed = lists.flatten().map(|element| &element["value"]);
    let found = single.chain(listed).filter_map(Value::as_str);
    let found = found.filter(|text| is_long_enough(text));
    found.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use rollcall_model::{Subject, TenantId};

    use super::*;

    #[test]
    fn identifiers_are_found_and_names_are_not() {
        let tenant: TenantId = "acme".parse().unwrap();
        let told = r#"{
            "userName": "Ada", "externalId": "7", "displayName": "Ada King", "name": {"formatted": "Ada L"},
            "emails": [{"value": "A@x.test", "type": "work"}], "phoneNumbers": [{"value": "+1 23"}], "title": "Dr"
        }"#;
        for (kind, expected) in [
            ("user.created", vec!["+1 23", "a@x.test", "acme", "ada"]),
            ("auth.refused", vec!["acme"]),
        ] {
            let mut entry: Entry = serde_json::from_value(serde_json::json!({
                "SK": "1", "type": kind, "at": "2026-01-01T00:00:00Z", "actor": {"type": "system"},
                "request_id": "r", "subject": Subject::tenant(&tenant),
            }))
            .unwrap();
            entry.after = Some(told.to_owned());
            let found: Vec<String> = identifiers_in(&entry).into_iter().collect();
            assert_eq!(found, expected, "{kind}");
        }
    }
}
