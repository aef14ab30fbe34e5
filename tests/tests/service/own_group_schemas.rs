//! Extension schemas of groups that the application declares, as those of users in `own_schemas`.

use rollcall_directory::Reason;
use rollcall_tests::idp::encode;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::urn;
use serde_json::{Value, json};

use crate::own_schemas::{ACME, attributes, declare, person};

const TEAM: &str = "urn:example:scim:acme:2.0:Group";

async fn declare_for_groups(service: &Service, tenant: &Tenant, attributes: Value) {
    let body = json!({"name": "Team", "resource_type": "Group", "attributes": attributes});
    let path = format!("/tenants/{}/schemas/{TEAM}", tenant.id());
    let declared = service.application().put(&path, body).await.expect(200);
    declared.is(json!({"urn": TEAM, "resource_type": "Group", "origin": "tenant"}));
}

fn team(name: &str, extension: Value, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    json!({"schemas": [urn::GROUP, TEAM], "displayName": name, (TEAM): extension, "members": members})
}

#[test]
fn discovery_shows_of_which_resources_a_schema_is() {
    run(async |service| {
        let tenant = service.tenant("own-teams").await;
        declare(service, &tenant, attributes()).await.expect(200);
        declare_for_groups(service, &tenant, attributes()).await;
        let idp = tenant.idp();
        let schemas = idp.get("/Schemas").await.expect(200);
        let urns = schemas.strings("/Resources/*/id");
        assert!(urns.contains(&TEAM.to_owned()) && urns.contains(&ACME.to_owned()));
        let group = idp.get("/ResourceTypes/Group").await.expect(200);
        let extensions = json!([{"schema": TEAM, "required": false}]);
        assert_eq!(group.body["schemaExtensions"], extensions);
        let user = idp.get("/ResourceTypes/User").await.expect(200);
        let extensions = json!([
            {"schema": urn::ENTERPRISE, "required": false}, {"schema": ACME, "required": false}]);
        assert_eq!(user.body["schemaExtensions"], extensions);
        // A schema stays with the resources that have values of it.
        let path = format!("/tenants/{}/schemas/{TEAM}", tenant.id());
        let moved = json!({"name": "Team", "attributes": attributes()});
        let moved = service.application().put(&path, moved).await.expect(409);
        assert_eq!(moved.body["reason"], "schema_in_use");
    });
}

#[test]
fn the_declared_characteristics_hold_for_groups() {
    run(async |service| {
        let tenant = service.tenant("enforced-teams").await;
        let idp = tenant.idp();
        let ada = idp.user("ada").await;
        declare_for_groups(service, &tenant, attributes()).await;
        for wrong in [
            json!({"level": "high"}),
            json!({"since": "yesterday"}),
            json!({"cars": [{"electric": "perhaps"}]}),
        ] {
            let body = team("wrong", wrong, &[]);
            idp.post("/Groups", body).await.refused(400, "invalidValue");
        }
        let whole = json!({"badge": "B-1", "level": 3, "pin": "1234", "since": "2026-01-01T00:00:00Z", "note": "n",
                           "cars": [{"plate": "X 1", "electric": true}]});
        let made = idp.post("/Groups", team("red", whole, &[&ada])).await;
        let made = made.expect(201);
        assert_eq!(made.body[TEAM]["level"], 3);
        assert!(made.body[TEAM]["pin"].is_null() && made.body[TEAM]["note"].is_null());
        let path = format!("/Groups/{}", made.id());

        // PATCH and PUT
        let set = |name: &str, value: Value| json!([{"op": "replace", "path": format!("{TEAM}:{name}"), "value": value}]);
        idp.patch(&path, set("level", json!("high")))
            .await
            .refused(400, "invalidValue");
        idp.patch(&path, set("since", json!("2027-01-01T00:00:00Z")))
            .await
            .refused(400, "mutability");
        idp.patch(&path, set("level", json!(4))).await.expect(204);
        let put = team(
            "red",
            json!({"badge": "B-1", "level": 5, "since": "2026-01-01T00:00:00Z"}),
            &[&ada],
        );
        assert_eq!(idp.put(&path, put).await.expect(200).body[TEAM]["level"], 5);

        // Filters, orders and projections
        idp.post("/Groups", team("blue", json!({"level": 1}), &[]))
            .await
            .expect(201);
        let names = async |query: String| {
            let found = idp.get(&format!("/Groups?{query}")).await.expect(200);
            found.strings("/Resources/*/displayName")
        };
        let filter = |filter: &str| format!("filter={}", encode(filter));
        assert_eq!(names(filter(&format!("{TEAM}:level gt 1"))).await, ["red"]);
        let order = format!("sortBy={TEAM}:level");
        assert_eq!(names(order).await, ["blue", "red"]);
        let only = idp.get(&format!("{path}?attributes={TEAM}:level")).await;
        let only = only.expect(200);
        assert_eq!(only.body[TEAM], json!({"level": 5}));
        assert!(only.body["members"].is_null());
        // Members change as ever, and a person has no values of a schema of groups.
        let leave = json!([{"op": "remove", "path": format!("members[value eq \"{ada}\"]")}]);
        idp.patch(&path, leave).await.expect(204);
        assert_eq!(idp.get(&path).await.expect(200).body[TEAM]["level"], 5);
        idp.post("/Users", person("bob", json!({"level": "anything"})))
            .await
            .expect(201);
    });
}

#[test]
fn the_application_reads_the_values_of_groups() {
    run(async |service| {
        let tenant = service.tenant("read-teams").await;
        let idp = tenant.idp();
        declare_for_groups(service, &tenant, attributes()).await;
        let values = json!({"badge": "B-1", "level": 3, "pin": "1234", "since": "2026-01-01T00:00:00Z",
                            "cars": [{"plate": "X 1", "electric": true}]});
        let red = idp.post("/Groups", team("red", values.clone(), &[])).await;
        let red = red.expect(201).id();
        let bare = json!({"schemas": [urn::GROUP], "displayName": "bare", "externalId": "x-bare"});
        idp.post("/Groups", bare).await.expect(201);
        let application = service.application();
        let read = async |path: &str| {
            let path = format!("/tenants/{}{path}", tenant.id());
            application.get(&path).await
        };

        // As SCIM stored them, also those that it never returns.
        let one = read(&format!("/groups/{red}?include=attributes")).await;
        let one = one.expect(200).body["attributes"].clone();
        assert_eq!(one[TEAM], values);
        assert_eq!(
            (&one["displayName"], &one["id"]),
            (&json!("red"), &Value::Null)
        );
        let list = read("/groups?include=attributes").await.expect(200);
        assert_eq!(list.body["items"][0]["attributes"]["externalId"], "x-bare");
        assert_eq!(list.body["items"][1]["attributes"], one);
        let found = read("/groups?text=re&include=attributes").await.expect(200);
        assert_eq!(found.select("/items/*/attributes"), [&one]);
        let snapshot = read("/directory").await.expect(200).body;
        let mut items = snapshot["items"].as_array().unwrap().iter();
        let in_snapshot = items.find(|item| item["id"] == red.as_str()).unwrap();
        assert_eq!(in_snapshot["attributes"], one);

        // Who does not ask for them does not get them.
        for path in [format!("/groups/{red}"), "/groups".to_owned()] {
            let text = read(&path).await.expect(200).body.to_string();
            assert!(
                !text.contains("attributes") && !text.contains(TEAM),
                "{text}"
            );
        }
        for wrong in ["groups", "attributes,groups", ""] {
            for path in [format!("/groups/{red}"), "/groups".to_owned()] {
                let refused = read(&format!("{path}?include={wrong}")).await.expect(400);
                assert!(
                    refused.body["detail"]
                        .as_str()
                        .unwrap()
                        .contains("`attributes`")
                );
            }
        }
        // What does not fit into a response is refused, and read with a smaller page.
        let long = "\"".repeat(50_000);
        for n in 0..50 {
            let large = team(&format!("large{n}"), json!({"note": long}), &[]);
            idp.post("/Groups", large).await.expect(201);
        }
        let refused = read("/groups?text=large&include=attributes").await;
        assert_eq!(refused.expect(400).body["reason"], "too_many");
        let fits = read("/groups?text=large&include=attributes&limit=10").await;
        assert_eq!(fits.expect(200).select("/items/*/attributes").len(), 10);
    });
}

#[test]
fn a_unique_value_of_groups_occurs_once_in_a_tenant() {
    run(async |service| {
        let tenant = service.tenant("unique-teams").await;
        let idp = tenant.idp();
        declare(service, &tenant, attributes()).await.expect(200);
        declare_for_groups(service, &tenant, attributes()).await;
        let badge = |value: &str| json!({"badge": value});
        // A person can have what a group has: these are two attributes.
        idp.post("/Users", person("ada", badge("B-1")))
            .await
            .expect(201);
        let red = idp.post("/Groups", team("red", badge("B-1"), &[])).await;
        let red = red.expect(201).id();
        let blue = idp.post("/Groups", team("blue", badge("B-2"), &[])).await;
        let blue = blue.expect(201).id();
        let taken = idp.post("/Groups", team("green", badge("b-1"), &[])).await;
        taken.refused(409, "uniqueness").because(Reason::NotUnique);
        let set = json!([{"op": "replace", "path": format!("{TEAM}:badge"), "value": "B-1"}]);
        let path = format!("/Groups/{blue}");
        idp.patch(&path, set.clone())
            .await
            .refused(409, "uniqueness");
        idp.delete(&format!("/Groups/{red}")).await.expect(204);
        idp.patch(&path, set).await.expect(204);
    });
}
