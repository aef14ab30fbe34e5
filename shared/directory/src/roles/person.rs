//! People as lists show them, and roles given by hand.

use std::collections::BTreeSet;

use rollcall_model::{
    Catalogue, EventType, Grant, Identity, PersonState, Role, RoleId, USERS, Way,
};
use rollcall_scim as scim;
use rollcall_store::{Error, now, retry_stale};
use serde_json::{Map, Value, json};

use crate::journal::entry::Entry;
use crate::resources::handle::{Members, Resources};
use crate::resources::record::Record;
use crate::resources::writes::{account_writes, committed, first_owner_writes, subject};
use crate::roles::decide;
use crate::roles::explain::{PersonRole, person_role};
use crate::roles::granting::{check_rank, write_grant};
use crate::roles::handle::Roles;
use crate::roles::mappings::by_group;
use crate::roles::rank::vouches;

/// One person in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// The user's id.
    pub id: String,
    /// `userName`.
    pub user_name: String,
    /// `displayName`.
    pub display_name: Option<String>,
    /// `externalId`: the identity provider's own id.
    pub external_id: Option<String>,
    /// The primary e-mail address, or else the first.
    pub email: Option<String>,
    /// Active, invited or inactive.
    pub state: PersonState,
    /// The effective role.
    pub role: Option<Role>,
    /// All roles, highest first.
    pub roles: Vec<Role>,
    /// When an event last told of a change of the role. `None` if none did, or an earlier version sent it.
    pub role_announced_at: Option<jiff::Timestamp>,
    /// When the user was created.
    pub created_at: jiff::Timestamp,
    /// When the person last signed in.
    pub last_login_at: Option<jiff::Timestamp>,
    /// Where they came from, who owns them, and how sign-ins find them.
    pub identity: Identity,
    /// The ids of their groups. A group that was deleted a moment ago can still be among them.
    pub groups: BTreeSet<String>,
    /// The attributes of the resource as it was pushed, without `id`, `meta` and `groups`.
    pub attributes: Map<String, Value>,
}

/// A person after a change that was made.
#[derive(Clone, Debug)]
pub struct ChangedPerson(pub(crate) Record);

impl Roles<'_> {
    /// Reads one person as lists show them.
    ///
    /// # Errors
    /// `404` when the person does not exist.
    pub async fn person(self, user: &str) -> Result<Person, Error> {
        let record = Resources::of(self.scope).record(&USERS, user).await?;
        let settings = self.scope.settings().await?;
        let mappings = by_group(
            &self.mappings_of(&decide::role_groups(&record)).await?,
            &settings.roles,
        );
        person(
            &record,
            decide::effective_roles(&record, &settings, &mappings),
        )
    }

    /// Returns a person's role, and every grant behind it.
    ///
    /// # Errors
    /// `404` when the person does not exist.
    pub async fn person_role(self, user: &str) -> Result<PersonRole, Error> {
        let record = Resources::of(self.scope).record(&USERS, user).await?;
        let settings = self.scope.settings().await?;
        let mappings = self.mappings_of(&decide::role_groups(&record)).await?;
        let groups = mappings.iter().map(|mapping| mapping.group.as_str());
        let groups = groups.collect();
        let joined = Members::of(self.scope).joined(&groups, user).await?;
        Ok(person_role(&record, &settings, &mappings, &joined))
    }

    /// Gives these roles by hand, instead of those that were given so before, and returns the person after that. A giver can give or remove only roles up to
    /// their own, `giver`.
    ///
    /// # Errors
    /// `404` when the person does not exist; `403` for a role above the giver's, and for the last active owner.
    pub async fn give_role(
        self,
        user: &str,
        roles: impl IntoIterator<Item = Role>,
        giver: Role,
    ) -> Result<ChangedPerson, Error> {
        let given = self.give_if(user, None, roles, giver).await?;
        given.ok_or(Error::Busy(None))
    }

    /// Gives roles as [`Self::give_role`] does, if those given by hand are still `from`, or are the wanted ones already.
    /// Returns whether they were. Roles that the tenant no longer has do not count.
    ///
    /// # Errors
    /// As for [`Self::give_role`].
    pub async fn give_role_from(
        self,
        user: &str,
        from: &[RoleId],
        roles: impl IntoIterator<Item = Role>,
        giver: Role,
    ) -> Result<bool, Error> {
        let given = self.give_if(user, Some(from), roles, giver).await?;
        Ok(given.is_some())
    }

    /// Gives roles. Returns `None` if those given by hand are not `from`, unless that is `None`.
    async fn give_if(
        self,
        user: &str,
        from: Option<&[RoleId]>,
        roles: impl IntoIterator<Item = Role>,
        giver: Role,
    ) -> Result<Option<ChangedPerson>, Error> {
        let roles: &BTreeSet<Role> = &roles.into_iter().collect();
        let wanted = &decide::highest_first(roles);
        retry_stale(|_| async move {
            let record = Resources::of(self.scope).record(&USERS, user).await?;
            let held: Vec<RoleId> = given(&record).cloned().collect();
            check_by_hand(
                roles
                    .iter()
                    .filter(|role| !held.contains(&RoleId::from(**role))),
            )?;
            if held == *wanted {
                return Ok(Some(Some(ChangedPerson(record))));
            }
            let tenant = self.scope.stored_tenant().await?;
            if from.is_some_and(|from| is_other(from, &held, &tenant.settings.roles)) {
                return Ok(Some(None));
            }
            check_rank(&held, roles, giver, &tenant.settings.roles)?;
            let mut after = record.rewritten();
            // Who only loses a role is not vouched for.
            if !wanted.iter().all(|role| held.contains(role)) {
                after.entrust(vouches(&self.scope.actor, user, giver))?;
            }
            let request_id = Some(self.scope.request_id.clone());
            after.account.manual = Grant::of(wanted.iter().cloned(), now(), request_id);
            let mut transaction = match self.needs_first_owner(roles) {
                true => first_owner_writes(self.scope, &record, &after)?,
                false => account_writes(self.scope, &record, &after)?,
            };
            if !wanted.is_empty() {
                let granted = wanted.iter().filter(|role| !held.contains(role));
                write_grant(self.scope, &mut transaction, &tenant, granted)?;
            }
            let told = |record: &Record| Some(told(record.account.manual.as_ref()));
            let entry = Entry::new(
                self.scope,
                EventType::UserRoleGiven,
                subject(&USERS, &record)?,
            )
            .with_change(told(&record), told(&after));
            transaction.put(entry.to_item(self.scope.keys())?);
            let committed = committed(self.scope, &transaction, &USERS).await?;
            Ok(committed.then_some(Some(ChangedPerson(after))))
        })
        .await
    }
}

/// Returns whether the roles that are held are others, among those of the tenant.
fn is_other(from: &[RoleId], held: &[RoleId], roles: &Catalogue) -> bool {
    let known = held.iter().filter(|id| roles.role(id).is_some());
    known.collect::<BTreeSet<_>>() != from.iter().collect()
}

impl Roles<'_> {
    /// Returns whether the actor may give the roles only while the tenant has no owner: a portal link gives no role that a
    /// group cannot give, unless it is for the first owner.
    fn needs_first_owner(self, roles: &BTreeSet<Role>) -> bool {
        let is_link = self.scope.actor.kind() == "portal_link";
        is_link && roles.iter().any(|role| !role.is_mappable())
    }

    /// Returns whether the tenant has an owner who is not deactivated.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn has_owner(self) -> Result<bool, Error> {
        let owners = self.scope.table.get(&self.scope.keys().owners()).await?;
        let ids = owners.and_then(|owners| owners.get("active_ids")?.as_ss().ok().cloned());
        Ok(ids.is_some_and(|ids| !ids.is_empty()))
    }
}

/// Returns a grant by hand as events tell it.
pub(crate) fn told(grant: Option<&Grant>) -> Value {
    let ids: Vec<&RoleId> = grant.into_iter().flat_map(Grant::roles).collect();
    json!({"role_id": ids.first(), "role_ids": ids})
}

fn given(record: &Record) -> impl Iterator<Item = &RoleId> {
    record.account.manual.iter().flat_map(Grant::roles)
}

/// Refuses roles that are not given by hand.
pub(crate) fn check_by_hand<'a>(roles: impl Iterator<Item = &'a Role>) -> Result<(), Error> {
    match roles.filter(|role| !role.is_given(Way::Hand)).max() {
        Some(role) => {
            let detail = format!("`{role}` cannot be given by hand, choose another role");
            Err(scim::Error::InvalidValue(detail).into())
        }
        None => Ok(()),
    }
}

/// Returns a person as lists show them.
///
/// # Errors
/// When the stored document is not JSON.
pub fn person(record: &Record, roles: Vec<Role>) -> Result<Person, Error> {
    Ok(Person {
        id: record.id.clone(),
        user_name: record.user_name()?,
        display_name: record.text(&USERS, "displayName")?,
        external_id: record.text(&USERS, "externalId")?,
        email: record.email()?,
        state: record.state(),
        role: roles.first().copied(),
        roles,
        role_announced_at: record.account.announced_at,
        created_at: record.created,
        last_login_at: record.account.last_login_at,
        identity: record.identity.clone(),
        groups: record.groups.clone(),
        attributes: record.resource(&USERS)?.attributes().clone(),
    })
}
