//! The OpenAPI 3.1 document of `/api/v1`, generated from the routers.

use axum::Json;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi as _, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::codes::{ReadingCode, ReasonCode};
use crate::event_schemas::EventSchemas;
use crate::operations::{SERVICE_KEY, SESSION, operations};
use crate::routes::{self, Api};

/// A problem document (RFC 9457), the body of every response with a status of 400 or more.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(
    dead_code,
    reason = "`rollcall_edge_http::Problem` writes the documents; this describes them"
)]
struct ProblemDocument {
    /// Identifies the kind of problem. Unlike `detail`, it does not change with the wording.
    #[schema(example = "urn:rollcall:problem:not-found")]
    r#type: String,
    /// The reason code, which is more specific than `type`.
    #[schema(value_type = ReasonCode)]
    reason: String,
    /// The status in words.
    #[schema(example = "Not Found")]
    title: String,
    /// The status of the answer.
    #[schema(example = 404)]
    status: u16,
    /// What is wrong and what to do about it.
    detail: String,
    /// The id of the request, as the logs have it.
    instance: String,
    /// The id of the person who has the name of a closed account, if that is the problem.
    merged_into: Option<String>,
    /// The cursor with which to go on, if the problem is a cursor that has no place in the feed any more.
    next: Option<String>,
}

/// The parts of the document that are not generated from routes.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Rollcall",
        version = "1",
        description = "What the application's backend and a customer's admins call beside SCIM. The backend shows its \
                       service key; people show a session, whose tenant and permissions are in the session. What a \
                       session may do, a service key may do below `/api/v1/tenants/{tenant}`. Errors are problem \
                       documents (RFC 9457). Bodies with unknown keys are refused."
    ),
    components(schemas(ProblemDocument, ReasonCode, ReadingCode)),
    modifiers(&Credentials)
)]
struct Base;

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, description) in [
            (
                SERVICE_KEY,
                "The application's service key, `rck_…`. The scopes of an operation are those that the key must have, if it was issued with scopes.",
            ),
            (
                SESSION,
                "A person's session, `rcx_…`. The scopes of an operation are the permissions that the person's role must have.",
            ),
        ] {
            let bearer = HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some(description))
                .build();
            components.add_security_scheme(name, SecurityScheme::Http(bearer));
        }
    }
}

/// Adds the error response, which is the same for all operations, and the missing descriptions of responses.
struct Answers;

impl Modify for Answers {
    fn modify(&self, document: &mut OpenApi) {
        for item in document.paths.paths.values_mut() {
            for operation in operations(item) {
                let schema = Ref::from_schema_name("Problem");
                let refusal = ResponseBuilder::new()
                    .description("Refused, or failed: a problem document")
                    .content(
                        "application/problem+json",
                        Content::new(Some(RefOr::Ref(schema))),
                    )
                    .build();
                let responses = &mut operation.responses.responses;
                for response in responses.values_mut() {
                    if let RefOr::T(response) = response
                        && response.description.is_empty()
                    {
                        response.description = "Done as asked".to_owned();
                    }
                }
                responses.insert("default".to_owned(), RefOr::T(refusal));
            }
        }
    }
}

/// Returns the OpenAPI document.
pub fn document() -> OpenApi {
    let mut document = Base::openapi();
    for routes in [routes::application(), admin(), routes::admin_of_tenant()] {
        document.merge(routes.into_openapi());
    }
    EventSchemas.modify(&mut document);
    Answers.modify(&mut document);
    document
}

/// Returns the endpoints for people in a session, and that of the document.
pub(crate) fn admin() -> OpenApiRouter<Api> {
    routes::admin().routes(routes!(read))
}

/// Describes this API (OpenAPI 3.1).
#[utoipa::path(get, path = "/api/v1/openapi.json", operation_id = "read_openapi", tag = "about",
    responses((status = 200, description = "The document")), security(()))]
pub(crate) async fn read() -> Json<OpenApi> {
    Json(document())
}
