//! The chain of hashes over the event feed: changes of stored events are found, and erasure leaves the order verifiable.

use std::process::{Command, Output};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::clock::PastClock;
use rollcall_directory::{Fault, FeedEvent, FeedQuery, FeedRead, Verification};
use rollcall_tests::event_fixture::{EventFixture, relayed};
use rollcall_tests::raw;
use rollcall_tests::seed::person;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::table::TestTable;
use serde_json::{Value, json};

/// Creates people and places their events. Returns the number of events.
async fn fill(service: &Service, tenant: &Tenant, names: &[&str]) -> u64 {
    for name in names {
        tenant.idp().user(name).await;
    }
    service.follow_up(tenant).await;
    let feed = tenant.directory().journal().events(0, 500).await.unwrap();
    feed.last().unwrap().sequence
}

/// Reads the feed with its hashes.
async fn feed(tenant: &rollcall_directory::Tenant) -> Vec<FeedEvent> {
    let query = FeedQuery {
        limit: 500,
        ..FeedQuery::default()
    };
    match tenant.journal().feed(&query).await.unwrap() {
        FeedRead::Page(page) => page.items,
        other => panic!("{other:?}"),
    }
}

async fn stored(service: &Service, tenant: &Tenant, sequence: u64) -> raw::Item {
    raw::item(service, tenant, "#F", &format!("{sequence:016}")).await
}

async fn faults(tenant: &Tenant) -> Vec<(u64, Fault)> {
    let found = tenant.directory().journal().verify(0, 500).await.unwrap();
    found.faults
}

#[test]
fn a_feed_verifies_page_by_page_and_from_outside() {
    run(async |service| {
        let tenant = service.tenant("chained").await;
        let last = fill(service, &tenant, &["ada", "bob", "cleo", "dan"]).await;
        let application = service.application();
        let base = format!("/tenants/{}/events", tenant.id());
        let (mut after, mut verified, mut begins) = ("0".to_owned(), 0, Vec::new());
        loop {
            let path = format!("{base}/verification?after={after}&limit=3");
            let page = application.get(&path).await.expect(200);
            assert_eq!(page.body["faults"], json!([]), "{}", page.body);
            begins.extend(page.body["begins"].as_array().unwrap().clone());
            after = page.string("/next");
            match page.body["verified"].as_u64() {
                Some(0) | None => break,
                Some(some) => verified += some,
            }
        }
        assert_eq!((verified, begins), (last, vec![json!(1)]));
        let ahead = format!("{base}/verification?after=999999");
        let gone = application.get(&ahead).await.expect(410);
        assert_eq!(gone.body["reason"], "cursor_ahead", "{}", gone.body);
        let output = verify_from_outside(service, &tenant, &[]);
        assert!(output.status.success(), "{output:?}");
        let printed = String::from_utf8(output.stdout).unwrap();
        let hash = printed.trim().rsplit(' ').next().unwrap().to_owned();
        // The checkpoint still holds after more events.
        fill(service, &tenant, &["eve"]).await;
        let checkpoint = [last.to_string(), hash];
        let output = verify_from_outside(service, &tenant, &checkpoint);
        assert!(output.status.success(), "{output:?}");
        let wrong = [last.to_string(), "0".repeat(64)];
        assert!(
            !verify_from_outside(service, &tenant, &wrong)
                .status
                .success()
        );
    });
}

fn verify_from_outside(service: &Service, tenant: &Tenant, checkpoint: &[String]) -> Output {
    let application = service.application();
    let (base, key) = (application.base_url(), application.credential());
    verifier(base, key, tenant.id(), checkpoint)
        .output()
        .unwrap()
}

fn verifier(base: &str, key: &str, tenant: &str, checkpoint: &[String]) -> Command {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/verify-events");
    let mut command = Command::new("python3");
    command.arg(script).arg(base).arg(tenant).args(checkpoint);
    command.env("ROLLCALL_KEY", key);
    command
}

#[test]
fn checkpoints_on_the_bus_verify_the_feed() {
    run(async |_| {
        let fixture = EventFixture::start().await;
        let (tenant, journal) = (&fixture.tenant, fixture.tenant.journal());
        let mut kept = Vec::new();
        for name in ["ada", "bob"] {
            fixture.idp.user(name).await;
            fixture.drained().await;
            assert!(journal.take_checkpoint().await.unwrap());
            assert!(
                !journal.take_checkpoint().await.unwrap(),
                "it has not moved"
            );
            fixture.drained().await;
            let last = feed(&fixture.tenant).await.pop().unwrap();
            let head =
                json!({"sequence": last.event.sequence, "hash": last.integrity.unwrap().hash});
            kept.push(head);
        }
        let is_checkpoint = |event: &&Value| event["type"] == "feed.checkpoint";
        let delivered = fixture.delivered();
        let delivered: Vec<&Value> = delivered.iter().filter(is_checkpoint).collect();
        let heads: Vec<&Value> = delivered.iter().map(|event| &event["head"]).collect();
        assert_eq!(heads, kept.iter().collect::<Vec<_>>());
        assert!(delivered.iter().all(|event| event["at"].is_string()));
        let feed = fixture.feed().await;
        assert!(!feed.iter().any(|event| is_checkpoint(&event)));

        // As EventBridge has them, one after another, and not all are of this tenant or checkpoints.
        let mut lines: Vec<Value> = fixture.local.deliveries();
        lines.push(json!({"detail": {"type": "feed.checkpoint", "tenant": "other", "head": {"sequence": 1, "hash": ""}}}));
        let local = &fixture.local;
        let verify = async |lines: &[Value]| {
            let file = tempfile::NamedTempFile::new().unwrap();
            let text: String = lines.iter().map(Value::to_string).collect();
            std::fs::write(file.path(), text).unwrap();
            let path = file.path().to_str().unwrap().to_owned();
            let (base, key) = (local.api_base_url(), local.service_key());
            let command = verifier(&base, key, tenant.id().as_str(), &[path]);
            let command = tokio::process::Command::from(command).output();
            command.await.unwrap()
        };
        let output = verify(&lines).await;
        assert!(output.status.success(), "{output:?}");
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(
            printed.contains("2 of 2 checkpoints are in the feed"),
            "{printed}"
        );

        // Somebody computed the whole chain anew.
        let mut other = lines.clone();
        for line in &mut other {
            if line["detail"]["head"]["sequence"] == kept[0]["sequence"] {
                line["detail"]["head"]["hash"] = json!("0".repeat(64));
            }
        }
        assert!(!verify(&other).await.status.success());
        // Somebody cut off the end.
        let later = json!({"sequence": 1_000, "hash": "0".repeat(64)});
        lines.push(json!({"type": "feed.checkpoint", "tenant": tenant.id(), "head": later}));
        assert!(!verify(&lines).await.status.success());
    });
}

#[test]
fn a_change_of_stored_events_is_found() {
    run(async |service| {
        let tenant = service.tenant("changed-events").await;
        let last = fill(service, &tenant, &["ada", "bob", "cleo"]).await;
        assert_eq!(faults(&tenant).await, []);
        let original = stored(service, &tenant, last).await;
        let mut changed = original.clone();
        let text = raw::text(&original, "event").replace("cleo", "mallory");
        changed.insert("event".to_owned(), AttributeValue::S(text));
        raw::put(service, changed).await;
        assert_eq!(faults(&tenant).await, [(last, Fault::Content)]);
        raw::put(service, original).await;
        // An event is removed and the later ones move up.
        let removed = stored(service, &tenant, last - 1).await;
        let mut moved = stored(service, &tenant, last).await;
        moved.insert("SK".to_owned(), removed["SK"].clone());
        let text = raw::text(&moved, "event").to_owned();
        let text = text.replace(&format!(":{last},"), &format!(":{},", last - 1));
        moved.insert("event".to_owned(), AttributeValue::S(text));
        raw::put(service, moved).await;
        let found = faults(&tenant).await;
        assert!(
            found.iter().any(|(sequence, _)| *sequence == last - 1),
            "{found:?}"
        );
    });
}

#[test]
fn an_erased_person_leaves_a_verifiable_feed() {
    run(async |service| {
        let tenant = service.tenant("erased-events").await;
        let last = fill(service, &tenant, &["ada", "bob"]).await;
        let journal = tenant.directory();
        let journal = journal.journal();
        let events = journal.events(0, 500).await.unwrap();
        let is_about_ada = |event: &&rollcall_directory::Event| event.subject.name == "ada";
        let about_ada: Vec<u64> = events
            .iter()
            .filter(is_about_ada)
            .map(|it| it.sequence)
            .collect();
        assert!(!about_ada.is_empty());
        for sequence in &about_ada {
            journal.erase_event(*sequence).await.unwrap();
            journal.erase_event(*sequence).await.unwrap();
        }
        let found = journal.verify(0, 500).await.unwrap();
        assert_eq!((found.faults, &found.erased), (vec![], &about_ada));
        assert_eq!(found.verified as u64, last);
        assert!(verify_from_outside(service, &tenant, &[]).status.success());
        for event in feed(tenant.directory()).await {
            // In quotes, because random ids can contain the three letters.
            assert!(!format!("{event:?}").contains("\"ada\""), "{event:?}");
        }
        // Nobody can put words into an erased event's mouth.
        let original = stored(service, &tenant, found.erased[0]).await;
        let mut forged = original.clone();
        let text = raw::text(&forged, "event").replace(r#""name":"erased""#, r#""name":"mallory""#);
        forged.insert("event".to_owned(), AttributeValue::S(text));
        raw::put(service, forged).await;
        assert_eq!(faults(&tenant).await, [(found.erased[0], Fault::Content)]);
        let mut forged = original;
        let text = raw::text(&forged, "event").replace("user.created", "user.deleted");
        forged.insert("event".to_owned(), AttributeValue::S(text));
        raw::put(service, forged).await;
        assert_eq!(faults(&tenant).await, [(found.erased[0], Fault::Order)]);
    });
}

#[test]
fn the_chain_begins_anew_after_an_earlier_version_and_says_so() {
    run(async |service| {
        let tenant = service.tenant("earlier-events").await;
        let last = fill(service, &tenant, &["ada"]).await;
        // An earlier version wrote all that: without hashes.
        for sequence in 1..=last {
            let mut item = stored(service, &tenant, sequence).await;
            item.remove("link");
            raw::put(service, item).await;
        }
        let mut head = raw::item(service, &tenant, "#F", "HEAD").await;
        head.remove("last_hash");
        head.remove("hash_of");
        raw::put(service, head).await;
        fill(service, &tenant, &["bob"]).await;
        let found = tenant.directory().journal().verify(0, 500).await.unwrap();
        assert_eq!(found.faults, []);
        assert_eq!(found.without_hash, (1..=last).collect::<Vec<_>>());
        assert_eq!(found.begins, [last + 1]);
    });
}

#[test]
fn the_chain_begins_anew_after_a_roll_back() {
    run(async |service| {
        let tenant = service.tenant("rolled-back-events").await;
        let linked = fill(service, &tenant, &["ada"]).await;
        let head = raw::item(service, &tenant, "#F", "HEAD").await;
        let last = fill(service, &tenant, &["bob", "cleo"]).await;
        // An earlier version gave these their places: without hashes, and what it does not know of the head stays.
        for sequence in linked + 1..=last {
            let mut item = stored(service, &tenant, sequence).await;
            item.remove("link");
            raw::put(service, item).await;
        }
        let mut moved = raw::item(service, &tenant, "#F", "HEAD").await;
        for name in ["last_hash", "hash_of"] {
            moved.insert(name.to_owned(), head[name].clone());
        }
        raw::put(service, moved).await;
        let unlinked: Vec<u64> = (linked + 1..=last).collect();
        let verified = async |after, limit| {
            let journal = tenant.directory().journal();
            let found = journal.verify(after, limit).await.unwrap();
            assert_eq!(found.faults, []);
            (found.without_hash, found.begins)
        };
        assert_eq!(verified(0, 500).await, (unlinked.clone(), vec![1]));
        let end = fill(service, &tenant, &["dan"]).await;
        let whole = (unlinked.clone(), vec![1, last + 1]);
        assert_eq!(verified(0, 500).await, whole);
        for after in linked..end {
            verified(after, 1).await;
        }
        let output = verify_from_outside(service, &tenant, &[]);
        assert!(output.status.success(), "{output:?}");

        // Without its hash, an event within a chain, and the last one, are no events of an earlier version.
        for (sequence, reported) in [(last + 1, last + 1), (1, 1), (end, end)] {
            let original = stored(service, &tenant, sequence).await;
            let mut item = original.clone();
            item.remove("link");
            raw::put(service, item).await;
            assert_eq!(faults(&tenant).await, [(reported, Fault::Unlinked)]);
            let output = verify_from_outside(service, &tenant, &[]);
            assert!(!output.status.success(), "{sequence}: {output:?}");
            raw::put(service, original).await;
        }
    });
}

/// Returns a clock by which events of now can have expired.
fn two_days_ago() -> PastClock {
    PastClock::begin(Timestamp::now() - SignedDuration::from_hours(48))
}

async fn verified(tenant: &rollcall_directory::Tenant, after: u64) -> Verification {
    tenant.journal().verify(after, 500).await.unwrap()
}

fn event(sequence: u64) -> (&'static str, String) {
    ("#F", format!("{sequence:016}"))
}

/// Lets an event expire, which DynamoDB deletes some time later.
async fn expire(table: &TestTable, tenant: &rollcall_directory::Tenant, sequence: u64) {
    let (partition, sort) = event(sequence);
    let past = AttributeValue::N("978307200".to_owned());
    table
        .damage(tenant, (partition, &sort), "expires", Some(past))
        .await;
}

#[test]
fn events_that_expired_in_any_order_are_no_fault() {
    run(async |_| {
        let table = TestTable::start().await;
        let clock = two_days_ago();
        let tenant = table.tenant("expired-chain").await;
        for name in ["ada", "bob", "cleo"] {
            person(&tenant, name).await;
        }
        let kept = relayed(&tenant).await.len() as u64;
        assert!(kept >= 3);
        for name in ["dan", "eve", "fay"] {
            person(&tenant, name).await;
        }
        let head = kept + relayed(&tenant).await.len() as u64;
        let whole = verified(&tenant, 0).await;
        assert_eq!((whole.faults, whole.expired), (vec![], None));
        drop(clock);

        // DynamoDB deletes those that have expired in no order.
        for sequence in 1..=3 {
            expire(&table, &tenant, sequence).await;
        }
        table.remove(&tenant, ("#F", &event(2).1)).await;
        for (after, expired) in [(0, (1, 3)), (1, (2, 3)), (2, (3, 3))] {
            let found = verified(&tenant, after).await;
            assert_eq!((found.faults, found.expired), (vec![], Some(expired)));
            assert_eq!(found.verified as u64, head - 3);
        }
        // So they do at the end, and what follows goes on from there.
        for sequence in kept + 1..=head {
            expire(&table, &tenant, sequence).await;
        }
        table.remove(&tenant, ("#F", &event(head).1)).await;
        let found = verified(&tenant, kept).await;
        assert_eq!((found.faults, found.verified), (vec![], 0));
        assert_eq!(found.expired, Some((kept + 1, head)));
        assert_eq!(found.last.map(|(last, _)| last), Some(head));
        person(&tenant, "gil").await;
        relayed(&tenant).await;
        let found = verified(&tenant, head).await;
        assert_eq!((found.faults, found.expired), (vec![], None));
        assert!(found.verified > 0);
    });
}

#[test]
fn younger_events_that_expired_first_leave_a_gap_that_is_no_fault() {
    run(async |_| {
        let table = TestTable::start().await;
        let clock = two_days_ago();
        let tenant = table.tenant("chain-with-gap").await;
        for name in ["ada", "bob"] {
            person(&tenant, name).await;
        }
        let last = relayed(&tenant).await.len() as u64;
        assert!(tenant.journal().take_checkpoint().await.unwrap());
        person(&tenant, "cleo").await;
        let head = last + relayed(&tenant).await.len() as u64;
        drop(clock);
        table.remove(&tenant, ("#F", &event(last).1)).await;

        let before = verified(&tenant, 0).await;
        let until = (before.verified as u64, before.last.map(|(at, _)| at));
        assert_eq!((before.faults, until), (vec![], (last - 1, Some(last - 1))));
        let behind = verified(&tenant, last - 1).await;
        assert_eq!(
            (behind.faults, behind.expired),
            (vec![], Some((last, last)))
        );
        assert_eq!(behind.verified as u64, head - last);
        // The checkpoint says what the missing event was.
        let sort = event(last).1;
        let other = AttributeValue::S("0".repeat(64));
        let checkpoint = ("#F#J", &*sort);
        table.damage(&tenant, checkpoint, "hash", Some(other)).await;
        let behind = verified(&tenant, last - 1).await;
        assert_eq!(behind.faults, [(last + 1, Fault::Order)]);
    });
}

/// The shortest retention is a day.
#[test]
fn an_event_that_cannot_have_expired_is_missed() {
    run(async |_| {
        let table = TestTable::start().await;
        let clock = PastClock::begin(Timestamp::now() - SignedDuration::from_mins(20));
        let tenant = table.tenant("chain-with-theft").await;
        for name in ["ada", "bob", "cleo"] {
            person(&tenant, name).await;
        }
        let head = relayed(&tenant).await.len() as u64;
        drop(clock);
        table.remove(&tenant, ("#F", &event(head - 1).1)).await;
        let found = verified(&tenant, head - 2).await;
        assert_eq!(
            (found.faults, found.expired),
            (vec![(head, Fault::Order)], None)
        );
        table.remove(&tenant, ("#F", &event(head).1)).await;
        let found = verified(&tenant, head - 2).await;
        assert_eq!(
            (found.faults, found.expired),
            (vec![(head, Fault::Order)], None)
        );
    });
}

#[test]
fn a_gap_of_expired_events_is_no_fault_from_outside() {
    run(async |service| {
        let tenant = service.tenant("outside-gap").await;
        let clock = two_days_ago();
        for name in ["ada", "bob", "cleo", "dan", "eve", "fay"] {
            person(tenant.directory(), name).await;
        }
        drop(clock);
        service.follow_up(&tenant).await;
        service.drained().await;
        let events = feed(tenant.directory()).await;
        // Between two that are as old, so that the relay cannot be about to fill the gap.
        let yesterday = Timestamp::now() - SignedDuration::from_hours(24);
        let are_old =
            |three: &&[FeedEvent]| three.iter().all(|it| it.event.occurred_at < yesterday);
        let three = events.windows(3).find(are_old).expect("old events");
        let gone = three[1].event.sequence;
        let hash = three[1].integrity.clone().unwrap().hash;
        raw::delete(service, &tenant, "#F", &event(gone).1).await;
        let path = format!("/tenants/{}/events/verification", tenant.id());
        let path = format!("{path}?after={}", gone - 1);
        let page = service.application().get(&path).await.expect(200).body;
        assert_eq!(page["faults"], json!([]), "{page}");
        assert_eq!(page["expired"], json!({"first": gone, "last": gone}));

        let ends = |checkpoint: &[String]| {
            let output = verify_from_outside(service, &tenant, checkpoint);
            let printed = String::from_utf8(output.stdout).unwrap();
            (output.status.code(), printed)
        };
        let (status, printed) = ends(&[]);
        let says = format!("events {gone} to {gone} have expired");
        assert!(status == Some(0) && printed.contains(&says), "{printed}");
        let (status, printed) = ends(&[gone.to_string(), hash]);
        let matched = printed.contains("1 of 1 checkpoints are in the feed");
        assert!(status == Some(0) && matched, "{printed}");
        let (status, _) = ends(&[gone.to_string(), "0".repeat(64)]);
        assert_eq!(status, Some(1));
    });
}
