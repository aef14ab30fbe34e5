//! Roles: which one a person has, why, and who is told when it changes.
//!
//! `decide` holds the rules and `explain` says why, both pure. `context` reads what they need. `mappings` maps groups to
//! roles, `preview` shows what a mapping would change, `person` gives roles by hand. `reconcile` looks again at the people
//! that an event concerns, and announces changed roles.

pub(crate) mod context;
pub(crate) mod decide;
pub(crate) mod explain;
pub(crate) mod handle;
pub(crate) mod mappings;
pub(crate) mod person;
pub(crate) mod preview;
pub(crate) mod reconcile;
