//! Replays one recorded conversation between an identity provider and the service.
//!
//! A transcript is a YAML file; `transcripts/README.md` describes the format.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use http::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::idp::{Answer, Idp};
use crate::{pattern, urn};

/// The content of a transcript file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Transcript {
    /// The client, and what is special about it.
    about: String,
    /// Headers for every request.
    #[serde(default)]
    client: BTreeMap<String, Option<String>>,
    steps: Vec<Step>,
}

/// One request and its expected response.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// The purpose of the step.
    #[serde(default)]
    say: String,
    /// Who sends the request.
    #[serde(default, rename = "as")]
    caller: Caller,
    /// `METHOD path`, with the path exactly as it is sent.
    send: String,
    /// Headers for this request; null removes a header.
    #[serde(default)]
    with: BTreeMap<String, Option<String>>,
    /// A JSON body.
    body: Option<Value>,
    /// The `Operations` of a PATCH body.
    patch: Option<Value>,
    /// A body that is not JSON.
    raw: Option<String>,
    /// The expected status.
    want: u16,
    /// The pattern that the response body must match.
    answer: Option<Value>,
    /// The values that the response must contain in any order, by pointer.
    #[serde(default)]
    sets: BTreeMap<String, Vec<Value>>,
    /// Expected headers of the response.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Values that the response must no longer contain, by pointer.
    #[serde(default)]
    differs: BTreeMap<String, Value>,
    /// Values of the response to store for later steps, by pointer or `header:name`.
    #[serde(default)]
    keep: BTreeMap<String, String>,
}

/// The sender of a step.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Caller {
    /// The identity provider of the tenant under test.
    #[default]
    Idp,
    /// The identity provider of another tenant.
    Stranger,
    /// A client without a token.
    Nobody,
}

/// The identity providers that can send the steps of a transcript.
#[derive(Debug)]
pub struct Callers {
    /// The identity provider of the tenant under test.
    pub idp: Idp,
    /// The identity provider of another tenant.
    pub stranger: Idp,
}

/// Replays a transcript.
///
/// # Errors
/// Returns a description of the first step that failed, or the reason why the transcript cannot be parsed.
pub async fn replay(text: &str, callers: &Callers) -> Result<(), String> {
    let invalid = |error: &dyn std::fmt::Display| format!("invalid transcript: {error}");
    let transcript = rollcall_local::yaml::parse(text).map_err(|error| invalid(&error))?;
    let transcript: Transcript =
        serde_json::from_value(transcript).map_err(|error| invalid(&error))?;
    let mut known = built_in_names();
    for (index, step) in transcript.steps.iter().enumerate() {
        let found = match run_step(step, &transcript.client, callers, &mut known).await {
            Ok(found) => found,
            Err(error) => vec![error],
        };
        if !found.is_empty() {
            let mut message = format!(
                "{}\nstep {}: {} ({})",
                transcript.about,
                index + 1,
                step.send,
                step.say
            );
            for mismatch in found {
                let _ = write!(message, "\n  {mismatch}");
            }
            return Err(message);
        }
    }
    Ok(())
}

/// Returns the placeholder names that every transcript can use without storing a value first.
fn built_in_names() -> BTreeMap<String, Value> {
    let urns = [
        ("User", urn::USER),
        ("Group", urn::GROUP),
        ("Enterprise", urn::ENTERPRISE),
        ("Patch", urn::PATCH),
        ("Search", urn::SEARCH),
        ("List", urn::LIST),
        ("Error", urn::ERROR),
        ("unknown", "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("any", pattern::ANY),
    ];
    urns.map(|(name, value)| (name.to_owned(), Value::String(value.to_owned())))
        .into()
}

async fn run_step(
    step: &Step,
    client: &BTreeMap<String, Option<String>>,
    callers: &Callers,
    known: &mut BTreeMap<String, Value>,
) -> Result<Vec<String>, String> {
    let line = fill_text(&step.send, known)?;
    let (method, path) = line.split_once(' ').ok_or("`send` is not `METHOD path`")?;
    let method: Method = method
        .parse()
        .map_err(|_| format!("`{method}` is not a method"))?;
    let idp = match step.caller {
        Caller::Idp => callers.idp.clone(),
        Caller::Stranger => callers.stranger.clone(),
        Caller::Nobody => callers.idp.with_token(None),
    };
    let mut request = idp.request(method, path);
    for (name, value) in client.iter().chain(&step.with) {
        request = match value {
            Some(value) => request.header(name, &fill_text(value, known)?),
            None => request.without(name),
        };
    }
    if let Some(body) = &step.body {
        request = request.body(&fill(body, known)?);
    }
    if let Some(operations) = &step.patch {
        let operations = fill(operations, known)?;
        request =
            request.body(&serde_json::json!({"schemas": [urn::PATCH], "Operations": operations}));
    }
    if let Some(raw) = &step.raw {
        request = request.raw(fill_text(raw, known)?);
    }
    let answer = request.send().await;
    let found = mismatches(step, &answer, known)?;
    for (name, place) in &step.keep {
        known.insert(name.clone(), extract(&answer, place)?);
    }
    Ok(found)
}

fn mismatches(
    step: &Step,
    answer: &Answer,
    known: &BTreeMap<String, Value>,
) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    if answer.status != step.want {
        found.push(format!(
            "status is {}, expected {}",
            answer.status, step.want
        ));
    }
    if let Some(expected) = &step.answer {
        found.extend(pattern::differences(&fill(expected, known)?, &answer.body));
    }
    for (pointer, expected) in &step.sets {
        let pointer = fill_text(pointer, known)?;
        let got: BTreeSet<String> = answer
            .select(&pointer)
            .iter()
            .map(ToString::to_string)
            .collect();
        let mut wanted = BTreeSet::new();
        for value in expected {
            wanted.insert(fill(value, known)?.to_string());
        }
        if got != wanted {
            found.push(format!("`{pointer}` is {got:?}, expected {wanted:?}"));
        }
    }
    for (name, expected) in &step.headers {
        let expected = fill_text(expected, known)?;
        let got = answer.header(name);
        if got != Some(&expected) && !(expected == pattern::ANY && got.is_some()) {
            found.push(format!("header `{name}` is {got:?}, expected {expected:?}"));
        }
    }
    for (pointer, old) in &step.differs {
        let old = fill(old, known)?;
        if answer.body.pointer(pointer) == Some(&old) {
            found.push(format!("`{pointer}` is still {old}"));
        }
    }
    if !found.is_empty() {
        found.push(format!("answer: {}", answer.body));
    }
    Ok(found)
}

fn extract(answer: &Answer, place: &str) -> Result<Value, String> {
    let value = match place.strip_prefix("header:") {
        Some(name) => answer
            .header(name)
            .map(|value| Value::String(value.to_owned())),
        None => answer.body.pointer(place).cloned(),
    };
    value.ok_or_else(|| format!("the response has no value at `{place}` to store"))
}

/// Replaces `<name>` in every string of a document, including member names.
fn fill(value: &Value, known: &BTreeMap<String, Value>) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => match placeholder_name(text).and_then(|name| known.get(name)) {
            Some(value) => value.clone(),
            None => Value::String(fill_text(text, known)?),
        },
        Value::Array(elements) => Value::Array(
            elements
                .iter()
                .map(|v| fill(v, known))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(members) => {
            let mut filled = serde_json::Map::new();
            for (name, inner) in members {
                filled.insert(fill_text(name, known)?, fill(inner, known)?);
            }
            Value::Object(filled)
        }
        other => other.clone(),
    })
}

/// Replaces `<name>` in a text; an unknown name is an error in the transcript.
fn fill_text(text: &str, known: &BTreeMap<String, Value>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let (name, tail) = after
            .split_once('>')
            .ok_or_else(|| format!("`{text}` has no closing `>`"))?;
        match known.get(name) {
            Some(Value::String(value)) => out.push_str(value),
            Some(other) => out.push_str(&other.to_string()),
            None => return Err(format!("no value was stored as `{name}`")),
        }
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

fn placeholder_name(text: &str) -> Option<&str> {
    let name = text.strip_prefix('<')?.strip_suffix('>')?;
    (!name.contains(['<', '>'])).then_some(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn placeholders_are_replaced_in_values_and_member_names() {
        let mut known = built_in_names();
        known.insert("id".to_owned(), json!("42"));
        known.insert("count".to_owned(), json!(7));
        let check = |value: Value, expected: Value| assert_eq!(fill(&value, &known), Ok(expected));
        check(json!("a<id>b"), json!("a42b"));
        check(json!("<count>"), json!(7));
        check(
            json!({"<User>": ["<id>", true]}),
            json!({urn::USER: ["42", true]}),
        );
        check(json!("<any>"), json!(pattern::ANY));
        assert!(fill(&json!("<nobody>"), &known).is_err());
    }
}
