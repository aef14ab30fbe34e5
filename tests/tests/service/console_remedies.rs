//! Whose sign-ins and pushes are, in the console: rules of a connection, remedies for many people, and settings.

use rollcall_directory::{Provider, Role};
use rollcall_tests::browser::browse;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
use rollcall_tests::visitor::{ConsoleResponse, Visitor};
use serde_json::json;

/// Creates another connection of the tenant.
async fn connect(scene: &Scene, name: &str) -> String {
    let credentials = scene.tenant.directory().credentials();
    let made = credentials.create_connection(name, Provider::Okta).await;
    made.unwrap().id
}

#[test]
fn an_owner_sets_rules_takes_people_over_and_opens_a_window() {
    browse(async |service, browser| {
        let scene = Scene::create(service, "console-rules").await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        scene.push(json!({"userName": "grace"})).await;
        scene.tenant.idp().group("Team", &[&ada]).await;
        let new = connect(&scene, "Okta production").await;
        browser.open_console(service, &scene.tenant, "owner").await;

        browser.go(&format!("/console/connections/{new}")).await;
        browser.fill("Alias", "okta").await;
        let unrelated = "Are unrelated to those this connection sends";
        browser.choose("External IDs in sign-ins", unrelated).await;
        browser
            .eval("document.querySelector('[name=replaces]').click()", &[])
            .await;
        browser.assert_accessible().await;
        browser.click("Save rules").await;
        browser.wait_for_text("Rules saved").await;
        assert_eq!(browser.value("alias").await, "okta");
        assert_eq!(browser.count("[name=replaces]:checked").await, 1);

        // The only other connection is chosen by itself. What is taken over is not there to be taken over again.
        browser.click("Take over people and groups…").await;
        browser
            .wait_for_text("2 people and 1 group of identity provider")
            .await;
        browser.assert_renders_cleanly().await;
        browser.assert_accessible().await;
        browser.click("Take over").await;
        browser.wait_for_text("Nothing is left to do").await;
        let read = scene.at_tenant(&format!("/users/{ada}")).await.expect(200);
        read.is(json!({"owner": new}));

        browser.go(&format!("/console/connections/{new}")).await;
        browser.click("Confirm identifiers…").await;
        browser
            .wait_for_text("The user names and external IDs of")
            .await;
        browser
            .go(&format!("/console/connections/{new}/remedies/bind-anew"))
            .await;
        browser.choose("How long", "3 days").await;
        browser.click("Open the window").await;
        browser.wait_for_text("A rebind window is open until").await;
        browser.click("Open a rebind window…").await;
        browser.click("Close the window").await;
        browser.wait_for_text("Rebind window closed").await;

        let old = scene.tenant.connection_id();
        browser
            .go(&format!("/console/connections/{old}/remedies/replace"))
            .await;
        browser
            .wait_for_text("may take over 2 people and 1 group of Okta production")
            .await;
        browser.click("Replace the connection").await;
        browser
            .wait_for_text("takes over each person and group of the other one")
            .await;

        // What becomes of its people is asked before a connection is deleted.
        browser.click("Delete this connection…").await;
        browser.choose("Its people", "go to Okta production").await;
        browser.click("Delete the connection").await;
        browser.wait_for_path("/console/connections").await;

        browser.click("Settings").await;
        let pushed_only = "May not sign in: your identity provider sends them first";
        browser
            .choose("People whom no identity provider has sent", pushed_only)
            .await;
        browser
            .choose(
                "A deleted person who is sent again",
                "Comes back with the same ID and groups",
            )
            .await;
        browser.fill("Session length in minutes", "60").await;
        browser.click("Save settings").await;
        browser.wait_for_text("Settings saved").await;
        let saved = scene.at_tenant("/settings").await.expect(200);
        saved.is(json!({
            "sign_up": "pushed_only", "deleted_people": "restore", "match_email": false,
            "session_minutes": 60,
        }));

        let journal = service.journal(&scene.tenant).await;
        let count = |kind: &str| journal.iter().filter(|entry| entry["type"] == kind).count();
        assert_eq!(count("connection.rules_changed"), 4);
        assert_eq!(
            (count("user.taken_over"), count("group.taken_over")),
            (2, 1)
        );
        assert_eq!(count("tenant.settings_changed"), 1);
    });
}

/// Sends a form and expects it on the page again, with what was typed and why it was refused.
async fn refused(
    visitor: &Visitor,
    path: &str,
    fields: &[(&str, &str)],
    status: u16,
    said: &str,
) -> ConsoleResponse {
    let form_token = visitor.form_token();
    let mut form = vec![("form_token", &*form_token)];
    form.extend(fields);
    let seen = visitor.post(path, &form, &[]).await.expect(status);
    assert!(
        seen.html.contains(r#"id="refusal""#),
        "{path}: {}",
        seen.html
    );
    assert!(seen.html.contains(said), "{path}: {said}: {}", seen.html);
    seen
}

#[test]
fn what_only_owners_change_is_refused_to_admins_and_not_offered() {
    run(async |service| {
        let scene = Scene::create(service, "console-owners").await;
        let old = scene.tenant.connection_id();
        let new = connect(&scene, "new").await;
        let admin = Visitor::with_link(service, &scene.tenant, Role::Admin).await;
        let page = format!("/console/connections/{new}");
        let shown = admin.get(&page).await.expect(200).html;
        for absent in [
            "/rules\"",
            "remedies/replace",
            "remedies/bind-anew",
            "Save rules",
        ] {
            assert!(!shown.contains(absent), "{absent}: {shown}");
        }
        let rules = [("alias", "x"), ("external_id", "auto"), ("replaces", old)];
        let only = "nly an owner";
        refused(&admin, &format!("{page}/rules"), &rules, 403, only).await;
        for (remedy, field) in [
            ("replace", ("from", old)),
            ("take-over", ("from", old)),
            ("bind-anew", ("days", "7")),
        ] {
            let path = format!("{page}/remedies/{remedy}");
            refused(&admin, &path, &[field], 403, only).await;
        }
        // An admin takes over from a connection that is gone.
        let path = format!("{page}/remedies/take-over");
        assert!(!admin.get(&path).await.expect(200).html.contains(old));
        scene.push(json!({"userName": "ada"})).await;
        let credentials = scene.tenant.directory().credentials();
        credentials.delete_connection(old).await.unwrap();
        let shown = admin.get(&path).await.expect(200).html;
        assert!(shown.contains("1 person and 0 groups"), "{shown}");
        let form_token = admin.form_token();
        let form = [("form_token", &*form_token), ("from", old)];
        let done = admin.post(&path, &form, &[]).await.expect(303);
        let left = admin.get(done.header("location")).await.expect(200).html;
        assert!(left.contains("Nothing is left to do"), "{left}");

        let shown = admin.get("/console/settings").await.expect(200).html;
        assert!(!shown.contains(r#"name="sign_up""#), "{shown}");
        let mut settings = crate::console_access::SETTINGS.to_vec();
        settings.push(("sign_up", "pushed_only"));
        refused(&admin, "/console/settings", &settings, 403, only).await;
    });
}

/// The revision that the form of a connection's rules starts from.
async fn rules_revision(scene: &Scene, connection: &str) -> String {
    let credentials = scene.tenant.directory().credentials();
    let connection = credentials.connection(connection).await;
    connection.unwrap().rules_revision()
}

#[test]
fn a_form_keeps_what_was_typed() {
    run(async |service| {
        let scene = Scene::create(service, "console-typed").await;
        let (old, new) = (scene.tenant.connection_id(), connect(&scene, "new").await);
        let owner = Visitor::with_link(service, &scene.tenant, Role::Owner).await;
        let form_token = owner.form_token();
        let revision = rules_revision(&scene, old).await;
        let alias = [
            ("form_token", &*form_token),
            ("revision", &*revision),
            ("alias", "okta"),
            ("external_id", "auto"),
        ];
        let path = format!("/console/connections/{old}/rules");
        owner.post(&path, &alias, &[]).await.expect(303);

        let page = format!("/console/connections/{new}");
        let revision = rules_revision(&scene, &new).await;
        let rules = [
            ("revision", &*revision),
            ("alias", "okta"),
            ("external_id", "unrelated"),
            ("replaces", old),
        ];
        let path = format!("{page}/rules");
        let seen = refused(
            &owner,
            &path,
            &rules,
            409,
            "nother connection has this alias",
        )
        .await;
        for kept in [
            r#"value="okta""#,
            r#"value="unrelated" selected"#,
            "checked",
        ] {
            assert!(seen.html.contains(kept), "{kept}: {}", seen.html);
        }
        refused(
            &owner,
            &path,
            &[
                ("revision", &*revision),
                ("alias", "x"),
                ("replaces", "no id"),
            ],
            400,
            "replaces",
        )
        .await;
        let named = [("name", " "), ("provider", "okta")];
        refused(&owner, &page, &named, 400, "printable characters").await;
        let path = format!("{page}/remedies/bind-anew");
        refused(&owner, &path, &[("days", "30")], 400, "1, 3, 7 or 14").await;
        let path = format!("{page}/delete");
        refused(&owner, &path, &[("people", &new)], 400, "").await;

        for (name, value, said) in [
            ("session_minutes", "4", "from 5 to 43,200, or left blank"),
            (
                "session_idle_minutes",
                "soon",
                "from 5 to 43,200, or left blank",
            ),
            ("burst", "", "from 0 to 100,000"),
        ] {
            let mut settings = crate::console_access::SETTINGS.to_vec();
            settings.retain(|(field, _)| *field != name && *field != "retention_days");
            settings.extend([(name, value), ("retention_days", "77")]);
            let seen = refused(&owner, "/console/settings", &settings, 400, said).await;
            for kept in [r#"value="77""#, &format!(r#"value="{value}""#)] {
                assert!(seen.html.contains(kept), "{kept}: {}", seen.html);
            }
        }
        // Another admin saved something else meanwhile: both values are told, and a second try saves.
        let revision = async || {
            let settings = scene.tenant.directory().settings();
            let stored = settings.read_with_revision().await;
            stored.map_or(0, |(_, revision)| revision).to_string()
        };
        let shown = revision().await;
        let mut settings = crate::console_access::SETTINGS.to_vec();
        settings.retain(|(name, _)| *name != "revision");
        settings.extend([("revision", &*shown), ("form_token", &*form_token)]);
        owner
            .post("/console/settings", &settings, &[])
            .await
            .expect(303);
        settings.retain(|(name, _)| !["retention_days", "form_token"].contains(name));
        settings.push(("retention_days", "77"));
        let seen = refused(
            &owner,
            "/console/settings",
            &settings,
            409,
            "is “400” there and “77” here",
        )
        .await;
        let later = format!(r#"name="revision" value="{}""#, revision().await);
        assert!(seen.html.contains(&later), "{}", seen.html);
    });
}
