//! credentials

pub(crate) mod authenticate;
pub(crate) mod connections;
pub(crate) mod idempotency;
pub(crate) mod lease;
pub(crate) mod secret;
pub(crate) mod service_keys;
pub(crate) mod tokens;
