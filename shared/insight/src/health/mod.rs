//! Health: what is wrong with a tenant, and what to do about it.
//!
//! `snapshot` reads a bounded part of the tenant, `rules` decide what is wrong with it, `finding` is their result, and
//! `wording` and `refused` put it into plain words. `check` puts these together.

pub(crate) mod check;
pub(crate) mod finding;
pub(crate) mod refused;
pub(crate) mod rules;
pub(crate) mod snapshot;
mod wording;
