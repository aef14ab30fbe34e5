//! Who a person is to sign-ins: why they were kept out, and by which identifiers they were known before.

use axum::Json;
use futures::try_join;
use jiff::Timestamp;
use rollcall_edge_http::Problem;
use rollcall_insight::{FormerIdentifier as Former, Insight, RefusedSignIn as Refused};
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::Access;
use crate::fields::Id;
use crate::gate::Read;

/// Why a person was kept out, and what they were called before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonIdentity {
    /// The refused sign-ins of the last seven days that could have meant the person, latest first, at most ten.
    refused_sign_ins: Vec<KeptOut>,
    /// The identifiers that the person had, from their latest changes, latest first, at most ten.
    former_identifiers: Vec<FormerIdentifier>,
}

/// A refused sign-in that could have meant the person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeptOut {
    /// When.
    at: Timestamp,
    /// Why: a `reason` of `auth.refused`.
    #[schema(example = "other_subject")]
    reason: String,
    /// Why, in words.
    text: String,
    /// What to do about it.
    remedy: String,
    /// The user name that it brought, in lower case.
    user_name: String,
    /// The connection that it named; null for none.
    connection: Option<String>,
}

/// An identifier that the person had.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormerIdentifier {
    /// `userName`, `externalId` or `emails`.
    attribute: String,
    /// The identifier.
    value: String,
    /// Until when.
    until: Timestamp,
}

impl From<Refused> for KeptOut {
    fn from(refused: Refused) -> Self {
        Self {
            at: refused.at,
            reason: refused.reason,
            text: refused.text.to_owned(),
            remedy: refused.remedy.to_owned(),
            user_name: refused.user_name,
            connection: refused.connection,
        }
    }
}

impl From<Former> for FormerIdentifier {
    fn from(former: Former) -> Self {
        Self {
            attribute: former.attribute.to_owned(),
            value: former.value,
            until: former.until,
        }
    }
}

/// Explains why a person's sign-ins were refused, and by which identifiers they were known before.
#[utoipa::path(get, path = "/api/v1/users/{id}/identity", operation_id = "read_user_identity", tag = "people",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 200, body = PersonIdentity)), security(("session" = ["directory:read"])))]
pub(crate) async fn read(
    access: Access<Read>,
    Id(id): Id,
) -> Result<Json<PersonIdentity>, Problem> {
    access.tenant.roles().person(&id).await?;
    let insight = Insight::of(&access.tenant);
    let (refused, former) = try_join!(
        insight.refused_sign_ins_of(&id),
        insight.former_identifiers_of(&id)
    )?;
    Ok(Json(PersonIdentity {
        refused_sign_ins: refused.into_iter().map(KeptOut::from).collect(),
        former_identifiers: former.into_iter().map(FormerIdentifier::from).collect(),
    }))
}
