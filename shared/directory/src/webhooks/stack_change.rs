//! What the operator does with the webhooks of the stack: create, change, pause, resume, delete.
//!
//! They belong to no tenant, so no journal has it: the history of each says who did it (`stack_history`). What a restored table
//! must not forget is archived before it is done, so that it is found even if nobody gets to do it. A change that lets it send again is
//! followed by a walk through all tenants, which the sender makes.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_model::{EventType, Reason, WebhookTargets, is_chosen_id, new_id};
use rollcall_scim as scim;
use rollcall_store::{
    Error, Expression, Guard, KeyRing, Range, StackKeys, Table, Transaction, Updated, from_item,
    now, number, retry_stale, string, to_item,
};

use crate::archive::log::archive_stack_webhook;
use crate::credentials::key_history::KeyChanger;
use crate::webhooks::change::{MAX_WEBHOOKS, NewWebhook, WebhookChange, list_of, names};
use crate::webhooks::pause::PauseReason;
use crate::webhooks::put::{check_chosen, whole};
use crate::webhooks::rewrite::Rewrite;
use crate::webhooks::secret::{Of, WebhookSecret, rotate};
use crate::webhooks::stack_history::{StackWebhookChange, history};
use crate::webhooks::stack_progress::PausedFor;
use crate::webhooks::stack_webhook::StackWebhook;
use crate::webhooks::target::check_target;
use crate::webhooks::webhook::not_found;

/// The queries that one page of paused tenants takes at most. Beyond them, a page has fewer tenants than it could have.
const QUERIES: usize = 20;

/// The handle on the webhooks of the stack.
#[derive(Clone, Copy, Debug)]
pub struct StackWebhooks<'a> {
    table: &'a Table,
    archive: Option<&'a Table>,
    key_ring: &'a KeyRing,
    targets: WebhookTargets,
}

/// What is done, and what of the stored item changes.
type Write = (EventType, Rewrite);

impl<'a> StackWebhooks<'a> {
    pub(crate) fn of(
        (table, archive): (&'a Table, Option<&'a Table>),
        key_ring: &'a KeyRing,
        targets: WebhookTargets,
    ) -> Self {
        Self {
            table,
            archive,
            key_ring,
            targets,
        }
    }

    /// Returns the handle for a restored table, in which what was archived is done again.
    pub(crate) fn unarchived(self) -> Self {
        Self {
            archive: None,
            ..self
        }
    }

    /// Lists the webhooks, by id.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn list(self) -> Result<Vec<StackWebhook>, Error> {
        let items = self
            .table
            .query_all(Range::all(StackKeys::webhooks()))
            .await?;
        items.into_iter().map(from_item).collect()
    }

    /// Reads a webhook.
    ///
    /// # Errors
    /// `404` when it does not exist.
    pub async fn read(self, id: &str) -> Result<StackWebhook, Error> {
        let item = match is_chosen_id(id) {
            true => self.table.get(&StackKeys::webhooks().at(id)).await?,
            false => None,
        };
        item.map(from_item).unwrap_or_else(|| Err(not_found(id)))
    }

    /// Lists the tenants for which a webhook is paused, at most `limit`, by id after `after`. Returns the place after which
    /// the next page begins, too.
    ///
    /// # Errors
    /// `404` when the webhook does not exist.
    pub async fn paused_for(
        self,
        id: &str,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<PausedFor>, Option<String>), Error> {
        let webhook = self.read(id).await?;
        let (mut found, mut next) = (Vec::new(), after);
        for _ in 0..QUERIES {
            let range = Range::all(StackKeys::paused_for(id)).after(next);
            let page = self.table.query(&range.limit(limit)).await?;
            next = page.next;
            for item in page.items {
                let paused: PausedFor = from_item(item)?;
                // A deleted webhook can have had the same id.
                if !paused.is_of(&webhook) {
                    continue;
                }
                if found.len() == limit {
                    let last = found.last().map(|paused: &PausedFor| paused.tenant.clone());
                    return Ok((found, last));
                }
                found.push(paused);
            }
            if next.is_none() || found.len() == limit {
                break;
            }
        }
        Ok((found, next))
    }

    /// Creates a webhook, which begins in each tenant with what happens from now on. Its secret is returned only here.
    ///
    /// # Errors
    /// `invalidValue` for a URL to which nothing is sent, or a place in the feed, which is one of a tenant;
    /// [`Reason::CeilingReached`] when there are ten webhooks.
    pub async fn create(
        self,
        new: &NewWebhook,
        by: &KeyChanger,
    ) -> Result<(StackWebhook, WebhookSecret), Error> {
        self.create_as(new_id(), new, by).await
    }

    async fn create_as(
        self,
        id: String,
        new: &NewWebhook,
        by: &KeyChanger,
    ) -> Result<(StackWebhook, WebhookSecret), Error> {
        check_target(&new.target_url, self.targets)?;
        if new.after.is_some() {
            let detail = "`after` is a place in the feed of one tenant; leave it out, and replay single tenants";
            return Err(scim::Error::InvalidValue(detail.to_owned()).into());
        }
        if self.list().await?.len() >= MAX_WEBHOOKS {
            let detail = format!("the stack can have {MAX_WEBHOOKS} webhooks; delete one first");
            let refused = scim::Error::Forbidden(detail);
            return Err(Error::Refused(Reason::CeilingReached, refused));
        }
        let created_at = now();
        let (signing_keys, secret) =
            rotate(self.key_ring, Of::stack(&id), Vec::new(), created_at).await?;
        let webhook = StackWebhook {
            id,
            label: new.label.clone(),
            target_url: new.target_url.clone(),
            only_types: names(&new.only_types),
            created_at,
            signing_keys,
            revision: 1,
            paused_at: None,
            pause_reason: None,
            anew_since: 0,
            walked_to: Some(String::new()),
            failed_looks: BTreeMap::new(),
            changed_at: created_at,
            changed_by: by.by_key.clone(),
            changed_in: by.request_id.clone(),
        };
        let item = to_item(&StackKeys::webhooks().at(&webhook.id), &webhook)?;
        let mut transaction = Transaction::default();
        transaction.put_if(item, Expression::absent(), Guard::Stale);
        let made = StackWebhookChange::item(&webhook, EventType::WebhookCreated, by)?;
        transaction.put(made);
        transaction.make_change();
        match self.table.transact(&transaction).await?.is_empty() {
            true => Ok((webhook, secret)),
            false => Err(Error::Busy(None)),
        }
    }

    /// Creates the webhook with this id, or replaces its name, its URL and its types. The same again changes nothing.
    /// Returns its secret if it is new.
    ///
    /// # Errors
    /// As for [`Self::create`]; `invalidValue` for an id that nobody can choose.
    pub async fn put(
        self,
        id: &str,
        new: &NewWebhook,
        by: &KeyChanger,
    ) -> Result<(StackWebhook, Option<WebhookSecret>), Error> {
        match self.read(id).await {
            Ok(_) => Ok((self.change(id, &whole(new), by).await?, None)),
            Err(Error::Scim(scim::Error::NotFound { .. })) => {
                check_chosen(id)?;
                let (webhook, secret) = self.create_as(id.to_owned(), new, by).await?;
                Ok((webhook, Some(secret)))
            }
            Err(error) => Err(error),
        }
    }

    /// Changes a webhook. The failures and pauses of single tenants end.
    ///
    /// # Errors
    /// `404` when it does not exist; `invalidValue` for a URL to which nothing is sent.
    pub async fn change(
        self,
        id: &str,
        change: &WebhookChange,
        by: &KeyChanger,
    ) -> Result<StackWebhook, Error> {
        if let Some(url) = &change.target_url {
            check_target(url, self.targets)?;
        }
        self.rewrite(id, by, |before| {
            let label = change.label.as_ref().unwrap_or(&before.label);
            let url = change.target_url.as_ref().unwrap_or(&before.target_url);
            let types = change.only_types.as_deref().map(names);
            let types = types.as_ref().unwrap_or(&before.only_types);
            let is_same =
                *label == before.label && *url == before.target_url && *types == before.only_types;
            (!is_same).then(|| {
                let rewrite = Rewrite::default()
                    .set("label", string(label))
                    .set("target_url", string(url))
                    .set("only_types", list_of(types));
                (EventType::WebhookChanged, anew(before, rewrite))
            })
        })
        .await
    }

    /// Gives a webhook a new signing secret, and returns it. For a day, deliveries are signed with the one before, too.
    ///
    /// # Errors
    /// `404` when it does not exist.
    pub async fn rotate_secret(
        self,
        id: &str,
        by: &KeyChanger,
    ) -> Result<(StackWebhook, WebhookSecret), Error> {
        let before = self.read(id).await?;
        let (keys, secret) = rotate(self.key_ring, Of::stack(id), before.keys(), now()).await?;
        let rewrite = Rewrite::default().set("signing_keys", string(&keys));
        let write = (EventType::WebhookSecretRotated, rewrite);
        match self.write(&before, by, write).await? {
            Some(after) => Ok((after, secret)),
            // Another rotation came first: its secret would be lost.
            None => Err(Error::Busy(None)),
        }
    }

    /// Pauses a webhook for all tenants. One that is paused stays so.
    ///
    /// # Errors
    /// `404` when it does not exist.
    pub async fn pause(self, id: &str, by: &KeyChanger) -> Result<StackWebhook, Error> {
        self.rewrite(id, by, |before| {
            let at = string(&now().to_string());
            let rewrite = Rewrite::default().set("paused_at", at);
            let rewrite = rewrite.remove(&["pause_reason"]);
            (!before.is_paused()).then_some((EventType::WebhookPaused, rewrite))
        })
        .await
    }

    /// Pauses a webhook of a restored table that was changed after the restore point, so that nothing is sent to where it
    /// led before.
    ///
    /// # Errors
    /// `404` when it does not exist.
    pub(crate) async fn pause_outdated(self, id: &str) -> Result<(), Error> {
        let nobody = KeyChanger::default();
        let paused = self.rewrite(id, &nobody, |before| {
            let rewrite = Rewrite::default()
                .set("paused_at", string(&now().to_string()))
                .set("pause_reason", string(PauseReason::Restored.as_str()));
            (!before.is_paused()).then_some((EventType::WebhookPaused, rewrite))
        });
        paused.await.map(|_| ())
    }

    /// Lets a webhook send again, in each tenant from where it is there. The failures and pauses of single tenants end.
    ///
    /// # Errors
    /// `404` when it does not exist.
    pub async fn resume(self, id: &str, by: &KeyChanger) -> Result<StackWebhook, Error> {
        self.rewrite(id, by, |before| {
            let rewrite = Rewrite::default().remove(&["paused_at", "pause_reason"]);
            Some((EventType::WebhookResumed, anew(before, rewrite)))
        })
        .await
    }

    /// Deletes a webhook. Nothing more is sent to it.
    ///
    /// # Errors
    /// `404` when it does not exist.
    pub async fn delete(self, id: &str, by: &KeyChanger) -> Result<(), Error> {
        let webhook = self.read(id).await?;
        self.archive(id, EventType::WebhookDeleted).await?;
        let mut transaction = Transaction::default();
        transaction.delete(StackKeys::webhooks().at(id));
        let deleted = StackWebhookChange::item(&webhook, EventType::WebhookDeleted, by)?;
        transaction.put(deleted);
        transaction.make_change();
        self.table.transact(&transaction).await.map(|_| ())
    }

    /// Lists the latest changes of a webhook, newest first, at most 200; also of one that was deleted.
    ///
    /// # Errors
    /// `404` when there was no webhook with this id.
    pub async fn changes(self, id: &str) -> Result<Vec<StackWebhookChange>, Error> {
        let changes = match is_chosen_id(id) {
            true => history(self.table, id).await?,
            false => Vec::new(),
        };
        if changes.is_empty() {
            // One that an earlier version has made may have no history.
            self.read(id).await?;
        }
        Ok(changes)
    }

    async fn archive(self, id: &str, kind: EventType) -> Result<(), Error> {
        match self.archive {
            Some(archive) => archive_stack_webhook(archive, id, kind).await,
            None => Ok(()),
        }
    }

    /// Stores up to which tenant all were looked at after a change, `None` for all, and how often it failed for which tenants.
    /// Returns whether the webhook is still as it was read.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn note_walk(
        self,
        webhook: &StackWebhook,
        to: Option<&str>,
        failed: &BTreeMap<String, u32>,
    ) -> Result<bool, Error> {
        let key = StackKeys::webhooks().at(&webhook.id);
        let mut set = Rewrite::default();
        set = match to {
            Some(to) => set.set("walked_to", string(to)),
            None => set.remove(&["walked_to"]),
        };
        let looks = failed.iter();
        let looks = looks.map(|(tenant, looks)| (tenant.clone(), number(*looks)));
        set = match failed.is_empty() {
            true => set.remove(&["failed_looks"]),
            false => set.set("failed_looks", AttributeValue::M(looks.collect())),
        };
        let same = Expression::at_revision(webhook.revision);
        let updated = self.table.update_if(&key, &set.expression(), &same).await?;
        Ok(matches!(updated, Updated::Done(_)))
    }

    async fn rewrite(
        self,
        id: &str,
        by: &KeyChanger,
        change: impl Fn(&StackWebhook) -> Option<Write>,
    ) -> Result<StackWebhook, Error> {
        let change = &change;
        retry_stale(|_| async move {
            let before = self.read(id).await?;
            let Some(write) = change(&before) else {
                return Ok(Some(before));
            };
            self.write(&before, by, write).await
        })
        .await
    }

    async fn write(
        self,
        before: &StackWebhook,
        by: &KeyChanger,
        (kind, rewrite): Write,
    ) -> Result<Option<StackWebhook>, Error> {
        // What lets it send is archived only once it is true: a restored table must not let it send sooner.
        let resumes = kind == EventType::WebhookResumed;
        if !resumes {
            self.archive(&before.id, kind).await?;
        }
        let rewrite = rewrite
            .set("revision", number(before.revision + 1))
            .set("changed_at", string(&now().to_string()))
            .set(
                "changed_by",
                string(by.by_key.as_deref().unwrap_or_default()),
            )
            .set(
                "changed_in",
                string(by.request_id.as_deref().unwrap_or_default()),
            );
        let key = StackKeys::webhooks().at(&before.id);
        let after = rewrite.applied(to_item(&key, before)?)?;
        let mut transaction = Transaction::default();
        let same = Expression::at_revision(before.revision);
        transaction.update_if(key, rewrite.expression(), same, Guard::Stale);
        transaction.put(StackWebhookChange::item(before, kind, by)?);
        transaction.make_change();
        let written = self.table.transact(&transaction).await?.is_empty();
        if written && resumes {
            self.archive(&before.id, kind).await?;
        }
        Ok(written.then_some(after))
    }
}

/// Ends the failures and pauses of single tenants with a change: a walk through all tenants follows.
fn anew(before: &StackWebhook, rewrite: Rewrite) -> Rewrite {
    let rewrite = rewrite.set("anew_since", number(before.revision + 1));
    let rewrite = rewrite.set("walked_to", string(""));
    rewrite.remove(&["failed_looks"])
}
