//! Ends one session or portal link: by its secret, or by its id in a list.
//!
//! A link can be opened while somebody ends it. Whoever ends it deletes what is there, and if that is gone, looks again: the
//! session that the link has opened ends in its place.

use rollcall_model::{EventType, Role, Subject, USERS, shown};
use rollcall_scim as scim;
use rollcall_store::{Error, Expression, Guard, Transaction, retry_stale};
use serde_json::json;

use crate::credentials::secret::TokenSecret;
use crate::journal::entry::Entry;
use crate::resources::handle::Resources;
use crate::resources::writes::subject;
use crate::roles::handle::Roles;
use crate::sign_in::handle::SignIn;
use crate::sign_in::sessions::{NOBODY, SessionItem, session_key, shown_id};

impl SignIn<'_> {
    /// Signs out: ends one session of `whom`, a person, or the tenant if a portal link opened it. A repetition is not
    /// noted.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn end_session(self, secret: &TokenSecret, whom: Subject) -> Result<(), Error> {
        let entry = Entry::new(self.scope, EventType::AuthLogout, whom);
        let mut transaction = Transaction::default();
        let key = session_key(self.scope, secret);
        transaction.delete_if(key, Expression::present(), Guard::Used);
        transaction.put(entry.to_item(self.scope.keys())?);
        self.scope.table.transact(&transaction).await.map(|_| ())
    }

    /// Ends the portal link or the session of a link with this id, or the session that the link with this id has opened.
    ///
    /// # Errors
    /// `404` when there is none.
    pub async fn end_portal_session(self, id: &str) -> Result<(), Error> {
        let tenant = Subject::tenant(&self.scope.tenant);
        self.end_listed(NOBODY, id, EventType::PortalLinkEnded, tenant)
            .await
    }

    /// Ends the session of a person with this id.
    ///
    /// # Errors
    /// `404` when the person does not exist or has no such session; `403` when they rank above `rank`.
    pub async fn end_session_of(self, user: &str, id: &str, rank: Role) -> Result<(), Error> {
        let record = Resources::of(self.scope).record(&USERS, user).await?;
        Roles::of(self.scope).check_rank_over(&record, rank).await?;
        let subject = subject(&USERS, &record)?;
        self.end_listed(user, id, EventType::UserSessionEnded, subject)
            .await
    }

    async fn end_listed(
        self,
        whose: &str,
        id: &str,
        kind: EventType,
        subject: Subject,
    ) -> Result<(), Error> {
        let subject = &subject;
        retry_stale(|turn| async move {
            let stored = match whose {
                NOBODY => self.with_support().await?,
                _ => self.latest(whose).await?,
            };
            let mut stored = stored.into_iter();
            let Some((hash, _)) = stored.find(|(hash, session)| is_meant(id, hash, session)) else {
                // The link may have been opened after the list of its tenant was read, and before the link itself was.
                if whose == NOBODY && turn == 0 {
                    return Ok(None);
                }
                let what = format!("session `{}`", shown(id));
                return Err(scim::Error::NotFound { what }.into());
            };
            let mut transaction = Transaction::default();
            let ended = json!({"session": shown_id(&hash)});
            let key = self.scope.keys().sessions().at(hash);
            transaction.delete_if(key, Expression::present(), Guard::Stale);
            let entry = Entry::new(self.scope, kind, subject.clone());
            let entry = entry.with_change(Some(ended), None);
            transaction.put(entry.to_item(self.scope.keys())?);
            let failed = self.scope.table.transact(&transaction).await?;
            Ok(failed.is_empty().then_some(()))
        })
        .await
    }
}

/// Returns whether an id in a list means this session: its own id, or that of the link that opened it. Pure.
fn is_meant(id: &str, hash: &str, session: &SessionItem) -> bool {
    let link = session.link.as_ref().and_then(|link| link.id.as_deref());
    shown_id(hash) == id || link == Some(id)
}
