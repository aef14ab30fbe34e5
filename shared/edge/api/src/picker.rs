//! The picker: people by name, for members who choose a colleague.

use axum::Json;
use rollcall_edge_http::Problem;
use rollcall_insight::{Insight, PickedPerson as Picked};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Access;
use crate::fields::{List, Params, limit};
use crate::gate::Pick;

/// The query of the picker.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PickerQuery {
    /// Only people with words in their names that begin with the words of this text, without regard to case. Addresses find
    /// nobody. The first eight different words of a person count.
    text: Option<String>,
    /// `next` of the page before, with the same `text`, for an hour.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// A person to choose.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PickedPerson {
    /// The user's id.
    id: String,
    /// What people call them.
    name: String,
}

impl From<Picked> for PickedPerson {
    fn from(person: Picked) -> Self {
        let Picked { id, name } = person;
        Self { id, name }
    }
}

/// Finds people by name, and shows their ids and names alone; without `text`, everybody in order of user names. People who
/// are inactive are left out. A page looks at a bounded number of people, so it can have few of them, or none, although
/// another page follows.
#[utoipa::path(get, path = "/api/v1/picker", operation_id = "pick_users", tag = "people", params(PickerQuery),
    responses((status = 200, body = List<PickedPerson>)), security(("session" = ["directory:pick"])))]
pub(crate) async fn pick(
    access: Access<Pick>,
    Params(asked): Params<PickerQuery>,
) -> Result<Json<List<PickedPerson>>, Problem> {
    let (insight, limit) = (Insight::of(&access.tenant), limit(asked.limit)?);
    let text = asked.text.filter(|text| !text.trim().is_empty());
    let (people, next) = insight
        .pick_people(text, limit, asked.after.as_deref())
        .await?;
    Ok(List::of(people, next))
}
