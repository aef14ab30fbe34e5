//! People by the ids that the application has for them. An id belongs to one person of a tenant.

use rollcall_store::{Error, Expression, Guard, Item, Scope, Transaction, string, text, to_item};
use serde_json::json;

use crate::resources::record::Record;

/// The name of the application's own id in requests and errors.
pub(crate) const APPLICATION_ID: &str = "application_id";

/// Claims the application's id of a person, and frees the one of before.
pub(super) fn write_application_id(
    scope: &Scope,
    transaction: &mut Transaction,
    before: Option<&Record>,
    after: Option<&Record>,
) -> Result<(), Error> {
    let id_of = |record: Option<&Record>| record?.identity.application_id.clone();
    let (old, new) = (id_of(before), id_of(after));
    if old == new {
        return Ok(());
    }
    if let (Some(old), Some(before)) = (old, before) {
        let own = Expression::new("attribute_not_exists(PK) OR id = :own");
        let own = own.with(":own", string(&before.id));
        transaction.delete_if(scope.keys().application_id(&old), own, Guard::Stale);
    }
    if let (Some(new), Some(after)) = (new, after) {
        let key = scope.keys().application_id(&new);
        let item = to_item(&key, &json!({"id": after.id}))?;
        let guard = Guard::UniqueValue(APPLICATION_ID.to_owned());
        transaction.put_if(item, Expression::absent(), guard);
    }
    Ok(())
}

/// Removes the claim of an id whose person is gone: an earlier version deletes people and leaves it.
///
/// # Errors
/// Only table errors.
pub(crate) async fn free_application_id(scope: &Scope, id: &str, gone: &str) -> Result<(), Error> {
    let mut transaction = Transaction::default();
    let still = Expression::new("id = :gone").with(":gone", string(gone));
    transaction.delete_if(scope.keys().application_id(id), still, Guard::Stale);
    scope.table.transact(&transaction).await.map(|_| ())
}

/// Returns the id of the resource in the item of a name or an application's id.
///
/// # Errors
/// When the item does not name one.
pub(crate) fn pointed_at(item: &Item) -> Result<String, Error> {
    Ok(text(item, "id")?.to_owned())
}
