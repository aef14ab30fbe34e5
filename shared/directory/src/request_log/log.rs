//! The request log: the requests of identity providers and the responses, kept for a configurable time.

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use rollcall_model::{Reason, USERS, is_id, new_id};
use rollcall_scim::Reading;
use rollcall_store::{Error, Item, now};
use serde::{Deserialize, Serialize};

use crate::journal::read_back::{LogRange, Logged, read_back};
use crate::request_log::before_codes::{reason_before_codes, reason_by_status};
use crate::request_log::diagnosis::{Diagnosis, Symptoms, diagnose};
use crate::request_log::handle::RequestLog;
use crate::request_log::mention::{is_in_json, is_in_target};
use crate::request_log::redaction::{SentBody, redacted_target};
use crate::resources::handle::Resources;

const UNKNOWN_READING: &str = "A newer version of this service read something in this request in a way that this version does not know.";

fn one() -> u32 {
    1
}

fn is_one(number: &u32) -> bool {
    *number == 1
}

impl Logged for LoggedRequest {
    fn id(&self) -> &str {
        &self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn of_item(item: Item) -> Result<Self, Error> {
        Self::from_item(item)
    }
}

/// One request and its response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedRequest {
    /// The id of the entry, a UUIDv7.
    #[serde(rename = "SK")]
    pub id: String,
    /// When the request was answered.
    pub at: Timestamp,
    /// The id of the connection that the token belongs to.
    pub connection_id: String,
    /// The id of the token.
    pub token_id: String,
    /// The id of the request, as in the journal.
    pub request_id: String,
    /// The HTTP method.
    pub http_method: String,
    /// The path after `/scim/v2`, with its query, without secrets.
    pub target: String,
    /// The HTTP status of the response.
    pub http_status: u16,
    /// The `scimType` of an error response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scim_type: Option<String>,
    /// The `detail` of an error response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The reason code of a refusal. Earlier versions stored few of them, see [`LoggedRequest::reason_code`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The address from which it came, if it was refused for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_address: Option<String>,
    /// The codes of odd readings of the request, each at most once. Earlier versions did not store them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<String>,
    /// The attributes that some of the readings concern: the code and the path of each. Earlier versions did not store
    /// them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_attributes: Vec<(String, String)>,
    /// The names in the body of the user or group that it is about, folded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The body without secrets, cut to a few kilobytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<String>,
    /// The ids in a group write that belong to no user and were skipped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped_members: Vec<String>,
    /// The actions of the changes in the journal: `user.created`, `group.members_changed`, …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
    /// How many resources a search or a list has in all. Earlier versions did not store it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<u64>,
    /// The time until the response, in milliseconds.
    pub took_ms: u64,
    /// How many requests the entry stands for: more than 1 if the log has only some of the successful reads.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub stands_for: u32,
    /// When the entry expires, in seconds since 1970. Set when the entry is written.
    #[serde(default)]
    pub expires: i64,
}

/// The conditions of a query of the request log. All are optional.
#[derive(Clone, Debug, Default)]
pub struct RequestQuery {
    /// Only requests at or after this time.
    pub from: Option<Timestamp>,
    /// Only requests at or before this time.
    pub to: Option<Timestamp>,
    /// Only requests with this text in their target, body, `detail`, `scimType` or reason code, ignoring case, or with
    /// this HTTP status, id or code of an odd reading.
    pub text: Option<String>,
    /// Only requests that name this person. The id of a user also finds requests with the user's `userName`,
    /// `externalId` or primary e-mail address; any other text finds requests with exactly this value.
    pub person: Option<String>,
    /// Only requests that failed, or that succeeded only in part.
    pub failed: bool,
    /// Only requests of this connection.
    pub connection_id: Option<String>,
    /// Only requests with this HTTP method, ignoring case.
    pub http_method: Option<String>,
    /// Only requests with a response status between these two, both included.
    pub statuses: Option<(u16, u16)>,
    /// Only requests with a change whose action starts with this text, such as `user.`.
    pub change: Option<String>,
    /// Only requests after this cursor, which an earlier page returned.
    pub after: Option<String>,
    /// The maximum number of requests.
    pub limit: usize,
}

impl LoggedRequest {
    /// Returns an entry for a request that is answered now. The caller fills in the other fields.
    pub fn new(http_method: &str, target: &str, http_status: u16) -> Self {
        Self {
            id: new_id(),
            at: now(),
            connection_id: String::new(),
            token_id: String::new(),
            request_id: String::new(),
            http_method: http_method.to_owned(),
            target: redacted_target(target),
            http_status,
            scim_type: None,
            detail: None,
            reason: None,
            source_address: None,
            readings: Vec::new(),
            read_attributes: Vec::new(),
            names: Vec::new(),
            sent: None,
            skipped_members: Vec::new(),
            changes: Vec::new(),
            found: None,
            took_ms: 0,
            stands_for: 1,
            expires: 0,
        }
    }

    /// Returns the entry with the request's body.
    pub fn with_body(self, body: Option<SentBody>) -> Self {
        let Some(SentBody { names, text, .. }) = body else {
            return self;
        };
        Self {
            names,
            sent: Some(text),
            ..self
        }
    }

    /// Returns whether it only read something, and fully succeeded.
    pub fn is_successful_read(&self) -> bool {
        let is_search = self.http_method == "POST" && self.target.contains("/.search");
        let is_read = matches!(&*self.http_method, "GET" | "HEAD") || is_search;
        let is_good = self.http_status < 400 && self.diagnosed().is_none();
        is_read && is_good && self.changes.is_empty()
    }

    /// Returns the entry if it is kept where the log has one of `of` successful reads; `None` if it is left out. Whatever
    /// failed or changed something, or was done only in part, is kept. Pure: the id decides.
    pub fn sampled(self, of: u32) -> Option<Self> {
        if of <= 1 || !self.is_successful_read() {
            return Some(self);
        }
        // The last digits of a UUIDv7 are random.
        let digits = self.id.len().checked_sub(8);
        let digits = digits.and_then(|from| self.id.get(from..));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let is_kept = number.is_none_or(|number| number.is_multiple_of(of));
        is_kept.then_some(Self {
            stands_for: of,
            ..self
        })
    }

    /// Returns what a failure means and what to do about it, in plain words; `None` for a request that fully succeeded.
    pub fn diagnosis(&self) -> Option<&'static str> {
        self.diagnosed().map(Diagnosis::text)
    }

    /// Returns what is wrong with the request; `None` for one that fully succeeded.
    pub fn diagnosed(&self) -> Option<Diagnosis> {
        diagnose(Symptoms {
            http_method: &self.http_method,
            target: &self.target,
            failed: self.http_status >= 400,
            reason: self.known_reason(),
            skipped: !self.skipped_members.is_empty(),
            ignored_path: self.has_reading(Reading::PathIgnored),
        })
    }

    fn has_reading(&self, reading: Reading) -> bool {
        self.readings.iter().any(|code| code == reading.as_str())
    }

    /// Returns the reason code of a refusal, also of one that an earlier version logged without a code.
    pub fn reason_code(&self) -> Option<&str> {
        let known = || self.known_reason().map(Reason::as_str);
        self.reason.as_deref().or_else(known)
    }

    /// Returns the odd readings of the request: their codes, and what they mean in plain words.
    pub fn odd_readings(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let meaning = |code: &str| Reading::of(code).map_or(UNKNOWN_READING, Reading::meaning);
        self.readings
            .iter()
            .map(move |code| (code.as_str(), meaning(code)))
    }

    fn known_reason(&self) -> Option<Reason> {
        let (status, scim_type) = (self.http_status, self.scim_type.as_deref());
        match &self.reason {
            // A newer version can store codes that this one does not know.
            Some(code) => Reason::of(code).or_else(|| reason_by_status(status, scim_type)),
            None => reason_before_codes(status, scim_type, self.detail.as_deref()),
        }
    }

    /// Returns the target as people read it: percent-decoded, with `+` as a space.
    fn decoded_target(&self) -> String {
        let spaced = self.target.replace('+', " ");
        let decoded = percent_decode_str(&spaced).decode_utf8_lossy();
        decoded.into_owned()
    }

    fn mentions(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let within = |field: &str| field.to_lowercase().contains(&text);
        let told = [&self.sent, &self.detail, &self.scim_type, &self.reason];
        let read_as = |code: &String| *code == text;
        self.readings.iter().any(read_as)
            || within(&self.target)
            || within(&self.decoded_target())
            || told.into_iter().flatten().any(|field| within(field))
            || self.http_status.to_string() == text
            || [&self.id, &self.request_id].contains(&&text)
    }

    /// Returns whether the request has one of these names as a whole value, ignoring case.
    pub(crate) fn is_about(&self, names: &[String]) -> bool {
        let target = self.decoded_target().to_lowercase();
        let sent = self.sent.as_deref().unwrap_or_default().to_lowercase();
        names
            .iter()
            .map(|name| name.to_lowercase())
            .any(|name| is_in_target(&target, &name) || is_in_json(&sent, &name))
    }

    pub(super) fn answers(&self, query: &RequestQuery, person: &[String]) -> bool {
        query.text.as_ref().is_none_or(|text| self.mentions(text))
            && (person.is_empty() || self.is_about(person))
            && (!query.failed || self.diagnosed().is_some())
            && query.from.is_none_or(|from| self.at >= from)
            && query.to.is_none_or(|to| self.at <= to)
            && query
                .connection_id
                .as_ref()
                .is_none_or(|id| *id == self.connection_id)
            && self.is_of_kind(query)
    }

    fn is_of_kind(&self, query: &RequestQuery) -> bool {
        let (method, change) = (query.http_method.as_ref(), query.change.as_ref());
        let is_answered = |(least, most)| (least..=most).contains(&self.http_status);
        let has_change = |wanted: &String| {
            let mut changes = self.changes.iter();
            changes.any(|one| one.starts_with(wanted.as_str()))
        };
        method.is_none_or(|wanted| self.http_method.eq_ignore_ascii_case(wanted))
            && query.statuses.is_none_or(is_answered)
            && change.is_none_or(has_change)
    }
}

impl RequestLog<'_> {
    /// Reads the request log, newest first. Returns the requests and the cursor of the next page.
    ///
    /// Each call reads a bounded number of entries, so a page can be short or even empty although another page follows. By
    /// the id of a person, the requests are found without reading the log, except those from before the index.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn search(
        self,
        query: &RequestQuery,
    ) -> Result<(Vec<LoggedRequest>, Option<String>), Error> {
        let person = self.names_of(query.person.as_deref()).await?;
        if let Some(id) = query.person.as_deref().filter(|id| is_id(id))
            && let Some(coverage) = self.coverage().await?
        {
            return self.by_person(query, (id, &person), &coverage).await;
        }
        let range = LogRange {
            from: query.from,
            to: query.to,
            after: query.after.as_ref(),
            limit: query.limit,
        };
        let wanted = |request: &LoggedRequest| request.answers(query, &person);
        read_back(self.scope, self.scope.keys().requests(), range, wanted).await
    }

    /// Returns the names by which an identity provider may refer to a person.
    async fn names_of(self, person: Option<&str>) -> Result<Vec<String>, Error> {
        let Some(id) = person else {
            return Ok(Vec::new());
        };
        let ids = [id.to_owned()];
        let records = Resources::of(self.scope).records(&USERS, &ids);
        let Some(record) = records.await?.pop() else {
            // A deleted person is still found by the value that was searched for.
            return Ok(ids.into());
        };
        let names = [
            Some(record.id.clone()),
            record.text(&USERS, USERS.unique)?,
            record.text(&USERS, "externalId")?,
            record.email()?,
        ];
        let names = names.into_iter().flatten();
        Ok(names.filter(|name| !name.is_empty()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_found_by_method_status_and_change() {
        let mut request = LoggedRequest::new("PATCH", "/Users/1", 200);
        request.changes = vec!["user.deactivated".to_owned()];
        let found = |query: RequestQuery| request.answers(&query, &[]);
        let any = RequestQuery::default;
        for (query, expected) in [
            (any(), true),
            (
                RequestQuery {
                    http_method: Some("patch".to_owned()),
                    ..any()
                },
                true,
            ),
            (
                RequestQuery {
                    http_method: Some("GET".to_owned()),
                    ..any()
                },
                false,
            ),
            (
                RequestQuery {
                    statuses: Some((100, 399)),
                    ..any()
                },
                true,
            ),
            (
                RequestQuery {
                    statuses: Some((400, 499)),
                    ..any()
                },
                false,
            ),
            (
                RequestQuery {
                    change: Some("user.".to_owned()),
                    ..any()
                },
                true,
            ),
            (
                RequestQuery {
                    change: Some("group.".to_owned()),
                    ..any()
                },
                false,
            ),
        ] {
            assert_eq!(found(query.clone()), expected, "{query:?}");
        }
    }

    #[test]
    fn only_successful_reads_are_left_out() {
        let kept = |method: &str, target: &str, status: u16| {
            let entries = (0..1_000).map(|_| LoggedRequest::new(method, target, status));
            entries
                .filter_map(|entry| entry.sampled(10))
                .collect::<Vec<_>>()
        };
        for (method, target, status) in [
            ("GET", "/Users/1", 404),
            ("GET", "/Users", 429),
            ("POST", "/Users", 201),
            ("PATCH", "/Users/1", 200),
            ("DELETE", "/Users/1", 204),
        ] {
            let kept = kept(method, target, status);
            assert_eq!(kept.len(), 1_000, "{method} {target}");
            assert!(kept.iter().all(|entry| entry.stands_for == 1));
        }
        for (method, target) in [("GET", "/Users?count=1"), ("POST", "/Users/.search")] {
            let kept = kept(method, target, 200);
            assert!((50..200).contains(&kept.len()), "{}", kept.len());
            assert!(kept.iter().all(|entry| entry.stands_for == 10));
        }
        let mut skipped = LoggedRequest::new("GET", "/Users", 200);
        skipped.skipped_members = vec!["x".to_owned()];
        assert!((0..100).all(|_| skipped.clone().sampled(100).is_some()));
    }

    #[test]
    fn skipped_members_are_diagnosed_in_a_success() {
        let mut request = LoggedRequest::new("PATCH", "/Groups/1", 204);
        request.skipped_members = vec!["nobody".to_owned()];
        assert_eq!(request.diagnosed(), Some(Diagnosis::Skipped));
    }

    #[test]
    fn a_code_counts_and_text_only_where_there_is_none() {
        let refused = |status: u16, scim_type: &str, detail: &str, reason: Option<&str>| {
            let mut request = LoggedRequest::new("PATCH", "/Users/1", status);
            request.scim_type = Some(scim_type.to_owned()).filter(|text| !text.is_empty());
            request.detail = Some(detail.to_owned());
            request.reason = reason.map(str::to_owned);
            request.diagnosed()
        };
        for (status, scim_type, detail, reason, expected) in [
            (401, "", "x", Some("token_expired"), Diagnosis::Expired),
            (401, "", "the token was revoked", None, Diagnosis::Revoked),
            (401, "", "the token has expired", None, Diagnosis::Expired),
            (401, "", "", None, Diagnosis::NoToken),
            (403, "", "the last active owner", None, Diagnosis::LastOwner),
            (403, "", "x", Some("last_owner"), Diagnosis::LastOwner),
            (
                403,
                "",
                "x",
                Some("owned_by_another"),
                Diagnosis::OwnedByAnother,
            ),
            (
                403,
                "",
                "an owner",
                Some("newer_code"),
                Diagnosis::Forbidden,
            ),
            (
                400,
                "invalidValue",
                "`1` is the id of no user, create the user first",
                None,
                Diagnosis::UnknownMember,
            ),
        ] {
            let diagnosed = refused(status, scim_type, detail, reason);
            assert_eq!(diagnosed, Some(expected), "{status} {detail} {reason:?}");
        }
    }
}
