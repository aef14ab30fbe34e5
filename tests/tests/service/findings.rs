//! Findings: what the hourly pass announces, who is told, and what an admin acknowledges or puts off.

use std::time::Duration;

use rollcall_directory::{Role, Settings};
use rollcall_insight::{FindingKind, Insight};
use rollcall_local::Options;
use rollcall_role_reconciler::Queue;
use rollcall_tests::api::Api;
use rollcall_tests::event_fixture::{EventFixture, Outbox, batch};
use rollcall_tests::idp::Idp;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};
use tokio::time::Instant;

/// Runs the hourly pass, and waits until its events are everywhere.
async fn hourly_pass(fixture: &EventFixture) {
    let outbox = Outbox::default();
    let queue = Queue::new(outbox.client(), "http://127.0.0.1/queues/roles");
    let directory = fixture.local.directory();
    let reconciler = rollcall_role_reconciler::handler(directory.clone(), queue);
    let message = batch(&[json!({"full_pass": {}}).to_string()]);
    let deadline = Instant::now() + Duration::from_secs(600);
    let response = reconciler.call(message, deadline).await;
    assert!(response.batch_item_failures.is_empty() && outbox.take().is_empty());
    fixture.drained().await;
}

/// Returns the kinds of the findings in the events of a type, and whether their contacts are told.
async fn told(fixture: &EventFixture, event_type: &str) -> Vec<(String, bool)> {
    let feed = fixture.feed().await.into_iter();
    let events = feed.filter(|event| event["type"] == event_type);
    let of = |event: Value| {
        let change = if event["after"].is_null() {
            &event["before"]
        } else {
            &event["after"]
        };
        let kind = change["kind"].as_str().unwrap_or_default().to_owned();
        (kind, change["mail"] == true)
    };
    events.map(of).collect()
}

/// Sends two requests that fail for the same reason.
async fn fail_twice(idp: &Idp) {
    for _ in 0..2 {
        let nameless = json!({"schemas": [urn::USER], "displayName": "nobody"});
        idp.post("/Users", nameless).await.expect(400);
    }
}

async fn with_contacts(contacts: &[&str]) -> EventFixture {
    let settings = Settings {
        contacts: contacts.iter().map(|it| (*it).to_owned()).collect(),
        ..Settings::default()
    };
    EventFixture::with(Options::default(), settings).await
}

#[test]
fn the_hourly_pass_announces_what_opens_and_closes() {
    run(async |_| {
        let fixture = EventFixture::start().await;
        let never = ("never_heard_from".to_owned(), false);
        hourly_pass(&fixture).await;
        assert_eq!(
            told(&fixture, "health.opened").await,
            std::slice::from_ref(&never)
        );
        // Nothing has changed.
        hourly_pass(&fixture).await;
        assert_eq!(told(&fixture, "health.opened").await.len(), 1);
        assert!(told(&fixture, "health.closed").await.is_empty());

        fixture.idp.get("/Users?count=1").await.expect(200);
        hourly_pass(&fixture).await;
        assert_eq!(told(&fixture, "health.closed").await, [never]);
        let record = fixture.tenant.findings().read().await.unwrap();
        assert!(record.open.is_empty());
        let closed = &record.closed[0];
        assert_eq!(closed.finding.kind, "never_heard_from");
        assert!(closed.closed_at >= closed.finding.opened_at);
        let delivered = fixture.delivered().into_iter();
        let types = delivered.map(|event| event["type"].as_str().unwrap_or_default().to_owned());
        let types: Vec<_> = types.filter(|it| it.starts_with("health.")).collect();
        assert_eq!(types, ["health.opened", "health.closed"]);
        assert_eq!(fixture.local.dead_letters(), 0);
    });
}

#[test]
fn contacts_get_one_mail_when_a_finding_opens() {
    run(async |_| {
        let fixture =
            with_contacts(&["it@example.test", "ops@example.test", "It@example.test"]).await;
        fail_twice(&fixture.idp).await;
        hourly_pass(&fixture).await;
        let opened = told(&fixture, "health.opened").await;
        assert_eq!(opened, [("failures_repeating".to_owned(), true)]);
        let mut mail = fixture.local.mail();
        mail.sort_by(|one, other| one.to.cmp(&other.to));
        let to: Vec<_> = mail.iter().map(|one| one.to[0].as_str()).collect();
        assert_eq!(to, ["it@example.test", "ops@example.test"]);
        assert!(mail[0].subject.starts_with("Stage & Sons: "), "{mail:?}");
        assert!(mail[0].text.contains("failed") && mail[0].html.contains("Health"));

        fail_twice(&fixture.idp).await;
        hourly_pass(&fixture).await;
        assert_eq!(fixture.local.mail().len(), 2);
        assert_eq!(fixture.local.dead_letters(), 0);
    });
}

#[test]
fn nobody_gets_mail_about_a_notice_or_what_is_put_off() {
    run(async |_| {
        let fixture = with_contacts(&["it@example.test"]).await;
        fixture.idp.user("ada").await;
        fail_twice(&fixture.idp).await;
        let health = Insight::of(&fixture.tenant).health().await.unwrap();
        let mut findings = health.findings.iter();
        let failing = findings.find(|one| one.kind == FindingKind::FailuresRepeating);
        let failing = failing.unwrap().observed();
        let findings = fixture.tenant.findings();
        findings.snooze(&failing, "known", Some(7)).await.unwrap();
        hourly_pass(&fixture).await;
        let opened = told(&fixture, "health.opened").await;
        assert!(
            opened.contains(&("failures_repeating".to_owned(), false)),
            "{opened:?}"
        );
        assert!(
            opened.contains(&("never_signed_in".to_owned(), false)),
            "{opened:?}"
        );
        assert!(fixture.local.mail().is_empty());
    });
}

/// Returns the ids of the findings and their states.
async fn states(api: &Api, path: &str) -> Vec<(String, String)> {
    let health = api.get(path).await.expect(200).body;
    let findings = health["findings"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    findings
        .iter()
        .map(|one| (text(&one["id"]), text(&one["state"])))
        .collect()
}

#[test]
fn a_finding_is_put_off_through_both_doors_by_admins_alone() {
    run(async |service| {
        let scene = Scene::create(service, "put-off").await;
        let stranger = Scene::create(service, "put-off-elsewhere").await;
        let id = format!("never_heard_from~{}", scene.tenant.connection_id());
        let path = scene.path("/health");
        assert_eq!(
            states(&scene.application, &path).await,
            [(id.clone(), "open".to_owned())]
        );

        let snooze = format!("/health/findings/{id}/snooze");
        let for_week = json!({"reason": " Planned for Tuesday ", "days": 7});
        let by_key = scene
            .application
            .post(&scene.path(&snooze), for_week.clone())
            .await;
        let by_key = by_key.expect(200).body;
        assert_eq!(
            (&by_key["id"], &by_key["state"]),
            (&json!(id), &json!("snoozed"))
        );
        assert_eq!(by_key["snooze"]["reason"], "Planned for Tuesday");
        assert_eq!(by_key["snooze"]["actor"]["type"], "application");
        assert!(by_key["snooze"]["expires_at"].is_string());

        let admin = service.admin(&scene.tenant, Role::Admin).await;
        let known = json!({"reason": "We know"});
        let acknowledged = admin.post(&snooze, known.clone()).await.expect(200).body;
        assert_eq!(acknowledged["state"], "acknowledged");
        assert_eq!(acknowledged["snooze"]["expires_at"], Value::Null);
        assert_eq!(
            states(&admin, "/health").await,
            [(id.clone(), "acknowledged".to_owned())]
        );

        for role in [Role::Viewer, Role::Member] {
            let other = service.admin(&scene.tenant, role).await;
            other.post(&snooze, known.clone()).await.expect(403);
            other.delete(&snooze).await.expect(403);
        }
        for (body, word) in [
            (json!({"reason": "  "}), "reason"),
            (json!({"reason": "x".repeat(501)}), "reason"),
            (json!({"reason": "x", "days": 0}), "days"),
            (json!({"reason": "x", "days": 31}), "days"),
            (
                json!({"reason": "x", "until": "2999-01-01T00:00:00Z"}),
                "until",
            ),
        ] {
            let refused = admin.post(&snooze, body).await.expect(400);
            assert!(
                refused.body["detail"].as_str().unwrap().contains(word),
                "{}",
                refused.body
            );
        }
        // What another tenant has does not exist here, and nothing of it changes.
        let elsewhere = service.admin(&stranger.tenant, Role::Owner).await;
        elsewhere.post(&snooze, known).await.expect(404);
        elsewhere.delete(&snooze).await.expect(404);
        assert_eq!(states(&admin, "/health").await[0].1, "acknowledged");

        admin.delete(&snooze).await.expect(204);
        admin.delete(&snooze).await.expect(204);
        assert_eq!(
            states(&admin, "/health").await,
            [(id.clone(), "open".to_owned())]
        );
        let log = scene
            .application
            .get(&scene.path("/audit?action=health."))
            .await
            .expect(200);
        let types = log.strings("/items/*/type");
        let expected = ["health.unsnoozed", "health.acknowledged", "health.snoozed"];
        assert_eq!(types, expected);
        let actors = log.strings("/items/*/actor/type");
        assert_eq!(actors, ["portal_link", "portal_link", "application"]);
        let counts_again = &log.body["items"][0];
        assert_eq!(counts_again["before"]["reason"], "We know");
        assert_eq!(counts_again["before"]["kind"], "never_heard_from");
        assert_eq!(counts_again["subject"]["type"], "connection");
    });
}

#[test]
fn contacts_are_a_setting() {
    run(async |service| {
        let scene = Scene::create(service, "contacts").await;
        let path = scene.path("/settings");
        let set = json!({"contacts": ["it@example.test"]});
        let saved = scene
            .application
            .patch(&path, set.clone())
            .await
            .expect(200);
        saved.is(set);
        for wrong in [
            json!(["it"]),
            json!(["it@example.test\r\nBcc: x@example.test"]),
            json!(vec!["a@b.test"; 11]),
        ] {
            let refused = scene
                .application
                .patch(&path, json!({"contacts": wrong}))
                .await;
            assert!(
                refused.expect(400).body["detail"]
                    .as_str()
                    .unwrap()
                    .contains("contacts")
            );
        }
    });
}
