//! Cursors of lists whose places need no signature: ids, and the keys of logs.
//!
//! A cursor says of which list it is. So what is no cursor, and one of another list, are refused, and nobody takes the
//! first page or an empty one for the page that was meant.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rollcall_edge_http::Problem;
use rollcall_scim as scim;

/// Separates the list from the place.
const SEPARATOR: char = '\n';
/// The longest place, in bytes. Places are ids and parts of keys; a key has at most 1,024 bytes, also with what stands before
/// the place.
const MAX_PLACE: usize = 512;
/// The operations, as sessions name them, whose cursors are of this kind. They never expire.
const LISTS: [&str; 11] = [
    "list_audit",
    "list_connections",
    "list_held_changes",
    "list_observed_changes",
    "list_paused_tenants",
    "list_requests",
    "list_service_keys",
    "list_tenants",
    "list_tokens",
    "list_webhook_deliveries",
    "list_webhooks",
];

/// Returns whether the cursors of an operation, by either door, can expire.
pub(crate) fn can_expire(operation: &str) -> bool {
    let name = operation.strip_suffix("_of_tenant").unwrap_or(operation);
    !LISTS.contains(&name)
}

/// A list: its kind, and the ids of what it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursors(String);

impl Cursors {
    /// Returns the cursors of a list. `of` are the ids of what it belongs to, such as the tenant's.
    pub(crate) fn of(kind: &str, of: &[&str]) -> Self {
        let mut list = kind.to_owned();
        for id in of {
            list.push(' ');
            list.push_str(id);
        }
        Self(list)
    }

    /// Returns the cursor of the page that follows a place.
    pub(crate) fn next(&self, place: Option<String>) -> Option<String> {
        place.map(|place| URL_SAFE_NO_PAD.encode(format!("{}{SEPARATOR}{place}", self.0)))
    }

    /// Returns the place that a cursor names.
    ///
    /// # Errors
    /// `invalid_cursor` for what is no cursor of this list.
    pub(crate) fn place(&self, cursor: Option<&str>) -> Result<Option<String>, Problem> {
        let Some(cursor) = cursor else {
            return Ok(None);
        };
        let decoded = URL_SAFE_NO_PAD.decode(cursor).ok();
        let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        let place = decoded.as_deref().and_then(|text| {
            let (list, place) = text.split_once(SEPARATOR)?;
            let is_place = (1..=MAX_PLACE).contains(&place.len());
            (list == self.0 && is_place).then(|| place.to_owned())
        });
        match place {
            Some(place) => Ok(Some(place)),
            None => Err(scim::Error::InvalidCursor.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_belongs_to_one_list() {
        let tokens = Cursors::of("tokens", &["acme", "okta"]);
        let next = tokens.next(Some("t-1".to_owned()));
        let place = |list: &Cursors, cursor: Option<&str>| list.place(cursor).ok();
        assert_eq!(
            place(&tokens, next.as_deref()),
            Some(Some("t-1".to_owned()))
        );
        assert_eq!(place(&tokens, None), Some(None));
        assert_eq!(tokens.next(None), None);
        for other in [
            Cursors::of("tokens", &["acme", "entra"]),
            Cursors::of("connections", &["acme"]),
        ] {
            assert_eq!(place(&other, next.as_deref()), None, "{other:?}");
        }
        let forged = |place: String| tokens.next(Some(place)).unwrap_or_default();
        let (empty, long) = (forged(String::new()), forged("x".repeat(MAX_PLACE + 1)));
        for cursor in ["", "zzzz", "t-1", "ä", &empty, &long] {
            assert_eq!(place(&tokens, Some(cursor)), None, "{cursor}");
        }
        let longest = forged("x".repeat(MAX_PLACE));
        assert!(place(&tokens, Some(&longest)).is_some());
    }
}
