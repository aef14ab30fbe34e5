//! Invitations: if the tenant enables them, each pushed person gets one mail, and nobody else gets one.

use rollcall_directory::{
    Assertion, EventType, ImportFormat, ImportMode, ImportRow, NewImport, NotInvited, Role,
    Settings, Tenant,
};
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

/// Imports somebody with this user name and address.
async fn import(tenant: &Tenant, address: &str) {
    let new = NewImport {
        mode: ImportMode::Import,
        format: ImportFormat::JsonLines,
        connection: None,
    };
    let imports = tenant.imports();
    imports.put("quiet", &new).await.unwrap();
    let row = ImportRow {
        line: 1,
        user_name: address.to_owned(),
        emails: Some(vec![address.to_owned()]),
        ..ImportRow::default()
    };
    let part = imports.put_part("quiet", 1, (address.as_bytes(), vec![Ok(row)]), Role::Owner);
    assert_eq!(part.await.unwrap().counts.created, 1);
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
        import(&fixture.tenant, "imported@example.test").await;
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

/// Returns whom the events say got no invitation, and why.
async fn not_invited(fixture: &EventFixture) -> Vec<(String, String)> {
    let events = fixture.feed().await.into_iter();
    let events = events.filter(|event| event["type"] == "user.not_invited");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = events.map(|event| {
        let reason = text(&event["after"]["reason"]);
        (text(&event["subject"]["name"]), reason)
    });
    told.collect()
}

#[test]
fn a_token_cannot_make_rollcall_write_to_strangers() {
    run(async |_| {
        let settings = Settings {
            invitations: true,
            invitation_domains: vec!["example.test".to_owned()],
            ..Settings::default()
        };
        let fixture = EventFixture::with(Options::default(), settings).await;
        let header = "mallory@example.test\r\nBcc: z@example.test";
        for (name, email) in [
            ("ada", "ada@example.test"),
            ("ada-again", "Ada+2@Example.Test"),
            ("stranger", "stranger@elsewhere.test"),
            ("header", header),
            ("below", "x@sub.example.test"),
        ] {
            let mut body = person(name, true, Some(email));
            body["displayName"] = json!("You won! https://evil.test/x\r\nBcc: all@evil.test");
            fixture.idp.post("/Users", body).await.expect(201);
            fixture.drained().await;
        }
        let mail = fixture.local.mail();
        assert_eq!(mail.len(), 1, "{mail:?}");
        assert_eq!(mail[0].to, ["ada@example.test"]);
        assert!(mail[0].text.starts_with("Hello You won! Bcc:,\n"));
        for body in [&mail[0].text, &mail[0].html] {
            assert!(!body.contains("evil"), "{body}");
        }
        let told = not_invited(&fixture).await;
        let told: Vec<_> = told
            .iter()
            .map(|(who, why)| (who.as_str(), why.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("ada-again", "already_invited"),
                ("stranger", "domain_not_allowed"),
                ("header", "invalid_address"),
                ("below", "domain_not_allowed"),
            ]
        );
        assert_eq!(fixture.local.dead_letters(), 0);
    });
}

#[test]
fn a_tenant_sends_a_bounded_number_of_invitations_per_day() {
    run(async |_| {
        let settings = Settings {
            invitations: true,
            ..Settings::default()
        };
        let options = Options {
            daily_invitations: Some(2),
            ..Options::default()
        };
        let fixture = EventFixture::with(options, settings).await;
        for number in 0..4 {
            let (name, email) = (format!("p{number}"), format!("p{number}@example.test"));
            let body = person(&name, true, Some(&email));
            fixture.idp.post("/Users", body).await.expect(201);
        }
        fixture.drained().await;
        assert_eq!(fixture.local.mail().len(), 2);
        let told = not_invited(&fixture).await;
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told.iter().all(|(_, why)| why == "daily_limit"), "{told:?}");
        // Mail about findings is counted apart, or a stolen token silenced it.
        let credentials = fixture.tenant.credentials();
        for (finding, expected) in [("brake", true), ("silence", true), ("expiry", false)] {
            let claim = credentials.claim_finding(finding, finding, "it@example.test", 2);
            assert_eq!(claim.await.unwrap(), expected, "{finding}");
        }
    });
}

#[test]
fn an_event_that_is_delivered_again_keeps_its_claim() {
    run(async |_| {
        let fixture = EventFixture::start().await;
        let credentials = fixture.tenant.credentials();
        let (ada, bob) = ("ada@example.test", "bob@example.test");
        for (event, address, per_day, expected) in [
            ("1", ada, 1, None),
            ("1", ada, 1, None),
            ("2", ada, 9, Some(NotInvited::AlreadyInvited)),
            ("3", bob, 1, Some(NotInvited::DailyLimit)),
            ("3", bob, 2, None),
        ] {
            let claim = credentials.claim_invitation(event, address, per_day).await;
            assert_eq!(claim.unwrap(), expected, "{event} {address} {per_day}");
        }
    });
}

#[test]
fn notices_and_unsent_links_use_up_nothing() {
    run(async |_| {
        let fixture = EventFixture::start().await;
        let credentials = fixture.tenant.credentials();
        let (ada, about) = ("ada@example.test", EventType::BrakeTripped);
        for (event, connection, expected) in [
            ("1", "okta", true),
            ("1", "okta", true),
            ("2", "okta", false),
            ("3", "entra", true),
            ("4", "entra", false),
        ] {
            let claim = credentials.claim_notice(event, about, connection, ada);
            assert_eq!(claim.await.unwrap(), expected, "{event} {connection}");
        }
        // The day has one mail, and the notices have not taken it.
        assert_eq!(credentials.claim_link("5", ada, 1).await.unwrap(), None);
        assert!(credentials.has_claimed_link("5", ada).await.unwrap());
        assert!(!credentials.has_claimed_link("6", ada).await.unwrap());
        credentials.release_link("6", ada).await.unwrap();
        assert!(credentials.claim_link("6", ada, 1).await.unwrap().is_some());
        credentials.release_link("5", ada).await.unwrap();
        assert!(!credentials.has_claimed_link("5", ada).await.unwrap());
        assert_eq!(credentials.claim_link("6", ada, 1).await.unwrap(), None);
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

/// A wave of people who are refused because their subjects have changed is one mail to those who look after the tenant.
#[test]
fn a_wave_of_changed_subjects_is_one_mail_to_each_admin() {
    run(async |_| {
        let fixture = EventFixture::start().await;
        let tenant = &fixture.tenant;
        let connections = tenant.credentials().connections().await.unwrap();
        let connection = connections[0].id.clone();
        let log_in = async |name: &str, subject: &str| {
            let assertion = Assertion {
                user_name: name.to_owned(),
                connection: Some(connection.clone()),
                subject: Some(format!("{subject}-{name}")),
                ..Assertion::default()
            };
            tenant.sign_in().log_in(&assertion).await.unwrap();
        };
        let names: Vec<String> = (0..7).map(|n| format!("person-{n}")).collect();
        for name in &names {
            let address = format!("{name}@example.test");
            let body = person(name, true, Some(&address));
            let id = fixture.idp.post("/Users", body).await.expect(201).id();
            for _ in 0..2 {
                log_in(name, "old").await;
            }
            // Two look after the tenant; a third has no role in it that would let them.
            let role = match name.as_str() {
                "person-0" => Role::Owner,
                "person-1" => Role::Admin,
                _ => continue,
            };
            let given = tenant.roles().give_role(&id, [role], Role::Owner).await;
            given.unwrap();
        }
        fixture.drained().await;
        assert!(fixture.local.mail().is_empty(), "nobody is invited");
        for name in names.iter().chain(&names) {
            log_in(name, "new").await;
        }
        fixture.drained().await;
        let mail = fixture.local.mail();
        let mut to: Vec<&str> = mail
            .iter()
            .flat_map(|mail| &mail.to)
            .map(String::as_str)
            .collect();
        to.sort_unstable();
        assert_eq!(to, ["person-0@example.test", "person-1@example.test"]);
        for mail in &mail {
            assert!(mail.subject.contains("cannot sign in"), "{mail:?}");
            assert!(
                mail.text
                    .contains("people could not sign in to Stage & Sons")
            );
        }
        assert_eq!(fixture.local.dead_letters(), 0);
    });
}
