//! Finds people by the beginnings of words of their names and addresses, in the index of words.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_directory::stored::{Record, name_words_of, searched_words, words_of};
use rollcall_model::USERS;
use rollcall_store::{Error, Range, text, word_and_user};

use crate::handle::Insight;

/// Items of the index that a search for names reads at once. Most are passed over.
const ITEMS_AT_ONCE: usize = 1_000;
/// People whom a search for names reads at once.
const PEOPLE_AT_ONCE: usize = 100;
/// The items that together take as long to read as one person.
const ITEMS_PER_PERSON: usize = 20;

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

    /// Returns whether this is the first word of the person's names that begins with the one that is looked up.
    fn finds_name(&self, person: &Record, word: &str) -> Result<bool, Error> {
        let words = name_words_of(person)?;
        let mut beginning = words.iter().filter(|word| word.starts_with(&self.key));
        Ok(beginning.next().is_some_and(|first| first == word))
    }

    /// Returns the words of the text.
    pub(crate) fn words(&self) -> &[String] {
        &self.words
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
        let found = |person: &Record, word: &str| searched.finds(person, word);
        Ok((self.people_at(&places, found).await?, page.next))
    }

    /// Reads the next people in the index who have the word that is looked up in a name, in order of these words. Returns
    /// them, each once and whether or not they have the other words; how much was looked at, as if it were people; and the
    /// place after which to continue.
    ///
    /// Nobody is read because of an address, unless an earlier version indexed the person.
    pub(crate) async fn by_name(
        self,
        searched: &Searched,
        after: Option<String>,
    ) -> Result<(Vec<Match>, usize, Option<String>), Error> {
        let range = Range::prefix(self.scope.keys().words(), &*searched.key)
            .after(after)
            .limit(ITEMS_AT_ONCE);
        let page = self.scope.table.query(&range).await?;
        let of_names = page.items.iter();
        let of_names = of_names.filter(|item| !item.contains_key("address"));
        let of_names = of_names.map(|item| text(item, "SK"));
        let mut places = of_names.collect::<Result<Vec<_>, Error>>()?;
        let next = match places.get(PEOPLE_AT_ONCE) {
            Some(_) => Some(places[PEOPLE_AT_ONCE - 1].to_owned()),
            None => page.next,
        };
        places.truncate(PEOPLE_AT_ONCE);
        let found = |person: &Record, word: &str| searched.finds_name(person, word);
        let matches = self.people_at(&places, found).await?;
        let looked_at = places.len() + page.items.len().div_ceil(ITEMS_PER_PERSON);
        Ok((matches, looked_at, next))
    }

    /// Reads the people at these places of the index, and returns those who are found by the word there.
    async fn people_at(
        self,
        places: &[&str],
        finds: impl Fn(&Record, &str) -> Result<bool, Error>,
    ) -> Result<Vec<Match>, Error> {
        let found = places.iter().filter_map(|place| word_and_user(place));
        let ids: BTreeSet<String> = found.map(|(_, user)| user.to_owned()).collect();
        let records = self.tenant.resources();
        let records = records.records(&USERS, &Vec::from_iter(ids)).await?;
        let people: BTreeMap<&str, &Record> = records.iter().map(|it| (&*it.id, it)).collect();
        let mut matches = Vec::new();
        for place in places {
            if let Some((word, user)) = word_and_user(place)
                && let Some(record) = people.get(user)
                && finds(record, word)?
            {
                let (place, record) = ((*place).to_owned(), (*record).clone());
                matches.push(Match { place, record });
            }
        }
        Ok(matches)
    }
}
