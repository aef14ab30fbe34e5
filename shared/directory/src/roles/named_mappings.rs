//! Role mappings by the name of the group, also before the group is pushed.
//!
//! The mapping of a group that is not there yet awaits it. The event of the group's creation, or of its new name, then maps
//! the group, in the name of whoever asked for it. From then on, the mapping is the group's own.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rollcall_model::{Actor, Catalogue, EventType, GROUPS, Origin, Role, RoleId, Subject};
use rollcall_scim::{self as scim, fold};
use rollcall_store::{
    Error, Expression, Guard, Key, Range, Scope, Transaction, from_item, now, retry_stale, string,
    to_item,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::journal::entry::Entry;
use crate::resources::handle::Resources;
use crate::resources::writes::Pointer;
use crate::roles::decide::highest_first;
use crate::roles::granting::check_rank;
use crate::roles::handle::Roles;
use crate::roles::mappings::{NamedMapping, check_mappable, roles_of};

/// The longest name of a group that a mapping can await, in characters.
const MAX_NAME_CHARS: usize = 500;
/// The number of groups that a tenant can await.
const MAX_AWAITED: usize = 1_000;

/// A mapping that awaits its group, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Awaited {
    group_name: String,
    roles: Vec<RoleId>,
    since: Timestamp,
    request_id: String,
    actor: Actor,
    #[serde(default, skip_serializing_if = "Origin::is_empty")]
    origin: Origin,
}

impl Awaited {
    fn as_read(&self) -> Expression {
        let read = string(&self.request_id);
        Expression::new("request_id = :awaited").with(":awaited", read)
    }

    /// Returns those of the roles that a group can still give.
    fn mappable(&self, roles: &Catalogue) -> BTreeSet<Role> {
        let known = self.roles.iter().filter_map(|id| roles.role(id));
        known.filter(|role| role.is_mappable()).collect()
    }
}

impl From<Awaited> for NamedMapping {
    fn from(awaited: Awaited) -> Self {
        Self {
            name: awaited.group_name,
            group: None,
            roles: awaited.roles,
        }
    }
}

/// What is stored under a name: the group, and the mapping that awaits it.
struct Named {
    key: Key,
    group: Option<String>,
    awaited: Option<Awaited>,
}

impl Roles<'_> {
    /// Returns the mapping of the group with this name, which need not be there yet.
    ///
    /// # Errors
    /// `404` when there is neither such a group nor a mapping that awaits it.
    pub async fn mapping_by_name(self, name: &str) -> Result<NamedMapping, Error> {
        let named = self.named(name).await?;
        match (named.group, named.awaited) {
            (None, Some(awaited)) => Ok(awaited.into()),
            (None, None) => {
                let what = format!("a mapping of a group `{}`", rollcall_model::shown(name));
                Err(scim::Error::NotFound { what }.into())
            }
            (Some(group), awaited) => {
                let record = Resources::of(self.scope).record(&GROUPS, &group).await?;
                let stored = self.mapping_of(&group).await?;
                let roles = match (awaited, roles_of(stored.as_ref())) {
                    // It was pushed a moment ago.
                    (Some(awaited), roles) if roles.is_empty() => awaited.roles,
                    (_, roles) => roles,
                };
                let name = record.text(&GROUPS, GROUPS.unique)?;
                Ok(NamedMapping {
                    name: name.unwrap_or_default(),
                    group: Some(group),
                    roles,
                })
            }
        }
    }

    /// Lists the mappings that await their groups, by name.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn awaited_mappings(self) -> Result<Vec<NamedMapping>, Error> {
        let range = Range::all(self.scope.keys().awaited_mappings());
        let items = self.scope.table.query_all(range).await?;
        let awaited = items.into_iter().map(from_item::<Awaited>);
        awaited.map(|item| item.map(NamedMapping::from)).collect()
    }

    /// Maps the group with this name to these roles, or to none, as [`Self::map_group_by`] does. If there is no such group
    /// yet, the mapping awaits it. Returns the mapping as it is now, and whether it had no roles before and has some now.
    ///
    /// # Errors
    /// As for [`Self::map_group_by`]; `invalidValue` for a name that no group can have.
    pub async fn map_name_by(
        self,
        name: &str,
        roles: &BTreeSet<Role>,
        giver: Role,
    ) -> Result<(NamedMapping, bool), Error> {
        retry_stale(|_| async move {
            let named = self.named(name).await?;
            let Some(group) = &named.group else {
                let awaited = self.await_group(name, &named, roles, giver).await?;
                let mapping = NamedMapping {
                    name: name.to_owned(),
                    group: None,
                    roles: highest_first(roles),
                };
                return Ok(awaited.map(|is_new| (mapping, is_new)));
            };
            if named.awaited.is_some() {
                self.settle_awaited(group).await?;
                return Ok(None);
            }
            let had = self.mapping_of(group).await?;
            let had_none = roles_of(had.as_ref()).is_empty();
            let mapped = self.map_group_by(group, roles.iter().copied(), giver);
            let mapping = mapped.await?;
            Ok(Some((mapping, had_none && !roles.is_empty())))
        })
        .await
    }

    /// Writes a mapping that awaits its group. Returns whether there was none before; `None` if something has changed
    /// since it was read.
    async fn await_group(
        self,
        name: &str,
        named: &Named,
        roles: &BTreeSet<Role>,
        giver: Role,
    ) -> Result<Option<bool>, Error> {
        let before = named.awaited.as_ref();
        let held = before.map_or_else(Vec::new, |awaited| awaited.roles.clone());
        let wanted = highest_first(roles);
        let is_same = held == wanted;
        if is_same && before.is_none_or(|awaited| awaited.group_name == name) {
            return Ok(Some(false));
        }
        check_mappable(roles, &held)?;
        let tenant = self.scope.stored_tenant().await?;
        check_rank(&held, roles, giver, &tenant.settings.roles)?;
        if before.is_none() && self.awaited_mappings().await?.len() >= MAX_AWAITED {
            let detail =
                format!("at most {MAX_AWAITED} groups can be awaited; clear the mappings of some");
            return Err(scim::Error::InvalidValue(detail).into());
        }
        let mut transaction = Transaction::default();
        let as_read = before.map_or_else(Expression::absent, Awaited::as_read);
        match wanted.is_empty() {
            true => transaction.delete_if(named.key.clone(), as_read, Guard::Stale),
            false => {
                let anew = Awaited {
                    group_name: name.to_owned(),
                    roles: wanted.clone(),
                    since: now(),
                    request_id: self.scope.request_id.clone(),
                    // It stays until the group comes, and must not keep the address of somebody who is erased.
                    actor: self.scope.actor.clone().by_id_alone(),
                    origin: Origin::default(),
                };
                let awaited = match before.filter(|_| is_same) {
                    // Another spelling changes nothing about who asked for the roles, and with which rank.
                    Some(before) => Awaited {
                        group_name: anew.group_name,
                        ..before.clone()
                    },
                    None => anew,
                };
                transaction.put_if(to_item(&named.key, &awaited)?, as_read, Guard::Stale);
            }
        }
        // Whoever creates the group meanwhile has an event that finds the mapping, or this fails.
        let claimed = self.scope.keys().name(&GROUPS, &fold(name));
        transaction.check(claimed, Expression::absent(), Guard::Stale);
        self.scope.check_alive(&mut transaction);
        let told = |group: &str, ids: &[RoleId]| {
            Some(json!({"group": group, "role_id": ids.first(), "role_ids": ids}))
        };
        let name_before = before.map_or(name, |awaited| awaited.group_name.as_str());
        let subject = Subject::tenant(&self.scope.tenant);
        let entry = Entry::new(self.scope, EventType::TenantGroupAwaited, subject);
        let entry = entry.with_change(told(name_before, &held), told(name, &wanted));
        transaction.put(entry.to_item(self.scope.keys())?);
        let written = self.scope.table.transact(&transaction).await?.is_empty();
        Ok(written.then_some(before.is_none()))
    }

    /// Maps a group to the roles that await its name, if there are any.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn settle_awaited(self, group: &str) -> Result<(), Error> {
        retry_stale(|_| async move {
            let groups = Resources::of(self.scope);
            let found = groups.records(&GROUPS, &[group.to_owned()]).await?;
            let Some(record) = found.into_iter().next() else {
                return Ok(Some(()));
            };
            let name = record.text(&GROUPS, GROUPS.unique)?;
            let Some(name) = name.filter(|name| !fold(name).is_empty()) else {
                return Ok(Some(()));
            };
            let key = self.scope.keys().awaited_mapping(&fold(&name));
            let Some(item) = self.scope.table.get(&key).await? else {
                return Ok(Some(()));
            };
            let awaited: Awaited = from_item(item)?;
            let mut settled = Transaction::default();
            settled.delete_if(key, awaited.as_read(), Guard::Stale);
            let before = self.mapping_of(group).await?;
            let since = before.as_ref().map(|stored| stored.mapping.since);
            let is_newer = since.is_some_and(|since| since > awaited.since);
            let tenant = self.scope.stored_tenant().await?;
            let roles = awaited.mappable(&tenant.settings.roles);
            let held = roles_of(before.as_ref());
            // Roles that the group has already may be above the rank of whoever awaited the name.
            if roles.is_empty() || is_newer || !held.is_empty() {
                let written = self.scope.table.transact(&settled).await?.is_empty();
                return Ok(written.then_some(()));
            }
            // The rank of whoever asked for it was checked then.
            let scope = Scope {
                actor: awaited.actor.clone(),
                origin: Origin::default(),
                request_id: awaited.request_id.clone(),
                ..self.scope.clone()
            };
            let asked = Roles::of(&scope);
            let written = asked.write_mapping_with(settled, &record, before, &roles, Role::Owner);
            Ok(written.await?.then_some(()))
        })
        .await
    }

    /// Maps the groups that are there by now, and whose event did not do it.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn settle_all_awaited(self) -> Result<(), Error> {
        for awaited in self.awaited_mappings().await? {
            if let Some(group) = self.named(&awaited.name).await?.group {
                self.settle_awaited(&group).await?;
            }
        }
        Ok(())
    }

    async fn named(self, name: &str) -> Result<Named, Error> {
        let folded = fold(name);
        let is_long = name.chars().count() > MAX_NAME_CHARS;
        if folded.trim().is_empty() || is_long || name.chars().any(char::is_control) {
            let detail = format!(
                "`name` must be the name of a group: 1 to {MAX_NAME_CHARS} printable characters"
            );
            return Err(scim::Error::InvalidValue(detail).into());
        }
        let keys = self.scope.keys();
        let (claimed, key) = (keys.name(&GROUPS, &folded), keys.awaited_mapping(&folded));
        let wanted = [claimed.clone(), key.clone()];
        let mut found = self.scope.table.find(wanted).await?;
        let group = found.take(&claimed).map(from_item::<Pointer>);
        let awaited = found.take(&key).map(from_item).transpose()?;
        Ok(Named {
            group: group.transpose()?.map(|pointer| pointer.id),
            key,
            awaited,
        })
    }
}
