//! The reconciler updates roles from events in any order, and processes a large group in bounded steps.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rollcall_directory::{
    Assertion, GROUPS, Role, RoleSync, RouteBy, Settings, Tenant, USERS, capacity,
};
use rollcall_insight::Insight;
use rollcall_role_reconciler::{Queue, Reconciler};
use rollcall_scim::{Patch, Precondition, Projection, Resource};
use rollcall_tests::event_fixture::{Outbox, batch, envelope, relayed};
use rollcall_tests::seed::apply_settings;
use rollcall_tests::service::run;
use rollcall_tests::size::size;
use rollcall_tests::table::TestTable;
use rollcall_tests::urn;
use serde_json::{Value, json};
use tokio::time::Instant;

const PEOPLE: usize = 12;
const TEAMS: usize = 5;

fn reconciler(table: &TestTable, outbox: &Outbox) -> Reconciler {
    let queue = Queue::new(outbox.client(), "http://127.0.0.1/queues/roles");
    rollcall_role_reconciler::handler(table.directory(), queue)
}

async fn person(tenant: &Tenant, name: &str) -> String {
    let body = json!({"schemas": [urn::USER], "userName": name, "active": true});
    let resource = Resource::parse(USERS.resource_type, body).unwrap();
    id(tenant
        .resources()
        .create(&USERS, resource, &Projection::all())
        .await
        .unwrap()
        .answer)
}

async fn team(tenant: &Tenant, name: &str, members: &[String]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    let body = json!({"schemas": [urn::GROUP], "displayName": name, "members": members});
    let resource = Resource::parse(GROUPS.resource_type, body).unwrap();
    id(tenant
        .resources()
        .create(&GROUPS, resource, &Projection::all())
        .await
        .unwrap()
        .answer)
}

fn id(resource: Resource) -> String {
    resource
        .get("id")
        .and_then(Value::as_str)
        .unwrap()
        .to_owned()
}

async fn patch(
    tenant: &Tenant,
    kind: &'static rollcall_directory::Kind,
    id: &str,
    operation: Value,
) {
    let body = json!({"schemas": [urn::PATCH], "Operations": [operation]});
    let patch = Patch::parse(kind.resource_type, body).unwrap();
    let patched = tenant
        .resources()
        .patch(kind, id, patch, &Precondition::none(), None)
        .await;
    // The resource may have been deleted by an earlier change.
    if let Err(error) = patched {
        assert_eq!(error.to_scim().status(), 404, "{error}");
    }
}

/// Makes one random change of anything that can affect a role.
async fn change(tenant: &Tenant, people: &[String], teams: &[String], random: &mut StdRng) {
    let who = random.random_range(0..people.len());
    let (person, team) = (&people[who], &teams[random.random_range(0..teams.len())]);
    let roles = [
        None,
        Some(Role::Viewer),
        Some(Role::Member),
        Some(Role::Admin),
    ];
    let role = roles[random.random_range(0..roles.len())];
    match random.random_range(0..100) {
        0..30 => {
            patch(
                tenant,
                &GROUPS,
                team,
                json!({"op": "add", "path": "members", "value": [{"value": person}]}),
            )
            .await
        }
        30..50 => {
            patch(
                tenant,
                &GROUPS,
                team,
                json!({"op": "remove", "path": format!("members[value eq \"{person}\"]")}),
            )
            .await
        }
        50..65 => drop(tenant.roles().map_group(team, role).await),
        65..75 => {
            patch(
                tenant,
                &USERS,
                person,
                json!({"op": "replace", "path": "active", "value": random.random_bool(0.6)}),
            )
            .await
        }
        75..82 => drop(tenant.roles().give_role(person, role, Role::Owner).await),
        82..90 => {
            let assertion = Assertion {
                user_name: format!("p{who}"),
                groups: random
                    .random_bool(0.5)
                    .then(|| vec![format!("t{}", random.random_range(0..TEAMS))]),
                ..Assertion::default()
            };
            tenant.sign_in().log_in(&assertion).await.unwrap();
        }
        90..94 => {
            let settings = Settings {
                rate_limit: None,
                role_sync: [RoleSync::Immediate, RoleSync::AtLogin][random.random_range(0..2)],
                route_by: [
                    RouteBy::Claim,
                    RouteBy::Membership,
                    RouteBy::ClaimThenMembership,
                ][random.random_range(0..3)],
                ..Settings::default()
            };
            apply_settings(tenant, &settings).await;
        }
        94..97 => drop(
            tenant
                .resources()
                .delete(&GROUPS, team, &Precondition::none())
                .await,
        ),
        _ => drop(
            tenant
                .resources()
                .delete(&USERS, person, &Precondition::none())
                .await,
        ),
    }
}

/// Delivers messages to the reconciler in random batches; messages that fail for lack of time are delivered again.
async fn deliver(
    reconciler: &Reconciler,
    outbox: &Outbox,
    mut messages: Vec<String>,
    random: &mut StdRng,
) {
    while !messages.is_empty() {
        let count = random.random_range(1..=10).min(messages.len());
        let bodies: Vec<String> = messages.drain(..count).collect();
        let time = Duration::from_millis(random.random_range(1..200));
        let response = reconciler.call(batch(&bodies), Instant::now() + time).await;
        for failure in response.batch_item_failures {
            let at: usize = failure.item_identifier.parse().unwrap();
            messages.push(bodies[at].clone());
        }
        messages.extend(outbox.take());
    }
}

async fn deliver_random_events(seed: u64) {
    let table = TestTable::start().await;
    let tenant = table.tenant("storm").await;
    let outbox = Outbox::default();
    let reconciler = reconciler(&table, &outbox);
    let mut random = StdRng::seed_from_u64(seed);
    let (mut people, mut teams) = (Vec::new(), Vec::new());
    for n in 0..PEOPLE {
        people.push(person(&tenant, &format!("p{n}")).await);
    }
    for n in 0..TEAMS {
        teams.push(team(&tenant, &format!("t{n}"), &people[n..n + 3]).await);
    }
    let mut late: Vec<String> = Vec::new();
    for _ in 0..15 {
        for _ in 0..random.random_range(1..8) {
            change(&tenant, &people, &teams, &mut random).await;
        }
        late.extend(relayed(&tenant).await.iter().map(envelope));
        let again: Vec<String> = late
            .iter()
            .filter(|_| random.random_bool(0.2))
            .cloned()
            .collect();
        late.extend(again);
        late.shuffle(&mut random);
        let now = late.split_off(late.len() / 2);
        deliver(&reconciler, &outbox, now, &mut random).await;
    }
    tenant.members().sweep().await.unwrap();
    late.extend(relayed(&tenant).await.iter().map(envelope));
    late.shuffle(&mut random);
    deliver(&reconciler, &outbox, late, &mut random).await;

    let announced = relayed(&tenant).await;
    let far = Instant::now() + Duration::from_secs(3_600);
    assert_eq!(tenant.roles().reconcile_all(None, far).await.unwrap(), None);
    let changed = relayed(&tenant).await;
    assert!(
        changed.is_empty(),
        "seed {seed}: a full pass still changed {changed:#?}"
    );
    drop(announced);
    assert_announced_roles(&tenant).await;
}

/// Asserts that the last event about each person announces their current role.
async fn assert_announced_roles(tenant: &Tenant) {
    let mut said: BTreeMap<String, Value> = BTreeMap::new();
    let mut after = 0;
    loop {
        let page = tenant.journal().events(after, 500).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.sequence;
        for event in page {
            if event.kind == "user.role_changed" {
                said.insert(event.subject.id, event.after.unwrap()["role"].clone());
            }
        }
    }
    let query = rollcall_insight::PeopleQuery {
        limit: 1_000,
        ..Default::default()
    };
    for person in Insight::of(tenant).people(&query).await.unwrap().0 {
        let said = said.get(&person.id).cloned().unwrap_or_default();
        assert_eq!(json!(person.role), said, "{}", person.user_name);
    }
}

#[test]
fn duplicate_late_and_reordered_events_give_the_same_roles_as_a_full_pass() {
    run(async |_| {
        for seed in 0..size(4, 12) as u64 {
            Box::pin(deliver_random_events(seed)).await;
        }
    });
}

#[test]
fn a_mapping_of_a_large_group_is_reconciled_in_bounded_steps() {
    run(async |_| Box::pin(reconcile_large_group()).await);
}

/// The time limit of one call in this test; in AWS it is more than a minute.
const STEP: Duration = Duration::from_millis(400);
async fn reconcile_large_group() {
    let count = size(2_000, 10_000);
    let table = TestTable::start().await;
    let tenant = table.tenant("large").await;
    let people = table.seed_users(&tenant, count).await;
    let group = team(&tenant, "everybody", &people).await;
    relayed(&tenant).await;
    tenant
        .roles()
        .map_group(&group, Some(Role::Admin))
        .await
        .unwrap();
    let mapped = relayed(&tenant).await;
    let outbox = Outbox::default();
    let reconciler = reconciler(&table, &outbox);

    let started = Instant::now();
    let (mut messages, mut calls, mut slowest, mut seen) =
        (vec![envelope(&mapped[0])], 0, Duration::ZERO, 0);
    while let Some(message) = messages.pop() {
        let call = Instant::now();
        let response = reconciler.call(batch(&[message]), call + STEP).await;
        assert!(response.batch_item_failures.is_empty());
        slowest = slowest.max(call.elapsed());
        calls += 1;
        messages = outbox.take();
        assert!(messages.len() <= 1, "a call must send at most one message");
        let progress = tenant
            .roles()
            .reconciliation(&group)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(progress.people, count as u64);
        assert!(progress.looked_at >= seen);
        assert_eq!(progress.finished_at.is_some(), messages.is_empty());
        seen = progress.looked_at;
    }
    let took = started.elapsed();
    assert_eq!(seen, count as u64);
    assert!(calls > 3, "the work did not need several calls: {calls}");
    let announced = tenant.journal().unplaced().await.unwrap();
    assert_eq!(announced.len(), count, "each role must be announced once");
    let far = Instant::now() + Duration::from_secs(3_600);
    let (pass, cost) = capacity::measure(tenant.roles().reconcile_all(None, far)).await;
    assert_eq!(pass.unwrap(), None);
    // A pass reads the people, and for each hundred of them the data that decides their roles.
    assert!(cost.calls <= 3 * count as u32 / 100 + 3, "{cost:?}");
    assert!(cost.read_units < count as f64 / 2.0, "{cost:?}");
    let line = format!("a full pass without changes: {cost:?}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    let line = format!(
        "{count} people reconciled in {calls} calls of {STEP:?}, slowest {slowest:?}, total {took:?}\n"
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// An event about one person does not wait for a full pass. A full pass that runs out of time is sent again as a new
/// message; it must not fail, because the queue gives up on messages that fail too often.
#[test]
fn an_event_about_one_person_does_not_wait_for_a_full_pass() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("turns").await;
        let ada = person(&tenant, "ada").await;
        let group = team(&tenant, "admins", std::slice::from_ref(&ada)).await;
        tenant
            .roles()
            .map_group(&group, Some(Role::Admin))
            .await
            .unwrap();
        let events = relayed(&tenant).await;
        let added = events
            .iter()
            .find(|event| event.kind == "group.member_added");
        let outbox = Outbox::default();
        let reconciler = reconciler(&table, &outbox);
        let pass = r#"{"full_pass":{}}"#.to_owned();
        let messages = batch(&[pass.clone(), envelope(added.unwrap())]);
        let late = reconciler.call(messages, Instant::now()).await;
        let failed: Vec<_> = late.batch_item_failures.iter().collect();
        assert_eq!(failed.len(), 1, "the event must be delivered again");
        assert_eq!(failed[0].item_identifier, "1");
        let sent = outbox.take();
        assert_eq!(sent.len(), 1);
        let sent: Value = serde_json::from_str(&sent[0]).unwrap();
        assert_eq!(sent, serde_json::from_str::<Value>(&pass).unwrap());
    });
}

/// What fails for one tenant, such as one whose settings are unreadable, does not end the pass for those after it.
#[test]
fn a_full_pass_goes_on_after_a_tenant_that_fails() {
    run(async |_| {
        let table = TestTable::start().await;
        let broken = table.tenant("a-broken").await;
        let tenant = table.tenant("b-after").await;
        person(&broken, "bob").await;
        let ada = person(&tenant, "ada").await;
        let group = team(&tenant, "admins", std::slice::from_ref(&ada)).await;
        tenant
            .roles()
            .map_group(&group, Some(Role::Admin))
            .await
            .unwrap();
        let unreadable = Some(AttributeValue::Bool(true));
        table
            .damage(&broken, ("", "TENANT"), "settings", unreadable)
            .await;
        let outbox = Outbox::default();
        let pass = batch(&[r#"{"full_pass":{}}"#.to_owned()]);
        let response = reconciler(&table, &outbox)
            .call(pass, Instant::now() + Duration::from_secs(600))
            .await;
        assert!(response.batch_item_failures.is_empty(), "{response:?}");
        assert!(outbox.take().is_empty(), "the pass is complete");
        let events = relayed(&tenant).await;
        let announced = events
            .iter()
            .find(|event| event.kind == "user.role_changed");
        assert_eq!(announced.map(|event| &event.subject.id), Some(&ada));
    });
}
