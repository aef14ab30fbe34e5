//! The list of people as the API has it: by state, role, group and text, in order of creation or of user names, with
//! signed cursors.
//!
//! A list is read in one way from its first page to its last: by the words of the text, the names, the members of the
//! group, the people of the role, or in order of creation. A filter decides its way: in order of creation, or by the names
//! that begin with its text. The other conditions are checked for each person that is read.
//! A page reads at most 2,000 people, so it can be short, or even empty, although another one follows.

use std::collections::BTreeMap;

use rollcall_directory::stored::{QueryPlan, Record, list_cursor, list_place, plan, role_word};
use rollcall_directory::{IndexedPeople, Person};
use rollcall_model::{GROUPS, USERS, is_id};
use rollcall_scim as scim;
use rollcall_store::{BoundedPage, Error, Range, text, word_and_user};
use serde::{Deserialize, Serialize};

use crate::handle::Insight;
use crate::lists::PeopleQuery;

/// People whom one page reads by key before it returns what it has found.
const MAX_LOOKED_AT: usize = 1_000;
/// People read at once, if not all of them are shown.
const READ_AT_ONCE: usize = 200;

/// The order of a list of people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PeopleOrder {
    /// In order of creation; those whom a text finds, the best matches first.
    #[default]
    Created,
    /// In order of `userName`, ignoring case.
    UserName,
}

/// How a list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Way {
    #[serde(rename = "c")]
    Created,
    #[serde(rename = "t")]
    Text,
    #[serde(rename = "n")]
    Names,
    /// By the names that begin with the text of a filter.
    #[serde(rename = "b")]
    Beginning,
    #[serde(rename = "g")]
    Members,
    #[serde(rename = "r")]
    Role,
}

/// Where a page of the list starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    #[serde(rename = "w")]
    way: Way,
    /// The sort key after which to continue.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    behind: Option<String>,
    /// How far the index was that the list asked for.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    index: Option<IndexedPeople>,
}

/// A page of the list of people.
#[derive(Clone, Debug)]
pub struct PeoplePage {
    /// The people.
    pub people: Vec<Person>,
    /// The cursor of the next page; `None` on the last one.
    pub next: Option<String>,
    /// How far the index was when the list was begun; `None` if the list needs none. Without a complete one, all people are
    /// looked through.
    pub index: Option<IndexedPeople>,
}

/// A person, and where they stand on the way.
struct Placed {
    place: String,
    record: Record,
}

/// Returns what the cursors of a list are bound to.
fn bound_to(query: &PeopleQuery, order: PeopleOrder) -> String {
    let PeopleQuery {
        states,
        filter,
        text,
        role,
        group,
        after: _,
        limit: _,
    } = query;
    let filter = filter.as_ref().map(ToString::to_string);
    format!("users\n{states:?}\n{filter:?}\n{text:?}\n{role:?}\n{group:?}\n{order:?}")
}

impl Way {
    /// Returns whether everybody on the way is shown.
    fn shows_all(self, query: &PeopleQuery) -> bool {
        query.states.is_empty()
            && (query.role.is_none() || self == Self::Role)
            && (query.group.is_none() || self == Self::Members)
    }
}

impl Insight<'_> {
    /// Lists people. Returns the page that starts at a cursor, or the first one, and the cursor of the next page. The
    /// `after` of the query does not count.
    ///
    /// # Errors
    /// As for [`Self::people_page`].
    pub async fn list_people(
        self,
        query: &PeopleQuery,
        order: PeopleOrder,
        cursor: Option<&str>,
    ) -> Result<(Vec<Person>, Option<String>), Error> {
        let page = self.people_page(query, order, cursor).await?;
        Ok((page.people, page.next))
    }

    /// Lists people. Returns the page that starts at a cursor, or the first one. The `after` of the query does not count.
    ///
    /// # Errors
    /// `404` when the tenant was deleted; `invalidCursor` and `expiredCursor`.
    pub async fn people_page(
        self,
        query: &PeopleQuery,
        order: PeopleOrder,
        cursor: Option<&str>,
    ) -> Result<PeoplePage, Error> {
        let bound_to = bound_to(query, order);
        let place = match cursor {
            Some(cursor) => list_place(self.scope, &bound_to, cursor).await?,
            None => {
                let (way, index) = self.way_of(query, order).await?;
                Place {
                    way,
                    behind: None,
                    index,
                }
            }
        };
        let (way, index) = (place.way, place.index);
        let query = PeopleQuery {
            after: place.behind,
            ..query.clone()
        };
        let (people, behind) = match (way, &query.text) {
            (Way::Created, _) => self.people(&query).await?,
            (Way::Beginning, _) => match plan(&USERS, query.filter.as_ref()) {
                QueryPlan::NamePrefix(beginning) => self.people_named(&beginning, &query).await?,
                // A cursor is bound to its filter, whose plan can be another one in the next version.
                _ => return Err(Error::from(scim::Error::InvalidCursor)),
            },
            (Way::Text, text) => {
                let text = text.as_deref().unwrap_or_default();
                let found = self.search(text, &query, index).await?;
                (found.people, found.next)
            }
            (Way::Names | Way::Members | Way::Role, _) => self.along(way, &query).await?,
        };
        let next = match behind {
            Some(_) => {
                let place = Place { way, behind, index };
                Some(list_cursor(self.scope, &bound_to, &place).await?)
            }
            None => None,
        };
        Ok(PeoplePage {
            people,
            next,
            index,
        })
    }

    /// Decides how a list is read: in the way on which the fewest others stand. An index counts only if it has everybody.
    /// Returns how far it is, if the list asks for one.
    async fn way_of(
        self,
        query: &PeopleQuery,
        order: PeopleOrder,
    ) -> Result<(Way, Option<IndexedPeople>), Error> {
        let indexes = self.tenant.indexes();
        let (by_index, index) = match query {
            PeopleQuery {
                filter: Some(filter),
                ..
            } => {
                let way = match plan(&USERS, Some(filter)) {
                    QueryPlan::NamePrefix(_) => Way::Beginning,
                    _ => Way::Created,
                };
                return Ok((way, None));
            }
            PeopleQuery { text: Some(_), .. } => (Way::Text, indexes.people_by_words().await?),
            _ if order == PeopleOrder::UserName => return Ok((Way::Names, None)),
            PeopleQuery { group: Some(_), .. } => return Ok((Way::Members, None)),
            PeopleQuery { role: Some(_), .. } => (Way::Role, indexes.people_by_roles().await?),
            _ => return Ok((Way::Created, None)),
        };
        let way = match index.complete {
            true => by_index,
            false => Way::Created,
        };
        Ok((way, Some(index)))
    }

    /// Reads a page of people on a way that leads from key to key.
    async fn along(
        self,
        way: Way,
        query: &PeopleQuery,
    ) -> Result<(Vec<Person>, Option<String>), Error> {
        if way == Way::Members && !self.has_members(query).await? {
            return Ok((Vec::new(), None));
        }
        let context = self.tenant.roles().context().await?;
        let at_once = match way.shows_all(query) {
            true => query.limit.min(READ_AT_ONCE),
            false => READ_AT_ONCE,
        };
        let mut people = BoundedPage::new(query.after.clone(), query.limit, MAX_LOOKED_AT);
        while !people.is_done() {
            let (placed, next) = self.step(way, query, people.behind(), at_once).await?;
            let wanted = placed.into_iter().filter(|one| query.selects(&one.record));
            people.take(wanted, at_once, next);
        }
        let (people, next) = people.page(|one| &one.place);
        let shown = people.iter().map(|one| context.person(&one.record));
        Ok((shown.collect::<Result<_, _>>()?, next))
    }

    /// Lists people whose user names begin with a text, as keys have it, in order of user names. Returns a page of them
    /// and the name after which the next page starts.
    async fn people_named(
        self,
        beginning: &str,
        query: &PeopleQuery,
    ) -> Result<(Vec<Person>, Option<String>), Error> {
        let context = self.tenant.roles().context().await?;
        let mut people = BoundedPage::new(query.after.clone(), query.limit, MAX_LOOKED_AT);
        while !people.is_done() {
            let (named, next) = self
                .named(&USERS, beginning, people.behind(), READ_AT_ONCE)
                .await?;
            let (mut names, mut records) = (BTreeMap::new(), Vec::with_capacity(named.len()));
            for one in named {
                names.insert(one.record.id.clone(), one.name);
                records.push(one.record);
            }
            let chosen = self.chosen(records, query, &context).await?.into_iter();
            let placed =
                chosen.map(|person| (names.remove(&person.id).unwrap_or_default(), person));
            people.take(placed, READ_AT_ONCE, next);
        }
        let (people, next) = people.page(|(name, _)| name);
        Ok((people.into_iter().map(|(_, person)| person).collect(), next))
    }

    /// Returns whether the group of the query exists, once nothing of its members is only partly applied.
    async fn has_members(self, query: &PeopleQuery) -> Result<bool, Error> {
        let Some(group) = query.group.clone().filter(|group| is_id(group)) else {
            return Ok(false);
        };
        let found = self.tenant.resources().records(&GROUPS, &[group]).await?;
        self.tenant.members().settle().await?;
        Ok(!found.is_empty())
    }

    /// Reads the next people on a way, in its order, and the sort key after which to continue.
    async fn step(
        self,
        way: Way,
        query: &PeopleQuery,
        behind: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Placed>, Option<String>), Error> {
        let keys = self.scope.keys();
        let (range, user_of): (Range, fn(&str) -> &str) = match way {
            Way::Members => {
                let group = query.group.as_deref().unwrap_or_default();
                (Range::all(keys.members(group)), |place| place)
            }
            Way::Role => {
                let role = query.role.as_ref().map(|role| role_word(role.as_str()));
                let word = format!("{}#", role.unwrap_or_default());
                (Range::prefix(keys.words(), word), user_in)
            }
            Way::Names | Way::Beginning | Way::Created | Way::Text => {
                let (named, next) = self.named(&USERS, "", behind, limit).await?;
                let placed = named.into_iter().map(|one| Placed {
                    place: one.name,
                    record: one.record,
                });
                return Ok((placed.collect(), next));
            }
        };
        let page = self
            .scope
            .table
            .query(&range.after(behind).limit(limit))
            .await?;
        let places = page.items.iter().map(|item| text(item, "SK"));
        let places = places.collect::<Result<Vec<_>, Error>>()?;
        let ids: Vec<String> = places
            .iter()
            .map(|place| user_of(place).to_owned())
            .collect();
        let records = self.tenant.resources().records(&USERS, &ids).await?;
        let mut by_id: BTreeMap<String, Record> = BTreeMap::new();
        by_id.extend(
            records
                .into_iter()
                .map(|record| (record.id.clone(), record)),
        );
        let placed = places.iter().filter_map(|place| {
            let record = by_id.remove(user_of(place))?;
            let place = (*place).to_owned();
            Some(Placed { place, record })
        });
        Ok((placed.collect(), page.next))
    }
}

/// Returns the id of the user in a place among the words.
fn user_in(place: &str) -> &str {
    word_and_user(place).map_or("", |(_, user)| user)
}

#[cfg(test)]
mod tests {
    use rollcall_model::{PersonState, Role, RoleId};

    use super::*;

    #[test]
    fn a_cursor_is_bound_to_every_condition() {
        let role = || Some(RoleId::from(Role::Admin));
        let query = PeopleQuery::default;
        let queries = [
            query(),
            PeopleQuery {
                states: vec![PersonState::Active],
                ..query()
            },
            PeopleQuery {
                text: Some("a".to_owned()),
                ..query()
            },
            PeopleQuery {
                group: Some("a".to_owned()),
                ..query()
            },
            PeopleQuery {
                role: role(),
                ..query()
            },
        ];
        let bound = queries
            .iter()
            .map(|query| bound_to(query, PeopleOrder::Created));
        let bound: std::collections::BTreeSet<_> = bound.collect();
        assert_eq!(bound.len(), queries.len());
        assert!(!bound.contains(&bound_to(&query(), PeopleOrder::UserName)));
        let later = PeopleQuery {
            after: Some("x".to_owned()),
            limit: 7,
            ..query()
        };
        assert!(bound.contains(&bound_to(&later, PeopleOrder::Created)));
    }
}
