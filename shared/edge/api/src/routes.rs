//! The endpoints of the API.

use axum::extract::FromRef;
use rollcall_directory::Directory;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use crate::operations::for_service_keys;
use crate::{
    audit, branding, connections, erasure, events, evidence, export, groups, health, held,
    identity, imports, named_mappings, observed, people, person_actions, picker, portal_links,
    put_connection, put_settings, put_tenant, quirks, remedies, requests, returning, roles,
    schemas, service_keys, sessions, settings, sign_in, snapshot, support, tenants, tokens,
    webhooks,
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
        .routes(routes!(
            tenants::read,
            put_tenant::put,
            tenants::change,
            tenants::delete
        ))
        .routes(routes!(erasure::read_of_tenant, erasure::erase_tenant))
        .routes(routes!(export::tenant))
        .routes(routes!(sign_in::log_in))
        .routes(routes!(sign_in::introspect))
        .routes(routes!(
            portal_links::create_portal_link,
            sessions::list_links
        ))
        .routes(routes!(sessions::end_link))
        .routes(routes!(service_keys::list, service_keys::create))
        .routes(routes!(service_keys::history))
        .routes(routes!(service_keys::read, service_keys::revoke))
        .routes(routes!(snapshot::read))
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
    // Roles, schemas, the branding and the subjects that a tenant knows are a matter of the application alone.
    let own = OpenApiRouter::new()
        .routes(routes!(roles::read_of_stack, roles::define_of_stack))
        .routes(routes!(branding::read_of_stack, branding::put_of_stack))
        .routes(routes!(branding::read, branding::put))
        .routes(routes!(schemas::list_of_stack))
        .routes(routes!(
            schemas::read_of_stack,
            schemas::declare_of_stack,
            schemas::withdraw_of_stack
        ))
        .routes(routes!(schemas::list))
        .routes(routes!(schemas::read, schemas::declare, schemas::withdraw))
        .routes(routes!(remedies::bind))
        .routes(routes!(support::grant))
        .routes(routes!(webhooks::paused_tenants))
        .routes(routes!(webhooks::changes))
        .routes(routes!(roles::define));
    routes.fold(own, OpenApiRouter::routes)
}

/// Lists the endpoints for people in a session that the application's backend may call too.
fn both_doors() -> Vec<UtoipaMethodRouter<Api>> {
    vec![
        routes!(connections::list, connections::create),
        routes!(
            connections::read,
            put_connection::put,
            connections::change,
            connections::delete
        ),
        routes!(quirks::read),
        routes!(remedies::preview, remedies::apply),
        routes!(held::list, held::decide),
        routes!(observed::list),
        routes!(tokens::list, tokens::create),
        routes!(tokens::read, tokens::revoke),
        routes!(imports::read, imports::put),
        routes!(imports::read_part, imports::put_part),
        routes!(imports::list_unmatched),
        routes!(groups::list),
        routes!(groups::read),
        routes!(groups::list_mappings),
        routes!(groups::map),
        routes!(named_mappings::read, named_mappings::put),
        routes!(named_mappings::list_awaited),
        routes!(roles::list),
        routes!(groups::list_members),
        routes!(groups::reconciliation),
        routes!(picker::pick),
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
        routes!(settings::read, put_settings::put, settings::change),
        routes!(audit::list),
        routes!(evidence::access_review),
        routes!(evidence::offboarding),
        routes!(requests::list),
        routes!(support::list),
        routes!(support::end),
        routes!(health::read),
        routes!(health::snooze, health::unsnooze),
        routes!(webhooks::list, webhooks::create),
        routes!(
            webhooks::read,
            webhooks::put,
            webhooks::change,
            webhooks::delete
        ),
        routes!(webhooks::rotate),
        routes!(webhooks::test),
        routes!(webhooks::pause),
        routes!(webhooks::resume),
        routes!(webhooks::replay),
        routes!(webhooks::deliveries),
    ]
}
