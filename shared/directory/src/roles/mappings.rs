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
use crate::roles::granting::write_grant;
use crate::roles::handle::Roles;

/// One mapping as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// The group's id.
    pub group: String,
    /// The role that its members get. One that is not in the catalogue grants nothing.
    pub role: RoleId,
    /// When the group was mapped to the role.
    pub since: Timestamp,
    /// The request that mapped it.
    pub request_id: String,
}

/// A mapping with its item, which may have attributes of a newer version.
struct StoredMapping {
    mapping: Mapping,
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

    /// Maps a group to a role, or to none. An event then reconciles the people that this affects.
    ///
    /// # Errors
    /// `404` when the group does not exist; `invalidValue` for a role that groups cannot give.
    pub async fn map_group(self, group: &str, role: Option<Role>) -> Result<(), Error> {
        check_mappable(role)?;
        retry_stale(|_| async move {
            let record = Resources::of(self.scope).record(&GROUPS, group).await?;
            let before = self.mapping_of(group).await?;
            let written = self.write_mapping(&record, before, role).await?;
            Ok(written.then_some(()))
        })
        .await
    }

    /// Maps a group to a role, or to none, if it is still mapped to `from`. Returns whether it was.
    ///
    /// # Errors
    /// As for [`Self::map_group`].
    pub async fn map_group_from(
        self,
        group: &str,
        from: Option<&RoleId>,
        role: Option<Role>,
    ) -> Result<bool, Error> {
        check_mappable(role)?;
        retry_stale(|_| async move {
            let record = Resources::of(self.scope).record(&GROUPS, group).await?;
            let before = self.mapping_of(group).await?;
            let held = before.as_ref().map(|stored| &stored.mapping.role);
            if held != from {
                return Ok(Some(false));
            }
            let written = self.write_mapping(&record, before, role).await?;
            Ok(written.then_some(true))
        })
        .await
    }

    async fn mapping_of(self, group: &str) -> Result<Option<StoredMapping>, Error> {
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
        role: Option<Role>,
    ) -> Result<bool, Error> {
        let held = before.as_ref().map(|stored| stored.mapping.role.clone());
        let wanted = role.map(RoleId::from);
        if held == wanted {
            return Ok(true);
        }
        let key = self.scope.keys().mapping(&record.id);
        let as_read = before.as_ref().map_or_else(Expression::absent, |stored| {
            let read = string(&stored.mapping.request_id);
            Expression::new("request_id = :read").with(":read", read)
        });
        let mut transaction = Transaction::default();
        match wanted.clone() {
            Some(role) => {
                let mapping = Mapping {
                    group: record.id.clone(),
                    role,
                    since: now(),
                    request_id: self.scope.request_id.clone(),
                };
                let mut item = to_item(&key, &mapping)?;
                if let Some(StoredMapping { mapping, item: raw }) = &before {
                    carry_over(raw, &to_item(&key, mapping)?, &mut item, &[]);
                }
                transaction.put_if(item, as_read, Guard::Stale);
                let tenant = self.scope.stored_tenant().await?;
                write_grant(self.scope, &mut transaction, &tenant, &mapping.role)?;
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
        transaction.put(self.mapping_entry(record, held, wanted)?);
        Ok(self.scope.table.transact(&transaction).await?.is_empty())
    }

    fn mapping_entry(
        self,
        group: &Record,
        before: Option<RoleId>,
        after: Option<RoleId>,
    ) -> Result<Item, Error> {
        let role = |role: Option<RoleId>| Some(json!({"role_id": role}));
        Entry::new(
            self.scope,
            EventType::GroupMappingChanged,
            subject(&GROUPS, group)?,
        )
        .with_change(role(before), role(after))
        .to_item(self.scope.keys())
    }
}

/// Refuses a role that groups cannot give.
pub(crate) fn check_mappable(role: Option<Role>) -> Result<(), Error> {
    match role.filter(|role| !role.is_mappable()) {
        Some(role) => {
            let detail = format!("`{role}` cannot be given by a group, choose another role");
            let error = scim::Error::InvalidValue(detail);
            Err(Error::Refused(Reason::RoleNotMappable, error))
        }
        None => Ok(()),
    }
}

/// Returns the role of each mapped group. A role that is not in the catalogue grants nothing.
pub fn by_group(mappings: &[Mapping], roles: &Catalogue) -> Mappings {
    let known = mappings.iter();
    known
        .filter_map(|mapping| Some((mapping.group.clone(), roles.role(&mapping.role)?)))
        .collect()
}
