//! The sign-ins of the last seven days. They are stored apart from the journal, where a single push adds so many
//! entries that recent sign-ins are hard to find.

use jiff::{SignedDuration, Timestamp};
use rollcall_model::Subject;
use rollcall_store::{Error, Range, Scope, Transaction, from_item, to_item};
use serde::{Deserialize, Serialize};

use crate::journal::entry::Entry;
use crate::sign_in::handle::SignIn;
use crate::sign_in::presented::{BroughtSubject, Presented};

/// How long a sign-in counts as recent.
pub(super) const COUNT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The maximum number of sign-ins that are read: the latest ones.
const MAX_READ: usize = 500;

/// A recent sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentSignIn {
    /// When the person signed in.
    pub at: Timestamp,
    /// The person who signed in.
    pub person: Subject,
    /// Whether the assertion had a `groups` claim.
    pub has_claim: bool,
    /// The connection that it named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// What it brought as subject; `None` if an earlier version stored the sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<BroughtSubject>,
    /// For DynamoDB's time to live.
    expires: i64,
}

impl RecentSignIn {
    /// Returns a sign-in that expires after seven days.
    pub fn new(at: Timestamp, person: Subject, has_claim: bool) -> Self {
        Self {
            at,
            person,
            has_claim,
            connection: None,
            subject: None,
            expires: (at + COUNT_FOR).as_second(),
        }
    }

    /// Returns when the sign-in counts as recent no more.
    pub fn ends_at(&self) -> Timestamp {
        self.at + COUNT_FOR
    }
}

/// Writes the sign-in that the entry records.
pub(super) fn write_sign_in(
    scope: &Scope,
    transaction: &mut Transaction,
    entry: &Entry,
    presented: &Presented,
    has_claim: bool,
) -> Result<(), Error> {
    let person = entry.subject.clone().shortened();
    let seen = RecentSignIn {
        connection: presented.connection.clone(),
        subject: Some(presented.brought),
        ..RecentSignIn::new(entry.at, person, has_claim)
    };
    transaction.put(to_item(&scope.keys().sign_ins().at(&entry.id), &seen)?);
    Ok(())
}

impl SignIn<'_> {
    /// Reads the recent sign-ins, newest first, at most 500. Returns them, and whether these are all.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn recent(self, now: Timestamp) -> Result<(Vec<RecentSignIn>, bool), Error> {
        let newest = Range::all(self.scope.keys().sign_ins())
            .descending(true)
            .limit(MAX_READ);
        let page = self.scope.table.query(&newest).await?;
        let seen = page.items.into_iter().map(from_item);
        let mut seen = seen.collect::<Result<Vec<RecentSignIn>, _>>()?;
        let read = seen.len();
        seen.retain(|one| one.at >= now - COUNT_FOR);
        let all = page.next.is_none() || seen.len() < read;
        Ok((seen, all))
    }
}
