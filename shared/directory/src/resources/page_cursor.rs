//! Page bookmarks: index pagination on a key-value store.
//!
//! When a page is served, a short-lived item remembers where the next one starts, so that walking any number of
//! resources by `startIndex` costs the same for every page. A bookmark belongs to one reader and one query: two walks
//! never move each other's pages.

use jiff::Timestamp;
use rollcall_scim::Query;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::journal::entry::Actor;
use crate::model::kind::Kind;
use crate::store::item::{from_item, to_item};
use crate::store::keys::{Partition, sha256_hex};
use crate::store::table::Range;
use crate::tenant::Tenant;

/// How long a walk may pause between two pages, in seconds.
const LIFETIME_SECONDS: i64 = 3_600;

/// Where a page starts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The `startIndex` of the page.
    pub(crate) index: u64,
    /// The sort key behind which it starts; none is the very beginning.
    pub(crate) behind: Option<String>,
    /// The total as counted when the walk began, where counting is dear.
    pub(crate) matched: Option<u64>,
    expires: i64,
}

impl Position {
    pub(crate) fn beginning() -> Self {
        Self {
            index: 1,
            ..Self::default()
        }
    }

    pub(crate) fn at(index: u64, behind: String, matched: Option<u64>) -> Self {
        let expires = Timestamp::now().as_second() + LIFETIME_SECONDS;
        Self {
            index,
            behind: Some(behind),
            matched,
            expires,
        }
    }
}

/// The walk that bookmarks belong to.
#[derive(Debug)]
pub(crate) struct Walk {
    partition: Partition,
    prefix: String,
}

impl Walk {
    fn sort_key(&self, index: u64) -> String {
        format!("{}{index:012}", self.prefix)
    }
}

impl Tenant {
    pub(crate) fn walk(&self, kind: &Kind, query: &Query) -> Walk {
        let reader = match &self.actor {
            Actor::Token { id, .. } => id.as_str(),
            _ => "system",
        };
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
            partition: self.id.bookmarks(),
            prefix: format!("{reader}#{}#{}#", kind.code, &digest[..16]),
        }
    }

    /// The nearest known position at or before `index`.
    pub(crate) async fn position(&self, walk: &Walk, index: u64) -> Result<Position, Error> {
        if index <= 1 {
            return Ok(Position::beginning());
        }
        let nearest = Range::prefix(walk.partition.clone(), &walk.prefix)
            .after(Some(walk.sort_key(index.saturating_add(1))))
            .descending(true)
            .limit(1);
        let found = self
            .table
            .query(&nearest)
            .await?
            .items
            .pop()
            .map(from_item::<Position>)
            .transpose()?;
        // DynamoDB removes expired items when it gets round to it.
        let fresh = found.filter(|position| position.expires > Timestamp::now().as_second());
        Ok(fresh.unwrap_or_else(Position::beginning))
    }

    pub(crate) async fn remember(&self, walk: &Walk, position: &Position) -> Result<(), Error> {
        let key = walk.partition.at(walk.sort_key(position.index));
        self.table.put(to_item(&key, position)?).await
    }
}
