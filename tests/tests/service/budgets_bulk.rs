//! The budget of bulk requests: beside what the operations cost, a few calls, however many operations there are.

use rollcall_directory::capacity::{Cost, measure};
use rollcall_directory::{Provider, RateLimit, SettingsChange, Tenant};
use rollcall_tests::budgets::Budgets;
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use rollcall_tests::urn;
use serde_json::{Value, json};

const COUNT: usize = 100;

fn people(prefix: &str) -> Vec<Value> {
    let one = |number: usize| {
        json!({"method": "POST", "path": "/Users", "bulkId": number.to_string(),
               "data": {"schemas": [urn::USER], "userName": format!("{prefix}{number}")}})
    };
    (0..COUNT).map(one).collect()
}

fn group() -> Value {
    let members = (0..COUNT).map(|number| json!({"value": format!("bulkId:{number}")}));
    let members: Vec<_> = members.collect();
    json!({"method": "POST", "path": "/Groups", "bulkId": "g",
           "data": {"schemas": [urn::GROUP], "displayName": "everybody", "members": members}})
}

/// Sends a bulk request as API Gateway does. Returns what it costs after its token was accepted.
async fn bulk(table: &TestTable, tenant: &Tenant, token: &str, operations: Vec<Value>) -> Cost {
    let count = operations.len();
    let body = json!({"Operations": operations}).to_string();
    let authorizer = json!({"tenant": tenant.id().as_str(), "token_id": "t", "connection_id": "c", "log_days": "30"});
    let event = json!({
        "path": "/scim/v2/Bulk", "httpMethod": "POST", "body": body,
        "headers": {"Authorization": format!("Bearer {token}"), "Host": "scim.example.test"},
        "requestContext": {"requestId": "r", "httpMethod": "POST", "identity": {}, "authorizer": authorizer},
    });
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    let function = rollcall_bulk::router(table.directory());
    let (response, cost) = measure(function.handle(request)).await;
    assert_eq!(response.status(), 200);
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
    let body: Value = serde_json::from_slice(&bytes).unwrap();
    let operations = body["Operations"].as_array().unwrap();
    let created = operations.iter().filter(|one| one["status"] == "201");
    assert_eq!(created.count(), count, "{body}");
    cost
}

#[test]
fn bulk_requests_keep_their_budgets() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("bulk").await;
        let credentials = tenant.credentials();
        let connection = credentials
            .create_connection("idp", Provider::Okta)
            .await
            .unwrap();
        let issued = credentials
            .issue_token(&connection.id, "token", None)
            .await
            .unwrap();
        let token = issued.secret.expose();
        let mut budgets = Budgets::of("Bulk");
        let cost = bulk(&table, &tenant, token, people("a")).await;
        budgets.record("create 100 people in one request", cost);
        let with_group = people("b").into_iter().chain([group()]).collect();
        let cost = bulk(&table, &tenant, token, with_group).await;
        budgets.record("create 100 people and a group of them in one request", cost);

        let limit = RateLimit {
            per_minute: 1_500,
            burst: 500,
        };
        let change = SettingsChange {
            rate_limit: Some(Some(limit)),
            ..SettingsChange::default()
        };
        tenant.settings().change(&change).await.unwrap();
        table.directory().authenticate(token, "r").await.unwrap();
        let cost = bulk(&table, &tenant, token, people("c")).await;
        budgets.record(
            "create 100 people in one request of a token with a limit",
            cost,
        );
    });
}
