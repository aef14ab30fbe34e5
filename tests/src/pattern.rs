//! Compares a response with an expected pattern, member by member.

use serde_json::Value;

/// Matches any value in a pattern, but the value must be present.
pub const ANY: &str = "<any>";

/// Lists the places where `got` does not match `pattern`.
///
/// An object checks only the members that it names; a member given as `null` must be absent.
/// An array must have the same number of elements in the same order. All other values must be equal:
/// `true` is not `"true"`, 1 is not 1.0.
pub fn differences(pattern: &Value, got: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(pattern, Some(got), "", &mut found);
    found
}

fn compare(pattern: &Value, got: Option<&Value>, at: &str, found: &mut Vec<String>) {
    match (pattern, got) {
        (Value::Null, None) => {}
        (Value::Null, Some(value)) => found.push(format!("`{at}` is {value}, expected nothing")),
        (_, None) => found.push(format!("`{at}` is missing, expected {pattern}")),
        (Value::String(any), Some(_)) if any == ANY => {}
        (Value::Object(members), Some(Value::Object(have))) => {
            for (name, inner) in members {
                compare(inner, have.get(name), &format!("{at}/{name}"), found);
            }
        }
        (Value::Array(elements), Some(Value::Array(have))) => {
            if elements.len() != have.len() {
                let (want, is) = (elements.len(), have.len());
                found.push(format!(
                    "`{at}` has {is} elements, expected {want}: {have:?}"
                ));
                return;
            }
            for (index, (inner, value)) in elements.iter().zip(have).enumerate() {
                compare(inner, Some(value), &format!("{at}/{index}"), found);
            }
        }
        (want, Some(is)) if want == is => {}
        (want, Some(is)) => found.push(format!("`{at}` is {is}, expected {want}")),
    }
}

/// Finds every value at a JSON pointer, in which `*` matches each element of an array.
pub fn select<'a>(document: &'a Value, pointer: &str) -> Vec<&'a Value> {
    let mut nodes = vec![document];
    for segment in pointer.split('/').skip(1) {
        let name = segment.replace("~1", "/").replace("~0", "~");
        nodes = nodes
            .into_iter()
            .flat_map(|node| step(node, &name))
            .collect();
    }
    nodes
}

fn step<'a>(node: &'a Value, name: &str) -> Vec<&'a Value> {
    match node {
        Value::Array(elements) if name == "*" => elements.iter().collect(),
        Value::Array(elements) => name
            .parse::<usize>()
            .ok()
            .and_then(|index| elements.get(index))
            .into_iter()
            .collect(),
        Value::Object(members) => members.get(name).into_iter().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(pattern: Value, got: Value, faults: usize) {
        let found = differences(&pattern, &got);
        assert_eq!(found.len(), faults, "{pattern} against {got}: {found:?}");
    }

    #[test]
    fn a_pattern_checks_only_what_it_names() {
        check(json!({}), json!({"a": 1}), 0);
        check(json!({"a": 1}), json!({"a": 1, "b": 2}), 0);
        check(json!({"a": true}), json!({"a": "true"}), 1);
        check(json!({"a": null}), json!({}), 0);
        check(json!({"a": null}), json!({"a": null}), 1);
        check(json!({"a": ANY}), json!({}), 1);
        check(json!({"a": ANY}), json!({"a": false}), 0);
        check(json!({"a": []}), json!({"a": [1]}), 1);
        check(
            json!({"a": [{"b": 1}]}),
            json!({"a": [{"b": 1, "c": 2}]}),
            0,
        );
        check(json!({"a": [1, 2]}), json!({"a": [2, 1]}), 2);
    }

    #[test]
    fn a_star_selects_every_element() {
        let document = json!({"members": [{"value": "a"}, {"value": "b"}, {"display": "c"}]});
        assert_eq!(select(&document, "/members/*/value"), ["a", "b"]);
        assert_eq!(select(&document, "/members/1/value"), ["b"]);
        assert!(select(&document, "/nobody/*").is_empty());
    }
}
