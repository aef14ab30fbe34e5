//! What a sign-in brings and why one is refused, as the admins and the makers of the application see it: the document, the
//! findings of Health, the person's page and the audit log.

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{Reason, Role};
use rollcall_insight::FindingKind::{self, *};
use rollcall_insight::{Finding, Insight};
use rollcall_tests::api::Api;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::{Service, run};
use rollcall_tests::urn;
use rollcall_tests::visitor::Visitor;
use serde_json::{Value, json};

const DOCUMENT: &str = include_str!("../../../infra/signing-in.md");
/// The connection and the time that the document uses.
const CONNECTION: &str = "01a2051c-6cf2-7d0b-8f7e-5b3f0c2d4e60";
const UNTIL: &str = "2026-12-06T12:00:00Z";

/// Returns the bodies in the document of one kind, which is the word after `json`.
fn bodies(kind: &str) -> Vec<&'static str> {
    let blocks = DOCUMENT.split("```json ").skip(1);
    let blocks = blocks.filter_map(|block| block.split_once("```")?.0.split_once('\n'));
    let of_kind = blocks.filter(|(info, _)| *info == kind);
    of_kind.map(|(_, body)| body).collect()
}

async fn findings(scene: &Scene) -> Vec<Finding> {
    let health = Insight::of(scene.tenant.directory()).health().await;
    health.unwrap().findings
}

async fn finding(scene: &Scene, kind: FindingKind) -> Option<Finding> {
    let found = findings(scene).await;
    found.into_iter().find(|one| one.kind == kind)
}

#[test]
fn the_service_accepts_what_the_document_shows() {
    run(async |service| {
        let logins = bodies("login");
        assert_eq!(logins.len(), 5);
        for (number, login) in logins.into_iter().enumerate() {
            let scene = Scene::create(service, &format!("documented-{number}")).await;
            let own = scene.tenant.connection_id();
            let login: Value = serde_json::from_str(&login.replace(CONNECTION, own)).unwrap();
            let name = login["user_name"].clone();
            let mut pushed = json!({"userName": name});
            if let Some(id) = login.get("external_id") {
                pushed["externalId"] = id.clone();
            }
            // Google pushes nobody.
            let ada = match login["connection"] == own {
                true => scene.push(pushed).await,
                false => scene.signed_in(login.clone()).await,
            };
            for _ in 0..2 {
                assert_eq!(scene.signed_in(login.clone()).await, ada, "{login}");
            }
            // It is a subject, so nobody else's is let in.
            let mut other = login.clone();
            other["subject"] = json!("another");
            scene.conflicts(other, &[&ada]).await;
        }
        let scene = Scene::create(service, "documented-rules").await;
        let other = scene.tenant.directory().credentials();
        let other = other.create_connection("Old", rollcall_directory::Provider::Okta);
        let other = other.await.unwrap().id;
        let soon = (Timestamp::now() + SignedDuration::from_hours(24)).to_string();
        let tenant = scene.tenant.id();
        let own = scene.tenant.connection_id();
        let changes = bodies("connection");
        assert_eq!(changes.len(), 3);
        for change in changes {
            let change = change.replace(CONNECTION, &other).replace(UNTIL, &soon);
            let path = format!("/tenants/{tenant}/connections/{own}");
            let change = serde_json::from_str(&change).unwrap();
            scene.application.patch(&path, change).await.expect(200);
        }
        let settings = bodies("settings");
        assert_eq!(settings.len(), 1);
        let change = serde_json::from_str(settings[0]).unwrap();
        let path = format!("/tenants/{tenant}/settings");
        scene.application.patch(&path, change).await.expect(200);
    });
}

#[test]
fn the_document_has_every_refusal() {
    for refusal in rollcall_directory::SignInRefusal::ALL {
        let code = format!("`{refusal}`");
        assert!(DOCUMENT.contains(&code), "{code}");
    }
}

/// A scene with an owner who was renamed over SCIM, and is refused.
async fn renamed_owner(service: &Service, name: &str) -> (Scene, String) {
    let scene = Scene::create(service, name).await;
    let owner = scene
        .push(json!({"userName": "olga", "externalId": "x-olga"}))
        .await;
    scene.signed_in(json!({"user_name": "olga"})).await;
    scene.give(&owner, Role::Owner).await;
    scene
        .set(&owner, "userName", json!("olga.new"))
        .await
        .expect(200);
    scene
        .set(&owner, "externalId", json!("x-new"))
        .await
        .expect(200);
    scene
        .conflicts(json!({"user_name": "olga.new"}), &[&owner])
        .await;
    (scene, owner)
}

#[test]
fn a_refused_sign_in_is_a_finding_with_its_remedy_until_the_person_is_in() {
    run(async |service| {
        let (scene, owner) = renamed_owner(service, "refused-finding").await;
        let found = finding(&scene, SignInRefused).await.unwrap();
        assert_eq!((found.count, &found.among[0].id), (1, &owner));
        assert!(found.title().contains("given by hand"), "{}", found.title());

        let admin = service.admin(&scene.tenant, Role::Admin).await;
        for answer in [
            admin.get("/health").await.expect(200),
            scene.at_tenant("/health").await.expect(200),
        ] {
            let told = answer.select("/findings/*");
            let told = told
                .iter()
                .find(|one| one["kind"] == "sign_in_refused")
                .unwrap();
            assert_eq!(
                (&told["refusal"], &told["severity"]),
                (&json!("unproven"), &json!("warning"))
            );
            assert_eq!(told["subject"]["id"], owner);
        }
        let visitor = Visitor::with_link(service, &scene.tenant, Role::Admin).await;
        let page = visitor.get("/console/health").await.expect(200).html;
        let link = format!(
            "<a class=\"remedy button\" href=\"/console/people/{owner}\">Confirm the person</a>"
        );
        assert!(page.contains(&link), "{page}");

        scene
            .set(&owner, "userName", json!("olga"))
            .await
            .expect(200);
        assert_eq!(scene.signed_in(json!({"user_name": "olga"})).await, owner);
        assert!(finding(&scene, SignInRefused).await.is_none());
    });
}

#[test]
fn a_person_says_why_they_were_kept_out_and_what_they_were_called() {
    run(async |service| {
        let (scene, owner) = renamed_owner(service, "refused-person").await;
        let path = format!("/users/{owner}/identity");
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        let told = admin.get(&path).await.expect(200).body;
        let refused = &told["refused_sign_ins"][0];
        assert_eq!(
            (&refused["reason"], &refused["user_name"]),
            (&json!("unproven"), &json!("olga.new"))
        );
        assert!(
            refused["remedy"]
                .as_str()
                .unwrap_or_default()
                .contains("confirm"),
            "{told}"
        );
        let former: Vec<_> = told["former_identifiers"]
            .as_array()
            .unwrap()
            .iter()
            .collect();
        let names: Vec<_> = former
            .iter()
            .map(|one| (&one["attribute"], &one["value"]))
            .collect();
        let expected = [
            (json!("externalId"), json!("x-olga")),
            (json!("userName"), json!("olga")),
        ];
        assert_eq!(
            names,
            expected.iter().map(|(a, b)| (a, b)).collect::<Vec<_>>()
        );
        admin.get("/users/nobody/identity").await.expect(404);

        let visitor = Visitor::with_link(service, &scene.tenant, Role::Admin).await;
        let page = visitor
            .get(&format!("/console/people/{owner}"))
            .await
            .expect(200)
            .html;
        for text in [
            "data-refused=\"unproven\"",
            "Former identifiers",
            "<bdi>x-olga</bdi>",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
    });
}

/// Case 17: one finding, one event, a window; whoever is protected stays out.
#[test]
fn when_all_subjects_change_there_is_one_finding_and_one_event() {
    run(async |service| {
        let scene = Scene::create(service, "subjects-changed").await;
        let connection = scene.tenant.connection_id();
        let login = |name: &str, subject: &str| json!({"user_name": name, "connection": connection, "subject": format!("{subject}-{name}")});
        let names = ["ann", "bob", "cy", "dee", "eve", "olga"];
        let mut ids = Vec::new();
        for name in names {
            ids.push(scene.push(json!({"userName": name})).await);
            for _ in 0..2 {
                scene.signed_in(login(name, "old")).await;
            }
        }
        scene.give(&ids[5], Role::Owner).await;
        for name in names {
            scene.conflicts(login(name, "new"), &[]).await;
        }
        // Six signed in and the same six are refused: half of them is reached.
        let found = finding(&scene, SubjectsChanged).await.unwrap();
        assert_eq!(
            (found.count, found.subject.map(|one| one.id)),
            (6, Some(connection.to_owned()))
        );
        assert!(finding(&scene, SignInRefused).await.is_none());
        let events = announced(service, &scene).await;
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!(events[0]["subject"]["id"], connection);
        assert_eq!(events[0]["actor"], json!({"type": "system"}));

        let soon = (Timestamp::now() + SignedDuration::from_hours(24)).to_string();
        let path = format!("/tenants/{}/connections/{connection}", scene.tenant.id());
        let window = json!({"rebind_until": soon});
        scene.application.patch(&path, window).await.expect(200);
        for (name, id) in names.iter().zip(&ids).take(5) {
            assert_eq!(scene.signed_in(login(name, "new")).await, *id);
        }
        scene.conflicts(login("olga", "new"), &[]).await;
        assert!(finding(&scene, SubjectsChanged).await.is_none());
        assert_eq!(finding(&scene, SignInRefused).await.unwrap().count, 1);
    });
}

async fn announced(service: &Service, scene: &Scene) -> Vec<Value> {
    service.drained().await;
    let path = format!("/tenants/{}/events", scene.tenant.id());
    let feed = scene.application.get(&path).await.expect(200);
    let events = feed.select("/items/*").into_iter().cloned();
    events
        .filter(|event| event["type"] == "connection.subjects_changed")
        .collect()
}

#[test]
fn sign_ins_that_bring_a_name_or_nothing_are_findings() {
    run(async |service| {
        let scene = Scene::create(service, "brought").await;
        let connection = scene.tenant.connection_id();
        let transient = json!({"user_name": "ann", "connection": connection, "subject": "_a1",
            "subject_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"});
        let ann = scene.signed_in(transient.clone()).await;
        let mut next = transient.clone();
        next["subject"] = json!("_b2");
        for _ in 0..2 {
            assert_eq!(scene.signed_in(next.clone()).await, ann);
        }
        let found = finding(&scene, SubjectIsName).await.unwrap();
        assert_eq!((found.count, &found.among[0].id), (1, &ann));
        assert!(finding(&scene, NeitherSubjectNorConnection).await.is_none());

        let bob = scene.signed_in(json!({"user_name": "bob"})).await;
        let found = finding(&scene, NeitherSubjectNorConnection).await.unwrap();
        assert_eq!((found.count, &found.among[0].id), (1, &bob));
        scene
            .signed_in(json!({"user_name": "bob", "subject": "s-bob"}))
            .await;
        assert!(finding(&scene, NeitherSubjectNorConnection).await.is_none());
    });
}

#[test]
fn what_another_connection_pushes_is_a_finding_of_its_own() {
    run(async |service| {
        let scene = Scene::create(service, "owned-finding").await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let credentials = scene.tenant.directory().credentials();
        let staging = credentials.create_connection("Staging", rollcall_directory::Provider::Okta);
        let staging = staging.await.unwrap();
        let token = credentials
            .issue_token(&staging.id, "t", None)
            .await
            .unwrap();
        let idp = scene.tenant.idp().with_token(Some(token.secret.expose()));
        let change = json!([{"op": "replace", "path": "title", "value": "x"}]);
        let refused = idp.patch(&format!("/Users/{ada}"), change).await;
        refused.expect(403).because(Reason::OwnedByAnother);
        let again = json!({"schemas": [urn::USER], "userName": "ADA"});
        let refused = idp.post("/Users", again).await;
        refused
            .refused(409, "uniqueness")
            .because(Reason::OwnedByAnother);
        let found = finding(&scene, OwnedByAnother).await.unwrap();
        assert_eq!(found.subject.unwrap().id, staging.id);
        assert_eq!(found.count, 2);
    });
}

/// Refused sign-ins, sign-outs, bindings and portal links name who it was, in words on the page too.
#[test]
fn the_audit_log_has_sign_outs_bindings_refusals_and_links() {
    run(async |service| {
        let scene = Scene::create(service, "audited").await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let login = json!({"user_name": "ada", "subject": "s-ada"});
        scene.signed_in(login.clone()).await;
        let session = scene
            .log_in(login)
            .await
            .expect(200)
            .string("/session/token");
        let of_ada: Api = scene.application.with(Some(&session));
        of_ada.delete("/sessions/current").await.expect(204);
        of_ada.delete("/sessions/current").await.expect(401);
        scene
            .conflicts(json!({"user_name": "ada", "subject": "s-other"}), &[&ada])
            .await;
        let link = json!({"role_id": "admin", "email": "it@x.test"});
        let path = format!("/tenants/{}/portal-links", scene.tenant.id());
        scene.application.post(&path, link).await.expect(201);

        let entries = scene.at_tenant("/audit?limit=500").await.expect(200);
        let entries = entries.select("/items/*");
        let of = |kind: &str| -> Vec<&Value> {
            let of_kind = entries.iter().copied();
            of_kind.filter(|entry| entry["type"] == kind).collect()
        };
        let out = of("auth.logout");
        assert_eq!((out.len(), &out[0]["subject"]["id"]), (1, &json!(ada)));
        assert_eq!(
            (&out[0]["actor"]["type"], &out[0]["actor"]["id"]),
            (&json!("person"), &json!(ada))
        );
        assert!(out[0]["actor"]["session"].is_string() && out[0]["origin"]["address"].is_string());
        for kind in ["user.subject_bound", "auth.refused", "portal_link.created"] {
            let entry = of(kind)[0];
            assert_eq!(entry["actor"]["type"], "application", "{entry}");
            assert!(entry["actor"]["id"].is_string(), "{entry}");
        }
        let made = &of("portal_link.created")[0]["after"];
        assert_eq!(
            (&made["role_id"], &made["email"]),
            (&json!("admin"), &json!("it@x.test"))
        );

        let visitor = Visitor::with_link(service, &scene.tenant, Role::Owner).await;
        let page = visitor
            .get("/console/activity/audit")
            .await
            .expect(200)
            .html;
        for text in [
            "Signed out",
            "Setup link created for it@x.test: Admin",
            "Bound to the subject",
            "Sign-in refused",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
    });
}
