//! The budgets of what follows a request: the request log, the event feed, the roles, and the hourly pass.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::capacity::{Cost, measure};
use rollcall_directory::clock::PastClock;
use rollcall_directory::{
    Event, FeedQuery, FeedRead, GROUPS, LoggedRequest, Provider, Role, Tenant,
};
use rollcall_role_reconciler::Queue;
use rollcall_tests::budgets::Budgets;
use rollcall_tests::event_fixture::{Outbox, batch, relayed};
use rollcall_tests::seed::{group, patch, person};
use rollcall_tests::service::run;
use rollcall_tests::table::{TestTable, name_of};
use serde_json::json;
use tokio::time::Instant;

fn far() -> Instant {
    Instant::now() + Duration::from_secs(600)
}

/// Gives all waiting entries their places. Returns the number of entries and the cost.
async fn relay(tenant: &Tenant) -> (usize, Cost) {
    let (waiting, _, cost) = place(tenant).await;
    (waiting, cost)
}

/// Gives all waiting entries their places. Returns the number of entries, their events, and the cost.
async fn place(tenant: &Tenant) -> (usize, Vec<Event>, Cost) {
    let waiting = tenant.journal().unplaced().await.unwrap();
    let (events, cost) = measure(tenant.journal().relay(&waiting)).await;
    (waiting.len(), events.unwrap(), cost)
}

/// Adds events to the indexes and returns the cost.
async fn index(tenant: &Tenant, events: &[Event]) -> Cost {
    let (added, cost) = measure(tenant.indexes().follow(events)).await;
    added.unwrap();
    cost
}

#[test]
fn the_relay_and_the_request_log_keep_their_budgets() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("relayed").await;
        let people = table.seed_users(&tenant, 10).await;
        let team = group(&tenant, "team", &[]).await;
        relay(&tenant).await;
        let mut budgets = Budgets::of("What follows a request");

        person(&tenant, "ann").await;
        let waiting = tenant.journal().unplaced().await.unwrap();
        let (_, created, cost) = place(&tenant).await;
        budgets.record("place an event in the feed", cost);
        let cost = index(&tenant, &created).await;
        budgets.record("add a new person with one name to the indexes", cost);
        let cost = index(&tenant, &created).await;
        budgets.record("add them again, on a repeated delivery", cost);
        let (_, cost) = measure(tenant.journal().relay(&waiting)).await;
        budgets.record("find it in its place, on a repeated delivery", cost);
        for number in 0..10 {
            person(&tenant, &format!("person {number}")).await;
        }
        let (count, cost) = relay(&tenant).await;
        assert_eq!(count, 10);
        budgets.record("place 10 events at once", cost);
        let members: Vec<_> = people.iter().map(|id| json!({"value": id})).collect();
        let join = json!({"op": "add", "path": "members", "value": members});
        patch(&tenant, &GROUPS, &team, join).await;
        let (count, joined, cost) = place(&tenant).await;
        assert_eq!(count, 1);
        budgets.record("place the 10 events of one change of members", cost);
        let cost = index(&tenant, &joined).await;
        budgets.record("add the 10 events to the indexes", cost);

        for (what, after) in [
            ("read the 10 last events of the feed", 0),
            ("read the feed, of which nothing is new", 10),
        ] {
            let head = tenant.journal().events(0, 500).await.unwrap().len() as u64;
            let query = FeedQuery {
                after: head - 10 + after,
                limit: 10,
                types: &[],
            };
            let (read, cost) = measure(tenant.journal().feed(&query)).await;
            let FeedRead::Page(page) = read.unwrap() else {
                panic!("no page")
            };
            assert_eq!((page.items.len() as u64, page.head), (10 - after, head));
            budgets.record(what, cost);
        }
        for what in [
            "take a checkpoint of the feed",
            "take none, because the feed has not grown",
        ] {
            let (taken, cost) = measure(tenant.journal().take_checkpoint()).await;
            taken.unwrap();
            budgets.record(what, cost);
        }
        let target = format!("/Users?filter=userName+eq+%22{}%22", name_of(3));
        let named = LoggedRequest::new("GET", &target, 200);
        let plain = LoggedRequest::new("GET", "/Users?startIndex=1", 200);
        let mut large = LoggedRequest::new("POST", "/Users", 201);
        large.sent = Some("x".repeat(1_024));
        large.changes = vec!["user.created".to_owned()];
        let operation = json!({"op": "Replace", "path": format!("{}:department", rollcall_tests::urn::ENTERPRISE), "value": "R&D"});
        let mut longer = LoggedRequest::new("PATCH", "/Users/x", 200);
        longer.changes = vec!["user.updated".to_owned()];
        longer.sent = Some(json!({"Operations": vec![operation; 25]}).to_string());
        let mut failed = LoggedRequest::new("POST", "/Users", 409);
        let body =
            json!({"userName": "ada", "externalId": "x", "emails": [{"value": "ada@x.test"}]});
        failed.sent = Some(body.to_string());
        for (what, request) in [
            ("log a request", plain),
            ("log a request with a body of 1 KB", large),
            (
                "log a request with a body of 3 KB that compresses well",
                longer,
            ),
            (
                "log a request that changed nothing and names a person",
                named,
            ),
            (
                "log a failed request with a name, an external id and an address",
                failed,
            ),
        ] {
            let (written, cost) = measure(tenant.request_log().write(request, 30)).await;
            written.unwrap();
            budgets.record(what, cost);
        }
        let credentials = tenant.credentials();
        let connection = credentials.create_connection("idp", Provider::Okta).await;
        let connection = connection.unwrap().id;
        let issued = credentials.issue_token(&connection, "token", None).await;
        let token = issued.unwrap().secret;
        for (units, what) in [
            (50.0, "charge the token of a request that read 50 units"),
            (51.0, "charge the token of a request that read more"),
            (4_000.0, "charge it again"),
        ] {
            let charge = credentials.charge_reads(token.expose(), 120_000, units);
            let (charged, cost) = measure(charge).await;
            charged.unwrap();
            budgets.record(what, cost);
        }
    });
}

async fn latest(tenant: &Tenant, kind: &str) -> Event {
    let mut events = relayed(tenant).await;
    events.retain(|event| event.kind == kind);
    events.pop().unwrap()
}

#[test]
fn reconciliations_keep_their_budgets() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("reconciled").await;
        let team = group(&tenant, "team", &[]).await;
        tenant
            .roles()
            .map_group(&team, Some(Role::Admin))
            .await
            .unwrap();
        let mut budgets = Budgets::of("Reconciliation of one person");
        let follow_up = async |event: &Event| {
            let (rest, cost) = measure(tenant.roles().follow_up(event, far())).await;
            assert_eq!(rest.unwrap(), None);
            cost
        };
        let ann = person(&tenant, "ann").await;
        let event = latest(&tenant, "user.created").await;
        budgets.record("in no group", follow_up(&event).await);
        let join = json!({"op": "add", "path": "members", "value": [{"value": ann}]});
        patch(&tenant, &GROUPS, &team, join).await;
        let event = latest(&tenant, "group.member_added").await;
        budgets.record(
            "in one mapped group, the role changes",
            follow_up(&event).await,
        );
        budgets.record(
            "in one mapped group, the role stays",
            follow_up(&event).await,
        );
    });
}

#[test]
fn the_hourly_pass_keeps_its_budget() {
    run(async |_| {
        let mut budgets = Budgets::of("The hourly pass, for one tenant");
        // What happens on this clock has settled for a pass, which reads the time that it is.
        let _clock = PastClock::begin(Timestamp::now() - SignedDuration::from_mins(2));
        for count in [1, 100, 1_000] {
            let table = TestTable::start().await;
            let tenant = table.tenant("passed").await;
            table.seed_users(&tenant, count).await;
            relay(&tenant).await;
            let outbox = Outbox::default();
            let queue = Queue::new(outbox.client(), "http://127.0.0.1/queues/roles");
            let reconciler = rollcall_role_reconciler::handler(table.directory(), queue);
            let message = batch(&[json!({"full_pass": {}}).to_string()]);
            for turn in ["first", "next", "third"] {
                relay(&tenant).await;
                let (response, cost) = measure(reconciler.call(message.clone(), far())).await;
                assert!(response.batch_item_failures.is_empty());
                let people = match count {
                    1 => "1 person".to_owned(),
                    _ => format!("{count} people"),
                };
                budgets.record(format!("the {turn} pass, {people}"), cost);
            }
        }
    });
}
