//! The event for a change of the identifiers of somebody whose role was given by hand. It decides only whom the next
//! sign-in finds, but whoever holds the token of an identity provider could prepare a takeover with it.

use rollcall_model::{EventType, USERS};
use rollcall_store::{Error, Scope, Transaction};
use serde_json::json;

use crate::journal::entry::Entry;
use crate::resources::record::Record;

/// Adds the event, if an identity provider changes the user name or the external id of such a person.
pub(super) fn write_identity_change(
    scope: &Scope,
    transaction: &mut Transaction,
    before: &Record,
    after: &Record,
) -> Result<(), Error> {
    let is_pushed = scope.actor.connection().is_some();
    if !is_pushed || !before.account.has_given_role() {
        return Ok(());
    }
    let identifiers = |record: &Record| {
        let external_id = record.text(&USERS, "externalId")?;
        Ok::<_, Error>(json!({"user_name": record.user_name()?, "external_id": external_id}))
    };
    let (old, new) = (identifiers(before)?, identifiers(after)?);
    if old == new {
        return Ok(());
    }
    let subject = before.subject(&USERS)?;
    let entry = Entry::new(scope, EventType::UserIdentityChanged, subject);
    let entry = entry.with_change(Some(old), Some(new));
    transaction.put(entry.to_item(scope.keys())?);
    Ok(())
}
