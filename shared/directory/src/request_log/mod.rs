//! request_log

pub(crate) mod diagnosis;
pub mod effects;
pub(crate) mod log;
pub(crate) mod mention;
pub(crate) mod redaction;
pub(crate) mod trace;
