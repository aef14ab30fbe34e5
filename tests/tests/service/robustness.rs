//! Faults, random histories and crashes: nothing is lost, and nothing is faked.
//!
//! `faults` injects faults at every call to DynamoDB of requests of all kinds. `call_sites` shows that this covers every
//! place in the sources from which DynamoDB is called. `background` does the same to the functions that follow events.
//! `histories` checks random concurrent requests. `tests/faults`, `tests/histories` and `tests/crashes` run them in full.

mod asking;
mod background;
mod background_stage;
mod call_sites;
mod faults;
mod histories;
mod history;
mod history_check;
mod scenarios;
mod state;
