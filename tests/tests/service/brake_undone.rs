//! What is held stays listed, counts for nobody else, and is taken back by a push.

use rollcall_directory::Reason;
use rollcall_tests::idp::Idp;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

use crate::brake::{deactivate, deactivate_all, decide, held, held_path, holding, is_in, told};

fn path(person: &str) -> String {
    format!("/Users/{person}")
}

fn named(name: &str) -> Value {
    json!({"schemas": [urn::USER], "userName": name, "active": true})
}

async fn exists(scene: &Scene, person: &str) -> bool {
    let read = scene.at_tenant(&format!("/users/{person}")).await;
    read.status == 200
}

#[test]
fn nothing_is_held_of_whoever_was_deleted_and_comes_back() {
    run(async |service| {
        let (scene, people) = holding(service, "undone-restored", 23).await;
        let restore = json!({"deleted_people": "restore"});
        let settings = scene.path("/settings");
        scene
            .application
            .patch(&settings, restore)
            .await
            .expect(200);
        deactivate_all(&scene, &people[..20]).await;
        let idp = scene.tenant.idp();
        idp.delete(&path(&people[20])).await.expect(204);
        assert_eq!(held(&scene).await.len(), 1);
        decide(&scene.application, &held_path(&scene), "apply").await;
        assert!(!exists(&scene, &people[20]).await);
        let back = idp.post("/Users", named("p0020")).await.expect(201).id();
        assert_eq!(back, people[20]);
        idp.get(&path(&back)).await.expect(200);
        let sign_in = scene.tenant.directory().sign_in();
        let released = sign_in.release_held(None, usize::MAX).await;
        assert!(released.failed.is_none() && released.next.is_none());
        assert!(held(&scene).await.is_empty());
        assert!(exists(&scene, &back).await && is_in(&scene, &back).await);
        idp.get(&path(&back)).await.expect(200);
    });
}

#[test]
fn a_rename_that_closes_an_account_lists_what_is_held() {
    run(async |service| {
        let (scene, people) = holding(service, "undone-renamed", 23).await;
        let visitor = scene.signed_in(json!({"user_name": "visitor"})).await;
        deactivate_all(&scene, &people[..20]).await;
        let change = json!([{"op": "replace", "value": {"userName": "visitor", "active": false}}]);
        let idp = scene.tenant.idp();
        let changed = idp.patch(&path(&people[20]), change).await;
        assert_eq!(changed.expect(200).body["userName"], "visitor");
        assert!(!exists(&scene, &visitor).await && is_in(&scene, &people[20]).await);
        let list = held(&scene).await;
        assert_eq!(list.len(), 1);
        assert_eq!(list[0]["people"][0]["id"], people[20]);
        decide(&scene.application, &held_path(&scene), "apply").await;
        assert!(!is_in(&scene, &people[20]).await);
    });
}

#[test]
fn a_held_deletion_is_that_of_one_connection() {
    run(async |service| {
        let (scene, people) = holding(service, "undone-others", 25).await;
        let (other, theirs) = scene.another("other").await;
        let idp = scene.tenant.idp();
        deactivate_all(&scene, &people[..20]).await;
        for person in &people[20..23] {
            idp.delete(&path(person)).await.expect(204);
            idp.get(&path(person)).await.refused(404, "");
            theirs.get(&path(person)).await.expect(200);
        }
        assert_eq!(theirs.get("/Users").await.expect(200).total(), 25);
        assert_eq!(idp.get("/Users").await.expect(200).total(), 22);
        // Another connection does not get the name by it.
        let taken = theirs.post("/Users", named("p0020")).await;
        taken.expect(409).because(Reason::OwnedByAnother);
        let una = theirs.post("/Users", named("una")).await.expect(201).id();
        let rename = json!([{"op": "replace", "path": "userName", "value": "p0021"}]);
        theirs.patch(&path(&una), rename).await.expect(409);
        assert_eq!(held(&scene).await.len(), 3);
        assert!(exists(&scene, &people[20]).await && exists(&scene, &people[21]).await);

        // The connection itself takes it back.
        let back = idp.post("/Users", named("p0020")).await.expect(201).id();
        assert_eq!(back, people[20]);
        assert_eq!(held(&scene).await.len(), 2);
        assert_eq!(told(service, &scene, "brake.discarded").await, 1);
        // A rename of somebody else onto the name lets it take effect.
        let rename = json!([{"op": "replace", "path": "userName", "value": "p0021"}]);
        idp.patch(&path(&people[23]), rename).await.expect(200);
        assert!(!exists(&scene, &people[21]).await);
        // A connection that takes somebody over goes on with them.
        let replaces = json!({"replaces": [scene.tenant.connection_id()]});
        let rules = scene.path(&format!("/connections/{other}"));
        scene.application.patch(&rules, replaces).await.expect(200);
        let title = json!([{"op": "replace", "path": "title", "value": "Dr"}]);
        theirs.patch(&path(&people[22]), title).await.expect(200);
        assert!(held(&scene).await.is_empty());
        idp.get(&path(&people[22])).await.expect(200);
        assert_eq!(idp.get("/Users").await.expect(200).total(), 25);
    });
}

#[test]
fn somebody_else_with_the_name_of_whoever_was_deleted_is_somebody_new() {
    run(async |service| {
        let (scene, people) = holding(service, "undone-new", 21).await;
        let with = |id: &str| json!({"userName": "ada", "externalId": id});
        let ada = scene.push(with("e-1")).await;
        deactivate_all(&scene, &people[..20]).await;
        let idp = scene.tenant.idp();
        idp.delete(&path(&ada)).await.expect(204);
        assert_eq!(held(&scene).await.len(), 1);
        let new = scene.push(with("e-2")).await;
        assert_ne!(new, ada);
        assert!(!exists(&scene, &ada).await && held(&scene).await.is_empty());
        assert_eq!(idp.get("/Users").await.expect(200).total(), 22);
    });
}

/// Reads all pages. Returns the ids of each.
async fn pages(idp: &Idp, query: &str, by_cursor: bool) -> Vec<Vec<String>> {
    let (mut pages, mut at) = (Vec::<Vec<String>>::new(), String::new());
    loop {
        let start = 1 + pages.iter().map(Vec::len).sum::<usize>();
        let place = match by_cursor {
            true => format!("cursor={at}"),
            false => format!("startIndex={start}"),
        };
        let page = idp.get(&format!("/Users?count=3{query}&{place}")).await;
        let page = page.expect(200);
        assert_eq!(page.total(), 24, "{query} {place}");
        pages.push(page.strings("/Resources/*/id"));
        let next = page.body["nextCursor"].as_str().map(str::to_owned);
        let is_last = match by_cursor {
            true => next.is_none(),
            false => start + 3 > 24,
        };
        if is_last {
            return pages;
        }
        at = next.unwrap_or_default();
    }
}

#[test]
fn a_page_is_filled_past_held_deletions() {
    run(async |service| {
        let (scene, people) = holding(service, "undone-pages", 30).await;
        let idp = scene.tenant.idp();
        deactivate_all(&scene, &people[..20]).await;
        let gone = &people[21..27];
        for person in gone {
            idp.delete(&path(person)).await.expect(204);
        }
        assert_eq!(held(&scene).await.len(), 6);
        for (query, by_cursor) in [
            ("", false),
            ("", true),
            ("&sortBy=userName", false),
            ("&sortBy=userName", true),
            ("&sortBy=userName&sortOrder=descending", true),
            ("&sortBy=title", true),
        ] {
            let pages = pages(&idp, query, by_cursor).await;
            let sizes: Vec<usize> = pages.iter().map(Vec::len).collect();
            assert_eq!(sizes, [3; 8], "{query} {by_cursor}");
            let mut found = pages.concat();
            found.sort();
            let mut expected = people.clone();
            expected.retain(|person| !gone.contains(person));
            expected.sort();
            assert_eq!(found, expected, "{query} {by_cursor}");
        }
        // What is decided counts no more.
        decide(&scene.application, &held_path(&scene), "apply").await;
        assert_eq!(idp.get("/Users?count=3").await.expect(200).total(), 24);
        let all = scene.at_tenant("/users").await.expect(200);
        assert_eq!(all.status, 200);
    });
}

#[test]
fn who_is_adopted_and_deactivated_at_once_is_counted_and_held() {
    run(async |service| {
        let (scene, people) = holding(service, "undone-adopted", 21).await;
        let visitor = scene.signed_in(json!({"user_name": "visitor"})).await;
        deactivate_all(&scene, &people[..20]).await;
        let adopted = json!({"userName": "visitor", "active": false});
        assert_eq!(scene.push(adopted).await, visitor);
        assert!(is_in(&scene, &visitor).await);
        let list = held(&scene).await;
        assert_eq!(list.len(), 1);
        assert_eq!(list[0]["people"][0]["id"], visitor);
        decide(&scene.application, &held_path(&scene), "apply").await;
        assert!(!is_in(&scene, &visitor).await);
    });
}

#[test]
fn whoever_was_blocked_meanwhile_is_told_to_be_in_again() {
    run(async |service| {
        let (scene, people) = holding(service, "undone-blocked", 22).await;
        deactivate_all(&scene, &people[..20]).await;
        deactivate(&scene, &people[20]).await;
        assert_eq!(held(&scene).await.len(), 1);
        let block = scene.path(&format!("/users/{}/block", people[20]));
        scene.application.post(&block, json!({})).await.expect(200);
        assert!(!is_in(&scene, &people[20]).await);
        let back = scene.set(&people[20], "active", json!(true)).await;
        back.expect(200);
        assert!(is_in(&scene, &people[20]).await && held(&scene).await.is_empty());
        assert_eq!(told(service, &scene, "user.reactivated").await, 1);
    });
}
