//! Matches EventBridge patterns. Supports only what the template uses; an unknown operator matches nothing.

use serde_json::Value;

/// Returns whether an event matches: for every field of the pattern, the event has one of the alternatives.
pub(crate) fn matches(pattern: &Value, event: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields
            .iter()
            .all(|(name, inner)| matches(inner, event.get(name).unwrap_or(&Value::Null))),
        Value::Array(alternatives) => match event {
            Value::Array(values) => values
                .iter()
                .any(|value| alternatives.iter().any(|one| is(one, value))),
            value => alternatives.iter().any(|one| is(one, value)),
        },
        _ => false,
    }
}

fn is(alternative: &Value, value: &Value) -> bool {
    let Value::Object(rule) = alternative else {
        return alternative == value;
    };
    let text = value.as_str();
    let holds = |(name, argument): (&String, &Value)| match (name.as_str(), argument) {
        ("prefix", Value::String(prefix)) => text.is_some_and(|text| text.starts_with(prefix)),
        ("suffix", Value::String(suffix)) => text.is_some_and(|text| text.ends_with(suffix)),
        ("exists", Value::Bool(exists)) => value.is_null() != *exists,
        ("anything-but", Value::Array(others)) => !value.is_null() && !others.contains(value),
        ("anything-but", other) => !value.is_null() && other != value,
        _ => false,
    };
    rule.iter().all(holds)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patterns_match_as_eventbridge_says() {
        let event = json!({"source": "rollcall", "detail-type": "user.created", "detail": {"actor": {"type": "token"}, "n": 3}});
        for (pattern, expected) in [
            (json!({"source": ["rollcall"]}), true),
            (json!({"source": ["a", "rollcall"]}), true),
            (json!({"source": ["a"]}), false),
            (
                json!({"source": ["rollcall"], "detail-type": ["user.deleted"]}),
                false,
            ),
            (json!({"detail-type": [{"prefix": "user."}]}), true),
            (json!({"detail-type": [{"suffix": ".deleted"}]}), false),
            (json!({"detail": {"actor": {"type": ["token"]}}}), true),
            (
                json!({"detail": {"actor": {"type": [{"anything-but": "token"}]}}}),
                false,
            ),
            (
                json!({"detail": {"actor": {"type": [{"anything-but": ["person"]}]}}}),
                true,
            ),
            (json!({"detail": {"none": [{"exists": false}]}}), true),
            (json!({"detail": {"none": [{"exists": true}]}}), false),
            (json!({"detail": {"n": [3]}}), true),
            (json!({"detail": {"n": ["3"]}}), false),
            (json!({"detail": {"n": [{"numeric": ["=", 3]}]}}), false),
            (json!({"detail": {"none": {"deeper": ["x"]}}}), false),
            (json!({}), true),
        ] {
            assert_eq!(matches(&pattern, &event), expected, "{pattern}");
        }
    }
}
