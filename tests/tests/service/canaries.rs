//! Secrets that an identity provider pushes: nothing that comes out has them but the resource itself.

use rollcall_directory::{LoggedValues, RequestQuery, SettingsChange};
use rollcall_tests::event_fixture::EventFixture;
use rollcall_tests::idp::encode;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

const CANARY: &str = "c4n4ry";
/// No other value has it: no answer may contain a password.
const PASSWORD: &str = "pass-c4n4ry";
const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c4n4ry";
const EXTENSION: &str = "urn:example:vault:2.0:User";

/// Returns a person with a canary in every place where a secret could be.
fn person(name: &str) -> Value {
    json!({
        "schemas": [urn::USER, EXTENSION], "userName": name,
        "password": PASSWORD, "passwd": CANARY, "pwd": CANARY, "apiKey": CANARY, "pin": CANARY,
        "title": format!("Bearer {JWT}"), "nickName": JWT,
        "profileUrl": "https://app.example.test/callback?code=c4n4ry",
        EXTENSION: {"passwd": CANARY, "api_key": {"a": CANARY}, "badgePin": [CANARY], "note": JWT},
    })
}

#[test]
fn no_secret_reaches_the_request_log_the_journal_or_the_bus() {
    run(async |_| {
        let fixture = EventFixture::start().await;
        let idp = &fixture.idp;
        for values in [LoggedValues::Declared, LoggedValues::All] {
            let change = SettingsChange {
                logged_values: Some(values),
                ..SettingsChange::default()
            };
            fixture.tenant.settings().change(&change).await.unwrap();
            let name = format!("ada-{values:?}");
            let ada = idp.post("/Users", person(&name)).await.expect(201);
            let path = format!("/Users/{}", ada.string("/id"));
            let operations = json!([
                {"op": "replace", "path": "password", "value": PASSWORD},
                {"op": "replace", "path": format!("{EXTENSION}:passwd"), "value": "c4n4ry-2"},
                {"op": "replace", "path": "title", "value": format!("Bearer {JWT}2")},
                {"op": "replace", "value": {"pwd": CANARY, "shoeSize": 42}},
            ]);
            idp.patch(&path, operations).await;
            idp.put(&path, person(&name)).await;
            for query in [
                "filter=password+eq+%22c4n4ry%22",
                "filter=emails[pin+eq+%22c4n4ry%22]",
                "code=c4n4ry",
                "access_token=c4n4ry",
                "filter=title+eq+%22Bearer%20c4n4ryc4n4ry%22",
            ] {
                idp.get(&format!("/Users?{query}")).await;
            }
            // What does not parse, the refusal quotes.
            for filter in [
                "password eq \"c4n4ry\"",
                "password eq \"c4n4ry",
                "password eq c4n4ry",
                "password eq \"a\" c4n4ry",
                "password c4n4ry \"a\"",
                "urn:x:2.0:User:apiKey eq c4n4ry and",
                "\"x password eq \"c4n4ry\"",
            ] {
                let query = format!("/Users?filter={}", encode(filter));
                idp.get(&query).await;
                let search = json!({"schemas": [urn::SEARCH], "filter": filter});
                idp.post("/Users/.search", search).await;
            }
            for way in [
                "emails[pin eq \"c4n4ry].value",
                "emails[pin eq c4n4ry].value",
                "password[value eq c4n4ry]",
                "password c4n4ry",
            ] {
                let operation = json!([{"op": "replace", "path": way, "value": "x"}]);
                idp.patch(&path, operation).await;
                let operation = json!([{"op": "replace", "value": {way: "x"}}]);
                idp.patch(&path, operation).await;
            }
            idp.delete(&path).await;
        }
        fixture.drained().await;

        let query = RequestQuery {
            limit: 100,
            ..RequestQuery::default()
        };
        let (logged, _) = fixture.tenant.request_log().search(&query).await.unwrap();
        assert!(logged.len() >= 60, "{}", logged.len());
        for request in logged {
            let text = json!(request).to_string();
            assert!(!text.contains(CANARY), "request log: {text}");
        }
        let (feed, delivered) = (fixture.feed().await, fixture.delivered());
        assert!(!delivered.is_empty());
        for event in feed.iter().chain(&delivered) {
            let text = event.to_string();
            assert!(!text.contains(CANARY), "event: {text}");
        }
        let created = feed.iter().find(|event| event["type"] == "user.created");
        let extension = &created.expect("the event")["after"][EXTENSION];
        assert_eq!(extension["passwd"], "***");
        assert_eq!(fixture.local.dead_letters(), 0);
    });
}

#[test]
fn undeclared_values_are_logged_only_if_the_tenant_wishes() {
    run(async |_| {
        let fixture = EventFixture::start().await;
        for (values, kept) in [
            (LoggedValues::Declared, false),
            (LoggedValues::All, true),
            (LoggedValues::Declared, false),
        ] {
            let change = SettingsChange {
                logged_values: Some(values),
                ..SettingsChange::default()
            };
            fixture.tenant.settings().change(&change).await.unwrap();
            let name = uuid::Uuid::now_v7().to_string();
            let body = json!({"schemas": [urn::USER], "userName": name, "costHead": "north-42"});
            fixture.idp.post("/Users", body).await.expect(201);
            let query = RequestQuery {
                person: Some(name),
                limit: 10,
                ..RequestQuery::default()
            };
            let (logged, _) = fixture.tenant.request_log().search(&query).await.unwrap();
            let sent = logged[0].sent.clone().unwrap();
            assert_eq!(sent.contains("north-42"), kept, "{sent}");
            assert!(sent.contains("costHead"), "{sent}");
        }
    });
}
