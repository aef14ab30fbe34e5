//! A planned change of one resource, and what became of it.

use rollcall_model::Kind;

use crate::resources::effects::Effects;
use crate::resources::ownership::Ownership;
use crate::resources::record::Record;
use crate::resources::steps::Step;

/// A planned change of one resource.
pub(super) struct Draft<'a> {
    pub(super) kind: &'static Kind,
    pub(super) before: Option<&'a Record>,
    /// The record after the change, if more than the members changes.
    pub(super) after: Option<Record>,
    pub(super) steps: Vec<Step>,
    /// Whether the plan is valid only for the version that was read.
    pub(super) pinned: bool,
    /// What becomes of the owner.
    pub(super) ownership: Ownership,
}

/// The result of writing a draft.
pub(super) struct Saved {
    /// The record after the write, if it is known without a read.
    pub(super) record: Option<Record>,
    pub(super) effects: Effects,
    /// The version that the write gave the record, as in `ETag`.
    pub(super) version: Option<String>,
}

impl Saved {
    pub(super) fn of(record: Record, effects: Effects) -> Self {
        Self {
            version: Some(record.etag()),
            record: Some(record),
            effects,
        }
    }
}
