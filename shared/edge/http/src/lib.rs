//! What every HTTP function shares, from the Lambda event to the response.
//!
//! An [`HttpFunction`] is a router of endpoints behind one outer layer (`function`). The layer normalises the path
//! (`path`), catches panics, and logs each response (`access_log`). What differs between SCIM, the API and pages is a
//! [`Surface`]. SCIM and the API define theirs in crates of their own; the one for pages is here (`pages`). A request can
//! leave work for after its answer (`afterwards`), which an internal extension of Lambda waits for
//! (`extension`, `run`).
//!
//! Handlers use:
//! - `base_url`, `request_id` and `origin`: the URL at which the client reached the service, the id of the request, and
//!   the address of the client;
//! - `bearer`, `segment` and `body`: the credential, the variable segment of the path, and the JSON body;
//! - `values`: what is in a body or a query, as a type, with errors in plain English;
//! - `problem` and `problem_type`: errors as problem documents (RFC 9457), which the API sends and pages show.
//!
//! Nothing here knows SCIM's responses or the API's endpoints.
//!
//! ```
//! use axum::response::{IntoResponse, Response};
//! use axum::{Router, routing::get};
//! use futures::FutureExt;
//! use futures::future::BoxFuture;
//! use http::StatusCode;
//! use rollcall_edge_http::{HttpFunction, Marker, Next, Received, Surface};
//!
//! /// Plain text below `/greetings`.
//! #[derive(Debug)]
//! struct Greetings;
//!
//! impl Surface for Greetings {
//!     fn marker(&self) -> Marker {
//!         Marker::new("/greetings")
//!     }
//!
//!     fn panicked(&self) -> Response {
//!         (StatusCode::INTERNAL_SERVER_ERROR, "this failed").into_response()
//!     }
//!
//!     fn out_of_time(&self) -> Response {
//!         (StatusCode::SERVICE_UNAVAILABLE, "come back later").into_response()
//!     }
//!
//!     fn answer<'a>(&'a self, request: Received, next: Next<'a>) -> BoxFuture<'a, Response> {
//!         next.run(request).boxed()
//!     }
//! }
//!
//! let endpoints = Router::new().route("/greetings/world", get(async || "hello"));
//! let function = HttpFunction::new(endpoints, Greetings);
//! let request = http::Request::get("/mount/greetings//world").body(lambda_http::Body::Empty).unwrap();
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! assert_eq!(function.handle(request).await.status(), 200);
//! # });
//! ```

mod access_log;
mod afterwards;
mod extension;
mod function;
mod path;
mod payer;
mod run;

mod base_url;
mod bearer;
mod body;
mod origin;
mod request_id;
mod segment;

mod pages;
mod problem;
mod problem_type;
mod values;

pub use access_log::Fault;
pub use afterwards::Afterwards;
pub use base_url::{Root, root};
pub use bearer::{bearer, sole_bearer, sole_bearer_of};
pub use body::{Unreadable, json, object, read};
pub use function::{Consumed, HttpFunction, Next, Received, Surface};
pub use origin::origin;
pub use pages::{Notes, Refused, RefusedPage, Visit, finish_pages};
pub use path::{API_PATH, BASE_PATH, CONSOLE_PATH, Marker, normalise, segments};
pub use payer::{Account, Payer};
pub use problem::{Problem, REASON_HEADER, unknown_method};
pub use problem_type::{PROBLEMS_PATH, ProblemType};
pub use request_id::request_id;
pub use run::run;
pub use segment::Segment;
pub use values::{Misfit, from_json, from_pairs, misfit};
