//! Completes the lists of groups by external id, in which sign-ins look up the values of a claim.
//!
//! This version adds a group to its list whenever it creates, changes or maps the group. Earlier versions did not, nor
//! do they after a roll-back. So the full pass adds the mapped groups that are missing, and notes at the tenant when it
//! has looked. A sign-in relies on the lists only if that is not long ago, and reads all mappings otherwise.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use rollcall_model::GROUPS;
use rollcall_store::{Error, Expression, Guard, MAX_WRITES, TenantItem, Transaction, now, string};

use crate::resources::claimable::{list_key, listed};
use crate::resources::handle::Members;
use crate::resources::writes::LISTED;
use crate::roles::handle::Roles;

/// How long after a check the lists count as complete. The full pass runs every hour, so some may fail.
const RELIED_ON_FOR: SignedDuration = SignedDuration::from_hours(24);
/// How old the noted time gets before a pass writes a new one.
const NOTED_EVERY: SignedDuration = SignedDuration::from_hours(12);

/// The ids of groups by external id.
type ByExternalId = BTreeMap<String, BTreeSet<String>>;

/// Returns whether the tenant's lists name every mapped group.
pub(crate) fn are_complete(tenant: &TenantItem, now: Timestamp) -> bool {
    is_within(tenant, now, RELIED_ON_FOR)
}

fn is_within(tenant: &TenantItem, now: Timestamp, time: SignedDuration) -> bool {
    let listed_at = tenant.groups_listed_at;
    listed_at.is_some_and(|at| now.duration_since(at) <= time)
}

impl Roles<'_> {
    /// Adds every mapped group that is missing in the list of its external id, and notes that the lists are complete.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn complete_claim_lists(self) -> Result<(), Error> {
        let at = now();
        let tenant = match self.scope.stored_tenant().await {
            // The tenant was deleted.
            Err(error) if error.is_refusal() => return Ok(()),
            tenant => tenant?,
        };
        let mappings = self.mappings().await?.into_iter();
        let mapped = mappings.map(|mapping| mapping.group).collect();
        self.complete_lists_of(&mapped).await?;
        if is_within(&tenant, at, NOTED_EVERY) {
            return Ok(());
        }
        let mut transaction = Transaction::default();
        let note =
            Expression::new("SET groups_listed_at = :at").with(":at", string(&at.to_string()));
        let key = self.scope.keys().tenant();
        // The condition fails only if the tenant was deleted.
        transaction.update_if(key, note, Expression::present(), Guard::Gone);
        self.scope.table.transact(&transaction).await.map(|_| ())
    }

    /// Adds these groups to the lists of their external ids, as far as they are missing there.
    pub(super) async fn complete_lists_of(self, groups: &BTreeSet<String>) -> Result<(), Error> {
        let keys = self.scope.keys();
        let mut wanted = ByExternalId::new();
        for (id, group) in Members::of(self.scope).live_groups(groups).await? {
            if let Some(external_id) = group.text(&GROUPS, "externalId")? {
                wanted.entry(external_id).or_default().insert(id);
            }
        }
        let lists = wanted.keys().filter_map(|value| list_key(keys, value));
        let lists: Vec<_> = lists.collect();
        let mut found = self.scope.table.find(lists).await?;
        let mut missing = Vec::new();
        for (external_id, ids) in wanted {
            let Some(key) = list_key(keys, &external_id) else {
                continue;
            };
            let ids = &ids - &listed(found.take(&key))?;
            if !ids.is_empty() {
                missing.push((key, ids));
            }
        }
        for chunk in missing.chunks(MAX_WRITES) {
            let mut transaction = Transaction::default();
            for (key, ids) in chunk {
                let ids = AttributeValue::Ss(ids.iter().cloned().collect());
                let add = Expression::new(format!("ADD {LISTED} :ids")).with(":ids", ids);
                transaction.update(key.clone(), add);
            }
            self.scope.commit(&transaction).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rollcall_model::Settings;

    use super::*;

    #[test]
    fn lists_are_relied_on_for_a_day() {
        let at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut tenant = TenantItem::new("Acme".to_owned(), at, Settings::default());
        for (hours, expected) in [(0, true), (24, true), (25, false)] {
            let now = at + SignedDuration::from_hours(hours);
            assert_eq!(are_complete(&tenant, now), expected, "{hours} hours");
        }
        tenant.groups_listed_at = None;
        assert!(!are_complete(&tenant, at));
    }
}
