//! The quirks of a connection: in which odd ways its requests were read, and how often.

use axum::Json;
use jiff::Timestamp;
use rollcall_edge_http::Problem;
use rollcall_insight::{Insight, Quirk as Counted};
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::Access;
use crate::codes::ReadingCode;
use crate::fields::Id;
use crate::gate::ReadConnections;

/// How the requests of a connection were read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Quirks {
    /// The most frequent first.
    items: Vec<Quirk>,
    /// Whether the whole request log was read. If not, repeat the request: each one reads on.
    complete: bool,
}

/// One odd way in which requests were read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Quirk {
    /// The code of the reading.
    #[schema(value_type = ReadingCode)]
    code: String,
    /// What is sent, and how it is read.
    meaning: String,
    /// How many requests were read so.
    count: u64,
    /// When the first of them came.
    first_at: Timestamp,
    /// When the last of them came.
    last_at: Timestamp,
    /// The id of the last of them, as the request log and the audit log have it.
    request_id: String,
}

impl From<Counted> for Quirk {
    fn from(quirk: Counted) -> Self {
        Self {
            meaning: quirk.meaning().to_owned(),
            code: quirk.code,
            count: quirk.count,
            first_at: quirk.first_at,
            last_at: quirk.last_at,
            request_id: quirk.request_id,
        }
    }
}

/// Reads in which ways that the RFC does not describe a connection's requests were read, and how often.
#[utoipa::path(get, path = "/api/v1/scim/connections/{id}/quirks", operation_id = "read_quirks", tag = "connections",
    params(("id" = String, Path, description = "The connection's id")),
    responses((status = 200, body = Quirks)), security(("session" = ["provisioning:read"])))]
pub(crate) async fn read(
    access: Access<ReadConnections>,
    Id(id): Id,
) -> Result<Json<Quirks>, Problem> {
    let connection = access.tenant.credentials().connection(&id).await?;
    let (_, quirks) = Insight::of(&access.tenant)
        .digest_and_quirks(&connection)
        .await?;
    Ok(Json(Quirks {
        items: quirks.quirks.into_iter().map(Quirk::from).collect(),
        complete: quirks.complete,
    }))
}
