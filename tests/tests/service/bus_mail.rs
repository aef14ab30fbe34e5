//! Invitations: one mail to whoever was pushed, where the tenant wants it, and to nobody else.

use rollcall_directory::{Assertion, Settings};
use rollcall_local::Options;
use rollcall_tests::service::run;
use rollcall_tests::stage::Stage;
use rollcall_tests::urn;
use serde_json::{Value, json};

fn person(name: &str, active: bool, email: Option<&str>) -> Value {
    let mut person = json!({"schemas": [urn::USER], "userName": name, "displayName": format!("<{name}>"), "active": active});
    if let Some(email) = email {
        person["emails"] =
            json!([{"value": "other@example.test"}, {"value": email, "primary": true}]);
    }
    person
}

#[test]
fn people_who_are_pushed_are_invited_once() {
    run(async |_| {
        let settings = Settings {
            invitations: true,
            ..Settings::default()
        };
        let stage = Stage::with(Options::default(), settings).await;
        for (name, active, email) in [
            ("ada", true, Some("ada@example.test")),
            ("gone", false, Some("gone@example.test")),
            ("nowhere", true, None),
        ] {
            stage
                .idp
                .post("/Users", person(name, active, email))
                .await
                .expect(201);
        }
        let assertion = Assertion {
            user_name: "self".to_owned(),
            email: Some("self@example.test".to_owned()),
            ..Assertion::default()
        };
        stage.tenant.sign_in().log_in(&assertion).await.unwrap();
        stage.drained().await;
        let mail = stage.local.mail();
        assert_eq!(mail.len(), 1, "{mail:?}");
        assert_eq!(mail[0].to, ["ada@example.test"]);
        assert_eq!(mail[0].subject, "Your account at Stage & Sons");
        assert!(
            mail[0].text.contains("Hello <ada>,") && mail[0].text.contains("http://127.0.0.1:")
        );
        assert!(mail[0].html.contains("Stage &#38; Sons") && !mail[0].html.contains("<ada>"));
        assert_eq!(stage.local.dead_letters(), 0);
    });
}

#[test]
fn a_tenant_that_does_not_want_mail_sends_none() {
    run(async |_| {
        let stage = Stage::start().await;
        stage
            .idp
            .post("/Users", person("ada", true, Some("ada@example.test")))
            .await
            .expect(201);
        stage.drained().await;
        assert!(stage.local.mail().is_empty());
    });
}

#[test]
fn an_event_that_comes_twice_is_claimed_once() {
    run(async |_| {
        use rollcall_directory::Lease;
        use std::time::Duration;
        let stage = Stage::start().await;
        let lease = Duration::from_secs(60);
        let claim = async |lease| {
            stage
                .tenant
                .credentials()
                .lease("invitation#1", lease)
                .await
                .unwrap()
        };
        assert_eq!(claim(lease).await, Lease::Ours);
        assert_eq!(claim(lease).await, Lease::Theirs);
        stage
            .tenant
            .credentials()
            .done("invitation#1")
            .await
            .unwrap();
        assert_eq!(claim(lease).await, Lease::Done);
        assert_eq!(
            stage
                .tenant
                .credentials()
                .lease("invitation#2", Duration::ZERO)
                .await
                .unwrap(),
            Lease::Ours
        );
        assert_eq!(
            stage
                .tenant
                .credentials()
                .lease("invitation#2", lease)
                .await
                .unwrap(),
            Lease::Ours,
            "the first died"
        );
    });
}
