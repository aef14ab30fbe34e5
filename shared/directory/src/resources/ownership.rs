//! Which connection owns a resource, and which others may write it.
//!
//! A token writes what its connection owns, what nobody owns, what belonged to a connection that is gone, and what
//! belongs to one that its connection replaces. A connection is gone when it was deleted, or when all its tokens were
//! revoked.

use rollcall_model::Reason;
use rollcall_scim as scim;
use rollcall_store::{Error, Scope};

use crate::credentials::handle::Credentials;
use crate::resources::record::Record;

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

fn owned_by_another() -> Error {
    let detail = "this resource belongs to another connection of the organisation; let this connection replace that \
                  one, or exclude the resource from this application";
    Error::Refused(
        Reason::OwnedByAnother,
        scim::Error::Forbidden(detail.to_owned()),
    )
}
