//! The indexes of the console: what they find, what that costs, and how they become complete.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::capacity::{Cost, measure};
use rollcall_directory::{AuditQuery, Entry, Event, Person, PersonState, Role, Tenant, USERS};
use rollcall_insight::{FoundPeople, Insight, PeopleOrder, PeopleQuery};
use rollcall_scim::Precondition;
use rollcall_tests::event_fixture::relayed;
use rollcall_tests::seed::{create, group, patch, person, sign_in};
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use rollcall_tests::urn;
use serde_json::json;
use tokio::time::Instant;

/// More entries than one call reads.
const MANY: u64 = 2_300;
/// More people than a page or a step of the index has.
const PEOPLE: usize = 1_300;

/// Prints a cost and returns it.
fn record(what: impl std::fmt::Display, cost: Cost) -> Cost {
    eprintln!("{what}: {cost:?}");
    cost
}

fn far() -> Instant {
    Instant::now() + Duration::from_secs(600)
}

/// Relays every waiting entry, and adds the events to the indexes, as the relay does.
async fn relay(tenant: &Tenant) -> Vec<Event> {
    let events = relayed(tenant).await;
    tenant.indexes().follow(&events).await.unwrap();
    events
}

fn about(subject: &str) -> AuditQuery {
    AuditQuery {
        subject: Some(subject.to_owned()),
        limit: 20,
        ..AuditQuery::default()
    }
}

fn actions(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.action.as_str()).collect()
}

async fn ada(tenant: &Tenant) -> String {
    let body = json!({
        "schemas": [urn::USER], "userName": "ada.king@mail.test", "displayName": "Ada Lovelace", "active": true,
    });
    create(tenant, &USERS, body).await
}

async fn search(tenant: &Tenant, text: &str) -> FoundPeople {
    let found = Insight::of(tenant).search_people(text, &[], None, 50).await;
    found.unwrap()
}

async fn names(tenant: &Tenant, text: &str) -> Vec<String> {
    let found = search(tenant, text).await;
    assert!(found.by_word && found.next.is_none(), "{text}");
    found.people.into_iter().map(|one| one.user_name).collect()
}

async fn delete(tenant: &Tenant, id: &str) {
    let always = Precondition::none();
    let deleted = tenant.resources().delete(&USERS, id, &always).await;
    deleted.unwrap();
}

/// Returns the entries of a query and its cost, page by page.
async fn all(tenant: &Tenant, mut query: AuditQuery) -> (Vec<Entry>, u32) {
    let (mut found, mut pages) = (Vec::new(), 0);
    loop {
        let (entries, next) = tenant.journal().audit(&query).await.unwrap();
        found.extend(entries);
        pages += 1;
        if next.is_none() {
            return (found, pages);
        }
        query.after = next;
    }
}

#[track_caller]
fn within(cost: Cost, calls: u32, units: f64) {
    let fits = cost.calls <= calls && cost.read_units + cost.write_units <= units;
    assert!(fits, "more than {calls} calls or {units} units: {cost:?}");
}

#[test]
fn a_history_is_complete_among_thousands_of_other_entries() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("history").await;
        let yesterday = Timestamp::now() - SignedDuration::from_hours(24);
        let old = table.seed_entries(&tenant, yesterday, MANY).await;
        let ada = ada(&tenant).await;
        let staff = group(&tenant, "Staff", std::slice::from_ref(&ada)).await;
        let expected = ["group.members_changed", "user.created"];
        // Without an index, the newest entries are read, and more may follow.
        let (found, next) = tenant.journal().audit(&about(&ada)).await.unwrap();
        assert_eq!(actions(&found), expected);
        assert!(next.is_some());

        let (events, cost) = measure(relay(&tenant)).await;
        assert!(events.len() as u64 > MANY);
        record(format!("relay and index {} events", events.len()), cost);
        for (what, subject, expected) in [
            ("a person", &ada, &expected[..]),
            (
                "a group",
                &staff,
                &["group.members_changed", "group.created"],
            ),
        ] {
            let (found, cost) = measure(tenant.journal().audit(&about(subject))).await;
            let (entries, next) = found.unwrap();
            assert_eq!((actions(&entries), next), (expected.to_vec(), None));
            within(record(format!("history of {what}"), cost), 4, 20.0);
        }
        let of_request = AuditQuery {
            request_id: Some(events[0].request_id.clone()),
            limit: 20,
            ..AuditQuery::default()
        };
        let (oldest, cost) = measure(tenant.journal().audit(&of_request)).await;
        let (oldest, next) = oldest.unwrap();
        assert_eq!(
            (&*oldest[0].id, oldest.len(), next),
            (&*events[0].id, 1, None)
        );
        within(record("changes of a request", cost), 4, 20.0);
        assert!(old.contains(&events[0].id) || events[0].subject.kind == "tenant");

        // A change that the relay did not see yet is found all the same, and pages have no gap.
        let off = json!({"op": "replace", "path": "active", "value": false});
        patch(&tenant, &USERS, &ada, off).await;
        let expected = ["user.deactivated", expected[0], expected[1]];
        for limit in [1, 2, 3, 20] {
            let query = AuditQuery {
                limit,
                ..about(&ada)
            };
            assert_eq!(actions(&all(&tenant, query).await.0), expected, "{limit}");
        }
        let created = AuditQuery {
            action: Some("user.c".to_owned()),
            ..about(&ada)
        };
        assert_eq!(actions(&all(&tenant, created).await.0), ["user.created"]);
        let before = AuditQuery {
            to: Some(yesterday),
            ..about(&ada)
        };
        assert!(all(&tenant, before).await.0.is_empty());
    });
}

#[test]
fn the_full_pass_indexes_what_is_older_and_what_the_relay_missed() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("older").await;
        let yesterday = Timestamp::now() - SignedDuration::from_hours(24);
        table.seed_entries(&tenant, yesterday, MANY).await;
        let ada = ada(&tenant).await;
        let first = relayed(&tenant).await;
        // An earlier version placed these; this one indexes only what comes now.
        person(&tenant, "bob").await;
        relay(&tenant).await;
        let expected = ["user.created"];
        let by_old_request = AuditQuery {
            request_id: Some(first.last().unwrap().request_id.clone()),
            limit: 20,
            ..AuditQuery::default()
        };
        let (found, pages) = all(&tenant, about(&ada)).await;
        assert_eq!(actions(&found), expected);
        assert!(pages > 1, "the rest is read back");
        assert!(!search(&tenant, "lovelace").await.by_word);

        let (mut calls, mut events, mut people) = (0, 0, 0);
        loop {
            // The deadline has passed, so each call does one step.
            let (filled, cost) = measure(tenant.indexes().complete(Instant::now())).await;
            let filled = filled.unwrap();
            record(format!("step of the pass: {filled:?}"), cost);
            (calls, events, people) = (calls + 1, events + filled.events, people + filled.people);
            if filled.complete {
                break;
            }
            assert!(calls < 100);
        }
        assert_eq!((events, people), (first.len(), 2), "nothing is added twice");
        assert!(calls > 10);
        let (again, cost) = measure(tenant.indexes().complete(far())).await;
        assert!(again.unwrap().complete);
        within(record("pass over complete indexes", cost), 3, 4.0);
        for query in [about(&ada), by_old_request] {
            let (found, cost) = measure(tenant.journal().audit(&query)).await;
            assert_eq!(found.unwrap().1, None);
            within(cost, 4, 20.0);
        }
        assert_eq!(names(&tenant, "lovelace").await, ["ada.king@mail.test"]);

        // The relay of an earlier version ran for a while.
        let cid = person(&tenant, "cid").await;
        relayed(&tenant).await;
        let dan = person(&tenant, "dan").await;
        relay(&tenant).await;
        for missed in [&cid, &dan] {
            let (found, next) = tenant.journal().audit(&about(missed)).await.unwrap();
            assert_eq!((actions(&found), next), (vec!["user.created"], None));
        }
        let filled = tenant.indexes().complete(far()).await.unwrap();
        assert_eq!((filled.events, filled.complete), (2, true));
        let filled = tenant.indexes().complete(far()).await.unwrap();
        assert_eq!(filled.events, 0);
        table.forget_indexes(&tenant).await;
        tenant.indexes().complete(far()).await.unwrap();
        assert_eq!(names(&tenant, "lovelace").await, ["ada.king@mail.test"]);
        assert_eq!(all(&tenant, about(&cid)).await.0.len(), 1);
    });
}

#[test]
fn people_who_leave_while_the_index_is_filled_leave_no_words() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("leaving").await;
        let mut people = Vec::new();
        for number in 0..30 {
            people.push(person(&tenant, &format!("leaver{number}")).await);
        }
        relay(&tenant).await;
        table.forget_indexes(&tenant).await;
        let fill = async {
            tenant.indexes().complete(far()).await.unwrap();
        };
        let leave = async {
            for id in people.iter().rev() {
                delete(&tenant, id).await;
                relay(&tenant).await;
            }
        };
        tokio::join!(fill, leave);
        let mut words = table.index_keys(&tenant).await;
        words.retain(|(partition, _)| partition.starts_with("T#leaving#W"));
        assert_eq!(words, []);
    });
}

/// Returns the first page of the list of people.
async fn listed(tenant: &Tenant, query: &PeopleQuery) -> (Vec<Person>, Option<String>) {
    let insight = Insight::of(tenant);
    let page = insight.list_people(query, PeopleOrder::Created, None).await;
    page.unwrap()
}

#[test]
fn a_middle_word_is_found_among_many_people() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("words").await;
        relay(&tenant).await;
        // The seeded people have no events, like those of an earlier version whose events have expired.
        table.forget_indexes(&tenant).await;
        table.seed_users(&tenant, PEOPLE).await;
        let by_text = PeopleQuery {
            text: Some("001234".to_owned()),
            limit: 50,
            ..PeopleQuery::default()
        };
        let (scanned, cost) = measure(listed(&tenant, &by_text)).await;
        assert_eq!(scanned.0.len(), 1);
        record("find a middle word without the index", cost);
        let (filled, cost) = measure(tenant.indexes().complete(far())).await;
        assert_eq!(filled.unwrap().people, PEOPLE);
        record("index them", cost);
        for (text, count) in [
            ("001234", 1),
            ("00123", 10),
            ("seed 00123 exa", 10),
            ("00123 bob", 0),
        ] {
            let query = PeopleQuery {
                text: Some(text.to_owned()),
                ..by_text.clone()
            };
            let (found, cost) = measure(listed(&tenant, &query)).await;
            assert_eq!((found.0.len(), found.1), (count, None), "{text}");
            within(record(format!("find {text:?}"), cost), 12, 60.0);
        }
        let (mut found, mut after) = (0, None);
        loop {
            let insight = Insight::of(&tenant);
            let page = insight
                .search_people("exam", &[PersonState::Invited], after, 300)
                .await;
            let page = page.unwrap();
            found += page.people.len();
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, PEOPLE, "everybody once");
    });
}

#[test]
fn events_in_any_order_and_number_end_in_the_stored_state() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("orders").await;
        relay(&tenant).await;
        let ada = ada(&tenant).await;
        let (_, cost) = measure(relay(&tenant)).await;
        record("relay and index a new person with five words", cost);
        assert_eq!(names(&tenant, "love").await.len(), 1);
        let rename = json!({"op": "replace", "path": "displayName", "value": "Ada Byron"});
        patch(&tenant, &USERS, &ada, rename).await;
        // The index is a moment behind; the stored person decides.
        assert!(names(&tenant, "lovelace").await.is_empty());
        let (_, cost) = measure(relay(&tenant)).await;
        record("relay and index a renamed person", cost);
        assert_eq!(names(&tenant, "byron").await.len(), 1);
        let renamed = table.index_keys(&tenant).await;
        assert!(!renamed.iter().any(|(_, sort)| sort.starts_with("lovelace")));

        let mut events = tenant.journal().events(0, 100).await.unwrap();
        let (again, cost) = measure(tenant.indexes().follow(&events)).await;
        again.unwrap();
        within(record("relay indexed events again", cost), 1, 1.0);
        table.forget_indexes(&tenant).await;
        events.reverse();
        for event in &events {
            let event = std::slice::from_ref(event);
            tenant.indexes().follow(event).await.unwrap();
        }
        tenant.indexes().complete(far()).await.unwrap();
        assert_eq!(table.index_keys(&tenant).await, renamed);

        delete(&tenant, &ada).await;
        relay(&tenant).await;
        assert!(names(&tenant, "byron").await.is_empty());
        tenant.indexes().follow(&events).await.unwrap();
        let left = table.index_keys(&tenant).await;
        let words = format!("T#{}#W", tenant.id());
        assert!(
            !left
                .iter()
                .any(|(partition, _)| partition.starts_with(&words))
        );
        let (history, next) = tenant.journal().audit(&about(&ada)).await.unwrap();
        assert_eq!(
            actions(&history),
            ["user.deleted", "user.updated", "user.created"]
        );
        assert_eq!(next, None);
    });
}

#[test]
fn no_other_tenant_appears() {
    run(async |_| {
        let table = TestTable::start().await;
        let (one, two) = (table.tenant("one").await, table.tenant("two").await);
        let (of_one, of_two) = (ada(&one).await, ada(&two).await);
        for tenant in [&one, &two] {
            relay(tenant).await;
        }
        for (tenant, own, other) in [(&one, &of_one, &of_two), (&two, &of_two, &of_one)] {
            let found = search(tenant, "lovelace").await.people;
            assert_eq!(found.iter().map(|it| &it.id).collect::<Vec<_>>(), [own]);
            assert_eq!(all(tenant, about(own)).await.0.len(), 1);
            assert!(all(tenant, about(other)).await.0.is_empty());
        }
    });
}

#[test]
fn the_service_finds_people_by_word_and_changes_by_request() {
    run(async |service| {
        let tenant = service.tenant("indexed").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let body = json!({"schemas": [urn::USER], "userName": "ada@mail.test", "displayName": "Ada Lovelace"});
        let ada = idp.post("/Users", body).await.expect(201).id().to_owned();
        service.drained().await;
        let found = admin.all("/users?text=LOVE").await;
        assert_eq!(found[0]["id"], ada.as_str(), "{found:?}");
        let history = admin.all(&format!("/audit?subject={ada}")).await;
        assert_eq!(history[0]["type"], "user.created", "{history:?}");
        let request = history[0]["request_id"].as_str().unwrap_or_default();
        let changes = admin.all(&format!("/audit?request_id={request}")).await;
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0]["id"], history[0]["id"]);
        assert!(admin.all("/audit?request_id=none").await.is_empty());
    });
}

/// An account that only came from sign-in is closed when somebody who was pushed gets its name.
#[test]
fn a_closed_account_leaves_no_words() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("closed").await;
        let closed = sign_in(&tenant, "ann new", None).await.person.id;
        let ann = person(&tenant, "ann").await;
        relay(&tenant).await;
        let rename = json!({"op": "replace", "path": "userName", "value": "ann new"});
        patch(&tenant, &USERS, &ann, rename).await;
        let events = relay(&tenant).await;
        let is_merged = |event: &Event| event.kind == "user.merged" && event.subject.id == closed;
        assert!(events.iter().any(is_merged), "{events:?}");
        let words = format!("T#{}#W", tenant.id());
        let keys = table.index_keys(&tenant).await;
        let mut words = keys
            .iter()
            .filter(|(partition, _)| partition.starts_with(&words));
        assert!(!words.any(|(_, sort)| sort.contains(&closed)), "{keys:?}");
        assert_eq!(names(&tenant, "new").await, ["ann new"]);
    });
}
