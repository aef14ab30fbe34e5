//! What the lists of requests and of changes share: their lines, bursts among them, their addresses, and how far they have
//! looked.
//!
//! A page reads a bounded part of a log. It reads on only while almost everything that it has read is in a few bursts.

use std::collections::BTreeSet;

use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{Connection, Error, Tenant};
use rollcall_edge_api::ReadLogs;
use rollcall_edge_http::Problem;

use super::fields;
use super::following::{Followed, Next, Window, marks, settled};
use super::log_names::{Known, Reader};
use super::log_row::{Burst, Line, News, Row, Told};
use super::log_view::{Chip, View, time_of};
use super::record::{Record, RecordPart, kept};
use super::tail::Tail;
use crate::bursts::{Caused, bursts};
use crate::layout::{Layout, Section, render};
use crate::messages::{Text, t};
use crate::visitor::{IsPart, Visitor};

/// Entries that one read asks for.
const READ_AT_ONCE: usize = 200;
/// Lines on one page.
const MOST_LINES: usize = 50;
/// With fewer lines, a page of bursts reads on.
const FEW_LINES: usize = 20;
/// Reads of one page.
const MOST_READS: usize = 10;
/// Requests whose entries in the journal a page reads for the names of what they have deleted.
const MOST_DELETIONS: usize = 50;
/// Entries of an unfolded burst. More of them have a list of their own.
const MOST_INSIDE: usize = 50;
/// Entries of a page that folds nothing.
const MOST_EACH: usize = 100;

/// An entry of a log.
pub(super) trait LogEntry: Caused + Sized + Send + Sync {
    /// The query that reads the log.
    type Query: Send + Sync;

    /// Reads the next entries. The place of the entries after them is the id of the last one, if [`Self::ends_by_id`].
    fn read(
        tenant: &Tenant,
        query: &Self::Query,
        after: Option<String>,
        limit: usize,
    ) -> impl Future<Output = Result<(Vec<Self>, Option<String>), Error>> + Send;

    /// The id of the entry.
    fn id(&self) -> &str;

    /// The id of the connection that it names as its actor.
    fn connection(&self) -> Option<&str>;

    /// Adds the ids whose names its line needs.
    fn name_ids(&self, people: &mut BTreeSet<String>, groups: &mut BTreeSet<String>);

    /// The id of the request if it has deleted a person or a group, whose name only the journal still has.
    fn deletion(&self) -> Option<&str> {
        None
    }

    /// What it is, for its line.
    fn told(&self, known: &Known) -> Told;

    /// Says what brought about such entries, which `what` tells of, as the one before them in time shows.
    fn brought_about_by(&self, _earlier: &Self, what: Text) -> Text {
        what
    }
}

/// The search for entries of a log, as an address has it.
pub(super) trait LogSearch: Sized + Sync {
    type Entry: LogEntry;

    /// The filters that are offered at any time: the name, the value, and the key of the words.
    const OFFERED: &'static [(&'static str, &'static str, &'static str)];

    /// The filters with their values, of which an empty one selects nothing.
    fn filters(&self) -> Vec<(&'static str, &str)>;

    /// Returns the search as the query string of a file.
    fn address(&self, after: &str, format: &str) -> String {
        let mut pairs = self.filters();
        pairs.extend([("after", after), ("format", format)]);
        fields::query_string(&pairs)
    }

    /// How the list is looked at.
    fn view(&self, console: &str) -> View;

    /// How far a live list is.
    fn followed(&self) -> Followed;

    /// Puts a filter into words.
    fn say(&self, name: &str, value: &str, connections: &[Connection]) -> String;

    /// The query that reads the log, without a limit.
    fn query(
        &self,
        reader: Reader<'_>,
    ) -> impl Future<Output = Result<QueryOf<Self>, Problem>> + Send;

    /// The places of the first and the last time in a query.
    fn period(query: &mut QueryOf<Self>) -> (&mut Option<Timestamp>, &mut Option<Timestamp>);

    /// Whether a page can end after any entry, because the place of the next one is its id.
    fn ends_by_id(query: &QueryOf<Self>) -> bool;

    /// Reads the record of the entry that is open.
    fn record(
        visitor: &Visitor<ReadLogs>,
        connections: &[Connection],
        view: &View,
    ) -> impl Future<Output = Result<Record, Problem>> + Send;
}

/// The query of a search.
pub(super) type QueryOf<S> = <<S as LogSearch>::Entry as LogEntry>::Query;

/// What a search shows.
pub(super) enum Shown {
    /// The open record alone, for a script.
    Record(Response),
    List(Box<List>),
}

/// The list that a search finds.
pub(super) struct List {
    pub(super) layout: Layout,
    pub(super) connections: Vec<Connection>,
    pub(super) log: Log,
}

/// Reads the page of a log that a search asks for.
pub(super) async fn show<S: LogSearch>(
    visitor: &Visitor<ReadLogs>,
    is_part: IsPart,
    search: &S,
) -> Result<Shown, Problem> {
    let connections = visitor.tenant().credentials().connections().await?;
    let mut view = search.view(&visitor.console());
    let record = match view.entry.is_empty() {
        true => None,
        false => kept(S::record(visitor, &connections, &view).await, is_part)?,
    };
    let is_lost = record.is_none() && !view.entry.is_empty();
    if is_lost {
        view.entry.clear();
    }
    let layout = visitor.layout(Section::Activity);
    let layout = layout.with_said(is_lost.then(|| t("log-no-longer-kept")));
    if let (true, Some(record)) = (is_part.0, &record) {
        return render(&RecordPart { layout, record }).map(Shown::Record);
    }
    let reader = Reader::of(visitor, &connections);
    let mut query = search.query(reader).await?;
    let until = (view.live && view.after.is_empty()).then(|| settled(Timestamp::now()));
    if until.is_some() {
        *S::period(&mut query).1 = until;
    }
    let chips = view.chips(S::OFFERED, |name, value| {
        search.say(name, value, &connections)
    });
    let listed = Listed {
        query: &query,
        view: &view,
        ends_by_id: S::ends_by_id(&query),
        until,
    };
    let log = log::<S::Entry>(reader, listed, (chips, record)).await?;
    Ok(Shown::List(Box::new(List {
        layout,
        connections,
        log,
    })))
}

/// Shows what has come to a live list since.
pub(super) async fn newer<S: LogSearch>(
    visitor: &Visitor<ReadLogs>,
    search: &S,
) -> Result<Response, Problem> {
    let connections = visitor.tenant().credentials().connections().await?;
    let view = search.view(&visitor.console());
    let followed = search.followed();
    let window = followed.window();
    let reader = Reader::of(visitor, &connections);
    let mut query = search.query(reader).await?;
    let (from, to) = S::period(&mut query);
    (*from, *to) = (Some(window.from), Some(window.until));
    let news = news::<S::Entry>(reader, (&query, &window), &view, &followed).await?;
    let layout = visitor.layout(Section::Activity);
    render(&Tail::of(layout, &view, &followed, news))
}

/// Reads the names for these entries: one call each for people, groups and deleted connections, if there are any.
async fn known<'a, T: LogEntry + 'a>(
    reader: Reader<'_>,
    entries: impl Iterator<Item = &'a T>,
) -> Result<Known, Error> {
    let (mut people, mut groups) = (BTreeSet::new(), BTreeSet::new());
    let (mut used, mut deletions) = (BTreeSet::new(), BTreeSet::new());
    for entry in entries {
        entry.name_ids(&mut people, &mut groups);
        used.extend(entry.connection());
        deletions.extend(deletion_of(entry, deletions.len()));
    }
    Known::named(reader, (&people, &groups), &deletions, used).await
}

/// Returns the id of a request that has deleted a person or a group, unless there are enough.
fn deletion_of<T: LogEntry>(entry: &T, before: usize) -> Option<String> {
    let deletion = entry.deletion().filter(|_| before < MOST_DELETIONS);
    deletion.map(str::to_owned)
}

/// A list as a page shows it.
pub(super) struct Log {
    pub(super) rows: Vec<Row>,
    pub(super) chips: Vec<Chip>,
    /// The address of the next page.
    pub(super) next: Option<String>,
    /// How far back the list has looked, if there is a next page.
    pub(super) back_to: Option<Timestamp>,
    pub(super) live: Live,
    /// The record that is open.
    pub(super) record: Option<Record>,
}

/// Whether new entries come by themselves.
pub(super) struct Live {
    /// The address that switches it on; `None` where it is on, and on later pages.
    pub(super) start: Option<String>,
    /// The address that pauses it.
    pub(super) pause: Option<String>,
    /// Where and when to ask for the entries that are newer than the newest one here.
    pub(super) tail: Option<Next>,
}

impl Live {
    /// `followed` is how far the live list has been read.
    fn of(view: &View, followed: Option<Followed>) -> Self {
        let is_first = view.after.is_empty();
        let may = is_first && !view.filters.iter().any(|(name, _)| *name == "to");
        Self {
            start: (may && followed.is_none())
                .then(|| view.with(&[("live", "yes"), ("burst", "")])),
            pause: followed.is_some().then(|| view.with(&[("live", "")])),
            tail: followed.and_then(|followed| followed.next(view, Timestamp::now())),
        }
    }
}

/// The entries of a page, each group one line, and the place of the next page.
struct Groups<T> {
    groups: Vec<Vec<T>>,
    next: Option<String>,
}

async fn read<T: LogEntry>(
    tenant: &Tenant,
    query: &T::Query,
    view: &View,
    ends_by_id: bool,
) -> Result<Groups<T>, Error> {
    let limit = match (view.each, ends_by_id) {
        (true, _) => MOST_EACH,
        (false, true) => READ_AT_ONCE,
        (false, false) => MOST_LINES,
    };
    // A search has looked through more than it has found.
    let reads = if view.is_filtered() { 1 } else { MOST_READS };
    let mut next = Some(view.after.clone()).filter(|after| !after.is_empty());
    let mut entries: Vec<T> = Vec::new();
    for _ in 0..reads {
        let (found, behind) = T::read(tenant, query, next, limit).await?;
        let is_full = found.len() >= limit;
        entries.extend(found);
        next = behind;
        let lines = || bursts(entries.iter().collect::<Vec<_>>()).len();
        if view.each || next.is_none() || !is_full || lines() >= FEW_LINES {
            break;
        }
    }
    let mut groups = match view.each {
        true => entries.into_iter().map(|one| vec![one]).collect(),
        false => bursts(entries),
    };
    if ends_by_id && !view.each && groups.len() > MOST_LINES {
        groups.truncate(MOST_LINES);
        let last = groups.last().and_then(|group| group.last());
        next = last.map(|last| last.id().to_owned());
        return Ok(Groups { groups, next });
    }
    Ok(Groups { groups, next })
}

/// What a page lists.
struct Listed<'a, Q> {
    query: &'a Q,
    view: &'a View,
    /// Whether a page can end after any entry, because the place of the next one is its id.
    ends_by_id: bool,
    /// The time up to which a live list has been read.
    until: Option<Timestamp>,
}

/// Reads a page of a log.
async fn log<T: LogEntry>(
    reader: Reader<'_>,
    listed: Listed<'_, T::Query>,
    (chips, record): (Vec<Chip>, Option<Record>),
) -> Result<Log, Error> {
    let Listed {
        query,
        view,
        ends_by_id,
        until,
    } = listed;
    let Groups { groups, next } = read::<T>(reader.tenant, query, view, ends_by_id).await?;
    // A page that was cut after a line has all of that line.
    let is_cut = groups.len() < MOST_LINES && next.is_some();
    let shown = groups.iter().flat_map(|group| {
        let shown = if is_open(group, view) { MOST_INSIDE } else { 1 };
        group.iter().take(shown)
    });
    let known = known(reader, shown).await?;
    let followed = until.map(|until| {
        let entries = groups.iter().flatten().map(|one| (one.id(), one.at()));
        Followed::begin(until, marks(entries, until))
    });
    Ok(Log {
        rows: rows(&groups, view, &known, is_cut),
        chips,
        back_to: next.as_deref().and_then(time_of),
        next: next
            .map(|next| view.with(&[("after", &next), ("entry", ""), ("burst", ""), ("live", "")])),
        live: Live::of(view, followed),
        record,
    })
}

fn is_open<T: LogEntry>(group: &[T], view: &View) -> bool {
    group.len() > 1 && group.iter().any(|entry| entry.id() == view.burst)
}

/// Puts the groups into rows. `is_cut` says that the entries after the last one have not been read.
fn rows<T: LogEntry>(groups: &[Vec<T>], view: &View, known: &Known, is_cut: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut before = view.after.as_str();
    for (at, group) in groups.iter().enumerate() {
        let next = groups.get(at + 1);
        match group.as_slice() {
            [] => {}
            [entry] => rows.push(Row::Line(line(entry, view, known, false))),
            [first, .., last] => {
                let is_open = is_open(group, view);
                let earlier = next.and_then(|next| next.first());
                rows.push(Row::Line(Line {
                    told: burst_told(first, earlier, group.len(), known),
                    address: view.with(&[("burst", if is_open { "" } else { first.id() })]),
                    burst: Some(Burst {
                        count: group.len() as u64,
                        since: last.at(),
                        is_open,
                        may_go_on: is_cut && next.is_none(),
                    }),
                    is_current: false,
                    ..line(first, view, known, false)
                }));
                let inside = group.iter().filter(|_| is_open).take(MOST_INSIDE);
                rows.extend(inside.map(|entry| Row::Line(line(entry, view, known, true))));
                if is_open && group.len() > MOST_INSIDE {
                    let each = [
                        ("each", "yes"),
                        ("after", before),
                        ("burst", ""),
                        ("live", ""),
                    ];
                    rows.push(Row::Rest(group.len() as u64, view.with(&each)));
                }
            }
        }
        before = group.last().map_or(before, |last| last.id());
    }
    rows
}

fn line<T: LogEntry>(entry: &T, view: &View, known: &Known, is_inside: bool) -> Line {
    Line {
        id: entry.id().to_owned(),
        at: entry.at(),
        told: entry.told(known),
        address: view.with(&[("entry", entry.id())]),
        is_current: entry.id() == view.entry,
        is_inside,
        burst: None,
    }
}

/// What a line tells of a burst. `earlier` is the entry before it in time.
fn burst_told<T: LogEntry>(first: &T, earlier: Option<&T>, count: usize, known: &Known) -> Told {
    let told = first.told(known);
    let Some(cause) = first.cause() else {
        return told;
    };
    let unknown = match known.names.are_hidden() {
        true => t("log-group-hidden").plain(),
        false => t("log-group-unknown").plain(),
    };
    let name = known.names.of(&cause.about).unwrap_or(&unknown);
    let said = cause.told(count, name);
    Told {
        said: match earlier {
            Some(earlier) => first.brought_about_by(earlier, said),
            None => said,
        },
        status: None,
        ..told
    }
}

/// Reads what has come to a live list. `query` reads the window.
async fn news<T: LogEntry>(
    reader: Reader<'_>,
    (query, window): (&T::Query, &Window),
    view: &View,
    followed: &Followed,
) -> Result<News, Error> {
    let (entries, next) = T::read(reader.tenant, query, None, READ_AT_ONCE).await?;
    let all = entries.iter().map(|one| (one.id(), one.at()));
    let shown = marks(all, window.until);
    let is_new = |one: &T| !followed.has_shown(one.id());
    let mut entries: Vec<T> = entries.into_iter().filter(is_new).collect();
    let has_more = next.is_some() || entries.len() > MOST_LINES;
    entries.truncate(MOST_LINES);
    let known = known(reader, entries.iter()).await?;
    let groups: Vec<Vec<T>> = entries.into_iter().map(|one| vec![one]).collect();
    Ok(News {
        rows: rows(&groups, view, &known, false),
        has_more,
        until: window.until,
        shown,
    })
}
