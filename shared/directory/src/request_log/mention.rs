//! Whether a request names somebody: as a whole value, not as part of another value. Pure.

use serde_json::json;

/// Returns whether the JSON text has the value as a whole string, or quoted in another string:
/// `"members[value eq \"ada\"]"`.
pub fn is_in_json(text: &str, value: &str) -> bool {
    stands(text, &escaped(value), |before, after| {
        before == Some('"') && matches!(after, Some('"' | '\\'))
    })
}

/// Returns a value as it stands in a JSON text.
pub(crate) fn escaped(value: &str) -> String {
    let quoted = json!(value).to_string();
    quoted.trim_matches('"').to_owned()
}

/// Returns whether the decoded target has the value: in its path, as a parameter, or in a filter.
pub(crate) fn is_in_target(text: &str, value: &str) -> bool {
    let is_end = |end: Option<char>| end.is_none_or(|end| "/?&=() ".contains(end));
    stands(text, value, |before, after| {
        before == Some('"') && after == Some('"') || is_end(before) && is_end(after)
    })
}

/// Returns whether the text has the value between two characters that `will_do` accepts. `None` is an end of the text.
fn stands(text: &str, value: &str, will_do: impl Fn(Option<char>, Option<char>) -> bool) -> bool {
    let mut places = text.match_indices(value);
    places.any(|(at, found)| {
        let (before, after) = (&text[..at], &text[at + found.len()..]);
        will_do(before.chars().next_back(), after.chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_named_by_a_whole_value() {
        for (target, named) in [
            ("/Users/ann", true),
            ("/Users/ann?attributes=id", true),
            ("/Users/joanna", false),
            ("/Users?filter=userName eq \"ann\"", true),
            ("/Users?filter=userName eq ann", true),
            (
                "/Users?filter=(userName eq \"ann\") and active eq true",
                true,
            ),
            ("/Users?filter=userName eq \"joanna@example.test\"", false),
            ("/Users?filter=userName eq \"ann@example.test\"", false),
            ("/Users?filter=displayName eq \"ann smith\"", false),
            ("/Users?filter=emails[value eq \"ann\"]", true),
        ] {
            assert_eq!(is_in_target(target, "ann"), named, "{target}");
        }
        for (body, named) in [
            (r#"{"userName":"ann"}"#, true),
            (r#"{"path":"members[value eq \"ann\"]"}"#, true),
            (r#"{"userName":"joanna"}"#, false),
            (r#"{"displayName":"ann smith"}"#, false),
        ] {
            assert_eq!(is_in_json(body, "ann"), named, "{body}");
        }
        assert!(is_in_json(r#"{"userName":"o\"brien"}"#, "o\"brien"));
    }
}
