//! JSON of the request log that was cut. Pure.

use serde_json::Value;

/// Returns what is whole of a JSON text that was cut, and the rest of the text: one member or element at most. `None` if it is
/// no JSON that was cut.
pub(super) fn whole_part(text: &str) -> Option<(Value, &str)> {
    let (mut open, mut end) = (Vec::new(), 0);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            // What is before a comma is whole.
            b',' => end = at,
            b'{' | b'[' | b'}' | b']' => {
                match byte {
                    b'{' => open.push('}'),
                    b'[' => open.push(']'),
                    _ => _ = open.pop(),
                }
                end = at + 1;
            }
            _ => {}
        }
    }
    let (whole, rest) = text.split_at(end);
    let closed = whole.chars().chain(open.into_iter().rev());
    let value = serde_json::from_str(&closed.collect::<String>()).ok()?;
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_whole_is_parsed() {
        for (text, value, rest) in [
            (
                r#"{"a":"x, {","b":[{"c":"… (cut)"#,
                json!({"a": "x, {", "b": [{}]}),
                r#""c":"… (cut)"#,
            ),
            (
                r#"{"a":"\\\"}","b":tr"#,
                json!({"a": "\\\"}"}),
                r#","b":tr"#,
            ),
            (r#"["a",["b"]"#, json!(["a", ["b"]]), ""),
            (r#"{"a":1},"#, json!({"a": 1}), ","),
        ] {
            assert_eq!(whole_part(text), Some((value, rest)), "{text}");
        }
        for text in ["", "no JSON", r#"{"a" "b", "c"#, "]"] {
            assert_eq!(whole_part(text), None, "{text}");
        }
    }
}
