//! Erases everything about a person, step after step and page after page. What stays is that it happened.

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_model::{Actor, EventType, Subject};
use rollcall_store::{
    Error, Item, Partition, Range, Scope, Transaction, from_item, just_after, string, text,
};
use tokio::time::Instant;

use crate::erasure::identifiers::{self, Called};
use crate::erasure::mentions::{ERASED, Person, Verdict};
use crate::erasure::needles::Needles;
use crate::erasure::record::{Erasure, Progress};
use crate::erasure::remains;
use crate::findings::handle::Findings;
use crate::journal::entry::Entry;
use crate::journal::feed::Event;
use crate::journal::handle::Journal;
use crate::request_log::log::LoggedRequest;
use crate::request_log::named::index_keys;
use crate::request_log::write::LATE;

/// Items read at once.
const AT_ONCE: usize = 200;

/// One step.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Collects the identifiers of the person.
    Names,
    /// Removes what has a key of its own.
    Remains,
    /// Removes and cleans the entries of the journal.
    Journal,
    /// Erases the events of the feed, and keeps their places and hashes.
    Feed,
    /// Removes the requests that name the person.
    Requests,
    /// Removes the other items that name the person from a partition.
    Others(fn(&Scope) -> Partition),
    /// Removes what the person wrote when they put findings off.
    Findings,
    /// Removes once more what the relay may have written behind the other steps: that there are entries about the person.
    LateEntries,
    /// Removes the requests of the last moments before the order, whose entries were written behind the other steps.
    LateRequests,
}

/// The number of a step is stored with the progress, so new ones come last.
const STEPS: [Step; 15] = [
    Step::Names,
    Step::Remains,
    Step::Journal,
    Step::Feed,
    Step::Requests,
    Step::Others(|scope| scope.keys().sessions()),
    Step::Others(|scope| scope.keys().sign_ins()),
    Step::Others(|scope| scope.keys().refused_sign_ins()),
    Step::Others(|scope| scope.keys().digest()),
    Step::Others(|scope| scope.keys().page_cursors()),
    Step::Others(|scope| scope.keys().repeats()),
    Step::Others(|scope| scope.keys().leases()),
    Step::Findings,
    Step::LateEntries,
    Step::LateRequests,
];

/// Erases the person until `deadline`. Returns whether nothing remains to be done now: the person is erased, somebody else
/// goes on with it, or an entry still waits for its place in the feed.
pub(super) async fn erase(
    scope: &Scope,
    id: &str,
    erasure: &mut Erasure,
    deadline: Instant,
) -> Result<bool, Error> {
    loop {
        let mut progress = erasure.progress.take().unwrap_or_default();
        let Some(step) = STEPS.get(progress.step) else {
            return end(scope, id, erasure, progress).await;
        };
        let is_over = match step {
            Step::Names => names(scope, id, &mut progress, &mut erasure.left_out).await?,
            Step::Findings => {
                erasure.cleaned += Findings::of(scope).forget_words_of(id).await?;
                true
            }
            Step::LateEntries => {
                erasure.removed += remains::drain(scope, scope.keys().entries_about(id)).await?;
                true
            }
            Step::Remains => {
                let identifiers = &progress.identifiers;
                let released = remains::release(scope, identifiers, &mut progress.behind).await?;
                erasure.removed += released;
                if released == 0 {
                    erasure.removed += remains::remove(scope, id).await?;
                }
                released == 0
            }
            step => page(scope, id, *step, erasure, &mut progress).await?,
        };
        if is_over {
            progress.step += 1;
            progress.behind = None;
        }
        erasure.progress = Some(progress);
        if !erasure.save(scope, Some(id)).await? {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
    }
}

/// Collects what the next entries about the person call them. Returns whether these were the last.
async fn names(
    scope: &Scope,
    id: &str,
    progress: &mut Progress,
    left_out: &mut u64,
) -> Result<bool, Error> {
    let mut called = Called {
        identifiers: std::mem::take(&mut progress.identifiers),
        names: std::mem::take(&mut progress.names),
    };
    let behind = progress.behind.take();
    progress.behind = identifiers::collect(scope, id, behind, &mut called, left_out).await?;
    progress.identifiers = called.identifiers;
    progress.names = called.names;
    Ok(progress.behind.is_none())
}

/// Ends the erasure, or begins again if an entry was not in the feed yet.
async fn end(
    scope: &Scope,
    id: &str,
    erasure: &mut Erasure,
    progress: Progress,
) -> Result<bool, Error> {
    let mut transaction = Transaction::default();
    if progress.waits {
        // From the first step on: the entry may call the person what no other does.
        erasure.progress = Some(Progress {
            identifiers: progress.identifiers,
            names: progress.names,
            ..Progress::default()
        });
        erasure.write(scope, &mut transaction, Some(id))?;
    } else {
        erasure.finish(scope, &mut transaction, Some(id))?;
        let subject = Subject::new("user", id, "");
        let entry = Entry::new(scope, EventType::UserErased, subject);
        transaction.put(entry.to_item(scope.keys())?);
    }
    scope.table.transact(&transaction).await?;
    Ok(true)
}

/// Does the next page of a step. Returns whether it was the last.
async fn page(
    scope: &Scope,
    id: &str,
    step: Step,
    erasure: &mut Erasure,
    progress: &mut Progress,
) -> Result<bool, Error> {
    let keys = scope.keys();
    let (range, partition) = match step {
        Step::Feed => (Range::events(keys), None),
        Step::Requests | Step::LateRequests => (Range::all(keys.requests()), Some(keys.requests())),
        Step::Others(partition) => (Range::all(partition(scope)), Some(partition(scope))),
        _ => (Range::all(keys.journal()), Some(keys.journal())),
    };
    let begin = matches!(step, Step::LateRequests).then(|| just_after(erasure.requested_at - LATE));
    let range = range.after(progress.behind.take().or(begin)).limit(AT_ONCE);
    let page = scope.table.query(&range).await?;
    let identifiers = Needles::new(std::mem::take(&mut progress.identifiers))?;
    let names = Needles::new(std::mem::take(&mut progress.names))?;
    let person = Person {
        id,
        identifiers: &identifiers,
        names: &names,
    };
    let (mut removed, mut index, mut unreadable) = (Vec::new(), Vec::new(), 0);
    for item in page.items {
        let is_removed = match step {
            Step::Feed => match Journal::of(scope).stored_event(item.clone()) {
                Ok(event) => clean_event(scope, person, event, erasure).await?,
                Err(_) if is_in_unreadable(person, &item, &mut unreadable) => {
                    Journal::of(scope).erase_unreadable(item.clone()).await?;
                    erasure.cleaned += 1;
                    false
                }
                Err(_) => false,
            },
            Step::Requests | Step::LateRequests => match LoggedRequest::from_item(item.clone()) {
                Ok(request) => {
                    let names =
                        request.at <= erasure.requested_at && person.is_in_request(&request);
                    if names {
                        index.extend(index_keys(keys, &request));
                    }
                    names
                }
                Err(_) => is_in_unreadable(person, &item, &mut unreadable),
            },
            Step::Others(_) => person.is_in_item(&item) || text(&item, "SK")?.ends_with(id),
            _ => match from_item(item.clone()) {
                Ok(entry) => clean_entry(scope, person, (&item, entry), erasure, progress).await?,
                Err(_) => is_in_unreadable(person, &item, &mut unreadable),
            },
        };
        if let (true, Some(partition)) = (is_removed, &partition) {
            removed.push(partition.at(text(&item, "SK")?));
        }
    }
    if unreadable > 0 {
        tracing::warn!(tenant = %scope.tenant, unreadable, ?step, "unreadable items, which do not name the person, stay");
    }
    erasure.removed += removed.len() as u64;
    // First what leads to an entry: whoever is cut off in between finds the entry again.
    scope.table.batch_delete(index).await?;
    scope.table.batch_delete(removed).await?;
    progress.identifiers = identifiers.into_values();
    progress.names = names.into_values();
    progress.behind = page.next;
    Ok(progress.behind.is_none())
}

/// Returns whether an item that cannot be read names the person, and counts those that do not. One such item must not stop
/// the erasure of everybody.
fn is_in_unreadable(person: Person<'_>, item: &Item, unreadable: &mut usize) -> bool {
    let is_named = person.is_in_item(item);
    *unreadable += usize::from(!is_named);
    is_named
}

/// Cleans an entry of the journal. Returns whether it must be removed. An entry without a place in the feed waits: its
/// events must not be lost.
async fn clean_entry(
    scope: &Scope,
    person: Person<'_>,
    (item, entry): (&Item, Entry),
    erasure: &mut Erasure,
    progress: &mut Progress,
) -> Result<bool, Error> {
    let texts = [&entry.before, &entry.after].into_iter().flatten();
    let texts = texts.map(String::as_str);
    let verdict = person.verdict(&entry.action, &entry.actor, &entry.subject, texts);
    if verdict == Verdict::Keep {
        return Ok(false);
    }
    if entry.sequence.is_none() {
        progress.waits = true;
        return Ok(false);
    }
    if verdict == Verdict::Remove {
        return Ok(true);
    }
    let item = cleaned(item.clone(), entry, person, verdict)?;
    // It can be gone by now, and stays gone.
    scope.table.replace(item).await?;
    erasure.cleaned += 1;
    Ok(false)
}

/// Returns an entry without what it says about the person. It keeps the attributes that only another version knows.
fn cleaned(
    mut item: Item,
    entry: Entry,
    person: Person<'_>,
    verdict: Verdict,
) -> Result<Item, Error> {
    let (kind, subject) = (&entry.action, &entry.subject);
    // Whoever was refused may have been the person, although nobody knew it.
    let is_from_person = person.acts(&entry.actor) || kind == EventType::AuthRefused.as_str();
    if verdict == Verdict::Clean {
        let texts = [("before", &entry.before), ("after", &entry.after)];
        for (name, text) in texts {
            let text = text.as_ref();
            if let Some(text) = text.and_then(|text| person.cleaned(kind, subject, text)) {
                item.insert(name.to_owned(), string(&text));
            }
        }
        if person.is_subject(kind, subject)
            && let Some(AttributeValue::M(stored)) = item.get_mut("subject")
        {
            stored.insert("name".to_owned(), string(ERASED));
        }
    }
    for (name, text) in [("before", &entry.before), ("after", &entry.after)] {
        let text = text.as_ref();
        if let Some(text) = text.and_then(|it| person.without_words(kind, &entry.actor, it)) {
            item.insert(name.to_owned(), string(&text));
        }
    }
    if is_from_person {
        item.remove("origin");
        let actor: Actor = entry.actor.by_id_alone();
        let actor = serde_dynamo::to_attribute_value(&actor).map_err(Error::corrupt)?;
        item.insert("actor".to_owned(), actor);
    }
    Ok(item)
}

/// Erases an event of the feed that says something about the person. It keeps its place.
async fn clean_event(
    scope: &Scope,
    person: Person<'_>,
    event: Event,
    erasure: &mut Erasure,
) -> Result<bool, Error> {
    let texts = [&event.before, &event.after].into_iter().flatten();
    let texts: Vec<String> = texts.map(ToString::to_string).collect();
    let texts = texts.iter().map(String::as_str);
    if person.verdict(&event.kind, &event.actor, &event.subject, texts) != Verdict::Keep {
        Journal::of(scope).erase_event(event.sequence).await?;
        erasure.cleaned += 1;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever may push can give somebody so many identifiers, and send such requests. It must end all the same: with work for
    /// each identifier and text, it would take hours.
    #[test]
    fn the_work_does_not_grow_with_the_identifiers() {
        let many = |begin: &str| (0..40_000).map(|n| format!("{begin}{n:05}")).collect();
        let (identifiers, names) = (Needles::new(many("'")), Needles::new(many("n")));
        let person = Person {
            id: "01890000-0000-7000-8000-000000000001",
            identifiers: &identifiers.unwrap(),
            names: &names.unwrap(),
        };
        let quotes = serde_json::json!({"attributes": vec!["'"; 1_000]}).to_string();
        let cut = quotes.replace("]}", r#"],"title":"… (cut)"#);
        for sent in [quotes, cut] {
            let request = LoggedRequest {
                sent: Some(sent),
                detail: Some("the value `'` of 'x' is odd".to_owned()),
                ..LoggedRequest::new("POST", "/Users/.search?filter='%27'", 200)
            };
            for _ in 0..200 {
                assert!(!person.is_in_request(&request));
            }
        }
    }
}
