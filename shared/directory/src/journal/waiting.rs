//! The entries that the index lacks although it has later ones: the relay has set them aside. The mark of the index names
//! them, so that whoever reads it reads them from the journal.

use std::cmp::Reverse;

use rollcall_store::{Error, Expression, from_item, strings};

use crate::journal::entry::Entry;
use crate::journal::handle::Journal;
use crate::journal::index::Coverage;
use crate::journal::read_back::readable;

impl Journal<'_> {
    /// Notes that the index, if there is one, lacks an entry that is set aside.
    pub(super) async fn note_waiting(self, entry: &str) -> Result<(), Error> {
        self.change_waiting("ADD waiting :entries", vec![entry.to_owned()])
            .await
    }

    /// Takes the entries off the mark that have their places in the part of the feed that the index has, and those that
    /// have expired.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn forget_waiting(self, coverage: &Coverage) -> Result<(), Error> {
        let waiting = self.waiting(&coverage.waiting).await?;
        let is_lacking = |id: &&String| {
            let entry = waiting.iter().find(|entry| entry.id == **id);
            entry.is_some_and(|entry| {
                let place = entry.sequence;
                place.is_none_or(|place| place > coverage.followed_to)
            })
        };
        let over = coverage.waiting.iter().filter(|id| !is_lacking(id));
        let over: Vec<String> = over.cloned().collect();
        match over.is_empty() {
            true => Ok(()),
            false => self.change_waiting("DELETE waiting :entries", over).await,
        }
    }

    async fn change_waiting(self, change: &str, entries: Vec<String>) -> Result<(), Error> {
        let change = Expression::new(change).with(":entries", strings(entries));
        let key = self.scope.keys().entries_indexed();
        let present = Expression::present();
        self.scope
            .table
            .update_if(&key, &change, &present)
            .await
            .map(drop)
    }

    /// Reads these entries, newest first.
    pub(super) async fn waiting(self, ids: &[String]) -> Result<Vec<Entry>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let log = self.scope.keys().journal();
        let found = self.scope.table.batch_get(ids.iter().map(|id| log.at(id)));
        let found = found.await?.into_iter().map(from_item::<Entry>);
        let mut waiting = readable(self.scope, found);
        waiting.sort_by(|one, other| Reverse(&one.id).cmp(&Reverse(&other.id)));
        Ok(waiting)
    }
}
