//! The main path without a mouse, and without scripts.

use rollcall_tests::browser::{Key, browse};

#[test]
fn the_main_path_needs_no_mouse() {
    browse(async |service, browser| {
        let tenant = service.tenant("keyboard").await;
        let idp = tenant.idp();
        let ada = idp.user("ada@example.test").await;
        idp.group("Engineers", &[&ada]).await;
        browser.open_console(service, &tenant, "owner").await;

        // the first stop leads past the navigation
        browser.press(Key::Tab).await;
        browser.press(Key::Enter).await;
        browser.tab_to("identity provider").await;

        browser.tab_to("Name").await;
        browser.type_keys("By hand").await;
        browser.tab_to("Identity provider").await;
        browser.type_keys("Okta").await;
        browser.tab_to("Add connection").await;
        browser.press(Key::Enter).await;
        browser.wait_for_text("The connection was made").await;
        browser.tab_to("Create a token").await;
        browser.press(Key::Space).await;
        browser.wait_for("#token").await;

        browser.tab_to("Groups and roles").await;
        browser.press(Key::Enter).await;
        browser.wait_for("[data-group]").await;
        browser.tab_to("Role of Engineers").await;
        browser.type_keys("Admin").await;
        browser.wait_for_text("1 person gains Admin").await;
        browser.tab_to("Save the role of Engineers").await;
        browser.press(Key::Enter).await;
        browser.wait_for_text("The mapping was saved").await;

        browser.tab_to("Tokens").await;
        browser.press(Key::Enter).await;
        browser.wait_for("[data-token]").await;
        let tokens = tenant.directory().tokens().await.unwrap_or_default();
        let first = tokens.iter().find(|token| token.label == "first");
        let prefix = first.map_or("", |token| &token.prefix);
        browser.tab_to(&format!("Revoke first ({prefix}…)…")).await;
        browser.press(Key::Enter).await;
        browser.tab_to("Revoke now").await;
        browser.press(Key::Enter).await;
        browser.wait_for_text("The token is revoked").await;
        idp.get("/Users").await.expect(401);
        browser.assert_sound().await;
    });
}

#[test]
fn the_main_path_needs_no_script() {
    browse(async |service, browser| {
        let tenant = service.tenant("no-script").await;
        let idp = tenant.idp();
        let ada = idp.user("ada@example.test").await;
        idp.group("Engineers", &[&ada]).await;
        browser.forbid_scripts().await;
        browser.open_link(service, &tenant, "owner").await;
        browser.click("Open the console").await;
        browser.wait_for_path("/console").await;
        browser.fill("Name", "Plain").await;
        browser.choose("Identity provider", "Okta").await;
        browser.click("Add connection").await;
        browser.click("Create a token").await;
        browser.wait_for("#token").await;
        browser.click("Groups and roles").await;
        browser.choose("Role of Engineers", "Admin").await;
        browser.click("Preview").await;
        browser.wait_for_text("1 person gains Admin").await;
        browser.click("Save the role of Engineers").await;
        browser.wait_for_text("The mapping was saved").await;
    });
}
