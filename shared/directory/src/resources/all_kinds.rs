//! Lists over users and groups at once (RFC 7644 §3.4.2.1).

use rollcall_model::{GROUPS, Kind, USERS};
use rollcall_scim::{Query, Resource, SortKey, limits};
use rollcall_store::Error;

use crate::resources::assemble::{Needs, assemble};
use crate::resources::handle::{Members, Resources};
use crate::resources::list::Page;
use crate::resources::patience::{PATIENCE, in_time};
use crate::resources::query_plan::{QueryPlan, plan};
use crate::resources::record::Record;
use crate::resources::slice::{Slice, sort, sort_key};

/// How many records are read at once while all of them are ordered.
const READ_AT_ONCE: usize = 1000;

/// One query, read for users and for groups: the same names mean other attributes.
#[derive(Debug)]
pub struct QueryOfAll {
    /// The query as one for users.
    pub users: Query,
    /// The query as one for groups.
    pub groups: Query,
}

impl QueryOfAll {
    fn kinds(&self) -> [(&'static Kind, &Query); 2] {
        [(&USERS, &self.users), (&GROUPS, &self.groups)]
    }
}

impl Resources<'_> {
    /// Reads one page of all users and groups that match. Without an order, users come before groups.
    ///
    /// # Errors
    /// As for [`Resources::search`].
    pub async fn search_all(self, query: &QueryOfAll) -> Result<Page, Error> {
        match query.users.sort {
            Some(_) => in_time(&USERS, PATIENCE, self.search_ordered(query)).await,
            None => in_time(&USERS, PATIENCE, self.search_in_turn(query)).await,
        }
    }

    async fn search_in_turn(self, query: &QueryOfAll) -> Result<Page, Error> {
        let slice = Slice::of(&query.users);
        let mut page = Page {
            total: 0,
            start_index: slice.start,
            resources: Vec::new(),
        };
        for (kind, query) in query.kinds() {
            let already = page.resources.len() as u64;
            let mut query = query.clone();
            query.start_index = match already {
                0 => slice.start.saturating_sub(page.total).max(1),
                _ => 1,
            };
            let count = query.count.unwrap_or(limits::DEFAULT_RESULTS);
            query.count = Some(count.saturating_sub(already));
            let found = self.search(kind, &query).await?;
            page.total += found.total;
            page.resources.extend(found.resources);
        }
        Ok(page)
    }

    async fn search_ordered(self, query: &QueryOfAll) -> Result<Page, Error> {
        let slice = Slice::of(&query.users);
        let mut all = Vec::new();
        for (at, (kind, query)) in query.kinds().into_iter().enumerate() {
            let keys = self.ordered_ids(kind, query).await?.into_iter();
            all.extend(keys.map(|(key, id)| (key, (at, id))));
        }
        sort(&mut all, query.users.sort.as_ref());
        let total = all.len() as u64;
        let chosen = slice.cut(all).into_iter().map(|(_, chosen)| chosen);
        let chosen: Vec<(usize, String)> = chosen.collect();
        Ok(Page {
            total,
            start_index: slice.start,
            resources: self.shown(query, &chosen).await?,
        })
    }

    /// Returns the sort keys and ids of all resources of a kind that match.
    async fn ordered_ids(
        self,
        kind: &'static Kind,
        query: &Query,
    ) -> Result<Vec<(Option<SortKey>, String)>, Error> {
        let filter = query.matcher(kind.resource_type);
        let asked = query.filter.as_ref().map(Needs::of_filter);
        let asked = asked.unwrap_or_default();
        if asked.memberships(kind, true) {
            Members::of(self.scope).settle().await?;
        }
        let mut keys = Vec::new();
        let mut keep = |matching: Vec<(Record, Resource)>| {
            let matching = matching.into_iter();
            let keyed = |(record, resource): (Record, Resource)| {
                (sort_key(query.sort.as_ref(), &resource), record.id)
            };
            keys.extend(matching.map(keyed));
        };
        let plan = plan(kind, query.filter.as_ref());
        if plan != QueryPlan::All {
            let ids = Vec::from_iter(self.candidates(kind, &plan).await?);
            let records = self.records(kind, &ids).await?;
            keep(
                self.matching(kind, records, filter.as_ref(), &asked)
                    .await?,
            );
            return Ok(keys);
        }
        let mut behind = None;
        loop {
            let (records, next) = self.records_after(kind, behind, READ_AT_ONCE).await?;
            keep(
                self.matching(kind, records, filter.as_ref(), &asked)
                    .await?,
            );
            if next.is_none() {
                return Ok(keys);
            }
            behind = next;
        }
    }

    /// Returns the resources with these ids, each with its kind, in this order.
    async fn shown(
        self,
        query: &QueryOfAll,
        chosen: &[(usize, String)],
    ) -> Result<Vec<Resource>, Error> {
        let mut found = Vec::new();
        for (at, (kind, query)) in query.kinds().into_iter().enumerate() {
            let ids = chosen.iter().filter(|(of, _)| *of == at);
            let ids: Vec<String> = ids.map(|(_, id)| id.clone()).collect();
            let needs = Needs::of(&query.projection);
            if !ids.is_empty() && needs.memberships(kind, true) {
                Members::of(self.scope).settle().await?;
            }
            let records = self.records(kind, &ids).await?;
            let resources = assemble(self.scope, kind, &records, &needs).await?;
            let place = |record: &Record| {
                let is_it = |one: &(usize, String)| *one == (at, record.id.clone());
                chosen.iter().position(is_it)
            };
            found.extend(records.iter().map(place).zip(resources));
        }
        found.sort_by_key(|(place, _)| *place);
        Ok(found.into_iter().map(|(_, resource)| resource).collect())
    }
}
