//! The export of a tenant, and of a person: everything that is kept about them, as JSON objects, page by page.
//!
//! `sections` lists what is exported, in order; `lines` turns an item into an object; `pages` reads a page after a cursor;
//! `known` collects what a person was called, by which their pages are read.
//! What only serves to find other items (unique names, look-ups, indexes, counters, digests) says nothing more, so it is
//! not exported. Neither are secrets, not even their hashes.

pub(crate) mod handle;
pub(crate) mod known;
pub(crate) mod lines;
pub(crate) mod pages;
pub(crate) mod sections;
