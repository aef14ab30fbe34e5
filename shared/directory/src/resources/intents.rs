//! Intents: changes that are too large for one transaction. An intent is stored as a whole, applied in steps, and
//! closed.
//!
//! The transaction that decides the change (it marks the group, or deletes the user or the group) opens the intent.
//! Each step is a transaction that also removes the step from the list, so that no step is done twice. If the process
//! dies in between, the next reader or writer of memberships completes the intent, so nobody sees part of a change.
//!
//! The steps are stored before the intent is opened. Until then the intent is *prepared*. A request that cannot open
//! its intent discards it, and the sweep discards abandoned ones.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use rollcall_model::{EventType, GROUPS, Subject, new_id};
use rollcall_store::{
    Error, Expression, Guard, Item, MAX_WRITES, Range, Scope, Transaction, from_item, now, number,
    retry_stale, string, text, to_item,
};
use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;

use crate::journal::entry::Entry;
use crate::resources::handle::Members;
use crate::resources::intent::{Chunk, Intent, Preparation, Purpose};
use crate::resources::members::{
    ListChange, WRITES_PER_STEP, write_group_list, write_group_touched,
};
use crate::resources::record::Record;
use crate::resources::steps::{Step, growth};

/// Steps per transaction. This leaves room for the group, the list of steps and the journal.
const STEPS_AT_ONCE: usize = (MAX_WRITES - 4) / WRITES_PER_STEP;
/// How many transactions remove a deleted group from its members before the deadline counts.
const LEAST_STEPS: usize = 4;
/// Transactions of one intent that are under way at the same time. No two of them write the same item, and the time of
/// each is almost only that of the network.
const CONCURRENCY: usize = 16;
/// How long a request cleans up after a deleted group. Nobody sees what remains, and later requests continue with it.
const CLEAN_UP_BUDGET: Duration = Duration::from_secs(8);
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

    /// Discards the prepared intents of requests that have died.
    async fn discard_abandoned(self) -> Result<(), Error> {
        let range = Range::all(self.scope.keys().prepared_intents());
        for item in self.scope.table.query_all(range).await? {
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

    /// Completes every open intent whose partial state readers could see.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn settle(self) -> Result<(), Error> {
        let open = self.open_intents().await?;
        self.settle_member_changes(&open).await?;
        let forgetting = open
            .iter()
            .filter(|intent| intent.purpose == Purpose::ForgetUser);
        for intent in forgetting {
            self.complete_forget_user(intent).await?;
        }
        Ok(())
    }

    async fn settle_member_changes(self, open: &[Intent]) -> Result<(), Error> {
        let changes = open
            .iter()
            .filter(|intent| intent.purpose == Purpose::ChangeMembers);
        for intent in changes {
            self.complete_member_change(intent).await?;
        }
        Ok(())
    }

    /// Completes the open intents of every purpose that this version knows, and discards abandoned ones. Cleans up
    /// after deleted groups, which readers cannot see, only within a time budget.
    ///
    /// # Errors
    /// Only table errors. The remaining intents stay open.
    pub async fn sweep(self) -> Result<(), Error> {
        self.settle().await?;
        self.discard_abandoned().await?;
        self.forget_groups(Instant::now() + CLEAN_UP_BUDGET).await?;
        Ok(())
    }

    /// Cleans up after deleted groups until `deadline`. Returns whether everything is done.
    pub(crate) async fn forget_groups(self, deadline: Instant) -> Result<bool, Error> {
        for intent in self.open_intents().await? {
            if intent.purpose != Purpose::ForgetGroup {
                continue;
            }
            if !self.complete_forget_group(&intent, deadline).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn open_intents(self) -> Result<Vec<Intent>, Error> {
        let range = Range::all(self.scope.keys().intents());
        let items = self.scope.table.query_all(range).await?;
        items.into_iter().map(from_item).collect()
    }

    async fn chunks(self, intent: &Intent) -> Result<Vec<Chunk>, Error> {
        let range = Range::all(self.scope.keys().intent_steps(&intent.id));
        let items = self.scope.table.query_all(range).await?;
        items.into_iter().map(from_item).collect()
    }

    /// Returns the scope of the request that opened the intent, so that the journal names its actor and not the one
    /// that completes the intent.
    fn on_behalf(self, intent: &Intent) -> Scope {
        Scope {
            actor: intent.actor.clone(),
            origin: intent.origin.clone(),
            request_id: intent.request_id.clone(),
            // The change of another request does not answer to the idempotency key of this one.
            table: self.scope.table.alone(),
            ..self.scope.clone()
        }
    }

    /// Completes a change of members that this request has opened, whose steps it need not read again.
    pub(super) async fn complete_opened(
        self,
        intent: &Intent,
        steps: &[Step],
    ) -> Result<(), Error> {
        let chunks = numbered(steps).map(|(number, steps)| (number, Cow::Borrowed(steps)));
        self.apply_and_close(intent, chunks.collect()).await
    }

    async fn complete_member_change(self, intent: &Intent) -> Result<(), Error> {
        let chunks = self.chunks(intent).await?.into_iter().map(|chunk| {
            let steps: Vec<Step> = serde_json::from_str(&chunk.work)?;
            Ok((chunk.number, Cow::Owned(steps)))
        });
        match chunks.collect::<Result<Vec<_>, serde_json::Error>>() {
            Ok(chunks) => self.apply_and_close(intent, chunks).await,
            // The version that planned the steps completes them. Other groups must not wait for it.
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(tenant = %self.scope.tenant, error, "an intent with unknown steps stays open");
                Ok(())
            }
        }
    }

    /// Applies the numbered lists of steps of a change of members, and closes it.
    async fn apply_and_close(
        self,
        intent: &Intent,
        chunks: Vec<(String, Cow<'_, [Step]>)>,
    ) -> Result<(), Error> {
        let scope = self.on_behalf(intent);
        let opener = Members::of(&scope);
        let transactions = chunks.iter();
        let transactions =
            transactions.map(|(list, steps)| opener.apply_steps(intent, list, steps).boxed());
        // In a list, so that the type of what waits for them has no borrowed closure.
        stream::iter(transactions.collect::<Vec<_>>())
            .buffer_unordered(CONCURRENCY)
            .try_collect::<Vec<()>>()
            .await?;
        let mut transaction = Transaction::default();
        transaction.update_if(
            self.scope.keys().resource(&GROUPS, &intent.subject_id),
            Expression::new("SET revision = revision + :one REMOVE intent").with(":one", number(1)),
            Expression::new("intent = :intent").with(":intent", string(&intent.id)),
            Guard::Stale,
        );
        self.close(intent, transaction).await
    }

    async fn apply_steps(self, intent: &Intent, list: &str, planned: &[Step]) -> Result<(), Error> {
        let group = &intent.group();
        retry_stale(|turn| async move {
            // Users who should join or leave may have been deleted since then, so their steps are dropped.
            let possible = match turn {
                0 => Cow::Borrowed(planned),
                _ => Cow::Owned(self.still_possible(&group.id, planned).await?),
            };
            let vanished = growth(planned) - growth(&possible);
            let mut transaction = self.step_writes(group, &possible)?;
            self.take_off_list(&mut transaction, intent, list);
            if vanished != 0 {
                let shrink =
                    Expression::new("ADD members :change").with(":change", number(-vanished));
                transaction.update(self.scope.keys().resource(&GROUPS, &group.id), shrink);
            }
            self.is_done(&transaction, intent, list).await
        })
        .await
    }

    /// Commits a step. Returns `Some` if the step is done, by this transaction or by another one.
    async fn is_done(
        self,
        transaction: &Transaction,
        intent: &Intent,
        list: &str,
    ) -> Result<Option<()>, Error> {
        let committed = self.scope.table.transact(transaction).await?.is_empty();
        let done = committed || !self.is_listed(intent, list).await?;
        Ok(done.then_some(()))
    }

    async fn still_possible(self, group: &str, steps: &[Step]) -> Result<Vec<Step>, Error> {
        let ids: BTreeSet<&str> = steps.iter().map(Step::member).collect();
        let users = self.existing_users(&ids).await?;
        let members = self.members_among(group, &ids).await?;
        let possible = |step: &&Step| {
            let is_member = members.contains_key(step.member());
            match step {
                Step::Join { .. } => users.contains(step.member()) && !is_member,
                Step::Alter { .. } => is_member,
                Step::Leave { .. } => users.contains(step.member()) && is_member,
            }
        };
        Ok(steps.iter().filter(possible).cloned().collect())
    }

    async fn complete_forget_user(self, intent: &Intent) -> Result<(), Error> {
        let scope = self.on_behalf(intent);
        for chunk in self.chunks(intent).await? {
            Members::of(&scope).forget_user_in(intent, &chunk).await?;
        }
        self.close(intent, Transaction::default()).await
    }

    async fn forget_user_in(self, intent: &Intent, chunk: &Chunk) -> Result<(), Error> {
        let groups: BTreeSet<String> = serde_json::from_str(&chunk.work).map_err(Error::corrupt)?;
        let groups = &groups;
        retry_stale(|turn| async move {
            if turn > 0 {
                // An interrupted change of members may have marked one of the groups.
                let open = self.open_intents().await?;
                self.settle_member_changes(&open).await?;
            }
            let mut transaction = self.forget_user_writes(&intent.subject_id, groups).await?;
            self.take_off_list(&mut transaction, intent, &chunk.number);
            self.is_done(&transaction, intent, &chunk.number).await
        })
        .await
    }

    /// Returns the writes that remove a deleted user from groups. Deleted groups have their own clean-up.
    pub(super) async fn forget_user_writes(
        self,
        user: &str,
        groups: &BTreeSet<String>,
    ) -> Result<Transaction, Error> {
        let mut transaction = Transaction::default();
        for group in self.live_groups(groups).await?.into_keys() {
            transaction.delete(self.scope.keys().member(&group, user));
            write_group_touched(self.scope, &mut transaction, &group, -1, None, None);
        }
        Ok(transaction)
    }

    /// Reads the groups with these ids, by id. Groups that do not exist are left out.
    pub(crate) async fn live_groups(
        self,
        ids: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Record>, Error> {
        let keys = ids.iter().map(|id| self.scope.keys().resource(&GROUPS, id));
        let items = self.scope.table.batch_get(keys).await?;
        let by_id = |item: Item| Record::from_item(item).map(|record| (record.id.clone(), record));
        items.into_iter().map(by_id).collect()
    }

    /// Removes a deleted group from its members. Returns whether that was completed before `deadline`, before which it
    /// takes some steps in any case. Each transaction
    /// writes a journal entry with the members that it removes, as for any other group that people leave.
    async fn complete_forget_group(
        self,
        intent: &Intent,
        deadline: Instant,
    ) -> Result<bool, Error> {
        let scope = self.on_behalf(intent);
        let group = &intent.subject_id;
        let members = Range::all(self.scope.keys().members(group)).limit(STEPS_AT_ONCE);
        for turn in 0.. {
            let page = self.scope.table.query(&members).await?;
            if page.items.is_empty() {
                self.close(intent, Transaction::default()).await?;
                return Ok(true);
            }
            if turn >= LEAST_STEPS && Instant::now() >= deadline {
                return Ok(false);
            }
            let ids = page.items.iter().map(|item| text(item, "SK"));
            let ids = ids.collect::<Result<BTreeSet<&str>, _>>()?;
            let mut transaction = Transaction::default();
            let users = self.existing_users(&ids).await?;
            for user in &users {
                let removed = ListChange::Remove;
                write_group_list(self.scope, &mut transaction, user, removed, group);
            }
            // Whoever was deleted has already left all groups in the feed.
            if !users.is_empty() {
                let left = json!({"added": [], "removed": users});
                let entry = Entry::new(&scope, EventType::GroupMembersChanged, intent.group());
                let entry = entry.with_change(None, Some(left));
                transaction.put(entry.to_item(self.scope.keys())?);
            }
            for id in ids {
                let member = self.scope.keys().member(group, id);
                transaction.delete_if(member, Expression::present(), Guard::Stale);
            }
            // If a guard fails, a user was deleted in the meantime, or another request does the same work. The next
            // turn reads what remains.
            self.scope.table.transact(&transaction).await?;
        }
        Ok(false)
    }

    fn take_off_list(self, transaction: &mut Transaction, intent: &Intent, list: &str) {
        let steps = self.scope.keys().intent_steps(&intent.id);
        let key = steps.at(list);
        transaction.delete_if(key, Expression::present(), Guard::Stale);
    }

    async fn is_listed(self, intent: &Intent, list: &str) -> Result<bool, Error> {
        let steps = self.scope.keys().intent_steps(&intent.id);
        let item = self.scope.table.get(&steps.at(list)).await?;
        Ok(item.is_some())
    }

    /// Closes the intent, together with the given writes. It does not matter if another request has closed it.
    async fn close(self, intent: &Intent, mut transaction: Transaction) -> Result<(), Error> {
        transaction.delete_if(
            self.scope.keys().intents().at(&intent.id),
            Expression::present(),
            Guard::Stale,
        );
        self.scope.table.transact(&transaction).await.map(|_| ())
    }
}

/// Divides work into lists of as many pieces as one transaction does, each with the number under which it is stored.
fn numbered<T>(work: &[T]) -> impl Iterator<Item = (String, &[T])> {
    let lists = work.chunks(STEPS_AT_ONCE).enumerate();
    lists.map(|(n, list)| (format!("{n:06}"), list))
}
