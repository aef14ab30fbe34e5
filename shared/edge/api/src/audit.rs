//! The audit log: who changed what, when, and the values before and after.

use axum::Json;
use jiff::Timestamp;
use rollcall_directory as directory;
use rollcall_directory::{AuditQuery, Entry};
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Access;
use crate::cursor::Cursors;
use crate::fields::{List, Params, limit};
use crate::gate::ReadLogs;

/// One entry.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
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
    #[schema(value_type = Actor)]
    actor: Value,
    /// Where the request came from. Absent for what Rollcall does by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
    /// What it was done to.
    subject: Subject,
    /// The values before the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    /// The values after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
    /// The id of the request that made the change.
    request_id: String,
}

impl From<Entry> for AuditEntry {
    fn from(entry: Entry) -> Self {
        let parsed = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        Self {
            id: entry.id,
            sequence: entry.sequence,
            r#type: entry.action,
            occurred_at: entry.at,
            actor: json!(entry.actor),
            origin: Origin::of(entry.origin),
            subject: entry.subject.into(),
            before: parsed(entry.before),
            after: parsed(entry.after),
            request_id: entry.request_id,
        }
    }
}

/// Who made a change.
///
/// Only the OpenAPI document uses this type. Responses contain the actor as it is stored, in the form of the version
/// that wrote it. Optional members are absent in what earlier versions stored.
#[derive(Debug, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(dead_code, reason = "describes the JSON of the directory's actors")]
pub(crate) enum Actor {
    /// An identity provider, by one of its tokens.
    Token {
        /// The token's id.
        id: String,
        /// The connection the token belongs to.
        connection: String,
    },
    /// A person in a session.
    Person {
        /// The user's id.
        id: String,
        /// The id of the session. It is not a credential.
        session: Option<String>,
    },
    /// The holder of a portal link, whose name is not known.
    PortalLink {
        /// The id of the link.
        id: Option<String>,
        /// The address of the person for whom the link was made, if the application named one.
        email: Option<String>,
        /// The id of the session that the link opened.
        session: Option<String>,
    },
    /// The application, by a service key.
    Application {
        /// The id of the service key.
        id: Option<String>,
    },
    /// Rollcall itself.
    System,
}

/// Where a request came from, as API Gateway saw it. No header that a client can choose counts for the address.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Origin {
    /// The IP address from which the request arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "203.0.113.7")]
    address: Option<String>,
    /// What the client calls itself; at most 128 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
}

impl Origin {
    /// Returns the origin; `None` if nothing is known of it.
    pub(crate) fn of(origin: directory::Origin) -> Option<Self> {
        let is_known = !origin.is_empty();
        is_known.then_some(Self {
            address: origin.address,
            user_agent: origin.user_agent,
        })
    }
}

/// What a change was about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Subject {
    /// `user`, `group`, `tenant`, `connection`, `token`.
    r#type: String,
    /// Its id.
    id: String,
    /// What people call it.
    name: String,
}

impl From<directory::Subject> for Subject {
    fn from(subject: directory::Subject) -> Self {
        Self {
            r#type: subject.kind.into_owned(),
            id: subject.id,
            name: subject.name,
        }
    }
}

/// The query of the list of entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditPage {
    /// Not before this time.
    from: Option<Timestamp>,
    /// Not after this time.
    to: Option<Timestamp>,
    /// Only changes by this actor: the id of a token, connection, person, session, portal link or service key, the address
    /// for which a portal link was made, or a kind of actor (`token`, `person`, `portal_link`, `application`, `system`).
    actor: Option<String>,
    /// Only changes of this person, group or other item, given by its id or its name. The name ignores case.
    subject: Option<String>,
    /// Only changes made by the request with this id.
    request_id: Option<String>,
    /// Only actions that begin with this text, such as `user.`.
    action: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// Lists what was done, newest first.
#[utoipa::path(get, path = "/api/v1/audit", operation_id = "list_audit", tag = "logs", params(AuditPage),
    responses((status = 200, body = List<AuditEntry>)), security(("session" = ["logs:read"])))]
pub(crate) async fn list(
    access: Access<ReadLogs>,
    Params(asked): Params<AuditPage>,
) -> Result<Json<List<AuditEntry>>, Problem> {
    let cursors = Cursors::of("audit", &[access.tenant.id().as_str()]);
    let query = AuditQuery {
        from: asked.from,
        to: asked.to,
        actors: asked.actor.into_iter().collect(),
        subject: asked.subject,
        request_id: asked.request_id,
        action: asked.action,
        after: cursors.place(asked.after.as_deref())?,
        limit: limit(asked.limit)?,
    };
    let (entries, next) = access.tenant.journal().audit(&query).await?;
    Ok(List::of(entries, cursors.next(next)))
}
