//! Connect: first the provider, then the setup guide with each value in its step, and then how the connection is.

use rollcall_directory::{Provider, Role};
use rollcall_tests::browser::{DESKTOP, PHONE, browse};
use rollcall_tests::service::run;
use rollcall_tests::visitor::{ConsoleResponse, Visitor};
use serde_json::json;

const NEW: &str = "/console/connections/new";

/// What the guide of a provider must say.
const SAID: [(&str, &[&str]); 9] = [
    (
        "okta",
        &[
            "SAML",
            "OIDC",
            "Test Connector Configuration",
            "Push Groups",
        ],
    ),
    (
        "entra",
        &[
            "New configuration",
            "Test connection",
            "Create",
            "Attribute mapping",
            "Properties",
            "Start provisioning",
            "mailNickname",
        ],
    ),
    ("jumpcloud", &["Test Connection", "Activate", "Save"]),
    ("onelogin", &["Enable", "Include in User Provisioning"]),
    ("ping", &["Group membership handling", "Overwrite", "Merge"]),
    ("cyberark", &["Verify"]),
    (
        "rippling",
        &[
            "Create New Custom Integration",
            "Bearer Token",
            "Supports Groups",
            "Supports Pagination",
            "Create &amp; Delete Groups",
            "Use PATCH to edit Groups",
        ],
    ),
    ("google", &["cannot do everything", "catalog"]),
    ("other", &["userName"]),
];

/// Sends the form for a new connection of this provider as the page has it, and returns the path of the connection.
async fn create(visitor: &Visitor, provider: &str) -> String {
    let page = visitor
        .get(&format!("{NEW}?provider={provider}"))
        .await
        .expect(200);
    let name = value_of(&page, "name");
    let mut form = page.hidden_fields("/console/connections");
    form.push(("name".to_owned(), format!("{name} of {provider}")));
    let form: Vec<_> = form
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    let made = visitor
        .post("/console/connections", &form, &[])
        .await
        .expect(303);
    let to = made.header("location");
    to.split('?').next().unwrap_or_default().to_owned()
}

/// Returns the value of the field with this id.
fn value_of(page: &ConsoleResponse, id: &str) -> String {
    let (_, field) = page
        .html
        .split_once(&format!(r#"id="{id}""#))
        .unwrap_or_default();
    let (_, value) = field.split_once(r#"value=""#).unwrap_or_default();
    value.split('"').next().unwrap_or_default().to_owned()
}

#[test]
fn the_provider_comes_first_and_the_name_follows() {
    run(async |service| {
        let tenant = service.tenant("choose").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let page = visitor.get(NEW).await.expect(200);
        let cards = page.html.matches(r#"class="option""#).count();
        assert_eq!(cards, Provider::all().count());
        assert!(!page.html.contains("Create connection"), "{}", page.html);
        for (provider, name) in [("okta", "Okta"), ("entra", "Entra ID"), ("other", "")] {
            let page = visitor
                .get(&format!("{NEW}?provider={provider}"))
                .await
                .expect(200);
            assert_eq!(value_of(&page, "name"), name);
            assert_eq!(page.html.matches("aria-current=\"true\"").count(), 1);
        }
        let credentials = tenant.directory().credentials();
        let made = credentials.create_connection("okta", Provider::Okta).await;
        assert!(made.is_ok());
        let page = visitor
            .get(&format!("{NEW}?provider=okta"))
            .await
            .expect(200);
        assert_eq!(value_of(&page, "name"), "Okta 2");

        // What cannot work is said before there is a connection, let alone a token.
        let page = visitor
            .get(&format!("{NEW}?provider=google"))
            .await
            .expect(200);
        for said in [
            "cannot do everything",
            "sends no groups",
            "support.google.com",
        ] {
            assert!(page.html.contains(said), "{}", page.html);
        }
        let member = Visitor::with_link(service, &tenant, Role::Member).await;
        member.get(NEW).await.expect(403);
    });
}

#[test]
fn each_guide_has_the_values_in_its_steps_and_says_what_it_was_written_from() {
    run(async |service| {
        let tenant = service.tenant("guides").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        for (provider, said) in SAID {
            let path = create(&visitor, provider).await;
            let page = visitor.get(&path).await.expect(200);
            for text in said {
                assert!(
                    page.html.contains(text),
                    "{provider} does not say {text}: {}",
                    page.html
                );
            }
            assert!(
                !page.html.contains("<strong>Automatic</strong>"),
                "{provider}"
            );
            assert!(page.html.contains("Read on 30 November 2026"), "{provider}");
            assert!(
                page.html.contains(r#"rel="external noreferrer""#),
                "{provider}"
            );
            assert_eq!(
                value_of(&page, "base-url"),
                format!("{}/scim/v2", visitor.origin)
            );

            // The token is created in the step that needs it, and shown there once.
            let entered = |page: &ConsoleResponse| {
                let steps = page.html.split("<details class=\"step\"");
                let step = steps
                    .into_iter()
                    .find(|step| step.contains(r#"id="base-url""#));
                step.unwrap_or_default().to_owned()
            };
            assert!(entered(&page).contains("Create token"), "{provider}");
            // Its name, which is stored, is the same in every language.
            let month = jiff::Timestamp::now().strftime("%Y-%m").to_string();
            let suggested = format!(" {month}\"></p></details>");
            assert!(entered(&page).contains(&suggested), "{provider}");
            let mut form = page.hidden_fields("/console/tokens");
            form.push(("label".to_owned(), "first".to_owned()));
            let form: Vec<_> = form
                .iter()
                .map(|(name, value)| (&**name, &**value))
                .collect();
            let issued = visitor.post("/console/tokens", &form, &[]).await;
            let issued = visitor.follow(&issued.expect(303)).await.expect(200);
            let step = entered(&issued);
            assert!(step.contains(r#"id="token""#), "{provider}: {step}");
            assert!(
                step.split('>')
                    .next()
                    .is_some_and(|tag| tag.contains(" open")),
                "{provider}: {step}"
            );
            let secret = value_of(&issued, "token");
            let idp = service.idp_without_token().with_token(Some(&secret));
            idp.get("/Users").await.expect(200);
            let later = visitor.get(&path).await.expect(200);
            assert!(!later.html.contains(&secret), "{provider}");
        }
    });
}

#[test]
fn the_page_becomes_the_status_when_people_have_arrived() {
    run(async |service| {
        let tenant = service.tenant("arrived").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let path = format!("/console/connections/{}", tenant.connection_id());
        let page = visitor.get(&path).await.expect(200).html;
        assert!(
            page.contains("Setting up") && page.contains("Create token"),
            "{page}"
        );
        assert!(
            page.contains("Opens when the first group arrives"),
            "{page}"
        );
        let idp = tenant.idp();
        let ada = idp.user("ada").await;
        idp.group("Engineers", &[&ada]).await;
        idp.group("Sales", &[]).await;
        idp.get("/Users?filter=nonsense").await.expect(400);
        let page = visitor.get(&path).await.expect(200).html;
        for said in [
            "Last request failed",
            "Requests, last 7 days",
            ">4<",
            "1 failed",
            "Tokens in use",
            "Map 2 groups →",
            "Setup guide",
        ] {
            assert!(page.contains(said), "{said}: {page}");
        }
        assert!(!page.contains("Create token"), "{page}");
        idp.get("/Users").await.expect(200);
        let page = visitor.get(&path).await.expect(200).html;
        assert!(page.contains("Working"), "{page}");
        let guide = visitor.get(&format!("{path}/setup")).await.expect(200).html;
        assert!(
            guide.contains("Create token") && guide.contains("base-url"),
            "{guide}"
        );

        // Who may not create tokens or see people sees neither.
        let member = Visitor::with_link(service, &tenant, Role::Member).await;
        let page = member.get(&path).await.expect(200).html;
        assert!(
            !page.contains("Tokens in use") && !page.contains("Map 2 groups"),
            "{page}"
        );
    });
}

#[test]
fn the_whole_flow_on_a_phone() {
    browse(async |service, browser| {
        let tenant = service.tenant("phone-flow").await;
        browser.open_console(service, &tenant, "owner").await;
        for (screen, is_dark, provider) in [
            (PHONE, false, "Microsoft Entra ID"),
            (PHONE, true, "PingOne"),
            (DESKTOP, false, "Rippling"),
        ] {
            browser.set_screen(screen, is_dark).await;
            browser.go(NEW).await;
            browser.assert_renders_cleanly().await;
            browser.assert_accessible().await;
            browser.click(provider).await;
            browser.assert_renders_cleanly().await;
            browser.assert_accessible().await;
            browser
                .save_screenshot("choose-provider", screen, is_dark)
                .await;
            browser.fill("Name", &format!("{provider} {is_dark}")).await;
            browser.click("Create connection").await;
            browser.wait_for_text("Connection created").await;
            browser.assert_renders_cleanly().await;
            browser.assert_accessible().await;
            browser
                .save_screenshot("setup-begins", screen, is_dark)
                .await;
            browser.click("Create token").await;
            browser.wait_for("#token").await;
            browser.assert_renders_cleanly().await;
            browser.assert_accessible().await;
            browser
                .save_screenshot("setup-token", screen, is_dark)
                .await;
            let token = browser.value("token").await;
            let idp = service.idp_without_token().with_token(Some(&token));
            let body = json!({"schemas": [rollcall_tests::urn::USER], "userName": format!("{provider}{is_dark}")});
            idp.post("/Users", body).await.expect(201);
            browser.wait_for_completed_steps(2).await;
            browser.expand_details().await;
            browser.assert_renders_cleanly().await;
        }
    });
}
