//! Who somebody is and which role they hold: what a role proves, whom it protects, and who may say so.

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join;
use rollcall_directory::{Origin, Reason, Role};
use rollcall_tests::api::Api;
use rollcall_tests::raw;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
use serde_json::{Value, json};

async fn give(by: &Api, user: &str, role: Value) {
    let path = format!("/users/{user}/role");
    by.put(&path, json!({"role_id": role})).await.expect(200);
}

#[test]
fn a_role_that_is_given_anew_proves_no_new_name() {
    run(async |service| {
        let scene = Scene::create(service, "role-anew").await;
        let victim = scene.push(json!({"userName": "vic"})).await;
        let ann = scene.push(json!({"userName": "ann"})).await;
        for user in [&victim, &ann] {
            scene.give(user, Role::Admin).await;
        }
        scene.signed_in(json!({"user_name": "vic"})).await;
        let ann = scene.session(json!({"user_name": "ann"})).await;
        let name = |name: &str| json!({"user_name": name});
        scene
            .set(&victim, "userName", json!("mallory"))
            .await
            .expect(200);
        give(&ann, &victim, Value::Null).await;
        give(&ann, &victim, json!("admin")).await;
        scene.conflicts(name("mallory"), &[&victim]).await;
        // Under the old name again, somebody must say that it is them: before the role, others could sign in under it too.
        scene
            .set(&victim, "userName", json!("vic"))
            .await
            .expect(200);
        scene.conflicts(name("vic"), &[&victim]).await;
        let confirm = scene.path(&format!("/users/{victim}/confirm"));
        scene
            .application
            .post(&confirm, json!({}))
            .await
            .expect(200);
        assert_eq!(scene.signed_in(name("vic")).await, victim);

        // The application knows whose name it is.
        scene
            .set(&victim, "userName", json!("victoria"))
            .await
            .expect(200);
        let path = scene.path(&format!("/users/{victim}/role"));
        for role in [Value::Null, json!("admin")] {
            let given = scene.application.put(&path, json!({"role_id": role})).await;
            given.expect(200);
        }
        assert_eq!(scene.signed_in(name("victoria")).await, victim);

        // Somebody of whom nothing is proven yet.
        let bob = scene.push(json!({"userName": "bobby"})).await;
        scene.set(&bob, "userName", json!("bob")).await.expect(200);
        give(&ann, &bob, json!("admin")).await;
        assert_eq!(scene.signed_in(name("bob")).await, bob);
    });
}

/// Before somebody has a role, whoever holds the token of their connection can sign in as them. Nothing of that lasts when
/// they get one: neither what the other name proves, nor a session.
#[test]
fn what_another_name_has_opened_ends_with_a_role() {
    run(async |service| {
        let scene = Scene::create(service, "role-sleeper").await;
        let name = |name: &str| json!({"user_name": name});
        for user in ["boss", "chief"] {
            scene.push(name_of(user)).await;
        }
        let mut sessions = Vec::new();
        for (user, role) in [("boss", Role::Owner), ("chief", Role::Admin)] {
            let id = scene.signed_in(name(user)).await;
            scene.give(&id, role).await;
            sessions.push(scene.session(name(user)).await);
        }
        let (owner, admin) = (&sessions[0], &sessions[1]);
        let givers = [
            ("owner", Some(owner)),
            ("owner", None),
            ("admin", Some(admin)),
        ];
        for (number, (role, giver)) in givers.into_iter().enumerate() {
            for signs_in in [false, true] {
                let own = format!("p-{number}-{signs_in}");
                let user = scene.push(name_of(&own)).await;
                let rename = async |name: &str| {
                    let renamed = scene.set(&user, "userName", json!(name)).await;
                    renamed.expect(200);
                };
                rename("mallory").await;
                let theirs = scene.log_in(name("mallory")).await.expect(200);
                let theirs = scene
                    .application
                    .with(Some(&theirs.string("/session/token")));
                rename(&own).await;
                if signs_in {
                    assert_eq!(scene.signed_in(name(&own)).await, user);
                }
                theirs.get("/sessions/current").await.expect(200);
                let path = format!("/users/{user}/role");
                let given = json!({"role_id": role});
                match giver {
                    Some(giver) => giver.put(&path, given).await.expect(200),
                    None => scene
                        .application
                        .put(&scene.path(&path), given)
                        .await
                        .expect(200),
                };
                theirs.get("/sessions/current").await.expect(401);
                // An admin does not say whose an unproven name is.
                match (role, signs_in) {
                    ("admin", false) => scene.conflicts(name(&own), &[&user]).await,
                    _ => assert_eq!(scene.signed_in(name(&own)).await, user),
                }
                rename("mallory").await;
                scene.conflicts(name("mallory"), &[&user]).await;
                rename(&own).await;
            }
        }
    });
}

fn name_of(name: &str) -> Value {
    json!({"userName": name})
}

#[test]
fn the_default_role_of_earlier_protects() {
    run(async |service| {
        let scene = Scene::create(service, "role-default").await;
        let settings = async |settings: Value| {
            let path = scene.path("/settings");
            scene.application.patch(&path, settings).await.expect(200);
        };
        settings(json!({"sso_default_role": "admin"})).await;
        let eve = scene.push(json!({"userName": "eve"})).await;
        let login = scene.log_in(json!({"user_name": "eve"})).await.expect(200);
        login.is(json!({"role": "admin"}));
        // An account that nobody pushed.
        let fay = scene.signed_in(json!({"user_name": "fay"})).await;
        settings(json!({"sso_default_role": "member"})).await;
        let dan = scene.push(json!({"userName": "dan"})).await;
        scene
            .set(&eve, "userName", json!("mallory"))
            .await
            .expect(200);
        scene
            .conflicts(json!({"user_name": "mallory"}), &[&eve])
            .await;
        let taken = scene.set(&dan, "userName", json!("fay")).await;
        taken.refused(409, "uniqueness");
        assert_eq!(scene.signed_in(json!({"user_name": "fay"})).await, fay);
        scene.set(&eve, "userName", json!("eve")).await.expect(200);
        assert_eq!(scene.signed_in(json!({"user_name": "eve"})).await, eve);

        // It is the default again, so it is nothing special.
        settings(json!({"sso_default_role": "admin"})).await;
        scene.set(&eve, "userName", json!("eva")).await.expect(200);
        assert_eq!(scene.signed_in(json!({"user_name": "eva"})).await, eve);
    });
}

#[test]
fn only_an_owner_merges_two_who_contradict_each_other() {
    run(async |service| {
        let scene = Scene::create(service, "role-merge").await;
        let boss = scene.push(json!({"userName": "boss"})).await;
        scene.give(&boss, Role::Admin).await;
        let admin = scene.session(json!({"user_name": "boss"})).await;
        let owner = service.admin(&scene.tenant, Role::Owner).await;
        let into = async |name: &str, external_id: &str, subject: &str| {
            let pushed = json!({"userName": name, "externalId": external_id});
            let id = scene.push(pushed).await;
            let login = json!({"user_name": name, "subject": subject});
            assert_eq!(scene.signed_in(login).await, id);
            id
        };
        let account = async |name: &str, more: Value| {
            let mut login = json!({"user_name": name});
            for (key, value) in more.as_object().into_iter().flatten() {
                login[key.as_str()] = value.clone();
            }
            scene.signed_in(login).await
        };
        for (number, more, contradicts) in [
            (0, json!({"external_id": "F0"}), true),
            (1, json!({"subject": "t-1"}), true),
            (2, json!({}), false),
        ] {
            let external_id = format!("P{number}");
            let into = into(&format!("p{number}"), &external_id, &format!("s-{number}")).await;
            let closed = account(&format!("f{number}"), more).await;
            let (merge, into) = (format!("/users/{closed}/merge"), json!({"into": into}));
            if contradicts {
                let refused = admin.post(&merge, into.clone()).await;
                refused.expect(403).because(Reason::Forbidden);
                owner.post(&merge, into).await.expect(200);
            } else {
                admin.post(&merge, into).await.expect(200);
            }
        }
    });
}

#[test]
fn people_confirm_themselves_without_a_permission() {
    run(async |service| {
        let scene = Scene::create(service, "role-confirm").await;
        let viewers = json!({"sso_default_role": "viewer"});
        let path = scene.path("/settings");
        scene.application.patch(&path, viewers).await.expect(200);
        let ada = scene.push(json!({"userName": "ada"})).await;
        let bob = scene.push(json!({"userName": "bob"})).await;
        for user in [&ada, &bob] {
            scene.give(user, Role::Member).await;
        }
        let older = scene.session(json!({"user_name": "ada"})).await;
        scene
            .set(&ada, "userName", json!("ada.king"))
            .await
            .expect(200);
        let login = json!({"user_name": "ada.king"});
        scene.conflicts(login.clone(), &[&ada]).await;
        let confirm = |user: &str| format!("/users/{user}/confirm");
        older.post(&confirm(&bob), json!({})).await.expect(403);
        older.post(&confirm(&ada), json!({})).await.expect(200);
        assert_eq!(scene.signed_in(login).await, ada);
        // Not from a session that began after the change.
        scene
            .set(&bob, "userName", json!("bob.king"))
            .await
            .expect(200);
        scene.set(&bob, "userName", json!("bob")).await.expect(200);
        let newer = scene.session(json!({"user_name": "bob"})).await;
        let mut item = raw::item(service, &scene.tenant, "#U", &bob).await;
        if let Some(AttributeValue::M(identity)) = item.get_mut("identity") {
            identity.insert("proven".to_owned(), AttributeValue::M([].into()));
        }
        raw::put(service, item).await;
        newer.post(&confirm(&bob), json!({})).await.expect(403);
    });
}

#[test]
fn to_revoke_tokens_is_not_to_delete_people() {
    run(async |service| {
        let scene = Scene::create(service, "role-delete").await;
        let janitor = json!({"id": "janitor", "name": "Janitor", "rank": 10, "by_hand": true,
            "permissions": ["directory:read", "provisioning:read", "provisioning:delete"]});
        let settings = json!({"sso_default_role": null});
        let path = scene.path("/settings");
        scene.application.patch(&path, settings).await.expect(200);
        let roles = json!({"items": [janitor]});
        let path = scene.path("/roles");
        scene.application.put(&path, roles).await.expect(200);
        let ada = scene.push(json!({"userName": "ada"})).await;
        let link = json!({"role_id": "janitor"});
        let link = scene
            .application
            .post(&scene.path("/portal-links"), link)
            .await;
        let link = link.expect(201).string("/url");
        let secret = link.rsplit('=').next().unwrap_or_default();
        let opened = service.directory();
        let opened = opened.open_portal_link(secret, "opened", Origin::default());
        let session = opened.await.unwrap().expect("a session");
        let session = scene.application.with(Some(session.secret.expose()));
        session.get("/users").await.expect(200);
        session.delete(&format!("/users/{ada}")).await.expect(403);
        let own = scene.tenant.connection_id();
        let connection = format!("/scim/connections/{own}");
        session.delete(&connection).await.expect(204);
        let path = scene.path(&format!("/users/{ada}"));
        scene.application.delete(&path).await.expect(204);
    });
}

/// Two links for the first owner are used at the same moment.
#[test]
fn there_is_one_first_owner() {
    run(async |service| {
        for round in 0..4 {
            let scene = Scene::create(service, &format!("first-owner-race-{round}")).await;
            let (one, other) = join(
                service.admin(&scene.tenant, Role::Owner),
                service.admin(&scene.tenant, Role::Owner),
            )
            .await;
            let ada = scene.push(json!({"userName": "ada"})).await;
            let bob = scene.push(json!({"userName": "bob"})).await;
            let (ada, bob) = (format!("/users/{ada}/role"), format!("/users/{bob}/role"));
            let owner = json!({"role_id": "owner"});
            let (one, other) = join(one.put(&ada, owner.clone()), other.put(&bob, owner)).await;
            let mut statuses = [one.status, other.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 403]);
        }
    });
}

/// A role vanishes while somebody gets it. Whatever comes first, nobody has a role that is not there.
#[test]
fn a_role_does_not_vanish_while_it_is_given() {
    run(async |service| {
        let scene = Scene::create(service, "role-vanishes").await;
        let role = |id: &str, rank: u16| json!({"id": id, "name": id, "rank": rank, "by_hand": true, "by_mapping": true, "permissions": []});
        let settings = json!({"sso_default_role": null});
        let path = scene.path("/settings");
        scene.application.patch(&path, settings).await.expect(200);
        let group = scene.tenant.idp().group("Team", &[]).await;
        for round in 0..8 {
            let ada = scene
                .push(json!({"userName": format!("ada-{round}")}))
                .await;
            let path = scene.path("/roles");
            let define = |roles: Vec<Value>| scene.application.put(&path, json!({"items": roles}));
            define(vec![role("editor", 10), role("other", 20)])
                .await
                .expect(200);
            let target = match round % 2 {
                0 => scene.path(&format!("/users/{ada}/role")),
                _ => scene.path(&format!("/groups/{group}/role-mapping")),
            };
            let given = scene.application.put(&target, json!({"role_id": "editor"}));
            let (defined, given) = join(define(vec![role("other", 20)]), given).await;
            match given.status {
                200 => assert_eq!(defined.status, 409, "{round}"),
                _ => assert_eq!(defined.status, 200, "{round}"),
            }
            if given.status == 200 {
                let nothing = json!({"role_id": null});
                scene.application.put(&target, nothing).await.expect(200);
            }
        }
    });
}

/// Case 27: an address opens neither an invitation of somebody else nor a role, whoever says that it is verified.
#[test]
fn an_address_does_not_open_a_role() {
    run(async |service| {
        let scene = Scene::create(service, "role-address").await;
        let path = scene.path("/settings");
        let settings = json!({"match_email": true});
        scene.application.patch(&path, settings).await.expect(200);
        let mut people = Vec::new();
        for name in ["olga", "ann"] {
            let emails =
                json!([{"value": format!("{name}@x.test"), "primary": true, "type": "work"}]);
            let user = json!({"userName": format!("{name}@corp.test"), "emails": emails});
            people.push(scene.push(user).await);
        }
        scene.give(&people[0], Role::Owner).await;
        let login = |name: &str, verified: bool| json!({"user_name": format!("other-{name}"), "email": format!("{name}@x.test"), "email_verified": verified, "subject": format!("s-{name}")});
        for verified in [true, false] {
            scene
                .conflicts(login("olga", verified), &[&people[0]])
                .await;
        }
        scene.conflicts(login("ann", false), &[&people[1]]).await;
        assert_eq!(scene.signed_in(login("ann", true)).await, people[1]);
    });
}
