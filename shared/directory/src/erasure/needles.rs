//! What a person was called, prepared so that a text is searched for all of it at once. Pure.
//!
//! Whoever may push can give a person tens of thousands of identifiers. So the work with a text must depend on its length
//! alone, and not on how many values are looked for in it.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, PatternID};
use rollcall_store::Error;

use crate::erasure::protocol;
use crate::request_log::mention::escaped;

/// What a value stands between in a filter or a sentence.
const QUOTES: [char; 3] = ['"', '`', '\''];

/// Where a spelling of a value is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spelling {
    Quoted,
    Json,
    Both,
}

/// Values in lower case that texts are searched for.
#[derive(Clone, Debug)]
pub(crate) struct Needles {
    values: BTreeSet<String>,
    finder: AhoCorasick,
    /// The spellings, in the order in which the finder knows them.
    spellings: Vec<Spelling>,
}

impl Needles {
    /// Prepares the values.
    ///
    /// # Errors
    /// When there are too many of them: more than an item can hold.
    pub(crate) fn new(values: BTreeSet<String>) -> Result<Self, Error> {
        let (mut patterns, mut spellings) = (Vec::new(), Vec::new());
        for value in &values {
            let (quoted, in_json) = (value.replace('"', "\\\""), escaped(value));
            if quoted == in_json {
                patterns.push(quoted);
                spellings.push(Spelling::Both);
            } else {
                patterns.extend([quoted, in_json]);
                spellings.extend([Spelling::Quoted, Spelling::Json]);
            }
        }
        let finder = AhoCorasick::new(patterns).map_err(Error::corrupt)?;
        Ok(Self {
            values,
            finder,
            spellings,
        })
    }

    /// Gives the values back.
    pub(crate) fn into_values(self) -> BTreeSet<String> {
        self.values
    }

    /// Returns whether a text is one of the values.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.values.contains(&text.to_lowercase())
    }

    /// Returns whether a text has one of the values in quotes, other than as a word of the protocol.
    pub(crate) fn is_quoted_in(&self, text: &str) -> bool {
        if !text.contains(QUOTES) {
            return false;
        }
        self.stands(text, Spelling::Quoted, |before, word, after| {
            let quote = before.chars().next_back();
            quote.is_some_and(|it| QUOTES.contains(&it))
                && after == quote
                && !protocol::is_compared(before, word)
        })
    }

    /// Returns whether a JSON text, which need not be whole, has one of the values as a whole string, or quoted in another.
    pub(crate) fn is_in_json(&self, text: &str) -> bool {
        self.stands(text, Spelling::Json, |before, _, after| {
            before.ends_with('"') && matches!(after, Some('"' | '\\'))
        })
    }

    /// Returns whether a text has one of the values where `will_do` accepts what is before it, itself, and the character
    /// after it.
    fn stands(
        &self,
        text: &str,
        spelling: Spelling,
        will_do: impl Fn(&str, &str, Option<char>) -> bool,
    ) -> bool {
        let lower = text.to_lowercase();
        let is_meant = |pattern: PatternID| {
            let known = self.spellings.get(pattern.as_usize());
            known.is_some_and(|it| [spelling, Spelling::Both].contains(it))
        };
        self.finder.find_overlapping_iter(&lower).any(|found| {
            let (before, after) = (&lower[..found.start()], &lower[found.end()..]);
            let word = &lower[found.range()];
            is_meant(found.pattern()) && will_do(before, word, after.chars().next())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needles(values: &[&str]) -> Needles {
        Needles::new(values.iter().map(|&it| it.to_owned()).collect()).unwrap()
    }

    #[test]
    fn a_value_is_found_between_two_quotes_of_one_kind() {
        let needles = needles(&["ann", "joann", "o'brien", "the \"x\"", "a\\b"]);
        for (text, is_found) in [
            ("`ann`", true),
            ("'ANN'", true),
            ("\"ann\"", true),
            ("\"ann'", false),
            ("ann", false),
            ("\"anne\"", false),
            ("\"joann\" and `x`", true),
            ("'o'brien'", true),
            ("userName eq \"o'brien\"", true),
            ("'brien'", false),
            (r#"title eq "the \"x\"""#, true),
            (r#""a\b""#, true),
        ] {
            assert_eq!(needles.is_quoted_in(text), is_found, "{text}");
        }
        for (text, is_found) in [
            (r#"{"userName":"Ann","x"#, true),
            (r#"{"filter":"userName eq \"ann\" and x"#, true),
            (r#"{"userName":"joanna"#, false),
            (r#"{"userName":"the \"x\"","x"#, true),
            (r#"{"userName":"a\\b","x"#, true),
            (r#"{"userName":"a\b","x"#, false),
        ] {
            assert_eq!(needles.is_in_json(text), is_found, "{text}");
        }
    }

    #[test]
    fn a_value_is_found_although_a_word_of_the_protocol_is_before_it() {
        let needles = needles(&["work", "ann"]);
        let path = |rest: &str| format!(r#"emails[type eq "work"{rest}].value"#);
        assert!(!needles.is_quoted_in(&path("")));
        assert!(needles.is_quoted_in(&path(r#" and value eq "ann""#)));
        assert!(needles.is_quoted_in(r#"title eq "work""#));
    }
}
