//! Lists: filter, sort and page over users or groups.
//!
//! Three ways, chosen by the query alone: a filter that names keys reads those keys; no filter walks in the order of
//! creation or of names from bookmark to bookmark; anything else reads all and evaluates.

use std::collections::BTreeSet;

use rollcall_scim::{Filter, Query, Resource, Sort, SortKey, limits};

use crate::error::Error;
use crate::model::kind::{GROUPS, Kind, USERS};
use crate::resources::assemble::Needs;
use crate::resources::members::is_id;
use crate::resources::page_cursor::Position;
use crate::resources::query_plan::{Access, plan};
use crate::resources::record::Record;
use crate::resources::writes::Pointer;
use crate::store::item::{from_item, text};
use crate::store::keys::name_prefix;
use crate::store::table::Range;
use crate::tenant::Tenant;

/// One page of a list.
#[derive(Debug)]
pub struct Page {
    /// How many resources match in all.
    pub total: u64,
    /// The index of the page's first resource, from 1.
    pub start_index: u64,
    /// The page.
    pub resources: Vec<Resource>,
}

/// The slice of the matches that the client wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slice {
    pub(crate) start: u64,
    pub(crate) count: u64,
}

impl Slice {
    fn of(query: &Query) -> Self {
        let count = query
            .count
            .unwrap_or(limits::DEFAULT_RESULTS)
            .min(limits::MAX_RESULTS);
        Self {
            start: query.start_index.max(1),
            count,
        }
    }

    pub(crate) fn end(self) -> u64 {
        self.start.saturating_add(self.count)
    }

    pub(crate) fn cut<T>(self, all: Vec<T>) -> Vec<T> {
        let (skip, take) = (usize::try_from(self.start - 1), usize::try_from(self.count));
        all.into_iter()
            .skip(skip.unwrap_or(usize::MAX))
            .take(take.unwrap_or(usize::MAX))
            .collect()
    }
}

/// In what order a walk without filter goes.
#[derive(Clone, Copy, Debug)]
enum Order {
    Created,
    Name { descending: bool },
}

impl Tenant {
    /// One page of the resources that match (RFC 7644 §3.4.2).
    ///
    /// # Errors
    /// Only those of the table: no match is an empty page.
    pub async fn search(&self, kind: &'static Kind, query: &Query) -> Result<Page, Error> {
        let slice = Slice::of(query);
        let shown = Needs::of(&query.projection);
        let asked = query
            .filter
            .as_ref()
            .map(Needs::of_filter)
            .unwrap_or_default();
        let access = plan(kind, query.filter.as_ref());
        // One person looked up by a key is shown as the last transaction left them; whoever looks at many must not see
        // some of them before a change of members and some behind it.
        let many = matches!(access, Access::All | Access::MembersOf(_) | Access::Any(_));
        if shown.memberships(kind, many) || asked.memberships(kind, many) {
            self.settle().await?;
        }
        let (total, records) = match (access, walk_order(kind, query)) {
            (Access::All, Some(order)) => self.walk_page(kind, query, slice, order).await?,
            (Access::All, None) => self.read_through(kind, query, slice, &asked).await?,
            (access, _) => {
                self.read_candidates(kind, query, slice, &asked, access)
                    .await?
            }
        };
        let resources = self.complete(kind, &records, &shown).await?;
        Ok(Page {
            total,
            start_index: slice.start,
            resources,
        })
    }

    async fn walk_page(
        &self,
        kind: &'static Kind,
        query: &Query,
        slice: Slice,
        order: Order,
    ) -> Result<(u64, Vec<Record>), Error> {
        let total = self.count(kind).await?;
        if slice.count == 0 {
            return Ok((total, Vec::new()));
        }
        let walk = self.walk(kind, query);
        let from = self.position(&walk, slice.start).await?;
        // Behind the end there can still be somebody: when people of earlier pages went while the walk was on.
        if slice.start > total && from.index != slice.start {
            return Ok((total, Vec::new()));
        }
        let mut index = from.index;
        let mut behind = from.behind;
        let mut records = Vec::new();
        while index < slice.end() {
            let want = usize::try_from((slice.end() - index).min(limits::MAX_RESULTS))
                .unwrap_or(usize::MAX);
            let (read, next) = self.walk_on(kind, order, behind, want).await?;
            let skip = usize::try_from(slice.start.saturating_sub(index)).unwrap_or(usize::MAX);
            index += read.len() as u64;
            records.extend(read.into_iter().skip(skip));
            behind = next;
            if behind.is_none() {
                return Ok((total, records));
            }
        }
        if let Some(behind) = behind {
            self.remember(&walk, &Position::at(slice.end(), behind, None))
                .await?;
        }
        Ok((total, records))
    }

    /// The next records of a walk, and where it goes on.
    async fn walk_on(
        &self,
        kind: &'static Kind,
        order: Order,
        behind: Option<String>,
        want: usize,
    ) -> Result<(Vec<Record>, Option<String>), Error> {
        match order {
            Order::Created => {
                let page = self
                    .table
                    .query(
                        &Range::all(self.id.resources(kind))
                            .after(behind)
                            .limit(want),
                    )
                    .await?;
                let records = page
                    .items
                    .into_iter()
                    .map(Record::from_item)
                    .collect::<Result<_, _>>()?;
                Ok((records, page.next))
            }
            Order::Name { descending } => {
                let range = Range::all(self.id.names(kind))
                    .after(behind)
                    .limit(want)
                    .descending(descending);
                let page = self.table.query(&range).await?;
                let ids = page
                    .items
                    .into_iter()
                    .map(|item| Ok(from_item::<Pointer>(item)?.id));
                let ids = ids.collect::<Result<Vec<String>, Error>>()?;
                Ok((self.records(kind, &ids).await?, page.next))
            }
        }
    }

    async fn read_candidates(
        &self,
        kind: &'static Kind,
        query: &Query,
        slice: Slice,
        asked: &Needs,
        access: Access,
    ) -> Result<(u64, Vec<Record>), Error> {
        let ids: Vec<String> = self.candidates(kind, &access).await?.into_iter().collect();
        let records = self.records(kind, &ids).await?;
        let mut found = Vec::new();
        for (record, resource) in self
            .matching(kind, records, query.filter.as_ref(), asked)
            .await?
        {
            found.push((sort_key(query.sort.as_ref(), &resource), record));
        }
        sort(&mut found, query.sort.as_ref());
        let total = found.len() as u64;
        Ok((
            total,
            slice
                .cut(found)
                .into_iter()
                .map(|(_, record)| record)
                .collect(),
        ))
    }

    /// The ids that can match, in order of creation.
    pub(crate) async fn candidates(
        &self,
        kind: &'static Kind,
        access: &Access,
    ) -> Result<BTreeSet<String>, Error> {
        Ok(match access {
            Access::Id(id) => BTreeSet::from([id.clone()]),
            // Nothing is called nothing, and DynamoDB has no empty key.
            Access::Name(folded) if folded.is_empty() => BTreeSet::new(),
            Access::Name(folded) => {
                let item = self.table.get(&self.id.name(kind, folded)).await?;
                item.map(from_item::<Pointer>)
                    .transpose()?
                    .map(|pointer| pointer.id)
                    .into_iter()
                    .collect()
            }
            Access::NamePrefix(folded) => {
                let items = self
                    .table
                    .query_all(Range::prefix(self.id.names(kind), name_prefix(folded)))
                    .await?;
                items
                    .into_iter()
                    .map(|item| Ok(from_item::<Pointer>(item)?.id))
                    .collect::<Result<_, Error>>()?
            }
            Access::Lookup(code, value) => {
                let items = self
                    .table
                    .query_all(Range::all(self.id.lookup(kind, code, value)))
                    .await?;
                items
                    .iter()
                    .map(|item| text(item, "SK").map(str::to_owned))
                    .collect::<Result<_, Error>>()?
            }
            Access::MembersOf(group) => match self.existing(&GROUPS, group).await? {
                Some(_) => self.members_of(group).await?.into_keys().collect(),
                None => BTreeSet::new(),
            },
            Access::GroupsOf(user) => self
                .existing(&USERS, user)
                .await?
                .map(|user| user.groups)
                .unwrap_or_default(),
            Access::Any(parts) => {
                let mut all = BTreeSet::new();
                for part in parts {
                    all.extend(Box::pin(self.candidates(kind, part)).await?);
                }
                all
            }
            // Only reached inside `Any`, which the planner never builds around it.
            Access::All => BTreeSet::new(),
        })
    }

    async fn existing(&self, kind: &'static Kind, id: &str) -> Result<Option<Record>, Error> {
        Ok(self.records(kind, &[id.to_owned()]).await?.pop())
    }

    /// The records of these ids that there are, in the order of the ids.
    pub(crate) async fn records(
        &self,
        kind: &'static Kind,
        ids: &[String],
    ) -> Result<Vec<Record>, Error> {
        let keys = ids
            .iter()
            .filter(|id| is_id(id))
            .map(|id| self.id.resource(kind, id));
        let items = self.table.batch_get(keys).await?;
        let mut records = items
            .into_iter()
            .map(Record::from_item)
            .collect::<Result<Vec<_>, _>>()?;
        let place: std::collections::HashMap<&str, usize> = ids
            .iter()
            .enumerate()
            .map(|(place, id)| (id.as_str(), place))
            .collect();
        records.sort_by_key(|record| place.get(record.id.as_str()).copied());
        Ok(records)
    }

    pub(crate) async fn matching(
        &self,
        kind: &'static Kind,
        records: Vec<Record>,
        filter: Option<&Filter>,
        asked: &Needs,
    ) -> Result<Vec<(Record, Resource)>, Error> {
        let resources = self.complete(kind, &records, asked).await?;
        let matches =
            |pair: &(Record, Resource)| filter.is_none_or(|filter| filter.matches(&pair.1));
        Ok(records.into_iter().zip(resources).filter(matches).collect())
    }
}

/// The order in which a query without filter can be walked.
fn walk_order(kind: &Kind, query: &Query) -> Option<Order> {
    match (&query.filter, &query.sort) {
        (Some(_), _) => None,
        (None, None) => Some(Order::Created),
        (None, Some(sort)) => {
            let by_name =
                sort.path.sub.is_none() && sort.path.attribute.eq_ignore_ascii_case(kind.unique);
            by_name.then_some(Order::Name {
                descending: sort.descending,
            })
        }
    }
}

pub(crate) fn sort_key(sort: Option<&Sort>, resource: &Resource) -> Option<SortKey> {
    sort.map(|sort| sort.key(resource))
}

/// Sorts by key; equal ones stay in order of creation.
pub(crate) fn sort<T>(found: &mut [(Option<SortKey>, T)], sort: Option<&Sort>) {
    let Some(sort) = sort else { return };
    found.sort_by(|(a, _), (b, _)| if sort.descending { b.cmp(a) } else { a.cmp(b) });
}
