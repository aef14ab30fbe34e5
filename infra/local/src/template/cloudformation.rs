//! Converts CloudFormation's YAML into JSON. Short forms of functions become long forms: `!Ref X` is `{"Ref": "X"}`.

use serde_json::{Value, json};

use super::error::TemplateError;
use crate::yaml;

/// Parses a template.
///
/// # Errors
///
/// When the text is not YAML, or contains a value that JSON cannot represent.
pub(super) fn parse(text: &str) -> Result<Value, TemplateError> {
    yaml::parse_tagged(text, &|tag, argument| Ok(long_form(tag, argument)))
        .map_err(|error| TemplateError::new("the document", error))
}

fn long_form(tag: &str, argument: Value) -> Value {
    match (tag.trim_start_matches('!'), argument) {
        ("Ref", name) => json!({"Ref": name}),
        ("Condition", name) => json!({"Condition": name}),
        ("GetAtt", Value::String(path)) => {
            let (resource, attribute) = path.split_once('.').unwrap_or((&path, ""));
            json!({"Fn::GetAtt": [resource, attribute]})
        }
        (function, argument) => json!({ format!("Fn::{function}"): argument }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_functions_have_a_long_form() {
        for (yaml, expected) in [
            ("!Ref Api", json!({"Ref": "Api"})),
            ("!GetAtt Table.Arn", json!({"Fn::GetAtt": ["Table", "Arn"]})),
            (
                "!GetAtt Nested.Outputs.Arn",
                json!({"Fn::GetAtt": ["Nested", "Outputs.Arn"]}),
            ),
            (
                "!GetAtt [Table, Arn]",
                json!({"Fn::GetAtt": ["Table", "Arn"]}),
            ),
            ("!Sub https://${Api}", json!({"Fn::Sub": "https://${Api}"})),
            (
                "!If [Yes, !Ref A, !Ref B]",
                json!({"Fn::If": ["Yes", {"Ref": "A"}, {"Ref": "B"}]}),
            ),
            ("!Condition Yes", json!({"Condition": "Yes"})),
            (
                "!ImportValue { \"Fn::Sub\": \"${DataStack}-Bus\" }",
                json!({"Fn::ImportValue": {"Fn::Sub": "${DataStack}-Bus"}}),
            ),
            (
                "[&part !Select [1, !Split [/, &whole !Ref A]], *part, *whole]",
                json!([
                    {"Fn::Select": [1, {"Fn::Split": ["/", {"Ref": "A"}]}]},
                    {"Fn::Select": [1, {"Fn::Split": ["/", {"Ref": "A"}]}]},
                    {"Ref": "A"},
                ]),
            ),
            (
                "{a: [1, true, null, \"1\"]}",
                json!({"a": [1, true, null, "1"]}),
            ),
        ] {
            assert_eq!(parse(yaml).unwrap(), expected, "{yaml}");
        }
    }

    #[test]
    fn what_cloudformation_would_refuse_is_refused() {
        for yaml in ["a: [", "1: x", "a: 1\na: 2"] {
            assert!(parse(yaml).is_err(), "{yaml}");
        }
    }
}
