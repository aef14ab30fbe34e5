//! Role mappings: which group gives which role.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rollcall_model::{Catalogue, EventType, GROUPS, Mappings, Reason, Role, RoleId};
use rollcall_scim as scim;
use rollcall_store::{
    Error, Expression, Guard, Item, Range, Transaction, carry_over, from_item, now, retry_stale,
    string, to_item,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::journal::entry::Entry;
use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::resources::writes::{subject, write_lists};
use crate::roles::decide::highest_first;
use crate::roles::granting::{check_rank, write_grant};
use crate::roles::handle::Roles;

/// One mapping as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// The group's id.
    pub group: String,
    /// The highest role that its members get. One that is not in the catalogue grants nothing.
    pub role: RoleId,
    /// The other roles that they get. Earlier versions neither know nor renew them, so they name their request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    below: Option<Below>,
    /// When the group was mapped to the role.
    pub since: Timestamp,
    /// The request that mapped it.
    pub request_id: String,
}

/// The roles of a mapping below the highest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Below {
    /// The request that mapped the group to them.
    request_id: String,
    roles: Vec<RoleId>,
}

impl Mapping {
    /// Returns the ids of all roles that the group gives, highest first.
    pub fn roles(&self) -> Vec<RoleId> {
        let below = self.below.as_ref();
        let below = below.filter(|below| below.request_id == self.request_id);
        let below = below.into_iter().flat_map(|below| &below.roles);
        std::iter::once(&self.role).chain(below).cloned().collect()
    }

    /// Returns the roles of the catalogue that the group gives.
    pub(crate) fn known_roles(&self, roles: &Catalogue) -> BTreeSet<Role> {
        let ids = self.roles();
        ids.iter().filter_map(|id| roles.role(id)).collect()
    }

    fn of(group: &str, roles: &[RoleId], request_id: &str) -> Option<Self> {
        let (role, below) = roles.split_first()?;
        Some(Self {
            group: group.to_owned(),
            role: role.clone(),
            below: (!below.is_empty()).then(|| Below {
                request_id: request_id.to_owned(),
                roles: below.to_vec(),
            }),
            since: now(),
            request_id: request_id.to_owned(),
        })
    }
}

/// The roles of a group, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedMapping {
    /// The name, as the identity provider or whoever awaits the group spells it.
    pub name: String,
    /// The group's id; `None` if no such group is there yet.
    pub group: Option<String>,
    /// The ids of the roles, highest first.
    pub roles: Vec<RoleId>,
}

/// A mapping with its item, which may have attributes of a newer version.
pub(super) struct StoredMapping {
    pub(super) mapping: Mapping,
    item: Item,
}

impl Roles<'_> {
    /// Reads every mapping of the tenant.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn mappings(self) -> Result<Vec<Mapping>, Error> {
        let range = Range::mappings(self.scope.keys());
        let items = self.scope.table.query_all(range).await?;
        items.into_iter().map(from_item).collect()
    }

    /// Reads the mappings of these groups.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn mappings_of(self, groups: &BTreeSet<String>) -> Result<Vec<Mapping>, Error> {
        let items = self
            .scope
            .table
            .batch_get(groups.iter().map(|group| self.scope.keys().mapping(group)))
            .await?;
        items.into_iter().map(from_item).collect()
    }

    /// Maps a group to these roles, or to none, for the application. See [`Self::map_group_by`].
    ///
    /// # Errors
    /// `404` when the group does not exist; `invalidValue` for a role that groups cannot give.
    pub async fn map_group(
        self,
        group: &str,
        roles: impl IntoIterator<Item = Role>,
    ) -> Result<(), Error> {
        let mapped = self.map_group_by(group, roles, Role::Owner).await;
        mapped.map(drop)
    }

    /// Maps a group to these roles, or to none, for somebody of the rank `giver`, who can add and take away only roles up
    /// to their own. An event then reconciles the people that this affects. Returns the mapping as it is now.
    ///
    /// # Errors
    /// As for [`Self::map_group`]; `403` for a role above the giver's.
    pub async fn map_group_by(
        self,
        group: &str,
        roles: impl IntoIterator<Item = Role>,
        giver: Role,
    ) -> Result<NamedMapping, Error> {
        let roles: BTreeSet<Role> = roles.into_iter().collect();
        let roles = &roles;
        retry_stale(|_| async move {
            let record = Resources::of(self.scope).record(&GROUPS, group).await?;
            let before = self.mapping_of(group).await?;
            check_mappable(roles, &roles_of(before.as_ref()))?;
            let name = record.text(&GROUPS, GROUPS.unique)?;
            let written = self.write_mapping(&record, before, roles, giver).await?;
            Ok(written.then(|| NamedMapping {
                name: name.unwrap_or_default(),
                group: Some(group.to_owned()),
                roles: highest_first(roles),
            }))
        })
        .await
    }

    /// Maps a group as [`Self::map_group_by`] does, if it is still mapped to the roles `from`. Returns whether it was.
    ///
    /// # Errors
    /// As for [`Self::map_group_by`].
    pub async fn map_group_from(
        self,
        group: &str,
        from: &[RoleId],
        roles: &BTreeSet<Role>,
        giver: Role,
    ) -> Result<bool, Error> {
        check_mappable(roles, from)?;
        retry_stale(|_| async move {
            let record = Resources::of(self.scope).record(&GROUPS, group).await?;
            let before = self.mapping_of(group).await?;
            if roles_of(before.as_ref()) != from {
                return Ok(Some(false));
            }
            let written = self.write_mapping(&record, before, roles, giver).await?;
            Ok(written.then_some(true))
        })
        .await
    }

    pub(super) async fn mapping_of(self, group: &str) -> Result<Option<StoredMapping>, Error> {
        let item = self
            .scope
            .table
            .get(&self.scope.keys().mapping(group))
            .await?;
        let stored = |item: Item| {
            let mapping = from_item(item.clone())?;
            Ok(StoredMapping { mapping, item })
        };
        item.map(stored).transpose()
    }

    /// Writes a mapping. Returns `false` if the mapping or the tenant has changed since it was read, or the group was
    /// deleted.
    async fn write_mapping(
        self,
        record: &Record,
        before: Option<StoredMapping>,
        roles: &BTreeSet<Role>,
        giver: Role,
    ) -> Result<bool, Error> {
        let with = Transaction::default();
        self.write_mapping_with(with, record, before, roles, giver)
            .await
    }

    /// Writes a mapping as [`Self::write_mapping`] does, with other writes. These are not written alone.
    pub(super) async fn write_mapping_with(
        self,
        with: Transaction,
        record: &Record,
        before: Option<StoredMapping>,
        roles: &BTreeSet<Role>,
        giver: Role,
    ) -> Result<bool, Error> {
        let (held, wanted) = (roles_of(before.as_ref()), &highest_first(roles));
        if held == *wanted {
            return Ok(true);
        }
        let tenant = self.scope.stored_tenant().await?;
        check_rank(&held, roles, giver, &tenant.settings.roles)?;
        let key = self.scope.keys().mapping(&record.id);
        let as_read = before.as_ref().map_or_else(Expression::absent, |stored| {
            let read = string(&stored.mapping.request_id);
            Expression::new("request_id = :read").with(":read", read)
        });
        let mut transaction = with;
        match Mapping::of(&record.id, wanted, &self.scope.request_id) {
            Some(mapping) => {
                let mut item = to_item(&key, &mapping)?;
                if let Some(StoredMapping { mapping, item: raw }) = &before {
                    carry_over(raw, &to_item(&key, mapping)?, &mut item, &[]);
                }
                transaction.put_if(item, as_read, Guard::Stale);
                let granted = wanted.iter().filter(|role| !held.contains(role));
                write_grant(self.scope, &mut transaction, &tenant, granted)?;
                write_lists(self.scope, &mut transaction, &GROUPS, record)?;
            }
            None => transaction.delete_if(key, as_read, Guard::Stale),
        }
        // A mapping must not outlive its group.
        transaction.check(
            self.scope.keys().resource(&GROUPS, &record.id),
            Expression::present(),
            Guard::Stale,
        );
        transaction.put(self.mapping_entry(record, &held, wanted)?);
        Ok(self.scope.table.transact(&transaction).await?.is_empty())
    }

    fn mapping_entry(
        self,
        group: &Record,
        before: &[RoleId],
        after: &[RoleId],
    ) -> Result<Item, Error> {
        let told = |ids: &[RoleId]| Some(json!({"role_id": ids.first(), "role_ids": ids}));
        Entry::new(
            self.scope,
            EventType::GroupMappingChanged,
            subject(&GROUPS, group)?,
        )
        .with_change(told(before), told(after))
        .to_item(self.scope.keys())
    }
}

pub(super) fn roles_of(stored: Option<&StoredMapping>) -> Vec<RoleId> {
    stored.map_or_else(Vec::new, |stored| stored.mapping.roles())
}

/// Refuses roles that groups cannot give, unless this group gives them already.
pub(crate) fn check_mappable(roles: &BTreeSet<Role>, held: &[RoleId]) -> Result<(), Error> {
    let is_held = |role: &Role| held.iter().any(|id| id == role);
    let refused = |role: &&Role| !role.is_mappable() && !is_held(role);
    match roles.iter().rfind(refused) {
        Some(role) => {
            let detail = format!("`{role}` cannot be given by a group, choose another role");
            let error = scim::Error::InvalidValue(detail);
            Err(Error::Refused(Reason::RoleNotMappable, error))
        }
        None => Ok(()),
    }
}

/// Returns the roles of each mapped group. A role that is not in the catalogue grants nothing.
pub fn by_group(mappings: &[Mapping], roles: &Catalogue) -> Mappings {
    let known = mappings.iter();
    let known = known.map(|mapping| (mapping.group.clone(), mapping.known_roles(roles)));
    known.filter(|(_, roles)| !roles.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_roles_end_when_an_earlier_version_maps_the_group() {
        let ids = |ids: &[&str]| ids.iter().map(|id| RoleId::named(*id)).collect::<Vec<_>>();
        let roles = ids(&["admin", "billing"]);
        let mut mapping = Mapping::of("g", &roles, "r1").unwrap();
        assert_eq!(mapping.roles(), roles);
        assert_eq!(json!(mapping)["role"], "admin");
        // It keeps what it does not know.
        mapping.request_id = "r2".to_owned();
        assert_eq!(mapping.roles(), ids(&["admin"]));
        assert_eq!(Mapping::of("g", &[], "r1"), None);
        let none = by_group(&[mapping], &Catalogue::default());
        assert_eq!(none["g"], [Role::Admin].into());
    }
}
