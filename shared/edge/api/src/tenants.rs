//! Tenants. The application creates, changes and deletes them.

use axum::Json;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use rollcall_directory as directory;
use rollcall_directory::{TenantId, TenantSummary};
use rollcall_edge_http::{Problem, misfit};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::application::{Application, ApplicationAt};
use crate::cursor::Cursors;
use crate::fields::{Fields, List, Params, created, limit, name};
use crate::gate::Tenants;
use crate::limits::RequestCeiling;
use crate::settings::{Settings, SettingsChange, given};

/// A tenant as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tenant {
    /// Its id.
    #[schema(value_type = String, example = "acme")]
    id: TenantId,
    /// What people call it.
    #[schema(example = "Acme")]
    display_name: String,
    /// When it was made.
    created_at: Timestamp,
}

/// A tenant with its settings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TenantDetails {
    #[serde(flatten)]
    tenant: Tenant,
    settings: Settings,
    /// The limit for the requests of all tokens and sessions of the tenant together, and of service keys that are bound to it;
    /// only the application can change it. `null` is unlimited.
    request_ceiling: Option<RequestCeiling>,
    /// The other limits that only the application can change.
    ceilings: Ceilings,
    /// Which of those for people and groups were reached when they were last counted: within the hour. Nothing of it can be
    /// created.
    at_ceiling: Vec<ReachedCeiling>,
}

/// A ceiling that was reached.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReachedCeiling {
    /// That for people.
    People,
    /// That for groups.
    Groups,
}

/// The most that a tenant may have; `null` is unlimited.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ceilings {
    /// Tokens that are neither revoked nor expired.
    tokens: Option<u64>,
    /// People. They are counted every hour, so there can be more.
    people: Option<u64>,
    /// Groups. They are counted every hour, so there can be more.
    groups: Option<u64>,
    /// Invitations per day; `null` is the number that holds for the stack.
    invitations_per_day: Option<u32>,
    /// The shortest retention that the settings can have, in days.
    min_retention_days: Option<u32>,
    /// Read units of DynamoDB that the requests of one SCIM token, or of one session, may consume per minute; `null` is
    /// 120,000. Only requests that consume more than 50 count.
    read_units_per_minute: Option<u32>,
}

impl From<directory::Ceilings> for Ceilings {
    fn from(ceilings: directory::Ceilings) -> Self {
        Self {
            tokens: ceilings.tokens,
            people: ceilings.people,
            groups: ceilings.groups,
            invitations_per_day: ceilings.invitations_per_day,
            min_retention_days: ceilings.min_retention_days,
            read_units_per_minute: ceilings.read_units_per_minute,
        }
    }
}

/// The ceilings to change; `null` lifts one. What is left out stays as it is in a change, and is lifted in a replacement.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CeilingsChange {
    /// Tokens that are neither revoked nor expired.
    #[serde(default, deserialize_with = "number")]
    #[schema(value_type = Option<u64>)]
    tokens: Option<Option<u64>>,
    /// People.
    #[serde(default, deserialize_with = "number")]
    #[schema(value_type = Option<u64>)]
    people: Option<Option<u64>>,
    /// Groups.
    #[serde(default, deserialize_with = "number")]
    #[schema(value_type = Option<u64>)]
    groups: Option<Option<u64>>,
    /// Invitations per day.
    #[serde(default, deserialize_with = "number")]
    #[schema(value_type = Option<u32>)]
    invitations_per_day: Option<Option<u32>>,
    /// The shortest retention that the settings can have, in days: 1 to 3,650. A shorter one is lengthened.
    #[serde(default, deserialize_with = "number")]
    #[schema(value_type = Option<u32>)]
    min_retention_days: Option<Option<u32>>,
    /// Read units of DynamoDB that the requests of one SCIM token, or of one session, may consume per minute, at least 1;
    /// `null` is 120,000.
    #[serde(default, deserialize_with = "number")]
    #[schema(value_type = Option<u32>)]
    read_units_per_minute: Option<Option<u32>>,
}

/// Deserializes a number that is not negative as a signed one, or `null`: OpenAPI has only signed formats.
fn number<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Copy + Into<u64>,
{
    let number = Option::<T>::deserialize(deserializer)?;
    let most = i64::MAX.unsigned_abs() >> (64 - 8 * size_of::<T>());
    match number.is_none_or(|number| number.into() <= most) {
        true => Ok(Some(number)),
        false => Err(misfit(format_args!("must be at most {most}"))),
    }
}

impl From<CeilingsChange> for directory::CeilingsChange {
    fn from(change: CeilingsChange) -> Self {
        Self {
            tokens: change.tokens,
            people: change.people,
            groups: change.groups,
            invitations_per_day: change.invitations_per_day,
            min_retention_days: change.min_retention_days,
            read_units_per_minute: change.read_units_per_minute,
        }
    }
}

impl From<TenantSummary> for Tenant {
    fn from(tenant: TenantSummary) -> Self {
        Self {
            id: tenant.id,
            display_name: tenant.display_name,
            created_at: tenant.created_at,
        }
    }
}

/// A tenant to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTenant {
    /// Its id: lower-case letters, digits and hyphens. It never changes and is never reused.
    #[schema(example = "acme")]
    id: String,
    /// What people call it. Spaces at its ends are left out.
    #[schema(example = "Acme")]
    display_name: String,
    /// The settings that differ from the defaults.
    #[serde(default)]
    settings: SettingsChange,
}

/// What to change of a tenant; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantChange {
    /// What people call it. Spaces at its ends are left out.
    display_name: Option<String>,
    /// Its settings.
    #[serde(default)]
    settings: Option<SettingsChange>,
    /// The limit for the requests of all its tokens and sessions together, and of service keys that are bound to it, at most
    /// 50,000 per minute; `null` for no limit.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<RequestCeiling>)]
    request_ceiling: Option<Option<RequestCeiling>>,
    /// Its other ceilings.
    #[serde(default)]
    ceilings: CeilingsChange,
}

impl From<CeilingsChange> for directory::Ceilings {
    fn from(all: CeilingsChange) -> Self {
        Self {
            tokens: all.tokens.flatten(),
            people: all.people.flatten(),
            groups: all.groups.flatten(),
            invitations_per_day: all.invitations_per_day.flatten(),
            min_retention_days: all.min_retention_days.flatten(),
            read_units_per_minute: all.read_units_per_minute.flatten(),
        }
    }
}

/// The query of the list of tenants.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TenantsPage {
    /// `next` of the page before.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// Lists the tenants in order of their ids.
#[utoipa::path(get, path = "/api/v1/tenants", operation_id = "list_tenants", tag = "tenants", params(TenantsPage),
    responses((status = 200, body = List<Tenant>)), security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn list(
    application: Application<Tenants>,
    Params(page): Params<TenantsPage>,
) -> Result<Json<List<Tenant>>, Problem> {
    let limit = limit(page.limit)?;
    let cursors = Cursors::of("tenants", &[]);
    let after = cursors.place(page.after.as_deref())?;
    let tenants = application
        .directory
        .tenants(after.as_deref(), limit)
        .await?;
    let next = tenants.last().filter(|_| tenants.len() == limit);
    let next = next.map(|tenant| tenant.id.to_string());
    Ok(List::of(tenants, cursors.next(next)))
}

/// Makes a tenant.
#[utoipa::path(post, path = "/api/v1/tenants", operation_id = "create_tenant", tag = "tenants", request_body = NewTenant,
    responses((status = 201, body = TenantDetails)), security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn create(
    application: Application<Tenants>,
    Fields(new): Fields<NewTenant>,
) -> Result<Response, Problem> {
    let id: TenantId = new
        .id
        .parse()
        .map_err(|error| Problem::invalid(format!("`id`: {error}")))?;
    let name = name("display_name", &new.display_name)?;
    let settings = directory::SettingsChange::from(new.settings);
    let directory = &application.directory;
    let settings =
        settings.applied_to(directory.new_settings().await?, directory.session_bounds())?;
    let tenant = application.tenant(id);
    let new = tenant.lifecycle().create(name, settings).await?;
    pass_on_schemas(directory, tenant.id()).await;
    let path = format!("/tenants/{}", tenant.id());
    Ok(created(&path, &TenantDetails::from(new)))
}

/// Gives the extension schemas of the stack to a tenant that is there. A failure is no failure of the request, whose change is
/// made: the hourly pass does it then.
pub(crate) async fn pass_on_schemas(directory: &directory::Directory, tenant: &TenantId) {
    let passed_on = async {
        let stack = directory.stack_schemas().read().await?;
        directory.pass_on_schemas(&stack, tenant.clone()).await
    };
    if let Err(error) = passed_on.await {
        let error: &dyn std::error::Error = &error;
        tracing::warn!(%tenant, error, "the tenant does not have the schemas of the stack yet");
    }
}

/// Reads a tenant.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}", operation_id = "read_tenant", tag = "tenants",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, body = TenantDetails)), security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn read(at: ApplicationAt<Tenants>) -> Result<Json<TenantDetails>, Problem> {
    Ok(Json(at.tenant.lifecycle().read().await?.into()))
}

/// Renames a tenant, or changes its settings or its ceilings.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}", operation_id = "change_tenant", tag = "tenants", request_body = TenantChange,
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, body = TenantDetails)), security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn change(
    at: ApplicationAt<Tenants>,
    Fields(change): Fields<TenantChange>,
) -> Result<Json<TenantDetails>, Problem> {
    let renamed = change.display_name.as_deref();
    let renamed = renamed.map(|given| name("display_name", given));
    let change = directory::TenantChange {
        name: renamed.transpose()?,
        settings: change.settings.map(Into::into),
        request_ceiling: change
            .request_ceiling
            .map(|ceiling| ceiling.map(Into::into)),
        ceilings: change.ceilings.into(),
    };
    Ok(Json(at.tenant.lifecycle().change(&change).await?.into()))
}

/// Deletes a tenant: its tokens and sessions end at once, its id is never used again.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}", operation_id = "delete_tenant", tag = "tenants",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 204)), security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn delete(at: ApplicationAt<Tenants>) -> Result<StatusCode, Problem> {
    at.tenant.lifecycle().delete().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<directory::TenantDetails> for TenantDetails {
    fn from(tenant: directory::TenantDetails) -> Self {
        let reached = [
            (ReachedCeiling::People, tenant.at_ceiling.people),
            (ReachedCeiling::Groups, tenant.at_ceiling.groups),
        ];
        let reached = reached.into_iter();
        Self {
            tenant: tenant.summary.into(),
            settings: tenant.settings.into(),
            request_ceiling: tenant.request_ceiling.map(Into::into),
            ceilings: tenant.ceilings.into(),
            at_ceiling: reached
                .filter_map(|(name, is_reached)| is_reached.then_some(name))
                .collect(),
        }
    }
}
