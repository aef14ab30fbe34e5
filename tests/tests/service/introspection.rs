//! Introspection: what counts at the very next call, what may be five seconds old, and what it costs.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_directory::capacity::measure;
use rollcall_directory::{Directory, Introspection, KeyChanger, Role, RoleSync, Session, Settings};
use rollcall_tests::api::Api;
use rollcall_tests::raw;
use rollcall_tests::seed::{apply_settings, sign_in};
use rollcall_tests::service::{Service, Tenant, run};
use serde_json::{Value, json};
use tokio::time::Instant;

/// How long introspection may lag behind, with time for the requests on a busy machine.
const SOON: Duration = Duration::from_secs(8);

/// Asks until the answer is the expected one.
async fn soon(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(
            started.elapsed() < SOON,
            "introspection lags behind: {what}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A person who is in a mapped group, and their session. Introspection has remembered all that it may remember.
struct SignedIn {
    user: String,
    group: String,
    token: String,
    application: Api,
}

impl SignedIn {
    async fn create(service: &Service, tenant: &Tenant) -> Self {
        let idp = tenant.idp();
        let user = idp.user("ada").await;
        let group = idp.group("Engineers", &[&user]).await;
        let roles = tenant.directory().roles();
        roles.map_group(&group, Some(Role::Viewer)).await.unwrap();
        let signed_in = sign_in(tenant.directory(), "ada", None).await;
        let new = Self {
            user,
            group,
            token: signed_in.session.secret.expose().to_owned(),
            application: service.application(),
        };
        for _ in 0..2 {
            let answer = new.introspected().await;
            assert_eq!(
                (&answer["active"], &answer["role"]),
                (&json!(true), &json!("viewer"))
            );
        }
        new
    }

    async fn introspected(&self) -> Value {
        self.application.introspect(&self.token).await.body
    }
}

#[test]
fn a_session_is_dead_at_the_next_call() {
    run(async |service| {
        for end in ["deactivated", "deleted", "over", "signed-out"] {
            let tenant = service.tenant("introspected-dead").await;
            let (idp, directory) = (tenant.idp(), tenant.directory());
            let ada = SignedIn::create(service, &tenant).await;
            let path = format!("/Users/{}", ada.user);
            match end {
                "deactivated" => {
                    let off = json!([{"op": "replace", "path": "active", "value": false}]);
                    _ = idp.patch(&path, off).await.expect(200);
                }
                "deleted" => _ = idp.delete(&path).await.expect(204),
                "over" => directory
                    .sign_in()
                    .end_sessions_of(&ada.user, Role::Owner)
                    .await
                    .unwrap(),
                _ => {
                    let own = ada.application.with(Some(&ada.token));
                    _ = own.delete("/sessions/current").await.expect(204);
                }
            }
            assert_eq!(ada.introspected().await, json!({"active": false}), "{end}");
        }
    });
}

#[test]
fn a_change_that_the_person_stores_counts_at_the_next_call() {
    run(async |service| {
        let tenant = service.tenant("introspected-role").await;
        let ada = SignedIn::create(service, &tenant).await;
        let roles = tenant.directory().roles();
        for (role, effective) in [(Some(Role::Admin), "admin"), (None, "viewer")] {
            roles.give_role(&ada.user, role, Role::Owner).await.unwrap();
            assert_eq!(ada.introspected().await["role"], effective);
        }
        let leave = json!([{"op": "remove", "path": "members"}]);
        let path = format!("/Groups/{}", ada.group);
        tenant.idp().patch(&path, leave).await.expect(204);
        assert_eq!(ada.introspected().await["role"], Value::Null);
    });
}

#[test]
fn mappings_and_settings_count_within_five_seconds_and_elsewhere_at_once() {
    run(async |service| {
        let tenant = service.tenant("introspected-lag").await;
        let directory = tenant.directory();
        let ada = SignedIn::create(service, &tenant).await;
        let own = ada.application.with(Some(&ada.token));
        let held = async || own.get("/sessions/current").await.expect(200).body["role"].clone();

        let member = Some(Role::Member);
        directory
            .roles()
            .map_group(&ada.group, member)
            .await
            .unwrap();
        assert_eq!(held().await, "member");
        soon("a mapping", async || {
            ada.introspected().await["role"] == "member"
        })
        .await;

        // The role of the last sign-in counts again.
        let settings = Settings {
            role_sync: RoleSync::AtLogin,
            rate_limit: None,
            ..Settings::default()
        };
        apply_settings(directory, &settings).await;
        assert_eq!(held().await, "viewer");
        soon("a setting", async || {
            ada.introspected().await["role"] == "viewer"
        })
        .await;

        directory.lifecycle().delete().await.unwrap();
        own.get("/sessions/current").await.expect(401);
        soon("a deleted tenant", async || {
            ada.introspected().await["active"] == false
        })
        .await;
    });
}

/// The application forgets what it remembers at an event, and asks again. So no answer that it may remember is older than
/// what happened before the question.
#[test]
fn an_answer_that_may_be_remembered_is_never_old() {
    run(async |service| {
        let tenant = service.tenant("introspected-remembered").await;
        let directory = tenant.directory();
        let remembered = |cache_seconds| Settings {
            cache_seconds,
            ..Settings::default()
        };
        apply_settings(directory, &remembered(60)).await;
        let ada = SignedIn::create(service, &tenant).await;
        assert!(ada.introspected().await["cache_seconds"].as_u64() > Some(0));
        for (role, expected) in [
            (Some(Role::Admin), json!("admin")),
            (None, Value::Null),
            (Some(Role::Member), json!("member")),
        ] {
            directory.roles().map_group(&ada.group, role).await.unwrap();
            let answer = ada.introspected().await;
            assert_eq!(answer["role"], expected, "{answer}");
            assert!(answer["cache_seconds"].as_u64() > Some(0), "{answer}");
        }
        apply_settings(directory, &remembered(0)).await;
        for _ in 0..2 {
            assert_eq!(ada.introspected().await["cache_seconds"], 0);
        }
        // What is remembered here from now on may not be remembered there.
        apply_settings(directory, &remembered(60)).await;
        directory
            .roles()
            .map_group(&ada.group, Some(Role::Admin))
            .await
            .unwrap();
        let answer = ada.introspected().await;
        assert!(
            answer["role"] == "admin" || answer["cache_seconds"] == 0,
            "{answer}"
        );
    });
}

#[test]
fn a_revoked_service_key_is_refused_within_five_seconds_and_elsewhere_at_once() {
    run(async |service| {
        let directory = service.directory();
        let keys = directory.service_keys();
        let secret = keys.issue("short-lived").await.unwrap();
        let key = keys.verify(secret.expose()).await.unwrap().unwrap();
        let application = service.application().with(Some(secret.expose()));
        let introspect = async || {
            let answer = application.post("/sessions/introspect", json!({"token": ""}));
            answer.await.status
        };
        application.get("/tenants?limit=1").await.expect(200);
        assert_eq!(introspect().await, 200);
        keys.revoke(&key.id, KeyChanger::default()).await.unwrap();
        application.get("/tenants?limit=1").await.expect(401);
        soon("a revoked key", async || introspect().await == 401).await;
    });
}

#[test]
fn a_caller_without_a_good_service_key_learns_nothing() {
    run(async |service| {
        let tenant = service.tenant("introspected-without-key").await;
        let ada = SignedIn::create(service, &tenant).await;
        let keys = service.directory();
        let keys = keys.service_keys();
        let revoked = keys.issue("revoked").await.unwrap();
        let key = keys.verify(revoked.expose()).await.unwrap().unwrap();
        keys.revoke(&key.id, KeyChanger::default()).await.unwrap();
        for credential in [revoked.expose(), "rck_stack_forged"] {
            let stranger = service.application().with(Some(credential));
            for body in [
                json!({"token": ada.token}),
                json!({"token": "nonsense"}),
                json!({"token": 1}),
                json!([]),
            ] {
                let answer = stranger.post("/sessions/introspect", body).await;
                assert_eq!(answer.status, 401, "{}", answer.body);
            }
        }
        let known = service.application();
        let invalid = known.post("/sessions/introspect", json!({"token": 1}));
        invalid.await.expect(400);
        let nonsense = known.introspect("nonsense").await;
        assert_eq!(nonsense.body, json!({"active": false}));
    });
}

fn active(introspection: Introspection) -> Session {
    match introspection {
        Introspection::Active(session) => *session,
        other => panic!("{other:?}"),
    }
}

/// Stores a session as earlier versions did: its secret does not name the person. Returns the secret.
async fn earlier_session(service: &Service, tenant: &Tenant, user: &str) -> String {
    // The session of a portal link belongs to nobody, so its secret names nobody either.
    let secret = service.admin(tenant, Role::Viewer).await;
    let partition = format!("T#{}#S", tenant.id());
    let sessions = raw::items(service, tenant).await.into_iter();
    let mut sessions = sessions.filter(|item| raw::text(item, "PK") == partition);
    let mut session = sessions
        .find(|item| item.contains_key("given_role"))
        .expect("the session of the portal link");
    session.remove("given_role");
    session.insert("user".to_owned(), AttributeValue::S(user.to_owned()));
    raw::put(service, session).await;
    secret.credential().to_owned()
}

#[test]
fn a_session_of_an_earlier_version_goes_on() {
    run(async |service| {
        let tenant = service.tenant("introspected-earlier").await;
        let ada = tenant.idp().user("ada").await;
        let token = earlier_session(service, &tenant, &ada).await;
        let directory = service.directory();
        let key = service.application().credential().to_owned();
        for units in [5.0, 3.0] {
            let (session, cost) = measure(directory.introspect(&key, &token)).await;
            assert_eq!(active(session.unwrap()).person.unwrap().id, ada);
            assert!(cost.calls <= 2 && cost.read_units <= units, "{cost:?}");
        }
        let own = service.application().with(Some(&token));
        let current = own.get("/sessions/current").await.expect(200);
        assert_eq!(current.string("/user/id"), ada);
        tenant
            .directory()
            .sign_in()
            .end_sessions_of(&ada, Role::Owner)
            .await
            .unwrap();
        let ended = directory.introspect(&key, &token).await.unwrap();
        assert_eq!(ended, Introspection::Inactive);
        own.get("/sessions/current").await.expect(401);
    });
}

#[test]
fn a_session_opens_only_the_person_that_is_stored_with_it() {
    run(async |service| {
        let tenant = service.tenant("introspected-forged").await;
        let directory: Directory = service.directory();
        let (ada, bob) = (
            tenant.idp().user("ada").await,
            tenant.idp().user("bob").await,
        );
        let signed_in = sign_in(tenant.directory(), "ada", None).await;
        let secret = signed_in.session.secret.expose();
        let sessions = raw::items(service, &tenant).await.into_iter();
        let mut session = sessions
            .filter(|item| raw::text(item, "user") == ada)
            .find(|item| raw::text(item, "PK").ends_with("#S"))
            .expect("the session");
        // The secret names Ada, and what is stored says Bob: what is stored decides.
        session.insert("user".to_owned(), AttributeValue::S(bob.clone()));
        raw::put(service, session).await;
        let application = service.application();
        let session = directory.introspect(application.credential(), secret).await;
        assert_eq!(active(session.unwrap()).person.unwrap().id, bob);
    });
}
