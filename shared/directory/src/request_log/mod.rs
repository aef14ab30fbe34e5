//! The request log: the requests of identity providers, and the responses.
//!
//! `log` writes and searches entries, and `trace` finds one request and its changes. `redaction` decides which parts of
//! a request are kept (a body is a `shown_value`), `target` which resource the path names, and `mention` which people a request names. `diagnosis`
//! decides what is wrong with a request from its reason code. For entries of earlier versions, which have none,
//! `before_codes` derives it from the status, the `scimType` and English text.

pub(crate) mod before_codes;
pub(crate) mod diagnosis;
pub(crate) mod handle;
pub(crate) mod log;
pub(crate) mod mention;
pub(crate) mod redaction;
mod shown_value;
pub(crate) mod target;
pub(crate) mod trace;
