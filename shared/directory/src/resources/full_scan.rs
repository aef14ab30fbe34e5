//! Lists for which no key helps: everything is read, page by page, and evaluated.

use rollcall_scim::{Query, Resource, Sort, SortKey};

use crate::error::Error;
use crate::model::kind::Kind;
use crate::resources::assemble::Needs;
use crate::resources::list::{Slice, sort, sort_key};
use crate::resources::page_cursor::{Position, Walk};
use crate::resources::record::Record;
use crate::store::table::Range;
use crate::tenant::Tenant;

impl Tenant {
    /// Reads every resource and evaluates the filter on each. Later pages of an unsorted walk start at their bookmark.
    pub(crate) async fn read_through(
        &self,
        kind: &'static Kind,
        query: &Query,
        slice: Slice,
        asked: &Needs,
    ) -> Result<(u64, Vec<Record>), Error> {
        let walk = self.walk(kind, query);
        let mut reading = Reading::default();
        if query.sort.is_none() && slice.count > 0 {
            let known = self.position(&walk, slice.start).await?;
            if known.index == slice.start && known.matched.is_some() {
                reading = Reading {
                    index: known.index,
                    total: known.matched,
                    behind: known.behind,
                    ..reading
                };
            }
        }
        loop {
            let page = self
                .table
                .query(&Range::all(self.id.resources(kind)).after(reading.behind.take()))
                .await?;
            let records = page
                .items
                .into_iter()
                .map(Record::from_item)
                .collect::<Result<Vec<_>, _>>()?;
            for (record, resource) in self
                .matching(kind, records, query.filter.as_ref(), asked)
                .await?
            {
                reading.take(record, &resource, slice, query.sort.as_ref());
            }
            if page.next.is_none() || reading.is_done(slice) {
                break;
            }
            reading.behind = page.next;
        }
        self.finish_reading(kind, query, slice, &walk, reading)
            .await
    }

    async fn finish_reading(
        &self,
        kind: &'static Kind,
        query: &Query,
        slice: Slice,
        walk: &Walk,
        mut reading: Reading,
    ) -> Result<(u64, Vec<Record>), Error> {
        let total = reading.total.unwrap_or(reading.index - 1);
        if query.sort.is_some() {
            sort(&mut reading.keys, query.sort.as_ref());
            let ids: Vec<String> = slice
                .cut(reading.keys)
                .into_iter()
                .map(|(_, id)| id)
                .collect();
            return Ok((total, self.records(kind, &ids).await?));
        }
        if let Some(last) = reading.page.last().filter(|_| slice.end() <= total) {
            self.remember(
                walk,
                &Position::at(slice.end(), last.id.clone(), Some(total)),
            )
            .await?;
        }
        Ok((total, reading.page))
    }
}

/// How far the reading of everything has come.
#[derive(Debug)]
struct Reading {
    /// The index of the next match.
    index: u64,
    /// Known from an earlier page.
    total: Option<u64>,
    behind: Option<String>,
    page: Vec<Record>,
    keys: Vec<(Option<SortKey>, String)>,
}

impl Default for Reading {
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

impl Reading {
    fn take(&mut self, record: Record, resource: &Resource, slice: Slice, sort: Option<&Sort>) {
        if sort.is_some() {
            self.keys.push((sort_key(sort, resource), record.id));
        } else if (slice.start..slice.end()).contains(&self.index) {
            self.page.push(record);
        }
        self.index += 1;
    }

    /// With the total known, reading ends with the page.
    fn is_done(&self, slice: Slice) -> bool {
        self.total.is_some() && self.index >= slice.end()
    }
}
