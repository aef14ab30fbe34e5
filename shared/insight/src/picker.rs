//! The picker: people by name, for members who choose a colleague. It shows ids and names, and finds by nothing else.

use rollcall_directory::Person;
use rollcall_directory::stored::searched_words;
use rollcall_model::PersonState;
use rollcall_store::Error;
use serde_json::Value;

use crate::handle::Insight;
use crate::list_people::PeopleOrder;
use crate::lists::PeopleQuery;

/// The pages of people that a search reads at most for one of its own.
const MAX_PAGES: usize = 20;

/// A person as a picker shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickedPerson {
    /// The user's id.
    pub id: String,
    /// What people call them: `displayName`, or else the formatted name, or else the given and the family name, or else what
    /// is before the `@` in `userName`. Never an address.
    pub name: String,
}

/// Returns whether it is what people call somebody, and not nothing or an address.
fn is_name(text: &str) -> bool {
    let is_address = text.contains('@') && !text.trim().contains(char::is_whitespace);
    !text.trim().is_empty() && !is_address
}

/// Returns the names of a person: the one that is shown first, if there is one.
fn names(person: &Person) -> Vec<String> {
    let parts = person.attributes.get("name").and_then(Value::as_object);
    let part = |name: &str| parts?.get(name)?.as_str().filter(|text| is_name(text));
    let both: Vec<&str> = [part("givenName"), part("familyName")]
        .into_iter()
        .flatten()
        .collect();
    let shown = person.display_name.as_deref().filter(|text| is_name(text));
    let shown = shown.or(part("formatted")).map(str::to_owned);
    let shown = shown.or((!both.is_empty()).then(|| both.join(" ")));
    let others = parts.into_iter().flatten();
    let others = others.filter_map(|(_, part)| part.as_str().filter(|text| is_name(text)));
    shown.into_iter().chain(others.map(str::to_owned)).collect()
}

impl PickedPerson {
    /// Returns the person if each word begins a word of one of their names. The index finds by addresses as well, which a
    /// picker must not disclose.
    fn found(person: Person, wanted: &[String]) -> Option<Self> {
        let names = names(&person);
        if !are_called(&names, wanted) {
            return None;
        }
        let local = || {
            let name = person.user_name.as_str();
            name.split_once('@').map_or(name, |(local, _)| local)
        };
        Some(Self {
            name: names
                .first()
                .map_or_else(|| local().to_owned(), String::clone),
            id: person.id,
        })
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
    /// With a text, a page is full as long as others follow, and it has a cursor only if somebody follows who is shown: so
    /// nothing tells how many have the text in an address.
    ///
    /// # Errors
    /// `404` when the tenant was deleted; `invalidCursor` and `expiredCursor`.
    pub async fn pick_people(
        self,
        text: Option<String>,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<(Vec<PickedPerson>, Option<String>), Error> {
        let wanted = text.as_deref().map(searched_words).unwrap_or_default();
        let order = match &text {
            Some(_) => PeopleOrder::Created,
            None => PeopleOrder::UserName,
        };
        let mut picked = Vec::new();
        let mut cursor = cursor.map(str::to_owned);
        // Where the next page begins, once this one is full.
        let mut full = None;
        for _ in 0..MAX_PAGES {
            let query = PeopleQuery {
                states: vec![PersonState::Active, PersonState::Invited],
                text: text.clone(),
                limit: match full {
                    None => limit - picked.len(),
                    Some(_) => limit,
                },
                ..PeopleQuery::default()
            };
            let (people, next) = self.list_people(&query, order, cursor.as_deref()).await?;
            let found = people.into_iter();
            let found = found.filter_map(|person| PickedPerson::found(person, &wanted));
            let found: Vec<_> = found.collect();
            if full.is_some() && !found.is_empty() {
                return Ok((picked, full));
            }
            picked.extend(found);
            let Some(next) = next else {
                return Ok((picked, None));
            };
            // Without a text, nobody is passed over whom a page must not tell of.
            if text.is_none() && !picked.is_empty() {
                return Ok((picked, Some(next)));
            }
            if picked.len() >= limit && full.is_none() {
                full = Some(next.clone());
            }
            cursor = Some(next);
        }
        // A cursor here would say that somebody has the text in an address.
        Ok((picked, None))
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

    #[test]
    fn an_address_is_no_name() {
        for (text, expected) in [
            ("Ada", true),
            ("Ada @ Work", true),
            ("  ", false),
            ("ada@example.test", false),
            (" ada@example.test ", false),
        ] {
            assert_eq!(is_name(text), expected, "{text}");
        }
    }
}
