//! What may be kept of a request: no secrets, and not too much.

use rollcall_scim::fold;
use serde_json::{Map, Value};

/// Longest body that is kept, in bytes of JSON.
const MAX_BODY_BYTES: usize = 4_096;
/// Longest target that is kept.
const MAX_TARGET_CHARS: usize = 2_000;
/// Longest name that is kept.
const MAX_NAME_CHARS: usize = 200;
/// What stands where a secret stood.
const REDACTED: &str = "***";

/// What is kept of a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentBody {
    /// What it calls whom or what it is about, folded: its `userName` or else its `displayName`, and its `externalId`.
    pub names: Vec<String>,
    /// Its JSON without secrets, cut to a few kilobytes.
    pub text: String,
}

impl SentBody {
    /// What is kept of this one.
    pub fn of(body: Value) -> Self {
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

/// A body as it may be kept: no passwords, and not too long.
fn redacted(mut body: Value) -> String {
    redact(&mut body);
    let text = body.to_string();
    match text.len() <= MAX_BODY_BYTES {
        true => text,
        false => text
            .chars()
            .take(MAX_BODY_BYTES / 4)
            .chain("… (cut)".chars())
            .collect(),
    }
}

/// A target as it may be kept: no secrets in its query, and not too long.
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

fn redact(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let on_password = object.iter().any(|(name, value)| {
                name.eq_ignore_ascii_case("path") && value.as_str().is_some_and(is_secret)
            });
            for (name, value) in object {
                if is_secret(name) || (on_password && name.eq_ignore_ascii_case("value")) {
                    *value = REDACTED.into();
                } else {
                    redact(value);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(redact),
        _ => {}
    }
}

/// Whether an attribute of this name, or at this path, holds a password.
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
        let check = |body: Value| assert!(!redacted(body).contains("hunter2"));
        check(json!({"password": "hunter2"}));
        check(json!({"PassWord": {"x": "hunter2"}}));
        check(json!({"Operations": [{"op": "replace", "value": {"password": "hunter2"}}]}));
        check(json!({"Operations": [{"op": "replace", "path": "password", "value": "hunter2"}]}));
        check(
            json!({"Operations": [{"op": "Add", "Path": "urn:x:User:Password", "Value": "hunter2"}]}),
        );
        assert!(redacted(json!({"userName": "bob"})).contains("bob"));
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
    fn long_bodies_are_cut() {
        assert!(redacted(json!({"x": "ä".repeat(100_000)})).len() < MAX_BODY_BYTES);
    }
}
