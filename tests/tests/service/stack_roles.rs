//! The roles of the stack: which tenants have them, when they get them, and that a role in use does not vanish.

use std::time::Duration;

use rollcall_directory::Directory;
use rollcall_role_reconciler::Queue;
use rollcall_tests::event_fixture::{Outbox, batch};
use rollcall_tests::idp::Answer;
use rollcall_tests::service::{Service, Tenant, run};
use serde_json::{Value, json};
use tokio::time::Instant;

const ROLES: &str = "/roles";

/// A role that groups and people can get, with these permissions.
fn role(id: &str, rank: u16, permissions: &[&str]) -> Value {
    json!({"id": id, "name": id.to_uppercase(), "rank": rank, "by_mapping": true, "by_hand": true,
           "by_default": true, "permissions": permissions})
}

async fn define(service: &Service, roles: &[Value]) -> Answer {
    let body = json!({"items": roles});
    service.application().put(ROLES, body).await.expect(200)
}

async fn roles_of(service: &Service, tenant: &Tenant) -> Answer {
    let path = format!("/tenants/{}/roles", tenant.id());
    service.application().get(&path).await.expect(200)
}

/// Runs what the schedule starts every few minutes, until it is done.
async fn pass(directory: Directory, time: Duration) {
    let outbox = Outbox::default();
    let queue = Queue::new(outbox.client(), "http://127.0.0.1/queues/roles");
    let reconciler = rollcall_role_reconciler::handler(directory, queue);
    let mut messages = vec![json!({"full_pass": {"only_roles": true}}).to_string()];
    for _ in 0..100 {
        let response = reconciler
            .call(batch(&messages), Instant::now() + time)
            .await;
        assert!(response.batch_item_failures.is_empty(), "{response:?}");
        messages = outbox.take();
        if messages.is_empty() {
            return;
        }
    }
    panic!("the pass does not end");
}

/// A test of its own service, because the roles are those of all its tenants.
fn alone(test: impl AsyncFnOnce(&'static Service)) {
    run(async |_| {
        let service: &'static Service = Box::leak(Box::new(Service::start().await));
        test(service).await;
    });
}

/// Returns a side of a stored change, which is JSON as text.
fn side(entry: &Value, name: &str) -> Value {
    let text = entry[name].as_str().expect("a side");
    serde_json::from_str(text).expect("JSON")
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn tenants_without_roles_of_their_own_have_those_of_the_stack() {
    alone(async |service| {
        let (plain, own) = (service.tenant("plain").await, service.tenant("own").await);
        let application = service.application();
        let defaults = application.get(ROLES).await.expect(200);
        assert_eq!(
            defaults.strings("/items/*/id"),
            ["viewer", "member", "admin", "owner"]
        );
        assert_eq!(
            (&defaults.body["changed_at"], &defaults.body["applied_at"]),
            (&Value::Null, &Value::Null)
        );
        let path = format!("/tenants/{}/roles", own.id());
        let mine = json!({"items": [role("member", 7, &[]), role("chief", 70, &[])]});
        let defined = application.put(&path, mine).await.expect(200);
        defined.is(json!({"inherited": false}));
        let ada = plain.idp().user("ada").await;
        let path = format!("/tenants/{}/users/{ada}/role", plain.id());
        let member = json!({"role_id": "member"});
        application.put(&path, member).await.expect(200);
        service.follow_up(&plain).await;

        let roles = [role("member", 5, &["billing:read"]), role("lead", 50, &[])];
        let defined = define(service, &roles).await;
        assert_eq!(defined.strings("/items/*/id"), ["member", "lead", "owner"]);
        assert!(defined.body["changed_at"].is_string());
        assert!(defined.body["applied_at"].is_null());
        // Not in the request.
        assert_eq!(
            roles_of(service, &plain).await.strings("/items/*/id").len(),
            4
        );

        pass(service.directory(), MINUTE).await;
        let inherited = roles_of(service, &plain).await;
        assert_eq!(
            inherited.strings("/items/*/id"),
            ["member", "lead", "owner"]
        );
        inherited.is(json!({"inherited": true, "items": [{"rank": 5, "retired": false}, {}, {}]}));
        let kept = roles_of(service, &own).await;
        assert_eq!(kept.strings("/items/*/id"), ["member", "chief", "owner"]);
        let stack = application.get(ROLES).await.expect(200);
        assert!(stack.body["applied_at"].is_string());
        // The application is the actor, and a second pass changes nothing.
        pass(service.directory(), MINUTE).await;
        let told = service.journal(&plain).await;
        let told: Vec<&Value> = told
            .iter()
            .filter(|entry| entry["type"] == "tenant.roles_changed")
            .collect();
        assert_eq!(told.len(), 1);
        assert_eq!(side(told[0], "after")["inherited"], true);
        let actor = told[0]["actor"].to_string();
        assert!(actor.contains("application"), "{actor}");

        // A new tenant has them at once, and one that gives up its own.
        let made = json!({"id": "newcomer", "display_name": "Newcomer", "settings": {"sso_default_role": "lead"}});
        application.post("/tenants", made).await.expect(201);
        let made = application.get("/tenants/newcomer/roles").await.expect(200);
        assert_eq!(made.strings("/items/*/id"), ["member", "lead", "owner"]);
        let path = format!("/tenants/{}/roles", own.id());
        let given_up = application
            .put(&path, json!({"items": []}))
            .await
            .expect(200);
        assert_eq!(given_up.strings("/items/*/id"), ["member", "lead", "owner"]);
        given_up.is(json!({"inherited": true}));
    });
}

#[test]
fn a_change_of_the_stack_decides_roles_again() {
    alone(async |service| {
        let tenant = service.tenant("again").await;
        define(service, &[role("member", 5, &[]), role("lead", 50, &[])]).await;
        pass(service.directory(), MINUTE).await;
        let application = service.application();
        let ada = tenant.idp().user("ada").await;
        let path = format!("/tenants/{}/users/{ada}/role", tenant.id());
        let both = json!({"role_ids": ["member", "lead"]});
        let given = application.put(&path, both).await.expect(200);
        given.is(json!({"effective": "lead", "roles": ["lead", "member"]}));
        service.follow_up(&tenant).await;

        let words = &["billing:write"];
        define(
            service,
            &[role("member", 500, words), role("lead", 50, &[])],
        )
        .await;
        pass(service.directory(), MINUTE).await;
        service.follow_up(&tenant).await;
        let told = service.journal(&tenant).await;
        let told = told
            .iter()
            .rfind(|entry| entry["type"] == "user.role_changed");
        let told = told.expect("an event");
        assert_eq!(
            side(told, "after"),
            json!({"role": "member", "roles": ["member", "lead"]})
        );
        let held = application.get(&path).await.expect(200);
        held.is(json!({"effective": "member"}));
        let login = application.log_in(tenant.id(), "ada", None).await;
        login
            .expect(200)
            .is(json!({"role": "member", "roles": ["member", "lead"]}));
    });
}

#[test]
fn a_role_in_use_stays_for_those_who_have_it() {
    alone(async |service| {
        let (used, unused) = (service.tenant("used").await, service.tenant("unused").await);
        define(
            service,
            &[role("member", 5, &[]), role("lead", 50, &["x:y"])],
        )
        .await;
        pass(service.directory(), MINUTE).await;
        let application = service.application();
        let (ada, bob) = (used.idp().user("ada").await, used.idp().user("bob").await);
        let group = used.idp().group("Leads", &[&bob]).await;
        let (of_ada, of_group) = (
            format!("/tenants/{}/users/{ada}/role", used.id()),
            format!("/tenants/{}/groups/{group}/role-mapping", used.id()),
        );
        let lead = json!({"role_id": "lead"});
        for path in [&of_ada, &of_group] {
            application.put(path, lead.clone()).await.expect(200);
        }
        service.follow_up(&used).await;

        define(service, &[role("member", 5, &[])]).await;
        // However often time runs out.
        pass(service.directory(), Duration::from_millis(5)).await;
        pass(service.directory(), MINUTE).await;
        let left = roles_of(service, &unused).await;
        assert_eq!(left.strings("/items/*/id"), ["member", "owner"]);
        let kept = roles_of(service, &used).await;
        assert_eq!(kept.strings("/items/*/id"), ["member", "lead", "owner"]);
        kept.is(json!({"inherited": true, "items": [{"retired": false}, {"retired": true, "by_hand": false}, {}]}));
        for who in [&ada, &bob] {
            let path = format!("/tenants/{}/users/{who}/role", used.id());
            let held = application.get(&path).await.expect(200);
            held.is(json!({"effective": "lead"}));
            // Nobody else gets it, and it can be taken away.
            let others = if *who == ada { 200 } else { 400 };
            application.put(&path, lead.clone()).await.expect(others);
        }
        // Nor does a new member of the group, at once or by a sign-in.
        let carl = used.idp().user("carl").await;
        let joins = json!([{"op": "add", "path": "members", "value": [{"value": carl}]}]);
        let joined = used.idp().patch(&format!("/Groups/{group}"), joins).await;
        joined.expect(204);
        let of_carl = format!("/tenants/{}/users/{carl}/role", used.id());
        let held = application.get(&of_carl).await.expect(200);
        assert!(held.body["effective"].is_null(), "{}", held.body);
        for (name, role) in [("carl", "member"), ("bob", "lead")] {
            let login = application.log_in(used.id(), name, Some(&["Leads"])).await;
            login.expect(200).is(json!({"role": role}));
        }
        service.follow_up(&used).await;
        let of_bob = format!("/tenants/{}/users/{bob}/role", used.id());
        let held = application.get(&of_bob).await.expect(200);
        held.is(json!({"effective": "lead"}));
        for path in [&of_ada, &of_group] {
            let none = json!({"role_ids": []});
            application.put(path, none).await.expect(200);
        }
        // Another change of the stack looks again.
        define(service, &[role("member", 6, &[])]).await;
        pass(service.directory(), MINUTE).await;
        let left = roles_of(service, &used).await;
        assert_eq!(left.strings("/items/*/id"), ["member", "owner"]);
    });
}

#[test]
fn only_a_key_that_manages_tenants_defines_the_roles_of_the_stack() {
    alone(async |service| {
        let application = service.application();
        for wrong in [
            json!({}),
            json!({"items": [role("Editor", 5, &[])]}),
            json!({"items": [role("a", 5, &[]), role("a", 6, &[])]}),
            json!({"items": [{"id": "a", "name": "A", "rank": 5, "retired": true}]}),
        ] {
            application.put(ROLES, wrong).await.expect(400);
        }
        let tenant = service.tenant("a-tenant").await;
        let admin = service
            .admin(&tenant, rollcall_directory::Role::Owner)
            .await;
        admin.get(ROLES).await.expect(403);
        admin.put(ROLES, json!({"items": []})).await.expect(403);
        application.with(None).get(ROLES).await.expect(401);
        // The default roles again.
        define(service, &[role("member", 5, &[])]).await;
        let reset = define(service, &[]).await;
        assert_eq!(reset.strings("/items/*/id").len(), 4);
    });
}
