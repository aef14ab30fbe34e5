//! Portal links that are mailed: only the person for whom a link is made gets it.

use rollcall_directory::{NewPortalLink, NotMailed, Origin, Role, Settings};
use rollcall_local::Options;
use rollcall_tests::api::Api;
use rollcall_tests::event_fixture::EventFixture;
use rollcall_tests::service::run;
use serde_json::{Value, json};

/// The application's backend, and the path of the portal links of the fixture's tenant.
fn application(fixture: &EventFixture) -> (Api, String) {
    let key = fixture.local.service_key().to_owned();
    let path = format!("/tenants/{}/portal-links", fixture.tenant.id());
    (Api::new(fixture.local.api_base_url(), Some(key)), path)
}

fn to(email: &str) -> Value {
    json!({"role_id": "admin", "email": email, "mail": true, "expires_in": 3600})
}

/// Returns a link to make that is mailed to any text.
fn mailed_to(email: &str) -> NewPortalLink {
    NewPortalLink {
        email: Some(email.to_owned()),
        opens_at: Some("http://127.0.0.1/console/open".to_owned()),
        ..NewPortalLink::with_role(Role::Admin)
    }
}

/// Returns the link in the text of a mail.
fn link_in(text: &str) -> &str {
    let (_, behind) = text.split_once("/console/open?link=").expect(text);
    behind.split_whitespace().next().unwrap_or_default()
}

#[test]
fn a_link_is_mailed_to_its_person_and_nobody_else_has_it() {
    run(async |_| {
        let fixture = EventFixture::start().await;
        let (application, links) = application(&fixture);
        let made = application.post(&links, to("it@example.test")).await;
        let made = made.expect(201);
        assert!(made.body.get("url").is_none(), "{}", made.body);
        fixture.drained().await;
        let mail = fixture.local.mail();
        assert_eq!(mail.len(), 1, "{mail:?}");
        assert_eq!(mail[0].to, ["it@example.test"]);
        let subject = "Your link to the administration of Stage & Sons";
        assert_eq!(mail[0].subject, subject);
        let link = link_in(&mail[0].text).to_owned();
        assert!(mail[0].html.contains(&link) && link.starts_with("rcl_event-fixture_"));
        // Neither the link nor a part of its digits is anywhere else.
        let digits = link.rsplit('_').next().unwrap_or_default();
        let listed = application.get(&links).await.expect(200).body;
        let (feed, bus) = (fixture.feed().await, fixture.local.deliveries());
        let elsewhere = format!("{}{}{}{listed}", made.body, json!(feed), json!(bus));
        for part in [&digits[..8], &digits[22..30]] {
            assert!(!elsewhere.contains(part), "{elsewhere}");
        }
        let announced = feed
            .iter()
            .find(|event| event["type"] == "portal_link.created");
        let announced = &announced.expect("an event")["after"];
        assert_eq!(announced["mail"], true);
        assert_eq!(announced["id"], made.body["id"]);
        assert_eq!(listed["items"][0]["id"], made.body["id"]);
        // It opens once.
        for opens in [true, false] {
            let directory = fixture.local.directory();
            let opened = directory.open_portal_link(&link, "r", Origin::default());
            assert_eq!(opened.await.unwrap().is_some(), opens);
        }
        assert_eq!(fixture.local.dead_letters(), 0);
    });
}

#[test]
fn a_link_that_is_not_mailed_is_an_event() {
    run(async |_| {
        let settings = Settings {
            invitation_domains: vec!["example.test".to_owned()],
            ..Settings::default()
        };
        let options = Options {
            daily_invitations: Some(2),
            ..Options::default()
        };
        let fixture = EventFixture::with(options, settings).await;
        let (application, links) = application(&fixture);
        for email in [
            "it@example.test",
            "IT+again@example.test",
            "it@elsewhere.test",
            "Ada <ada@example.test>",
            "ada@example.test",
            "bob@example.test",
        ] {
            let made = application.post(&links, to(email)).await;
            match email.contains(' ') {
                true => {
                    made.expect(400);
                    // A version before may have made it.
                    let sign_in = fixture.tenant.sign_in();
                    sign_in.make_portal_link(mailed_to(email)).await.unwrap();
                }
                false => drop(made.expect(201)),
            }
            fixture.drained().await;
        }
        // Whoever sends the link has no such bounds.
        let mut unmailed = to("it@elsewhere.test");
        unmailed["mail"] = json!(false);
        application.post(&links, unmailed).await.expect(201);
        fixture.drained().await;
        let mail = fixture.local.mail();
        let sent: Vec<&str> = mail
            .iter()
            .flat_map(|mail| &mail.to)
            .map(String::as_str)
            .collect();
        assert_eq!(sent, ["it@example.test", "ada@example.test"]);
        let feed = fixture.feed().await;
        let of = |kind: &'static str| feed.iter().filter(move |event| event["type"] == kind);
        // The event has the id of the link alone; the address is in the event that says that it was made.
        let address = |id: &Value| {
            let made = of("portal_link.created").find(|event| event["after"]["id"] == *id);
            made.expect("a link")["after"]["email"].clone()
        };
        let told: Vec<(Value, Value)> = of("portal_link.not_mailed")
            .map(|event| {
                let after = &event["after"];
                assert!(after["email"].is_null(), "{event}");
                (address(&after["id"]), after["reason"].clone())
            })
            .collect();
        let expected = [
            ("IT+again@example.test", "already_mailed"),
            ("it@elsewhere.test", "domain_not_allowed"),
            ("Ada <ada@example.test>", "invalid_address"),
            ("bob@example.test", "daily_limit"),
        ];
        assert_eq!(
            told,
            expected.map(|(email, why)| (json!(email), json!(why)))
        );
        assert_eq!(fixture.local.dead_letters(), 0);
    });
}

#[test]
fn a_link_that_has_ended_is_not_mailed() {
    run(async |_| {
        let fixture = EventFixture::start().await;
        let sign_in = fixture.tenant.sign_in();
        let new = mailed_to("it@example.test");
        let made = sign_in.make_portal_link(new).await.unwrap();
        fixture.drained().await;
        let feed = fixture.feed().await;
        let event = feed
            .iter()
            .find(|event| event["type"] == "portal_link.created");
        let event = event.expect("an event")["id"].as_str().unwrap().to_owned();
        let link = sign_in.mailed_link(&event).await.unwrap().expect("a link");
        assert_eq!(link.secret.expose(), made.secret.expose());
        assert!(
            sign_in
                .mailed_link("another event")
                .await
                .unwrap()
                .is_none()
        );
        let other = fixture.another("another").await.0;
        assert!(other.sign_in().mailed_link(&event).await.unwrap().is_none());
        sign_in.end_portal_session(&made.id()).await.unwrap();
        assert!(sign_in.mailed_link(&event).await.unwrap().is_none());
        assert_eq!(NotMailed::LinkEnded.as_str(), "link_ended");
    });
}

#[test]
fn a_link_is_mailed_only_to_an_address_and_by_a_stack_that_sends_mail() {
    run(async |_| {
        for (without_mail, email, wrong) in [
            (false, Value::Null, "`email` is missing"),
            (true, json!("it@example.test"), "sends no mail"),
        ] {
            let options = Options {
                without_mail,
                ..Options::default()
            };
            let fixture = EventFixture::with(options, Settings::default()).await;
            let (application, links) = application(&fixture);
            let new = json!({"role_id": "admin", "email": email, "mail": true});
            let refused = application.post(&links, new).await.expect(400);
            let detail = refused.string("/detail");
            assert!(detail.contains(wrong), "{detail}");
            let new = json!({"role_id": "admin", "email": email});
            application.post(&links, new).await.expect(201);
        }
    });
}
