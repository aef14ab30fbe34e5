//! Cursors (RFC 9865): where a page of a list starts, as a text that only this stack can make.
//!
//! A cursor is bound to the tenant, the token and the query, and ends after an hour. URLs are logged, so it names nobody
//! except by id.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rollcall_model::{Kind, sha256_hex};
use rollcall_scim::{self as scim, Query, limits};
use rollcall_store::{Error, KeyUse, Scope, StackKey};
use serde::{Deserialize, Serialize};

/// The bytes of the MAC that a cursor carries.
const TAG_BYTES: usize = 16;
/// Stands for the id of the key in the cursors of a stack without keys.
const UNKEYED: char = '-';

/// Where a page starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Place {
    /// After this resource, in order of creation: the place of its kind among those of the query, and its id.
    #[serde(rename = "c")]
    Created(usize, String),
    /// After a unique name. In a cursor, the id of the item that has the name.
    #[serde(rename = "n")]
    Name(String),
    /// At an index of a stored order: the id of the order, and the index from 0.
    #[serde(rename = "o")]
    Ordered(String, usize),
}

/// What a cursor says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    #[serde(rename = "p")]
    pub(super) place: Place,
    /// The total that the first page counted.
    #[serde(rename = "t")]
    pub(super) total: u64,
    /// The index of the page's first resource, from 1.
    #[serde(rename = "s")]
    pub(super) start_index: u64,
    /// When it ends, in seconds since 1970.
    #[serde(rename = "e")]
    expires: i64,
}

impl Cursor {
    pub(super) fn new(place: Place, total: u64, start_index: u64) -> Self {
        let expires = Timestamp::now().as_second() + i64::from(limits::CURSOR_TIMEOUT_SECONDS);
        Self {
            place,
            total,
            start_index,
            expires,
        }
    }

    /// Returns the text of the cursor, for one query of the actor.
    ///
    /// # Errors
    /// Only those of reading the keys of the stack.
    pub(super) async fn write(&self, scope: &Scope, query: &str) -> Result<String, Error> {
        let key = scope.key_ring.current().await?;
        let says = serde_json::to_vec(self).map_err(Error::corrupt)?;
        let says = URL_SAFE_NO_PAD.encode(says);
        let tag = URL_SAFE_NO_PAD.encode(tag(key.as_ref(), &covered(scope, query, &says)));
        let id = key.map_or(UNKEYED, |key| key.id);
        Ok(format!("{id}{says}.{tag}"))
    }

    /// Reads the text of a cursor that was written for this query of the actor.
    ///
    /// # Errors
    /// `invalidCursor` for everything else, `expiredCursor` if it has ended, and those of reading the keys of the stack.
    pub(super) async fn read(scope: &Scope, query: &str, text: &str) -> Result<Self, Error> {
        let invalid = || Error::from(scim::Error::InvalidCursor);
        let mut rest = text.chars();
        let id = rest.next().ok_or_else(invalid)?;
        let (says, sent) = rest.as_str().split_once('.').ok_or_else(invalid)?;
        let sent = URL_SAFE_NO_PAD.decode(sent).map_err(|_| invalid())?;
        let key = scope.key_ring.find(id).await?;
        // A stack that has keys takes no cursor without one.
        if key.is_none() && (id != UNKEYED || scope.key_ring.current().await?.is_some()) {
            return Err(invalid());
        }
        let covered = covered(scope, query, says);
        let is_ours = match &key {
            Some(key) => sent.len() == TAG_BYTES && key.proves(KeyUse::Cursor, &covered, &sent),
            None => sent == tag(None, &covered),
        };
        if !is_ours {
            return Err(invalid());
        }
        let says = URL_SAFE_NO_PAD.decode(says).map_err(|_| invalid())?;
        // The next version can have other places.
        let cursor: Self = serde_json::from_slice(&says).map_err(|_| invalid())?;
        Ok(cursor.unless_ended(Timestamp::now().as_second())?)
    }

    fn unless_ended(self, now: i64) -> Result<Self, scim::Error> {
        match self.expires > now {
            true => Ok(self),
            false => Err(scim::Error::ExpiredCursor),
        }
    }
}

fn covered(scope: &Scope, query: &str, says: &str) -> String {
    let actor = &scope.actor;
    let reader = actor.connection().and(actor.id()).unwrap_or("system");
    format!("{}\n{reader}\n{query}\n{says}", scope.tenant)
}

/// Without a key, the tag is only a checksum: a cursor never shows more than the query without it does.
fn tag(key: Option<&StackKey>, covered: &str) -> Vec<u8> {
    match key {
        Some(key) => key.mac(KeyUse::Cursor, covered)[..TAG_BYTES].to_vec(),
        None => sha256_hex(covered).as_bytes()[..TAG_BYTES].to_vec(),
    }
}

/// Returns what a cursor is bound to: the kinds, the filter, the order and the attributes. The `count` may change.
pub(super) fn bound_to(parts: &[(&'static Kind, &Query)]) -> String {
    let part = |(kind, query): &(&'static Kind, &Query)| {
        let filter = query.filter.as_ref().map(ToString::to_string);
        let (sort, projection) = (&query.sort, &query.projection);
        format!("{}\n{filter:?}\n{sort:?}\n{projection:?}\n", kind.code)
    };
    sha256_hex(&parts.iter().map(part).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_ends_after_an_hour() {
        let cursor = Cursor::new(Place::Created(0, "id".to_owned()), 7, 3);
        let begins = cursor.expires - 3_600;
        for (seconds, has_ended) in [(0, false), (3_599, false), (3_600, true), (9_999, true)] {
            let read = cursor.clone().unless_ended(begins + seconds);
            let expected = has_ended.then_some(scim::Error::ExpiredCursor);
            assert_eq!(read.err(), expected, "{seconds}");
        }
    }
}
