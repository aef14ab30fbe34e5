//! What admins do with webhooks: create, change, pause, resume, replay, test, delete.
//!
//! Each of it writes an event. Events wake whoever sends, so nothing waits for a schedule.

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_model::{EventType, Reason, new_id};
use rollcall_scim as scim;
use rollcall_store::{
    Error, Expression, Guard, Item, Transaction, now, number, retry_stale, string, to_item,
};
use serde_json::{Value, json};

use crate::journal::entry::Entry;
use crate::journal::feed_page::{FeedQuery, FeedRead};
use crate::journal::handle::Journal;
use crate::webhooks::handle::Webhooks;
use crate::webhooks::pause::PauseReason;
use crate::webhooks::rewrite::Rewrite;
use crate::webhooks::secret::{Of, WebhookSecret, rotate};
use crate::webhooks::target::check_target;
use crate::webhooks::webhook::Webhook;

/// The webhooks that a tenant can have.
pub(super) const MAX_WEBHOOKS: usize = 10;
/// What an admin's change does to what the webhook had before: its failures and its wait end.
pub(super) const ANEW: [&str; 5] = [
    "failing_since",
    "failures",
    "last_failure",
    "last_status",
    "retry_at",
];
/// What ends with a pause.
pub(super) const PAUSE: [&str; 3] = ["paused_at", "pause_reason", "lost"];

/// A webhook to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWebhook {
    /// What to call it.
    pub label: String,
    /// Where events are sent.
    pub target_url: String,
    /// The types of the events that it gets; empty for all.
    pub only_types: Vec<EventType>,
    /// The sequence number after which it begins; `None` for the end of the feed.
    pub after: Option<u64>,
}

/// What to change; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookChange {
    /// What to call it.
    pub label: Option<String>,
    /// Where events are sent.
    pub target_url: Option<String>,
    /// The types of the events that it gets; empty for all.
    pub only_types: Option<Vec<EventType>>,
}

/// From where a webhook sends again.
#[derive(Clone, Debug, PartialEq)]
pub struct Resumed {
    /// The webhook.
    pub webhook: Webhook,
    /// How many events it does not get, because they have expired.
    pub skipped: u64,
}

/// A change of the stored item, and what the journal says.
struct Write {
    rewrite: Rewrite,
    action: EventType,
    before: Option<Value>,
    after: Option<Value>,
    /// Whether it removes the time of the next attempt.
    ends_wait: bool,
}

pub(super) fn names(types: &[EventType]) -> Vec<String> {
    types.iter().map(|kind| kind.as_str().to_owned()).collect()
}

pub(super) fn list_of(names: &[String]) -> AttributeValue {
    AttributeValue::L(names.iter().map(|name| string(name)).collect())
}

impl Webhooks<'_> {
    /// Creates a webhook. Its secret is returned only here.
    ///
    /// # Errors
    /// `404` when the tenant was deleted; `invalidValue` for a URL to which nothing is sent, or a place that is not in the
    /// feed; [`Reason::CeilingReached`] when there are ten webhooks.
    pub async fn create(self, new: &NewWebhook) -> Result<(Webhook, WebhookSecret), Error> {
        self.create_as(new_id(), new).await
    }

    /// Creates a webhook with this id, as [`Self::create`] does. [`Error::Busy`] if there is one.
    pub(super) async fn create_as(
        self,
        id: String,
        new: &NewWebhook,
    ) -> Result<(Webhook, WebhookSecret), Error> {
        check_target(&new.target_url, self.scope.webhook_targets)?;
        if self.list().await?.len() >= MAX_WEBHOOKS {
            let detail = format!("a tenant can have {MAX_WEBHOOKS} webhooks; delete one first");
            let refused = scim::Error::Forbidden(detail);
            return Err(Error::Refused(Reason::CeilingReached, refused));
        }
        let sent_to = match new.after {
            Some(after) => self.place(after).await?,
            None => Journal::of(self.scope).head().await?.given,
        };
        let created_at = now();
        let of = Of::tenant(&self.scope.tenant, &id);
        let (signing_keys, secret) =
            rotate(&self.scope.key_ring, of, Vec::new(), created_at).await?;
        let webhook = Webhook {
            label: new.label.clone(),
            target_url: new.target_url.clone(),
            only_types: names(&new.only_types),
            ..Webhook::after(sent_to, id, created_at, signing_keys)
        };
        let mut transaction = Transaction::default();
        let key = self.stored().at(&webhook.id);
        transaction.put_if(to_item(&key, &webhook)?, Expression::absent(), Guard::Stale);
        self.scope.check_alive(&mut transaction);
        let entry = Entry::new(self.scope, EventType::WebhookCreated, webhook.subject());
        let entry = entry.with_change(None, Some(webhook.told()));
        transaction.put(entry.to_item(self.scope.keys())?);
        let failed = self.scope.table.transact(&transaction).await?;
        if failed.contains(&Guard::Gone) {
            let what = format!("tenant `{}`", self.scope.tenant);
            return Err(scim::Error::NotFound { what }.into());
        }
        match failed.is_empty() {
            true => Ok((webhook, secret)),
            false => Err(Error::Busy(None)),
        }
    }

    /// Changes a webhook.
    ///
    /// # Errors
    /// `404` when it does not exist; `invalidValue` for a URL to which nothing is sent.
    pub async fn change(self, id: &str, change: &WebhookChange) -> Result<Webhook, Error> {
        if let Some(url) = &change.target_url {
            check_target(url, self.scope.webhook_targets)?;
        }
        self.rewrite(id, |before| {
            let mut rewrite = Rewrite::default();
            if let Some(label) = change.label.as_ref().filter(|it| **it != before.label) {
                rewrite = rewrite.set("label", string(label));
            }
            let url = change.target_url.as_ref();
            if let Some(url) = url.filter(|it| **it != before.target_url) {
                rewrite = rewrite.set("target_url", string(url));
            }
            let types = change.only_types.as_deref().map(names);
            if let Some(types) = types.filter(|it| *it != before.only_types) {
                rewrite = rewrite.set("only_types", list_of(&types));
            }
            if rewrite.is_empty() {
                return Ok(None);
            }
            let rewrite = rewrite.remove(&ANEW);
            let after: Webhook = rewrite.applied(self.item(before)?)?;
            Ok(Some(Write {
                rewrite,
                action: EventType::WebhookChanged,
                before: Some(before.told()),
                after: Some(after.told()),
                ends_wait: true,
            }))
        })
        .await
    }

    /// Gives a webhook a new signing secret, and returns it. For a day, deliveries are signed with the one before, too.
    ///
    /// # Errors
    /// `404` when it does not exist.
    pub async fn rotate_secret(self, id: &str) -> Result<(Webhook, WebhookSecret), Error> {
        let before = self.read(id).await?;
        let (keys, secret) = rotate(
            &self.scope.key_ring,
            Of::tenant(&self.scope.tenant, id),
            before.keys(),
            now(),
        )
        .await?;
        let read = before.revision;
        let webhook = self
            .rewrite(id, |current| {
                // Another rotation came first: its secret would be lost.
                if current.revision != read {
                    return Err(Error::Busy(None));
                }
                Ok(Some(Write {
                    rewrite: Rewrite::default().set("signing_keys", string(&keys)),
                    action: EventType::WebhookSecretRotated,
                    before: None,
                    after: None,
                    ends_wait: false,
                }))
            })
            .await?;
        Ok((webhook, secret))
    }

    /// Pauses a webhook. One that is paused stays so.
    ///
    /// # Errors
    /// `404` when it does not exist.
    pub async fn pause(self, id: &str) -> Result<Webhook, Error> {
        self.rewrite(id, |before| {
            Ok((!before.is_paused()).then(|| paused(before, PauseReason::ByHand)))
        })
        .await
    }

    /// Pauses a webhook of a restored table that was changed after the restore point, so that nothing is sent to where it
    /// led before.
    ///
    /// # Errors
    /// `404` when it does not exist.
    pub(crate) async fn pause_outdated(self, id: &str) -> Result<(), Error> {
        let paused = self.rewrite(id, |before| {
            Ok((!before.is_paused()).then(|| paused(before, PauseReason::Restored)))
        });
        paused.await.map(|_| ())
    }

    /// Lets a webhook send again, from where it is. If the events that come next have expired, from the oldest that is
    /// kept; and if the feed ends before, from its end. One that is not paused stays as it is.
    ///
    /// # Errors
    /// `404` when it does not exist.
    pub async fn resume(self, id: &str) -> Result<Resumed, Error> {
        // The place is that of the item which is written: a replay that comes first counts.
        retry_stale(|_| async move {
            let before = self.read(id).await?;
            if !before.is_paused() {
                let (webhook, skipped) = (before, 0);
                return Ok(Some(Resumed { webhook, skipped }));
            }
            let feed = self.peek(before.sent_to).await?;
            let (sent_to, skipped) = match feed {
                FeedRead::Page(_) => (before.sent_to, 0),
                FeedRead::Ahead { head } => (head, 0),
                FeedRead::Expired { after } => (after, after - before.sent_to),
            };
            // What had expired when it was paused, and what has expired since.
            let skipped = skipped + before.lost;
            let rewrite = Rewrite::default().set("sent_to", number(sent_to));
            let write = Write {
                rewrite: rewrite.remove(&PAUSE).remove(&ANEW),
                action: EventType::WebhookResumed,
                before: None,
                after: Some(json!({"after": sent_to, "skipped": skipped})),
                ends_wait: true,
            };
            let webhook = self.write(&before, write).await?;
            Ok(webhook.map(|webhook| Resumed { webhook, skipped }))
        })
        .await
    }

    /// Lets a webhook send again what follows a place in the feed, or skip what comes before it.
    ///
    /// # Errors
    /// `404` when it does not exist; [`Reason::CursorAhead`] or [`Reason::EventsExpired`] when the place is not in the feed.
    pub async fn replay(self, id: &str, after: u64) -> Result<Webhook, Error> {
        let after = self.place(after).await?;
        self.rewrite(id, |before| {
            let rewrite = Rewrite::default().set("sent_to", number(after));
            Ok(Some(Write {
                rewrite: rewrite.remove(&ANEW),
                action: EventType::WebhookReplayed,
                before: Some(json!({"after": before.sent_to})),
                after: Some(json!({"after": after})),
                ends_wait: true,
            }))
        })
        .await
    }

    /// Writes a test event, which the webhook gets in its turn. If it waits for a retry, the wait ends.
    ///
    /// # Errors
    /// `404` when it does not exist; `invalidValue` when it is paused.
    pub async fn test(self, id: &str) -> Result<Webhook, Error> {
        self.rewrite(id, |before| {
            if before.is_paused() {
                let detail = "the webhook is paused; resume it first".to_owned();
                return Err(scim::Error::InvalidValue(detail).into());
            }
            Ok(Some(Write {
                rewrite: Rewrite::default().remove(&["retry_at"]),
                action: EventType::WebhookTested,
                before: None,
                after: None,
                ends_wait: true,
            }))
        })
        .await
    }

    /// Deletes a webhook. Nothing more is sent to it.
    ///
    /// # Errors
    /// `404` when it does not exist.
    pub async fn delete(self, id: &str) -> Result<(), Error> {
        retry_stale(|_| async move {
            let webhook = self.read(id).await?;
            let mut transaction = Transaction::default();
            let key = self.stored().at(id);
            let same = Expression::at_revision(webhook.revision);
            transaction.delete_if(key, same, Guard::Stale);
            self.write_move(&mut transaction, id, (webhook.retry_at, None))?;
            let entry = Entry::new(self.scope, EventType::WebhookDeleted, webhook.subject());
            let entry = entry.with_change(Some(webhook.told()), None);
            transaction.put(entry.to_item(self.scope.keys())?);
            let committed = self.scope.table.transact(&transaction).await?.is_empty();
            Ok(committed.then_some(()))
        })
        .await
    }

    /// Writes what `change` makes of a webhook, with its journal entry. `None` changes nothing.
    async fn rewrite(
        self,
        id: &str,
        change: impl Fn(&Webhook) -> Result<Option<Write>, Error>,
    ) -> Result<Webhook, Error> {
        let change = &change;
        retry_stale(|_| async move {
            let before = self.read(id).await?;
            let Some(write) = change(&before)? else {
                return Ok(Some(before));
            };
            self.write(&before, write).await
        })
        .await
    }

    /// Writes a change of a webhook as it was read, with its journal entry. `None` if it has changed meanwhile.
    async fn write(self, before: &Webhook, write: Write) -> Result<Option<Webhook>, Error> {
        let mut transaction = Transaction::default();
        let after = self.write_change(&mut transaction, before, write)?;
        let is_written = self.scope.table.transact(&transaction).await?.is_empty();
        Ok(is_written.then_some(after))
    }

    fn item(self, webhook: &Webhook) -> Result<Item, Error> {
        to_item(&self.stored().at(&webhook.id), webhook)
    }

    /// Adds a change. Returns the webhook after it.
    fn write_change(
        self,
        transaction: &mut Transaction,
        before: &Webhook,
        write: Write,
    ) -> Result<Webhook, Error> {
        let rewrite = write.rewrite.set("revision", number(before.revision + 1));
        let after = rewrite.applied(self.item(before)?)?;
        let mut same = Expression::at_revision(before.revision);
        same = match before.retry_at {
            Some(at) => same
                .and("retry_at = :read_retry")
                .with(":read_retry", number(at)),
            None => same.and("attribute_not_exists(retry_at)"),
        };
        let key = self.stored().at(&before.id);
        transaction.update_if(key, rewrite.expression(), same, Guard::Stale);
        if write.ends_wait {
            self.write_move(transaction, &before.id, (before.retry_at, None))?;
        }
        let entry = Entry::new(self.scope, write.action, before.subject());
        let entry = entry.with_change(write.before, write.after);
        transaction.put(entry.to_item(self.scope.keys())?);
        Ok(after)
    }

    async fn peek(self, after: u64) -> Result<FeedRead, Error> {
        let query = FeedQuery {
            after,
            limit: 1,
            types: &[],
        };
        Journal::of(self.scope).feed(&query).await
    }

    /// Checks that a place is in the feed.
    pub(super) async fn place(self, after: u64) -> Result<u64, Error> {
        match self.peek(after).await? {
            FeedRead::Page(_) => Ok(after),
            FeedRead::Ahead { head } => Err(Error::NotInFeed {
                reason: Reason::CursorAhead,
                detail: format!("the feed ends with event {head}"),
                next: head,
            }),
            FeedRead::Expired { after } => Err(Error::NotInFeed {
                reason: Reason::EventsExpired,
                detail: format!("events up to {after} have expired"),
                next: after,
            }),
        }
    }
}

/// Returns the write that pauses a webhook.
fn paused(before: &Webhook, reason: PauseReason) -> Write {
    let rewrite = Rewrite::default()
        .set("paused_at", string(&now().to_string()))
        .set("pause_reason", string(reason.as_str()));
    Write {
        rewrite: rewrite.remove(&["retry_at"]),
        action: EventType::WebhookPaused,
        before: None,
        after: Some(before.told_pause(reason)),
        ends_wait: true,
    }
}
