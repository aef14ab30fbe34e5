//! Cursors of the API that only this stack can read: for a list whose places say more than it shows.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rollcall_scim as scim;
use rollcall_store::{Error, KeyUse, Scope};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::resources::signed::{ListCursor, bound_to_list, list_cursor, list_place};

/// The length of what is sealed is a multiple of this, so that it does not tell how long a place is.
const BLOCK_BYTES: usize = 256;

/// Returns the cursor of a list of the API, bound to the tenant and the query, for an hour. A stack without keys, as only
/// tests have, makes the one of [`list_cursor`].
///
/// # Errors
/// Only those of reading the keys of the stack.
pub async fn sealed_cursor(
    scope: &Scope,
    query: &str,
    place: &impl Serialize,
) -> Result<String, Error> {
    let Some(key) = scope.key_ring.current().await? else {
        return list_cursor(scope, query, place).await;
    };
    let says = serde_json::to_string(&ListCursor::of(place)).map_err(Error::corrupt)?;
    let sealed = key.seal(KeyUse::SealedCursor, &bound_to(scope, query), &padded(says));
    Ok(format!("{}{}", key.id, URL_SAFE_NO_PAD.encode(sealed)))
}

/// Returns the place in a list that a cursor of [`sealed_cursor`] names.
///
/// # Errors
/// `invalidCursor` for what is no cursor of this tenant and query, `expiredCursor` if it has ended, and those of reading
/// the keys of the stack.
pub async fn sealed_place<P: DeserializeOwned>(
    scope: &Scope,
    query: &str,
    cursor: &str,
) -> Result<P, Error> {
    if scope.key_ring.current().await?.is_none() {
        return list_place(scope, query, cursor).await;
    }
    let invalid = || Error::from(scim::Error::InvalidCursor);
    let mut rest = cursor.chars();
    let id = rest.next().ok_or_else(invalid)?;
    let key = scope.key_ring.find(id).await?.ok_or_else(invalid)?;
    let sealed = URL_SAFE_NO_PAD.decode(rest.as_str());
    let sealed = sealed.map_err(|_| invalid())?;
    let says = key.open(KeyUse::SealedCursor, &bound_to(scope, query), &sealed);
    // The next version can have other places.
    let says = says.and_then(|says| serde_json::from_str::<ListCursor<P>>(&says).ok());
    says.ok_or_else(invalid)?.into_place()
}

fn bound_to(scope: &Scope, query: &str) -> String {
    format!("{}\n{}", scope.tenant, bound_to_list(query))
}

/// JSON can end with blanks.
fn padded(says: String) -> String {
    let missing = says.len().next_multiple_of(BLOCK_BYTES) - says.len();
    says + &" ".repeat(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_cursor_does_not_tell_that_of_its_place() {
        for (characters, expected) in [(0, 256), (10, 256), (100, 256), (240, 512)] {
            let says = serde_json::to_string(&"ü".repeat(characters)).unwrap();
            let padded = padded(says.clone());
            assert_eq!(padded.len(), expected, "{characters}");
            assert_eq!(
                serde_json::from_str::<String>(&padded).unwrap(),
                "ü".repeat(characters)
            );
        }
    }
}
