//! Lists: filter, sort and page over users or groups.
//!
//! The query alone decides how it is answered. A filter that names keys reads those keys. A query without a filter
//! reads in order of creation or of names, and one for the people of a group in the order of its members, from page
//! cursor to page cursor. Every other query reads and evaluates all resources.

use rollcall_model::{GROUPS, Kind};
use rollcall_scim::{Query, Resource, limits};
use rollcall_store::{Error, Range, from_item, text};

use crate::resources::assemble::{Needs, assemble};
use crate::resources::handle::{Members, Resources};
use crate::resources::page_cursor::Position;
use crate::resources::patience::{PATIENCE, in_time};
use crate::resources::query_plan::{QueryPlan, group_asked_about, plan};
use crate::resources::record::Record;
use crate::resources::slice::{Slice, sort, sort_key};
use crate::resources::writes::Pointer;

/// One page of a list.
#[derive(Debug)]
pub struct Page {
    /// How many resources match in total.
    pub total: u64,
    /// The index of the page's first resource, from 1.
    pub start_index: u64,
    /// The resources of the page.
    pub resources: Vec<Resource>,
}

/// The order in which a query reads that needs no evaluation.
#[derive(Clone, Copy, Debug)]
enum Order<'a> {
    Created,
    Name {
        descending: bool,
    },
    /// The members of this group. Their order is that of creation, too.
    Members(&'a str),
}

impl Resources<'_> {
    /// Reads one page of the resources that match (RFC 7644 §3.4.2).
    ///
    /// # Errors
    /// `tooMany` when the query reads more than fits in the time that a request has, and table errors. Without a match,
    /// the page is empty.
    pub async fn search(self, kind: &'static Kind, query: &Query) -> Result<Page, Error> {
        in_time(kind, PATIENCE, self.search_for_long(kind, query)).await
    }

    async fn search_for_long(self, kind: &'static Kind, query: &Query) -> Result<Page, Error> {
        let slice = Slice::of(query);
        let shown = Needs::of(&query.projection);
        let asked = query.filter.as_ref().map(Needs::of_filter);
        let asked = asked.unwrap_or_default();
        let plan = plan(kind, query.filter.as_ref());
        // A single user that is found by key is shown as the last transaction left it. Of several users, none may be
        // shown before a change of members and others after it.
        let many = matches!(
            plan,
            QueryPlan::All | QueryPlan::MembersOf(_) | QueryPlan::Any(_)
        );
        if shown.memberships(kind, many) || asked.memberships(kind, many) {
            Members::of(self.scope).settle().await?;
        }
        let (total, records) = match (plan, walk_order(kind, query)) {
            (_, Some(order)) => self.walk_page(kind, query, slice, order).await?,
            (QueryPlan::All, None) => self.full_scan(kind, query, slice, &asked).await?,
            (plan, _) => {
                self.read_candidates(kind, query, slice, &asked, &plan)
                    .await?
            }
        };
        let resources = assemble(self.scope, kind, &records, &shown).await?;
        Ok(Page {
            total,
            start_index: slice.start,
            resources,
        })
    }

    async fn walk_page(
        self,
        kind: &'static Kind,
        query: &Query,
        slice: Slice,
        order: Order<'_>,
    ) -> Result<(u64, Vec<Record>), Error> {
        let total = self.total_of(kind, order).await?;
        if slice.count == 0 {
            return Ok((total, Vec::new()));
        }
        let walk = self.walk(kind, query);
        let from = self.position(&walk, slice.start).await?;
        // If resources of earlier pages were deleted during the walk, `start` can exceed `total` although more follow.
        if slice.start > total && from.index != slice.start {
            return Ok((total, Vec::new()));
        }
        let mut index = from.index;
        let mut behind = from.behind;
        let mut records = Vec::new();
        while index < slice.end() {
            let want = (slice.end() - index).min(limits::MAX_RESULTS);
            let want = usize::try_from(want).unwrap_or(usize::MAX);
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
            let position = Position::at(slice.end(), behind, None);
            self.remember(&walk, &position).await?;
        }
        Ok((total, records))
    }

    async fn total_of(self, kind: &'static Kind, order: Order<'_>) -> Result<u64, Error> {
        match order {
            Order::Members(group) => {
                let group = self.existing(&GROUPS, group).await?;
                Ok(group.map_or(0, |group| group.members))
            }
            Order::Created | Order::Name { .. } => self.count(kind).await,
        }
    }

    /// Reads the next records of a walk. Returns them and the sort key after which the walk continues.
    async fn walk_on(
        self,
        kind: &'static Kind,
        order: Order<'_>,
        behind: Option<String>,
        want: usize,
    ) -> Result<(Vec<Record>, Option<String>), Error> {
        let keys = self.scope.keys();
        let range = match order {
            Order::Created => Range::all(keys.resources(kind)),
            Order::Name { descending } => Range::all(keys.names(kind)).descending(descending),
            Order::Members(group) => Range::all(keys.members(group)),
        };
        let range = range.after(behind).limit(want);
        let page = self.scope.table.query(&range).await?;
        let items = page.items.into_iter();
        let records = match order {
            Order::Created => items.map(Record::from_item).collect::<Result<_, _>>()?,
            Order::Name { .. } => {
                let ids = items.map(|item| Ok(from_item::<Pointer>(item)?.id));
                let ids = ids.collect::<Result<Vec<String>, Error>>()?;
                self.records(kind, &ids).await?
            }
            Order::Members(_) => {
                let ids = items.map(|item| Ok(text(&item, "SK")?.to_owned()));
                let ids = ids.collect::<Result<Vec<String>, Error>>()?;
                self.records(kind, &ids).await?
            }
        };
        Ok((records, page.next))
    }

    async fn read_candidates(
        self,
        kind: &'static Kind,
        query: &Query,
        slice: Slice,
        asked: &Needs,
        plan: &QueryPlan,
    ) -> Result<(u64, Vec<Record>), Error> {
        let ids = Vec::from_iter(self.candidates(kind, plan).await?);
        let records = self.records(kind, &ids).await?;
        let filter = query.matcher(kind.resource_type);
        let matching = self.matching(kind, records, filter.as_ref(), asked);
        let matching = matching.await?.into_iter();
        let keyed = |(record, resource)| (sort_key(query.sort.as_ref(), &resource), record);
        let mut found: Vec<_> = matching.map(keyed).collect();
        sort(&mut found, query.sort.as_ref());
        let total = found.len() as u64;
        let page = slice.cut(found).into_iter();
        Ok((total, page.map(|(_, record)| record).collect()))
    }
}

/// Returns the order in which a query can be read from page cursor to page cursor; `None` if it cannot.
fn walk_order<'a>(kind: &Kind, query: &'a Query) -> Option<Order<'a>> {
    match (&query.filter, &query.sort) {
        (Some(filter), None) => group_asked_about(kind, filter).map(Order::Members),
        (Some(_), Some(_)) => None,
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
