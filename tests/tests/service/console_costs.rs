//! The costs of console pages in a large tenant: every page reads a bounded amount of data.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::capacity::{Cost, measure};
use rollcall_directory::{AuditQuery, GROUPS, LoggedRequest, PersonState, Provider, Role, Tenant};
use rollcall_edge_http::HttpFunction;
use rollcall_insight::{GroupFilter, Insight};
use rollcall_tests::seed::{group, patch, sign_in};
use rollcall_tests::service::run;
use rollcall_tests::table::{TestTable, name_of};
use serde_json::json;

use crate::costs::CostTable;
use crate::digest::log;

const PEOPLE: usize = 100_000;
const GROUPS_PUSHED: usize = 500;

#[track_caller]
fn within(cost: Cost, calls: u32, read_units: f64) {
    let fits = cost.calls <= calls && cost.read_units <= read_units;
    assert!(
        fits,
        "more than {calls} calls or {read_units} units: {cost:?}"
    );
}

/// Creates a tenant with 100,000 people, 500 groups of three people, one group of 2,500 people and 3,000 logged
/// requests. Every second small group has a mapped role.
async fn large_tenant(table: &TestTable) -> (Tenant, Vec<String>, String) {
    let tenant = table.tenant("large").await;
    let people = table.seed_users(&tenant, PEOPLE).await;
    let (of, everybody) = (&tenant, &people);
    stream::iter(0..GROUPS_PUSHED)
        .map(|n| async move {
            let members = &everybody[3 * n..3 * n + 3];
            let id = group(of, &format!("group {n:03}"), members).await;
            let role = (n % 2 == 0).then_some(Role::Viewer);
            of.roles().map_group(&id, role).await
        })
        .buffer_unordered(8)
        .try_collect::<Vec<()>>()
        .await
        .unwrap();
    let big = group(&tenant, "big", &people[..2_500]).await;
    let hour_ago = Timestamp::now() - SignedDuration::from_hours(1);
    let requests = (0..3_000).map(|n| {
        let target = format!("/Users?filter=userName+eq+%22{}%22", name_of(n));
        (hour_ago, LoggedRequest::new("GET", &target, 200))
    });
    log(&tenant, requests).await;
    (tenant, people, big)
}

/// Creates a connection with a token and returns the id of the connection.
async fn create_connection(tenant: &Tenant) -> String {
    let made = tenant
        .credentials()
        .create_connection("Okta", Provider::Okta)
        .await;
    let connection = made.unwrap().id;
    let issued = tenant
        .credentials()
        .issue_token(&connection, "first", None)
        .await;
    issued.unwrap();
    connection
}

/// Returns a query for the latest change.
fn latest() -> AuditQuery {
    AuditQuery {
        limit: 1,
        ..AuditQuery::default()
    }
}

#[test]
fn every_page_reads_a_bounded_amount() {
    run(async |_| {
        let table = TestTable::start().await;
        let (tenant, people, big) = Box::pin(large_tenant(&table)).await;
        let mut costs_table = CostTable::default();

        let (digest, cost) = measure(Insight::of(&tenant).digest()).await;
        assert!(
            !digest.unwrap().complete,
            "one call must not read the whole log"
        );
        within(
            costs_table.record("digest: 2,000 new requests", cost),
            12,
            400.0,
        );
        let (health, cost) = measure(Insight::of(&tenant).health()).await;
        let health = health.unwrap();
        let unmapped = health.findings.iter().find(|finding| finding.count == 251);
        assert!(unmapped.is_some(), "{:#?}", health.findings);
        within(
            costs_table.record("health: 1,000 new requests", cost),
            20,
            400.0,
        );
        let (_, cost) = measure(Insight::of(&tenant).digest()).await;
        within(costs_table.record("digest: nothing new", cost), 3, 10.0);
        let (_, cost) = measure(Insight::of(&tenant).health()).await;
        within(costs_table.record("health: nothing new", cost), 20, 400.0);

        let mut after = None;
        for call in ["first", "second", "third"] {
            let looking = tenant
                .roles()
                .preview_mapping(&big, Some(Role::Admin), after.as_deref());
            let (preview, cost) = measure(looking).await;
            let preview = preview.unwrap();
            assert!(preview.looked_at <= 1_000 && preview.of == 2_500);
            after = preview.next;
            let row = format!("preview a mapping: the {call} 1,000 of 2,500");
            within(costs_table.record(row, cost), 18, 1_100.0);
        }
        assert_eq!(after, None);

        let name = name_of(7_654);
        let (mail, shown) = (format!("{name}@example.test"), format!("d-{name}"));
        for (what, text, states, calls) in [
            ("by user name", name.as_str(), vec![], 12),
            ("by mail address", &mail, vec![], 12),
            ("by display name", &shown, vec![], 12),
            ("by id", &people[42], vec![], 12),
            ("nobody", "nobody", vec![], 12),
            ("everybody, 50 per page", "", vec![], 12),
            ("a prefix with a thousand matches", "seed-001", vec![], 12),
            (
                "active people with a prefix: none",
                "seed-001",
                vec![PersonState::Active],
                20,
            ),
            (
                "active people: none of 2,000",
                "",
                vec![PersonState::Active],
                20,
            ),
        ] {
            let (found, cost) =
                measure(Insight::of(&tenant).search_people(text, &states, None, 50)).await;
            let found = found.unwrap();
            assert_eq!(
                found.people.is_empty(),
                text == "nobody" || !states.is_empty(),
                "{what}"
            );
            within(
                costs_table.record(format!("find people: {what}"), cost),
                calls,
                600.0,
            );
        }
        let (_, cost) =
            measure(Insight::of(&tenant).search_groups("group 4", GroupFilter::All, None, 50))
                .await;
        within(
            costs_table.record("find groups: 50 per page", cost),
            4,
            130.0,
        );
        let (_, cost) = measure(Insight::of(&tenant).groups(None, 100)).await;
        within(costs_table.record("groups: 100 per page", cost), 4, 130.0);

        for _ in 0..5 {
            sign_in(&tenant, &name, None).await;
        }
        let join = json!({"op": "add", "path": "members", "value": [{"value": people[7_654]}]});
        patch(&tenant, &GROUPS, &big, join).await;
        let (profile, cost) = measure(Insight::of(&tenant).person_profile(&people[7_654])).await;
        let profile = profile.unwrap();
        assert_eq!((profile.sessions.len(), profile.groups.len()), (5, 1));
        assert!(profile.groups[0].is_member && profile.person.user_name == name);
        within(
            costs_table.record("one person, with groups, role and sessions", cost),
            6,
            20.0,
        );

        let connection = create_connection(&tenant).await;
        let (entries, _) = tenant.journal().audit(&latest()).await.unwrap();
        let trace = format!(
            "/console/activity/trace?request={}&at={}",
            entries[0].request_id, entries[0].at
        );
        let console = Visitor::with_link(&table, &tenant).await;
        for (page, calls, read_units) in [
            ("/console".to_owned(), 12, 150.0),
            ("/console/tokens".to_owned(), 12, 50.0),
            (format!("/console/connections/{connection}"), 12, 150.0),
            (
                format!("/console/connections/{connection}/checklist"),
                8,
                50.0,
            ),
            ("/console/groups".to_owned(), 12, 250.0),
            ("/console/groups?lacking=members".to_owned(), 16, 600.0),
            (format!("/console/groups/{big}"), 16, 150.0),
            (format!("/console/groups/{big}?role=admin"), 30, 1_300.0),
            (format!("/console/groups/{big}/members"), 12, 150.0),
            (
                format!("/console/groups/{big}/members?state=active"),
                40,
                2_200.0,
            ),
            ("/console/people".to_owned(), 12, 150.0),
            (format!("/console/people?text={name}"), 16, 60.0),
            (
                "/console/people?text=nobody&everywhere=yes".to_owned(),
                24,
                400.0,
            ),
            (format!("/console/people/{}", people[7_654]), 40, 1_500.0),
            ("/console/activity".to_owned(), 16, 300.0),
            ("/console/activity?text=nobody".to_owned(), 30, 500.0),
            ("/console/activity/audit".to_owned(), 16, 300.0),
            ("/console/activity/chart".to_owned(), 8, 50.0),
            ("/console/activity/export?format=json".to_owned(), 40, 500.0),
            (
                "/console/activity/export?format=csv&text=nobody".to_owned(),
                40,
                500.0,
            ),
            (
                "/console/activity/audit/export?format=csv".to_owned(),
                40,
                500.0,
            ),
            ("{trace}".to_owned(), 12, 500.0),
            ("/console/health".to_owned(), 24, 450.0),
            ("/console/settings".to_owned(), 8, 10.0),
        ] {
            let page = page.replace("{trace}", &trace);
            let cost = console.cost_of(&page).await;
            let named = page
                .replace(&trace, "/console/activity/trace")
                .replace(&connection, "{connection}")
                .replace(&big, "{big}")
                .replace(&people[7_654], "{person}");
            within(costs_table.record(named, cost), calls, read_units);
        }
    });
}

/// An admin who calls the console's function directly.
struct Visitor {
    console: HttpFunction,
    cookie: String,
}

impl Visitor {
    async fn with_link(table: &TestTable, tenant: &Tenant) -> Visitor {
        let directory = table.directory();
        let link = tenant
            .sign_in()
            .issue_portal_link(Role::Owner)
            .await
            .unwrap();
        let opened = directory
            .open_portal_link(link.secret.expose())
            .await
            .unwrap();
        let cookie = format!("__Secure-rollcall={}", opened.unwrap().secret.expose());
        Visitor {
            console: rollcall_console::router(directory),
            cookie,
        }
    }

    /// Returns the cost of a page, including the check of the session.
    async fn cost_of(&self, page: &str) -> Cost {
        let (path, query) = page.split_once('?').unwrap_or((page, ""));
        let query: BTreeMap<String, Vec<String>> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), vec![value.to_owned()]))
            .collect();
        let event = json!({
            "resource": "/console/{proxy+}", "path": path, "httpMethod": "GET",
            "headers": {"cookie": self.cookie, "host": "console.example.test"}, "multiValueHeaders": {},
            "multiValueQueryStringParameters": query, "body": null, "isBase64Encoded": false,
            "requestContext": {"requestId": "r-1", "stage": "prod", "path": path, "httpMethod": "GET", "identity": {}},
        });
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        let (response, cost) = measure(self.console.handle(request)).await;
        assert!(response.status().is_success(), "{page}");
        assert!(cost.calls > 0, "{page} reads nothing");
        cost
    }
}
