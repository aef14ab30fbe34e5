//! Sends an invitation mail to each person whom an identity provider creates, if the tenant's settings ask for it.
//!
//! If the ids of many people of a connection have changed at once, the people who look after the tenant get one mail about
//! it, and so do its contacts (`notice`); likewise if a connection takes away more than it may (`brake_notice`). The contacts
//! alone get mail about a finding that has opened (`finding_notice`).
//!
//! If a portal link is to be mailed, it goes to the address for which it was made (`send_link`). The link is in no event: the
//! mailer makes it again with the keys of the stack.
//!
//! An event only names the person. The stored data decides whether to send a mail. If an event is delivered twice, a
//! lease prevents a second mail, unless the first sender stops before it marks the mail as sent.
//!
//! If a mail bounces, or its receiver reports it as spam, SES says so later (`feedback`): the address is marked, and Health tells
//! the admins what to do.
//!
//! An address gets at most one invitation of a tenant per week and one link per hour, and a tenant sends a bounded number of them per day
//! ([`DAILY_INVITATIONS_VARIABLE`]), to the domains that its settings allow. Whoever gets no mail has a journal entry that
//! says why.

mod brake_notice;
mod feedback;
mod finding_notice;
mod frame;
mod invitation;
mod label;
mod link;
mod mail;
mod notice;
mod postbox;
mod send_link;
mod shown_name;
mod tell;

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use rollcall_directory::{
    Directory, Error, Event, EventType, Lease, NotInvited, PersonState, Subject, Tenant, USERS,
    mail_domain,
};
use rollcall_runtime::each_message;
use rollcall_scim::{Projection, Resource};
use serde::Deserialize;
use serde_json::Value;

pub use label::{Label, Labelled};
pub use mail::Mail;
pub use postbox::{
    APP_URL_VARIABLE, CONFIGURATION_SET_VARIABLE, Postbox, SENDER_VARIABLE, SendError,
};

/// The duration of the lease on a mail. After it expires, another invocation can send the mail.
const LEASE: Duration = Duration::from_secs(60);

/// The source of the events of SES.
const OF_MAIL_SERVICE: &str = "aws.ses";

/// The environment variable with the number of invitations that a tenant can send per day.
pub const DAILY_INVITATIONS_VARIABLE: &str = "DAILY_INVITATIONS";
/// That number, if the variable is absent.
const DAILY_INVITATIONS: u32 = 1_000;

/// Returns the mailer for a directory and a postbox.
pub fn handler(directory: Directory, postbox: Postbox) -> Mailer {
    let given = std::env::var(DAILY_INVITATIONS_VARIABLE).ok();
    let per_day = given.and_then(|number| number.parse().ok());
    Mailer {
        directory,
        postbox,
        per_day: per_day.unwrap_or(DAILY_INVITATIONS),
    }
}

/// The mailer. The Lambda runtime and the local queue call it with each batch of messages.
#[derive(Clone, Debug)]
pub struct Mailer {
    directory: Directory,
    postbox: Postbox,
    /// How many mails a tenant can send per day.
    per_day: u32,
}

/// What the stored data says about an invitation.
struct Wanted {
    person: Subject,
    mail: Result<Mail, NotInvited>,
    /// How many mails the tenant can send per day.
    per_day: u32,
}

/// An event as EventBridge delivers it.
#[derive(Debug, Deserialize)]
struct Delivery {
    #[serde(default)]
    source: String,
    detail: Value,
}

/// The reason why a message must be delivered again.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the message cannot be parsed")]
    Unreadable(#[from] serde_json::Error),
    #[error("the directory operation failed")]
    Directory(#[from] Error),
    #[error("the mail could not be sent")]
    Mail(#[from] SendError),
    #[error("the mail could not be composed")]
    Wording(#[from] askama::Error),
    #[error("the portal link was not found, or its key is not known yet")]
    UnknownLink,
    #[error("another invocation holds the lease on this mail")]
    Claimed,
}

impl Mailer {
    /// Returns the mailer with another number of invitations per tenant and day.
    #[must_use]
    pub fn with_daily_limit(self, per_day: u32) -> Self {
        Self { per_day, ..self }
    }

    /// Handles one batch. Returns the ids of the messages that must be delivered again.
    pub async fn call(&self, event: SqsEvent) -> SqsBatchResponse {
        each_message(event.records, |record| self.handle(record)).await
    }

    async fn handle(&self, record: SqsMessage) -> Result<(), Failure> {
        let delivery: Delivery = serde_json::from_str(record.body.as_deref().unwrap_or_default())?;
        if delivery.source == OF_MAIL_SERVICE {
            return self.hear(&serde_json::from_value(delivery.detail)?).await;
        }
        let event: Event = serde_json::from_value(delivery.detail)?;
        let tenant = self.directory.system(event.tenant.clone());
        match self.mail(event).await {
            // The tenant was deleted in the meantime, so nobody gets mail about it.
            Err(Failure::Directory(error))
                if error.is_refusal() && found(tenant.settings().read().await)?.is_none() =>
            {
                Ok(())
            }
            mailed => mailed,
        }
    }

    /// Sends the mail that an event asks for.
    async fn mail(&self, event: Event) -> Result<(), Failure> {
        match EventType::of(&event.kind) {
            // People who are created by a sign-in or by hand need no invitation.
            Some(EventType::UserCreated) if event.actor.kind() == "token" => {
                self.invite(event).await
            }
            Some(about @ (EventType::ConnectionSubjectsChanged | EventType::BrakeTripped)) => {
                self.tell_administrators(&event, about).await
            }
            Some(EventType::HealthOpened) => self.tell_contacts(&event).await,
            Some(EventType::PortalLinkCreated) => self.mail_link(&event).await,
            _ => Ok(()),
        }
    }

    /// Invites a person whom an identity provider has created, if the tenant wants that.
    async fn invite(&self, event: Event) -> Result<(), Failure> {
        let tenant = self.directory.system(event.tenant);
        let Some(wanted) = self.wanted(&tenant, &event.subject.id).await? else {
            return Ok(());
        };
        let thing = format!("invitation#{}", event.id);
        match tenant.credentials().lease(&thing, LEASE).await? {
            Lease::Done => return Ok(()),
            Lease::Theirs => return Err(Failure::Claimed),
            Lease::Ours => {}
        }
        let (tenant_id, user) = (tenant.id(), event.subject.id);
        let label = Label {
            tenant: tenant_id.clone(),
            work: thing.clone(),
            to: Labelled::Person(user.clone()),
        };
        match self
            .send(&tenant, (&event.id, &label), wanted.mail, wanted.per_day)
            .await?
        {
            None => tracing::info!(tenant = %tenant_id, user, "invited"),
            Some(why) => {
                let code = why.as_str();
                tracing::warn!(tenant = %tenant_id, user, why = code, "an invitation was not sent");
                tenant
                    .credentials()
                    .note_not_invited(wanted.person, why)
                    .await?;
            }
        }
        Ok(tenant.credentials().done(&thing).await?)
    }

    /// Sends the mail that an event asks for. Returns why it was not sent, if a retry cannot help.
    async fn send(
        &self,
        tenant: &Tenant,
        (event, label): (&str, &Label),
        mail: Result<Mail, NotInvited>,
        per_day: u32,
    ) -> Result<Option<NotInvited>, Failure> {
        let mail = match mail {
            Ok(mail) => mail,
            Err(why) => return Ok(Some(why)),
        };
        let credentials = tenant.credentials();
        let refused = credentials.claim_invitation(event, &mail.to, per_day);
        if let Some(why) = refused.await? {
            return Ok(Some(why));
        }
        match self.postbox.send(&mail, label).await {
            Ok(()) => Ok(None),
            Err(SendError::Refused(why)) => {
                tracing::warn!(why, "the mail service refuses the invitation");
                Ok(Some(NotInvited::Undeliverable))
            }
            Err(failed) => Err(failed.into()),
        }
    }

    /// Returns whether a person is to be invited, and how; `None` if nobody expects an invitation.
    async fn wanted(&self, tenant: &Tenant, user: &str) -> Result<Option<Wanted>, Failure> {
        let Some(settings) = found(tenant.settings().read().await)? else {
            return Ok(None);
        };
        if !settings.invitations {
            return Ok(None);
        }
        let Some(person) = found(tenant.roles().person(user).await)? else {
            return Ok(None);
        };
        let Some(resource) = found(
            tenant
                .resources()
                .read(&USERS, user, &Projection::all())
                .await,
        )?
        else {
            return Ok(None);
        };
        // What is only observed invites nobody.
        if person.state != PersonState::Invited || person.identity.observed {
            return Ok(None);
        }
        let subject = Subject::new("user", user, &person.user_name);
        let stored = tenant.lifecycle().read().await?;
        let mail = match receiver(&resource, &settings.invitation_domains) {
            Err(why) => Err(why),
            Ok(to) => {
                let organisation = stored.summary.display_name;
                let name = person.display_name.unwrap_or(person.user_name);
                let app_url = self.postbox.app_url();
                let brand = self.directory.brand_of(tenant.id()).await?;
                let product = brand.parts.product_name.as_deref();
                let mail = invitation::mail(to, &name, &organisation, product, app_url)?;
                Ok(mail.branded(&brand)?)
            }
        };
        Ok(Some(Wanted {
            person: subject,
            mail,
            per_day: stored.ceilings.invitations_per_day.unwrap_or(self.per_day),
        }))
    }
}

/// Turns a 404 into `None`: the item was deleted in the meantime.
fn found<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Err(error) if error.to_scim().status() == 404 => Ok(None),
        other => other.map(Some),
    }
}

/// Returns the address of a person that mail can be sent to. `domains` are those that the tenant allows; empty for all.
fn receiver(user: &Resource, domains: &[String]) -> Result<String, NotInvited> {
    let address = mail_address(user).ok_or(NotInvited::NoAddress)?;
    let domain = mail_domain(&address).ok_or(NotInvited::InvalidAddress)?;
    match is_allowed(&domain, domains) {
        true => Ok(address),
        false => Err(NotInvited::DomainNotAllowed),
    }
}

/// Returns whether a tenant sends mail to a domain. `domains` are those that it allows; empty for all.
fn is_allowed(domain: &String, domains: &[String]) -> bool {
    domains.is_empty() || domains.contains(domain)
}

/// Returns the primary address, or else the first one.
fn mail_address(user: &Resource) -> Option<String> {
    let emails = user.get("emails")?.as_array()?;
    let address = |email: &Value| email["value"].as_str().map(str::to_owned);
    let primary = emails.iter().find(|email| email["primary"] == true);
    primary
        .and_then(address)
        .or_else(|| emails.iter().find_map(address))
}
