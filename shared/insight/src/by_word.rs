//! Finds people by the beginnings of words of their names and addresses, in the index of words.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_directory::stored::{Record, searched_words, words_of};
use rollcall_model::USERS;
use rollcall_store::{Error, Range, text, word_and_user};

use crate::handle::Insight;

/// A search text as the index finds it.
#[derive(Clone, Debug)]
pub(crate) struct Searched {
    words: Vec<String>,
    /// The word that is looked up. The longest one finds the fewest people.
    key: String,
}

/// A person, and the place of the word that found them.
#[derive(Debug)]
pub(crate) struct Match {
    pub(crate) place: String,
    pub(crate) record: Record,
}

impl Searched {
    /// Splits a text into words; `None` if it has none.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let words = searched_words(text);
        let longest = words.iter().rev().max_by_key(|word| word.len());
        let key = longest?.clone();
        Some(Self { words, key })
    }

    /// Returns whether the person is found, and by this word: the first that begins with the text, so that nobody is
    /// found twice. The stored person decides, because the index can be a moment behind.
    fn finds(&self, person: &Record, word: &str) -> Result<bool, Error> {
        let words = words_of(person)?;
        let begins = |wanted: &String| words.iter().find(|word| word.starts_with(wanted.as_str()));
        let is_first = begins(&self.key).is_some_and(|first| first == word);
        Ok(is_first && self.words.iter().all(|wanted| begins(wanted).is_some()))
    }
}

impl Insight<'_> {
    /// Reads the next people in the index, in order of words. Returns those who are found, and the cursor of the next
    /// page.
    pub(crate) async fn by_word(
        self,
        searched: &Searched,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Match>, Option<String>), Error> {
        let range = Range::prefix(self.scope.keys().words(), &*searched.key)
            .after(after)
            .limit(limit);
        let page = self.scope.table.query(&range).await?;
        let places = page.items.iter().map(|item| text(item, "SK"));
        let places = places.collect::<Result<Vec<_>, Error>>()?;
        let found = places.iter().filter_map(|place| word_and_user(place));
        let ids: BTreeSet<String> = found.map(|(_, user)| user.to_owned()).collect();
        let records = self.tenant.resources();
        let records = records.records(&USERS, &Vec::from_iter(ids)).await?;
        let people: BTreeMap<&str, &Record> = records.iter().map(|it| (&*it.id, it)).collect();
        let mut matches = Vec::new();
        for place in places {
            if let Some((word, user)) = word_and_user(place)
                && let Some(record) = people.get(user)
                && searched.finds(record, word)?
            {
                let (place, record) = (place.to_owned(), (*record).clone());
                matches.push(Match { place, record });
            }
        }
        Ok((matches, page.next))
    }
}
