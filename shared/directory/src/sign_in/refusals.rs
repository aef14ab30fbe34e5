//! Refused sign-ins: in the journal one entry for each person, reason and minute, so that no application that tries
//! again and again fills the log; and apart from it those of the last seven days, where Health finds them.

use std::cmp::Reverse;

use jiff::Timestamp;
use rollcall_model::{EventType, Subject, USERS, sha256_hex};
use rollcall_store::{Error, Expression, Guard, Range, Transaction, from_item, now, to_item};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::journal::entry::Entry;
use crate::resources::record::Record;
use crate::resources::writes::subject;
use crate::sign_in::decide::{Refusal, Refused};
use crate::sign_in::handle::SignIn;
use crate::sign_in::presented::Presented;
use crate::sign_in::recent::COUNT_FOR;

/// The maximum number of refused sign-ins that are read: the latest ones.
const MAX_READ: usize = 500;
/// The maximum number of candidates that are kept outside of the journal.
const MAX_CANDIDATES: usize = 10;

/// A refused sign-in of the last seven days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentRefusal {
    /// When.
    pub at: Timestamp,
    /// The code of a [`Refusal`], or one that only a newer version knows.
    pub reason: String,
    /// The person whom it could mean; of several, the first. `None` if there is nobody, or nobody any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Subject>,
    /// The ids of the people whom it could mean, the first ten.
    #[serde(default)]
    pub candidates: Vec<String>,
    /// The user name that it brought, folded.
    pub user_name: String,
    /// The connection that it named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// For DynamoDB's time to live.
    expires: i64,
}

impl RecentRefusal {
    /// Returns a refusal that expires after seven days.
    pub fn new(at: Timestamp, refusal: Refusal, person: Option<Subject>, user_name: &str) -> Self {
        let person = person.map(Subject::shortened);
        Self {
            at,
            reason: refusal.as_str().to_owned(),
            candidates: person.iter().map(|person| person.id.clone()).collect(),
            person,
            user_name: rollcall_model::shown(user_name),
            connection: None,
            expires: (at + COUNT_FOR).as_second(),
        }
    }

    /// Returns why; `None` for a reason that only a newer version knows.
    pub fn refusal(&self) -> Option<Refusal> {
        Refusal::of(&self.reason)
    }

    /// Returns who it was, as far as is known: the id of the person, or else the user name.
    pub fn whom(&self) -> &str {
        self.candidates.first().unwrap_or(&self.user_name)
    }

    /// Returns when the refusal counts as recent no more.
    pub fn ends_at(&self) -> Timestamp {
        self.at + COUNT_FOR
    }
}

impl SignIn<'_> {
    /// Notes a refused sign-in, unless that was done in this minute. Returns whether it did.
    ///
    /// # Errors
    /// Only table errors.
    pub(super) async fn note_refusal(
        self,
        refused: &Refused,
        presented: &Presented,
        people: &[Record],
    ) -> Result<bool, Error> {
        let named = refused.candidates.first();
        let record = people.iter().find(|record| Some(&record.id) == named);
        let record = record.map(|record| subject(&USERS, record)).transpose()?;
        let about = match (&record, named) {
            (Some(record), _) => record.clone(),
            (None, Some(id)) => Subject::new("user", id, ""),
            (None, None) => Subject::tenant(&self.scope.tenant),
        };
        let told = json!({
            "reason": refused.refusal.as_str(), "candidates": refused.candidates,
            "user_name": presented.name, "connection": presented.connection,
        });
        let entry = Entry::new(self.scope, EventType::AuthRefused, about);
        let entry = entry.with_change(None, Some(told));
        let at = now();
        let candidates = refused.candidates.iter().take(MAX_CANDIDATES);
        let noted = RecentRefusal {
            candidates: candidates.cloned().collect(),
            connection: presented.connection.clone(),
            ..RecentRefusal::new(at, refused.refusal, record, &presented.name)
        };
        let whom = named.map_or_else(|| sha256_hex(&presented.name), Clone::clone);
        let sort = format!("{:010}#{}#{whom}", at.as_second() / 60, refused.refusal);
        let key = self.scope.keys().refused_sign_ins().at(sort);
        let mut transaction = Transaction::default();
        transaction.put_if(to_item(&key, &noted)?, Expression::absent(), Guard::Used);
        transaction.put(entry.to_item(self.scope.keys())?);
        Ok(self.scope.table.transact(&transaction).await?.is_empty())
    }

    /// Reads the refused sign-ins of the last seven days, newest first, at most 500. Returns them, and whether these are
    /// all.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn refusals(self, now: Timestamp) -> Result<(Vec<RecentRefusal>, bool), Error> {
        let newest = Range::all(self.scope.keys().refused_sign_ins())
            .descending(true)
            .limit(MAX_READ);
        let page = self.scope.table.query(&newest).await?;
        let refused = page.items.into_iter().map(from_item);
        let mut refused = refused.collect::<Result<Vec<RecentRefusal>, _>>()?;
        let read = refused.len();
        refused.retain(|one| one.at >= now - COUNT_FOR);
        // Within a minute they are in the order of reasons.
        refused.sort_by_key(|one| Reverse(one.at));
        let all = page.next.is_none() || refused.len() < read;
        Ok((refused, all))
    }
}
