//! Sends nearly valid and broken inputs to every parser that faces the network: none panics, hangs, takes more than
//! linear time, or answers 5xx.
//!
//! - `targets` has the parsers, and `served` the same and those behind them by HTTP. A function per target.
//! - `grammar` makes inputs of the right structure, and `draw` the random choices and mutations.
//! - `run` executes a target: first the stored inputs in `corpus/<target>`, then new ones for a time.
//! - `growth` measures inputs of growing size.
//!
//! `tests/fuzz-run SECONDS` runs each target for that long and prints how many executions that were. A failure prints its
//! seed; `ROLLCALL_FUZZ_SEED=<seed>` begins with it. What was found becomes a unit test of the parser.

// A test that panics says what went wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod draw;
mod grammar;
mod growth;
mod run;
mod served;
mod targets;
