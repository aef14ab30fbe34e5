//! Portal links: the application issues a link, which opens the console once.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use rollcall_model::{Actor, EventType, PortalLink, Reason, Role, Subject, USERS, may_return_to};
use rollcall_scim::{self as scim, fold};
use rollcall_store::{Error, Expression, Guard, TenantItem, from_item, now};
use serde_json::{Value, json};

use crate::credentials::secret::{Purpose, TokenSecret};
use crate::journal::entry::Entry;
use crate::resources::handle::Resources;
use crate::resources::query_plan::QueryPlan;
use crate::resources::record::Record;
use crate::resources::traces::Identifiers;
use crate::sign_in::check::{Session, session_of_link};
use crate::sign_in::handle::SignIn;
use crate::sign_in::mailed_links::new_mailed_secret;
use crate::sign_in::sessions::{
    Addressee, IssuedSession, SessionItem, SupportTerms, is_from, minutes, open_session, open_with,
    session_key, shown_id,
};

/// How long a portal link can be opened, unless the application says otherwise.
const LINK_LIFE: Duration = Duration::from_secs(10 * 60);
/// How long the session lasts that a portal link opens.
const SESSION_LIFE: Duration = Duration::from_secs(2 * 3_600);

/// A portal link to make.
#[derive(Clone, Debug)]
pub struct NewPortalLink {
    /// The role of the session that it opens.
    pub role: Role,
    /// The address of the person for whom it is made.
    pub email: Option<String>,
    /// Whether its holder may make somebody an owner while the tenant has none.
    pub first_owner: bool,
    /// The address of the application to which the pages lead back.
    pub return_url: Option<String>,
    /// The page that it opens, by its name in the API.
    pub page: Option<String>,
    /// How long it can be opened.
    pub life: Duration,
    /// If the link is mailed to `email`, the address where links open, without the link.
    pub opens_at: Option<String>,
    /// The terms of support access, which only reads and lasts as long as the link could be opened.
    pub support: Option<SupportTerms>,
}

impl NewPortalLink {
    /// Returns a link for nobody in particular, which can be opened for ten minutes.
    pub fn with_role(role: Role) -> Self {
        Self {
            role,
            email: None,
            first_owner: false,
            return_url: None,
            page: None,
            life: LINK_LIFE,
            opens_at: None,
            support: None,
        }
    }
}

/// Returns what the journal says of a new link.
fn made_link(link: &PortalLink, role: Role, item: &SessionItem) -> Value {
    let mut made = json!(link);
    made["role_id"] = json!(role);
    made["expires_at"] = json!(item.ends);
    if let Some(terms) = &item.support {
        made["support_reason"] = json!(terms.reason);
    }
    if item.opens_at.is_some() {
        made["mail"] = json!(true);
    }
    made
}

fn left(until: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(now())).unwrap_or_default()
}

fn check_return(url: Option<&str>, origins: &[String]) -> Result<(), Error> {
    match url.is_none_or(|url| may_return_to(url, origins)) {
        true => Ok(()),
        false => Err(scim::Error::InvalidValue(
            "`return_url` is at none of the `return_origins` of the tenant's settings; add its origin there first"
                .to_owned(),
        )
        .into()),
    }
}

fn check_mail(email: Option<&str>, sends_mail: bool) -> Result<(), Error> {
    let detail = match email {
        _ if !sends_mail => {
            "this stack sends no mail, so it cannot mail the link; leave out `mail` and send the link yourself, or \
             set the stack's parameter `MailSender` first"
        }
        None => "`email` is missing: a link is mailed to the address in `email`",
        Some(_) => return Ok(()),
    };
    Err(scim::Error::InvalidValue(detail.to_owned()).into())
}

fn ended(how: &str) -> Error {
    let detail = format!("the person with this `email` {how}");
    Error::Refused(Reason::PersonInactive, scim::Error::Forbidden(detail))
}

impl SignIn<'_> {
    /// Issues a link that opens the console once, with this role. `email` is the address of the person for whom it is
    /// made; the journal names it as the actor of what is done with the link. If a person has the address, the link and
    /// its session end with them. `first_owner` lets its holder make somebody an owner while the tenant has none.
    ///
    /// # Errors
    /// `404` when the tenant was deleted or is being deleted; `403` when everybody with the address has ended, the deleted
    /// included.
    pub async fn issue_portal_link(
        self,
        role: Role,
        email: Option<String>,
        first_owner: bool,
    ) -> Result<IssuedSession, Error> {
        let link = NewPortalLink {
            email,
            first_owner,
            ..NewPortalLink::with_role(role)
        };
        self.make_portal_link(link).await
    }

    /// Issues a portal link as [`Self::issue_portal_link`] does. It leads back only to where the settings allow. If it is
    /// mailed, the journal entry says so, and the mailer makes the same link from the entry's id (`mailed_links`).
    ///
    /// # Errors
    /// Those of [`Self::issue_portal_link`]; `invalidValue` for another address, and if a link cannot be mailed.
    pub async fn make_portal_link(self, new: NewPortalLink) -> Result<IssuedSession, Error> {
        let tenant = self.scope.living_tenant().await?;
        check_return(new.return_url.as_deref(), &tenant.settings.return_origins)?;
        if new.opens_at.is_some() {
            check_mail(new.email.as_deref(), self.scope.sends_mail)?;
        }
        let addressee = self.addressee(new.email.as_deref()).await?;
        let (role, email) = (new.role, new.email);
        let link = PortalLink { id: None, email };
        let mut item = SessionItem::of_link(link.clone(), role.into(), new.life);
        (item.addressee, item.first_owner) = (addressee, new.first_owner);
        (item.return_url, item.page) = (new.return_url, new.page);
        item.opens_at = new.opens_at;
        if new.support.is_some() {
            (item.given_role, item.support) = (None, new.support);
        }
        let tenant = Subject::tenant(&self.scope.tenant);
        let entry = Entry::new(self.scope, EventType::PortalLinkCreated, tenant);
        let (issued, mut transaction) = match item.opens_at {
            Some(_) => {
                let secret = new_mailed_secret(self.scope, &entry.id).await?;
                open_with(self.scope, secret, &item)?
            }
            None => open_session(self.scope, Purpose::PortalLink, &item)?,
        };
        let made = PortalLink {
            id: Some(shown_id(&issued.secret.hash().0)),
            ..link
        };
        let entry = entry.with_change(None, Some(made_link(&made, role, &item)));
        transaction.put(entry.to_item(self.scope.keys())?);
        self.scope.commit(&transaction).await?;
        Ok(issued)
    }

    /// Turns a portal link into a session; the same transaction uses the link up. Returns `None` when the link is not
    /// valid or was used.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn redeem_portal_link(
        self,
        link: &TokenSecret,
    ) -> Result<Option<IssuedSession>, Error> {
        let Some((item, _)) = self.stored_link(link).await? else {
            return Ok(None);
        };
        let opened = PortalLink {
            id: Some(shown_id(&link.hash().0)),
            email: item.link.as_ref().and_then(|link| link.email.clone()),
        };
        let longest = minutes(self.scope.session_bounds.minutes());
        let life = match &item.support {
            // Support access ends when it was said to.
            Some(_) => left(item.ends),
            None => SESSION_LIFE,
        };
        let session = item.opened(opened.clone(), life.min(longest));
        let (issued, mut transaction) = open_session(self.scope, Purpose::Session, &session)?;
        let key = session_key(self.scope, link);
        transaction.delete_if(key, Expression::present(), Guard::Stale);
        let tenant = Subject::tenant(&self.scope.tenant);
        let entry = Entry {
            actor: Actor::portal_link(opened, shown_id(&issued.secret.hash().0)),
            ..Entry::new(self.scope, EventType::PortalLinkOpened, tenant)
        };
        transaction.put(entry.to_item(self.scope.keys())?);
        let committed = self.scope.table.transact(&transaction).await?.is_empty();
        Ok(committed.then_some(issued))
    }

    /// Returns the session that a portal link would open, if the link is valid. Does not use the link up.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn portal_link(self, link: &TokenSecret) -> Result<Option<Session>, Error> {
        let stored = self.stored_link(link).await?;
        Ok(stored.map(|(item, tenant)| session_of_link(self.scope, link, item, tenant)))
    }

    /// Reads a link that has not expired, and its tenant. Returns `None` if there is no such link, or the tenant was
    /// deleted or is being deleted.
    pub(super) async fn stored_link(
        self,
        link: &TokenSecret,
    ) -> Result<Option<(SessionItem, TenantItem)>, Error> {
        if !is_from(self.scope, link, Purpose::PortalLink) {
            return Ok(None);
        }
        let (key, tenant) = (session_key(self.scope, link), self.scope.keys().tenant());
        let mut found = self.scope.table.find([key.clone(), tenant.clone()]).await?;
        let item = found.take(&key).map(from_item::<SessionItem>).transpose()?;
        let tenant = found.take(&tenant).map(TenantItem::from_item).transpose()?;
        let tenant = tenant.filter(|tenant| !tenant.deleting);
        let Some(item) = item.filter(|item| item.ends > now()) else {
            return Ok(None);
        };
        let reaches = self.reaches_addressee(&item).await?;
        Ok(Some(item).filter(|_| reaches).zip(tenant))
    }

    /// Returns the person with this address, as the user name or among the e-mail addresses. Of several, the first who
    /// has not ended counts.
    async fn addressee(self, email: Option<&str>) -> Result<Option<Addressee>, Error> {
        let Some(email) = email else {
            return Ok(None);
        };
        let resources = Resources::of(self.scope);
        let mut ids = BTreeSet::new();
        for plan in [
            QueryPlan::named(&USERS, email),
            QueryPlan::Lookup("E", fold(email)),
        ] {
            ids.extend(resources.candidates(&USERS, &plan).await?);
        }
        let ids: Vec<String> = ids.into_iter().collect();
        let mut known = Vec::new();
        for person in resources.records(&USERS, &ids).await? {
            if is_address_of(&person, email)? {
                known.push(person);
            }
        }
        let mut live = known.iter().filter(|one| !one.is_out());
        match live.next() {
            Some(person) => Ok(Some(Addressee::of(person))),
            None if !known.is_empty() => Err(ended("was deactivated or blocked")),
            None if self.was_deleted(email).await? => Err(ended(
                "was deleted; restore them, or admit the address as that of somebody new",
            )),
            None => Ok(None),
        }
    }

    /// Returns whether somebody who was deleted had the address.
    async fn was_deleted(self, email: &str) -> Result<bool, Error> {
        let address = Identifiers::default().with_names([email]);
        let keys = address.deleted_keys(self.scope).await?;
        let found = self.scope.table.find(keys.all().cloned()).await?;
        Ok(!keys.people(&found).is_empty())
    }

    /// Returns whether a link or its session was made for nobody known, or for a person who has not ended since.
    pub(super) async fn reaches_addressee(self, item: &SessionItem) -> Result<bool, Error> {
        let Some(addressee) = &item.addressee else {
            return Ok(true);
        };
        let ids = [addressee.id.clone()];
        let found = Resources::of(self.scope).records(&USERS, &ids).await?;
        Ok(found.first().is_some_and(|one| addressee.is_in_force(one)))
    }
}

/// Returns whether an address is a person's user name or one of their e-mail addresses, and not one that looks alike.
fn is_address_of(person: &Record, address: &str) -> Result<bool, Error> {
    let compared = USERS.compared(address);
    let mut emails = person.emails()?.into_iter();
    let has_email = emails.any(|email| USERS.compared(&email.value) == compared);
    Ok(has_email || person.is_named(&USERS, address)?)
}
