//! A connection that is only observed: what it sends is stored and read back, and takes no effect until it is made real.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_directory::{Assertion, ConnectionRules, DeletedPeople, Role, Settings, SignUp};
use rollcall_local::Options;
use rollcall_tests::event_fixture::EventFixture;
use rollcall_tests::idp::{Answer, Idp};
use rollcall_tests::scene::Scene;
use rollcall_tests::service::{Service, run};
use rollcall_tests::urn;
use rollcall_tests::visitor::Visitor;
use serde_json::{Value, json};
use tokio::time::Instant;

/// A tenant with a connection that is only observed.
struct Observed {
    scene: Scene,
    connection: String,
    idp: Idp,
}

impl Observed {
    async fn create(service: &Service, name: &str, settings: Settings) -> Self {
        Self::replacing(scene(service, name, settings).await).await
    }

    /// Deletes the tenant's connection, so that the one to observe is the only one.
    async fn replacing(scene: Scene) -> Self {
        let credentials = scene.tenant.directory().credentials();
        let old = scene.tenant.connection_id();
        credentials.delete_connection(old).await.unwrap();
        let (connection, idp) = scene.another("Observed").await;
        let this = Self {
            scene,
            connection,
            idp,
        };
        let set = this.set(json!({"observing": true})).await.expect(200);
        assert_eq!(set.body["observing"], true);
        this
    }

    fn path(&self) -> String {
        let id = &self.connection;
        self.scene.path(&format!("/connections/{id}"))
    }

    async fn set(&self, change: Value) -> Answer {
        self.scene.application.patch(&self.path(), change).await
    }

    async fn push(&self, name: &str) -> Answer {
        let person = json!({"schemas": [urn::USER], "userName": name});
        self.idp.post("/Users", person).await
    }

    async fn deactivate(&self, person: &str) {
        let change = json!([{"op": "replace", "path": "active", "value": false}]);
        let path = format!("/Users/{person}");
        self.idp.patch(&path, change).await.expect(200);
    }

    async fn leave(&self, group: &str, person: &str) {
        let path = format!("members[value eq \"{person}\"]");
        let change = json!([{"op": "remove", "path": path}]);
        let group = format!("/Groups/{group}");
        self.idp.patch(&group, change).await.expect(204);
    }

    async fn map(&self, group: &str, role: Role) {
        let roles = self.scene.tenant.directory().roles();
        roles.map_group(group, Some(role)).await.unwrap();
    }

    /// The state and the role of a person.
    async fn of(&self, person: &str) -> (String, Value) {
        let read = self.scene.at_tenant(&format!("/users/{person}")).await;
        let read = read.expect(200);
        (read.string("/state"), read.body["role"].clone())
    }

    /// What would change, by the name of the person.
    async fn changes(&self) -> BTreeMap<String, Value> {
        let list = format!("{}/observed", self.path());
        let list = self.scene.application.get(&list).await.expect(200);
        assert!(list.body.get("next").is_none());
        let items = list.body["items"].as_array().unwrap().clone();
        let named = items.into_iter().map(|one| {
            let name = one["person"]["name"].as_str().unwrap().to_owned();
            (name, one)
        });
        named.collect()
    }

    async fn make_real(&self) {
        let set = self.set(json!({"observing": false})).await.expect(200);
        assert_eq!(set.body["observing"], false);
    }

    /// Does the work of the reconciler: each piece twice, as if it had been killed in between.
    async fn apply(&self) {
        let tenant = self.scene.tenant.directory();
        let soon = || Instant::now() + Duration::from_secs(20);
        for _ in 0..2 {
            let none = tenant.roles().make_real(&self.connection, None, soon());
            assert_eq!(none.await.unwrap(), None);
        }
        for _ in 0..2 {
            let released = tenant.sign_in().release_held(None, soon()).await;
            assert!(released.failed.is_none() && released.next.is_none());
        }
        tenant.roles().is_made_real(&self.connection).await.unwrap();
    }

    async fn told(&self, service: &Service, kind: &str) -> usize {
        let journal = service.journal(&self.scene.tenant).await;
        journal.iter().filter(|entry| entry["type"] == kind).count()
    }
}

async fn scene(service: &Service, name: &str, settings: Settings) -> Scene {
    Scene {
        application: service.application(),
        tenant: service.tenant_with(name, settings).await,
    }
}

fn fast() -> Settings {
    Settings {
        rate_limit: None,
        ..Settings::default()
    }
}

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
fn what_a_deleted_observed_connection_said_stays_without_effect() {
    run(async |service| {
        let scene = scene(service, "observe-dropped", fast()).await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let group = scene.tenant.idp().group("Admins", &[]).await;
        let it = Observed::replacing(scene).await;
        let scene = &it.scene;
        it.map(&group, Role::Admin).await;
        let join =
            |person: &str| json!([{"op": "add", "path": "members", "value": [{"value": person}]}]);
        let at = format!("/Groups/{group}");
        it.idp.patch(&at, join(&ada)).await.expect(204);
        scene.application.delete(&it.path()).await.expect(204);

        // Another connection takes the group over, and changes it.
        let (next, idp) = scene.another("Next").await;
        let bob = json!({"schemas": [urn::USER], "userName": "bob"});
        let bob = idp.post("/Users", bob).await.expect(201).id();
        idp.patch(&at, join(&bob)).await.expect(204);
        let name = json!([{"op": "replace", "path": "externalId", "value": "x"}]);
        idp.patch(&at, name).await.expect(204);
        let roles = scene.tenant.directory().roles();
        let soon = || Instant::now() + Duration::from_secs(20);
        assert_eq!(roles.reconcile_all(None, soon()).await.unwrap(), None);
        service.follow_up(&scene.tenant).await;
        assert_eq!(it.of(&ada).await.1, Value::Null);
        assert_eq!(it.of(&bob).await.1, "admin");
        // The requests of the other one take effect.
        idp.patch(
            &format!("/Users/{bob}"),
            json!([{"op": "replace", "path": "active", "value": false}]),
        )
        .await
        .expect(200);
        assert_eq!(it.of(&bob).await.0, "inactive");
        // One that leaves and comes back counts.
        let path = format!("members[value eq \"{ada}\"]");
        let leave = json!([{"op": "remove", "path": path}]);
        idp.patch(&at, leave).await.expect(204);
        idp.patch(&at, join(&ada)).await.expect(204);
        assert_eq!(it.of(&ada).await.1, "admin");
        let next = scene.path(&format!("/connections/{next}"));
        scene.application.delete(&next).await.expect(204);
    });
}

#[test]
fn who_is_handed_over_by_a_deleted_observed_connection_leaves_with_the_next() {
    run(async |service| {
        let scene = scene(service, "observe-handed", fast()).await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let it = Observed::replacing(scene).await;
        let scene = &it.scene;
        it.deactivate(&ada).await;
        let bob = it.push("bob").await.expect(201).id();
        let group = it.idp.group("Admins", &[&bob]).await;
        it.map(&group, Role::Admin).await;
        // Nothing of a join comes back with a person who was deleted before it counted.
        let at = format!("/Users/{bob}");
        it.idp.delete(&at).await.expect(204);
        let restore = scene.path(&format!("/users/{bob}/restore"));
        scene
            .application
            .post(&restore, json!({}))
            .await
            .expect(200);
        service.follow_up(&scene.tenant).await;
        assert_eq!(it.of(&bob).await.1, Value::Null);
        scene.application.delete(&it.path()).await.expect(204);

        let (next, idp) = scene.another("Next").await;
        let remedy = scene.path(&format!("/connections/{next}/remedies"));
        let ask = json!({"remedy": "take_over", "from": it.connection});
        scene.application.post(&remedy, ask).await.expect(200);
        assert_eq!(it.of(&ada).await.0, "invited");
        for active in [true, false] {
            let set = json!([{"op": "replace", "path": "active", "value": active}]);
            let path = format!("/Users/{ada}");
            idp.patch(&path, set).await.expect(200);
        }
        assert_eq!(it.of(&ada).await.0, "inactive");
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
fn an_observed_connection_is_the_only_one() {
    run(async |service| {
        let it = Observed::create(service, "observe-alone", fast()).await;
        let scene = &it.scene;
        let alone = "make it real or delete it first";
        let path = scene.path("/connections");
        let new = json!({"name": "Other", "provider": "okta"});
        let refused = async |answer: Answer, why: &str| {
            let detail = answer.expect(409).string("/detail");
            assert!(detail.contains(why), "{detail}");
        };
        refused(scene.application.post(&path, new.clone()).await, alone).await;
        let chosen = scene.path("/connections/other");
        refused(scene.application.put(&chosen, new.clone()).await, alone).await;
        let replaces = it.set(json!({"replaces": ["other"]})).await;
        refused(replaces, "replaces no other").await;
        it.make_real().await;
        scene
            .application
            .put(&chosen, new.clone())
            .await
            .expect(201);
        // Neither of two can be observed, whichever way.
        let observed = scene
            .application
            .patch(&chosen, json!({"observing": true}))
            .await;
        refused(observed, "only one").await;
        let mut third = new;
        third["observing"] = json!(true);
        let third_path = scene.path("/connections/third");
        refused(scene.application.put(&third_path, third).await, "only one").await;
        scene.application.get(&third_path).await.expect(404);
        let owner = Visitor::with_link(service, &scene.tenant, Role::Owner).await;
        let shown = owner
            .get("/console/connections/other/observed")
            .await
            .expect(200);
        assert!(
            !shown.html.contains("value=\"observe\"") && shown.html.contains("the only one"),
            "{}",
            shown.html
        );
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
fn only_a_connection_that_has_sent_nothing_is_observed_and_only_owners_decide() {
    run(async |service| {
        let scene = scene(service, "observe-rules", fast()).await;
        let used = scene.tenant.connection_id().to_owned();
        scene.push(json!({"userName": "ada"})).await;
        let path = scene.path(&format!("/connections/{used}"));
        let late = scene
            .application
            .patch(&path, json!({"observing": true}))
            .await;
        assert!(
            late.expect(409)
                .string("/detail")
                .contains("create another connection")
        );
        let it = Observed::replacing(scene).await;
        let scene = &it.scene;
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        let own = format!("/scim/connections/{}", it.connection);
        admin
            .patch(&own, json!({"observing": false}))
            .await
            .expect(403);
        admin.get(&format!("{own}/observed")).await.expect(200);
        // What is left out stays as it is.
        let whole = json!({"name": "Observed", "provider": "okta"});
        let put = scene
            .application
            .put(&it.path(), whole.clone())
            .await
            .expect(200);
        assert_eq!(put.body["observing"], true);
        // It is deleted as it is: nothing of it takes effect.
        let new = it.push("new").await.expect(201).id();
        let path = format!("{}?people=deactivate", it.path());
        let refused = scene.application.delete(&path).await.expect(409);
        assert!(refused.string("/detail").contains("make it real"));
        scene.application.delete(&it.path()).await.expect(204);
        let roles = scene.tenant.directory().roles();
        let soon = Instant::now() + Duration::from_secs(20);
        assert_eq!(roles.reconcile_all(None, soon).await.unwrap(), None);
        assert_eq!(it.of(&new).await.1, Value::Null);
        // The next one is observed from the start.
        let fresh = scene.path("/connections/fresh");
        let mut observed = whole;
        observed["observing"] = json!(true);
        let put = scene
            .application
            .put(&fresh, observed.clone())
            .await
            .expect(201);
        assert_eq!(put.body["observing"], true);
        scene.application.put(&fresh, observed).await.expect(200);
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

#[test]
fn the_console_shows_what_would_change_and_makes_it_real() {
    run(async |service| {
        let it = Observed::create(service, "observe-console", fast()).await;
        it.push("Ada Lovelace").await.expect(201);
        let owner = Visitor::with_link(service, &it.scene.tenant, Role::Owner).await;
        let page = format!("/console/connections/{}", it.connection);
        let shown = owner.get(&page).await.expect(200);
        assert!(shown.html.contains("Only observed"), "{}", shown.html);
        let page = format!("{page}/observed");
        let shown = owner.get(&page).await.expect(200);
        assert!(
            shown.html.contains("Ada Lovelace") && shown.html.contains("1 new"),
            "{}",
            shown.html
        );
        let admin = Visitor::with_link(service, &it.scene.tenant, Role::Admin).await;
        let shown = admin.get(&page).await.expect(200);
        assert!(!shown.html.contains("make-real") && shown.html.contains("Only owners"));
        let token = owner.form_token();
        let form = [("then", "make-real"), ("form_token", token.as_str())];
        let done = owner.post(&page, &form, &[]).await;
        assert_eq!(done.status, 303);
        let told = owner.get(done.header("location")).await.expect(200);
        assert!(
            told.html.contains("The connection is in effect"),
            "{}",
            told.html
        );
        let read = it.scene.application.get(&it.path()).await.expect(200);
        assert_eq!(read.body["observing"], false);
    });
}
