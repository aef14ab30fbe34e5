//! SCIM over HTTP (RFC 7644): the outer layer of its functions, its endpoints, and its responses.
//!
//! A request passes, in this order:
//! - `surface`, the outer layer: it negotiates the content type (`negotiation`), parses the body once (`json_body`),
//!   writes the tenant's request log (`request_log`), and charges the token of a request that read much (`read_account`);
//! - a router: `resources` (`/Users`, `/Groups`), `bulk` (which sends its operations through all of this again),
//!   `discovery` (the public endpoints), `oauth` (the token endpoint, with requests and responses of its own), or `root` (all other paths);
//! - the extractors of the handler: the caller (`caller`, from `authorizer_context` or the bearer token), the base URL
//!   (`base_url`), the query (`query`) and the body (`json_body`);
//! - the handler, which calls one method of the directory;
//! - `answer` or `error`, which build the response;
//! - `fitting`, which compresses or refuses a response that is larger than Lambda can return.
//!
//! `rehearsal` plays the requests of an identity provider through all of this, in a throw-away tenant.
//!
//! The rules of the protocol are in `rollcall_scim`.
//!
//! ```
//! # use rollcall_directory::Directory;
//! use rollcall_directory::USERS;
//! use rollcall_edge_scim::{finish, resource_router};
//!
//! /// Builds the function for `/Users`.
//! fn users(directory: Directory) -> rollcall_edge_http::HttpFunction {
//!     finish(resource_router(directory.clone(), &USERS), directory)
//! }
//! ```

mod negotiation;
mod read_account;
mod request_log;
mod surface;

mod bulk;
mod discovery;
mod oauth;
mod resources;
mod root;

mod rehearsal;

mod authorizer_context;
mod base_url;
mod caller;
mod json_body;
mod json_response;
mod query;

mod answer;
mod error;
mod fitting;

pub use authorizer_context::AuthorizerContext;
pub use base_url::BaseUrl;
pub use bulk::bulk_router;
pub use discovery::{discovery_router, is_public};
pub use negotiation::{PLAIN_JSON, SCIM_JSON};
pub use oauth::oauth_router;
pub use rehearsal::{Conversation, Exchange, rehearse};
pub use request_log::log_refused;
pub use resources::resource_router;
pub use root::root_router;
pub use surface::{finish, finish_public};
