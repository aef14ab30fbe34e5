//! What the hourly pass remembers of a tenant from one time to the next: where it continues among very many people, and what
//! it last judged, so that a tenant in which nothing happens is not judged anew each hour.
//!
//! It is written whatever is stored. Two passes at the same time can each overwrite what the other one noted, and then one
//! of them looks once more at what both have seen.

use jiff::Timestamp;
use rollcall_store::{Error, TenantItem, from_item, to_item};
use serde::{Deserialize, Serialize};

use crate::findings::handle::Findings;

/// What the hourly pass remembers of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LastPass {
    /// The person after whom the next pass continues; `None` if it begins with the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The last check that changed nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judged: Option<Judged>,
}

/// A check of the tenant after which no finding had opened or closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// What the tenant looked like: another text after each request and each change.
    pub seen: String,
    /// Until when no finding opens or closes by time alone.
    pub until: Timestamp,
}

impl Judged {
    /// Returns whether a check at this time, of a tenant that looks like `seen`, would find the same.
    pub fn holds(&self, seen: &str, at: Timestamp) -> bool {
        self.seen == seen && at < self.until
    }
}

/// A tenant as the hourly pass finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BeforePass {
    /// The tenant was deleted.
    Gone,
    /// Its deletion has begun and has not ended.
    Deleting,
    /// The tenant is there, and this is what the pass remembers of it.
    Living(LastPass),
}

impl Findings<'_> {
    /// Reads what the hourly pass remembers. Returns `None` if the tenant is gone.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn last_pass(self) -> Result<Option<LastPass>, Error> {
        Ok(match self.before_pass().await? {
            BeforePass::Living(last) => Some(last),
            BeforePass::Gone | BeforePass::Deleting => None,
        })
    }

    /// Reads what the hourly pass remembers, and whether the tenant is being deleted.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn before_pass(self) -> Result<BeforePass, Error> {
        let (tenant, last) = (self.scope.keys().tenant(), self.scope.keys().last_pass());
        let mut found = self
            .scope
            .table
            .find([tenant.clone(), last.clone()])
            .await?;
        let Some(tenant) = found.take(&tenant) else {
            return Ok(BeforePass::Gone);
        };
        if TenantItem::from_item(tenant)?.deleting {
            return Ok(BeforePass::Deleting);
        }
        let stored = found.take(&last).map(from_item).transpose()?;
        Ok(BeforePass::Living(stored.unwrap_or_default()))
    }

    /// Stores what the hourly pass remembers, unless the tenant was deleted.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn note_pass(self, last: &LastPass) -> Result<(), Error> {
        let item = to_item(&self.scope.keys().last_pass(), last)?;
        self.scope.put_if_alive(item).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judgement_holds_while_nothing_happens_and_until_its_time() {
        let second = |number| Timestamp::from_second(number).unwrap();
        let judged = Judged {
            seen: "this".to_owned(),
            until: second(10),
        };
        assert!(judged.holds("this", second(9)));
        assert!(!judged.holds("this", second(10)));
        assert!(!judged.holds("that", second(9)));
    }
}
