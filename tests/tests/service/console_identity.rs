//! What an admin does in the console about who somebody is: delete, restore, admit as new, block, merge.

use rollcall_directory::Role;
use rollcall_tests::browser::browse;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
use rollcall_tests::visitor::Visitor;
use serde_json::json;

#[test]
fn an_admin_deletes_restores_blocks_and_merges() {
    browse(async |service, browser| {
        let scene = Scene::create(service, "console-people").await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let ghost = json!({"user_name": "ghost", "subject": "s-ghost"});
        let account = scene.signed_in(ghost.clone()).await;
        let idp = scene.tenant.idp();
        let user = format!("/Users/{ada}");
        browser.open_console(service, &scene.tenant, "owner").await;

        // Deleted, and found again.
        browser.go(&format!("/console/people/{ada}")).await;
        browser.click("Delete person…").await;
        browser.click("Delete person").await;
        browser.wait_for_text("Person deleted").await;
        idp.get(&user).await.expect(404);
        browser.click("People").await;
        browser.click("Deleted people").await;
        browser.fill("User name", "ADA").await;
        browser.click("Search").await;
        browser.assert_renders_cleanly().await;
        browser.assert_accessible().await;
        browser.click("ada").await;
        browser.assert_renders_cleanly().await;
        browser.assert_accessible().await;
        browser.click("Restore person…").await;
        browser.click("Restore person").await;
        browser.wait_for_text("Person restored").await;
        idp.get(&user).await.expect(200);

        let merge = format!("/console/people/{account}/merge?text=ada&into={ada}");
        browser.go(&merge).await;
        browser.assert_renders_cleanly().await;
        browser.assert_accessible().await;

        // Blocked, and not any more; from here on without scripts.
        browser.disable_scripts().await;
        browser.go(&format!("/console/people/{ada}")).await;
        browser.click("Block person…").await;
        browser.click("Block person").await;
        browser.wait_for_text("Person blocked").await;
        browser.click("Unblock person…").await;
        browser.click("Unblock person").await;
        browser.wait_for_text("Person unblocked").await;

        // The account that only came from sign-in becomes ada's.
        browser.go(&format!("/console/people/{account}")).await;
        browser.click("Merge into another person…").await;
        browser.fill("Search for the other person", "ada").await;
        browser.click("Search").await;
        browser.click("ada").await;
        browser.wait_for_text("1 session ends").await;
        browser.wait_for_text("Its subjects move").await;
        browser.click("Close the account").await;
        browser.wait_for_text("Account closed").await;
        assert!(browser.path().await.ends_with(&ada));
        assert_eq!(scene.signed_in(ghost).await, ada);
        browser.go(&format!("/console/people/{account}")).await;
        browser.wait_for_text("Its name went to").await;

        let journal = service.journal(&scene.tenant).await;
        for kind in [
            "user.deleted",
            "user.restored",
            "user.blocked",
            "user.unblocked",
            "user.merged",
        ] {
            let mut of_kind = journal.iter().filter(|entry| entry["type"] == kind);
            let by_link = of_kind.any(|entry| entry["actor"]["type"] == "portal_link");
            assert!(by_link, "{kind}: {journal:#?}");
        }
    });
}

#[test]
fn others_are_admitted_in_place_of_a_deleted_person() {
    run(async |service| {
        let scene = Scene::create(service, "console-admit").await;
        let bob = scene.push(json!({"userName": "bob"})).await;
        let idp = scene.tenant.idp();
        idp.delete(&format!("/Users/{bob}")).await.expect(204);
        let login = json!({"user_name": "bob"});
        scene.keeps_out(login.clone()).await;
        let visitor = Visitor::with_link(service, &scene.tenant, Role::Admin).await;
        let health = visitor.get("/console/health").await.expect(200).html;
        assert!(health.contains(r#"class="remedy button""#), "{health}");
        let page = format!("/console/people/{bob}");
        let html = visitor.get(&page).await.expect(200).html;
        assert!(html.contains("<bdi>bob</bdi></h1>"), "{html}");
        let form_token = visitor.form_token();
        let form = [("form_token", &*form_token)];
        let admitted = visitor
            .post(&format!("{page}/admit-others"), &form, &[])
            .await;
        let to = admitted.expect(303).header("location").to_owned();
        let told = visitor.get(&to).await.expect(200).html;
        assert!(told.contains("The identifiers are released"), "{told}");
        assert_ne!(scene.signed_in(login).await, bob);
    });
}

#[test]
fn what_cannot_be_done_about_a_person_is_said_on_their_page() {
    run(async |service| {
        let scene = Scene::create(service, "console-refused").await;
        let olga = scene.push(json!({"userName": "olga"})).await;
        scene.give(&olga, Role::Owner).await;
        let bob = scene.push(json!({"userName": "bob"})).await;
        let idp = scene.tenant.idp();
        idp.delete(&format!("/Users/{bob}")).await.expect(204);
        let other = scene.push(json!({"userName": "bob"})).await;
        let account = scene.signed_in(json!({"user_name": "ghost"})).await;
        let admin = Visitor::with_link(service, &scene.tenant, Role::Admin).await;
        let form_token = admin.form_token();
        let into = |id: &str| vec![("into".to_owned(), id.to_owned())];
        for (path, fields, status, said) in [
            (format!("{olga}/block"), vec![], 403, "ranks above"),
            (format!("{olga}/delete"), vec![], 403, "ranks above"),
            (
                format!("{bob}/restore"),
                vec![],
                409,
                "someone else has this user name",
            ),
            (format!("{other}/restore"), vec![], 409, "no longer deleted"),
            (
                format!("{bob}/admit-as-new"),
                vec![],
                409,
                "was deleted in the meantime",
            ),
            (format!("{other}/merge"), into(&olga), 403, ""),
            (
                format!("{other}/merge"),
                into(&account),
                400,
                "came from sign-in",
            ),
            (
                format!("{account}/merge"),
                into(&account),
                400,
                "came from sign-in",
            ),
            (format!("{account}/merge"), into(&bob), 404, ""),
            (format!("{account}/nothing"), vec![], 404, ""),
            ("nobody/block".to_owned(), vec![], 404, ""),
        ] {
            let mut form: Vec<(&str, &str)> = vec![("form_token", &form_token)];
            form.extend(fields.iter().map(|(name, value)| (&**name, &**value)));
            let seen = admin
                .post(&format!("/console/people/{path}"), &form, &[])
                .await;
            let html = seen.expect(status).html;
            let (_, alert) = html.split_once(r#"role="alert">"#).unwrap_or_default();
            let alert = alert
                .split("</p>")
                .next()
                .unwrap_or_default()
                .to_lowercase();
            assert!(!alert.is_empty() && alert.contains(said), "{path}: {alert}");
            // The page is that of the person, and not an error page.
            assert_eq!(
                html.contains(r#"id="refusal""#),
                status != 404,
                "{path}: {html}"
            );
        }
        let page = admin
            .get(&format!("/console/people/{olga}"))
            .await
            .expect(200)
            .html;
        assert!(
            !page.contains("Delete person") && !page.contains("Block person"),
            "{page}"
        );
        let deleted = admin.get("/console/people/deleted").await.expect(200).html;
        assert!(
            deleted.contains(&bob) && !deleted.contains(&other),
            "{deleted}"
        );
    });
}
