//! Sentences: what a line of a log says, with the names in it apart from the words. Pure.
//!
//! A name can be any text in any script, so a page shows each of them on its own.

use std::collections::BTreeMap;
use std::fmt;

use crate::display;

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) text: String,
    pub(crate) is_name: bool,
}

/// What happened, in words with names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sentence {
    pub(crate) parts: Vec<Part>,
}

impl Sentence {
    /// Returns a sentence that begins with these words.
    pub(crate) fn of(words: impl Into<String>) -> Self {
        Self::default().text(words)
    }

    /// Returns a sentence that begins with a name.
    pub(crate) fn about(name: &str) -> Self {
        Self::default().name(name)
    }

    /// Adds words.
    #[must_use]
    pub(crate) fn text(self, words: impl Into<String>) -> Self {
        self.with(words.into(), false)
    }

    /// Adds a name, shortened as in lists.
    #[must_use]
    pub(crate) fn name(self, name: &str) -> Self {
        self.with(display::name(name), true)
    }

    fn with(mut self, text: String, is_name: bool) -> Self {
        if !text.is_empty() {
            self.parts.push(Part { text, is_name });
        }
        self
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts
            .iter()
            .try_for_each(|part| f.write_str(&part.text))
    }
}

/// The names of people and groups, by their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    known: BTreeMap<String, String>,
    are_hidden: bool,
}

impl Names {
    /// Returns the names that the directory has for some ids. An id without a name belongs to nothing any more.
    pub(crate) fn known(known: BTreeMap<String, String>) -> Self {
        Self {
            known,
            are_hidden: false,
        }
    }

    /// Returns no names, for a reader who may not read the directory.
    pub(crate) fn hidden() -> Self {
        Self {
            known: BTreeMap::new(),
            are_hidden: true,
        }
    }

    /// Whether an id without a name may well belong to somebody.
    pub(crate) fn are_hidden(&self) -> bool {
        self.are_hidden
    }

    /// Returns the name of a person or a group; `None` if there is none any more.
    pub(crate) fn of(&self, id: &str) -> Option<&str> {
        self.known.get(id).map(String::as_str)
    }
}
