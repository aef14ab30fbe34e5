//! The turn of whoever sends: one at a time for each webhook, by a lease in its item.
//!
//! Events that come during a turn are counted (`wakes`). A turn ends only if none came since it last looked at the feed, so
//! no event is left without anybody who sends it. Whoever dies leaves a lease that ends.

use jiff::Timestamp;
use rollcall_model::{EventType, new_id};
use rollcall_store::{
    Error, Expression, Guard, StackKeys, Transaction, Updated, from_item, number, string,
};

use crate::journal::entry::Entry;
use crate::journal::feed_page::{FeedPage, FeedQuery, FeedRead};
use crate::journal::handle::Journal;
use crate::webhooks::handle::Webhooks;
use crate::webhooks::log::Delivered;
use crate::webhooks::pause::PauseReason;
use crate::webhooks::retry::{Failure, Then, after};
use crate::webhooks::stack_webhook::StackWebhook;
use crate::webhooks::waiting::{Waiting, forget};
use crate::webhooks::webhook::Webhook;

/// How often a turn is asked for while somebody else's is ending.
const ATTEMPTS: usize = 3;

/// The right to send to one webhook.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The webhook as it was read.
    pub webhook: Webhook,
    lease_id: String,
}

/// What comes next in the feed.
#[derive(Clone, Debug)]
pub enum Next {
    /// Events, perhaps none.
    Page(FeedPage),
    /// The next events are not in the feed. It goes on after this sequence number.
    Lost(PauseReason, u64),
}

impl Turn {
    /// Returns whether the turn is that of the webhook as it is stored, and no admin has changed it.
    fn is_of(&self, current: &Webhook) -> bool {
        current.revision == self.webhook.revision
            && current.lease_id.as_ref() == Some(&self.lease_id)
    }

    /// Returns the condition that the turn is still the holder's, and that no admin has changed the webhook.
    fn holds(&self) -> Expression {
        Expression::at_revision(self.webhook.revision)
            .and("lease_id = :mine")
            .with(":mine", string(&self.lease_id))
    }
}

impl Webhooks<'_> {
    /// Begins a turn, which ends at `until` if its holder does not end it. `None` if the webhook is not due, or somebody
    /// else's turn has not ended; they are told that there may be new events.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn begin(
        self,
        id: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Turn>, Error> {
        let key = self.stored().at(id);
        let lease_id = new_id();
        let at = || number(now.as_millisecond());
        let lease = Expression::new("SET lease_id = :mine, leased_until = :until")
            .with(":mine", string(&lease_id))
            .with(":until", number(until.as_millisecond()));
        let free = Expression::present()
            .and("attribute_not_exists(paused_at)")
            .and("(attribute_not_exists(leased_until) OR leased_until < :now)")
            .and("(attribute_not_exists(retry_at) OR retry_at <= :now)")
            .with(":now", at());
        let wake = Expression::new("ADD wakes :one").with(":one", number(1));
        let is_held = Expression::new("leased_until >= :now").with(":now", at());
        for _ in 0..ATTEMPTS {
            let found = match self.scope.table.update_if(&key, &lease, &free).await? {
                Updated::Done(item) => {
                    let webhook = from_item(item)?;
                    return Ok(Some(Turn { webhook, lease_id }));
                }
                Updated::Absent => return Ok(None),
                Updated::Unchanged(item) => from_item::<Webhook>(item)?,
            };
            if found.lease_id.as_ref() == Some(&lease_id) {
                // The answer to the call was lost, and the SDK made it again.
                return Ok(Some(Turn {
                    webhook: found,
                    lease_id,
                }));
            }
            if !found.is_due(now) {
                return Ok(None);
            }
            match self.scope.table.update_if(&key, &wake, &is_held).await? {
                Updated::Done(_) | Updated::Absent => return Ok(None),
                Updated::Unchanged(_) => {}
            }
        }
        Err(Error::Busy(None))
    }

    /// Returns whether the turn still holds: neither the webhook nor the tenant was changed or deleted. Ask before each
    /// delivery.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn holds(self, turn: &Turn) -> Result<bool, Error> {
        if let Some(stack) = self.stack {
            return self.holds_of_stack(stack, turn).await;
        }
        let (webhook, tenant) = (
            self.stored().at(&turn.webhook.id),
            self.scope.keys().tenant(),
        );
        let both = [webhook.clone(), tenant.clone()];
        let mut found = self.scope.table.find(both).await?;
        let lives = match found.take(&tenant) {
            Some(tenant) => !self.scope.tenant_in(Some(tenant))?.deleting,
            None => false,
        };
        let current = found.take(&webhook).map(from_item::<Webhook>).transpose()?;
        Ok(lives && current.is_some_and(|current| turn.is_of(&current)))
    }

    /// The last events of a deleted tenant arrive too, so the tenant does not count.
    async fn holds_of_stack(self, stack: &StackWebhook, turn: &Turn) -> Result<bool, Error> {
        let webhook = self.stored().at(&turn.webhook.id);
        let of_stack = StackKeys::webhooks().at(&stack.id);
        let both = [webhook.clone(), of_stack.clone()];
        let mut found = self.scope.table.find(both).await?;
        let of_stack = found.take(&of_stack).map(from_item::<StackWebhook>);
        let is_same = |stack: StackWebhook| {
            stack.revision == turn.webhook.copy_of
                && stack.created_at == turn.webhook.created_at
                && !stack.is_paused()
        };
        let current = found.take(&webhook).map(from_item::<Webhook>).transpose()?;
        Ok(of_stack.transpose()?.is_some_and(is_same)
            && current.is_some_and(|current| turn.is_of(&current)))
    }

    /// Reads at most `limit` events that come next. They can have types that the webhook does not want.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn next(self, turn: &Turn, limit: usize) -> Result<Next, Error> {
        let types = turn.webhook.types();
        let query = FeedQuery {
            after: turn.webhook.sent_to,
            limit,
            types: &types,
        };
        Ok(match Journal::of(self.scope).feed(&query).await? {
            FeedRead::Page(page) => Next::Page(page),
            FeedRead::Ahead { head } => Next::Lost(PauseReason::CursorAhead, head),
            FeedRead::Expired { after } => Next::Lost(PauseReason::EventsExpired, after),
        })
    }

    /// Stores how far the webhook is. Returns whether the turn still holds.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn advance(
        self,
        turn: &mut Turn,
        sent_to: u64,
        delivered: Delivered,
        at: Timestamp,
    ) -> Result<bool, Error> {
        let webhook = &mut turn.webhook;
        if sent_to == webhook.sent_to {
            return Ok(true);
        }
        let set = match delivered.count {
            0 => Expression::new("SET sent_to = :to"),
            _ => Expression::new(
                "SET sent_to = :to, delivered_at = :at REMOVE failing_since, failures, last_failure, last_status",
            )
            .with(":at", string(&at.to_string())),
        };
        let set = set.with(":to", number(sent_to));
        let key = self.stored().at(&webhook.id);
        let mut transaction = Transaction::default();
        if delivered.count > 0 {
            self.write_delivered(&mut transaction, &webhook.id, delivered, at);
        }
        transaction.update_if(key, set, turn.holds(), Guard::Stale);
        if !self.scope.table.transact(&transaction).await?.is_empty() {
            return Ok(false);
        }
        let webhook = &mut turn.webhook;
        webhook.sent_to = sent_to;
        if delivered.count > 0 {
            (webhook.failures, webhook.failing_since) = (0, None);
        }
        Ok(true)
    }

    /// Ends a turn that has sent everything. Returns `false` if new events came in the meantime, so that it goes on.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn finish(self, turn: &mut Turn) -> Result<bool, Error> {
        let key = self.stored().at(&turn.webhook.id);
        let end = Expression::new("REMOVE lease_id, leased_until, retry_at");
        let mine = Expression::new("lease_id = :mine AND wakes = :wakes")
            .with(":mine", string(&turn.lease_id))
            .with(":wakes", number(turn.webhook.wakes));
        match self.scope.table.update_if(&key, &end, &mine).await? {
            Updated::Done(_) => {}
            Updated::Absent => return Ok(true),
            Updated::Unchanged(item) => {
                let current: Webhook = from_item(item)?;
                let is_mine = current.lease_id.as_ref() == Some(&turn.lease_id);
                turn.webhook.wakes = current.wakes;
                return Ok(!is_mine);
            }
        }
        if let Some(due) = turn.webhook.retry_at {
            self.forget_waiting(&turn.webhook.id, due).await?;
        }
        Ok(true)
    }

    /// Ends a turn that does not hold any more, because an admin has changed the webhook.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn let_go(self, turn: &Turn) -> Result<(), Error> {
        let key = self.stored().at(&turn.webhook.id);
        let end = Expression::new("REMOVE lease_id, leased_until");
        let mine = Expression::new("lease_id = :mine").with(":mine", string(&turn.lease_id));
        self.scope.table.update_if(&key, &end, &mine).await?;
        Ok(())
    }

    /// Ends a turn for lack of time. The webhook is due at once, for the next turn. Returns whether the turn still held.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn interrupt(self, turn: &Turn, now: Timestamp) -> Result<bool, Error> {
        let at = now.as_millisecond();
        let set = Expression::new("SET retry_at = :retry REMOVE lease_id, leased_until");
        let set = set.with(":retry", number(at));
        let mut transaction = Transaction::default();
        self.write_end(&mut transaction, turn, set, Some(at))?;
        Ok(self.scope.table.transact(&transaction).await?.is_empty())
    }

    /// Ends a turn because a delivery failed: the webhook waits for the next attempt, or is paused. Returns whether the
    /// turn still held.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn fail(
        self,
        turn: &Turn,
        sequence: u64,
        failure: &Failure,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let webhook = &turn.webhook;
        let failures = webhook.failures.saturating_add(1);
        let since = webhook.failing_since.unwrap_or(now);
        let then = after(failure, failures, since, now);
        let mut set =
            "SET failing_since = :since, failures = :failures, last_failure = :kind".to_owned();
        let mut ending = " REMOVE lease_id, leased_until".to_owned();
        match failure.status {
            Some(_) => set.push_str(", last_status = :http"),
            None => ending.push_str(", last_status"),
        }
        let mut transaction = Transaction::default();
        let (set, retry_at) = match then {
            Then::Retry(at) => {
                let set = Expression::new(format!("{set}, retry_at = :retry{ending}"));
                let at = at.as_millisecond();
                (set.with(":retry", number(at)), Some(at))
            }
            Then::Pause(reason) => {
                let pause = ", revision = :revision, paused_at = :at, pause_reason = :reason";
                let set = Expression::new(format!("{set}{pause}{ending}, retry_at"));
                self.tell_pause(&mut transaction, webhook, reason, now)?;
                (paused(set, webhook, reason, now), None)
            }
        };
        let set = set
            .with(":since", string(&since.to_string()))
            .with(":failures", number(failures))
            .with(":kind", string(failure.kind.as_str()));
        let set = match failure.status {
            Some(status) => set.with(":http", number(status)),
            None => set,
        };
        self.write_end(&mut transaction, turn, set, retry_at)?;
        let logged = self.failure_item(&webhook.id, (sequence, failures), failure, now)?;
        transaction.put(logged);
        Ok(self.scope.table.transact(&transaction).await?.is_empty())
    }

    /// Ends a turn because the next events are not in the feed: the webhook is paused at the place where it goes on.
    /// Returns whether the turn still held.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn lose(
        self,
        turn: &Turn,
        (reason, place): (PauseReason, u64),
        now: Timestamp,
    ) -> Result<bool, Error> {
        let set = "SET revision = :revision, paused_at = :at, pause_reason = :reason, sent_to = :to, lost = :lost \
                   REMOVE lease_id, leased_until, retry_at";
        let set = paused(Expression::new(set), &turn.webhook, reason, now);
        let lost = place.saturating_sub(turn.webhook.sent_to);
        let set = set.with(":to", number(place)).with(":lost", number(lost));
        let mut transaction = Transaction::default();
        self.write_end(&mut transaction, turn, set, None)?;
        self.tell_pause(&mut transaction, &turn.webhook, reason, now)?;
        Ok(self.scope.table.transact(&transaction).await?.is_empty())
    }

    /// Returns whether a webhook of the index still waits for this. If not, it leaves the index.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn still_waits(self, waiting: &Waiting) -> Result<bool, Error> {
        let is_gone = match self.scope.stored_tenant().await {
            // Of the stack, the last events of a deleted tenant arrive too.
            _ if self.stack.is_some() => false,
            Ok(tenant) => tenant.deleting,
            Err(error) if error.is_refusal() => true,
            Err(error) => return Err(error),
        };
        let waits = match self.read(&waiting.webhook).await {
            Ok(_) if is_gone => false,
            Ok(webhook) => webhook.retry_at == Some(waiting.due) && !webhook.is_paused(),
            Err(error) if error.is_refusal() => false,
            Err(error) => return Err(error),
        };
        if !waits {
            forget(&self.scope.table, waiting).await?;
        }
        Ok(waits)
    }

    async fn forget_waiting(self, webhook: &str, due: i64) -> Result<(), Error> {
        let waiting = Waiting {
            tenant: self.scope.tenant.clone(),
            webhook: webhook.to_owned(),
            of_stack: self.stack.is_some(),
            due,
        };
        forget(&self.scope.table, &waiting).await
    }

    fn write_end(
        self,
        transaction: &mut Transaction,
        turn: &Turn,
        set: Expression,
        retry_at: Option<i64>,
    ) -> Result<(), Error> {
        let webhook = &turn.webhook;
        let key = self.stored().at(&webhook.id);
        transaction.update_if(key, set, turn.holds(), Guard::Stale);
        self.write_move(transaction, &webhook.id, (webhook.retry_at, retry_at))
    }

    /// Writes that the webhook is paused: as an event of the tenant, or in the list of the webhook of the stack, which the
    /// tenant does not see.
    fn tell_pause(
        self,
        transaction: &mut Transaction,
        webhook: &Webhook,
        reason: PauseReason,
        now: Timestamp,
    ) -> Result<(), Error> {
        let item = match self.stack {
            Some(_) => self.paused_for(webhook, reason, now)?,
            None => {
                let entry = Entry::new(self.scope, EventType::WebhookPaused, webhook.subject());
                let entry = entry.with_change(None, Some(webhook.told_pause(reason)));
                entry.to_item(self.scope.keys())?
            }
        };
        transaction.put(item);
        Ok(())
    }
}

/// Adds the values of a pause to an update.
fn paused(set: Expression, webhook: &Webhook, reason: PauseReason, at: Timestamp) -> Expression {
    set.with(":revision", number(webhook.revision + 1))
        .with(":at", string(&at.to_string()))
        .with(":reason", string(reason.as_str()))
}
