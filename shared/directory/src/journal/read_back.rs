//! Reads the logs of a tenant newest first, a bounded number of entries per call.

use jiff::{SignedDuration, Timestamp};
use rollcall_store::{BoundedPage, Error, Item, Partition, Range, Scope, from_item, just_after};
use serde::de::DeserializeOwned;

/// Entries that one call reads before it returns what it has found.
pub(crate) const MAX_READ: usize = 2_000;
/// Entries read per query: one more than an export asks for, which shows whether more entries follow.
pub(crate) const READ_AT_ONCE: usize = 201;

/// By how much the time of an entry can differ from that in its id: the id is made first.
const APART: SignedDuration = SignedDuration::from_millis(20);

/// An entry of a log whose ids sort by time.
pub(crate) trait Logged: DeserializeOwned + Send {
    /// Returns the entry's id, by which the log is sorted.
    fn id(&self) -> &str;

    /// Returns the time of the entry.
    fn at(&self) -> Timestamp;

    /// Reads an entry from its item.
    ///
    /// # Errors
    /// When the item is not an entry.
    fn of_item(item: Item) -> Result<Self, Error> {
        from_item(item)
    }
}

/// Returns what can be read of a log or of the feed. One item that cannot be read must not hide the others: it is left out,
/// and a warning says how many there are.
pub(crate) fn readable<T>(
    scope: &Scope,
    read: impl IntoIterator<Item = Result<T, Error>>,
) -> Vec<T> {
    let (mut found, mut unreadable) = (Vec::new(), 0);
    for one in read {
        match one {
            Ok(one) => found.push(one),
            Err(_) => unreadable += 1,
        }
    }
    warn_of_unreadable(scope, unreadable);
    found
}

/// Logs how many items were left out because they cannot be read. What they contain is not logged.
pub(crate) fn warn_of_unreadable(scope: &Scope, count: usize) {
    if count > 0 {
        tracing::warn!(tenant = %scope.tenant, count, "unreadable items are left out");
    }
}

/// The part of a log to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogRange<'a> {
    /// Only entries at or after this time.
    pub(crate) from: Option<Timestamp>,
    /// Only entries at or before this time.
    pub(crate) to: Option<Timestamp>,
    /// Only entries after this cursor, which an earlier page returned.
    pub(crate) after: Option<&'a String>,
    /// The maximum number of entries.
    pub(crate) limit: usize,
}

/// Reads the wanted entries of a log, newest first. Returns them and the cursor of the next page. Those that cannot be read
/// are left out.
///
/// # Errors
/// Only table errors.
pub(crate) async fn read_back<T: Logged>(
    scope: &Scope,
    log: Partition,
    range: LogRange<'_>,
    wanted: impl Fn(&T) -> bool + Send,
) -> Result<(Vec<T>, Option<String>), Error> {
    let begin = range.after.cloned();
    let begin = begin.or_else(|| range.to.map(just_after));
    let floor = range.from.and_then(|from| from.checked_sub(APART).ok());
    let floor = floor.map(just_after);
    // From a cursor of a list that went further back, nothing is left: the list must not begin anew.
    if begin.is_some() && begin <= floor {
        return Ok((Vec::new(), None));
    }
    let mut page = BoundedPage::new(begin, range.limit, MAX_READ);
    while !page.is_done() {
        let query = match &floor {
            Some(floor) => Range::above(log.clone(), &**floor),
            None => Range::all(log.clone()),
        };
        let query = query
            .descending(true)
            .after(page.behind())
            .limit(READ_AT_ONCE);
        let read = scope.table.query(&query).await?;
        let count = read.items.len();
        let logged = readable(scope, read.items.into_iter().map(T::of_item));
        // The list ends at the first entry that is older than `from`.
        let is_over = logged
            .last()
            .is_some_and(|last| range.from > Some(last.at()));
        let next = read.next.filter(|_| !is_over);
        page.take(logged.into_iter().filter(&wanted), count, next);
    }
    Ok(page.page(T::id))
}
