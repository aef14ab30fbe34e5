//! Tenants: created, listed, renamed, set up, deleted.
//!
//! `lifecycle` creates and deletes, `change_settings` says what a tenant may set. Both write through `write_tenant`.

pub(crate) mod change_settings;
pub(crate) mod handle;
pub(crate) mod lifecycle;
pub(crate) mod write_tenant;
