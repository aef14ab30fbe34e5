//! The journal: one entry for every change, written in the transaction of the change.
//!
//! The entries are the audit log, the event feed and the outbox at once. `entry` creates and queries entries,
//! `read_back` reads a log newest first, and `feed` assigns each entry its sequence number and turns it into events,
//! which `chain` links by hashes; `expiry` is about when they expire. `following` reads them in order, `feed_page` by cursor,
//! from what `feed_slice` finds in the table, `verification` checks them against their hashes, and `erased_events` erases what
//! they say. `checkpoints` tells the bus the last hash, and `reminders` finds entries that the relay missed.
//! `index` keeps entries by subject and by request, and those about the end of somebody's access, once they have their
//! places; `audit` and `departures` read by them, and `waiting` says which of them it lacks.

pub(crate) mod audit;
pub(crate) mod chain;
pub(crate) mod checkpoints;
pub(crate) mod departures;
pub(crate) mod entry;
pub(crate) mod erased_events;
pub(crate) mod expiry;
pub(crate) mod feed;
pub(crate) mod feed_page;
pub(crate) mod feed_slice;
pub(crate) mod following;
pub(crate) mod handle;
pub(crate) mod index;
pub(crate) mod read_back;
pub(crate) mod reminders;
pub(crate) mod verification;
pub(crate) mod waiting;
