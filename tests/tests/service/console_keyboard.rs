//! The main tasks in the console, by keyboard alone and without scripts.

use rollcall_tests::browser::{Key, browse};
use serde_json::json;

#[test]
fn the_main_tasks_need_no_mouse() {
    browse(async |service, browser| {
        let tenant = service.tenant("keyboard").await;
        let idp = tenant.idp();
        let ada = idp.user("ada@example.test").await;
        idp.group("Engineers", &[&ada]).await;
        browser.open_console(service, &tenant, "owner").await;

        // The first Tab stop skips the navigation.
        browser.press(Key::Tab).await;
        browser.press(Key::Enter).await;
        browser.tab_to("Give groups a role").await;
        browser.tab_to("Connect").await;
        browser.press(Key::Enter).await;
        browser.tab_to("New connection").await;
        browser.press(Key::Enter).await;
        browser.wait_for_text("Which provider do you use?").await;
        browser.tab_to("Okta").await;
        browser.press(Key::Enter).await;
        browser.tab_to("Name").await;
        browser.type_keys(" by hand").await;
        browser.tab_to("Create connection").await;
        browser.press(Key::Enter).await;
        browser.wait_for_text("Connection created").await;
        browser.tab_to("Create token").await;
        browser.press(Key::Space).await;
        browser.wait_for("#token").await;

        browser.tab_to("Groups and roles").await;
        browser.press(Key::Enter).await;
        browser.wait_for("[data-group]").await;
        browser.tab_to("Role of Engineers").await;
        browser.type_keys("Admin").await;
        browser.wait_for_text("1 person gains Admin").await;
        browser.tab_to("Save 1 change").await;
        browser.press(Key::Enter).await;
        browser.wait_for_text("Roles saved").await;

        browser.tab_to("Tokens").await;
        browser.press(Key::Enter).await;
        browser.wait_for("[data-token]").await;
        let tokens = tenant
            .directory()
            .credentials()
            .tokens()
            .await
            .unwrap_or_default();
        let first = tokens.iter().find(|token| token.label == "first");
        let prefix = first.map_or("", |token| &token.prefix);
        browser.tab_to(&format!("Revoke first ({prefix}…)…")).await;
        browser.press(Key::Enter).await;
        browser.tab_to("Revoke token").await;
        browser.press(Key::Enter).await;
        browser.wait_for_text("Token revoked").await;
        idp.get("/Users").await.expect(401);

        // The admin sees why a person has a role, and ends their sessions.
        let application = service.application();
        let login = application.log_in(tenant.id(), "ada@example.test", None);
        let session = login.await.expect(200).string("/session/token");
        browser.tab_to("People").await;
        browser.press(Key::Enter).await;
        browser.wait_for("[data-person]").await;
        browser.tab_to("Search people").await;
        browser.type_keys("ada@").await;
        browser.press(Key::Enter).await;
        browser.wait_for_text("ada@example.test").await;
        browser.tab_to("ada@example.test").await;
        browser.press(Key::Enter).await;
        browser
            .wait_for_text("member of a group that is mapped")
            .await;
        browser.tab_to("End all sessions…").await;
        browser.press(Key::Enter).await;
        browser.tab_to("End all sessions").await;
        browser.press(Key::Enter).await;
        browser.wait_for_text("Sessions ended").await;
        assert_eq!(application.introspect(&session).await.body["active"], false);
        let (_, token) = tenant.issue("second", None).await;
        let gone = json!([{"op": "replace", "path": "active", "value": false}]);
        let idp = idp.with_token(Some(&token));
        idp.patch(&format!("/Users/{ada}"), gone).await.expect(200);
        browser.tab_to("People").await;
        browser.press(Key::Enter).await;
        browser.wait_for_text("Inactive").await;
        browser.tab_to("ada@example.test").await;
        browser.press(Key::Enter).await;
        browser.wait_for_text("user.deactivated").await;
        browser.assert_renders_cleanly().await;
        browser.tab_to("Sign out").await;
        browser.press(Key::Enter).await;
        browser.wait_for_text("You are signed out").await;
    });
}

#[test]
fn the_main_tasks_need_no_scripts() {
    browse(async |service, browser| {
        let tenant = service.tenant("no-script").await;
        let idp = tenant.idp();
        let ada = idp.user("ada@example.test").await;
        idp.group("Engineers", &[&ada]).await;
        browser.disable_scripts().await;
        browser.open_console(service, &tenant, "owner").await;
        browser.click("Connect").await;
        browser.click("New connection").await;
        browser.click("Okta").await;
        browser.fill("Name", "Plain").await;
        browser.click("Create connection").await;
        browser.click("Create token").await;
        browser.wait_for("#token").await;
        browser.click("Groups and roles").await;
        browser.choose("Role of Engineers", "Admin").await;
        browser.click("Preview").await;
        browser.wait_for_text("1 person gains Admin").await;
        browser.wait_for_text("Was No role, not saved").await;
        browser.click("Save 1 change").await;
        browser.wait_for_text("Roles saved").await;
    });
}
