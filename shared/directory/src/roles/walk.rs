//! The walk through everybody of a tenant, after a change of its settings or roles: one at a time, in bounded parts.
//!
//! The stored walk says how far it is. A change while it is under way starts no second one: the walk then goes through
//! everybody once more when it is done. So any number of changes in a row costs two walks at most.

use jiff::{SignedDuration, Timestamp};
use rollcall_model::{USERS, new_id};
use rollcall_store::{
    Error, Expression, Guard, Transaction, from_item, now, number, retry_stale, to_item,
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::journal::feed::Event;
use crate::resources::handle::Resources;
use crate::roles::continuation::{Continuation, PEOPLE_AT_ONCE};
use crate::roles::handle::Roles;

/// The sort key among the reconciliations of groups, whose keys are ids.
const EVERYBODY: &str = "everybody";
/// Sorts before all ids.
const BEFORE_ALL: &str = "0";
/// After this time without progress, the message that continues a walk is lost, and the next change begins a new one.
const LOST: SignedDuration = SignedDuration::from_mins(15);

/// The settings that decide roles. No other setting changes anybody's role.
const DECIDING: [&str; 4] = ["sso_default_role", "manual_roles", "role_sync", "route_by"];

/// The progress of the walk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Walk {
    /// The id of the run.
    run: String,
    /// The event that began it.
    ordered_by: String,
    /// Counts what was stored.
    version: u64,
    /// The person after whom it continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    behind: Option<String>,
    /// Whether it goes through everybody once more, because of a change since it began.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    again: bool,
    /// When it was last stored.
    noted_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finished_at: Option<Timestamp>,
}

impl Walk {
    fn is_under_way(&self) -> bool {
        self.finished_at.is_none() && self.noted_at.duration_until(now()) < LOST
    }

    /// Returns the message that continues the walk. To an earlier version, it is the rest of the people.
    fn rest(&self) -> Continuation {
        let behind = self.behind.clone();
        Continuation::PeopleBehind(behind.unwrap_or_else(|| BEFORE_ALL.to_owned()))
    }

    /// Returns the walk after a page of people, of which `next` is the last if there are more.
    fn after_page(&self, next: Option<String>) -> Self {
        let is_over = next.is_none();
        Self {
            version: self.version + 1,
            again: self.again && !is_over,
            noted_at: now(),
            finished_at: (is_over && !self.again).then(now),
            behind: next,
            ..self.clone()
        }
    }
}

/// Returns whether a change of settings can change a role.
pub(super) fn decides_roles(event: &Event) -> bool {
    let (Some(before), Some(after)) = (&event.before, &event.after) else {
        return true;
    };
    DECIDING.iter().any(|name| before[*name] != after[*name])
}

impl Roles<'_> {
    /// Begins a walk for an event, unless one is under way: then that one goes through everybody once more. Returns whether
    /// the caller has to do the walk.
    pub(super) async fn begin_walk(self, event: &str) -> Result<bool, Error> {
        retry_stale(|_| async move {
            let stored = self.walk().await?;
            let under_way = stored.as_ref().filter(|walk| walk.is_under_way());
            if let Some(walk) = under_way
                && (walk.again || walk.ordered_by == event)
            {
                return Ok(Some(walk.ordered_by == event));
            }
            let is_ours = under_way.is_none();
            let version = stored.as_ref().map(|walk| walk.version);
            let next = version.map_or(0, |version| version + 1);
            let walk = match under_way {
                Some(walk) => Walk {
                    again: true,
                    version: next,
                    ..walk.clone()
                },
                None => Walk {
                    run: new_id(),
                    ordered_by: event.to_owned(),
                    version: next,
                    behind: None,
                    again: false,
                    noted_at: now(),
                    finished_at: None,
                },
            };
            match self.note_walk(&walk, version).await?.as_slice() {
                [] => Ok(Some(is_ours)),
                // Nobody is left to walk through.
                failed if failed.contains(&Guard::Gone) => Ok(Some(false)),
                _ => Ok(None),
            }
        })
        .await
    }

    /// Goes on with the walk, at least by one part, until `deadline`. Returns what remains. A message of a walk that is over
    /// does nothing. `behind` counts only in a message of an earlier version, which stored no walk.
    pub(super) async fn go_on_with_walk(
        self,
        behind: Option<&str>,
        deadline: Instant,
    ) -> Result<Option<Continuation>, Error> {
        let Some(mut walk) = self.walk().await? else {
            let behind = behind.map(str::to_owned);
            let next = self.reconcile_all(behind, deadline).await?;
            return Ok(next.map(Continuation::PeopleBehind));
        };
        while walk.finished_at.is_none() {
            let people = Resources::of(self.scope);
            let page = people.records_after(&USERS, walk.behind.clone(), PEOPLE_AT_ONCE);
            let (people, next) = page.await?;
            self.check_people(&people).await?;
            let Some(noted) = self.note_page(walk, next).await? else {
                return Ok(None);
            };
            walk = noted;
            if walk.finished_at.is_none() && Instant::now() >= deadline {
                return Ok(Some(walk.rest()));
            }
        }
        Ok(None)
    }

    /// Stores that a page is done. Returns `None` if another worker does the walk, or a new one has begun.
    async fn note_page(self, mut walk: Walk, next: Option<String>) -> Result<Option<Walk>, Error> {
        let (run, behind) = (walk.run.clone(), walk.behind.clone());
        loop {
            let after = walk.after_page(next.clone());
            let failed = self.note_walk(&after, Some(walk.version)).await?;
            if failed.is_empty() {
                return Ok(Some(after));
            }
            // A change in the meantime leaves the place as it is.
            let stored = self.walk().await?;
            let is_same = |stored: &Walk| {
                stored.run == run && stored.behind == behind && stored.finished_at.is_none()
            };
            match stored.filter(is_same) {
                Some(stored) if stored.again != walk.again => walk = stored,
                _ => return Ok(None),
            }
        }
    }

    async fn walk(self) -> Result<Option<Walk>, Error> {
        let key = self.scope.keys().reconciliations().at(EVERYBODY);
        let item = self.scope.table.get(&key).await?;
        item.map(from_item).transpose()
    }

    /// Stores the walk if the stored one has this version, or else if there is none and the tenant was not deleted. Returns
    /// what does not hold.
    async fn note_walk(self, walk: &Walk, version: Option<u64>) -> Result<Vec<Guard>, Error> {
        let key = self.scope.keys().reconciliations().at(EVERYBODY);
        let same = match version {
            Some(version) => {
                Expression::new("version = :version").with(":version", number(version))
            }
            None => Expression::absent(),
        };
        let mut transaction = Transaction::default();
        transaction.put_if(to_item(&key, walk)?, same, Guard::Stale);
        // A message can arrive again after everything of the tenant was erased.
        if version.is_none() {
            self.scope.check_alive(&mut transaction);
        }
        self.scope.table.transact(&transaction).await
    }

    /// Takes the tenant's turn at the roles of many people for this work, or keeps it. Returns `false` while other work of
    /// the kind has it.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn take_turn(self, work: &str) -> Result<bool, Error> {
        self.turn().take(work).await
    }

    /// Gives back the turn of work that is done.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn end_turn(self, work: &str) -> Result<(), Error> {
        self.turn().end(work).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(again: bool) -> Walk {
        Walk {
            run: "r".to_owned(),
            ordered_by: "e".to_owned(),
            version: 3,
            behind: Some("p".to_owned()),
            again,
            noted_at: now(),
            finished_at: None,
        }
    }

    #[test]
    fn a_walk_ends_after_everybody_or_begins_once_more() {
        let next = walk(false).after_page(Some("q".to_owned()));
        assert_eq!((next.behind.as_deref(), next.version), (Some("q"), 4));
        assert!(next.finished_at.is_none());
        assert!(walk(false).after_page(None).finished_at.is_some());
        let more = walk(true).after_page(Some("q".to_owned()));
        assert!(more.again && more.finished_at.is_none());
        let once_more = walk(true).after_page(None);
        assert!(!once_more.again && once_more.behind.is_none());
        assert!(once_more.finished_at.is_none() && once_more.is_under_way());
    }
}
