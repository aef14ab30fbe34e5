//! Operations on declared and undeclared extensions.

use super::*;

#[test]
fn extensions_as_a_whole() {
    let both = json!({(ENTERPRISE): {"department": "R", "division": "T"}});
    check(
        both.clone(),
        op(
            "replace",
            ENTERPRISE,
            json!({"department": "X", "colour": "red"}),
        ),
        json!({(ENTERPRISE): {"department": "X", "division": "T"}}),
    );
    check(
        both.clone(),
        json!([{"op": "remove", "path": ENTERPRISE}]),
        json!({}),
    );
    check(
        both.clone(),
        op("replace", ENTERPRISE, json!(null)),
        json!({}),
    );
    check(
        both.clone(),
        op(
            "replace",
            ENTERPRISE,
            json!({"department": null, "division": null}),
        ),
        json!({}),
    );
    refuse(
        both.clone(),
        op("replace", ENTERPRISE, json!("x")),
        "invalidValue",
    );
    refuse(
        both,
        json!([{"op": "remove", "path": USER.schema.id}]),
        "mutability",
    );
}

#[test]
fn a_dot_after_the_urn_is_a_colon() {
    let department = json!({(ENTERPRISE): {"department": "R"}});
    let path = format!("{ENTERPRISE}.department");
    check(json!({}), op("add", &path, json!("R")), department.clone());
    check(
        json!({}),
        json!([{"op": "replace", "value": {(path.as_str()): "R"}}]),
        department.clone(),
    );
    check(
        department,
        json!([{"op": "remove", "path": path}]),
        json!({}),
    );
    check(
        json!({}),
        op("add", "urn:acme:ext:2.0:User.colour", json!({"a": 1})),
        json!({"urn:acme:ext:2.0:User": {"colour": {"a": 1}}}),
    );
    check(
        json!({}),
        json!([{"op": "add", "value": {"urn:acme:ext:2.0:User.colour": {"a": 1}}}]),
        json!({"urn:acme:ext:2.0:User": {"colour": {"a": 1}}}),
    );
}

#[test]
fn a_simple_value_is_its_own_value() {
    let path = |filter: &str| format!("urn:acme:ext:2.0:User:devices{filter}");
    let devices = |devices: Value| json!({"urn:acme:ext:2.0:User": {"devices": devices}});
    let before = devices(json!(["D1", "D2", "D3"]));
    for operations in [
        json!([{"op": "remove", "path": path("[value eq \"D2\"]")}]),
        json!([{"op": "remove", "path": path("[value eq 'd2']")}]),
        op("remove", &path(""), json!(["D2"])),
        op("remove", &path(""), json!([{"value": "D2"}])),
    ] {
        check(before.clone(), operations, devices(json!(["D1", "D3"])));
    }
    for at in ["[value eq \"D2\"]", "[value eq \"D2\"].value"] {
        let operations = op("replace", &path(at), json!("D9"));
        check(
            before.clone(),
            operations,
            devices(json!(["D1", "D9", "D3"])),
        );
    }
}

#[test]
fn undeclared_extensions() {
    let urn = "urn:acme:ext:2.0:User";
    let one = |value: Value| json!({ (urn): value });
    check(
        json!({}),
        op("add", &format!("{urn}:colour"), json!("red")),
        one(json!({"colour": "red"})),
    );
    check(
        one(json!({"Colour": "red"})),
        op("replace", &format!("{urn}:colour"), json!(null)),
        json!({}),
    );
    check(
        one(json!({"a": ["x"]})),
        op("add", &format!("{urn}:a"), json!(["x", "y"])),
        one(json!({"a": ["x", "y"]})),
    );
    check(
        one(json!({"a": ["x", "y"]})),
        op("remove", &format!("{urn}:a"), json!(["x"])),
        one(json!({"a": ["y"]})),
    );
    check(
        one(json!({"a": ["x"]})),
        op("remove", &format!("{urn}:a"), json!([])),
        one(json!({"a": ["x"]})),
    );
    check(
        one(json!({"a": {"b": 1}})),
        op("replace", &format!("{urn}:a.c"), json!(2)),
        one(json!({"a": {"b": 1, "c": 2}})),
    );
    check(
        one(json!({"a": [{"k": "1"}, {"k": "2"}]})),
        op("replace", &format!("{urn}:a[k eq \"2\"].v"), json!(3)),
        one(json!({"a": [{"k": "1"}, {"k": "2", "v": 3}]})),
    );
    check(
        one(json!({"a": 1})),
        json!([{"op": "replace", "value": {(urn): {"b": 2}}}]),
        one(json!({"a": 1, "b": 2})),
    );
    check(
        one(json!({"a": 1})),
        json!([{"op": "remove", "path": urn}]),
        json!({}),
    );
    check(
        json!({}),
        json!([{"op": "add", "value": {"urn:acme:x": {"b": 2}}}]),
        json!({"urn:acme:x": {"b": 2}}),
    );
    check(
        json!({"urn:acme:x": {"b": 2}}),
        json!([{"op": "remove", "path": "urn:acme:x"}]),
        json!({}),
    );
    check(
        json!({"urn:acme:x": {"b": 2}}),
        op("add", "URN:acme:x:c", json!(3)),
        json!({"urn:acme:x": {"b": 2, "c": 3}}),
    );
    check(
        json!({"urn:acme:x": {"b": 2}}),
        op("add", "urn:acme:x", json!("s")),
        json!({"urn:acme:x": {"b": 2}, "urn:acme": {"x": "s"}}),
    );
}
