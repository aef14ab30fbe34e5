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
