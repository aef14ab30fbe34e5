//! Invitation mail: one to each person who was pushed, where the tenant wants it.
//!
//! The event says whom to look at; whether there is anything to send is decided from what is stored now. An event that is
//! delivered twice sends one mail: whoever sends it claims it first.

mod invitation;
mod postbox;

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use rollcall_directory::{Directory, Error, Event, Lease, PersonState, Tenant, USERS};
use rollcall_runtime::each_message;
use rollcall_scim::{Projection, Resource};
use serde::Deserialize;
use serde_json::Value;

pub use invitation::Invitation;
pub use postbox::{APP_URL_VARIABLE, Postbox, SENDER_VARIABLE, SendError};

/// How long a mail may take to send before somebody else may try.
const LEASE: Duration = Duration::from_secs(60);

/// The mailer over one directory and one postbox.
pub fn handler(directory: Directory, postbox: Postbox) -> Mailer {
    Mailer { directory, postbox }
}

/// What the Lambda runtime and the local queue call with each batch of messages.
#[derive(Clone, Debug)]
pub struct Mailer {
    directory: Directory,
    postbox: Postbox,
}

/// An event as EventBridge delivers it; of its envelope only the detail matters.
#[derive(Debug, Deserialize)]
struct Delivery {
    detail: Event,
}

/// Why a message has to come again.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the message is none of ours")]
    Unreadable(#[from] serde_json::Error),
    #[error("the directory could not be asked")]
    Directory(#[from] Error),
    #[error("the mail could not be sent")]
    Mail(#[from] SendError),
    #[error("the mail could not be worded")]
    Wording(#[from] askama::Error),
    #[error("somebody else is sending the same mail")]
    Claimed,
}

impl Mailer {
    /// Handles one batch; answers which messages have to come again.
    pub async fn call(&self, event: SqsEvent) -> SqsBatchResponse {
        each_message(event.records, |record| self.handle(record)).await
    }

    async fn handle(&self, record: SqsMessage) -> Result<(), Failure> {
        let delivery: Delivery = serde_json::from_str(record.body.as_deref().unwrap_or_default())?;
        let event = delivery.detail;
        // Who is created by signing in, or by hand, needs no invitation.
        if event.kind != "user.created" || event.actor.kind() != "token" {
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

    /// The invitation for a person, if there is one to send.
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
        let organisation = tenant.lifecycle().summary().await?.display_name;
        let name = person.display_name.unwrap_or(person.user_name);
        let app_url = self.postbox.app_url();
        Ok(Some(Invitation::new(to, &name, &organisation, app_url)?))
    }
}

/// What was asked for, or nothing if it is not there any more.
fn found<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Err(error) if error.to_scim().status() == 404 => Ok(None),
        other => other.map(Some),
    }
}

/// The primary address, or else the first.
fn mail_address(user: &Resource) -> Option<String> {
    let emails = user.get("emails")?.as_array()?;
    let address = |email: &Value| email["value"].as_str().map(str::to_owned);
    let primary = emails.iter().find(|email| email["primary"] == true);
    primary
        .and_then(address)
        .or_else(|| emails.iter().find_map(address))
        .filter(|address| address.contains('@'))
}
