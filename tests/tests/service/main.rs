//! The whole service, driven through HTTP as identity providers do.
//!
//! `transcripts` replays their conversations; the `api_` modules are the application and the admins at `/api/v1`, the
//! `console_` modules an admin at the console, in a real browser; the other modules take one promise each.

mod api_axonflow;
mod api_controlinfra;
mod api_frontegg;
mod api_openapi;
mod api_permissions;
mod api_requests;
mod api_secoda;
mod api_surface;
mod api_tridentstack;
mod bodies;
mod bus_deliveries;
mod bus_mail;
mod bus_relay;
mod concurrency;
mod console_audit;
mod console_bare;
mod console_costs;
mod console_crowd;
mod console_doors;
mod console_exports;
mod console_forms;
mod console_hostile;
mod console_keyboard;
mod console_live;
mod console_pages;
mod console_policy;
mod console_story;
mod costs;
mod crashes;
mod digest;
mod discovery;
mod feed;
mod filter_bounds;
mod filters;
mod find_people;
mod grants;
mod health;
mod journal;
mod laws;
mod pages;
mod patches;
mod preview;
mod previous;
mod projections;
mod rates;
mod reconcile;
mod refusals;
mod requests;
mod sessions;
mod sorting;
mod tokens;
mod transcripts;
mod weather;
