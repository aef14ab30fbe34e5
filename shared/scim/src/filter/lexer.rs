//! Splits the text of a filter into tokens.

use crate::dialect;
use crate::error::{Error, quoted};

/// A token and the byte offset at which it starts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) at: usize,
    pub(super) kind: TokenKind<'a>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind<'a> {
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    /// A path, an operator, or a literal without quotes.
    Word(&'a str),
    /// A JSON string, without its quotes and escapes.
    Text(String),
}

/// Splits the text into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Error> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = token(&text[at..], first)?;
        tokens.push(Token { at, kind });
        at += length;
    }
    Ok(tokens)
}

fn token(text: &str, first: char) -> Result<(TokenKind<'_>, usize), Error> {
    Ok(match first {
        '(' => (TokenKind::Open, 1),
        ')' => (TokenKind::Close, 1),
        '[' => (TokenKind::OpenBracket, 1),
        ']' => (TokenKind::CloseBracket, 1),
        '"' => {
            let literal = json_string(text)?;
            let value = serde_json::from_str(literal).map_err(|_| bad_string(literal))?;
            (TokenKind::Text(value), literal.len())
        }
        '\'' => match dialect::filters::single_quoted(text) {
            Some((text, length)) => (TokenKind::Text(text), length),
            None => word(text),
        },
        _ => word(text),
    })
}

fn word(text: &str) -> (TokenKind<'_>, usize) {
    let ends = |c: char| c.is_whitespace() || "()[]\"".contains(c);
    let length = text.find(ends).unwrap_or(text.len());
    (TokenKind::Word(&text[..length]), length)
}

/// Returns the JSON string at the start of the text, including its quotes.
fn json_string(text: &str) -> Result<&str, Error> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Ok(&text[..=at]),
            _ => {}
        }
    }
    Err(bad_string(text))
}

fn bad_string(text: &str) -> Error {
    let text = quoted(text);
    Error::InvalidFilter(format!(
        "{text} is not a valid string, end it with `\"` and escape characters as in JSON"
    ))
}

#[cfg(test)]
mod tests {
    use super::TokenKind::*;
    use super::*;

    fn check(text: &str, expected: &[TokenKind<'_>]) {
        let kinds: Vec<_> = tokens(text)
            .expect(text)
            .into_iter()
            .map(|token| token.kind)
            .collect();
        assert_eq!(kinds, expected, "{text}");
    }

    #[test]
    fn cut() {
        check("", &[]);
        check(
            "a eq\t\"b c\"",
            &[Word("a"), Word("eq"), Text("b c".into())],
        );
        check(
            "e[t eq 1].v",
            &[
                Word("e"),
                OpenBracket,
                Word("t"),
                Word("eq"),
                Word("1"),
                CloseBracket,
                Word(".v"),
            ],
        );
        check(
            "not(a pr)",
            &[Word("not"), Open, Word("a"), Word("pr"), Close],
        );
        check(r#""\"\\é\n""#, &[Text("\"\\é\n".into())]);
        check("ä", &[Word("ä")]);
        check("'a b'", &[Text("a b".into())]);
        check(
            "['o'brien']",
            &[OpenBracket, Text("o'brien".into()), CloseBracket],
        );
        check(r"'it\'s' 'x'", &[Text("it's".into()), Text("x".into())]);
        check("'a\"b')", &[Text("a\"b".into()), Close]);
        check("'a o'b", &[Word("'a"), Word("o'b")]);
        check("''", &[Text(String::new())]);
    }

    #[test]
    fn strings_that_are_not() {
        for text in [
            "\"",
            "\"abc",
            r#""\""#,
            r#""\x""#,
            "\"a\nb\"",
            r#""\ud800""#,
        ] {
            assert!(
                matches!(tokens(text), Err(Error::InvalidFilter(_))),
                "{text}"
            );
        }
    }
}
