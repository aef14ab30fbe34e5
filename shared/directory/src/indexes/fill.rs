//! Adds to the indexes what they lack: what is older than they are, and what the relay missed. It can be interrupted,
//! and continues where it was.

use jiff::{SignedDuration, Timestamp};
use rollcall_model::USERS;
use rollcall_store::{Error, Range, from_item, now, text, to_item};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use uuid::Uuid;

use crate::indexes::handle::Indexes;
use crate::journal::feed::Head;
use crate::journal::handle::Journal;
use crate::journal::index::Coverage;

/// How old a change can be that the index usually lacks: the relay adds it a moment after it has its place in the feed.
const MARGIN: SignedDuration = SignedDuration::from_secs(10);

/// Events or people that are added at once.
const AT_ONCE: usize = 100;

/// Which people the index by words has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WordsCoverage {
    /// Whether it has everybody.
    #[serde(default)]
    complete: bool,
    /// Whether it has the roles of everybody. Earlier versions have none.
    #[serde(default)]
    roles: bool,
    /// Whether it has the roles of those up to `behind`.
    #[serde(default)]
    roles_begun: bool,
    /// The last person that was added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    behind: Option<String>,
}

impl WordsCoverage {
    fn has_all(&self) -> bool {
        self.complete && self.roles
    }

    /// Returns how far the index is. `has_all` says whether it has everybody, and `is_late` whether it lacks changes.
    fn reached(&self, has_all: bool, is_late: bool) -> IndexedPeople {
        let behind = self.behind.as_deref().filter(|_| !has_all);
        IndexedPeople {
            complete: has_all && !is_late,
            until: behind.and_then(created_at),
            lacks_only_changes: has_all && is_late,
        }
    }

    /// The coverage of an index that has everybody.
    pub(super) const ALL: Self = Self {
        complete: true,
        roles: true,
        roles_begun: true,
        behind: None,
    };
}

/// How far an index of people is. The hourly pass adds people in order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexedPeople {
    /// Whether it has everybody as they are.
    #[serde(rename = "c")]
    pub complete: bool,
    /// When the last person was created whom the pass has added; `None` before the first, and when the index has everybody.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Whether it has everybody, but not the last changes, because the relay could not add them.
    #[serde(rename = "l", default, skip_serializing_if = "std::ops::Not::not")]
    pub lacks_only_changes: bool,
}

/// Returns when the id of a person was made.
fn created_at(id: &str) -> Option<Timestamp> {
    let (seconds, nanos) = Uuid::try_parse(id).ok()?.get_timestamp()?.to_unix();
    Timestamp::new(seconds.try_into().ok()?, nanos.try_into().ok()?).ok()
}

/// What one call added to the indexes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// How many events were added.
    pub events: usize,
    /// How many people were checked.
    pub people: usize,
    /// Whether nothing is missing any more.
    pub complete: bool,
}

impl Indexes<'_> {
    /// Adds what the indexes lack, until `deadline`. The next call continues from there.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn complete(self, deadline: Instant) -> Result<Filled, Error> {
        let mut filled = Filled::default();
        let journal = Journal::of(self.scope);
        let Some(mut coverage) = journal.begin_index().await? else {
            // Nothing has happened in the tenant yet.
            return Ok(filled);
        };
        self.mend_roles(&mut coverage).await?;
        let mut followed_to = coverage.followed_to;
        loop {
            let missed = journal.events(followed_to, AT_ONCE).await?;
            let Some(last) = missed.last() else { break };
            self.add(Some(&coverage), followed_to, &missed).await?;
            followed_to = last.sequence;
            filled.events += missed.len();
            if Instant::now() >= deadline {
                return Ok(filled);
            }
        }
        if !coverage.waiting.is_empty() {
            let followed = Coverage {
                followed_to,
                ..coverage.clone()
            };
            journal.forget_waiting(&followed).await?;
        }
        // People first: a tenant can have millions of old events.
        if !self.complete_words(deadline, &mut filled).await? {
            return Ok(filled);
        }
        while coverage.complete_since.is_some() {
            let (events, now_covered) = journal.fill_index(coverage).await?;
            coverage = now_covered;
            filled.events += events;
            if Instant::now() >= deadline {
                return Ok(filled);
            }
        }
        filled.complete = true;
        Ok(filled)
    }

    /// Begins with the roles of everybody again if an earlier version, which does not index them, has added events.
    async fn mend_roles(self, coverage: &mut Coverage) -> Result<(), Error> {
        if coverage.has_roles() {
            return Ok(());
        }
        let words = WordsCoverage {
            complete: self.words_coverage().await?.complete,
            ..WordsCoverage::default()
        };
        let key = self.scope.keys().words_indexed();
        self.scope.put_if_alive(to_item(&key, &words)?).await?;
        // If events were added meanwhile, the next pass does so once more.
        if Journal::of(self.scope).note_roles(coverage).await? {
            coverage.roles_to = Some(coverage.followed_to);
        }
        Ok(())
    }

    /// Returns how far the index by words is.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn people_by_words(self) -> Result<IndexedPeople, Error> {
        let (coverage, is_late) = self.words_and_lateness().await?;
        Ok(coverage.reached(coverage.complete, is_late))
    }

    /// Returns how far the index by roles is.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn people_by_roles(self) -> Result<IndexedPeople, Error> {
        let (coverage, is_late) = self.words_and_lateness().await?;
        Ok(coverage.reached(coverage.has_all(), is_late))
    }

    /// Returns which people the index has, and whether it lacks a change that the relay should have added by now.
    async fn words_and_lateness(self) -> Result<(WordsCoverage, bool), Error> {
        let keys = self.scope.keys();
        let read = [
            keys.words_indexed(),
            keys.entries_indexed(),
            keys.event_head(),
        ];
        let mut found = self.scope.table.find(read.clone()).await?;
        let [words, entries, head] = read.map(|key| found.take(&key));
        let words: WordsCoverage = words.map(from_item).transpose()?.unwrap_or_default();
        let entries = entries.map(from_item::<Coverage>).transpose()?;
        let head = head.map(from_item::<Head>).transpose()?;
        let (Some(entries), Some(head)) = (entries, head) else {
            return Ok((words, false));
        };
        if entries.followed_to >= head.given {
            return Ok((words, false));
        }
        let lacking = keys.event(entries.followed_to + 1);
        let lacking = self.scope.table.get(&lacking).await?;
        // One that cannot be read may be of any age.
        let lacking = lacking.and_then(|item| Journal::of(self.scope).stored_event(item).ok());
        let is_late = lacking.is_none_or(|event| event.occurred_at < now() - MARGIN);
        Ok((words, is_late))
    }

    async fn words_coverage(self) -> Result<WordsCoverage, Error> {
        let key = self.scope.keys().words_indexed();
        let item = self.scope.table.get(&key).await?;
        Ok(item.map(from_item).transpose()?.unwrap_or_default())
    }

    /// Adds people to the index by words, until `deadline`. Returns whether it has everybody.
    async fn complete_words(self, deadline: Instant, filled: &mut Filled) -> Result<bool, Error> {
        let mut coverage = self.words_coverage().await?;
        // An earlier version added people without their roles.
        coverage.behind = coverage.behind.filter(|_| coverage.roles_begun);
        while !coverage.has_all() {
            let range = Range::all(self.scope.keys().resources(&USERS))
                .after(coverage.behind.take())
                .limit(AT_ONCE);
            let page = self.scope.table.query(&range).await?;
            let ids = page
                .items
                .iter()
                .map(|item| Ok(text(item, "SK")?.to_owned()));
            let ids = ids.collect::<Result<_, Error>>()?;
            self.refresh_people(&ids).await?;
            filled.people += ids.len();
            coverage = WordsCoverage {
                complete: coverage.complete || page.next.is_none(),
                roles: page.next.is_none(),
                roles_begun: true,
                behind: page.next,
            };
            let key = self.scope.keys().words_indexed();
            self.scope.put_if_alive(to_item(&key, &coverage)?).await?;
            if Instant::now() >= deadline && !coverage.has_all() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_an_index_is() {
        let behind = "01890a5d-ac96-774b-bcce-b302099a8057";
        let coverage = |complete, roles, behind: Option<&str>| WordsCoverage {
            complete,
            roles,
            roles_begun: true,
            behind: behind.map(str::to_owned),
        };
        let until = "2023-06-30T03:34:18.518Z".parse().ok();
        assert!(created_at(behind).is_some() && created_at("nobody").is_none());
        for (coverage, by_words, by_roles) in [
            (WordsCoverage::default(), (false, None), (false, None)),
            (
                coverage(false, false, Some(behind)),
                (false, until),
                (false, until),
            ),
            // Begun again, for the roles.
            (
                coverage(true, false, Some(behind)),
                (true, None),
                (false, until),
            ),
            (WordsCoverage::ALL, (true, None), (true, None)),
        ] {
            let reached = |has_all| {
                let late = coverage.reached(has_all, true);
                assert_eq!((late.complete, late.lacks_only_changes), (false, has_all));
                let reached = coverage.reached(has_all, false);
                assert!(!reached.lacks_only_changes);
                (reached.complete, reached.until)
            };
            assert_eq!(reached(coverage.complete), by_words, "{coverage:?}");
            assert_eq!(reached(coverage.has_all()), by_roles, "{coverage:?}");
        }
    }
}
