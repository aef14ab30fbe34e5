//! Items of the journal, the feed, the request log and the directory that cannot be read: they hide no others, and hold up
//! nobody's erasure.

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_tests::idp::encode;
use rollcall_tests::raw::{self, Item};
use rollcall_tests::scene::Scene;
use rollcall_tests::service::{Service, run};
use serde_json::{Value, json};

use crate::erasure::finished;

/// Returns the items of a partition of the tenant.
async fn items(service: &Service, scene: &Scene, suffix: &str) -> Vec<Item> {
    let partition = format!("T#{}{suffix}", scene.tenant.id());
    let items = raw::items(service, &scene.tenant).await.into_iter();
    let of_partition = items.filter(|item| raw::text(item, "PK") == partition);
    of_partition.collect()
}

fn names(item: &Item, text: &str) -> bool {
    format!("{item:?}").contains(text)
}

/// Makes an item unreadable that names this person, and adds one that names nobody.
async fn damage(service: &Service, scene: &Scene, suffix: &str, person: &str) -> String {
    let mut found = items(service, scene, suffix).await;
    found.retain(|item| names(item, person) && item.contains_key("at"));
    let mut named = found.pop().expect("an item that names the person");
    named.remove("type");
    named.remove("at");
    let nobody = uuid::Uuid::now_v7().to_string();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let other = Item::from([
        ("PK".to_owned(), named["PK"].clone()),
        ("SK".to_owned(), text(&nobody)),
        ("note".to_owned(), text("of another version")),
    ]);
    raw::put(service, named).await;
    raw::put(service, other).await;
    nobody
}

#[test]
fn unreadable_items_hide_no_others_and_stop_no_erasure() {
    run(async |_| {
        let service = &Service::start().await;
        let scene = Scene::create(service, "unreadable").await;
        let push = async |name: &str| scene.push(json!({"userName": name})).await;
        let (ada, bob, eve) = (push("ada").await, push("bob").await, push("eve").await);
        let idp = scene.tenant.idp();
        for user in [&ada, &bob, &eve] {
            idp.get(&format!("/Users/{user}")).await.expect(200);
            let title = json!("Dr.");
            scene.set(user, "title", title).await.expect(200);
        }
        service.drained().await;
        let entry = damage(service, &scene, "#J", &ada).await;
        let request = damage(service, &scene, "#Q", &ada).await;
        // An event was cut.
        let events = items(service, &scene, "#F").await;
        let event = events
            .into_iter()
            .find(|item| names(item, &ada) && raw::text(item, "event").contains("user.created"));
        let mut event = event.expect("an event");
        let whole = raw::text(&event, "event").to_owned();
        let cut = AttributeValue::S(whole[..whole.len() - 1].to_owned());
        event.insert("event".to_owned(), cut);
        let place: u64 = raw::text(&event, "SK").parse().unwrap();
        raw::put(service, event).await;
        service.drained().await;

        let count = async |path: &str| scene.application.all(&scene.path(path)).await.len();
        for path in ["/audit", "/requests", "/export"] {
            assert!(count(path).await > 3, "{path}");
        }
        for user in [&ada, &bob] {
            assert!(count(&format!("/audit?subject={user}")).await > 0);
            let path = scene.path(&format!("/requests?person={user}"));
            scene.application.get(&path).await.expect(200);
        }
        scene.at_tenant("/health").await.expect(200);
        let feed = scene.at_tenant("/events?limit=500").await.expect(200).body;
        let told = feed["items"].as_array().unwrap().iter();
        let told: Vec<u64> = told.map(|it| it["sequence"].as_u64().unwrap()).collect();
        assert!(!told.contains(&place), "{told:?}");
        assert_eq!(told.last(), feed["head"].as_u64().as_ref(), "{feed}");
        let journal = scene.tenant.directory().journal();
        let verified = journal.verify(0, 500).await.unwrap();
        let at: Vec<u64> = verified.faults.iter().map(|(place, _)| *place).collect();
        assert_eq!(at, [place]);

        let erasure = |user: &str| scene.path(&format!("/users/{user}/erasure"));
        for user in [&ada, &bob] {
            let ordered = scene.application.post(&erasure(user), json!({})).await;
            ordered.expect(202);
        }
        for user in [&ada, &bob] {
            finished(service, &scene.application, &erasure(user)).await;
        }
        for (suffix, stays) in [("#J", Some(&entry)), ("#Q", Some(&request)), ("#F", None)] {
            let left = items(service, &scene, suffix).await;
            let is_about = |item: &&Item| {
                let is_told = ["user.erased", "user.erasure_requested"];
                names(item, &ada) && !is_told.iter().any(|kind| names(item, kind))
            };
            let about: Vec<_> = left.iter().filter(is_about).collect();
            assert!(about.is_empty(), "{suffix}: {about:?}");
            if let Some(id) = stays {
                assert!(left.iter().any(|item| raw::text(item, "SK") == id));
            }
        }
        // The event keeps its place: no reader meets a gap.
        let feed = scene.at_tenant("/events?limit=500").await.expect(200).body;
        assert_eq!(feed["next"], feed["head"].to_string(), "{feed}");
        assert!(count(&format!("/audit?subject={eve}")).await > 0);
    });
}

/// Cuts an attribute of a person or a group short, or removes another one that each of them has.
async fn break_record(scene: &Scene, service: &Service, (suffix, id): (&str, &str), cut: bool) {
    let mut item = raw::item(service, &scene.tenant, suffix, id).await;
    match cut {
        true => {
            let whole = raw::text(&item, "document").to_owned();
            let cut = AttributeValue::S(whole[..whole.len() - 1].to_owned());
            item.insert("document".to_owned(), cut);
        }
        false => _ = item.remove("version"),
    }
    raw::put(service, item).await;
}

#[test]
fn a_snapshot_names_who_cannot_be_read_and_goes_on() {
    run(async |_| {
        let service = &Service::start().await;
        let scene = Scene::create(service, "unreadable-people").await;
        let push = async |name: &str| scene.push(json!({"userName": name})).await;
        let (ada, bob, eve) = (push("ada").await, push("bob").await, push("eve").await);
        let idp = scene.tenant.idp();
        let lost = idp.group("Lost", &[&ada, &eve]).await;
        let team = idp.group("Team", &[&bob, &eve]).await;
        scene.signed_in(json!({"user_name": "ada"})).await;
        service.drained().await;
        break_record(&scene, service, ("#G", &lost), true).await;
        break_record(&scene, service, ("#U", &ada), false).await;
        break_record(&scene, service, ("#U", &bob), true).await;

        let unreadable = [
            json!({"type": "group", "id": lost}),
            json!({"type": "user", "id": ada}),
            json!({"type": "user", "id": bob}),
        ];
        for limit in [1, 500] {
            let (mut items, mut left_out) = (Vec::new(), Vec::new());
            let mut query = format!("/directory?limit={limit}");
            loop {
                let page = scene.at_tenant(&query).await.expect(200).body;
                items.extend(page["items"].as_array().unwrap().clone());
                left_out.extend(page["unreadable"].as_array().cloned().unwrap_or_default());
                let Some(next) = page["next"].as_str() else {
                    break;
                };
                query = format!("/directory?limit={limit}&after={}", encode(next));
            }
            items.retain(|item| item["type"] != "role");
            let ids: Vec<&str> = items
                .iter()
                .filter_map(|item| item["id"].as_str())
                .collect();
            assert_eq!(ids, [&team, &eve], "{items:?}");
            assert_eq!(left_out, unreadable);
        }
        let lines = service
            .application()
            .and_header("accept", "application/x-ndjson");
        let lines = lines.get(&scene.path("/directory")).await.expect(200).body;
        let last = lines.as_array().and_then(|lines| lines.last()).unwrap();
        assert_eq!(last["type"], "page");
        assert_eq!(last["unreadable"], Value::from(unreadable.to_vec()));
        scene.at_tenant("/health").await.expect(200);
    });
}
