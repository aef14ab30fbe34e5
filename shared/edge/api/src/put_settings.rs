//! Replaces all settings of a tenant. It can be repeated.

use axum::Json;
use rollcall_directory::{self as directory, WholeSettings};
use rollcall_edge_http::Problem;

use crate::caller::Access;
use crate::fields::Fields;
use crate::gate::Settings as SettingsGate;
use crate::settings::{Settings, SettingsChange};
use crate::settings_of_admins::{check_rate, check_retention};

/// Replaces the settings: what is left out takes its default. The same request again changes nothing. What would be read back
/// in another spelling is refused. What the caller may
/// not change stays as it is, and is refused if it is sent with another value: only the application changes
/// `cache_seconds` and `return_origins`, and removes `rate_limit`; only owners and the application change `sign_up`,
/// `match_email`, `deleted_people` and `brake`, and shorten `retention_days`.
#[utoipa::path(put, path = "/api/v1/settings", operation_id = "put_settings", tag = "settings", request_body = SettingsChange,
    responses((status = 200, body = Settings)), security(("session" = ["settings:write"])))]
pub(crate) async fn put(
    access: Access<SettingsGate>,
    Fields(desired): Fields<SettingsChange>,
) -> Result<Json<Settings>, Problem> {
    let before = access.tenant.settings().read().await?;
    let mut whole = WholeSettings {
        given: desired.into(),
        keeps_application: !access.is_application(),
        keeps_owners: !access.rank().is_owner(),
    };
    if whole.keeps_application {
        let (application, given) = ("the application", &mut whole.given);
        let seconds = given.cache_seconds.take();
        check_same(
            seconds,
            before.cache_seconds,
            application,
            "`cache_seconds`",
        )?;
        let origins = given.return_origins.take();
        let kept = before.return_origins.clone();
        check_same(origins, kept, application, "`return_origins`")?;
    }
    if whole.keeps_owners {
        let owners = "an `owner` or the application";
        let given = &mut whole.given;
        check_same(given.sign_up.take(), before.sign_up, owners, "`sign_up`")?;
        check_same(
            given.match_email.take(),
            before.match_email,
            owners,
            "`match_email`",
        )?;
        let deleted = given.deleted_people.take();
        check_same(deleted, before.deleted_people, owners, "`deleted_people`")?;
        let brake = given.brake.take();
        check_same(brake, before.brake, owners, "`brake`")?;
    }
    if let Some(limit) = whole.given.rate_limit
        && whole.keeps_application
    {
        check_rate(limit, &before)?;
    }
    if let Some(days) = whole.given.retention_days {
        check_retention(days, &before, access.rank())?;
    }
    // The default role of a tenant that names none is given like any other.
    let role = match &whole.given.sso_default_role {
        Some(role) => role.as_ref().and_then(|role| access.roles.role(role)),
        None => directory::Settings::default().default_role(),
    };
    if role != before.default_role() {
        access.check_below(role)?;
    }
    Ok(Json(access.tenant.settings().put(&whole).await?.into()))
}

/// Checks that a setting is left out, or has the value that it has already.
fn check_same<T: PartialEq>(
    given: Option<T>,
    now: T,
    who: &str,
    what: &str,
) -> Result<(), Problem> {
    match given.is_none_or(|given| given == now) {
        true => Ok(()),
        false => Err(Problem::forbidden(format!(
            "only {who} can change {what}; leave it out, and it stays as it is"
        ))),
    }
}
