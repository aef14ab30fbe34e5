//! Full scans, for queries that no key helps: every resource is read, page by page, and evaluated.

use rollcall_model::Kind;
use rollcall_scim::{Query, Resource, Sort, SortKey};
use rollcall_store::{Error, Range};

use crate::resources::assemble::Needs;
use crate::resources::handle::Resources;
use crate::resources::page_cursor::{Position, Walk};
use crate::resources::record::Record;
use crate::resources::slice::{Slice, check_sortable, sort, sort_key};

impl Resources<'_> {
    /// Reads every resource and evaluates the filter on each. Later pages of an unsorted list start at their page
    /// cursor.
    pub(super) async fn full_scan(
        self,
        kind: &'static Kind,
        query: &Query,
        slice: Slice,
        asked: &Needs,
    ) -> Result<(u64, Vec<Record>), Error> {
        let walk = self.walk(kind, query);
        let filter = query.matcher(self.scope.resource_type(kind));
        let mut scan = Scan::default();
        if query.sort.is_none() && slice.count > 0 {
            let known = self.position(&walk, slice.start).await?;
            if known.index == slice.start && known.matched.is_some() {
                scan = Scan {
                    index: known.index,
                    total: known.matched,
                    behind: known.behind,
                    ..scan
                };
            }
        }
        loop {
            let range = Range::all(self.scope.keys().resources(kind)).after(scan.behind.take());
            let page = self.scope.table.query(&range).await?;
            let records = page.items.into_iter().map(Record::from_item);
            let records = records.collect::<Result<Vec<_>, _>>()?;
            let matching = self.matching(kind, records, filter.as_ref(), asked);
            for (record, resource) in matching.await? {
                scan.take(record, &resource, slice, query.sort.as_ref());
            }
            check_sortable(scan.keys.len(), query.sort.as_ref())?;
            if page.next.is_none() || scan.is_done(slice) {
                break;
            }
            scan.behind = page.next;
        }
        self.finish_scan(kind, query, slice, &walk, scan).await
    }

    async fn finish_scan(
        self,
        kind: &'static Kind,
        query: &Query,
        slice: Slice,
        walk: &Walk,
        mut scan: Scan,
    ) -> Result<(u64, Vec<Record>), Error> {
        let total = scan.total.unwrap_or(scan.index - 1);
        if query.sort.is_some() {
            sort(&mut scan.keys, query.sort.as_ref());
            let page = slice.cut(scan.keys).into_iter();
            let ids: Vec<String> = page.map(|(_, id)| id).collect();
            return Ok((total, self.records(kind, &ids).await?));
        }
        if let Some(last) = scan.page.last().filter(|_| slice.end() <= total) {
            let position = Position::at(slice.end(), last.id.clone(), Some(total));
            self.remember(walk, &position).await?;
        }
        Ok((total, scan.page))
    }
}

/// The progress of a scan.
#[derive(Debug)]
struct Scan {
    /// The index of the next match.
    index: u64,
    /// The total, if an earlier page has counted it.
    total: Option<u64>,
    behind: Option<String>,
    page: Vec<Record>,
    keys: Vec<(Option<SortKey>, String)>,
}

impl Default for Scan {
    fn default() -> Self {
        Self {
            index: 1,
            total: None,
            behind: None,
            page: Vec::new(),
            keys: Vec::new(),
        }
    }
}

impl Scan {
    fn take(&mut self, record: Record, resource: &Resource, slice: Slice, sort: Option<&Sort>) {
        if sort.is_some() {
            self.keys.push((sort_key(sort, resource), record.id));
        } else if (slice.start..slice.end()).contains(&self.index) {
            self.page.push(record);
        }
        self.index += 1;
    }

    /// Returns whether the scan can stop: if the total is known, it ends with the page.
    fn is_done(&self, slice: Slice) -> bool {
        self.total.is_some() && self.index >= slice.end()
    }
}
