//! Exports: complete, without secrets, and of a person only what names them.

use std::collections::BTreeSet;

use rollcall_directory::Role;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
use serde_json::{Value, json};

/// Returns the types of the objects.
fn types(lines: &[Value]) -> BTreeSet<&str> {
    lines
        .iter()
        .filter_map(|line| line["type"].as_str())
        .collect()
}

/// Returns the ids of the objects of a type.
fn ids<'l>(lines: &'l [Value], kind: &str) -> BTreeSet<&'l str> {
    let of_kind = lines.iter().filter(|line| line["type"] == kind);
    of_kind.filter_map(|line| line["id"].as_str()).collect()
}

/// A tenant with two people, Ada among them, and something in every log.
async fn scene(
    service: &rollcall_tests::service::Service,
    name: &str,
) -> (Scene, String, String, String) {
    let scene = Scene::create(service, name).await;
    let ada = scene
        .push(json!({"userName": "ada@x.test", "displayName": "Ada"}))
        .await;
    let bob = scene.push(json!({"userName": "bob@x.test"})).await;
    let group = scene.tenant.idp().group("Staff", &[&ada, &bob]).await;
    let roles = scene.tenant.directory().roles();
    roles.map_group(&group, Some(Role::Admin)).await.unwrap();
    scene.signed_in(json!({"user_name": "ada@x.test"})).await;
    let gone = scene.push(json!({"userName": "gone@x.test"})).await;
    scene
        .tenant
        .idp()
        .delete(&format!("/Users/{gone}"))
        .await
        .expect(204);
    service.follow_up(&scene.tenant).await;
    (scene, ada, bob, group)
}

#[test]
fn the_export_of_a_tenant_is_complete_and_has_no_secrets() {
    run(async |service| {
        let (scene, ada, bob, group) = scene(service, "exported").await;
        let path = format!("/tenants/{}/export", scene.tenant.id());
        let lines = scene.application.all(&format!("{path}?limit=3")).await;
        let expected = [
            "audit_entry",
            "connection",
            "deleted_user",
            "event",
            "group",
            "membership",
            "request",
            "role_mapping",
            "session",
            "sign_in",
            "tenant",
            "token",
            "user",
        ];
        assert_eq!(types(&lines), BTreeSet::from(expected));
        assert_eq!(ids(&lines, "user"), BTreeSet::from([ada.as_str(), &bob]));
        let members = lines.iter().filter(|line| line["type"] == "membership");
        assert!(members.clone().all(|line| line["group"] == group.as_str()));
        assert_eq!(members.count(), 2);
        let journal = service.journal(&scene.tenant).await;
        assert_eq!(ids(&lines, "audit_entry").len(), journal.len());
        let text = json!(lines).to_string();
        assert!(text.contains(r#""userName":"ada@x.test""#), "{text}");
        // Tokens and sessions are without the hashes by which they are found.
        assert_eq!(ids(&lines, "session"), BTreeSet::new());
        assert!(ids(&lines, "token").iter().all(|id| id.len() == 36));
        assert!(!text.contains(scene.tenant.token()));
        // A page size does not change it.
        assert_eq!(
            scene
                .application
                .all(&format!("{path}?limit=500"))
                .await
                .len(),
            lines.len()
        );
        scene
            .application
            .get(&format!("{path}?after=nowhere"))
            .await
            .expect(400);
        scene
            .application
            .get("/tenants/never-there/export")
            .await
            .expect(404);
    });
}

#[test]
fn the_export_of_a_person_has_what_names_them() {
    run(async |service| {
        let (scene, ada, bob, _) = scene(service, "exported-person").await;
        let path = format!("/tenants/{}/users/{ada}/export", scene.tenant.id());
        let lines = scene.application.all(&path).await;
        let expected = [
            "audit_entry",
            "event",
            "membership",
            "request",
            "session",
            "sign_in",
            "user",
        ];
        assert_eq!(types(&lines), BTreeSet::from(expected));
        assert_eq!(ids(&lines, "user"), BTreeSet::from([ada.as_str()]));
        let text = json!(lines).to_string();
        assert!(!text.contains("bob@x.test"), "{text}");
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        admin.get(&format!("/users/{ada}/export")).await.expect(403);
        let owner = service.admin(&scene.tenant, Role::Owner).await;
        assert!(!owner.all(&format!("/users/{bob}/export")).await.is_empty());
        owner.get("/users/nobody/export").await.expect(404);
    });
}

#[test]
fn the_export_of_a_deleted_person_has_what_names_them() {
    run(async |service| {
        let (scene, ..) = scene(service, "exported-deleted").await;
        let gone = scene.push(json!({"userName": "left@x.test"})).await;
        let idp = scene.tenant.idp();
        idp.delete(&format!("/Users/{gone}")).await.expect(204);
        service.follow_up(&scene.tenant).await;
        let path = format!("/tenants/{}/users/{gone}/export", scene.tenant.id());
        let lines = scene.application.all(&path).await;
        let expected = ["audit_entry", "deleted_user", "event", "request"];
        assert_eq!(types(&lines), BTreeSet::from(expected));
        // The request that created them has their user name, and not their id.
        assert!(lines.iter().any(|line| line["http_method"] == "POST"));
        let text = json!(lines).to_string();
        for other in ["ada@x.test", "bob@x.test", "gone@x.test"] {
            assert!(!text.contains(other), "{text}");
        }
    });
}
