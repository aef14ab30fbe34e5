//! The indexes of the console after the relay was late, or has failed to add to them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::clock::PastClock;
use rollcall_directory::{AuditQuery, Event, Role, Tenant, USERS};
use rollcall_insight::{FoundPeople, Insight, PeopleOrder, PeopleQuery};
use rollcall_tests::event_fixture::relayed;
use rollcall_tests::faults::Fault;
use rollcall_tests::seed::{create, patch, person};
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use rollcall_tests::urn;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::time::Instant;

fn far() -> Instant {
    Instant::now() + Duration::from_secs(600)
}

/// Relays every waiting entry, and adds the events to the indexes, as the relay does.
async fn relay(tenant: &Tenant) {
    let events = relayed(tenant).await;
    tenant.indexes().follow(&events).await.unwrap();
}

async fn search(tenant: &Tenant, text: &str) -> FoundPeople {
    let found = Insight::of(tenant).search_people(text, &[], None, 50).await;
    found.unwrap()
}

/// Returns the user names of those whom the complete index finds.
async fn names(tenant: &Tenant, text: &str) -> Vec<String> {
    let found = search(tenant, text).await;
    assert!(found.by_word && !found.lacks_changes, "{text}");
    found.people.into_iter().map(|one| one.user_name).collect()
}

/// Creates people who are found by their names only as words.
async fn people(tenant: &Tenant, names: &[&str]) {
    for name in names {
        let body = json!({"schemas": [urn::USER], "userName": format!("of-{name}"), "displayName": format!("The {name}")});
        create(tenant, &USERS, body).await;
    }
}

/// After a backlog, every event is old, also one that is only now written.
#[test]
fn a_part_of_a_transaction_of_the_relay_is_not_taken_for_what_has_expired() {
    run(async |_| {
        let table = Arc::new(TestTable::start().await);
        let clock = PastClock::begin(Timestamp::now() - SignedDuration::from_mins(20));
        let tenant = table.tenant("part-of-a-transaction").await;
        relay(&tenant).await;
        people(&tenant, &["bob", "cleo"]).await;
        drop(clock);
        let events = relayed(&tenant).await;
        assert_eq!(events[0].subject.name, "of-bob");
        // A query can show what follows an event before it shows the event, which is there a moment later.
        let place = |event: &Event| format!("{:016}", event.sequence);
        let hidden = table.remove(&tenant, ("#F", &place(&events[0]))).await;
        let (elsewhere, calls) = table.other_process();
        let (hidden, handle) = (Mutex::new(Some(hidden)), Handle::current());
        let to = Arc::clone(&table);
        calls.schedule(move |call| {
            let is_of_head = call.body["Key"]["SK"]["S"] == "HEAD";
            if let Some(item) = hidden.lock().unwrap().take_if(|_| is_of_head) {
                let (to, handle) = (Arc::clone(&to), handle.clone());
                let put = std::thread::spawn(move || handle.block_on(to.put(item)));
                put.join().unwrap();
            }
            Fault::None
        });
        let there = elsewhere.system(tenant.id().clone());
        there.indexes().complete(far()).await.unwrap();
        for name in ["bob", "cleo"] {
            assert_eq!(names(&tenant, name).await, [format!("of-{name}")]);
        }

        // What has expired stays away, and holds up nothing.
        let clock = PastClock::begin(Timestamp::now() - SignedDuration::from_mins(20));
        people(&tenant, &["dan", "eve"]).await;
        drop(clock);
        let events = relayed(&tenant).await;
        assert_eq!(events[0].subject.name, "of-dan");
        table.remove(&tenant, ("#F", &place(&events[0]))).await;
        tenant.indexes().complete(far()).await.unwrap();
        assert_eq!(names(&tenant, "eve").await, ["of-eve"]);
    });
}

#[test]
fn an_index_that_the_relay_did_not_add_to_is_not_complete() {
    run(async |_| {
        let table = TestTable::start().await;
        let clock = PastClock::begin(Timestamp::now() - SignedDuration::from_mins(20));
        let tenant = table.tenant("late-index").await;
        relay(&tenant).await;
        people(&tenant, &["ann"]).await;
        relay(&tenant).await;
        people(&tenant, &["bob"]).await;
        relayed(&tenant).await;
        drop(clock);
        let found = search(&tenant, "ann").await;
        assert!(found.by_word && found.lacks_changes && found.people.len() == 1);
        let by_text = PeopleQuery {
            text: Some("bob".to_owned()),
            limit: 20,
            ..PeopleQuery::default()
        };
        let by_role = PeopleQuery {
            text: None,
            role: Some(Role::Viewer.into()),
            ..by_text.clone()
        };
        let complete = async |query: &PeopleQuery| {
            let insight = Insight::of(&tenant);
            let page = insight.people_page(query, PeopleOrder::Created, None).await;
            let page = page.unwrap();
            (page.people.len(), page.index.unwrap().complete)
        };
        assert_eq!(complete(&by_text).await, (1, false));
        assert!(!complete(&by_role).await.1);
        tenant.indexes().complete(far()).await.unwrap();
        assert_eq!(complete(&by_text).await, (1, true));
        assert!(complete(&by_role).await.1);
        assert_eq!(names(&tenant, "bob").await, ["of-bob"]);
    });
}

#[test]
fn an_entry_that_is_set_aside_is_in_the_audit_log_of_its_subject() {
    run(async |_| {
        let table = TestTable::start().await;
        let hours_ago = |hours| Timestamp::now() - SignedDuration::from_hours(hours);
        let clock = PastClock::begin(hours_ago(4));
        let tenant = table.tenant("set-aside").await;
        let ada = person(&tenant, "ada").await;
        relay(&tenant).await;
        clock.set(hours_ago(3));
        let title = |title: &str| json!({"op": "replace", "path": "title", "value": title});
        patch(&tenant, &USERS, &ada, title("Dr.")).await;
        let aside = tenant.journal().unplaced().await.unwrap().remove(0);
        tenant.journal().set_aside(&aside).await.unwrap();
        clock.set(hours_ago(2));
        patch(&tenant, &USERS, &ada, title("Prof.")).await;
        let mut others = tenant.journal().unplaced().await.unwrap();
        others.retain(|entry| *entry != aside);
        let events = tenant.journal().relay(&others).await.unwrap();
        tenant.indexes().follow(&events).await.unwrap();
        clock.set(hours_ago(1));
        person(&tenant, "bob").await;
        let mut others = tenant.journal().unplaced().await.unwrap();
        others.retain(|entry| *entry != aside);
        let events = tenant.journal().relay(&others).await.unwrap();
        tenant.indexes().follow(&events).await.unwrap();
        drop(clock);

        let kinds = async |limit| {
            let mut query = AuditQuery {
                subject: Some(ada.clone()),
                limit,
                ..AuditQuery::default()
            };
            let mut kinds = Vec::new();
            loop {
                let (entries, next) = tenant.journal().audit(&query).await.unwrap();
                kinds.extend(entries.into_iter().map(|entry| entry.action));
                query.after = next;
                if query.after.is_none() {
                    return kinds;
                }
            }
        };
        let waiting = async || {
            let items = table.items_of(&tenant).await;
            items.iter().any(|item| item.contains_key("waiting"))
        };
        let expected = ["user.updated", "user.updated", "user.created"];
        for limit in [1, 2, 3, 20] {
            assert_eq!(kinds(limit).await, expected, "{limit}");
        }
        tenant.indexes().complete(far()).await.unwrap();
        assert!(waiting().await);
        // Once it has its place, the index has it.
        relay(&tenant).await;
        assert_eq!(kinds(2).await, expected);
        tenant.indexes().complete(far()).await.unwrap();
        assert!(!waiting().await);
        assert_eq!(kinds(2).await, expected);
    });
}
