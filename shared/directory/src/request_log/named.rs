//! By which values a request names somebody, as the index of requests has them.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use rollcall_model::{is_id, sha256_hex};
use rollcall_scim::fold;
use rollcall_store::{Key, Keys};
use serde_json::Value;

use crate::request_log::log::LoggedRequest;
use crate::request_log::target::Target;

/// The most values of one request that are indexed. Requests that name more are in a list of their own.
const MAX_NAMED: usize = 4;

/// The values by which a request names somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// These, folded.
    By(BTreeSet<String>),
    /// More than are indexed, or an unknown number, because the body was cut.
    Many,
}

/// Returns the partition with the requests that name somebody by this value.
pub(super) fn hash_of(value: &str) -> String {
    sha256_hex(&fold(value))
}

/// Returns the keys of the items by which a request is found: none if it changed something, because the journal leads to
/// it, or if it names nobody.
pub(crate) fn index_keys(keys: Keys<'_>, request: &LoggedRequest) -> Vec<Key> {
    if !request.changes.is_empty() {
        return Vec::new();
    }
    match named(request) {
        Named::By(values) => {
            let of = |value: String| keys.requests_naming(&hash_of(&value)).at(&request.id);
            values.into_iter().map(of).collect()
        }
        Named::Many => vec![keys.requests_naming_many().at(&request.id)],
    }
}

/// Returns by which values a request is found.
pub(super) fn named(request: &LoggedRequest) -> Named {
    match all_named(request) {
        Some(values) if values.len() <= MAX_NAMED => Named::By(values),
        _ => Named::Many,
    }
}

/// Returns all values by which a request names somebody, folded; `None` if its body was cut, and so may name others.
pub(super) fn all_named(request: &LoggedRequest) -> Option<BTreeSet<String>> {
    let mut values = BTreeSet::new();
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    let is_about_user = matches!(Target::of(path), Target::User | Target::Users);
    if is_about_user {
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let id = segments.nth(1).filter(|id| *id != ".search");
        values.extend(id.map(|id| fold(&decoded(id))));
        values.extend(request.names.iter().cloned());
    }
    values.extend(in_quotes(&decoded(&query.replace('+', " "))));
    if let Some(sent) = &request.sent {
        match serde_json::from_str::<Value>(sent) {
            Ok(body) => collect(&body, is_about_user, &mut values),
            // It was cut.
            Err(_) => return None,
        }
    }
    Some(values)
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Returns the values of a filter, folded. Whatever else stands in quotes names nobody, and is found by nobody.
fn in_quotes(text: &str) -> impl Iterator<Item = String> {
    let quoted = text.split('"').skip(1).step_by(2);
    quoted.filter(|value| !value.is_empty()).map(fold)
}

/// Adds what a body names somebody by: ids, also in value paths, and the addresses of a user.
fn collect(body: &Value, is_about_user: bool, values: &mut BTreeSet<String>) {
    match body {
        Value::String(text) if is_id(text) => _ = values.insert(fold(text)),
        Value::String(text) => values.extend(in_quotes(text)),
        Value::Array(list) => {
            for value in list {
                collect(value, is_about_user, values);
            }
        }
        Value::Object(object) => {
            for (name, value) in object {
                match value.as_str() {
                    Some(address) if is_about_user && address.contains('@') => {
                        values.insert(fold(address));
                    }
                    Some(text) if is_name(name) => _ = values.insert(fold(text)),
                    _ => collect(value, is_about_user, values),
                }
            }
        }
        _ => {}
    }
}

/// Returns whether an attribute holds a name by which people are found, also in the value of a PATCH operation.
fn is_name(attribute: &str) -> bool {
    ["userName", "externalId"]
        .iter()
        .any(|name| attribute.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01890000-0000-7000-8000-000000000001";

    fn named_by(target: &str, sent: &str, names: &[&str]) -> Named {
        let mut request = LoggedRequest::new("POST", target, 400);
        request.sent = Some(sent.to_owned()).filter(|sent| !sent.is_empty());
        request.names = names.iter().map(|name| (*name).to_owned()).collect();
        named(&request)
    }

    #[test]
    fn who_is_named() {
        for (target, sent, names, expected) in [
            ("/Users", "", &[][..], &[][..]),
            ("/Users?sortBy=ada", "", &[], &[]),
            ("/Users/ada%40x.test", "", &[], &["ada@x.test"]),
            ("/Users/.search", "", &[], &[]),
            ("/Groups/g", "", &["admins"], &[]),
            ("/Users?filter=userName+eq+%22Ada%22", "", &[], &["ada"]),
            (
                "/Users",
                r#"{"userName":"Ada","emails":[{"value":"A@x.test"}],"displayName":"Ada"}"#,
                &["ada"],
                &["a@x.test", "ada"],
            ),
            (
                "/Groups/g",
                r#"{"Operations":[{"op":"add","value":[{"value":"01890000-0000-7000-8000-000000000001"}]}]}"#,
                &[],
                &[ID],
            ),
            (
                "/Groups/g",
                r#"{"Operations":[{"path":"members[value eq \"01890000-0000-7000-8000-000000000001\"]"}]}"#,
                &[],
                &[ID],
            ),
            (
                "/Users/u",
                r#"{"Operations":[{"op":"replace","value":{"externalId":"X"}}]}"#,
                &[],
                &["u", "x"],
            ),
        ] {
            let expected = expected.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(
                named_by(target, sent, names),
                Named::By(expected),
                "{target} {sent}"
            );
        }
        let cut = r#"{"userName":"ada","title":"… (cut)"#;
        assert_eq!(named_by("/Users", cut, &["ada"]), Named::Many);
        let many = r#"{"or":"a \"1\" \"2\" \"3\" \"4\" \"5\""}"#;
        assert_eq!(named_by("/Users", many, &[]), Named::Many);
    }

    #[test]
    fn what_changed_something_is_found_through_the_journal() {
        let tenant = "acme".parse().unwrap();
        let mut request = LoggedRequest::new("DELETE", "/Users/u", 404);
        assert_eq!(index_keys(Keys::of(&tenant), &request).len(), 1);
        request.changes = vec!["user.deleted".to_owned()];
        assert!(index_keys(Keys::of(&tenant), &request).is_empty());
    }
}
