//! What the tests of the service are made of.
//!
//! - [`idp`]: an identity provider that speaks HTTP; every answer it gets is checked by [`manners`].
//! - [`transcript`]: replays a recorded conversation; [`pattern`] compares answers with expectations.
//! - [`faults`]: a DynamoDB connection that fails on purpose.
//! - [`urn`]: the schema URNs.

pub mod faults;
pub mod idp;
pub mod manners;
pub mod pattern;
pub mod transcript;
pub mod urn;
