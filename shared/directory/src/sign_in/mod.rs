//! sign_in

pub(crate) mod recent;
pub(crate) mod sessions;
pub(crate) mod sign_in;
