//! Tests of values: input and canonical form.

use serde_json::json;

use super::*;
use crate::schema::{ENTERPRISE_USER_SCHEMA, GROUP, ResourceType, USER};

fn run(rt: &'static ResourceType, name: &str, value: Value) -> Result<Option<Value>, Error> {
    let attribute = rt
        .attribute(name)
        .or_else(|| ENTERPRISE_USER_SCHEMA.attribute(name));
    super::check(attribute.expect("a declared attribute"), value)
}

fn check(name: &str, value: Value, expected: Value) {
    let expected = (!expected.is_null()).then_some(expected);
    assert_eq!(
        run(&USER, name, value.clone()),
        Ok(expected),
        "{name}: {value}"
    );
}

fn refuse(name: &str, value: Value, named: &str) {
    let Err(Error::InvalidValue(detail)) = run(&USER, name, value.clone()) else {
        panic!("{name}: {value} was not refused");
    };
    assert!(detail.starts_with(&format!("`{named}`")), "{detail}");
}

#[test]
fn unassigned() {
    for value in [
        json!(null),
        json!([]),
        json!({}),
        json!([null]),
        json!([{}]),
        json!(""),
    ] {
        check("emails", value, Value::Null);
    }
    check("name", json!({"givenName": null}), Value::Null);
    check(
        "manager",
        json!({"managerId": "", "displayName": " "}),
        Value::Null,
    );
    check("title", json!(null), Value::Null);
    check("profileUrl", json!(""), Value::Null);
}

#[test]
fn strings_are_kept_byte_for_byte() {
    for text in [
        "",
        " a ",
        "+1 (555) 010",
        "tel:+1-555-555-5555",
        "e\u{301}",
        "{\"id\":1}",
    ] {
        check("title", json!(text), json!(text));
    }
    check(
        "emails",
        json!([{"value": "A@B"}]),
        json!([{"value": "A@B"}]),
    );
}

#[test]
fn dialects() {
    check("active", json!("False"), json!(false));
    check("emails", json!({"value": "a"}), json!([{"value": "a"}]));
    check("emails", json!("a"), json!([{"value": "a"}]));
    check("emails", json!(["a"]), json!([{"value": "a"}]));
    check(
        "roles",
        json!([{"primary": "True"}]),
        json!([{"primary": true}]),
    );
    check("manager", json!("271"), json!({"value": "271"}));
    check(
        "manager",
        json!([{"$ref": null, "value": "1"}]),
        json!({"value": "1"}),
    );
    check("title", json!(["a"]), json!("a"));
}

#[test]
fn names_are_canonical_and_unknown_ones_go() {
    check(
        "emails",
        json!([{"VALUE": "a", "Type": "work", "colour": "red"}]),
        json!([{"value": "a", "type": "work"}]),
    );
    check(
        "manager",
        json!({"value": "1", "displayName": "Boss"}),
        json!({"value": "1"}),
    );
}

#[test]
fn wrong_types() {
    refuse("title", json!(1), "title");
    refuse("title", json!({"a": 1}), "title");
    refuse("active", json!("yes"), "active");
    refuse("active", json!(1), "active");
    refuse("active", json!(""), "active");
    refuse("name", json!("Ada"), "name");
    refuse(
        "name",
        json!({"givenName": ["a"], "familyName": 5}),
        "name.familyName",
    );
    refuse("name", json!({"givenName": ["a", "b"]}), "name.givenName");
    refuse("emails", json!([{"primary": "maybe"}]), "emails.primary");
    refuse("emails", json!(5), "emails");
    refuse("profileUrl", json!("not a url"), "profileUrl");
    refuse(
        "x509Certificates",
        json!([{"value": "%%%"}]),
        "x509Certificates.value",
    );
    refuse("manager", json!(271), "manager");
}

#[test]
fn certificates_in_either_alphabet() {
    for text in ["aGk=", "aGk", "-_-_", "+/+/"] {
        let value = json!([{"value": text}]);
        check("x509Certificates", value.clone(), value);
    }
}

#[test]
fn one_primary_at_most() {
    let two = json!([{"value": "a", "primary": true}, {"value": "b", "primary": "true"}]);
    refuse("emails", two, "emails");
    let one = json!([{"value": "a", "primary": true}, {"value": "b", "primary": false}]);
    check("emails", one.clone(), one);
}

#[test]
fn values_are_bounded() {
    let many: Vec<Value> = (0..=MAX_VALUES).map(|i| json!(i.to_string())).collect();
    refuse("emails", Value::Array(many), "emails");
}

#[test]
fn members_are_a_set_of_ids() {
    let run = |value| run(&GROUP, "members", value);
    let two = json!([{"value": "a", "display": "A"}, {"value": "b", "$ref": null}, "a"]);
    let expected = json!([{"value": "a", "display": "A"}, {"value": "b"}]);
    assert_eq!(run(two), Ok(Some(expected)));
    assert_eq!(run(json!("a")), Ok(Some(json!([{"value": "a"}]))));
    for bad in [json!([{"display": "A"}]), json!([{"value": ""}, "a"])] {
        assert!(matches!(run(bad), Err(Error::InvalidValue(_))));
    }
    let many: Vec<Value> = (0..5000).map(|i| json!(i.to_string())).collect();
    assert!(
        run(Value::Array(many)).is_ok(),
        "members are not bounded by MAX_VALUES"
    );
}

#[test]
fn instants() {
    let same = |a: &str, b: &str| assert_eq!(instant(a), instant(b), "{a} {b}");
    same("2024-01-01T00:00:00Z", "2024-01-01T01:00:00+01:00");
    same("2024-01-01T00:00:00.000Z", "2024-01-01T00:00:00");
    for text in [
        "",
        "2024",
        "2024-01-01",
        "yesterday",
        "2024-13-01T00:00:00Z",
    ] {
        assert_eq!(instant(text), None, "{text}");
    }
}
