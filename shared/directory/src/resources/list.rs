//! Lists: filter, sort and page over users or groups.
//!
//! The query alone decides how it is answered. A filter that names keys reads those keys. A query without a filter
//! reads in order of creation or of names, and one for the people of a group in the order of its members, from page
//! cursor to page cursor. Every other query reads and evaluates all resources. A query with a cursor is one of
//! `by_cursor`.

use futures::try_join;
use rollcall_model::{GROUPS, Kind};
use rollcall_scim::{Query, limits};
use rollcall_store::{Error, from_item, text};

use crate::resources::assemble::{Needs, assemble};
use crate::resources::handle::Resources;
use crate::resources::page::Page;
use crate::resources::page_cursor::{Position, Walk};
use crate::resources::patience::{PATIENCE, in_time};
use crate::resources::query_plan::{QueryPlan, plan};
use crate::resources::record::Record;
use crate::resources::slice::{Slice, sort, sort_key};
use crate::resources::walk_order::{Order, walk_order};
use crate::resources::writes::Pointer;

/// What a walk has read for a page.
struct Walked {
    total: u64,
    records: Vec<Record>,
    /// Where the next page starts, if there can be one.
    onward: Option<(Walk, Position)>,
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
        if let Some(cursor) = &query.cursor {
            let part = [(kind, query)];
            return Box::pin(self.page_by_cursor(&part, cursor)).await;
        }
        let slice = Slice::of(query);
        let shown = Needs::of(&query.projection);
        let asked = query.filter.as_ref().map(Needs::of_filter);
        let asked = asked.unwrap_or_default();
        let plan = plan(kind, query.filter.as_ref());
        self.settle_for(kind, query, &plan).await?;
        let mut onward = None;
        let (total, records) = match (plan, walk_order(kind, query)) {
            (_, Some(order)) => {
                let walked = self.walk_page(kind, query, slice, order).await?;
                onward = walked.onward;
                (walked.total, walked.records)
            }
            (QueryPlan::All, None) => self.full_scan(kind, query, slice, &asked).await?,
            (plan, _) => {
                self.read_candidates(kind, query, slice, &asked, &plan)
                    .await?
            }
        };
        let remembered = async {
            match &onward {
                Some((walk, position)) => self.remember(walk, position).await,
                None => Ok(()),
            }
        };
        let assembled = assemble(self.scope, kind, &records, &shown);
        let (resources, ()) = try_join!(assembled, remembered)?;
        Ok(Page {
            total,
            start_index: slice.start,
            resources,
            onward: None,
        })
    }

    async fn walk_page(
        self,
        kind: &'static Kind,
        query: &Query,
        slice: Slice,
        order: Order<'_>,
    ) -> Result<Walked, Error> {
        let empty = |total| Walked {
            total,
            records: Vec::new(),
            onward: None,
        };
        if slice.count == 0 {
            let total = self.total_of(kind, order).await?;
            return Ok(empty(total.unwrap_or_default()));
        }
        let walk = self.walk(kind, query);
        // The first page needs neither the total nor a position, so all three are read at the same time.
        let is_first = slice.start <= 1;
        let want = |index: u64| {
            let want = slice.end().saturating_sub(index).min(limits::MAX_RESULTS);
            usize::try_from(want).unwrap_or(usize::MAX)
        };
        let first = async {
            match is_first {
                true => self.walk_on(kind, order, None, want(1)).await.map(Some),
                false => Ok(None),
            }
        };
        let (total, from, mut read) = try_join!(
            self.total_of(kind, order),
            self.position(&walk, slice.start),
            first
        )?;
        let Some(total) = total else {
            return Ok(empty(0));
        };
        // If resources of earlier pages were deleted during the walk, `start` can exceed `total` although more follow.
        if slice.start > total && from.index != slice.start {
            return Ok(empty(total));
        }
        let mut index = from.index;
        let mut behind = from.behind;
        let mut records = Vec::new();
        while index < slice.end() {
            let (page, next) = match read.take() {
                Some(page) => page,
                None => self.walk_on(kind, order, behind, want(index)).await?,
            };
            let skip = usize::try_from(slice.start.saturating_sub(index)).unwrap_or(usize::MAX);
            index += page.len() as u64;
            records.extend(page.into_iter().skip(skip));
            behind = next;
            if behind.is_none() {
                // The number of members counts those whom the connection has deleted without effect.
                let total = match order {
                    Order::Members(_) => total.min(index - 1),
                    Order::Created | Order::Name { .. } => total,
                };
                return Ok(Walked {
                    total,
                    records,
                    onward: None,
                });
            }
        }
        let onward = behind.map(|behind| (walk, Position::at(slice.end(), behind, None)));
        Ok(Walked {
            total,
            records,
            onward,
        })
    }

    /// Returns how many there are in an order; `None` if the group whose members they are does not exist.
    pub(super) async fn total_of(
        self,
        kind: &'static Kind,
        order: Order<'_>,
    ) -> Result<Option<u64>, Error> {
        match order {
            Order::Members(group) => {
                let group = self.existing(&GROUPS, group).await?;
                Ok(group.map(|group| group.members))
            }
            Order::Created | Order::Name { .. } => self.count_seen(kind).await.map(Some),
        }
    }

    /// Reads the next records of a walk, without those that the caller does not see. Returns them and the sort key after which the walk continues.
    pub(super) async fn walk_on(
        self,
        kind: &'static Kind,
        order: Order<'_>,
        behind: Option<String>,
        want: usize,
    ) -> Result<(Vec<Record>, Option<String>), Error> {
        let range = order.range(self.scope.keys(), kind);
        let range = range.after(behind).limit(want);
        let page = self.scope.table.query(&range).await?;
        let items = page.items.into_iter();
        let mut records: Vec<Record> = match order {
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
        records.retain(|record| self.sees(record));
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
        let filter = query.matcher(self.scope.resource_type(kind));
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
