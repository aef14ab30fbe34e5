//! Current failures: when two failures are the same, and which requests resolve one. Pure.

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::stored::{Target, is_endpoint, is_in_json};
use rollcall_directory::{Diagnosis, LoggedRequest};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The maximum number of characters that are kept of a target or a detail.
pub(super) const MAX_CHARS: usize = 300;
/// The maximum number of names, and of ids, that are kept of a failure.
const MAX_ABOUT: usize = 20;
/// The maximum number of characters that are kept of an id. Rollcall's ids have 36, but clients can send any text.
const MAX_ID_CHARS: usize = 64;
/// For how long a failed filter must not have come again before another search that succeeds resolves it.
const QUIET: SignedDuration = SignedDuration::from_hours(1);

/// A request that failed once or several times and is not resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatedFailure {
    /// The id of the connection.
    pub connection_id: String,
    /// What is wrong.
    pub diagnosis: Diagnosis,
    /// How often it failed.
    pub count: u64,
    /// When it first failed.
    pub first_at: Timestamp,
    /// When it last failed.
    pub last_at: Timestamp,
    /// The id of the latest such request in the request log.
    pub request: String,
    /// Its HTTP method.
    pub http_method: String,
    /// Its path and query with sorted parameters, cut if it is long.
    pub target: String,
    /// The `detail` of the response, or the ids of the members that were left out, cut if it is long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Hashes of the names in the body. They show whether two failures are about the same user or group, and do not
    /// keep the names longer than the log does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) names: Vec<String>,
    /// The ids of the members that were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) skipped: Vec<String>,
}

impl RepeatedFailure {
    /// Returns the failure of a request; `None` if it succeeded, or if nobody has to do anything about it.
    pub(super) fn of(request: &LoggedRequest) -> Option<Self> {
        let diagnosis = request
            .diagnosed()
            .filter(|&it| it != Diagnosis::GoneAlready)?;
        Some(Self {
            connection_id: request.connection_id.clone(),
            diagnosis,
            count: 1,
            first_at: request.at,
            last_at: request.at,
            request: request.id.clone(),
            http_method: request.http_method.clone(),
            target: in_order(&request.target),
            detail: told(request),
            names: marks(&request.names),
            skipped: short_ids(&request.skipped_members),
        })
    }

    /// Returns whether the other failure is the same one again.
    pub(super) fn is(&self, other: &Self) -> bool {
        // All requests that create users, or groups, have the same target.
        let is_named = self.http_method == "POST" && !other.names.is_empty();
        self.connection_id == other.connection_id
            && self.http_method == other.http_method
            && self.target == other.target
            && (!is_named || share(&self.names, &other.names))
            && (self.skipped == other.skipped || share(&self.skipped, &other.skipped))
    }

    /// Returns whether the request resolves the failure.
    pub(super) fn is_mended_by(&self, request: &LoggedRequest) -> bool {
        // A deletion of something that does not exist has its intended effect.
        let is_good =
            request.http_status < 400 || request.diagnosed() == Some(Diagnosis::GoneAlready);
        if !is_good || self.connection_id != request.connection_id {
            return false;
        }
        if request.http_method == "DELETE" && self.is_at(request) {
            return true;
        }
        match self.diagnosis {
            // A client need not repeat a request that it sent with the wrong token or to the wrong address.
            Diagnosis::Revoked | Diagnosis::Expired | Diagnosis::NoToken => true,
            // With an address that is not allowed, the same request must succeed: that another one is let in says nothing
            // about who else has the token.
            Diagnosis::Method if is_below_another_base(&self.target) => {
                Target::of(&request.target) != Target::Elsewhere
            }
            Diagnosis::Filter => {
                self.is_done_by(request)
                    || self.is_quiet_at(request) && self.is_searched_by(request)
            }
            Diagnosis::Skipped => self.has_members_by(request),
            // A request that does the rest again resolves nothing.
            Diagnosis::IgnoredPath => request.diagnosed().is_none() && self.is_done_by(request),
            _ => self.is_done_by(request),
        }
    }

    /// Returns whether the request is the same one, or writes the same user or group.
    fn is_done_by(&self, request: &LoggedRequest) -> bool {
        let by_name = self.http_method == "POST" && !self.names.is_empty();
        let same = self.http_method == request.http_method
            && self.target == in_order(&request.target)
            && !by_name;
        same || self.is_written_by(request)
    }

    fn is_at(&self, request: &LoggedRequest) -> bool {
        path(&self.target) == path(&request.target)
    }

    fn is_written_by(&self, request: &LoggedRequest) -> bool {
        collection(&self.target) == collection(&request.target)
            && share(&self.names, &marks(&request.names))
    }

    /// Returns whether the failure has not come again for a while. A client that sends the failing request among
    /// successful ones continues to send it.
    fn is_quiet_at(&self, request: &LoggedRequest) -> bool {
        request.at.duration_since(self.last_at) >= QUIET
    }

    /// Returns whether the request is a search by filter in the same collection.
    fn is_searched_by(&self, request: &LoggedRequest) -> bool {
        Target::of(&self.target) == Target::of(&request.target)
            && request.target.to_ascii_lowercase().contains("filter=")
    }

    /// Returns whether the client no longer wants the members in the group that were left out. No user ever gets their
    /// ids, so nothing else resolves the failure. A request that only adds others, or renames the group, does not show
    /// it.
    fn has_members_by(&self, request: &LoggedRequest) -> bool {
        if share(&self.skipped, &short_ids(&request.skipped_members)) {
            return false;
        }
        let is_same = self.is_at(request);
        match request.http_method.as_str() {
            "PUT" => is_same || self.is_written_by(request),
            "PATCH" => {
                let sent = request.sent.as_deref().unwrap_or_default();
                let is_its = is_same || self.http_method == "POST";
                is_its && self.skipped.iter().any(|id| is_in_json(sent, id))
                    || is_same && replaces_members(sent)
            }
            _ => false,
        }
    }
}

/// Returns whether the body of a PATCH replaces all members.
fn replaces_members(sent: &str) -> bool {
    let sent: Value = serde_json::from_str(sent).unwrap_or_default();
    let field = |operation: &Value, name: &str| {
        let mut fields = operation.as_object()?.iter();
        let found = fields.find(|(field, _)| field.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    };
    let is = |value: Option<Value>, text: &str| {
        value.is_some_and(|value| {
            value
                .as_str()
                .is_some_and(|it| it.eq_ignore_ascii_case(text))
        })
    };
    let replaces = |operation: &Value| {
        let value = field(operation, "value").unwrap_or_default();
        is(field(operation, "op"), "replace")
            && (is(field(operation, "path"), "members") || field(&value, "members").is_some())
    };
    let operations = field(&sent, "Operations");
    operations.is_some_and(|all| all.as_array().is_some_and(|all| all.iter().any(replaces)))
}

/// Returns a target with its parameters sorted, because neither clients nor API Gateway keep their order.
pub(super) fn in_order(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else {
        return cut(target);
    };
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.sort_unstable();
    cut(&format!("{path}?{}", pairs.join("&")))
}

fn path(target: &str) -> Vec<&str> {
    let path = target.split('?').next().unwrap_or_default();
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .collect()
}

fn collection(target: &str) -> Option<&str> {
    path(target).first().copied()
}

/// Returns the ids of the members that were left out, or else the `detail` of the response.
fn told(request: &LoggedRequest) -> Option<String> {
    let skipped = &request.skipped_members;
    match skipped.is_empty() {
        true => request.detail.as_deref().map(cut),
        false => Some(cut(&skipped.join(", "))),
    }
}

/// Returns whether a segment after the first one names an endpoint: then only the base URL is wrong.
fn is_below_another_base(target: &str) -> bool {
    path(target)
        .iter()
        .skip(1)
        .any(|segment| is_endpoint(segment))
}

fn marks(names: &[String]) -> Vec<String> {
    let mark = |name: &String| {
        let hash: [u8; 32] = Sha256::digest(name).into();
        let [a, b, c, d, e, f, g, h, ..] = hash;
        base62::encode(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    };
    names.iter().take(MAX_ABOUT).map(mark).collect()
}

fn short_ids(ids: &[String]) -> Vec<String> {
    let short = |id: &String| id.chars().take(MAX_ID_CHARS).collect();
    ids.iter().take(MAX_ABOUT).map(short).collect()
}

fn share(some: &[String], others: &[String]) -> bool {
    some.iter().any(|one| others.contains(one))
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_CHARS).collect()
}
