//! The one transaction that changes a tenant.

use rollcall_model::{Settings, Subject};
use rollcall_store::{
    Error, Expression, Guard, MAX_WRITES, Scope, StackKeys, TenantItem, Transaction, number, string,
};
use serde_json::json;

use crate::credentials::gcra::Meter;
use crate::credentials::handle::Credentials;
use crate::journal::entry::Entry;

/// Writes a tenant's new name, its new settings, or both. A new rate limit or retention is written to the live tokens
/// in the same transaction, to as many as fit it.
///
/// Returns `false` if the tenant has changed since it was read.
pub(super) async fn write_tenant(
    scope: &Scope,
    before: &TenantItem,
    after: &TenantItem,
) -> Result<bool, Error> {
    let is_renamed = before.display_name != after.display_name;
    let is_set_up = before.settings != after.settings;
    if !is_renamed && !is_set_up {
        return Ok(true);
    }
    let mut transaction = Transaction::default();
    let mut stored = after.clone();
    stored.revision = before.revision + 1;
    transaction.put_if(
        stored.to_item(scope.keys())?,
        Expression::at_revision(before.revision),
        Guard::Stale,
    );
    let subject = || Subject::tenant(&scope.tenant);
    if is_renamed {
        let listed = Expression::new("SET display_name = :new_name")
            .with(":new_name", string(&after.display_name));
        let key = StackKeys::tenants().at(scope.tenant.as_str());
        transaction.update_if(key, listed, Expression::present(), Guard::Stale);
        let told = |tenant: &TenantItem| Some(json!({"name": tenant.display_name}));
        let entry = Entry::new(scope, "tenant.renamed", subject());
        let entry = entry.with_change(told(before), told(after));
        transaction.put(entry.to_item(scope.keys())?);
    }
    if is_set_up {
        let told = |tenant: &TenantItem| Some(json!(tenant.settings));
        let entry = Entry::new(scope, "tenant.settings_changed", subject());
        let entry = entry.with_change(told(before), told(after));
        transaction.put(entry.to_item(scope.keys())?);
        let (old, new) = (&before.settings, &after.settings);
        if old.rate_limit != new.rate_limit || old.retention_days != new.retention_days {
            write_meters(scope, &mut transaction, new).await?;
        }
    }
    Ok(scope.table.transact(&transaction).await?.is_empty())
}

async fn write_meters(
    scope: &Scope,
    transaction: &mut Transaction,
    settings: &Settings,
) -> Result<(), Error> {
    let meter = Meter::of(settings.rate_limit);
    let tokens = Credentials::of(scope).token_items().await?;
    let live = tokens.iter().filter(|token| !token.is_revoked());
    for token in live.take(MAX_WRITES - transaction.len()) {
        let set = "SET cost_us = :cost, lead_us = :lead, tat = :zero, allow_at = :zero, keep_days = :days";
        let set = Expression::new(set)
            .with(":cost", number(meter.cost_us))
            .with(":lead", number(meter.lead_us))
            .with(":zero", number(0))
            .with(":days", number(settings.retention_days));
        let key = scope.keys().tokens().at(token.hash());
        transaction.update_if(key, set, Expression::present(), Guard::Stale);
    }
    Ok(())
}
