//! A connection that is only observed: what it sends is stored and read back, and takes no effect until it is made real.

use rollcall_directory::{Assertion, ConnectionRules, DeletedPeople, Role, Settings, SignUp};
use rollcall_local::Options;
use rollcall_tests::event_fixture::EventFixture;
use rollcall_tests::observed::{Observed, fast, scene};
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

#[test]
fn deactivation_and_roles_have_no_effect_until_they_are_made_real() {
    run(async |service| {
        let scene = scene(service, "observe-all", fast()).await;
        // Ada and Bob came by signing in, and Ada is in a group of the connection of before.
        let ada = scene.signed_in(json!({"user_name": "ada"})).await;
        let bob = scene.signed_in(json!({"user_name": "bob"})).await;
        let left = scene.signed_in(json!({"user_name": "left"})).await;
        let real = scene.tenant.idp().group("Real", &[&ada]).await;
        let it = Observed::replacing(scene).await;
        let scene = &it.scene;
        it.map(&real, Role::Admin).await;
        service.follow_up(&scene.tenant).await;
        let before = (it.of(&ada).await, it.of(&bob).await);
        assert_eq!(before.0, ("active".to_owned(), json!("admin")));
        let session = scene.log_in(json!({"user_name": "bob"})).await.expect(200);
        let session = session.string("/session/token");

        // They are adopted, somebody is new, and all three get a role by a group.
        assert_eq!(it.push("ada").await.expect(201).id(), ada);
        assert_eq!(it.push("bob").await.expect(201).id(), bob);
        let new = it.push("new").await.expect(201).id();
        let group = it.idp.group("Owners", &[&ada, &bob, &new]).await;
        it.map(&group, Role::Admin).await;
        it.deactivate(&bob).await;
        service.follow_up(&scene.tenant).await;
        assert_eq!((it.of(&ada).await, it.of(&bob).await), before);
        assert_eq!(it.of(&new).await, ("invited".to_owned(), Value::Null));
        assert!(scene.is_active(&session).await);
        scene.log_in(json!({"user_name": "bob"})).await.expect(200);
        // A claim that names the group gives nothing, either.
        let login = json!({"user_name": "ada", "groups": ["Owners"]});
        scene.log_in(login).await.expect(200);
        let guest = json!({"user_name": "guest", "groups": ["Owners"]});
        let id = scene.signed_in(guest.clone()).await;
        assert_eq!(it.of(&id).await.1, "member");
        // It is read back as it was pushed.
        let read = it.idp.get(&format!("/Users/{bob}")).await.expect(200);
        read.is(json!({"active": false, "groups": [{"value": group}]}));
        assert_eq!(it.idp.members(&group).await.len(), 3);
        let found = it.idp.filter("/Users", "active eq false").await;
        assert_eq!(found.total(), 1);
        for kind in ["user.deactivated", "brake.held", "brake.tripped"] {
            assert_eq!(it.told(service, kind).await, 0, "{kind}");
        }
        assert_eq!(it.told(service, "user.adopted").await, 2);

        let changes = it.changes().await;
        let about = |name: &str| {
            let one = &changes[name];
            json!([one["relation"], one["roles_then"], one["access"]])
        };
        assert_eq!(about("ada"), json!(["adopted", ["admin"], "unchanged"]));
        assert_eq!(about("bob"), json!(["adopted", [], "lost"]));
        assert_eq!(about("new"), json!(["created", ["admin"], "gained"]));
        assert_eq!(changes["left"]["relation"], "left_over");
        assert_eq!(changes["left"]["roles_now"], changes["left"]["roles_then"]);

        it.make_real().await;
        // From now on, what it sends takes effect.
        let late = it.push("late").await.expect(201).id();
        assert_eq!(it.of(&late).await.0, "invited");
        it.apply().await;
        service.follow_up(&scene.tenant).await;
        assert_eq!(it.of(&bob).await, ("inactive".to_owned(), Value::Null));
        assert_eq!(it.of(&new).await, ("invited".to_owned(), json!("admin")));
        assert_eq!(it.of(&left).await.0, "active");
        assert!(!scene.is_active(&session).await);
        // A claim that names the group gives its role from now on.
        scene.log_in(guest).await.expect(200);
        assert_eq!(it.of(&id).await.1, "admin");
        assert_eq!(it.told(service, "user.deactivated").await, 1);
        assert!(it.changes().await.is_empty());
        let read = scene.application.get(&it.path()).await.expect(200);
        assert!(read.body["made_real"]["done"].is_string());
    });
}

#[test]
fn groups_and_people_of_before_lose_nothing_while_they_are_observed() {
    run(async |service| {
        let scene = scene(service, "observe-loss", fast()).await;
        let idp = scene.tenant.idp();
        let ada = scene.push(json!({"userName": "ada"})).await;
        let bob = scene.push(json!({"userName": "bob"})).await;
        let gone = scene.push(json!({"userName": "gone"})).await;
        let group = idp.group("Admins", &[&ada, &gone]).await;
        let path = format!("/Users/{gone}");
        idp.patch(
            &path,
            json!([{"op": "replace", "path": "active", "value": false}]),
        )
        .await
        .expect(200);
        let it = Observed::replacing(scene).await;
        let scene = &it.scene;
        it.map(&group, Role::Admin).await;
        service.follow_up(&scene.tenant).await;

        // The new connection takes them over, moves Ada out and Bob in, lets in who has left, and deletes Bob.
        it.leave(&group, &ada).await;
        let join = json!([{"op": "add", "path": "members", "value": [{"value": bob}]}]);
        let at = format!("/Groups/{group}");
        it.idp.patch(&at, join.clone()).await.expect(204);
        it.idp
            .patch(
                &path,
                json!([{"op": "replace", "path": "active", "value": true}]),
            )
            .await
            .expect(200)
            .is(json!({"active": true}));
        service.follow_up(&scene.tenant).await;
        assert_eq!(it.of(&ada).await.1, "admin");
        assert_eq!(it.of(&bob).await.1, Value::Null);
        assert_eq!(it.of(&gone).await.0, "inactive");
        scene.keeps_out(json!({"user_name": "gone"})).await;
        assert_eq!(it.idp.members(&group).await.len(), 2);
        // Who leaves and comes back counts as before, and who joined and leaves does not.
        it.idp
            .patch(
                &at,
                json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]),
            )
            .await
            .expect(204);
        assert_eq!(it.of(&ada).await.1, "admin");
        it.leave(&group, &ada).await;
        it.leave(&group, &bob).await;
        assert_eq!(
            (it.of(&ada).await.1, it.of(&bob).await.1),
            (json!("admin"), Value::Null)
        );
        it.idp.patch(&at, join).await.expect(204);
        it.idp.delete(&format!("/Users/{ada}")).await.expect(204);
        it.idp.get(&format!("/Users/{ada}")).await.refused(404, "");
        assert_eq!(it.of(&ada).await.1, "admin");
        // The list of held changes is for the brake.
        let held = format!("{}/held", it.path());
        let held = scene.application.get(&held).await.expect(200);
        assert_eq!(held.body["items"], json!([]));

        let changes = it.changes().await;
        let about = |name: &str| {
            let one = &changes[name];
            json!([
                one["relation"],
                one["roles_now"],
                one["roles_then"],
                one["access"]
            ])
        };
        assert_eq!(about("ada"), json!(["matched", ["admin"], [], "lost"]));
        assert_eq!(
            about("bob"),
            json!(["left_over", [], ["admin"], "unchanged"])
        );
        assert_eq!(about("gone"), json!(["matched", [], ["admin"], "gained"]));

        it.make_real().await;
        it.apply().await;
        service.follow_up(&scene.tenant).await;
        scene.at_tenant(&format!("/users/{ada}")).await.expect(404);
        assert_eq!(it.of(&bob).await.1, "admin");
        assert_eq!(it.of(&gone).await.1, "admin");
        assert_eq!(it.told(service, "user.reactivated").await, 1);
    });
}

#[test]
fn who_was_deleted_and_is_pushed_again_stays_out_until_it_is_made_real() {
    run(async |service| {
        let settings = Settings {
            deleted_people: DeletedPeople::Restore,
            ..fast()
        };
        let scene = scene(service, "observe-restored", settings).await;
        let eve = scene.push(json!({"userName": "eve"})).await;
        let login = json!({"user_name": "eve"});
        assert_eq!(scene.signed_in(login.clone()).await, eve);
        let path = format!("/Users/{eve}");
        scene.tenant.idp().delete(&path).await.expect(204);
        let it = Observed::replacing(scene).await;
        let scene = &it.scene;
        assert_eq!(it.push("eve").await.expect(201).id(), eve);
        assert_eq!(it.of(&eve).await.0, "inactive");
        scene.keeps_out(login.clone()).await;
        let title = json!([{"op": "replace", "path": "title", "value": "x"}]);
        it.idp.patch(&path, title).await.expect(200);
        scene.keeps_out(login.clone()).await;
        assert_eq!(it.changes().await["eve"]["access"], "gained");
        it.make_real().await;
        it.apply().await;
        assert_eq!(scene.signed_in(login).await, eve);
    });
}

#[test]
fn a_sign_in_is_let_in_as_without_the_observed_connection() {
    run(async |service| {
        let settings = Settings {
            sign_up: SignUp::PushedOnly,
            ..fast()
        };
        let it = Observed::create(service, "observe-login", settings).await;
        let scene = &it.scene;
        let new = it.push("new").await.expect(201).id();
        let login = json!({"user_name": "new"});
        let refused = scene.log_in(login.clone()).await.expect(403);
        assert_eq!(refused.string("/reason"), "not_provisioned");
        // What nobody has anything from is deleted as usual.
        let other = it.push("other").await.expect(201).id();
        it.idp.delete(&format!("/Users/{other}")).await.expect(204);
        scene
            .at_tenant(&format!("/users/{other}"))
            .await
            .expect(404);
        it.make_real().await;
        it.apply().await;
        assert_eq!(scene.signed_in(login).await, new);

        // Where anybody may sign up, so may whoever was sent.
        let it = Observed::create(service, "observe-login-2", fast()).await;
        let new = it.push("new").await.expect(201).id();
        let login = json!({"user_name": "new"});
        assert_eq!(it.scene.signed_in(login.clone()).await, new);
        it.deactivate(&new).await;
        it.scene.log_in(login.clone()).await.expect(200);
        it.idp.delete(&format!("/Users/{new}")).await.expect(204);
        it.scene.log_in(login).await.expect(200);
    });
}

#[test]
fn the_reconciler_makes_it_real_and_no_invitation_is_mailed_before() {
    run(async |_| {
        let settings = Settings {
            invitations: true,
            ..Settings::default()
        };
        let fixture = EventFixture::with(Options::default(), settings).await;
        let credentials = fixture.tenant.credentials();
        let id = credentials.connections().await.unwrap()[0].id.clone();
        let rules = ConnectionRules::observing(true);
        credentials.change_rules(&id, &rules).await.unwrap();
        let bob = Assertion {
            user_name: "bob".to_owned(),
            ..Assertion::default()
        };
        fixture.tenant.sign_in().log_in(&bob).await.unwrap();
        for name in ["ada", "bob"] {
            let person = json!({"schemas": [urn::USER], "userName": name, "active": name == "ada",
                "emails": [{"value": format!("{name}@example.test"), "primary": true}]});
            fixture.idp.post("/Users", person).await.expect(201);
        }
        fixture.drained().await;
        assert!(fixture.local.mail().is_empty());
        let people = || async {
            let roles = fixture.tenant.roles();
            let page = roles.observed(&id, None, 100).await.unwrap();
            page.people.len()
        };
        assert_eq!(people().await, 2);
        let rules = ConnectionRules::observing(false);
        credentials.change_rules(&id, &rules).await.unwrap();
        fixture.drained().await;
        assert_eq!(people().await, 0);
        let real = credentials.connection(&id).await.unwrap().made_real;
        assert!(real.is_some_and(|real| real.done.is_some() && real.looked_at >= 2));
        let events = fixture.tenant.journal().events(0, 500).await.unwrap();
        let left = events
            .iter()
            .filter(|event| event.kind == "user.deactivated");
        assert_eq!(left.count(), 1);
    });
}
