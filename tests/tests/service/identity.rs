//! Who a sign-in is taken for: names that change and are given again, people who left, and recycled addresses.

use rollcall_directory::Role;
use rollcall_tests::api::Api;
use rollcall_tests::idp::Answer;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::urn;
use serde_json::{Value, json};

/// One test's view of a tenant: its backend and its owner.
struct Scene {
    application: Api,
    tenant: Tenant,
}

impl Scene {
    async fn create(service: &Service, name: &str) -> Self {
        Self {
            application: service.application(),
            tenant: service.tenant(name).await,
        }
    }

    async fn log_in(&self, login: Value) -> Answer {
        let path = format!("/tenants/{}/sso/logins", self.tenant.id());
        self.application.post(&path, login).await
    }

    /// Signs in somebody, and returns their id.
    async fn signed_in(&self, login: Value) -> String {
        self.log_in(login).await.expect(200).string("/user/id")
    }

    /// Expects that the sign-in is refused, and that the answer names nobody else.
    #[track_caller]
    fn refused(answer: Answer, status: u16, kind: &str, hidden: &[&str]) {
        let answer = answer.expect(status);
        assert_eq!(
            answer.string("/type"),
            format!("urn:rollcall:problem:{kind}")
        );
        let text = answer.body.to_string();
        for name in hidden {
            assert!(!text.contains(name), "{text} names {name}");
        }
    }

    async fn conflicts(&self, login: Value, hidden: &[&str]) {
        Self::refused(self.log_in(login).await, 409, "identity-conflict", hidden);
    }

    async fn keeps_out(&self, login: Value) {
        Self::refused(self.log_in(login).await, 403, "person-inactive", &[]);
    }

    async fn push(&self, user: Value) -> String {
        let mut user = user;
        user["schemas"] = json!([urn::USER]);
        self.tenant
            .idp()
            .post("/Users", user)
            .await
            .expect(201)
            .id()
    }

    async fn set(&self, user: &str, path: &str, value: Value) -> Answer {
        let change = json!([{"op": "replace", "path": path, "value": value}]);
        self.tenant
            .idp()
            .patch(&format!("/Users/{user}"), change)
            .await
    }

    async fn give(&self, user: &str, role: Role) {
        let roles = self.tenant.directory().roles();
        roles
            .give_role(user, Some(role), Role::Owner)
            .await
            .unwrap();
    }

    async fn people(&self) -> u64 {
        self.tenant.idp().census().await.0
    }

    async fn is_active(&self, token: &str) -> bool {
        self.application.introspect(token).await.body["active"] == true
    }

    async fn refusals(&self, service: &Service) -> Vec<Value> {
        let mut entries = service.journal(&self.tenant).await;
        entries.retain(|entry| entry["type"] == "auth.refused");
        let told = entries.iter().filter_map(|entry| entry["after"].as_str());
        told.filter_map(|told| serde_json::from_str(told).ok())
            .collect()
    }
}

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
        scene
            .conflicts(json!({"user_name": "ada", "external_id": "B"}), &[&ada])
            .await;
        assert_eq!(
            scene
                .signed_in(json!({"user_name": "ada", "external_id": "A"}))
                .await,
            ada
        );
        assert_eq!(scene.people().await, 1);
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
        Scene::refused(nobody, 403, "not-provisioned", &[]);
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

/// Cases 7 and 24.
#[test]
fn a_connection_owns_what_it_pushed() {
    run(async |service| {
        let scene = Scene::create(service, "identity-owned").await;
        let credentials = scene.tenant.directory().credentials();
        let other = credentials
            .create_connection("other", rollcall_directory::Provider::Okta)
            .await
            .unwrap();
        let token = credentials.issue_token(&other.id, "t", None).await.unwrap();
        let theirs = scene.tenant.idp().with_token(Some(token.secret.expose()));
        let ada = scene.push(json!({"userName": "ada"})).await;
        let path = format!("/Users/{ada}");
        let rename = json!([{"op": "replace", "path": "userName", "value": "eve"}]);
        theirs.get(&path).await.expect(200);
        theirs.patch(&path, rename.clone()).await.refused(403, "");
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
            .create_connection("new", rollcall_directory::Provider::Entra)
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
            .end_sessions_of(&ada)
            .await
            .unwrap();
        let third = token().await;
        assert!(!scene.is_active(&second).await && scene.is_active(&third).await);
    });
}
