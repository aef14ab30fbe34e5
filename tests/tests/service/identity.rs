//! Who a sign-in is taken for: names that change and are given again, people who left, and recycled addresses.

use futures::future::join_all;
use rollcall_directory::{Reason, Role, Settings, USERS};
use rollcall_tests::raw;
use rollcall_tests::scene::Scene;
use rollcall_tests::seed::create;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

/// Case 1, and its shorter way by the external id alone.
#[test]
fn a_renamed_owner_is_nobody_else() {
    run(async |service| {
        let scene = Scene::create(service, "identity-renamed").await;
        let owner = scene
            .push(json!({"userName": "olga", "externalId": "x-olga"}))
            .await;
        scene.signed_in(json!({"user_name": "olga"})).await;
        scene.give(&owner, Role::Owner).await;
        let mallory = scene.push(json!({"userName": "mallory"})).await;
        scene.signed_in(json!({"user_name": "mallory"})).await;

        scene
            .set(&owner, "externalId", json!("x-mallory"))
            .await
            .expect(200);
        let login = json!({"user_name": "mallory", "external_id": "x-mallory"});
        scene.conflicts(login, &["olga", &owner]).await;
        scene
            .set(&owner, "externalId", json!("x-olga"))
            .await
            .expect(200);

        scene
            .set(&mallory, "userName", json!("mallory2"))
            .await
            .expect(200);
        scene
            .set(&owner, "userName", json!("mallory"))
            .await
            .expect(200);
        for login in [
            json!({"user_name": "mallory"}),
            json!({"user_name": "mallory", "subject": "s-mallory"}),
        ] {
            scene.conflicts(login, &["olga", &owner]).await;
        }
        let told = scene.refusals(service).await;
        let reasons: Vec<_> = told.iter().map(|told| &told["reason"]).collect();
        assert!(
            reasons.iter().all(|reason| **reason == "unproven"),
            "{told:?}"
        );
        assert!(
            told.len() <= 3 && told[0]["candidates"][0] == owner,
            "{told:?}"
        );

        // The owner under their own name.
        scene
            .set(&owner, "userName", json!("olga"))
            .await
            .expect(200);
        let login = json!({"user_name": "olga", "external_id": "x-olga"});
        assert_eq!(scene.signed_in(login).await, owner);
    });
}

/// Case 2.
#[test]
fn a_recycled_address_is_not_the_old_account() {
    run(async |service| {
        let scene = Scene::create(service, "identity-recycled").await;
        let ada = scene
            .push(json!({"userName": "ada", "externalId": "A"}))
            .await;
        let login = json!({"user_name": "ada", "external_id": "B"});
        let refused = scene.log_in(login).await;
        Scene::refused(refused, 409, Reason::IdentityConflict, &[&ada]);
        assert_eq!(
            scene
                .signed_in(json!({"user_name": "ada", "external_id": "A"}))
                .await,
            ada
        );
        assert_eq!(scene.people().await, 1);
    });
}

/// Of so many, not all are looked at, so that the sign-in could mean any of them.
#[test]
fn more_than_500_candidates_are_ambiguous() {
    run(async |service| {
        let settings = Settings {
            match_email: true,
            ..Settings::default()
        };
        let scene = Scene {
            application: service.application(),
            tenant: service.tenant_with("identity-many", settings).await,
        };
        let push = async |number: usize| {
            let emails = json!([{"value": "team@x.test", "primary": true}]);
            let user = json!({"schemas": [urn::USER], "userName": format!("n-{number}"), "emails": emails});
            create(scene.tenant.directory(), &USERS, user).await
        };
        for chunk in 0..20 {
            join_all((0..25).map(|one| push(chunk * 25 + one))).await;
        }
        let login = json!({"user_name": "new", "email": "team@x.test"});
        scene.conflicts(login.clone(), &["n-7"]).await;
        push(500).await;
        let refused = scene.log_in(login).await;
        Scene::refused(refused, 409, Reason::IdentityAmbiguous, &["n-7"]);
        assert_eq!(scene.people().await, 501);
    });
}

#[test]
fn an_external_id_of_two_people_is_that_of_nobody() {
    run(async |service| {
        let scene = Scene::create(service, "identity-ambiguous").await;
        let mut ids = Vec::new();
        for name in ["ada", "bob"] {
            let pushed = json!({"userName": name, "externalId": "X"});
            ids.push(scene.push(pushed).await);
        }
        let login = json!({"user_name": "cat", "external_id": "X"});
        let refused = scene.log_in(login).await;
        let hidden = [ids[0].as_str(), ids[1].as_str()];
        Scene::refused(refused, 409, Reason::IdentityAmbiguous, &hidden);
        assert_eq!(scene.people().await, 2);
        let told = scene.refusals(service).await;
        assert_eq!(told[0]["reason"], "ambiguous", "{told:?}");
        // The name decides between the two.
        let login = json!({"user_name": "bob", "external_id": "X"});
        assert_eq!(scene.signed_in(login).await, ids[1]);
    });
}

/// Cases 3 and 4.
#[test]
fn nobody_who_left_comes_back_by_another_identifier() {
    run(async |service| {
        let scene = Scene::create(service, "identity-left").await;
        let emails = json!([{"value": "jdoe@x.test", "primary": true}]);
        let jdoe = scene
            .push(json!({"userName": "jdoe", "externalId": "J", "emails": emails}))
            .await;
        scene.set(&jdoe, "active", json!(false)).await.expect(200);
        for login in [
            json!({"user_name": "jdoe"}),
            json!({"user_name": "JDoe@x.test", "groups": ["Admins"]}),
            json!({"user_name": "john", "email": "jdoe@x.test"}),
            json!({"user_name": "john", "external_id": "J"}),
            json!({"user_name": "john", "subject": "J"}),
        ] {
            scene.keeps_out(login).await;
        }
        assert_eq!(scene.people().await, 1);

        // The identity provider renames by making the person anew.
        let again = scene
            .push(json!({"userName": "john.doe", "externalId": "J"}))
            .await;
        let login = json!({"user_name": "john", "external_id": "J"});
        assert_eq!(scene.signed_in(login.clone()).await, again);
        scene.set(&again, "active", json!(false)).await.expect(200);
        scene.keeps_out(login).await;
        assert_eq!(scene.people().await, 2);
    });
}

#[test]
fn a_subject_decides_before_every_name() {
    run(async |service| {
        let scene = Scene::create(service, "identity-subjects").await;
        let (ada, bob) = (
            scene
                .push(json!({"userName": "ada", "externalId": "A"}))
                .await,
            scene
                .push(json!({"userName": "bob", "externalId": "B"}))
                .await,
        );
        let as_ada = json!({"user_name": "ada", "subject": "s-ada"});
        for _ in 0..2 {
            assert_eq!(scene.signed_in(as_ada.clone()).await, ada);
        }
        // The name goes to somebody else.
        scene
            .set(&ada, "userName", json!("countess"))
            .await
            .expect(200);
        scene.set(&bob, "userName", json!("ada")).await.expect(200);
        assert_eq!(scene.signed_in(as_ada).await, ada);
        // Another subject does not reach whom a subject is firmly bound to, by any name.
        scene
            .conflicts(
                json!({"user_name": "countess", "subject": "s-eve"}),
                &[&ada],
            )
            .await;
        scene
            .conflicts(
                json!({"user_name": "x", "external_id": "A", "subject": "s-eve"}),
                &[],
            )
            .await;
        // Without a subject, only a proven name does.
        scene
            .conflicts(json!({"user_name": "countess"}), &[&ada])
            .await;
        scene.set(&bob, "userName", json!("bob")).await.expect(200);
        scene.set(&ada, "userName", json!("ada")).await.expect(200);
        assert_eq!(scene.signed_in(json!({"user_name": "ada"})).await, ada);

        // Until a second sign-in, another subject may replace it.
        scene
            .signed_in(json!({"user_name": "bob", "subject": "b-1"}))
            .await;
        assert_eq!(
            scene
                .signed_in(json!({"user_name": "bob", "subject": "b-2"}))
                .await,
            bob
        );
        scene
            .signed_in(json!({"user_name": "bob", "subject": "b-2"}))
            .await;
        scene
            .conflicts(json!({"user_name": "bob", "subject": "b-1"}), &[&bob])
            .await;
    });
}

/// Case 18.
#[test]
fn a_subject_moves_to_who_was_pushed_in_place_of_the_old() {
    run(async |service| {
        let scene = Scene::create(service, "identity-moved").await;
        for deletes in [false, true] {
            let (name, subject) = (format!("ann-{deletes}"), format!("s-{deletes}"));
            let login = json!({"user_name": name, "subject": subject});
            let old = scene.push(json!({"userName": name})).await;
            scene.signed_in(login.clone()).await;
            match deletes {
                true => {
                    _ = scene
                        .tenant
                        .idp()
                        .delete(&format!("/Users/{old}"))
                        .await
                        .expect(204)
                }
                false => {
                    scene.set(&old, "active", json!(false)).await.expect(200);
                    scene
                        .set(&old, "userName", json!(format!("{name}-old")))
                        .await
                        .expect(200);
                }
            }
            scene.keeps_out(login.clone()).await;
            let new = scene.push(json!({"userName": name})).await;
            for _ in 0..2 {
                assert_eq!(scene.signed_in(login.clone()).await, new, "{name}");
            }
            let journal = service.journal(&scene.tenant).await;
            assert!(
                journal
                    .iter()
                    .any(|entry| entry["type"] == "user.subject_moved")
            );
        }
    });
}

/// Cases 15 and 16.
#[test]
fn external_ids_of_another_form_and_subjects_that_are_names() {
    run(async |service| {
        let scene = Scene::create(service, "identity-forms").await;
        let oid = "5f2a5a3c-0000-4000-8000-00000000000";
        for (number, name) in ["ada", "bob"].into_iter().enumerate() {
            let id = scene
                .push(json!({"userName": name, "externalId": "nick"}))
                .await;
            let login = json!({"user_name": name, "external_id": format!("{oid}{number}")});
            for _ in 0..2 {
                assert_eq!(scene.signed_in(login.clone()).await, id);
            }
        }
        // A name or a transient id in place of the subject.
        let cat = scene.push(json!({"userName": "cat@x.test"})).await;
        for subject in ["cat@x.test", "Cat@x.test", "_t1", "_t2", "_t3"] {
            let login = json!({"user_name": "cat@x.test", "subject": subject});
            assert_eq!(scene.signed_in(login).await, cat, "{subject}");
        }
    });
}

#[test]
fn who_may_sign_up_and_who_is_found_by_email() {
    run(async |service| {
        let scene = Scene::create(service, "identity-settings").await;
        let tenant = format!("/tenants/{}", scene.tenant.id());
        let set = async |settings: Value| {
            let change = json!({"settings": settings});
            scene.application.patch(&tenant, change).await.expect(200)
        };
        let emails = json!([{"value": "Una@x.test", "primary": true}]);
        let una = scene
            .push(json!({"userName": "una@corp.test", "emails": emails}))
            .await;
        set(json!({"sign_up": "pushed_only", "match_email": true}))
            .await
            .is(json!({"settings": {"sign_up": "pushed_only", "match_email": true}}));
        let unverified =
            json!({"user_name": "una", "email": "una@x.test", "email_verified": false});
        scene.conflicts(unverified, &[&una]).await;
        for _ in 0..2 {
            assert_eq!(
                scene.signed_in(json!({"user_name": "una@x.test"})).await,
                una
            );
        }
        let nobody = scene.log_in(json!({"user_name": "nobody"})).await;
        Scene::refused(nobody, 403, Reason::NotProvisioned, &[]);
        // An admin does not open what the owner or the application has closed.
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        admin
            .patch("/settings", json!({"sign_up": "allowed"}))
            .await
            .expect(403);
        let owner = service.admin(&scene.tenant, Role::Owner).await;
        owner
            .patch("/settings", json!({"sign_up": "allowed"}))
            .await
            .expect(200);
        scene.signed_in(json!({"user_name": "nobody"})).await;
    });
}

/// Case 25, without clocks: a session that began before the end is over, and a later one is not.
#[test]
fn sessions_end_with_their_epoch() {
    run(async |service| {
        let scene = Scene::create(service, "identity-epochs").await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let token = async || {
            let login = scene.log_in(json!({"user_name": "ada"})).await.expect(200);
            login.string("/session/token")
        };
        let first = token().await;
        scene.set(&ada, "active", json!(false)).await.expect(200);
        scene.set(&ada, "active", json!(true)).await.expect(200);
        let second = token().await;
        assert!(!scene.is_active(&first).await && scene.is_active(&second).await);
        scene
            .tenant
            .directory()
            .sign_in()
            .end_sessions_of(&ada, Role::Owner)
            .await
            .unwrap();
        let third = token().await;
        assert!(!scene.is_active(&second).await && scene.is_active(&third).await);
    });
}

/// Case 26: data of an earlier version has no identities.
#[test]
fn people_of_an_earlier_version_are_who_they_were() {
    run(async |service| {
        let scene = Scene::create(service, "identity-lifted").await;
        let owner = scene
            .push(json!({"userName": "olga", "externalId": "O"}))
            .await;
        scene.give(&owner, Role::Owner).await;
        let mut item = raw::item(service, &scene.tenant, "#U", &owner).await;
        assert!(item.remove("identity").is_some());
        raw::put(service, item).await;
        let mut item = raw::item(service, &scene.tenant, "", "TENANT").await;
        assert!(item.remove("owners_known_at").is_some());
        raw::put(service, item).await;

        // SCIM moves the name; the identifiers of before stay proven, and the new one is not.
        scene
            .set(&owner, "userName", json!("mallory"))
            .await
            .expect(200);
        scene
            .conflicts(json!({"user_name": "mallory"}), &[&owner, "olga"])
            .await;
        let by_id = json!({"user_name": "olga", "external_id": "O"});
        assert_eq!(scene.signed_in(by_id).await, owner);
        scene
            .set(&owner, "userName", json!("olga"))
            .await
            .expect(200);
        for _ in 0..2 {
            let login = json!({"user_name": "olga", "subject": "s-olga"});
            assert_eq!(scene.signed_in(login).await, owner);
        }

        // A person of an earlier version belongs to no connection.
        let credentials = scene.tenant.directory().credentials();
        let other = credentials
            .create_connection("other", rollcall_directory::Provider::Okta)
            .await
            .unwrap();
        let token = credentials.issue_token(&other.id, "t", None).await.unwrap();
        let theirs = scene.tenant.idp().with_token(Some(token.secret.expose()));
        let title = json!([{"op": "replace", "path": "title", "value": "Dr."}]);
        theirs
            .patch(&format!("/Users/{owner}"), title)
            .await
            .expect(200);
    });
}

/// Another identity provider of the tenant cannot name the founder, whom nobody pushed: their subject is firmly bound.
#[test]
fn another_connection_does_not_reach_the_founding_owner() {
    run(async |service| {
        let scene = Scene::create(service, "identity-founder").await;
        let own = scene.tenant.connection_id();
        let other = json!({"name": "Other", "provider": "other"});
        let path = format!("/tenants/{}/connections", scene.tenant.id());
        let made = scene.application.post(&path, other).await;
        let other = made.expect(201).id();
        let by = |connection: &str, subject: &str| json!({"user_name": "boss", "connection": connection, "subject": subject});
        let founder = scene.signed_in(by(own, "s-1")).await;
        assert_eq!(scene.signed_in(by(own, "s-1")).await, founder);
        scene.give(&founder, Role::Owner).await;
        scene.conflicts(by(&other, "evil"), &[&founder]).await;
        assert_eq!(scene.signed_in(by(own, "s-1")).await, founder);
        // It replaces the other one.
        let replaces = json!({"replaces": [own]});
        let path = format!("{path}/{other}");
        scene.application.patch(&path, replaces).await.expect(200);
        assert_eq!(scene.signed_in(by(&other, "s-9")).await, founder);
    });
}

/// Who is blocked stays out although the directory deletes them and makes somebody with the same identifiers.
#[test]
fn a_block_does_not_end_with_a_successor() {
    run(async |service| {
        let scene = Scene::create(service, "identity-blocked").await;
        let pushed = json!({"userName": "eve", "externalId": "x-1"});
        let eve = scene.push(pushed).await;
        let connection = scene.tenant.connection_id();
        let login = json!({"user_name": "eve2", "connection": connection, "subject": "s", "external_id": "x-1"});
        for _ in 0..2 {
            assert_eq!(scene.signed_in(login.clone()).await, eve);
        }
        let block = format!("/tenants/{}/users/{eve}/block", scene.tenant.id());
        scene.application.post(&block, json!({})).await.expect(200);
        scene
            .push(json!({"userName": "eve2", "externalId": "x-1"}))
            .await;
        scene.keeps_out(login).await;
    });
}
