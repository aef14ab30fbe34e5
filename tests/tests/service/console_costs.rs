//! The costs of console pages in a large tenant: every page reads a bounded amount of data.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::capacity::{Cost, measure};
use rollcall_directory::{
    AuditQuery, GROUPS, LoggedRequest, Origin, PersonState, Provider, RequestQuery, Role, Tenant,
};
use rollcall_edge_http::HttpFunction;
use rollcall_insight::{GroupFilter, Insight};
use rollcall_tests::budgets::Budgets;
use rollcall_tests::seed::{group, patch, sign_in};
use rollcall_tests::service::run;
use rollcall_tests::size::size;
use rollcall_tests::table::{TestTable, name_of};
use serde_json::json;

use crate::digest::log;

const GROUPS_PUSHED: usize = 500;

/// Creates a tenant with 100,000 people (10,000 in `cargo test`), 500 groups of three people, one group of 2,500 people and 3,000
/// logged requests. Every second small group has a mapped role.
async fn large_tenant(table: &TestTable) -> (Tenant, Vec<String>, String) {
    let tenant = table.tenant("large").await;
    let people = table.seed_users(&tenant, size(10_000, 100_000)).await;
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
        let mut budgets = Budgets::of("The console, with 100,000 people and 500 groups");

        let (digest, cost) = measure(Insight::of(&tenant).digest()).await;
        assert!(
            !digest.unwrap().complete,
            "one call must not read the whole log"
        );
        budgets.record("digest: 2,000 new requests", cost);
        let (health, cost) = measure(Insight::of(&tenant).health()).await;
        let health = health.unwrap();
        let unmapped = health.findings.iter().find(|finding| finding.count == 251);
        assert!(unmapped.is_some(), "{:#?}", health.findings);
        budgets.record("health: 1,000 new requests", cost);
        let (_, cost) = measure(Insight::of(&tenant).digest()).await;
        budgets.record("digest: nothing new", cost);
        let (_, cost) = measure(Insight::of(&tenant).health()).await;
        budgets.record("health: nothing new", cost);

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
            budgets.record(row, cost);
        }
        assert_eq!(after, None);

        let name = name_of(7_654);
        let (mail, shown) = (format!("{name}@example.test"), format!("d-{name}"));
        for (what, text, states) in [
            ("by user name", name.as_str(), vec![]),
            ("by mail address", &mail, vec![]),
            ("by display name", &shown, vec![]),
            ("by id", &people[42], vec![]),
            ("nobody", "nobody", vec![]),
            ("everybody, 50 per page", "", vec![]),
            ("a prefix with a thousand matches", "seed-001", vec![]),
            (
                "active people with a prefix: none",
                "seed-001",
                vec![PersonState::Active],
            ),
            (
                "active people: none of 2,000",
                "",
                vec![PersonState::Active],
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
            budgets.record(format!("find people: {what}"), cost);
        }
        let (_, cost) =
            measure(Insight::of(&tenant).search_groups("group 4", GroupFilter::All, None, 50))
                .await;
        budgets.record("find groups: 50 per page", cost);
        let (_, cost) = measure(Insight::of(&tenant).groups(None, 100)).await;
        budgets.record("groups: 100 per page", cost);

        for _ in 0..5 {
            sign_in(&tenant, &name, None).await;
        }
        let join = json!({"op": "add", "path": "members", "value": [{"value": people[7_654]}]});
        patch(&tenant, &GROUPS, &big, join).await;
        let (profile, cost) = measure(Insight::of(&tenant).person_profile(&people[7_654])).await;
        let profile = profile.unwrap();
        assert_eq!((profile.sessions.len(), profile.groups.len()), (5, 1));
        assert!(profile.groups[0].is_member && profile.person.user_name == name);
        budgets.record("one person, with groups, role and sessions", cost);

        let connection = create_connection(&tenant).await;
        let (entries, _) = tenant.journal().audit(&latest()).await.unwrap();
        let trace = format!(
            "/console/activity/trace?request={}&at={}",
            entries[0].request_id, entries[0].at
        );
        let entry = entries[0].id.clone();
        let requests = RequestQuery {
            limit: 1,
            ..RequestQuery::default()
        };
        let (requests, _) = tenant.request_log().search(&requests).await.unwrap();
        let request = requests[0].id.clone();
        let now = Timestamp::now().to_string();
        let console = Visitor::with_link(&table, &tenant).await;
        for page in [
            "/console".to_owned(),
            "/console/connections".to_owned(),
            "/console/tokens".to_owned(),
            format!("/console/connections/{connection}"),
            format!("/console/connections/{connection}/setup"),
            format!("/console/connections/{connection}/checklist"),
            "/console/connections/new?provider=okta".to_owned(),
            format!("/console/connections/{connection}/remedies/confirm"),
            format!("/console/connections/{connection}/remedies/take-over"),
            "/console/groups".to_owned(),
            "/console/groups?lacking=members".to_owned(),
            "/console/groups?name=roup+49".to_owned(),
            "/console/groups?role=viewer".to_owned(),
            format!("/console/groups/{big}"),
            format!("/console/groups/{big}?role=admin"),
            format!("/console/groups/{big}/members"),
            format!("/console/groups/{big}/members?state=active"),
            format!("/console/groups/{big}?text={name}"),
            "/console/people".to_owned(),
            format!("/console/people?text={name}"),
            "/console/people?role=viewer&sort=user_name".to_owned(),
            format!("/console/people?group={big}&state=inactive"),
            "/console/people?text=nobody&everywhere=yes".to_owned(),
            format!("/console/people/{}", people[7_654]),
            "/console/people/deleted".to_owned(),
            "/console/activity".to_owned(),
            "/console/activity?text=nobody".to_owned(),
            "/console/activity/audit".to_owned(),
            format!("/console/activity?entry={request}"),
            format!("/console/activity/audit?entry={entry}"),
            format!("/console/activity/new?since={now}"),
            format!("/console/activity/audit/new?since={now}"),
            "/console/support-access".to_owned(),
            "/console/activity/chart".to_owned(),
            "/console/activity/export?format=json".to_owned(),
            "/console/activity/export?format=csv&text=nobody".to_owned(),
            "/console/activity/audit/export?format=csv".to_owned(),
            "{trace}".to_owned(),
            "/console/evidence".to_owned(),
            "/console/evidence?from=2020-01-01".to_owned(),
            "/console/evidence/export?format=csv".to_owned(),
            "/console/evidence/access".to_owned(),
            "/console/evidence/access/export?format=json".to_owned(),
            "/console/health".to_owned(),
            "/console/settings".to_owned(),
        ] {
            let page = page.replace("{trace}", &trace);
            let cost = console.cost_of(&page).await;
            let named = page
                .replace(&trace, "/console/activity/trace")
                .replace(&connection, "{connection}")
                .replace(&request, "{request}")
                .replace(&entry, "{entry}")
                .replace(&now, "{now}")
                .replace(&big, "{big}")
                .replace(&people[7_654], "{person}");
            budgets.record(named, cost);
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
            .issue_portal_link(Role::Owner, None, false)
            .await
            .unwrap();
        let opened = directory
            .open_portal_link(link.secret.expose(), "r", Origin::default())
            .await
            .unwrap();
        let cookie = format!("__Host-rollcall={}", opened.unwrap().secret.expose());
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
