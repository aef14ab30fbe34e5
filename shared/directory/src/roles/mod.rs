//! Roles: which role a person has, why, and the announcement of changes.
//!
//! `decide` has the rules and `explain` gives the reasons, both pure. `context` reads the data they need. `mappings`
//! maps groups to roles, `preview` shows what a mapping would change, and `person` gives roles by hand. `reconcile`
//! decides again for the people that an event affects, and announces changed roles. `claim_lists` completes the lists
//! of groups in which sign-ins look up claims. `rank` says who may act on whom.

pub(crate) mod claim_lists;
pub(crate) mod context;
pub mod decide;
pub(crate) mod explain;
pub(crate) mod handle;
pub(crate) mod mappings;
pub(crate) mod person;
pub(crate) mod preview;
pub(crate) mod rank;
pub(crate) mod reconcile;
