//! The console shows the roles there are, maps a group to several, and gives a person several by hand.

use rollcall_directory::Role;
use rollcall_tests::browser::{Browser, browse};
use rollcall_tests::service::run;
use rollcall_tests::visitor::Visitor;
use serde_json::json;

/// Clicks the check box of a further role.
async fn check(browser: &Browser, role: &str) {
    let script = "document.querySelector(`label:has([name='also.${arguments[0]}'])`).click()";
    browser.eval(script, &[json!(role)]).await;
}

#[test]
fn a_group_and_a_person_get_several_roles() {
    browse(async |service, browser| {
        let tenant = service.tenant("several").await;
        let ada = tenant.idp().user("ada").await;
        let group = tenant.idp().group("Press", &[&ada]).await;
        browser.open_console(service, &tenant, "owner").await;
        browser.go("/console/groups").await;
        browser.click("See all roles").await;
        assert_eq!(browser.count("[data-role]").await, 4);
        browser.assert_accessible().await;

        browser.go(&format!("/console/groups/{group}")).await;
        browser.choose("Role of Press", "Admin").await;
        browser.wait_for_text("No role → Admin").await;
        check(browser, "viewer").await;
        browser.wait_for_text("No role → Admin, Viewer").await;
        browser.wait_for_text("1 person gains Admin, Viewer").await;
        browser.assert_accessible().await;
        browser.click("Save the role of Press").await;
        let path = format!("/tenants/{}", tenant.id());
        let application = service.application();
        browser
            .eventually("the mapping", async || {
                let mappings = format!("{path}/groups/role-mappings");
                let mapped = application.get(&mappings).await.expect(200);
                mapped.strings("/items/*/role_ids/*") == ["admin", "viewer"]
            })
            .await;
        browser.go(&format!("/console/groups/{group}")).await;
        assert_eq!(browser.value("role").await, "admin");
        assert_eq!(browser.count("[name='also.viewer']:checked").await, 1);
        assert_eq!(browser.count("[name^='also.']:checked").await, 1);

        browser.go(&format!("/console/people/{ada}")).await;
        browser.wait_for_text("Further roles: Viewer").await;
        browser.choose("Role given by hand", "Member").await;
        check(browser, "viewer").await;
        browser.click("Save").await;
        let given = application.get(&format!("{path}/users/{ada}/role")).await;
        let given = given.expect(200);
        assert_eq!(given.body["roles"], json!(["admin", "member", "viewer"]));
        assert_eq!(browser.value("role").await, "member");
        assert_eq!(browser.count("[name^='also.']:checked").await, 1);
    });
}

/// Without scripts, the form of the group previews what it would save.
#[test]
fn several_roles_are_previewed_without_scripts() {
    run(async |service| {
        let tenant = service.tenant("several-plain").await;
        let group = tenant.idp().group("Press", &[]).await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let page = format!("/console/groups/{group}");
        let chosen = format!("{page}?role=member&also.viewer=on");
        let shown = visitor.get(&chosen).await.expect(200);
        assert!(shown.html.contains("No role → Member, Viewer"));
        assert!(shown.html.contains(r#"name="role" value="member,viewer""#));
        let form_token = visitor.form_token();
        let save = |from: &'static str, role: &'static str| {
            let form = [("from", from), ("role", role), ("form_token", &*form_token)];
            let path = format!("{page}/role");
            let form = form.map(|(name, value)| (name, value.to_owned()));
            (path, form)
        };
        for (from, role, status) in [
            ("none", "member,viewer", 303),
            // Another admin has saved since this page was opened.
            ("none", "admin", 409),
            ("viewer", "admin", 409),
            ("member,viewer", "owner,viewer", 400),
            ("member,viewer", "nothing", 400),
            ("member,viewer", "viewer", 303),
        ] {
            let (path, form) = save(from, role);
            let form: Vec<(&str, &str)> = form.iter().map(|(name, it)| (*name, &**it)).collect();
            visitor.post(&path, &form, &[]).await.expect(status);
        }
        let path = format!("/tenants/{}/groups/role-mappings", tenant.id());
        let mapped = service.application().get(&path).await.expect(200);
        assert_eq!(mapped.strings("/items/*/role_ids/*"), ["viewer"]);
        // Who may not configure sees no roles page.
        let member = Visitor::with_link(service, &tenant, Role::Member).await;
        member.get("/console/roles").await.expect(403);
    });
}
