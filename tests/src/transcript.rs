//! Replays one recorded conversation between an identity provider and the service.
//!
//! A transcript is a YAML file; `transcripts/README.md` describes it for those who add one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use http::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::idp::{Answer, Idp};
use crate::{pattern, urn};

/// A conversation, as it stands in a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Transcript {
    /// Who speaks, and what is special about it.
    about: String,
    /// Headers of every request.
    #[serde(default)]
    client: BTreeMap<String, Option<String>>,
    steps: Vec<Step>,
}

/// One request and what its answer must be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// Why the step is here.
    #[serde(default)]
    say: String,
    /// Whose token goes with it.
    #[serde(default, rename = "as")]
    speaker: Speaker,
    /// `METHOD path`, the path exactly as it goes over the wire.
    send: String,
    /// Headers of this request; null leaves one out.
    #[serde(default)]
    with: BTreeMap<String, Option<String>>,
    /// A JSON body.
    body: Option<Value>,
    /// The `Operations` of a PATCH body.
    patch: Option<Value>,
    /// A body that is not JSON.
    raw: Option<String>,
    /// The status of the answer.
    want: u16,
    /// What the body of the answer holds.
    answer: Option<Value>,
    /// What the answer holds in any order, by pointer.
    #[serde(default)]
    sets: BTreeMap<String, Vec<Value>>,
    /// Headers of the answer.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// What the answer must no longer be, by pointer.
    #[serde(default)]
    differs: BTreeMap<String, Value>,
    /// Values to remember, by pointer or `header:name`.
    #[serde(default)]
    keep: BTreeMap<String, String>,
}

/// Who sends a step.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Speaker {
    /// The provider of the tenant in question.
    #[default]
    Idp,
    /// The provider of another tenant.
    Stranger,
    /// Somebody without a token.
    Nobody,
}

/// The providers that a transcript may speak as.
#[derive(Debug)]
pub struct Cast {
    /// The provider of the tenant in question.
    pub idp: Idp,
    /// The provider of another tenant.
    pub stranger: Idp,
}

/// Replays the transcript and returns what did not hold, in words.
///
/// # Errors
/// Describes a transcript that cannot be read, or every step up to the first that failed.
pub async fn replay(text: &str, cast: &Cast) -> Result<(), String> {
    let transcript: Transcript =
        serde_yaml_ng::from_str(text).map_err(|error| format!("not a transcript: {error}"))?;
    let mut known = given();
    for (index, step) in transcript.steps.iter().enumerate() {
        let found = match take(step, &transcript.client, cast, &mut known).await {
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
            for fault in found {
                let _ = write!(message, "\n  {fault}");
            }
            return Err(message);
        }
    }
    Ok(())
}

/// The names that every transcript may use without having kept them.
fn given() -> BTreeMap<String, Value> {
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

async fn take(
    step: &Step,
    client: &BTreeMap<String, Option<String>>,
    cast: &Cast,
    known: &mut BTreeMap<String, Value>,
) -> Result<Vec<String>, String> {
    let line = fill_text(&step.send, known)?;
    let (method, path) = line.split_once(' ').ok_or("`send` is not `METHOD path`")?;
    let method: Method = method
        .parse()
        .map_err(|_| format!("`{method}` is not a method"))?;
    let idp = match step.speaker {
        Speaker::Idp => cast.idp.clone(),
        Speaker::Stranger => cast.stranger.clone(),
        Speaker::Nobody => cast.idp.with_token(None),
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
    let found = faults(step, &answer, known)?;
    for (name, place) in &step.keep {
        known.insert(name.clone(), kept(&answer, place)?);
    }
    Ok(found)
}

fn faults(
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

fn kept(answer: &Answer, place: &str) -> Result<Value, String> {
    let value = match place.strip_prefix("header:") {
        Some(name) => answer
            .header(name)
            .map(|value| Value::String(value.to_owned())),
        None => answer.body.pointer(place).cloned(),
    };
    value.ok_or_else(|| format!("nothing to keep at `{place}`"))
}

/// Fills `<name>` in every string of a document, names of members included.
fn fill(value: &Value, known: &BTreeMap<String, Value>) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => match whole_name(text).and_then(|name| known.get(name)) {
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

/// Fills `<name>` in a text; a name that nothing was kept under is a mistake in the transcript.
fn fill_text(text: &str, known: &BTreeMap<String, Value>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let (name, tail) = after
            .split_once('>')
            .ok_or_else(|| format!("`{text}` lacks a `>`"))?;
        match known.get(name) {
            Some(Value::String(value)) => out.push_str(value),
            Some(other) => out.push_str(&other.to_string()),
            None => return Err(format!("nothing was kept as `{name}`")),
        }
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

fn whole_name(text: &str) -> Option<&str> {
    let name = text.strip_prefix('<')?.strip_suffix('>')?;
    (!name.contains(['<', '>'])).then_some(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_filled_wherever_they_stand() {
        let mut known = given();
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
