//! Tenants: their lifecycle and settings.
//!
//! `lifecycle` creates, lists, changes and deletes tenants. `change_settings` decides which settings are allowed, and
//! `define_roles` which roles. `ceilings` has what the operator allows. All change a tenant through `write_tenant`.

mod ceilings;
pub(crate) mod change_settings;
pub(crate) mod define_roles;
pub(crate) mod handle;
pub(crate) mod lifecycle;
pub(crate) mod write_tenant;
