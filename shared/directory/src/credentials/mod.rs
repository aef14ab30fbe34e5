//! Credentials: who may call, and how a presented secret is verified.
//!
//! `secret` defines the form of every secret. `connections` and `tokens` issue and revoke tokens, stored as
//! `token_item`. `authenticate` verifies a token, books the request on its meter (`gcra`) and stamps the token, in one
//! call. `service_keys` belong to the whole stack. `idempotency` makes a form take effect once, and `lease` a piece of
//! work.

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
