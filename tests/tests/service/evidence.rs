//! Evidence: who left and when their access ended, who has access and why, and what proves it.

use jiff::Timestamp;
use rollcall_directory::{DepartureQuery, Role};
use rollcall_insight::{Insight, OffboardingQuery};
use rollcall_tests::api::Api;
use rollcall_tests::idp::encode;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::visitor::Visitor;
use serde_json::{Value, json};

/// A tenant in which three people left, in different ways, and their ids.
struct Left {
    tenant: Tenant,
    owner: Api,
    ada: String,
    bob: String,
    cy: String,
}

async fn deactivate(tenant: &Tenant, person: &str) {
    let gone = json!([{"op": "replace", "path": "active", "value": false}]);
    let path = format!("/Users/{person}");
    tenant.idp().patch(&path, gone).await.expect(200);
}

/// Ada is deactivated with two sessions and an admin's role, Bob is deleted, and an admin blocks Cy. Ada is deleted later.
async fn left(service: &Service, name: &str) -> Left {
    let tenant = service.tenant(name).await;
    let (idp, application) = (tenant.idp(), service.application());
    let ada = idp.user("ada").await;
    let bob = idp.user("bob").await;
    let cy = idp.user("=cmd|' /C calc'!A0").await;
    let team = idp.group("Team, \"one\"", &[&ada]).await;
    let owner = service.admin(&tenant, Role::Owner).await;
    let role = json!({"role_id": "admin"});
    let mapping = format!("/scim/groups/{team}/role-mapping");
    owner.put(&mapping, role).await.expect(200);
    service.follow_up(&tenant).await;
    for _ in 0..2 {
        application
            .log_in(tenant.id(), "ada", None)
            .await
            .expect(200);
    }
    deactivate(&tenant, &ada).await;
    service.follow_up(&tenant).await;
    idp.delete(&format!("/Users/{bob}")).await.expect(204);
    let block = format!("/users/{cy}/block");
    owner.post(&block, json!({})).await.expect(200);
    idp.delete(&format!("/Users/{ada}")).await.expect(204);
    service.follow_up(&tenant).await;
    Left {
        tenant,
        owner,
        ada,
        bob,
        cy,
    }
}

/// Times have no trailing zeros, so their texts are in another order.
fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

fn people(report: &Value) -> Vec<&str> {
    let items = report["items"].as_array().unwrap().iter();
    items
        .map(|item| item["user_id"].as_str().unwrap())
        .collect()
}

#[test]
fn an_offboarding_report_tells_who_left_when_and_by_what() {
    run(async |service| {
        let left = left(service, "offboarding").await;
        let report = left.owner.get("/evidence/offboarding").await.expect(200);
        let report = report.body;
        assert_eq!(people(&report), [&left.cy, &left.bob, &left.ada]);
        let [cy, bob, ada] = [0, 1, 2].map(|n| &report["items"][n]);
        assert_eq!(
            (&ada["change"], &ada["role"], &ada["sessions_ended"]),
            (&json!("user.deactivated"), &json!("admin"), &json!(2))
        );
        assert_eq!(ada["connection"]["id"], left.tenant.connection_id());
        assert_eq!(bob["change"], "user.deleted");
        assert_eq!(
            (&cy["change"], &cy["connection"]),
            (&json!("user.blocked"), &Value::Null)
        );
        for item in [ada, bob, cy] {
            let seconds = item["seconds"].as_f64().unwrap();
            assert!((0.0..60.0).contains(&seconds), "{item}");
            let [received, ended] = [&item["received_at"], &item["ended_at"]].map(time);
            assert!(received <= ended, "{item}");
            let audit = format!("/audit?request_id={}", item["request_id"].as_str().unwrap());
            let audit = left.owner.all(&audit).await;
            let of_it = |entry: &Value| entry["sequence"] == item["sequence"];
            assert!(audit.iter().any(of_it), "{item}: {audit:?}");
        }
        assert!(report.get("next").is_none() && report.get("looked_back_to").is_none());

        // The period and the connection.
        let at = encode(bob["ended_at"].as_str().unwrap());
        for (query, expected) in [
            (format!("from={at}"), vec![&left.cy, &left.bob]),
            (format!("to={at}"), vec![&left.bob, &left.ada]),
            (
                format!("connection={}", left.tenant.connection_id()),
                vec![&left.bob, &left.ada],
            ),
            ("connection=none".to_owned(), vec![]),
            ("to=2020-01-01T00:00:00Z".to_owned(), vec![]),
        ] {
            let path = format!("/evidence/offboarding?{query}");
            let found = left.owner.get(&path).await.expect(200).body;
            assert_eq!(people(&found), expected, "{query}");
        }

        // Page by page, it says the same of itself.
        let mut path = "/evidence/offboarding?limit=1".to_owned();
        let (mut pages, mut seals) = (Vec::new(), Vec::new());
        loop {
            let page = left.owner.get(&path).await.expect(200).body;
            pages.extend(page["items"].as_array().unwrap().clone());
            seals.push(page["evidence"].clone());
            let Some(next) = page["next"].as_str() else {
                break;
            };
            assert!(page["looked_back_to"].is_string(), "{page}");
            path = format!("/evidence/offboarding?limit=1&after={}", encode(next));
            let other = format!("/evidence/offboarding?to={at}&after={}", encode(next));
            left.owner.get(&other).await.expect(400);
        }
        assert_eq!(json!(pages), report["items"]);
        assert!(seals.iter().all(|seal| *seal == seals[0]), "{seals:?}");
    });
}

#[test]
fn evidence_names_the_hash_to_which_the_feed_leads() {
    run(async |service| {
        let left = left(service, "sealed").await;
        let review = left.owner.get("/evidence/access-review").await.expect(200);
        let seal = &review.body["evidence"];
        assert_eq!(seal["tenant"], left.tenant.id());
        let sequence = seal["feed_sequence"].as_u64().unwrap();
        let path = format!(
            "/tenants/{}/events/verification?limit={sequence}",
            left.tenant.id()
        );
        let verified = service.application().get(&path).await.expect(200).body;
        assert_eq!(
            (&verified["faults"], &verified["verified"]),
            (&json!([]), &json!(sequence))
        );
        assert_eq!(verified["last_hash"], seal["feed_hash"]);
    });
}

#[test]
fn without_an_index_the_journal_is_read_a_part_at_a_time() {
    run(async |service| {
        let tenant = service.tenant("unindexed").await;
        let directory = tenant.directory();
        let mut gone = Vec::new();
        for n in 0..3 {
            gone.push(tenant.idp().user(&format!("p{n}")).await);
        }
        for person in &gone {
            deactivate(&tenant, person).await;
        }
        gone.reverse();
        let query = DepartureQuery {
            limit: 50,
            ..DepartureQuery::default()
        };
        let found = async || {
            let (entries, next) = directory.journal().departures(&query).await.unwrap();
            assert_eq!(next, None);
            let ids = entries.into_iter().map(|entry| entry.subject.id);
            ids.collect::<Vec<String>>()
        };
        assert_eq!(found().await, gone);
        service.follow_up(&tenant).await;
        assert_eq!(found().await, gone);
        let report = Insight::of(directory)
            .offboarding(&OffboardingQuery::default(), None, 2)
            .await
            .unwrap();
        let known = report.departures.iter().map(|one| one.user.clone());
        assert_eq!(known.collect::<Vec<_>>(), gone[..2]);
        assert!(report.looked_back_to.is_some());
    });
}

#[test]
fn an_access_review_tells_who_has_what_and_why() {
    run(async |service| {
        let tenant = service.tenant("review").await;
        let idp = tenant.idp();
        let ada = idp.user("ada").await;
        let bob = idp.user("bob").await;
        let team = idp.group("Team", &[&ada]).await;
        let owner = service.admin(&tenant, Role::Owner).await;
        let mapping = format!("/scim/groups/{team}/role-mapping");
        owner
            .put(&mapping, json!({"role_id": "member"}))
            .await
            .expect(200);
        let given = format!("/users/{ada}/role");
        owner
            .put(&given, json!({"role_id": "admin"}))
            .await
            .expect(200);
        deactivate(&tenant, &bob).await;
        let log_in = service.application().log_in(tenant.id(), "ada", None).await;
        log_in.expect(200);
        let items = owner.all("/evidence/access-review?limit=1").await;
        let [of_ada, of_bob] = [&items[0], &items[1]];
        assert_eq!(items.len(), 2);
        assert_eq!(
            (&of_ada["user_id"], &of_ada["role"]),
            (&json!(ada), &json!("admin"))
        );
        assert_eq!(
            of_ada["grants"],
            json!([
                {"role": "member", "source": "mapped", "group": team},
                {"role": "admin", "source": "manual", "group": null},
            ])
        );
        assert_eq!(
            of_ada["groups"],
            json!([{"id": team, "display_name": "Team"}])
        );
        assert_eq!(of_ada["connection"]["id"], tenant.connection_id());
        assert!(of_ada["connection"]["name"].is_string() && of_ada["last_login_at"].is_string());
        assert_eq!(
            (&of_bob["state"], &of_bob["role"]),
            (&json!("inactive"), &Value::Null)
        );
        owner
            .get("/evidence/access-review?after=x")
            .await
            .expect(400);
        for path in ["/evidence/access-review", "/evidence/offboarding"] {
            let member = service.admin(&tenant, Role::Member).await;
            member.get(path).await.expect(403);
        }
    });
}

/// Reads CSV as a spreadsheet does.
fn table(text: &str) -> Vec<Vec<String>> {
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    assert!(text.ends_with("\r\n"), "{text:?}");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.map(|row| row.iter().map(str::to_owned).collect())
        .collect()
}

#[test]
fn evidence_is_a_page_and_a_file() {
    run(async |service| {
        let left = left(service, "evidence").await;
        let visitor = Visitor::with_link(service, &left.tenant, Role::Admin).await;
        let page = visitor.get("/console/evidence").await.expect(200).html;
        for said in [
            "Offboarding report",
            &left.ada,
            &left.bob,
            &left.cy,
            "sha256 ",
        ] {
            assert!(page.contains(said), "{said} is not in {page}");
        }
        assert!(page.contains("Looked through") || page.matches("data-departure").count() == 3);
        let csv = visitor
            .get("/console/evidence/export?format=csv")
            .await
            .expect(200);
        assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
        let rows = table(&csv.html);
        assert_eq!(rows.len(), 4);
        assert!(
            rows.iter().all(|row| row.len() == rows[0].len()),
            "{rows:?}"
        );
        // What begins a formula is text.
        assert_eq!(rows[1][1], "'=cmd|' /C calc'!A0");
        let json = visitor
            .get("/console/evidence/export?format=json")
            .await
            .expect(200);
        let json: Value = serde_json::from_str(&json.html).unwrap();
        assert_eq!(json["items"].as_array().map(Vec::len), Some(3));
        assert_eq!(json["evidence"]["feed_hash"], json["items"][0]["feed_hash"]);
        let review = visitor
            .get("/console/evidence/access")
            .await
            .expect(200)
            .html;
        assert!(review.contains("Access review") && review.contains(&left.cy));
        let csv = visitor
            .get("/console/evidence/access/export?format=csv")
            .await
            .expect(200);
        let rows = table(&csv.html);
        assert_eq!((rows.len(), rows[1][0].as_str()), (2, left.cy.as_str()));
        let member = Visitor::with_link(service, &left.tenant, Role::Member).await;
        for path in ["", "/export", "/access", "/access/export"] {
            let path = format!("/console/evidence{path}");
            member.get(&path).await.expect(403);
        }
        let one_day = "/console/evidence?from=2020-01-01&to=2020-01-02";
        let page = visitor.get(one_day).await.expect(200).html;
        assert!(page.contains("Looked through the whole period"), "{page}");

        // The API has the same tables, page by page.
        let by_page = left.owner.clone().and_header("accept", "text/csv");
        let first = by_page
            .get("/evidence/offboarding?limit=2")
            .await
            .expect(200);
        let next = first.header("x-next").expect("a next page").to_owned();
        let path = format!("/evidence/offboarding?limit=2&after={}", encode(&next));
        let last = by_page.get(&path).await.expect(200);
        assert_eq!(last.header("x-next"), None);
        let types = [&first, &last].map(|page| page.header("content-type").unwrap().to_owned());
        assert!(types[0].ends_with("header=present") && types[1].ends_with("header=absent"));
    });
}
