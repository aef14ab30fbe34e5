//! Whether a connection may find a person by name because the owner of the person is gone, or is replaced. An accepted
//! sign-in that rests on that checks it in its transaction.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_model::{NO_CONNECTION, Settings};
use rollcall_store::{Error, Scope, Transaction};

use crate::credentials::connections::Connection;
use crate::credentials::handle::Credentials;
use crate::credentials::standing::{Standing, check_replaces, check_standing};
use crate::resources::record::Record;
use crate::roles::decide::may_be_protected;
use crate::sign_in::handle::SignIn;
use crate::sign_in::presented::Presented;

/// Owners that have left their people to everybody or to the connection of the sign-in, and how they stand.
pub(super) type GoneOwners = BTreeMap<String, Standing>;

/// Returns the connections that speak for a person: the one that owns them; for somebody whom nobody pushed, those in
/// which a subject is firmly bound to them.
pub(super) fn speakers(record: &Record) -> Vec<&String> {
    let identity = &record.identity;
    let firm = identity.bindings.iter().filter(|(_, binding)| binding.firm);
    let firm = firm.map(|(connection, _)| connection);
    match identity.owner_in_effect() {
        Some(owner) => vec![owner],
        None => firm.filter(|it| *it != NO_CONNECTION).collect(),
    }
}

impl SignIn<'_> {
    /// Returns the owners of people that are gone. Only those that a sign-in names the connection of are looked up.
    pub(super) async fn gone_owners(
        self,
        presented: &Presented,
        connection: Option<&Connection>,
        settings: &Settings,
        people: &[Record],
    ) -> Result<GoneOwners, Error> {
        let mut gone = GoneOwners::new();
        let Some(named) = &presented.connection else {
            return Ok(gone);
        };
        // Of those whom nobody pushed, only who holds a role of their own is out of reach of other connections.
        let concerned = people.iter().filter(|one| {
            let is_given = one.account.has_given_role() || may_be_protected(one, settings);
            one.identity.owner_in_effect().is_some() || is_given
        });
        let is_replaced = |owner: &String| connection.is_some_and(|it| it.replaces.contains(owner));
        let owners = concerned.flat_map(speakers);
        let others = owners.filter(|owner| *owner != named && !is_replaced(owner));
        for owner in others.collect::<BTreeSet<_>>() {
            let standing = Credentials::of(self.scope).standing(owner).await?;
            let is_open = match &standing {
                Standing::Live => false,
                Standing::Revoked { .. } | Standing::Deleted => true,
                Standing::HandedTo { connection: heir } => heir == named || is_replaced(heir),
            };
            if is_open {
                gone.insert(owner.clone(), standing);
            }
        }
        Ok(gone)
    }
}

/// Adds the condition that the connection of the sign-in may still find the person by name, if another connection speaks
/// for them.
pub(super) fn check_reach(
    scope: &Scope,
    transaction: &mut Transaction,
    presented: &Presented,
    connection: Option<&Connection>,
    gone: &GoneOwners,
    record: &Record,
) {
    let (Some(named), speakers) = (&presented.connection, speakers(record)) else {
        return;
    };
    if speakers.contains(&named) {
        return;
    }
    for speaker in speakers {
        let by = connection.filter(|it| it.replaces.contains(speaker));
        match (by, gone.get(speaker)) {
            (Some(by), _) => return check_replaces(scope, transaction, &by.id, speaker),
            (_, Some(standing)) => return check_standing(scope, transaction, speaker, standing),
            (None, None) => {}
        }
    }
}
