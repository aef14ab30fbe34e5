//! The signing secrets of webhooks. They are derived from the keys of the stack, so the table has none of them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use rollcall_model::TenantId;
use rollcall_store::{Error, KeyRing, KeyUse};

use crate::webhooks::handle::Webhooks;
use crate::webhooks::signing_key::SigningKey;
use crate::webhooks::webhook::Webhook;

/// How long the secret before signs too, after a rotation.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);
/// The prefix of secrets, as Standard Webhooks says.
const PREFIX: &str = "whsec_";

/// A signing secret. Its `Debug` output hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret([u8; 32]);

impl WebhookSecret {
    /// Returns the secret as its receiver gets it: `whsec_` and the key in Base64.
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0))
    }

    /// Returns the key of the HMAC.
    pub fn key(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// Returns a new signing key with its secret. It is the first of the list; the one before ends a day later.
///
/// # Errors
/// [`Error::Keys`] when the keys of the stack cannot be read, or there are none.
pub(super) async fn rotate(
    key_ring: &KeyRing,
    webhook: Of<'_>,
    before: Vec<SigningKey>,
    now: Timestamp,
) -> Result<(String, WebhookSecret), Error> {
    let by = key_ring.current().await?;
    let by = by.ok_or_else(|| Error::Keys("the stack has no keys, which webhooks need".into()))?;
    let new = SigningKey {
        by: by.id,
        nonce: base62::encode(rand::random::<u128>()),
        made_at: now,
        ends_at: None,
    };
    let secret = WebhookSecret(by.mac(KeyUse::Webhook, &webhook.text(&new)));
    let before = before.into_iter().filter(|key| key.is_live(now));
    let ending = before.take(1).map(|key| SigningKey {
        ends_at: Some(now.checked_add(OVERLAP).unwrap_or(now)),
        ..key
    });
    let keys: Vec<SigningKey> = std::iter::once(new).chain(ending).collect();
    let keys = serde_json::to_string(&keys).map_err(Error::corrupt)?;
    Ok((keys, secret))
}

/// Whose secret it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of<'a> {
    /// The tenant; empty for a webhook of the stack.
    tenant: &'a str,
    webhook: &'a str,
}

impl<'a> Of<'a> {
    pub(super) fn tenant(tenant: &'a TenantId, webhook: &'a str) -> Self {
        let tenant = tenant.as_str();
        Self { tenant, webhook }
    }

    pub(super) fn stack(webhook: &'a str) -> Self {
        let tenant = "";
        Self { tenant, webhook }
    }

    /// Returns what the secret of a signing key is derived from.
    fn text(self, key: &SigningKey) -> String {
        format!("{}\n{}\n{}", self.tenant, self.webhook, key.nonce)
    }
}

impl Webhooks<'_> {
    /// Returns the live secrets, the current one first. A secret whose key of the stack was removed is lost.
    ///
    /// # Errors
    /// [`Error::Keys`] when the keys of the stack cannot be read.
    pub async fn live_secrets(
        self,
        webhook: &Webhook,
        now: Timestamp,
    ) -> Result<Vec<WebhookSecret>, Error> {
        let of = match self.stack {
            Some(_) => Of::stack(&webhook.id),
            None => Of::tenant(&self.scope.tenant, &webhook.id),
        };
        let mut secrets = Vec::new();
        for key in webhook.keys() {
            if key.is_live(now)
                && let Some(by) = self.scope.key_ring.find(key.by).await?
            {
                secrets.push(WebhookSecret(by.mac(KeyUse::Webhook, &of.text(&key))));
            }
        }
        Ok(secrets)
    }
}
