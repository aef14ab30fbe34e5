//! Items of the journal, the feed and the request log that cannot be read: they hide no others, and hold up nobody's erasure.

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_tests::raw::{self, Item};
use rollcall_tests::scene::Scene;
use rollcall_tests::service::{Service, run};
use serde_json::json;

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
