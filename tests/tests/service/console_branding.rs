//! The console of a product with a colour of its own, bright or dark: everything can be read in both colour schemes.

use rollcall_tests::browser::{DESKTOP, browse};
use rollcall_tests::service::{Service, Tenant};
use rollcall_tests::visitor::link;
use serde_json::json;

use crate::branding::LOGO;

/// Lemon, and a brown that is nearly black.
const COLOURS: [(&str, &str); 2] = [("bright", "#fff200"), ("dark", "#1a0d05")];

async fn branded(service: &Service, name: &str, accent: &str) -> (Tenant, Vec<String>) {
    let tenant = service.tenant(name).await;
    let idp = tenant.idp();
    let ada = idp.user("ada@example.test").await;
    let group = idp.group("Engineers", &[&ada]).await;
    let branding = json!({"product_name": "Plumbline", "accent": accent, "logo": LOGO,
                          "support_url": "https://help.plumbline.example/",
                          "support_email": "help@plumbline.example",
                          "return_url": "https://app.plumbline.example/"});
    let path = format!("/tenants/{}/branding", tenant.id());
    let application = service.application();
    application.put(&path, branding).await.expect(200);
    let pages = vec![
        "/console".to_owned(),
        "/console/groups".to_owned(),
        format!("/console/groups/{group}?role=admin"),
        format!("/console/people/{ada}"),
        "/console/tokens".to_owned(),
        "/console/settings".to_owned(),
    ];
    (tenant, pages)
}

#[test]
fn a_bright_and_a_dark_brand_can_be_read_on_every_ground() {
    browse(async |service, browser| {
        for (name, accent) in COLOURS {
            let (tenant, pages) = branded(service, name, accent).await;
            let opens = link(service, &tenant, rollcall_directory::Role::Owner).await;
            let console = service.idp_without_token();
            let console = console.base().trim_end_matches("/scim/v2").to_owned();
            browser
                .go(&format!("{console}/console/open?link={opens}"))
                .await;
            browser.wait_for_text("Plumbline support").await;
            browser.check_page(&format!("brand-{name}-open")).await;
            browser.click("Open the console").await;
            browser.wait_for_path("/console").await;
            for (number, path) in pages.iter().enumerate() {
                browser.set_screen(DESKTOP, false).await;
                browser.go(path).await;
                browser.wait_for("h1").await;
                browser.expand_details().await;
                browser.check_page(&format!("brand-{name}-{number}")).await;
            }
            browser.set_screen(DESKTOP, false).await;
            browser.go("/console").await;
            browser.wait_for_text("Back to Plumbline").await;
            // The logo is shown, and the colours are those of the sheet.
            let seen = "const style = getComputedStyle(document.documentElement);
                return [document.querySelector('.side img.logo').naturalWidth, style.getPropertyValue('--brand').trim()];";
            let seen = browser.eval(seen, &[]).await;
            assert_eq!(seen, json!([32, accent]));
            browser.go("/console/people/nobody").await;
            browser.wait_for_text("Back to Plumbline").await;
            // That the page is not there.
            browser.browser_warnings().await;
            browser.check_page(&format!("brand-{name}-error")).await;
            browser.set_screen(DESKTOP, false).await;
            browser.go("/console").await;
            browser.click("Sign out").await;
            browser.wait_for_text("You are signed out").await;
            // That the page needs a session.
            browser.browser_warnings().await;
        }
    });
}
