//! Role mappings: which pushed group gives which role.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rollcall_scim as scim;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::Error;
use crate::item::{Item, from_item, to_item};
use crate::journal::Entry;
use crate::kind::GROUPS;
use crate::record::{Record, now};
use crate::roles::{Mappings, Role};
use crate::table::Range;
use crate::tenant::Tenant;
use crate::transaction::{Expression, Guard, Transaction};
use crate::writes::{State, subject};

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
        let record = self.record(&GROUPS, group).await?;
        let key = self.id.mapping(group);
        let before = self
            .table
            .get(&key)
            .await?
            .map(from_item::<Mapping>)
            .transpose()?;
        if before.as_ref().map(|mapping| mapping.role) == role {
            return Ok(());
        }
        let mut transaction = Transaction::default();
        match role {
            Some(role) => {
                let request_id = self.request_id.clone();
                let mapping = Mapping {
                    group: group.to_owned(),
                    role,
                    since: now(),
                    request_id,
                };
                transaction.put(to_item(&key, &mapping)?);
            }
            None => transaction.delete(key),
        }
        // A mapping must not outlive its group.
        transaction.check(
            self.id.resource(&GROUPS, group),
            Expression::present(),
            Guard::Stale,
        );
        transaction.put(self.mapping_entry(&record, before.map(|mapping| mapping.role), role)?);
        if self.table.transact(&transaction).await?.is_empty() {
            return Ok(());
        }
        self.record(&GROUPS, group)
            .await
            .and(Err(Error::Busy(None)))
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
