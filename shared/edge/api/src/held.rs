//! What the brake of a connection holds: the list, and the decision about it.

use std::collections::BTreeSet;

use axum::Json;
use jiff::Timestamp;
use rollcall_directory as directory;
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::audit::Subject;
use crate::caller::Access;
use crate::cursor::Cursors;
use crate::fields::{Fields, Id, List, Params, limit};
use crate::gate::Configure;

/// The number of changes that one request can name.
pub(crate) const MAX_CHANGES: usize = 100;

/// A change that the identity provider sent and that does not take effect yet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeldChange {
    /// Its id, unique in the connection.
    id: String,
    /// What the identity provider sent.
    change: HeldChangeKind,
    /// The people whom it concerns. Empty for a group that is deleted.
    people: Vec<Subject>,
    /// The group, for changes of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<Subject>,
    /// Since when it is held.
    since: Timestamp,
    /// From when on it takes effect by itself, at most an hour later: a day after it was sent.
    until: Timestamp,
}

/// What the identity provider sent.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HeldChangeKind {
    /// A person was deactivated.
    Deactivation,
    /// A person was deleted.
    Deletion,
    /// People left a group.
    GroupLoss,
    /// A group was deleted.
    GroupDeletion,
}

impl From<directory::HeldChange> for HeldChange {
    fn from(held: directory::HeldChange) -> Self {
        Self {
            id: held.id,
            change: match held.kind {
                directory::HeldKind::Deactivation => HeldChangeKind::Deactivation,
                directory::HeldKind::Deletion => HeldChangeKind::Deletion,
                directory::HeldKind::GroupLoss => HeldChangeKind::GroupLoss,
                directory::HeldKind::GroupDeletion => HeldChangeKind::GroupDeletion,
            },
            people: held.people.into_iter().map(Subject::from).collect(),
            group: held.group.map(Subject::from),
            since: held.since,
            until: held.until,
        }
    }
}

/// The query of the list of held changes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HeldPage {
    /// `next` of the page before.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// What becomes of held changes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeldDecision {
    decision: DecisionKind,
    /// The ids of the changes, at most 100; null for all of them.
    #[schema(value_type = Option<Vec<String>>)]
    changes: Option<BTreeSet<String>>,
    /// `next` of the call before.
    after: Option<String>,
}

/// What becomes of held changes.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DecisionKind {
    /// They take effect.
    Apply,
    /// They are taken back. The identity provider sees what was before, and sends the change again if it means it.
    Discard,
}

/// What a call has done. A call decides some of the changes: repeat it with `next`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecidedHeld {
    /// How many changes were applied or discarded.
    changes: u64,
    /// How many people are left out: they rank above the caller, or are the last active owner.
    left_out: u64,
    /// The value of `after` for the next call. Absent in the last part.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lists the changes of a connection that are held, because it took away more within an hour than it may. A page can have
/// fewer items than asked for.
#[utoipa::path(get, path = "/api/v1/scim/connections/{id}/held", operation_id = "list_held_changes", tag = "connections",
    params(("id" = String, Path, description = "The connection's id"), HeldPage),
    responses((status = 200, body = List<HeldChange>)), security(("session" = ["sso:configure"])))]
pub(crate) async fn list(
    access: Access<Configure>,
    Id(id): Id,
    Params(asked): Params<HeldPage>,
) -> Result<Json<List<HeldChange>>, Problem> {
    let limit = limit(asked.limit)?;
    let sign_in = access.tenant.sign_in();
    let cursors = Cursors::of("held changes", &[access.tenant.id().as_str(), &id]);
    let after = cursors.place(asked.after.as_deref())?;
    let held = sign_in.held_changes(&id, after.as_deref(), limit);
    let (held, next) = held.await?;
    Ok(List::of(held, cursors.next(next)))
}

/// Applies or discards changes that are held: a part of them, until an answer has no `next`. It can be repeated. People who
/// rank above the caller are left out.
#[utoipa::path(post, path = "/api/v1/scim/connections/{id}/held", operation_id = "decide_held_changes", tag = "connections",
    request_body = HeldDecision, params(("id" = String, Path, description = "The connection's id")),
    responses((status = 200, body = DecidedHeld)), security(("session" = ["sso:configure"])))]
pub(crate) async fn decide(
    access: Access<Configure>,
    Id(id): Id,
    Fields(asked): Fields<HeldDecision>,
) -> Result<Json<DecidedHeld>, Problem> {
    let changes = asked.changes.as_ref();
    if changes.is_some_and(|changes| changes.len() > MAX_CHANGES) {
        return Err(Problem::invalid(format!(
            "`changes` has more than {MAX_CHANGES} items, send fewer"
        )));
    }
    let decision = match asked.decision {
        DecisionKind::Apply => directory::Decision::Apply,
        DecisionKind::Discard => directory::Decision::Discard,
    };
    let cursors = Cursors::of("held decisions", &[access.tenant.id().as_str(), &id]);
    let after = cursors.place(asked.after.as_deref())?;
    let sign_in = access.tenant.sign_in();
    let done = sign_in.decide_held(&id, decision, changes, after.as_deref(), access.rank());
    let done = done.await?;
    Ok(Json(DecidedHeld {
        changes: done.changes,
        left_out: done.left_out,
        next: cursors.next(done.next),
    }))
}
