//! Traffic: a digest of the request log.
//!
//! `tally` adds up requests and `failures` decides which failures are current, both pure. `kept` stores the sums, and
//! brings them up to date whenever the `digest` is read. `quirks` counts how the requests of a connection were read.

pub(crate) mod digest;
pub(crate) mod failures;
pub(crate) mod kept;
pub(crate) mod quirks;
pub(crate) mod tally;
#[cfg(test)]
mod tests;
