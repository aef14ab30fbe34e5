//! The archive: what was revoked, deleted and erased, by ids alone, in a table of its own. A restored table is from before
//! some of it, so `crate::reapply` does it again before anybody uses the table.
//!
//! `record` says which events are archived, `fate` and `plan` what their sum is, and `log` reads and writes them.

pub(crate) mod fate;
pub(crate) mod log;
pub(crate) mod plan;
pub(crate) mod record;
