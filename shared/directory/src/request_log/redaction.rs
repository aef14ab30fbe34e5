//! What the request log keeps of a request: no secrets, and a bounded amount.

use std::borrow::{Borrow, Cow};
use std::io;

use percent_encoding::percent_decode_str;
use rollcall_model::{LoggedValues, REDACTED, is_secret_parameter, names_secret, without_secrets};
use rollcall_scim::fold;
use serde_json::{Map, Value};

use crate::request_log::shown_value::{Shown, compares_secret};

/// The longest body that is kept whole, in bytes of JSON.
const MAX_BODY_BYTES: usize = 4_096;
/// The longest target that is kept, in characters.
const MAX_TARGET_CHARS: usize = 2_000;
/// The longest name that is kept, in characters.
const MAX_NAME_CHARS: usize = 200;

/// The parts of a body that are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentBody {
    /// The names of the user or group that the body is about, folded: `userName` or else `displayName`, and
    /// `externalId`.
    pub names: Vec<String>,
    /// The JSON of the body without secrets, and with the sizes of values that no schema declares, cut to a few kilobytes.
    pub text: String,
    /// Whether a filter or a path in the body compares a secret, so that an error can quote it.
    pub compares_secret: bool,
}

impl SentBody {
    /// Returns the parts of a body that are kept. Does not copy the whole body, whatever its size.
    pub fn of(body: impl Borrow<Value>, values: LoggedValues) -> Self {
        let body = body.borrow();
        Self {
            names: body.as_object().map(names).unwrap_or_default(),
            text: redacted(body, values),
            compares_secret: compares_secret(body),
        }
    }
}

/// Returns whether the filter of a target names a secret, so that an error can quote it.
pub fn filters_by_secret(target: &str) -> bool {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, pair));
        is_filter_by_secret(name, value)
    })
}

/// Returns the detail of a refusal without what it quotes.
pub fn without_quotes(detail: &str) -> String {
    let quotes = ['`', '"', '\''];
    match (detail.find(quotes), detail.rfind(quotes)) {
        // One alone has no end.
        (Some(first), Some(last)) if first == last => format!("{}`{REDACTED}`", &detail[..first]),
        (Some(first), Some(last)) => {
            format!("{}`{REDACTED}`{}", &detail[..first], &detail[last + 1..])
        }
        _ => detail.to_owned(),
    }
}

fn names(body: &Map<String, Value>) -> Vec<String> {
    let named = |name: &str| {
        let mut fields = body.iter();
        let (_, value) = fields.find(|(field, _)| field.eq_ignore_ascii_case(name))?;
        let text = value.as_str().filter(|text| !text.is_empty())?;
        // What is folded no longer looks like a secret.
        let text = fold(&without_secrets(text));
        Some(text.chars().take(MAX_NAME_CHARS).collect())
    };
    let own = named("userName").or_else(|| named("displayName"));
    own.into_iter().chain(named("externalId")).collect()
}

/// Returns the JSON of a body without secrets, cut if it is too long.
fn redacted(body: &Value, values: LoggedValues) -> String {
    let mut beginning = Beginning::default();
    let written = serde_json::to_writer(&mut beginning, &Shown::body(body, values));
    let text = String::from_utf8_lossy(&beginning.0);
    match written {
        Ok(()) => text.into_owned(),
        Err(_too_long) => text
            .chars()
            .take(MAX_BODY_BYTES / 4)
            .chain("… (cut)".chars())
            .collect(),
    }
}

/// A writer that keeps the first `MAX_BODY_BYTES` bytes and then fails.
#[derive(Default)]
struct Beginning(Vec<u8>);

impl io::Write for Beginning {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = MAX_BODY_BYTES - self.0.len();
        if bytes.len() > room {
            self.0.extend_from_slice(&bytes[..room]);
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns a target without the secrets in its path and query, cut if it is too long.
pub(crate) fn redacted_target(target: &str) -> String {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let mut clean = decoded_without_secrets(path).into_owned();
    if let Some(query) = query {
        let pairs = query.split('&').map(redacted_parameter);
        clean = format!("{clean}?{}", pairs.collect::<Vec<_>>().join("&"));
    }
    clean.chars().take(MAX_TARGET_CHARS).collect()
}

fn redacted_parameter(pair: &str) -> String {
    let Some((name, value)) = pair.split_once('=') else {
        return decoded_without_secrets(pair).into_owned();
    };
    match is_filter_by_secret(name, value) || is_secret_parameter(&decoded(name)) {
        true => format!("{name}={REDACTED}"),
        false => format!("{name}={}", decoded_without_secrets(value)),
    }
}

fn is_filter_by_secret(name: &str, value: &str) -> bool {
    decoded(name).eq_ignore_ascii_case("filter") && names_secret(&decoded(value))
}

/// Returns an encoded text as it is, or decoded and without its secrets if it has any.
fn decoded_without_secrets(text: &str) -> Cow<'_, str> {
    // A plus sign is a space in forms, and one of the characters of Base64.
    let plain = percent_decoded(text);
    let clean = without_secrets(&plain);
    let spaced = clean.replace('+', " ");
    match without_secrets(&spaced) {
        cleaner if cleaner != spaced => return Cow::Owned(cleaner.into_owned()),
        _ if clean != plain => return Cow::Owned(clean.into_owned()),
        _ => {}
    }
    Cow::Borrowed(text)
}

fn decoded(text: &str) -> String {
    percent_decoded(&text.replace('+', " "))
}

fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn strict(body: &Value) -> String {
        redacted(body, LoggedValues::Declared)
    }

    #[test]
    fn secrets_never_reach_the_log() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.hunter2";
        let operation = |path: &str| json!({"op": "replace", "path": path, "value": "hunter2"});
        for body in [
            json!({"password": "hunter2"}),
            json!({"PassWord": {"x": "hunter2"}}),
            json!({"passwd": "hunter2", "pwd": "hunter2", "apiKey": "hunter2", "pin": "hunter2"}),
            json!({"urn:x:2.0:User": {"secret": ["hunter2"], "token": {"a": "hunter2"}}}),
            json!({"Operations": [{"op": "replace", "value": {"password": "hunter2"}}]}),
            json!({"Operations": [{"op": "replace", "value": {"name.pin": "hunter2"}}]}),
            json!({"Operations": [operation("password")]}),
            json!({"Operations": [operation("emails[password eq \"hunter2\"].value")]}),
            json!({"Operations": [operation("urn:x:2.0:User:apiKey")]}),
            json!({"Operations": [{"op": "Add", "Path": "urn:x:User:Password", "Value": "hunter2"}]}),
            json!({"schemas": ["x"], "filter": "password eq \"hunter2\""}),
            json!({"displayName": format!("Bearer {jwt}"), "title": jwt}),
            json!({"Operations": [{"op": "add", "value": {"emails[pin eq \"hunter2\"].value": "x"}}]}),
            json!({"profileUrl": "https://x.test/?code=hunter2"}),
        ] {
            for values in [LoggedValues::Declared, LoggedValues::All] {
                let kept = redacted(&body, values);
                assert!(!kept.contains("hunter2"), "{kept}");
            }
        }
        assert!(strict(&json!({"userName": "bob"})).contains("bob"));
    }

    #[test]
    fn secrets_never_reach_the_target() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.hunter2";
        for (target, kept) in [
            (
                "/Users?access_token=hunter2&count=1",
                "/Users?access_token=***&count=1",
            ),
            ("/Users?code=hunter2", "/Users?code=***"),
            ("/Users?c%6Fde=hunter2", "/Users?c%6Fde=***"),
            (
                "/Users?filter=password+eq+%22hunter2%22",
                "/Users?filter=***",
            ),
            (
                "/Users?filter=a.pin%20eq%201234&count=1",
                "/Users?filter=***&count=1",
            ),
            (
                "/Users?filter=userName+eq+%22password%22",
                "/Users?filter=userName+eq+%22password%22",
            ),
            (&format!("/Users?x={jwt}"), "/Users?x=***"),
            (&format!("/Users/{jwt}"), "/Users/***"),
            ("/whsec_B+lfUlCDxSTB8G/hunter2/x", "/***/***/***"),
            (
                "/Users?x=whsec_B+lfUlCDxSTB8G%2Fhunter2",
                "/Users?x=***/***",
            ),
            ("/Users/a%20b?count=1", "/Users/a%20b?count=1"),
        ] {
            assert_eq!(redacted_target(target), kept);
        }
    }

    #[test]
    fn secrets_never_reach_any_other_field() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.hunter2";
        for name in [
            jwt.to_owned(),
            format!("Bearer {jwt}"),
            format!("{jwt}@x.test"),
        ] {
            for body in [
                json!({"userName": name}),
                json!({"displayName": name}),
                json!({"externalId": name}),
            ] {
                let names = SentBody::of(body, LoggedValues::All).names;
                assert!(!format!("{names:?}").contains("hunter2"), "{names:?}");
            }
        }
    }

    /// A parser quotes what it does not understand, and that can be what a secret was compared with.
    #[test]
    fn what_compares_a_secret_is_known_and_its_refusal_quotes_nothing() {
        for filter in [
            "password eq \"hunter2",
            "password eq hunter2",
            "password eq \"a\" hunter2",
            "\"x password eq \"hunter2\"",
            "emails[pin eq \"hunter2].value",
        ] {
            let query: String =
                percent_encoding::utf8_percent_encode(filter, percent_encoding::NON_ALPHANUMERIC)
                    .collect();
            assert!(filters_by_secret(&format!("/Users?count=1&filter={query}")));
            let operations =
                json!({"Operations": [{"op": "replace", "path": filter, "value": "x"}]});
            for body in [json!({ "filter": filter }), operations] {
                let kept = SentBody::of(&body, LoggedValues::All);
                assert!(kept.compares_secret, "{body}");
                assert!(!kept.text.contains("hunter2"), "{}", kept.text);
            }
        }
        let ordinary = json!({"userName": "ada", "password": "x", "Operations": [{"path": "password", "value": "x"}]});
        assert!(!SentBody::of(ordinary, LoggedValues::All).compares_secret);
        for (detail, kept) in [
            (
                "`\"hunter2` is not a valid string",
                "`***` is not a valid string",
            ),
            ("expected `and` at `hunter2` or `x`", "expected `***`"),
            (
                "invalid type: string \"hunter2\", expected a map",
                "invalid type: string `***`, expected a map",
            ),
            ("an odd `hunter2", "an odd `***`"),
            ("the filter is too long", "the filter is too long"),
        ] {
            assert_eq!(without_quotes(detail), kept);
        }
    }

    #[test]
    fn a_body_says_whom_it_is_about_however_long_it_is() {
        let check = |body: Value, names: &[&str]| {
            assert_eq!(SentBody::of(body, LoggedValues::Declared).names, names)
        };
        let long = "x".repeat(10_000);
        check(
            json!({"x": long, "displayName": "Ada", "UserName": "ADA", "externalId": "7"}),
            &["ada", "7"],
        );
        check(
            json!({"members": [{"value": long}], "displayName": "Team", "externalId": null}),
            &["team"],
        );
        check(json!({"userName": ""}), &[]);
        check(json!([{"userName": "ada"}]), &[]);
    }

    #[test]
    fn what_is_no_secret_is_kept_as_it_was_sent() {
        let body = json!({"b": [1, 2.5, null, {"a": "\u{e9}\n"}], "a": {"token": [1], "x": {}}});
        let kept = json!({"b": [1, 2.5, null, {"a": "\u{e9}\n"}], "a": {"token": "***", "x": {}}});
        assert_eq!(redacted(&body, LoggedValues::All), kept.to_string());
    }

    #[test]
    fn of_undeclared_attributes_the_names_and_sizes_are_kept() {
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let size = "(6 characters)";
        for (body, kept) in [
            (
                json!({"userName": "ada", "shoeSize": "secre1"}),
                json!({"userName": "ada", "shoeSize": size}),
            ),
            (
                json!({"urn:x:2.0:Y": {"a": ["secre1", 7], "b": {"c": true, "d": null}}}),
                json!({"urn:x:2.0:Y": {"a": [size, "(a number)"], "b": {"c": "(true or false)", "d": null}}}),
            ),
            (
                json!({enterprise: {"department": "R&D", "level": "secre1"}, "active": true}),
                json!({enterprise: {"department": "R&D", "level": size}, "active": true}),
            ),
            (
                json!({"emails": [{"value": "a@x.test", "type": "work", "mood": "secre1"}]}),
                json!({"emails": [{"value": "a@x.test", "type": "work", "mood": size}]}),
            ),
            (
                json!({"name": {"givenName": "Ada", "nick": "secre1"}, "displayName": "Ada"}),
                json!({"name": {"givenName": "Ada", "nick": size}, "displayName": "Ada"}),
            ),
            (
                json!({"Operations": [
                    {"op": "add", "path": "emails[type eq \"work\"].value", "value": "a@x.test"},
                    {"op": "add", "path": "members", "value": [{"value": "1", "display": "Ada"}]},
                    {"op": "add", "path": format!("{enterprise}:department"), "value": "R&D"},
                    {"op": "add", "path": "shoeSize", "value": "secre1"},
                    {"op": "add", "value": {"name.givenName": "Ada", "shoeSize": "secre1"}},
                    {"op": "add", "value": {format!("{enterprise}:department"): "R&D"}},
                ]}),
                json!({"Operations": [
                    {"op": "add", "path": "emails[type eq \"work\"].value", "value": "a@x.test"},
                    {"op": "add", "path": "members", "value": [{"value": "1", "display": "Ada"}]},
                    {"op": "add", "path": format!("{enterprise}:department"), "value": "R&D"},
                    {"op": "add", "path": "shoeSize", "value": size},
                    {"op": "add", "value": {"name.givenName": "Ada", "shoeSize": size}},
                    {"op": "add", "value": {format!("{enterprise}:department"): "R&D"}},
                ]}),
            ),
            (
                json!({"schemas": ["urn:x"], "filter": "userName eq \"ada\"", "count": 1}),
                json!({"schemas": ["urn:x"], "filter": "userName eq \"ada\"", "count": 1}),
            ),
            (json!(["secre1"]), json!([size])),
        ] {
            assert_eq!(strict(&body), kept.to_string());
        }
    }

    #[test]
    fn long_bodies_are_cut() {
        // `{"title":"` and `"}` are twelve bytes.
        let whole = json!({"title": "a".repeat(MAX_BODY_BYTES - 12)});
        assert_eq!(strict(&whole), whole.to_string());
        for filling in [
            "a".repeat(MAX_BODY_BYTES - 11),
            "ä".repeat(100_000),
            "\"".repeat(9_999),
        ] {
            let body = json!({"title": filling});
            let text = strict(&body);
            let beginning: String = body.to_string().chars().take(MAX_BODY_BYTES / 4).collect();
            assert_eq!(text, format!("{beginning}… (cut)"));
        }
    }
}
