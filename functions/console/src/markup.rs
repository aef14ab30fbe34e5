//! The markup inside of texts: where an address may be broken, and which words are words of a machine.

use std::fmt;

use askama::filters::HtmlSafe;

/// After these signs an address, a URN or a value in JSON may be broken.
const BREAKS: [char; 8] = ['/', '.', '?', '=', '&', ':', ',', '_'];
/// Letters that stay together, so that a break leaves no scrap on a line.
const KEPT_TOGETHER: usize = 4;

/// A value that may be broken at the signs of an address, but not inside its words.
pub(crate) struct Breakable<T>(T);

impl<T: AsRef<str>> HtmlSafe for Breakable<T> {}

impl<T: AsRef<str>> fmt::Display for Breakable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut html = String::new();
        let mut kept = 0_usize;
        let mut chars = self.0.as_ref().chars().peekable();
        while let Some(c) = chars.next() {
            if c == '@' && kept > 0 {
                html.push_str("<wbr>");
                kept = 0;
            }
            push_escaped(&mut html, c);
            kept += 1;
            let goes_on = chars
                .peek()
                .is_some_and(|next| !next.is_whitespace() && !BREAKS.contains(next));
            if c.is_whitespace() {
                kept = 0;
            } else if BREAKS.contains(&c) && goes_on && kept >= KEPT_TOGETHER {
                html.push_str("<wbr>");
                kept = 0;
            }
        }
        f.write_str(&html)
    }
}

pub(crate) fn breakable<T: AsRef<str>>(value: T) -> Breakable<T> {
    Breakable(value)
}

/// A text whose words between backticks are words of a machine.
pub(crate) struct Coded<T>(T);

impl<T: AsRef<str>> HtmlSafe for Coded<T> {}

impl<T: AsRef<str>> fmt::Display for Coded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.as_ref();
        let mut marks = CodeMarks::of(text);
        let mut shown = String::new();
        for c in text.chars() {
            match marks.mark(c) {
                Some(mark) => shown.push_str(mark),
                None => push_escaped(&mut shown, c),
            }
        }
        f.write_str(&shown)
    }
}

pub(crate) fn coded<T: AsRef<str>>(text: T) -> Coded<T> {
    Coded(text)
}

/// Turns pairs of backticks into `<code>`. A text in which one is left over keeps them as they are.
pub(crate) struct CodeMarks {
    are_pairs: bool,
    is_open: bool,
}

impl CodeMarks {
    pub(crate) fn of(text: &str) -> Self {
        Self {
            are_pairs: text.matches('`').count().is_multiple_of(2),
            is_open: false,
        }
    }

    /// The mark that stands for this character of the text, if it is a backtick of a pair.
    pub(crate) fn mark(&mut self, c: char) -> Option<&'static str> {
        if c != '`' || !self.are_pairs {
            return None;
        }
        self.is_open = !self.is_open;
        Some(if self.is_open { "<code>" } else { "</code>" })
    }
}

fn push_escaped(html: &mut String, c: char) {
    match c {
        '&' => html.push_str("&#38;"),
        '<' => html.push_str("&#60;"),
        '>' => html.push_str("&#62;"),
        '"' => html.push_str("&#34;"),
        '\'' => html.push_str("&#39;"),
        c => html.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_break_at_their_signs() {
        for (value, html) in [
            (
                "ada.lovelace@example.test",
                "ada.<wbr>lovelace<wbr>@example.<wbr>test",
            ),
            ("@example", "@example"),
            ("https://x.test/scim", "https://<wbr>x.test/<wbr>scim"),
            ("/Users?filter=a&b", "/Users?<wbr>filter=<wbr>a&#38;b"),
            ("{\"a\": \"<b>\"}", "{&#34;a&#34;: &#34;&#60;b&#62;&#34;}"),
        ] {
            assert_eq!(breakable(value).to_string(), html);
        }
    }

    #[test]
    fn words_of_a_machine_are_marked() {
        for (text, html) in [
            (
                "a `remove` had a `value`",
                "a <code>remove</code> had a <code>value</code>",
            ),
            ("`<b>`", "<code>&#60;b&#62;</code>"),
            ("one ` alone", "one ` alone"),
        ] {
            assert_eq!(coded(text).to_string(), html);
        }
    }
}
