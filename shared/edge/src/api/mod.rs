//! `/api/v1`: what the application's backend and a customer's admins call beside SCIM.
//!
//! - [`application_router`] is for the backend, which shows a service key: `tenants`, `sign_in`, `events`;
//! - [`admin_router`] is for people in a session: `connections`, `tokens`, `groups`, `people`, `settings`, `audit`,
//!   `requests`, `sessions`;
//! - `caller` says who is calling and whether they may, before anything of a body is read; `fields` reads bodies, query
//!   strings and path segments; `problem` words every refusal (RFC 9457);
//! - `openapi` is the description that is made of the very routes, so that the two cannot differ.

mod caller;
mod fields;
mod openapi;
pub(crate) mod problem;

mod events;
mod sign_in;
mod tenants;

mod audit;
mod connections;
mod groups;
mod people;
mod requests;
mod sessions;
mod settings;
mod tokens;

use axum::Router;
use axum::extract::FromRef;
use rollcall_directory::Directory;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use caller::{Admin, Configure, Create, Delete, Gate, Read, SignedIn};
pub use fields::{Id, Params, name};
pub use openapi::{SERVICE_KEY, SESSION, document};
pub use problem::Problem;

/// What every endpoint of the API works on.
#[derive(Clone, Debug)]
struct Api {
    directory: Directory,
}

impl FromRef<Api> for Directory {
    fn from_ref(api: &Api) -> Self {
        api.directory.clone()
    }
}

/// The endpoints for the application's backend.
pub fn application_router(directory: Directory) -> Router {
    application().with_state(Api { directory }).into()
}

/// The endpoints for people in a session, and the description of the whole API.
pub fn admin_router(directory: Directory) -> Router {
    admin().with_state(Api { directory }).into()
}

fn application() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(tenants::list, tenants::create))
        .routes(routes!(tenants::read, tenants::change, tenants::delete))
        .routes(routes!(sign_in::log_in))
        .routes(routes!(sign_in::introspect))
        .routes(routes!(sign_in::create_portal_link))
        .routes(routes!(events::list))
}

fn admin() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(connections::list, connections::create))
        .routes(routes!(
            connections::read,
            connections::change,
            connections::delete
        ))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(groups::list_mappings))
        .routes(routes!(groups::map))
        .routes(routes!(groups::list_roles))
        .routes(routes!(groups::list_members))
        .routes(routes!(groups::reconciliation))
        .routes(routes!(people::list))
        .routes(routes!(people::read))
        .routes(routes!(people::read_role, people::give_role))
        .routes(routes!(settings::read, settings::change))
        .routes(routes!(audit::list))
        .routes(routes!(requests::list))
        .routes(routes!(sessions::read, sessions::end))
        .routes(routes!(openapi::read))
}
