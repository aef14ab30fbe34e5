//! What is measured in a tenant, and how it may grow.

use std::time::Duration;

use http::Method;
use jiff::SignedDuration;
use rollcall_directory::capacity::{Cost, measure};
use rollcall_directory::{Introspection, Role};
use rollcall_role_reconciler::Queue;
use rollcall_tests::event_fixture::{Outbox, batch, relayed};
use rollcall_tests::loader::name_of;
use rollcall_tests::seed::{rename, sign_in};
use rollcall_tests::urn;
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::tenant::{Answer, Grown};

/// How the cost of an operation may grow with the number of people.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Growth {
    /// Not at all.
    Same,
    /// Up to so many units: it reads a bounded part of what a large tenant has more of.
    UpTo(f64),
    /// With the number of people.
    All,
}

use Growth::{All, Same, UpTo};

/// What an operation cost.
pub(super) struct Measured {
    pub(super) area: &'static str,
    pub(super) operation: String,
    pub(super) growth: Growth,
    pub(super) cost: Cost,
    /// Whether it was refused, because it could not read everybody in its time.
    pub(super) refused: bool,
}

/// Does each operation once.
pub(super) async fn measure_all(grown: &Grown) -> Vec<Measured> {
    let mut all = Vec::new();
    settle(grown).await;
    all.push(hourly_pass(grown).await);
    all.extend(Box::pin(scim(grown)).await);
    all.extend(Box::pin(people(grown)).await);
    // Of the newest seconds, the journal is read instead of its index. They have one event, in every size.
    grown.go_on_after(SignedDuration::from_secs(60));
    rename(&grown.tenant, &format!("of {}", grown.blocks()))
        .await
        .unwrap();
    grown.relay().await;
    all.extend(Box::pin(api(grown)).await);
    all.extend(Box::pin(console(grown)).await);
    all
}

fn measured(area: &'static str, operation: &str, growth: Growth, answer: &Answer) -> Measured {
    let refused = answer.body["scimType"] == "tooMany";
    let is_good = answer.status < 300 || refused && growth == All;
    assert!(is_good, "{operation}: {} {}", answer.status, answer.body);
    Measured {
        area,
        operation: operation.to_owned(),
        growth,
        cost: answer.cost,
        refused,
    }
}

async fn pass(grown: &Grown) -> Cost {
    let queue = Queue::new(Outbox::default().client(), "http://127.0.0.1/queues/roles");
    let reconciler = rollcall_role_reconciler::handler(grown.table.directory(), queue);
    let message = batch(&[json!({"full_pass": {}}).to_string()]);
    let deadline = Instant::now() + Duration::from_secs(3_600);
    let (response, cost) = measure(reconciler.call(message, deadline)).await;
    assert!(response.batch_item_failures.is_empty());
    cost
}

/// Does the hourly pass until nothing is left of what was loaded.
async fn settle(grown: &Grown) {
    for _ in 0..3 {
        pass(grown).await;
        grown.relay().await;
    }
}

async fn hourly_pass(grown: &Grown) -> Measured {
    Measured {
        area: "events",
        operation: "the hourly pass, when nothing has happened".to_owned(),
        growth: All,
        cost: pass(grown).await,
        refused: false,
    }
}

async fn scim(grown: &Grown) -> Vec<Measured> {
    let middle = grown.blocks() / 2;
    let (person, group) = (
        grown.id_of(middle, Some(1)).await,
        grown.id_of(middle, None).await,
    );
    let other = grown.id_of(middle - 1, Some(2)).await;
    let name = format!("{}p01", name_of(middle));
    let reads = [
        ("GET /Users/{id}", format!("/Users/{person}"), Same),
        (
            "userName eq",
            format!("/Users?filter=userName+eq+%22{name}%22"),
            Same,
        ),
        (
            "externalId eq",
            format!("/Users?filter=externalId+eq+%22x-{name}%22"),
            Same,
        ),
        (
            "emails.value eq",
            format!("/Users?filter=emails.value+eq+%22{name}@example.test%22"),
            Same,
        ),
        ("100 people", "/Users?count=100".to_owned(), Same),
        (
            "100 people by userName",
            "/Users?count=100&sortBy=userName".to_owned(),
            Same,
        ),
        (
            "100 people by title",
            "/Users?count=100&sortBy=title".to_owned(),
            All,
        ),
        (
            "title eq",
            "/Users?filter=title+eq+%22nobody%22".to_owned(),
            All,
        ),
        ("GET /Groups/{id}", format!("/Groups/{group}"), Same),
        (
            "displayName eq, of a group",
            format!(
                "/Groups?filter=displayName+eq+%22{}+team%22",
                name_of(middle)
            ),
            Same,
        ),
        (
            "100 groups",
            "/Groups?count=100&excludedAttributes=members".to_owned(),
            UpTo(150.0),
        ),
    ];
    let mut all = Vec::new();
    for (operation, target, growth) in reads {
        let read = grown.scim(Method::GET, &target, None).await;
        all.push(measured("SCIM reads", operation, growth, &read));
    }
    let new = Uuid::now_v7();
    let body = json!({
        "schemas": [urn::USER], "userName": format!("new-{new}"), "displayName": "New",
        "emails": [{"value": format!("{new}@example.test"), "type": "work"}],
    });
    let made = grown.scim(Method::POST, "/Users", Some(body)).await;
    let id = made.body["id"].as_str().unwrap_or_default().to_owned();
    all.push(measured("SCIM writes", "POST /Users", Same, &made));
    let patch =
        |operation: Value| Some(json!({"schemas": [urn::PATCH], "Operations": [operation]}));
    let (user, of_group) = (format!("/Users/{id}"), format!("/Groups/{group}"));
    let member = json!([{"value": other}]);
    for (operation, target, change) in [
        (
            "PATCH /Users: a title",
            &user,
            json!({"op": "replace", "path": "title", "value": "Dr"}),
        ),
        (
            "PATCH /Users: deactivate",
            &user,
            json!({"op": "replace", "path": "active", "value": false}),
        ),
        (
            "PATCH /Groups: add a member",
            &of_group,
            json!({"op": "add", "path": "members", "value": member}),
        ),
        (
            "PATCH /Groups: remove a member",
            &of_group,
            json!({"op": "remove", "path": format!("members[value eq \"{other}\"]")}),
        ),
    ] {
        let done = grown.scim(Method::PATCH, target, patch(change)).await;
        all.push(measured("SCIM writes", operation, Same, &done));
    }
    let deleted = grown.scim(Method::DELETE, &user, None).await;
    all.push(measured("SCIM writes", "DELETE /Users", Same, &deleted));
    let body = json!({"schemas": [urn::GROUP], "displayName": format!("new {new}"), "members": [{"value": person}]});
    let made = grown.scim(Method::POST, "/Groups", Some(body)).await;
    let id = made.body["id"].as_str().unwrap_or_default().to_owned();
    all.push(measured("SCIM writes", "POST /Groups", Same, &made));
    let deleted = grown
        .scim(Method::DELETE, &format!("/Groups/{id}"), None)
        .await;
    all.push(measured("SCIM writes", "DELETE /Groups", Same, &deleted));
    grown.relay().await;
    all
}

/// A sign-in, the check of its session, and the mapping of a group to a role.
async fn people(grown: &Grown) -> Vec<Measured> {
    let middle = grown.blocks() / 2;
    let event = |operation: &str, growth, cost| Measured {
        area: "sign-ins and roles",
        operation: operation.to_owned(),
        growth,
        cost,
        refused: false,
    };
    let mut all = Vec::new();
    // The last person of a new block has never signed in.
    let name = format!("{}p09", name_of(middle));
    let (signed_in, cost) = measure(sign_in(&grown.tenant, &name, None)).await;
    all.push(event("a first sign-in", Same, cost));
    let session = signed_in.session.secret;
    let directory = grown.table.directory();
    let asked = directory.introspect(&grown.service_key, session.expose());
    let (found, cost) = measure(asked).await;
    assert!(matches!(found, Ok(Introspection::Active(_))), "{found:?}");
    all.push(event("a check of a session (introspection)", Same, cost));
    grown.relay().await;

    let (group, roles) = (grown.id_of(middle, None).await, grown.tenant.roles());
    let far = Instant::now() + Duration::from_secs(600);
    let (mapped, cost) = measure(roles.map_group(&group, [Role::Viewer])).await;
    mapped.unwrap();
    all.push(event("map a group to a role", Same, cost));
    let events = relayed(&grown.tenant).await;
    grown.tenant.indexes().follow(&events).await.unwrap();
    let changed = events
        .iter()
        .find(|event| event.kind == "group.mapping_changed");
    let (rest, cost) = measure(roles.follow_up(changed.unwrap(), far)).await;
    assert_eq!(rest.unwrap(), None);
    all.push(event("give 20 people their role after that", Same, cost));
    let (mapped, cost) = measure(roles.map_group(&group, None)).await;
    mapped.unwrap();
    all.push(event("take the mapping back", Same, cost));
    let taken = relayed(&grown.tenant).await;
    let changed = taken
        .iter()
        .find(|event| event.kind == "group.mapping_changed");
    roles.follow_up(changed.unwrap(), far).await.unwrap();
    grown.tenant.indexes().follow(&taken).await.unwrap();
    grown.relay().await;
    all
}

async fn api(grown: &Grown) -> Vec<Measured> {
    let middle = grown.blocks() / 2;
    let (person, group) = (
        grown.id_of(middle, Some(4)).await,
        grown.id_of(middle, None).await,
    );
    let name = name_of(middle);
    let mut all = Vec::new();
    for (operation, target, growth) in [
        ("/users", "/users".to_owned(), Same),
        (
            "/users by user_name",
            "/users?sort=user_name".to_owned(),
            Same,
        ),
        ("/users?text=", format!("/users?text={name}p04"), Same),
        ("/users?role=", "/users?role=admin".to_owned(), Same),
        (
            "/users?state=inactive",
            "/users?state=inactive".to_owned(),
            UpTo(500.0),
        ),
        ("/users?group=", format!("/users?group={group}"), Same),
        ("/users/{id}", format!("/users/{person}"), Same),
        ("/scim/groups", "/scim/groups".to_owned(), UpTo(150.0)),
        (
            "/scim/groups?text=",
            format!("/scim/groups?text={name}"),
            UpTo(600.0),
        ),
        (
            "/scim/groups/{id}/members",
            format!("/scim/groups/{group}/members"),
            Same,
        ),
        ("/audit", "/audit".to_owned(), Same),
        ("/audit?subject=", format!("/audit?subject={person}"), Same),
        ("/requests", "/requests".to_owned(), UpTo(150.0)),
        ("/health", "/health".to_owned(), UpTo(400.0)),
        ("/picker?text=", format!("/picker?text={name}p04"), Same),
    ] {
        let read = grown.api(&target).await;
        all.push(measured("API", operation, growth, &read));
    }
    let feed = format!("/tenants/{}/events?limit=100", grown.tenant.id());
    let read = grown.application(Method::GET, &feed, None).await;
    all.push(measured("API", "100 events of the feed", Same, &read));
    all
}

async fn console(grown: &Grown) -> Vec<Measured> {
    let middle = grown.blocks() / 2;
    let (person, group) = (
        grown.id_of(middle, Some(5)).await,
        grown.id_of(middle, None).await,
    );
    let name = name_of(middle);
    let mut all = Vec::new();
    let bounded = UpTo(2_000.0);
    for (operation, target, growth) in [
        ("/console", "/console".to_owned(), bounded),
        ("/console/people", "/console/people".to_owned(), bounded),
        (
            "/console/people?text=",
            format!("/console/people?text={name}p05"),
            bounded,
        ),
        (
            "/console/people/{id}",
            format!("/console/people/{person}"),
            bounded,
        ),
        (
            "/console/people/deleted",
            "/console/people/deleted".to_owned(),
            bounded,
        ),
        ("/console/groups", "/console/groups".to_owned(), bounded),
        (
            "/console/groups/{id}",
            format!("/console/groups/{group}"),
            bounded,
        ),
        (
            "/console/connections",
            "/console/connections".to_owned(),
            bounded,
        ),
        ("/console/tokens", "/console/tokens".to_owned(), bounded),
        ("/console/activity", "/console/activity".to_owned(), bounded),
        (
            "/console/activity/audit",
            "/console/activity/audit".to_owned(),
            bounded,
        ),
        (
            "/console/evidence",
            "/console/evidence".to_owned(),
            UpTo(100.0),
        ),
        ("/console/health", "/console/health".to_owned(), bounded),
        ("/console/settings", "/console/settings".to_owned(), bounded),
    ] {
        let read = grown.console(&target).await;
        all.push(measured("console", operation, growth, &read));
    }
    all
}
