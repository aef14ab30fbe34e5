//! The OpenAPI 3.1 document of `/api/v1`, generated from the routers.

use std::borrow::Cow;

use axum::Json;
use axum::response::{Html, Response};
use http::request::Parts;
use rollcall_edge_http::{Problem, ProblemType, root};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr, Required, Server};
use utoipa::{Modify, OpenApi as _, PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answers::{Answers, problem};
use crate::bounds::Bounds;
use crate::codes::{ReadingCode, ReasonCode};
use crate::event_schemas::EventSchemas;
use crate::fields::segment;
use crate::idempotency_key::is_exempt;
use crate::operations::{SERVICE_KEY, SESSION};
use crate::problems::{ProblemKind, ProblemKinds, public, wants_page};
use crate::routes::{self, Api};
use crate::surface::MARKER;
use crate::tidy::Tidy;

/// A problem document (RFC 9457), the body of every response with a status of 400 or more.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(
    dead_code,
    reason = "`rollcall_edge_http::Problem` writes the documents; this describes them"
)]
struct ProblemDocument {
    /// Identifies the type of problem, and is the URL of a page that explains it. Unlike `detail`, it does not change with
    /// the wording.
    #[schema(
        format = "uri",
        example = "https://rollcall.example.com/api/v1/problems/not-found"
    )]
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
    tags(
        (name = "about", description = "The API itself: this document, and what its problems mean."),
        (name = "tenants", description = "The application's customers."),
        (name = "settings", description = "The settings of a tenant."),
        (name = "branding", description = "How the console and mails look."),
        (name = "connections", description = "The identity providers of a tenant."),
        (name = "tokens", description = "The SCIM tokens of a connection."),
        (name = "imports", description = "People whom the application brings, and reports on how its list differs."),
        (name = "people", description = "The people of a tenant, and what admins do with them."),
        (name = "roles", description = "Roles, and the groups that give them."),
        (name = "schemas", description = "Extension schemas for users in SCIM."),
        (name = "sign-in", description = "Sign-ins, sessions, portal links and support access."),
        (name = "events", description = "The event feed, and the snapshot from which a reader begins."),
        (name = "webhooks", description = "Where Rollcall sends events."),
        (name = "logs", description = "The audit log, the request log and the health of a tenant."),
        (name = "service keys", description = "The credentials of the application's backend."),
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

/// Returns the OpenAPI document.
pub fn document() -> OpenApi {
    let mut document = Base::openapi();
    for routes in [routes::application(), admin(), routes::admin_of_tenant()] {
        document.merge(routes.into_openapi());
    }
    EventSchemas.modify(&mut document);
    IdempotencyKeys.modify(&mut document);
    Answers.modify(&mut document);
    Bounds.modify(&mut document);
    Tidy.modify(&mut document);
    document
}

/// Returns the endpoints for people in a session, and those that describe the API.
pub(crate) fn admin() -> OpenApiRouter<Api> {
    routes::admin()
        .routes(routes!(read))
        .routes(routes!(list_problems))
        .routes(routes!(read_problem))
}

/// Describes this API (OpenAPI 3.1).
#[utoipa::path(get, path = "/api/v1/openapi.json", operation_id = "read_openapi", tag = "about",
    responses((status = 200, description = "The document", body = FreeForm)), security(()))]
pub(crate) async fn read(parts: Parts) -> Json<OpenApi> {
    let mut document = document();
    let root = root(&parts, MARKER);
    let url = if root.is_empty() { "/" } else { &root };
    document.servers = Some(vec![Server::new(url)]);
    Json(document)
}

/// Lists the types of problems: what each means and what to do about it. A browser gets a page.
#[utoipa::path(get, path = "/api/v1/problems", operation_id = "list_problems", tag = "about",
    responses((status = 200, content((ProblemKinds = "application/json"), (String = "text/html")))), security(()))]
pub(crate) async fn list_problems(parts: Parts) -> Response {
    let kinds = ProblemKinds::of(&document(), &root(&parts, MARKER));
    match wants_page(&parts.headers) {
        true => public(Html(kinds.page())),
        false => public(Json(kinds)),
    }
}

/// Explains a type of problem. This is the URL in the `type` of a problem document. A browser gets a page.
#[utoipa::path(get, path = "/api/v1/problems/{name}", operation_id = "read_problem", tag = "about",
    params(("name" = String, Path, description = "The last segment of the `type` of a problem document", example = "not-found")),
    responses((status = 200, content((ProblemKind = "application/json"), (String = "text/html")))), security(()))]
pub(crate) async fn read_problem(mut parts: Parts) -> Result<Response, Problem> {
    let name = segment(&mut parts, "name").await?;
    let kind =
        ProblemType::named(&name).ok_or_else(|| Problem::not_found("the type of problem"))?;
    let kind = ProblemKind::of(kind, &document(), &root(&parts, MARKER));
    Ok(match wants_page(&parts.headers) {
        true => public(Html(kind.page())),
        false => public(Json(kind)),
    })
}

/// The OpenAPI document in itself. Only its schema is used.
enum FreeForm {}

impl PartialSchema for FreeForm {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("An OpenAPI 3.1 document."))
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .into()
    }
}

impl ToSchema for FreeForm {
    fn name() -> Cow<'static, str> {
        "OpenApiDocument".into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What is set with PUT and read in another form: the roles given by hand are a part of why a person has theirs.
    const NO_RESOURCES: [&str; 1] = ["/users/{id}/role"];

    /// Returns the schema itself: what a reference points to, and what can also be null without the null.
    fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
        let choices = schema["oneOf"].as_array().into_iter().flatten();
        let mut choices = choices.filter(|one| one["type"] != "null");
        match (schema["$ref"].as_str(), choices.next()) {
            (Some(to), _) => {
                let to = document.pointer(to.trim_start_matches('#'));
                resolved(document, to.expect("a schema"))
            }
            (None, Some(only)) => resolved(document, only),
            (None, None) => schema,
        }
    }

    /// Adds the members that are read, and refused if they are sent.
    fn compare(
        document: &Value,
        at: &str,
        (sent, read): (&Value, &Value),
        lacking: &mut Vec<String>,
    ) {
        let (sent, read) = (resolved(document, sent), resolved(document, read));
        if read["type"] == "array" {
            let items = (&sent["items"], &read["items"]);
            return compare(document, &format!("{at}[]"), items, lacking);
        }
        for (name, member) in read["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}.{name}");
            match sent["properties"].get(name) {
                Some(taken) => compare(document, &at, (taken, member), lacking),
                None if sent["additionalProperties"] == false => lacking.push(at),
                None => {}
            }
        }
    }

    #[test]
    fn whatever_is_put_can_be_sent_as_it_was_read() {
        let document = json!(document());
        let (mut seen, mut lacking) = (0, Vec::new());
        for (path, item) in document["paths"].as_object().expect("paths") {
            let json = |content: &Value| content["content"]["application/json"]["schema"].clone();
            let sent = json(&item["put"]["requestBody"]);
            let read = json(&item["get"]["responses"]["200"]);
            let is_other = NO_RESOURCES.iter().any(|other| path.ends_with(other));
            if sent.is_null() || read.is_null() || is_other {
                continue;
            }
            seen += 1;
            compare(&document, path, (&sent, &read), &mut lacking);
        }
        assert_eq!(lacking, Vec::<String>::new());
        assert!(seen > 9, "{seen}");
    }
}
