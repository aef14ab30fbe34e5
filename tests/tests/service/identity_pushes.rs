//! What pushes do to who somebody is: deletions, accounts that only signed in, and several connections.

use futures::future::{join, join_all};
use rollcall_directory::{Provider, Reason, Role};
use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::json;

/// Cases 5 and 22.
#[test]
fn a_deleted_person_does_not_sign_in_until_they_are_pushed_again() {
    run(async |service| {
        let scene = Scene::create(service, "identity-deleted").await;
        let bob = scene
            .push(json!({"userName": "bob", "externalId": "B",
            "emails": [{"value": "bob@x.test"}]}))
            .await;
        let login = scene.log_in(json!({"user_name": "bob"})).await.expect(200);
        scene.give(&bob, Role::Admin).await;
        scene
            .tenant
            .idp()
            .delete(&format!("/Users/{bob}"))
            .await
            .expect(204);
        assert!(!scene.is_active(&login.string("/session/token")).await);
        for login in [
            json!({"user_name": "BOB"}),
            json!({"user_name": "bob@x.test"}),
            json!({"user_name": "robert", "external_id": "B"}),
        ] {
            scene.keeps_out(login).await;
        }
        assert_eq!(scene.people().await, 0);
        let again = scene.push(json!({"userName": "bob"})).await;
        assert_ne!(again, bob);
        let login = scene.log_in(json!({"user_name": "bob"})).await.expect(200);
        login.is(json!({"user": {"id": again}, "role": "member"}));
        let dump = service.dump().await;
        assert!(!dump.contains("deleted_with") && !dump.contains("#UH#bob"));
    });
}

/// Case 12: the first sync onto the founding owner.
#[test]
fn a_push_adopts_an_account_that_only_signed_in() {
    run(async |service| {
        let scene = Scene::create(service, "identity-adopted").await;
        let login = scene
            .log_in(json!({"user_name": "Founder@x.test", "subject": "f-1"}))
            .await;
        let (id, token) = (login.string("/user/id"), login.string("/session/token"));
        scene.give(&id, Role::Owner).await;
        let pushed =
            json!({"schemas": [urn::USER], "userName": "founder@x.test", "externalId": "F"});
        let adopted = scene
            .tenant
            .idp()
            .post("/Users", pushed.clone())
            .await
            .expect(201);
        assert_eq!(adopted.id(), id);
        assert_eq!(adopted.string("/externalId"), "F");
        assert_eq!(scene.people().await, 1);
        let session = scene.application.introspect(&token).await;
        session.is(json!({"active": true, "role": "owner"}));
        let login = json!({"user_name": "founder@x.test", "subject": "f-1", "external_id": "F"});
        assert_eq!(scene.signed_in(login).await, id);
        scene
            .tenant
            .idp()
            .post("/Users", pushed)
            .await
            .refused(409, "uniqueness");
        let actions: Vec<_> = service.journal(&scene.tenant).await;
        assert!(actions.iter().any(|entry| entry["type"] == "user.adopted"));

        // An account with another external id is somebody else's.
        scene
            .signed_in(json!({"user_name": "eve", "external_id": "E"}))
            .await;
        let other = json!({"schemas": [urn::USER], "userName": "eve", "externalId": "E2"});
        scene
            .tenant
            .idp()
            .post("/Users", other)
            .await
            .refused(409, "uniqueness");
    });
}

/// Case 13.
#[test]
fn a_rename_closes_an_account_that_only_signed_in() {
    run(async |service| {
        let scene = Scene::create(service, "identity-closed").await;
        let pushed = scene
            .push(json!({"userName": "ann", "externalId": "A"}))
            .await;
        scene.give(&pushed, Role::Admin).await;
        let ghost = scene
            .log_in(json!({"user_name": "ann.new", "subject": "s-ann"}))
            .await;
        let (ghost, token) = (ghost.string("/user/id"), ghost.string("/session/token"));
        assert!(scene.is_active(&token).await);
        scene
            .set(&pushed, "userName", json!("ann.new"))
            .await
            .expect(200);
        assert!(
            !scene.is_active(&token).await,
            "the session of the closed account"
        );
        scene
            .tenant
            .idp()
            .get(&format!("/Users/{ghost}"))
            .await
            .refused(404, "");
        assert_eq!(scene.people().await, 1);
        let found = scene
            .tenant
            .idp()
            .filter("/Users", "userName eq \"ann.new\"")
            .await;
        assert_eq!(found.expect(200).string("/Resources/0/id"), pushed);
        // The admin's record is not reached by the binding or the name of the closed account.
        scene
            .keeps_out(json!({"user_name": "ann.new", "subject": "s-ann"}))
            .await;
        scene
            .conflicts(json!({"user_name": "ann.new"}), &[&pushed])
            .await;

        // Nobody closes an account with a role of its own.
        let owner = scene.signed_in(json!({"user_name": "olga"})).await;
        scene.give(&owner, Role::Owner).await;
        scene
            .set(&pushed, "userName", json!("olga"))
            .await
            .refused(409, "uniqueness");
        assert_eq!(scene.signed_in(json!({"user_name": "olga"})).await, owner);

        // A person who is neither bound nor protected gets the subject.
        let bea = scene.push(json!({"userName": "bea"})).await;
        scene
            .signed_in(json!({"user_name": "bea.new", "subject": "s-bea"}))
            .await;
        scene
            .set(&bea, "userName", json!("bea.new"))
            .await
            .expect(200);
        assert_eq!(
            scene
                .signed_in(json!({"user_name": "any", "subject": "s-bea"}))
                .await,
            bea
        );
    });
}

/// Cases 7 and 24.
#[test]
fn a_connection_owns_what_it_pushed() {
    run(async |service| {
        let scene = Scene::create(service, "identity-owned").await;
        let credentials = scene.tenant.directory().credentials();
        let other = credentials
            .create_connection("other", Provider::Okta)
            .await
            .unwrap();
        let token = credentials.issue_token(&other.id, "t", None).await.unwrap();
        let theirs = scene.tenant.idp().with_token(Some(token.secret.expose()));
        let ada = scene.push(json!({"userName": "ada"})).await;
        let path = format!("/Users/{ada}");
        let rename = json!([{"op": "replace", "path": "userName", "value": "eve"}]);
        theirs.get(&path).await.expect(200);
        let refused = theirs.patch(&path, rename.clone()).await;
        refused.refused(403, "").because(Reason::OwnedByAnother);
        theirs.delete(&path).await.refused(403, "");
        scene
            .tenant
            .idp()
            .get(&path)
            .await
            .expect(200)
            .is(json!({"userName": "ada"}));
        // A sign-in from there does not find them by name either.
        let login = json!({"user_name": "ada", "connection": other.id});
        scene.conflicts(login.clone(), &[&ada]).await;
        let own =
            json!({"user_name": "ada", "connection": scene.tenant.connection_id(), "subject": "s"});
        assert_eq!(scene.signed_in(own.clone()).await, ada);

        // The owner is gone.
        credentials
            .delete_connection(scene.tenant.connection_id())
            .await
            .unwrap();
        assert_eq!(scene.signed_in(own).await, ada);
        theirs.patch(&path, rename).await.expect(200);
        assert_eq!(
            scene
                .signed_in(json!({"user_name": "eve", "connection": other.id}))
                .await,
            ada
        );
    });
}

/// Cases 14 and 17.
#[test]
fn a_connection_replaces_another_and_binds_anew() {
    run(async |service| {
        let scene = Scene::create(service, "identity-replaces").await;
        let credentials = scene.tenant.directory().credentials();
        let new = credentials
            .create_connection("new", Provider::Entra)
            .await
            .unwrap();
        let token = credentials.issue_token(&new.id, "t", None).await.unwrap();
        let theirs = scene.tenant.idp().with_token(Some(token.secret.expose()));
        let olga = scene.push(json!({"userName": "olga"})).await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let old = scene.tenant.connection_id();
        for _ in 0..2 {
            let login = json!({"user_name": "ada", "connection": old, "subject": "old-ada"});
            assert_eq!(scene.signed_in(login).await, ada);
        }
        scene.give(&olga, Role::Owner).await;
        scene
            .set(&olga, "userName", json!("olga2"))
            .await
            .expect(200);
        let from_new = |name: &str, subject: &str| json!({"user_name": name, "connection": new.id, "subject": subject});
        scene.conflicts(from_new("ada", "new-ada"), &[&ada]).await;

        let path = format!("/scim/connections/{}", new.id);
        let replaces = json!({"replaces": [old]});
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        admin.patch(&path, replaces.clone()).await.expect(403);
        let owner = service.admin(&scene.tenant, Role::Owner).await;
        owner
            .patch(&path, json!({"replaces": [new.id]}))
            .await
            .expect(400);
        owner
            .patch(&path, replaces.clone())
            .await
            .expect(200)
            .is(replaces);
        for _ in 0..2 {
            assert_eq!(scene.signed_in(from_new("ada", "new-ada")).await, ada);
        }
        // An owner under a name that nobody has proven.
        scene
            .conflicts(from_new("olga2", "new-olga"), &[&olga])
            .await;
        let title = json!([{"op": "replace", "path": "title", "value": "Dr."}]);
        let (ada_path, mine) = (format!("/Users/{ada}"), scene.tenant.idp());
        theirs.patch(&ada_path, title.clone()).await.expect(200);
        mine.patch(
            &ada_path,
            json!([{"op": "replace", "path": "active", "value": false}]),
        )
        .await
        .refused(403, "");

        // All subjects change.
        scene.conflicts(from_new("ada", "newer-ada"), &[&ada]).await;
        let soon = jiff::Timestamp::now() + std::time::Duration::from_secs(3_600);
        let window = json!({"rebind_until": soon.to_string()});
        owner.patch(&path, window).await.expect(200);
        assert_eq!(scene.signed_in(from_new("ada", "newer-ada")).await, ada);
        owner
            .patch(&path, json!({"rebind_until": null}))
            .await
            .expect(200);
        scene
            .conflicts(from_new("olga2", "newer-olga"), &[&olga])
            .await;
    });
}

/// Case 28.
#[test]
fn races_make_nobody_twice_and_bring_nobody_back() {
    run(async |service| {
        let scene = Scene::create(service, "identity-races").await;
        let login = json!({"user_name": "new", "subject": "s-new", "external_id": "N"});
        let at_once = (0..6).map(|_| scene.signed_in(login.clone()));
        let ids = join_all(at_once).await;
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(scene.people().await, 1);
        for round in 0..8 {
            let name = format!("bob-{round}");
            let bob = scene.push(json!({"userName": name})).await;
            let (idp, path) = (scene.tenant.idp(), format!("/Users/{bob}"));
            let login = scene.log_in(json!({"user_name": name, "subject": name.len().to_string()}));
            let (deleted, login) = join(idp.delete(&path), login).await;
            deleted.expect(204);
            assert!([200, 403].contains(&login.status), "{}", login.body);
            if login.status == 200 {
                assert_eq!(login.string("/user/id"), bob, "a new person");
                assert!(!scene.is_active(&login.string("/session/token")).await);
            }
            assert_eq!(scene.people().await, 1, "round {round}");
        }
    });
}

/// Case 28: an account is closed while it signs in, and a person is bound anew while they sign in.
#[test]
fn races_leave_no_session_of_a_closed_account_and_one_binding() {
    run(async |service| {
        let scene = Scene::create(service, "identity-close-races").await;
        let idp = scene.tenant.idp();
        for round in 0..6 {
            let (own, closed) = (format!("own-{round}"), format!("ghost-{round}"));
            let person = scene.push(json!({"userName": own})).await;
            let login = json!({"user_name": closed, "subject": format!("s-{round}")});
            let ghost = scene.signed_in(login.clone()).await;
            let renamed = scene.set(&person, "userName", json!(closed));
            let (renamed, signed_in) = join(renamed, scene.log_in(login.clone())).await;
            renamed.expect(200);
            idp.get(&format!("/Users/{ghost}")).await.expect(404);
            if signed_in.status == 200 && signed_in.string("/user/id") == ghost {
                let token = signed_in.string("/session/token");
                assert!(!scene.is_active(&token).await, "round {round}");
            }
            assert_eq!(scene.signed_in(login.clone()).await, person);
            assert_eq!(scene.people().await, round + 1);

            let anew = scene.path(&format!("/users/{person}/bind-anew"));
            let anew = scene.application.post(&anew, json!({}));
            let (anew, signed_in) = join(anew, scene.log_in(login.clone())).await;
            assert!(anew.status < 300, "{}", anew.body);
            assert!([200, 409].contains(&signed_in.status), "{}", signed_in.body);
            let other = json!({"user_name": closed, "subject": format!("t-{round}")});
            for _ in 0..2 {
                assert_eq!(scene.signed_in(other.clone()).await, person);
            }
            scene.conflicts(login, &[&person]).await;
        }
    });
}

/// A rename that closes an account and deactivates the person at once: an owner who is out does not count as one.
#[test]
fn the_last_active_owner_stays_after_a_rename_that_closes_an_account() {
    run(async |service| {
        let scene = Scene::create(service, "identity-last-owner").await;
        let mut owners = Vec::new();
        for name in ["one", "two"] {
            let id = scene.push(json!({"userName": name})).await;
            scene.give(&id, Role::Owner).await;
            owners.push(id);
        }
        let ghost = scene.signed_in(json!({"user_name": "ghost"})).await;
        let both = json!([{"op": "replace", "value": {"userName": "ghost", "active": false}}]);
        let idp = scene.tenant.idp();
        let path = |id: &str| format!("/Users/{id}");
        idp.patch(&path(&owners[0]), both).await.expect(200);
        idp.get(&path(&ghost)).await.expect(404);
        idp.delete(&path(&owners[1])).await.expect(403);
    });
}
