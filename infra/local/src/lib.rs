//! The local run: the service of `infra/template.yaml` on one machine, without AWS.
//!
//! - [`template`] reads the template: routes, authorizers, gateway responses. There is no other routing table.
//! - [`gateway`] is a small API Gateway over it: matches, asks the authorizer, calls the functions with the events they
//!   get in Lambda, and words its own answers as the template does.
//! - [`dynamodb`] is the embedded database.
//! - [`events`] is what happens after a change: stream, bus, queues, schedules and mail.
//! - `wiring` knows the functions by the names of their folders, `seed` makes the first tenants, `data_dir` guards the
//!   directory on disk, `local_file` is `local.json`.
//! - [`Local`] is all of it together; the binary `rollcall` starts one and prints where it is.

mod data_dir;
pub mod dynamodb;
pub mod events;
pub mod gateway;
mod local_file;
mod seed;
mod service;
pub mod template;
mod wiring;

pub use data_dir::DataDirError;
pub use seed::SeededTenant;
pub use service::{Local, Options, StartError, Storage, WrapHttpClient};
