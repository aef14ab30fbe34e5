//! Webhooks: endpoints to which a tenant's events are sent, each from its own place in the feed.
//!
//! `webhook` is what is stored, and `change` what admins do with it. `turn` is the work of whoever sends: it holds the one
//! lease of a webhook while it does. `stack_webhook` is what is stored of a webhook of the stack, `stack_change` what the
//! operator does with it, `stack_history` who did so, and `stack_progress` how far it is in a tenant. `put` creates or replaces. `retry` decides what follows a failure, `pause` names what ends in a pause, and
//! `waiting` lists the webhooks that wait. `log` keeps what became of deliveries, `secret` derives the signing secrets from
//! a `signing_key`, and `target` decides which addresses may be called.

pub(crate) mod change;
pub(crate) mod handle;
pub(crate) mod log;
pub(crate) mod pause;
mod put;
pub(crate) mod retry;
mod rewrite;
pub(crate) mod secret;
mod signing_key;
pub(crate) mod stack_change;
pub(crate) mod stack_history;
pub(crate) mod stack_progress;
pub(crate) mod stack_webhook;
pub(crate) mod target;
pub(crate) mod turn;
pub(crate) mod waiting;
pub(crate) mod webhook;
