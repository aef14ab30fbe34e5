//! One page of a list, and how the walk goes on after it.

use rollcall_scim::Resource;

use crate::resources::cursor::Place;

/// One page of a list.
#[derive(Debug)]
pub struct Page {
    /// How many resources match in total.
    pub total: u64,
    /// The index of the page's first resource, from 1.
    pub start_index: u64,
    /// The resources of the page.
    pub resources: Vec<Resource>,
    /// How a walk by cursors goes on; `None` for a page by index.
    pub onward: Option<Onward>,
}

/// How a walk by cursors goes on after a page.
#[derive(Debug)]
pub struct Onward {
    /// What the cursors are bound to.
    pub(super) query: String,
    /// Where the page after this one starts; `None` if this is the last one.
    pub(super) end: Option<Place>,
    /// For each resource of the page, where a page starts that follows it.
    pub(super) behind: Vec<Place>,
    /// The order of the whole walk, if this page is its first one: kinds and ids.
    pub(super) order: Vec<(usize, String)>,
}
