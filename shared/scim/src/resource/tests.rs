//! Tests of resources: bodies and the parsed resource.

use serde_json::json;

use super::*;
use crate::schema::{ENTERPRISE_USER_SCHEMA, GROUP, USER};

const ENTERPRISE: &str = ENTERPRISE_USER_SCHEMA.id;

fn parse(rt: &'static ResourceType, mut body: Value) -> Result<Resource, Error> {
    if body.get("schemas").is_none() {
        body["schemas"] = json!([rt.schema.id]);
    }
    Resource::parse(rt, body)
}

fn user(body: Value) -> Resource {
    parse(&USER, body).expect("a valid User")
}

fn check(body: Value, expected: Value) {
    let mut attributes = user(body).into_attributes();
    attributes.shift_remove("schemas");
    assert_eq!(Value::Object(attributes), expected);
}

fn refuse(rt: &'static ResourceType, body: Value, scim_type: &str, named: &str) {
    let error = parse(rt, body.clone()).expect_err(&body.to_string());
    assert_eq!(error.scim_type(), Some(scim_type), "{error}");
    assert!(error.to_string().contains(named), "{error}");
}

#[test]
fn attributes_the_client_cannot_set_are_dropped() {
    check(
        json!({
            "id": "chosen", "meta": {"created": "x"}, "groups": [{"value": "g"}], "userName": "a",
            "password": "secret", "colour": "red", "department": null, "ACTIVE": "True",
        }),
        json!({"userName": "a", "active": true}),
    );
}

#[test]
fn extensions() {
    let resource = user(json!({
        "userName": "a",
        (ENTERPRISE.to_uppercase()): {"Department": "X", "manager": "m", "colour": "red"},
        "urn:x:ext:2.0:User": {"Any": {"thing": null, "else": 1}, "no": []},
        "urn:x:empty:2.0:User": {}, "urn:x:text": "dropped", (USER.schema.id): {"a": 1}, "colour:red": {"a": 1},
    }));
    let expected = json!({"department": "X", "manager": {"value": "m"}});
    assert_eq!(resource.get(ENTERPRISE), Some(&expected));
    let unknown = json!({"Any": {"else": 1}});
    assert_eq!(resource.get("urn:x:ext:2.0:User"), Some(&unknown));
    let schemas = json!([USER.schema.id, ENTERPRISE, "urn:x:ext:2.0:User"]);
    assert_eq!(resource.get("schemas"), Some(&schemas));
}

#[test]
fn schemas_are_computed() {
    let body = json!({
        "SCHEMAS": [ENTERPRISE, "http://schemas.microsoft.com/2006/11/X", USER.schema.id.to_uppercase()],
        "userName": "a", (ENTERPRISE): {},
    });
    let resource = Resource::parse(&USER, body).expect("a valid User");
    assert_eq!(resource.get("schemas"), Some(&json!([USER.schema.id])));
}

#[test]
fn without_schemas_the_core_schema_is_meant() {
    let resource = Resource::parse(&USER, json!({"userName": "a"})).expect("a valid User");
    assert_eq!(resource.get("schemas"), Some(&json!([USER.schema.id])));
}

#[test]
fn what_identifies_nothing_is_dropped() {
    let manager = |manager: Value| json!({"userName": "a", (ENTERPRISE): {"manager": manager}});
    for nobody in [
        json!({"value": ""}),
        json!({"value": null}),
        json!({"value": "", "$ref": "../Users/"}),
        json!(""),
    ] {
        check(manager(nobody), json!({"userName": "a"}));
    }
    let emails = |emails: Value| json!({"userName": "a", "emails": emails});
    let work = json!({"value": "A@b", "type": "work"});
    for (sent, kept) in [
        (
            json!([work, {"value": null, "type": "home", "primary": false}]),
            json!([work]),
        ),
        (json!([{"value": "", "type": "home"}, work]), json!([work])),
        (
            json!([work, {"value": "a@B", "type": "WORK", "display": "x"}]),
            json!([work]),
        ),
        (json!([work, null, work]), json!([work])),
        (
            json!([work, {"value": "A@b", "type": "home"}, {"value": "A@b"}]),
            json!([work, {"value": "A@b", "type": "home"}, {"value": "A@b"}]),
        ),
    ] {
        check(emails(sent), emails(kept));
    }
    check(
        emails(json!([{"type": "home", "primary": true}])),
        json!({"userName": "a"}),
    );
    let streets = json!([{"type": "home"}, {"locality": "B", "country": "D"}, {"country": "D", "locality": "B"}]);
    check(
        json!({"userName": "a", "addresses": streets}),
        json!({"userName": "a", "addresses": [{"locality": "B", "country": "D"}]}),
    );
}

#[test]
fn an_address_is_not_json() {
    for text in ["{\"value\": \"a@b\"}", " [\"a@b\"]"] {
        let body = json!({"userName": "a", "emails": [{"value": text}]});
        refuse(&USER, body, "invalidValue", "emails.value");
        let roles = json!({"userName": "a", "roles": [{"value": text}]});
        check(roles.clone(), roles);
    }
    let odd = json!({"userName": "a", "emails": [{"value": "{ada}@b"}]});
    check(odd.clone(), odd);
}

#[test]
fn members_are_users() {
    let members = json!([
        {"value": "1", "type": "Device", "$ref": "https://x.test/v2/Devices/1", "display": "D"},
        {"value": "2", "type": "user", "$ref": "https://x.test/v2/Users/2"},
        {"value": "3", "$ref": "https://x.test/v2/Users/4"},
    ]);
    let group = parse(&GROUP, json!({"displayName": "g", "members": members}));
    let expected = json!([
        {"value": "1", "display": "D"},
        {"value": "2", "type": "User", "$ref": "https://x.test/v2/Users/2"},
        {"value": "3"},
    ]);
    assert_eq!(group.expect("a Group").get("members"), Some(&expected));
    let nobody = json!({"displayName": "g", "members": [null]});
    refuse(&GROUP, nobody, "invalidValue", "members");
}

#[test]
fn a_path_is_no_extension() {
    check(
        json!({"userName": "a", (format!("{ENTERPRISE}.manager")): {"value": "1"}}),
        json!({"userName": "a"}),
    );
}

#[test]
fn refused() {
    refuse(
        &USER,
        json!({"schemas": null, "userName": "a"}),
        "invalidSyntax",
        "schemas",
    );
    refuse(
        &USER,
        json!({"schemas": "x", "userName": "a"}),
        "invalidSyntax",
        "schemas",
    );
    refuse(
        &USER,
        json!({"schemas": [], "userName": "a"}),
        "invalidValue",
        "schemas",
    );
    refuse(
        &USER,
        json!({"schemas": [GROUP.schema.id], "userName": "a"}),
        "invalidValue",
        "schemas",
    );
    refuse(
        &USER,
        json!({"displayName": "a"}),
        "invalidValue",
        "userName",
    );
    refuse(&USER, json!({"userName": " "}), "invalidValue", "userName");
    refuse(&USER, json!({"userName": null}), "invalidValue", "userName");
    refuse(
        &USER,
        json!({"userName": "a", "emails": [5]}),
        "invalidValue",
        "emails",
    );
    refuse(
        &USER,
        json!({"userName": "a", (ENTERPRISE): "x"}),
        "invalidValue",
        ENTERPRISE,
    );
    refuse(
        &GROUP,
        json!({"members": []}),
        "invalidValue",
        "displayName",
    );
    refuse(
        &GROUP,
        json!({"displayName": "g", "members": [{}, {"display": "x"}]}),
        "invalidValue",
        "members",
    );
    refuse(
        &USER,
        json!({"userName": "a", "title": "x".repeat(MAX_RESOURCE_BYTES)}),
        "invalidValue",
        "large",
    );
    for body in [json!([]), json!(null), json!("x"), json!(1)] {
        let error = Resource::parse(&USER, body);
        assert!(matches!(error, Err(Error::InvalidSyntax(_))), "{error:?}");
    }
}

#[test]
fn members_do_not_count_for_the_size() {
    let members: Vec<Value> = (0..10_000)
        .map(|n| json!({"value": format!("{n:036}")}))
        .collect();
    assert!(parse(&GROUP, json!({"displayName": "g", "members": members})).is_ok());
}

#[test]
fn put() {
    let mut old = user(json!({
        "userName": "a", "title": "t", "active": false, "urn:x:e": {"a": 1}, "externalId": "e",
    }));
    old.set("id", json!("1"));
    old.set("meta", json!({"version": "W/\"1\""}));
    old.set("groups", json!([{"value": "g"}]));
    let new = old
        .replaced_by(user(json!({"userName": "b", "nickName": "n"})))
        .expect("a valid PUT");
    let expected = json!({
        "schemas": [USER.schema.id], "id": "1", "meta": {"version": "W/\"1\""},
        "groups": [{"value": "g"}], "userName": "b", "nickName": "n", "active": false,
    });
    assert_eq!(Value::Object(new.into_attributes()), expected);
    let back = old.replaced_by(user(json!({"userName": "a", "active": true})));
    assert_eq!(back.expect("a valid PUT").get("active"), Some(&json!(true)));
}

#[test]
fn set_and_remove() {
    let mut resource = user(json!({"userName": "a"}));
    resource.set("groups", json!([{"value": "g", "display": null}]));
    assert_eq!(resource.get("groups"), Some(&json!([{"value": "g"}])));
    resource.set("groups", json!([]));
    assert_eq!(resource.get("groups"), None);
    assert_eq!(resource.remove("userName"), Some(json!("a")));
    assert_eq!(resource.remove("userName"), None);
}

#[test]
fn strings() {
    let resource = user(json!({
        "userName": "a", "emails": [{"value": "x", "type": "work"}, "y"],
        (ENTERPRISE): {"manager": "m"},
    }));
    let check = |path: &str, expected: &[&str]| {
        let path = AttrPath::parse(&USER, path).expect("a path");
        assert_eq!(resource.strings(&path), expected, "{path}");
    };
    check("userName", &["a"]);
    check("emails", &["x", "y"]);
    check("emails.value", &["x", "y"]);
    check("emails.type", &["work"]);
    check("manager", &["m"]);
    check("title", &[]);
    check("active", &[]);
}
