//! roles

pub(crate) mod decide;
pub(crate) mod explain;
pub(crate) mod mappings;
pub(crate) mod person;
pub(crate) mod preview;
pub(crate) mod reconcile;
