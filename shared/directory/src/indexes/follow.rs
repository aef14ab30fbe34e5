//! Brings the indexes up to date with events of the feed.

use std::collections::BTreeSet;

use rollcall_store::{Error, now, to_item};

use crate::indexes::fill::WordsCoverage;
use crate::indexes::handle::Indexes;
use crate::indexes::words::WORDED;
use crate::journal::feed::Event;
use crate::journal::handle::Journal;
use crate::journal::index::{Coverage, Noted};

/// The retention in days of the index items of a tenant that was deleted, as of its entries.
const KEEP_DAYS: u32 = 30;

impl Indexes<'_> {
    /// Adds events of the feed, in their order, to the indexes. Adding them again, or in another order, does no harm.
    ///
    /// Whoever gives events their places calls it. If a call is missed or fails, [`Self::complete`] makes up for it. Until
    /// then, the index of entries says what it lacks, and the index of words lacks those people.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn follow(self, events: &[Event]) -> Result<(), Error> {
        let known = Journal::of(self.scope).coverage().await?;
        let is_new = |event: &&Event| known.as_ref().is_none_or(|it| !it.has(event.sequence));
        let new: Vec<Event> = events.iter().filter(is_new).cloned().collect();
        // Events that are relayed again can have their places anywhere.
        for run in new.chunk_by(|one, next| next.sequence == one.sequence + 1) {
            let before = run[0].sequence.saturating_sub(1);
            self.add(known.as_ref(), before, run).await?;
        }
        Ok(())
    }

    /// Adds events, which follow the event `before`, to the indexes, and notes it. If the tenant was erased meanwhile, takes
    /// them off again.
    pub(super) async fn add(
        self,
        known: Option<&Coverage>,
        before: u64,
        events: &[Event],
    ) -> Result<(), Error> {
        self.write(events).await?;
        match self.cover(known, before, events).await? {
            Noted::Gone => Journal::of(self.scope).unindex(events).await,
            Noted::Begun | Noted::Done => Ok(()),
        }
    }

    /// Adds events to the indexes without noting it.
    async fn write(self, events: &[Event]) -> Result<(), Error> {
        let keep_days = match self.scope.settings().await {
            Ok(settings) => settings.retention_days,
            Err(error) if error.is_refusal() => KEEP_DAYS,
            Err(error) => return Err(error),
        };
        let expires = now().as_second() + i64::from(keep_days) * 86_400;
        Journal::of(self.scope).index(events, expires).await?;
        let concerned = events.iter().filter(|event| can_change_words(event));
        let people: BTreeSet<String> = concerned.map(|event| event.subject.id.clone()).collect();
        self.refresh_people(&people).await?;
        Ok(())
    }

    /// Notes that the indexes have these events, which follow the event `before`.
    async fn cover(
        self,
        known: Option<&Coverage>,
        before: u64,
        events: &[Event],
    ) -> Result<Noted, Error> {
        let journal = Journal::of(self.scope);
        let noted = journal.cover(known, before, events).await?;
        if noted == Noted::Begun && before == 0 {
            // The tenant's first event: nobody was there before it.
            let key = self.scope.keys().words_indexed();
            let all = to_item(&key, &WordsCoverage::ALL)?;
            self.scope.table.put(all).await?;
        }
        Ok(noted)
    }
}

/// Returns whether the event can change the words of its subject. Whether it does is decided from the stored person.
fn can_change_words(event: &Event) -> bool {
    let has_words = |attribute: &&str| {
        [&event.before, &event.after]
            .into_iter()
            .flatten()
            .any(|values| values.get(attribute).is_some())
    };
    event.subject.kind == "user"
        && (WORDED.iter().any(has_words)
            || event.kind == "user.role_changed"
            || event.kind == "user.created"
            || event.kind == "user.deleted"
            || event.kind == "user.merged")
}
