//! The handle on the findings of a tenant.

use rollcall_store::{
    Error, Expression, Guard, Scope, Transaction, from_item, now, number, to_item,
};

use crate::findings::record::FindingRecord;

/// The findings of one tenant.
#[derive(Clone, Copy, Debug)]
pub struct Findings<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> Findings<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }

    /// Reads what is known of the findings. It is empty before the first check.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn read(self) -> Result<FindingRecord, Error> {
        let stored = self.scope.table.get(&self.scope.keys().findings()).await?;
        Ok(stored.map(from_item).transpose()?.unwrap_or_default())
    }

    /// Corrects how many open findings the pages of the console show, if that is not what is known of them. Does nothing if the
    /// tenant was deleted.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn show(self, known: &FindingRecord, shown: u64) -> Result<(), Error> {
        if known.shown(now()) == shown {
            return Ok(());
        }
        let mut transaction = Transaction::default();
        self.count(&mut transaction, known);
        self.scope.table.transact(&transaction).await.map(|_| ())
    }

    /// Adds to a transaction how many open findings the pages of the console show, on the condition that the tenant is there.
    fn count(self, transaction: &mut Transaction, record: &FindingRecord) {
        let set = Expression::new("SET open_findings = :open_findings")
            .with(":open_findings", number(record.shown(now())));
        self.scope.update_alive(transaction, set);
    }

    /// Adds the write of a record and of how many findings are shown to a transaction, on the condition that the tenant is
    /// there, and that nobody else has written since it was read.
    pub(super) fn put_counted(
        self,
        transaction: &mut Transaction,
        before: &FindingRecord,
        after: FindingRecord,
    ) -> Result<(), Error> {
        self.count(transaction, &after);
        self.put(transaction, before, after)
    }

    /// Adds the write of a record to a transaction, on the condition that nobody else has written since it was read.
    pub(super) fn put(
        self,
        transaction: &mut Transaction,
        before: &FindingRecord,
        mut after: FindingRecord,
    ) -> Result<(), Error> {
        let unchanged = match before.revision {
            0 => Expression::absent(),
            revision => Expression::at_revision(revision),
        };
        after.revision = before.revision + 1;
        let item = to_item(&self.scope.keys().findings(), &after)?;
        transaction.put_if(item, unchanged, Guard::Stale);
        Ok(())
    }
}
