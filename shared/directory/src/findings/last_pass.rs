//! What the hourly pass remembers of a tenant from one time to the next: where it continues among very many people, and what
//! it last judged, so that a tenant in which nothing happens is not judged anew each hour.
//!
//! It is written without a condition. Two passes at the same time can each overwrite what the other one noted, and then one
//! of them looks once more at what both have seen.

use jiff::Timestamp;
use rollcall_store::{Error, from_item, to_item};
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

impl Findings<'_> {
    /// Reads what the hourly pass remembers. Returns `None` if the tenant is gone.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn last_pass(self) -> Result<Option<LastPass>, Error> {
        let (tenant, last) = (self.scope.keys().tenant(), self.scope.keys().last_pass());
        let mut found = self
            .scope
            .table
            .find([tenant.clone(), last.clone()])
            .await?;
        if found.take(&tenant).is_none() {
            return Ok(None);
        }
        let stored = found.take(&last).map(from_item).transpose()?;
        Ok(Some(stored.unwrap_or_default()))
    }

    /// Stores what the hourly pass remembers.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn note_pass(self, last: &LastPass) -> Result<(), Error> {
        let item = to_item(&self.scope.keys().last_pass(), last)?;
        self.scope.table.put(item).await
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
