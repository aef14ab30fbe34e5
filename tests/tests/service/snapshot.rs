//! The snapshot of a directory: read page by page and then followed by the event feed, it misses nothing.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_directory::Reason;
use rollcall_tests::idp::encode;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::urn;
use serde_json::{Value, json};

/// What a reader knows: users and groups by id, as the API shows them.
type Known = BTreeMap<String, Value>;

async fn page(service: &Service, tenant: &Tenant, query: &str) -> Value {
    let path = format!("/tenants/{}/directory{query}", tenant.id());
    service.application().get(&path).await.expect(200).body
}

/// Returns the query of the page after this one.
fn onward(page: &Value, limit: usize) -> Option<String> {
    let next = page["next"].as_str()?;
    Some(format!("?limit={limit}&after={}", encode(next)))
}

/// Adds the users and groups of a page.
fn learn(known: &mut Known, page: &Value) {
    for item in page["items"].as_array().unwrap() {
        if item["type"] != "role" {
            let id = item["id"].as_str().unwrap().to_owned();
            let mut shown = item.clone();
            shown.as_object_mut().unwrap().remove("type");
            assert_eq!(known.insert(id, shown), None, "twice: {item}");
        }
    }
}

/// Follows the feed from a cursor to its end, as a reader does: whom an event is about is read as they are now.
async fn follow(service: &Service, tenant: &Tenant, known: &mut Known, from: &str) {
    let application = service.application();
    let mut after = from.to_owned();
    let mut concerned = BTreeSet::new();
    loop {
        let path = format!("/tenants/{}/events?limit=500&after={after}", tenant.id());
        let events = application.get(&path).await.expect(200).body;
        for event in events["items"].as_array().unwrap() {
            let subject = &event["subject"];
            let kind = subject["type"].as_str().unwrap().to_owned();
            concerned.insert((kind, subject["id"].as_str().unwrap().to_owned()));
            // Members are told with the group.
            for change in [&event["before"], &event["after"]] {
                for list in ["members", "added", "removed"] {
                    for member in change[list].as_array().into_iter().flatten() {
                        let id = member["id"].as_str().or(member.as_str());
                        concerned.extend(id.map(|id| ("user".to_owned(), id.to_owned())));
                    }
                }
            }
        }
        after = events["next"].as_str().unwrap().to_owned();
        if events["head"] == after.parse::<u64>().unwrap() {
            break;
        }
    }
    for (kind, id) in concerned {
        let path = match kind.as_str() {
            "user" => format!("/users/{id}?include=attributes,groups"),
            "group" => format!("/groups/{id}?include=attributes"),
            _ => continue,
        };
        let path = format!("/tenants/{}{path}", tenant.id());
        let now = application.get(&path).await;
        match now.status {
            200 => _ = known.insert(id, now.body),
            _ => _ = known.remove(&id),
        }
    }
}

async fn whole(service: &Service, tenant: &Tenant, limit: usize) -> (Known, Vec<Value>) {
    let (mut known, mut pages) = (Known::new(), Vec::new());
    let mut query = Some(format!("?limit={limit}"));
    while let Some(asked) = query {
        let page = page(service, tenant, &asked).await;
        learn(&mut known, &page);
        query = onward(&page, limit);
        pages.push(page);
    }
    (known, pages)
}

#[test]
fn a_snapshot_and_the_feed_after_it_miss_nothing() {
    run(async |service| {
        let tenant = service.tenant("snapshot").await;
        let idp = tenant.idp();
        let mut people = Vec::new();
        for n in 0..7 {
            people.push(idp.user(&format!("p{n}")).await);
        }
        let team = idp.group("Team", &[&people[0], &people[6]]).await;
        let gone = idp.group("Gone", &[&people[1]]).await;
        service.follow_up(&tenant).await;

        // Everything changes while the snapshot is being read, on pages that were read and on those that were not.
        let first = page(service, &tenant, "?limit=3").await;
        let kinds = |page: &Value| -> Vec<String> {
            let items = page["items"].as_array().unwrap().iter();
            items
                .map(|item| item["type"].as_str().unwrap().to_owned())
                .collect()
        };
        let roles = ["role", "role", "role", "role"];
        assert_eq!(
            kinds(&first),
            [&roles[..], &["group", "group", "user"]].concat()
        );
        let mut known = Known::new();
        learn(&mut known, &first);
        let rename = |name: &str| json!([{"op": "replace", "path": "userName", "value": name}]);
        for (person, name) in [(&people[0], "renamed-early"), (&people[6], "renamed-late")] {
            let path = format!("/Users/{person}");
            idp.patch(&path, rename(name)).await.expect(200);
        }
        idp.delete(&format!("/Users/{}", people[2]))
            .await
            .expect(204);
        idp.delete(&format!("/Groups/{gone}")).await.expect(204);
        let add = json!([{"op": "add", "path": "members", "value": [{"value": people[3]}, {"value": people[5]}]}]);
        idp.patch(&format!("/Groups/{team}"), add).await.expect(204);
        idp.group("Late", &[&people[0], &people[4]]).await;
        let late = idp.user("late").await;
        let mut query = onward(&first, 3);
        while let Some(asked) = query {
            let page = page(service, &tenant, &asked).await;
            assert_eq!(page["events_after"], first["events_after"]);
            assert!(kinds(&page).len() <= 3 && !kinds(&page).contains(&"role".to_owned()));
            learn(&mut known, &page);
            query = onward(&page, 3);
        }
        idp.delete(&format!("/Users/{late}")).await.expect(204);
        service.follow_up(&tenant).await;
        let from = first["events_after"].as_str().unwrap();
        follow(service, &tenant, &mut known, from).await;

        let (expected, _) = whole(service, &tenant, 500).await;
        assert_eq!(known, expected);
        assert_eq!(expected.len(), 6 + 2);
        let groups = &expected[&people[0]]["groups"];
        let names: BTreeSet<&str> = groups
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|group| group["display_name"].as_str())
            .collect();
        assert_eq!(names, ["Late", "Team"].into());
        assert_eq!(expected[&team]["member_count"], 4);
    });
}

#[test]
fn a_snapshot_can_be_read_as_json_lines() {
    run(async |service| {
        let tenant = service.tenant("snapshot-lines").await;
        let ada = json!({"schemas": [urn::USER, urn::ENTERPRISE], "userName": "ada", "title": "Line\nbreak",
                         urn::ENTERPRISE: {"department": "Research"}});
        tenant.idp().post("/Users", ada).await.expect(201);
        tenant.idp().user("bob").await;
        let lines = service
            .application()
            .and_header("accept", "application/x-ndjson");
        let path = format!("/tenants/{}/directory?limit=1", tenant.id());
        let answer = lines.get(&path).await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
        let first = answer.body.as_array().unwrap();
        let (last, items) = first.split_last().unwrap();
        assert_eq!(items.last().unwrap()["attributes"]["title"], "Line\nbreak");
        assert_eq!(last["type"], "page");
        let next = encode(last["next"].as_str().unwrap());
        let path = format!("/tenants/{}/directory?limit=100", tenant.id());
        let second = lines.get(&format!("{path}&after={next}")).await.expect(200);
        let second = second.body.as_array().unwrap();
        assert_eq!((second.len(), &second[0]["user_name"]), (2, &json!("bob")));
        assert!(second[1].get("next").is_none(), "{second:?}");
        assert_eq!(second[1]["events_after"], last["events_after"]);
    });
}

#[test]
fn a_page_is_bounded_by_its_size() {
    run(async |service| {
        let tenant = service.tenant("snapshot-large").await;
        let idp = tenant.idp();
        let long = "\"".repeat(50_000);
        for n in 0..24 {
            let large =
                json!({"schemas": [urn::USER], "userName": format!("large{n}"), "title": long});
            idp.post("/Users", large).await.expect(201);
        }
        let (known, pages) = whole(service, &tenant, 500).await;
        assert_eq!(known.len(), 24);
        assert!(pages.len() > 1, "{}", pages.len());
    });
}

#[test]
fn cursors_are_those_of_the_tenant() {
    run(async |service| {
        let tenant = service.tenant("snapshot-own").await;
        let other = service.tenant("snapshot-other").await;
        for name in ["ada", "bob"] {
            tenant.idp().user(name).await;
            other.idp().user(name).await;
        }
        let foreign = page(service, &other, "?limit=1").await;
        let foreign = foreign["next"].as_str().unwrap();
        let own = page(service, &tenant, "?limit=1").await;
        let own = own["next"].as_str().unwrap();
        let users = format!("/tenants/{}/users?limit=1", tenant.id());
        let application = service.application();
        let users = application.get(&users).await.string("/next");
        let shorter = &own[..own.len() - 1];
        for cursor in [foreign, &users, shorter, "x", "", "-e30.e30", "7"] {
            let path = format!(
                "/tenants/{}/directory?after={}",
                tenant.id(),
                encode(cursor)
            );
            let refused = application.get(&path).await.expect(400);
            refused.because(Reason::InvalidCursor);
        }
        let gone = service.tenant("snapshot-gone").await;
        application
            .delete(&format!("/tenants/{}", gone.id()))
            .await
            .expect(204);
        for tenant in [gone.id(), "none"] {
            let path = format!("/tenants/{tenant}/directory");
            application.get(&path).await.expect(404);
        }
    });
}
