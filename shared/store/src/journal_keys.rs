//! The keys of what a tenant's history is in: the journal and its indexes, the feed, and the request log.

use crate::keys::{Keys, MAX_VALUE_BYTES, bounded};
use crate::partition::{CHECKPOINTS, Key, Partition};

/// The beginning of the sort keys of what is known about the places of entries in the feed.
pub(crate) const PLACED: &str = "PLACED";

impl Keys<'_> {
    /// Returns the partition of journal entries. The sort key is the entry's id.
    pub fn journal(self) -> Partition {
        self.partition("#J")
    }

    /// Returns the partition of the index of journal entries about a subject. The sort key is the entry's id.
    pub fn entries_about(self, subject: &str) -> Partition {
        self.partition(&format!("#JS#{}", bounded(subject, MAX_VALUE_BYTES)))
    }

    /// Returns the partition of the index of journal entries of a request. The sort key is the entry's id.
    pub fn entries_of_request(self, request: &str) -> Partition {
        self.partition(&format!("#JR#{}", bounded(request, MAX_VALUE_BYTES)))
    }

    /// Returns the partition of the index of journal entries that tell of the end of somebody's access. The sort key is the
    /// entry's id.
    pub fn departures(self) -> Partition {
        self.partition("#JD")
    }

    /// Returns the key of what the index of journal entries covers.
    pub fn entries_indexed(self) -> Key {
        self.partition("#Z").at("ENTRIES")
    }

    /// Returns the partition of the events of the feed and its progress.
    pub(crate) fn feed(self) -> Partition {
        self.partition("#F")
    }

    /// Returns the key of the event with a sequence number.
    pub fn event(self, sequence: u64) -> Key {
        self.feed().at(format!("{sequence:016}"))
    }

    /// Returns the key of the last sequence number assigned.
    pub fn event_head(self) -> Key {
        self.feed().at("HEAD")
    }

    /// Returns the key of the id of the journal entry up to which all entries have a sequence number, and of the ids of
    /// the entries that the relay has set aside.
    pub fn all_placed(self) -> Key {
        self.feed().at(PLACED)
    }

    /// Returns the key of an entry that the relay has set aside when that item had no room for its id.
    pub fn set_aside(self, entry: &str) -> Key {
        self.feed().at(format!("{PLACED}#{entry}"))
    }

    /// Returns the key of the checkpoint of the event with a sequence number.
    pub fn checkpoint(self, sequence: u64) -> Key {
        self.partition(CHECKPOINTS).at(format!("{sequence:016}"))
    }

    /// Returns the partition of the request log. The sort key is the entry's id.
    pub fn requests(self) -> Partition {
        self.partition("#Q")
    }

    /// Returns the partition of the index of logged requests that failed or changed nothing and name somebody by a value.
    /// `hash` is that of the value. The sort key is the entry's id.
    pub fn requests_naming(self, hash: &str) -> Partition {
        self.partition(&format!("#QS#{hash}"))
    }

    /// Returns the partition of those that name more than the index has values of.
    pub fn requests_naming_many(self) -> Partition {
        self.partition("#QM")
    }

    /// Returns the key of what the index of logged requests covers.
    pub fn requests_indexed(self) -> Key {
        self.partition("#Z").at("REQUESTS")
    }

    /// Returns the partition of the digest of the request log.
    pub fn digest(self) -> Partition {
        self.partition("#D")
    }

    /// Returns the partition of how the requests of connections were read. The sort key is the connection's id.
    pub fn quirks(self) -> Partition {
        self.partition("#DQ")
    }
}
