//! tenants

pub(crate) mod change_settings;
pub(crate) mod lifecycle;
