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
    /// What people call them: `displayName`, or else the formatted name, or else `userName`.
    pub name: String,
}

impl PickedPerson {
    fn of(person: Person) -> Self {
        let formatted = || {
            let name = person.attributes.get("name")?.get("formatted")?;
            name.as_str().map(str::to_owned)
        };
        let is_name = |name: &String| !name.trim().is_empty();
        let name = person.display_name.clone().filter(is_name);
        let name = name.or_else(|| formatted().filter(is_name));
        Self {
            name: name.unwrap_or_else(|| person.user_name.clone()),
            id: person.id,
        }
    }
}

/// Returns whether each word begins a word of the name that is shown, or of a part of `name`. The index finds by addresses
/// as well, which a picker must not disclose.
fn is_called(picked: &PickedPerson, parts: Option<&Value>, wanted: &[String]) -> bool {
    let parts = parts.and_then(Value::as_object).into_iter().flatten();
    let parts = parts.filter_map(|(_, part)| part.as_str());
    let names = std::iter::once(picked.name.as_str()).chain(parts);
    let words: Vec<String> = names.flat_map(searched_words).collect();
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
            let found = people.into_iter().filter_map(|person| {
                let parts = person.attributes.get("name").cloned();
                let found = PickedPerson::of(person);
                is_called(&found, parts.as_ref(), &wanted).then_some(found)
            });
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
    use serde_json::json;

    use super::*;

    #[test]
    fn people_are_found_by_their_names_alone() {
        let ada = PickedPerson {
            id: "u-1".to_owned(),
            name: "Ada King".to_owned(),
        };
        let parts = json!({"familyName": "Lovelace"});
        for (text, expected) in [
            ("", true),
            ("ad", true),
            ("king ada", true),
            ("LOVE", true),
            ("ada@example.test", false),
            ("bob", false),
        ] {
            let found = is_called(&ada, Some(&parts), &searched_words(text));
            assert_eq!(found, expected, "{text}");
        }
    }
}
