//! Cursors (RFC 9865): where a page of a list starts, as a text that only this stack can make.
//!
//! A cursor is bound to the tenant, the token and the query, and ends after an hour. URLs are logged, so it names nobody
//! except by id.

use jiff::Timestamp;
use rollcall_model::{Kind, sha256_hex};
use rollcall_scim::{Query, limits};
use rollcall_store::{Error, Scope};
use serde::{Deserialize, Serialize};

use crate::resources::signed::{sign, unless_ended, verified};

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
        sign(scope, &read_by(scope, query), self).await
    }

    /// Reads the text of a cursor that was written for this query of the actor.
    ///
    /// # Errors
    /// `invalidCursor` for everything else, `expiredCursor` if it has ended, and those of reading the keys of the stack.
    pub(super) async fn read(scope: &Scope, query: &str, text: &str) -> Result<Self, Error> {
        let cursor: Self = verified(scope, &read_by(scope, query), text).await?;
        unless_ended(cursor.expires)?;
        Ok(cursor)
    }
}

fn read_by(scope: &Scope, query: &str) -> String {
    let actor = &scope.actor;
    let reader = actor.connection().and(actor.id()).unwrap_or("system");
    format!("{reader}\n{query}")
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
