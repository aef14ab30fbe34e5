//! The walk through the tenants after a webhook of the stack was changed.

use futures::future::join_all;
use futures::{StreamExt, stream};
use rollcall_directory::{Error, StackWebhook};
use rollcall_runtime::chain;
use tokio::time::Instant;

use crate::{AT_ONCE, Endpoint, Sender, WAITING_AT_ONCE};

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
            let begin = webhook.walked_to()?.to_owned();
            Some(async move {
                let walked = self.walk_from(webhook, begin, deadline).await;
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

    /// Looks at the tenants after `after`. A failure in one holds up no other; the next walk begins with its page.
    async fn walk_from(
        &self,
        webhook: &StackWebhook,
        mut after: String,
        deadline: Instant,
    ) -> Result<(), Error> {
        let endpoint = &Endpoint::OfStack(webhook.id.clone());
        let mut looked = Ok(());
        while Instant::now() < deadline {
            let behind = (!after.is_empty()).then_some(after.as_str());
            let page = self.directory.tenants_to_send(behind, WAITING_AT_ONCE);
            let (tenants, last) = page.await?;
            let sent = stream::iter(tenants).map(|id| async move {
                let tenant = self.directory.system(id);
                let sent = Box::pin(self.send(&tenant, endpoint, deadline)).await;
                if let Err(error) = &sent {
                    let (tenant, error) = (tenant.id(), chain(error));
                    tracing::error!(%tenant, webhook = webhook.id, error, "a tenant was left out");
                }
                sent
            });
            let sent: Vec<_> = sent.buffer_unordered(AT_ONCE).collect().await;
            looked = sent.into_iter().fold(looked, Result::and);
            if looked.is_ok() {
                let noted = self.directory.stack_webhooks();
                if !noted.note_walk(webhook, last.as_deref()).await? {
                    return Ok(());
                }
            }
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
        looked
    }
}
