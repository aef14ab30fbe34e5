//! The brake in the console, and the mail about it.

use rollcall_directory::{BrakeLimit, ConnectionRules, Role, Settings, SettingsChange};
use rollcall_local::Options;
use rollcall_tests::event_fixture::EventFixture;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use rollcall_tests::visitor::{ConsoleResponse, Visitor};
use serde_json::json;

use crate::brake::{deactivate_all, held, holding, is_in};

async fn submit(visitor: &Visitor, path: &str, form: &[(&str, &str)]) -> ConsoleResponse {
    let token = visitor.form_token();
    let mut form = form.to_vec();
    form.push(("form_token", &token));
    visitor.post(path, &form, &[]).await
}

#[test]
fn the_console_lists_what_is_held_with_its_people() {
    run(async |service| {
        let (scene, people) = holding(service, "brake-console", 25).await;
        deactivate_all(&scene, &people[..22]).await;
        let admin = Visitor::with_link(service, &scene.tenant, Role::Admin).await;
        let page = format!("/console/connections/{}", scene.tenant.connection_id());
        let shown = admin.get(&page).await.expect(200);
        assert!(shown.html.contains(&format!("{page}/held")));
        let list = admin.get(&format!("{page}/held")).await.expect(200);
        assert!(list.html.contains("p0020") && list.html.contains("p0021"));
        assert!(!list.html.contains("p0019"));
        // Nothing is taken away by one click in the list: what is at stake is said before.
        let (before, _) = list.html.split_once(r#"value="apply""#).unwrap();
        let (_, asked) = before
            .rsplit_once(r#"<details class="ask danger">"#)
            .unwrap();
        assert!(!asked.contains("</details>"), "{}", list.html);
        assert!(asked.contains("2 people are deactivated"), "{asked}");
        let name = r#"aria-label="Select p0020: Deactivated""#;
        assert!(list.html.contains(name), "{}", list.html);
        let person = admin
            .get(&format!("/console/people/{}", people[20]))
            .await
            .expect(200);
        assert!(person.html.contains("but not in effect"), "{}", person.html);
        let health = admin.get("/console/health").await.expect(200);
        assert!(
            health.html.contains(&format!("{page}/held")),
            "{}",
            health.html
        );

        let pick = format!("u#{}", people[20]);
        let chosen = [("then", "discard"), ("pick", pick.as_str())];
        let done = submit(&admin, &format!("{page}/held"), &chosen).await;
        assert_eq!(done.status, 303);
        let told = admin.get(done.header("location")).await.expect(200);
        assert!(told.html.contains("1 change discarded."), "{}", told.html);
        assert!(is_in(&scene, &people[20]).await);
        assert_eq!(held(&scene).await.len(), 1);
        let done = submit(&admin, &format!("{page}/held"), &[("then", "apply-all")]).await;
        assert_eq!(done.status, 303);
        assert!(held(&scene).await.is_empty() && !is_in(&scene, &people[21]).await);
        let none = submit(&admin, &format!("{page}/held"), &[("then", "apply")]).await;
        assert_eq!(none.status, 400);

        // An owner sets the limit of the connection, and of the tenant.
        let owner = Visitor::with_link(service, &scene.tenant, Role::Owner).await;
        let connection = scene.tenant.connection_id();
        let credentials = scene.tenant.directory().credentials();
        let connection = credentials.connection(connection).await.unwrap();
        let revision = connection.rules_revision();
        let rules = |percent| {
            [
                ("revision", &*revision),
                ("alias", ""),
                ("external_id", "auto"),
                ("brake", "hold"),
                ("brake_percent", percent),
                ("brake_at_least", "7"),
            ]
        };
        let saved = submit(&owner, &format!("{page}/rules"), &rules("5")).await;
        assert_eq!(saved.status, 303);
        let own = scene
            .at_tenant(&format!("/connections/{}", scene.tenant.connection_id()))
            .await;
        own.expect(200)
            .is(json!({"brake": "hold", "brake_limit": {"percent": 5, "at_least": 7}}));
        let refused = submit(&owner, &format!("{page}/rules"), &rules("many")).await;
        assert_eq!(refused.status, 400);
    });
}

#[test]
fn what_is_selected_on_a_later_page_is_decided_and_the_rest_is_told() {
    run(async |service| {
        let (scene, people) = holding(service, "brake-pages", 245).await;
        let credentials = scene.tenant.directory().credentials();
        let rules = ConnectionRules {
            brake: Some(Some(BrakeLimit {
                percent: 0,
                at_least: 1,
            })),
            ..ConnectionRules::default()
        };
        let id = scene.tenant.connection_id();
        credentials.change_rules(id, &rules).await.unwrap();
        deactivate_all(&scene, &people).await;
        let admin = Visitor::with_link(service, &scene.tenant, Role::Admin).await;
        let path = format!("/console/connections/{id}/held");
        // The last page of the list begins behind what one call looks at.
        let mut order: Vec<&String> = people[1..].iter().collect();
        order.sort_unstable();
        let after = format!("u#{}", order[219]);
        let pick = format!("u#{}", order[230]);
        let page = format!("{path}?after={}", after.replace('#', "%23"));
        let page = admin.get(&page).await.expect(200);
        let hidden = format!(r#"name="after" value="{after}""#);
        assert_eq!(page.html.matches(&hidden).count(), 2, "{}", page.html);
        assert!(page.html.contains(&format!(r#"value="{pick}""#)));
        let chosen = [
            ("then", "apply"),
            ("pick", pick.as_str()),
            ("after", after.as_str()),
        ];
        let done = submit(&admin, &path, &chosen).await;
        let told = admin.get(done.header("location")).await.expect(200);
        assert!(told.html.contains("1 change applied."), "{}", told.html);
        assert!(!is_in(&scene, order[230]).await);
        // All of them takes more than one form.
        let done = submit(&admin, &path, &[("then", "discard-all")]).await;
        let told = admin.get(done.header("location")).await.expect(200);
        assert!(
            told.html.contains(" changes discarded.") && told.html.contains("More changes remain")
        );
        assert!(!held(&scene).await.is_empty());
    });
}

#[test]
fn the_people_who_look_after_the_tenant_get_one_mail() {
    run(async |_| {
        let fixture = EventFixture::with(Options::default(), Settings::default()).await;
        let push = async |name: &str| {
            let emails = json!([{"value": format!("{name}@example.test"), "primary": true}]);
            let person = json!({"schemas": [urn::USER], "userName": name, "emails": emails});
            fixture.idp.post("/Users", person).await.expect(201).id()
        };
        let ada = push("ada").await;
        let roles = fixture.tenant.roles();
        roles
            .give_role(&ada, Some(Role::Owner), Role::Owner)
            .await
            .unwrap();
        fixture.drained().await;
        let limit = BrakeLimit {
            percent: 0,
            at_least: 1,
        };
        let change = SettingsChange {
            brake: Some(limit),
            ..SettingsChange::default()
        };
        fixture.tenant.settings().change(&change).await.unwrap();
        for name in ["bob", "eve", "joe"] {
            let person = push(name).await;
            fixture
                .idp
                .delete(&format!("/Users/{person}"))
                .await
                .expect(204);
        }
        fixture.drained().await;
        let mail = fixture.local.mail();
        assert_eq!(mail.len(), 1, "{mail:?}");
        assert_eq!(mail[0].to, ["ada@example.test"]);
        assert!(mail[0].text.contains("The limit is 1."), "{}", mail[0].text);
        assert_eq!(fixture.local.dead_letters(), 0);
    });
}
