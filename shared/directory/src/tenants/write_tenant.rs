//! The one transaction that changes a tenant. The tenant's meter follows it.

use rollcall_model::{EventType, Subject};
use rollcall_store::{
    Error, Expression, Guard, Scope, StackKeys, TenantItem, Transaction, number, string,
};
use serde_json::json;

use crate::credentials::meter;
use crate::journal::entry::Entry;

/// Writes a tenant's new name, its new settings, its new ceiling, its new roles, or all of them.
///
/// Returns `false` if the tenant has changed since it was read.
pub(super) async fn write_tenant(
    scope: &Scope,
    before: &TenantItem,
    after: &TenantItem,
) -> Result<bool, Error> {
    let is_renamed = before.display_name != after.display_name;
    let inherits = (before.inherits_roles(), after.inherits_roles());
    let has_roles = before.settings.roles != after.settings.roles || inherits.0 != inherits.1;
    let is_set_up = json!(before.settings) != json!(after.settings);
    let is_bounded =
        before.request_ceiling != after.request_ceiling || before.ceilings != after.ceilings;
    if !is_renamed && !is_set_up && !is_bounded && !has_roles {
        // An earlier attempt may have ended before it refreshed the meter.
        meter::refresh(&scope.table, &scope.tenant).await?;
        return Ok(true);
    }
    let mut transaction = Transaction::default();
    let mut stored = after.clone();
    stored.revision = before.revision + 1;
    let unchanged = Expression::at_revision(before.revision);
    let unchanged = match (has_roles, before.grants) {
        (false, _) => unchanged,
        // A role that was granted meanwhile may be one that would vanish.
        (true, 0) => unchanged.and("attribute_not_exists(grants)"),
        (true, grants) => unchanged
            .and("grants = :read_grants")
            .with(":read_grants", number(grants)),
    };
    transaction.put_if(stored.to_item(scope.keys())?, unchanged, Guard::Stale);
    let subject = || Subject::tenant(&scope.tenant);
    if is_renamed {
        let listed = Expression::new("SET display_name = :new_name")
            .with(":new_name", string(&after.display_name));
        let key = StackKeys::tenants().at(scope.tenant.as_str());
        transaction.update_if(key, listed, Expression::present(), Guard::Stale);
        let told = |tenant: &TenantItem| Some(json!({"name": tenant.display_name}));
        let entry = Entry::new(scope, EventType::TenantRenamed, subject());
        let entry = entry.with_change(told(before), told(after));
        transaction.put(entry.to_item(scope.keys())?);
    }
    if is_set_up {
        let told = |tenant: &TenantItem| Some(json!(tenant.settings));
        let entry = Entry::new(scope, EventType::TenantSettingsChanged, subject());
        let entry = entry.with_change(told(before), told(after));
        transaction.put(entry.to_item(scope.keys())?);
    }
    if has_roles {
        let told = |tenant: &TenantItem| {
            let roles = tenant.settings.roles.definitions();
            Some(json!({"roles": roles, "inherited": tenant.inherits_roles()}))
        };
        let entry = Entry::new(scope, EventType::TenantRolesChanged, subject());
        let entry = entry.with_change(told(before), told(after));
        transaction.put(entry.to_item(scope.keys())?);
    }
    if is_bounded {
        let told = |tenant: &TenantItem| {
            let mut told = json!({"request_ceiling": tenant.request_ceiling});
            if !before.ceilings.is_empty() || !after.ceilings.is_empty() {
                told["ceilings"] = json!(tenant.ceilings);
            }
            Some(told)
        };
        let entry = Entry::new(scope, EventType::TenantCeilingChanged, subject());
        let entry = entry.with_change(told(before), told(after));
        transaction.put(entry.to_item(scope.keys())?);
    }
    if !scope.table.transact(&transaction).await?.is_empty() {
        return Ok(false);
    }
    meter::refresh(&scope.table, &scope.tenant).await?;
    Ok(true)
}
