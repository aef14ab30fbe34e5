//! store

pub(crate) mod bounded_page;
pub mod capacity;
pub mod create_table;
pub(crate) mod item;
pub(crate) mod keys;
pub(crate) mod sdk;
pub(crate) mod table;
pub(crate) mod transaction;
