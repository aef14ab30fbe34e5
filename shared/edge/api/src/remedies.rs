//! Remedies for all people of a connection at once, and the list of bindings. Each has a preview.

use axum::Json;
use rollcall_directory::{self as directory, Bound};
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::application::ApplicationAt;
use crate::caller::Access;
use crate::cursor::Cursors;
use crate::fields::{Fields, Id, Params};
use crate::gate::{Configure, Sessions};

/// The number of bindings in one request.
pub(crate) const MAX_BINDINGS: usize = 100;

/// What is done about the people of a connection.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RemedyKind {
    /// The connection takes over the people and groups that the connection `from` owns.
    TakeOver,
    /// The user names and external ids of the people whom the connection owns are confirmed.
    Confirm,
    /// Another subject could be bound to these people while `rebind_until` is in the future. This is a preview only.
    BindAnew,
}

/// A remedy.
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[schema(as = ChosenRemedy)]
pub(crate) struct Remedy {
    #[param(inline)]
    remedy: RemedyKind,
    /// The id of the connection to take over from. It need not exist any more.
    from: Option<String>,
    /// `next` of the call before.
    after: Option<String>,
}

impl Remedy {
    fn stored(&self) -> Result<directory::Remedy, Problem> {
        match (self.remedy, &self.from) {
            (RemedyKind::TakeOver, Some(from)) => {
                Ok(directory::Remedy::TakeOver { from: from.clone() })
            }
            (RemedyKind::TakeOver, None) => {
                Err(Problem::invalid("`from` is the id of a connection"))
            }
            (_, Some(_)) => Err(Problem::invalid("`from` is for `take_over` only")),
            (RemedyKind::Confirm, None) => Ok(directory::Remedy::Confirm),
            (RemedyKind::BindAnew, None) => Ok(directory::Remedy::BindAnew),
        }
    }
}

/// What a call has done, or would do. A call looks at some of the people and groups: repeat it with `next`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Remedied {
    /// How many people this part concerns.
    people: u64,
    /// How many groups this part concerns.
    groups: u64,
    /// How many people are left out, because they rank above the caller or hold a role of their own.
    left_out: u64,
    /// The value of `after` for the next call. Absent in the last part.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl From<directory::Remedied> for Remedied {
    fn from(done: directory::Remedied) -> Self {
        Self {
            people: done.people,
            groups: done.groups,
            left_out: done.left_out,
            next: done.next,
        }
    }
}

/// Counts whom a remedy would concern. Nothing changes.
#[utoipa::path(get, path = "/api/v1/scim/connections/{id}/remedies", operation_id = "preview_remedy", tag = "connections",
    params(("id" = String, Path, description = "The connection's id"), Remedy),
    responses((status = 200, body = Remedied)), security(("session" = ["sso:configure"])))]
pub(crate) async fn preview(
    access: Access<Configure>,
    Id(id): Id,
    Params(remedy): Params<Remedy>,
) -> Result<Json<Remedied>, Problem> {
    remedied(&access, &id, &remedy, true).await
}

/// Applies a remedy to the people of a connection: to a part of them, until an answer has no `next`. It can be repeated.
/// Only an owner or the application takes over from a connection that is still there. Whoever ranks above the caller is
/// left out.
#[utoipa::path(post, path = "/api/v1/scim/connections/{id}/remedies", operation_id = "apply_remedy", tag = "connections",
    request_body = Remedy, params(("id" = String, Path, description = "The connection's id")),
    responses((status = 200, body = Remedied)), security(("session" = ["sso:configure"])))]
pub(crate) async fn apply(
    access: Access<Configure>,
    Id(id): Id,
    Fields(remedy): Fields<Remedy>,
) -> Result<Json<Remedied>, Problem> {
    remedied(&access, &id, &remedy, false).await
}

async fn remedied(
    access: &Access<Configure>,
    id: &str,
    remedy: &Remedy,
    is_preview: bool,
) -> Result<Json<Remedied>, Problem> {
    let cursors = Cursors::of("remedies", &[access.tenant.id().as_str(), id]);
    let after = cursors.place(remedy.after.as_deref())?;
    let (stored, after) = (remedy.stored()?, after.as_deref());
    let sign_in = access.tenant.sign_in();
    let done = sign_in.remedy(id, &stored, after, access.rank(), is_preview);
    let mut done = done.await?;
    done.next = cursors.next(done.next);
    Ok(Json(done.into()))
}

/// A list of bindings.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBindings {
    /// At most 100.
    bindings: Vec<NewBinding>,
    /// Whether to say only what would happen.
    #[serde(default)]
    preview: bool,
}

/// A subject that belongs to a person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBinding {
    /// The user's id.
    user: String,
    /// The identity provider's id that never changes, as sign-ins bring it.
    subject: String,
}

/// What became of a list of bindings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Bindings {
    /// What became of each, in the order of the request.
    items: Vec<BindingResult>,
}

/// What became of a binding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BindingResult {
    /// The user's id.
    user: String,
    result: BindingOutcome,
}

/// What became of a binding.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum BindingOutcome {
    /// It is made, or would be.
    Bound,
    /// It was there before.
    Unchanged,
    /// There is no such person.
    NoPerson,
    /// The subject is bound to somebody else: bind them anew first.
    BoundToAnother,
    /// It is a name or an address, and not an id that never changes.
    NoSubject,
}

impl From<Bound> for BindingOutcome {
    fn from(bound: Bound) -> Self {
        match bound {
            Bound::Now => Self::Bound,
            Bound::Already => Self::Unchanged,
            Bound::NoPerson => Self::NoPerson,
            Bound::ToAnother => Self::BoundToAnother,
            Bound::NoSubject => Self::NoSubject,
        }
    }
}

/// Binds subjects to people, as the application knows them: nobody else signs in as them from then on. Each binding is
/// made by itself, and the list can be sent again.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/connections/{id}/bindings", operation_id = "bind_subjects",
    tag = "sign-in", request_body = NewBindings,
    params(("tenant" = String, Path, description = "The tenant's id"),
        ("id" = String, Path, description = "The connection's id")),
    responses((status = 200, body = Bindings)), security(("service_key" = ["sessions:create"])))]
pub(crate) async fn bind(
    at: ApplicationAt<Sessions>,
    Id(id): Id,
    Fields(new): Fields<NewBindings>,
) -> Result<Json<Bindings>, Problem> {
    if new.bindings.len() > MAX_BINDINGS {
        return Err(Problem::invalid(format!(
            "`bindings` has more than {MAX_BINDINGS} items, send fewer"
        )));
    }
    at.tenant.credentials().connection(&id).await?;
    let mut items = Vec::new();
    for one in new.bindings {
        let sign_in = at.tenant.sign_in();
        let bound = sign_in.bind(&id, &one.user, &one.subject, new.preview);
        items.push(BindingResult {
            result: bound.await?.into(),
            user: one.user,
        });
    }
    Ok(Json(Bindings { items }))
}
