//! Health: what is wrong with a tenant, and what to do about it.
//!
//! `snapshot` reads a bounded part of the tenant, `rules` decide what is wrong with it, `finding` is their result, and
//! `wording`, `several` and `refused` put it into plain words. `identity` says which findings are the same from one check to
//! the next, `grouping` puts those of one cause together, `retold` reads a
//! finding back from its title, and `check` does the whole.

pub(crate) mod check;
pub(crate) mod finding;
pub(crate) mod grouping;
mod identity;
pub(crate) mod refused;
mod retold;
pub(crate) mod rules;
mod several;
pub(crate) mod snapshot;
pub(crate) mod wording;
