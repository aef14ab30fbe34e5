//! Every list of the API reads a bounded part of a tenant, with every filter and order: with 100,000 people in
//! `tests/lists`, and fewer in `cargo test`.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::capacity::{Cost, measure};
use rollcall_directory::{Delivered, LoggedRequest, NewWebhook, Origin, Provider, Role, Tenant};
use rollcall_edge_http::HttpFunction;
use rollcall_tests::event_fixture::relayed;
use rollcall_tests::seed::{group, sign_in};
use rollcall_tests::service::run;
use rollcall_tests::size::size;
use rollcall_tests::table::TestTable;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::digest::log;

/// The most that a page of a list may cost.
const CALLS: u32 = 60;
const READ_UNITS: f64 = 2_200.0;

/// A session of an owner, and the function that serves it.
struct Caller {
    function: HttpFunction,
    session: String,
}

impl Caller {
    async fn with_link(table: &TestTable, tenant: &Tenant) -> Caller {
        let directory = table.directory();
        let sign_in = tenant.sign_in();
        let link = sign_in.issue_portal_link(Role::Owner, None, false).await;
        let link = link.unwrap();
        let opened = directory.open_portal_link(link.secret.expose(), "r", Origin::default());
        let session = opened.await.unwrap().unwrap().secret.expose().to_owned();
        let router = rollcall_edge_api::admin_router(directory);
        Caller {
            function: rollcall_edge_api::finish(router),
            session,
        }
    }

    /// Reads one page, and returns it with its cost, which includes the check of the session.
    async fn get(&self, page: &str) -> (Value, Cost) {
        let path = format!("/api/v1{page}");
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let query: BTreeMap<&str, [&str; 1]> = pairs.map(|(name, value)| (name, [value])).collect();
        let event = json!({
            "resource": "/api/v1/{proxy+}", "path": path, "httpMethod": "GET",
            "headers": {"authorization": format!("Bearer {}", self.session), "host": "api.example.test"},
            "multiValueHeaders": {}, "multiValueQueryStringParameters": query, "body": null, "isBase64Encoded": false,
            "requestContext": {"requestId": "r-1", "stage": "prod", "path": path, "httpMethod": "GET", "identity": {}},
        });
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        let (response, cost) = measure(self.function.handle(request)).await;
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
        let body = body.unwrap();
        let text = String::from_utf8_lossy(&body);
        assert!(status.is_success(), "{page}: {status} {text}");
        (serde_json::from_slice(&body).unwrap(), cost)
    }
}

/// Fills the log of the deliveries of a webhook: a sum for each minute.
async fn deliver(tenant: &Tenant, minutes: u64) -> String {
    let new = NewWebhook {
        label: "SIEM".to_owned(),
        target_url: "https://siem.example.com/".to_owned(),
        only_types: Vec::new(),
        after: None,
    };
    let webhooks = tenant.webhooks();
    let (webhook, _) = webhooks.create(&new).await.unwrap();
    let now = Timestamp::now();
    let turn = webhooks.begin(&webhook.id, now, now + SignedDuration::from_hours(1));
    let mut turn = turn.await.unwrap().unwrap();
    for minute in 1..=minutes {
        let at = now - SignedDuration::from_mins(minute.cast_signed());
        let delivered = Delivered {
            count: 1,
            last: minute,
        };
        let to = webhook.sent_to + minute;
        assert!(
            webhooks
                .advance(&mut turn, to, delivered, at)
                .await
                .unwrap()
        );
    }
    webhook.id
}

#[test]
fn every_list_reads_a_bounded_part() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("every-list").await;
        let people = table.seed_users(&tenant, size(1_200, 100_000)).await;
        let big = group(&tenant, "Big", &people[..1]).await;
        table
            .seed_members(&tenant, &big, size(1_200, 100_000))
            .await;
        for number in 0..size(120, 1_000) {
            group(&tenant, &format!("Group {number:04}"), &people[..2]).await;
        }
        tenant.roles().map_group(&big, [Role::Admin]).await.unwrap();
        tenant.roles().reconcile_person(&people[0]).await.unwrap();
        let signed_in = sign_in(&tenant, "somebody", None).await;
        let credentials = tenant.credentials();
        for number in 0..size(3, 50) {
            let name = format!("Connection {number}");
            let made = credentials.create_connection(&name, Provider::Okta).await;
            let id = made.unwrap().id;
            credentials.issue_token(&id, "one", None).await.unwrap();
        }
        let hour_ago = Timestamp::now() - SignedDuration::from_hours(1);
        let requests = (0..size(1_200, 30_000)).map(|number| {
            let target = format!("/Users?startIndex={number}");
            (hour_ago, LoggedRequest::new("GET", &target, 200))
        });
        log(&tenant, requests).await;
        let entries = size(1_200, 30_000) as u64;
        table.seed_entries(&tenant, hour_ago, entries).await;
        let webhook = deliver(&tenant, size(240, 20_000) as u64).await;
        // The seeded people have no events, like those of an earlier version.
        let events = relayed(&tenant).await;
        tenant.indexes().follow(&events).await.unwrap();
        table.forget_indexes(&tenant).await;
        // As often as the hourly pass does so: until everybody is in it.
        let soon = || Instant::now() + Duration::from_secs(60);
        while !tenant.indexes().complete(soon()).await.unwrap().complete {}

        let caller = Caller::with_link(&table, &tenant).await;
        let connections = caller.get("/scim/connections").await.0;
        let connection = connections["items"][0]["id"].as_str().unwrap().to_owned();
        let mut pages: Vec<String> = Vec::new();
        for sort in ["created_at", "user_name"] {
            for filter in [
                "",
                "&state=invited",
                "&state=active",
                "&state=inactive",
                "&role=admin",
                "&role=owner",
                "&role=admin&state=active",
                "&group={big}",
                "&group={big}&state=active",
                "&include=attributes,groups",
            ] {
                pages.push(format!("/users?sort={sort}{filter}"));
            }
        }
        pages.extend(
            [
                "/users?filter=groups.value eq \"{big}\"&limit=1",
                "/users?filter=groups.value eq \"{big}\" and title pr",
                "/users?filter=groups.value eq \"{big}\" or userName eq \"nobody\"",
                "/users?filter=userName sw \"seed\"&limit=1",
                "/users?filter=userName sw \"seed\" and title pr",
                "/users?filter=userName sw \"seed\" or userName sw \"a\"",
                "/users?filter=title pr",
                "/users?text=seed",
                "/users?text=seed&state=active",
                "/users?text=nobody",
                "/users?text=seed&role=admin",
                "/scim/groups",
                "/scim/groups?text=group",
                "/scim/groups?include=attributes",
                "/scim/groups?text=nobody",
                "/scim/groups/{big}/members",
                "/scim/groups/{big}/members?state=active",
                "/scim/groups/role-mappings",
                "/scim/groups/role-mappings/awaited",
                "/scim/connections",
                "/scim/connections/{connection}/tokens",
                "/requests",
                "/audit",
                "/audit?action=user.created",
                "/audit?action=tenant.renamed",
                "/audit?actor=application",
                "/users/{person}/sessions",
                "/webhooks",
                "/webhooks/{webhook}/deliveries",
                "/support-access",
                "/picker",
                "/picker?text=seed",
                "/picker?text=d-seed-0000",
                "/picker?text=nobody",
                "/picker?text=exam",
            ]
            .map(str::to_owned),
        );
        let mut wrong = Vec::new();
        for page in pages {
            let page = page
                .replace("{big}", &big)
                .replace("{connection}", &connection)
                .replace("{person}", &signed_in.person.id)
                .replace("{webhook}", &webhook);
            let mut path = page.clone();
            // The first page, and the one after it.
            for which in ["first", "second"] {
                let (body, cost) = caller.get(&path).await;
                let count = body["items"].as_array().unwrap().len();
                eprintln!(
                    "{page}, {which}: {count} items, {} calls, {} read units",
                    cost.calls, cost.read_units
                );
                if cost.calls > CALLS || cost.read_units > READ_UNITS || count > 500 {
                    wrong.push(format!("{page}, {which}: {cost:?}"));
                }
                let Some(next) = body["next"].as_str() else {
                    break;
                };
                let joint = if page.contains('?') { '&' } else { '?' };
                path = format!("{page}{joint}after={next}");
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}
