//! Role mappings: which pushed group gives which role.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rollcall_scim as scim;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::Error;
use crate::journal::entry::Entry;
use crate::model::kind::GROUPS;
use crate::model::role::{Mappings, Role};
use crate::resources::record::{Record, now};
use crate::resources::writes::{State, subject};
use crate::store::item::{Item, from_item, string, to_item};
use crate::store::table::Range;
use crate::store::transaction::{Expression, Guard, Transaction};
use crate::tenant::Tenant;

/// One mapping as the table holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// The group's id.
    pub group: String,
    /// The role its members get.
    pub role: Role,
    /// Since when.
    pub since: Timestamp,
    /// The request that made it.
    pub request_id: String,
}

/// Times a mapping is written anew because others keep writing it.
const MAX_TURNS: usize = 20;

impl Tenant {
    /// Every mapping of the tenant.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn mappings(&self) -> Result<Vec<Mapping>, Error> {
        let items = self
            .table
            .query_all(Range::prefix(self.id.config(), "ROLEMAP#"))
            .await?;
        items.into_iter().map(from_item).collect()
    }

    /// The mappings of these groups alone.
    pub(crate) async fn mappings_of(
        &self,
        groups: &BTreeSet<String>,
    ) -> Result<Vec<Mapping>, Error> {
        let items = self
            .table
            .batch_get(groups.iter().map(|group| self.id.mapping(group)))
            .await?;
        items.into_iter().map(from_item).collect()
    }

    /// Maps a group to a role, or to none. Whoever is concerned follows by events.
    ///
    /// # Errors
    /// `404` when there is no such group; `invalidValue` for a role that no group may give.
    pub async fn map_group(&self, group: &str, role: Option<Role>) -> Result<(), Error> {
        check_mappable(role)?;
        for _ in 0..MAX_TURNS {
            let record = self.record(&GROUPS, group).await?;
            let before = self.mapping_of(group).await?;
            if self.write_mapping(&record, before, role).await? {
                return Ok(());
            }
        }
        Err(Error::Busy(None))
    }

    /// The same, if the group is mapped to `from` still; says whether it was.
    ///
    /// # Errors
    /// As those of [`Tenant::map_group`].
    pub async fn map_group_from(
        &self,
        group: &str,
        from: Option<Role>,
        role: Option<Role>,
    ) -> Result<bool, Error> {
        check_mappable(role)?;
        let record = self.record(&GROUPS, group).await?;
        let before = self.mapping_of(group).await?;
        if before.as_ref().map(|mapping| mapping.role) != from {
            return Ok(false);
        }
        self.write_mapping(&record, before, role).await
    }

    async fn mapping_of(&self, group: &str) -> Result<Option<Mapping>, Error> {
        let item = self.table.get(&self.id.mapping(group)).await?;
        item.map(from_item).transpose()
    }

    /// Whether the mapping was what it was read as.
    async fn write_mapping(
        &self,
        record: &Record,
        before: Option<Mapping>,
        role: Option<Role>,
    ) -> Result<bool, Error> {
        let held = before.as_ref().map(|mapping| mapping.role);
        if held == role {
            return Ok(true);
        }
        let key = self.id.mapping(&record.id);
        let as_read = before.map_or_else(Expression::absent, |mapping| {
            Expression::new("request_id = :read").with(":read", string(&mapping.request_id))
        });
        let mut transaction = Transaction::default();
        match role {
            Some(role) => {
                let mapping = Mapping {
                    group: record.id.clone(),
                    role,
                    since: now(),
                    request_id: self.request_id.clone(),
                };
                transaction.put_if(to_item(&key, &mapping)?, as_read, Guard::Stale);
            }
            None => transaction.delete_if(key, as_read, Guard::Stale),
        }
        // A mapping must not outlive its group.
        transaction.check(
            self.id.resource(&GROUPS, &record.id),
            Expression::present(),
            Guard::Stale,
        );
        transaction.put(self.mapping_entry(record, held, role)?);
        Ok(self.table.transact(&transaction).await?.is_empty())
    }

    fn mapping_entry(
        &self,
        group: &Record,
        before: Option<Role>,
        after: Option<Role>,
    ) -> Result<Item, Error> {
        let role = |role: Option<Role>| Some(json!({"role_id": role}).to_string());
        let subject = subject(&GROUPS, &State::of(&GROUPS, group)?);
        let entry = self.entry("group.mapping_changed", subject);
        Entry {
            before: role(before),
            after: role(after),
            ..entry
        }
        .to_item(&self.id)
    }
}

/// Refuses a role that no group may give.
pub(crate) fn check_mappable(role: Option<Role>) -> Result<(), Error> {
    match role.filter(|role| !role.is_mappable()) {
        Some(role) => {
            let detail = format!("`{role}` cannot be given by a group, choose another role");
            Err(scim::Error::InvalidValue(detail).into())
        }
        None => Ok(()),
    }
}

/// The mappings as roles are decided by.
pub(crate) fn by_group(mappings: &[Mapping]) -> Mappings {
    mappings
        .iter()
        .map(|mapping| (mapping.group.clone(), mapping.role))
        .collect()
}
