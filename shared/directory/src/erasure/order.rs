//! Orders an erasure. The work begins with the event that the order writes, and otherwise with the next full pass.

use std::time::Duration;

use rollcall_model::{EventType, Reason, Role, Subject, USERS, is_id};
use rollcall_store::{Error, Expression, Guard, Scope, Transaction, now, retry_stale};

use crate::erasure::handle::Erasures;
use crate::erasure::record::Erasure;
use crate::journal::entry::Entry;
use crate::resources::crud::not_found;
use crate::resources::restore::{check_rank, conflict};
use crate::resources::tombstones::Tombstone;
use crate::resources::writes::committed;
use crate::sign_in::handle::SignIn;

/// How long the items of a deleted tenant stay, so that the application can read its feed to the end.
const TENANT_GRACE: Duration = Duration::from_secs(7 * 86_400);

/// Orders the erasure of a tenant in the transaction that deletes it.
pub(crate) fn write_order(scope: &Scope, transaction: &mut Transaction) -> Result<(), Error> {
    Erasure::ordered(scope, now() + TENANT_GRACE).open(scope, transaction, None)
}

impl Erasures<'_> {
    /// Orders that everything of the tenant is erased now. A repetition orders it again, until it is finished.
    ///
    /// # Errors
    /// `404` for a tenant that never existed, `409` for one that is not deleted.
    pub async fn order(self) -> Result<Erasure, Error> {
        let scope = self.scope;
        let deleted = scope.table.get(&scope.keys().deleted_tenant()).await?;
        if deleted.is_none() {
            scope.stored_tenant().await?;
            return Err(conflict("only a deleted tenant is erased; delete it first"));
        }
        // The erasure may be at work meanwhile.
        retry_stale(|_| self.try_order()).await
    }

    /// Returns `None` if something has changed since it was read.
    async fn try_order(self) -> Result<Option<Erasure>, Error> {
        let scope = self.scope;
        let about = Subject::tenant(&scope.tenant);
        let entry = Entry::new(scope, EventType::TenantErasureRequested, about);
        let (erasure, transaction) = match Erasure::read(scope, None).await? {
            Some(erasure) if erasure.finished_at.is_some() => return Ok(Some(erasure)),
            Some(mut erasure) => {
                erasure.due_at = erasure.due_at.min(now());
                let mut transaction = Transaction::default();
                erasure.write(scope, &mut transaction, None)?;
                transaction.put(entry.to_item(scope.keys())?);
                (erasure, transaction)
            }
            // An earlier version has deleted it.
            None => {
                let erasure = Erasure::ordered(scope, now());
                let transaction = self.begin_writes(&erasure, None, entry)?;
                (erasure, transaction)
            }
        };
        let is_ordered = committed(scope, &transaction, &USERS).await?;
        Ok(is_ordered.then_some(erasure))
    }

    /// Orders that everything about a person is erased now, and deletes them if that was not done. A repetition orders it
    /// again, until it is finished. Somebody who lives again is erased anew.
    ///
    /// # Errors
    /// `404` for somebody who never existed; `403` when they rank above `rank`, and for the last active owner; `409` when
    /// they are being restored.
    pub async fn order_of_person(self, person: &str, rank: Role) -> Result<Erasure, Error> {
        if !is_id(person) {
            return Err(not_found(&USERS, person));
        }
        let ordered = retry_stale(|_| self.try_order_of_person(person, rank)).await;
        ordered.map_err(|error| match error {
            Error::Busy(None) => conflict("this person is being restored; try again"),
            other => other,
        })
    }

    /// Returns `None` if something has changed since it was read.
    async fn try_order_of_person(self, person: &str, rank: Role) -> Result<Option<Erasure>, Error> {
        let subject = Subject::new("user", person, "");
        let entry = Entry::new(self.scope, EventType::UserErasureRequested, subject);
        let known = Erasure::read(self.scope, Some(person)).await?;
        if let Some(erasure) = known.as_ref().filter(|it| it.finished_at.is_none()) {
            let mut transaction = Transaction::default();
            transaction.put(entry.to_item(self.scope.keys())?);
            self.scope.commit(&transaction).await?;
            return Ok(Some(erasure.clone()));
        }
        match SignIn::of(self.scope).delete_person(person, rank).await {
            Ok(_) => {}
            Err(error) if error.reason() == Reason::NotFound => {
                let tombstone = Tombstone::of_person(self.scope, person).await?;
                match (tombstone, &known) {
                    (Some(tombstone), _) => self.check_deleted(&tombstone, rank).await?,
                    (None, Some(_)) => return Ok(known),
                    (None, None) => return Err(not_found(&USERS, person)),
                }
            }
            Err(error) => return Err(error),
        }
        let erasure = Erasure::ordered_after(self.scope, known.as_ref());
        let mut transaction = self.begin_writes(&erasure, Some(person), entry)?;
        // Who was restored in the meantime must be deleted first.
        let tombstone = self.scope.keys().tombstone(&USERS, person);
        transaction.check(tombstone, Expression::present(), Guard::Stale);
        let is_begun = committed(self.scope, &transaction, &USERS).await?;
        Ok(is_begun.then_some(erasure))
    }

    /// Checks that a deleted person does not rank above `rank`.
    async fn check_deleted(self, tombstone: &Tombstone, rank: Role) -> Result<(), Error> {
        check_rank(tombstone, &self.scope.settings().await?.roles, rank)
    }

    fn begin_writes(
        self,
        erasure: &Erasure,
        person: Option<&str>,
        entry: Entry,
    ) -> Result<Transaction, Error> {
        let mut transaction = Transaction::default();
        erasure.open(self.scope, &mut transaction, person)?;
        transaction.put(entry.to_item(self.scope.keys())?);
        Ok(transaction)
    }
}
