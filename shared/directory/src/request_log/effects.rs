//! What the log of a request should tell beside its answer: collected while the work is done.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::Future;

/// Ids noted at most; a client that sends thousands of strangers is told enough by these.
const MAX_NOTED: usize = 50;
/// Characters noted of an id: ours have 36, what clients send for one may be anything.
const MAX_ID_CHARS: usize = 200;

/// What was noted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// The ids in a group write that name nobody, and so were left out; the first of them, if they are many.
    pub skipped_members: BTreeSet<String>,
    /// The actions that went into the journal: `user.created`, `user.deactivated`, `group.members_changed`, …
    pub changes: BTreeSet<String>,
}

tokio::task_local! {
    static NOTES: RefCell<Notes>;
}

/// Runs `work` and says what was noted meanwhile, in the same task.
pub async fn collect<F: Future>(work: F) -> (F::Output, Notes) {
    NOTES
        .scope(RefCell::default(), async {
            let output = work.await;
            (output, NOTES.with(|notes| notes.take()))
        })
        .await
}

pub(crate) fn skipped_members(ids: &BTreeSet<String>) {
    let note = |notes: &RefCell<Notes>| {
        let noted = &mut notes.borrow_mut().skipped_members;
        let room = MAX_NOTED.saturating_sub(noted.len());
        let short = |id: &String| id.chars().take(MAX_ID_CHARS).collect();
        noted.extend(ids.iter().take(room).map(short));
    };
    // Outside `collect` nobody asks.
    let _ = NOTES.try_with(note);
}

/// Notes what has been committed: a change that was only tried is none.
pub(crate) fn changed(action: impl Into<String>) {
    let note = |notes: &RefCell<Notes>| notes.borrow_mut().changes.insert(action.into());
    let _ = NOTES.try_with(note);
}
