//! The record of one request or one change: what was asked and answered, what it means, and what changed. It opens beside
//! the list, and is a page of its own.

use std::collections::BTreeSet;

use askama::Template;
use jiff::Timestamp;
use rollcall_directory::{Connection, Entry, LoggedRequest, RequestTrace};
use rollcall_edge_api::ReadLogs;
use rollcall_edge_http::Problem;
use serde_json::Value;

use super::log_names::{Known, Reader, actor_name};
use super::log_view::View;
use crate::change_sentence;
use crate::change_summary::attributes;
use crate::display;
use crate::layout::Layout;
use crate::messages::Text;
use crate::request_refusal::{diagnosis, readings};
use crate::request_sentence;
use crate::visitor::{IsPart, Visitor};

/// Changes of one request that a record shows. The audit log has all of them.
const MOST_CHANGES: usize = 20;

/// Returns the record to show beside the list: `None` if it is not kept any more. Alone, that is a refusal.
pub(super) fn kept(
    opened: Result<Record, Problem>,
    is_part: IsPart,
) -> Result<Option<Record>, Problem> {
    match opened {
        Err(problem) if problem.status() == 404 && !is_part.0 => Ok(None),
        opened => opened.map(Some),
    }
}

/// A record as it opens beside a list.
pub(super) struct Record {
    /// The id of its row.
    pub(super) id: String,
    pub(super) at: Timestamp,
    /// The address of the list without it.
    pub(super) close: String,
    pub(super) parts: Parts,
}

impl Record {
    /// What happened.
    pub(super) fn title(&self) -> Option<&Text> {
        match self.parts.is_one_change {
            true => self.parts.changes.first().map(Change::said),
            false => self.parts.asked.as_ref().map(Asked::said),
        }
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }
}

/// A record alone, for a script that puts it beside the list.
#[derive(Template)]
#[template(path = "record.html")]
pub(super) struct RecordPart<'a> {
    pub(super) layout: Layout,
    pub(super) record: &'a Record,
}

/// What is known of a request and its changes.
pub(super) struct Parts {
    pub(super) request_id: String,
    /// The time of one of its changes, or of the answer.
    pub(super) at: Timestamp,
    pub(super) asked: Option<Asked>,
    pub(super) changes: Vec<Change>,
    /// Changes of the request that are not among these.
    pub(super) more: u64,
    /// Whether only one change of the request is shown.
    pub(super) is_one_change: bool,
}

/// A request of an identity provider with its answer.
pub(super) struct Asked {
    pub(super) request: LoggedRequest,
    pub(super) said: Text,
    pub(super) connection: String,
    /// Whether the connection is still there.
    pub(super) is_connected: bool,
    /// What was sent, with one line for each value.
    pub(super) sent: Option<String>,
}

impl Asked {
    pub(super) fn said(&self) -> &Text {
        &self.said
    }

    /// What a failure means and what to do about it.
    pub(super) fn diagnosis(&self) -> Option<Text> {
        diagnosis(&self.request)
    }

    /// How it was read where the RFC does not say: codes, and what they mean.
    pub(super) fn readings(&self) -> Vec<(&str, Text)> {
        readings(&self.request)
    }
}

/// A change in the journal.
pub(super) struct Change {
    pub(super) entry: Entry,
    pub(super) said: Text,
    pub(super) actor: String,
    pub(super) values: Vec<ChangedValue>,
    /// Whether the reader may open people and groups.
    pub(super) sees_directory: bool,
}

impl Change {
    pub(super) fn said(&self) -> &Text {
        &self.said
    }

    /// The id that finds every change by the same actor; empty for an actor without an id.
    pub(super) fn actor_id(&self) -> &str {
        let actor = &self.entry.actor;
        actor
            .connection()
            .or_else(|| actor.id())
            .unwrap_or_default()
    }

    /// The path of the page of what changed, below the console.
    pub(super) fn path(&self) -> Option<String> {
        let section = match self.entry.subject.kind.as_ref() {
            "user" if self.sees_directory => "people",
            "group" if self.sees_directory => "groups",
            "connection" => "connections",
            _ => return None,
        };
        Some(format!("/{section}/{}", self.entry.subject.id))
    }
}

/// An attribute before and after a change; empty where there was none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChangedValue {
    pub(super) name: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// Lists what a change has changed. A text that is no JSON object is shown whole.
fn values(entry: &Entry) -> Vec<ChangedValue> {
    let (before, after) = (attributes(&entry.before), attributes(&entry.after));
    let text = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => display::truncated(text),
        Some(other) => display::truncated(&other.to_string()),
    };
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    after
        .keys()
        .chain(gone)
        .map(|name| ChangedValue {
            name: name.clone(),
            before: text(before.get(name)),
            after: text(after.get(name)),
        })
        .filter(|value| value.before != value.after)
        .collect()
}

/// What a body is, with one line for each value; as it is kept if it was cut.
fn pretty(sent: &str) -> String {
    let read: Option<Value> = serde_json::from_str(sent).ok();
    let written = read.and_then(|value| serde_json::to_string_pretty(&value).ok());
    written.unwrap_or_else(|| sent.to_owned())
}

/// Reads the names that a request and its changes need, and puts them together.
pub(super) async fn parts(
    visitor: &Visitor<ReadLogs>,
    connections: &[Connection],
    (request_id, at): (String, Timestamp),
    trace: RequestTrace,
) -> Result<Parts, Problem> {
    let RequestTrace { entries, logged } = trace;
    let reader = Reader::of(visitor, connections);
    let (mut people, mut groups) = (BTreeSet::new(), BTreeSet::new());
    let (mut used, mut deletions) = (BTreeSet::new(), BTreeSet::new());
    for entry in entries.iter().take(MOST_CHANGES) {
        change_sentence::name_ids(entry, &mut people, &mut groups);
        used.extend(entry.actor.connection());
    }
    if let Some(request) = &logged {
        let told = request_sentence::Told::of(request);
        told.name_ids(&mut people, &mut groups);
        deletions.extend(told.has_deleted().then(|| request.request_id.clone()));
        used.insert(request.connection_id.as_str());
    }
    let known = Known::named(reader, (&people, &groups), &deletions, used).await?;
    let more = entries.len().saturating_sub(MOST_CHANGES) as u64;
    let change = |entry: &Entry| Change {
        sees_directory: reader.sees_directory,
        said: change_sentence::sentence(entry, &known.names),
        actor: actor_name(&entry.actor, &known),
        values: values(entry),
        entry: entry.clone(),
    };
    Ok(Parts {
        changes: entries.iter().take(MOST_CHANGES).map(change).collect(),
        asked: logged.map(|request| Asked {
            said: request_sentence::Told::of(&request).sentence(&known.names),
            connection: known.connections.of(&request.connection_id),
            is_connected: connections
                .iter()
                .any(|one| one.id == request.connection_id),
            sent: request.sent.as_deref().map(pretty),
            request,
        }),
        request_id,
        at,
        more,
        is_one_change: false,
    })
}

/// The record of a request of an identity provider.
pub(super) async fn requested(
    visitor: &Visitor<ReadLogs>,
    connections: &[Connection],
    trace: RequestTrace,
    view: &View,
) -> Result<Record, Problem> {
    let of = trace.logged.as_ref();
    let of = of.map(|it| (it.id.clone(), it.request_id.clone(), it.at));
    let (id, request_id, at) = of.ok_or_else(|| Problem::not_found("this request"))?;
    let parts = parts(visitor, connections, (request_id, at), trace).await?;
    Ok(Record {
        id,
        at,
        close: view.with(&[("entry", "")]),
        parts,
    })
}

/// The record of a change, with the request that made it if an identity provider sent one.
pub(super) async fn changed(
    visitor: &Visitor<ReadLogs>,
    connections: &[Connection],
    entry: Entry,
    view: &View,
) -> Result<Record, Problem> {
    let (id, request_id, at) = (entry.id.clone(), entry.request_id.clone(), entry.at);
    let mut trace = RequestTrace::default();
    if entry.actor.connection().is_some() {
        trace = visitor
            .tenant()
            .request_log()
            .trace(&request_id, at)
            .await?;
    }
    let others = trace.entries.len().saturating_sub(1) as u64;
    trace.entries = vec![entry];
    let mut parts = parts(visitor, connections, (request_id, at), trace).await?;
    parts.more = others;
    parts.is_one_change = true;
    Ok(Record {
        id,
        at,
        close: view.with(&[("entry", "")]),
        parts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_listed_before_and_after() {
        let entry = json!({
            "SK": "1", "type": "user.updated", "at": "2026-11-25T10:00:00Z", "actor": {"type": "system"},
            "request_id": "r", "subject": {"type": "user", "id": "u", "name": "ada"},
            "before": json!({"title": "a", "same": 1, "gone": true}).to_string(),
            "after": json!({"title": "b", "same": 1, "new": {"x": 1}}).to_string(),
        });
        let entry: Entry = serde_json::from_value(entry).unwrap();
        let mut seen: Vec<_> = values(&entry)
            .into_iter()
            .map(|value| (value.name, value.before, value.after))
            .collect();
        seen.sort();
        let expected = [
            ("gone", "true", ""),
            ("new", "", "{\"x\":1}"),
            ("title", "a", "b"),
        ];
        let expected = expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_body_that_was_cut_is_shown_as_it_is_kept() {
        assert_eq!(pretty(r#"{"a":1}"#), "{\n  \"a\": 1\n}");
        assert_eq!(pretty(r#"{"a":1,"b":"… (cut)"#), r#"{"a":1,"b":"… (cut)"#);
    }
}
