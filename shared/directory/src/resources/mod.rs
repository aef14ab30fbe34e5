//! resources

pub(crate) mod assemble;
pub(crate) mod counters;
pub(crate) mod crud;
pub(crate) mod format;
pub(crate) mod full_scan;
pub(crate) mod intents;
pub(crate) mod list;
pub(crate) mod members;
pub(crate) mod page_cursor;
pub(crate) mod query_plan;
pub(crate) mod record;
pub(crate) mod writes;
