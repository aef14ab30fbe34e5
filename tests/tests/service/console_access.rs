//! The console's doors: who gets in, what they see, and what is refused whatever they were shown.

use rollcall_directory::{Provider, Role};
use rollcall_tests::service::run;
use rollcall_tests::visitor::Visitor;
use serde_json::json;
use uuid::Uuid;

#[test]
fn no_change_without_a_form_of_the_very_session_from_this_origin() {
    run(async |service| {
        let tenant = service.tenant("forgery").await;
        let visitor = Visitor::enter(service, &tenant, Role::Owner).await;
        let other = Visitor::enter(service, &tenant, Role::Owner).await;
        let good = visitor.get("/console").await.expect(200).form_token();
        let others = other.get("/console").await.expect(200).form_token();
        assert_ne!(good, others);
        let form_id = Uuid::now_v7().to_string();
        let form = |token| {
            [
                ("name", "New"),
                ("provider", "okta"),
                ("form_id", &form_id),
                ("form_token", token),
            ]
        };
        let path = "/console/connections";
        for (token, headers) in [
            ("", [("origin", &*visitor.origin), ("accept", "*/*")]),
            (&*others, [("origin", &visitor.origin), ("accept", "*/*")]),
            (&*good, [("origin", "https://evil.test"), ("accept", "*/*")]),
            (&*good, [("origin", "null"), ("accept", "*/*")]),
            (
                &*good,
                [
                    ("origin", &*visitor.origin),
                    ("sec-fetch-site", "same-site"),
                ],
            ),
            (
                &*good,
                [
                    ("origin", &visitor.origin),
                    ("sec-fetch-site", "cross-site"),
                ],
            ),
        ] {
            visitor.post(path, &form(token), &headers).await.expect(403);
        }
        let nobody = Visitor::stranger(service);
        nobody.post(path, &form(&good), &[]).await.expect(401);
        assert_eq!(
            tenant
                .directory()
                .credentials()
                .connections()
                .await
                .map(|all| all.len())
                .ok(),
            Some(1)
        );
        let headers = [
            ("origin", &*visitor.origin),
            ("sec-fetch-site", "same-origin"),
        ];
        visitor.post(path, &form(&good), &headers).await.expect(303);
        assert_eq!(
            tenant
                .directory()
                .credentials()
                .connections()
                .await
                .map(|all| all.len())
                .ok(),
            Some(2)
        );
    });
}

/// A form: where it is sent, its fields, and the least role that may send it.
type Form = (&'static str, &'static [(&'static str, &'static str)], Role);

/// Every form with what it needs, names in braces standing for the ids of its things.
const FORMS: [Form; 11] = [
    (
        "/console/connections",
        &[("name", "x"), ("provider", "okta"), ("form_id", "{fresh}")],
        Role::Admin,
    ),
    (
        "/console/connections/{connection}",
        &[("name", "x"), ("provider", "okta")],
        Role::Admin,
    ),
    (
        "/console/tokens",
        &[
            ("connection", "{connection}"),
            ("label", "x"),
            ("form_id", "{fresh}"),
        ],
        Role::Admin,
    ),
    (
        "/console/tokens/{token}/rotate",
        &[("form_id", "{fresh}")],
        Role::Admin,
    ),
    ("/console/tokens/{token}/revoke", &[], Role::Admin),
    (
        "/console/groups/{group}/role",
        &[("from", "none"), ("role", "none")],
        Role::Admin,
    ),
    (
        "/console/people/{person}/role",
        &[("role", "viewer")],
        Role::Admin,
    ),
    ("/console/people/{person}/sessions/end", &[], Role::Admin),
    ("/console/settings", SETTINGS, Role::Admin),
    ("/console/connections/{connection}/delete", &[], Role::Admin),
    ("/console/close", &[], Role::Viewer),
];
pub(crate) const SETTINGS: &[(&str, &str)] = &[
    ("revision", "1"),
    ("sso_default_role", "viewer"),
    ("manual_roles", "preserved"),
    ("role_sync", "immediate"),
    ("route_by", "claim"),
    ("unknown_members", "skip"),
    ("limited", "yes"),
    ("per_minute", "600"),
    ("burst", "60"),
    ("retention_days", "30"),
];

#[test]
fn what_a_role_may_not_do_is_neither_shown_nor_done() {
    run(async |service| {
        for role in [Role::Viewer, Role::Member, Role::Admin] {
            let tenant = service.tenant("roles").await;
            let google = tenant.directory().credentials().change_connection(
                tenant.connection_id(),
                None,
                Some(Provider::Google),
            );
            assert!(google.await.is_ok(), "its guide names the settings");
            let idp = tenant.idp();
            let person = idp.user("ada").await;
            let group = idp.group("Engineers", &[&person]).await;
            let (token, _) = tenant.issue("second", None).await;
            let visitor = Visitor::enter(service, &tenant, role).await;
            let fill = |text: &str| {
                text.replace("{connection}", tenant.connection_id())
                    .replace("{token}", &token)
                    .replace("{group}", &group)
                    .replace("{person}", &person)
                    .replace("{fresh}", &Uuid::now_v7().to_string())
            };
            let reads = if role == Role::Viewer { 403 } else { 200 };
            for page in [
                "",
                "/connections/{connection}",
                "/groups",
                "/groups/{group}",
                "/groups/{group}/members",
                "/people",
                "/people/{person}",
                "/activity",
                "/activity/audit",
                "/activity/export?format=json",
                "/health",
            ] {
                let seen = visitor
                    .get(&format!("/console{}", fill(page)))
                    .await
                    .expect(reads);
                // The way out is the one form that everybody has.
                let forms = seen.html.matches(r#"method="post""#).count();
                let is_file = seen.header("content-type") == "application/json";
                let controls = match role {
                    _ if is_file => 0,
                    Role::Admin => forms,
                    _ => usize::from(!page.ends_with("/members") || role == Role::Viewer),
                };
                assert_eq!(forms, controls, "{role} sees a control on {page}");
                if role == Role::Admin {
                    continue;
                }
                for kept in [
                    "/console/tokens",
                    "/console/settings",
                    "/preview",
                    r#"name="role""#,
                ] {
                    assert!(!seen.html.contains(kept), "{role} sees {kept} on {page}");
                }
            }
            let configures = if role == Role::Admin { 200 } else { 403 };
            for page in [
                "/tokens",
                "/settings",
                "/groups/{group}/preview?role=admin",
                "/groups/{group}/progress?since=2026-01-01T00:00:00Z",
            ] {
                visitor
                    .get(&format!("/console{}", fill(page)))
                    .await
                    .expect(configures);
            }
            // Everybody knows the token of their own session, shown a form or not.
            let form_token = visitor.form_token();
            for (path, form, needs) in FORMS {
                let form: Vec<(&str, String)> = form
                    .iter()
                    .map(|(name, value)| (*name, fill(value)))
                    .collect();
                let mut form: Vec<(&str, &str)> = form
                    .iter()
                    .map(|(name, value)| (*name, value.as_str()))
                    .collect();
                form.push(("form_token", &form_token));
                let seen = visitor.post(&fill(path), &form, &[]).await;
                let expected: &[u16] = if role >= needs { &[200, 303] } else { &[403] };
                assert!(
                    expected.contains(&seen.status),
                    "{role} {path}: {} {}",
                    seen.status,
                    seen.html
                );
            }
        }
    });
}

#[test]
fn whoever_is_refused_can_go_back_or_sign_out() {
    run(async |service| {
        let tenant = service.tenant("refused").await;
        for (role, page, leads_back) in [
            (Role::Viewer, "/console", false),
            (Role::Viewer, "/console/groups", true),
            (Role::Member, "/console/settings", true),
            (Role::Owner, "/console/people/nobody", true),
        ] {
            let visitor = Visitor::enter(service, &tenant, role).await;
            let refused = visitor.get(page).await;
            let refused = refused.expect(if role == Role::Owner { 404 } else { 403 });
            let link = r#"<a href="/console">Back to the console</a>"#;
            assert_eq!(refused.html.contains(link), leads_back, "{}", refused.html);
            let form = [("form_token", &*refused.form_token())];
            visitor.post("/console/close", &form, &[]).await.expect(303);
            let out = visitor.get("/console").await.expect(401);
            assert!(!out.html.contains("<form"), "{}", out.html);
        }
        let stranger = Visitor::stranger(service);
        let refused = stranger.get("/console/open?link=x").await.expect(403);
        assert!(
            !refused.html.contains("<form") && !refused.html.contains("Back"),
            "{}",
            refused.html
        );
        // A form of an earlier session of this browser.
        let visitor = Visitor::enter(service, &tenant, Role::Owner).await;
        let old = [("form_token", "old"), ("name", "x"), ("provider", "okta")];
        let refused = visitor.post("/console/connections", &old, &[]).await;
        let refused = refused.expect(403);
        assert_eq!(refused.form_token(), visitor.form_token());
        assert!(refused.html.contains("Back to the console"));
    });
}

#[test]
fn another_tenants_things_do_not_exist() {
    run(async |service| {
        let (ours, theirs) = (service.tenant("ours").await, service.tenant("theirs").await);
        let person = theirs.idp().user("ada").await;
        let group = theirs.idp().group("Engineers", &[&person]).await;
        let (token, _) = theirs.issue("second", None).await;
        let visitor = Visitor::enter(service, &ours, Role::Owner).await;
        let form_token = visitor.form_token();
        for page in [
            format!("/console/people/{person}"),
            format!("/console/groups/{group}"),
            format!("/console/groups/{group}/members"),
            format!("/console/groups/{group}/preview?role=admin"),
            format!("/console/connections/{}", theirs.connection_id()),
            format!("/console/connections/{}/checklist", theirs.connection_id()),
        ] {
            visitor.get(&page).await.expect(404);
        }
        let fresh = Uuid::now_v7().to_string();
        let form = [
            ("form_token", &*form_token),
            ("from", "none"),
            ("role", "viewer"),
            ("form_id", &fresh),
        ];
        for path in [
            format!("/console/people/{person}/role"),
            format!("/console/people/{person}/sessions/end"),
            format!("/console/groups/{group}/role"),
            format!("/console/tokens/{token}/revoke"),
            format!("/console/tokens/{token}/rotate"),
            format!("/console/connections/{}/delete", theirs.connection_id()),
        ] {
            visitor.post(&path, &form, &[]).await.expect(404);
        }
        let found = visitor.get("/console/people?text=ada").await.expect(200);
        assert!(!found.html.contains(&person));
    });
}

#[test]
fn a_reason_leads_to_the_request_behind_it() {
    run(async |service| {
        let tenant = service.tenant("reasons").await;
        let person = tenant.idp().user("ada").await;
        let group = tenant.idp().group("Engineers", &[]).await;
        let visitor = Visitor::enter(service, &tenant, Role::Owner).await;
        let form_token = visitor.form_token();
        let form = [
            ("from", "none"),
            ("role", "member"),
            ("form_token", &form_token),
        ];
        visitor
            .post(&format!("/console/groups/{group}/role"), &form, &[])
            .await
            .expect(303);
        let join = json!([{"op": "add", "path": "members", "value": [{"value": person}]}]);
        tenant
            .idp()
            .patch(&format!("/Groups/{group}"), join)
            .await
            .expect(204);
        let page = visitor
            .get(&format!("/console/people/{person}"))
            .await
            .expect(200);
        let (_, behind) = page
            .html
            .split_once("/console/activity/trace?")
            .unwrap_or_default();
        let query = behind
            .split('"')
            .next()
            .unwrap_or_default()
            .replace("&amp;", "&")
            .replace("&#38;", "&");
        let trace = visitor
            .get(&format!("/console/activity/trace?{query}"))
            .await
            .expect(200);
        // the later of the two made the role: the identity provider's
        assert!(trace.html.contains("PATCH"), "{}", trace.html);
        assert!(
            trace.html.contains("group.members_changed"),
            "{}",
            trace.html
        );
        visitor
            .get("/console/activity/trace?request=none&at=2026-01-01T00:00:00Z")
            .await
            .expect(404);
        visitor
            .get("/console/activity/trace?request=none")
            .await
            .expect(400);
    });
}

#[test]
fn what_makes_no_sense_is_told_so() {
    run(async |service| {
        let tenant = service.tenant("nonsense").await;
        let visitor = Visitor::enter(service, &tenant, Role::Owner).await;
        let long = "x".repeat(3_000);
        for (page, status) in [
            ("/console/nowhere", 404),
            ("/console/people/nobody", 404),
            (&*format!("/console/connections/{long}"), 404),
            (&*format!("/console/activity/requests/{long}"), 404),
            ("/console/connections/none", 404),
            ("/console/activity/requests/none", 404),
            ("/console/groups/none?role=king", 404),
            ("/console/people?state=asleep", 400),
            ("/console/activity/audit?from=yesterday", 400),
            ("/console/activity/audit?from=9999-12-31", 400),
            ("/console/activity/audit?to=9999-12-30", 400),
            ("/console/activity/audit/export?to=9999-12-30", 400),
            (
                "/console/activity/trace?request=x&at=9999-12-30T22:00:00Z",
                400,
            ),
            (
                "/console/activity/trace?request=x&at=-009999-01-02T01:59:59Z",
                400,
            ),
            ("/console/activity?format=xml", 400),
            ("/console/assets/x/nothing.css", 404),
        ] {
            let seen = visitor.get(page).await.expect(status);
            assert!(seen.html.contains(r#"role="alert""#), "{page}");
            assert!(
                seen.header("content-type").starts_with("text/html"),
                "{page}"
            );
        }
        let style = visitor.get("/console").await.expect(200);
        let (_, style) = style
            .html
            .split_once(r#"rel="stylesheet" href=""#)
            .unwrap_or_default();
        let style = visitor
            .get(style.split('"').next().unwrap_or_default())
            .await
            .expect(200);
        assert!(style.header("cache-control").contains("immutable"));
        // a page of another version asks for what is not this file
        let other = visitor.get("/console/assets/0/style.css").await.expect(200);
        assert_eq!(other.header("cache-control"), "no-store");
    });
}

#[test]
fn places_that_no_list_has_lead_to_its_beginning() {
    run(async |service| {
        let tenant = service.tenant("places").await;
        tenant.idp().user("ada").await;
        tenant.idp().group("admins", &[]).await;
        let visitor = Visitor::enter(service, &tenant, Role::Owner).await;
        let long = "x".repeat(3_000);
        for (list, after, named) in [
            ("people?text=a", "zzz", "ada"),
            ("people?text=a", "0", "ada"),
            ("people?text=a", &long, "ada"),
            ("people?text=", "", "ada"),
            ("people?text=", &long, "ada"),
            ("groups?name=a", "b", "admins"),
            ("groups?name=", &long, "admins"),
        ] {
            let page = format!("/console/{list}&after={after}");
            let page = visitor.get(&page).await.expect(200).html;
            assert!(page.contains(&format!(">{named}<")), "{list} {after}");
        }
        for list in ["activity", "activity/audit"] {
            for after in ["", &*long] {
                let page = format!("/console/{list}?after={after}");
                visitor.get(&page).await.expect(200);
            }
        }
        let application = service.application();
        let events = format!("/tenants/{}/events?after={}", tenant.id(), u64::MAX);
        let events = application.get(&events).await.expect(200);
        assert_eq!(events.select("/items").first(), Some(&&json!([])));
    });
}

#[test]
fn tokens_are_for_connections_that_there_are() {
    run(async |service| {
        let tenant = service.tenant("no-connection").await;
        let visitor = Visitor::enter(service, &tenant, Role::Owner).await;
        let page = visitor.get("/console/tokens").await.expect(200);
        let fields = page.hidden_fields("/console/tokens");
        let long = "x".repeat(3_000);
        let missing = "01890a5d-ac96-774b-bcce-b302099a8057";
        for connection in ["none", missing, &*long] {
            let mut form = vec![("connection", connection), ("label", "t"), ("expires", "")];
            form.extend(fields.iter().map(|(name, value)| (&**name, &**value)));
            visitor
                .post("/console/tokens", &form, &[])
                .await
                .expect(404);
        }
    });
}
