//! Portal links that are mailed: the mailer makes the same secret again, so that no event, message or item has it.
//!
//! The secret is a MAC with a key of the stack over the id of the journal entry that says that the link was made. Whoever
//! reads events or the table lacks the key; whoever has the keys can do nothing with an id whose link is not stored.

use jiff::Timestamp;
use rollcall_model::{Actor, EventType, Origin, Subject};
use rollcall_store::{Error, Scope, Transaction};
use serde_json::json;

use crate::credentials::invitations::NotMailed;
use crate::credentials::secret::{Purpose, TokenSecret};
use crate::journal::entry::Entry;
use crate::sign_in::handle::SignIn;

/// A portal link to mail.
#[derive(Clone, Debug)]
pub struct MailedLink {
    /// The address to which it goes, which any text can be.
    pub to: String,
    /// The name of the tenant.
    pub tenant_name: String,
    /// The address where links open, to which the secret is added.
    pub opens_at: String,
    /// The link in plain text.
    pub secret: TokenSecret,
    /// Until when it can be opened.
    pub ends_at: Timestamp,
}

/// Returns the secret of a new link that the journal entry with this id announces.
pub(super) async fn new_mailed_secret(scope: &Scope, entry: &str) -> Result<TokenSecret, Error> {
    let Some(key) = scope.key_ring.current().await? else {
        return Err(Error::Keys("a mailed link needs a key of the stack".into()));
    };
    Ok(TokenSecret::derived(
        Purpose::PortalLink,
        &scope.tenant,
        &key,
        entry,
    ))
}

impl SignIn<'_> {
    /// Returns the portal link to mail that the event with this id announces; `None` if it can no longer be opened: it
    /// was used or ended, has expired, or the person for whom it was made has ended.
    ///
    /// # Errors
    /// Table errors, and [`Error::Keys`] when the keys of the stack cannot be read.
    pub async fn mailed_link(self, event: &str) -> Result<Option<MailedLink>, Error> {
        for key in self.scope.key_ring.all().await? {
            let tenant = &self.scope.tenant;
            let secret = TokenSecret::derived(Purpose::PortalLink, tenant, &key, event);
            let Some((item, tenant)) = self.stored_link(&secret).await? else {
                continue;
            };
            let to = item.link.and_then(|link| link.email);
            return Ok(to.zip(item.opens_at).map(|(to, opens_at)| MailedLink {
                to,
                tenant_name: tenant.display_name,
                opens_at,
                secret,
                ends_at: item.ends,
            }));
        }
        Ok(None)
    }

    /// Writes to the journal that the portal link with this id was not mailed, and why. The address stays out of it: the
    /// person can have been erased since the link was made. Does nothing if the tenant was deleted.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn note_not_mailed(self, link: Option<&str>, why: NotMailed) -> Result<(), Error> {
        let tenant = Subject::tenant(&self.scope.tenant);
        let entry = Entry {
            actor: Actor::SYSTEM,
            origin: Origin::default(),
            ..Entry::new(self.scope, EventType::PortalLinkNotMailed, tenant)
        };
        let mut after = json!({"reason": why.as_str()});
        if let Some(link) = link {
            after["id"] = json!(link);
        }
        let entry = entry.with_change(None, Some(after));
        let mut transaction = Transaction::default();
        self.scope.check_alive(&mut transaction);
        transaction.put(entry.to_item(self.scope.keys())?);
        self.scope.table.transact(&transaction).await.map(|_| ())
    }
}
