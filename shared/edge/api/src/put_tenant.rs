//! Puts a tenant under an id that the application chose. It can be repeated.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use rollcall_directory::{Directory, WholeSettings, WholeTenant};
use rollcall_edge_http::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::application::ApplicationAt;
use crate::fields::{Fields, created, exact_name};
use crate::gate::Tenants;
use crate::limits::RequestCeiling;
use crate::settings::SettingsChange;
use crate::tenants::{CeilingsChange, TenantDetails, pass_on_schemas};

/// A whole tenant, as it can be read. What is left out takes its default.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DesiredTenant {
    /// Its id, which must be the one in the path.
    id: Option<String>,
    /// What people call it, without spaces at its ends.
    #[schema(example = "Acme")]
    display_name: String,
    /// Its settings.
    #[serde(default)]
    settings: SettingsChange,
    /// The limit for the requests of all its tokens and sessions together, and of service keys that are bound to it, at most
    /// 50,000 per minute; `null` for no limit.
    #[serde(default)]
    request_ceiling: Option<RequestCeiling>,
    /// Its other ceilings.
    #[serde(default)]
    ceilings: CeilingsChange,
    /// Ignored, so that a tenant can be sent as it was read.
    #[serde(rename = "created_at")]
    _created_at: Option<Timestamp>,
    /// Ignored, so that a tenant can be sent as it was read.
    #[serde(rename = "at_ceiling")]
    _at_ceiling: Option<Vec<String>>,
}

/// Creates the tenant, or replaces its name, its settings and its ceilings. The same request again changes nothing. What would be
/// read back otherwise is refused, such as a `retention_days` below `ceilings.min_retention_days`. The id of a tenant that was
/// deleted cannot be used again.
#[utoipa::path(put, path = "/api/v1/tenants/{tenant}", operation_id = "put_tenant", tag = "tenants", request_body = DesiredTenant,
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, body = TenantDetails, description = "It is as asked, and was there before"),
        (status = 201, body = TenantDetails, description = "It was created")),
    security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn put(
    State(directory): State<Directory>,
    at: ApplicationAt<Tenants>,
    Fields(desired): Fields<DesiredTenant>,
) -> Result<Response, Problem> {
    let id = at.tenant.id();
    if desired.id.is_some_and(|given| given != id.as_str()) {
        return Err(Problem::invalid(format!(
            "`id` must be `{id}`, as in the path"
        )));
    }
    let whole = WholeTenant {
        name: exact_name("display_name", &desired.display_name)?,
        settings: WholeSettings {
            given: desired.settings.into(),
            ..WholeSettings::default()
        },
        request_ceiling: desired.request_ceiling.map(Into::into),
        ceilings: desired.ceilings.into(),
    };
    let (put, is_new) = at.tenant.lifecycle().put(&whole).await?;
    // Also of a tenant that was there: the request before may have ended in between.
    pass_on_schemas(&directory, id).await;
    let read = TenantDetails::from(put);
    Ok(match is_new {
        true => created(&format!("/tenants/{id}"), &read),
        false => Json(read).into_response(),
    })
}
