//! The health check of a tenant, and whether it would find the same again.

use futures::try_join;
use jiff::Timestamp;
use rollcall_directory::TokenUses;
use rollcall_model::sha256_hex;
use rollcall_store::{Error, Partition, Range, text};
use uuid::Uuid;

use crate::handle::Insight;
use crate::health::finding::Health;
use crate::health::rules::{holds_until, judge};
use crate::traffic::kept::SETTLES;

/// What a check depends on, apart from the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Another text after each change of the tenant, each logged request and each use of a token.
    pub mark: String,
    /// When the last change or request began: that is the time in its id.
    last: Option<Timestamp>,
}

impl Seen {
    /// Returns whether it has all that began before the last change or request, if it was read after `at`. Their ids are
    /// made before they are written, so one with an earlier id can be written later.
    pub fn has_settled(&self, at: Timestamp) -> bool {
        self.last
            .is_none_or(|last| at.duration_since(last) >= SETTLES)
    }
}

/// Returns the time in an id.
fn made_at(id: &str) -> Option<Timestamp> {
    let (seconds, nanos) = Uuid::try_parse(id).ok()?.get_timestamp()?.to_unix();
    Timestamp::new(seconds.try_into().ok()?, nanos.try_into().ok()?).ok()
}

impl Insight<'_> {
    /// Returns what is wrong with the tenant now.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn health(self) -> Result<Health, Error> {
        let (snapshot, record) = try_join!(
            Box::pin(self.snapshot()),
            Box::pin(self.tenant.findings().read()),
        )?;
        Ok(Health {
            findings: judge(&snapshot),
            complete: snapshot.digest.complete,
            counted: snapshot.digest.counted(),
            looked_at: snapshot.now,
            holds_until: holds_until(&snapshot, &record),
            record,
            shown: snapshot.shown,
        })
    }

    /// Returns what a check depends on, apart from the time. It costs two calls.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn seen(self, uses: &TokenUses) -> Result<Seen, Error> {
        let keys = self.scope.keys();
        let (entry, request) = try_join!(self.last(keys.journal()), self.last(keys.requests()))?;
        Ok(Seen {
            mark: sha256_hex(&format!("{entry}|{request}|{}", uses.mark())),
            last: made_at(&entry).max(made_at(&request)),
        })
    }

    /// Returns the last sort key of a partition; an empty text if there is none.
    async fn last(self, partition: Partition) -> Result<String, Error> {
        let last = Range::all(partition).descending(true).limit(1).only("SK");
        let found = self.scope.table.query(&last).await?.items.pop();
        let sort = found.as_ref().map(|item| text(item, "SK")).transpose()?;
        Ok(sort.unwrap_or_default().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use rollcall_model::new_id;

    use super::*;

    #[test]
    fn what_has_just_begun_has_not_settled() {
        let now = Timestamp::now();
        let seen = |id: &str| Seen {
            mark: String::new(),
            last: made_at(id),
        };
        assert!(seen("").has_settled(now));
        let id = new_id();
        assert!(!seen(&id).has_settled(now));
        assert!(!seen(&id).has_settled(now + SETTLES / 2));
        assert!(seen(&id).has_settled(now + SETTLES * 2));
    }
}
