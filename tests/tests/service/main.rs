//! The whole service, driven through HTTP as identity providers do.
//!
//! `transcripts` replays their conversations; the other modules take one promise each.

mod concurrency;
mod costs;
mod crashes;
mod discovery;
mod errors;
mod filters;
mod journal;
mod laws;
mod pages;
mod patches;
mod projections;
mod rates;
mod sorting;
mod tokens;
mod transcripts;
mod weather;
