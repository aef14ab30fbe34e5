//! Operations on single-valued attributes.

use super::*;

#[test]
fn simple_attributes() {
    check(
        json!({}),
        op("add", "nickName", json!("Babs")),
        json!({"nickName": "Babs"}),
    );
    check(
        json!({"title": "a"}),
        op("replace", "title", json!("b")),
        json!({"title": "b"}),
    );
    check(
        json!({"title": "a"}),
        op("replace", "title", json!("")),
        json!({"title": ""}),
    );
    check(
        json!({"title": "a"}),
        op("replace", "title", json!(null)),
        json!({}),
    );
    check(
        json!({"title": "a"}),
        op("add", "title", json!(null)),
        json!({"title": "a"}),
    );
    check(
        json!({"title": "a"}),
        json!([{"op": "remove", "path": "title"}]),
        json!({}),
    );
    check(
        json!({}),
        json!([{"op": "remove", "path": "title"}]),
        json!({}),
    );
    check(
        json!({"active": true}),
        op("Replace", "active", json!("False")),
        json!({"active": false}),
    );
    check(
        json!({"active": true}),
        op("remove", "active", json!(null)),
        json!({}),
    );
    check(
        json!({}),
        op("ADD", "TITLE", json!("x")),
        json!({"title": "x"}),
    );
}

#[test]
fn complex_attributes_are_merged() {
    let before = json!({"name": {"givenName": "Ada", "familyName": "L"}});
    let after = |name: Value| json!({ "name": name });
    for verb in ["add", "replace"] {
        check(
            before.clone(),
            op(verb, "name", json!({"givenName": "Eve", "middleName": "Q"})),
            after(json!({"givenName": "Eve", "middleName": "Q", "familyName": "L"})),
        );
    }
    check(
        before.clone(),
        op("replace", "name.givenName", json!("Eve")),
        after(json!({"givenName": "Eve", "familyName": "L"})),
    );
    check(
        before.clone(),
        op("replace", "name", json!({"givenName": null})),
        after(json!({"familyName": "L"})),
    );
    check(
        before.clone(),
        op("remove", "name.givenName", json!(null)),
        after(json!({"familyName": "L"})),
    );
    check(before.clone(), op("replace", "name", json!({})), json!({}));
    check(
        before.clone(),
        json!([{"op": "remove", "path": "name"}]),
        json!({}),
    );
    check(
        json!({}),
        op("add", "name.familyName", json!("L")),
        after(json!({"familyName": "L"})),
    );
}

#[test]
fn operations_without_a_path() {
    check(
        json!({"name": {"familyName": "L"}, (ENTERPRISE): {"costCenter": "1"}}),
        json!([{"op": "replace", "value": {
            "id": "x", "meta": {"version": "1"}, "groups": [], "schemas": [], "password": "p", "colour": "red",
            "displayName": "D", "name.givenName": "G", (format!("{ENTERPRISE}:department")): "R",
            (ENTERPRISE): {"division": "T"}, "phoneNumbers[type eq \"mobile\"].value": "1",
            "no path": 1, "urn:ietf:params:scim:schemas:core:2.0:User": {"title": "t"},
        }}]),
        json!({
            "displayName": "D", "name": {"givenName": "G", "familyName": "L"}, "title": "t",
            (ENTERPRISE): {"department": "R", "division": "T", "costCenter": "1"},
            "phoneNumbers": [{"type": "mobile", "value": "1"}],
        }),
    );
    check(
        json!({"externalId": "e"}),
        json!([{"op": "replace", "value": {"externalId": null}}]),
        json!({}),
    );
    check(
        json!({"title": "t"}),
        json!([{"op": "add", "path": "", "value": {"title": "u"}}]),
        json!({"title": "u"}),
    );
    refuse(
        json!({}),
        json!([{"op": "replace", "value": "x"}]),
        "invalidValue",
    );
    refuse(
        json!({}),
        json!([{"op": "add", "value": {"emails[type eq].value": "x"}}]),
        "invalidPath",
    );
}

#[test]
fn managers() {
    let manager = |manager: Value| json!({(ENTERPRISE): {"manager": manager}});
    let path = format!("{ENTERPRISE}:manager");
    check(
        json!({}),
        op("Add", &path, json!("271")),
        manager(json!({"value": "271"})),
    );
    check(
        json!({}),
        op(
            "Add",
            "manager",
            json!([{"$ref": "http://x/1", "value": "1"}]),
        ),
        manager(json!({"$ref": "http://x/1", "value": "1"})),
    );
    let old = manager(json!({"$ref": "http://x/1", "value": "1"}));
    check(
        old.clone(),
        op("replace", &path, json!({"value": "2"})),
        manager(json!({"value": "2"})),
    );
    check(
        old.clone(),
        op("replace", &format!("{path}.value"), json!("2")),
        manager(json!({"value": "2"})),
    );
    check(
        old.clone(),
        op("replace", &format!("{path}.value"), json!("1")),
        old.clone(),
    );
    check(old.clone(), op("Replace", &path, json!("")), json!({}));
    for nobody in [json!({"value": ""}), json!({"value": null})] {
        check(old.clone(), op("Replace", &path, nobody), json!({}));
    }
    for nobody in [json!(""), json!(null)] {
        let operations = op("Replace", &format!("{path}.value"), nobody);
        check(old.clone(), operations, json!({}));
    }
    check(old, json!([{"op": "Remove", "path": path}]), json!({}));
    check(
        json!({}),
        json!([{"op": "Remove", "path": path}]),
        json!({}),
    );
    refuse(
        json!({}),
        op("add", "manager.displayName", json!("x")),
        "mutability",
    );
    refuse(json!({}), op("add", "manager", json!(271)), "invalidValue");
}

#[test]
fn a_patch_is_applied_whole_or_not_at_all() {
    let before = resource(&USER, json!({"title": "t"}));
    let patch = parse(
        &USER,
        json!([
            {"op": "replace", "path": "title", "value": "u"},
            {"op": "replace", "path": "emails[value co \"x\"].type", "value": "work"},
        ]),
    );
    assert!(patch.expect("a valid message").apply(&before).is_err());
    assert_eq!(before.get("title"), Some(&json!("t")));
}

#[test]
fn operations_are_applied_in_order() {
    let operations = json!([
        {"op": "add", "path": "title", "value": "a"}, {"op": "remove", "path": "title"},
        {"op": "add", "path": "nickName", "value": "a"}, {"op": "replace", "path": "nickName", "value": "b"},
    ]);
    check(json!({}), operations, json!({"nickName": "b"}));
}
