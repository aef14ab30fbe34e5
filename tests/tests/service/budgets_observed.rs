//! The budgets of a connection that is only observed: its requests, making it real, and what follows its deletion.

use rollcall_directory::{ConnectionRules, GROUPS, Provider, Tenant, USERS, Verdict};
use rollcall_role_reconciler::Queue;
use rollcall_tests::budgets::Budgets;
use rollcall_tests::event_fixture::{Outbox, batch};
use rollcall_tests::seed::group;
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use rollcall_tests::urn;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use crate::budgets::{create, patch};
use rollcall_directory::capacity::{Cost, measure};

/// Returns a person with a name, an external id and a display name.
pub(crate) fn person(name: &str) -> Value {
    json!({
        "schemas": [urn::USER], "userName": name, "externalId": format!("x-{name}"), "active": true,
        "displayName": format!("d-{name}"), "name": {"givenName": "Given", "familyName": "Family"},
        "emails": [{"type": "work", "value": format!("{name}@example.test"), "primary": true}],
    })
}

/// Creates a connection that is only observed. Returns its id, and the tenant as it sees it.
pub(crate) async fn observed(table: &TestTable, tenant: &Tenant) -> (String, Tenant) {
    let credentials = tenant.credentials();
    let connection = credentials.create_connection("Okta", Provider::Okta).await;
    let connection = connection.expect("a connection").id;
    let rules = ConnectionRules::observing(true);
    let changed = credentials.change_rules(&connection, &rules).await;
    assert!(changed.is_ok(), "{changed:?}");
    let issued = credentials.issue_token(&connection, "t", None).await;
    let directory = table.directory();
    let token = issued.expect("a token").secret;
    match directory.authenticate(token.expose(), "r").await {
        Ok(Verdict::Accepted(caller)) => (connection, directory.tenant(&caller)),
        refused => panic!("{refused:?}"),
    }
}

/// Does a pass for what the connection has said.
async fn pass(table: &TestTable, tenant: &Tenant, kind: &str, connection: &str) -> Cost {
    let outbox = Outbox::default();
    let queue = Queue::new(outbox.client(), "http://127.0.0.1/queues/roles");
    let reconciler = rollcall_role_reconciler::handler(table.directory(), queue);
    let message = json!({"full_pass": {"tenant": tenant.id(), kind: connection}});
    let soon = Instant::now() + Duration::from_secs(600);
    let work = async {
        // Each message does a part, and sends the one that continues.
        let mut messages = vec![message.to_string()];
        while !messages.is_empty() {
            let response = reconciler.call(batch(&messages), soon).await;
            assert!(response.batch_item_failures.is_empty());
            messages = outbox.take();
        }
    };
    measure(work).await.1
}

#[test]
fn observed_connections_keep_their_budgets() {
    run(async |_| {
        let table = TestTable::start().await;
        let mut budgets = Budgets::of("A connection that is only observed");
        for (name, is_made_real) in [("real", true), ("dropped", false)] {
            let tenant = table.tenant(name).await;
            let before = table.seed_users(&tenant, 90).await;
            let team = group(&tenant, "team", &before[..2]).await;
            let (connection, pushing) = observed(&table, &tenant).await;
            for number in 0..10 {
                let (_, cost) = create(&pushing, &USERS, person(&format!("new-{number}"))).await;
                budgets.record("create a person", cost);
            }
            let gone = json!({"op": "replace", "path": "active", "value": false});
            for id in &before[10..20] {
                let cost = patch(&pushing, &USERS, id, gone.clone()).await;
                budgets.record("deactivate a person who was there before", cost);
            }
            let path = format!("members[value eq \"{}\"]", before[0]);
            let leave = json!({"op": "remove", "path": path});
            let cost = patch(&pushing, &GROUPS, &team, leave).await;
            budgets.record("remove a member, the first change of the group", cost);
            for id in &before[20..30] {
                let join = json!({"op": "add", "path": "members", "value": [{"value": id}]});
                let cost = patch(&pushing, &GROUPS, &team, join).await;
                budgets.record("add a member", cost);
            }
            let credentials = tenant.credentials();
            match is_made_real {
                true => {
                    let rules = ConnectionRules::observing(false);
                    let changed = measure(credentials.change_rules(&connection, &rules));
                    let (changed, cost) = changed.await;
                    changed.expect("the rules");
                    budgets.record("decide that it is real", cost);
                    let cost = pass(&table, &tenant, "made_real", &connection).await;
                    budgets.record("make it real: 100 people, 31 changes", cost);
                    let cost = pass(&table, &tenant, "made_real", &connection).await;
                    budgets.record("make it real again", cost);
                }
                false => {
                    let deleted = credentials.delete_connection(&connection).await;
                    deleted.expect("deleted");
                    let cost = pass(&table, &tenant, "taken_back", &connection).await;
                    budgets.record("take it back: 100 people, 31 changes", cost);
                    let cost = pass(&table, &tenant, "taken_back", &connection).await;
                    budgets.record("take it back again", cost);
                }
            }
        }
    });
}
