//! Tenants: their lifecycle and settings.
//!
//! `lifecycle` creates, lists, changes and deletes tenants. `change_settings` decides which settings are allowed, and
//! `define_roles` which roles. `stack_roles` has those of tenants without roles of their own, to which `inherit_roles`
//! gives them. `schemas` has the extension schemas of a tenant, and `stack_schemas` those of the stack, both as
//! `declarations` rules. `branding` has how pages and mails look, and `branding_history` who changed that for the stack. `rehearsal` makes a throw-away copy of a tenant.
//! `ceilings` has what the operator allows. `hourly_pass` lets each message of the pass over all tenants do its work once. `put_tenant` and `put_settings` replace all of it. All
//! change a tenant through `write_tenant`.

pub(crate) mod branding;
pub(crate) mod branding_history;
mod ceilings;
pub(crate) mod change_settings;
mod declarations;
pub(crate) mod define_roles;
pub(crate) mod handle;
pub(crate) mod hourly_pass;
pub(crate) mod inherit_roles;
pub(crate) mod lifecycle;
pub(crate) mod put_settings;
pub(crate) mod put_tenant;
pub(crate) mod rehearsal;
pub(crate) mod schemas;
pub(crate) mod stack_roles;
pub(crate) mod stack_schemas;
pub(crate) mod write_tenant;
