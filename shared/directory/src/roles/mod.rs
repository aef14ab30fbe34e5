//! Roles: which role a person has, why, and the announcement of changes.
//!
//! `decide` has the rules and `explain` gives the reasons, both pure. `context` reads the data they need. `mappings`
//! maps groups to roles (`named_mappings` by name, also before the group is there), `preview` shows what a mapping
//! would change, `person` gives roles by hand, `outlook` tells what a change of a person leads to, and `withheld` gives them back to people who were restored. `reconcile`
//! decides again for the people that an event affects, and announces changed roles; `walk` does so for everybody, in parts, and `continuation` is what remains of either; `look_over` is the hourly look at everybody. `left_behind` deactivates the
//! people of a deleted connection. `claim_lists` completes the lists of groups in which sign-ins look up claims. `rank`
//! says who may act on whom, `administrators` finds who looks after the connections, and `granting` keeps grants and changes of the roles apart.

mod administrators;
pub(crate) mod claim_lists;
pub(crate) mod context;
pub(crate) mod continuation;
pub mod decide;
pub(crate) mod explain;
pub(crate) mod granting;
pub(crate) mod handle;
mod left_behind;
pub(crate) mod look_over;
pub(crate) mod made_real;
pub(crate) mod mappings;
pub(crate) mod named_mappings;
pub(crate) mod observed_changes;
pub(crate) mod outlook;
pub(crate) mod person;
pub(crate) mod preview;
pub(crate) mod rank;
pub(crate) mod reconcile;
mod walk;
pub(crate) mod withheld;
