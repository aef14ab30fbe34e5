//! The picker: people by name, for members who choose a colleague. It shows ids and names, and finds by nothing else.
//!
//! A page reads a bounded number of people. Its cursor says where in an index reading stopped, which can be at somebody's
//! address, so nobody but this stack can read it.

use rollcall_directory::stored::{Record, is_name, sealed_cursor, sealed_place, searched_words};
use rollcall_model::{PersonState, USERS};
use rollcall_store::{BoundedPage, Error};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::by_word::Searched;
use crate::handle::Insight;

/// People who are looked at for one page, and how many at once, by key.
const MAX_LOOKED_AT: usize = 1_000;
const READ_AT_ONCE: usize = 100;
/// People who are looked at for one page in order of creation, as long as the index does not have everybody.
const MAX_LOOKED_THROUGH: usize = 2_000;

/// A person as a picker shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickedPerson {
    /// The user's id.
    pub id: String,
    /// What people call them: `displayName`, or else the formatted name, or else the given and the family name, or else what
    /// is before the `@` in `userName`. Never an address.
    pub name: String,
}

/// How a picker is read, from its first page to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Way {
    /// By the words of names.
    #[serde(rename = "t")]
    Words,
    /// In order of creation, while the index of words does not have everybody.
    #[serde(rename = "c")]
    Created,
    /// By user names.
    #[serde(rename = "n")]
    Names,
}

/// Where a page of the picker starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    #[serde(rename = "w")]
    way: Way,
    /// The sort key after which to continue.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    behind: Option<String>,
}

/// A person who is picked, and where they stand on the way.
type Placed = (String, PickedPerson);

/// Returns the names of a person: the one that is shown first, if there is one.
fn names(attributes: &Map<String, Value>) -> Vec<String> {
    let parts = attributes.get("name").and_then(Value::as_object);
    let part = |name: &str| parts?.get(name)?.as_str().filter(|text| is_name(text));
    let both: Vec<&str> = [part("givenName"), part("familyName")]
        .into_iter()
        .flatten()
        .collect();
    let shown = attributes.get("displayName").and_then(Value::as_str);
    let shown = shown.filter(|text| is_name(text));
    let shown = shown.or(part("formatted")).map(str::to_owned);
    let shown = shown.or((!both.is_empty()).then(|| both.join(" ")));
    let others = parts.into_iter().flatten();
    let others = others.filter_map(|(_, part)| part.as_str().filter(|text| is_name(text)));
    shown.into_iter().chain(others.map(str::to_owned)).collect()
}

impl PickedPerson {
    /// Returns the person if they are not inactive and each word begins a word of one of their names.
    fn found(person: &Record, wanted: &[String]) -> Result<Option<Self>, Error> {
        if person.state() == PersonState::Inactive {
            return Ok(None);
        }
        let names = names(person.resource(&USERS)?.attributes());
        if !are_called(&names, wanted) {
            return Ok(None);
        }
        let name = match names.into_iter().next() {
            Some(name) => name,
            None => {
                let name = person.user_name()?;
                let local = name.split_once('@').map(|(local, _)| local.to_owned());
                local.unwrap_or(name)
            }
        };
        let id = person.id.clone();
        Ok(Some(Self { id, name }))
    }
}

fn are_called(names: &[String], wanted: &[String]) -> bool {
    let words: Vec<String> = names.iter().flat_map(|name| searched_words(name)).collect();
    let begins = |wanted: &String| words.iter().any(|word| word.starts_with(wanted.as_str()));
    wanted.iter().all(begins)
}

impl Insight<'_> {
    /// Finds the people who are not inactive by the beginnings of words of their names; without a text, all of them, in
    /// order of user names. Returns the page that starts at a cursor, or the first one, and the cursor of the next page.
    ///
    /// A page ends before it is full once it has looked at 1,000 people, or passed over 20,000 words of addresses. Otherwise
    /// a page with a text has a cursor only if somebody follows who is shown, so that it does not tell that somebody has
    /// the text in an address.
    ///
    /// # Errors
    /// `invalidCursor` and `expiredCursor`.
    pub async fn pick_people(
        self,
        text: Option<String>,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<(Vec<PickedPerson>, Option<String>), Error> {
        let list = format!("picker\n{text:?}");
        let searched = match text.as_deref().map(Searched::of) {
            // No name has a text without words.
            Some(None) => return Ok((Vec::new(), None)),
            Some(searched) => searched,
            None => None,
        };
        let Place { way, behind } = match cursor {
            Some(cursor) => sealed_place(self.scope, &list, cursor).await?,
            None => Place {
                way: self.way_to_pick(searched.as_ref()).await?,
                behind: None,
            },
        };
        let (most, more) = match way {
            Way::Words => (MAX_LOOKED_AT, 1),
            Way::Created => (MAX_LOOKED_THROUGH, 1),
            Way::Names => (MAX_LOOKED_AT, 0),
        };
        let mut page = BoundedPage::new(behind, limit + more, most);
        while !page.is_done() {
            let step = self.pick_on(way, searched.as_ref(), page.behind()).await?;
            let (picked, looked_at, next) = step;
            page.take(picked, looked_at, next);
        }
        let (mut picked, mut behind) = page.page(|(place, _)| place);
        if picked.len() > limit {
            picked.truncate(limit);
            behind = picked.last().map(|(place, _)| place.clone());
        }
        let next = match behind {
            Some(_) => Some(sealed_cursor(self.scope, &list, &Place { way, behind }).await?),
            None => None,
        };
        let people = picked.into_iter().map(|(_, person)| person);
        Ok((people.collect(), next))
    }

    async fn way_to_pick(self, searched: Option<&Searched>) -> Result<Way, Error> {
        if searched.is_none() {
            return Ok(Way::Names);
        }
        let has_all = self.tenant.indexes().people_by_words().await?.complete;
        Ok(if has_all { Way::Words } else { Way::Created })
    }

    /// Reads on. Returns who is picked, how many people were looked at, and the sort key after which to continue.
    async fn pick_on(
        self,
        way: Way,
        searched: Option<&Searched>,
        behind: Option<String>,
    ) -> Result<(Vec<Placed>, usize, Option<String>), Error> {
        let (people, looked_at, next) = match (way, searched) {
            (Way::Words, Some(searched)) => {
                let (matches, looked_at, next) = self.by_name(searched, behind).await?;
                let people = matches.into_iter().map(|one| (one.place, one.record));
                (people.collect::<Vec<_>>(), looked_at, next)
            }
            (Way::Created, _) => {
                let (records, looked_at, next) = self.created_after(behind).await?;
                let people = records.into_iter().map(|one| (one.id.clone(), one));
                (people.collect(), looked_at, next)
            }
            (Way::Names | Way::Words, _) => {
                let (named, next) = self.named(&USERS, "", behind, READ_AT_ONCE).await?;
                let people = named.into_iter().map(|one| (one.name, one.record));
                (people.collect(), READ_AT_ONCE, next)
            }
        };
        let wanted = searched.map(Searched::words).unwrap_or_default();
        let mut picked = Vec::new();
        for (place, record) in people {
            if let Some(person) = PickedPerson::found(&record, wanted)? {
                picked.push((place, person));
            }
        }
        Ok((picked, looked_at, next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_found_by_their_names_alone() {
        let names = ["Ada King".to_owned(), "Lovelace".to_owned()];
        for (text, expected) in [
            ("", true),
            ("ad", true),
            ("king ada", true),
            ("LOVE", true),
            ("ada@example.test", false),
            ("bob", false),
        ] {
            let found = are_called(&names, &searched_words(text));
            assert_eq!(found, expected, "{text}");
        }
    }
}
