//! What the request log keeps of a request: no secrets, and a bounded amount.

use std::borrow::Borrow;
use std::io;

use rollcall_scim::fold;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// The longest body that is kept whole, in bytes of JSON.
const MAX_BODY_BYTES: usize = 4_096;
/// The longest target that is kept, in characters.
const MAX_TARGET_CHARS: usize = 2_000;
/// The longest name that is kept, in characters.
const MAX_NAME_CHARS: usize = 200;
/// Replaces a secret.
const REDACTED: &str = "***";

/// The parts of a body that are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentBody {
    /// The names of the user or group that the body is about, folded: `userName` or else `displayName`, and
    /// `externalId`.
    pub names: Vec<String>,
    /// The JSON of the body without secrets, cut to a few kilobytes.
    pub text: String,
}

impl SentBody {
    /// Returns the parts of a body that are kept. Does not copy the whole body, whatever its size.
    pub fn of(body: impl Borrow<Value>) -> Self {
        let body = body.borrow();
        Self {
            names: body.as_object().map(names).unwrap_or_default(),
            text: redacted(body),
        }
    }
}

fn names(body: &Map<String, Value>) -> Vec<String> {
    let named = |name: &str| {
        let mut fields = body.iter();
        let (_, value) = fields.find(|(field, _)| field.eq_ignore_ascii_case(name))?;
        let text = value.as_str().filter(|text| !text.is_empty())?;
        Some(fold(text).chars().take(MAX_NAME_CHARS).collect())
    };
    let own = named("userName").or_else(|| named("displayName"));
    own.into_iter().chain(named("externalId")).collect()
}

/// Returns the JSON of a body without secrets, cut if it is too long.
fn redacted(body: &Value) -> String {
    let mut beginning = Beginning::default();
    let written = serde_json::to_writer(&mut beginning, &Redacted::Open(body));
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

/// A value that serialises with its secrets replaced.
enum Redacted<'a> {
    Secret,
    Open(&'a Value),
}

impl Serialize for Redacted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Secret => serializer.serialize_str(REDACTED),
            Self::Open(Value::Object(object)) => serializer.collect_map(fields(object)),
            Self::Open(Value::Array(values)) => {
                serializer.collect_seq(values.iter().map(Redacted::Open))
            }
            Self::Open(other) => other.serialize(serializer),
        }
    }
}

fn fields(object: &Map<String, Value>) -> impl Iterator<Item = (&String, Redacted<'_>)> {
    let on_password = object.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("path") && value.as_str().is_some_and(is_secret)
    });
    object.iter().map(move |(name, value)| {
        let secret = is_secret(name) || (on_password && name.eq_ignore_ascii_case("value"));
        match secret {
            true => (name, Redacted::Secret),
            false => (name, Redacted::Open(value)),
        }
    })
}

/// Returns a target without the secrets in its query, cut if it is too long.
pub(crate) fn redacted_target(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else {
        return target.chars().take(MAX_TARGET_CHARS).collect();
    };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}={REDACTED}"),
        _ => pair.to_owned(),
    });
    let query = pairs.collect::<Vec<_>>().join("&");
    format!("{path}?{query}")
        .chars()
        .take(MAX_TARGET_CHARS)
        .collect()
}

/// Returns whether an attribute with this name or path, or a query parameter with this name, holds a secret.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "secret", "token"]
        .iter()
        .any(|secret| name.contains(secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_never_reach_the_log() {
        let check = |body: Value| assert!(!redacted(&body).contains("hunter2"));
        check(json!({"password": "hunter2"}));
        check(json!({"PassWord": {"x": "hunter2"}}));
        check(json!({"Operations": [{"op": "replace", "value": {"password": "hunter2"}}]}));
        check(json!({"Operations": [{"op": "replace", "path": "password", "value": "hunter2"}]}));
        check(
            json!({"Operations": [{"op": "Add", "Path": "urn:x:User:Password", "Value": "hunter2"}]}),
        );
        assert!(redacted(&json!({"userName": "bob"})).contains("bob"));
        let target = redacted_target("/Users?access_token=hunter2&count=1");
        assert_eq!(target, "/Users?access_token=***&count=1");
    }

    #[test]
    fn a_body_says_whom_it_is_about_however_long_it_is() {
        let check = |body: Value, names: &[&str]| assert_eq!(SentBody::of(body).names, names);
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
        assert_eq!(redacted(&body), kept.to_string());
    }

    #[test]
    fn long_bodies_are_cut() {
        // `{"x":"` and `"}` are eight bytes.
        let whole = json!({"x": "a".repeat(MAX_BODY_BYTES - 8)});
        assert_eq!(redacted(&whole), whole.to_string());
        for filling in [
            "a".repeat(MAX_BODY_BYTES - 7),
            "ä".repeat(100_000),
            "\"".repeat(9_999),
        ] {
            let body = json!({"x": filling});
            let text = redacted(&body);
            let beginning: String = body.to_string().chars().take(MAX_BODY_BYTES / 4).collect();
            assert_eq!(text, format!("{beginning}… (cut)"));
        }
    }
}
