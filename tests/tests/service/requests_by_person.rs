//! The requests about a person are found without reading the log: by an index, and through the journal.

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::capacity::measure;
use rollcall_directory::{LoggedRequest, RequestQuery, Role};
use rollcall_tests::raw;
use rollcall_tests::seed::person;
use rollcall_tests::service::{Tenant, run};
use rollcall_tests::table::TestTable;
use serde_json::{Value, json};

/// Requests about nobody.
const OTHERS: usize = 1_500;

async fn note_indexed(tenant: &Tenant) {
    let noted = tenant.directory().request_log().note_indexed().await;
    noted.unwrap();
}

fn targets(found: &[Value]) -> Vec<String> {
    let target = |it: &Value| format!("{} {} {}", it["method"], it["target"], it["status"]);
    found.iter().map(target).collect()
}

/// Requests that name Ada, change her, do both or neither. Returns her id.
async fn conversation(tenant: &Tenant) -> String {
    let idp = tenant.idp();
    let (ada, bob) = (idp.user("ada").await, idp.user("bob").await);
    let path = format!("/Users/{ada}");
    let group = idp.group("g", &[&bob]).await;
    idp.filter("/Users", "userName eq \"ADA\"")
        .await
        .expect(200);
    idp.get(&path).await.expect(200);
    idp.get("/Users").await.expect(200);
    idp.get(&format!("/Users/{bob}")).await.expect(200);
    let title = json!([{"op": "replace", "path": "title", "value": "Countess"}]);
    idp.patch(&path, title.clone()).await.expect(200);
    idp.patch(&path, title).await.expect(200);
    idp.patch(&path, json!([{"op": "remove"}]))
        .await
        .expect(400);
    let join = json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]);
    let group = format!("/Groups/{group}");
    idp.patch(&group, join.clone()).await.expect(204);
    idp.patch(&group, join.clone()).await.expect(204);
    idp.patch("/Groups/none", join).await.expect(404);
    idp.post(
        "/Users",
        json!({"schemas": [rollcall_tests::urn::USER], "userName": "Ada"}),
    )
    .await
    .expect(409);
    ada
}

#[test]
fn the_index_finds_what_the_log_has() {
    run(async |service| {
        let tenant = service.tenant("by-person").await;
        let admin = service.admin(&tenant, Role::Admin).await;
        note_indexed(&tenant).await;
        let ada = conversation(&tenant).await;
        let search = async |more: &str| admin.all(&format!("/requests?person={ada}{more}")).await;
        let indexed = search("").await;
        assert_eq!(indexed.len(), 10, "{:#?}", targets(&indexed));
        for limit in [1, 3, 7] {
            let paged = search(&format!("&limit={limit}")).await;
            assert_eq!(targets(&paged), targets(&indexed), "{limit}");
        }
        let failed = search("&failed=true").await;
        assert_eq!(failed.len(), 3, "{:#?}", targets(&failed));
        let middle = indexed[4]["occurred_at"].as_str().unwrap();
        let (newer, older) = (
            search(&format!("&from={middle}")).await,
            search(&format!("&to={middle}")).await,
        );
        assert_eq!(targets(&newer), targets(&indexed[..5]));
        assert_eq!(targets(&older), targets(&indexed[4..]));

        // Without a mark, as after an upgrade, the log is read, and has the same requests.
        raw::delete(service, &tenant, "#Z", "REQUESTS").await;
        assert_eq!(targets(&search("").await), targets(&indexed));
    });
}

#[test]
fn what_was_logged_before_the_index_is_found_in_the_log() {
    run(async |service| {
        let tenant = service.tenant("by-person-later").await;
        let admin = service.admin(&tenant, Role::Admin).await;
        let ada = conversation(&tenant).await;
        let path = format!("/requests?person={ada}");
        let before = admin.all(&path).await;
        // Functions of the earlier version may still run, so the index counts from a moment later.
        note_indexed(&tenant).await;
        let mark = raw::item(service, &tenant, "#Z", "REQUESTS").await;
        let since: Timestamp = raw::text(&mark, "complete_since").parse().unwrap();
        assert!(since > Timestamp::now(), "{since}");
        tenant.idp().get(&format!("/Users/{ada}")).await.expect(200);
        let after = admin.all(&format!("{path}&limit=3")).await;
        assert_eq!(targets(&after[1..]), targets(&before));
        assert_eq!(after.len(), before.len() + 1);
    });
}

#[test]
fn a_search_by_person_costs_the_same_in_any_log() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("by-person-costs").await;
        let log = tenant.request_log();
        log.note_indexed().await.unwrap();
        let ada = person(&tenant, "ada").await;
        let mut failed = LoggedRequest::new("PATCH", &format!("/Users/{ada}"), 400);
        failed.at -= SignedDuration::from_secs(60);
        let (written, cost) = measure(log.write(failed, 30)).await;
        written.unwrap();
        assert_eq!((cost.calls, cost.write_units), (1, 2.0));
        for _ in 0..OTHERS {
            log.write(LoggedRequest::new("GET", "/Users", 200), 30)
                .await
                .unwrap();
        }
        let query = RequestQuery {
            person: Some(ada),
            limit: 100,
            ..RequestQuery::default()
        };
        let (found, cost) = measure(log.search(&query)).await;
        let (found, next) = found.unwrap();
        assert_eq!((found.len(), next), (1, None));
        assert!(cost.calls <= 12 && cost.read_units <= 20.0, "{cost:?}");
    });
}

#[test]
fn an_erasure_reaches_the_index() {
    run(async |service| {
        let tenant = service.tenant("by-person-erased").await;
        note_indexed(&tenant).await;
        let ada = conversation(&tenant).await;
        let sorts = async |partition: &str| -> Vec<String> {
            let items = raw::items(service, &tenant).await;
            let prefix = format!("T#{}{partition}", tenant.id());
            let of = items
                .iter()
                .filter(|item| raw::text(item, "PK").starts_with(&prefix));
            of.map(|item| raw::text(item, "SK").to_owned()).collect()
        };
        let before = sorts("#QS#").await;
        assert!(before.len() > 5, "{before:?}");
        service.drained().await;
        let directory = tenant.directory();
        directory
            .erasures()
            .order_of_person(&ada, Role::Owner)
            .await
            .unwrap();
        service.follow_up(&tenant).await;
        let soon = || tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        for _ in 0..20 {
            if !directory
                .erasures()
                .go_on(Some(&ada), soon())
                .await
                .unwrap()
            {
                break;
            }
        }
        service.drained().await;
        let index = sorts("#QS#").await;
        let items = raw::items(service, &tenant).await;
        let own = format!("T#{}#Q", tenant.id());
        let entries = items.iter().filter(|item| raw::text(item, "PK") == own);
        let entries: Vec<String> = entries
            .map(|item| raw::text(item, "SK").to_owned())
            .collect();
        assert!(index.len() < before.len(), "{index:?}");
        for id in &index {
            assert!(entries.contains(id), "the index names an erased entry");
        }
    });
}
