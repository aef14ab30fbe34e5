//! Users and groups: stored, changed, listed. Both go the same way; they differ by the data of their kind.
//!
//! `record` is a stored resource, in a `format` that has a number. `writes` plans the transaction of a change, `owners` keeps
//! the last active owner. `members` plans a change of memberships, `intents` applies one that is too large for a
//! transaction. `crud` creates, reads, replaces, patches and deletes, and returns the `effects` beside the answer.
//! `assemble` turns records into SCIM resources. `list` answers a query as `query_plan` decides: from `candidates`, from
//! `page_cursor` to page cursor, or by a `full_scan`; `counters` counts, `slice` cuts the page.

pub(crate) mod assemble;
pub(crate) mod candidates;
pub(crate) mod counters;
pub(crate) mod crud;
pub(crate) mod effects;
pub(crate) mod format;
pub(crate) mod full_scan;
pub(crate) mod handle;
pub(crate) mod intents;
pub(crate) mod list;
pub(crate) mod members;
pub(crate) mod names;
pub(crate) mod owners;
pub(crate) mod page_cursor;
pub(crate) mod query_plan;
pub(crate) mod record;
pub(crate) mod slice;
pub(crate) mod writes;
