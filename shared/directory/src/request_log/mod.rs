//! The request log: what an identity provider sent, and how it was answered.
//!
//! `log` writes and searches it, `trace` finds one request again. `redaction` decides what may be kept of a request,
//! `mention` finds people in it, `diagnosis` says what is wrong with it: from its status and its reason code, never from
//! English text.

pub(crate) mod diagnosis;
pub(crate) mod handle;
pub(crate) mod log;
pub(crate) mod mention;
pub(crate) mod redaction;
pub(crate) mod target;
pub(crate) mod trace;
