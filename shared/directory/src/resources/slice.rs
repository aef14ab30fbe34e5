//! The slice of the matches that a client requests, and their order.

use rollcall_scim::{Query, Resource, Sort, SortKey, limits};

/// The slice of the matches that the client requests with `startIndex` and `count`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice {
    /// The index of the first resource, from 1.
    pub(super) start: u64,
    pub(super) count: u64,
}

impl Slice {
    pub(super) fn of(query: &Query) -> Self {
        let count = query.count.unwrap_or(limits::DEFAULT_RESULTS);
        Self {
            start: query.start_index.max(1),
            count: count.min(limits::MAX_RESULTS),
        }
    }

    /// Returns the index after the last resource.
    pub(super) fn end(self) -> u64 {
        self.start.saturating_add(self.count)
    }

    pub(super) fn cut<T>(self, all: Vec<T>) -> Vec<T> {
        let (skip, take) = (usize::try_from(self.start - 1), usize::try_from(self.count));
        all.into_iter()
            .skip(skip.unwrap_or(usize::MAX))
            .take(take.unwrap_or(usize::MAX))
            .collect()
    }
}

/// Returns the key by which a resource is sorted, if the query sorts.
pub(super) fn sort_key(sort: Option<&Sort>, resource: &Resource) -> Option<SortKey> {
    sort.map(|sort| sort.key(resource))
}

/// Sorts by key. Resources with equal keys keep their order, which is that of creation.
pub(super) fn sort<T>(found: &mut [(Option<SortKey>, T)], sort: Option<&Sort>) {
    let Some(sort) = sort else { return };
    found.sort_by(|(a, _), (b, _)| if sort.descending { b.cmp(a) } else { a.cmp(b) });
}
