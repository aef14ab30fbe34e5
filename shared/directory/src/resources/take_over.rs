//! Gives what one connection owns to another.

use rollcall_model::{EventType, Kind};
use rollcall_store::{Error, Expression, Guard, Transaction, retry_stale};
use serde_json::json;

use crate::credentials::handle::Credentials;
use crate::journal::entry::Entry;
use crate::resources::handle::Resources;
use crate::resources::writes::{committed, subject, write_record};

impl Resources<'_> {
    /// Gives a resource from one connection to another. Does nothing if it belongs to somebody else by now.
    ///
    /// # Errors
    /// `404` when the resource or the connection that gets it does not exist.
    pub(crate) async fn hand_over(
        self,
        kind: &'static Kind,
        id: &str,
        from: &str,
        to: &str,
    ) -> Result<(), Error> {
        retry_stale(|_| async move {
            let scope = self.scope;
            Credentials::of(scope).connection(to).await?;
            let record = self.record(kind, id).await?;
            if record.identity.owner.as_deref() != Some(from) {
                return Ok(Some(()));
            }
            let mut after = record.rewritten();
            after.identity.owner = Some(to.to_owned());
            let mut transaction = Transaction::default();
            write_record(scope, &mut transaction, kind, Some(&record), Some(&after))?;
            let alive = "attribute_exists(PK) AND attribute_not_exists(deleting)";
            let alive = Expression::new(alive);
            transaction.check(scope.keys().connection(to), alive, Guard::Stale);
            let action = match kind.has_members() {
                true => EventType::GroupTakenOver,
                false => EventType::UserTakenOver,
            };
            let told = |owner: &str| Some(json!({"owner": owner}));
            let entry = Entry::new(scope, action, subject(kind, &record)?);
            let entry = entry.with_change(told(from), told(to));
            transaction.put(entry.to_item(scope.keys())?);
            let is_committed = committed(scope, &transaction, kind).await?;
            Ok(is_committed.then_some(()))
        })
        .await
    }
}
