//! The service keys of the stack. A key with the scope `service_keys:manage` issues, lists and revokes them; the first one
//! comes from the function that only IAM can invoke.

use axum::Json;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use rollcall_directory::{
    IssuedServiceKey, KeyChange, KeyScope, NewServiceKey as New, ServiceKey as Stored, TenantId,
    shown,
};
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::application::Application;
use crate::cursor::Cursors;
use crate::fields::{Fields, Id, List, Params, created, limit, name, page, with_secret};
use crate::gate::ServiceKeys;

/// A service key as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServiceKey {
    /// Its id.
    id: String,
    /// What it is called.
    label: String,
    /// Its first characters, by which people recognise it. Keys of earlier versions do not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "rck_scoped_x7Qp")]
    prefix: Option<String>,
    /// Its scopes; `null` is all of them, also those of later versions.
    scopes: Option<Vec<String>>,
    /// The only tenant that it reaches; `null` is all of them.
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantId>,
    /// When it was issued.
    created_at: Timestamp,
    /// When it was last used, to the hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Timestamp>,
    /// When it expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

/// A new service key, shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewlyIssuedServiceKey {
    #[serde(flatten)]
    stored: ServiceKey,
    /// The key itself. It cannot be read again, and a repetition of the request leaves it out.
    #[schema(required = false)]
    service_key: String,
    /// Whether the answer is one that was sent before, without the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret_omitted: Option<bool>,
}

impl From<Stored> for ServiceKey {
    fn from(key: Stored) -> Self {
        Self {
            id: key.id,
            label: key.label,
            prefix: key.prefix,
            scopes: key.scopes,
            tenant: key.tenant,
            created_at: key.created_at,
            last_used_at: key.last_used_at,
            expires_at: key.expires_at,
        }
    }
}

impl From<IssuedServiceKey> for NewlyIssuedServiceKey {
    fn from(issued: IssuedServiceKey) -> Self {
        Self {
            service_key: issued.secret.expose().to_owned(),
            secret_omitted: None,
            stored: issued.key.into(),
        }
    }
}

/// A service key to issue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewServiceKey {
    /// What to call it. Spaces at its ends are left out.
    #[schema(example = "billing job")]
    label: String,
    /// Its scopes, as operations name them, or sets of them: `tenants`, `sign_in`, `introspect`, `directory`, `events`,
    /// and `admin` for all that an admin may do. Without it, the key has all scopes; with a tenant, all but
    /// `tenants:manage` and `service_keys:manage`, which no key of one tenant can have.
    scopes: Option<Vec<String>>,
    /// The only tenant that it reaches. Without it, the key reaches all of them.
    #[schema(example = "acme")]
    tenant: Option<String>,
    /// When it expires. Without it, the key does not expire.
    expires_at: Option<Timestamp>,
}

/// A change of the service keys.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServiceKeyChange {
    /// When.
    occurred_at: Timestamp,
    /// `service_key.issued` or `service_key.revoked`.
    r#type: String,
    /// The id of the key.
    id: String,
    /// What the key was called.
    label: String,
    /// Its scopes; `null` is all of them.
    scopes: Option<Vec<String>>,
    /// The only tenant that it reaches; `null` is all of them.
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantId>,
    /// When it expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// The id of the service key that made the change. Absent if the function of the stack was invoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    by_key: Option<String>,
    /// The id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// The address that the request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

impl From<KeyChange> for ServiceKeyChange {
    fn from(change: KeyChange) -> Self {
        Self {
            occurred_at: change.at,
            r#type: change.action,
            id: change.id,
            label: change.label,
            scopes: change.scopes,
            tenant: change.tenant,
            expires_at: change.expires_at,
            by_key: change.by.by_key,
            request_id: change.by.request_id,
            address: change.by.origin.address,
        }
    }
}

/// The query of the list of service keys.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ServiceKeysPage {
    /// `next` of the page before.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// Lists the service keys, oldest first, expired ones too.
#[utoipa::path(get, path = "/api/v1/service-keys", operation_id = "list_service_keys", tag = "service keys",
    params(ServiceKeysPage), responses((status = 200, body = List<ServiceKey>)),
    security(("service_key" = ["service_keys:manage"])))]
pub(crate) async fn list(
    application: Application<ServiceKeys>,
    Params(asked): Params<ServiceKeysPage>,
) -> Result<Json<List<ServiceKey>>, Problem> {
    let limit = limit(asked.limit)?;
    let cursors = Cursors::of("service keys", &[]);
    let after = cursors.place(asked.after.as_deref())?;
    let all = application.directory.service_keys().list().await?;
    let (keys, next) = page(all, |key| &key.id, after.as_deref(), limit);
    Ok(List::of(keys, cursors.next(next)))
}

/// Issues a service key. It can do no more, and lasts no longer, than the key that issues it.
#[utoipa::path(post, path = "/api/v1/service-keys", operation_id = "create_service_key", tag = "service keys",
    request_body = NewServiceKey, responses((status = 201, body = NewlyIssuedServiceKey)),
    security(("service_key" = ["service_keys:manage"])))]
pub(crate) async fn create(
    application: Application<ServiceKeys>,
    Fields(new): Fields<NewServiceKey>,
) -> Result<Response, Problem> {
    let new = New {
        label: name("label", &new.label)?,
        scopes: new.scopes.map(|ids| scopes(&ids)).transpose()?,
        tenant: new.tenant.as_deref().map(tenant_id).transpose()?,
        expires_at: new.expires_at,
    };
    let new = new.checked()?;
    if let Some(lacking) = application.key.lacks_for(&new) {
        return Err(Problem::forbidden(format!(
            "a service key gives no more than it has; this one does not have {lacking}"
        )));
    }
    if let Some(id) = &new.tenant {
        application
            .tenant(id.clone())
            .lifecycle()
            .read_living()
            .await?;
    }
    let keys = application.directory.service_keys();
    let issued = keys.issue_new(new, application.changer()).await?;
    let issued = NewlyIssuedServiceKey::from(issued);
    let path = format!("/service-keys/{}", issued.stored.id);
    Ok(with_secret(created(&path, &issued), "service_key"))
}

/// Reads a service key, without its secret.
#[utoipa::path(get, path = "/api/v1/service-keys/{id}", operation_id = "read_service_key", tag = "service keys",
    params(("id" = String, Path, description = "The key's id")),
    responses((status = 200, body = ServiceKey)), security(("service_key" = ["service_keys:manage"])))]
pub(crate) async fn read(
    application: Application<ServiceKeys>,
    Id(id): Id,
) -> Result<Json<ServiceKey>, Problem> {
    let key = application.directory.service_keys().read(&id).await?;
    Ok(Json(key.into()))
}

/// Revokes a service key: it is refused from the next request on; by introspection, within five seconds. Any key with this
/// scope revokes any other key, also one that can do more than itself.
#[utoipa::path(delete, path = "/api/v1/service-keys/{id}", operation_id = "revoke_service_key", tag = "service keys",
    params(("id" = String, Path, description = "The key's id")),
    responses((status = 204)), security(("service_key" = ["service_keys:manage"])))]
pub(crate) async fn revoke(
    application: Application<ServiceKeys>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let directory = &application.directory;
    // Of what is no key, nothing is archived: an id in a path can be too long for the archive.
    directory.service_keys().read(&id).await?;
    // A key that is archived and not revoked is revoked by the next attempt, and by the next restore.
    directory.archive_service_key(&id).await?;
    let keys = directory.service_keys();
    keys.revoke(&id, application.changer()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists which service keys were issued and revoked, and by whom, newest first, at most 200 changes.
#[utoipa::path(get, path = "/api/v1/service-keys/history", operation_id = "list_service_key_changes", tag = "service keys",
    responses((status = 200, body = List<ServiceKeyChange>)), security(("service_key" = ["service_keys:manage"])))]
pub(crate) async fn history(
    application: Application<ServiceKeys>,
) -> Result<Json<List<ServiceKeyChange>>, Problem> {
    let history = application.directory.service_keys().history().await?;
    Ok(List::of(history, None))
}

fn scopes(ids: &[String]) -> Result<Vec<KeyScope>, Problem> {
    let mut scopes = Vec::new();
    for id in ids {
        let named = KeyScope::named(id);
        scopes.extend(
            named.map_err(|_| {
                Problem::invalid(format!("`scopes`: `{}` is not a scope", shown(id)))
            })?,
        );
    }
    Ok(scopes)
}

fn tenant_id(given: &str) -> Result<TenantId, Problem> {
    given
        .parse()
        .map_err(|error| Problem::invalid(format!("`tenant`: {error}")))
}
