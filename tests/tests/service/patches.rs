//! PATCH (RFC 7644 §3.5.2) and the dialects of its clients: each row has the initial state, operations and result.

use rollcall_tests::idp::Idp;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Map, Value, json};

/// Returns the attributes of a resource that a client can write, except the user name.
fn owned(resource: &Value) -> Value {
    let mut members: Map<String, Value> = resource.as_object().cloned().unwrap_or_default();
    for name in ["schemas", "id", "meta", "userName", "groups"] {
        members.remove(name);
    }
    Value::Object(members)
}

async fn person(idp: &Idp, name: &str, before: &Value) -> String {
    let mut body = before.clone();
    body["schemas"] = json!([urn::USER, urn::ENTERPRISE]);
    body["userName"] = json!(name);
    body["active"] = before.get("active").cloned().unwrap_or(json!(true));
    idp.post("/Users", body).await.expect(201).id()
}

/// Checks one row: applies the operations, reads the result back, and applies the operations again without a change.
async fn check(idp: &Idp, row: usize, before: Value, operations: Value, after: Value) {
    let id = person(idp, &format!("p{row}"), &before).await;
    let path = format!("/Users/{id}");
    let answer = idp.patch(&path, operations.clone()).await.expect(200);
    let mut after = after;
    if after.get("active").is_none() {
        after["active"] = before.get("active").cloned().unwrap_or(json!(true));
    }
    assert_eq!(owned(&answer.body), after, "{operations} on {before}");
    let read = idp.get(&path).await.expect(200);
    assert_eq!(
        read.body, answer.body,
        "the response differs from the stored resource"
    );
    let again = idp.patch(&path, operations.clone()).await.expect(200);
    assert_eq!(
        again.body, answer.body,
        "the second application changed the resource: {operations} on {before}"
    );
}

async fn check_all(idp: &Idp, rows: Vec<(Value, Value, Value)>) {
    for (row, (before, operations, after)) in rows.into_iter().enumerate() {
        check(idp, row, before, operations, after).await;
    }
}

#[test]
fn operations_of_the_rfc() {
    run(async |service| {
        let idp = service.tenant("patches").await.idp();
        let work = json!({"type": "work", "value": "w@x", "primary": true});
        let home = json!({"type": "home", "value": "h@x"});
        check_all(&idp, vec![
            (json!({}), json!([{"op": "add", "path": "title", "value": "t"}]), json!({"title": "t"})),
            (json!({"title": "t"}), json!([{"op": "replace", "path": "title", "value": "u"}]), json!({"title": "u"})),
            (json!({}), json!([{"op": "replace", "path": "title", "value": "u"}]), json!({"title": "u"})),
            (json!({"title": "t"}), json!([{"op": "remove", "path": "title"}]), json!({})),
            (json!({}), json!([{"op": "remove", "path": "title"}]), json!({})),
            (
                json!({}),
                json!([{"op": "add", "value": {"title": "t", "nickName": "n"}}]),
                json!({"title": "t", "nickName": "n"}),
            ),
            // Complex attributes: `add` and `replace` merge the sub-attributes.
            (
                json!({"name": {"givenName": "g", "familyName": "f"}}),
                json!([{"op": "add", "path": "name", "value": {"givenName": "h"}}]),
                json!({"name": {"givenName": "h", "familyName": "f"}}),
            ),
            (
                json!({}),
                json!([{"op": "add", "path": "name.givenName", "value": "g"}]),
                json!({"name": {"givenName": "g"}}),
            ),
            (json!({"name": {"givenName": "g"}}), json!([{"op": "remove", "path": "name.givenName"}]), json!({})),
            (json!({"name": {"givenName": "g"}}), json!([{"op": "remove", "path": "name"}]), json!({})),
            // Multi-valued attributes: elements are added, replaced as a whole, and removed.
            (
                json!({"emails": [home]}),
                json!([{"op": "add", "path": "emails", "value": [work]}]),
                json!({"emails": [home, work]}),
            ),
            (
                json!({"emails": [home]}),
                json!([{"op": "add", "path": "emails", "value": home}]),
                json!({"emails": [home]}),
            ),
            (
                json!({"emails": [home]}),
                json!([{"op": "replace", "path": "emails", "value": [work]}]),
                json!({"emails": [work]}),
            ),
            (json!({"emails": [home, work]}), json!([{"op": "remove", "path": "emails"}]), json!({})),
            (json!({"emails": [home, work]}), json!([{"op": "replace", "path": "emails", "value": []}]), json!({})),
            // Value paths.
            (
                json!({"emails": [home, work]}),
                json!([{"op": "replace", "path": "emails[type eq \"home\"].value", "value": "n@x"}]),
                json!({"emails": [{"type": "home", "value": "n@x"}, work]}),
            ),
            (
                json!({"emails": [home, work]}),
                json!([{"op": "remove", "path": "emails[type eq \"home\"]"}]),
                json!({"emails": [work]}),
            ),
            (
                json!({"emails": [home, work]}),
                json!([{"op": "remove", "path": "emails[type eq \"work\"].primary"}]),
                json!({"emails": [home, {"type": "work", "value": "w@x"}]}),
            ),
            (
                json!({"emails": [home]}),
                json!([{"op": "add", "path": "emails[type eq \"home\"].display", "value": "d"}]),
                json!({"emails": [{"type": "home", "value": "h@x", "display": "d"}]}),
            ),
            // Several operations, in order.
            (
                json!({}),
                json!([
                    {"op": "add", "path": "title", "value": "a"},
                    {"op": "replace", "path": "title", "value": "b"},
                    {"op": "add", "path": "emails", "value": [home]},
                    {"op": "remove", "path": "emails[type eq \"home\"]"},
                ]),
                json!({"title": "b"}),
            ),
            // The enterprise extension.
            (
                json!({}),
                json!([{"op": "add", "path": format!("{}:department", urn::ENTERPRISE), "value": "d"}]),
                json!({urn::ENTERPRISE: {"department": "d"}}),
            ),
            (
                json!({urn::ENTERPRISE: {"department": "d", "division": "e"}}),
                json!([{"op": "remove", "path": format!("{}:department", urn::ENTERPRISE)}]),
                json!({urn::ENTERPRISE: {"division": "e"}}),
            ),
            (
                json!({urn::ENTERPRISE: {"department": "d"}}),
                json!([{"op": "remove", "path": urn::ENTERPRISE}]),
                json!({}),
            ),
            (
                json!({}),
                json!([{"op": "add", "path": format!("{}:name.givenName", urn::USER), "value": "g"}]),
                json!({"name": {"givenName": "g"}}),
            ),
        ])
        .await;
    });
}

#[test]
fn a_new_primary_value_replaces_the_old_one() {
    run(async |service| {
        let idp = service.tenant("primaries").await.idp();
        let before = json!({"emails": [{"value": "a@x", "type": "work", "primary": true},
                                       {"value": "b@x", "type": "home"}]});
        let rows = [
            json!([{"op": "add", "path": "emails", "value": [{"value": "c@x", "primary": true}]}]),
            json!([{"op": "replace", "path": "emails[type eq \"home\"].primary", "value": true}]),
            json!([{"op": "add", "path": "emails[type eq \"home\"].primary", "value": "True"}]),
        ];
        for (row, operations) in rows.into_iter().enumerate() {
            let id = person(&idp, &format!("p{row}"), &before).await;
            let answer = idp
                .patch(&format!("/Users/{id}"), operations.clone())
                .await
                .expect(200);
            let primaries: Vec<&Value> = answer
                .select("/emails/*")
                .into_iter()
                .filter(|e| e["primary"] == true)
                .collect();
            assert_eq!(primaries.len(), 1, "{operations}: {}", answer.body);
            assert_ne!(primaries[0]["value"], "a@x", "{operations}");
        }
        let emails = json!([{"value": "a", "primary": true}, {"value": "b", "primary": true}]);
        let two = json!({"schemas": [urn::USER], "userName": "two", "emails": emails});
        idp.post("/Users", two).await.refused(400, "invalidValue");
    });
}

#[test]
fn operations_in_the_dialects_of_clients() {
    run(async |service| {
        let idp = service.tenant("dialects").await.idp();
        check_all(&idp, vec![
            // Operations and attribute names in any case.
            (json!({}), json!([{"op": "Add", "path": "TITLE", "value": "t"}]), json!({"title": "t"})),
            (
                json!({}),
                json!([{"op": "REPLACE", "path": "Name.GIVENNAME", "value": "g"}]),
                json!({"name": {"givenName": "g"}}),
            ),
            (
                json!({"emails": [{"type": "work", "value": "w"}]}),
                json!([{"op": "Replace", "path": "EMAILS[TYPE EQ \"work\"].VALUE", "value": "v"}]),
                json!({"emails": [{"type": "work", "value": "v"}]}),
            ),
            // Booleans as strings; a string attribute keeps the string.
            (json!({}), json!([{"op": "replace", "path": "active", "value": "False"}]), json!({"active": false})),
            (
                json!({"active": false}),
                json!([{"op": "replace", "value": {"active": "TRUE"}}]),
                json!({"active": true}),
            ),
            (json!({}), json!([{"op": "replace", "path": "title", "value": "True"}]), json!({"title": "True"})),
            // A value path that matches no element creates one.
            (
                json!({}),
                json!([{"op": "Add", "path": "emails[type eq \"work\"].value", "value": "w@x"}]),
                json!({"emails": [{"type": "work", "value": "w@x"}]}),
            ),
            (
                json!({"emails": [{"type": "home", "value": "h"}]}),
                json!([{"op": "replace", "path": "emails[type eq \"work\" and primary eq true].value", "value": "w"}]),
                json!({"emails": [{"type": "home", "value": "h"}, {"type": "work", "primary": true, "value": "w"}]}),
            ),
            (
                json!({}),
                json!([{"op": "replace", "path": "roles[primary eq \"True\"].value", "value": "Admin"}]),
                json!({"roles": [{"primary": true, "value": "Admin"}]}),
            ),
            // An operation without a path whose value has dotted keys, keys with a URN, and value paths as keys.
            (
                json!({"name": {"familyName": "f"}}),
                json!([{"op": "replace", "value": {
                    "name.givenName": "g",
                    format!("{}:department", urn::ENTERPRISE): "d",
                    "phoneNumbers[type eq \"mobile\"].value": "1",
                }}]),
                json!({"name": {"familyName": "f", "givenName": "g"},
                       "phoneNumbers": [{"type": "mobile", "value": "1"}],
                       urn::ENTERPRISE: {"department": "d"}}),
            ),
            // An operation without a path ignores read-only keys.
            (
                json!({}),
                json!([{"op": "replace", "value": {
                    "id": "x", "meta": {"version": "1"}, "groups": [], "schemas": [], "title": "t",
                }}]),
                json!({"title": "t"}),
            ),
            // The manager in four forms.
            (
                json!({}),
                json!([{"op": "Add", "path": format!("{}:manager", urn::ENTERPRISE), "value": "271"}]),
                json!({urn::ENTERPRISE: {"manager": {"value": "271"}}}),
            ),
            (
                json!({}),
                json!([{"op": "Add", "path": "manager", "value": [{"value": "271"}]}]),
                json!({urn::ENTERPRISE: {"manager": {"value": "271"}}}),
            ),
            (
                json!({urn::ENTERPRISE: {"manager": {"value": "271"}}}),
                json!([{"op": "Replace", "path": format!("{}:manager.value", urn::ENTERPRISE), "value": "272"}]),
                json!({urn::ENTERPRISE: {"manager": {"value": "272"}}}),
            ),
            (
                json!({urn::ENTERPRISE: {"manager": {"value": "271"}}}),
                json!([{"op": "Replace", "path": "manager", "value": ""}]),
                json!({}),
            ),
            // Removal with a list of values.
            (
                json!({"emails": [{"value": "a", "type": "work"}, {"value": "b", "type": "home"}]}),
                json!([{"op": "remove", "path": "emails", "value": [{"value": "a"}]}]),
                json!({"emails": [{"value": "b", "type": "home"}]}),
            ),
            // Null removes the value; an empty string is a value.
            (json!({"title": "t"}), json!([{"op": "replace", "path": "title", "value": null}]), json!({})),
            (json!({"title": "t"}), json!([{"op": "replace", "value": {"title": null}}]), json!({})),
            (json!({"title": "t"}), json!([{"op": "replace", "path": "title", "value": ""}]), json!({"title": ""})),
            // Unknown attributes are ignored.
            (
                json!({}),
                json!([{"op": "add", "path": "shoeSize", "value": 44},
                       {"op": "add", "value": {"hatSize": 7, "title": "t"}}]),
                json!({"title": "t"}),
            ),
            (
                json!({}),
                json!([{"op": "add", "path": "title", "value": "t", "name": "n", "externalId": null}]),
                json!({"title": "t"}),
            ),
            // An extension that only the client knows.
            (
                json!({}),
                json!([{"op": "add", "path": "urn:example:x:1.0:User:badge", "value": {"a": 1}}]),
                json!({"urn:example:x:1.0:User": {"badge": {"a": 1}}}),
            ),
        ])
        .await;
    });
}

#[test]
fn put_clears_attributes_that_it_does_not_contain() {
    run(async |service| {
        let idp = service.tenant("puts").await.idp();
        let before = json!({"title": "t", "active": false, "emails": [{"value": "a"}],
                            urn::ENTERPRISE: {"department": "d"}, "urn:x:y": {"a": 1}});
        let id = person(&idp, "p", &before).await;
        let path = format!("/Users/{id}");
        let body = json!({"schemas": [urn::USER], "userName": "q", "id": "other",
                          "meta": {"created": "2000-01-01T00:00:00Z"}, "groups": [{"value": "g"}]});
        let answer = idp.put(&path, body).await.expect(200);
        assert_eq!(owned(&answer.body), json!({"active": false}));
        answer.is(json!({"id": id, "userName": "q", "schemas": [urn::USER], "groups": null}));
        idp.put(&path, json!({"schemas": [urn::USER]}))
            .await
            .refused(400, "invalidValue");
        idp.get(&path)
            .await
            .expect(200)
            .is(json!({"userName": "q"}));
    });
}

#[test]
fn removing_active_does_not_reactivate_a_user() {
    run(async |service| {
        let idp = service.tenant("revivals").await.idp();
        let id = person(&idp, "p", &json!({"active": false})).await;
        let path = format!("/Users/{id}");
        idp.patch(&path, json!([{"op": "remove", "path": "active"}]))
            .await
            .expect(200)
            .is(json!({"active": null}));
        let replaced = idp
            .put(&path, json!({"schemas": [urn::USER], "userName": "p"}))
            .await
            .expect(200);
        assert_ne!(
            replaced.body["active"], true,
            "a PUT without `active` reactivated the user"
        );
    });
}
