//! Tests of the dialect rules: input and result.

use serde_json::{Value, json};

use super::filters::{compared_within, described_value};
use super::paths::extension_key;
use super::values::*;
use crate::filter::Filter;
use crate::schema::{AttributeKind, ENTERPRISE_USER_SCHEMA, USER};

#[test]
fn booleans() {
    let check = |text: &str, expected| assert_eq!(boolean(text), expected, "{text}");
    check("True", Some(true));
    check("FALSE", Some(false));
    check("false", Some(false));
    check("1", None);
    check("", None);
}

#[test]
fn one_and_many() {
    assert_eq!(values(json!({"value": "a"})), [json!({"value": "a"})]);
    assert_eq!(values(json!(["a", "b"])), [json!("a"), json!("b")]);
    let manager = ENTERPRISE_USER_SCHEMA.attribute("manager").unwrap();
    assert_eq!(
        single(manager, json!([{"value": "1"}, {"value": "2"}])),
        json!({"value": "1"})
    );
    let title = USER.attribute("title").unwrap();
    assert_eq!(single(title, json!([])), Value::Null);
    assert_eq!(single(title, json!(["a"])), json!("a"));
    assert_eq!(single(title, json!(["a", "b"])), json!(["a", "b"]));
    assert_eq!(single(title, json!("a")), json!("a"));
}

#[test]
fn complex_values_as_text() {
    let manager = ENTERPRISE_USER_SCHEMA.attribute("manager").unwrap();
    let name = USER.attribute("name").unwrap();
    assert_eq!(complex(manager, json!("271")), json!({"value": "271"}));
    assert_eq!(complex(manager, json!("")), Value::Null);
    assert_eq!(complex(manager, json!({"value": ""})), json!({"value": ""}));
    assert_eq!(
        complex(name, json!("Ada")),
        json!("Ada"),
        "a name has no `value`"
    );
}

#[test]
fn blank_text() {
    assert!(is_blank(AttributeKind::Reference, ""));
    assert!(!is_blank(AttributeKind::String, ""));
    assert!(!is_blank(AttributeKind::Boolean, ""));
    assert!(!is_blank(AttributeKind::Reference, " "));
}

#[test]
fn blank_identifiers() {
    assert!(is_blank_identifier("value", &json!("")));
    assert!(is_blank_identifier("value", &json!([""])));
    assert!(!is_blank_identifier("value", &json!(["a"])));
    assert!(!is_blank_identifier("value", &json!([])));
    assert!(!is_blank_identifier("display", &json!("")));
}

#[test]
fn removed() {
    assert_eq!(removed_values(None), None);
    assert_eq!(removed_values(Some(Value::Null)), None);
    assert_eq!(removed_values(Some(json!([]))), Some(vec![]));
    assert_eq!(removed_values(Some(json!("a"))), Some(vec![json!("a")]));
}

#[test]
fn keys_in_any_case() {
    let Value::Object(mut message) = json!({"OPERATIONS": [1]}) else {
        unreachable!("an object literal")
    };
    assert_eq!(take(&mut message, "Operations"), Some(json!([1])));
    assert_eq!(take(&mut message, "Operations"), None);
}

#[test]
fn filters() {
    let filter = |text: &str| Filter::parse(&USER, text).expect(text);
    let within = compared_within(filter("type eq \"work\""), filter("value eq \"a\""));
    assert_eq!(within.to_string(), "type eq \"work\" and value eq \"a\"");
    let three = compared_within(filter("type pr and display pr"), filter("value pr"));
    assert_eq!(three.to_string(), "type pr and display pr and value pr");
    assert_eq!(
        bare_literal(AttributeKind::String, "0815").as_deref(),
        Some("0815")
    );
    assert_eq!(bare_literal(AttributeKind::Boolean, "true"), None);
    let sub = |name: &str| compared_sub_attribute(USER.attribute(name).expect(name));
    assert_eq!(sub("emails"), Some("value"));
    assert_eq!(sub("name"), None);
}

#[test]
fn names() {
    let id = |name: &str| short_name(&USER, name).map(|schema| schema.id);
    assert_eq!(id("MANAGER"), Some(ENTERPRISE_USER_SCHEMA.id));
    assert_eq!(id("colour"), None);
    let path = extension_key("urn:x:ext", &json!({"a": 1}));
    assert_eq!(
        path.map(|path| path.to_string()).as_deref(),
        Some("urn:x:ext")
    );
    assert_eq!(extension_key("urn:x:ext", &json!("a")), None);
}

#[test]
fn values_that_filters_describe() {
    let check = |text: &str, expected: Value| {
        let filter = Filter::parse(&USER, text).expect(text);
        let described = described_value(&filter).map_or(Value::Null, Value::Object);
        assert_eq!(described, expected, "{text}");
    };
    check("type eq \"work\"", json!({"type": "work"}));
    check(
        "type eq \"a\" and (display eq \"b\" and type eq \"a\")",
        json!({"type": "a", "display": "b"}),
    );
    check("type eq \"a\" and type eq \"b\"", Value::Null);
    check("type eq \"a\" or type eq \"b\"", Value::Null);
    check("type eq null", Value::Null);
    check("type ne \"a\"", Value::Null);
    check("type pr", Value::Null);
    check("not (type eq \"a\")", Value::Null);
}
