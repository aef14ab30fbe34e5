//! The conversations that a rehearsal can play: JSON files, made from the transcripts of the tests, one for each provider.

use std::collections::BTreeMap;

use rollcall_directory::Provider;
use serde_json::{Map, Value};

/// The requests of one identity provider, in order.
#[derive(Debug)]
pub struct Conversation {
    pub(super) steps: Vec<Step>,
}

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Its purpose; empty if it goes without saying.
    pub(super) say: String,
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Value>,
    /// The status that the provider expects.
    pub(super) want: u16,
    /// Values of the answer for later requests: their names and pointers.
    pub(super) keep: Vec<(String, String)>,
}

impl Conversation {
    /// Returns the conversation of a provider; `None` for one that sends nothing here.
    pub fn of(provider: Provider) -> Option<Self> {
        let text = match provider {
            Provider::Okta => include_str!("../../conversations/okta.json"),
            Provider::Entra => include_str!("../../conversations/entra.json"),
            Provider::OneLogin => include_str!("../../conversations/onelogin.json"),
            Provider::JumpCloud => include_str!("../../conversations/jumpcloud.json"),
            Provider::Ping => include_str!("../../conversations/ping.json"),
            Provider::CyberArk => include_str!("../../conversations/cyberark.json"),
            Provider::Rippling => include_str!("../../conversations/rippling.json"),
            Provider::Other => include_str!("../../conversations/other.json"),
            Provider::Google => return None,
        };
        let read: Value = serde_json::from_str(text).ok()?;
        let steps = read.get("steps")?.as_array()?;
        let steps: Option<Vec<Step>> = steps.iter().map(Step::of).collect();
        steps.map(|steps| Self { steps })
    }

    /// Returns the number of requests.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Returns whether there are no requests.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl Step {
    fn of(step: &Value) -> Option<Self> {
        let text = |name: &str| step.get(name).and_then(Value::as_str);
        let pairs = |name: &str| -> Vec<(String, String)> {
            let members = step.get(name).and_then(Value::as_object);
            let members = members.into_iter().flat_map(Map::iter);
            members
                .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect()
        };
        let (method, target) = text("send")?.split_once(' ')?;
        Some(Self {
            say: text("say").unwrap_or_default().to_owned(),
            method: method.to_owned(),
            target: target.to_owned(),
            headers: pairs("headers"),
            body: step.get("body").cloned(),
            want: u16::try_from(step.get("want")?.as_u64()?).ok()?,
            keep: pairs("keep"),
        })
    }

    /// Returns the request with the values that were kept. A value that was not kept stays as it is written.
    pub(super) fn filled(&self, kept: &BTreeMap<String, String>) -> Self {
        Self {
            target: fill_text(&self.target, kept),
            body: self.body.as_ref().map(|body| fill(body, kept)),
            ..self.clone()
        }
    }
}

fn fill(value: &Value, kept: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => fill_text(text, kept).into(),
        Value::Array(elements) => elements.iter().map(|one| fill(one, kept)).collect(),
        Value::Object(members) => {
            let filled = members
                .iter()
                .map(|(name, inner)| (name.clone(), fill(inner, kept)));
            Value::Object(filled.collect())
        }
        other => other.clone(),
    }
}

fn fill_text(text: &str, kept: &BTreeMap<String, String>) -> String {
    let mut filled = text.to_owned();
    for (name, value) in kept {
        filled = filled.replace(&format!("<{name}>"), value);
    }
    filled
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_provider_that_sends_has_a_conversation() {
        for provider in Provider::all() {
            let conversation = Conversation::of(provider);
            assert_eq!(
                conversation.as_ref().is_some_and(|it| it.len() >= 5),
                provider != Provider::Google,
                "{provider:?}"
            );
            assert!(conversation.is_none_or(|it| !it.is_empty() && it.len() <= 60));
        }
    }

    #[test]
    fn kept_values_are_filled_in() {
        let step = json!({
            "send": "PUT /Users/<id>", "want": 200, "body": {"id": "<id>", "members": [{"value": "a<id>b"}], "n": 1},
        });
        let kept = BTreeMap::from([("id".to_owned(), "42".to_owned())]);
        let filled = Step::of(&step).map(|step| step.filled(&kept));
        let filled = filled.map(|step| (step.target, step.body));
        let body = json!({"id": "42", "members": [{"value": "a42b"}], "n": 1});
        assert_eq!(filled, Some(("/Users/42".to_owned(), Some(body))));
    }
}
