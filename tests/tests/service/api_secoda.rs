//! The features for invited people and the members view that Secoda documents, row by row.

use rollcall_directory::{Reason, Role};
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

#[test]
fn pushed_people_are_invited_until_their_first_login_and_can_be_filtered() {
    run(async |service| {
        let tenant = service.tenant("se-invited").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        for name in ["ada", "bob", "eve"] {
            idp.user(name).await;
        }
        let names = async |query: &str| {
            let people = admin.all(&format!("/users{query}")).await;
            let names: Vec<String> = people
                .iter()
                .filter_map(|person| person["user_name"].as_str().map(str::to_owned))
                .collect();
            names
        };
        assert_eq!(names("?state=invited").await, ["ada", "bob", "eve"]);
        let application = service.application();
        application
            .log_in(tenant.id(), "bob", None)
            .await
            .expect(200);
        assert_eq!(names("?state=invited").await, ["ada", "eve"]);
        assert_eq!(names("?state=active").await, ["bob"]);
        assert_eq!(names("?state=active,invited").await, ["ada", "bob", "eve"]);
        assert_eq!(names("?state=inactive").await, Vec::<String>::new());
        assert_eq!(names("?text=EV").await, ["eve"]);
        assert_eq!(names("?filter=userName+eq+%22ada%22").await, ["ada"]);
        assert_eq!(names("?limit=1").await, ["ada", "bob", "eve"]);
        // SCIM responses always include them.
        assert_eq!(idp.get("/Users").await.expect(200).total(), 3);
    });
}

#[test]
fn the_members_view_can_hide_invited_people() {
    run(async |service| {
        let tenant = service.tenant("se-members").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let (ada, bob) = (idp.user("ada").await, idp.user("bob").await);
        let group = idp.group("Data", &[&ada, &bob]).await;
        let application = service.application();
        application
            .log_in(tenant.id(), "ada", None)
            .await
            .expect(200);
        let path = format!("/scim/groups/{group}/members");
        assert_eq!(admin.all(&path).await.len(), 2);
        let here = admin.all(&format!("{path}?state=active,inactive")).await;
        assert_eq!(here.len(), 1);
        assert_eq!(here[0]["id"], ada.as_str());
    });
}

#[test]
fn groups_map_one_to_one() {
    run(async |service| {
        let tenant = service.tenant("se-groups").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let ada = idp.user("ada").await;
        for name in ["Finance", "Data", "Ünïcode"] {
            idp.group(name, &[&ada]).await;
        }
        let again = json!({"schemas": [urn::GROUP], "displayName": "data"});
        idp.post("/Groups", again).await.refused(409, "uniqueness");
        let listed = admin.all("/scim/groups/role-mappings?limit=1").await;
        let names: Vec<&Value> = listed.iter().map(|m| &m["group"]["display_name"]).collect();
        assert_eq!(names, ["Data", "Finance", "Ünïcode"]);
        assert!(listed.iter().all(|m| m["group"]["member_count"] == 1));
    });
}

#[test]
fn put_with_active_disables_and_enables() {
    run(async |service| {
        let tenant = service.tenant("se-put").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let ada = idp.user("ada").await;
        for (active, state) in [(false, "inactive"), (true, "invited")] {
            let body = json!({"schemas": [urn::USER], "userName": "ada", "active": active});
            idp.put(&format!("/Users/{ada}"), body).await.expect(200);
            let person = admin.get(&format!("/users/{ada}")).await.expect(200);
            person.is(json!({"state": state}));
        }
    });
}

#[test]
fn a_base_url_with_a_trailing_slash_works() {
    run(async |service| {
        let tenant = service.tenant("se-slash").await;
        let idp = tenant.idp();
        let user = json!({"schemas": [urn::USER], "userName": "ada"});
        let ada = idp.post("//Users", user).await.expect(201).id();
        idp.get("//Users/").await.expect(200);
        idp.get(&format!("//Users/{ada}/")).await.expect(200);
        let admin = service.admin(&tenant, Role::Admin).await;
        admin.get("/users/").await.expect(200);
        admin.get("//users").await.expect(200);
    });
}

#[test]
fn a_stale_id_is_404_and_the_log_explains_what_to_do() {
    run(async |service| {
        let tenant = service.tenant("se-stale").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let ada = idp.user("ada").await;
        let path = format!("/Users/{ada}");
        idp.delete(&path).await.expect(204);
        let body = json!({"schemas": [urn::USER], "userName": "ada", "active": false});
        let refused = idp.put(&path, body).await;
        let detail = refused.string("/detail");
        refused.refused(404, "").because(Reason::NotFound);
        assert!(detail.contains("look it up again"), "{detail}");
        let log = admin.get("/requests?failed=true").await.expect(200);
        let diagnosis = log.string("/items/0/diagnosis");
        assert!(
            diagnosis.contains("Unassign") && diagnosis.contains("again"),
            "{diagnosis}"
        );
        let about = format!("/requests?person={ada}");
        assert_eq!(admin.all(&about).await.len(), 2, "not DELETE and PUT");
    });
}

#[test]
fn invitations_are_a_setting_of_the_tenant() {
    run(async |service| {
        let tenant = service.tenant("se-setting").await;
        let admin = service.admin(&tenant, Role::Admin).await;
        let before = admin.get("/settings").await.expect(200);
        before.is(json!({"invitations": false}));
        let on = json!({"invitations": true});
        admin
            .patch("/settings", on.clone())
            .await
            .expect(200)
            .is(on.clone());
        admin.get("/settings").await.expect(200).is(on);
        let entries = admin.all("/audit?action=tenant.settings_changed").await;
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0]["before"]["invitations"], false);
        assert_eq!(entries[0]["after"]["invitations"], true);
    });
}
