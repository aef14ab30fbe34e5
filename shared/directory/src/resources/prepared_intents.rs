//! Prepared intents: the steps of an intent are stored before the intent is opened, and until then it is *prepared*. A request
//! that cannot open its intent discards it, and the sweep discards abandoned ones.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_model::{Subject, new_id};
use rollcall_store::{
    Error, Expression, Guard, MAX_WRITES, Range, Transaction, from_item, now, text, to_item,
};
use serde::Serialize;
use tokio::time::Instant;

use crate::resources::handle::Members;
use crate::resources::intent::{Chunk, Intent, Preparation, Purpose};
use crate::resources::members::WRITES_PER_STEP;
use crate::resources::steps::Step;

/// Steps per transaction. This leaves room for the group, the list of steps and the journal.
pub(super) const STEPS_AT_ONCE: usize = (MAX_WRITES - 4) / WRITES_PER_STEP;
/// After this time, no request can still open an intent that it prepared: no function may run that long.
const PREPARATION_ENDS: Duration = Duration::from_secs(15 * 60);

impl Members<'_> {
    fn intent(self, purpose: Purpose, subject: &Subject) -> Intent {
        Intent {
            id: new_id(),
            purpose,
            subject_id: subject.id.clone(),
            subject_name: subject.name.clone(),
            actor: self.scope.actor.clone(),
            origin: self.scope.origin.clone(),
            request_id: self.scope.request_id.clone(),
        }
    }

    /// Prepares a change of members that does not fit one transaction.
    pub(super) async fn prepare_change(
        self,
        group: &Subject,
        steps: &[Step],
    ) -> Result<Intent, Error> {
        let intent = self.intent(Purpose::ChangeMembers, group);
        self.prepare(&intent, steps).await?;
        Ok(intent)
    }

    /// Prepares the removal of a deleted user from more groups than fit one transaction.
    pub(super) async fn prepare_forget_user(
        self,
        user: &Subject,
        groups: &BTreeSet<String>,
    ) -> Result<Intent, Error> {
        let intent = self.intent(Purpose::ForgetUser, user);
        self.prepare(&intent, &Vec::from_iter(groups)).await?;
        Ok(intent)
    }

    /// Returns the writes that open the intent to remove a deleted group from its members' lists.
    pub(super) fn prepare_forget_group(self, group: &Subject) -> Result<Transaction, Error> {
        let intent = self.intent(Purpose::ForgetGroup, group);
        let mut transaction = Transaction::default();
        let key = self.scope.keys().intents().at(&intent.id);
        transaction.put(to_item(&key, &intent)?);
        Ok(transaction)
    }

    async fn prepare<T: Serialize>(self, intent: &Intent, work: &[T]) -> Result<(), Error> {
        let key = self.scope.keys().prepared_intents().at(&intent.id);
        let preparation = Preparation {
            id: intent.id.clone(),
            at: now(),
        };
        self.scope.table.put(to_item(&key, &preparation)?).await?;
        let partition = self.scope.keys().intent_steps(&intent.id);
        let chunk = |(number, work): (String, &[T])| {
            let key = partition.at(&number);
            let work = serde_json::to_string(work).map_err(Error::corrupt)?;
            to_item(&key, &Chunk { number, work })
        };
        let items = numbered(work).map(chunk).collect::<Result<_, _>>()?;
        self.scope.table.batch_put(items).await
    }

    /// Returns the writes that open a prepared intent.
    pub(super) fn opening(self, intent: &Intent) -> Result<Transaction, Error> {
        let mut transaction = Transaction::default();
        let keys = self.scope.keys();
        transaction.put(to_item(&keys.intents().at(&intent.id), intent)?);
        // If the sweep has abandoned the intent, it can no longer be opened.
        transaction.delete_if(
            keys.prepared_intents().at(&intent.id),
            Expression::new("attribute_exists(PK) AND attribute_not_exists(abandoned)"),
            Guard::Stale,
        );
        Ok(transaction)
    }

    /// Discards a prepared intent that was not opened.
    pub(super) async fn discard(self, intent: &Intent) -> Result<(), Error> {
        self.discard_prepared(&intent.id).await
    }

    async fn discard_prepared(self, intent: &str) -> Result<(), Error> {
        let keys = self.scope.keys();
        let steps = keys.intent_steps(intent);
        let items = self
            .scope
            .table
            .query_all(Range::all(steps.clone()))
            .await?;
        let numbers = items.iter().map(|item| text(item, "SK"));
        let chunks = numbers.map(|number| Ok(steps.at(number?)));
        self.scope
            .table
            .batch_delete(chunks.collect::<Result<_, Error>>()?)
            .await?;
        let mut transaction = Transaction::default();
        transaction.delete(keys.prepared_intents().at(intent));
        self.scope.table.transact(&transaction).await.map(|_| ())
    }

    /// Discards the prepared intents of requests that have died, until `deadline`, if there is one.
    pub(super) async fn discard_abandoned(self, deadline: Option<Instant>) -> Result<(), Error> {
        let range = Range::all(self.scope.keys().prepared_intents());
        for item in self.scope.table.query_all(range).await? {
            if is_late(deadline) {
                break;
            }
            let prepared: Preparation = from_item(item)?;
            if prepared.at < now() - PREPARATION_ENDS && self.abandon(&prepared.id).await? {
                self.discard_prepared(&prepared.id).await?;
            }
        }
        Ok(())
    }

    /// Makes sure that a prepared intent cannot be opened. Returns `false` if it was opened or discarded in the
    /// meantime. The mark stays until the steps are deleted, so the next sweep can finish an interrupted one.
    async fn abandon(self, intent: &str) -> Result<bool, Error> {
        let mut transaction = Transaction::default();
        let key = self.scope.keys().prepared_intents().at(intent);
        let mark = Expression::new("SET abandoned = :yes").with(":yes", AttributeValue::Bool(true));
        transaction.update_if(key, mark, Expression::present(), Guard::Stale);
        Ok(self.scope.table.transact(&transaction).await?.is_empty())
    }
}

/// Divides work into lists of as many pieces as one transaction does, each with the number under which it is stored.
pub(super) fn numbered<T>(work: &[T]) -> impl Iterator<Item = (String, &[T])> {
    let lists = work.chunks(STEPS_AT_ONCE).enumerate();
    lists.map(|(n, list)| (format!("{n:06}"), list))
}

/// Returns whether a deadline has passed, if there is one.
pub(super) fn is_late(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| Instant::now() >= deadline)
}
