//! Intents: changes that are too large for one transaction. An intent is stored as a whole, applied in steps, and
//! closed.
//!
//! The transaction that decides the change (it marks the group, or deletes the user or the group) opens the intent.
//! Each step is a transaction that also removes the step from the list, so that no step is done twice. If the process
//! dies in between, the next reader or writer of memberships completes the intent, so nobody sees part of a change.
//! Before it is opened, it is prepared (see `prepared_intents`).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use rollcall_model::{EventType, GROUPS};
use rollcall_store::{
    Error, Expression, Guard, Item, Range, Scope, Transaction, from_item, number, retry_stale,
    string, text,
};
use serde_json::json;
use tokio::time::Instant;

use crate::journal::entry::Entry;
use crate::resources::handle::Members;
use crate::resources::intent::{Chunk, Intent, Purpose};
use crate::resources::members::{ListChange, write_group_list, write_group_touched};
use crate::resources::prepared_intents::{STEPS_AT_ONCE, is_late, numbered};
use crate::resources::record::Record;
use crate::resources::steps::{Step, growth};

/// How many transactions remove a deleted group from its members before the deadline counts.
const LEAST_STEPS: usize = 4;
/// Transactions of one intent that are under way at the same time. No two of them write the same item, and the time of
/// each is almost only that of the network.
const CONCURRENCY: usize = 16;
/// How long a request cleans up after a deleted group. Nobody sees what remains, and later requests continue with it.
const CLEAN_UP_BUDGET: Duration = Duration::from_secs(8);

impl Members<'_> {
    /// Completes every open intent whose partial state readers could see.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn settle(self) -> Result<(), Error> {
        self.settle_until(None).await?;
        Ok(())
    }

    /// Completes those intents until `deadline`, if there is one. Returns whether all are completed; of the others, at least
    /// one has come further.
    async fn settle_until(self, deadline: Option<Instant>) -> Result<bool, Error> {
        let open = self.open_intents().await?;
        let of = |purpose| open.iter().filter(move |intent| intent.purpose == purpose);
        let changes = of(Purpose::ChangeMembers);
        for (before, intent) in changes.chain(of(Purpose::ForgetUser)).enumerate() {
            if before > 0 && is_late(deadline) {
                return Ok(false);
            }
            let is_done = match intent.purpose {
                Purpose::ForgetUser => self.complete_forget_user(intent, deadline).await?,
                _ => self.complete_member_change(intent, deadline).await?,
            };
            if !is_done {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn settle_member_changes(self, open: &[Intent]) -> Result<(), Error> {
        let changes = open
            .iter()
            .filter(|intent| intent.purpose == Purpose::ChangeMembers);
        for intent in changes {
            self.complete_member_change(intent, None).await?;
        }
        Ok(())
    }

    /// Completes the open intents of every purpose that this version knows, and discards abandoned ones. Cleans up
    /// after deleted groups, which readers cannot see, only within a time budget.
    ///
    /// # Errors
    /// Only table errors. The remaining intents stay open.
    pub async fn sweep(self) -> Result<(), Error> {
        self.sweep_until(None).await?;
        Ok(())
    }

    /// Does the same until `deadline`, if there is one. Returns whether no intent is left whose partial state readers could
    /// see; of those that are left, at least one has come further.
    ///
    /// # Errors
    /// Only table errors. The remaining intents stay open.
    pub async fn sweep_until(self, deadline: Option<Instant>) -> Result<bool, Error> {
        if !self.settle_until(deadline).await? {
            return Ok(false);
        }
        self.discard_abandoned(deadline).await?;
        let budget = Instant::now() + CLEAN_UP_BUDGET;
        let until = deadline.map_or(budget, |deadline| deadline.min(budget));
        self.forget_groups(until).await?;
        Ok(true)
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
        let chunks = chunks.collect();
        self.apply_and_close(intent, chunks, None).await?;
        Ok(())
    }

    /// Completes a change of members until `deadline`. Returns whether it is done as far as this version can.
    async fn complete_member_change(
        self,
        intent: &Intent,
        deadline: Option<Instant>,
    ) -> Result<bool, Error> {
        let chunks = self.chunks(intent).await?.into_iter().map(|chunk| {
            let steps: Vec<Step> = serde_json::from_str(&chunk.work)?;
            Ok((chunk.number, Cow::Owned(steps)))
        });
        match chunks.collect::<Result<Vec<_>, serde_json::Error>>() {
            Ok(chunks) => self.apply_and_close(intent, chunks, deadline).await,
            // The version that planned the steps completes them. Other groups must not wait for it.
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(tenant = %self.scope.tenant, error, "an intent with unknown steps stays open");
                Ok(true)
            }
        }
    }

    /// Applies the numbered lists of steps of a change of members, and closes it. After `deadline`, only the first ones are
    /// applied. Returns whether it is closed.
    async fn apply_and_close(
        self,
        intent: &Intent,
        chunks: Vec<(String, Cow<'_, [Step]>)>,
        deadline: Option<Instant>,
    ) -> Result<bool, Error> {
        let scope = self.on_behalf(intent);
        let opener = Members::of(&scope);
        let transactions = chunks.iter().enumerate().map(|(before, (list, steps))| {
            let apply = async move {
                if before >= CONCURRENCY && is_late(deadline) {
                    return Ok(false);
                }
                opener.apply_steps(intent, list, steps).await?;
                Ok::<_, Error>(true)
            };
            apply.boxed()
        });
        // In a list, so that the type of what waits for them has no borrowed closure.
        let applied = stream::iter(transactions.collect::<Vec<_>>())
            .buffer_unordered(CONCURRENCY)
            .try_collect::<Vec<bool>>()
            .await?;
        if applied.contains(&false) {
            return Ok(false);
        }
        let mut transaction = Transaction::default();
        transaction.update_if(
            self.scope.keys().resource(&GROUPS, &intent.subject_id),
            Expression::new("SET revision = revision + :one REMOVE intent").with(":one", number(1)),
            Expression::new("intent = :intent").with(":intent", string(&intent.id)),
            Guard::Stale,
        );
        self.close(intent, transaction).await?;
        Ok(true)
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

    /// Removes a deleted user from the groups until `deadline`. Returns whether that is done.
    async fn complete_forget_user(
        self,
        intent: &Intent,
        deadline: Option<Instant>,
    ) -> Result<bool, Error> {
        let scope = self.on_behalf(intent);
        for (before, chunk) in self.chunks(intent).await?.iter().enumerate() {
            if before > 0 && is_late(deadline) {
                return Ok(false);
            }
            Members::of(&scope).forget_user_in(intent, chunk).await?;
        }
        self.close(intent, Transaction::default()).await?;
        Ok(true)
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
