//! The effects of a write, for the request log.

use std::collections::BTreeSet;

use rollcall_model::EventType;

/// The maximum number of skipped ids that are kept. More of them do not help to diagnose a request.
const MAX_SKIPPED: usize = 50;
/// The maximum number of characters that are kept of an id. Rollcall's ids have 36, but clients can send ids of any
/// length.
const MAX_ID_CHARS: usize = 200;

/// The effects of a write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The ids in a group write that belong to no user and were skipped; the first 50 of them.
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

    /// Returns the effects of one change.
    pub(super) fn of(action: EventType) -> Self {
        let mut effects = Self::default();
        effects.changed(action);
        effects
    }

    pub(super) fn changed(&mut self, action: EventType) {
        self.changes.insert(action.as_str().to_owned());
    }
}

/// The result of a write, and its effects.
#[derive(Clone, Debug, PartialEq)]
pub struct Written<T> {
    /// The result: the resource after the write, if it was asked for.
    pub answer: T,
    /// The effects.
    pub effects: Effects,
    /// The version after the write, as in `ETag`; `None` after a deletion. If somebody else wrote at the same time, the
    /// resource may have a later one already, so a condition on this version fails.
    pub version: Option<String>,
}
