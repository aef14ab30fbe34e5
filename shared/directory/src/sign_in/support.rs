//! Support access: a portal link for a named operator whose session only reads, and ends at a time that is set before.
//!
//! Its terms stand in attributes that earlier versions do not know: there, such a link and its session have no role at all.

use std::time::Duration;

use jiff::SignedDuration;
use rollcall_model::{Role, shown};
use rollcall_scim as scim;
use rollcall_store::{Error, now, retry_stale};

use crate::sign_in::handle::SignIn;
use crate::sign_in::portal_links::NewPortalLink;
use crate::sign_in::sessions::{IssuedSession, NOBODY, PortalSession, SessionItem, SupportTerms};

/// The longest support access.
const LONGEST_SUPPORT: SignedDuration = SignedDuration::from_hours(8);
/// The pages of links among which support access is found.
const MAX_PAGES: usize = 100;

/// Support access to grant.
#[derive(Clone, Debug)]
pub struct NewSupportAccess {
    /// The address of the operator, which the journal names with all that they do.
    pub operator: String,
    /// Why, which the journal says.
    pub reason: String,
    /// The role whose pages and answers the operator reads.
    pub role: Role,
    /// How long the access lasts from now, link and session together.
    pub life: Duration,
}

impl SignIn<'_> {
    /// Grants support access: issues a portal link, which opens one session that only reads. Both end when the time is
    /// over.
    ///
    /// # Errors
    /// `404` when the tenant was deleted or is being deleted; `403` when everybody with the operator's address has ended.
    pub async fn grant_support(self, new: NewSupportAccess) -> Result<IssuedSession, Error> {
        let terms = SupportTerms {
            role: new.role.into(),
            reason: new.reason,
        };
        self.make_portal_link(NewPortalLink {
            email: Some(new.operator),
            life: new.life,
            support: Some(terms),
            ..NewPortalLink::with_role(new.role)
        })
        .await
    }

    /// Lists the support access that is in force: links that can be opened, and sessions, latest first.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn support_access(self) -> Result<Vec<PortalSession>, Error> {
        let mut all = self.portal_sessions().await?;
        all.retain(|one| one.support.is_some());
        Ok(all)
    }

    /// Ends support access: the link with this id, or the session that it opened.
    ///
    /// # Errors
    /// `404` when there is none.
    pub async fn end_support(self, id: &str) -> Result<(), Error> {
        retry_stale(|turn| async move {
            let all = self.support_access().await?;
            let wanted = all
                .iter()
                .find(|one| one.id == id || one.link_id.as_deref() == Some(id));
            match wanted {
                Some(access) => self.end_portal_session(&access.id).await.map(Some),
                // The link may have been opened while the list was read.
                None if turn == 0 => Ok(None),
                None => {
                    let what = format!("support access `{}`", shown(id));
                    Err(scim::Error::NotFound { what }.into())
                }
            }
        })
        .await
    }

    /// Reads the latest links and sessions of links, and all support access in force, however many links are newer.
    pub(super) async fn with_support(self) -> Result<Vec<(String, SessionItem)>, Error> {
        let (mut found, mut next) = self.page_of(NOBODY, None).await?;
        // The bound is far above what a day brings: a page has a hundred links.
        for _ in 0..MAX_PAGES {
            if next.is_none() {
                break;
            }
            let (page, behind) = self.page_of(NOBODY, next).await?;
            let oldest = page.iter().map(|(_, session)| session.began).min();
            let support = page.into_iter().filter(|(_, one)| one.support.is_some());
            found.extend(support);
            // A page whose sessions have all ended says nothing about the next one.
            let is_over = oldest.is_some_and(|began| began + LONGEST_SUPPORT < now());
            next = behind.filter(|_| !is_over);
        }
        Ok(found)
    }
}
