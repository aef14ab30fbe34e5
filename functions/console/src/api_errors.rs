//! What the API and the directory say about an error, in the language of the visit.
//!
//! They write in English. What they say often has a message with the same English text, by which it is found; what is put in
//! there is put into the message again. What has no message is shown as it is.

use crate::language::{self, Language};
use crate::t;

/// The messages, with what is put into each of them.
const KNOWN: &[(&str, &[&str])] = &[
    ("api-page-missing", &[]),
    ("api-request-missing", &[]),
    ("api-trace-missing", &[]),
    ("api-file-missing", &[]),
    ("api-missing-or-deleted", &["what"]),
    ("api-missing", &["what"]),
    ("api-not-unique", &["attribute"]),
    ("api-failed", &[]),
    ("api-busy", &["seconds"]),
    ("api-too-many", &["seconds"]),
    ("api-no-method", &[]),
    ("api-permission-role", &["needed", "role"]),
    ("api-permission-none", &["needed"]),
    ("api-merged", &["person"]),
    ("api-deleted-at", &["at"]),
    ("api-outranks", &["role"]),
    ("api-last-owner", &[]),
    ("api-link-gives-no-role", &["role"]),
    ("api-merge-role", &[]),
    ("api-merge-differs", &[]),
    ("api-merge-only", &[]),
    ("api-erased", &[]),
    ("api-attributes-gone", &[]),
    ("api-keeps-name", &[]),
    ("api-take-over", &[]),
    ("api-take-over-own", &[]),
    ("api-rebind-instead", &[]),
    ("api-rebind-days", &[]),
    ("api-replaces-most", &[]),
    ("api-alias", &[]),
    ("api-brake-limit", &[]),
    ("api-observed-replaces", &[]),
    ("api-observed-alone", &[]),
    ("api-observed-too-many", &[]),
    ("api-observed-late", &[]),
    ("api-observed-works-alone", &[]),
    ("api-most-tokens", &[]),
    ("api-snooze-days", &["most"]),
    ("api-snooze-reason", &["most"]),
];

/// Returns what an error says in the language of the visit; `None` if it is said in English, or has no message.
pub(crate) fn translated(detail: &str) -> Option<String> {
    if language::spoken() == Language::English {
        return None;
    }
    KNOWN.iter().find_map(|(key, names)| {
        let values = matched(&t(key).parts_in_english(names), detail)?;
        let pairs = names.iter().zip(values);
        let text = pairs.fold(t(key), |text, (name, value)| text.s(name, value));
        Some(text.plain())
    })
}

/// Returns what stands between the parts of a text; `None` if it does not consist of them.
fn matched<'a>(parts: &[String], text: &'a str) -> Option<Vec<&'a str>> {
    let (first, others) = parts.split_first()?;
    let mut rest = text.strip_prefix(first.as_str())?;
    let mut values = Vec::new();
    for (at, part) in others.iter().enumerate() {
        let is_last = at + 1 == others.len();
        let (value, behind) = match is_last {
            true => (rest.strip_suffix(part.as_str())?, ""),
            false => rest.split_once(part.as_str())?,
        };
        values.push(value);
        rest = behind;
    }
    rest.is_empty().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_api_says_is_said_in_german() {
        for (english, german) in [
            (
                "this requires the permission `sso:configure`; the role `viewer` does not have it",
                Some(
                    "dafür ist die Berechtigung `sso:configure` nötig; die Rolle `viewer` hat sie nicht",
                ),
            ),
            (
                "User `a` does not exist or was deleted",
                Some("User `a` gibt es nicht oder nicht mehr"),
            ),
            (
                "this page does not exist",
                Some("diese Seite gibt es nicht"),
            ),
            ("nothing of the kind", None),
        ] {
            assert_eq!(translated(english), None);
            let said = language::with(Language::German, || translated(english));
            assert_eq!(said.as_deref(), german, "{english}");
        }
    }
}
