//! Declarations: which are valid, what a change makes of them, and that the Enterprise extension is one of them.

use serde_json::{Value, json};

use super::*;
use crate::discovery;
use crate::schema::{ENTERPRISE_USER_SCHEMA, Extension};
use crate::{Filter, PATCH_OP_URN, Patch, Projection, Query, Resource, ResourceTypes, USER_SCHEMA};

const URN: &str = "urn:example:scim:acme:2.0:User";

fn declaration(attributes: Value) -> Declaration {
    let text = json!({"urn": URN, "name": "Acme", "attributes": attributes});
    serde_json::from_value(text).expect("a declaration")
}

fn badge() -> Declaration {
    declaration(json!([
        {"name": "badge", "type": "string", "uniqueness": "server"},
        {"name": "level", "type": "integer"},
        {"name": "pin", "type": "string", "returned": "never", "mutability": "writeOnly"},
        {"name": "since", "type": "dateTime", "mutability": "immutable"},
        {"name": "note", "type": "string", "returned": "request", "case_exact": true},
        {"name": "cars", "type": "complex", "multi_valued": true, "sub_attributes": [
            {"name": "plate", "type": "string"}, {"name": "electric", "type": "boolean"}]},
    ]))
}

fn user(extension: Value) -> Value {
    json!({"schemas": [USER_SCHEMA.id, URN], "userName": "ada", (URN): extension})
}

#[test]
fn the_enterprise_extension_is_a_declaration_like_any_other() {
    let enterprise = Declaration::of(&ENTERPRISE_USER_SCHEMA);
    assert_eq!(Declaration::built_in(), std::slice::from_ref(&enterprise));
    let own = Declaration {
        urn: URN.to_owned(),
        ..enterprise
    };
    let made = USER.extended_by(&[own]).extension(URN).expect("a schema");
    assert_eq!(made.attributes, ENTERPRISE_USER_SCHEMA.attributes);
}

#[test]
fn the_same_declaration_is_made_once() {
    let (one, other) = (USER.extended_by(&[badge()]), USER.extended_by(&[badge()]));
    assert!(std::ptr::eq(one, other));
    assert!(std::ptr::eq(USER.extended_by(&[]), &raw const USER));
    assert_eq!(one.extensions.len(), USER.extensions.len() + 1);
}

#[test]
fn what_is_declared_is_valid() {
    assert_eq!(badge().check(), Ok(()));
    for (attributes, says) in [
        (json!([]), "at least one"),
        (
            json!([{"name": "a b", "type": "string"}]),
            "begins with a letter",
        ),
        (
            json!([{"name": "a", "type": "string"}, {"name": "A", "type": "string"}]),
            "twice",
        ),
        (json!([{"name": "a", "type": "complex"}]), "sub_attributes"),
        (
            json!([{"name": "a", "type": "string", "sub_attributes": [{"name": "b", "type": "string"}]}]),
            "sub_attributes",
        ),
        (
            json!([{"name": "a", "type": "complex", "sub_attributes": [{"name": "b", "type": "complex"}]}]),
            "within",
        ),
        (
            json!([{"name": "a", "type": "complex", "sub_attributes": [{"name": "value", "type": "string", "mutability": "immutable"}]}]),
            "leave them out",
        ),
        (
            json!([{"name": "a", "type": "string", "mutability": "readOnly"}]),
            "readOnly",
        ),
        (
            json!([{"name": "a", "type": "string", "mutability": "writeOnly"}]),
            "never",
        ),
        (
            json!([{"name": "a", "type": "string", "uniqueness": "global"}]),
            "server",
        ),
        (
            json!([{"name": "a", "type": "boolean", "uniqueness": "server"}]),
            "unique only as",
        ),
        (
            json!([{"name": "a", "type": "string", "multi_valued": true, "uniqueness": "server"}]),
            "unique only as",
        ),
        (
            json!([{"name": "a", "type": "boolean", "canonical_values": ["x"]}]),
            "only text",
        ),
        (
            json!([{"name": "a", "type": "string", "reference_types": ["uri"]}]),
            "only a reference",
        ),
        (
            json!(
                (0..=MAX_DECLARED_ATTRIBUTES)
                    .map(|n| json!({"name": format!("a{n}"), "type": "string"}))
                    .collect::<Vec<_>>()
            ),
            "at most",
        ),
    ] {
        let refused = declaration(attributes.clone()).check();
        let refused = refused.expect_err(&attributes.to_string());
        assert!(refused.contains(says), "{attributes}: {refused}");
    }
    for urn in [
        "",
        "urn:",
        "urn:x",
        "acme",
        "https://acme.test/x:y:z",
        "urn:x:y z",
        "urn:x:y,z",
        "urn:x:y:",
        "urn:x:y[z",
        "urn:ietf:params:scim:schemas:core:2.0:Badge",
        "URN:ietf:params:scim:api:messages:2.0:X",
    ] {
        let urn = urn.to_owned();
        assert!(
            Declaration {
                urn: urn.clone(),
                ..badge()
            }
            .check()
            .is_err(),
            "{urn}"
        );
    }
}

#[test]
fn urns_collide_when_a_path_could_mean_both() {
    for (other, collides) in [
        (URN, true),
        ("URN:example:scim:ACME:2.0:user", true),
        ("urn:example:scim:acme:2.0:User:badge", true),
        ("urn:example:scim:acme:2.0", true),
        ("urn:example:scim:acme:2.0:UserX", false),
        (ENTERPRISE_USER_SCHEMA.id, false),
    ] {
        assert_eq!(badge().check_beside([other]).is_err(), collides, "{other}");
    }
}

#[test]
fn a_change_keeps_stored_values_valid() {
    let one = |attribute: Value| declaration(json!([attribute]));
    let text = || one(json!({"name": "a", "type": "string"}));
    for (after, refused) in [
        (
            one(json!({"name": "A", "type": "string", "description": "d", "case_exact": true})),
            None,
        ),
        (
            one(json!({"name": "a", "type": "integer"})),
            Some("the type"),
        ),
        (
            one(json!({"name": "a", "type": "string", "multi_valued": true})),
            Some("multi_valued"),
        ),
        (
            one(json!({"name": "a", "type": "string", "required": true})),
            Some("required"),
        ),
        (
            one(json!({"name": "a", "type": "string", "uniqueness": "server"})),
            Some("uniqueness"),
        ),
        (
            one(json!({"name": "b", "type": "string", "required": true})),
            Some("as required"),
        ),
    ] {
        let changed = text().changed_to(after.clone());
        match (changed, refused) {
            (Ok(_), None) => {}
            (Err(Incompatible(says)), Some(part)) => assert!(says.contains(part), "{says}"),
            (changed, _) => panic!("{after:?}: {changed:?}"),
        }
    }
    // What is removed keeps its type.
    let without = text()
        .changed_to(one(json!({"name": "b", "type": "string"})))
        .unwrap();
    assert_eq!(without.attributes.len(), 2);
    assert!(without.attributes[1].removed);
    let again = without.changed_to(one(json!({"name": "a", "type": "integer"})));
    assert!(again.is_err());
    let again = without.changed_to(text()).unwrap();
    assert!(!again.attributes[0].removed && again.attributes[1].removed);
}

#[test]
fn the_types_are_enforced() {
    let rt = USER.extended_by(&[badge()]);
    for (extension, accepted) in [
        (
            json!({"badge": "b", "level": 1, "cars": [{"plate": "X", "electric": "True"}]}),
            true,
        ),
        (json!({"level": "1"}), false),
        (json!({"level": 1.5}), false),
        (json!({"since": "yesterday"}), false),
        (json!({"cars": [{"electric": "perhaps"}]}), false),
        (json!("text"), false),
    ] {
        let parsed = Resource::parse(rt, user(extension.clone()));
        assert_eq!(parsed.is_ok(), accepted, "{extension}: {parsed:?}");
    }
    let parsed = Resource::parse(rt, user(json!({"BADGE": "b", "nothing": 1}))).unwrap();
    assert_eq!(parsed.get(URN), Some(&json!({"badge": "b"})));
}

#[test]
fn returned_says_what_a_response_has() {
    let rt = USER.extended_by(&[badge()]);
    let sent = json!({"badge": "b", "pin": "1234", "note": "n"});
    let ada = Resource::parse(rt, user(sent)).unwrap();
    assert_eq!(ada.get(URN).unwrap()["pin"], "1234");
    let shown = |attributes: Option<&str>| {
        let projection = Projection::parse(rt, attributes, None).unwrap();
        projection.render(&ada, "")[URN].clone()
    };
    assert_eq!(shown(None), json!({"badge": "b"}));
    assert_eq!(
        shown(Some(&format!("{URN}:note,{URN}:pin"))),
        json!({"note": "n"})
    );
    assert_eq!(shown(Some("note")), json!({"note": "n"}));
}

#[test]
fn mutability_holds_in_put_and_patch() {
    let rt = USER.extended_by(&[badge()]);
    let sent = json!({"badge": "b", "pin": "1234", "since": "2020-01-01T00:00:00Z"});
    let ada = Resource::parse(rt, user(sent)).unwrap();
    let put = |extension: Value| ada.replaced_by(Resource::parse(rt, user(extension)).unwrap());
    let kept = put(json!({"level": 2})).unwrap();
    let expected = json!({"level": 2, "pin": "1234", "since": "2020-01-01T00:00:00Z"});
    assert_eq!(kept.get(URN), Some(&expected));
    assert!(put(json!({"since": "2021-01-01T00:00:00Z"})).is_err());
    let patch = |path: &str, value: Value| {
        let operation = json!({"op": "replace", "path": path, "value": value});
        let body = json!({"schemas": [PATCH_OP_URN], "Operations": [operation]});
        Patch::parse(rt, body)?.apply(&ada)
    };
    assert!(patch(&format!("{URN}:since"), json!("2021-01-01T00:00:00Z")).is_err());
    assert!(patch(&format!("{URN}:level"), json!("many")).is_err());
    let patched = patch(
        &format!("{URN}.cars[plate eq \"X\"].electric"),
        json!("True"),
    )
    .unwrap();
    assert_eq!(
        patched.get(URN).unwrap()["cars"],
        json!([{"plate": "X", "electric": true}])
    );
}

#[test]
fn filters_and_orders_use_the_declared_types() {
    let rt = USER.extended_by(&[badge()]);
    let ada = Resource::parse(rt, user(json!({"badge": "B-7", "level": 7, "note": "Nn"}))).unwrap();
    for (filter, expected) in [
        ("badge eq \"b-7\"", true),
        ("level gt 6", true),
        ("note eq \"nn\"", false),
        ("note eq \"Nn\"", true),
        ("cars[electric eq true]", false),
    ] {
        let filter = filter.replace("badge", &format!("{URN}:badge"));
        let parsed = Filter::parse(rt, &filter).unwrap();
        assert_eq!(
            crate::Matcher::new(&parsed, rt).matches(&ada),
            expected,
            "{filter}"
        );
    }
    assert!(Filter::parse(rt, &format!("{URN}:cars.electric gt true")).is_err());
    let pairs = [("sortBy".to_owned(), format!("{URN}:level"))];
    assert!(Query::from_pairs(rt, pairs).unwrap().sort.is_some());
}

#[test]
fn what_is_removed_is_hidden_and_stays() {
    let rt = USER.extended_by(&[badge()]);
    let ada = Resource::parse(rt, user(json!({"badge": "b", "level": 1}))).unwrap();
    let less = badge().changed_to(declaration(
        json!([{"name": "badge", "type": "string", "uniqueness": "server"}]),
    ));
    let rt = USER.extended_by(&[less.unwrap()]);
    let ada = ada.of_type(rt);
    assert_eq!(
        Projection::all().render(&ada, "")[URN],
        json!({"badge": "b"})
    );
    let put = ada
        .replaced_by(Resource::parse(rt, user(json!({"badge": "c"}))).unwrap())
        .unwrap();
    assert_eq!(put.get(URN), Some(&json!({"badge": "c", "level": 1})));
}

#[test]
fn a_late_declaration_does_not_hinder_other_changes() {
    let rt = USER.extended_by(&[declaration(json!([
        {"name": "must", "type": "string", "required": true}, {"name": "may", "type": "string"}]))]);
    let old = Resource::parse(&USER, user(json!({"may": "x"})))
        .unwrap()
        .of_type(rt);
    let patched = |path: &str, value: Value| {
        let operation = json!({"op": "replace", "path": path, "value": value});
        let body = json!({"schemas": [PATCH_OP_URN], "Operations": [operation]});
        Patch::parse(rt, body).unwrap().apply(&old)
    };
    assert!(patched("active", json!(false)).is_ok());
    assert!(patched(&format!("{URN}:may"), json!("y")).is_err());
    assert!(Resource::parse(rt, user(json!({"may": "x"}))).is_err());
}

#[test]
fn unique_values_are_compared_by_the_rules_of_the_attribute() {
    let rt = USER.extended_by(&[badge()]);
    let ada = Resource::parse(rt, user(json!({"badge": "B-7"}))).unwrap();
    let expected = (format!("{URN}:badge"), "b-7".to_owned());
    assert_eq!(rt.unique_values(&ada), [expected]);
    assert_eq!(USER.unique_values(&ada), []);
}

#[test]
fn discovery_shows_a_declared_schema() {
    let types = ResourceTypes::declared(&[badge()]);
    let document = discovery::schema(types, URN, "https://x/scim/v2").expect("a schema");
    assert_eq!(document["attributes"][0]["uniqueness"], "server");
    assert_eq!(
        document["meta"]["location"],
        format!("https://x/scim/v2/Schemas/{URN}")
    );
    let types = discovery::resource_types(types, "");
    assert_eq!(
        types[0]["schemaExtensions"][1],
        json!({"schema": URN, "required": false})
    );
}

#[test]
fn a_declaration_extends_users_or_groups() {
    let of_groups = |resource_type| Declaration {
        urn: "urn:example:scim:acme:2.0:Group".to_owned(),
        resource_type,
        ..badge()
    };
    let declarations = [badge(), of_groups(ExtendedType::Group)];
    let types = ResourceTypes::declared(&declarations);
    let urns = |extensions: &[Extension]| -> Vec<&str> {
        extensions.iter().map(|it| it.schema.id).collect()
    };
    assert_eq!(
        urns(types.users.extensions),
        [ENTERPRISE_USER_SCHEMA.id, URN]
    );
    assert_eq!(
        urns(types.groups.extensions),
        [declarations[1].urn.as_str()]
    );
    let stored = |one: &Declaration| serde_json::to_value(one).expect("JSON");
    assert_eq!(stored(&declarations[0]).get("resource_type"), None);
    assert_eq!(stored(&declarations[1])["resource_type"], "Group");
    let moved = declarations[1].changed_to(of_groups(ExtendedType::User));
    assert!(moved.is_err());
}
