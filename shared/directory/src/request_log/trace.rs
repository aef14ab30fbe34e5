//! Traces of requests: how a request was answered, and what it changed.
//!
//! Neither the journal nor the request log is sorted by request id. The time of a change limits the search to a short
//! range of both.

use jiff::{SignedDuration, Timestamp};
use rollcall_model::{is_id, shown};
use rollcall_scim as scim;
use rollcall_store::{Error, Item, Partition, Range, from_item, just_after, text};
use serde::de::DeserializeOwned;

use crate::journal::entry::Entry;
use crate::request_log::handle::RequestLog;
use crate::request_log::log::LoggedRequest;

/// The largest difference between the clocks of two Lambda functions that a search allows for.
const APART: SignedDuration = SignedDuration::from_secs(2);
/// A request is logged when it is answered, and API Gateway does not wait longer than this for the answer.
const ANSWERED_WITHIN: SignedDuration = SignedDuration::from_secs(30);
/// The maximum number of items read from a range.
const MAX_LOOKED_AT: usize = 1_000;

/// What is known about one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestTrace {
    /// The journal entries of its changes, oldest first.
    pub entries: Vec<Entry>,
    /// Its entry in the request log, if it came from an identity provider and the entry has not expired.
    pub logged: Option<LoggedRequest>,
}

impl RequestLog<'_> {
    /// Finds a request by its id and the approximate time of one of its changes, such as a grant's `request_id` and
    /// `since`. Reads at most 1,000 items of each log, so it can miss a request in very heavy traffic.
    ///
    /// # Errors
    /// `invalidValue` for a time too close to the ends of the calendar.
    pub async fn trace(self, request_id: &str, at: Timestamp) -> Result<RequestTrace, Error> {
        let entries = self.part(self.scope.keys().journal(), at, APART).await?;
        let logged = self
            .part(self.scope.keys().requests(), at, ANSWERED_WITHIN)
            .await?;
        let is_its = |entry: &Entry| entry.request_id == request_id;
        Ok(RequestTrace {
            entries: entries.into_iter().filter(is_its).collect(),
            logged: logged
                .into_iter()
                .find(|logged: &LoggedRequest| logged.request_id == request_id),
        })
    }

    /// Finds a request by the id of its entry in the request log, with its changes.
    ///
    /// # Errors
    /// `404` when the log has no entry with this id (any more).
    pub async fn trace_logged(self, id: &str) -> Result<RequestTrace, Error> {
        let logged = self.logged_request(id).await?;
        let took = i64::try_from(logged.took_ms).unwrap_or_default();
        // API Gateway does not wait any longer for an answer.
        let took = SignedDuration::from_millis(took).min(ANSWERED_WITHIN);
        let mut entries: Vec<Entry> = self
            .part(self.scope.keys().journal(), logged.at - took, took + APART)
            .await?;
        entries.retain(|entry| entry.request_id == logged.request_id);
        Ok(RequestTrace {
            entries,
            logged: Some(logged),
        })
    }

    /// Reads one entry of the request log.
    ///
    /// # Errors
    /// `404` when the log has no entry with this id (any more).
    pub async fn logged_request(self, id: &str) -> Result<LoggedRequest, Error> {
        let item = match is_id(id) {
            true => {
                self.scope
                    .table
                    .get(&self.scope.keys().requests().at(id))
                    .await?
            }
            false => None,
        };
        match item {
            Some(item) => from_item(item),
            None => Err(scim::Error::NotFound {
                what: format!("request `{}`", shown(id)),
            }
            .into()),
        }
    }

    async fn part<T: DeserializeOwned>(
        self,
        partition: Partition,
        at: Timestamp,
        until: SignedDuration,
    ) -> Result<Vec<T>, Error> {
        let beyond = |_| scim::Error::InvalidValue(format!("nothing can have happened at {at}"));
        let begin = just_after(at.checked_sub(APART).map_err(beyond)?);
        let end = just_after(at.checked_add(until).map_err(beyond)?);
        let range = Range::all(partition)
            .after(Some(begin))
            .limit(MAX_LOOKED_AT);
        let items = self.scope.table.query(&range).await?.items.into_iter();
        let before_end = |item: &Item| text(item, "SK").is_ok_and(|id| id < end.as_str());
        items.take_while(before_end).map(from_item).collect()
    }
}
