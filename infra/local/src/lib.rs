//! The local run: the service of the templates in `infra` on one machine, without AWS.
//!
//! - [`template`] reads the templates: routes, authorizers, gateway responses, event wiring. There is no other routing
//!   table.
//! - [`gateway`] is a small API Gateway. It matches routes, calls the authorizer, calls the functions with the same
//!   events as in Lambda, and takes its own responses from the template.
//! - [`dynamodb`] is the embedded database.
//! - [`yaml`] reads the templates' YAML as JSON.
//! - [`events`] delivers what follows a change: stream, bus, queues, schedules and mail.
//! - `wiring` maps the folders of the functions to their crates. `seed` creates the first tenants. `data_dir` locks the
//!   data directory. `local_file` reads and writes `local.json`.
//! - `seed_file` reads the file of `--seed`, and `seeding` applies it by requests to the gateway. `given_secrets` lets the
//!   credentials in it stand for issued ones; no function knows of that. `demo` is the built-in seed with a month of history,
//!   written by requests too. `caller` sends the requests of both.
//! - [`Local`] is the whole running service. The binary `rollcall` starts it and prints its addresses.
//!
//! ```no_run
//! use rollcall_local::{Local, Options};
//!
//! # async fn example() -> Result<(), rollcall_local::StartError> {
//! let local = Local::start(Options::default()).await?;
//! println!("{}", local.scim_base_url());
//! local.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod caller;
mod data_dir;
mod demo;
pub mod dynamodb;
pub mod events;
mod front_page;
pub mod gateway;
mod given_secrets;
mod hosts;
mod local_file;
mod private_file;
mod seed;
mod seed_file;
mod seed_lines;
mod seeding;
mod serve;
mod service;
mod stack_keys;
mod start_error;
pub mod template;
mod wiring;
pub mod yaml;

pub use data_dir::DataDirError;
pub use seed::SeededTenant;
pub use seed_file::{Seed, SeedError, SeedPlace};
pub use service::{Local, Options, SeedWith, Storage, WrapHttpClient};
pub use start_error::StartError;
