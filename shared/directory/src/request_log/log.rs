//! The request log: what an identity provider sent and how it was answered, kept for a settable time.

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::Error;
use crate::journal::read_back::{Logged, Stretch};
use crate::request_log::diagnosis::{Diagnosis, diagnose};
use crate::request_log::mention::{is_in_json, is_in_target};
use crate::request_log::redaction::{SentBody, redacted_target};
use crate::resources::record::now;
use crate::store::item::to_item;
use crate::tenant::Tenant;

impl Logged for LoggedRequest {
    fn id(&self) -> &str {
        &self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }
}

/// One request and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedRequest {
    /// Its id, a UUIDv7.
    #[serde(rename = "SK")]
    pub id: String,
    /// When it came.
    pub at: Timestamp,
    /// The connection whose token it carried.
    pub connection_id: String,
    /// The token.
    pub token_id: String,
    /// The request's id, as the journal has it.
    pub request_id: String,
    /// The HTTP method.
    pub http_method: String,
    /// The path behind `/scim/v2`, with its query.
    pub target: String,
    /// The HTTP status of the answer.
    pub http_status: u16,
    /// The `scimType` of a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scim_type: Option<String>,
    /// The `detail` of a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What the body calls whom or what it is about, folded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The body, without secrets, cut to a few kilobytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<String>,
    /// The ids in a group write that name nobody, and so were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped_members: Vec<String>,
    /// The actions of the journal that it brought about: `user.created`, `group.members_changed`, …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
    /// How long the answer took, in milliseconds.
    pub took_ms: u64,
    /// For DynamoDB's time to live.
    #[serde(default)]
    pub(crate) expires: i64,
}

/// What a query of the request log asks for; everything is optional.
#[derive(Clone, Debug, Default)]
pub struct RequestQuery {
    /// Not before.
    pub from: Option<Timestamp>,
    /// Not after.
    pub to: Option<Timestamp>,
    /// Words of what was asked, sent or answered, the status of the answer, or the id of the request itself.
    pub text: Option<String>,
    /// Only what was about this person: their id, or a name they go by here.
    pub person: Option<String>,
    /// Only refusals, and what was done in part.
    pub failed: bool,
    /// Only of this connection.
    pub connection_id: Option<String>,
    /// Behind this request of an earlier page.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
}

impl LoggedRequest {
    /// A request that came now. The other fields are the caller's to fill.
    pub fn new(http_method: &str, target: &str, http_status: u16) -> Self {
        Self {
            id: Uuid::now_v7().to_string(),
            at: now(),
            connection_id: String::new(),
            token_id: String::new(),
            request_id: String::new(),
            http_method: http_method.to_owned(),
            target: redacted_target(target),
            http_status,
            scim_type: None,
            detail: None,
            names: Vec::new(),
            sent: None,
            skipped_members: Vec::new(),
            changes: Vec::new(),
            took_ms: 0,
            expires: 0,
        }
    }

    /// Takes down what was sent.
    pub fn with_body(self, body: Option<SentBody>) -> Self {
        let Some(SentBody { names, text }) = body else {
            return self;
        };
        Self {
            names,
            sent: Some(text),
            ..self
        }
    }

    /// What a failure means and what to do about it, in plain words; nothing for a request that went well.
    pub fn diagnosis(&self) -> Option<&'static str> {
        diagnose(self).map(Diagnosis::told)
    }

    /// What is wrong with the request; nothing for one that went well.
    pub fn diagnosed(&self) -> Option<Diagnosis> {
        diagnose(self)
    }

    /// The target as people read it.
    fn decoded_target(&self) -> String {
        let spaced = self.target.replace('+', " ");
        let decoded = percent_decode_str(&spaced).decode_utf8_lossy();
        decoded.into_owned()
    }

    fn mentions(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let within = |field: &str| field.to_lowercase().contains(&text);
        let told = [&self.sent, &self.detail, &self.scim_type];
        within(&self.target)
            || within(&self.decoded_target())
            || told.into_iter().flatten().any(|field| within(field))
            || self.http_status.to_string() == text
            || [&self.id, &self.request_id].contains(&&text)
    }

    /// Whether it names somebody by one of these, without regard to case.
    fn is_about(&self, names: &[String]) -> bool {
        let target = self.decoded_target().to_lowercase();
        let sent = self.sent.as_deref().unwrap_or_default().to_lowercase();
        names
            .iter()
            .map(|name| name.to_lowercase())
            .any(|name| is_in_target(&target, &name) || is_in_json(&sent, &name))
    }

    fn answers(&self, query: &RequestQuery, person: &[String]) -> bool {
        query.text.as_ref().is_none_or(|text| self.mentions(text))
            && (person.is_empty() || self.is_about(person))
            && (!query.failed || self.diagnosed().is_some())
            && query.from.is_none_or(|from| self.at >= from)
            && query.to.is_none_or(|to| self.at <= to)
            && query
                .connection_id
                .as_ref()
                .is_none_or(|id| *id == self.connection_id)
    }
}

impl Tenant {
    /// Keeps a request for so many days.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn log_request(
        &self,
        mut request: LoggedRequest,
        keep_days: u32,
    ) -> Result<(), Error> {
        request.expires = request.at.as_second() + i64::from(keep_days) * 86_400;
        self.table
            .put(to_item(&self.id.requests().at(&request.id), &request)?)
            .await
    }

    /// The request log, newest first, and behind which request the next page starts.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn requests(
        &self,
        query: &RequestQuery,
    ) -> Result<(Vec<LoggedRequest>, Option<String>), Error> {
        let person = self.names_of(query.person.as_deref()).await?;
        let stretch = Stretch {
            from: query.from,
            to: query.to,
            after: query.after.as_ref(),
            limit: query.limit,
        };
        let wanted = |request: &LoggedRequest| request.answers(query, &person);
        self.look_back(self.id.requests(), stretch, wanted).await
    }
}

impl Tenant {
    /// What an identity provider may call a person.
    async fn names_of(&self, person: Option<&str>) -> Result<Vec<String>, Error> {
        let Some(id) = person else {
            return Ok(Vec::new());
        };
        match self.person(id).await {
            Ok(person) => Ok([
                Some(person.id),
                Some(person.user_name),
                person.external_id,
                person.email,
            ]
            .into_iter()
            .flatten()
            .filter(|name| !name.is_empty())
            .collect()),
            // Somebody who was deleted is still found by what was searched for.
            Err(Error::Scim(_)) => Ok(vec![id.to_owned()]),
            Err(error) => Err(error),
        }
    }
}
