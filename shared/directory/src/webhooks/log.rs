//! What became of deliveries: each failure by itself, and the successes of a minute as one sum. Entries name nobody, and
//! expire.

use jiff::{SignedDuration, Timestamp};
use rollcall_model::new_id;
use rollcall_store::{
    Error, Expression, Item, Partition, Range, Transaction, from_item, number, string, to_item,
};
use serde::{Deserialize, Serialize};

use crate::journal::read_back::readable;
use crate::webhooks::handle::Webhooks;
use crate::webhooks::retry::Failure;

/// How long entries are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
const MINUTE_MS: i64 = 60_000;

/// What became of one delivery, or of those of a minute that succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryEntry {
    /// Its place in the list.
    #[serde(rename = "SK")]
    pub place: String,
    /// When: that of the failure, or the beginning of the minute.
    #[serde(rename = "noted_at")]
    pub at: Timestamp,
    /// How many events were delivered; 0 for a failure.
    #[serde(default)]
    pub delivered: u64,
    /// The sequence number of the event that failed, or of the last one that was delivered in the minute.
    #[serde(rename = "up_to")]
    pub sequence: u64,
    /// The kind of the failure; `None` for successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The status of the response, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// The number of the attempt that failed, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// How long the attempt took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    pub(super) expires: i64,
}

/// What was delivered in a part of a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// How many events.
    pub count: u64,
    /// The sequence number of the last one.
    pub last: u64,
}

fn expires(at: Timestamp) -> i64 {
    at.as_second() + KEPT.as_secs()
}

/// Returns when the first entry of this kind can be about a webhook that was created then.
fn begun_at(created: Timestamp, entry: &DeliveryEntry) -> Timestamp {
    match entry.failure {
        // Its `at` is written in milliseconds.
        Some(_) => milliseconds(created, 1),
        None => milliseconds(created, MINUTE_MS),
    }
}

/// Returns the beginning of the span of this many milliseconds in which a time lies.
fn milliseconds(at: Timestamp, span: i64) -> Timestamp {
    let begun = at.as_millisecond() / span * span;
    Timestamp::from_millisecond(begun).unwrap_or(at)
}

impl Webhooks<'_> {
    fn logged(self, webhook: &str) -> Partition {
        let of_stack = self.stack.is_some();
        self.scope.keys().webhook_deliveries(webhook, of_stack)
    }

    /// Returns the item of a failure.
    pub(super) fn failure_item(
        self,
        webhook: &str,
        (sequence, attempt): (u64, u32),
        failure: &Failure,
        at: Timestamp,
    ) -> Result<Item, Error> {
        let deliveries = self.logged(webhook);
        let place = format!("{:015}#f#{}", at.as_millisecond(), new_id());
        let entry = DeliveryEntry {
            place: place.clone(),
            at,
            delivered: 0,
            sequence,
            failure: Some(failure.kind.as_str().to_owned()),
            http_status: failure.status,
            attempt: Some(attempt),
            took_ms: Some(failure.took_ms),
            expires: expires(at),
        };
        to_item(&deliveries.at(place), &entry)
    }

    /// Adds successes to the sum of their minute, together with the place to which the webhook comes by them: where that is
    /// gone, there is no sum either.
    pub(super) fn write_delivered(
        self,
        transaction: &mut Transaction,
        webhook: &str,
        delivered: Delivered,
        at: Timestamp,
    ) {
        let begun = milliseconds(at, MINUTE_MS);
        let deliveries = self.logged(webhook);
        let key = deliveries.at(format!("{:015}#s", begun.as_millisecond()));
        let set = "SET noted_at = :at, up_to = :last, expires = :expires ADD delivered :count";
        let set = Expression::new(set)
            .with(":at", string(&begun.to_string()))
            .with(":last", number(delivered.last))
            .with(":expires", number(expires(at)))
            .with(":count", number(delivered.count));
        transaction.update(key, set);
    }

    /// Lists what became of deliveries, newest first, after the place `after`. Returns the place after which the next page
    /// begins, too.
    ///
    /// # Errors
    /// `404` when the webhook does not exist.
    pub async fn deliveries(
        self,
        webhook: &str,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<DeliveryEntry>, Option<String>), Error> {
        let created = self.read(webhook).await?.created_at;
        let range = Range::all(self.logged(webhook));
        let range = range.descending(true).after(after).limit(limit);
        let page = self.scope.table.query(&range).await?;
        let items = page.items.into_iter().map(from_item::<DeliveryEntry>);
        let mut entries = readable(self.scope, items);
        let found = entries.len();
        // A deleted webhook can have had the same id.
        entries.retain(|entry| entry.at >= begun_at(created, entry));
        let next = page.next.filter(|_| entries.len() == found);
        Ok((entries, next))
    }
}
