//! Which connection owns a resource, and which others may write it.
//!
//! A token writes what its connection owns, what nobody owns, what belonged to a connection that is gone, and what
//! belongs to one that its connection replaces. A connection is gone when it was deleted, or when all its tokens were
//! revoked.

use rollcall_model::{EventType, Kind, Reason};
use rollcall_scim as scim;
use rollcall_store::{Error, Expression, Guard, Scope, Transaction, retry_stale};
use serde_json::json;

use crate::credentials::handle::Credentials;
use crate::journal::entry::Entry;
use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::resources::writes::{committed, subject, write_record};

/// What a write does with the owner of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ownership {
    /// The owner stays.
    Stays,
    /// The resource goes over to this connection.
    Moves(String),
}

/// Checks that the actor of the scope may write the resource.
///
/// # Errors
/// `403` when it belongs to another connection.
pub(super) async fn check_owner(scope: &Scope, record: &Record) -> Result<Ownership, Error> {
    let (Some(owner), Some(writer)) = (&record.identity.owner, scope.actor.connection()) else {
        return Ok(Ownership::Stays);
    };
    if owner == writer {
        return Ok(Ownership::Stays);
    }
    let credentials = Credentials::of(scope);
    let is_replaced = match credentials.known_connection(writer).await? {
        Some(connection) => connection.replaces.contains(owner),
        None => false,
    };
    match is_replaced || credentials.is_gone(owner).await? {
        true => Ok(Ownership::Moves(writer.to_owned())),
        false => Err(owned_by_another()),
    }
}

impl Resources<'_> {
    /// Gives a resource from one connection to another. Does nothing if it belongs to somebody else by now.
    ///
    /// # Errors
    /// `404` when the resource or the connection that gets it does not exist.
    pub(crate) async fn hand_over(
        self,
        kind: &'static Kind,
        id: &str,
        from: &str,
        to: &str,
    ) -> Result<(), Error> {
        retry_stale(|_| async move {
            let scope = self.scope;
            Credentials::of(scope).connection(to).await?;
            let record = self.record(kind, id).await?;
            if record.identity.owner.as_deref() != Some(from) {
                return Ok(Some(()));
            }
            let mut after = record.rewritten();
            after.identity.owner = Some(to.to_owned());
            let mut transaction = Transaction::default();
            write_record(scope, &mut transaction, kind, Some(&record), Some(&after))?;
            let alive = "attribute_exists(PK) AND attribute_not_exists(deleting)";
            let alive = Expression::new(alive);
            transaction.check(scope.keys().connection(to), alive, Guard::Stale);
            let action = match kind.has_members() {
                true => EventType::GroupTakenOver,
                false => EventType::UserTakenOver,
            };
            let told = |owner: &str| Some(json!({"owner": owner}));
            let entry = Entry::new(scope, action, subject(kind, &record)?);
            let entry = entry.with_change(told(from), told(to));
            transaction.put(entry.to_item(scope.keys())?);
            let is_committed = committed(scope, &transaction, kind).await?;
            Ok(is_committed.then_some(()))
        })
        .await
    }
}

fn owned_by_another() -> Error {
    let detail = "this resource belongs to another connection of the organisation; let this connection replace that \
                  one, or exclude the resource from this application";
    Error::Refused(
        Reason::OwnedByAnother,
        scim::Error::Forbidden(detail.to_owned()),
    )
}
