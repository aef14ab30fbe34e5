//! The index of people by words: which words a person is found by, decided from the stored person. The roles that the
//! last event reported are among them.
//!
//! A list for each person names the words that the index has for them, so that words of an old name are found and
//! removed. While words change, the list names the old and the new ones and is marked as open. Whoever finds it open
//! writes all words again, so an attempt that was cut off leaves nothing behind. Because only stored state counts,
//! attempts may come twice, late, or in any order.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt, TryStreamExt};
use rollcall_model::{USERS, is_id};
use rollcall_store::{Error, Expression, Key, Updated, from_item, number, to_item};
use serde::{Deserialize, Serialize};

use crate::indexes::handle::Indexes;
use crate::indexes::words::{Indexed, indexed};
use crate::resources::record::Record;

/// People whose words are written concurrently. All words of a tenant are in one partition.
const CONCURRENCY: usize = 2;
/// The maximum number of attempts for one person.
const MAX_TURNS: usize = 20;

/// The words that the index has for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct WordList {
    words: BTreeSet<String>,
    /// Those of the words whose items say that only an address or a user name has them. Earlier versions note none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    addresses: BTreeSet<String>,
    /// Increases by one with every write.
    revision: u64,
    /// Whether the words are being written, so that some may be missing in the index.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_open: bool,
}

/// What an item of the index says, beside its key.
#[derive(Serialize)]
struct WordItem {
    /// Whether only an address or a user name of the person has the word. A search for names passes over such items.
    #[serde(rename = "address", skip_serializing_if = "std::ops::Not::not")]
    is_of_address: bool,
}

/// A person as the index has them, and as they are.
#[derive(Clone, Debug)]
struct Compared {
    listed: Option<WordList>,
    wanted: Indexed,
}

impl Compared {
    fn is_done(&self) -> bool {
        match &self.listed {
            Some(listed) => {
                let (words, addresses) = (&listed.words, &listed.addresses);
                !listed.is_open
                    && (words, addresses) == (&self.wanted.words, &self.wanted.addresses)
            }
            None => self.wanted.words.is_empty(),
        }
    }
}

impl Indexes<'_> {
    /// Writes the words of these people where the index differs from the stored people. Returns for how many.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn refresh_people(self, people: &BTreeSet<String>) -> Result<usize, Error> {
        let people: Vec<String> = people.iter().filter(|id| is_id(id)).cloned().collect();
        let keys = people.iter().flat_map(|id| self.keys_about(id));
        let mut found = self.scope.table.find(keys).await?;
        let mut different = Vec::new();
        for id in people {
            let items = self.keys_about(&id).map(|key| found.take(&key));
            let compared = compare(items)?;
            if !compared.is_done() {
                different.push((id, compared));
            }
        }
        let count = different.len();
        stream::iter(different)
            .map(|(id, compared)| async move { self.refresh(&id, compared).await })
            .buffer_unordered(CONCURRENCY)
            .try_for_each(|()| async { Ok(()) })
            .await?;
        Ok(count)
    }

    fn keys_about(self, id: &str) -> [Key; 2] {
        let keys = self.scope.keys();
        [keys.resource(&USERS, id), keys.words_of(id)]
    }

    async fn refresh(self, id: &str, mut compared: Compared) -> Result<(), Error> {
        // What this call wrote may be outdated if the person changes in the meantime.
        let mut written = BTreeSet::new();
        for _ in 0..MAX_TURNS {
            if self.write_words(id, &compared, &mut written).await? {
                return Ok(());
            }
            let mut found = self.scope.table.find(self.keys_about(id)).await?;
            compared = compare(self.keys_about(id).map(|key| found.take(&key)))?;
        }
        Err(Error::Busy(None))
    }

    /// Writes the words of a person. Returns `false` if another call did at the same time.
    async fn write_words(
        self,
        id: &str,
        Compared { listed, wanted }: &Compared,
        written: &mut BTreeSet<String>,
    ) -> Result<bool, Error> {
        let known = listed.clone().unwrap_or_default();
        let mut all = &known.words | &wanted.words;
        all.append(&mut written.clone());
        let mut list = WordList {
            words: all.clone(),
            addresses: wanted.addresses.clone(),
            revision: known.revision,
            is_open: true,
        };
        if !self.note(id, &mut list).await? {
            return Ok(false);
        }
        // Whoever looked at the person before the list was open has left what changed since the first read to this call.
        if self.words_now(id).await? != *wanted {
            return Ok(false);
        }
        let is_noted = |word: &String| {
            known.words.contains(word)
                && known.addresses.contains(word) == wanted.addresses.contains(word)
        };
        let is_new = |word: &&String| known.is_open || written.contains(*word) || !is_noted(word);
        let new: BTreeSet<String> = wanted.words.iter().filter(is_new).cloned().collect();
        let keys = self.scope.keys();
        let items = new.iter().map(|word| {
            let is_of_address = wanted.addresses.contains(word);
            to_item(&keys.word(word, id), &WordItem { is_of_address })
        });
        let items = items.collect::<Result<Vec<_>, Error>>()?;
        let old = all
            .difference(&wanted.words)
            .map(|word| keys.word(word, id));
        written.extend(new.iter().cloned());
        self.scope.table.batch_put(items).await?;
        self.scope.table.batch_delete(old.collect()).await?;
        if wanted.words.is_empty() {
            // The person was deleted, and ids are never used again.
            self.scope
                .table
                .batch_delete(vec![keys.words_of(id)])
                .await?;
            return Ok(true);
        }
        list = WordList {
            words: wanted.words.clone(),
            is_open: false,
            ..list
        };
        self.note(id, &mut list).await
    }

    async fn words_now(self, id: &str) -> Result<Indexed, Error> {
        let key = self.scope.keys().resource(&USERS, id);
        words_in(self.scope.table.get(&key).await?)
    }

    /// Stores the list with the next revision, if the stored one has the revision that was read.
    async fn note(self, id: &str, list: &mut WordList) -> Result<bool, Error> {
        let condition = match list.revision {
            0 => Expression::absent(),
            revision => Expression::at_revision(revision),
        };
        list.revision += 1;
        let stored = to_item(&self.scope.keys().words_of(id), list)?;
        let (mut kept, mut removed) = (vec!["words = :words", "revision = :next"], Vec::new());
        for (name, assignment) in [
            ("addresses", "addresses = :addresses"),
            ("is_open", "is_open = :is_open"),
        ] {
            match stored.contains_key(name) {
                true => kept.push(assignment),
                false => removed.push(name),
            }
        }
        let mut set = format!("SET {}", kept.join(", "));
        if !removed.is_empty() {
            set = format!("{set} REMOVE {}", removed.join(", "));
        }
        let mut set = Expression::new(set).with(":next", number(list.revision));
        for (value, name) in [
            (":words", "words"),
            (":addresses", "addresses"),
            (":is_open", "is_open"),
        ] {
            if let Some(stored) = stored.get(name) {
                set = set.with(value, stored.clone());
            }
        }
        let key = self.scope.keys().words_of(id);
        let noted = self.scope.table.update_if(&key, &set, &condition).await?;
        Ok(matches!(noted, Updated::Done(_)))
    }
}

fn compare([record, listed]: [Option<rollcall_store::Item>; 2]) -> Result<Compared, Error> {
    Ok(Compared {
        listed: listed.map(from_item).transpose()?,
        wanted: words_in(record)?,
    })
}

fn words_in(record: Option<rollcall_store::Item>) -> Result<Indexed, Error> {
    let record = record.map(Record::from_item).transpose()?;
    let words = record.as_ref().map(indexed).transpose()?;
    Ok(words.unwrap_or_default())
}
