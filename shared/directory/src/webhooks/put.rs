//! Puts a webhook of a tenant under an id that the caller chose. It can be repeated.

use rollcall_model::{is_chosen_id, is_id};
use rollcall_scim as scim;
use rollcall_store::Error;

use crate::webhooks::change::{NewWebhook, WebhookChange};
use crate::webhooks::handle::Webhooks;
use crate::webhooks::secret::WebhookSecret;
use crate::webhooks::webhook::{Webhook, not_found};

impl Webhooks<'_> {
    /// Creates the webhook with this id, or replaces its name, its URL and its types. The same again changes nothing.
    /// `after` counts for a new one. Returns its secret if it is new.
    ///
    /// # Errors
    /// As for [`Webhooks::create`]; `404` for an id of the form that is generated; `invalidValue` for another
    /// that nobody can choose.
    pub async fn put(
        self,
        id: &str,
        new: &NewWebhook,
    ) -> Result<(Webhook, Option<WebhookSecret>), Error> {
        match self.read(id).await {
            Ok(_) => Ok((self.change(id, &whole(new)).await?, None)),
            Err(Error::Scim(scim::Error::NotFound { .. })) => {
                check_chosen(id)?;
                let (webhook, secret) = self.create_as(id.to_owned(), new).await?;
                Ok((webhook, Some(secret)))
            }
            Err(error) => Err(error),
        }
    }
}

/// Returns the change that makes of a webhook what is given.
pub(super) fn whole(new: &NewWebhook) -> WebhookChange {
    WebhookChange {
        label: Some(new.label.clone()),
        target_url: Some(new.target_url.clone()),
        only_types: Some(new.only_types.clone()),
    }
}

/// Checks that a client can choose this id for something new.
///
/// # Errors
/// `404` for an id of the form that is generated: such a webhook was deleted, or is that of another tenant.
pub(super) fn check_chosen(id: &str) -> Result<(), Error> {
    if is_id(id) {
        return Err(not_found(id));
    }
    match is_chosen_id(id) {
        true => Ok(()),
        false => Err(scim::Error::InvalidValue(
            "a webhook id is 1 to 64 of `a-z`, `0-9`, `-` and `_`, and begins with a letter or a digit"
                .to_owned(),
        )
        .into()),
    }
}
