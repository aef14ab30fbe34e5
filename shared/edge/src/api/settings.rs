//! What a tenant can decide for itself.

use axum::Json;
use rollcall_directory::{Settings, SettingsChange};

use super::caller::{Admin, Configure};
use super::fields::Fields;
use super::problem::Problem;

/// Reads the settings.
#[utoipa::path(get, path = "/api/v1/settings", operation_id = "read_settings", tag = "settings",
    responses((status = 200, body = Settings)), security(("session" = ["sso:configure"])))]
pub(super) async fn read(admin: Admin<Configure>) -> Result<Json<Settings>, Problem> {
    Ok(Json(admin.tenant.settings().await?))
}

/// Changes settings; what is left out stays as it is.
#[utoipa::path(patch, path = "/api/v1/settings", operation_id = "change_settings", tag = "settings", request_body = SettingsChange,
    responses((status = 200, body = Settings)), security(("session" = ["sso:configure"])))]
pub(super) async fn change(
    admin: Admin<Configure>,
    Fields(change): Fields<SettingsChange>,
) -> Result<Json<Settings>, Problem> {
    Ok(Json(admin.tenant.patch_settings(&change).await?))
}
