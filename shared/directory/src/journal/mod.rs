//! The journal: one entry for every change, written in the transaction of the change.
//!
//! The entry is the audit log, the event feed and the outbox at once: `entry` makes and reads entries, `read_back` reads a
//! log newest first, `feed` gives entries their place in the order of commits and turns them into events.

pub(crate) mod entry;
pub(crate) mod feed;
pub(crate) mod handle;
pub(crate) mod read_back;
