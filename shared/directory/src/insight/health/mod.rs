//! insight/health

pub(crate) mod finding;
pub(crate) mod rules;
pub(crate) mod snapshot;
pub(crate) mod wording;
