//! The slice of the matches that a client requests, and their order.

use rollcall_scim::{self as scim, Query, Resource, Sort, SortKey, limits};

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

/// Checks that so many matches can be sorted.
///
/// # Errors
/// `tooMany` when there are more than [`limits::MAX_SORTED`]. It says what to do.
pub(super) fn check_sortable(matches: usize, sort: Option<&Sort>) -> Result<(), scim::Error> {
    match sort {
        Some(sort) if matches > limits::MAX_SORTED => Err(scim::Error::TooMany(format!(
            "more than {} resources match, which is too many to sort by `{}`; filter further, or leave out `sortBy`",
            limits::MAX_SORTED,
            sort.path
        ))),
        _ => Ok(()),
    }
}

/// Sorts by key. Resources with equal keys keep their order, which is that of creation.
pub(super) fn sort<T>(found: &mut [(Option<SortKey>, T)], sort: Option<&Sort>) {
    let Some(sort) = sort else { return };
    found.sort_by(|(a, _), (b, _)| if sort.descending { b.cmp(a) } else { a.cmp(b) });
}

#[cfg(test)]
mod tests {
    use rollcall_scim::USER;

    use super::*;

    #[test]
    fn an_order_has_a_bound_and_says_what_to_do() {
        let title = Sort::parse(&USER, "title", None).expect("an order");
        for (matches, sort, is_refused) in [
            (limits::MAX_SORTED, Some(&title), false),
            (limits::MAX_SORTED + 1, Some(&title), true),
            (limits::MAX_SORTED + 1, None, false),
        ] {
            let checked = check_sortable(matches, sort);
            assert_eq!(checked.is_err(), is_refused);
            if let Err(error) = checked {
                assert_eq!((error.status(), error.scim_type()), (400, Some("tooMany")));
                let says = error.to_string();
                assert!(
                    says.contains("250000") && says.contains("`title`"),
                    "{says}"
                );
            }
        }
    }
}
