//! What a write did beside its answer, for the request log.

use std::collections::BTreeSet;

/// Skipped ids that are kept at most. A client that sends thousands of unknown ids needs no more to be understood.
const MAX_SKIPPED: usize = 50;
/// Characters kept of an id. Ours have 36; what clients send may have any length.
const MAX_ID_CHARS: usize = 200;

/// What a write did beside its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The ids in a group write that belong to no user and were skipped; at most the first 50.
    pub skipped_members: BTreeSet<String>,
    /// The actions in the journal: `user.created`, `group.members_changed`, …
    pub changes: BTreeSet<String>,
}

impl Effects {
    pub(super) fn skip(&mut self, ids: &BTreeSet<String>) {
        let room = MAX_SKIPPED.saturating_sub(self.skipped_members.len());
        let short = |id: &String| id.chars().take(MAX_ID_CHARS).collect();
        self.skipped_members
            .extend(ids.iter().take(room).map(short));
    }

    pub(super) fn changed(&mut self, action: impl Into<String>) {
        self.changes.insert(action.into());
    }
}

/// The answer to a write, and what it did beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Written<T> {
    /// The answer.
    pub answer: T,
    /// What it did beside the answer.
    pub effects: Effects,
}
