//! How far a webhook of the stack is in a tenant: a copy of the webhook with a place in the tenant's feed.
//!
//! It is stored when somebody first looks whether there is anything to send, so new tenants need nobody's attention. It
//! begins with what happened after the webhook was created.

use jiff::{SignedDuration, Timestamp};
use rollcall_model::EventType;
use rollcall_scim as scim;
use rollcall_store::{
    Error, Expression, Guard, Item, StackKeys, Transaction, from_item, now, number, retry_stale,
    string, to_item,
};
use serde::{Deserialize, Serialize};

use crate::journal::entry::Entry;
use crate::journal::feed::Head;
use crate::journal::handle::Journal;
use crate::webhooks::change::{ANEW, PAUSE, list_of};
use crate::webhooks::handle::Webhooks;
use crate::webhooks::pause::PauseReason;
use crate::webhooks::stack_webhook::StackWebhook;
use crate::webhooks::webhook::{Webhook, not_found};

/// How long it is listed for which tenants a webhook is paused.
const LISTED: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What changes if the webhook of the stack sends again in a tenant.
const GOES_ON: &str = "SET revision = :revision, retry_at = :due REMOVE paused_at, pause_reason, lost, failing_since, \
                       failures, last_failure, last_status";

/// A tenant for which a webhook of the stack is paused, while it sends for the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PausedFor {
    /// The tenant's id.
    #[serde(rename = "SK")]
    pub tenant: String,
    /// Since when.
    pub paused_at: Timestamp,
    /// Why: the name of a [`PauseReason`], or of one that only a newer version knows.
    pub pause_reason: String,
    /// The last event that was delivered or skipped.
    pub sent_to: u64,
    /// When the webhook was created that is paused: one with the same id that was deleted is another one. Earlier versions
    /// do not store it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    webhook_created_at: Option<Timestamp>,
    expires: i64,
}

impl PausedFor {
    /// Returns whether it is a pause of this webhook, and not of one before it with the same id.
    pub(super) fn is_of(&self, webhook: &StackWebhook) -> bool {
        match self.webhook_created_at {
            Some(created) => created == webhook.created_at,
            None => self.paused_at >= webhook.created_at,
        }
    }
}

impl Webhooks<'_> {
    /// Prepares a turn of the webhook of the stack in this tenant. Returns whether there is a reason for one: events, or
    /// an attempt to repeat; and the webhook is not paused for the tenant.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn ready(self) -> Result<bool, Error> {
        let Some(stack) = self.stack else {
            return Ok(false);
        };
        let (key, head) = (self.stored().at(&stack.id), self.scope.keys().event_head());
        let keys = &[key.clone(), head.clone()];
        let (key, head) = (&key, &head);
        retry_stale(|_| async move {
            let mut found = self.scope.table.find(keys.clone()).await?;
            let Some(given) = found.take(head) else {
                // There is no event yet, or the tenant is erased.
                return Ok(Some(false));
            };
            let given = from_item::<Head>(given)?.given;
            let progress = found.take(key).map(from_item::<Webhook>).transpose()?;
            let was_paused = progress.as_ref().is_some_and(Webhook::is_paused);
            let progress = progress.filter(|found| found.created_at == stack.created_at);
            let progress = match progress {
                Some(progress) if progress.copy_of == stack.revision => progress,
                Some(before) => match self.renew(stack, &before).await? {
                    true => self.read(&stack.id).await?,
                    false => return Ok(None),
                },
                None => match self.begin_in_tenant(stack, was_paused).await? {
                    Some(progress) => progress,
                    None => return Ok(None),
                },
            };
            let has_more = given > progress.sent_to || progress.retry_at.is_some();
            Ok(Some(has_more && !progress.is_paused()))
        })
        .await
    }

    /// Stores where the webhook begins. `was_paused` says that a deleted one with the same id was paused for the tenant.
    /// `None` if somebody else did.
    async fn begin_in_tenant(
        self,
        stack: &StackWebhook,
        was_paused: bool,
    ) -> Result<Option<Webhook>, Error> {
        let journal = Journal::of(self.scope);
        let sent_to = journal.place_before(stack.created_at).await?;
        let webhook = stack.begin(sent_to);
        let is_new = "attribute_not_exists(PK) OR created_at <> :made";
        let is_new = Expression::new(is_new).with(":made", string(&stack.created_at.to_string()));
        let mut transaction = Transaction::default();
        let item = to_item(&self.stored().at(&stack.id), &webhook)?;
        transaction.put_if(item, is_new, Guard::Stale);
        // Nothing is stored of a tenant that is erased.
        let head = self.scope.keys().event_head();
        transaction.check(head, Expression::present(), Guard::Stale);
        if was_paused {
            let listed = StackKeys::paused_for(&stack.id).at(self.scope.tenant.as_str());
            transaction.delete(listed);
        }
        let committed = self.scope.table.transact(&transaction).await?.is_empty();
        Ok(committed.then_some(webhook))
    }

    /// Copies the webhook of the stack as it is now. If failures and pauses ended meanwhile, so do those of the tenant.
    /// Returns `false` if the progress has changed meanwhile.
    async fn renew(self, stack: &StackWebhook, before: &Webhook) -> Result<bool, Error> {
        let is_anew = stack.anew_since > before.copy_of;
        let mut set =
            "SET label = :label, target_url = :url, only_types = :types, signing_keys = :keys, \
                       copy_of = :copy, revision = :revision"
                .to_owned();
        if is_anew {
            let ended = PAUSE.iter().chain(&ANEW).copied();
            set.push_str(&format!(" REMOVE {}", ended.collect::<Vec<_>>().join(", ")));
        }
        let set = Expression::new(set)
            .with(":label", string(&stack.label))
            .with(":url", string(&stack.target_url))
            .with(":types", list_of(&stack.only_types))
            .with(":keys", string(&stack.signing_keys))
            .with(":copy", number(stack.revision));
        let mut transaction = Transaction::default();
        self.write_progress(
            &mut transaction,
            before,
            set,
            before.retry_at.filter(|_| !is_anew),
        )?;
        if is_anew && before.is_paused() {
            let listed = StackKeys::paused_for(&stack.id).at(self.scope.tenant.as_str());
            transaction.delete(listed);
        }
        Ok(self.scope.table.transact(&transaction).await?.is_empty())
    }

    fn write_progress(
        self,
        transaction: &mut Transaction,
        before: &Webhook,
        set: Expression,
        retry_at: Option<i64>,
    ) -> Result<(), Error> {
        let set = set.with(":revision", number(before.revision + 1));
        let same = Expression::at_revision(before.revision);
        let same = match before.retry_at {
            Some(at) => same
                .and("retry_at = :read_retry")
                .with(":read_retry", number(at)),
            None => same.and("attribute_not_exists(retry_at)"),
        };
        transaction.update_if(self.stored().at(&before.id), set, same, Guard::Stale);
        self.write_move(transaction, &before.id, (before.retry_at, retry_at))
    }

    /// Lets the webhook of the stack send again in this tenant, after a place in its feed if one is given. Returns how many
    /// events it does not get, because they had expired when it was paused.
    ///
    /// # Errors
    /// `404` when the tenant has no events; as for [`Webhooks::replay`] when the place is not in the feed.
    pub async fn go_on(self, after: Option<u64>) -> Result<u64, Error> {
        let stack = self.stack.ok_or_else(|| not_found(""))?;
        let after = match after {
            Some(after) => Some(self.place(after).await?),
            None => None,
        };
        self.ready().await?;
        retry_stale(|_| async move {
            let before = self.read(&stack.id).await?;
            // It is due at once, without an event of the tenant.
            let now = now().as_millisecond();
            let mut set = Expression::new(GOES_ON);
            if let Some(after) = after {
                // Otherwise it stays where it is: a turn that has begun moves it without another revision.
                let set_to = GOES_ON.replacen("SET ", "SET sent_to = :to, ", 1);
                set = Expression::new(set_to).with(":to", number(after));
            }
            let set = set.with(":due", number(now));
            let mut transaction = Transaction::default();
            self.write_progress(&mut transaction, &before, set, Some(now))?;
            let listed = StackKeys::paused_for(&stack.id).at(self.scope.tenant.as_str());
            transaction.delete(listed);
            transaction.make_change();
            if !self.scope.table.transact(&transaction).await?.is_empty() {
                return Ok(None);
            }
            Ok(Some(before.lost))
        })
        .await
    }

    /// Writes a test event in this tenant, which the webhook of the stack gets in its turn.
    ///
    /// # Errors
    /// `404` when the tenant does not exist; `invalidValue` when the webhook is paused for it.
    pub async fn test_in_tenant(self) -> Result<(), Error> {
        let stack = self.stack.ok_or_else(|| not_found(""))?;
        self.ready().await?;
        let before = self.read(&stack.id).await?;
        if before.is_paused() {
            let detail = "the webhook is paused for this tenant; resume it first".to_owned();
            return Err(scim::Error::InvalidValue(detail).into());
        }
        let set = Expression::new("SET revision = :revision REMOVE retry_at");
        let mut transaction = Transaction::default();
        self.write_progress(&mut transaction, &before, set, None)?;
        self.scope.check_alive(&mut transaction);
        let entry = Entry::new(self.scope, EventType::WebhookTested, before.subject());
        transaction.put(entry.to_item(self.scope.keys())?);
        self.scope.commit(&transaction).await
    }

    /// Returns the item that lists the tenant among those for which the webhook is paused.
    pub(super) fn paused_for(
        self,
        webhook: &Webhook,
        reason: PauseReason,
        now: Timestamp,
    ) -> Result<Item, Error> {
        let tenant = self.scope.tenant.as_str();
        let paused = PausedFor {
            tenant: tenant.to_owned(),
            paused_at: now,
            pause_reason: reason.as_str().to_owned(),
            sent_to: webhook.sent_to,
            webhook_created_at: Some(webhook.created_at),
            expires: now.as_second() + LISTED.as_secs(),
        };
        to_item(&StackKeys::paused_for(&webhook.id).at(tenant), &paused)
    }
}

impl StackWebhook {
    /// Returns the progress of a tenant in which the webhook begins.
    fn begin(&self, sent_to: u64) -> Webhook {
        let (id, keys) = (self.id.clone(), self.signing_keys.clone());
        Webhook {
            label: self.label.clone(),
            target_url: self.target_url.clone(),
            only_types: self.only_types.clone(),
            copy_of: self.revision,
            ..Webhook::after(sent_to, id, self.created_at, keys)
        }
    }
}
