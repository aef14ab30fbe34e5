//! Extension schemas of users and groups: those that the stack and a tenant declare, beside the Enterprise extension.

use axum::Json;
use http::StatusCode;
use jiff::Timestamp;
use rollcall_directory as directory;
use rollcall_directory::{Tenant, shown};
use rollcall_edge_http::Problem;
use rollcall_scim as scim;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::application::{Application, ApplicationAt};
use crate::fields::Fields;
use crate::gate::Tenants;
use crate::schema_fields::{ExtendedType, NewSchemaAttribute, SchemaAttribute, Urn};

/// A schema to declare, as it can be read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSchema {
    /// Its URN, which must be the one in the path.
    urn: Option<String>,
    /// Its name.
    #[schema(example = "Acme")]
    name: String,
    /// What it is for.
    #[serde(default)]
    description: String,
    /// The type of the resources that it extends: users, if it is absent or null. It cannot change later.
    #[serde(default)]
    resource_type: Option<ExtendedType>,
    /// Its attributes: at most 50, counted with those inside others and with those that were removed.
    attributes: Vec<NewSchemaAttribute>,
    /// Ignored, so that a schema can be sent as it was read.
    #[serde(rename = "origin")]
    _origin: Option<SchemaOrigin>,
}

impl NewSchema {
    fn declaration(self, urn: String) -> Result<scim::Declaration, Problem> {
        let given = self.urn.as_deref();
        if given.is_some_and(|given| !given.eq_ignore_ascii_case(&urn)) {
            let detail = format!("`urn` must be `{}`, as in the path", shown(&urn));
            return Err(Problem::invalid(detail));
        }
        let attributes = self.attributes.into_iter();
        Ok(scim::Declaration {
            urn,
            name: self.name,
            description: self.description,
            resource_type: self.resource_type.unwrap_or_default().into(),
            attributes: attributes.map(scim::DeclaredAttribute::from).collect(),
        })
    }
}

/// Who declares a schema.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SchemaOrigin {
    /// RFC 7643: every tenant has it.
    BuiltIn,
    /// The stack: every tenant has it.
    Stack,
    /// The tenant.
    Tenant,
}

/// An extension schema of users or of groups.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExtensionSchema {
    /// Its URN: the key of its attributes in a resource.
    urn: String,
    /// Its name.
    name: String,
    /// What it is for.
    description: String,
    /// The type of the resources that it extends.
    resource_type: ExtendedType,
    /// Its attributes, without those that were removed.
    attributes: Vec<SchemaAttribute>,
    /// Who declares it.
    origin: SchemaOrigin,
}

impl ExtensionSchema {
    fn of(declaration: &scim::Declaration, origin: SchemaOrigin) -> Self {
        let live = declaration.attributes.iter().filter(|it| !it.removed);
        Self {
            urn: declaration.urn.clone(),
            name: declaration.name.clone(),
            description: declaration.description.clone(),
            resource_type: declaration.resource_type.into(),
            attributes: live.map(SchemaAttribute::from).collect(),
            origin,
        }
    }
}

/// Extension schemas, in the order in which SCIM lists them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExtensionSchemas {
    /// The schemas.
    items: Vec<ExtensionSchema>,
}

fn listed(parts: &[(&[scim::Declaration], SchemaOrigin)]) -> Vec<ExtensionSchema> {
    let listed = parts.iter().flat_map(|(declarations, origin)| {
        let one = |it| ExtensionSchema::of(it, *origin);
        declarations.iter().map(one)
    });
    listed.collect()
}

fn of_tenant(schemas: &directory::Schemas) -> Vec<ExtensionSchema> {
    listed(&[
        (&scim::Declaration::built_in(), SchemaOrigin::BuiltIn),
        (&schemas.inherited, SchemaOrigin::Stack),
        (&schemas.own, SchemaOrigin::Tenant),
    ])
}

fn found(mut items: Vec<ExtensionSchema>, urn: &str) -> Result<Json<ExtensionSchema>, Problem> {
    items.retain(|schema| schema.urn.eq_ignore_ascii_case(urn));
    match items.pop() {
        Some(schema) => Ok(Json(schema)),
        None => Err(Problem::not_found("the schema")),
    }
}

async fn read_all(tenant: &Tenant) -> Result<Vec<ExtensionSchema>, Problem> {
    Ok(of_tenant(&tenant.settings().schemas().await?))
}

/// Lists the extension schemas of a tenant: the Enterprise extension, those of the stack, and its own.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/schemas", operation_id = "list_schemas_of_tenant", tag = "schemas",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, body = ExtensionSchemas)), security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn list(at: ApplicationAt<Tenants>) -> Result<Json<ExtensionSchemas>, Problem> {
    let items = read_all(&at.tenant).await?;
    Ok(Json(ExtensionSchemas { items }))
}

/// Reads an extension schema of a tenant.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/schemas/{urn}", operation_id = "read_schema_of_tenant", tag = "schemas",
    params(("tenant" = String, Path, description = "The tenant's id"), ("urn" = String, Path, description = "The schema's URN")),
    responses((status = 200, body = ExtensionSchema)), security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn read(
    at: ApplicationAt<Tenants>,
    Urn(urn): Urn,
) -> Result<Json<ExtensionSchema>, Problem> {
    found(read_all(&at.tenant).await?, &urn)
}

/// Declares an extension schema of a tenant, or changes it. SCIM knows it from the next request on: `/Schemas` and
/// `/ResourceTypes` show it to the tenant's tokens, and its types are enforced. What is left out of it is hidden, and its
/// values stay stored. A change that values of before might not fit is refused: 409 `schema_in_use`.
#[utoipa::path(put, path = "/api/v1/tenants/{tenant}/schemas/{urn}", operation_id = "declare_schema_of_tenant", tag = "schemas",
    request_body = NewSchema,
    params(("tenant" = String, Path, description = "The tenant's id"), ("urn" = String, Path, description = "The schema's URN")),
    responses((status = 200, body = ExtensionSchema),
        (status = 409, description = "`schema_in_use`: values that are stored might not fit.")),
    security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn declare(
    at: ApplicationAt<Tenants>,
    Urn(urn): Urn,
    Fields(new): Fields<NewSchema>,
) -> Result<Json<ExtensionSchema>, Problem> {
    let declaration = new.declaration(urn)?;
    let schemas = at.tenant.settings().declare_schema(&declaration).await?;
    found(of_tenant(&schemas), &declaration.urn)
}

/// Ends the declaration of an extension schema of a tenant. Its values stay, as those of any extension that no
/// schema declares: they are returned as they were sent. Refused if it hides values: 409 `schema_in_use`.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/schemas/{urn}", operation_id = "withdraw_schema_of_tenant", tag = "schemas",
    params(("tenant" = String, Path, description = "The tenant's id"), ("urn" = String, Path, description = "The schema's URN")),
    responses((status = 204), (status = 409, description = "`schema_in_use`: the schema has attributes that are never returned.")),
    security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn withdraw(
    at: ApplicationAt<Tenants>,
    Urn(urn): Urn,
) -> Result<StatusCode, Problem> {
    ended(at.tenant.settings().withdraw_schema(&urn).await?)
}

fn ended(was_declared: bool) -> Result<StatusCode, Problem> {
    match was_declared {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("the schema")),
    }
}

/// The extension schemas that the stack declares: every tenant has them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StackSchemas {
    /// The schemas, with the Enterprise extension.
    items: Vec<ExtensionSchema>,
    /// When those of the stack were last changed; null if they never were.
    changed_at: Option<Timestamp>,
    /// When all tenants had them. Null while some do not have them yet, and if they were never changed.
    applied_at: Option<Timestamp>,
}

fn of_stack(stack: &directory::StackSchemas) -> Vec<ExtensionSchema> {
    listed(&[
        (&scim::Declaration::built_in(), SchemaOrigin::BuiltIn),
        (&stack.declarations, SchemaOrigin::Stack),
    ])
}

/// Lists the extension schemas that every tenant has.
#[utoipa::path(get, path = "/api/v1/schemas", operation_id = "list_stack_schemas", tag = "schemas",
    responses((status = 200, body = StackSchemas)), security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn list_of_stack(
    application: Application<Tenants>,
) -> Result<Json<StackSchemas>, Problem> {
    let stack = application.directory.stack_schemas().read().await?;
    Ok(Json(StackSchemas {
        items: of_stack(&stack),
        changed_at: stack.changed_at,
        applied_at: stack.applied_at,
    }))
}

/// Reads an extension schema that every tenant has.
#[utoipa::path(get, path = "/api/v1/schemas/{urn}", operation_id = "read_stack_schema", tag = "schemas",
    params(("urn" = String, Path, description = "The schema's URN")),
    responses((status = 200, body = ExtensionSchema)), security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn read_of_stack(
    application: Application<Tenants>,
    Urn(urn): Urn,
) -> Result<Json<ExtensionSchema>, Problem> {
    let stack = application.directory.stack_schemas().read().await?;
    found(of_stack(&stack), &urn)
}

/// Declares an extension schema for all tenants, or changes it, as one of a tenant. Tenants get it within minutes, and
/// `applied_at` says when all have it. A tenant that declares a schema with the same URN keeps its own.
#[utoipa::path(put, path = "/api/v1/schemas/{urn}", operation_id = "declare_stack_schema", tag = "schemas",
    request_body = NewSchema, params(("urn" = String, Path, description = "The schema's URN")),
    responses((status = 200, body = ExtensionSchema),
        (status = 409, description = "`schema_in_use`: values that are stored might not fit.")),
    security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn declare_of_stack(
    application: Application<Tenants>,
    Urn(urn): Urn,
    Fields(new): Fields<NewSchema>,
) -> Result<Json<ExtensionSchema>, Problem> {
    let declaration = new.declaration(urn)?;
    let (key, request_id) = application.ids();
    let stack = application.directory.stack_schemas();
    let stack = stack.declare(&declaration, key, request_id).await?;
    found(of_stack(&stack), &declaration.urn)
}

/// Ends the declaration of an extension schema for all tenants, as one of a tenant, within minutes.
#[utoipa::path(delete, path = "/api/v1/schemas/{urn}", operation_id = "withdraw_stack_schema", tag = "schemas",
    params(("urn" = String, Path, description = "The schema's URN")),
    responses((status = 204), (status = 409, description = "`schema_in_use`: the schema has attributes that are never returned.")),
    security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn withdraw_of_stack(
    application: Application<Tenants>,
    Urn(urn): Urn,
) -> Result<StatusCode, Problem> {
    let (key, request_id) = application.ids();
    let stack = application.directory.stack_schemas();
    ended(stack.withdraw(&urn, key, request_id).await?)
}
