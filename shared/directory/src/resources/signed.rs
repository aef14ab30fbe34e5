//! Signs what a cursor says, so that only this stack can make it.
//!
//! A signed text is bound to the tenant and to what the caller names: a query, or a query and a token. It begins with the
//! id of the key, so that a rotation of the keys does not break a walk.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rollcall_model::sha256_hex;
use rollcall_scim::{self as scim, limits};
use rollcall_store::{Error, KeyUse, Scope, StackKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The bytes of the MAC that a cursor carries.
const TAG_BYTES: usize = 16;
/// Stands for the id of the key in the cursors of a stack without keys.
const UNKEYED: char = '-';

/// Where a page of a list of the API starts, and until when its cursor can be used.
#[derive(Serialize, Deserialize)]
pub(super) struct ListCursor<P> {
    #[serde(rename = "p")]
    place: P,
    /// In seconds since 1970.
    #[serde(rename = "e")]
    expires: i64,
}

impl<P> ListCursor<P> {
    pub(super) fn of(place: P) -> Self {
        let expires = Timestamp::now().as_second() + i64::from(limits::CURSOR_TIMEOUT_SECONDS);
        Self { place, expires }
    }

    /// Returns the place.
    ///
    /// # Errors
    /// `expiredCursor` if the cursor has ended.
    pub(super) fn into_place(self) -> Result<P, Error> {
        unless_ended(self.expires)?;
        Ok(self.place)
    }
}

/// Returns the text of a cursor that says this, bound to the tenant and to `bound_to`.
///
/// # Errors
/// Only those of reading the keys of the stack.
pub(super) async fn sign(
    scope: &Scope,
    bound_to: &str,
    says: &impl Serialize,
) -> Result<String, Error> {
    let key = scope.key_ring.current().await?;
    let says = serde_json::to_vec(says).map_err(Error::corrupt)?;
    let says = URL_SAFE_NO_PAD.encode(says);
    let tag = URL_SAFE_NO_PAD.encode(tag(key.as_ref(), &covered(scope, bound_to, &says)));
    let id = key.map_or(UNKEYED, |key| key.id);
    Ok(format!("{id}{says}.{tag}"))
}

/// Reads what a text says that was signed for the tenant and `bound_to`.
///
/// # Errors
/// `invalidCursor` for everything else, and those of reading the keys of the stack.
pub(super) async fn verified<T: DeserializeOwned>(
    scope: &Scope,
    bound_to: &str,
    text: &str,
) -> Result<T, Error> {
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
    let covered = covered(scope, bound_to, says);
    let is_ours = match &key {
        Some(key) => sent.len() == TAG_BYTES && key.proves(KeyUse::Cursor, &covered, &sent),
        None => sent == tag(None, &covered),
    };
    if !is_ours {
        return Err(invalid());
    }
    let says = URL_SAFE_NO_PAD.decode(says).map_err(|_| invalid())?;
    // The next version can have other places.
    serde_json::from_slice(&says).map_err(|_| invalid())
}

/// Returns the cursor of a list of the API, bound to the tenant and the query, for an hour.
///
/// # Errors
/// Only those of reading the keys of the stack.
pub async fn list_cursor(
    scope: &Scope,
    query: &str,
    place: &impl Serialize,
) -> Result<String, Error> {
    sign(scope, &bound_to_list(query), &ListCursor::of(place)).await
}

/// Returns the place in a list that a cursor of [`list_cursor`] names.
///
/// # Errors
/// `invalidCursor` for what is no cursor of this tenant and query, `expiredCursor` if it has ended, and those of reading
/// the keys of the stack.
pub async fn list_place<P: DeserializeOwned>(
    scope: &Scope,
    query: &str,
    cursor: &str,
) -> Result<P, Error> {
    let cursor: ListCursor<P> = verified(scope, &bound_to_list(query), cursor).await?;
    cursor.into_place()
}

/// Returns an error if this time, in seconds since 1970, is over.
///
/// # Errors
/// `expiredCursor`.
pub(super) fn unless_ended(expires: i64) -> Result<(), Error> {
    Ok(in_time(expires, Timestamp::now().as_second())?)
}

fn in_time(expires: i64, now: i64) -> Result<(), scim::Error> {
    match expires > now {
        true => Ok(()),
        false => Err(scim::Error::ExpiredCursor),
    }
}

/// No cursor of SCIM is bound to this: those begin with the id of a token.
pub(super) fn bound_to_list(query: &str) -> String {
    format!("list\n{}", sha256_hex(query))
}

fn covered(scope: &Scope, bound_to: &str, says: &str) -> String {
    format!("{}\n{bound_to}\n{says}", scope.tenant)
}

/// Without a key, the tag is only a checksum: a cursor never shows more than the query without it does.
fn tag(key: Option<&StackKey>, covered: &str) -> Vec<u8> {
    match key {
        Some(key) => key.mac(KeyUse::Cursor, covered)[..TAG_BYTES].to_vec(),
        None => sha256_hex(covered).as_bytes()[..TAG_BYTES].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_ends_after_an_hour() {
        let expires = i64::from(limits::CURSOR_TIMEOUT_SECONDS);
        assert_eq!(expires, 3_600);
        for (now, has_ended) in [(0, false), (3_599, false), (3_600, true), (9_999, true)] {
            let expected = has_ended.then_some(scim::Error::ExpiredCursor);
            assert_eq!(in_time(expires, now).err(), expected, "{now}");
        }
    }
}
