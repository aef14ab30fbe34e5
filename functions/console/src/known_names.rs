//! The names that lines of a log need. Pure.

use std::collections::BTreeMap;

/// The names of people and groups, by their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    known: BTreeMap<String, String>,
    /// Those of people and groups that were deleted.
    former: BTreeMap<String, String>,
    are_hidden: bool,
}

impl Names {
    /// Returns the names that the directory has for some ids. An id without a name belongs to nothing any more.
    pub(crate) fn known(known: BTreeMap<String, String>) -> Self {
        Self {
            known,
            ..Self::default()
        }
    }

    /// Adds the names that people and groups had when they were deleted.
    pub(crate) fn and_former(mut self, former: BTreeMap<String, String>) -> Self {
        self.former = former;
        self
    }

    /// Returns no names, for a reader who may not read the directory.
    pub(crate) fn hidden() -> Self {
        Self {
            are_hidden: true,
            ..Self::default()
        }
    }

    /// Returns some names. An id without one may belong to somebody all the same.
    pub(crate) fn some(known: BTreeMap<String, String>) -> Self {
        Self {
            known,
            are_hidden: true,
            ..Self::default()
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

    /// Returns the name that a person or a group had when they were deleted.
    pub(crate) fn former(&self, id: &str) -> Option<&str> {
        self.former.get(id).map(String::as_str)
    }
}
