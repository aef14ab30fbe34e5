//! Credentials: who may call, and how a presented secret is verified.
//!
//! `secret` knows what every secret looks like. `connections` and `tokens` issue and revoke; `authenticate` verifies a token,
//! meters the request by `gcra` and stamps it in one call. `service_keys` belong to the whole stack. `idempotency` makes a
//! form take effect once, `lease` a piece of work.

pub(crate) mod authenticate;
pub(crate) mod connections;
pub(crate) mod gcra;
pub(crate) mod handle;
pub(crate) mod idempotency;
pub(crate) mod lease;
pub(crate) mod secret;
pub(crate) mod service_keys;
pub(crate) mod token_item;
pub(crate) mod tokens;
