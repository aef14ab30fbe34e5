//! The links from the findings on the Health page.

use std::collections::BTreeMap;

use rollcall_directory::Role;
use rollcall_insight::Insight;
use rollcall_tests::raw;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
use rollcall_tests::visitor::Visitor;
use serde_json::json;

#[test]
fn a_finding_links_to_its_request_person_and_group() {
    run(async |service| {
        let tenant = service.tenant("findings").await;
        let idp = tenant.idp();
        let ann = idp.user("ann").await;
        let team = idp.group("team", &[&ann]).await;
        let stranger = json!([{"op": "add", "path": "members", "value": [{"value": "stranger"}]}]);
        idp.patch(&format!("/Groups/{team}"), stranger)
            .await
            .expect(204);
        let application = service.application();
        application
            .log_in(tenant.id(), "ann", None)
            .await
            .expect(200);

        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let health = visitor.get("/console/health").await.expect(200).html;
        for place in [format!("people/{ann}"), format!("groups/{team}")] {
            let link = format!("href=\"/console/{place}\"");
            assert!(health.contains(&link), "{link} is not in {health}");
        }
        let (_, behind) = health.split_once("/console/activity/requests/").unwrap();
        let (id, _) = behind.split_once('"').unwrap();
        let path = format!("/console/activity/requests/{id}");
        let request = visitor.get(&path).await.expect(200).html;
        assert!(request.contains("stranger") && request.contains("PATCH"));
        visitor
            .get("/console/activity/requests/none")
            .await
            .expect(404);

        let failed = visitor.get("/console/activity?failed=yes").await;
        assert!(
            failed
                .expect(200)
                .html
                .contains("1 unknown member left out")
        );
        let day = |hours| {
            let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours);
            at.strftime("%Y-%m-%d").to_string()
        };
        for (days, is_in) in [
            (format!("from={}&to={}", day(-24), day(24)), true),
            ("to=2026-01-01".to_owned(), false),
            ("from=2999-01-01".to_owned(), false),
        ] {
            let page = visitor.get(&format!("/console/activity?{days}")).await;
            let html = page.expect(200).html;
            let has_line = html.contains("1 unknown member left out");
            assert_eq!(has_line, is_in, "{days}: {html}");
        }
        visitor
            .get("/console/activity?from=yesterday")
            .await
            .expect(400);
    });
}

#[test]
fn an_expiring_token_is_reported_with_its_date_and_the_other_token() {
    run(async |service| {
        let tenant = service.tenant("ending").await;
        let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(6 * 24);
        let (_, secret) = tenant.issue("ending", Some(soon)).await;
        let idp = tenant.idp().with_token(Some(&secret));
        idp.get("/Users?count=1").await.expect(200);
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let health = visitor.get("/console/health").await.expect(200).html;
        assert!(
            health.contains("another token that lasts longer"),
            "{health}"
        );
        assert!(health.contains(">Expires <time"), "{health}");
        assert!(!health.contains("Since <time"), "{health}");
    });
}

#[test]
fn a_name_cannot_reverse_the_text_around_it() {
    run(async |service| {
        let tenant = service.tenant("turned").await;
        let directory = tenant.directory();
        let connection = tenant.connection_id();
        let turning = directory.credentials().change_connection(
            connection,
            Some("\u{202e}evil".to_owned()),
            None,
        );
        turning.await.unwrap();
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let health = visitor.get("/console/health").await.expect(200).html;
        let title = "Nothing has come from “\u{2068}evil\u{2069}” yet</h2>";
        assert!(health.contains(title), "{health}");
    });
}

/// Returns the remedies on a page: where they lead, by their texts.
fn remedies(html: &str) -> BTreeMap<String, String> {
    let links = html.split("<a class=\"remedy button\" href=\"").skip(1);
    let parts = links.filter_map(|link| {
        let (href, rest) = link.split_once("\">")?;
        let (text, _) = rest.split_once("</a>")?;
        Some((text.to_owned(), href.to_owned()))
    });
    parts.collect()
}

#[test]
fn every_finding_about_an_identity_has_its_remedy_as_a_button() {
    run(async |service| {
        let scene = Scene::create(service, "remedies-shown").await;
        let own = scene.tenant.connection_id().to_owned();
        let (other, idp) = scene.another("Other").await;
        let mut people = BTreeMap::new();
        for (number, name) in ["ada", "bob", "dee", "olga", "vic"].into_iter().enumerate() {
            let user = json!({"userName": name, "externalId": number.to_string()});
            people.insert(name, scene.push(user).await);
        }
        let login = |name: &str, subject: &str| json!({"user_name": name, "subject": subject, "connection": own});
        for _ in 0..2 {
            scene.signed_in(login("ada", "s-ada")).await;
        }
        scene.signed_in(login("olga", "s-olga")).await;
        scene.give(&people["olga"], Role::Owner).await;
        for (name, path, value) in [
            ("olga", "userName", json!("olga.married")),
            ("dee", "active", json!(false)),
        ] {
            scene.set(&people[name], path, value).await.expect(200);
        }
        let settings = json!({"sign_up": "pushed_only"});
        let path = scene.path("/settings");
        scene.application.patch(&path, settings).await.expect(200);

        let with_id = json!({"user_name": "vic", "external_id": "17", "connection": own});
        let elsewhere = json!({"user_name": "bob", "connection": other});
        for (login, status) in [
            (login("ada", "s-another"), 409),
            (login("olga.married", "s-another"), 409),
            (with_id, 409),
            (elsewhere, 409),
            (login("dee", "s-dee"), 403),
            (login("nobody", "s-nobody"), 403),
        ] {
            scene.log_in(login).await.expect(status);
        }
        let change = json!([{"op": "replace", "path": "title", "value": "x"}]);
        let path = format!("/Users/{}", people["bob"]);
        idp.patch(&path, change).await.expect(403);

        let visitor = Visitor::with_link(service, &scene.tenant, Role::Owner).await;
        let page = visitor.get("/console/health").await.expect(200).html;
        let shown = remedies(&page);
        let person = |name: &str| format!("/console/people/{}", people[name]);
        for (text, path) in [
            ("Bind the person anew", person("ada")),
            ("Confirm the person", person("olga")),
            ("Open the person", person("vic")),
            ("Restore, unblock or admit as new", person("dee")),
            ("Change who may sign up", "/console/settings".to_owned()),
            (
                "Replace the other connection",
                "/console/connections".to_owned(),
            ),
        ] {
            let found = shown.get(text);
            let leads = found.is_some_and(|found| found.starts_with(&path));
            assert!(leads, "{text}: {path} in {shown:#?}");
        }
        for (text, path) in shown {
            let page = visitor.get(&path).await.expect(200).html;
            assert!(page.contains("<form"), "{text}: {path}");
        }
    });
}

#[test]
fn findings_of_one_cause_are_one_card_that_can_be_put_off() {
    run(async |service| {
        let scene = Scene::create(service, "cards").await;
        for name in ["Okta", "Entra"] {
            let new = json!({"name": name, "provider": "other"});
            let path = scene.path("/connections");
            scene.application.post(&path, new).await.expect(201);
        }
        let admin = Visitor::with_link(service, &scene.tenant, Role::Admin).await;
        let page = admin.get("/console/health").await.expect(200);
        let cards = page.html.matches("data-finding=\"NoToken\"").count();
        assert_eq!(cards, 1, "{}", page.html);
        assert!(page.html.contains("2 connections have no token</h2>"));
        assert!(
            page.html
                .contains("<span class=\"badge info\">Notice</span>")
        );
        assert!(page.html.contains("Passing</h2>") && !page.html.contains("that lasts</span>"));

        let form = |days: &'static str, reason: &'static str| {
            let mut fields = page.hidden_fields("/console/health/snooze");
            let ids: Vec<_> = page
                .html
                .split("name=\"finding\" value=\"")
                .skip(1)
                .collect();
            let ids = ids.iter().filter_map(|rest| rest.split('"').next());
            fields.retain(|(name, _)| name == "form_token");
            let no_token = ids.filter(|id| id.starts_with("no_token~"));
            fields.extend(no_token.map(|id| ("finding".to_owned(), id.to_owned())));
            fields.push(("days".to_owned(), days.to_owned()));
            fields.push(("reason".to_owned(), reason.to_owned()));
            fields
        };
        let send = async |path: &str, fields: Vec<(String, String)>| {
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, value)| (&**name, &**value))
                .collect();
            admin.post(path, &fields, &[]).await
        };
        let sent = send("/console/health/snooze", form("7", "Retired <soon>"))
            .await
            .expect(303);
        let told = admin.get(sent.header("location")).await.expect(200).html;
        assert!(
            told.contains("Finding snoozed") && !told.contains("have no token</h2>"),
            "{told}"
        );
        let snoozed = admin
            .get("/console/health?show=snoozed")
            .await
            .expect(200)
            .html;
        assert!(
            snoozed.contains("2 connections have no token</h2>"),
            "{snoozed}"
        );
        assert!(
            snoozed.contains("Snoozed by") && snoozed.contains("Retired &#60;soon&#62;"),
            "{snoozed}"
        );

        let sent = send("/console/health/unsnooze", form("", ""))
            .await
            .expect(303);
        let again = admin.get(sent.header("location")).await.expect(200).html;
        assert!(
            again.contains("2 connections have no token</h2>"),
            "{again}"
        );
        let sent = send("/console/health/snooze", form("", "We know"))
            .await
            .expect(303);
        let known = admin.get(sent.header("location")).await.expect(200).html;
        assert!(
            known.contains("Acknowledged by") && known.contains("We know"),
            "{known}"
        );
        let log = admin
            .get("/console/activity/audit?action=health.")
            .await
            .expect(200)
            .html;
        assert!(
            log.contains("Finding snoozed: ") && log.contains("Reason: We know"),
            "{log}"
        );
        let resolved = admin
            .get("/console/health?show=resolved")
            .await
            .expect(200)
            .html;
        assert!(
            resolved.contains("No finding has been resolved yet"),
            "{resolved}"
        );

        let member = Visitor::with_link(service, &scene.tenant, Role::Member).await;
        let token = member.form_token();
        let refused = [
            ("form_token", token.as_str()),
            ("finding", "no_token~x"),
            ("reason", "x"),
        ];
        member
            .post("/console/health/snooze", &refused, &[])
            .await
            .expect(403);
    });
}

/// The count in the navigation costs nothing: it is beside what every page reads.
#[test]
fn every_page_says_how_many_findings_are_open() {
    run(async |service| {
        let tenant = service.tenant("counted").await;
        tenant.idp().user("ann").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let badge =
            |count: usize| format!("<span class=\"badge\" aria-hidden=\"true\">{count}</span>");
        let quiet = visitor.get("/console/people").await.expect(200);
        assert!(!quiet.html.contains(&badge(1)) && !quiet.html.contains(&badge(2)));

        let check = async || {
            let health = Insight::of(tenant.directory()).health().await.unwrap();
            let findings = tenant.directory().findings();
            let observed = health.observed();
            findings.observe(&health.record, &observed).await.unwrap();
            observed
        };
        let observed = check().await;
        assert!(observed.len() > 1, "{observed:?}");
        let shows = async |count: usize| {
            for page in [
                "",
                "/people",
                "/groups",
                "/activity",
                "/tokens",
                "/settings",
                "/health",
            ] {
                let html = visitor
                    .get(&format!("/console{page}"))
                    .await
                    .expect(200)
                    .html;
                assert!(html.contains(&badge(count)), "{page}: {html}");
            }
        };
        shows(observed.len()).await;
        let findings = tenant.directory().findings();
        findings
            .snooze(&observed[0], "known", Some(7))
            .await
            .unwrap();
        shows(observed.len() - 1).await;
        findings.snooze(&observed[1], "known", None).await.unwrap();
        shows(observed.len() - 1).await;
        findings.unsnooze(&observed[0].id).await.unwrap();
        shows(observed.len()).await;

        // What another version has left is corrected.
        let health = Insight::of(tenant.directory()).health().await.unwrap();
        assert_eq!(health.shown, observed.len() as u64);
        let mut item = raw::item(service, &tenant, "", "TENANT").await;
        item.remove("open_findings");
        raw::put(service, item).await;
        let health = Insight::of(tenant.directory()).health().await.unwrap();
        assert_eq!(health.shown, 0);
        findings.show(&health.record, health.shown).await.unwrap();
        shows(observed.len()).await;
    });
}
