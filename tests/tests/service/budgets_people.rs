//! The budgets of requests that change people.

use rollcall_directory::{BrakeLimit, ConnectionRules, GROUPS, Provider, Tenant, USERS, Verdict};
use rollcall_tests::budgets::Budgets;
use rollcall_tests::seed::group;
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use rollcall_tests::urn;
use serde_json::{Value, json};

use crate::budgets::{create, delete, patch, replace};

/// Returns a person with a name, an external id, a display name and one e-mail address, as identity providers send it.
fn person(name: &str) -> Value {
    json!({
        "schemas": [urn::USER], "userName": name, "externalId": format!("x-{name}"), "active": true,
        "displayName": format!("d-{name}"), "name": {"givenName": "Given", "familyName": "Family"},
        "emails": [{"type": "work", "value": format!("{name}@example.test"), "primary": true}],
    })
}

fn with(mut body: Value, key: &str, value: Value) -> Value {
    body[key] = value;
    body
}

async fn created(tenant: &Tenant, name: &str) -> String {
    create(tenant, &USERS, person(name)).await.0
}

#[test]
fn writes_of_people_keep_their_budgets() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("people").await;
        let mut budgets = Budgets::of("People");
        let emails = json!([{"type": "work", "value": "two@example.test"}, {"type": "home", "value": "2@example.test"}]);
        let title = |length: usize| json!("t".repeat(length));
        for (what, body) in [
            ("create a person", person("one")),
            (
                "create a person with a second e-mail address",
                with(person("two"), "emails", emails),
            ),
            (
                "create a person of 1 KB more",
                with(person("large"), "title", title(1_024)),
            ),
            (
                "create a person with a user name alone",
                json!({"schemas": [urn::USER], "userName": "bare"}),
            ),
        ] {
            budgets.record(what, create(&tenant, &USERS, body).await.1);
        }

        let ann = created(&tenant, "ann").await;
        let set = |path: &str, value: Value| json!({"op": "replace", "path": path, "value": value});
        for (what, operation) in [
            (
                "change an attribute of a person",
                set("title", json!("Engineer")),
            ),
            (
                "change it again, to the same value",
                set("title", json!("Engineer")),
            ),
            (
                "change a look-up value of a person",
                set("displayName", json!("Ann")),
            ),
            ("rename a person", set("userName", json!("anna"))),
            ("deactivate a person", set("active", json!(false))),
            ("deactivate them again", set("active", json!(false))),
            ("reactivate a person", set("active", json!(true))),
        ] {
            budgets.record(what, patch(&tenant, &USERS, &ann, operation).await);
        }
        let bob = created(&tenant, "bob").await;
        let unchanged = replace(&tenant, &USERS, &bob, person("bob")).await;
        budgets.record("replace a person by the same", unchanged);
        let changed = with(person("bob"), "title", json!("Engineer"));
        let changed = replace(&tenant, &USERS, &bob, changed).await;
        budgets.record("replace a person, with one change", changed);

        let tenant = declaring(&table, tenant).await;
        let extended =
            |name: &str, attribute: &str| with(person(name), ACME, json!({attribute: "1"}));
        let plain = create(&tenant, &USERS, extended("plain", "plain")).await;
        budgets.record(
            "create a person with an attribute of a declared schema",
            plain.1,
        );
        let unique = create(&tenant, &USERS, extended("unique", "badge")).await;
        budgets.record(
            "create a person with a unique attribute of a declared schema",
            unique.1,
        );
        let changed = patch(
            &tenant,
            &USERS,
            &unique.0,
            set(&format!("{ACME}:badge"), json!("2")),
        )
        .await;
        budgets.record("change a unique attribute of a declared schema", changed);
    });
}

const ACME: &str = "urn:example:scim:acme:2.0:User";

/// Declares a schema with an attribute that is unique, and returns the tenant as requests have it.
async fn declaring(table: &TestTable, tenant: Tenant) -> Tenant {
    let text = json!({"urn": ACME, "name": "Acme", "attributes": [
        {"name": "plain", "type": "string"}, {"name": "badge", "type": "string", "uniqueness": "server"}]});
    let declaration = serde_json::from_value(text).expect("a declaration");
    tenant
        .settings()
        .declare_schema(&declaration)
        .await
        .expect("a schema");
    table
        .directory()
        .with_schemas(tenant)
        .await
        .expect("a tenant")
}

#[test]
fn deletions_of_people_keep_their_budgets() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("deleted").await;
        let mut budgets = Budgets::of("Deletions of people");
        for count in [0, 1, 2, 10] {
            let name = format!("leaver-{count:02}");
            let leaver = created(&tenant, &name).await;
            for number in 0..count {
                let name = format!("group {count} {number}");
                group(&tenant, &name, std::slice::from_ref(&leaver)).await;
            }
            let what = match count {
                0 => "delete a person in no group".to_owned(),
                1 => "delete a person in 1 group".to_owned(),
                _ => format!("delete a person in {count} groups"),
            };
            budgets.record(what, delete(&tenant, &USERS, &leaver).await);
        }
        let member = created(&tenant, "member").await;
        let team = group(&tenant, "team", std::slice::from_ref(&member)).await;
        patch(
            &tenant,
            &USERS,
            &member,
            json!({"op": "replace", "path": "active", "value": false}),
        )
        .await;
        budgets.record(
            "delete a deactivated person in 1 group",
            delete(&tenant, &USERS, &member).await,
        );
        delete(&tenant, &GROUPS, &team).await;
    });
}

/// Returns the tenant as its connection sees it, which holds what is beyond two changes an hour.
async fn pushing(table: &TestTable, tenant: &Tenant) -> Tenant {
    let credentials = tenant.credentials();
    let connection = credentials.create_connection("Okta", Provider::Okta).await;
    let connection = connection.expect("a connection").id;
    let limit = BrakeLimit {
        percent: 0,
        at_least: 2,
    };
    let rules = ConnectionRules {
        brake: Some(Some(limit)),
        brake_holds: Some(true),
        ..ConnectionRules::default()
    };
    let changed = credentials.change_rules(&connection, &rules).await;
    assert!(changed.is_ok(), "{changed:?}");
    let issued = credentials.issue_token(&connection, "t", None).await;
    let directory = table.directory();
    let token = issued.expect("a token").secret;
    match directory.authenticate(token.expose(), "r").await {
        Ok(Verdict::Accepted(caller)) => directory.tenant(&caller),
        refused => panic!("{refused:?}"),
    }
}

#[test]
fn the_brake_keeps_its_budgets() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("brake").await;
        let pushing = pushing(&table, &tenant).await;
        let mut budgets = Budgets::of("The brake");
        let gone = || json!({"op": "replace", "path": "active", "value": false});
        for what in [
            "deactivate a person, the first within an hour",
            "deactivate a second person",
            "deactivate a person beyond the limit",
            "deactivate another person beyond the limit",
        ] {
            let id = create(&pushing, &USERS, person(&what.replace(' ', "-")))
                .await
                .0;
            budgets.record(what, patch(&pushing, &USERS, &id, gone()).await);
        }
        let held = created(&pushing, "held").await;
        let delete = delete(&pushing, &USERS, &held).await;
        budgets.record("delete a person beyond the limit", delete);
    });
}
