//! Who signed in lately, apart from all else that the journal tells: a push would bury it there within seconds.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::insight::health::rules::short;
use crate::journal::entry::{Entry, Subject};
use crate::store::item::{from_item, to_item};
use crate::store::table::Range;
use crate::store::transaction::Transaction;
use crate::tenant::Tenant;

/// Sign-ins further back say nothing about now, and are forgotten.
const COUNT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Sign-ins that are looked at, the latest.
const MAX_LOOKED_AT: usize = 500;

/// A sign-in that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SignInSeen {
    pub(crate) at: Timestamp,
    pub(crate) person: Subject,
    /// Whether the assertion had a `groups` claim.
    pub(crate) has_claim: bool,
    /// For DynamoDB's time to live.
    expires: i64,
}

impl SignInSeen {
    pub(crate) fn new(at: Timestamp, person: Subject, has_claim: bool) -> Self {
        Self {
            at,
            person,
            has_claim,
            expires: (at + COUNT_FOR).as_second(),
        }
    }
}

impl Tenant {
    /// Keeps the sign-in of which the entry tells.
    pub(crate) fn write_sign_in(
        &self,
        transaction: &mut Transaction,
        entry: &Entry,
        has_claim: bool,
    ) -> Result<(), Error> {
        let person = Subject {
            name: short(&entry.subject.name),
            ..entry.subject.clone()
        };
        let seen = SignInSeen::new(entry.at, person, has_claim);
        transaction.put(to_item(&self.id.sign_ins().at(&entry.id), &seen)?);
        Ok(())
    }

    /// The latest sign-ins that count, newest first, and whether these are all.
    pub(crate) async fn latest_sign_ins(
        &self,
        now: Timestamp,
    ) -> Result<(Vec<SignInSeen>, bool), Error> {
        let newest = Range::all(self.id.sign_ins())
            .descending(true)
            .limit(MAX_LOOKED_AT);
        let page = self.table.query(&newest).await?;
        let seen = page.items.into_iter().map(from_item);
        let mut seen = seen.collect::<Result<Vec<SignInSeen>, _>>()?;
        let read = seen.len();
        seen.retain(|one| one.at >= now - COUNT_FOR);
        let all = page.next.is_none() || seen.len() < read;
        Ok((seen, all))
    }
}
