//! Credentials: who may call, and how a presented secret is verified.
//!
//! `secret` defines the form of every secret. `connections` and `tokens` issue and revoke tokens, stored as `token_item`;
//! `connection_rules` has the rules of a connection, `sole_connection` finds the only one of a tenant, `put_connection`
//! creates or replaces one, `token_uses` says when tokens were used, and all changes go through `connection_writes`. `authenticate` verifies a token and, by
//! `booking`, counts the request on the token and on the `meter` of its tenant (both by `gcra`), in two calls at the same
//! time; `further` counts the operations of a bulk request, `other_requests` those of sessions and service keys, and `read_budget` what a request has read. `access_token` is
//! the form of what an OAuth client fetches with its secret: it leads to the client's item, which is a token's.
//! `shown_once` seals a new secret for the page that shows it.
//! `service_keys` belong to the whole stack (each is a
//! `service_key`), with `key_history`. `idempotency` makes a form take effect once, `repeats` a request with an
//! idempotency key, and `lease` a piece of work; `turn` is a tenant's at long work. `invitations` bounds the mails that a token can cause,
//! and `finding_notices` those about findings; `rejected_mail` is what became of them.

pub(crate) mod access_token;
pub(crate) mod authenticate;
mod booking;
pub(crate) mod connection_rules;
mod connection_writes;
pub(crate) mod connections;
mod finding_notices;
mod further;
pub(crate) mod gcra;
pub(crate) mod handle;
pub(crate) mod idempotency;
pub(crate) mod invitations;
pub(crate) mod key_history;
pub(crate) mod lease;
pub(crate) mod meter;
pub(crate) mod observing;
mod other_requests;
pub(crate) mod predecessors;
mod put_connection;
pub(crate) mod read_budget;
pub(crate) mod rejected_mail;
pub(crate) mod repeats;
pub(crate) mod secret;
pub(crate) mod service_key;
pub(crate) mod service_keys;
mod shown_once;
pub(crate) mod sole_connection;
pub(crate) mod standing;
pub(crate) mod token_item;
pub(crate) mod token_uses;
pub(crate) mod tokens;
pub(crate) mod turn;
