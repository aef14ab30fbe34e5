//! The reconciler's long work: walks through a whole tenant, and erasures. It is done in bounded parts that take turns, so
//! that nobody's role waits for another tenant's. Parts, messages and units are counted; no time decides.

use std::collections::VecDeque;
use std::time::Duration;

use rollcall_directory::capacity::{Cost, measure};
use rollcall_directory::{Event, GROUPS, Role, RouteBy, Settings, Tenant, capacity};
use rollcall_role_reconciler::{Queue, Reconciler};
use rollcall_tests::event_fixture::{Outbox, batch, envelope, relayed};
use rollcall_tests::seed::{apply_settings, group, patch, person};
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use serde_json::{Value, json};
use tokio::time::Instant;

/// How often the settings change.
const TOGGLES: usize = 60;
/// The people of the tenant whose settings change: ten parts.
const PEOPLE: usize = 1_000;
/// What no message consumes that only notes something.
const LITTLE: f64 = 8.0;

fn far() -> Instant {
    Instant::now() + Duration::from_secs(3_600)
}

/// The reconciler and its queue, in order.
struct Worker {
    reconciler: Reconciler,
    outbox: Outbox,
    waiting: VecDeque<String>,
}

impl Worker {
    fn at(table: &TestTable) -> Self {
        let outbox = Outbox::default();
        let queue = Queue::new(outbox.client(), "http://127.0.0.1/queues/roles");
        Self {
            reconciler: rollcall_role_reconciler::handler(table.directory(), queue),
            outbox,
            waiting: VecDeque::new(),
        }
    }

    fn add<'a>(&mut self, events: impl IntoIterator<Item = &'a Event>) {
        self.waiting.extend(events.into_iter().map(envelope));
    }

    /// Handles one message, and puts what it sends behind all others. Returns what it cost, and how many it sent.
    async fn handle(&mut self, message: String) -> (Cost, usize) {
        let (response, cost) = measure(self.reconciler.call(batch(&[message]), far())).await;
        assert!(response.batch_item_failures.is_empty());
        let sent = self.outbox.take();
        let count = sent.len();
        self.waiting.extend(sent);
        (cost, count)
    }

    /// Handles all messages. Returns what each cost.
    async fn finish(&mut self) -> Vec<Cost> {
        let mut costs = Vec::new();
        while let Some(message) = self.waiting.pop_front() {
            costs.push(self.handle(message).await.0);
            assert!(costs.len() < 2_000, "the work does not end");
        }
        costs
    }
}

fn read_units(costs: &[Cost]) -> f64 {
    costs.iter().map(|cost| cost.read_units).sum()
}

/// Changes a setting that decides roles, back and forth.
async fn toggle(tenant: &Tenant, times: usize) {
    for n in 0..times {
        let settings = Settings {
            route_by: [RouteBy::Membership, RouteBy::Claim][n % 2],
            rate_limit: None,
            ..Settings::default()
        };
        apply_settings(tenant, &settings).await;
    }
}

#[test]
fn settings_changed_sixty_times_cost_two_walks_and_nobody_waits_for_more_than_a_part() {
    run(async |_| {
        let table = TestTable::start().await;
        let (loud, quiet) = (table.tenant("loud").await, table.tenant("quiet").await);
        table.seed_users(&loud, PEOPLE).await;
        let ada = person(&quiet, "ada").await;
        let team = group(&quiet, "team", &[]).await;
        quiet.roles().map_group(&team, [Role::Admin]).await.unwrap();
        relayed(&loud).await;
        let mut worker = Worker::at(&table);
        worker.add(&relayed(&quiet).await);
        worker.finish().await;
        let (walked, walk) = measure(loud.roles().reconcile_all(None, far())).await;
        assert_eq!(walked.unwrap(), None);

        toggle(&loud, TOGGLES).await;
        let changes = relayed(&loud).await;
        worker.add(&changes);
        let first = worker.waiting.pop_front().unwrap();
        assert_eq!(worker.handle(first).await.1, 1, "the walk goes on");
        let join = json!({"op": "add", "path": "members", "value": [{"value": ada}]});
        patch(&quiet, &GROUPS, &team, join).await;
        let joined = relayed(&quiet).await;
        worker.add(&joined);
        let theirs = worker.waiting.back().unwrap().clone();
        let mut before = Vec::new();
        while let Some(message) = worker.waiting.pop_front() {
            let is_theirs = message == theirs;
            let (cost, sent) = worker.handle(message).await;
            if is_theirs {
                break;
            }
            assert!(sent <= 1, "one walk is in hand");
            before.push(cost);
        }
        let role = relayed(&quiet).await;
        assert_eq!(role[0].kind, "user.role_changed");
        let parts = before.iter().filter(|cost| cost.read_units > LITTLE);
        assert_eq!(parts.count(), 1, "{before:?}");
        let rest = worker.finish().await;
        let all = read_units(&before) + read_units(&rest);
        let most = 2.0 * walk.read_units + (2 * TOGGLES) as f64 * LITTLE / 2.0;
        assert!(all <= most, "{all} of {most}");
        // Everybody was looked at after the last change.
        let looked = rest.iter().filter(|cost| cost.read_units > LITTLE).count();
        assert!(looked >= PEOPLE / 100, "{looked}");
    });
}

#[test]
fn settings_that_decide_no_role_reconcile_nobody() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("unconcerned").await;
        table.seed_users(&tenant, PEOPLE).await;
        let settings = Settings {
            rate_limit: None,
            retention_days: 40,
            match_email: true,
            contacts: vec!["admin@example.test".to_owned()],
            ..Settings::default()
        };
        apply_settings(&tenant, &settings).await;
        let mut worker = Worker::at(&table);
        worker.add(&relayed(&tenant).await);
        let costs = worker.finish().await;
        assert!(read_units(&costs) < LITTLE, "{costs:?}");
    });
}

#[test]
fn one_walk_of_a_tenant_is_in_hand_at_a_time() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("two-groups").await;
        let people = table.seed_users(&tenant, 400).await;
        let mut worker = Worker::at(&table);
        let mut groups = Vec::new();
        for name in ["one", "two"] {
            let id = group(&tenant, name, &people).await;
            relayed(&tenant).await;
            tenant.roles().map_group(&id, [Role::Admin]).await.unwrap();
            worker.add(&relayed(&tenant).await);
            groups.push(id);
        }
        let looked_at = async |of: &str| {
            let progress = tenant.roles().reconciliation(of).await.unwrap();
            progress.map(|progress| (progress.looked_at, progress.finished_at.is_some()))
        };
        // Both begin, one goes on, and the other waits.
        for _ in 0..4 {
            let message = worker.waiting.pop_front().unwrap();
            worker.handle(message).await;
        }
        assert_eq!(looked_at(&groups[0]).await, Some((200, false)));
        assert_eq!(looked_at(&groups[1]).await, Some((100, false)));
        let waits: Value = serde_json::from_str(worker.waiting.back().unwrap()).unwrap();
        assert_eq!(
            (&waits["waited"], &waits["tenant"]),
            (&json!(1), &json!("two-groups"))
        );
        worker.finish().await;
        for id in &groups {
            assert_eq!(looked_at(id).await, Some((400, true)));
        }
        let (pass, cost) = capacity::measure(tenant.roles().reconcile_all(None, far())).await;
        assert_eq!(pass.unwrap(), None);
        assert_eq!(cost.write_units, 0.0, "a pass still changed something");
    });
}

#[test]
fn people_of_a_tenant_are_erased_one_after_the_other() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("erases-many").await;
        let mut people = Vec::new();
        for n in 0..4 {
            let id = person(&tenant, &format!("person-{n}")).await;
            let erasures = tenant.erasures();
            erasures.order_of_person(&id, Role::Owner).await.unwrap();
            people.push(id);
        }
        let ordered = relayed(&tenant).await;
        let ordered = ordered
            .iter()
            .filter(|event| event.kind == "user.erasure_requested");
        let mut worker = Worker::at(&table);
        worker.add(ordered);
        assert_eq!(worker.waiting.len(), people.len());
        let sent = async |worker: &mut Worker| {
            let message = worker.waiting.pop_front().unwrap();
            worker.handle(message).await.1
        };
        assert_eq!(sent(&mut worker).await, 1, "the first goes on");
        for _ in 1..people.len() {
            assert_eq!(sent(&mut worker).await, 0, "the others wait in the list");
        }
        // What is announced meanwhile gets its place, for which an erasure waits.
        while let Some(message) = worker.waiting.pop_front() {
            relayed(&tenant).await;
            assert!(worker.handle(message).await.1 <= 1);
        }
        for id in &people {
            let erasure = tenant.erasures().read(Some(id)).await.unwrap().unwrap();
            assert!(erasure.finished_at.is_some(), "{erasure:?}");
        }
        let left = table
            .directory()
            .unfinished_erasures(None, 0)
            .await
            .unwrap();
        assert!(left.erasures.is_empty(), "{left:?}");
    });
}

#[test]
fn somebody_who_cannot_be_erased_holds_up_nobody() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("cannot-erase").await;
        let mut people = Vec::new();
        for n in 0..3 {
            let id = person(&tenant, &format!("person-{n}")).await;
            let erasures = tenant.erasures();
            erasures.order_of_person(&id, Role::Owner).await.unwrap();
            people.push(id);
        }
        people.sort();
        relayed(&tenant).await;
        let damaged = ("#E", people[0].as_str());
        let yes = aws_sdk_dynamodb::types::AttributeValue::Bool(true);
        let revision = table.damage(&tenant, damaged, "revision", Some(yes)).await;
        let mut worker = Worker::at(&table);
        let erasure = json!({"erasure": {"tenant": "cannot-erase", "person": people[0]}});
        worker.waiting.push_back(erasure.to_string());
        // In the end, nobody else is left, and the message is delivered again.
        let mut failed = 0;
        while let Some(message) = worker.waiting.pop_front() {
            relayed(&tenant).await;
            let response = worker.reconciler.call(batch(&[message]), far()).await;
            failed += response.batch_item_failures.len();
            worker.waiting.extend(worker.outbox.take());
        }
        assert_eq!(failed, 1);
        table.damage(&tenant, damaged, "revision", revision).await;
        for (number, id) in people.iter().enumerate() {
            let erasure = tenant.erasures().read(Some(id)).await.unwrap().unwrap();
            assert_eq!(erasure.finished_at.is_some(), number > 0, "{erasure:?}");
        }
    });
}
