//! The event feed: the journal as numbered events without gaps, read by cursor and sent to EventBridge.
//!
//! An entry gets its sequence number when it is relayed, not when it is created. An id that is generated before a
//! commit can become visible after a reader's cursor has passed it; a number that is assigned after the commit cannot.
//! The numbers come from one item per tenant, the head, which each relay transaction updates conditionally. Writers do
//! not touch the head, so they never wait for each other.

use std::time::Duration;

use jiff::Timestamp;
use rollcall_model::{Actor, EventType, Origin, Subject, TenantId};
use rollcall_store::{
    Error, Expression, Guard, Item, MAX_WRITES, Transaction, from_item, now, number, string, text,
    to_item,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::journal::chain::{Link, Place};
use crate::journal::entry::Entry;
use crate::journal::expiry::{Expiry, expires_of};
use crate::journal::handle::Journal;

/// Consecutive turns without progress after which a relay gives up. A tenant has one relay at a time.
const MAX_TURNS: usize = 40;
/// The highest sequence number. The sort keys of events must begin with a zero.
pub(super) const MAX_SEQUENCE: u64 = 999_999_999_999_999;
/// The maximum size in bytes of what one transaction writes and updates. DynamoDB's limit is 4 MB, with attribute names.
const MAX_BYTES: usize = 3_000_000;
/// Takes the place of erased ids and names.
const ERASED: &str = "erased";
/// After this time, no transaction of the relay can still be in progress.
pub(super) const RELAY_SETTLES: Duration = Duration::from_secs(300);
/// The version of the JSON form of an event.
pub const EVENT_VERSION: u32 = 1;

/// One event, as the application polls it and as EventBridge receives it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The id. It is the same in every delivery of the event.
    pub id: String,
    /// The sequence number among the tenant's events: from 1, without gaps.
    pub sequence: u64,
    /// The type: the name of an [`EventType`], or of a type that only a newer version knows.
    #[serde(rename = "type")]
    pub kind: String,
    /// The version of this JSON form.
    pub version: u32,
    /// The tenant.
    pub tenant: TenantId,
    /// When the change was made.
    pub occurred_at: Timestamp,
    /// Who made the change.
    pub actor: Actor,
    /// Where the request came from. Absent for what Rollcall does by itself, and in events of earlier versions.
    #[serde(default, skip_serializing_if = "Origin::is_empty")]
    pub origin: Origin,
    /// What the change is about.
    pub subject: Subject,
    /// The changed attributes before the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The changed attributes after the change, or the `member` that was added or removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// The request that made the change.
    pub request_id: String,
}

/// An event of the feed with its hashes.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedEvent {
    /// The event.
    pub event: Event,
    /// Its hashes; `None` for an event that an earlier version gave its place.
    pub integrity: Option<Integrity>,
}

/// The hashes of an event, from which a reader can verify the order of the feed (`chain` has the formula).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integrity {
    /// The hash over the one before it, the sequence number, the type, the time and the content hash; hexadecimal.
    pub hash: String,
    /// The salted hash of the whole event; hexadecimal.
    pub content: String,
    /// Whether the chain begins with this event, so that its hash covers none before it.
    pub begins: bool,
}

/// An event as it is stored.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EventItem {
    /// The event as JSON.
    pub(super) event: String,
    pub(super) expires: i64,
    /// Its hashes. Absent for events that an earlier version gave their places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) link: Option<Link>,
}

impl EventItem {
    pub(super) fn event(&self) -> Result<Event, Error> {
        serde_json::from_str(&self.event).map_err(Error::corrupt)
    }

    pub(super) fn into_feed(self) -> Result<FeedEvent, Error> {
        Ok(FeedEvent {
            event: self.event()?,
            integrity: self.link.map(|link| Integrity {
                hash: link.hash,
                content: link.content,
                begins: link.begins,
            }),
        })
    }
}

/// The last sequence number that was assigned.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) given: u64,
    /// The hash of the event with the number `hash_of`. An earlier version changes only `given`.
    #[serde(default)]
    pub(super) last_hash: Option<String>,
    #[serde(default)]
    pub(super) hash_of: u64,
    /// When the number was assigned. Absent in heads of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) moved_at: Option<Timestamp>,
    /// When events expire. Absent in heads of earlier versions.
    #[serde(default)]
    pub(super) expiry: Expiry,
}

impl Head {
    /// Returns the hash of the last event; `None` if it has none, so that the chain begins anew.
    pub(super) fn hash(self) -> Option<String> {
        self.last_hash.filter(|_| self.hash_of == self.given)
    }

    /// Returns whether every event up to this one was written so long ago that whoever reads sees all of them.
    pub(super) fn has_settled(&self, sequence: u64) -> bool {
        // An earlier version leaves the time as it was when it moves the head.
        let moved_at = self.moved_at.filter(|_| self.hash_of == self.given);
        sequence <= self.given && moved_at.is_some_and(|at| at < now() - RELAY_SETTLES)
    }
}

impl Journal<'_> {
    /// Assigns sequence numbers to these journal entries, and returns their events in the order of the feed.
    ///
    /// Entries keep the numbers that they already have, so relaying them again returns the same events.
    ///
    /// # Errors
    /// Only table errors, [`Error::Busy`] among them after 40 turns without progress.
    pub async fn relay(self, entries: &[String]) -> Result<Vec<Event>, Error> {
        let keep_days = match self.scope.settings().await {
            Ok(settings) => settings.retention_days,
            Err(error) if error.is_refusal() => 30,
            Err(error) => return Err(error),
        };
        let mut events = Vec::new();
        let (mut turns, mut left) = (0, usize::MAX);
        while turns < MAX_TURNS {
            let (placed, waiting) = self.look_up(entries).await?;
            // A turn with progress does not count.
            turns = if waiting.len() < left { 0 } else { turns + 1 };
            left = waiting.len();
            if waiting.is_empty() {
                for entry in placed {
                    events.extend(placed_events(&self.scope.tenant, &entry));
                }
                events.sort_by_key(|event: &Event| event.sequence);
                return Ok(events);
            }
            self.place(waiting, keep_days).await?;
        }
        Err(Error::Busy(None))
    }

    async fn look_up(self, ids: &[String]) -> Result<(Vec<Entry>, Vec<Entry>), Error> {
        let items = self
            .scope
            .table
            .batch_get(ids.iter().map(|id| self.scope.keys().journal().at(id)))
            .await?;
        let mut entries = items
            .into_iter()
            .map(from_item::<Entry>)
            .collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(|entry| ids.iter().position(|id| *id == entry.id));
        Ok(entries
            .into_iter()
            .partition(|entry| entry.sequence.is_some()))
    }

    /// Assigns numbers to as many entries as fit one transaction. The next look-up shows whether it was committed.
    async fn place(self, waiting: Vec<Entry>, keep_days: u32) -> Result<(), Error> {
        let key = self.scope.keys().event_head();
        let head = self.head().await?;
        let given = head.given;
        let expires = now().as_second() + i64::from(keep_days) * 86_400;
        let expiry = self.expiry(&head).await?;
        let mut hash = head.hash();
        let mut transaction = Transaction::default();
        let (mut next, mut bytes) = (given + 1, 0);
        for mut entry in waiting {
            entry.sequence = Some(next);
            let events = placed_events(&self.scope.tenant, &entry);
            let json = events.iter().map(serde_json::to_string);
            let json = json
                .collect::<Result<Vec<_>, _>>()
                .map_err(Error::corrupt)?;
            // The update of the entry counts with the size of the whole entry.
            bytes += entry.size() + json.iter().map(String::len).sum::<usize>();
            let is_full = transaction.len() + events.len() + 2 > MAX_WRITES || bytes > MAX_BYTES;
            if is_full && !transaction.is_empty() {
                break;
            }
            for (event, json) in events.iter().zip(json) {
                let link = Link::new(hash.as_deref(), place_of(event), &json);
                hash = Some(link.hash.clone());
                let item = EventItem {
                    event: json,
                    expires,
                    link: Some(link),
                };
                transaction.put(to_item(&self.scope.keys().event(event.sequence), &item)?);
            }
            let set =
                Expression::new("SET placed_at = :sequence, expires = :expires REMOVE reminded_at")
                    .with(":sequence", number(next))
                    .with(":expires", number(expires));
            let waits = Expression::new("attribute_exists(PK) AND attribute_not_exists(placed_at)");
            transaction.update_if(
                self.scope.keys().journal().at(&entry.id),
                set,
                waits,
                Guard::Stale,
            );
            next += events.len() as u64;
        }
        let unmoved = match given {
            0 => Expression::absent(),
            given => Expression::new("given = :read_given").with(":read_given", number(given)),
        };
        // An update keeps attributes of the head that only a newer version knows.
        let set = "SET given = :given, hash_of = :given, last_hash = :hash, moved_at = :now, expiry = :expiry";
        let expiry = expiry.followed(given, next - 1, expires, now().as_second());
        let expiry = serde_dynamo::to_attribute_value(expiry).map_err(Error::corrupt)?;
        let moved = Expression::new(set)
            .with(":expiry", expiry)
            .with(":given", number(next - 1))
            .with(":now", string(&now().to_string()))
            .with(":hash", string(&hash.unwrap_or_default()));
        transaction.update_if(key, moved, unmoved, Guard::Stale);
        self.scope.table.transact(&transaction).await.map(|_| ())
    }

    /// Returns what the head says about when events expire. If an earlier version has moved it, the last event says when it
    /// expires.
    async fn expiry(self, head: &Head) -> Result<Expiry, Error> {
        let mut expiry = head.expiry.clone();
        if expiry.latest_of != head.given {
            let key = self.scope.keys().event(head.given);
            let last = self.scope.table.get(&key).await?;
            expiry.latest = last.as_ref().and_then(expires_of).unwrap_or_default();
        }
        Ok(expiry)
    }

    /// Returns the head of the feed.
    pub(crate) async fn head(self) -> Result<Head, Error> {
        let key = self.scope.keys().event_head();
        let head = self.scope.table.get(&key).await?;
        Ok(head.map(from_item::<Head>).transpose()?.unwrap_or_default())
    }

    /// Reads the event in a stored item of the feed.
    ///
    /// # Errors
    /// When the item is not an event.
    pub(crate) fn stored_event(self, item: Item) -> Result<Event, Error> {
        from_item::<EventItem>(item)?.event()
    }
}

/// Returns the event without what it said: who, whom and what.
pub(super) fn erased(event: Event) -> Event {
    Event {
        id: format!("{ERASED}-{}", event.sequence),
        actor: Actor::SYSTEM,
        origin: Origin::default(),
        subject: event.subject.erased(ERASED),
        before: None,
        after: None,
        request_id: ERASED.to_owned(),
        ..event
    }
}

/// Returns the sequence number in the key of an event.
///
/// # Errors
/// When the key is not that of an event.
pub(super) fn sequence_of(item: &Item) -> Result<u64, Error> {
    text(item, "SK")?.parse().map_err(Error::corrupt)
}

pub(super) fn place_of(event: &Event) -> Place<'_> {
    Place {
        sequence: event.sequence,
        kind: &event.kind,
        at: event.occurred_at,
    }
}

/// Returns the events of an entry that has its sequence number.
fn placed_events(tenant: &TenantId, entry: &Entry) -> Vec<Event> {
    let parse = |text: &Option<String>| {
        text.as_deref()
            .and_then(|text| serde_json::from_str::<Value>(text).ok())
    };
    let first = entry.sequence.unwrap_or_default();
    let event =
        |n: u64, id: String, kind: &str, before: Option<Value>, after: Option<Value>| Event {
            id,
            sequence: first + n,
            kind: kind.to_owned(),
            version: EVENT_VERSION,
            tenant: tenant.clone(),
            occurred_at: entry.at,
            actor: entry.actor.clone(),
            origin: entry.origin.clone(),
            subject: entry.subject.clone(),
            before,
            after,
            request_id: entry.request_id.clone(),
        };
    let after = parse(&entry.after);
    if !entry.is(EventType::GroupMembersChanged) {
        return vec![event(
            0,
            entry.id.clone(),
            &entry.action,
            parse(&entry.before),
            after,
        )];
    }
    let ids = |list: &str| -> Vec<String> {
        let list = after
            .as_ref()
            .and_then(|after| after[list].as_array())
            .into_iter()
            .flatten();
        list.filter_map(|id| id.as_str().map(str::to_owned))
            .collect()
    };
    let added = ids("added")
        .into_iter()
        .map(|id| (EventType::GroupMemberAdded, id));
    let removed = ids("removed")
        .into_iter()
        .map(|id| (EventType::GroupMemberRemoved, id));
    let changes: Vec<_> = removed.chain(added).collect();
    if changes.is_empty() {
        // No member was added or removed. Only sub-attributes of members have changed.
        let kind = EventType::GroupUpdated.as_str();
        return vec![event(0, entry.id.clone(), kind, None, None)];
    }
    let one = |(n, (kind, user)): (usize, (EventType, String))| {
        event(
            n as u64,
            format!("{}.{n}", entry.id),
            kind.as_str(),
            None,
            Some(json!({"member": user})),
        )
    };
    changes.into_iter().enumerate().map(one).collect()
}
