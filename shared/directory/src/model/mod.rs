//! model

pub(crate) mod kind;
pub(crate) mod role;
