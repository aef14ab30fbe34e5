//! Support access: the application lets a named operator of its own look at a tenant, for a reason and for a time. The
//! tenant's audit log says so, and its owners can end it.

use std::ops::RangeInclusive;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::Timestamp;
use rollcall_directory::{NewSupportAccess as New, PortalSession};
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::application::ApplicationAt;
use crate::caller::Access;
use crate::fields::{Fields, Id, List, expiry, name, with_secret};
use crate::gate::{Configure, ReadLogs, Sessions};
use crate::portal_links::OpenedAt;
use crate::role::Role;

/// For how many seconds support access lasts, and for how many unless the application says so.
const LIFE: RangeInclusive<u32> = 300..=8 * 3_600;
const DEFAULT_LIFE: u32 = 3_600;

/// Support access to grant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSupportAccess {
    /// The address of the operator. The audit log names it with all that is done.
    #[schema(example = "sue@vendor.example", pattern = r"\S")]
    operator: String,
    /// Why. The audit log says it.
    #[schema(example = "Case 4711: people are missing", pattern = r"\S")]
    reason: String,
    /// The role whose pages and answers the operator reads. It must see something, and must not be the owner's.
    role_id: Role,
    /// For how many seconds the access lasts from now: 3,600 unless given, 300 to 28,800 (eight hours).
    #[schema(minimum = 300, maximum = 28800)]
    expires_in: Option<u32>,
}

/// Support access that was granted, with the link that opens it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GrantedSupportAccess {
    /// Its id, by which it can be ended.
    id: String,
    /// Where to send the operator. It works once. A repetition of the request leaves it out.
    #[schema(required = false)]
    url: String,
    /// Whether the answer is one that was sent before, without the URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret_omitted: Option<bool>,
    /// When it ends, whether it was opened or not.
    expires_at: Timestamp,
}

/// Support access in force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SupportAccess {
    /// Its id, by which it can be ended.
    id: String,
    /// The address of the operator.
    operator: Option<String>,
    /// Why.
    reason: String,
    /// The role whose pages and answers the operator reads.
    role_id: Option<String>,
    /// Whether the operator has opened it.
    opened: bool,
    /// When it was granted, or opened.
    began_at: Timestamp,
    /// When it ends by itself.
    expires_at: Timestamp,
}

impl From<PortalSession> for SupportAccess {
    fn from(access: PortalSession) -> Self {
        Self {
            id: access.link_id.unwrap_or(access.id),
            operator: access.email,
            reason: access.support.map(|terms| terms.reason).unwrap_or_default(),
            role_id: access.role.map(|role| role.to_string()),
            opened: access.is_opened,
            began_at: access.began_at,
            expires_at: access.ends_at,
        }
    }
}

/// Grants support access: a link that opens the console once, for a named operator. Its session reads what the role reads,
/// changes nothing, in the console and in this API, and ends when the time is over.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/support-access", operation_id = "grant_support_access", tag = "sign-in",
    request_body = NewSupportAccess, params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 201, body = GrantedSupportAccess)), security(("service_key" = ["sessions:create"])))]
pub(crate) async fn grant(
    at: ApplicationAt<Sessions>,
    OpenedAt(console): OpenedAt,
    Fields(new): Fields<NewSupportAccess>,
) -> Result<Response, Problem> {
    let (operator, reason) = (
        name("operator", &new.operator)?,
        name("reason", &new.reason)?,
    );
    let life = expiry(new.expires_in.unwrap_or(DEFAULT_LIFE), LIFE)?;
    let (roles, _) = at.tenant.settings().roles().await?;
    let role = new.role_id.of(&roles)?;
    if role.sees_nothing() || role.is_owner() {
        return Err(Problem::invalid(format!(
            "`{role}` is no role for support access; pass one that sees something, such as `admin`, and is not the owner's"
        )));
    }
    let new = New {
        operator,
        reason,
        role,
        life,
    };
    let granted = at.tenant.sign_in().grant_support(new).await?;
    let granted = GrantedSupportAccess {
        id: granted.id(),
        url: format!("{console}?link={}", granted.secret.expose()),
        secret_omitted: None,
        expires_at: granted.expires_at,
    };
    // No `Location`: no endpoint returns the link again.
    let response = (StatusCode::CREATED, Json(granted)).into_response();
    Ok(with_secret(response, "url"))
}

/// Lists the support access in force, latest first, among the latest 100 links and sessions of links.
#[utoipa::path(get, path = "/api/v1/support-access", operation_id = "list_support_access", tag = "sign-in",
    responses((status = 200, body = List<SupportAccess>)), security(("session" = ["logs:read"])))]
pub(crate) async fn list(access: Access<ReadLogs>) -> Result<Json<List<SupportAccess>>, Problem> {
    let support = access.tenant.sign_in().support_access().await?;
    Ok(List::of(support, None))
}

/// Ends support access at once, whether it was opened or not. Only owners and the application can do so.
#[utoipa::path(delete, path = "/api/v1/support-access/{id}", operation_id = "end_support_access", tag = "sign-in",
    params(("id" = String, Path, description = "The id in the list")),
    responses((status = 204)), security(("session" = ["sso:configure"])))]
pub(crate) async fn end(access: Access<Configure>, Id(id): Id) -> Result<StatusCode, Problem> {
    access.check_owner("end support access")?;
    access.tenant.sign_in().end_support(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
