//! journal

pub(crate) mod entry;
pub(crate) mod feed;
pub(crate) mod read_back;
