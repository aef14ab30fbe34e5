//! Work too large for one transaction: recorded whole, applied in steps, then closed.
//!
//! An intent is opened by the transaction that makes the change true (the group is marked, the user or the group is
//! deleted); its steps follow, each a transaction that also takes the step off the list, so that none is done twice.
//! Whatever dies half-way is rolled forward by the next who reads or writes memberships: nobody sees half of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::stream::{self, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use crate::error::Error;
use crate::journal::entry::{Actor, Entry, MEMBERS_CHANGED, Subject};
use crate::model::kind::{GROUPS, USERS};
use crate::resources::members::{Step, WRITES_PER_STEP};
use crate::resources::record::Record;
use crate::store::item::{Item, from_item, number, string, text, to_item};
use crate::store::table::Range;
use crate::store::transaction::{Expression, Guard, MAX_WRITES, Transaction};
use crate::tenant::Tenant;

/// Steps of one transaction: room is left for the group, the list and the journal.
const STEPS_AT_ONCE: usize = (MAX_WRITES - 4) / WRITES_PER_STEP;
/// How often a step starts over before the table counts as busy.
const MAX_TURNS: usize = 20;
/// Transactions of one intent under way at once.
const CONCURRENCY: usize = 4;
/// How long a request goes on cleaning up behind a deleted group; nobody sees what is left, and others go on with it.
const CLEAN_UP_BUDGET: Duration = Duration::from_secs(8);

/// What an intent brings about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Purpose {
    /// The listed steps, on a group that is marked and changed by nobody else meanwhile.
    ChangeMembers,
    /// The listed groups forget a user who is deleted.
    ForgetUser,
    /// Everybody forgets a group that is deleted.
    ForgetGroup,
}

/// An open intent as the table holds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Intent {
    #[serde(rename = "SK")]
    id: String,
    purpose: Purpose,
    subject_id: String,
    subject_name: String,
    actor: Actor,
    request_id: String,
}

/// A list of steps, as many as one transaction holds.
#[derive(Debug, Serialize, Deserialize)]
struct Chunk {
    #[serde(rename = "SK")]
    number: String,
    /// JSON: steps, or group ids.
    work: String,
}

impl Tenant {
    fn intent(&self, purpose: Purpose, subject: &Subject) -> Intent {
        Intent {
            id: Uuid::now_v7().to_string(),
            purpose,
            subject_id: subject.id.clone(),
            subject_name: subject.name.clone(),
            actor: self.actor.clone(),
            request_id: self.request_id.clone(),
        }
    }

    async fn write_chunks<T: Serialize>(&self, intent: &Intent, work: &[T]) -> Result<(), Error> {
        let partition = self.id.intent_steps(&intent.id);
        let chunk = |(n, work): (usize, &[T])| {
            let key = partition.at(format!("{n:06}"));
            let work = serde_json::to_string(work).map_err(Error::corrupt)?;
            to_item(
                &key,
                &Chunk {
                    number: key.sort.clone(),
                    work,
                },
            )
        };
        let items = work
            .chunks(STEPS_AT_ONCE)
            .enumerate()
            .map(chunk)
            .collect::<Result<_, _>>()?;
        self.table.batch_put(items).await
    }

    /// Records a change of members that does not fit one transaction. The id goes onto the group, and the intent into
    /// the transaction that marks it.
    pub(crate) async fn prepare_member_change(
        &self,
        group: &Subject,
        steps: &[Step],
    ) -> Result<(String, Transaction), Error> {
        let intent = self.intent(Purpose::ChangeMembers, group);
        self.write_chunks(&intent, steps).await?;
        Ok((intent.id.clone(), self.opening(&intent)?))
    }

    /// Records that these groups have to forget a user who is in too many for one transaction.
    pub(crate) async fn prepare_forget_user(
        &self,
        user: &Subject,
        groups: &BTreeSet<String>,
    ) -> Result<Transaction, Error> {
        let intent = self.intent(Purpose::ForgetUser, user);
        self.write_chunks(&intent, &Vec::from_iter(groups)).await?;
        self.opening(&intent)
    }

    /// Records that everybody has to forget a group.
    pub(crate) fn prepare_forget_group(&self, group: &Subject) -> Result<Transaction, Error> {
        self.opening(&self.intent(Purpose::ForgetGroup, group))
    }

    fn opening(&self, intent: &Intent) -> Result<Transaction, Error> {
        let mut transaction = Transaction::default();
        transaction.put(to_item(&self.id.intents().at(&intent.id), intent)?);
        Ok(transaction)
    }

    /// Completes every intent whose half-done state could be seen.
    pub(crate) async fn settle(&self) -> Result<(), Error> {
        let open = self.open_intents().await?;
        self.settle_member_changes(&open).await?;
        for intent in open
            .iter()
            .filter(|intent| intent.purpose == Purpose::ForgetUser)
        {
            self.complete_forget_user(intent).await?;
        }
        Ok(())
    }

    async fn settle_member_changes(&self, open: &[Intent]) -> Result<(), Error> {
        for intent in open
            .iter()
            .filter(|intent| intent.purpose == Purpose::ChangeMembers)
        {
            self.complete_member_change(intent).await?;
        }
        Ok(())
    }

    /// Completes open intents of every kind, within a time budget for those that nobody can see.
    ///
    /// # Errors
    /// Only those of the table; what is left stays open.
    pub async fn sweep(&self) -> Result<(), Error> {
        self.settle().await?;
        self.forget_groups(Instant::now() + CLEAN_UP_BUDGET).await?;
        Ok(())
    }

    /// Goes on cleaning up behind deleted groups until time is up; whether nothing is left to be cleaned up.
    pub(crate) async fn forget_groups(&self, deadline: Instant) -> Result<bool, Error> {
        for intent in self.open_intents().await? {
            if intent.purpose != Purpose::ForgetGroup {
                continue;
            }
            if Instant::now() >= deadline || !self.complete_forget_group(&intent, deadline).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn open_intents(&self) -> Result<Vec<Intent>, Error> {
        let items = self.table.query_all(Range::all(self.id.intents())).await?;
        items.into_iter().map(from_item).collect()
    }

    async fn chunks(&self, intent: &Intent) -> Result<Vec<Chunk>, Error> {
        let items = self
            .table
            .query_all(Range::all(self.id.intent_steps(&intent.id)))
            .await?;
        items.into_iter().map(from_item).collect()
    }

    /// Acts for whoever opened the intent: the journal names them, not the one who happens to complete it.
    fn on_behalf(&self, intent: &Intent) -> Self {
        Self {
            actor: intent.actor.clone(),
            request_id: intent.request_id.clone(),
            ..self.clone()
        }
    }

    async fn complete_member_change(&self, intent: &Intent) -> Result<(), Error> {
        let opener = self.on_behalf(intent);
        let opener = &opener;
        stream::iter(self.chunks(intent).await?)
            .map(|chunk| async move { opener.apply_steps(intent, &chunk).await })
            .buffer_unordered(CONCURRENCY)
            .try_collect::<Vec<()>>()
            .await?;
        let mut transaction = Transaction::default();
        transaction.update_if(
            self.id.resource(&GROUPS, &intent.subject_id),
            Expression::new("SET revision = revision + :one REMOVE intent").with(":one", number(1)),
            Expression::new("intent = :intent").with(":intent", string(&intent.id)),
            Guard::Stale,
        );
        self.close(intent, transaction).await
    }

    async fn apply_steps(&self, intent: &Intent, chunk: &Chunk) -> Result<(), Error> {
        let mut steps: Vec<Step> = serde_json::from_str(&chunk.work).map_err(Error::corrupt)?;
        let group = Subject {
            kind: GROUPS.noun.into(),
            id: intent.subject_id.clone(),
            name: intent.subject_name.clone(),
        };
        let mut vanished = 0;
        for _ in 0..MAX_TURNS {
            let mut transaction = self.step_writes(&group, &steps)?;
            self.take_off_list(&mut transaction, intent, chunk);
            if vanished > 0 {
                let shrink =
                    Expression::new("ADD members :change").with(":change", number(-vanished));
                transaction.update(self.id.resource(&GROUPS, &group.id), shrink);
            }
            if self.table.transact(&transaction).await?.is_empty()
                || !self.is_listed(intent, chunk).await?
            {
                return Ok(());
            }
            // Somebody who was to join or leave has been deleted since: there is nothing left to do about them.
            let before = crate::resources::members::growth(&steps);
            steps = self.still_possible(&group.id, steps).await?;
            vanished += before - crate::resources::members::growth(&steps);
        }
        Err(Error::Busy(None))
    }

    async fn still_possible(&self, group: &str, steps: Vec<Step>) -> Result<Vec<Step>, Error> {
        let ids: BTreeSet<&str> = steps.iter().map(Step::member).collect();
        let users = self
            .table
            .batch_get(ids.iter().map(|id| self.id.resource(&USERS, id)))
            .await?;
        let users: BTreeSet<&str> = users
            .iter()
            .map(|item| text(item, "SK"))
            .collect::<Result<_, _>>()?;
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

    async fn complete_forget_user(&self, intent: &Intent) -> Result<(), Error> {
        let opener = self.on_behalf(intent);
        for chunk in self.chunks(intent).await? {
            opener.forget_user_in(intent, &chunk).await?;
        }
        self.close(intent, Transaction::default()).await
    }

    async fn forget_user_in(&self, intent: &Intent, chunk: &Chunk) -> Result<(), Error> {
        let groups: BTreeSet<String> = serde_json::from_str(&chunk.work).map_err(Error::corrupt)?;
        for _ in 0..MAX_TURNS {
            let mut transaction = self.forget_user_writes(&intent.subject_id, &groups).await?;
            self.take_off_list(&mut transaction, intent, chunk);
            if self.table.transact(&transaction).await?.is_empty()
                || !self.is_listed(intent, chunk).await?
            {
                return Ok(());
            }
            // One of the groups may be marked by a change of its members that died half-way.
            self.settle_member_changes(&self.open_intents().await?)
                .await?;
        }
        Err(Error::Busy(None))
    }

    /// The writes by which groups lose a deleted user; groups that are gone themselves are left to their own clean-up.
    pub(crate) async fn forget_user_writes(
        &self,
        user: &str,
        groups: &BTreeSet<String>,
    ) -> Result<Transaction, Error> {
        let mut transaction = Transaction::default();
        for group in self.live_groups(groups).await?.into_values() {
            transaction.delete(self.id.member(&group.id, user));
            self.write_group_touched(&mut transaction, &group, -1, false, None);
        }
        Ok(transaction)
    }

    /// Those of the groups that exist, by id.
    pub(crate) async fn live_groups(
        &self,
        ids: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Record>, Error> {
        let items = self
            .table
            .batch_get(ids.iter().map(|id| self.id.resource(&GROUPS, id)))
            .await?;
        let by_id = |item: Item| Record::from_item(item).map(|record| (record.id.clone(), record));
        items.into_iter().map(by_id).collect()
    }

    /// Whether it was completed before time was up. The journal tells who lost the group, chunk by chunk, as it tells
    /// who left any other.
    async fn complete_forget_group(
        &self,
        intent: &Intent,
        deadline: Instant,
    ) -> Result<bool, Error> {
        let opener = self.on_behalf(intent);
        let group = &intent.subject_id;
        let members = Range::all(self.id.members(group)).limit(STEPS_AT_ONCE);
        loop {
            let page = self.table.query(&members).await?;
            if page.items.is_empty() {
                self.close(intent, Transaction::default()).await?;
                return Ok(true);
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
            let ids: BTreeSet<&str> = page
                .items
                .iter()
                .map(|item| text(item, "SK"))
                .collect::<Result<_, _>>()?;
            let users = self
                .table
                .batch_get(ids.iter().map(|id| self.id.resource(&USERS, id)))
                .await?;
            let mut transaction = Transaction::default();
            for user in &users {
                let set =
                    "SET version = version + :one, revision = revision + :one DELETE groups :group";
                self.write_group_list(&mut transaction, text(user, "SK")?, set, group);
            }
            transaction.put(opener.left_entry(intent, &ids).to_item(&self.id)?);
            for id in ids {
                let member = self.id.member(group, id);
                transaction.delete_if(member, Expression::present(), Guard::Stale);
            }
            // A guard that fails means that somebody was deleted in between, or that somebody else does the same work:
            // the next turn sees what is left.
            self.table.transact(&transaction).await?;
        }
    }

    fn left_entry(&self, intent: &Intent, ids: &BTreeSet<&str>) -> Entry {
        let group = Subject {
            kind: GROUPS.noun.into(),
            id: intent.subject_id.clone(),
            name: intent.subject_name.clone(),
        };
        Entry {
            after: Some(json!({"added": [], "removed": ids}).to_string()),
            ..self.entry(MEMBERS_CHANGED, group)
        }
    }

    fn take_off_list(&self, transaction: &mut Transaction, intent: &Intent, chunk: &Chunk) {
        let key = self.id.intent_steps(&intent.id).at(&chunk.number);
        transaction.delete_if(key, Expression::present(), Guard::Stale);
    }

    async fn is_listed(&self, intent: &Intent, chunk: &Chunk) -> Result<bool, Error> {
        let key = self.id.intent_steps(&intent.id).at(&chunk.number);
        Ok(self.table.get(&key).await?.is_some())
    }

    /// Closes the intent, with whatever goes with it; somebody else having done so is just as well.
    async fn close(&self, intent: &Intent, mut transaction: Transaction) -> Result<(), Error> {
        transaction.delete_if(
            self.id.intents().at(&intent.id),
            Expression::present(),
            Guard::Stale,
        );
        self.table.transact(&transaction).await.map(|_| ())
    }
}
