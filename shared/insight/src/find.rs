//! Search for people and groups: by key alone, so that the cost does not depend on the number of people.

use std::collections::{BTreeMap, BTreeSet};

use futures::try_join;
use rollcall_directory::Person;
use rollcall_directory::stored::{Pointer, QueryPlan, Record, by_group};
use rollcall_model::{GROUPS, Kind, PersonState, USERS, is_id};
use rollcall_scim::fold;
use rollcall_store::{BoundedPage, Error, Range, from_item, name_prefix, text};

use crate::handle::Insight;
use crate::lists::{GroupFilter, GroupSummary, PeopleQuery, summary};

/// Names that one call reads before it returns what it has found.
const MAX_LOOKED_AT: usize = 500;
/// Names read per query.
const READ_AT_ONCE: usize = 100;
/// The maximum number of people that one look-up attribute finds by its exact value.
const MAX_EXACT: usize = 50;

/// A resource, and the name by which it was found, as in its key.
struct Named {
    name: String,
    record: Record,
}

impl Insight<'_> {
    /// Finds people. Returns a page of them and the cursor of the next page.
    ///
    /// First come the people whose `id`, e-mail address, `externalId` or `displayName` equals the text, then those
    /// whose `userName` begins with it, in order of user names. Without a text, all people are listed in order of
    /// creation. Only people in one of `states` are returned; empty means all.
    ///
    /// The first page has all exact matches, even if there are more than `limit`. A page can be short although another
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
    ) -> Result<(Vec<Person>, Option<String>), Error> {
        let text = text.trim();
        if text.is_empty() {
            let query = PeopleQuery {
                states: states.to_vec(),
                after,
                limit,
                ..PeopleQuery::default()
            };
            return self.people(&query).await;
        }
        let (context, exact) = try_join!(
            Box::pin(self.tenant.roles().context()),
            Box::pin(self.exactly(text))
        )?;
        let wanted = |record: &Record| states.is_empty() || states.contains(&record.state());
        let known: BTreeSet<String> = exact.iter().map(|record| record.id.clone()).collect();
        let mut found: Vec<Record> = match after {
            None => exact.into_iter().filter(wanted).collect(),
            Some(_) => Vec::new(),
        };
        // At least one, so that there is a cursor for the next page.
        let room = limit.saturating_sub(found.len()).max(1);
        let at_once = if states.is_empty() {
            room
        } else {
            READ_AT_ONCE
        };
        let mut named = BoundedPage::new(after, room, MAX_LOOKED_AT);
        while !named.is_done() {
            let page = self.named(&USERS, text, named.behind(), at_once.min(READ_AT_ONCE));
            let (records, next) = page.await?;
            let new = |one: &Named| !known.contains(&one.record.id) && wanted(&one.record);
            named.take(records.into_iter().filter(new), at_once, next);
        }
        let (named, behind) = named.page(|one| &one.name);
        found.extend(named.into_iter().map(|one| one.record));
        let people = found.iter().map(|record| context.person(record));
        Ok((people.collect::<Result<_, _>>()?, behind))
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
        let mappings = by_group(&self.tenant.roles().mappings().await?);
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
        let plan = QueryPlan::Name(fold(user_name));
        Ok(self
            .tenant
            .resources()
            .candidates(&USERS, &plan)
            .await?
            .pop_first())
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
        let records = self.tenant.resources().records(&USERS, &ids).await?;
        let named = |record: &Record| Ok((record.id.clone(), record.user_name()?));
        records.iter().map(named).collect()
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
    async fn named(
        self,
        kind: &'static Kind,
        beginning: &str,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Named>, Option<String>), Error> {
        let beginning = fold(beginning);
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
