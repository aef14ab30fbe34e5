//! Finds journal entries that the relay missed or set aside, and puts them into the table's stream again.

use std::time::Duration;

use futures::stream::{self, StreamExt, TryStreamExt};
use rollcall_store::{
    Error, Expression, Guard, Range, Transaction, Updated, from_item, just_after, key_item, now,
    number, string, strings, text,
};
use serde::Deserialize;
use tokio::time::Instant;

use crate::journal::handle::Journal;

/// Journal entries per query of the search for entries without a sequence number.
const CHECKED_AT_ONCE: usize = 500;
/// The maximum number of journal entries that one such search reads.
const MAX_CHECKED: usize = 10_000;
/// Reminders that are written concurrently.
const REMINDED_AT_ONCE: usize = 8;
/// How many ids of entries that were set aside fit in the item of [`Places`]. Each further one has an item of its own: one item
/// holds 400 KB, and whoever changes it pays for all of it.
const MOST_IN_ONE_ITEM: usize = 500;
/// The attribute of a journal entry that puts the entry into the table's stream again.
pub const REMINDER: &str = "reminded_at";

/// What is known about the places of entries.
#[derive(Debug, Default, Deserialize)]
struct Places {
    /// The entry up to which every entry has a sequence number, except those that were set aside.
    #[serde(default)]
    up_to: Option<String>,
    /// The entries that the relay has set aside. A version before had no bound.
    #[serde(default)]
    set_aside: Vec<String>,
}

/// An entry that the relay has set aside, by id.
#[derive(Debug)]
enum SetAside {
    /// In the item of [`Places`].
    Listed(String),
    /// In an item of its own.
    Alone(String),
}

/// The part of an entry that says whether it has its place. An entry that is unreadable otherwise still has one.
#[derive(Debug, Deserialize)]
struct Placed {
    #[serde(rename = "SK")]
    id: String,
    #[serde(rename = "placed_at", default)]
    sequence: Option<u64>,
}

impl Journal<'_> {
    /// Puts entries without a sequence number into the table's stream again, if they are older than `older_than`:
    /// entries that the relay gave up on, and entries from a restored backup, which the stream never had. Returns how
    /// many.
    ///
    /// An entry is put into the stream at most once a day, because it may still be on its way. Each call reads a
    /// bounded number of entries until `deadline`, starting after those that are known to have their numbers.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn remind_of_unplaced(
        self,
        older_than: Duration,
        deadline: Instant,
    ) -> Result<usize, Error> {
        let end = just_after(now() - older_than);
        let (mut behind, mut reminded) = self.take_up_all(deadline).await?;
        let (mut looked_at, mut whole) = (0, true);
        while looked_at < MAX_CHECKED && Instant::now() < deadline {
            let range = Range::all(self.scope.keys().journal())
                .after(behind)
                .limit(CHECKED_AT_ONCE);
            let page = self.scope.table.query(&range).await?;
            looked_at += page.items.len();
            let entries = page.items.into_iter().map(from_item::<Placed>);
            let mut entries = entries.collect::<Result<Vec<_>, Error>>()?;
            let read = entries.len();
            entries.retain(|entry| entry.id < end);
            if whole {
                let mut placed = entries.iter().take_while(|it| it.sequence.is_some());
                if let Some(last) = placed.by_ref().last() {
                    self.all_placed_up_to(&last.id).await?;
                }
                whole = entries.iter().all(|entry| entry.sequence.is_some());
            }
            let waiting = entries.iter().filter(|entry| entry.sequence.is_none());
            reminded += self.remind_of(waiting.map(|entry| &*entry.id)).await?;
            match page.next {
                Some(next) if entries.len() == read => behind = Some(next),
                _ => break,
            }
        }
        Ok(reminded)
    }

    /// Sets an entry aside: it cannot be relayed, and must not hold up the entries of others. Each search for unplaced
    /// entries puts it into the stream again.
    ///
    /// # Errors
    /// Only table errors. The entry is then not set aside.
    pub async fn set_aside(self, entry: &str) -> Result<(), Error> {
        let keys = self.scope.keys();
        let add =
            Expression::new("ADD set_aside :entry").with(":entry", strings([entry.to_owned()]));
        let has_room = Expression::present()
            .and("(attribute_not_exists(set_aside) OR size(set_aside) < :most)")
            .with(":most", number(MOST_IN_ONE_ITEM));
        let key = keys.all_placed();
        match self.scope.table.update_if(&key, &add, &has_room).await? {
            Updated::Done(_) => {}
            Updated::Absent => self.change_places(add, entry).await?,
            Updated::Unchanged(_) => {
                let mut transaction = Transaction::default();
                transaction.put(key_item(&keys.set_aside(entry)));
                // As in `change_places`: nothing begins after the tenant was erased.
                let journal = keys.journal().at(entry);
                transaction.check(journal, Expression::present(), Guard::Gone);
                self.scope.table.transact(&transaction).await?;
                // The index does not note more than the item does: its mark is read with every page.
                return Ok(());
            }
        }
        self.note_waiting(entry).await
    }

    /// Puts the entries that were set aside into the stream again, until `deadline`; the next call goes on with the others.
    /// Returns up to which entry every entry has a sequence number, if that is known, and how many it put into the stream.
    async fn take_up_all(self, deadline: Instant) -> Result<(Option<String>, usize), Error> {
        let mut range = Range::places(self.scope.keys()).limit(CHECKED_AT_ONCE);
        let (mut up_to, mut count) = (None, 0);
        loop {
            let page = self.scope.table.query(&range).await?;
            let mut set_aside = Vec::new();
            for item in page.items {
                match text(&item, "SK")?.split_once('#') {
                    Some((_, entry)) => set_aside.push(SetAside::Alone(entry.to_owned())),
                    None => {
                        let places: Places = from_item(item)?;
                        up_to = places.up_to;
                        set_aside.extend(places.set_aside.into_iter().map(SetAside::Listed));
                    }
                }
            }
            for one in &set_aside {
                if Instant::now() >= deadline {
                    return Ok((up_to, count));
                }
                self.take_up(one).await?;
                count += 1;
            }
            match page.next {
                Some(next) => range = range.after(Some(next)),
                None => return Ok((up_to, count)),
            }
        }
    }

    /// Puts an entry that was set aside into the stream again. Whether it can be relayed now, the relay finds out.
    async fn take_up(self, set_aside: &SetAside) -> Result<(), Error> {
        let (SetAside::Listed(entry) | SetAside::Alone(entry)) = set_aside;
        let keys = self.scope.keys();
        let mut transaction = Transaction::default();
        let remind = Expression::new("SET reminded_at = :now");
        transaction.update_if(
            keys.journal().at(entry),
            remind.with(":now", number(now().as_second())),
            Expression::present(),
            Guard::Gone,
        );
        let taken_up =
            Expression::new("DELETE set_aside :entry").with(":entry", strings([entry.clone()]));
        // Both at once: if the relay sets it aside again, it is on the list again.
        match set_aside {
            SetAside::Listed(_) => transaction.update(keys.all_placed(), taken_up.clone()),
            SetAside::Alone(_) => transaction.delete(keys.set_aside(entry)),
        }
        if self.scope.table.transact(&transaction).await?.is_empty() {
            return Ok(());
        }
        // The entry has expired.
        match set_aside {
            SetAside::Listed(_) => self.change_places(taken_up, entry).await,
            SetAside::Alone(_) => {
                let mut transaction = Transaction::default();
                transaction.delete(keys.set_aside(entry));
                self.scope.table.transact(&transaction).await.map(|_| ())
            }
        }
    }

    async fn all_placed_up_to(self, entry: &str) -> Result<(), Error> {
        let set = Expression::new("SET up_to = :up_to").with(":up_to", string(entry));
        self.change_places(set, entry).await
    }

    /// Changes only some attributes, because the relay and the search write the same item. The item begins only while the
    /// entry is there: with the tenant, both are erased.
    async fn change_places(self, change: Expression, entry: &str) -> Result<(), Error> {
        let keys = self.scope.keys();
        let key = keys.all_placed();
        let present = Expression::present();
        if let Updated::Absent = self.scope.table.update_if(&key, &change, &present).await? {
            let mut transaction = Transaction::default();
            transaction.update(key, change);
            transaction.check(keys.journal().at(entry), present, Guard::Gone);
            self.scope.table.transact(&transaction).await?;
        }
        Ok(())
    }

    async fn remind_of(self, entries: impl Iterator<Item = &str>) -> Result<usize, Error> {
        let at = now().as_second();
        let reminders = entries.map(|entry| async move {
            let mut transaction = Transaction::default();
            transaction.update_if(
                self.scope.keys().journal().at(entry),
                Expression::new("SET reminded_at = :now").with(":now", number(at)),
                Expression::new(
                    "attribute_exists(PK) AND attribute_not_exists(placed_at) \
                     AND (attribute_not_exists(reminded_at) OR reminded_at < :yesterday)",
                )
                .with(":yesterday", number(at - 86_400)),
                Guard::Stale,
            );
            // If the guard fails, the entry has its number by now, or was put into the stream within the last day.
            let failed = self.scope.table.transact(&transaction).await?;
            Ok(usize::from(failed.is_empty()))
        });
        stream::iter(reminders.collect::<Vec<_>>())
            .buffer_unordered(REMINDED_AT_ONCE)
            .try_fold(0, |sum, one| async move { Ok(sum + one) })
            .await
    }

    /// Returns the ids of the journal entries that have no sequence number yet.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn unplaced(self) -> Result<Vec<String>, Error> {
        let range = Range::all(self.scope.keys().journal());
        let entries = self
            .scope
            .table
            .query_all(range)
            .await?
            .into_iter()
            .map(from_item::<Placed>);
        let waiting = |entry: Result<Placed, Error>| match entry {
            Ok(entry) => entry.sequence.is_none().then_some(Ok(entry.id)),
            Err(error) => Some(Err(error)),
        };
        entries.filter_map(waiting).collect()
    }
}
