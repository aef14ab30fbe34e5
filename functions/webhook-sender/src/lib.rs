//! Sends the events of each tenant to its webhooks and to those of the stack, in the order of the feed, signed, at least
//! once.
//!
//! A message only says that there may be something to send: after an event has its place in the feed, or every minute for
//! webhooks that wait. What is sent follows from the place of each webhook in the feed, which is stored with it. So no
//! event depends on a message, and a delay can be longer than a queue keeps messages. One invocation at a time sends to
//! a webhook; different webhooks do not wait for each other. A turn of a webhook has a bounded time: if it is not done then,
//! the call of the schedule goes on with others that wait, and then with it again, while there is time. A webhook of the
//! stack has a place in each feed, and the tenants do not wait for each other either. After it was changed, each minute a
//! part of the tenants is looked at, so that what waited for the change does not wait for the tenant's next event.

mod backlog;
mod message;
mod outbound;
mod resolver;
mod signature;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use futures::StreamExt;
use futures::stream;
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{
    Delivered, Directory, Error, Next, StackWebhook, Tenant, TenantId, Turn, WebhookSecret,
    Webhooks,
};
use rollcall_runtime::chain;
use tokio::time::Instant;

use message::Message;
use outbound::Outbound;

pub use outbound::DELIVERY_TIME;

/// The webhooks of tenants that one invocation calls at the same time, and the tenants for which it calls one of the stack.
const AT_ONCE: usize = 20;
/// The events after which it is stored how far a webhook is. Whoever dies repeats at most that many.
const EVENTS_AT_ONCE: usize = 20;
/// The waiting webhooks that are read at once.
const WAITING_AT_ONCE: usize = 100;
/// How much longer than the deadline a turn lasts at most: the last delivery, and storing what became of it.
const AFTER_DEADLINE: SignedDuration = SignedDuration::from_secs(30);
/// How long a turn lasts at most, before the other webhooks of the invocation. What is left is sent in another turn.
const TURN_TIME: Duration = Duration::from_secs(20);
/// From which duration on a delivery counts as slow.
const SLOW_DELIVERY: Duration = Duration::from_secs(1);
/// How long a turn with a slow delivery lasts at most, so that the invocation soon serves others.
const SLOW_TURN_TIME: Duration = Duration::from_secs(5);
/// The turns of one webhook in an invocation, if admins change it meanwhile.
const TURNS: usize = 5;

/// Returns the sender for a directory, which needs the keys of the stack.
pub fn handler(directory: Directory) -> Sender {
    Sender {
        outbound: Outbound::new(directory.webhook_targets()),
        directory,
        clock: Clock::default(),
        turn: TURN_TIME,
        slow_turn: SLOW_TURN_TIME,
    }
}

/// The sender. The Lambda runtime and the local queue call it with each batch of messages.
#[derive(Clone, Debug)]
pub struct Sender {
    directory: Directory,
    outbound: Outbound,
    clock: Clock,
    turn: Duration,
    slow_turn: Duration,
}

/// The clock, which tests set.
#[derive(Clone, Copy, Debug, Default)]
struct Clock(Option<Timestamp>);

impl Clock {
    fn now(self) -> Timestamp {
        self.0.unwrap_or_else(Timestamp::now)
    }
}

/// How a part of the work of one webhook ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// All is sent, or the rest waits until a retry.
    Done,
    /// The time of the turn is over. The rest waits since then, and could be sent at once.
    Interrupted(Timestamp),
    /// The webhook was changed meanwhile.
    Changed,
}

/// A webhook to call.
#[derive(Clone, Debug)]
enum Endpoint {
    /// A webhook of the tenant, by its id.
    OfTenant(String),
    /// A webhook of the stack, by its id.
    OfStack(String),
}

impl Endpoint {
    fn id(&self) -> &str {
        match self {
            Self::OfTenant(id) | Self::OfStack(id) => id,
        }
    }

    /// Returns the id, if it is one of the stack.
    fn stack_id(&self) -> Option<&str> {
        match self {
            Self::OfTenant(_) => None,
            Self::OfStack(id) => Some(id),
        }
    }
}

/// Whose webhook is called.
#[derive(Debug)]
enum Of {
    Tenant,
    Stack(Box<StackWebhook>),
    /// A webhook of the stack that is paused or does not exist.
    Nobody,
}

/// Where a turn is.
#[derive(Clone, Copy, Debug)]
struct At<'a> {
    tenant: &'a Tenant,
    webhooks: Webhooks<'a>,
}

/// Returns the webhooks of the tenant, or the webhook of the stack in it.
fn of<'a>(tenant: &'a Tenant, stack: Option<&'a StackWebhook>) -> Webhooks<'a> {
    match stack {
        Some(stack) => tenant.webhooks().of_stack(stack),
        None => tenant.webhooks(),
    }
}

impl Sender {
    /// Returns the sender at another time.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        Self {
            clock: Clock(Some(now)),
            ..self
        }
    }

    /// Returns the sender with another time for one delivery.
    #[must_use]
    pub fn patient_for(self, time: Duration) -> Self {
        Self {
            outbound: self.outbound.within(time),
            ..self
        }
    }

    /// Returns the sender with another time for a turn.
    #[must_use]
    pub fn with_turns_of(self, time: Duration) -> Self {
        Self { turn: time, ..self }
    }

    /// Returns the sender with another time for a turn with a slow delivery.
    #[must_use]
    pub fn with_slow_turns_of(self, time: Duration) -> Self {
        Self {
            slow_turn: time,
            ..self
        }
    }

    /// Handles one batch until `deadline`. Returns the ids of the messages that must be delivered again.
    pub async fn call(&self, event: SqsEvent, deadline: Instant) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        let mut fail = |id: &str, error: &(dyn std::error::Error + 'static)| {
            let error = chain(error);
            tracing::error!(message = id, error, "the message will be delivered again");
            let mut failed = BatchItemFailure::default();
            failed.item_identifier = id.to_owned();
            response.batch_item_failures.push(failed);
        };
        let (mut tenants, mut of_tenant) = (BTreeSet::new(), Vec::new());
        let mut scheduled = Vec::new();
        for record in event.records {
            let id = record.message_id.unwrap_or_default();
            match serde_json::from_str(record.body.as_deref().unwrap_or_default()) {
                Ok(Message::Event { detail }) => {
                    tenants.insert(detail.tenant.clone());
                    of_tenant.push((id, detail.tenant));
                }
                Ok(Message::Waiting { .. }) => scheduled.push(id),
                Err(error) => fail(&id, &error),
            }
        }
        for (tenant, error) in self.send_of(tenants, deadline).await {
            for (id, _) in of_tenant.iter().filter(|(_, of)| *of == tenant) {
                fail(id, &error);
            }
        }
        if !scheduled.is_empty()
            && let Err(error) = Box::pin(self.send_scheduled(deadline)).await
        {
            for id in &scheduled {
                fail(id, &error);
            }
        }
        response
    }

    /// Sends what waits, and looks at the tenants for the webhooks of the stack that were changed.
    async fn send_scheduled(&self, deadline: Instant) -> Result<(), Error> {
        let (stack, unread) = match self.directory.stack_webhooks().list().await {
            Ok(stack) => (stack, Ok(())),
            // Those of tenants need not wait for that.
            Err(error) => (Vec::new(), Err(error)),
        };
        let both = futures::future::join(
            self.send_waiting(&stack, deadline),
            self.walk(&stack, deadline),
        );
        let (sent, walked) = both.await;
        unread.and(sent).and(walked)
    }

    /// Sends what is new in the feeds of tenants. Returns for which it failed.
    async fn send_of(
        &self,
        tenants: BTreeSet<TenantId>,
        deadline: Instant,
    ) -> Vec<(TenantId, Error)> {
        if tenants.is_empty() {
            return Vec::new();
        }
        let due = stream::iter(tenants).map(|id| async move {
            let tenant = self.directory.system(id.clone());
            let webhooks = tenant.webhooks().list().await;
            let now = self.clock.now();
            let due = webhooks.map(|webhooks| {
                let due = webhooks.into_iter().filter(|webhook| webhook.is_due(now));
                due.map(|webhook| Endpoint::OfTenant(webhook.id))
                    .collect::<Vec<_>>()
            });
            (id, due)
        });
        let of_stack = self.directory.stack_webhooks().list();
        let due = due.buffer_unordered(AT_ONCE).collect::<Vec<_>>();
        let (of_stack, due) = futures::future::join(of_stack, due).await;
        let (mut failed, mut lines) = (Vec::new(), BTreeMap::<_, Vec<_>>::new());
        let of_stack = of_stack.unwrap_or_else(|error| {
            // The message of each tenant comes again.
            tracing::error!(
                error = chain(&error),
                "the webhooks of the stack were not read"
            );
            failed.extend(
                due.iter()
                    .map(|(tenant, _)| (tenant.clone(), Error::Busy(None))),
            );
            Vec::new()
        });
        let of_stack = of_stack.iter().filter(|webhook| !webhook.is_paused());
        let of_stack: Vec<_> = of_stack
            .map(|webhook| Endpoint::OfStack(webhook.id.clone()))
            .collect();
        for (tenant, webhooks) in due {
            match webhooks {
                Ok(webhooks) => {
                    let all = webhooks.into_iter().chain(of_stack.iter().cloned());
                    for endpoint in all {
                        let line = lines.entry(endpoint.stack_id().map(str::to_owned));
                        line.or_default().push((tenant.clone(), endpoint));
                    }
                }
                Err(error) => failed.push((tenant, error)),
            }
        }
        // The webhooks of tenants and each of the stack do not wait for each other.
        let sent = lines.into_values().map(|work| {
            let sent = stream::iter(work).map(|(tenant, endpoint)| async move {
                let of = self.directory.system(tenant.clone());
                let sent = Box::pin(self.send(&of, &endpoint, deadline)).await;
                sent.err().map(|error| (tenant, error))
            });
            sent.buffer_unordered(AT_ONCE).collect::<Vec<_>>()
        });
        let sent = futures::future::join_all(sent).await;
        failed.extend(sent.into_iter().flatten().flatten());
        failed
    }

    /// Returns whose webhook it is.
    async fn stack_webhook(&self, endpoint: &Endpoint) -> Result<Of, Error> {
        let Endpoint::OfStack(id) = endpoint else {
            return Ok(Of::Tenant);
        };
        match self.directory.stack_webhooks().read(id).await {
            Ok(webhook) if webhook.is_paused() => Ok(Of::Nobody),
            Ok(webhook) => Ok(Of::Stack(Box::new(webhook))),
            Err(error) if error.is_refusal() => Ok(Of::Nobody),
            Err(error) => Err(error),
        }
    }

    /// Sends to one webhook until there is nothing left, it fails, or the time of the turn is over: then it returns since when
    /// the rest waits.
    async fn send(
        &self,
        tenant: &Tenant,
        endpoint: &Endpoint,
        deadline: Instant,
    ) -> Result<Option<Timestamp>, Error> {
        let deadline = deadline.min(Instant::now() + self.turn);
        let left = deadline.saturating_duration_since(Instant::now());
        let left = SignedDuration::try_from(left).unwrap_or_default();
        for _ in 0..TURNS {
            let stack = match self.stack_webhook(endpoint).await? {
                Of::Nobody => return Ok(None),
                Of::Stack(stack) => Some(stack),
                Of::Tenant => None,
            };
            let webhooks = of(tenant, stack.as_deref());
            if stack.is_some() && !webhooks.ready().await? {
                return Ok(None);
            }
            let now = self.clock.now();
            let until = now.checked_add(left + AFTER_DEADLINE).unwrap_or(now);
            let turn = webhooks.begin(endpoint.id(), now, until).await?;
            let Some(mut turn) = turn else {
                return Ok(None);
            };
            let at = At { tenant, webhooks };
            let ended = match self.send_in(at, &mut turn, deadline).await {
                Ok(ended) => ended,
                Err(error) => {
                    // The message comes again, and must not find the turn held.
                    webhooks.let_go(&turn).await?;
                    return Err(error);
                }
            };
            match ended {
                Ended::Done => return Ok(None),
                Ended::Interrupted(at) => return Ok(Some(at)),
                Ended::Changed => webhooks.let_go(&turn).await?,
            }
        }
        // What came meanwhile has no message of its own any more, so this one comes again.
        Err(Error::Busy(None))
    }

    async fn send_in(
        &self,
        At { tenant, webhooks }: At<'_>,
        turn: &mut Turn,
        deadline: Instant,
    ) -> Result<Ended, Error> {
        let secrets = webhooks
            .live_secrets(&turn.webhook, self.clock.now())
            .await?;
        let (begun, mut deadline) = (Instant::now(), deadline);
        loop {
            if Instant::now() >= deadline {
                let now = self.clock.now();
                return Ok(match webhooks.interrupt(turn, now).await? {
                    true => Ended::Interrupted(now),
                    false => Ended::Changed,
                });
            }
            let page = match webhooks.next(turn, EVENTS_AT_ONCE).await? {
                Next::Page(page) => page,
                Next::Lost(reason, place) => {
                    tracing::warn!(tenant = %tenant.id(), webhook = turn.webhook.id, reason = reason.as_str(), "a webhook is paused");
                    let held = webhooks
                        .lose(turn, (reason, place), self.clock.now())
                        .await?;
                    return Ok(if held { Ended::Done } else { Ended::Changed });
                }
            };
            if page.next == turn.webhook.sent_to {
                match webhooks.finish(turn).await? {
                    true => return Ok(Ended::Done),
                    false => continue,
                }
            }
            let events = page.items.into_iter().map(|item| item.event);
            let events: Vec<_> = events.collect();
            let at = At { tenant, webhooks };
            let shortened = (&mut deadline, begun + self.slow_turn);
            let ended = self.send_page(at, turn, (events, page.next), &secrets, shortened);
            if let Some(ended) = ended.await? {
                return Ok(ended);
            }
        }
    }

    /// Sends events one by one, and stores how far the webhook is. `None` if the turn goes on after `next`. A slow delivery
    /// makes the turn end at `sooner`.
    async fn send_page(
        &self,
        At { tenant, webhooks }: At<'_>,
        turn: &mut Turn,
        (events, next): (Vec<rollcall_directory::Event>, u64),
        secrets: &[WebhookSecret],
        (deadline, sooner): (&mut Instant, Instant),
    ) -> Result<Option<Ended>, Error> {
        let (mut delivered, mut sent_to) = (Delivered::default(), turn.webhook.sent_to);
        for event in events {
            if !turn.webhook.wants(&event) {
                sent_to = event.sequence;
                continue;
            }
            if Instant::now() >= *deadline {
                let held = webhooks.advance(turn, sent_to, delivered, self.clock.now());
                // Otherwise an admin has changed it, and the next turn begins from there.
                return Ok(match held.await? {
                    true => None,
                    false => Some(Ended::Changed),
                });
            }
            if !webhooks.holds(turn).await? {
                return Ok(Some(Ended::Changed));
            }
            let at = self.clock.now().as_second();
            let (url, began) = (&turn.webhook.target_url, Instant::now());
            let delivery = self.outbound.deliver(url, &event, secrets, at).await;
            if began.elapsed() >= SLOW_DELIVERY {
                *deadline = sooner.min(*deadline);
            }
            match delivery {
                Ok(()) => {
                    sent_to = event.sequence;
                    delivered.count += 1;
                    delivered.last = event.sequence;
                }
                Err(failure) => {
                    let now = self.clock.now();
                    tracing::warn!(
                        tenant = %tenant.id(), webhook = turn.webhook.id, sequence = event.sequence,
                        kind = failure.kind.as_str(), status = failure.status, "a delivery failed"
                    );
                    let held = webhooks.advance(turn, sent_to, delivered, now).await?
                        && webhooks.fail(turn, event.sequence, &failure, now).await?;
                    return Ok(Some(if held { Ended::Done } else { Ended::Changed }));
                }
            }
        }
        match webhooks
            .advance(turn, next, delivered, self.clock.now())
            .await?
        {
            true => Ok(None),
            false => Ok(Some(Ended::Changed)),
        }
    }
}
