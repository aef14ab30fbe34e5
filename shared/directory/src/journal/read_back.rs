//! The logs of a tenant, looked through from the newest on, a bounded part at a time.

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::journal::entry::just_after;
use crate::store::bounded_page::Gathering;
use crate::store::item::from_item;
use crate::store::keys::Partition;
use crate::store::table::Range;
use crate::tenant::Tenant;

/// What one query looks at before it answers with what it has.
const MAX_LOOKED_AT: usize = 2_000;
/// What is read at once: one more than a file asks for, so that it is known whether anything follows.
const READ_AT_ONCE: usize = 201;

/// What a log is made of; its ids are in order of time.
pub(crate) trait Logged: DeserializeOwned + Send {
    /// Its id, by which a log is sorted.
    fn id(&self) -> &str;

    /// When it was logged.
    fn at(&self) -> Timestamp;
}

/// Where a look begins and ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch<'a> {
    /// Not before.
    pub(crate) from: Option<Timestamp>,
    /// Not after.
    pub(crate) to: Option<Timestamp>,
    /// Behind this one of an earlier page.
    pub(crate) after: Option<&'a String>,
    /// At most so many.
    pub(crate) limit: usize,
}

impl Tenant {
    /// What is wanted of a log, newest first, and behind what the next page starts.
    pub(crate) async fn look_back<T: Logged>(
        &self,
        log: Partition,
        stretch: Stretch<'_>,
        wanted: impl Fn(&T) -> bool + Send,
    ) -> Result<(Vec<T>, Option<String>), Error> {
        let begin = stretch.after.cloned();
        let begin = begin.or_else(|| stretch.to.map(just_after));
        let mut found = Gathering::new(begin, stretch.limit, MAX_LOOKED_AT);
        while !found.is_done() {
            let range = Range::all(log.clone())
                .descending(true)
                .after(found.behind())
                .limit(READ_AT_ONCE);
            let page = self.table.query(&range).await?;
            let logged = page.items.into_iter().map(from_item);
            let logged = logged.collect::<Result<Vec<T>, Error>>()?;
            let (looked_at, oldest) = (logged.len(), logged.last().map(T::at));
            // What is older than `from` ends the list.
            let next = page.next.filter(|_| stretch.from <= oldest);
            found.take(logged.into_iter().filter(&wanted), looked_at, next);
        }
        Ok(found.page(T::id))
    }
}
