//! Roles that were given by hand to somebody who was deleted and restored: withheld until a sign-in brings the subject of
//! before, or an admin gives them back.

use std::collections::BTreeSet;

use rollcall_model::{EventType, Role, RoleId, USERS};
use rollcall_store::{Error, Scope, TenantItem, Transaction, retry_stale};

use crate::journal::entry::Entry;
use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::resources::restore::above;
use crate::resources::writes::{account_writes, committed, subject};
use crate::roles::granting::{check_link, write_grant};
use crate::roles::handle::Roles;
use crate::roles::person::told;
use crate::roles::rank::vouches;

impl Roles<'_> {
    /// Restores a deleted person: active, with the same id, groups and attributes. A role that was given by hand stays
    /// withheld; to restore a person who is back already gives it back, up to the rank `gives_back`. Somebody who was not
    /// deleted stays as they are. A repetition under an idempotency key only completes what was begun.
    ///
    /// # Errors
    /// `404` when there never was such a person; `403` for somebody who ranks above `giver`; `409` when their attributes
    /// are no longer known, or somebody else has the name.
    pub async fn restore(self, user: &str, giver: Role, gives_back: Role) -> Result<(), Error> {
        let people = Resources::of(self.scope);
        // To restore again would give the role back, which nobody has asked for.
        if self.scope.table.has_begun() {
            return people.return_to_groups(user).await.map(|_| ());
        }
        match people.restore_by_hand(user, giver).await? {
            true => Ok(()),
            false => self.give_back(user, gives_back).await,
        }
    }

    async fn give_back(self, user: &str, giver: Role) -> Result<(), Error> {
        retry_stale(|_| async move {
            let before = Resources::of(self.scope).record(&USERS, user).await?;
            if before.account.withheld.is_none() {
                return Ok(Some(()));
            }
            let tenant = self.scope.stored_tenant().await?;
            let held = before.account.given_role(&tenant.settings.roles);
            if let Some(role) = held.filter(|role| role.outranks(giver)) {
                return Err(above(role));
            }
            let mut after = before.rewritten();
            after.entrust(vouches(&self.scope.actor, user, giver))?;
            after.account.give_back();
            check_link(
                &self.scope.actor,
                given_back(&before, &after, &tenant).iter(),
            )?;
            let mut transaction = account_writes(self.scope, &before, &after)?;
            write_given_back(self.scope, &mut transaction, &tenant, &before, &after)?;
            let committed = committed(self.scope, &transaction, &USERS).await?;
            Ok(committed.then_some(()))
        })
        .await
    }
}

/// Returns the roles of the tenant that the person gets back. What is not among the tenant's roles grants nothing.
fn given_back(before: &Record, after: &Record, tenant: &TenantItem) -> BTreeSet<Role> {
    let roles = |record: &Record| record.account.manual_roles(&tenant.settings.roles);
    let had = roles(before);
    let has = roles(after).into_iter();
    has.filter(|role| !had.contains(role)).collect()
}

/// Adds the grant and its journal entry, if the person gets a withheld role back.
pub(crate) fn write_given_back(
    scope: &Scope,
    transaction: &mut Transaction,
    tenant: &TenantItem,
    before: &Record,
    after: &Record,
) -> Result<(), Error> {
    if before.account.withheld.is_none() || after.account.withheld.is_some() {
        return Ok(());
    }
    let granted: Vec<RoleId> = given_back(before, after, tenant)
        .into_iter()
        .map(RoleId::from)
        .collect();
    if !granted.is_empty() {
        write_grant(scope, transaction, tenant, granted.iter())?;
    }
    let entry = Entry::new(scope, EventType::UserRoleGiven, subject(&USERS, before)?);
    let change = (
        Some(told(before.account.manual.as_ref())),
        Some(told(after.account.manual.as_ref())),
    );
    transaction.put(
        entry
            .with_change(change.0, change.1)
            .to_item(scope.keys())?,
    );
    Ok(())
}
