//! The indexes that only the console and searches need: journal entries by subject and by request, people by the words
//! of their names and addresses.
//!
//! No writer pays for them. `follow` brings them up to date with events of the feed, after the relay gave these their
//! places, and `fill` adds what is missing, in the hourly pass. `people` writes the words of a person, and `words`
//! decides which words these are. `journal::index` has the items of journal entries.

pub(crate) mod fill;
mod follow;
pub(crate) mod handle;
mod people;
pub(crate) mod words;
