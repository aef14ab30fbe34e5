//! Which connection owns a resource, and which others may write it.
//!
//! A token writes what its connection owns, what nobody owns, what belonged to a connection that is gone, and what
//! belongs to one that its connection replaces. A connection is gone when it was deleted, or when all its tokens were
//! revoked. What one that is only observed has taken over, the owner of before takes back. What nobody owns goes to the connection that writes it first. What a deleted connection owned may have been handed over to another one, which then counts as the owner.

use rollcall_model::{Kind, PersonOrigin, Reason};
use rollcall_scim as scim;
use rollcall_store::{Error, Scope, Transaction};

use crate::credentials::handle::Credentials;
use crate::credentials::observing::observing;
use crate::credentials::standing::{Standing, check_replaces, check_standing};
use crate::resources::record::Record;

/// What a write does with the owner of a resource, and what that is based on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// The owner stays.
    Stays,
    /// Nobody owned what came by sign-in, with an import or from an earlier version. It goes to this connection.
    Adopted { by: String },
    /// A connection that is only observed has taken it over from this one, which goes on with it.
    TakenBack { by: String },
    /// It goes to a connection that replaces this one.
    Replaced { owner: String, by: String },
    /// It goes to a connection because its owner is no longer what it was.
    Left {
        owner: String,
        standing: Standing,
        by: String,
    },
}

impl Ownership {
    /// Gives the resource to the connection that writes it.
    pub(super) fn settle(&self, record: &mut Record) {
        let (Self::Adopted { by }
        | Self::TakenBack { by }
        | Self::Replaced { by, .. }
        | Self::Left { by, .. }) = self
        else {
            return;
        };
        let observation = record.identity.observation.as_ref();
        if observation.is_some_and(|it| it.connection != *by) {
            record.identity.end_observation();
        }
        record.identity.owner = Some(by.clone());
        if record.identity.held_by.as_ref().is_some_and(|it| it != by) {
            // Another connection has deleted it, and this one goes on with it.
            record.keep();
        }
        if record.identity.origin.is_some() {
            record.identity.origin = Some(PersonOrigin::Pushed);
        }
    }

    /// Returns whether a write ends that the resource was only observed, because it goes to a connection that is not.
    pub(super) fn ends_observation(&self, record: &Record, scope: &Scope) -> bool {
        let is_observed = record.identity.observation.is_some();
        is_observed && *self != Self::Stays && scope.observer().is_none()
    }

    /// Adds the condition that what the decision was based on still holds.
    pub(super) fn check(&self, scope: &Scope, transaction: &mut Transaction) {
        match self {
            Self::Stays | Self::Adopted { .. } | Self::TakenBack { .. } => {}
            Self::Replaced { owner, by } => check_replaces(scope, transaction, by, owner),
            Self::Left {
                owner, standing, ..
            } => check_standing(scope, transaction, owner, standing),
        }
    }
}

/// Checks that the actor of the scope may write the resource.
///
/// # Errors
/// `403` when it belongs to another connection.
pub(super) async fn ownership(
    scope: &Scope,
    kind: &Kind,
    record: &Record,
) -> Result<Ownership, Error> {
    ownership_by(scope, kind, record, scope.actor.connection()).await
}

/// Checks that a connection may write the resource; `None` stands for whoever is no connection.
///
/// # Errors
/// `403` when it belongs to another connection.
pub(crate) async fn ownership_by(
    scope: &Scope,
    kind: &Kind,
    record: &Record,
    writer: Option<&str>,
) -> Result<Ownership, Error> {
    let adopted = |by: &str| Ownership::Adopted { by: by.to_owned() };
    if let (Some(by), Some(seen)) = (writer, &record.identity.observation)
        && record.identity.owner.as_deref() != Some(by)
        && seen.owner.as_deref() == Some(by)
        && observing(scope).await?.contains(&seen.connection)
    {
        return Ok(Ownership::TakenBack { by: by.to_owned() });
    }
    // An admin has handed over to it what a connection of before had only observed.
    if let (Some(by), Some(seen)) = (writer, &record.identity.observation)
        && record.identity.owner.as_deref() == Some(by)
        && seen.connection != by
    {
        return Ok(adopted(by));
    }
    match writer {
        Some(by) if record.identity.is_unowned() => Ok(adopted(by)),
        // Whoever comes first gets what nobody knows the owner of, but not while that is still looked for.
        Some(by) if is_lifted(record) && owners_are_known(scope, kind).await? => Ok(adopted(by)),
        _ => check_owner_for(scope, record.identity.owner.as_deref(), writer).await,
    }
}

/// Returns whether an earlier version stored the resource, so that nobody noted the owner.
pub(super) fn is_lifted(record: &Record) -> bool {
    record.identity.owner.is_none() && record.identity.origin.is_none()
}

async fn owners_are_known(scope: &Scope, kind: &Kind) -> Result<bool, Error> {
    let tenant = scope.stored_tenant().await?;
    let known_at = match kind.has_members() {
        true => tenant.group_owners_known_at,
        false => tenant.owners_known_at,
    };
    Ok(known_at.is_some())
}

/// Checks that the actor of the scope may write what this connection owns.
///
/// # Errors
/// `403` when it is another connection.
pub(super) async fn check_owner(scope: &Scope, owner: Option<&str>) -> Result<Ownership, Error> {
    check_owner_for(scope, owner, scope.actor.connection()).await
}

async fn check_owner_for(
    scope: &Scope,
    owner: Option<&str>,
    writer: Option<&str>,
) -> Result<Ownership, Error> {
    let (Some(owner), Some(writer)) = (owner, writer) else {
        return Ok(Ownership::Stays);
    };
    if owner == writer {
        return Ok(Ownership::Stays);
    }
    let credentials = Credentials::of(scope);
    let connection = credentials.known_connection(writer).await?;
    let (owner, by) = (owner.to_owned(), writer.to_owned());
    let is_replaced = |owner: &String| {
        let replaces = connection.as_ref().map(|one| &one.replaces);
        replaces.is_some_and(|replaces| replaces.contains(owner))
    };
    if is_replaced(&owner) {
        return Ok(Ownership::Replaced { owner, by });
    }
    let standing = credentials.standing(&owner).await?;
    let is_open = match &standing {
        Standing::Live => false,
        Standing::Revoked { .. } | Standing::Deleted => true,
        Standing::HandedTo { connection: heir } => *heir == by || is_replaced(heir),
    };
    match is_open {
        true => Ok(Ownership::Left {
            owner,
            standing,
            by,
        }),
        false => Err(owned_by_another()),
    }
}

fn owned_by_another() -> Error {
    let detail = "this resource belongs to another connection of the organization; let this connection replace that \
                  one, or exclude the resource from this application";
    Error::Refused(
        Reason::OwnedByAnother,
        scim::Error::Forbidden(detail.to_owned()),
    )
}
