//! Tests of the whole service over HTTP.
//!
//! `transcripts` replays the conversations of identity providers. The `api_` modules act as the application and as
//! admins at `/api/v1`. The `console_` modules act as an admin at the console, many of them in a real browser. Each of
//! the other modules tests one promise of the service.

// A test that panics says what went wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actors;
mod api_axonflow;
mod api_controlinfra;
mod api_doors;
mod api_frontegg;
mod api_openapi;
mod api_permissions;
mod api_requests;
mod api_secoda;
mod api_surface;
mod api_tridentstack;
mod architecture;
mod bodies;
mod budgets;
mod budgets_access;
mod budgets_documents;
mod budgets_follow_ups;
mod budgets_groups;
mod budgets_look_ups;
mod budgets_people;
mod bus_deliveries;
mod bus_mail;
mod bus_relay;
mod catalogue;
mod chain;
mod claims;
mod compatibility;
mod concurrency;
mod console_access;
mod console_audit;
mod console_costs;
mod console_empty_pages;
mod console_exports;
mod console_first_hour;
mod console_forms;
mod console_health;
mod console_hostile;
mod console_keyboard;
mod console_large_tenant;
mod console_live;
mod console_opening;
mod console_pages;
mod console_people;
mod console_policy;
mod console_roles;

mod crashes;
mod deletions;
mod digest;
mod discovery;
mod dynamodb_faults;
mod erasure;
mod exports;
mod feed;
mod filter_bounds;
mod filter_properties;
mod filters;
mod find_people;
mod grants;
mod health;
mod identity;
mod identity_actions;
mod identity_connections;
mod identity_pushes;
mod identity_remedies;
mod identity_returns;
mod indexes;
mod introspection;
mod journal;
mod large_changes;
mod meters;
mod names;
mod newer_versions;
mod pages;
mod patches;
mod preview;
mod projections;
mod rates;
mod reasons;
mod reconcile;
mod refusals;
mod requests;
mod restored;
mod service_keys;
mod session_lists;
mod sessions;
mod signing_in;
mod sorting;
mod spellings;
mod tokens;
mod transcripts;
