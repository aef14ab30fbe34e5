//! The audit log: journal entries, newest first. By subject and by request, it is read from an index.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use rollcall_model::{EventType, is_id, shown};
use rollcall_scim::{self as scim, fold};
use rollcall_store::{BoundedPage, Error, Item, Partition, Range, from_item, just_after, text};

use crate::journal::entry::{AuditQuery, Entry};
use crate::journal::handle::Journal;
use crate::journal::index::Coverage;
use crate::journal::read_back::{LogRange, MAX_READ, READ_AT_ONCE, read_back, readable};

/// How much later than its time an entry can get its place in the feed, usually. Ids sort by time, and the index follows
/// the order of places.
const MARGIN: SignedDuration = SignedDuration::from_secs(10);

/// The entries of a request among which that of a deletion is looked for.
const ENTRIES_OF_DELETION: usize = 10;
/// The requests whose entries are read at once.
const REQUESTS_AT_ONCE: usize = 10;

/// The ids between which the index has every entry. What is newer or older is read from the journal.
pub(super) struct Indexed {
    /// The index has no entry that it must have above this id.
    top: String,
    /// It may lack entries up to this id; `None` if it is complete from the beginning.
    floor: Option<String>,
    /// The entries that it may lack wherever they are.
    waiting: Vec<String>,
}

impl Indexed {
    /// Returns the interval of an index that has everything after `since`, or from the beginning.
    pub(super) fn of(coverage: &Coverage, since: Option<Timestamp>) -> Self {
        Self {
            top: just_after(coverage.latest_at - MARGIN),
            floor: since.map(|since| just_after(since + MARGIN)),
            waiting: coverage.waiting.clone(),
        }
    }

    /// Returns the part of the log after this cursor, the partition with it, and the cursor of the part after it.
    fn part(&self, behind: Option<&String>, index: &Partition, log: &Partition) -> Part {
        let floor = self.floor.as_ref();
        if behind.is_none_or(|behind| *behind > self.top) && floor.is_none_or(|it| *it < self.top) {
            return Part {
                range: Range::above(log.clone(), &*self.top),
                next: Some(self.top.clone()),
                is_index: false,
            };
        }
        match (floor, behind) {
            (None, _) => Part {
                range: Range::all(index.clone()),
                next: None,
                is_index: true,
            },
            (Some(floor), Some(behind)) if behind > floor && *floor < self.top => Part {
                range: Range::above(index.clone(), &**floor),
                next: Some(floor.clone()),
                is_index: true,
            },
            _ => Part {
                range: Range::all(log.clone()),
                next: None,
                is_index: false,
            },
        }
    }
}

/// A part of the log that one partition answers.
struct Part {
    range: Range,
    next: Option<String>,
    is_index: bool,
}

impl Journal<'_> {
    /// Reads one entry.
    ///
    /// # Errors
    /// `404` when the journal has no entry with this id (any more).
    pub async fn entry(self, id: &str) -> Result<Entry, Error> {
        let item = match is_id(id) {
            true => {
                let key = self.scope.keys().journal().at(id);
                self.scope.table.get(&key).await?
            }
            false => None,
        };
        match item {
            Some(item) => from_item(item),
            None => Err(scim::Error::NotFound {
                what: format!("change `{}`", shown(id)),
            }
            .into()),
        }
    }

    /// Reads the audit log, newest first. Returns the entries and the cursor of the next page; `None` if the whole log
    /// was searched.
    ///
    /// Each call reads a bounded number of entries, so a page can be short or even empty although another page follows.
    /// By the id of a subject or of a request, the entries are found in an index, except those that it does not have
    /// yet. Entries that cannot be read are left out.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn audit(self, query: &AuditQuery) -> Result<(Vec<Entry>, Option<String>), Error> {
        let subject_name = query.subject.as_deref().map(fold).unwrap_or_default();
        let range = LogRange {
            from: query.from,
            to: query.to,
            after: query.after.as_ref(),
            limit: query.limit,
        };
        let wanted = |entry: &Entry| entry.answers(query, &subject_name);
        if let Some(index) = self.index_for(query)
            && let Some(coverage) = self.coverage().await?
        {
            let indexed = Indexed::of(&coverage, coverage.complete_since);
            return self.indexed(range, &index, &indexed, wanted).await;
        }
        read_back(self.scope, self.scope.keys().journal(), range, wanted).await
    }

    /// Returns the index that has every entry that the query can find.
    fn index_for(self, query: &AuditQuery) -> Option<Partition> {
        let keys = self.scope.keys();
        let by_request = query.request_id.as_deref();
        let by_request = by_request.map(|request| keys.entries_of_request(request));
        let by_subject = query.subject.as_deref().map(fold).filter(|id| is_id(id));
        by_request.or_else(|| by_subject.map(|subject| keys.entries_about(&subject)))
    }

    /// Reads the wanted entries of a part of the log by an index, newest first, and what the index lacks from the log.
    pub(super) async fn indexed(
        self,
        query: LogRange<'_>,
        index: &Partition,
        indexed: &Indexed,
        wanted: impl Fn(&Entry) -> bool + Send,
    ) -> Result<(Vec<Entry>, Option<String>), Error> {
        let log = self.scope.keys().journal();
        let waiting = self.waiting(&indexed.waiting).await?;
        let begin = query.after.cloned();
        let begin = begin.or_else(|| query.to.map(just_after));
        let mut page = BoundedPage::new(begin, query.limit, MAX_READ);
        while !page.is_done() {
            let behind = page.behind();
            let part = indexed.part(behind.as_ref(), index, &log);
            // One more than wanted shows whether more follow.
            let at_once = match part.is_index {
                true => READ_AT_ONCE.min(query.limit.saturating_add(1)),
                false => READ_AT_ONCE,
            };
            let range = part.range.descending(true);
            let range = range.after(behind.clone()).limit(at_once);
            let read = self.scope.table.query(&range).await?;
            let count = read.items.len();
            let entries = match part.is_index {
                true => {
                    let named = self.named_by(&read.items).await?;
                    let until = read.next.as_ref().or(part.next.as_ref());
                    with_waiting(named, &waiting, behind.as_ref(), until)
                }
                false => readable(self.scope, read.items.into_iter().map(from_item)),
            };
            // The list ends at the first entry that is older than `from`.
            let is_over = entries
                .last()
                .is_some_and(|last: &Entry| query.from > Some(last.at));
            let next = read.next.or(part.next).filter(|_| !is_over);
            page.take(entries.into_iter().filter(&wanted), count, next);
        }
        Ok(page.page(|entry| &entry.id))
    }

    /// Returns what people and groups were called that these requests have deleted, by their ids. Whoever was erased is left
    /// out, and so is what the index of requests does not have yet.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn deleted_names(
        self,
        requests: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, String>, Error> {
        if requests.is_empty() {
            return Ok(BTreeMap::new());
        }
        let keys = self.scope.keys();
        let ranges = requests.iter().map(|request| {
            let range = Range::all(keys.entries_of_request(request));
            range.limit(ENTRIES_OF_DELETION)
        });
        let ranges: Vec<Range> = ranges.collect();
        let read = stream::iter(ranges)
            .map(|range| async move { self.scope.table.query(&range).await })
            .buffer_unordered(REQUESTS_AT_ONCE);
        let pages: Vec<_> = read.try_collect().await?;
        let items: Vec<Item> = pages.into_iter().flat_map(|page| page.items).collect();
        let deleted = self.named_by(&items).await?.into_iter().filter(|entry| {
            let kind = EventType::of(&entry.action);
            let is_deletion = [Some(EventType::UserDeleted), Some(EventType::GroupDeleted)];
            is_deletion.contains(&kind) && !entry.subject.name.is_empty()
        });
        Ok(deleted
            .map(|entry| (entry.subject.id, entry.subject.name))
            .collect())
    }

    /// Reads the entries that these index items name, newest first.
    async fn named_by(self, items: &[Item]) -> Result<Vec<Entry>, Error> {
        let log = self.scope.keys().journal();
        let keys = items.iter().map(|item| Ok(log.at(text(item, "SK")?)));
        let keys = keys.collect::<Result<Vec<_>, Error>>()?;
        let found = self.scope.table.batch_get(keys).await?;
        let entries = found.into_iter().map(from_item::<Entry>);
        let mut entries = readable(self.scope, entries);
        entries.sort_by(|one, other| Reverse(&one.id).cmp(&Reverse(&other.id)));
        Ok(entries)
    }
}

/// Returns entries that were read after a cursor, and down to the next one, with the waiting ones in between; newest first.
fn with_waiting(
    mut entries: Vec<Entry>,
    waiting: &[Entry],
    behind: Option<&String>,
    until: Option<&String>,
) -> Vec<Entry> {
    let is_between = |entry: &&Entry| {
        behind.is_none_or(|behind| entry.id < *behind) && until.is_none_or(|it| entry.id >= *it)
    };
    let known: BTreeSet<String> = entries.iter().map(|entry| entry.id.clone()).collect();
    let between = waiting.iter().filter(is_between);
    entries.extend(between.filter(|one| !known.contains(&one.id)).cloned());
    entries.sort_by(|one, other| Reverse(&one.id).cmp(&Reverse(&other.id)));
    entries
}
