//! The meter of a tenant: one small item that every request with a token of the tenant books on, beside the token's
//! own item and at the same time.
//!
//! It bounds all tokens of the tenant together, with its sessions and the service keys that are bound to it, and it says
//! what is true of all of the tokens at once: their limit, how long their requests are logged, from which addresses they come, what becomes of deleted people who are pushed again, what the log keeps, which schemas
//! are declared, and whose tokens are dead because their connection or their tenant is. However many tokens there are,
//! one write changes that for the next request of each.
//!
//! It is written outside transactions, because requests update it all the time and would conflict with them. The
//! tenant's own item decides; this one is a copy of it, made anew after each change and whenever a token disagrees with
//! it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_model::{
    AddressList, AtCeiling, DEFAULT_READ_UNITS_PER_MINUTE, DeletedPeople, LoggedValues, TenantId,
};
use rollcall_store::{
    Error, Expression, Keys, Table, TenantItem, Updated, from_item, number, string,
};
use serde::Deserialize;

use crate::credentials::booking::{Metered, State};
use crate::credentials::gcra::Meter;
use crate::credentials::token_item::TokenItem;

/// The meter of a tenant as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct MeterItem {
    /// The revision of the tenant that the item was copied from. Without it, the item is not complete.
    of_revision: Option<u64>,
    cost_us: i64,
    tat: i64,
    allow_at: i64,
    /// The limit of each token.
    token_cost_us: i64,
    token_lead_us: i64,
    keep_days: u32,
    /// Whether a push of somebody who was deleted restores them. Meters of earlier versions do not have it, and their
    /// tenants have the default.
    restores_deleted: bool,
    /// Whether the request log keeps the values that no schema declares.
    logs_all_values: bool,
    /// The version of the tenant's extension schemas; 0 if there are none.
    declared_schemas: u64,
    /// Whether there may be no more people, and no more groups.
    people_full: bool,
    groups_full: bool,
    /// How many read units each token may consume per minute; 0, as in meters of earlier versions, for the default.
    read_budget: u32,
    /// Of how many successful reads the request log has one; 0, as in meters of earlier versions, for all of them.
    sampled_reads: u32,
    /// The networks from which tokens are accepted. Meters of earlier versions do not have it, and accept all addresses.
    addresses: AddressList,
    /// Whether the tenant was deleted or is being deleted.
    gone: bool,
    /// The connections that are being deleted. Once that is done, each of their tokens is revoked.
    gone_connections: BTreeSet<String>,
    /// The connections that are only observed. Meters of earlier versions do not have it.
    observing: BTreeSet<String>,
}

impl Metered for MeterItem {
    const VALID: &str = "attribute_exists(of_revision) AND attribute_not_exists(gone)";
    const STAMP: &str = "";
    const ALLOWED: &str = "";

    fn is_valid(&self, _: i64) -> bool {
        self.is_complete() && !self.gone
    }

    fn state(&self) -> State {
        State {
            tat: self.tat,
            allow_at: self.allow_at,
        }
    }
}

impl MeterItem {
    /// The meter of a tenant that is erased.
    fn of_nobody() -> Self {
        Self {
            gone: true,
            ..Self::default()
        }
    }

    /// Returns whether the item holds a copy of the tenant, or the tenant is gone.
    pub(super) fn is_complete(&self) -> bool {
        self.gone || self.of_revision.is_some()
    }

    /// Returns whether the token is dead because its connection or its tenant is.
    pub(super) fn ends(&self, token: &TokenItem) -> bool {
        self.gone || self.gone_connections.contains(&token.connection_id)
    }

    /// Returns whether the operator bounds the tokens of the tenant together.
    pub(super) fn is_limited(&self) -> bool {
        self.cost_us > 0
    }

    /// Returns whether each token has a limit.
    pub(super) fn limits_tokens(&self) -> bool {
        self.token_cost_us > 0
    }

    /// Returns the limit of each token.
    pub(super) fn of_each_token(&self) -> Meter {
        Meter {
            cost_us: self.token_cost_us,
            lead_us: self.token_lead_us,
        }
    }

    /// Returns for how many days requests are logged.
    pub(super) fn keep_days(&self) -> u32 {
        self.keep_days
    }

    /// Returns what a push of somebody who was deleted does.
    pub(super) fn deleted_people(&self) -> DeletedPeople {
        match self.restores_deleted {
            true => DeletedPeople::Restore,
            false => DeletedPeople::New,
        }
    }

    /// Returns of which values the request log keeps more than the size.
    pub(super) fn logged_values(&self) -> LoggedValues {
        match self.logs_all_values {
            true => LoggedValues::All,
            false => LoggedValues::Declared,
        }
    }

    /// Returns of how many successful reads the request log has one.
    pub(super) fn read_log_sampling(&self) -> u32 {
        self.sampled_reads.max(1)
    }

    /// Returns the version of the tenant's extension schemas.
    pub(super) fn schemas(&self) -> u64 {
        self.declared_schemas
    }

    /// Returns whether the connection of the token is only observed.
    pub(super) fn observes(&self, token: &TokenItem) -> bool {
        self.observing.contains(&token.connection_id)
    }

    /// Returns which ceilings of the operator are reached.
    pub(super) fn at_ceiling(&self) -> AtCeiling {
        AtCeiling {
            people: self.people_full,
            groups: self.groups_full,
        }
    }

    /// Returns how many read units each token may consume per minute.
    pub(super) fn read_budget(&self) -> u32 {
        match self.read_budget {
            0 => DEFAULT_READ_UNITS_PER_MINUTE,
            set => set,
        }
    }

    /// Returns whether a request from this address is accepted.
    pub(super) fn accepts(&self, address: Option<IpAddr>) -> bool {
        self.addresses.accepts(address)
    }

    /// Returns whether the token's item has the limit and the retention of this meter.
    pub(super) fn agrees_with(&self, token: &TokenItem) -> bool {
        let theirs = Meter {
            cost_us: token.cost_us,
            lead_us: token.lead_us,
        };
        theirs == self.of_each_token() && token.keep_days == self.keep_days
    }
}

/// Returns whether the meter has the tenant as it is: a look that costs less than the attempt to write.
pub(super) async fn is_current(table: &Table, tenant: &TenantId) -> Result<bool, Error> {
    let keys = Keys::of(tenant);
    let (live, meter) = (keys.tenant(), keys.meter());
    let mut found = table.find([live.clone(), meter.clone()]).await?;
    let live = found.take(&live).map(TenantItem::from_item).transpose()?;
    let meter = found.take(&meter).map(from_item::<MeterItem>).transpose()?;
    let is_erased = live.is_none() && meter.is_none();
    let meter = meter.unwrap_or_default();
    Ok(match live.filter(|tenant| !tenant.deleting) {
        Some(tenant) => meter.of_revision >= Some(tenant.revision),
        None => meter.gone || is_erased,
    })
}

/// Copies the limits of the tenant to its meter, or marks the meter if the tenant is gone.
pub(crate) async fn refresh(table: &Table, tenant: &TenantId) -> Result<(), Error> {
    refreshed(table, tenant).await.map(|_| ())
}

/// Like [`refresh`], and returns the meter.
pub(super) async fn refreshed(table: &Table, tenant: &TenantId) -> Result<MeterItem, Error> {
    let keys = Keys::of(tenant);
    let stored = table.get(&keys.tenant()).await?;
    let stored = stored.map(TenantItem::from_item).transpose()?;
    let key = keys.meter();
    let is_deleted = stored.is_none();
    let Some(tenant) = stored.filter(|tenant| !tenant.deleting) else {
        let set = Expression::new("SET gone = :yes").with(":yes", AttributeValue::Bool(true));
        let condition = Expression::new("attribute_not_exists(gone)");
        // The deletion has marked the meter. Without one, the tenant is erased, and nothing of it is written again.
        let condition = match is_deleted {
            true => condition.and("attribute_exists(PK)"),
            false => condition,
        };
        return match table.update_if(&key, &set, &condition).await? {
            Updated::Absent => Ok(MeterItem::of_nobody()),
            updated => item_of(updated),
        };
    };
    // An admin can change the settings at any time, so only a new ceiling starts anew.
    let same_ceiling = |condition: Expression| {
        let all = Meter::of(tenant.request_ceiling);
        condition
            .and("cost_us = :cost AND lead_us = :lead")
            .with(":cost", number(all.cost_us))
            .with(":lead", number(all.lead_us))
    };
    let older = older_than(tenant.revision);
    let (set, kept) = (copy_of(&tenant, ""), same_ceiling(older.clone()));
    if let Updated::Done(item) = table.update_if(&key, &set, &kept).await? {
        return from_item(item);
    }
    let set = copy_of(&tenant, ", tat = :zero, allow_at = :zero").with(":zero", number(0));
    item_of(table.update_if(&key, &set, &older).await?)
}

fn item_of(updated: Updated) -> Result<MeterItem, Error> {
    match updated {
        Updated::Done(item) | Updated::Unchanged(item) => from_item(item),
        Updated::Absent => Ok(MeterItem::default()),
    }
}

/// Returns the update that copies the tenant, with further assignments, each after a comma.
fn copy_of(tenant: &TenantItem, more: &str) -> Expression {
    let each = Meter::of(tenant.settings.rate_limit);
    let all = Meter::of(tenant.request_ceiling);
    let set = "SET of_revision = :revision, cost_us = :cost, lead_us = :lead, token_cost_us = :token_cost, \
               token_lead_us = :token_lead, keep_days = :days, restores_deleted = :restores, logs_all_values = :all_values, \
               people_full = :people_full, groups_full = :groups_full, declared_schemas = :schemas, \
                read_budget = :read_budget, addresses = :addresses, observing = :observing, \
                sampled_reads = :sampled";
    let restores = tenant.settings.deleted_people == DeletedPeople::Restore;
    let all_values = tenant.settings.logged_values == LoggedValues::All;
    let addresses = tenant.settings.address_list().to_bytes();
    Expression::new(format!("{set}{more}"))
        .with(":revision", number(tenant.revision))
        .with(":cost", number(all.cost_us))
        .with(":lead", number(all.lead_us))
        .with(":token_cost", number(each.cost_us))
        .with(":token_lead", number(each.lead_us))
        .with(":days", number(tenant.settings.retention_days))
        .with(":restores", AttributeValue::Bool(restores))
        .with(":all_values", AttributeValue::Bool(all_values))
        .with(":schemas", number(tenant.schemas))
        .with(":sampled", number(tenant.settings.read_log_sampling))
        .with(":addresses", AttributeValue::B(Blob::new(addresses)))
        .with(
            ":observing",
            listed(&(&tenant.observing - &tenant.observed_gone)),
        )
        .with(
            ":read_budget",
            number(tenant.ceilings.read_units_per_minute()),
        )
        .with(
            ":people_full",
            AttributeValue::Bool(tenant.at_ceiling.people),
        )
        .with(
            ":groups_full",
            AttributeValue::Bool(tenant.at_ceiling.groups),
        )
}

/// Returns ids as a list: a set cannot be empty.
pub(super) fn listed(ids: &BTreeSet<String>) -> AttributeValue {
    AttributeValue::L(ids.iter().map(|id| string(id)).collect())
}

/// The condition that the meter is a copy of an earlier revision. A slower request must not undo a newer copy.
fn older_than(revision: u64) -> Expression {
    Expression::new("(attribute_not_exists(of_revision) OR of_revision < :than)")
        .with(":than", number(revision))
}

/// Ends all tokens of a connection from their next request on.
pub(super) async fn end_connection(table: &Table, keys: Keys<'_>, id: &str) -> Result<(), Error> {
    change_connections(table, keys, "ADD", id).await
}

/// Takes a connection off the meter whose tokens are all revoked.
pub(super) async fn forget_connection(
    table: &Table,
    keys: Keys<'_>,
    id: &str,
) -> Result<(), Error> {
    change_connections(table, keys, "DELETE", id).await
}

async fn change_connections(
    table: &Table,
    keys: Keys<'_>,
    change: &str,
    id: &str,
) -> Result<(), Error> {
    let set = Expression::new(format!("{change} gone_connections :id"))
        .with(":id", AttributeValue::Ss(vec![id.to_owned()]));
    // If the tenant is gone, so are all connections.
    let condition = Expression::new("attribute_not_exists(gone)");
    table
        .update_if(&keys.meter(), &set, &condition)
        .await
        .map(|_| ())
}
