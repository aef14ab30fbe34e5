//! Traces of requests: how a request was answered, and what it changed.
//!
//! The request log is not sorted by request id. The time of a change limits the search to a short range of it. The
//! changes are found in the index of journal entries, or in the same range where the index is not complete.

use jiff::{SignedDuration, Timestamp};
use rollcall_model::{is_id, shown};
use rollcall_scim as scim;
use rollcall_store::{Error, Item, Partition, Range, just_after, text};

use crate::journal::entry::{AuditQuery, Entry};
use crate::journal::handle::Journal;
use crate::journal::read_back::{Logged, readable};
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
    /// `since`. Reads at most 1,000 items of the request log, so it can miss the request in very heavy traffic.
    ///
    /// # Errors
    /// `invalidValue` for a time too close to the ends of the calendar.
    pub async fn trace(self, request_id: &str, at: Timestamp) -> Result<RequestTrace, Error> {
        let logged = self
            .part(self.scope.keys().requests(), at, ANSWERED_WITHIN)
            .await?;
        Ok(RequestTrace {
            entries: self.changes(request_id, at, APART).await?,
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
        let begun = logged.at - took;
        let changes = self.changes(&logged.request_id, begun, took + APART);
        Ok(RequestTrace {
            entries: changes.await?,
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
            Some(item) => LoggedRequest::from_item(item),
            None => Err(scim::Error::NotFound {
                what: format!("request `{}`", shown(id)),
            }
            .into()),
        }
    }

    /// Finds the journal entries of a request that began at `at`, oldest first.
    async fn changes(
        self,
        request_id: &str,
        at: Timestamp,
        until: SignedDuration,
    ) -> Result<Vec<Entry>, Error> {
        let query = AuditQuery {
            request_id: Some(request_id.to_owned()),
            from: Some(at.checked_sub(APART).map_err(|_| beyond(at))?),
            to: Some(at.checked_add(until).map_err(|_| beyond(at))?),
            limit: MAX_LOOKED_AT,
            ..AuditQuery::default()
        };
        let (mut entries, _) = Journal::of(self.scope).audit(&query).await?;
        entries.reverse();
        Ok(entries)
    }

    async fn part<T: Logged>(
        self,
        partition: Partition,
        at: Timestamp,
        until: SignedDuration,
    ) -> Result<Vec<T>, Error> {
        let begin = just_after(at.checked_sub(APART).map_err(|_| beyond(at))?);
        let end = just_after(at.checked_add(until).map_err(|_| beyond(at))?);
        let range = Range::all(partition)
            .after(Some(begin))
            .limit(MAX_LOOKED_AT);
        let items = self.scope.table.query(&range).await?.items.into_iter();
        let before_end = |item: &Item| text(item, "SK").is_ok_and(|id| id < end.as_str());
        let items = items.take_while(before_end);
        Ok(readable(self.scope, items.map(T::of_item)))
    }
}

fn beyond(at: Timestamp) -> Error {
    scim::Error::InvalidValue(format!("nothing can have happened at {at}")).into()
}
