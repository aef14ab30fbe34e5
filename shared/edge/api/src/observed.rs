//! What would change if a connection that is only observed were made real.

use axum::Json;
use rollcall_directory as directory;
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::audit::Subject;
use crate::caller::Access;
use crate::cursor::Cursors;
use crate::fields::{Id, List, Params, limit};
use crate::gate::Configure;
use crate::role::{Role, roles};

/// What would change about a person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ObservedPerson {
    /// The person.
    person: Subject,
    /// What the connection has to do with the person.
    relation: ObservedRelation,
    /// The roles of the person, highest first.
    roles_now: Vec<Role>,
    /// The roles that the person would have, highest first.
    roles_then: Vec<Role>,
    /// What becomes of the access of the person.
    access: ObservedAccess,
}

/// What an observed connection has to do with a person.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ObservedRelation {
    /// Only this connection has sent the person.
    Created,
    /// No connection owned the person. This one takes them over.
    Adopted,
    /// Another connection owned the person. This one takes them over.
    Matched,
    /// The application has the person, and the connection has not sent them. They stay as they are.
    LeftOver,
    /// Another connection owns the person and keeps them, but their roles would change.
    OtherConnection,
}

/// What becomes of the access of a person.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ObservedAccess {
    /// It stays as it is.
    Unchanged,
    /// The person can sign in then.
    Gained,
    /// The person is deactivated or deleted, and their sessions end.
    Lost,
}

impl From<directory::ObservedPerson> for ObservedPerson {
    fn from(told: directory::ObservedPerson) -> Self {
        Self {
            person: told.person.into(),
            relation: match told.met {
                directory::Met::Created => ObservedRelation::Created,
                directory::Met::Adopted => ObservedRelation::Adopted,
                directory::Met::Matched => ObservedRelation::Matched,
                directory::Met::LeftOver => ObservedRelation::LeftOver,
                directory::Met::OfAnother => ObservedRelation::OtherConnection,
            },
            roles_now: roles(told.now),
            roles_then: roles(told.then),
            access: match (told.is_in, told.would_be_in) {
                (false, true) => ObservedAccess::Gained,
                (true, false) => ObservedAccess::Lost,
                _ => ObservedAccess::Unchanged,
            },
        }
    }
}

/// The query of the list of what would change.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ObservedPage {
    /// `next` of the page before.
    after: Option<String>,
    /// How many people to look at: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// Lists what would change if a connection that is only observed were made real, person by person. A page looks at `limit`
/// people and leaves out those about whom there is nothing to say, so it can have fewer items, or none: go on while there is
/// a `next`. For a connection that is not only observed, the list is empty.
#[utoipa::path(get, path = "/api/v1/scim/connections/{id}/observed", operation_id = "list_observed_changes", tag = "connections",
    params(("id" = String, Path, description = "The connection's id"), ObservedPage),
    responses((status = 200, body = List<ObservedPerson>)), security(("session" = ["sso:configure"])))]
pub(crate) async fn list(
    access: Access<Configure>,
    Id(id): Id,
    Params(asked): Params<ObservedPage>,
) -> Result<Json<List<ObservedPerson>>, Problem> {
    let limit = limit(asked.limit)?;
    let roles = access.tenant.roles();
    let cursors = Cursors::of("observed changes", &[access.tenant.id().as_str(), &id]);
    let after = cursors.place(asked.after.as_deref())?;
    let page = roles.observed(&id, after.as_deref(), limit).await?;
    let people = page.people.into_iter().map(ObservedPerson::from);
    Ok(List::of(people.collect(), cursors.next(page.next)))
}
