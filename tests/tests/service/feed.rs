//! The event feed with concurrent writers: every reader sees every event once and in the same order.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::{join, join_all};
use http::Method;
use rollcall_directory::{Settings, Tenant, USERS};
use rollcall_local::{Options, WrapHttpClient};
use rollcall_tests::event_fixture::{EventFixture, until};
use rollcall_tests::faults::{Fault, Faults};
use rollcall_tests::idp::Idp;
use rollcall_tests::seed::patch;
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use rollcall_tests::urn;
use serde_json::json;

const WRITERS: usize = 12;
const WRITES: usize = 15;
const READERS: usize = 6;

const FAULT_MIX: [(Fault, u32); 5] = [
    (Fault::Delay, 200),
    (Fault::Conflict, 80),
    (Fault::Throttle, 20),
    (Fault::DroppedAfter, 40),
    (Fault::ServerError, 20),
];

fn faulty() -> (WrapHttpClient, std::sync::mpsc::Receiver<Faults>) {
    let (give, take) = std::sync::mpsc::channel();
    let wrap: WrapHttpClient = Box::new(move |inner| {
        let faults = Faults::around(inner);
        let client = faults.client();
        let _ = give.send(faults);
        client
    });
    (wrap, take)
}

/// Sends writes and ignores errors, because the journal shows which writes were performed.
async fn write(idp: &Idp, writer: usize) {
    let mut own: Vec<String> = Vec::new();
    for n in 0..WRITES {
        let send = async |method, path: &str, body| {
            idp.request(method, path)
                .body(&body)
                .allow_500()
                .send()
                .await
        };
        match own.get(n % 4).filter(|_| n % 2 == 1) {
            Some(id) => {
                let operation = json!({"op": "replace", "path": "title", "value": n.to_string()});
                let change = json!({"schemas": [urn::PATCH], "Operations": [operation]});
                send(Method::PATCH, &format!("/Users/{id}"), change).await;
            }
            None => {
                let body = json!({"schemas": [urn::USER], "userName": format!("w{writer}-{n}")});
                let answer = send(Method::POST, "/Users", body).await;
                if answer.status == 201 {
                    own.push(answer.id());
                }
            }
        }
    }
}

/// Reads the feed by cursor until the writers are done and there are no more events.
async fn read(tenant: &Tenant, page: usize, done: &AtomicBool) -> Vec<(u64, String)> {
    let mut seen: Vec<(u64, String)> = Vec::new();
    loop {
        let last = done.load(Ordering::SeqCst);
        let cursor = seen.last().map_or(0, |(sequence, _)| *sequence);
        let events = tenant.journal().events(cursor, page).await.unwrap();
        if events.is_empty() && last {
            return seen;
        }
        seen.extend(events.into_iter().map(|event| (event.sequence, event.id)));
        tokio::task::yield_now().await;
    }
}

#[test]
fn every_reader_sees_every_entry_once_and_in_the_same_order() {
    run(async |_| {
        let (wrap_functions, functions) = faulty();
        let (wrap_followers, followers) = faulty();
        let options = Options {
            wrap_http_client: Some(wrap_functions),
            wrap_followers_http_client: Some(wrap_followers),
            ..Options::default()
        };
        let fixture = EventFixture::with(options, Settings::default()).await;
        let (functions, followers) = (functions.recv().unwrap(), followers.recv().unwrap());
        functions.mix(11, &FAULT_MIX);
        followers.mix(12, &FAULT_MIX);
        let done = Arc::new(AtomicBool::new(false));
        let readers = (0..READERS).map(|reader| read(&fixture.tenant, 1 + reader * 7, &done));
        let writing = async {
            join_all((0..WRITERS).map(|writer| write(&fixture.idp, writer))).await;
            until("every event is on the bus", || {
                (fixture.local.unrelayed() == 0).then_some(())
            })
            .await;
            done.store(true, Ordering::SeqCst);
        };
        let (seen, ()) = join(join_all(readers), writing).await;
        assert!(functions.count(Fault::Conflict) > 0 && functions.count(Fault::DroppedAfter) > 0);
        let was_injected = |fault: &(Fault, u32)| followers.count(fault.0) > 0;
        assert!(
            FAULT_MIX.iter().any(was_injected),
            "{:?}",
            followers.injected()
        );
        let first = &seen[0];
        assert!(first.len() > WRITERS, "{}", first.len());
        assert!(
            first
                .iter()
                .map(|(sequence, _)| *sequence)
                .eq(1..=first.len() as u64)
        );
        let ids: BTreeSet<&String> = first.iter().map(|(_, id)| id).collect();
        assert_eq!(ids.len(), first.len(), "an event has two places");
        for other in &seen[1..] {
            assert_eq!(other, first);
        }
        let audit = rollcall_directory::AuditQuery {
            limit: 10_000,
            ..Default::default()
        };
        let journal = fixture.tenant.journal().audit(&audit).await.unwrap().0;
        let journal: BTreeSet<&String> = journal.iter().map(|entry| &entry.id).collect();
        assert_eq!(ids, journal, "the feed differs from the journal");
        let delivered: BTreeSet<String> = fixture
            .delivered()
            .iter()
            .map(|event| event["id"].as_str().unwrap().to_owned())
            .collect();
        assert!(delivered.iter().eq(ids), "the bus differs from the feed");
    });
}

/// DynamoDB limits a transaction to 4 MB, and a tenant's largest changes together exceed that.
#[test]
fn large_changes_get_their_places_in_several_transactions() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("large-entries").await;
        let ada = table.seed_users(&tenant, 1).await.remove(0);
        for n in 0..20 {
            let title = format!("{n}{}", "x".repeat(120_000));
            let change = json!({"op": "replace", "path": "title", "value": title});
            patch(&tenant, &USERS, &ada, change).await;
        }
        let waiting = tenant.journal().unplaced().await.unwrap();
        let events = tenant.journal().relay(&waiting).await.unwrap();
        let sequences: Vec<u64> = events.iter().map(|event| event.sequence).collect();
        assert_eq!(sequences, (1..=waiting.len() as u64).collect::<Vec<_>>());
        // So large are they that one call does not read them all.
        let (mut verified, mut last) = (0, 0);
        while verified < waiting.len() {
            let found = tenant.journal().verify(last, 500).await.unwrap();
            assert_eq!(found.faults, vec![]);
            verified += found.verified;
            last = found.last.expect("an event").0;
        }
        assert_eq!(verified, waiting.len());
    });
}
