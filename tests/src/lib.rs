//! What the tests of the service are made of.
//!
//! - [`service`]: the running service and its tenants; every test begins with [`service::run`].
//! - `deployed`: a service that was started elsewhere, for tests that share one.
//! - [`idp`]: an identity provider that speaks HTTP; every answer it gets is checked by [`manners`].
//! - [`api`]: the application, or an admin, at `/api/v1`; every answer's manners are checked likewise.
//! - [`browser`]: an admin at the console, in a real browser; [`visitor`]: somebody there who sends what they like.
//! - [`audit`]: looks at a whole tenant from outside and says whether it all fits together.
//! - [`transcript`]: replays a recorded conversation; [`pattern`] compares answers with expectations.
//! - [`faults`]: a DynamoDB connection that fails on purpose.
//! - [`seed`]: people and groups made through the directory, past HTTP.
//! - [`stage`]: a service of a test's own, watched for what follows a change: feed, bus, roles and mail.
//! - [`previous`]: tenants as earlier versions have left them.
//! - [`table`]: an embedded DynamoDB that can be filled by the ten thousand.
//! - [`urn`]: the schema URNs.

pub mod api;
pub mod audit;
pub mod browser;
mod deployed;
pub mod faults;
pub mod idp;
pub mod manners;
pub mod pattern;
pub mod previous;
pub mod seed;
pub mod service;
pub mod stage;
pub mod table;
pub mod transcript;
pub mod urn;
pub mod visitor;
