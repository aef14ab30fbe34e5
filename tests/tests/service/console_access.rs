//! Access to the console: who can open it, what each role sees, and what is refused.

use rollcall_directory::{Provider, Role};
use rollcall_tests::service::run;
use rollcall_tests::visitor::Visitor;
use serde_json::json;
use uuid::Uuid;

#[test]
fn a_change_needs_a_form_of_the_same_session_and_origin() {
    run(async |service| {
        let tenant = service.tenant("forgery").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let other = Visitor::with_link(service, &tenant, Role::Owner).await;
        let own_token = visitor.get("/console").await.expect(200).form_token();
        let other_token = other.get("/console").await.expect(200).form_token();
        assert_ne!(own_token, other_token);
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
            (
                &*other_token,
                [("origin", &visitor.origin), ("accept", "*/*")],
            ),
            (
                &*own_token,
                [("origin", "https://evil.test"), ("accept", "*/*")],
            ),
            (&*own_token, [("origin", "null"), ("accept", "*/*")]),
            (
                &*own_token,
                [
                    ("origin", &*visitor.origin),
                    ("sec-fetch-site", "same-site"),
                ],
            ),
            (
                &*own_token,
                [
                    ("origin", &visitor.origin),
                    ("sec-fetch-site", "cross-site"),
                ],
            ),
        ] {
            visitor.post(path, &form(token), &headers).await.expect(403);
        }
        let nobody = Visitor::anonymous(service);
        nobody.post(path, &form(&own_token), &[]).await.expect(401);
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
        visitor
            .post(path, &form(&own_token), &headers)
            .await
            .expect(303);
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

/// A form: its path, its fields, and the lowest role that may send it.
type Form = (&'static str, &'static [(&'static str, &'static str)], Role);

/// Every form with its required fields; names in braces are placeholders for ids.
const FORMS: [Form; 25] = [
    (
        "/console/health/snooze",
        &[
            ("finding", "never_signed_in"),
            ("days", "7"),
            ("reason", "known"),
        ],
        Role::Admin,
    ),
    (
        "/console/health/unsnooze",
        &[("finding", "never_signed_in")],
        Role::Admin,
    ),
    (
        "/console/connections",
        &[("name", "x"), ("provider", "okta"), ("form_id", "{fresh}")],
        Role::Admin,
    ),
    (
        "/console/connections/{connection}",
        &[
            ("name", "identity provider"),
            ("provider", "google"),
            ("was_name", "identity provider"),
            ("was_provider", "google"),
        ],
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
        "/console/groups",
        &[
            ("was.{group}", "none"),
            ("role.{group}", "viewer"),
            ("then", "save"),
        ],
        Role::Admin,
    ),
    (
        "/console/groups/{group}/role",
        &[("from", "viewer"), ("role", "none")],
        Role::Admin,
    ),
    (
        "/console/people",
        &[("pick", "{person}"), ("then", "end-sessions")],
        Role::Admin,
    ),
    (
        "/console/people/{person}/role",
        &[("role", "viewer"), ("was", "none")],
        Role::Admin,
    ),
    ("/console/people/{person}/end-sessions", &[], Role::Admin),
    ("/console/people/{person}/block", &[], Role::Admin),
    ("/console/people/{person}/unblock", &[], Role::Admin),
    ("/console/people/{person}/delete", &[], Role::Admin),
    ("/console/people/{person}/restore", &[], Role::Admin),
    ("/console/connections/{connection}/test", &[], Role::Admin),
    (
        "/console/connections/{connection}/rules",
        &[("alias", "x"), ("external_id", "auto")],
        Role::Owner,
    ),
    (
        "/console/connections/{connection}/remedies/confirm",
        &[],
        Role::Admin,
    ),
    (
        "/console/connections/{connection}/remedies/bind-anew",
        &[("days", "7")],
        Role::Owner,
    ),
    (
        "/console/connections/{connection}/held",
        &[("then", "discard-all")],
        Role::Admin,
    ),
    (
        "/console/connections/{connection}/observed",
        &[("then", "make-real")],
        Role::Owner,
    ),
    ("/console/settings", SETTINGS, Role::Admin),
    ("/console/connections/{connection}/delete", &[], Role::Admin),
    ("/console/close", &[], Role::Viewer),
];
pub(crate) const SETTINGS: &[(&str, &str)] = &[
    // That of no settings.
    ("revision", "2"),
    ("sso_default_role", "viewer"),
    ("manual_roles", "preserved"),
    ("role_sync", "immediate"),
    ("route_by", "claim"),
    ("unknown_members", "skip"),
    ("limited", "yes"),
    ("per_minute", "600"),
    ("burst", "60"),
    ("retention_days", "400"),
];

#[test]
fn what_a_role_may_not_do_is_neither_shown_nor_allowed() {
    run(async |service| {
        for role in [Role::Viewer, Role::Member, Role::Admin] {
            let tenant = service.tenant("roles").await;
            // The guide for Google mentions the settings, which not every role may see.
            let google = tenant.directory().credentials().change_connection(
                tenant.connection_id(),
                None,
                Some(Provider::Google),
            );
            assert!(google.await.is_ok(), "the connection was not changed");
            let idp = tenant.idp();
            let person = idp.user("ada").await;
            let group = idp.group("Engineers", &[&person]).await;
            let (token, _) = tenant.issue("second", None).await;
            let visitor = Visitor::with_link(service, &tenant, role).await;
            let fill = |text: &str| {
                text.replace("{connection}", tenant.connection_id())
                    .replace("{token}", &token)
                    .replace("{group}", &group)
                    .replace("{person}", &person)
                    .replace("{fresh}", &Uuid::now_v7().to_string())
            };
            for page in [
                "",
                "/connections/{connection}",
                "/connections/{connection}/setup",
                "/groups",
                "/groups/{group}",
                "/groups/{group}/members",
                "/people",
                "/people/{person}",
                "/people/deleted",
                "/activity",
                "/activity/audit",
                "/activity/new",
                "/activity/audit/new",
                "/activity/export?format=json",
                "/health",
                "/evidence",
                "/evidence/access",
                "/evidence/export?format=json",
            ] {
                let is_connection = page.is_empty() || page.starts_with("/connections/");
                let reads = match role {
                    Role::Admin => 200,
                    Role::Member if is_connection => 200,
                    _ => 403,
                };
                let seen = visitor
                    .get(&format!("/console{}", fill(page)))
                    .await
                    .expect(reads);
                // The form to sign out is the only one that every role has, besides the choice of a language.
                let languages = seen.html.matches(r#"action="/console/language""#).count();
                let forms = seen.html.matches(r#"method="post""#).count() - languages;
                let is_file = seen.header("content-type") == "application/json";
                let controls = match role {
                    _ if is_file => 0,
                    Role::Admin => forms,
                    _ => usize::from(!page.ends_with("/members") || reads == 403),
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
                "/people/{person}/merge",
                "/connections/{connection}/remedies/bind-anew",
                "/connections/{connection}/held",
                "/connections/{connection}/test",
                "/connections/{connection}/observed",
            ] {
                visitor
                    .get(&format!("/console{}", fill(page)))
                    .await
                    .expect(configures);
            }
            // A client can compute the form token of its own session, even if no form was shown.
            let form_token = visitor.form_token();
            for (path, form, needs) in FORMS {
                let form: Vec<(String, String)> = form
                    .iter()
                    .map(|(name, value)| (fill(name), fill(value)))
                    .collect();
                let settings = tenant.directory().settings().read_with_revision().await;
                let revision = settings.map_or(0, |(_, revision)| revision).to_string();
                let mut form: Vec<(&str, &str)> = form
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()))
                    .filter(|(name, _)| *name != "revision")
                    .collect();
                form.extend([("form_token", &*form_token), ("revision", &*revision)]);
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
fn error_pages_offer_a_way_back_and_sign_out() {
    run(async |service| {
        let tenant = service.tenant("refused").await;
        for (role, page, leads_back) in [
            (Role::Viewer, "/console", false),
            (Role::Viewer, "/console/groups", true),
            (Role::Member, "/console/settings", true),
            (Role::Owner, "/console/people/nobody", true),
        ] {
            let visitor = Visitor::with_link(service, &tenant, role).await;
            let refused = visitor.get(page).await;
            let refused = refused.expect(if role == Role::Owner { 404 } else { 403 });
            let link = r#"<a href="/console">Back to the console</a>"#;
            assert_eq!(refused.html.contains(link), leads_back, "{}", refused.html);
            let form = [("form_token", &*refused.form_token())];
            visitor.post("/console/close", &form, &[]).await.expect(303);
            let out = visitor.get("/console").await.expect(401);
            assert!(!out.html.contains("/console/close"), "{}", out.html);
        }
        let stranger = Visitor::anonymous(service);
        let refused = stranger.get("/console/open?link=x").await.expect(403);
        assert!(
            !refused.html.contains("/console/close") && !refused.html.contains("Back"),
            "{}",
            refused.html
        );
        // This form comes from an earlier session in the same browser.
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let old = [("form_token", "old"), ("name", "x"), ("provider", "okta")];
        let refused = visitor.post("/console/connections", &old, &[]).await;
        let refused = refused.expect(403);
        assert_eq!(refused.form_token(), visitor.form_token());
        assert!(refused.html.contains("Back to the console"));
    });
}

#[test]
fn resources_of_another_tenant_do_not_exist() {
    run(async |service| {
        let (ours, theirs) = (service.tenant("ours").await, service.tenant("theirs").await);
        let person = theirs.idp().user("ada").await;
        let group = theirs.idp().group("Engineers", &[&person]).await;
        let (token, _) = theirs.issue("second", None).await;
        let visitor = Visitor::with_link(service, &ours, Role::Owner).await;
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
            format!("/console/people/{person}/end-sessions"),
            format!("/console/people/{person}/restore"),
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
fn a_reason_links_to_its_request() {
    run(async |service| {
        let tenant = service.tenant("reasons").await;
        let person = tenant.idp().user("ada").await;
        let group = tenant.idp().group("Engineers", &[]).await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
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
        // The link leads to the later of the two requests, which came from the identity provider.
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
