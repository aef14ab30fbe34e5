//! What a person was called, as their history tells it: the names by which the logs are searched.

use std::collections::BTreeSet;

use rollcall_store::{Error, Scope};
use serde_json::Value;

use crate::erasure::record::Progress;
use crate::journal::entry::{AuditQuery, Entry};
use crate::journal::handle::Journal;

/// Entries read at once.
const AT_ONCE: usize = 200;
/// Shorter names would be found everywhere.
const MIN_CHARS: usize = 3;
/// The maximum number of names that are kept.
const MAX_NAMES: usize = 500;
/// The attributes with texts that name a person.
const NAMING: [&str; 4] = ["userName", "externalId", "displayName", "user_name"];
/// The attributes with lists of values that name a person.
const LISTS: [&str; 2] = ["emails", "phoneNumbers"];

/// Adds the names in the next entries about the person. Returns whether these were the last.
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
    let names = own.flat_map(names_in);
    let room = MAX_NAMES.saturating_sub(progress.identifiers.len());
    let new: Vec<String> = names
        .filter(|name| name.chars().count() >= MIN_CHARS)
        .take(room)
        .collect();
    progress.identifiers.extend(new);
    progress.behind = next;
    Ok(progress.behind.is_none())
}

/// Returns the names in an entry about a person, in lower case.
fn names_in(entry: &Entry) -> BTreeSet<String> {
    let mut names = BTreeSet::from([entry.subject.name.to_lowercase()]);
    let texts = [&entry.before, &entry.after].into_iter().flatten();
    for value in texts.filter_map(|text| serde_json::from_str::<Value>(text).ok()) {
        let formatted = &value["name"]["formatted"];
        let texts = NAMING.iter().map(|name| &value[*name]).chain([formatted]);
        let lists = LISTS.iter().filter_map(|name| value[*name].as_array());
        let listed = lists.flatten().map(|element| &element["value"]);
        let found = texts.chain(listed).filter_map(Value::as_str);
        names.extend(found.map(str::to_lowercase));
    }
    names
}

#[cfg(test)]
mod tests {
    use rollcall_model::{Subject, TenantId};

    use super::*;

    #[test]
    fn names_of_every_kind_are_found() {
        let tenant: TenantId = "acme".parse().unwrap();
        let mut entry: Entry = serde_json::from_value(serde_json::json!({
            "SK": "1", "type": "user.created", "at": "2026-01-01T00:00:00Z", "actor": {"type": "system"},
            "request_id": "r", "subject": Subject::tenant(&tenant),
        }))
        .unwrap();
        entry.after = Some(
            r#"{"userName": "Ada", "emails": [{"value": "A@x.test"}], "name": {"formatted": "Ada L"}, "title": "Dr"}"#
                .to_owned(),
        );
        let names: Vec<String> = names_in(&entry).into_iter().collect();
        assert_eq!(names, ["a@x.test", "acme", "ada", "ada l"]);
    }
}
