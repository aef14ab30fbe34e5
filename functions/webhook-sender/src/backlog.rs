//! The webhooks that have waited long enough, in lines that do not wait for each other: one for the webhooks of tenants, and
//! one for each webhook of the stack. So a receiver of the stack that hangs, for many tenants at once, holds up nobody else.
//! One whose turn is over before all is sent goes to the end of its line, so that a backlog is sent as long as there is time.

use std::collections::BTreeMap;

use futures::channel::mpsc::{UnboundedSender, unbounded};
use futures::future::{join, join_all};
use futures::{Stream, StreamExt};
use jiff::Timestamp;
use rollcall_directory::{Error, StackWebhook, Waiting};
use rollcall_runtime::chain;
use tokio::time::Instant;

use crate::{AT_ONCE, Endpoint, Of, Sender, WAITING_AT_ONCE, of};

/// A webhook in a line. It keeps the line open, because it may go to its end again.
#[derive(Debug)]
struct InLine {
    waiting: Waiting,
    line: UnboundedSender<InLine>,
}

impl InLine {
    /// Puts a webhook at the end of a line.
    fn put(waiting: Waiting, line: UnboundedSender<InLine>) {
        let end = line.clone();
        // A line takes everything as long as it is open. Whatever it did not take would stay in the index.
        _ = end.unbounded_send(Self { waiting, line });
    }
}

impl Sender {
    /// Calls the webhooks that have waited long enough, until `deadline`. Those that are left stay in the index.
    pub(crate) async fn send_waiting(
        &self,
        stack: &[StackWebhook],
        deadline: Instant,
    ) -> Result<(), Error> {
        let (tenants, of_tenants) = unbounded();
        let mut lines = vec![of_tenants];
        let mut of_stack = BTreeMap::new();
        for webhook in stack.iter().filter(|webhook| !webhook.is_paused()) {
            let (line, waiting) = unbounded();
            of_stack.insert(webhook.id.as_str(), line);
            lines.push(waiting);
        }
        let read = self.read_waiting(tenants, of_stack, deadline);
        let sent = lines.into_iter().map(|line| self.send_line(line, deadline));
        join(read, join_all(sent)).await.0
    }

    /// Reads the index, and puts each webhook into its line. One of the stack that sends nothing is with those of tenants.
    async fn read_waiting(
        &self,
        tenants: UnboundedSender<InLine>,
        of_stack: BTreeMap<&str, UnboundedSender<InLine>>,
        deadline: Instant,
    ) -> Result<(), Error> {
        let (now, mut after) = (self.clock.now(), None);
        loop {
            let page = self
                .directory
                .waiting_webhooks(now, after, WAITING_AT_ONCE)
                .await?;
            for waiting in page.items {
                let stack = of_stack.get(waiting.webhook.as_str());
                let line = stack.filter(|_| waiting.of_stack).unwrap_or(&tenants);
                InLine::put(waiting, line.clone());
            }
            after = page.next;
            if after.is_none() || Instant::now() >= deadline {
                return Ok(());
            }
        }
    }

    /// Calls the webhooks of a line. A failure of one holds up no other; it stays in the index, as does what is left at the
    /// deadline.
    async fn send_line(&self, line: impl Stream<Item = InLine>, deadline: Instant) {
        line.for_each_concurrent(AT_ONCE, |InLine { waiting, line }| async move {
            match Box::pin(self.send_one_waiting(&waiting, deadline)).await {
                Ok(None) => {}
                Ok(Some(since)) => {
                    let due = since.as_millisecond();
                    InLine::put(Waiting { due, ..waiting }, line);
                }
                Err(error) => {
                    tracing::error!(error = chain(&error), "a waiting webhook was not called");
                }
            }
        })
        .await;
    }

    /// Calls a webhook. Returns since when it waits again, if its turn was over before all was sent.
    async fn send_one_waiting(
        &self,
        waiting: &Waiting,
        deadline: Instant,
    ) -> Result<Option<Timestamp>, Error> {
        if Instant::now() >= deadline {
            return Ok(None);
        }
        let tenant = self.directory.system(waiting.tenant.clone());
        let endpoint = match waiting.of_stack {
            false => Endpoint::OfTenant(waiting.webhook.clone()),
            true => Endpoint::OfStack(waiting.webhook.clone()),
        };
        let stack = match self.stack_webhook(&endpoint).await? {
            // When it is resumed, all tenants are looked at.
            Of::Nobody => {
                self.directory.forget_waiting(waiting).await?;
                return Ok(None);
            }
            Of::Stack(stack) => Some(stack),
            Of::Tenant => None,
        };
        let webhooks = of(&tenant, stack.as_deref());
        match webhooks.still_waits(waiting).await? {
            true => Box::pin(self.send(&tenant, &endpoint, deadline)).await,
            false => Ok(None),
        }
    }
}
