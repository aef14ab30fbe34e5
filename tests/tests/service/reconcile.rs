//! Roles follow events, however these arrive; a large group is followed up in bounded steps.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rollcall_directory::{
    Assertion, GROUPS, Role, RoleSync, RouteBy, Settings, Tenant, USERS, capacity,
};
use rollcall_insight::Insight;
use rollcall_role_reconciler::{Queue, Reconciler};
use rollcall_scim::{Patch, Precondition, Projection, Resource};
use rollcall_tests::seed::set_up;
use rollcall_tests::service::run;
use rollcall_tests::stage::{Outbox, batch, envelope, relayed};
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
    // what was deleted before is not there
    if let Err(error) = patched {
        assert_eq!(error.to_scim().status(), 404, "{error}");
    }
}

/// One random change of anything a role can hang on.
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
            set_up(tenant, &settings).await;
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

/// Hands messages to the reconciler in its own batches; what fails for lack of time comes again.
async fn hand_over(
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

async fn storm(seed: u64) {
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
        hand_over(&reconciler, &outbox, now, &mut random).await;
    }
    tenant.members().sweep().await.unwrap();
    late.extend(relayed(&tenant).await.iter().map(envelope));
    late.shuffle(&mut random);
    hand_over(&reconciler, &outbox, late, &mut random).await;

    let announced = relayed(&tenant).await;
    let far = Instant::now() + Duration::from_secs(3_600);
    assert_eq!(tenant.roles().reconcile_all(None, far).await.unwrap(), None);
    let healed = relayed(&tenant).await;
    assert!(
        healed.is_empty(),
        "seed {seed}: a full pass had to heal {healed:#?}"
    );
    drop(announced);
    agrees(&tenant).await;
}

/// The last announcement of everybody's role is what counts.
async fn agrees(tenant: &Tenant) {
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
fn events_twice_late_and_out_of_order_leave_what_a_full_pass_would() {
    run(async |_| {
        for seed in 0..12 {
            Box::pin(storm(seed)).await;
        }
    });
}

#[test]
fn a_mapping_on_a_group_of_ten_thousand_is_followed_up_in_bounded_steps() {
    run(async |_| Box::pin(ten_thousand()).await);
}

/// How long one call may take here; in AWS it is a minute and more.
const STEP: Duration = Duration::from_millis(400);
async fn ten_thousand() {
    const COUNT: usize = 10_000;
    let table = TestTable::start().await;
    let tenant = table.tenant("large").await;
    let people = table.seed_users(&tenant, COUNT).await;
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
        assert!(messages.len() <= 1, "one thread of work, not two");
        let progress = tenant
            .roles()
            .reconciliation(&group)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(progress.people, COUNT as u64);
        assert!(progress.looked_at >= seen);
        assert_eq!(progress.finished_at.is_some(), messages.is_empty());
        seen = progress.looked_at;
    }
    let took = started.elapsed();
    assert_eq!(seen, COUNT as u64);
    assert!(calls > 3, "it never had to go on: {calls}");
    let announced = tenant.journal().unplaced(None).await.unwrap();
    assert_eq!(announced.len(), COUNT, "everybody's role is announced once");
    let far = Instant::now() + Duration::from_secs(3_600);
    let (pass, cost) = capacity::measure(tenant.roles().reconcile_all(None, far)).await;
    assert_eq!(pass.unwrap(), None);
    // the people themselves, and for each hundred of them what decides their roles
    assert!(cost.calls <= 3 * COUNT as u32 / 100 + 3, "{cost:?}");
    assert!(cost.read_units < COUNT as f64 / 2.0, "{cost:?}");
    let line = format!("a pass over them when all is well: {cost:?}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    let line = format!(
        "{COUNT} people reconciled in {calls} calls of {STEP:?}, the slowest {slowest:?}, all in {took:?}\n"
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// What concerns one person does not wait for a pass over everybody; a pass that is out of time is sent anew rather than
/// failed, because what fails too often is given up on.
#[test]
fn one_person_does_not_wait_for_everybody() {
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
        assert_eq!(failed.len(), 1, "the event comes again");
        assert_eq!(failed[0].item_identifier, "1");
        let sent = outbox.take();
        assert_eq!(sent.len(), 1);
        let sent: Value = serde_json::from_str(&sent[0]).unwrap();
        assert_eq!(sent, serde_json::from_str::<Value>(&pass).unwrap());
    });
}
