//! The console's forms that a second tab holds: what another admin saved meanwhile is not overwritten.

use rollcall_directory::{Provider, Role};
use rollcall_tests::service::run;
use rollcall_tests::visitor::{ConsoleResponse, Visitor};
use serde_json::{Value, json};

use crate::console_access::SETTINGS;

/// Sends a form of a page with its hidden fields and what was typed.
async fn send(
    visitor: &Visitor,
    page: &ConsoleResponse,
    path: &str,
    typed: &[(&str, &str)],
) -> ConsoleResponse {
    let hidden = page.hidden_fields(path);
    let hidden = hidden.iter().map(|(name, value)| (&**name, &**value));
    let form: Vec<(&str, &str)> = hidden.chain(typed.iter().copied()).collect();
    visitor.post(path, &form, &[]).await
}

#[test]
fn rules_do_not_overwrite_those_of_another_owner() {
    run(async |service| {
        let tenant = service.tenant("rules").await;
        let first = Visitor::with_link(service, &tenant, Role::Owner).await;
        let second = Visitor::with_link(service, &tenant, Role::Owner).await;
        let id = tenant.connection_id();
        let credentials = tenant.directory().credentials();
        let stored = async || credentials.connection(id).await.unwrap();
        let page = format!("/console/connections/{id}");
        let path = format!("{page}/rules");
        let shown = second.get(&page).await.expect(200);

        let safe = [
            ("alias", ""),
            ("external_id", "auto"),
            ("brake", "hold"),
            ("brake_percent", "5"),
            ("brake_at_least", "7"),
        ];
        let theirs = first.get(&page).await.expect(200);
        send(&first, &theirs, &path, &safe).await.expect(303);

        let loose = [
            ("alias", "okta"),
            ("external_id", "auto"),
            ("brake", "notify"),
            ("brake_percent", ""),
            ("brake_at_least", ""),
        ];
        let stale = send(&second, &shown, &path, &loose).await.expect(409);
        for said in [
            "These rules changed in another tab",
            "“Unusually many removals” is “Are held for up to a day” there and “Take effect” here.",
            "“Limit in percent of people” is “5” there and “the limit of the settings” here.",
            "“Alias” is “None” there and “okta” here.",
            r#"value="okta""#,
        ] {
            assert!(stale.html.contains(said), "{said}: {}", stale.html);
        }
        assert!(!stale.html.contains("“Replaces” is"), "{}", stale.html);
        let kept = stored().await;
        assert!(kept.brake_holds && kept.alias.is_none(), "{kept:?}");

        // Who has seen both values saves. A new name of the connection is no rule.
        let renamed = credentials.change_connection(id, Some("Okta".to_owned()), None);
        assert!(renamed.await.is_ok(), "the connection was not renamed");
        send(&second, &stale, &path, &loose).await.expect(303);
        let kept = stored().await;
        assert!(!kept.brake_holds, "{kept:?}");
        assert_eq!(kept.alias.as_deref(), Some("okta"));
        // A form without a revision is one of an earlier version.
        let form_token = second.form_token();
        let mut form = safe.to_vec();
        form.push(("form_token", &form_token));
        second.post(&path, &form, &[]).await.expect(409);
        assert!(!stored().await.brake_holds);
    });
}

#[test]
fn the_name_of_a_connection_is_not_overwritten() {
    run(async |service| {
        let tenant = service.tenant("renaming").await;
        let first = Visitor::with_link(service, &tenant, Role::Admin).await;
        let second = Visitor::with_link(service, &tenant, Role::Admin).await;
        let id = tenant.connection_id();
        let credentials = tenant.directory().credentials();
        let stored = async || {
            let connection = credentials.connection(id).await.unwrap();
            (connection.label, connection.provider)
        };
        let page = format!("/console/connections/{id}");
        let shown = second.get(&page).await.expect(200);
        let theirs = first.get(&page).await.expect(200);
        let okta = [("name", "Okta"), ("provider", "okta")];
        send(&first, &theirs, &page, &okta).await.expect(303);

        let entra = [("name", "Entra"), ("provider", "entra")];
        let stale = send(&second, &shown, &page, &entra).await.expect(409);
        for said in [
            "This connection changed in another tab",
            "“Name” is “Okta” there and “Entra” here.",
            "is “Okta” there and “Microsoft Entra ID” here.",
            r#"value="Entra""#,
            r#"value="entra" selected"#,
        ] {
            assert!(stale.html.contains(said), "{said}: {}", stale.html);
        }
        assert_eq!(stored().await, ("Okta".to_owned(), Provider::Okta));
        // Who has seen both values saves.
        send(&second, &stale, &page, &entra).await.expect(303);
        assert_eq!(stored().await, ("Entra".to_owned(), Provider::Entra));
        // A form of an earlier version does not say what it began with.
        let form_token = second.form_token();
        let old = [
            ("name", "Old"),
            ("provider", "okta"),
            ("form_token", &*form_token),
        ];
        second.post(&page, &old, &[]).await.expect(409);
        assert_eq!(stored().await, ("Entra".to_owned(), Provider::Entra));
    });
}

#[test]
fn a_role_given_by_hand_is_not_overwritten() {
    run(async |service| {
        let tenant = service.tenant("by-hand").await;
        let ada = tenant.idp().user("ada").await;
        let first = Visitor::with_link(service, &tenant, Role::Owner).await;
        let second = Visitor::with_link(service, &tenant, Role::Owner).await;
        let page = format!("/console/people/{ada}");
        let path = format!("{page}/role");
        let shown = second.get(&page).await.expect(200);
        let theirs = first.get(&page).await.expect(200);
        let admin = [("role", "admin"), ("also.viewer", "on")];
        send(&first, &theirs, &path, &admin).await.expect(303);

        let stale = send(&second, &shown, &path, &[("role", "member")]).await;
        let stale = stale.expect(409);
        for said in [
            "The role changed in another tab",
            "“Role given by hand” is “Admin, Viewer” there and “Member” here.",
            r#"value="member" selected"#,
        ] {
            assert!(stale.html.contains(said), "{said}: {}", stale.html);
        }
        let now = second.get(&page).await.expect(200);
        assert!(
            now.html.contains(r#"value="admin" selected"#),
            "{}",
            now.html
        );
        // Whoever chose the same overwrites nothing.
        send(&second, &shown, &path, &admin).await.expect(303);
        send(&second, &stale, &path, &[("role", "member")])
            .await
            .expect(303);
        let now = second.get(&page).await.expect(200);
        assert!(
            now.html.contains(r#"value="member" selected"#),
            "{}",
            now.html
        );
    });
}

/// Whoever ranks below the default role saves the other settings, but chooses no role above their own.
#[test]
fn settings_are_saved_by_somebody_below_the_default_role() {
    run(async |service| {
        let tenant = service.tenant("below-default").await;
        let application = service.application();
        let path = |rest: &str| format!("/tenants/{}{rest}", tenant.id());
        let set = async |default: Value| {
            let body = json!({"sso_default_role": default});
            let changed = application.patch(&path("/settings"), body).await;
            changed.expect(200);
        };
        set(Value::Null).await;
        let role = |id: &str, rank: u16, permissions: &[&str]| {
            json!({"id": id, "name": id, "rank": rank, "by_mapping": true, "by_default": true, "by_hand": true,
                   "permissions": permissions})
        };
        let configures = ["sso:configure", "settings:write", "provisioning:read"];
        let roles = [
            role("it", 300, &configures),
            role("lead", 900, &[]),
            role("chief", 910, &[]),
        ];
        let roles = json!({"items": roles});
        let defined = application.put(&path("/roles"), roles).await;
        defined.expect(200);
        let eve = tenant.idp().user("eve").await;
        let given = path(&format!("/users/{eve}/role"));
        let given = application.put(&given, json!({"role_id": "it"})).await;
        given.expect(200);
        let login = application.log_in(tenant.id(), "eve", None).await;
        let session = login.expect(200).string("/session/token");
        let eve = Visitor::with_session(service, &session).await;
        set(json!("lead")).await;

        let save = async |default: &str, per_minute: &str| {
            let page = eve.get("/console/settings").await.expect(200);
            let given = ["revision", "sso_default_role", "per_minute"];
            let mut form = SETTINGS.to_vec();
            form.retain(|(name, _)| !given.contains(name));
            form.extend([("sso_default_role", default), ("per_minute", per_minute)]);
            send(&eve, &page, "/console/settings", &form).await
        };
        save("lead", "500").await.expect(303);
        let refused = save("chief", "400").await.expect(403);
        let said = "only somebody who has the role";
        assert!(
            refused.html.to_lowercase().contains(said),
            "{}",
            refused.html
        );
        let kept = tenant.directory().settings().read().await.unwrap();
        assert_eq!(kept.rate_limit.map(|limit| limit.per_minute), Some(500));
        assert_eq!(
            kept.default_role().map(|role| role.to_string()).as_deref(),
            Some("lead")
        );
    });
}
