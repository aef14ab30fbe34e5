//! One request found again: what it was answered and what it changed.
//!
//! Requests have ids of their own, by which nothing is sorted; with the time of what they changed, a short stretch of
//! the journal and of the log holds them.

use jiff::{SignedDuration, Timestamp};
use rollcall_model::{is_id, shown};
use rollcall_scim as scim;
use rollcall_store::{Error, Item, Partition, Range, from_item, just_after, text};
use serde::de::DeserializeOwned;

use crate::journal::entry::Entry;
use crate::request_log::handle::RequestLog;
use crate::request_log::log::LoggedRequest;

/// How far the clocks of two functions may be apart.
const APART: SignedDuration = SignedDuration::from_secs(2);
/// A request is in the log once it is answered, which API Gateway waits for no longer.
const ANSWERED_WITHIN: SignedDuration = SignedDuration::from_secs(30);
/// Items read of a stretch.
const MAX_LOOKED_AT: usize = 1_000;

/// What is known of one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestTrace {
    /// What it changed, oldest first.
    pub entries: Vec<Entry>,
    /// How it was answered, if it came from an identity provider and the log still has it.
    pub logged: Option<LoggedRequest>,
}

impl RequestLog<'_> {
    /// Finds a request by its id and about the time at which it changed something, such as a grant's `request_id` and
    /// `since`. Where thousands came in that very second it may not be found.
    ///
    /// # Errors
    /// `invalidValue` for a time at the very ends of the calendar.
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

    /// Finds a request by its id in the log, with what it changed.
    ///
    /// # Errors
    /// `404` when the log has none of this id (any more).
    pub async fn trace_logged(self, id: &str) -> Result<RequestTrace, Error> {
        let logged = self.logged_request(id).await?;
        let took = i64::try_from(logged.took_ms).unwrap_or_default();
        // Beyond that nobody waited for an answer.
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

    /// One request of the log.
    ///
    /// # Errors
    /// `404` when the log has none of this id (any more).
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
