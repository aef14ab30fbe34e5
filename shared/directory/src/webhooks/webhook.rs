//! A webhook as it is stored: what admins have set, and how far it is.

use jiff::Timestamp;
use rollcall_model::{EventType, Subject, is_chosen_id, shown};
use rollcall_scim as scim;
use rollcall_store::{Error, Range, from_item};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::journal::feed::Event;
use crate::webhooks::handle::Webhooks;
use crate::webhooks::pause::PauseReason;
use crate::webhooks::retry::FailureKind;
use crate::webhooks::signing_key::{SigningKey, live, read_keys};

/// An endpoint to which events are sent.
///
/// The names of attributes are no reserved words of DynamoDB. Times that conditions compare are in milliseconds since
/// 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its id.
    #[serde(rename = "SK")]
    pub id: String,
    /// The name that the admin gave it.
    pub label: String,
    /// Where events are sent.
    pub target_url: String,
    /// The types of the events that it gets; empty for all. A newer version may have stored types that are unknown here.
    #[serde(default)]
    pub only_types: Vec<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// The sequence number of the last event that was delivered or skipped.
    pub sent_to: u64,
    /// The signing keys, as JSON.
    pub(super) signing_keys: String,
    /// Increases by one with every change of an admin, and when the webhook is paused.
    #[serde(default)]
    pub(super) revision: u64,
    /// Since when it sends nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<Timestamp>,
    /// Why it sends nothing: the name of a [`PauseReason`], or of one that only a newer version knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_reason: Option<String>,
    /// When something was delivered last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// The first of the failures in a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// How many failures in a row there were.
    #[serde(default)]
    pub failures: u32,
    /// The kind of the last failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
    /// The status of the last failure, if there was a response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_status: Option<u16>,
    /// When it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retry_at: Option<i64>,
    /// How many events it does not get, because they had expired when it was paused.
    #[serde(default)]
    pub(super) lost: u64,
    /// Who sends now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lease_id: Option<String>,
    /// How often new events came while somebody was sending.
    #[serde(default)]
    pub(super) wakes: u64,
    /// For a webhook of the stack: the revision of which this is a copy, with how far it is in the tenant; otherwise 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) copy_of: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Webhook {
    /// Returns a new webhook that sends everything after the event `sent_to`, without a name, a URL and types.
    pub(super) fn after(
        sent_to: u64,
        id: String,
        created_at: Timestamp,
        signing_keys: String,
    ) -> Self {
        Self {
            id,
            label: String::new(),
            target_url: String::new(),
            only_types: Vec::new(),
            created_at,
            sent_to,
            signing_keys,
            revision: 1,
            paused_at: None,
            pause_reason: None,
            delivered_at: None,
            failing_since: None,
            failures: 0,
            last_failure: None,
            last_status: None,
            retry_at: None,
            lost: 0,
            lease_id: None,
            wakes: 0,
            copy_of: 0,
        }
    }

    /// Returns whether it sends nothing.
    pub fn is_paused(&self) -> bool {
        self.paused_at.is_some()
    }

    /// Returns when it is tried again, if it waits.
    pub fn retry_at(&self) -> Option<Timestamp> {
        self.retry_at
            .and_then(|at| Timestamp::from_millisecond(at).ok())
    }

    /// Returns whether it is to be called at this time, if there is anything to send.
    pub fn is_due(&self, now: Timestamp) -> bool {
        !self.is_paused() && self.retry_at.is_none_or(|at| at <= now.as_millisecond())
    }

    /// Returns the kind of the last failure; `None` also for one that only a newer version knows.
    pub fn last_failure(&self) -> Option<FailureKind> {
        FailureKind::of(self.last_failure.as_deref()?)
    }

    /// Returns for each signing key that is live at `now` when it was made and when it ends.
    pub fn secrets(&self, now: Timestamp) -> Vec<(Timestamp, Option<Timestamp>)> {
        live(&self.signing_keys, now)
    }

    /// Returns whether the webhook gets an event.
    pub fn wants(&self, event: &Event) -> bool {
        match EventType::of(&event.kind) {
            // A test is for one webhook, whatever its types are.
            Some(EventType::WebhookTested) => {
                let tested = self.subject();
                event.subject.kind == tested.kind && event.subject.id == tested.id
            }
            _ => self.only_types.is_empty() || self.only_types.contains(&event.kind),
        }
    }

    /// Returns the types to look for in the feed; empty for all.
    pub(super) fn types(&self) -> Vec<EventType> {
        if self.only_types.is_empty() {
            return Vec::new();
        }
        let known = self
            .only_types
            .iter()
            .filter_map(|name| EventType::of(name));
        known.chain([EventType::WebhookTested]).collect()
    }

    pub(super) fn keys(&self) -> Vec<SigningKey> {
        read_keys(&self.signing_keys)
    }

    /// Returns the subject of its events. The tenant's journal does not have the name of a webhook of the stack.
    pub(super) fn subject(&self) -> Subject {
        match self.copy_of {
            0 => Subject::new("webhook", &self.id, &self.label),
            _ => Subject::new("stack_webhook", &self.id, ""),
        }
    }

    /// Returns what the event of a pause tells.
    pub(super) fn told_pause(&self, reason: PauseReason) -> Value {
        json!({"reason": reason.as_str(), "after": self.sent_to})
    }

    /// Returns what events tell of it. The path of a URL can be a secret, so they have its origin alone.
    pub(super) fn told(&self) -> Value {
        json!({"name": self.label, "origin": origin_of(&self.target_url), "types": self.only_types})
    }
}

/// Returns a URL without its path, which can be a secret.
pub(super) fn origin_of(url: &str) -> String {
    let origin = url::Url::parse(url);
    let origin = origin.map(|url| url.origin().ascii_serialization());
    origin.unwrap_or_default()
}

impl Webhooks<'_> {
    /// Lists the webhooks, oldest first.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn list(self) -> Result<Vec<Webhook>, Error> {
        let range = Range::all(self.stored());
        let items = self.scope.table.query_all(range).await?;
        items.into_iter().map(from_item).collect()
    }

    /// Reads a webhook.
    ///
    /// # Errors
    /// `404` when it does not exist.
    pub async fn read(self, id: &str) -> Result<Webhook, Error> {
        let item = match is_chosen_id(id) {
            true => self.scope.table.get(&self.stored().at(id)).await?,
            false => None,
        };
        item.map(from_item).unwrap_or_else(|| Err(not_found(id)))
    }
}

pub(super) fn not_found(id: &str) -> Error {
    let what = format!("webhook `{}`", shown(id));
    scim::Error::NotFound { what }.into()
}
