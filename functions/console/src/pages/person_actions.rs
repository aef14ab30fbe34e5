//! What an admin sees and does about who a person is: where they came from, which subjects are bound to them, blocking,
//! binding anew, confirming, deleting.

use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{Connection, Person, PersonOrigin};
use rollcall_edge_api::{Configure, Gate, Id};
use rollcall_edge_http::Problem;

use super::fields::NoFields;
use crate::layout::redirect;
use crate::visitor::{Change, Visitor};

/// Who a person is, as their page shows it.
pub(crate) struct IdentityPanel {
    pub(crate) origin: &'static str,
    /// The id of the connection that owns them, and its name, unless it was deleted.
    pub(crate) owner: Option<(String, Option<String>)>,
    /// The subjects that are bound to them, each as a text.
    pub(crate) subjects: Vec<String>,
    pub(crate) blocked_at: Option<Timestamp>,
}

impl IdentityPanel {
    pub(crate) fn of(person: &Person, connections: &[Connection]) -> Self {
        let identity = &person.identity;
        let name = |id: &str| {
            let known = connections.iter().find(|one| one.id == id);
            known.map(|one| one.label.clone())
        };
        let bound = identity.bindings.iter().map(|(connection, binding)| {
            let place = name(connection).unwrap_or_else(|| "a sign-in without a connection".into());
            match binding.firm {
                true => place,
                false => format!("{place} (one sign-in so far: another subject can replace it)"),
            }
        });
        Self {
            origin: match identity.origin {
                Some(PersonOrigin::SignIn) => "Signed in",
                Some(PersonOrigin::Pushed) | None => "Pushed by an identity provider",
            },
            owner: identity.owner.as_ref().map(|id| (id.clone(), name(id))),
            subjects: bound.collect(),
            blocked_at: identity.blocked_at,
        }
    }
}

pub(crate) async fn end_sessions(
    Id(id): Id,
    change: Change<Configure, NoFields>,
) -> Result<Response, Problem> {
    let visitor = change.visitor;
    let sign_in = visitor.tenant().sign_in();
    sign_in.end_sessions_of(&id, visitor.role()).await?;
    Ok(back(&visitor, &id, "sessions-ended"))
}

pub(crate) async fn block(
    Id(id): Id,
    change: Change<Configure, NoFields>,
) -> Result<Response, Problem> {
    let visitor = change.visitor;
    let sign_in = visitor.tenant().sign_in();
    sign_in.block(&id, visitor.role()).await?;
    Ok(back(&visitor, &id, "blocked"))
}

pub(crate) async fn unblock(
    Id(id): Id,
    change: Change<Configure, NoFields>,
) -> Result<Response, Problem> {
    let visitor = change.visitor;
    let sign_in = visitor.tenant().sign_in();
    sign_in.unblock(&id, visitor.role()).await?;
    Ok(back(&visitor, &id, "unblocked"))
}

pub(crate) async fn bind_anew(
    Id(id): Id,
    change: Change<Configure, NoFields>,
) -> Result<Response, Problem> {
    let visitor = change.visitor;
    let sign_in = visitor.tenant().sign_in();
    sign_in.bind_anew(&id, visitor.role()).await?;
    Ok(back(&visitor, &id, "bound-anew"))
}

pub(crate) async fn confirm(
    Id(id): Id,
    change: Change<Configure, NoFields>,
) -> Result<Response, Problem> {
    let visitor = change.visitor;
    let (rank, renamings) = (visitor.role(), visitor.renamings());
    let sign_in = visitor.tenant().sign_in();
    sign_in.confirm(&id, rank, renamings).await?;
    Ok(back(&visitor, &id, "confirmed"))
}

pub(crate) async fn delete(
    Id(id): Id,
    change: Change<Configure, NoFields>,
) -> Result<Response, Problem> {
    let visitor = change.visitor;
    let sign_in = visitor.tenant().sign_in();
    sign_in.delete_person(&id, visitor.role()).await?;
    let people = format!("{}/people?done=person-deleted", visitor.console());
    Ok(redirect(&people))
}

/// Goes back to the person's page, with a message.
fn back<G: Gate>(visitor: &Visitor<G>, id: &str, done: &str) -> Response {
    redirect(&format!("{}/people/{id}?done={done}", visitor.console()))
}
