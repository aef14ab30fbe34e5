//! The OpenAPI 3.1 document of `/api/v1`, generated from the routers.

use axum::Json;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi as _, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::codes::{ReadingCode, ReasonCode};
use crate::event_schemas::EventSchemas;
use crate::idempotency_key::is_exempt;
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
                let refusal = problem("Refused, or failed: a problem document");
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

/// Adds `Idempotency-Key` to the operations in which it counts, and says so where it does not.
struct IdempotencyKeys;

impl Modify for IdempotencyKeys {
    fn modify(&self, document: &mut OpenApi) {
        for (path, item) in &mut document.paths.paths {
            let Some(operation) = &mut item.post else {
                continue;
            };
            if is_exempt(path) {
                let said = operation.description.get_or_insert_default();
                said.push_str("\n\n`Idempotency-Key` has no effect here: the request can be sent again as it is.");
                continue;
            }
            let parameters = operation.parameters.get_or_insert_default();
            parameters.push(RefOr::T(key_parameter()));
            let responses = &mut operation.responses.responses;
            for (status, description) in [
                (
                    "409",
                    "`idempotency_key_in_use`: a request with this key is under way, or its answer was lost; \
                     `Retry-After` says when to send it again. Or another conflict.",
                ),
                (
                    "422",
                    "`idempotency_key_reused`: the key belongs to another request.",
                ),
            ] {
                responses.insert(status.to_owned(), RefOr::T(problem(description)));
            }
            for (status, response) in responses {
                if let RefOr::T(response) = response
                    && status.starts_with('2')
                {
                    let header = HeaderBuilder::new()
                        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
                        .description(Some(
                            "`true` if the answer is that of an earlier request with this key",
                        ));
                    let headers = &mut response.headers;
                    headers.insert("Idempotency-Replayed".to_owned(), RefOr::T(header.build()));
                }
            }
        }
    }
}

fn key_parameter() -> Parameter {
    let key = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(255))
        .pattern(Some("^[!-~]+$"));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "A text that the caller chooses for the request, such as a UUID. For 24 hours, the same request of the same \
             caller with it changes nothing again, and gets the first answer, without secrets. A request that was refused, \
             or changed nothing, is not remembered.",
        ))
        .schema(Some(key))
        .build()
}

fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name("Problem");
    let content = Content::new(Some(RefOr::Ref(schema)));
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content)
        .build()
}

/// Returns the OpenAPI document.
pub fn document() -> OpenApi {
    let mut document = Base::openapi();
    for routes in [routes::application(), admin(), routes::admin_of_tenant()] {
        document.merge(routes.into_openapi());
    }
    EventSchemas.modify(&mut document);
    Answers.modify(&mut document);
    IdempotencyKeys.modify(&mut document);
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
