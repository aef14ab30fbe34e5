//! The endpoints of the API.

use axum::extract::FromRef;
use rollcall_directory::Directory;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{
    audit, connections, events, groups, people, requests, sessions, settings, sign_in, tenants,
    tokens,
};

/// The state of every endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    pub(crate) directory: Directory,
}

impl FromRef<Api> for Directory {
    fn from_ref(api: &Api) -> Self {
        api.directory.clone()
    }
}

/// Returns the endpoints for the application's backend.
pub(crate) fn application() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(tenants::list, tenants::create))
        .routes(routes!(tenants::read, tenants::change, tenants::delete))
        .routes(routes!(sign_in::log_in))
        .routes(routes!(sign_in::introspect))
        .routes(routes!(sign_in::create_portal_link))
        .routes(routes!(events::list))
        .routes(routes!(events::verify))
}

/// Returns the endpoints for people in a session, without the OpenAPI document.
pub(crate) fn admin() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(connections::list, connections::create))
        .routes(routes!(
            connections::read,
            connections::change,
            connections::delete
        ))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::read, tokens::revoke))
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
}
