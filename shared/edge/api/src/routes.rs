//! The endpoints of the API.

use axum::extract::FromRef;
use rollcall_directory::Directory;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use crate::operations::for_service_keys;
use crate::{
    audit, connections, erasure, events, export, groups, health, identity, people, person_actions,
    quirks, remedies, requests, returning, roles, service_keys, sessions, settings, sign_in,
    tenants, tokens, webhooks,
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

/// Returns the endpoints that are only for the application's backend.
pub(crate) fn application() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(tenants::list, tenants::create))
        .routes(routes!(tenants::read, tenants::change, tenants::delete))
        .routes(routes!(erasure::read_of_tenant, erasure::erase_tenant))
        .routes(routes!(export::tenant))
        .routes(routes!(sign_in::log_in))
        .routes(routes!(sign_in::introspect))
        .routes(routes!(sign_in::create_portal_link, sessions::list_links))
        .routes(routes!(sessions::end_link))
        .routes(routes!(service_keys::list, service_keys::create))
        .routes(routes!(service_keys::history))
        .routes(routes!(service_keys::read, service_keys::revoke))
        .routes(routes!(events::list))
        .routes(routes!(events::verify))
}

/// Returns the endpoints for people in a session, without the OpenAPI document.
pub(crate) fn admin() -> OpenApiRouter<Api> {
    let own = OpenApiRouter::new().routes(routes!(sessions::read, sessions::end));
    both_doors().into_iter().fold(own, OpenApiRouter::routes)
}

/// Returns the endpoints of [`admin`] as endpoints for the application's backend, with the tenant in the path.
pub(crate) fn admin_of_tenant() -> OpenApiRouter<Api> {
    let routes = both_doors().into_iter().map(for_service_keys);
    // Roles and the subjects that a tenant knows are a matter of the application alone.
    let own = OpenApiRouter::new()
        .routes(routes!(roles::read_of_stack, roles::define_of_stack))
        .routes(routes!(remedies::bind))
        .routes(routes!(roles::define));
    routes.fold(own, OpenApiRouter::routes)
}

/// Lists the endpoints for people in a session that the application's backend may call too.
fn both_doors() -> Vec<UtoipaMethodRouter<Api>> {
    vec![
        routes!(connections::list, connections::create),
        routes!(connections::read, connections::change, connections::delete),
        routes!(quirks::read),
        routes!(remedies::preview, remedies::apply),
        routes!(tokens::list, tokens::create),
        routes!(tokens::read, tokens::revoke),
        routes!(groups::list),
        routes!(groups::read),
        routes!(groups::list_mappings),
        routes!(groups::map),
        routes!(roles::list),
        routes!(groups::list_members),
        routes!(groups::reconciliation),
        routes!(people::list),
        routes!(people::read, person_actions::delete),
        routes!(person_actions::block),
        routes!(person_actions::unblock),
        routes!(person_actions::end_sessions),
        routes!(person_actions::bind_anew),
        routes!(person_actions::confirm),
        routes!(person_actions::merge),
        routes!(people::read_role, people::give_role),
        routes!(returning::restore),
        routes!(returning::admit_as_new),
        routes!(erasure::read_of_person, erasure::erase_person),
        routes!(export::person),
        routes!(identity::read),
        routes!(sessions::list_of_person),
        routes!(sessions::end_of_person),
        routes!(settings::read, settings::change),
        routes!(audit::list),
        routes!(requests::list),
        routes!(health::read),
        routes!(webhooks::list, webhooks::create),
        routes!(webhooks::read, webhooks::change, webhooks::delete),
        routes!(webhooks::rotate),
        routes!(webhooks::test),
        routes!(webhooks::pause),
        routes!(webhooks::resume),
        routes!(webhooks::replay),
        routes!(webhooks::deliveries),
    ]
}
