//! The request log: the requests of identity providers, the responses, and what a failure means.

use axum::Json;
use jiff::Timestamp;
use rollcall_directory::{LoggedRequest, RequestQuery};
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::caller::Access;
use crate::codes::{ReadingCode, ReasonCode};
use crate::cursor::Cursors;
use crate::fields::{List, Params, limit};
use crate::gate::ReadLogs;

/// An attribute that was read in a way that the RFC does not describe, or ignored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadAttribute {
    /// How it was read.
    #[schema(value_type = ReadingCode)]
    reading: String,
    /// Its path.
    #[schema(example = "emails.primary")]
    attribute: String,
}

/// One request and its answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LoggedRequest)]
pub(crate) struct Logged {
    /// Its id in this log.
    id: String,
    /// When it came.
    occurred_at: Timestamp,
    /// The connection whose token it carried.
    connection_id: String,
    /// The token, by its id.
    token_id: String,
    /// The request's id, as the audit log has it.
    request_id: String,
    /// The HTTP method.
    method: String,
    /// The path behind `/scim/v2`, with its query.
    #[schema(example = "/Users?filter=userName+eq+%22ada%22")]
    target: String,
    /// The HTTP status of the answer.
    status: u16,
    /// The `scimType` of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    scim_type: Option<String>,
    /// The reason code of a refusal or a failure. Unlike `detail`, it does not change with the wording.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ReasonCode>)]
    reason: Option<String>,
    /// The address from which it came, if it was refused because the address is not allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "203.0.113.7")]
    source_address: Option<String>,
    /// What in the request was read in a way that the RFC does not describe, or ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<ReadingCode>)]
    readings: Vec<String>,
    /// The attributes that some of the readings concern, at most ten.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    read_attributes: Vec<ReadAttribute>,
    /// What the answer said of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// What a failure means and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnosis: Option<String>,
    /// Ids in a group write that name nobody, and so were left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    skipped_members: Vec<String>,
    /// What it changed, in the words of the audit log: `user.created`, `group.members_changed`, …
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<String>,
    /// What was sent, without secrets: JSON, or the beginning of it as text where it is long.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    /// How long the answer took.
    took_ms: u64,
    /// How many successful reads the entry stands for, if the settings say that the log has only some of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    stands_for: Option<u32>,
}

impl From<LoggedRequest> for Logged {
    fn from(request: LoggedRequest) -> Self {
        let read = |(reading, attribute)| ReadAttribute { reading, attribute };
        let json = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self {
            diagnosis: request.diagnosis().map(str::to_owned),
            reason: request.reason_code().map(str::to_owned),
            readings: request.readings,
            read_attributes: request.read_attributes.into_iter().map(read).collect(),
            id: request.id,
            occurred_at: request.at,
            connection_id: request.connection_id,
            token_id: request.token_id,
            request_id: request.request_id,
            source_address: request.source_address,
            method: request.http_method,
            target: request.target,
            status: request.http_status,
            scim_type: request.scim_type,
            detail: request.detail,
            skipped_members: request.skipped_members,
            changes: request.changes,
            body: request.sent.map(json),
            took_ms: request.took_ms,
            stands_for: Some(request.stands_for).filter(|count| *count > 1),
        }
    }
}

/// The query of the list of requests.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RequestsPage {
    /// Not before this time.
    from: Option<Timestamp>,
    /// Not after this time.
    to: Option<Timestamp>,
    /// Only requests with this text in their target, body or response, ignoring case, or with this text as their status
    /// or id.
    text: Option<String>,
    /// Only requests about this person, by the user's id.
    person: Option<String>,
    /// Only requests that were refused or failed, or that were applied only in part.
    #[serde(default)]
    failed: bool,
    /// Only requests of this connection.
    connection_id: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// Lists what identity providers sent, newest first.
#[utoipa::path(get, path = "/api/v1/requests", operation_id = "list_requests", tag = "logs", params(RequestsPage),
    responses((status = 200, body = List<Logged>)), security(("session" = ["logs:read"])))]
pub(crate) async fn list(
    access: Access<ReadLogs>,
    Params(asked): Params<RequestsPage>,
) -> Result<Json<List<Logged>>, Problem> {
    let cursors = Cursors::of("requests", &[access.tenant.id().as_str()]);
    let query = RequestQuery {
        from: asked.from,
        to: asked.to,
        text: asked.text,
        person: asked.person,
        failed: asked.failed,
        connection_id: asked.connection_id,
        after: cursors.place(asked.after.as_deref())?,
        limit: limit(asked.limit)?,
        ..RequestQuery::default()
    };
    let (requests, next) = access.tenant.request_log().search(&query).await?;
    Ok(List::of(requests, cursors.next(next)))
}
