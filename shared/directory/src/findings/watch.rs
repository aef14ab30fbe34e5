//! Compares a check of the tenant with what is known, and announces what has opened or closed.

use rollcall_model::{EventType, Subject};
use rollcall_store::{Error, Transaction, now};
use serde_json::Value;

use crate::findings::handle::Findings;
use crate::findings::record::{FindingRecord, ObservedFinding};
use crate::journal::entry::Entry;

/// How many findings a check opened and closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Noticed {
    /// Findings that it found and the check before did not.
    pub opened: usize,
    /// Findings that it no longer found.
    pub closed: usize,
}

impl Findings<'_> {
    /// Remembers what a check found, and writes an event for each finding that has opened or closed. `known` is the record
    /// that was read with the check. If it has changed since, nothing is written: the next check compares again.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn observe(
        self,
        known: &FindingRecord,
        observed: &[ObservedFinding],
    ) -> Result<Noticed, Error> {
        let at = now();
        let Some(changes) = known.compared(observed, at) else {
            return Ok(Noticed::default());
        };
        let mut transaction = Transaction::default();
        for one in &changes.opened {
            let mut told = one.told();
            let is_told = one.merits_mail && changes.after.snooze(&one.id, at).is_none();
            told["mail"] = Value::Bool(is_told);
            let entry = self.entry(EventType::HealthOpened, one.subject.clone());
            transaction.put(
                entry
                    .with_change(None, Some(told))
                    .to_item(self.scope.keys())?,
            );
        }
        for one in &changes.closed {
            let entry = self.entry(EventType::HealthClosed, one.subject.clone());
            transaction.put(
                entry
                    .with_change(Some(one.told()), None)
                    .to_item(self.scope.keys())?,
            );
        }
        let noticed = Noticed {
            opened: changes.opened.len(),
            closed: changes.closed.len(),
        };
        self.put_counted(&mut transaction, known, changes.after)?;
        let failed = self.scope.table.transact(&transaction).await?;
        Ok(match failed.is_empty() {
            true => noticed,
            false => Noticed::default(),
        })
    }

    /// Returns an entry about a finding: about what it concerns, or else the tenant.
    pub(super) fn entry(self, action: EventType, subject: Option<Subject>) -> Entry {
        let tenant = self.scope.tenant.as_str();
        let subject = subject.unwrap_or_else(|| Subject::new("tenant", tenant, tenant));
        Entry::new(self.scope, action, subject.shortened())
    }
}
