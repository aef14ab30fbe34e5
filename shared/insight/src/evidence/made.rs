//! Of what an export is the evidence: when it was made, and the last event of the feed then.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rollcall_store::{Error, now};
use serde::{Deserialize, Serialize};

use crate::handle::Insight;

/// When an export was made, and the last event of the feed then. The same on all its pages.
///
/// Whoever verifies the feed up to that event gets the same hash, unless an event before it was changed later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// When the first page was read.
    #[serde(rename = "t")]
    pub at: Timestamp,
    /// The sequence number of the last event; 0 before the first.
    #[serde(rename = "s")]
    pub feed_sequence: u64,
    /// Its hash, in hexadecimal; `None` if an earlier version gave it its place.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub feed_hash: Option<String>,
}

/// Where a page of an export starts.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Place {
    #[serde(rename = "m")]
    pub(super) made: Made,
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub(super) behind: Option<String>,
}

impl Insight<'_> {
    /// Returns where an export begins: the place in the feed comes before what is read.
    pub(super) async fn begin_evidence(self) -> Result<Place, Error> {
        let seal = self.tenant.journal().seal().await?;
        let made = Made {
            at: now(),
            feed_sequence: seal.sequence,
            feed_hash: seal.hash,
        };
        let behind = None;
        Ok(Place { made, behind })
    }

    /// Returns the names of connections by id, including deleted ones.
    pub(super) async fn connection_names(
        self,
        ids: BTreeSet<String>,
    ) -> Result<BTreeMap<String, String>, Error> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let credentials = self.tenant.credentials();
        let known = credentials.connections().await?.into_iter();
        let mut names: BTreeMap<String, String> = known.map(|it| (it.id, it.label)).collect();
        let unknown = ids.iter().filter(|id| !names.contains_key(*id));
        let unknown: BTreeSet<&str> = unknown.map(String::as_str).collect();
        let deleted = credentials.deleted_connections(&unknown).await?;
        names.extend(deleted);
        Ok(names)
    }
}
