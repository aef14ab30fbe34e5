//! The request log: the requests of identity providers, and the responses.
//!
//! `write` writes entries (`stored` compresses long ones), `log` searches them, and `trace` finds one request and its changes. `redaction` decides which
//! parts of a request are kept (a body is a `shown_value`), `target` which resource the path names, and `mention` which
//! people a request names. `diagnosis` decides what is wrong with a request from its reason code. `by_person` finds the
//! requests about a person, by the values that `named` reads from them and through the journal. For entries of earlier
//! versions, which have none, `before_codes` derives it from the status, the `scimType` and English text.

pub(crate) mod before_codes;
mod by_person;
pub(crate) mod diagnosis;
pub(crate) mod handle;
pub(crate) mod log;
pub(crate) mod mention;
pub(crate) mod named;
pub(crate) mod redaction;
mod shown_value;
pub(crate) mod stored;
pub(crate) mod target;
pub(crate) mod trace;
pub(crate) mod write;
