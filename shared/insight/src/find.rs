//! Search for people and groups: by key alone, so that the cost does not depend on the number of people.

use std::collections::{BTreeMap, BTreeSet};

use futures::try_join;
use rollcall_directory::stored::{Pointer, QueryPlan, Record};
use rollcall_directory::{IndexedPeople, Person};
use rollcall_model::{GROUPS, Kind, PersonState, USERS, is_id};
use rollcall_store::{BoundedPage, Error, Range, from_item, name_prefix, text};

use crate::by_word::Searched;
use crate::handle::Insight;
use crate::lists::{GroupFilter, GroupSummary, PeopleQuery, mapped, summary};

/// Names that one call reads before it returns what it has found.
const MAX_LOOKED_AT: usize = 500;
/// Names read per query.
const READ_AT_ONCE: usize = 100;
/// The maximum number of people that one look-up attribute finds by its exact value.
const MAX_EXACT: usize = 50;

/// A resource, and the name by which it was found, as in its key.
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) record: Record,
}

/// A page of the people whom a search found.
#[derive(Clone, Debug)]
pub struct FoundPeople {
    /// The people.
    pub people: Vec<Person>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// Whether people are found by words inside their names and addresses. The index of words does not have everybody
    /// until the hourly pass has completed it.
    pub by_word: bool,
    /// Whether the last changes are not in the index yet, because the relay could not add them.
    pub lacks_changes: bool,
}

/// A search, and what it finds first.
struct Search<'a> {
    text: &'a str,
    query: &'a PeopleQuery,
    /// The words to look up, if the index has everybody.
    words: Option<Searched>,
    /// The people who are found by an exact value.
    known: BTreeSet<String>,
    /// The text, as user names are compared.
    beginning: String,
}

impl Search<'_> {
    fn shows(&self, person: &Record) -> bool {
        self.query.selects(person)
    }

    /// Returns whether neither an exact value nor the user name finds the person.
    fn is_new_by_word(&self, person: &Record) -> Result<bool, Error> {
        let name = person.name_in_key(&USERS)?;
        let is_named = name.is_some_and(|name| name.starts_with(&self.beginning));
        Ok(!is_named && !self.known.contains(&person.id))
    }
}

/// Where a search continues: among the people who are found by an exact value, among the user names, or among the words,
/// after a sort key.
#[derive(Clone, Debug, PartialEq)]
enum Place {
    Exact(Option<String>),
    Name(Option<String>),
    Word(Option<String>),
}

impl Place {
    /// Parses a cursor. Those of earlier versions are user names.
    fn parse(cursor: Option<String>) -> Self {
        let Some(cursor) = cursor else {
            return Self::Exact(None);
        };
        let after = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        match cursor.split_once(':') {
            Some(("exact", id)) => Self::Exact(after(id)),
            Some(("word", word)) => Self::Word(after(word)),
            Some(("name", name)) => Self::Name(after(name)),
            _ => Self::Name(after(&cursor)),
        }
    }

    fn into_cursor(self) -> String {
        let (list, after) = match self {
            Self::Exact(after) => ("exact", after),
            Self::Name(after) => ("name", after),
            Self::Word(after) => ("word", after),
        };
        format!("{list}:{}", after.unwrap_or_default())
    }
}

/// A person who was found, and where.
struct Hit {
    place: Place,
    record: Record,
}

/// The people who were found for a page.
struct Hits {
    found: Vec<Hit>,
    limit: usize,
}

impl Hits {
    /// Returns how many more are looked for. If the page has just become full, it is one, to know whether another follows.
    fn room(&self) -> usize {
        match self.found.len() > self.limit {
            true => 0,
            false => (self.limit - self.found.len()).max(1),
        }
    }

    /// Returns the people of the page, and where the next one starts. `next` is where reading stopped.
    fn page(mut self, next: Option<Place>) -> (Vec<Record>, Option<Place>) {
        let next = match self.found.len() > self.limit {
            true => {
                self.found.truncate(self.limit);
                self.found.last().map(|last| last.place.clone())
            }
            false => next,
        };
        let records = self.found.into_iter().map(|hit| hit.record);
        (records.collect(), next)
    }
}

impl Insight<'_> {
    /// Finds people. Returns a page of them.
    ///
    /// First come the people whose `id`, e-mail address, `externalId` or `displayName` equals the text, then those
    /// whose `userName` begins with it, in order of user names, then those who have a word that begins with it in a name
    /// or address, in order of words. If the text has several words, each must begin one. Without a text, all people are
    /// listed in order of creation. Only people in one of `states` are returned; empty means all.
    ///
    /// Of those who share an exact value, 50 come first, and the others by their words. A page can be short although another
    /// page follows.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn search_people(
        self,
        text: &str,
        states: &[PersonState],
        after: Option<String>,
        limit: usize,
    ) -> Result<FoundPeople, Error> {
        let query = PeopleQuery {
            states: states.to_vec(),
            after,
            limit,
            ..PeopleQuery::default()
        };
        self.search(text, &query, None).await
    }

    /// Finds people as [`Self::search_people`] does, among those whom the query selects. `known` is how far the index is, if
    /// that was read already.
    pub(crate) async fn search(
        self,
        text: &str,
        query: &PeopleQuery,
        known: Option<IndexedPeople>,
    ) -> Result<FoundPeople, Error> {
        let text = text.trim();
        if text.is_empty() {
            let query = PeopleQuery {
                text: None,
                ..query.clone()
            };
            let (people, next) = self.people(&query).await?;
            return Ok(FoundPeople {
                people,
                next,
                by_word: true,
                lacks_changes: false,
            });
        }
        let (context, exact, index) = try_join!(
            Box::pin(self.tenant.roles().context()),
            Box::pin(self.exactly(text)),
            Box::pin(async {
                match known {
                    Some(known) => Ok(known),
                    None => self.tenant.indexes().people_by_words().await,
                }
            }),
        )?;
        let lacks_changes = index.lacks_only_changes;
        let by_word = index.complete || lacks_changes;
        let search = Search {
            text,
            query,
            words: Searched::of(text).filter(|_| by_word),
            known: exact.iter().map(|record| record.id.clone()).collect(),
            beginning: USERS.compared(text),
        };
        let mut hits = Hits {
            found: Vec::new(),
            limit: query.limit,
        };
        let place = Place::parse(query.after.clone());
        let next = self.search_on(&search, place, exact, &mut hits).await?;
        let (found, next) = hits.page(next);
        let people = found.iter().map(|record| context.person(record));
        Ok(FoundPeople {
            people: people.collect::<Result<_, _>>()?,
            next: next.map(Place::into_cursor),
            by_word,
            lacks_changes,
        })
    }

    /// Adds the next people of the `exact` ones, then those by name, then those by word, as long as there is room. Returns
    /// where to continue.
    async fn search_on(
        self,
        search: &Search<'_>,
        place: Place,
        exact: Vec<Record>,
        hits: &mut Hits,
    ) -> Result<Option<Place>, Error> {
        let mut place = place;
        if let Place::Exact(after) = place {
            let is_next = |one: &Record| after.as_ref().is_none_or(|after| one.id > *after);
            let next = exact
                .into_iter()
                .filter(|one| is_next(one) && search.shows(one));
            hits.found
                .extend(next.take(hits.limit + 1).map(|record| Hit {
                    place: Place::Exact(Some(record.id.clone())),
                    record,
                }));
            place = Place::Name(None);
        }
        if let Place::Name(after) = place {
            let next = self.search_names(search, after, hits).await?;
            if next.is_some() {
                return Ok(next);
            }
            place = Place::Word(None);
        }
        match (&search.words, place) {
            (Some(words), Place::Word(after)) => {
                self.search_words(search, words, after, hits).await
            }
            _ => Ok(None),
        }
    }

    async fn search_names(
        self,
        search: &Search<'_>,
        after: Option<String>,
        hits: &mut Hits,
    ) -> Result<Option<Place>, Error> {
        let room = hits.room();
        if room == 0 {
            return Ok(None);
        }
        let at_once = match search.query.selects_all() {
            true => room.min(READ_AT_ONCE),
            false => READ_AT_ONCE,
        };
        let mut named = BoundedPage::new(after, room, MAX_LOOKED_AT);
        while !named.is_done() {
            let page = self.named(&USERS, search.text, named.behind(), at_once);
            let (records, next) = page.await?;
            let new =
                |one: &Named| !search.known.contains(&one.record.id) && search.shows(&one.record);
            named.take(records.into_iter().filter(new), at_once, next);
        }
        let (named, next) = named.page(|one| &one.name);
        hits.found.extend(named.into_iter().map(|one| Hit {
            place: Place::Name(Some(one.name)),
            record: one.record,
        }));
        Ok(next.map(|next| Place::Name(Some(next))))
    }

    async fn search_words(
        self,
        search: &Search<'_>,
        words: &Searched,
        after: Option<String>,
        hits: &mut Hits,
    ) -> Result<Option<Place>, Error> {
        let room = hits.room();
        if room == 0 {
            return Ok(None);
        }
        let mut named = BoundedPage::new(after, room, MAX_LOOKED_AT);
        while !named.is_done() {
            let (matches, next) = self.by_word(words, named.behind(), READ_AT_ONCE).await?;
            let mut new = Vec::with_capacity(matches.len());
            for one in matches {
                if search.shows(&one.record) && search.is_new_by_word(&one.record)? {
                    new.push(one);
                }
            }
            named.take(new, READ_AT_ONCE, next);
        }
        let (named, next) = named.page(|one| &one.place);
        hits.found.extend(named.into_iter().map(|one| Hit {
            place: Place::Word(Some(one.place)),
            record: one.record,
        }));
        Ok(next.map(|next| Place::Word(Some(next))))
    }

    /// Finds groups that the filter selects and whose names begin with the text, in order of names. Returns a page of
    /// them and the cursor of the next page. A page can be short although another page follows.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn search_groups(
        self,
        text: &str,
        filter: GroupFilter,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<GroupSummary>, Option<String>), Error> {
        let mappings = mapped(self.tenant.roles().mappings().await?);
        let at_once = match filter {
            GroupFilter::All => limit,
            GroupFilter::WithoutRole | GroupFilter::WithoutMembers => READ_AT_ONCE,
        };
        let mut groups = BoundedPage::new(after, limit, MAX_LOOKED_AT);
        while !groups.is_done() {
            let (named, next) = self
                .named(&GROUPS, text.trim(), groups.behind(), at_once)
                .await?;
            let named = named.into_iter();
            let named = named.map(|one| Ok((summary(&one.record, &mappings)?, one.name)));
            let mut named = named.collect::<Result<Vec<_>, Error>>()?;
            named.retain(|(group, _)| filter.shows(group));
            groups.take(named, at_once, next);
        }
        let (groups, behind) = groups.page(|(_, name)| name);
        Ok((groups.into_iter().map(|(group, _)| group).collect(), behind))
    }

    /// Lists the groups in order of names. Returns a page of them and the cursor of the next page.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn groups(
        self,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<GroupSummary>, Option<String>), Error> {
        self.search_groups("", GroupFilter::All, after, limit).await
    }

    /// Returns the id of the person with this user name, ignoring case.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn person_named(self, user_name: &str) -> Result<Option<String>, Error> {
        let (resources, plan) = (self.tenant.resources(), QueryPlan::named(&USERS, user_name));
        let mut ids = resources.candidates(&USERS, &plan).await?;
        if matches!(plan, QueryPlan::Name(_)) {
            return Ok(ids.pop_first());
        }
        // Found by the key of an earlier version, it can be another name.
        let ids: Vec<String> = ids.into_iter().collect();
        for person in resources.records(&USERS, &ids).await? {
            if person.is_named(&USERS, user_name)? {
                return Ok(Some(person.id));
            }
        }
        Ok(None)
    }

    /// Returns the user names of people by id. People who do not exist are left out.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn user_names(
        self,
        ids: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, String>, Error> {
        let ids: Vec<String> = ids.iter().cloned().collect();
        let named = |record: &Record| Ok((record.id.clone(), record.user_name()?));
        let named = self.tenant.resources().readable_among(&USERS, &ids, named);
        Ok(named.await?.into_iter().collect())
    }

    /// Returns what people are called, by id: their display names, or else their user names. People who do not exist are
    /// left out.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn shown_names(
        self,
        ids: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, String>, Error> {
        let ids: Vec<String> = ids.iter().cloned().collect();
        let named = |record: &Record| {
            let name = record.text(&USERS, "displayName")?;
            let name = name.filter(|name| !name.trim().is_empty());
            let name = name.map_or_else(|| record.user_name(), Ok)?;
            Ok((record.id.clone(), name))
        };
        let named = self.tenant.resources().readable_among(&USERS, &ids, named);
        Ok(named.await?.into_iter().collect())
    }

    /// Returns the names of groups by id. Groups that do not exist or cannot be read are left out.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn group_names(
        self,
        ids: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, String>, Error> {
        let ids: Vec<String> = ids.iter().cloned().collect();
        let named = |record: &Record| {
            let name = record.text(&GROUPS, "displayName")?;
            Ok((record.id.clone(), name.unwrap_or_default()))
        };
        let named = self.tenant.resources().readable_among(&GROUPS, &ids, named);
        Ok(named.await?.into_iter().collect())
    }

    /// Reads the people whose id, or value of a look-up attribute, is exactly this text.
    async fn exactly(self, wanted: &str) -> Result<Vec<Record>, Error> {
        let mut ids = BTreeSet::new();
        if is_id(wanted) {
            ids.insert(wanted.to_owned());
        }
        for lookup in USERS.lookups {
            let partition =
                self.scope
                    .keys()
                    .lookup(&USERS, lookup.code, &lookup.normalise(wanted));
            let range = Range::all(partition).limit(MAX_EXACT);
            for item in self.scope.table.query(&range).await?.items {
                ids.insert(text(&item, "SK")?.to_owned());
            }
        }
        self.tenant
            .resources()
            .records(&USERS, &Vec::from_iter(ids))
            .await
    }

    /// Reads the next resources whose unique name begins with the text, in order of names. Returns them and the cursor
    /// of the next page.
    pub(crate) async fn named(
        self,
        kind: &'static Kind,
        beginning: &str,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Named>, Option<String>), Error> {
        let beginning = kind.compared(beginning);
        let range = Range::prefix(self.scope.keys().names(kind), name_prefix(&beginning))
            .after(after)
            .limit(limit);
        let page = self.scope.table.query(&range).await?;
        let mut places = BTreeMap::new();
        for item in page.items {
            let name = text(&item, "SK")?.to_owned();
            places.insert(from_item::<Pointer>(item)?.id, name);
        }
        let ids: Vec<String> = places.keys().cloned().collect();
        let records = self.tenant.resources().records(kind, &ids).await?;
        let of = |record: Record| {
            let name = places.get(&record.id).cloned().unwrap_or_default();
            Named { name, record }
        };
        let mut named: Vec<Named> = records.into_iter().map(of).collect();
        named.sort_by(|a, b| a.name.cmp(&b.name));
        Ok((named, page.next))
    }
}
