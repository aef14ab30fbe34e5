//! The console's forms: sent once, sent twice, and sent after a change by another admin.

use rollcall_directory::{LoggedValues, Provider, Role};
use rollcall_tests::browser::browse;
use rollcall_tests::idp::encode;
use rollcall_tests::service::{Tenant, run};
use rollcall_tests::visitor::Visitor;
use serde_json::json;
use uuid::Uuid;

use crate::console_access::SETTINGS;

#[test]
fn rotation_keeps_the_old_token_and_its_lifetime_and_settings_are_saved() {
    run(async |service| {
        let tenant = service.tenant("forms").await;
        let day = jiff::SignedDuration::from_hours(24);
        let (old, _) = tenant
            .issue("short", Some(jiff::Timestamp::now() + day))
            .await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let form_token = visitor.form_token();
        let form_id = Uuid::now_v7().to_string();
        let form = [("form_id", &*form_id), ("form_token", &form_token)];
        let path = format!("/console/tokens/{old}/rotate");
        let rotated = visitor.post(&path, &form, &[]).await.expect(303);
        let rotated = visitor.follow(&rotated).await.expect(200);
        assert!(rotated.html.contains("The old token still works"));
        let tokens = tenant
            .directory()
            .credentials()
            .tokens()
            .await
            .unwrap_or_default();
        let lives: Vec<_> = tokens
            .iter()
            .filter(|token| token.label == "short")
            .collect();
        assert_eq!(lives.len(), 2);
        for token in lives {
            let life = token
                .expires_at
                .map(|end| end.duration_since(token.created_at));
            assert_eq!(
                life.map(|life| (23..=24).contains(&life.as_hours())),
                Some(true),
                "{token:?}"
            );
            assert_eq!(token.revoked_at, None);
        }

        let revision = revision_of(&tenant).await;
        let mut form = SETTINGS.to_vec();
        form.retain(|(name, _)| *name != "revision");
        form.extend([
            ("form_token", &*form_token),
            ("revision", &*revision),
            ("invitation_domains", "Example.com, b.test"),
            ("logged_values", "all"),
        ]);
        visitor
            .post("/console/settings", &form, &[])
            .await
            .expect(303);
        let saved = tenant.directory().settings().read().await.unwrap();
        assert_eq!(saved.invitation_domains, ["example.com", "b.test"]);
        assert_eq!(saved.logged_values, LoggedValues::All);
        let page = visitor.get("/console/settings").await.expect(200);
        assert!(page.html.contains(r#"value="example.com, b.test""#));
        // Without its tick, the form would remove the rate limit, which only the application does.
        let mut unlimited = form.clone();
        unlimited.retain(|(name, _)| *name != "limited");
        let refused = visitor.post("/console/settings", &unlimited, &[]).await;
        assert!(
            refused
                .expect(403)
                .html
                .contains("nly the application can remove")
        );
        let kept = tenant.directory().settings().read().await.map(|kept| {
            let limit = kept.rate_limit.map(|limit| (limit.per_minute, limit.burst));
            (
                kept.default_role(),
                limit,
                kept.retention_days,
                kept.invitations,
            )
        });
        assert_eq!(
            kept.ok(),
            Some((Some(Role::Viewer), Some((600, 60)), 400, false))
        );

        // Invented sums in the URL do not cause an overflow.
        let group = tenant.idp().group("Engineers", &[]).await;
        let change = json!([{"from": [], "to": ["admin"], "people": u64::MAX}]);
        let sum = json!({"changes": change, "at_sign_in": change, "looked_at": u64::MAX});
        let made_up = format!("role=admin&sum={}", encode(&sum.to_string()));
        visitor
            .get(&format!("/console/groups/{group}/preview?{made_up}"))
            .await
            .expect(200);
    });
}

/// Counts the token secrets that a page shows.
fn shown_secrets(page: &str) -> usize {
    page.matches(r#"id="token""#).count()
}

#[test]
fn a_form_creates_its_resource_only_once() {
    run(async |service| {
        let tenant = service.tenant("twice").await;
        let (old, _) = tenant.issue("old", None).await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let form_token = visitor.form_token();
        let made = async || {
            let directory = tenant.directory();
            let tokens = directory
                .credentials()
                .tokens()
                .await
                .unwrap_or_default()
                .len();
            (
                tokens,
                directory
                    .credentials()
                    .connections()
                    .await
                    .unwrap_or_default()
                    .len(),
            )
        };
        assert_eq!(made().await, (2, 1));
        let connection = tenant.connection_id();
        let rotate = format!("/console/tokens/{old}/rotate");
        for (path, fields, secrets, after) in [
            (
                "/console/tokens",
                vec![("connection", connection), ("label", "new")],
                1,
                (3, 1),
            ),
            (&rotate, vec![], 1, (4, 1)),
            (
                "/console/connections",
                vec![("name", "Okta"), ("provider", "okta")],
                0,
                (4, 2),
            ),
        ] {
            let form_id = Uuid::now_v7().to_string();
            let mut form = fields;
            form.extend([("form_id", &*form_id), ("form_token", &form_token)]);
            let first = visitor.post(path, &form, &[]).await.expect(303);
            let first = visitor.follow(&first).await.expect(200);
            assert_eq!(shown_secrets(&first.html), secrets, "{path}");
            // A browser that lost the response sends the same form again.
            let again = visitor.post(path, &form, &[]).await.expect(409);
            assert!(
                again.html.contains("This form was already used"),
                "{}",
                again.html
            );
            assert_eq!(shown_secrets(&again.html), 0, "{path}");
            assert_eq!(made().await, after, "{path}");
            form.retain(|(name, _)| *name != "form_id");
            visitor.post(path, &form, &[]).await.expect(400);
        }

        // The forms on the pages contain all fields that they need.
        for (page, action, fields) in [
            (
                "/console/tokens".to_owned(),
                "/console/tokens".to_owned(),
                vec![("connection", connection), ("label", "shown")],
            ),
            ("/console/tokens".to_owned(), rotate, vec![]),
            (
                "/console/connections/new?provider=entra".to_owned(),
                "/console/connections".to_owned(),
                vec![("name", "Entra")],
            ),
            (
                format!("/console/connections/{connection}"),
                "/console/tokens".to_owned(),
                vec![("label", "shown there")],
            ),
        ] {
            let seen = visitor.get(&page).await.expect(200);
            let mut form = seen.hidden_fields(&action);
            form.extend(
                fields
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
            );
            let form: Vec<_> = form
                .iter()
                .map(|(name, value)| (&**name, &**value))
                .collect();
            visitor.post(&action, &form, &[]).await.expect(303);
        }

        // Each view of a page has a new form id, and tokens with the same label can be distinguished.
        let page = async || visitor.get("/console/tokens").await.expect(200).html;
        let form_ids: Vec<String> = [page().await, page().await]
            .iter()
            .map(|page| {
                let (_, behind) = page
                    .split_once(r#"name="form_id" value=""#)
                    .unwrap_or_default();
                behind.split('"').next().unwrap_or_default().to_owned()
            })
            .collect();
        assert_ne!(form_ids[0], form_ids[1]);
        for token in tenant
            .directory()
            .credentials()
            .tokens()
            .await
            .unwrap_or_default()
        {
            let name = format!("Revoke {} ({}…)…", token.label, token.prefix);
            assert_eq!(page().await.matches(&name).count(), 1, "{name}");
        }
        tenant.revoke(&old).await;
        assert!(page().await.contains("1 revoked or expired token"));
    });
}

#[test]
fn settings_do_not_overwrite_changes_by_another_admin() {
    run(async |service| {
        let tenant = service.tenant("settings").await;
        let (first, second) = (
            Visitor::with_link(service, &tenant, Role::Owner).await,
            Visitor::with_link(service, &tenant, Role::Owner).await,
        );
        let days = async || {
            let settings = tenant.directory().settings().read().await;
            settings.map_or(0, |settings| settings.retention_days)
        };
        let shown = revision_of(&tenant).await;
        // Another connection is no other setting.
        let credentials = tenant.directory().credentials();
        let added = credentials.create_connection("new", Provider::Okta).await;
        assert!(added.is_ok(), "{added:?}");
        for (visitor, is_reloaded, kept, status, after) in [
            (&first, false, "30", 303, 30),
            (&second, false, "60", 409, 30),
            (&second, true, "60", 303, 60),
        ] {
            let form_token = visitor.form_token();
            let now = revision_of(&tenant).await;
            let mut form = SETTINGS.to_vec();
            form.retain(|(name, _)| !["revision", "retention_days"].contains(name));
            form.extend([
                ("revision", if is_reloaded { &*now } else { &*shown }),
                ("retention_days", kept),
                ("form_token", &form_token),
            ]);
            let seen = visitor.post("/console/settings", &form, &[]).await;
            let seen = seen.expect(status);
            assert_eq!(
                seen.html.contains("Settings changed in another tab"),
                status == 409,
                "{}",
                seen.html
            );
            assert_eq!(days().await, after);
            let page = visitor.get("/console/settings").await.expect(200);
            let now = revision_of(&tenant).await;
            let now = format!(r#"name="revision" value="{now}""#);
            assert!(page.html.contains(&now), "{}", page.html);
        }
    });
}

/// Returns the revision that the settings page shows now.
async fn revision_of(tenant: &Tenant) -> String {
    let settings = tenant.directory().settings().read_with_revision().await;
    settings.map_or(0, |(_, revision)| revision).to_string()
}

#[test]
fn a_double_click_creates_and_shows_one_token() {
    browse(async |service, browser| {
        let tenant = service.tenant("double-click").await;
        browser.open_console(service, &tenant, "owner").await;
        let page = format!("/console/connections/{}", tenant.connection_id());
        browser.go(&page).await;
        let twice = "const button = document.querySelector('form[action$=\"/tokens\"] button'); \
                     button.click(); button.click();";
        browser.eval(twice, &[]).await;
        browser.wait_for("#token").await;
        let token = browser.value("token").await;
        let tokens = async || {
            tenant
                .directory()
                .credentials()
                .tokens()
                .await
                .unwrap_or_default()
                .len()
        };
        assert_eq!(tokens().await, 2);
        let idp = tenant.idp().with_token(Some(&token));
        idp.get("/Users").await.expect(200);
        // A reload asks for the page again, and so does Back: no form is sent twice.
        let shown = browser.path().await;
        let mark = "document.body.dataset.old = 'yes'; location.reload()";
        browser.eval(mark, &[]).await;
        browser.wait_for("body:not([data-old]) #token").await;
        assert_eq!(browser.value("token").await, token);
        browser.click("Groups and roles").await;
        browser.wait_for_path("/console/groups").await;
        browser.eval("history.back()", &[]).await;
        browser.wait_for_path(&shown).await;
        browser.wait_for("#token").await;
        assert_eq!(browser.value("token").await, token);
        assert_eq!(tokens().await, 2);
        // Only this session sees it: not another one in this browser, which has the cookie, too.
        let again = browser
            .eval("return location.pathname + location.search", &[])
            .await;
        browser.open_console(service, &tenant, "owner").await;
        browser.go(again.as_str().unwrap_or_default()).await;
        browser.wait_for_text("no longer shows the token").await;
        assert_eq!(browser.count("#token").await, 0);
    });
}

#[test]
fn filters_say_whose_days_they_take_and_fields_have_their_hints() {
    run(async |service| {
        let tenant = service.tenant("filters").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        for path in ["/console/activity", "/console/activity/audit"] {
            let page = visitor.get(&format!("{path}?from=2027-01-31")).await;
            let page = page.expect(200);
            for said in [
                r#"<label for="from">From <span class="fine">(UTC)</span></label>"#,
                "From 31 Jan 2027 (UTC)",
                r#"<nav class="tabs" aria-label="Activity">"#,
            ] {
                assert!(page.html.contains(said), "{path}: {said}: {}", page.html);
            }
            let wrong = visitor.get(&format!("{path}?to=soon")).await.expect(400);
            let said = "<code>To</code> must be a day such as";
            assert!(wrong.html.contains(said), "{path}: {}", wrong.html);
        }
        for path in ["/console/evidence", "/console/evidence/access"] {
            let page = visitor.get(path).await.expect(200);
            let tabs = r#"<nav class="tabs" aria-label="Evidence">"#;
            assert!(page.html.contains(tabs), "{path}: {}", page.html);
        }
        for (path, fields) in [
            ("/console/activity", &["person"][..]),
            ("/console/activity/audit", &["actor", "request"]),
            ("/console/tokens", &["expires", "addresses"]),
        ] {
            let page = visitor.get(path).await.expect(200);
            for field in fields {
                let described = format!(r#"aria-describedby="{field}-hint""#);
                let hint = format!(r#"<span class="fine" id="{field}-hint">"#);
                for part in [described, hint] {
                    assert!(page.html.contains(&part), "{path}: {part}: {}", page.html);
                }
            }
        }
    });
}
