//! The walk through the tenants after a webhook of the stack was changed. A tenant that cannot be looked at holds up no other: it
//! is remembered, and looked at again in the next minutes.

use std::collections::BTreeMap;

use futures::future::join_all;
use futures::{StreamExt, stream};
use rollcall_directory::{Error, StackWebhook, TenantId};
use rollcall_runtime::chain;
use tokio::time::Instant;

use crate::{AT_ONCE, Endpoint, Sender, WAITING_AT_ONCE};

/// How often a tenant is looked at that fails each time. Then it is left out until its next event or the next walk.
const LOOKS: u32 = 10;
/// The tenants that are remembered because they failed: as many as one page has.
const MAX_FAILED: usize = WAITING_AT_ONCE;

impl Sender {
    /// Looks at the tenants, for the webhooks of the stack that were changed, until `deadline`. The webhooks do not wait for
    /// each other.
    pub(crate) async fn walk(
        &self,
        stack: &[StackWebhook],
        deadline: Instant,
    ) -> Result<(), Error> {
        let changed = stack.iter().filter(|webhook| !webhook.is_paused());
        let walks = changed.filter_map(|webhook| {
            let is_over = webhook.walked_to().is_none() && webhook.failed_looks().is_empty();
            (!is_over).then_some(async move {
                let walked = self.walk_for(webhook, deadline).await;
                if let Err(error) = &walked {
                    let error = chain(error);
                    tracing::error!(
                        webhook = webhook.id,
                        error,
                        "not all tenants were looked at"
                    );
                }
                walked
            })
        });
        join_all(walks).await.into_iter().collect()
    }

    /// Looks at the tenants that failed before, and at those that nobody has looked at yet. How far it is, is stored after each
    /// page.
    async fn walk_for(&self, webhook: &StackWebhook, deadline: Instant) -> Result<(), Error> {
        let noted = self.directory.stack_webhooks();
        let mut failed = webhook.failed_looks().clone();
        if !failed.is_empty() {
            let again: Vec<_> = failed.keys().filter_map(|id| id.parse().ok()).collect();
            // Of names that only a newer version accepts, nothing is kept.
            failed.retain(|id, _| id.parse::<TenantId>().is_ok());
            self.look_at(again, webhook, &mut failed, deadline).await;
            if !noted
                .note_walk(webhook, webhook.walked_to(), &failed)
                .await?
            {
                return Ok(());
            }
        }
        let mut after = webhook.walked_to().map(str::to_owned);
        while let Some(begin) = after.filter(|_| Instant::now() < deadline) {
            let behind = (!begin.is_empty()).then_some(begin.as_str());
            let (tenants, next) = self
                .directory
                .tenants_to_send(behind, WAITING_AT_ONCE)
                .await?;
            after = next;
            self.look_at(tenants, webhook, &mut failed, deadline).await;
            if !noted.note_walk(webhook, after.as_deref(), &failed).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Looks at tenants. Those that fail are in `failed` then, with the number of looks; those that do not are not.
    async fn look_at(
        &self,
        tenants: Vec<TenantId>,
        webhook: &StackWebhook,
        failed: &mut BTreeMap<String, u32>,
        deadline: Instant,
    ) {
        let endpoint = &Endpoint::OfStack(webhook.id.clone());
        let sent = stream::iter(tenants).map(|id| async move {
            let tenant = self.directory.system(id.clone());
            let sent = Box::pin(self.send(&tenant, endpoint, deadline)).await;
            (id, sent.err())
        });
        let sent: Vec<_> = sent.buffer_unordered(AT_ONCE).collect().await;
        for (tenant, error) in sent {
            let looks = failed.remove(tenant.as_str()).unwrap_or_default() + 1;
            let Some(error) = error else {
                continue;
            };
            let is_remembered = looks < LOOKS && failed.len() < MAX_FAILED;
            let error = chain(&error);
            tracing::error!(%tenant, webhook = webhook.id, looks, is_remembered, error, "a tenant could not be looked at");
            if is_remembered {
                failed.insert(tenant.to_string(), looks);
            }
        }
    }
}
