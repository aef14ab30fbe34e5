//! Values that occur once in a tenant because an extension declares so. Each is claimed by an item, in the transaction
//! that writes the person, as user names are.
//!
//! The record notes what it has claimed. So a declaration that comes or goes later neither frees a value that somebody
//! else has claimed, nor stands in the way of a change that leaves the value alone.

use std::collections::BTreeSet;

use rollcall_model::{Kind, sha256_hex};
use rollcall_scim::{self as scim, Resource};
use rollcall_store::{Error, Expression, Guard, Scope, Transaction, string, text, to_item};
use serde_json::json;

use crate::resources::record::Record;

/// Returns what a resource claims after a change: what it had claimed and still has, and its new values.
///
/// A request that does not need the declarations has not read them, and leaves all claims as they are.
pub(super) fn claims(
    scope: &Scope,
    kind: &Kind,
    before: Option<(&Record, &Resource)>,
    after: &Resource,
) -> BTreeSet<String> {
    let rt = scope.resource_type(kind);
    let claimed = before.map(|(record, _)| record.claims.clone());
    let claimed = claimed.unwrap_or_default();
    if std::ptr::eq(rt, kind.resource_type) {
        return claimed;
    }
    let had = before.map(|(_, resource)| rt.unique_values(resource));
    let had = had.unwrap_or_default();
    let values = rt.unique_values(after).into_iter();
    let values = values.map(|value| (claim(&value), had.contains(&value)));
    let is_claimed = |(claim, is_old): &(String, bool)| !is_old || claimed.contains(claim);
    values.filter(is_claimed).map(|(claim, _)| claim).collect()
}

/// Returns the claim of a value: the attribute, and the hash of the value.
fn claim((path, value): &(String, String)) -> String {
    let path = path.to_ascii_lowercase();
    format!("{path}#{}", sha256_hex(value))
}

/// Claims the new values of a resource, and frees those that it has no more.
pub(super) fn write_claims(
    scope: &Scope,
    transaction: &mut Transaction,
    before: Option<&Record>,
    after: Option<&Record>,
) -> Result<(), Error> {
    let none = BTreeSet::new();
    let claims = |record: Option<&Record>| record.map(|record| record.claims.clone());
    let old = claims(before).unwrap_or_else(|| none.clone());
    let new = claims(after).unwrap_or(none);
    for gone in old.difference(&new) {
        transaction.delete(scope.keys().unique_value(gone));
    }
    let Some(after) = after else { return Ok(()) };
    for come in new.difference(&old) {
        let key = scope.keys().unique_value(come);
        let item = to_item(&key, &json!({"id": after.id}))?;
        let guard = Guard::UniqueValue(attribute_of(come));
        transaction.put_if(item, Expression::absent(), guard);
    }
    Ok(())
}

/// Checks that nobody but these has one of the values.
///
/// # Errors
/// `uniqueness` when somebody else has one.
pub(super) async fn check_free(
    scope: &Scope,
    claims: &BTreeSet<String>,
    but: &[&str],
) -> Result<(), Error> {
    for claim in claims {
        let key = scope.keys().unique_value(claim);
        let Some(item) = scope.table.get(&key).await? else {
            continue;
        };
        if !but.contains(&text(&item, "id")?) {
            let attribute = attribute_of(claim);
            return Err(scim::Error::Uniqueness { attribute }.into());
        }
    }
    Ok(())
}

/// Returns the attribute that a claim is about.
fn attribute_of(claim: &str) -> String {
    let path = claim.rsplit_once('#').map_or(claim, |(path, _)| path);
    path.to_owned()
}

/// Frees those of the values that a transaction could not claim whose holder is gone: an earlier version deletes people
/// without freeing their values. Returns whether there were any.
pub(super) async fn free_abandoned(
    scope: &Scope,
    transaction: &Transaction,
    kind: &Kind,
    failed: &[Guard],
) -> Result<bool, Error> {
    let is_value = |guard: &&Guard| matches!(guard, Guard::UniqueValue(_));
    let failed: Vec<Guard> = failed.iter().filter(is_value).cloned().collect();
    let mut is_freed = false;
    for item in transaction.put_under(&failed) {
        let key = scope.keys().unique_value(text(item, "SK")?);
        let Some(held) = scope.table.get(&key).await? else {
            continue;
        };
        let holder = text(&held, "id")?;
        let resource = scope.keys().resource(kind, holder);
        if scope.table.get(&resource).await?.is_none() {
            let mut freeing = Transaction::default();
            let same = Expression::new("id = :holder").with(":holder", string(holder));
            freeing.delete_if(key, same, Guard::Stale);
            is_freed |= scope.table.transact(&freeing).await?.is_empty();
        }
    }
    Ok(is_freed)
}

/// Returns the refusal if one of the guards that failed says that another resource has a value.
pub(super) fn taken_value(failed: &[Guard]) -> Option<Error> {
    let attribute = failed.iter().find_map(|guard| match guard {
        Guard::UniqueValue(attribute) => Some(attribute.clone()),
        _ => None,
    })?;
    Some(scim::Error::Uniqueness { attribute }.into())
}
