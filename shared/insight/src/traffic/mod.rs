//! Traffic: what the request log comes to.
//!
//! `tally` sums up requests and `failures` decides which failures are current, both pure. `kept` stores the sums and brings
//! them up to date whenever somebody looks at the `digest`.

pub(crate) mod digest;
pub(crate) mod failures;
mod kept;
pub(crate) mod tally;
#[cfg(test)]
mod tests;
