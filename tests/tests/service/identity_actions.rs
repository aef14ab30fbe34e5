//! What admins do about who somebody is: block, end sessions, bind anew, confirm, merge, delete; never upwards in rank.

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_directory::{Reason, Role};
use rollcall_tests::api::Api;
use rollcall_tests::raw;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::{Service, run};
use rollcall_tests::urn;
use rollcall_tests::visitor::Visitor;
use serde_json::{Value, json};

/// Returns the types of the entries about a person, oldest first.
async fn history(service: &Service, scene: &Scene, user: &str) -> Vec<String> {
    let entries = service.journal(&scene.tenant).await;
    let about = |entry: &Value| entry["subject"]["id"] == user;
    let kind = |entry: &Value| entry["type"].as_str().unwrap_or_default().to_owned();
    entries
        .iter()
        .filter(|entry| about(entry))
        .map(kind)
        .collect()
}

/// Signs in somebody, and returns a client with their session.
async fn session(scene: &Scene, login: Value) -> Api {
    let token = scene
        .log_in(login)
        .await
        .expect(200)
        .string("/session/token");
    scene.application.with(Some(&token))
}

/// The path of an action by the door of service keys.
fn by_key(scene: &Scene, user: &str, action: &str) -> String {
    format!("/tenants/{}/users/{user}{action}", scene.tenant.id())
}

/// Case 8 of the issue: whoever came by sign-in, and whoever belongs to a connection that is gone.
#[test]
fn admins_delete_people_whom_nobody_sends() {
    run(async |service| {
        let scene = Scene::create(service, "act-delete").await;
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        let ghost = scene.signed_in(json!({"user_name": "ghost"})).await;
        let pushed = scene.push(json!({"userName": "ada"})).await;
        let group =
            json!({"schemas": [urn::GROUP], "displayName": "Team", "members": [{"value": pushed}]});
        let group = scene
            .tenant
            .idp()
            .post("/Groups", group)
            .await
            .expect(201)
            .id();
        let ada = session(&scene, json!({"user_name": "ada"})).await;
        let credentials = scene.tenant.directory().credentials();
        let connection = scene.tenant.connection_id();
        admin.delete(&format!("/users/{ghost}")).await.expect(204);
        credentials.delete_connection(connection).await.unwrap();
        let path = by_key(&scene, &pushed, "");
        scene
            .application
            .get(&path)
            .await
            .expect(200)
            .is(json!({"owner": connection}));
        scene.application.delete(&path).await.expect(204);
        scene.application.delete(&path).await.expect(404);
        assert!(!scene.is_active(ada.credential()).await);
        let members = admin.get(&format!("/scim/groups/{group}/members")).await;
        assert_eq!(members.expect(200).body["items"], json!([]));
        assert_eq!(admin.all("/users").await.len(), 0);
        for name in ["ghost", "ada"] {
            scene.keeps_out(json!({"user_name": name})).await;
        }
        // Since then, the sign-ins above were refused.
        let history = history(service, &scene, &ghost).await;
        assert!(history.contains(&"user.deleted".to_owned()), "{history:?}");
    });
}

/// Case 23.
#[test]
fn a_block_ends_by_an_admin_or_by_a_return_from_false_to_true() {
    run(async |service| {
        let scene = Scene::create(service, "act-block").await;
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        let ada = scene.push(json!({"userName": "ada", "active": true})).await;
        let login = json!({"user_name": "ada", "subject": "s-ada"});
        let before = session(&scene, login.clone()).await;
        let path = format!("/users/{ada}");
        let block = format!("{path}/block");
        let blocked = admin.post(&block, json!({})).await.expect(200);
        let blocked = blocked.is(json!({"state": "inactive"}));
        assert!(!blocked.body["blocked_at"].is_null() && blocked.body["role"].is_null());
        assert!(!scene.is_active(before.credential()).await);
        scene.keeps_out(login.clone()).await;

        // What SCIM said is read back as it was; saying it again ends nothing.
        for _ in 0..2 {
            scene.set(&ada, "active", json!(true)).await.expect(200);
        }
        let read = scene.tenant.idp().get(&format!("/Users/{ada}")).await;
        read.expect(200).is(json!({"active": true}));
        scene.keeps_out(login.clone()).await;
        let inactive = admin.all("/users?state=inactive").await;
        assert_eq!(inactive.len(), 1);
        assert!(admin.all("/users?state=active,invited").await.is_empty());
        admin.post(&block, json!({})).await.expect(200);

        let unblocked = admin.post(&format!("{path}/unblock"), json!({})).await;
        unblocked.expect(200).is(json!({"state": "active"}));
        assert!(!scene.is_active(before.credential()).await);
        assert_eq!(scene.signed_in(login.clone()).await, ada);

        // The identity provider lets them in again.
        let key = by_key(&scene, &ada, "/block");
        scene.application.post(&key, json!({})).await.expect(200);
        scene.set(&ada, "active", json!(false)).await.expect(200);
        scene.keeps_out(login.clone()).await;
        scene.set(&ada, "active", json!(true)).await.expect(200);
        assert_eq!(scene.signed_in(login).await, ada);
        let told = history(service, &scene, &ada).await;
        let count = |kind: &str| told.iter().filter(|one| *one == kind).count();
        assert_eq!(
            (count("user.blocked"), count("user.unblocked")),
            (2, 1),
            "{told:?}"
        );
    });
}

/// Case 21: also by a service key that cannot open a session.
#[test]
fn nobody_acts_on_somebody_who_ranks_above() {
    run(async |service| {
        let scene = Scene::create(service, "act-rank").await;
        let owner = scene.push(json!({"userName": "olga"})).await;
        let other = scene.push(json!({"userName": "otto"})).await;
        let founder = scene.signed_in(json!({"user_name": "founder"})).await;
        for user in [&owner, &other, &founder] {
            scene.give(user, Role::Owner).await;
        }
        let theirs = session(&scene, json!({"user_name": "olga"})).await;
        let ann = scene.push(json!({"userName": "ann"})).await;
        scene.give(&ann, Role::Admin).await;
        let ann = session(&scene, json!({"user_name": "ann"})).await;
        let link = service.admin(&scene.tenant, Role::Admin).await;
        let (posts, none) = (
            ["block", "unblock", "sessions/end", "bind-anew", "confirm"],
            json!({}),
        );
        for admin in [&ann, &link] {
            for action in posts {
                let refused = admin
                    .post(&format!("/users/{owner}/{action}"), none.clone())
                    .await;
                refused.expect(403).because(Reason::PersonOutranks);
            }
            let refused = admin.delete(&format!("/users/{owner}")).await;
            refused.expect(403).because(Reason::PersonOutranks);
            let refused = admin
                .post(&format!("/users/{founder}/merge"), json!({"into": owner}))
                .await;
            refused.expect(403).because(Reason::PersonOutranks);
        }
        assert!(scene.is_active(theirs.credential()).await);
        // An owner who is out ranks as before.
        theirs
            .post(&format!("/users/{other}/block"), none.clone())
            .await
            .expect(200);
        let unblock = ann
            .post(&format!("/users/{other}/unblock"), none.clone())
            .await;
        unblock.expect(403).because(Reason::PersonOutranks);
        theirs
            .post(&format!("/users/{founder}/sessions/end"), none.clone())
            .await
            .expect(204);

        // The last owner stays.
        theirs
            .delete(&format!("/users/{founder}"))
            .await
            .expect(204);
        let last = theirs.post(&format!("/users/{owner}/block"), none).await;
        last.expect(403).because(Reason::LastOwner);
        let page = Visitor::with_session(service, ann.credential()).await;
        let page = page
            .get(&format!("/console/people/{owner}"))
            .await
            .expect(200);
        assert!(page.html.contains("ranks above you") && !page.html.contains("/block\""));
    });
}

/// Case 19: a sole owner who has no subject is renamed.
#[test]
fn an_owner_confirms_a_new_name_from_an_older_session() {
    run(async |service| {
        let scene = Scene::create(service, "act-confirm").await;
        let owner = scene.push(json!({"userName": "olga"})).await;
        scene.signed_in(json!({"user_name": "olga"})).await;
        scene.give(&owner, Role::Owner).await;
        let older = session(&scene, json!({"user_name": "olga"})).await;
        scene
            .set(&owner, "userName", json!("olga.new"))
            .await
            .expect(200);
        let login = json!({"user_name": "olga.new"});
        scene.conflicts(login.clone(), &["olga", &owner]).await;
        assert!(scene.is_active(older.credential()).await);

        // Whoever opened a portal link does not know whose names these are, and an admin ranks below.
        let confirm = format!("/users/{owner}/confirm");
        let link = service.admin(&scene.tenant, Role::Owner).await;
        link.post(&confirm, json!({}))
            .await
            .expect(403)
            .because(Reason::Forbidden);
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        admin.post(&confirm, json!({})).await.expect(403);
        scene.conflicts(login.clone(), &[&owner]).await;

        older.post(&confirm, json!({})).await.expect(200);
        assert_eq!(scene.signed_in(login.clone()).await, owner);
        let newer = session(&scene, login).await;

        // A session that began after the last change confirms nothing.
        scene
            .set(&owner, "userName", json!("olga.third"))
            .await
            .expect(200);
        scene
            .set(&owner, "userName", json!("olga.new"))
            .await
            .expect(200);
        let newest = session(&scene, json!({"user_name": "olga.new"})).await;
        let mut item = raw::item(service, &scene.tenant, "#U", &owner).await;
        if let Some(AttributeValue::M(identity)) = item.get_mut("identity") {
            identity.insert("proven".to_owned(), AttributeValue::M([].into()));
        }
        raw::put(service, item).await;
        newest.post(&confirm, json!({})).await.expect(403);
        newer.post(&confirm, json!({})).await.expect(200);

        // Another owner, and the application.
        let second = scene.push(json!({"userName": "otto"})).await;
        scene.give(&second, Role::Owner).await;
        let second = session(&scene, json!({"user_name": "otto"})).await;
        for name in ["olga.4", "olga.5"] {
            scene.set(&owner, "userName", json!(name)).await.expect(200);
            scene.conflicts(json!({"user_name": name}), &[&owner]).await;
            match name {
                "olga.4" => second.post(&confirm, json!({})).await.expect(200),
                _ => {
                    let path = by_key(&scene, &owner, "/confirm");
                    scene.application.post(&path, json!({})).await.expect(200)
                }
            };
            assert_eq!(scene.signed_in(json!({"user_name": name})).await, owner);
        }
        let told = history(service, &scene, &owner).await;
        assert!(told.iter().any(|kind| kind == "user.confirmed"), "{told:?}");
    });
}

/// Case 20: a sign-in without a subject, after a rename, does not reach an owner whom a subject is firmly bound to.
#[test]
fn a_sign_in_without_a_subject_is_no_way_around_it() {
    run(async |service| {
        let scene = Scene::create(service, "act-downgrade").await;
        let owner = scene
            .push(json!({"userName": "olga", "externalId": "O"}))
            .await;
        let login = json!({"user_name": "olga", "subject": "s-olga"});
        for _ in 0..2 {
            assert_eq!(scene.signed_in(login.clone()).await, owner);
        }
        scene.give(&owner, Role::Owner).await;
        scene
            .set(&owner, "userName", json!("mallory"))
            .await
            .expect(200);
        scene
            .set(&owner, "externalId", json!("M"))
            .await
            .expect(200);
        for login in [
            json!({"user_name": "mallory"}),
            json!({"user_name": "x", "external_id": "M"}),
            json!({"user_name": "mallory", "external_id": "M"}),
            json!({"user_name": "mallory", "subject": "s-mallory"}),
        ] {
            scene.conflicts(login, &[&owner, "olga"]).await;
        }
        assert_eq!(
            scene
                .signed_in(json!({"user_name": "any", "subject": "s-olga"}))
                .await,
            owner
        );
    });
}

#[test]
fn the_next_sign_in_binds_anew() {
    run(async |service| {
        let scene = Scene::create(service, "act-rebind").await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let old = json!({"user_name": "ada", "subject": "s-old"});
        scene.signed_in(old.clone()).await;
        let before = session(&scene, old.clone()).await;
        let new = json!({"user_name": "ada", "subject": "s-new"});
        scene.conflicts(new.clone(), &[&ada]).await;
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        let path = format!("/users/{ada}");
        let subjects = json!({"subjects": [{"firm": true}]});
        admin.get(&path).await.expect(200).is(subjects);
        let answer = admin.post(&format!("{path}/bind-anew"), json!({})).await;
        answer.expect(200).is(json!({"subjects": []}));
        assert!(!scene.is_active(before.credential()).await);
        for _ in 0..2 {
            assert_eq!(scene.signed_in(new.clone()).await, ada);
        }
        // Nobody has the old subject any more, so the name decides, and the person has another one.
        scene.conflicts(old, &[&ada]).await;
        let told = history(service, &scene, &ada).await;
        assert!(
            told.iter().any(|kind| kind == "user.subjects_forgotten"),
            "{told:?}"
        );
    });
}

/// Case 13, by hand: roles and sessions never move.
#[test]
fn an_owner_merges_an_account_that_only_signed_in() {
    run(async |service| {
        let scene = Scene::create(service, "act-merge").await;
        let login = json!({"user_name": "founder", "subject": "s-founder"});
        let founder = scene.signed_in(login.clone()).await;
        scene.give(&founder, Role::Owner).await;
        let other = scene.push(json!({"userName": "otto"})).await;
        scene.give(&other, Role::Owner).await;
        let pushed = scene.push(json!({"userName": "f.ounder"})).await;
        // Neither a rename closes a protected account, nor does an attacker's record get anything of it.
        scene
            .set(&pushed, "userName", json!("founder"))
            .await
            .refused(409, "uniqueness");
        let theirs = session(&scene, login.clone()).await;
        let merge = format!("/users/{founder}/merge");
        let into = json!({"into": pushed});
        theirs
            .post(&format!("/users/{pushed}/merge"), json!({"into": founder}))
            .await
            .expect(400);
        theirs
            .post(&merge, json!({"into": founder}))
            .await
            .expect(400);
        theirs
            .post(&merge, json!({"into": "nobody"}))
            .await
            .expect(404);
        theirs
            .post(&merge, into)
            .await
            .expect(200)
            .is(json!({"id": pushed}));
        assert!(!scene.is_active(theirs.credential()).await);
        scene
            .set(&pushed, "userName", json!("founder"))
            .await
            .expect(200);
        let again = scene.log_in(login).await.expect(200);
        again.is(json!({"user": {"id": pushed}, "role": "member"}));
        assert_eq!(scene.people().await, 2);
        let told = history(service, &scene, &founder).await;
        assert_eq!(told.last().unwrap(), "user.merged");
    });
}

/// Case 25: the clocks of two machines are two seconds apart.
#[test]
fn no_clock_decides_whether_a_session_is_over() {
    run(async |service| {
        let scene = Scene::create(service, "act-clocks").await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let login = json!({"user_name": "ada"});
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        let end = format!("/users/{ada}/sessions/end");
        let ahead = jiff::Timestamp::now() + std::time::Duration::from_secs(2);

        // Ended by a machine whose clock is ahead: a later session is valid.
        admin.post(&end, json!({})).await.expect(204);
        let mut item = raw::item(service, &scene.tenant, "#U", &ada).await;
        if let Some(AttributeValue::M(account)) = item.get_mut("standing") {
            for name in ["sessions_over_at", "epoch_at"] {
                account.insert(name.to_owned(), AttributeValue::S(ahead.to_string()));
            }
        }
        raw::put(service, item).await;
        let later = session(&scene, login.clone()).await;
        assert!(scene.is_active(later.credential()).await);

        // Begun on such a machine: a deactivation ends it, and the return does not bring it back.
        let items = raw::items(service, &scene.tenant).await;
        let mut theirs = items
            .into_iter()
            .filter(|item| raw::text(item, "user") == ada);
        let mut item = theirs.next().expect("a session");
        item.insert("began".to_owned(), AttributeValue::S(ahead.to_string()));
        raw::put(service, item).await;
        assert!(scene.is_active(later.credential()).await);
        scene.set(&ada, "active", json!(false)).await.expect(200);
        scene.set(&ada, "active", json!(true)).await.expect(200);
        assert!(!scene.is_active(later.credential()).await);
    });
}

#[test]
fn the_page_of_a_person_has_the_buttons() {
    run(async |service| {
        let scene = Scene::create(service, "act-console").await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let login = json!({"user_name": "ada", "subject": "s"});
        scene.signed_in(login.clone()).await;
        let admin = Visitor::with_link(service, &scene.tenant, Role::Admin).await;
        let path = format!("/console/people/{ada}");
        let page = admin.get(&path).await.expect(200);
        for text in [
            "Sent by an identity provider",
            "one sign-in so far",
            "Block person…",
            "Delete person…",
        ] {
            assert!(page.html.contains(text), "{text}");
        }
        let token = page.form_token();
        let post = async |action: &str| {
            let sent = admin
                .post(&format!("{path}/{action}"), &[("form_token", &token)], &[])
                .await;
            sent.expect(303)
        };
        post("block").await;
        scene.keeps_out(login.clone()).await;
        let page = admin.get(&format!("{path}?done=block")).await.expect(200);
        assert!(page.html.contains("Blocked since") && page.html.contains("Person blocked"));
        post("unblock").await;
        post("confirm").await;
        post("bind-anew").await;
        assert_eq!(scene.signed_in(login.clone()).await, ada);
        post("delete").await;
        scene.keeps_out(login).await;
        assert_eq!(scene.people().await, 0);
    });
}
