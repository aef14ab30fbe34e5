//! The orders in which resources are stored, so that a list without a filter can be read page by page.

use rollcall_model::Kind;
use rollcall_scim::Query;
use rollcall_store::{Keys, Range};

/// An order in which resources are stored.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    Created,
    Name { descending: bool },
}

impl Order {
    /// Returns the range of all items in this order: records, or names.
    pub(super) fn range(self, keys: Keys<'_>, kind: &Kind) -> Range {
        match self {
            Order::Created => Range::all(keys.resources(kind)),
            Order::Name { descending } => Range::all(keys.names(kind)).descending(descending),
        }
    }
}

/// Returns the order in which a query can be read page by page; `None` if it cannot.
pub(super) fn walk_order(kind: &Kind, query: &Query) -> Option<Order> {
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
