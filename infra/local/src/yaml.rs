//! Reads YAML as JSON: the templates, the transcripts of the tests, and seed files.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Number, Value};

/// Why a text cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// The text is not YAML.
    #[error("{0}")]
    Text(String),
    /// The text has no document, or more than one.
    #[error("the text is not one document")]
    NotOneDocument,
    /// A mapping has a key twice.
    #[error("the key `{0}` is repeated")]
    RepeatedKey(String),
    /// A mapping has a key that is not text.
    #[error("{0} is no key")]
    Key(Value),
    /// A value has a tag.
    #[error("the tag `{0}` is unknown")]
    Tag(String),
}

/// Reads the one document of a text without tags. A number in a spelling that JSON does not have stays text.
///
/// # Errors
///
/// When the text is not one YAML document, or contains what JSON cannot represent.
pub fn parse(text: &str) -> Result<Value, YamlError> {
    parse_tagged(text, &|tag, _| Err(YamlError::Tag(tag.to_owned())))
}

/// Reads the one document of a text. `tagged` says what a tag such as `!Ref` makes of its value.
pub(crate) fn parse_tagged(text: &str, tagged: Tagged<'_>) -> Result<Value, YamlError> {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        anchors: HashMap::new(),
        tagged,
    };
    let mut documents = Vec::new();
    loop {
        match reader.next()? {
            Event::StreamEnd => break,
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd => {}
            first => documents.push(reader.value(first)?),
        }
    }
    match <[Value; 1]>::try_from(documents) {
        Ok([document]) => Ok(document),
        Err(_) => Err(YamlError::NotOneDocument),
    }
}

/// What a tag makes of its value.
type Tagged<'a> = &'a dyn Fn(&str, Value) -> Result<Value, YamlError>;

/// Builds values from the events of the parser.
struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    /// The values that an alias can repeat, by the parser's number of the anchor. A value without an anchor has number 0.
    anchors: HashMap<usize, Value>,
    tagged: Tagged<'a>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Event<'a>, YamlError> {
        match self.parser.next() {
            Some(Ok((event, _))) => Ok(event),
            Some(Err(error)) => Err(YamlError::Text(error.to_string())),
            None => Ok(Event::StreamEnd),
        }
    }

    /// Returns the value that begins with this event.
    fn value(&mut self, first: Event<'a>) -> Result<Value, YamlError> {
        let (value, anchor, tag) = match first {
            Event::Alias(anchor) => {
                return Ok(self.anchors.get(&anchor).cloned().unwrap_or_default());
            }
            Event::Scalar(text, style, anchor, tag) => (scalar(&text, style), anchor, tag),
            Event::SequenceStart(anchor, tag) => (self.sequence()?, anchor, tag),
            Event::MappingStart(anchor, tag) => (self.mapping()?, anchor, tag),
            other => return Err(YamlError::Text(format!("unexpected {other:?}"))),
        };
        let value = match tag.as_deref().map(Tag::to_string) {
            Some(tag) => (self.tagged)(&tag, value)?,
            None => value,
        };
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn sequence(&mut self) -> Result<Value, YamlError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(Value::Array(items)),
                first => items.push(self.value(first)?),
            }
        }
    }

    fn mapping(&mut self) -> Result<Value, YamlError> {
        let mut entries = Map::new();
        loop {
            let key = match self.next()? {
                Event::MappingEnd => return Ok(Value::Object(entries)),
                first => self.value(first)?,
            };
            let Value::String(key) = key else {
                return Err(YamlError::Key(key));
            };
            let first = self.next()?;
            let value = self.value(first)?;
            if entries.insert(key.clone(), value).is_some() {
                return Err(YamlError::RepeatedKey(key));
            }
        }
    }
}

/// Returns the value of a scalar: text, unless it has no quotes and means something else in JSON.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    match text {
        _ if style != ScalarStyle::Plain => Value::from(text),
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => serde_json::from_str::<Number>(text).map_or_else(|_| Value::from(text), Value::from),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_json_has_is_read() {
        for (yaml, expected) in [
            (
                "a: [1, -2.5, true, null, \"1\", text]",
                json!({"a": [1, -2.5, true, null, "1", "text"]}),
            ),
            ("{b: 1, a: 2}", json!({"b": 1, "a": 2})),
            (
                "a: 2012-10-17\nb: 0815\nc: +1",
                json!({"a": "2012-10-17", "b": "0815", "c": "+1"}),
            ),
            (
                "a: yes\nb: ~\nc:",
                json!({"a": "yes", "b": null, "c": null}),
            ),
            ("a: |\n  x\n  y\nb: ''", json!({"a": "x\ny\n", "b": ""})),
            ("[&x {a: 1}, *x]", json!([{"a": 1}, {"a": 1}])),
        ] {
            assert_eq!(parse(yaml), Ok(expected), "{yaml}");
        }
    }

    #[test]
    fn what_json_has_not_is_refused() {
        for yaml in [
            "a: [",
            "1: x",
            "[a]: x",
            "a: 1\na: 2",
            "a: !Ref b",
            "--- a\n--- b",
            "",
        ] {
            assert!(parse(yaml).is_err(), "{yaml}");
        }
    }
}
