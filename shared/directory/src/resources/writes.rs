//! The writes of one change, planned from the record before and after it, for users and groups alike.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_model::{EventType, Kind, Lookup, Subject, USERS};
use rollcall_scim as scim;
use rollcall_store::{COUNT_SHARDS, Error, Expression, Guard, Scope, Transaction, number, to_item};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::journal::entry::{Entry, difference};
use crate::resources::application_ids::write_application_id;
use crate::resources::held_list::write_held;
use crate::resources::identity_change::write_identity_change;
use crate::resources::owners::{last_owner, not_the_first_owner, write_first_owner, write_owners};
use crate::resources::record::Record;
use crate::resources::unique_values::{free_abandoned, taken_value, write_claims};

/// The maximum number of values of one look-up attribute. All of them change in one transaction.
const MAX_LOOKUP_VALUES: usize = 40;

/// The attribute of a list of resources with the ids, as a set.
pub(crate) const LISTED: &str = "ids";

/// The resource that a unique name belongs to.
#[derive(Debug, Serialize, Deserialize)]
pub struct Pointer {
    /// The resource's id.
    pub id: String,
}

/// Returns the transaction that changes a resource from `before` (`None` if it is new) to `after` (`None` if it is
/// deleted).
pub(crate) fn resource_writes(
    scope: &Scope,
    kind: &Kind,
    before: Option<&Record>,
    after: Option<&Record>,
) -> Result<Transaction, Error> {
    let mut transaction = Transaction::default();
    write_record(scope, &mut transaction, kind, before, after)?;
    write_name(scope, &mut transaction, kind, before, after)?;
    for lookup in kind.lookups {
        write_lookup(scope, &mut transaction, kind, lookup, before, after)?;
    }
    write_claims(scope, &mut transaction, before, after)?;
    write_application_id(scope, &mut transaction, before, after)?;
    write_owners(scope, &mut transaction, before, after);
    write_held(scope, &mut transaction, kind, before, after)?;
    write_count(
        scope,
        &mut transaction,
        kind,
        before.is_some(),
        after.is_some(),
    );
    write_entry(scope, &mut transaction, kind, before, after)?;
    Ok(transaction)
}

/// Returns the transaction for a person whose account changes while the document does not. It has no journal entry yet.
pub(crate) fn account_writes(
    scope: &Scope,
    before: &Record,
    after: &Record,
) -> Result<Transaction, Error> {
    let mut transaction = Transaction::default();
    let unchanged = Expression::at_revision(before.revision);
    transaction.put_if(
        after.to_item(scope.keys(), &USERS)?,
        unchanged,
        Guard::Stale,
    );
    write_owners(scope, &mut transaction, Some(before), Some(after));
    Ok(transaction)
}

/// Returns the transaction of [`account_writes`], on the condition that the tenant has no active owner.
pub(crate) fn first_owner_writes(
    scope: &Scope,
    before: &Record,
    after: &Record,
) -> Result<Transaction, Error> {
    let mut transaction = Transaction::default();
    write_record(scope, &mut transaction, &USERS, Some(before), Some(after))?;
    write_first_owner(scope, &mut transaction, after);
    Ok(transaction)
}

/// Commits a transaction. Returns `false` if something has changed since it was read, so that the caller starts over.
///
/// # Errors
/// `uniqueness` when the name or the value of a unique attribute is taken; `403` when the tenant would be left without
/// an active owner.
pub(crate) async fn committed(
    scope: &Scope,
    transaction: &Transaction,
    kind: &Kind,
) -> Result<bool, Error> {
    let failed = scope.table.transact(transaction).await?;
    if failed.contains(&Guard::Stale) {
        return Ok(false);
    }
    if failed.contains(&Guard::FirstOwner) {
        return Err(not_the_first_owner());
    }
    if failed.contains(&Guard::LastOwner) {
        return Err(last_owner());
    }
    if failed.contains(&Guard::Unique) {
        let attribute = kind.unique.to_owned();
        return Err(scim::Error::Uniqueness { attribute }.into());
    }
    match taken_value(&failed) {
        // Without them, the caller starts over.
        Some(_) if free_abandoned(scope, transaction, kind, &failed).await? => Ok(false),
        Some(error) => Err(error),
        None => Ok(true),
    }
}

pub(super) fn write_record(
    scope: &Scope,
    transaction: &mut Transaction,
    kind: &Kind,
    before: Option<&Record>,
    after: Option<&Record>,
) -> Result<(), Error> {
    let unchanged = before.map_or_else(Expression::absent, |before| {
        Expression::at_revision(before.revision)
    });
    match (before, after) {
        (_, Some(after)) => {
            transaction.put_if(after.to_item(scope.keys(), kind)?, unchanged, Guard::Stale);
        }
        (Some(before), None) => {
            let key = scope.keys().resource(kind, &before.id);
            transaction.delete_if(key, unchanged, Guard::Stale);
        }
        (None, None) => {}
    }
    Ok(())
}

pub(super) fn write_name(
    scope: &Scope,
    transaction: &mut Transaction,
    kind: &Kind,
    before: Option<&Record>,
    after: Option<&Record>,
) -> Result<(), Error> {
    let name = |record: Option<&Record>| match record {
        Some(record) => record.name_in_key(kind),
        None => Ok::<_, Error>(None),
    };
    let (old, new) = (name(before)?, name(after)?);
    if old == new {
        return Ok(());
    }
    if let Some(old) = old {
        transaction.delete(scope.keys().name(kind, &old));
    }
    if let (Some(new), Some(after)) = (new, after) {
        let id = after.id.clone();
        let item = to_item(&scope.keys().name(kind, &new), &Pointer { id })?;
        transaction.put_if(item, Expression::absent(), Guard::Unique);
    }
    Ok(())
}

pub(super) fn write_lookup(
    scope: &Scope,
    transaction: &mut Transaction,
    kind: &Kind,
    lookup: &Lookup,
    before: Option<&Record>,
    after: Option<&Record>,
) -> Result<(), Error> {
    let values = |record: Option<&Record>| match record {
        Some(record) => Ok::<_, Error>(lookup.values_of(record.resource(kind)?)),
        None => Ok(BTreeSet::new()),
    };
    let (old, new) = (values(before)?, values(after)?);
    if new.len() > MAX_LOOKUP_VALUES {
        let detail = format!(
            "`{}` has more than {MAX_LOOKUP_VALUES} values, send fewer",
            lookup.attribute
        );
        return Err(scim::Error::InvalidValue(detail).into());
    }
    let partition = |value: &str| scope.keys().lookup(kind, lookup.code, value);
    if let Some(before) = before {
        for gone in old.difference(&new) {
            transaction.delete(partition(gone).at(&before.id));
            write_list(
                scope,
                transaction,
                (kind, lookup, gone),
                "DELETE",
                &before.id,
            );
        }
    }
    if let Some(after) = after {
        for come in new.difference(&old) {
            transaction.put(to_item(&partition(come).at(&after.id), &json!({}))?);
            write_list(scope, transaction, (kind, lookup, come), "ADD", &after.id);
        }
    }
    Ok(())
}

/// Adds a resource to the list of a value (`ADD`) or removes it (`DELETE`), if the attribute has lists. Both can be
/// repeated. What reads a list compares with the resources themselves, so one resource too many does no harm.
fn write_list(
    scope: &Scope,
    transaction: &mut Transaction,
    (kind, lookup, value): (&Kind, &Lookup, &str),
    change: &str,
    id: &str,
) {
    let list = scope.keys().list(kind, lookup.code, value);
    if let Some(list) = list.filter(|_| lookup.listed) {
        let set = format!("{change} {LISTED} :ids");
        let ids = AttributeValue::Ss(vec![id.to_owned()]);
        transaction.update(list, Expression::new(set).with(":ids", ids));
    }
}

/// Adds a resource to the lists of its values. Earlier versions kept no lists.
pub(crate) fn write_lists(
    scope: &Scope,
    transaction: &mut Transaction,
    kind: &Kind,
    record: &Record,
) -> Result<(), Error> {
    for lookup in kind.lookups {
        for value in lookup.values_of(record.resource(kind)?) {
            write_list(
                scope,
                transaction,
                (kind, lookup, &value),
                "ADD",
                &record.id,
            );
        }
    }
    Ok(())
}

pub(super) fn write_count(
    scope: &Scope,
    transaction: &mut Transaction,
    kind: &Kind,
    was: bool,
    is: bool,
) {
    let change = i32::from(is) - i32::from(was);
    if change != 0 {
        let shard = rand::random_range(0..COUNT_SHARDS);
        let add = Expression::new("ADD amount :change").with(":change", number(change));
        transaction.update(scope.keys().count(kind, shard), add);
    }
}

pub(super) fn write_entry(
    scope: &Scope,
    transaction: &mut Transaction,
    kind: &Kind,
    before: Option<&Record>,
    after: Option<&Record>,
) -> Result<(), Error> {
    let Some(record) = after.or(before) else {
        return Ok(());
    };
    let mut entry = Entry::new(scope, action(kind, before, after), subject(kind, record)?);
    let old = before.map(|record| record.resource(kind)).transpose()?;
    let new = after.map(|record| record.resource(kind)).transpose()?;
    (entry.before, entry.after) = difference(old, new);
    if let (Some(before), None) = (before, after) {
        let was_in = !before.is_out() && !before.is_only_observed();
        entry.was_in = (*kind == USERS).then_some(was_in);
        entry.held = before.identity.request_held();
    }
    transaction.put(entry.to_item(scope.keys())?);
    match (before, after) {
        (Some(before), Some(after)) if *kind == USERS => {
            write_identity_change(scope, transaction, before, after)
        }
        _ => Ok(()),
    }
}

/// Returns the action of a change in the journal, such as `user.created`.
pub(super) fn action(kind: &Kind, before: Option<&Record>, after: Option<&Record>) -> EventType {
    match (before, after) {
        // A restored person continues the revisions of before.
        (None, Some(after)) if after.revision > 1 => EventType::UserRestored,
        (None, _) => kind.events.created,
        (_, None) => kind.events.deleted,
        (Some(before), Some(after)) => match (is_deactivated(before), is_deactivated(after)) {
            (false, true) => kind.events.deactivated,
            (true, false) => kind.events.reactivated,
            // An admin has blocked whose deactivation was held: the identity provider lets them in again.
            _ if before.identity.blocked_at.is_some() && after.identity.blocked_at.is_none() => {
                kind.events.reactivated
            }
            _ if before.identity.observation.is_some() || after.identity.observation.is_some() => {
                match *kind == USERS && is_adopted(before, after) {
                    true => EventType::UserAdopted,
                    false => kind.events.updated,
                }
            }
            _ if !before.identity.is_held() && after.identity.is_held() => EventType::BrakeHeld,
            _ if before.identity.deletion_held != after.identity.deletion_held => {
                match after.identity.deletion_held {
                    true => EventType::BrakeHeld,
                    false => EventType::BrakeDiscarded,
                }
            }
            _ if before.identity.is_held() && !after.identity.is_held() => {
                EventType::BrakeDiscarded
            }
            _ if *kind == USERS && is_adopted(before, after) => EventType::UserAdopted,
            _ => kind.events.updated,
        },
    }
}

fn is_adopted(before: &Record, after: &Record) -> bool {
    before.identity.is_unowned() && !after.identity.is_unowned()
}

/// Returns whether the person was deactivated, and not in word alone.
fn is_deactivated(record: &Record) -> bool {
    let identity = &record.identity;
    let is_word_alone = identity.deactivation_held || identity.observed;
    identity.was_out() || (record.inactive && !is_word_alone)
}

/// Logs that a request has made its change, but could not do what follows it: later requests do that.
pub(super) fn left_for_later(scope: &Scope, error: &Error) {
    let error: &dyn std::error::Error = error;
    tracing::warn!(tenant = %scope.tenant, error, "the change is made; what follows it is left for later requests");
}

/// Returns a resource as the subject of a journal entry.
pub(crate) fn subject(kind: &Kind, record: &Record) -> Result<Subject, Error> {
    record.subject(kind)
}
