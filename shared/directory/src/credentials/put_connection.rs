//! Puts a connection under an id that the caller chose: creates it, or replaces what can be changed of it.

use rollcall_model::{Provider, is_chosen_id, is_id};
use rollcall_scim as scim;
use rollcall_store::{Error, Expression, Guard, now, retry_stale};

use crate::credentials::connection_rules::{ConnectionRules, alias_in_use};
use crate::credentials::connections::{Connection, connection_not_found};
use crate::credentials::handle::Credentials;

impl Credentials<'_> {
    /// Creates the connection with this id, or replaces its name, its product and these rules. Returns it, and whether it
    /// was created. If nothing differs, nothing is written.
    ///
    /// # Errors
    /// `404` when the tenant was deleted, and for an id of the form that is generated; `uniqueness` for the id of a
    /// connection that was deleted, and for an alias that is in use; `invalidValue` for an id or a rule that is not
    /// allowed; `409` for what `change_rules` refuses, and for a new connection while one is observed.
    pub async fn put_connection(
        self,
        id: &str,
        label: &str,
        provider: Provider,
        rules: &ConnectionRules,
    ) -> Result<(Connection, bool), Error> {
        if !is_chosen_id(id) {
            let detail = "a connection id is 1 to 64 of `a-z`, `0-9`, `-` and `_`, and begins with a letter or a digit";
            return Err(scim::Error::InvalidValue(detail.to_owned()).into());
        }
        retry_stale(|_| async move {
            let stored = self.known_connection(id).await?;
            let (new, failed) = match &stored {
                Some(before) => {
                    let mut named = before.clone();
                    label.clone_into(&mut named.label);
                    named.provider = provider;
                    let replaced = self.write_rules(before, &named, rules).await?;
                    return Ok(replaced.map(|after| (after, false)));
                }
                // The form of ids that are generated. Such a connection was deleted, or is that of another tenant.
                None if is_id(id) => return Err(connection_not_found(id)),
                None => {
                    let new = Connection::with_id(id, label, provider, now());
                    let new = rules.applied_to(&new)?;
                    let failed = self.write_new(&new).await?;
                    (new, failed)
                }
            };
            if failed.contains(&Guard::Gone) {
                let attribute = "id".to_owned();
                return Err(scim::Error::Uniqueness { attribute }.into());
            }
            if failed.contains(&Guard::Unique) && !failed.contains(&Guard::Stale) {
                return Err(alias_in_use());
            }
            Ok(failed.is_empty().then_some((new, true)))
        })
        .await
    }

    /// Writes a connection that does not exist yet. Returns the guards that did not hold.
    async fn write_new(self, new: &Connection) -> Result<Vec<Guard>, Error> {
        let keys = self.scope.keys();
        let mut transaction = self.creation(new).await?;
        // The logs and what it owned would become those of another one.
        let deleted = keys.deleted_connection(&new.id);
        transaction.check(deleted, Expression::absent(), Guard::Gone);
        // A sign-in that names the id must not mean another connection than before.
        if new.alias.as_deref() != Some(new.id.as_str()) {
            let alias = keys.connection_alias(&new.id);
            transaction.check(alias, Expression::absent(), Guard::Gone);
        }
        self.scope.table.transact(&transaction).await
    }
}
