//! Mail that bounces, or that is reported as spam, is an event and a finding; what is about no mail of the tenant is nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_directory::{Lease, Settings, Tenant};
use rollcall_insight::{Finding, Insight};
use rollcall_local::Options;
use rollcall_mailer::Postbox;
use rollcall_tests::api::Api;
use rollcall_tests::event_fixture::{EventFixture, Outbox, batch};
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Map, Value, json};

use crate::redelivered::{erased, items, mail_client};

/// The tags of a mail, by name.
type Tags = BTreeMap<String, String>;

const ADDRESS: &str = "ada@example.test";

async fn inviting(contacts: &[&str]) -> EventFixture {
    let settings = Settings {
        invitations: true,
        contacts: contacts.iter().map(|one| (*one).to_owned()).collect(),
        ..Settings::default()
    };
    EventFixture::with(Options::default(), settings).await
}

/// Pushes somebody, and returns their id and the tags of the invitation that they got.
async fn invited(fixture: &EventFixture) -> (String, Tags) {
    let ada = json!({"schemas": [urn::USER], "userName": "ada", "active": true,
                     "emails": [{"value": ADDRESS, "primary": true}]});
    let id = fixture.idp.post("/Users", ada).await.expect(201).id();
    fixture.drained().await;
    let mails = fixture.local.mail();
    assert_eq!(mails.len(), 1, "{mails:?}");
    (id, mails[0].tags.clone())
}

/// Returns the event of SES about a mail with these tags, as EventBridge delivers it
/// (<https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html>).
fn feedback(to: &[&str], tags: &Tags, what: (&str, &str, Value)) -> String {
    let (detail_type, event_type, said) = what;
    let own = tags
        .iter()
        .map(|(name, value)| (name.clone(), json!([value])));
    let of_ses = [
        ("ses:operation", "SendEmail"),
        ("ses:configuration-set", "rollcall-prod"),
        ("ses:source-ip", "192.0.2.1"),
        ("ses:from-domain", "example.test"),
        ("ses:caller-identity", "rollcall-prod-mailer"),
    ];
    let of_ses = of_ses.map(|(name, value)| (name.to_owned(), json!([value])));
    let tags: Map<String, Value> = of_ses.into_iter().chain(own).collect();
    let headers = json!([{"name": "From", "value": "no-reply@example.test"}, {"name": "To", "value": to.join(", ")},
                         {"name": "Subject", "value": "Your account"}, {"name": "MIME-Version", "value": "1.0"}]);
    json!({
        "version": "0", "id": uuid::Uuid::new_v4().to_string(), "detail-type": detail_type, "source": "aws.ses",
        "account": "123456789012", "time": "2026-11-22T20:31:07Z", "region": "us-east-1",
        "resources": ["arn:aws:ses:us-east-1:123456789012:configuration-set/rollcall-prod"],
        "detail": {
            "eventType": event_type, event_type.to_lowercase(): said,
            "mail": {
                "timestamp": "2026-11-22T20:31:05.126Z", "source": "no-reply@example.test",
                "sourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.test",
                "sendingAccountId": "123456789012",
                "messageId": "0100017a1b2c3d4e-00000000-1111-2222-3333-444444444444-000000",
                "destination": to, "headersTruncated": false, "headers": headers,
                "commonHeaders": {"from": ["no-reply@example.test"], "to": to, "subject": "Your account",
                                  "messageId": "0100017a1b2c3d4e-00000000-1111-2222-3333-444444444444-000000"},
                "tags": tags,
            },
        },
    })
    .to_string()
}

fn bounce(to: &[&str], tags: &Tags, kind: &str) -> String {
    let recipients = to.iter().map(|address| {
        json!({"emailAddress": address, "action": "failed", "status": "5.1.1",
               "diagnosticCode": "smtp; 550 5.1.1 user unknown"})
    });
    let said = json!({
        "feedbackId": "0100017a1b2c3d4f-55555555-6666-7777-8888-999999999999-000000", "bounceType": kind,
        "bounceSubType": "General", "bouncedRecipients": recipients.collect::<Vec<_>>(),
        "timestamp": "2026-11-22T20:31:06.871Z", "reportingMTA": "dsn; a8-50.smtp-out.amazonses.com",
    });
    feedback(to, tags, ("Email Bounced", "Bounce", said))
}

fn complaint(to: &[&str], tags: &Tags) -> String {
    let said = json!({
        "feedbackId": "0100017a1b2c3d4f-55555555-6666-7777-8888-999999999999-000000", "complaintSubType": null,
        "complainedRecipients": [{"emailAddress": to[0]}], "timestamp": "2026-11-22T21:00:00.000Z",
        "userAgent": "Mailbox/1.0", "complaintFeedbackType": "abuse",
    });
    feedback(to, tags, ("Email Complaint Received", "Complaint", said))
}

/// Delivers events of the mail service to the mailer.
async fn deliver(fixture: &EventFixture, messages: &[String]) {
    let client = mail_client(&Outbox::default());
    let postbox = Postbox::new(client, "a@example.test", "https://app.test");
    let mailer = rollcall_mailer::handler(fixture.local.directory(), postbox);
    let response = mailer.call(batch(messages)).await;
    assert!(response.batch_item_failures.is_empty(), "{response:?}");
    fixture.drained().await;
}

/// Returns tags of which some are others.
fn with(tags: &Tags, changed: &[(&str, &str)]) -> Tags {
    let mut tags = tags.clone();
    for (name, value) in changed {
        tags.insert((*name).to_owned(), (*value).to_owned());
    }
    tags
}

async fn rejections(fixture: &EventFixture) -> Vec<Value> {
    let events = fixture.feed().await.into_iter();
    events
        .filter(|event| event["type"] == "mail.rejected")
        .collect()
}

async fn of_mail(tenant: &Tenant) -> Vec<Finding> {
    let health = Insight::of(tenant).health().await.unwrap();
    let findings = health.findings.into_iter();
    findings
        .filter(|one| one.kind.code().starts_with("mail_"))
        .collect()
}

/// Returns what is stored of addresses that reject mail.
async fn marks(fixture: &EventFixture) -> Vec<String> {
    let all = items(fixture).await.into_iter();
    let marks =
        all.filter(|(_, item)| item.contains("\"rejected#") || item.contains("\"REJECTED\""));
    marks.map(|(_, item)| item).collect()
}

#[test]
fn mail_that_bounces_is_a_finding_until_the_address_is_corrected() {
    run(async |_| {
        let fixture = &inviting(&[]).await;
        let (id, tags) = invited(fixture).await;
        deliver(fixture, &[bounce(&[ADDRESS], &tags, "Transient")]).await;
        assert_eq!(of_mail(&fixture.tenant).await, []);

        let bounce = bounce(&[ADDRESS], &tags, "Permanent");
        deliver(fixture, &[bounce.clone(), bounce]).await;
        let events = rejections(fixture).await;
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!(events[0]["subject"]["id"], id.as_str());
        assert_eq!(
            events[0]["after"],
            json!({"reason": "bounced", "to": "person"})
        );
        assert!(!events[0].to_string().contains(ADDRESS));
        let found = of_mail(&fixture.tenant).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].title(), "1 address gets no mail: it bounced");
        assert_eq!(found[0].among[0].id, id);
        let told = marks(fixture).await;
        assert!(
            told.len() == 2 && !told.iter().any(|item| item.contains(ADDRESS)),
            "{told:?}"
        );

        let emails = json!([{"value": "lovelace@example.test", "primary": true}]);
        let other = json!([{"op": "replace", "path": "emails", "value": emails}]);
        fixture
            .idp
            .patch(&format!("/Users/{id}"), other)
            .await
            .expect(200);
        assert_eq!(of_mail(&fixture.tenant).await, []);
    });
}

#[test]
fn what_is_about_no_mail_of_the_tenant_is_nothing() {
    run(async |_| {
        let fixture = &inviting(&[]).await;
        let (other, _) = fixture.another("other").await;
        let (_, tags) = invited(fixture).await;
        let stranger = uuid::Uuid::now_v7().to_string();
        let mut wrong: Vec<String> = [
            with(&tags, &[("tenant", "other")]),
            with(&tags, &[("tenant", "nobody")]),
            with(&tags, &[("tenant", "No Tenant")]),
            with(&tags, &[("work", "invitation_unknown")]),
            with(&tags, &[("person", &stranger)]),
            Tags::new(),
        ]
        .iter()
        .map(|tags| bounce(&[ADDRESS], tags, "Permanent"))
        .collect();
        wrong.push(bounce(&[ADDRESS, "eve@example.test"], &tags, "Permanent"));
        wrong.push(bounce(&[], &tags, "Permanent"));
        deliver(fixture, &wrong).await;
        assert_eq!(rejections(fixture).await, Vec::<Value>::new());
        assert_eq!(marks(fixture).await, Vec::<String>::new());
        assert_eq!(of_mail(&fixture.tenant).await, []);
        assert_eq!(of_mail(&other).await, []);
        assert_eq!(fixture.local.dead_letters(), 0);
    });
}

#[test]
fn somebody_who_was_erased_does_not_come_back_by_a_late_bounce() {
    run(async |_| {
        let fixture = &inviting(&[]).await;
        let (id, tags) = invited(fixture).await;
        deliver(fixture, &[bounce(&[ADDRESS], &tags, "Permanent")]).await;
        assert_eq!(marks(fixture).await.len(), 2);

        let key = fixture.local.service_key().to_owned();
        let api = Api::new(fixture.local.api_base_url(), Some(key));
        let path = format!("/tenants/{}/users/{id}/erasure", fixture.tenant.id());
        erased(fixture, &api, &path).await;
        let left = marks(fixture).await;
        assert!(
            !left
                .iter()
                .any(|item| item.contains(&id) || item.contains("rejected#")),
            "{left:?}"
        );
        deliver(
            fixture,
            &[
                bounce(&[ADDRESS], &tags, "Permanent"),
                complaint(&[ADDRESS], &tags),
            ],
        )
        .await;
        assert_eq!(marks(fixture).await, left);
        let named = items(fixture).await.into_iter();
        let named: Vec<_> = named.filter(|(_, item)| item.contains(ADDRESS)).collect();
        assert!(named.is_empty(), "{named:?}");
    });
}

#[test]
fn contacts_and_portal_links_are_told_apart() {
    run(async |_| {
        let contact = "it@example.test";
        let fixture = &inviting(&[contact]).await;
        let key = fixture.local.service_key().to_owned();
        let api = Api::new(fixture.local.api_base_url(), Some(key));
        let links = format!("/tenants/{}/portal-links", fixture.tenant.id());
        let link = json!({"role_id": "admin", "email": "new@example.test", "mail": true});
        let id = api.post(&links, link).await.expect(201).body["id"].clone();
        fixture.drained().await;
        let mail = &fixture.local.mail()[0];
        deliver(
            fixture,
            &[bounce(&["new@example.test"], &mail.tags, "Permanent")],
        )
        .await;
        let events = rejections(fixture).await;
        assert_eq!(
            events[0]["after"],
            json!({"reason": "bounced", "to": "portal_link", "link": id})
        );
        // Nothing is known of whoever it was for.
        assert_eq!(marks(fixture).await, Vec::<String>::new());

        let lease = fixture
            .tenant
            .credentials()
            .lease("finding-opened#1#2", Duration::ZERO);
        assert_eq!(lease.await.unwrap(), Lease::Ours);
        let own = [
            ("tenant", "event-fixture"),
            ("work", "finding-opened_1_2"),
            ("contact", "yes"),
        ];
        let own = with(&Tags::new(), &own);
        let late = complaint(&["former@example.test"], &own);
        deliver(fixture, &[late]).await;
        assert_eq!(rejections(fixture).await.len(), 1);
        deliver(fixture, &[complaint(&["IT@example.test"], &own)]).await;
        let events = rejections(fixture).await;
        assert_eq!(
            events[1]["after"],
            json!({"reason": "complained", "to": "contact"})
        );
        let found = of_mail(&fixture.tenant).await;
        assert_eq!(found[0].title(), "1 address gets no mail: reported as spam");
        assert!(found[0].among.is_empty());
    });
}
