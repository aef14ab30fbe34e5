//! insight

pub(crate) mod find;
pub(crate) mod health;
pub(crate) mod lists;
pub(crate) mod profile;
pub(crate) mod traffic;
