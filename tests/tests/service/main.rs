//! The whole service, driven through HTTP as identity providers do.
//!
//! `transcripts` replays their conversations; the other modules take one promise each.

mod bodies;
mod concurrency;
mod costs;
mod crashes;
mod discovery;
mod filter_bounds;
mod filters;
mod journal;
mod laws;
mod pages;
mod patches;
mod projections;
mod rates;
mod refusals;
mod requests;
mod sorting;
mod tokens;
mod transcripts;
mod weather;
