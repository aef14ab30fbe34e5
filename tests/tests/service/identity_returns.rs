//! People who left and come back: pushed again, restored by an admin, or admitted as somebody new.

use http::Method;
use rollcall_directory::{Reason, Role};
use rollcall_tests::api::Api;
use rollcall_tests::idp::Answer;
use rollcall_tests::raw;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::{Service, run};
use rollcall_tests::urn;
use serde_json::{Value, json};

/// Creates a tenant that restores deleted people whom an identity provider pushes again.
async fn restoring(service: &Service, name: &str) -> Scene {
    let scene = Scene::create(service, name).await;
    let owner = service.admin(&scene.tenant, Role::Owner).await;
    let restore = json!({"deleted_people": "restore"});
    let admin = service.admin(&scene.tenant, Role::Admin).await;
    admin.patch("/settings", restore.clone()).await.expect(403);
    let changed = owner.patch("/settings", restore.clone()).await.expect(200);
    changed.is(restore);
    scene
}

async fn delete(scene: &Scene, user: &str) {
    let idp = scene.tenant.idp();
    idp.delete(&format!("/Users/{user}")).await.expect(204);
}

async fn act(caller: &Api, user: &str, action: &str) -> Answer {
    let path = format!("/users/{user}/{action}");
    caller.send(Method::POST, &path, None).await
}

/// Case 22, with `restore`.
#[test]
fn a_person_who_is_pushed_again_is_the_same_without_the_role_given_by_hand() {
    run(async |service| {
        let scene = restoring(service, "returns-pushed").await;
        let bob = json!({"userName": "bob", "externalId": "B"});
        let id = scene.push(bob.clone()).await;
        let idp = scene.tenant.idp();
        let group = idp.group("Engineers", &[&id]).await;
        let gone = idp.group("Gone", &[&id]).await;
        let as_bob = json!({"user_name": "bob", "subject": "s-bob"});
        for _ in 0..2 {
            assert_eq!(scene.signed_in(as_bob.clone()).await, id);
        }
        let before = scene.log_in(as_bob.clone()).await.expect(200);
        scene.give(&id, Role::Admin).await;
        let etag = idp
            .get(&format!("/Users/{id}"))
            .await
            .string("/meta/version");

        delete(&scene, &id).await;
        idp.delete(&format!("/Groups/{gone}")).await.expect(204);
        scene.keeps_out(as_bob.clone()).await;
        assert_eq!(scene.push(bob.clone()).await, id);
        let read = idp.get(&format!("/Users/{id}")).await.expect(200);
        assert_ne!(read.string("/meta/version"), etag);
        assert_eq!(read.strings("/groups/0/value"), [group.as_str()]);
        assert!(read.body["groups"][1].is_null(), "{}", read.body);
        let members = idp.members(&group).await;
        assert!(members.contains(&id) && members.len() == 1, "{members:?}");
        assert_eq!(scene.people().await, 1);
        assert!(!scene.is_active(&before.string("/session/token")).await);
        idp.post("/Users", with_schema(bob.clone()))
            .await
            .refused(409, "uniqueness");

        // Whoever has the name now does not have the role; the subject of before does.
        let unnamed = scene.log_in(json!({"user_name": "bob"})).await.expect(200);
        unnamed.is(json!({"user": {"id": id}, "role": "member"}));
        let login = json!({"user_name": "bob", "subject": "s-new"});
        scene.conflicts(login, &[&id]).await;
        let again = scene.log_in(as_bob).await.expect(200);
        again.is(json!({"user": {"id": id}, "role": "admin"}));
        let journal = service.journal(&scene.tenant).await;
        let count = |kind: &str| journal.iter().filter(|entry| entry["type"] == kind).count();
        assert_eq!((count("user.created"), count("user.restored")), (1, 1));
        assert_eq!(count("user.role_given"), 2);
        service.follow_up(&scene.tenant).await;
    });
}

fn with_schema(mut user: Value) -> Value {
    user["schemas"] = json!([urn::USER]);
    user
}

#[test]
fn only_the_same_person_is_restored() {
    run(async |service| {
        let scene = restoring(service, "returns-same").await;
        let ada = scene
            .push(json!({"userName": "ada", "externalId": "1", "emails": [{"value": "a@x.test"}]}))
            .await;
        delete(&scene, &ada).await;
        // Another external id, and an address in place of the name.
        for other in [
            json!({"userName": "ada", "externalId": "2"}),
            json!({"userName": "a@x.test"}),
        ] {
            assert_ne!(scene.push(other).await, ada);
        }
        // Renamed meanwhile, but the same external id; inactive, as it was pushed.
        let pushed = json!({"userName": "countess", "externalId": "1", "active": false});
        assert_eq!(scene.push(pushed).await, ada);
        scene.keeps_out(json!({"user_name": "countess"})).await;
        scene.set(&ada, "active", json!(true)).await.expect(200);
        assert_eq!(scene.signed_in(json!({"user_name": "countess"})).await, ada);

        // A person of another connection is not given to this one.
        let credentials = scene.tenant.directory().credentials();
        let provider = rollcall_directory::Provider::Okta;
        let other = credentials.create_connection("o", provider).await.unwrap();
        let token = credentials.issue_token(&other.id, "t", None).await.unwrap();
        let theirs = scene.tenant.idp().with_token(Some(token.secret.expose()));
        delete(&scene, &ada).await;
        let pushed = with_schema(json!({"userName": "countess", "externalId": "1"}));
        let new = theirs.post("/Users", pushed).await.expect(201);
        assert_ne!(new.id(), ada);
    });
}

/// Many groups do not fit into one transaction.
#[test]
fn a_person_returns_to_many_groups() {
    run(async |service| {
        let scene = restoring(service, "returns-groups").await;
        let id = scene.push(json!({"userName": "ada"})).await;
        let idp = scene.tenant.idp();
        for number in 0..65 {
            idp.group(&format!("g-{number}"), &[&id]).await;
        }
        delete(&scene, &id).await;
        assert_eq!(scene.push(json!({"userName": "ada"})).await, id);
        let read = idp.get(&format!("/Users/{id}")).await.expect(200);
        let groups = read.body["groups"].as_array().map(Vec::len);
        assert_eq!(groups, Some(65));
        let one = read.string("/groups/64/value");
        assert!(idp.members(&one).await.contains(&id));
    });
}

#[test]
fn an_admin_restores_whom_nobody_sends_any_more() {
    run(async |service| {
        let scene = Scene::create(service, "returns-admin").await;
        let owner = service.admin(&scene.tenant, Role::Owner).await;
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        let olga = json!({"userName": "olga", "externalId": "O", "displayName": "Olga"});
        let id = scene.push(olga.clone()).await;
        scene.signed_in(json!({"user_name": "olga"})).await;
        scene.give(&id, Role::Owner).await;
        let second = scene.push(json!({"userName": "second"})).await;
        scene.give(&second, Role::Owner).await;
        scene.set(&id, "active", json!(false)).await.expect(200);
        delete(&scene, &id).await;
        let missing = admin.get(&format!("/users/{id}")).await.expect(404);
        assert!(missing.string("/detail").contains("restore"));

        // Nobody restores who ranks above them.
        let refused = act(&admin, &id, "restore").await.expect(403);
        refused.because(Reason::RoleAboveGiver);
        act(&admin, &id, "admit-as-new").await.expect(403);
        let restored = act(&owner, &id, "restore").await.expect(200);
        restored.is(json!({"id": id, "display_name": "Olga", "state": "active", "role": "member"}));
        let login = scene.log_in(json!({"user_name": "olga"})).await.expect(200);
        login.is(json!({"user": {"id": id}, "role": "member"}));
        scene.set(&id, "title", json!("Dr.")).await.expect(200);

        // Restored once more: an owner gives the withheld role back.
        act(&admin, &id, "restore").await.expect(403);
        let path = format!("/tenants/{}/users/{id}/restore", scene.tenant.id());
        let back = scene.application.send(Method::POST, &path, None).await;
        back.expect(200).is(json!({"role": "owner"}));
        let again = act(&admin, &id, "restore").await.expect(200);
        again.is(json!({"role": "owner"}));

        // Somebody else has the name by now, and nobody was ever called so.
        let bob = scene.push(json!({"userName": "bob"})).await;
        delete(&scene, &bob).await;
        let new = scene.push(json!({"userName": "bob"})).await;
        assert_ne!(new, bob);
        act(&admin, &bob, "restore").await.expect(409);
        act(&admin, "nobody", "restore").await.expect(404);
        act(&admin, "nobody", "admit-as-new").await.expect(404);
        service.follow_up(&scene.tenant).await;
    });
}

/// A portal link gives no role that a group cannot give, and a role that is given back counts as a grant.
#[test]
fn a_withheld_role_is_given_back_by_the_rules_of_a_grant() {
    run(async |service| {
        let scene = Scene::create(service, "returns-auditor").await;
        let role = |id: &str, rank: u16, by_mapping: bool| {
            json!({"id": id, "name": id, "rank": rank, "by_mapping": by_mapping, "by_hand": true,
                   "permissions": ["sso:configure", "directory:read"]})
        };
        let settings = json!({"sso_default_role": null});
        let path = scene.path("/settings");
        scene.application.patch(&path, settings).await.expect(200);
        let roles = json!({"items": [role("auditor", 50, false), role("admin", 300, true)]});
        let path = scene.path("/roles");
        scene.application.put(&path, roles).await.expect(200);
        let id = scene.push(json!({"userName": "aud"})).await;
        let auditor = json!({"role_id": "auditor"});
        let path = scene.path(&format!("/users/{id}/role"));
        scene.application.put(&path, auditor).await.expect(200);
        delete(&scene, &id).await;
        let link = service.admin(&scene.tenant, Role::Admin).await;
        let restored = act(&link, &id, "restore").await.expect(200);
        assert!(restored.body["role"].is_null(), "{}", restored.body);
        act(&link, &id, "restore").await.expect(403);

        let grants = async || {
            let tenant = raw::item(service, &scene.tenant, "", "TENANT").await;
            let grants = tenant.get("grants").and_then(|grants| grants.as_n().ok());
            grants.and_then(|grants| grants.parse::<u64>().ok())
        };
        let before = grants().await;
        let path = scene.path(&format!("/users/{id}/restore"));
        let back = scene.application.send(Method::POST, &path, None).await;
        back.expect(200).is(json!({"role": "auditor"}));
        assert_eq!(grants().await, before.map(|count| count + 1));
    });
}

#[test]
fn somebody_else_with_the_identifiers_of_before_is_admitted_as_new() {
    run(async |service| {
        let scene = Scene::create(service, "returns-admitted").await;
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        let login = json!({"user_name": "jdoe", "subject": "s-1", "email": "j@x.test"});
        let old = scene
            .push(json!({"userName": "jdoe", "externalId": "J", "emails": [{"value": "j@x.test"}]}))
            .await;
        assert_eq!(scene.signed_in(login.clone()).await, old);
        scene.set(&old, "active", json!(false)).await.expect(200);
        act(&admin, &old, "admit-as-new").await.expect(409);
        delete(&scene, &old).await;
        scene.keeps_out(login.clone()).await;
        let told = scene.refusals(service).await;
        assert!(
            told.iter().any(|told| told["candidates"] == json!([old])),
            "{told:?}"
        );
        act(&admin, &old, "admit-as-new").await.expect(204);
        let new = scene.signed_in(login.clone()).await;
        assert_ne!(new, old);
        assert_eq!(scene.signed_in(login).await, new);
        act(&admin, &old, "admit-as-new").await.expect(204);

        // Two people with one address.
        let owner = service.admin(&scene.tenant, Role::Owner).await;
        let by_email = json!({"match_email": true});
        owner.patch("/settings", by_email).await.expect(200);
        let una = scene
            .push(json!({"userName": "una", "emails": [{"value": "team@x.test", "primary": true}]}))
            .await;
        scene.signed_in(json!({"user_name": "una"})).await;
        let other = json!({"user_name": "uno", "email": "team@x.test"});
        scene.conflicts(other.clone(), &[&una]).await;
        act(&admin, &una, "admit-as-new").await.expect(204);
        assert_ne!(scene.signed_in(other).await, una);
        service.follow_up(&scene.tenant).await;
    });
}

/// Case 6.
#[test]
fn a_restoring_push_after_the_first_sign_in_succeeds() {
    run(async |service| {
        let scene = Scene::create(service, "returns-early").await;
        // Deactivated, and renamed so that the name is free.
        let ann = scene
            .push(json!({"userName": "ann", "externalId": "A"}))
            .await;
        scene.signed_in(json!({"user_name": "ann"})).await;
        scene.set(&ann, "active", json!(false)).await.expect(200);
        scene
            .set(&ann, "userName", json!("ann-left"))
            .await
            .expect(200);
        let early = scene.log_in(json!({"user_name": "ann"})).await.expect(200);
        assert_ne!(early.string("/user/id"), ann);
        let restoring = json!([
            {"op": "replace", "path": "active", "value": true},
            {"op": "replace", "path": "userName", "value": "ann"},
        ]);
        let path = format!("/Users/{ann}");
        let idp = scene.tenant.idp();
        let patched = idp.patch(&path, restoring.clone()).await.expect(200);
        patched.is(json!({"id": ann, "userName": "ann", "active": true}));
        idp.patch(&path, restoring).await.expect(200);
        assert!(!scene.is_active(&early.string("/session/token")).await);
        assert_eq!(scene.signed_in(json!({"user_name": "ann"})).await, ann);
        assert_eq!(scene.people().await, 1);

        // Restored by an admin, and signed in before the identity provider knows.
        delete(&scene, &ann).await;
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        act(&admin, &ann, "restore").await.expect(200);
        assert_eq!(scene.signed_in(json!({"user_name": "ann"})).await, ann);
        let active = json!([{"op": "replace", "value": {"active": true, "title": "Dr."}}]);
        idp.patch(&path, active).await.expect(200);
        let found = idp.filter("/Users", "userName eq \"ann\"").await;
        assert_eq!(found.expect(200).string("/Resources/0/id"), ann);
    });
}

#[test]
fn a_closed_account_says_to_the_application_where_its_name_went() {
    run(async |service| {
        let scene = Scene::create(service, "returns-closed").await;
        let ann = scene.push(json!({"userName": "ann"})).await;
        let ghost = scene.signed_in(json!({"user_name": "ann.new"})).await;
        scene
            .set(&ann, "userName", json!("ann.new"))
            .await
            .expect(200);
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        let path = format!("/users/{ghost}");
        let at_tenant = format!("/tenants/{}{path}", scene.tenant.id());
        for answer in [
            admin.get(&path).await,
            admin.get(&format!("{path}/role")).await,
            act(&admin, &ghost, "restore").await,
            act(&admin, &ghost, "admit-as-new").await,
            scene.application.get(&at_tenant).await,
        ] {
            let answer = answer.expect(404).because(Reason::AccountMerged);
            assert_eq!(answer.string("/merged_into"), ann);
        }
        // An identity provider learns nothing.
        let (idp, path) = (scene.tenant.idp(), format!("/Users/{ghost}"));
        let change = json!([{"op": "replace", "path": "title", "value": "x"}]);
        for answer in [
            idp.get(&path).await,
            idp.patch(&path, change).await,
            idp.delete(&path).await,
        ] {
            let answer = answer.refused(404, "").because(Reason::NotFound);
            assert!(!answer.body.to_string().contains(&ann));
        }
        let audit = admin.all(&format!("/audit?subject={ghost}")).await;
        assert!(
            audit
                .iter()
                .any(|entry| entry["after"]["merged_into"] == ann),
            "{audit:?}"
        );
    });
}

#[test]
fn a_changed_name_of_somebody_with_a_role_given_by_hand_is_told() {
    run(async |service| {
        let scene = Scene::create(service, "returns-renamed").await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let bob = scene.push(json!({"userName": "bob"})).await;
        scene.give(&ada, Role::Admin).await;
        for (user, name) in [(&ada, "countess"), (&bob, "robert")] {
            scene.set(user, "userName", json!(name)).await.expect(200);
            scene.set(user, "title", json!("Dr.")).await.expect(200);
        }
        service.follow_up(&scene.tenant).await;
        let journal = service.journal(&scene.tenant).await;
        let told: Vec<_> = journal
            .iter()
            .filter(|entry| entry["type"] == "user.identity_changed")
            .collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0]["after"].to_string().contains("countess"));
        assert!(told[0]["subject"].to_string().contains(&ada));
    });
}
