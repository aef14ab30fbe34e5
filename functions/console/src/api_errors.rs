//! What the API and the directory say about an error, in the language of the visit.
//!
//! They write in English. What they say often has a message with the same English text, by which it is found; what is put in
//! there is put into the message again. What has no message is shown as it is.

use crate::language::{self, Language};
use crate::messages::t;

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
    ("api-read-much", &[]),
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
    ("api-contact", &["value"]),
    ("api-contacts-most", &["most"]),
    ("api-domain", &["value"]),
    ("api-domains-most", &["most"]),
    ("api-network", &["value"]),
    ("api-network-begin", &["value", "network"]),
    ("api-retention-shorter", &[]),
    ("api-retention-floor", &["floor"]),
    ("api-rate-removed", &["most"]),
    ("api-rate-below", &["least"]),
    ("api-rate-above", &["most"]),
    ("api-burst-above", &["most"]),
    ("api-support-reads", &[]),
    ("api-name-printable", &["key", "most"]),
    ("api-changed-since", &[]),
];

/// Returns what an error says in the language of the visit; `None` if it is said in English, or has no message.
pub(crate) fn translated(detail: &str) -> Option<String> {
    if language::spoken() == Language::English {
        return None;
    }
    KNOWN.iter().find_map(|(key, names)| {
        let values = matched(&t(key).parts_in_english(names), detail)?;
        let pairs = names.iter().zip(values);
        let text = pairs.fold(t(key), |text, (name, value)| match *name {
            "what" => text.s(name, in_words(value)),
            _ => text.s(name, value),
        });
        Some(text.plain())
    })
}

/// Says the kind of what is missing in the language of the visit, such as that of ``User `a` ``. Another kind stays.
fn in_words(what: &str) -> String {
    let (kind, id) = match what.split_once(" `") {
        Some((kind, id)) => (kind, format!(" `{id}")),
        None => (what, String::new()),
    };
    let kind = kind.strip_prefix("the ").unwrap_or(kind);
    let word = match kind {
        "User" | "user" => t("person"),
        "Group" | "group" => t("group"),
        "connection" => t("connection"),
        "token" => t("connection-token"),
        "finding" => t("health-finding"),
        "webhook" => t("api-webhook"),
        "tenant" => t("api-tenant"),
        "session" => t("api-session"),
        "support access" => t("api-support-access"),
        "service key" => t("api-service-key"),
        "change" => t("api-change"),
        _ => return what.to_owned(),
    };
    format!("{}{id}", word.plain())
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
                Some("Person `a` gibt es nicht oder nicht mehr"),
            ),
            (
                "connection `c` does not exist",
                Some("Verbindung `c` gibt es nicht"),
            ),
            ("token `t` does not exist", Some("Token `t` gibt es nicht")),
            ("the user does not exist", Some("Person gibt es nicht")),
            (
                "webhook `w` does not exist",
                Some("Webhook `w` gibt es nicht"),
            ),
            (
                "finding `no_token~c` does not exist",
                Some("Befund `no_token~c` gibt es nicht"),
            ),
            ("the finding does not exist", Some("Befund gibt es nicht")),
            (
                "support access `s` does not exist or was deleted",
                Some("Support-Zugriff `s` gibt es nicht oder nicht mehr"),
            ),
            (
                "something else `x` does not exist",
                Some("something else `x` gibt es nicht"),
            ),
            (
                "`allowed_addresses`: `10.0.0.1/8` is not the beginning of its network, which is `10.0.0.0/8`",
                Some(
                    "`10.0.0.1/8` bei den zugelassenen Adressen ist nicht der Anfang seines Netzes; das ist `10.0.0.0/8`",
                ),
            ),
            (
                "`name` must be 1 to 200 printable characters",
                Some("`name` muss aus 1 bis 200 druckbaren Zeichen bestehen"),
            ),
            (
                "this page does not exist",
                Some("diese Seite gibt es nicht"),
            ),
            (
                "only the application can set `rate_limit.per_minute` above 6000",
                Some("nur die Anwendung kann mehr als 6000 Anfragen pro Minute festlegen"),
            ),
            ("nothing of the kind", None),
        ] {
            assert_eq!(translated(english), None);
            let said = language::with(Language::German, || translated(english));
            assert_eq!(said.as_deref(), german, "{english}");
        }
    }
}
