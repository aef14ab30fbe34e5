//! Mails a portal link: once, to the address for which it was made, within the bounds of the tenant.
//!
//! The event says that a link is to be mailed, and has no part of its secret. The mailer makes the secret again from the
//! event's id with the keys of the stack, and finds the link by it.

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{Event, Lease, MailedLink, NotMailed, Tenant, mail_domain};

use crate::label::{Label, Labelled};
use crate::postbox::SendError;
use crate::{Failure, LEASE, Mailer, found, is_allowed, link};

/// For how long a key of the stack can be unknown here, and a little longer.
const KEYS_LAG: SignedDuration = SignedDuration::from_secs(90);

fn is_recent(event: &Event) -> bool {
    Timestamp::now().duration_since(event.occurred_at) < KEYS_LAG
}

impl Mailer {
    /// Mails the link that an event announces, if it is one to mail. If it cannot be mailed, an event says why.
    pub(crate) async fn mail_link(&self, event: &Event) -> Result<(), Failure> {
        let Some(after) = event.after.as_ref().filter(|after| after["mail"] == true) else {
            return Ok(());
        };
        let tenant = self.directory.system(event.tenant.clone());
        let thing = format!("portal-link#{}", event.id);
        match tenant.credentials().lease(&thing, LEASE).await? {
            Lease::Done => return Ok(()),
            Lease::Theirs => return Err(Failure::Claimed),
            Lease::Ours => {}
        }
        let text = |name: &str| after[name].as_str().map(str::to_owned);
        let (id, address) = (text("id"), text("email"));
        let refused = match tenant.sign_in().mailed_link(&event.id).await? {
            Some(link) => {
                let named = (event.id.as_str(), id.as_deref());
                self.send_link(&tenant, named, link).await?
            }
            // The mail was sent, and the link was opened before that was noted.
            None if self.was_sent(&tenant, &event.id, address).await? => None,
            // Its key can be newer than those that this process has read.
            None if is_recent(event) => return Err(Failure::UnknownLink),
            None => Some(NotMailed::LinkEnded),
        };
        match refused {
            None => tracing::info!(tenant = %tenant.id(), link = id, "a portal link was mailed"),
            Some(why) => {
                let code = why.as_str();
                tracing::warn!(tenant = %tenant.id(), link = id, why = code, "a portal link was not mailed");
                tenant.sign_in().note_not_mailed(id.as_deref(), why).await?;
            }
        }
        Ok(tenant.credentials().done(&thing).await?)
    }

    /// Sends the mail with a link. Returns why it was not sent, if a retry cannot help.
    async fn send_link(
        &self,
        tenant: &Tenant,
        (event, id): (&str, Option<&str>),
        link: MailedLink,
    ) -> Result<Option<NotMailed>, Failure> {
        let Some(stored) = found(tenant.lifecycle().read().await)? else {
            return Ok(Some(NotMailed::LinkEnded));
        };
        let settings = tenant.settings().read().await?;
        let Some(domain) = mail_domain(&link.to) else {
            return Ok(Some(NotMailed::InvalidAddress));
        };
        if !is_allowed(&domain, &settings.invitation_domains) {
            return Ok(Some(NotMailed::DomainNotAllowed));
        }
        let per_day = stored.ceilings.invitations_per_day.unwrap_or(self.per_day);
        let claim = tenant.credentials().claim_link(event, &link.to, per_day);
        if let Some(why) = claim.await? {
            return Ok(Some(why));
        }
        let url = format!("{}?link={}", link.opens_at, link.secret.expose());
        let brand = self.directory.brand_of(tenant.id()).await?;
        let product = brand.parts.product_name.as_deref();
        let mail = link::mail(link.to, &link.tenant_name, product, &url, link.ends_at)?;
        let mail = mail.branded(&brand)?;
        let to = mail.to.clone();
        let label = Label {
            tenant: tenant.id().clone(),
            work: format!("portal-link#{event}"),
            to: Labelled::Link(id.unwrap_or_default().to_owned()),
        };
        let Err(error) = self.postbox.send(&mail, &label).await else {
            return Ok(None);
        };
        // The address can get another link at once.
        tenant.credentials().release_link(event, &to).await?;
        match error {
            SendError::Refused(why) => {
                tracing::warn!(why, "the mail service refuses the mail with a portal link");
                Ok(Some(NotMailed::Undeliverable))
            }
            failed @ SendError::Failed(_) => Err(failed.into()),
        }
    }

    async fn was_sent(
        &self,
        tenant: &Tenant,
        event: &str,
        address: Option<String>,
    ) -> Result<bool, Failure> {
        match address {
            Some(to) => Ok(tenant.credentials().has_claimed_link(event, &to).await?),
            None => Ok(false),
        }
    }
}
