//! The erasure of a deleted tenant, and of a person: resumable work in bounded steps.
//!
//! `record` is what is kept of an erasure: who ordered it, when, and how far it is. `tenant` and `person` do the work;
//! `work` calls them until a deadline. `identifiers` collects what a person was called, `mentions` decides what an
//! entry of a log says about them, and `remains` removes what has a key of its own. `needles` searches a text for all
//! identifiers at once, `protocol` tells words of the protocol from data, and `cut` reads bodies that were cut. `unfinished`
//! lists the erasures of the whole stack.

pub(crate) mod cut;
pub(crate) mod handle;
pub(crate) mod identifiers;
pub(crate) mod mentions;
pub(crate) mod needles;
pub(crate) mod order;
pub(crate) mod person;
pub(crate) mod protocol;
pub(crate) mod record;
pub(crate) mod remains;
pub(crate) mod tenant;
pub(crate) mod unfinished;
pub(crate) mod work;
