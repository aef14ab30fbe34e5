//! What requests and responses say of webhooks.

use jiff::Timestamp;
use rollcall_directory::{
    self as directory, EventType, PauseReason, PausedFor, StackWebhook, WebhookSecret, shown,
};
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::fields::{exact_name, name};

/// An endpoint to which events are sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Webhook {
    /// Its id.
    pub(crate) id: String,
    /// What the admin calls it.
    #[schema(example = "Security log")]
    name: String,
    /// Where events are sent.
    #[schema(example = "https://siem.example.com/rollcall")]
    url: String,
    /// The types of the events that it gets; empty for all.
    types: Vec<String>,
    /// When it was made.
    created_at: Timestamp,
    /// Whether it sends.
    state: WebhookState,
    /// Since when it is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_at: Option<Timestamp>,
    /// Why it is paused: `by_hand`; `failing`, after three days of failures; `gone`, after a response with status 410;
    /// `events_expired` or `cursor_ahead` if the events that come next are not in the feed; `restored`, if the table was
    /// restored to a time before a change of the webhook. A newer version may have others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pause_reason: Option<String>,
    /// The sequence of the last event that was delivered, or skipped because of its type. Absent for a webhook of the
    /// stack, which has a place in the feed of each tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// When something was delivered last.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_at: Option<Timestamp>,
    /// The first of the failures in a row, if the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<Timestamp>,
    /// How many attempts in a row have failed. Absent for a webhook of the stack.
    #[serde(skip_serializing_if = "Option::is_none")]
    failures: Option<u32>,
    /// The kind of the last failure, as in the list of deliveries.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<String>,
    /// The status of the last failure, if there was a response.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_status: Option<u16>,
    /// When the next attempt is made, if it waits for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_at: Option<Timestamp>,
    /// The signing secrets that are in force, the current one first. Deliveries have a signature by each.
    secrets: Vec<SigningSecret>,
}

/// Whether a webhook sends.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WebhookState {
    /// It sends.
    Active,
    /// It sends nothing until it is resumed. It loses no event that the feed keeps.
    Paused,
}

/// A signing secret that is in force, without the secret itself.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub(crate) struct SigningSecret {
    /// When it was made.
    created_at: Timestamp,
    /// When it ends; absent for the current one.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

fn secrets(live: Vec<(Timestamp, Option<Timestamp>)>) -> Vec<SigningSecret> {
    let secrets = live
        .into_iter()
        .map(|(created_at, expires_at)| SigningSecret {
            created_at,
            expires_at,
        });
    secrets.collect()
}

fn state(is_paused: bool) -> WebhookState {
    match is_paused {
        true => WebhookState::Paused,
        false => WebhookState::Active,
    }
}

impl From<StackWebhook> for Webhook {
    fn from(webhook: StackWebhook) -> Self {
        let by_hand = PauseReason::ByHand.as_str().to_owned();
        Self {
            secrets: secrets(webhook.secrets(Timestamp::now())),
            state: state(webhook.is_paused()),
            pause_reason: webhook
                .is_paused()
                .then(|| webhook.pause_reason.clone().unwrap_or(by_hand)),
            id: webhook.id,
            name: webhook.label,
            url: webhook.target_url,
            types: webhook.only_types,
            created_at: webhook.created_at,
            paused_at: webhook.paused_at,
            after: None,
            delivered_at: None,
            failing_since: None,
            failures: None,
            last_failure: None,
            last_status: None,
            retry_at: None,
        }
    }
}

/// A change of a webhook of the stack.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StackWebhookChange {
    /// When.
    occurred_at: Timestamp,
    /// `stack_webhook.created`, `stack_webhook.changed`, `stack_webhook.secret_rotated`, `stack_webhook.paused`,
    /// `stack_webhook.resumed` or `stack_webhook.deleted`. A newer version may have others.
    r#type: String,
    /// What the webhook was called before the change, or was created as.
    name: String,
    /// Where events were sent before the change, or since it was created, without the path of the URL.
    origin: String,
    /// The id of the service key that made the change. Absent if the table was restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    by_key: Option<String>,
    /// The id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// The address that the request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

impl From<directory::StackWebhookChange> for StackWebhookChange {
    fn from(change: directory::StackWebhookChange) -> Self {
        Self {
            occurred_at: change.at,
            r#type: change.action,
            name: change.label,
            origin: change.target,
            by_key: change.by.by_key,
            request_id: change.by.request_id,
            address: change.by.origin.address,
        }
    }
}

impl From<directory::Webhook> for Webhook {
    fn from(webhook: directory::Webhook) -> Self {
        Self {
            secrets: secrets(webhook.secrets(Timestamp::now())),
            state: state(webhook.is_paused()),
            retry_at: webhook.retry_at(),
            id: webhook.id,
            name: webhook.label,
            url: webhook.target_url,
            types: webhook.only_types,
            created_at: webhook.created_at,
            paused_at: webhook.paused_at,
            pause_reason: webhook.pause_reason,
            after: Some(webhook.sent_to.to_string()),
            delivered_at: webhook.delivered_at,
            failing_since: webhook.failing_since,
            failures: Some(webhook.failures),
            last_failure: webhook.last_failure,
            last_status: webhook.last_status,
        }
    }
}

/// A webhook with its new signing secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookWithSecret {
    #[serde(flatten)]
    pub(crate) webhook: Webhook,
    /// The signing secret, which is shown only here. Deliveries are signed as Standard Webhooks says. A repetition of the
    /// request leaves it out.
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", required = false)]
    secret: String,
    /// Whether the answer is one that was sent before, without the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret_omitted: Option<bool>,
}

impl WebhookWithSecret {
    pub(crate) fn of(webhook: impl Into<Webhook>, secret: &WebhookSecret) -> Self {
        Self {
            webhook: webhook.into(),
            secret: secret.expose(),
            secret_omitted: None,
        }
    }
}

/// A webhook that sends again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResumedWebhook {
    #[serde(flatten)]
    pub(crate) webhook: Webhook,
    /// How many events it does not get, because they have expired. For a webhook of the stack, 0 if no tenant was named.
    pub(crate) skipped: u64,
}

/// A webhook to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhook {
    /// What to call it. Spaces at its ends are left out.
    #[schema(example = "Security log")]
    name: String,
    /// Where to send events: an `https` URL of a public host, without user name, password and fragment.
    #[schema(example = "https://siem.example.com/rollcall")]
    url: String,
    /// The types of the events that it gets; all unless given, or if empty. They are read back sorted.
    #[serde(default)]
    types: Vec<String>,
    /// The sequence of the event after which it begins; the end of the feed unless given, 0 for the oldest event.
    #[schema(value_type = Option<String>, pattern = "^[0-9]{1,15}$")]
    after: Option<String>,
}

/// A whole webhook, as it can be read. What is left out takes its default.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DesiredWebhook {
    /// Its id, which must be the one in the path.
    pub(crate) id: Option<String>,
    /// What to call it, without spaces at its ends.
    #[schema(example = "Security log")]
    name: String,
    /// Where to send events: an `https` URL of a public host, without user name, password and fragment.
    #[schema(example = "https://siem.example.com/rollcall")]
    url: String,
    /// The types of the events that it gets; all unless given, or if empty. They are read back sorted.
    types: Option<Vec<String>>,
    /// Ignored, so that a webhook can be sent as it was read: a new one begins at the end of the feed.
    #[serde(rename = "after")]
    _after: Option<String>,
    /// Ignored, so that a webhook can be sent as it was read.
    #[serde(rename = "created_at")]
    _created_at: Option<Timestamp>,
    /// The state that it has, so that a webhook can be sent as it was read; `active` for a new one. Another one is refused:
    /// pause and resume the webhook for that.
    pub(crate) state: Option<WebhookState>,
    /// Ignored, so that a webhook can be sent as it was read.
    #[serde(rename = "paused_at")]
    _paused_at: Option<Timestamp>,
    /// Ignored, so that a webhook can be sent as it was read.
    #[serde(rename = "pause_reason")]
    _pause_reason: Option<String>,
    /// Ignored, so that a webhook can be sent as it was read.
    #[serde(rename = "delivered_at")]
    _delivered_at: Option<Timestamp>,
    /// Ignored, so that a webhook can be sent as it was read.
    #[serde(rename = "failing_since")]
    _failing_since: Option<Timestamp>,
    /// Ignored, so that a webhook can be sent as it was read.
    #[serde(rename = "failures")]
    #[schema(value_type = Option<i64>)]
    _failures: Option<u32>,
    /// Ignored, so that a webhook can be sent as it was read.
    #[serde(rename = "last_failure")]
    _last_failure: Option<String>,
    /// Ignored, so that a webhook can be sent as it was read.
    #[serde(rename = "last_status")]
    #[schema(value_type = Option<i32>)]
    _last_status: Option<u16>,
    /// Ignored, so that a webhook can be sent as it was read.
    #[serde(rename = "retry_at")]
    _retry_at: Option<Timestamp>,
    /// Ignored, so that a webhook can be sent as it was read.
    #[serde(rename = "secrets")]
    _secrets: Option<Vec<SigningSecret>>,
}

impl DesiredWebhook {
    /// Checks that it asks for no other state than that of the webhook as it is; `None` for a new one.
    ///
    /// # Errors
    /// 400 when it does.
    pub(crate) fn check_state(&self, before: Option<&Webhook>) -> Result<(), Problem> {
        let is = before.map_or(WebhookState::Active, |webhook| webhook.state);
        match self.state.is_none_or(|asked| asked == is) {
            true => Ok(()),
            false => Err(Problem::invalid(
                "`state` cannot be changed here; leave it out, and pause or resume the webhook",
            )),
        }
    }

    /// Returns what is to be stored.
    ///
    /// # Errors
    /// 400 when a value is not allowed.
    pub(crate) fn wanted(self) -> Result<directory::NewWebhook, Problem> {
        Ok(directory::NewWebhook {
            label: exact_name("name", &self.name)?,
            target_url: self.url,
            only_types: types(self.types.as_deref().unwrap_or_default())?,
            after: None,
        })
    }
}

impl NewWebhook {
    /// Returns what is to be stored.
    ///
    /// # Errors
    /// 400 when a value is not allowed.
    pub(crate) fn wanted(self) -> Result<directory::NewWebhook, Problem> {
        Ok(directory::NewWebhook {
            label: name("name", &self.name)?,
            target_url: self.url,
            only_types: types(&self.types)?,
            after: self.after.as_deref().map(place).transpose()?,
        })
    }
}

impl WebhookChange {
    /// Returns what is to be changed.
    ///
    /// # Errors
    /// 400 when a value is not allowed.
    pub(crate) fn wanted(self) -> Result<directory::WebhookChange, Problem> {
        let label = self.name.as_deref().map(|given| name("name", given));
        Ok(directory::WebhookChange {
            label: label.transpose()?,
            target_url: self.url,
            only_types: self.types.as_deref().map(types).transpose()?,
        })
    }
}

/// What to change of a webhook; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookChange {
    /// What to call it. Spaces at its ends are left out.
    name: Option<String>,
    /// Where to send events.
    url: Option<String>,
    /// The types of the events that it gets; empty for all. They are read back sorted.
    types: Option<Vec<String>>,
}

/// From where a webhook sends again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replay {
    /// The sequence of the event after which it goes on; 0 for the oldest event.
    #[schema(pattern = "^[0-9]{1,15}$")]
    pub(crate) after: String,
}

/// A tenant for which a webhook of the stack is paused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PausedTenant {
    /// The tenant's id.
    tenant: String,
    /// Since when.
    paused_at: Timestamp,
    /// Why, as for a webhook of a tenant.
    pause_reason: String,
    /// The sequence of the last event of the tenant that was delivered or skipped.
    after: String,
}

impl From<PausedFor> for PausedTenant {
    fn from(paused: PausedFor) -> Self {
        Self {
            tenant: paused.tenant,
            paused_at: paused.paused_at,
            pause_reason: paused.pause_reason,
            after: paused.sent_to.to_string(),
        }
    }
}

/// The tenant in which something is done with a webhook of the stack.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ForTenant {
    /// For a webhook of the stack: the tenant that is meant.
    pub(crate) for_tenant: Option<String>,
}

/// The query of the list of webhooks.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WebhooksPage {
    /// `next` of the page before.
    pub(crate) after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    pub(crate) limit: Option<i64>,
}

/// Reads the types of events in a body.
fn types(given: &[String]) -> Result<Vec<EventType>, Problem> {
    let read = |name: &String| {
        let kind = EventType::of(name).filter(|kind| kind.is_event());
        kind.ok_or_else(|| {
            Problem::invalid(format!("`types`: no event has the type `{}`", shown(name)))
        })
    };
    let mut types: Vec<_> = given.iter().map(read).collect::<Result<_, _>>()?;
    types.sort_by_key(|kind| kind.as_str());
    types.dedup();
    Ok(types)
}

/// Reads a place in the feed.
pub(crate) fn place(given: &str) -> Result<u64, Problem> {
    let digits = (1..=15).contains(&given.len()) && given.bytes().all(|b| b.is_ascii_digit());
    let place = given.parse().ok().filter(|_| digits);
    place.ok_or_else(|| Problem::invalid("`after` must be the sequence of an event, as a string"))
}
