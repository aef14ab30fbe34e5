//! Lists over users and groups at once (RFC 7644 §3.4.2.1).

use rollcall_model::{GROUPS, Kind, USERS};
use rollcall_scim::{Query, limits};
use rollcall_store::Error;

use crate::resources::handle::Resources;
use crate::resources::page::Page;
use crate::resources::patience::{PATIENCE, in_time};
use crate::resources::slice::{Slice, sort};

/// One query, read for users and for groups: the same names mean other attributes.
#[derive(Debug)]
pub struct QueryOfAll {
    /// The query as one for users.
    pub users: Query,
    /// The query as one for groups.
    pub groups: Query,
}

impl QueryOfAll {
    fn kinds(&self) -> [(&'static Kind, &Query); 2] {
        [(&USERS, &self.users), (&GROUPS, &self.groups)]
    }
}

impl Resources<'_> {
    /// Reads one page of all users and groups that match. Without an order, users come before groups.
    ///
    /// # Errors
    /// As for [`Resources::search`].
    pub async fn search_all(self, query: &QueryOfAll) -> Result<Page, Error> {
        if let Some(cursor) = &query.users.cursor {
            let kinds = query.kinds();
            let page = Box::pin(self.page_by_cursor(&kinds, cursor));
            return in_time(&USERS, PATIENCE, page).await;
        }
        match query.users.sort {
            Some(_) => in_time(&USERS, PATIENCE, Box::pin(self.search_ordered(query))).await,
            None => in_time(&USERS, PATIENCE, Box::pin(self.search_in_turn(query))).await,
        }
    }

    async fn search_in_turn(self, query: &QueryOfAll) -> Result<Page, Error> {
        let slice = Slice::of(&query.users);
        let mut page = Page {
            total: 0,
            start_index: slice.start,
            resources: Vec::new(),
            onward: None,
        };
        for (kind, query) in query.kinds() {
            let already = page.resources.len() as u64;
            let mut query = query.clone();
            query.start_index = match already {
                0 => slice.start.saturating_sub(page.total).max(1),
                _ => 1,
            };
            let count = query.count.unwrap_or(limits::DEFAULT_RESULTS);
            query.count = Some(count.saturating_sub(already));
            let found = self.search(kind, &query).await?;
            page.total += found.total;
            page.resources.extend(found.resources);
        }
        Ok(page)
    }

    async fn search_ordered(self, query: &QueryOfAll) -> Result<Page, Error> {
        let slice = Slice::of(&query.users);
        let mut all = Vec::new();
        for (at, (kind, query)) in query.kinds().into_iter().enumerate() {
            let keys = self.ordered_ids(kind, query).await?.into_iter();
            all.extend(keys.map(|(key, id)| (key, (at, id))));
        }
        sort(&mut all, query.users.sort.as_ref());
        let total = all.len() as u64;
        let chosen = slice.cut(all).into_iter().map(|(_, chosen)| chosen);
        let chosen: Vec<(usize, String)> = chosen.collect();
        let shown = self.shown(&query.kinds(), &chosen, false).await?;
        Ok(Page {
            total,
            start_index: slice.start,
            resources: shown.into_iter().map(|(_, resource)| resource).collect(),
            onward: None,
        })
    }
}
