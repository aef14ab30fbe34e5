//! Walks by cursors (RFC 9865) over one kind of resources, or over all.
//!
//! In order of creation, a cursor is the id after which the page starts. Ids do not change, so a walk misses nobody who
//! was there all the time, and shows nobody twice. Any other order is stored when the walk begins, except that of the
//! unique names, in which the names are stored anyway: who is renamed during such a walk may be missed or come twice.
//! A page reads one match more than it shows, to know whether another page follows.

use std::collections::VecDeque;

use rollcall_model::{Kind, new_id};
use rollcall_scim::{self as scim, Query, Resource};
use rollcall_store::{Error, from_item, text};

use crate::resources::assemble::{Needs, assemble};
use crate::resources::cursor::{Cursor, Place, bound_to};
use crate::resources::handle::Resources;
use crate::resources::page::{Onward, Page};
use crate::resources::query_plan::{QueryPlan, plan};
use crate::resources::record::Record;
use crate::resources::slice::{Slice, sort};
use crate::resources::walk_order::{Order, walk_order};
use crate::resources::writes::Pointer;

/// How many records are read at once while a filter is evaluated.
const READ_AT_ONCE: usize = 1_000;
/// How many candidates are read at once.
const CANDIDATES_AT_ONCE: usize = 100;

/// A kind of the query, and the query as one for this kind.
type Part<'a> = (&'static Kind, &'a Query);

/// A page without what its cursors are bound to.
struct Found {
    total: u64,
    resources: Vec<Resource>,
    behind: Vec<Place>,
    end: Option<Place>,
    order: Vec<(usize, String)>,
}

impl Resources<'_> {
    /// Reads the page that starts at a cursor; the first page if the cursor is empty.
    ///
    /// # Errors
    /// `invalidCursor` and `expiredCursor`, `tooMany` for an order of too many resources, and table errors.
    pub(super) async fn page_by_cursor(
        self,
        parts: &[Part<'_>],
        cursor: &str,
    ) -> Result<Page, Error> {
        let query = bound_to(parts);
        let at = match cursor {
            "" => None,
            text => Some(Cursor::read(self.scope, &query, text).await?),
        };
        let start_index = at.as_ref().map_or(1, |cursor| cursor.start_index);
        for (kind, query) in parts {
            let plan = plan(kind, query.filter.as_ref());
            self.settle_for(kind, query, &plan).await?;
        }
        let count = parts.first().map_or(0, |(_, query)| Slice::of(query).count);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let found = match parts {
            [(kind, of_kind)] => match walk_order(kind, of_kind) {
                Some(Order::Name { descending }) => {
                    self.page_of_names((kind, of_kind), descending, at, count)
                        .await?
                }
                _ if of_kind.sort.is_some() => self.page_in_order(parts, at, count).await?,
                _ => self.page_as_created(parts, at, count).await?,
            },
            [(_, first), ..] if first.sort.is_some() => {
                self.page_in_order(parts, at, count).await?
            }
            _ => self.page_as_created(parts, at, count).await?,
        };
        Ok(Page {
            total: found.total,
            start_index,
            resources: found.resources,
            onward: Some(Onward {
                query,
                // Who asks for no resources asks for the total alone.
                end: found.end.filter(|_| count > 0),
                behind: found.behind,
                order: found.order,
            }),
        })
    }

    /// Returns the cursor of the page that follows the first `shown` resources of this one; `None` if none follows, or
    /// if the page was not asked for by cursor.
    ///
    /// # Errors
    /// Table errors, and those of reading the keys of the stack.
    pub async fn next_cursor(self, page: &Page, shown: usize) -> Result<Option<String>, Error> {
        let Some(onward) = &page.onward else {
            return Ok(None);
        };
        let last = shown.checked_sub(1).and_then(|at| onward.behind.get(at));
        let place = match shown < page.resources.len() {
            true => last,
            false => onward.end.as_ref(),
        };
        let Some(mut place) = place.cloned() else {
            return Ok(None);
        };
        match &mut place {
            Place::Created(..) => {}
            Place::Name(name) => {
                let id = new_id();
                let behind = std::mem::replace(name, id.clone());
                self.store_name(&id, behind).await?;
            }
            Place::Ordered(walk, index) if !onward.order.is_empty() => {
                self.store_order(walk, &onward.order, *index).await?;
            }
            Place::Ordered(..) => {}
        }
        let start_index = page.start_index + shown as u64;
        let cursor = Cursor::new(place, page.total, start_index);
        Ok(Some(cursor.write(self.scope, &onward.query).await?))
    }

    async fn page_as_created(
        self,
        parts: &[Part<'_>],
        at: Option<Cursor>,
        count: usize,
    ) -> Result<Found, Error> {
        let known = at.as_ref().map(|cursor| cursor.total);
        let (first, mut behind) = match at.map(|cursor| cursor.place) {
            None => (0, None),
            Some(Place::Created(of, id)) => (of, Some(id)),
            Some(_) => return Err(scim::Error::InvalidCursor.into()),
        };
        let (mut total, mut records) = (0, Vec::new());
        for (of, part) in parts.iter().enumerate().skip(first) {
            let wanted = (count + 1).saturating_sub(records.len());
            let behind = behind.take();
            let (matches, counted) = self.matches(*part, behind, wanted, known.is_none()).await?;
            total += counted;
            records.extend(matches.into_iter().map(|record| (of, record)));
            if known.is_some() && records.len() > count {
                break;
            }
        }
        let more = records.len() > count;
        records.truncate(count);
        let place = |(of, record): &(usize, Record)| Place::Created(*of, record.id.clone());
        let behind: Vec<Place> = records.iter().map(place).collect();
        let mut resources = Vec::new();
        for (of, (kind, query)) in parts.iter().enumerate() {
            let of_kind = records.extract_if(.., |(kind, _)| *kind == of);
            let of_kind: Vec<Record> = of_kind.map(|(_, record)| record).collect();
            let needs = Needs::of(&query.projection);
            resources.extend(assemble(self.scope, kind, &of_kind, &needs).await?);
        }
        Ok(Found {
            total: known.unwrap_or(total),
            resources,
            end: behind.last().filter(|_| more).cloned(),
            behind,
            order: Vec::new(),
        })
    }

    /// Returns the first `wanted` matches after an id, and how many there are in total if that is to be counted.
    async fn matches(
        self,
        (kind, query): Part<'_>,
        mut behind: Option<String>,
        wanted: usize,
        counts: bool,
    ) -> Result<(Vec<Record>, u64), Error> {
        let filter = query.matcher(self.scope.resource_type(kind));
        let asked = query.filter.as_ref().map(Needs::of_filter);
        let asked = asked.unwrap_or_default();
        let plan = plan(kind, query.filter.as_ref());
        let mut found = Vec::new();
        if filter.is_none() {
            while found.len() < wanted {
                let limit = (wanted - found.len()).min(READ_AT_ONCE);
                let (records, next) = self.records_after(kind, behind, limit).await?;
                found.extend(records.into_iter().filter(|one| self.sees(one)));
                behind = next;
                if behind.is_none() {
                    break;
                }
            }
            let total = match counts {
                true => self.count_seen(kind).await?,
                false => 0,
            };
            return Ok((found, total));
        }
        if let Some(order @ Order::Members(_)) = walk_order(kind, query) {
            let Some(total) = self.total_of(kind, order).await? else {
                return Ok((found, 0));
            };
            while found.len() < wanted {
                let limit = (wanted - found.len()).min(READ_AT_ONCE);
                let (records, next) = self.walk_on(kind, order, behind, limit).await?;
                found.extend(records);
                behind = next;
                if behind.is_none() {
                    break;
                }
            }
            return Ok((found, total));
        }
        let mut total = 0;
        let mut keep = |matching: Vec<(Record, Resource)>| {
            total += matching.len() as u64;
            let room = wanted.saturating_sub(found.len());
            found.extend(matching.into_iter().map(|(record, _)| record).take(room));
            !counts && found.len() >= wanted
        };
        if plan == QueryPlan::All {
            loop {
                let (records, next) = self.records_after(kind, behind, READ_AT_ONCE).await?;
                let matching = self.matching(kind, records, filter.as_ref(), &asked);
                if keep(matching.await?) || next.is_none() {
                    return Ok((found, total));
                }
                behind = next;
            }
        }
        let ids = self.candidates(kind, &plan).await?.into_iter();
        let ids: Vec<String> = ids
            .filter(|id| behind.as_ref().is_none_or(|behind| id > behind))
            .collect();
        for ids in ids.chunks(CANDIDATES_AT_ONCE) {
            let records = self.records(kind, ids).await?;
            let matching = self.matching(kind, records, filter.as_ref(), &asked);
            if keep(matching.await?) {
                break;
            }
        }
        Ok((found, total))
    }

    /// Reads a page in order of the unique names.
    async fn page_of_names(
        self,
        (kind, query): Part<'_>,
        descending: bool,
        at: Option<Cursor>,
        count: usize,
    ) -> Result<Found, Error> {
        let (total, mut behind) = match at {
            None => (self.count_seen(kind).await?, None),
            Some(Cursor {
                place: Place::Name(id),
                total,
                ..
            }) => (total, Some(self.stored_name(&id).await?)),
            Some(_) => return Err(scim::Error::InvalidCursor.into()),
        };
        let range = Order::Name { descending }.range(self.scope.keys(), kind);
        let mut names: VecDeque<(String, String)> = VecDeque::new();
        let (mut records, mut behind_each, mut last) = (Vec::new(), Vec::new(), None);
        let mut is_end = false;
        // Past those that the caller does not see, until the page is full.
        loop {
            let room = count - records.len();
            while names.len() <= room && !is_end {
                let range = range.clone().after(behind).limit(room + 1 - names.len());
                let page = self.scope.table.query(&range).await?;
                for item in page.items {
                    let name = text(&item, "SK")?.to_owned();
                    names.push_back((from_item::<Pointer>(item)?.id, name));
                }
                behind = page.next;
                is_end = behind.is_none();
            }
            let read: Vec<(String, String)> = names.drain(..room.min(names.len())).collect();
            let ids: Vec<String> = read.iter().map(|(id, _)| id.clone()).collect();
            for record in self.records(kind, &ids).await? {
                let name = read.iter().find(|(id, _)| *id == record.id);
                if let Some((_, name)) = name.filter(|_| self.sees(&record)) {
                    behind_each.push(Place::Name(name.clone()));
                    records.push(record);
                }
            }
            if let Some((_, name)) = read.into_iter().next_back() {
                last = Some(Place::Name(name));
            }
            if names.is_empty() || records.len() == count {
                break;
            }
        }
        let needs = Needs::of(&query.projection);
        let resources = assemble(self.scope, kind, &records, &needs).await?;
        Ok(Found {
            total,
            resources,
            behind: behind_each,
            end: last.filter(|_| !names.is_empty()),
            order: Vec::new(),
        })
    }

    /// Reads a page in the order of an attribute.
    async fn page_in_order(
        self,
        parts: &[Part<'_>],
        at: Option<Cursor>,
        count: usize,
    ) -> Result<Found, Error> {
        let (walk, from, total, mut chosen, order) = match at {
            None => {
                let order = self.order(parts).await?;
                (new_id(), 0, order.len(), order.clone(), order)
            }
            Some(Cursor {
                place: Place::Ordered(walk, from),
                total,
                ..
            }) => {
                let chosen = self.stored_order(&walk, from, count.max(1)).await?;
                let total = usize::try_from(total).unwrap_or(usize::MAX);
                (walk, from, total, chosen, Vec::new())
            }
            Some(_) => return Err(scim::Error::InvalidCursor.into()),
        };
        chosen.truncate(count);
        let may_differ = order.is_empty();
        let shown = self.shown(parts, &chosen, may_differ).await?;
        let place = |index: usize| Place::Ordered(walk.clone(), index);
        let end = from + chosen.len();
        Ok(Found {
            total: total as u64,
            behind: shown.iter().map(|(at, _)| place(from + at + 1)).collect(),
            end: (end < total).then(|| place(end)),
            resources: shown.into_iter().map(|(_, resource)| resource).collect(),
            order,
        })
    }

    /// Returns the kinds and ids of all matches, in the order of the query.
    async fn order(self, parts: &[Part<'_>]) -> Result<Vec<(usize, String)>, Error> {
        let mut all = Vec::new();
        for (of, (kind, query)) in parts.iter().enumerate() {
            let keys = self.ordered_ids(kind, query).await?.into_iter();
            all.extend(keys.map(|(key, id)| (key, (of, id))));
        }
        let by = parts.first().and_then(|(_, query)| query.sort.as_ref());
        sort(&mut all, by);
        Ok(all.into_iter().map(|(_, one)| one).collect())
    }
}
