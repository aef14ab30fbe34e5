//! The quirks of a connection: in which odd ways its requests were read, how often, and when.
//!
//! They are counted with the digest, from the request log. So no request pays for them, and none counts twice: they are
//! written in the transaction that moves the digest on.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rollcall_directory::{Connection, LoggedRequest};
use rollcall_scim::Reading;
use rollcall_store::{Error, Item, from_item, text, to_item};
use serde::{Deserialize, Serialize};

use crate::handle::Insight;
use crate::traffic::digest::Digest;

/// How long the quirks of a connection are kept after its last odd request, in seconds.
const KEPT_SECONDS: i64 = 400 * 86_400;

const UNKNOWN: &str =
    "A newer version of this service read requests in a way that this version does not know.";

/// One odd way in which requests of a connection were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quirk {
    /// The code of the reading.
    pub code: String,
    /// How many requests were read so.
    pub count: u64,
    /// When the first of them came.
    pub first_at: Timestamp,
    /// When the last of them came.
    pub last_at: Timestamp,
    /// The id of the last of them, as in the request log.
    pub request_id: String,
}

impl Quirk {
    /// Returns what is sent and how it is read, in plain words.
    pub fn meaning(&self) -> &'static str {
        Reading::of(&self.code).map_or(UNKNOWN, Reading::meaning)
    }
}

/// The quirks of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// The most frequent first.
    pub quirks: Vec<Quirk>,
    /// Whether the request log was read to its end. If not, the next call reads on.
    pub complete: bool,
}

/// The requests that were read in one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Uses {
    count: u64,
    first_at: Timestamp,
    last_at: Timestamp,
    request_id: String,
}

/// The stored quirks of a connection, by code.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Stored {
    readings: BTreeMap<String, Uses>,
    expires: i64,
}

/// The uses of one connection, by the code of the reading.
pub(super) type Counted = BTreeMap<String, Uses>;

/// Adds a request, which comes after those that are counted.
pub(super) fn count(counted: &mut Counted, request: &LoggedRequest) {
    for code in &request.readings {
        let uses = Uses {
            count: 1,
            first_at: request.at,
            last_at: request.at,
            request_id: request.request_id.clone(),
        };
        add(counted, code, uses);
    }
}

fn add(counted: &mut Counted, code: &str, later: Uses) {
    match counted.get_mut(code) {
        Some(uses) => {
            uses.count += later.count;
            uses.last_at = later.last_at;
            uses.request_id = later.request_id;
        }
        None => {
            counted.insert(code.to_owned(), later);
        }
    }
}

impl Insight<'_> {
    /// Returns the digest of the request log, and the quirks of a connection. As [`Insight::digest`], it reads a bounded
    /// part of the new entries.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn digest_and_quirks(
        self,
        connection: &Connection,
    ) -> Result<(Digest, Quirks), Error> {
        let (digest, unsettled) = self.read_digest().await?;
        let key = self.scope.keys().quirks().at(&connection.id);
        let stored = self.scope.table.get(&key).await?;
        let stored: Stored = stored.map(from_item).transpose()?.unwrap_or_default();
        let mut counted = stored.readings;
        for request in &unsettled {
            if request.connection_id == connection.id {
                count(&mut counted, request);
            }
        }
        let mut quirks: Vec<Quirk> = counted.into_iter().map(quirk).collect();
        quirks.sort_by_key(|quirk| std::cmp::Reverse(quirk.count));
        let complete = digest.complete;
        Ok((digest, Quirks { quirks, complete }))
    }

    /// Returns the items of connections with these uses added.
    pub(super) async fn counted_quirks(
        self,
        new: &BTreeMap<String, Counted>,
        now: Timestamp,
    ) -> Result<Vec<Item>, Error> {
        let partition = self.scope.keys().quirks();
        let keys = new.keys().map(|connection| partition.at(connection));
        let mut known = BTreeMap::new();
        if !new.is_empty() {
            for item in self.scope.table.batch_get(keys).await? {
                let connection = text(&item, "SK")?.to_owned();
                known.insert(connection, from_item::<Stored>(item)?);
            }
        }
        let item = |(connection, new): (&String, &Counted)| {
            let mut stored: Stored = known.remove(connection).unwrap_or_default();
            for (code, uses) in new {
                add(&mut stored.readings, code, uses.clone());
            }
            stored.expires = now.as_second() + KEPT_SECONDS;
            to_item(&partition.at(connection), &stored)
        };
        new.iter().map(item).collect()
    }
}

fn quirk((code, uses): (String, Uses)) -> Quirk {
    Quirk {
        code,
        count: uses.count,
        first_at: uses.first_at,
        last_at: uses.last_at,
        request_id: uses.request_id,
    }
}
