//! Invitations: if the tenant enables them, each pushed person gets one mail, and nobody else gets one.

use rollcall_directory::{Assertion, Settings};
use rollcall_local::Options;
use rollcall_tests::event_fixture::EventFixture;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

fn person(name: &str, active: bool, email: Option<&str>) -> Value {
    let mut person = json!({"schemas": [urn::USER], "userName": name, "displayName": format!("<{name}>"),
                            "active": active});
    if let Some(email) = email {
        person["emails"] =
            json!([{"value": "other@example.test"}, {"value": email, "primary": true}]);
    }
    person
}

#[test]
fn pushed_people_are_invited_once() {
    run(async |_| {
        let settings = Settings {
            invitations: true,
            ..Settings::default()
        };
        let fixture = EventFixture::with(Options::default(), settings).await;
        for (name, active, email) in [
            ("ada", true, Some("ada@example.test")),
            ("gone", false, Some("gone@example.test")),
            ("nowhere", true, None),
        ] {
            fixture
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
        fixture.tenant.sign_in().log_in(&assertion).await.unwrap();
        fixture.drained().await;
        let mail = fixture.local.mail();
        assert_eq!(mail.len(), 1, "{mail:?}");
        assert_eq!(mail[0].to, ["ada@example.test"]);
        assert_eq!(mail[0].subject, "Your account at Stage & Sons");
        assert!(
            mail[0].text.contains("Hello <ada>,") && mail[0].text.contains("http://127.0.0.1:")
        );
        assert!(mail[0].html.contains("Stage &#38; Sons") && !mail[0].html.contains("<ada>"));
        assert_eq!(fixture.local.dead_letters(), 0);
    });
}

#[test]
fn a_tenant_without_invitations_sends_no_mail() {
    run(async |_| {
        let fixture = EventFixture::start().await;
        fixture
            .idp
            .post("/Users", person("ada", true, Some("ada@example.test")))
            .await
            .expect(201);
        fixture.drained().await;
        assert!(fixture.local.mail().is_empty());
    });
}

#[test]
fn a_duplicate_event_is_claimed_once() {
    run(async |_| {
        use rollcall_directory::Lease;
        use std::time::Duration;
        let fixture = EventFixture::start().await;
        let lease = Duration::from_secs(60);
        let claim = async |lease| {
            fixture
                .tenant
                .credentials()
                .lease("invitation#1", lease)
                .await
                .unwrap()
        };
        assert_eq!(claim(lease).await, Lease::Ours);
        assert_eq!(claim(lease).await, Lease::Theirs);
        fixture
            .tenant
            .credentials()
            .done("invitation#1")
            .await
            .unwrap();
        assert_eq!(claim(lease).await, Lease::Done);
        assert_eq!(
            fixture
                .tenant
                .credentials()
                .lease("invitation#2", Duration::ZERO)
                .await
                .unwrap(),
            Lease::Ours
        );
        assert_eq!(
            fixture
                .tenant
                .credentials()
                .lease("invitation#2", lease)
                .await
                .unwrap(),
            Lease::Ours,
            "an expired lease is still held"
        );
    });
}
