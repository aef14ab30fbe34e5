//! What every HTTP function shares: from a Lambda event to a SCIM answer.
//!
//! A request passes, in this order,
//! - `function`, the outermost layer: path normalisation (`path`), content negotiation (`negotiation`), panics, and the
//!   log (`access_log`);
//! - a router: `resources` (`/Users`, `/Groups`), `discovery`, `root` (the base URL and what does not exist);
//! - the extractors of its handler: who is calling (`caller`, from `authorizer` or `bearer`), where (`base_url`), and
//!   what is asked (`segment`, `query`, `body`);
//! - the handler, which calls one method of the directory;
//! - `answer` or `error`, which make the response.
//!
//! No rule of the protocol is written here: those are in `rollcall_scim`. What is asked and answered is written to the
//! tenant's own request log (`request_log`). [`api`] is `/api/v1`, and `pages` what is made for browsers: both share the
//! outermost layer and nothing of SCIM. `messages` is for the functions that no request reaches, but a queue.

mod access_log;
mod function;
mod negotiation;
mod path;
mod request_log;

pub mod api;

mod discovery;
mod pages;
mod resources;
mod root;

mod authorizer;
mod base_url;
mod bearer;
mod body;
mod caller;
mod query;
mod segment;

mod answer;
mod error;

mod messages;

pub use access_log::{chain, init_logging};
pub use authorizer::AuthorizerContext;
pub use base_url::{BaseUrl, Root};
pub use bearer::bearer;
pub use discovery::discovery_router;
pub use function::{HttpFunction, finish, finish_api, finish_pages};
pub use messages::each_message;
pub use negotiation::{PLAIN_JSON, SCIM_JSON};
pub use pages::{RefusedPage, Visit};
pub use path::{API_PATH, BASE_PATH, CONSOLE_PATH};
pub use request_log::log_refused;
pub use resources::resource_router;
pub use root::root_router;

/// Hands a function to the Lambda runtime, for good.
///
/// # Errors
///
/// Only those of the runtime: the function itself answers every request.
pub async fn run(function: HttpFunction) -> Result<(), lambda_http::Error> {
    init_logging();
    lambda_http::run(function).await
}
