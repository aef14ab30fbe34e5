//! Findings: what checks of a tenant found wrong, since when and until when, and what an admin has put off.
//!
//! `rollcall-insight` judges what is wrong. This room remembers it in one item of the tenant (`record`), which has the open
//! findings, the last closed ones, and what is put off. `watch` compares a check with it and announces what has opened or
//! closed. `put_off` is what an admin does. `last_pass` is what the hourly pass remembers, so that it need not judge anew what
//! has not changed.

pub(crate) mod handle;
pub(crate) mod last_pass;
mod put_off;
pub(crate) mod record;
pub(crate) mod watch;
