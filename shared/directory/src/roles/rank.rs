//! Who may act on whom: nobody acts on the identity of somebody who ranks above them.

use std::collections::BTreeSet;

use rollcall_model::{Actor, Reason, Role, RoleId};
use rollcall_scim as scim;
use rollcall_store::Error;

use crate::resources::record::Record;
use crate::roles::decide;
use crate::roles::granting::check_rank;
use crate::roles::handle::Roles;
use crate::roles::mappings::{by_group, roles_of};

impl Roles<'_> {
    /// Checks that the person does not rank above `rank`. The role counts that they would have if they were in.
    ///
    /// # Errors
    /// `403` when they do.
    pub(crate) async fn check_rank_over(self, record: &Record, rank: Role) -> Result<(), Error> {
        match self.outranks(record, rank).await? {
            Some(above) => Err(outranked(above)),
            None => Ok(()),
        }
    }

    /// Checks that a group gives no role above `rank`. Without the group, nobody has its roles.
    ///
    /// # Errors
    /// `403` when it does.
    pub(crate) async fn check_rank_over_group(self, group: &str, rank: Role) -> Result<(), Error> {
        if rank.is_owner() {
            return Ok(());
        }
        let held = roles_of(self.mapping_of(group).await?.as_ref());
        self.check_rank_over_roles(&held, rank).await
    }

    /// Checks that the group with this name, which need not be there yet, gives no role above `rank`.
    ///
    /// # Errors
    /// `403` when it does.
    pub(crate) async fn check_rank_over_name(self, name: &str, rank: Role) -> Result<(), Error> {
        if rank.is_owner() {
            return Ok(());
        }
        match self.mapping_by_name(name).await {
            Ok(mapping) => self.check_rank_over_roles(&mapping.roles, rank).await,
            Err(error) if error.reason() == Reason::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn check_rank_over_roles(self, held: &[RoleId], rank: Role) -> Result<(), Error> {
        if held.is_empty() {
            return Ok(());
        }
        let settings = self.scope.settings().await?;
        check_rank(held, &BTreeSet::new(), rank, &settings.roles)
    }

    /// Returns the rank of the person if it is above `rank`.
    async fn outranks(self, record: &Record, rank: Role) -> Result<Option<Role>, Error> {
        if rank.is_owner() {
            return Ok(None);
        }
        let settings = self.scope.settings().await?;
        let mappings = self.mappings_of(&decide::role_groups(record)).await?;
        let mappings = by_group(&mappings, &settings.roles);
        Ok(decide::rank(record, &settings, &mappings).filter(|held| held.outranks(rank)))
    }

    /// Returns whether the person holds a role above the default that no mapped group gives them.
    pub(crate) async fn protects(self, record: &Record) -> Result<bool, Error> {
        if record.account.manual.is_none() && record.account.default.is_none() {
            return Ok(false);
        }
        let settings = self.scope.settings().await?;
        if !decide::may_be_protected(record, &settings) {
            return Ok(false);
        }
        let mappings = self.mappings_of(&decide::role_groups(record)).await?;
        let mappings = by_group(&mappings, &settings.roles);
        Ok(decide::is_protected(record, &settings, &mappings))
    }
}

/// Returns whether the actor may say that the identifiers of a person are theirs: the application, or another owner.
pub(crate) fn vouches(actor: &Actor, person: &str, rank: Role) -> bool {
    match (actor.kind(), actor.person_id()) {
        ("application" | "system", _) => true,
        ("person", Some(id)) => id != person && rank.is_owner(),
        _ => false,
    }
}

fn outranked(role: Role) -> Error {
    let detail =
        format!("this person is `{role}` and ranks above you; ask someone with that role to do it");
    Error::Refused(Reason::PersonOutranks, scim::Error::Forbidden(detail))
}
