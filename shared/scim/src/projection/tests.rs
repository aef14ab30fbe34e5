//! Tests of projections: parameters and returned attributes, and properties.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::schema::{ENTERPRISE_USER_SCHEMA, USER};

const BASE: &str = "https://example.test/scim/v2/";
const ENTERPRISE: &str = ENTERPRISE_USER_SCHEMA.id;

fn user() -> Resource {
    let attributes = json!({
        "meta": {"resourceType": "User", "version": "W/\"1\""},
        (ENTERPRISE): {"department": "R", "manager": {"value": "m", "$ref": "../Users/m"}},
        "urn:x:ext": {"colour": "red"},
        "emails": [{"value": "a", "type": "work"}, {"type": "home"}],
        "groups": [{"value": "g", "display": "G"}],
        "name": {"givenName": "Ada", "familyName": "L"},
        "userName": "ada", "externalId": "e", "id": "1",
    });
    match attributes {
        Value::Object(attributes) => Resource::from_stored(&USER, attributes),
        _ => unreachable!("an object literal"),
    }
}

fn render(attributes: Option<&str>, excluded: Option<&str>) -> Value {
    Projection::parse(&USER, attributes, excluded)
        .expect("a valid projection")
        .render(&user(), BASE)
}

/// Checks the returned attributes, without `schemas` and `id`.
fn check(attributes: Option<&str>, excluded: Option<&str>, expected: Value) {
    let mut answer = render(attributes, excluded);
    let object = answer.as_object_mut().expect("an object");
    assert_eq!(object.shift_remove("id"), Some(json!("1")));
    let schemas = object.shift_remove("schemas").expect("schemas");
    assert_eq!(schemas[0], json!(USER.schema.id));
    let urns = object
        .keys()
        .filter(|name| name.starts_with("urn:"))
        .count();
    assert_eq!(schemas.as_array().map(Vec::len), Some(urns + 1));
    assert_eq!(answer, expected, "{attributes:?} {excluded:?}");
}

#[test]
fn everything_in_the_order_of_the_schema() {
    let answer = render(None, None);
    assert_eq!(answer, Projection::all().render(&user(), BASE));
    let names: Vec<&String> = answer.as_object().expect("an object").keys().collect();
    let expected = [
        "schemas",
        "id",
        "externalId",
        "userName",
        "name",
        "emails",
        "groups",
        ENTERPRISE,
        "urn:x:ext",
        "meta",
    ];
    assert_eq!(names, expected);
}

#[test]
fn urls_follow_from_the_base_url() {
    let answer = render(None, None);
    assert_eq!(
        answer["meta"]["location"],
        json!("https://example.test/scim/v2/Users/1")
    );
    assert_eq!(answer["meta"]["version"], json!("W/\"1\""));
    assert_eq!(
        answer["groups"][0]["$ref"],
        json!("https://example.test/scim/v2/Groups/g")
    );
    assert_eq!(
        answer[ENTERPRISE]["manager"]["$ref"],
        json!("../Users/m"),
        "as it was sent"
    );
}

#[test]
fn asked_for() {
    check(Some("id"), None, json!({}));
    check(
        Some("userName, EXTERNALID,,"),
        None,
        json!({"externalId": "e", "userName": "ada"}),
    );
    check(
        Some("name.givenName"),
        None,
        json!({"name": {"givenName": "Ada"}}),
    );
    check(
        Some("name.givenName,name"),
        None,
        json!({"name": {"givenName": "Ada", "familyName": "L"}}),
    );
    check(
        Some("emails.value"),
        None,
        json!({"emails": [{"value": "a"}]}),
    );
    check(
        Some("manager.value"),
        None,
        json!({(ENTERPRISE): {"manager": {"value": "m"}}}),
    );
    check(
        Some("department"),
        None,
        json!({(ENTERPRISE): {"department": "R"}}),
    );
    check(
        Some("urn:x:ext:colour"),
        None,
        json!({"urn:x:ext": {"colour": "red"}}),
    );
    check(
        Some("urn:x:ext"),
        None,
        json!({"urn:x:ext": {"colour": "red"}}),
    );
    check(Some("colour,password,title,name.colour"), None, json!({}));
    check(
        Some("groups.$ref"),
        None,
        json!({"groups": [{"$ref": "https://example.test/scim/v2/Groups/g"}]}),
    );
    check(
        Some("urn:ietf:params:scim:schemas:core:2.0:User:userName"),
        None,
        json!({"userName": "ada"}),
    );
}

#[test]
fn excluded() {
    let without = |excluded: &str, gone: &[&str]| {
        let mut expected = render(None, None);
        let object = expected.as_object_mut().expect("an object");
        gone.iter().chain(&["id", "schemas"]).for_each(|name| {
            object.shift_remove(*name);
        });
        check(None, Some(excluded), expected);
    };
    without("id,schemas", &[]);
    without("groups", &["groups"]);
    without("Emails,meta", &["emails", "meta"]);
    without(ENTERPRISE, &[ENTERPRISE]);
    without("department,manager", &[ENTERPRISE]);
    without("urn:x:ext", &["urn:x:ext"]);
    let answer = render(None, Some("emails.value,name.givenName,meta.location"));
    assert_eq!(
        answer["emails"],
        json!([{"type": "work"}, {"type": "home"}])
    );
    assert_eq!(answer["name"], json!({"familyName": "L"}));
    assert_eq!(answer["meta"].get("location"), None);
    check(
        Some("name,userName"),
        Some("name.familyName,userName"),
        json!({"name": {"givenName": "Ada"}}),
    );
}

#[test]
fn whole_schemas() {
    let core = render(Some(USER.schema.id), None);
    assert_eq!(core["userName"], json!("ada"));
    assert_eq!(core.get(ENTERPRISE), None);
    let extension = render(Some(ENTERPRISE), None);
    assert_eq!(extension[ENTERPRISE], render(None, None)[ENTERPRISE]);
    assert_eq!(extension.get("userName"), None);
}

#[test]
fn wants() {
    let check = |attributes, excluded, name: &str, expected| {
        let projection = Projection::parse(&USER, attributes, excluded).expect("valid");
        assert_eq!(
            projection.wants(name),
            expected,
            "{attributes:?} {excluded:?} {name}"
        );
    };
    check(None, None, "groups", true);
    check(None, Some("groups"), "groups", false);
    check(None, Some("groups.display"), "groups", true);
    check(Some("userName"), None, "groups", false);
    check(Some("Groups.value"), None, "groups", true);
    check(Some("userName"), Some("id"), "id", true);
    check(Some("department"), None, ENTERPRISE, true);
    check(None, Some(ENTERPRISE), ENTERPRISE, false);
    assert!(Projection::parse(&USER, Some(" , "), Some("")).is_ok_and(|p| p.is_default()));
    assert!(Projection::parse(&USER, Some("id"), None).is_ok_and(|p| !p.is_default()));
}

#[test]
fn refused() {
    let many = "a,".repeat(MAX_PROJECTED_ATTRIBUTES + 1);
    for list in ["a b", "emails[type eq \"work\"]", "a..b", &many] {
        for (attributes, excluded) in [(Some(list), None), (None, Some(list))] {
            let error = Projection::parse(&USER, attributes, excluded);
            assert!(matches!(error, Err(Error::InvalidValue(_))), "{list}");
        }
    }
}

fn lists() -> impl Strategy<Value = String> {
    let names = vec![
        "id",
        "schemas",
        "meta",
        "userName",
        "name",
        "name.givenName",
        "emails.value",
        "groups",
        ENTERPRISE,
        "manager",
        "urn:x:ext",
        "colour",
        "password",
    ];
    prop::collection::vec(prop::sample::select(names), 0..5).prop_map(|names| names.join(","))
}

proptest! {
    #[test]
    fn what_is_always_returned_is(attributes in lists(), excluded in lists()) {
        let answer = render(Some(&attributes), Some(&excluded));
        prop_assert_eq!(&answer["id"], &json!("1"));
        prop_assert_eq!(&answer["schemas"][0], &json!(USER.schema.id));
    }

    #[test]
    fn nothing_is_returned_that_is_not_there(attributes in lists(), excluded in lists()) {
        let whole = render(None, None);
        let answer = render(Some(&attributes), Some(&excluded));
        for name in answer.as_object().expect("an object").keys() {
            prop_assert!(whole.get(name).is_some());
        }
        prop_assert!(answer.get("password").is_none());
    }
}
