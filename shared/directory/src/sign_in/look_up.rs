//! What a sign-in reads: the person, and the groups that can decide the role.
//!
//! The first call looks up the tenant, the user name and the values of the claim. The second reads the person and the
//! groups that these name. The person's own groups are not known before, so the item of the user name keeps those of the
//! last sign-in, and the second call reads their mappings too. Only if the groups have changed since, a third call reads
//! what is missing. So the number of calls and what they read does not depend on how many groups the tenant has mapped.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_model::{Mappings, RouteBy, USERS};
use rollcall_scim::fold;
use rollcall_store::{
    Error, Expression, Guard, Key, Scope, TenantItem, Transaction, from_item, now, string,
};
use serde::Deserialize;

use crate::resources::claimable;
use crate::resources::handle::Resources;
use crate::resources::query_plan::QueryPlan;
use crate::resources::record::Record;
use crate::roles::claim_lists::are_complete;
use crate::roles::handle::Roles;
use crate::sign_in::assertion::Assertion;
use crate::sign_in::handle::SignIn;
use crate::sign_in::known_groups::{KnownGroups, Wanted};

/// The number of distinct values of a claim that the first call looks up, two items each. For more values all mappings
/// are read.
const MAX_LOOKED_UP: usize = 45;
/// The number of mappings that are read one by one. A query for all mappings reads many at the price of one.
const MAX_READ_SINGLY: usize = 40;
/// The number of groups that the item of a user name keeps, so that the item stays small.
const MAX_KEPT: usize = 10;

/// What the first call finds.
#[derive(Debug)]
pub(super) struct LookedUp {
    pub(super) tenant: TenantItem,
    /// The item of the user name; `None` if nobody has the name.
    pub(super) name: Option<NameItem>,
    /// The groups that the claim can name. `None` if the look-up does not tell, so that all mappings must be read.
    candidates: Option<BTreeSet<String>>,
}

/// The item of a user name, with what sign-ins keep there. That is only a hint what to read.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(super) struct NameItem {
    id: String,
    /// The person's groups at the last sign-in that they decided.
    #[serde(default)]
    last_groups: BTreeSet<String>,
    /// Those of them that were mapped.
    #[serde(default)]
    last_mapped: BTreeSet<String>,
}

impl LookedUp {
    /// Returns what the second call reads of groups. Pure.
    fn wanted(&self) -> Wanted {
        let candidates = self.candidates.clone().unwrap_or_default();
        let mut wanted = Wanted {
            mappings: candidates.clone(),
            records: candidates,
        };
        if let Some(name) = &self.name
            && self.tenant.settings.route_by != RouteBy::Claim
        {
            wanted.mappings.extend(name.last_groups.iter().cloned());
            wanted.records.extend(name.last_mapped.iter().cloned());
        }
        wanted
    }
}

impl NameItem {
    /// Returns the item after a sign-in that the person's groups have decided. Pure.
    fn after(&self, record: &Record, mappings: &Mappings) -> Self {
        let is_kept = record.groups.len() <= MAX_KEPT;
        let groups = record.groups.iter().filter(|_| is_kept);
        let mapped = groups.clone().filter(|group| mappings.contains_key(*group));
        Self {
            id: self.id.clone(),
            last_groups: groups.clone().cloned().collect(),
            last_mapped: mapped.cloned().collect(),
        }
    }

    /// Keeps the groups that have decided a sign-in, if they are not those of the last time.
    pub(super) fn write_after(
        &self,
        transaction: &mut Transaction,
        key: Key,
        record: &Record,
        mappings: &Mappings,
    ) {
        let after = self.after(record, mappings);
        if after == *self {
            return;
        }
        // Lists, because DynamoDB has no empty sets.
        let list =
            |ids: &BTreeSet<String>| AttributeValue::L(ids.iter().map(|id| string(id)).collect());
        let update = Expression::new("SET last_groups = :last_groups, last_mapped = :last_mapped")
            .with(":last_groups", list(&after.last_groups))
            .with(":last_mapped", list(&after.last_mapped));
        let same = Expression::new("id = :id").with(":id", string(&self.id));
        transaction.update_if(key, update, same, Guard::Stale);
    }
}

/// Returns the key of the item of the user name.
pub(super) fn name_key(scope: &Scope, assertion: &Assertion) -> Key {
    scope.keys().name(&USERS, &fold(&assertion.user_name))
}

impl SignIn<'_> {
    /// Looks up the tenant, the user name and the values of the claim.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub(super) async fn look_up(self, assertion: &Assertion) -> Result<LookedUp, Error> {
        let keys = self.scope.keys();
        let (tenant, name) = (keys.tenant(), name_key(self.scope, assertion));
        let values = assertion.claim_values();
        let are_few = values.len() <= MAX_LOOKED_UP;
        let mut all = vec![tenant.clone(), name.clone()];
        if are_few {
            let claimed = values.iter();
            all.extend(claimed.flat_map(|value| claimable::keys_of(keys, value)));
        }
        let mut found = self.scope.table.find(all).await?;

        let tenant = self.scope.tenant_in(found.take(&tenant))?;
        let name = found.take(&name).map(from_item::<NameItem>).transpose()?;
        let counts = !values.is_empty() && tenant.settings.route_by != RouteBy::Membership;
        let candidates = match (counts, are_few && are_complete(&tenant, now())) {
            (false, _) => Some(BTreeSet::new()),
            (true, false) => None,
            (true, true) => {
                let mut ids = BTreeSet::new();
                for value in values {
                    ids.extend(claimable::named_by(keys, value, &mut found)?);
                }
                Some(ids)
            }
        };
        Ok(LookedUp {
            tenant,
            name,
            candidates,
        })
    }

    /// Reads the person of an assertion, and the groups that were looked up. Returns `None` if there is no such person.
    pub(super) async fn read_person(
        self,
        assertion: &Assertion,
        looked_up: &LookedUp,
    ) -> Result<Option<(Record, KnownGroups)>, Error> {
        let id = match (&looked_up.name, &assertion.external_id) {
            (Some(name), _) => Some(name.id.clone()),
            (None, Some(external_id)) => self.only_user_with(external_id).await?,
            (None, None) => None,
        };
        let Some(id) = id else {
            return Ok(None);
        };
        let keys = self.scope.keys();
        let person = keys.resource(&USERS, &id);
        let wanted = looked_up.wanted();
        let mut all = wanted.keys(keys);
        all.push(person.clone());
        let mut found = self.scope.table.find(all).await?;
        let Some(item) = found.take(&person) else {
            return Ok(None);
        };
        let mut known = KnownGroups::default();
        known.add(wanted, keys, &mut found)?;
        if looked_up.candidates.is_none() {
            known.add_all_mappings(Roles::of(self.scope).mappings().await?);
            let mapped = known.mapped_ids();
            self.read_groups(&mut known, &mapped).await?;
        }
        Ok(Some((Record::from_item(item)?, known)))
    }

    /// Returns the id of the person with this external id, if there is exactly one.
    async fn only_user_with(self, external_id: &str) -> Result<Option<String>, Error> {
        let plan = QueryPlan::Lookup("X", external_id.to_owned());
        let candidates = Resources::of(self.scope).candidates(&USERS, &plan);
        let mut ids = candidates.await?;
        Ok(match ids.len() {
            1 => ids.pop_first(),
            _ => None,
        })
    }

    /// Reads what is missing of these groups to decide by them.
    pub(super) async fn read_groups(
        self,
        known: &mut KnownGroups,
        groups: &BTreeSet<String>,
    ) -> Result<(), Error> {
        let unknown = known.unknown(groups);
        if unknown.len() > MAX_READ_SINGLY {
            known.add_all_mappings(Roles::of(self.scope).mappings().await?);
        } else {
            self.read_wanted(known, Wanted::mappings(unknown)).await?;
        }
        let unread = known.unread(groups);
        self.read_wanted(known, Wanted::records(unread)).await
    }

    async fn read_wanted(self, known: &mut KnownGroups, wanted: Wanted) -> Result<(), Error> {
        let keys = self.scope.keys();
        let mut found = self.scope.table.find(wanted.keys(keys)).await?;
        known.add(wanted, keys, &mut found)
    }
}
