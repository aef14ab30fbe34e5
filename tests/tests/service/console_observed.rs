//! A connection that is only observed, in the console: from the form that creates it until it is real.

use rollcall_directory::Role;
use rollcall_tests::browser::browse;
use rollcall_tests::observed::{Observed, fast};
use rollcall_tests::service::{Service, run};
use rollcall_tests::visitor::Visitor;
use serde_json::json;
use uuid::Uuid;

#[test]
fn the_console_shows_what_would_change_and_makes_it_real() {
    run(async |service| {
        let it = Observed::create(service, "observe-console", fast()).await;
        it.push("Ada Lovelace").await.expect(201);
        let owner = Visitor::with_link(service, &it.scene.tenant, Role::Owner).await;
        let page = format!("/console/connections/{}", it.connection);
        let shown = owner.get(&page).await.expect(200);
        assert!(shown.html.contains("Only observed"), "{}", shown.html);
        let page = format!("{page}/observed");
        // The first page says so too, and leads there.
        let first = owner.get("/console").await.expect(200).html;
        assert!(first.contains("is only observed"), "{first}");
        assert!(first.contains(&format!("href=\"{page}\"")), "{first}");
        assert!(!first.contains("Nothing needs your attention"), "{first}");
        let shown = owner.get(&page).await.expect(200);
        assert!(
            shown.html.contains("Ada Lovelace") && shown.html.contains("1 new"),
            "{}",
            shown.html
        );
        let admin = Visitor::with_link(service, &it.scene.tenant, Role::Admin).await;
        let shown = admin.get(&page).await.expect(200);
        assert!(!shown.html.contains("make-real") && shown.html.contains("Only owners"));
        let token = owner.form_token();
        let form = [("then", "make-real"), ("form_token", token.as_str())];
        let done = owner.post(&page, &form, &[]).await;
        assert_eq!(done.status, 303);
        let told = owner.get(done.header("location")).await.expect(200);
        assert!(
            told.html.contains("The connection is in effect"),
            "{}",
            told.html
        );
        let read = it.scene.application.get(&it.path()).await.expect(200);
        assert_eq!(read.body["observing"], false);
    });
}

#[test]
fn an_admin_observes_a_connection_and_makes_it_real() {
    browse(async |_, browser| {
        // In a service of its own, what takes effect waits for no other test.
        let service = &Service::start().await;
        let tenant = service.tenant("observe-browser").await;
        let credentials = tenant.directory().credentials();
        let first = tenant.connection_id();
        credentials.delete_connection(first).await.unwrap();
        let application = service.application();
        let login = application.log_in(tenant.id(), "bob@example.test", None);
        login.await.expect(200);

        browser.open_console(service, &tenant, "owner").await;
        browser.click("Connect").await;
        browser.click("Okta").await;
        browser.wait_for_text("Observe first").await;
        browser.assert_accessible().await;
        let check = "document.getElementById('observe').click()";
        browser.eval(check, &[]).await;
        browser.click("Create connection").await;
        browser
            .wait_for_text("Only observed: nothing takes effect.")
            .await;
        browser.click("Create token").await;
        browser.wait_for("#token").await;
        let token = browser.value("token").await;

        // The identity provider sends somebody new, and says that somebody has left who is there.
        let idp = service.idp_without_token().with_token(Some(&token));
        let ada = idp.user("ada@example.test").await;
        let bob = idp.user("bob@example.test").await;
        let gone = json!([{"op": "replace", "path": "active", "value": false}]);
        idp.patch(&format!("/Users/{bob}"), gone).await.expect(200);
        idp.group("Engineers", &[&ada]).await;
        service.drained().await;
        let state = async |id: &str| {
            let path = format!("/tenants/{}/users/{id}", tenant.id());
            application.get(&path).await.expect(200).string("/state")
        };
        assert_eq!(state(&bob).await, "active");

        // The page says what would change.
        browser.click("Connect").await;
        browser.click("Okta").await;
        browser.click("What would change").await;
        browser.wait_for(&format!("[data-observed='{ada}']")).await;
        browser.wait_for(&format!("[data-observed='{bob}']")).await;
        let said = browser.text().await;
        assert!(
            said.contains("1 new, 1 already in the application")
                && said.contains("1 person loses access"),
            "{said}"
        );
        browser.assert_accessible().await;
        browser.click("Make it real…").await;
        browser.click("Make it real").await;
        browser.wait_for_text("The connection is in effect").await;
        service.drained().await;

        // The people are there, with what the identity provider said of them.
        assert_eq!(state(&bob).await, "inactive");
        browser.click("People").await;
        browser.wait_for_text("ada@example.test").await;
        browser.click("bob@example.test").await;
        browser.wait_for_text("Inactive").await;
        browser.go("/console/connections").await;
        browser.click("Okta").await;
        browser.wait_for_text("Tokens in use").await;
        assert!(!browser.text().await.contains("Only observed"));
        browser.assert_renders_cleanly().await;
    });
}

#[test]
fn only_an_owner_observes_a_new_connection_and_only_the_first_one() {
    run(async |service| {
        let tenant = service.tenant("observe-form").await;
        let credentials = tenant.directory().credentials();
        let owner = Visitor::with_link(service, &tenant, Role::Owner).await;
        let admin = Visitor::with_link(service, &tenant, Role::Admin).await;
        let page = "/console/connections/new?provider=okta";
        let offers = async |visitor: &Visitor| {
            let shown = visitor.get(page).await.expect(200);
            shown.html.contains("name=\"observe\"")
        };
        let send = async |visitor: &Visitor| {
            let token = visitor.get(page).await.expect(200).form_token();
            let id = Uuid::now_v7().to_string();
            let form = [
                ("name", "Okta"),
                ("provider", "okta"),
                ("observe", "yes"),
                ("form_id", id.as_str()),
                ("form_token", token.as_str()),
            ];
            visitor.post("/console/connections", &form, &[]).await
        };
        // There is another connection.
        assert!(!offers(&owner).await);
        assert_eq!(send(&owner).await.status, 409);
        let first = tenant.connection_id();
        credentials.delete_connection(first).await.unwrap();
        assert!(offers(&owner).await && !offers(&admin).await);
        assert_eq!(send(&admin).await.status, 403);
        assert_eq!(credentials.connections().await.unwrap(), []);
        let made = send(&owner).await.expect(303);
        let connections = credentials.connections().await.unwrap();
        assert!(connections.len() == 1 && connections[0].observing);
        let path = made.header("location").to_owned();
        let shown = owner.get(&path).await.expect(200);
        assert!(
            shown
                .html
                .contains("What only this connection has sent is deleted with it")
        );
    });
}
