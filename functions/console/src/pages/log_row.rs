//! The rows of a list of requests or of changes: its entries and bursts, and what has come to a live list.

use jiff::Timestamp;

use crate::messages::Text;

/// What a line tells of an entry.
pub(super) struct Told {
    pub(super) said: Text,
    pub(super) icon: &'static str,
    pub(super) tone: &'static str,
    pub(super) by: String,
    /// The HTTP status of the answer to a request.
    pub(super) status: Option<u16>,
}

/// A row of the list.
pub(super) enum Row {
    /// An entry, or a burst.
    Line(Line),
    /// The entries of an unfolded burst that have no row here, and the address of the list with all of them.
    Rest(u64, String),
}

/// An entry, or a burst.
pub(super) struct Line {
    pub(super) id: String,
    /// The time of the newest entry.
    pub(super) at: Timestamp,
    pub(super) told: Told,
    /// The address of the entry's record, or of the page with the burst unfolded or folded.
    pub(super) address: String,
    pub(super) is_current: bool,
    /// Whether it is one of an unfolded burst.
    pub(super) is_inside: bool,
    pub(super) burst: Option<Burst>,
}

impl Line {
    pub(super) fn said(&self) -> &Text {
        &self.told.said
    }
}

/// What a line says of a burst.
pub(super) struct Burst {
    pub(super) count: u64,
    /// The time of its oldest entry.
    pub(super) since: Timestamp,
    pub(super) is_open: bool,
    /// Whether the next page may have more of it.
    pub(super) may_go_on: bool,
}

/// What has come to a live list.
pub(super) struct News {
    /// The lines of the entries that it has not shown, newest first.
    pub(super) rows: Vec<Row>,
    /// Whether more have come than these.
    pub(super) has_more: bool,
    /// The time up to which it was read.
    pub(super) until: Timestamp,
    /// The marks of its latest entries, old and new.
    pub(super) shown: String,
}
