//! The names that lines of a log need. Pure.

use std::collections::BTreeMap;

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
