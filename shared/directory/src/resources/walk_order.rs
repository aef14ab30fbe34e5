//! The orders in which resources are stored, so that a list without a filter can be read page by page.

use rollcall_model::Kind;
use rollcall_scim::Query;
use rollcall_store::{Keys, Range};

use crate::resources::query_plan::group_asked_about;

/// An order in which a query reads that needs no evaluation.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order<'a> {
    Created,
    Name {
        descending: bool,
    },
    /// The members of this group. Their order is that of creation, too.
    Members(&'a str),
}

impl Order<'_> {
    /// Returns the range of all items in this order: records, names, or members.
    pub(super) fn range(self, keys: Keys<'_>, kind: &Kind) -> Range {
        match self {
            Order::Created => Range::all(keys.resources(kind)),
            Order::Name { descending } => Range::all(keys.names(kind)).descending(descending),
            Order::Members(group) => Range::all(keys.members(group)),
        }
    }
}

/// Returns the order in which a query can be read page by page; `None` if it cannot.
pub(super) fn walk_order<'a>(kind: &Kind, query: &'a Query) -> Option<Order<'a>> {
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
