//! Page cursors: index-based pagination (RFC 7644 §3.4.2.4) on a key-value store.
//!
//! With each page, a short-lived item stores where the next page starts, so that every page of a walk by `startIndex`
//! costs the same. A cursor belongs to one reader and one query, so that walks do not affect each other's pages.

use jiff::Timestamp;
use rollcall_model::{Kind, sha256_hex};
use rollcall_scim::Query;
use rollcall_store::{Error, Partition, Range, from_item, to_item};
use serde::{Deserialize, Serialize};

use crate::resources::handle::Resources;

/// How long a walk may pause between two pages, in seconds.
const LIFETIME_SECONDS: i64 = 3_600;

/// Where a page starts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Position {
    /// The `startIndex` of the page.
    pub(super) index: u64,
    /// The sort key after which the page starts; `None` for the beginning.
    pub(super) behind: Option<String>,
    /// The total that the first page counted, for queries whose total needs a full scan.
    pub(super) matched: Option<u64>,
    expires: i64,
}

impl Position {
    pub(super) fn beginning() -> Self {
        Self {
            index: 1,
            ..Self::default()
        }
    }

    pub(super) fn at(index: u64, behind: String, matched: Option<u64>) -> Self {
        let expires = Timestamp::now().as_second() + LIFETIME_SECONDS;
        Self {
            index,
            behind: Some(behind),
            matched,
            expires,
        }
    }
}

/// The walk that a cursor belongs to: one query by one reader.
#[derive(Debug)]
pub(super) struct Walk {
    partition: Partition,
    prefix: String,
}

impl Walk {
    fn sort_key(&self, index: u64) -> String {
        format!("{}{index:012}", self.prefix)
    }
}

impl Resources<'_> {
    pub(super) fn walk(self, kind: &Kind, query: &Query) -> Walk {
        let actor = &self.scope.actor;
        let reader = actor.connection().and(actor.id()).unwrap_or("system");
        let filter = query
            .filter
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let sort = query
            .sort
            .as_ref()
            .map(|sort| format!("{} {}", sort.path, sort.descending))
            .unwrap_or_default();
        let digest = sha256_hex(&format!("{filter}\n{sort}"));
        Walk {
            partition: self.scope.keys().page_cursors(),
            prefix: format!("{reader}#{}#{}#", kind.code, &digest[..16]),
        }
    }

    /// Returns the nearest stored position at or before `index`.
    pub(super) async fn position(self, walk: &Walk, index: u64) -> Result<Position, Error> {
        if index <= 1 {
            return Ok(Position::beginning());
        }
        let nearest = Range::prefix(walk.partition.clone(), &walk.prefix)
            .after(Some(walk.sort_key(index.saturating_add(1))))
            .descending(true)
            .limit(1);
        let found = self
            .scope
            .table
            .query(&nearest)
            .await?
            .items
            .pop()
            .map(from_item::<Position>)
            .transpose()?;
        // DynamoDB may remove expired items much later.
        let fresh = found.filter(|position| position.expires > Timestamp::now().as_second());
        Ok(fresh.unwrap_or_else(Position::beginning))
    }

    pub(super) async fn remember(self, walk: &Walk, position: &Position) -> Result<(), Error> {
        let key = walk.partition.at(walk.sort_key(position.index));
        self.scope.table.put(to_item(&key, position)?).await
    }
}
