//! Sends an invitation mail to each person whom an identity provider creates, if the tenant's settings ask for it.
//!
//! An event only names the person. The stored data decides whether to send a mail. If an event is delivered twice, a
//! lease prevents a second mail, unless the first sender stops before it marks the mail as sent.
//!
//! ```no_run
//! use aws_lambda_events::sqs::SqsEvent;
//! use rollcall_directory::Directory;
//! use rollcall_mailer::Postbox;
//!
//! # async fn example(event: SqsEvent) -> Result<(), std::env::VarError> {
//! let mailer = rollcall_mailer::handler(Directory::from_env().await?, Postbox::from_env().await?);
//! let response = mailer.call(event).await;
//! # Ok(())
//! # }
//! ```

mod invitation;
mod postbox;

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use rollcall_directory::{Directory, Error, Event, EventType, Lease, PersonState, Tenant, USERS};
use rollcall_runtime::each_message;
use rollcall_scim::{Projection, Resource};
use serde::Deserialize;
use serde_json::Value;

pub use invitation::Invitation;
pub use postbox::{APP_URL_VARIABLE, Postbox, SENDER_VARIABLE, SendError};

/// The duration of the lease on a mail. After it expires, another invocation can send the mail.
const LEASE: Duration = Duration::from_secs(60);

/// Returns the mailer for a directory and a postbox.
pub fn handler(directory: Directory, postbox: Postbox) -> Mailer {
    Mailer { directory, postbox }
}

/// The mailer. The Lambda runtime and the local queue call it with each batch of messages.
#[derive(Clone, Debug)]
pub struct Mailer {
    directory: Directory,
    postbox: Postbox,
}

/// An event as EventBridge delivers it. Only its `detail` is used.
#[derive(Debug, Deserialize)]
struct Delivery {
    detail: Event,
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
    #[error("another invocation holds the lease on this mail")]
    Claimed,
}

impl Mailer {
    /// Handles one batch. Returns the ids of the messages that must be delivered again.
    pub async fn call(&self, event: SqsEvent) -> SqsBatchResponse {
        each_message(event.records, |record| self.handle(record)).await
    }

    async fn handle(&self, record: SqsMessage) -> Result<(), Failure> {
        let delivery: Delivery = serde_json::from_str(record.body.as_deref().unwrap_or_default())?;
        let event = delivery.detail;
        // People who are created by a sign-in or by hand need no invitation.
        if EventType::of(&event.kind) != Some(EventType::UserCreated)
            || event.actor.kind() != "token"
        {
            return Ok(());
        }
        let tenant = self.directory.system(event.tenant);
        let Some(invitation) = self.invitation(&tenant, &event.subject.id).await? else {
            return Ok(());
        };
        let thing = format!("invitation#{}", event.id);
        match tenant.credentials().lease(&thing, LEASE).await? {
            Lease::Done => return Ok(()),
            Lease::Theirs => return Err(Failure::Claimed),
            Lease::Ours => {}
        }
        let (tenant_id, user) = (tenant.id(), event.subject.id);
        match self.postbox.send(&invitation).await {
            Ok(()) => tracing::info!(tenant = %tenant_id, user, "invited"),
            Err(SendError::Refused(why)) => {
                tracing::warn!(tenant = %tenant_id, user, why, "the invitation is undeliverable");
            }
            Err(failed) => return Err(failed.into()),
        }
        Ok(tenant.credentials().done(&thing).await?)
    }

    /// Returns the invitation for a person, or `None` if there is none to send.
    async fn invitation(&self, tenant: &Tenant, user: &str) -> Result<Option<Invitation>, Failure> {
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
        let Some(to) = mail_address(&resource).filter(|_| person.state == PersonState::Invited)
        else {
            return Ok(None);
        };
        let organisation = tenant.lifecycle().read().await?.summary.display_name;
        let name = person.display_name.unwrap_or(person.user_name);
        let app_url = self.postbox.app_url();
        Ok(Some(Invitation::new(to, &name, &organisation, app_url)?))
    }
}

/// Turns a 404 into `None`: the item was deleted in the meantime.
fn found<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Err(error) if error.to_scim().status() == 404 => Ok(None),
        other => other.map(Some),
    }
}

/// Returns the primary address, or else the first one. A value without `@` is not an address.
fn mail_address(user: &Resource) -> Option<String> {
    let emails = user.get("emails")?.as_array()?;
    let address = |email: &Value| email["value"].as_str().map(str::to_owned);
    let primary = emails.iter().find(|email| email["primary"] == true);
    primary
        .and_then(address)
        .or_else(|| emails.iter().find_map(address))
        .filter(|address| address.contains('@'))
}
