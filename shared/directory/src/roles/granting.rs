//! A grant of a role and a change of the roles exclude each other: what is granted is a role of the tenant, and no role
//! vanishes that was just granted.
//!
//! A grant is conditional on the tenant as it was read, and counts. A change of the roles is conditional on that count.
//! Grants do not exclude each other.
//!
//! Nobody grants or takes a role above their own, neither by hand nor by a group.

use std::collections::BTreeSet;

use rollcall_model::{Actor, Catalogue, Reason, Role, RoleId};
use rollcall_scim as scim;
use rollcall_store::{Error, Expression, Guard, Scope, TenantItem, Transaction, number};

/// Adds the condition that the tenant still has these roles, to a transaction that grants them by hand or by a group.
///
/// # Errors
/// `invalidValue` when it does not have one of them now.
pub(super) fn write_grant<'a>(
    scope: &Scope,
    transaction: &mut Transaction,
    tenant: &TenantItem,
    mut roles: impl Iterator<Item = &'a RoleId>,
) -> Result<(), Error> {
    if roles.any(|role| tenant.settings.roles.role(role).is_none()) {
        let detail = "the organization no longer has this role, choose another one".to_owned();
        return Err(scim::Error::InvalidValue(detail).into());
    }
    let count = Expression::new("ADD grants :one").with(":one", number(1));
    let unchanged = Expression::at_revision(tenant.revision);
    transaction.update_if(scope.keys().tenant(), count, unchanged, Guard::Stale);
    Ok(())
}

/// Counts grants that were written before, on the condition that the tenant is as it was read. Returns `false` if it is
/// not: a change of the roles may have come between. Many grants at once do not wait for each other like this.
///
/// # Errors
/// Only table errors.
pub(crate) async fn count_grants(scope: &Scope, tenant: &TenantItem) -> Result<bool, Error> {
    let mut transaction = Transaction::default();
    write_grant(scope, &mut transaction, tenant, std::iter::empty())?;
    Ok(scope.table.transact(&transaction).await?.is_empty())
}

/// Refuses to give or remove a role above the giver's own. The rank of a role that is not in the catalogue is unknown,
/// so only an owner can remove it.
///
/// # Errors
/// `403` for a role that is in one of the two lists alone and outranks the giver.
pub(crate) fn check_rank(
    held: &[RoleId],
    wanted: &BTreeSet<Role>,
    giver: Role,
    roles: &Catalogue,
) -> Result<(), Error> {
    let held = held.iter().map(|id| roles.role(id).unwrap_or(Role::Owner));
    let held: BTreeSet<Role> = held.collect();
    let changed = held.symmetric_difference(wanted);
    match changed.max().filter(|role| role.outranks(giver)) {
        Some(above) => Err(above_giver(*above)),
        None => Ok(()),
    }
}

/// Refuses a portal link roles that a group cannot give. Only [`Roles::give_role`](crate::Roles::give_role) makes the first
/// owner by a link.
///
/// # Errors
/// `403` for such a role.
pub(crate) fn check_link<'a>(
    actor: &Actor,
    roles: impl Iterator<Item = &'a Role>,
) -> Result<(), Error> {
    let is_link = actor.kind() == "portal_link";
    match roles.filter(|role| is_link && !role.is_mappable()).max() {
        Some(role) => Err(scim::Error::Forbidden(format!(
            "a portal link gives no `{role}`; sign in as someone who has the role"
        ))
        .into()),
        None => Ok(()),
    }
}

fn above_giver(role: Role) -> Error {
    let detail = format!(
        "only somebody who has the role `{role}` or a higher one can give or take it, ask one to do it"
    );
    Error::Refused(Reason::RoleAboveGiver, scim::Error::Forbidden(detail))
}
