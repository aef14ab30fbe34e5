//! Connections and whose people are: what the application calls them, what becomes of what they owned, and races.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::join;
use rollcall_directory::{Assertion, Provider, Reason, Role, SignInOutcome, SignInRefusal};
use rollcall_tests::api::Api;
use rollcall_tests::faults::Fault;
use rollcall_tests::idp::Idp;
use rollcall_tests::raw;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::{Service, run};
use serde_json::{Value, json};

/// A scene with a second connection, and an owner's session.
struct Two {
    scene: Scene,
    /// The id of the second connection.
    other: String,
    /// Its identity provider.
    theirs: Idp,
    owner: Api,
}

impl Two {
    async fn create(service: &Service, name: &str) -> Self {
        let scene = Scene::create(service, name).await;
        let credentials = scene.tenant.directory().credentials();
        let other = credentials.create_connection("other", Provider::Okta);
        let other = other.await.unwrap().id;
        let token = credentials.issue_token(&other, "t", None).await.unwrap();
        let theirs = scene.tenant.idp().with_token(Some(token.secret.expose()));
        let owner = service.admin(&scene.tenant, Role::Owner).await;
        Self {
            scene,
            other,
            theirs,
            owner,
        }
    }

    fn own(&self) -> &str {
        self.scene.tenant.connection_id()
    }

    async fn title(&self, idp: &Idp, user: &str) -> u16 {
        let title = uuid::Uuid::now_v7().to_string();
        let title = json!([{"op": "replace", "path": "title", "value": title}]);
        idp.patch(&format!("/Users/{user}"), title).await.status
    }
}

/// A change of the name and of the rules is one change: both, or neither.
#[test]
fn a_connection_changes_as_a_whole() {
    run(async |service| {
        let scene = Scene::create(service, "connection-whole").await;
        let path = scene.path(&format!("/connections/{}", scene.tenant.connection_id()));
        let before = scene.application.get(&path).await.expect(200).body;
        for change in [
            json!({"alias": "corp", "name": ""}),
            json!({"name": "Corp", "alias": " "}),
        ] {
            scene.application.patch(&path, change).await.expect(400);
            let after = scene.application.get(&path).await.expect(200).body;
            assert_eq!(after, before);
        }
        let both = json!({"name": "Corp", "alias": "corp"});
        let changed = scene.application.patch(&path, both).await.expect(200).body;
        assert_eq!(
            (&changed["name"], &changed["alias"]),
            (&json!("Corp"), &json!("corp"))
        );
    });
}

#[test]
fn the_application_calls_a_connection_by_an_alias() {
    run(async |service| {
        let two = Two::create(service, "alias").await;
        let (scene, owner) = (&two.scene, &two.owner);
        let path = |id: &str| format!("/scim/connections/{id}");
        let alias = json!({"alias": "okta|acme"});
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        admin
            .patch(&path(two.own()), alias.clone())
            .await
            .expect(403);
        let ada = scene.push(json!({"userName": "ada"})).await;
        let bob = scene.push(json!({"userName": "bob"})).await;
        let login = |name: &str, subject: &str| json!({"user_name": name, "subject": subject, "connection": "okta|acme"});

        // Before the alias is known, it stands for a connection that is unknown: it reaches nobody whom another owns.
        scene.conflicts(login("ada", "s-ada"), &[&ada]).await;
        let own = scene.signed_in(login("own", "s-own")).await;
        assert_eq!(scene.signed_in(login("own", "s-own")).await, own);

        let set = owner.patch(&path(two.own()), alias.clone()).await;
        set.expect(200).is(alias.clone());
        let taken = owner.patch(&path(&two.other), alias.clone()).await;
        taken.expect(409).because(Reason::NotUnique);
        for _ in 0..2 {
            assert_eq!(scene.signed_in(login("ada", "s-ada")).await, ada);
            assert_eq!(scene.signed_in(login("any", "s-own")).await, own);
        }
        // The id means the same connection.
        let by_id = json!({"user_name": "any", "subject": "s-ada", "connection": two.own()});
        assert_eq!(scene.signed_in(by_id).await, ada);

        for wrong in ["", " x", "a\u{7}"] {
            let wrong = json!({"alias": wrong});
            owner.patch(&path(two.own()), wrong).await.expect(400);
        }
        owner
            .patch(&path(two.own()), json!({"alias": "other"}))
            .await
            .expect(200);
        owner
            .patch(&path(two.own()), json!({"alias": null}))
            .await
            .expect(200);
        scene.conflicts(login("bob", "s-bob"), &[&bob]).await;
        owner
            .patch(&path(&two.other), alias.clone())
            .await
            .expect(200);
        // A deleted connection frees its alias.
        owner.delete(&path(&two.other)).await.expect(204);
        owner.patch(&path(two.own()), alias).await.expect(200);
        assert_eq!(scene.signed_in(login("bob", "s-bob")).await, bob);
        service.follow_up(&scene.tenant).await;
    });
}

/// Case 24.
#[test]
fn a_sign_in_by_an_unknown_or_deleted_connection_is_no_error() {
    run(async |service| {
        let two = Two::create(service, "connection-gone").await;
        let scene = &two.scene;
        let login = |connection: &str, name: &str, subject: &str| json!({"user_name": name, "subject": subject, "connection": connection});
        let ada = scene.push(json!({"userName": "ada"})).await;
        let bob = scene.push(json!({"userName": "bob"})).await;
        for _ in 0..2 {
            assert_eq!(scene.signed_in(login(two.own(), "ada", "s-ada")).await, ada);
        }
        // Nothing is bound to people of a live connection by one that nobody knows.
        let unknown = uuid::Uuid::now_v7().to_string();
        for connection in [unknown.as_str(), "nonsense"] {
            let login = login(connection, "bob", "s-bob");
            scene.conflicts(login, &[&bob]).await;
        }
        let path = format!("/scim/connections/{}", two.own());
        two.owner.delete(&path).await.expect(204);
        // The old connection, then the one that was made in its place.
        for connection in [two.own(), &two.other] {
            for (name, id) in [("ada", &ada), ("bob", &bob)] {
                let login = login(connection, name, &format!("s-{name}"));
                assert_eq!(scene.signed_in(login).await, *id, "{connection} {name}");
            }
        }
    });
}

#[test]
fn what_becomes_of_the_people_of_a_deleted_connection() {
    run(async |service| {
        for (number, choice) in ["", "?people=keep"].into_iter().enumerate() {
            let two = Two::create(service, &format!("left-kept-{number}")).await;
            let ada = two.scene.push(json!({"userName": "ada"})).await;
            assert_eq!(two.title(&two.theirs, &ada).await, 403);
            let path = format!("/scim/connections/{}{choice}", two.own());
            two.owner.delete(&path).await.expect(204);
            assert_eq!(two.title(&two.theirs, &ada).await, 200);
            service.follow_up(&two.scene.tenant).await;
        }
    });
}

#[test]
fn people_are_handed_over_to_another_connection() {
    run(async |service| {
        let two = Two::create(service, "left-handed").await;
        let scene = &two.scene;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let third = scene.tenant.directory().credentials();
        let third = third.create_connection("third", Provider::Entra);
        let third = third.await.unwrap().id;
        let credentials = scene.tenant.directory().credentials();
        let token = credentials.issue_token(&third, "t", None).await.unwrap();
        let thirds = scene.tenant.idp().with_token(Some(token.secret.expose()));

        let path = |query: &str| format!("/scim/connections/{}?{query}", two.own());
        let to = format!("people=hand_over&to={}", two.other);
        let to_itself = format!("people=hand_over&to={}", two.own());
        for wrong in [
            "people=hand_over",
            "people=sell",
            "to=x",
            "people=hand_over&to=x",
            &to_itself,
        ] {
            two.owner.delete(&path(wrong)).await.expect(400);
        }
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        admin.delete(&path(&to)).await.expect(403);
        two.owner.delete(&path(&to)).await.expect(204);

        let login = |connection: &str| json!({"user_name": "ada", "connection": connection});
        scene.conflicts(login(&third), &[&ada]).await;
        assert_eq!(scene.signed_in(login(&two.other)).await, ada);
        assert_eq!(two.title(&thirds, &ada).await, 403);
        assert_eq!(two.title(&two.theirs, &ada).await, 200);
        service.follow_up(&scene.tenant).await;
    });
}

#[test]
fn people_are_deactivated_with_their_connection() {
    run(async |service| {
        let two = Two::create(service, "left-deactivated").await;
        let scene = &two.scene;
        let mut people = Vec::new();
        for name in ["ada", "bob"] {
            people.push(scene.push(json!({"userName": name})).await);
        }
        let olga = scene.push(json!({"userName": "olga"})).await;
        scene.give(&olga, Role::Owner).await;
        let eve = json!({"schemas": [rollcall_tests::urn::USER], "userName": "eve"});
        let eve = two.theirs.post("/Users", eve).await.expect(201).id();
        let session = scene.log_in(json!({"user_name": "ada"})).await.expect(200);
        let path = format!("/scim/connections/{}?people=deactivate", two.own());
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        admin.delete(&path).await.expect(403);
        two.owner.delete(&path).await.expect(204);
        service.follow_up(&scene.tenant).await;

        let is_active = async |id: &str| {
            let read = two.theirs.get(&format!("/Users/{id}")).await.expect(200);
            read.body["active"] == true
        };
        for id in &people {
            assert!(!is_active(id).await);
        }
        assert!(!scene.is_active(&session.string("/session/token")).await);
        scene.keeps_out(json!({"user_name": "bob"})).await;
        // The last active owner stays, and so do the people of others.
        assert!(is_active(&olga).await && is_active(&eve).await);
    });
}

/// Case 28: `replaces` is taken away while the connection pushes. Whatever comes first, the owner and the attributes
/// agree.
#[test]
fn a_push_and_the_end_of_its_right_do_not_overlap() {
    run(async |service| {
        let two = Two::create(service, "race-replaces").await;
        let (scene, owner) = (&two.scene, &two.owner);
        let path = format!("/scim/connections/{}", two.other);
        let replaces = |ids: Value| owner.patch(&path, json!({"replaces": ids}));
        for round in 0..6 {
            let ada = scene
                .push(json!({"userName": format!("ada-{round}")}))
                .await;
            replaces(json!([two.own()])).await.expect(200);
            let (ended, pushed) = join(replaces(json!([])), two.title(&two.theirs, &ada)).await;
            ended.expect(200);
            let (mine, others) = match pushed {
                200 => (403, 200),
                other => {
                    assert_eq!(other, 403);
                    (200, 403)
                }
            };
            assert_eq!(two.title(&scene.tenant.idp(), &ada).await, mine);
            assert_eq!(two.title(&two.theirs, &ada).await, others);
        }
    });
}

/// A connection whose tokens were all revoked by hand is gone until it gets another one.
#[test]
fn a_connection_without_tokens_has_left_its_people() {
    run(async |service| {
        let two = Two::create(service, "left-revoked").await;
        let scene = &two.scene;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let bob = scene.push(json!({"userName": "bob"})).await;
        let tokens = scene.tenant.directory().credentials().tokens_of(two.own());
        for token in tokens.await.unwrap() {
            scene.tenant.revoke(&token.id).await;
        }
        assert_eq!(two.title(&two.theirs, &ada).await, 200);
        scene.tenant.issue("again", None).await;
        assert_eq!(two.title(&two.theirs, &ada).await, 200);
        assert_eq!(two.title(&two.theirs, &bob).await, 403);
    });
}

/// A sign-in that finds somebody because their connection is gone checks in its transaction that it still is.
#[test]
fn a_connection_that_comes_back_during_a_sign_in_keeps_its_people() {
    run(async |service| {
        let two = Two::create(service, "left-back").await;
        let tenant = &two.scene.tenant;
        let ada = two.scene.push(json!({"userName": "ada"})).await;
        let revoke = async || {
            let tokens = tenant.directory().credentials().tokens_of(two.own());
            for token in tokens.await.unwrap() {
                tenant.revoke(&token.id).await;
            }
        };
        revoke().await;
        let (process, faults) = service.other_process(tenant);
        let (writes, is_back) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicBool::new(false)),
        );
        let (seen, back) = (writes.clone(), is_back.clone());
        faults.schedule(move |call| {
            if call.operation != "TransactWriteItems" || back.load(Ordering::SeqCst) {
                return Fault::None;
            }
            seen.store(true, Ordering::SeqCst);
            Fault::Throttle
        });
        let assertion = Assertion {
            user_name: "ada".to_owned(),
            connection: Some(two.other.clone()),
            ..Assertion::default()
        };
        let comes_back = async {
            while !writes.load(Ordering::SeqCst) {
                tokio::task::yield_now().await;
            }
            tenant.issue("again", None).await;
            is_back.store(true, Ordering::SeqCst);
        };
        let (outcome, ()) = join(process.sign_in().log_in(&assertion), comes_back).await;
        let Ok(SignInOutcome::Refused(refusal)) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(refusal, SignInRefusal::OtherConnection);

        revoke().await;
        let outcome = process.sign_in().log_in(&assertion).await;
        let Ok(SignInOutcome::Accepted(signed_in)) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(signed_in.person.id, ada);
    });
}

/// Case 26: people of an earlier version have no owner. Until the hourly pass has found it in the journal, every
/// connection may write them.
#[test]
fn the_hourly_pass_gives_people_of_an_earlier_version_their_owners() {
    run(async |service| {
        let two = Two::create(service, "owners-lifted").await;
        let (tenant, mine) = (&two.scene.tenant, two.scene.tenant.idp());
        let ada = two.scene.push(json!({"userName": "ada"})).await;
        let bob = two.scene.push(json!({"userName": "bob"})).await;
        let olga = two.scene.signed_in(json!({"user_name": "olga"})).await;
        for id in [&ada, &bob, &olga] {
            let mut item = raw::item(service, tenant, "#U", id).await;
            assert!(item.remove("identity").is_some());
            raw::put(service, item).await;
        }
        let mut item = raw::item(service, tenant, "", "TENANT").await;
        assert!(item.remove("owners_known_at").is_some());
        raw::put(service, item).await;
        for id in [&ada, &bob] {
            assert_eq!(two.title(&mine, id).await, 200);
            assert_eq!(two.title(&two.theirs, id).await, 200);
        }
        assert_eq!(two.title(&mine, &bob).await, 200);
        let soon = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        for _ in 0..2 {
            let people = tenant.directory().resources();
            people.complete_owners(soon).await.unwrap();
        }
        // Whoever wrote last.
        assert_eq!(two.title(&two.theirs, &ada).await, 200);
        assert_eq!(two.title(&mine, &ada).await, 403);
        assert_eq!(two.title(&mine, &bob).await, 200);
        assert_eq!(two.title(&two.theirs, &bob).await, 403);
        // Nobody pushed her, so she belongs to the first who does.
        assert_eq!(two.title(&mine, &olga).await, 200);
        assert_eq!(two.title(&two.theirs, &olga).await, 403);
    });
}
