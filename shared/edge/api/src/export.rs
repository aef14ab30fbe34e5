//! The export of a tenant, and of a person, page by page.
//!
//! Each item of a page is a line of the export: `infra/export` writes them to a file. A page is bounded in memory and time,
//! and an export that is cut off goes on with the cursor. A response that is streamed would end with the function: it is
//! bounded by API Gateway's timeout, and cannot be taken up again. A cursor belongs to the export that gave it.

use axum::Json;
use rollcall_directory as directory;
use rollcall_directory::Permission;
use rollcall_edge_http::Problem;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::application::ApplicationAt;
use crate::caller::Access;
use crate::fields::{Id, List, Params, check_user_id, limit};
use crate::gate::{ReadLogs, Tenants};

/// One object of an export: its `type` and, unless a secret is its key, its `id`, and everything else that is stored.
#[derive(Debug, serde::Serialize)]
#[serde(transparent)]
pub(crate) struct ExportLine(Value);

impl PartialSchema for ExportLine {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        let text = utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::Type::String);
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::Object)
            .description(Some(
                "One object of an export: its `type`, its `id` where it has one, and everything else that is stored of \
                 it. Secrets are left out.",
            ))
            .property("type", text)
            .required("type")
            .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(
                true,
            )))
            .into()
    }
}

impl ToSchema for ExportLine {}

impl From<Value> for ExportLine {
    fn from(line: Value) -> Self {
        Self(line)
    }
}

/// The query of an export.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// `next` of the page before of the same export, for an hour.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// Exports everything of a tenant: its settings, connections without secrets, people, groups, memberships, role mappings,
/// the audit log, events and requests, imports, webhooks and what became of their deliveries. A deleted tenant can be
/// exported until it is erased. What only serves the table, such as indexes and counters, is left out.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/export", operation_id = "export_tenant", tag = "tenants",
    params(("tenant" = String, Path, description = "The tenant's id"), ExportQuery),
    responses((status = 200, body = List<ExportLine>)),
    security(("service_key" = ["tenants:manage", "directory:read", "logs:read"])))]
pub(crate) async fn tenant(
    at: ApplicationAt<Tenants>,
    Params(asked): Params<ExportQuery>,
) -> Result<Json<List<ExportLine>>, Problem> {
    at.check(&[Permission::DirectoryRead, Permission::LogsRead])?;
    at.tenant.lifecycle().known().await?;
    let limit = limit(asked.limit)?;
    let exports = at.tenant.exports();
    Ok(listed(exports.tenant(asked.after.as_deref(), limit).await?))
}

/// Exports everything that names a person: who they are, their memberships and sessions, and the entries of all logs. Only
/// the application and owners can do so.
#[utoipa::path(get, path = "/api/v1/users/{id}/export", operation_id = "export_user", tag = "people",
    params(("id" = String, Path, description = "The user's id"), ExportQuery),
    responses((status = 200, body = List<ExportLine>)), security(("session" = ["logs:read"])))]
pub(crate) async fn person(
    access: Access<ReadLogs>,
    Id(id): Id,
    Params(asked): Params<ExportQuery>,
) -> Result<Json<List<ExportLine>>, Problem> {
    access.check_owner("export everything about a person")?;
    check_user_id(&id)?;
    let limit = limit(asked.limit)?;
    let exports = access.tenant.exports();
    let page = exports.person(&id, asked.after.as_deref(), limit).await?;
    Ok(listed(page))
}

fn listed(page: directory::ExportPage) -> Json<List<ExportLine>> {
    List::of(page.lines, page.next)
}
