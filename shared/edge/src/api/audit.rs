//! The audit log: who changed what, when, from what to what.

use axum::Json;
use jiff::Timestamp;
use rollcall_directory::{Actor, AuditQuery, Entry, Subject};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::caller::{Admin, Read};
use super::fields::{List, Params, limit};
use super::problem::Problem;

/// One entry.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditEntry {
    /// Its id.
    id: String,
    /// The sequence of its first event in the feed, once it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    /// What was done.
    #[schema(example = "user.deactivated")]
    r#type: String,
    /// When.
    occurred_at: Timestamp,
    /// Who did it.
    actor: Actor,
    /// What it was done to.
    subject: Subject,
    /// What changed, as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    /// What changed, as it is since.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
    /// Within which request.
    request_id: String,
}

impl From<Entry> for AuditEntry {
    fn from(entry: Entry) -> Self {
        let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        Self {
            id: entry.id,
            sequence: entry.sequence,
            r#type: entry.action,
            occurred_at: entry.at,
            actor: entry.actor,
            subject: entry.subject,
            before: json(entry.before),
            after: json(entry.after),
            request_id: entry.request_id,
        }
    }
}

/// Which page of which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditPage {
    /// Not before this time.
    from: Option<Timestamp>,
    /// Not after this time.
    to: Option<Timestamp>,
    /// Only what this token, connection or person did, by its id, or everybody of one kind: `token`, `person`,
    /// `portal_link`, `application` or `system`.
    actor: Option<String>,
    /// Only what was done to this person, group or thing, by its id or, without regard to case, its name.
    subject: Option<String>,
    /// Only this action, or those that begin so (`user.`).
    action: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    limit: Option<u32>,
}

/// Lists what was done, newest first.
#[utoipa::path(get, path = "/api/v1/audit", operation_id = "list_audit", tag = "logs", params(AuditPage),
    responses((status = 200, body = List<AuditEntry>)), security(("session" = ["provisioning:read"])))]
pub(super) async fn list(
    admin: Admin<Read>,
    Params(asked): Params<AuditPage>,
) -> Result<Json<List<AuditEntry>>, Problem> {
    let query = AuditQuery {
        from: asked.from,
        to: asked.to,
        actors: asked.actor.into_iter().collect(),
        subject: asked.subject,
        action: asked.action,
        after: asked.after,
        limit: limit(asked.limit)?,
    };
    let (entries, next) = admin.tenant.audit(&query).await?;
    Ok(List::of(entries, next))
}
