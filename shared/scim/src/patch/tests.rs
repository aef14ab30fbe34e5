//! What a PATCH makes of a resource: one row per rule of RFC 7644 §3.5.2 and per dialect.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::schema::{ENTERPRISE_USER_SCHEMA, GROUP, USER};

const ENTERPRISE: &str = ENTERPRISE_USER_SCHEMA.id;

fn resource(rt: &'static ResourceType, mut body: Value) -> Resource {
    if rt == &USER {
        body["userName"] = json!("ada");
    } else {
        body["displayName"] = json!("group");
    }
    body["schemas"] = json!([rt.schema.id]);
    Resource::parse(rt, body).expect("a valid resource")
}

fn parse(rt: &'static ResourceType, operations: Value) -> Result<Patch, Error> {
    let body = json!({"schemas": [PATCH_OP_URN], "Operations": operations});
    Patch::parse(rt, body)
}

fn run(rt: &'static ResourceType, before: Value, operations: Value) -> Result<Resource, Error> {
    parse(rt, operations)?.apply(&resource(rt, before))
}

/// Checks a PATCH of a User, `userName` and `schemas` left out of before and after.
fn check(before: Value, operations: Value, after: Value) {
    let patched =
        run(&USER, before, operations.clone()).unwrap_or_else(|e| panic!("{operations}: {e}"));
    assert_eq!(patched, resource(&USER, after), "{operations}");
}

fn refuse(before: Value, operations: Value, scim_type: &str) {
    let error = run(&USER, before, operations.clone()).expect_err(&operations.to_string());
    assert_eq!(error.scim_type(), Some(scim_type), "{operations}: {error}");
}

fn op(op: &str, path: &str, value: Value) -> Value {
    json!([{"op": op, "path": path, "value": value}])
}

fn work() -> Value {
    json!({"value": "a@work", "type": "work", "primary": true})
}

fn home() -> Value {
    json!({"value": "a@home", "type": "home"})
}

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
fn multi_valued_attributes() {
    let before = json!({"emails": [work()]});
    let both = json!({"emails": [work(), home()]});
    check(
        before.clone(),
        op("add", "emails", json!([home()])),
        both.clone(),
    );
    check(before.clone(), op("add", "emails", home()), both.clone());
    check(
        both.clone(),
        op("add", "emails", json!([home()])),
        both.clone(),
    );
    check(
        both.clone(),
        op("replace", "emails", json!([home()])),
        json!({"emails": [home()]}),
    );
    check(both.clone(), op("replace", "emails", json!([])), json!({}));
    check(both.clone(), op("add", "emails", json!([])), both.clone());
    check(
        both.clone(),
        json!([{"op": "remove", "path": "emails"}]),
        json!({}),
    );
    check(
        both.clone(),
        op("remove", "emails", json!([{"value": "A@HOME"}])),
        before.clone(),
    );
    check(
        both.clone(),
        op("remove", "emails", json!("a@home")),
        before.clone(),
    );
    check(
        both.clone(),
        op("remove", "emails", json!({"type": "home"})),
        before.clone(),
    );
    check(
        both.clone(),
        op(
            "remove",
            "emails",
            json!([{"value": "a@home", "type": "work"}]),
        ),
        both.clone(),
    );
    check(
        both.clone(),
        op("remove", "emails", json!([])),
        both.clone(),
    );
    check(
        both.clone(),
        op("replace", "emails.display", json!("d")),
        json!({"emails": [
            {"value": "a@work", "type": "work", "primary": true, "display": "d"},
            {"value": "a@home", "type": "home", "display": "d"},
        ]}),
    );
    check(
        json!({}),
        op("add", "emails.value", json!("x")),
        json!({"emails": [{"value": "x"}]}),
    );
    check(
        json!({"emails": [{"type": "work"}]}),
        op("remove", "emails.type", json!(null)),
        json!({}),
    );
}

#[test]
fn value_paths() {
    let both = json!({"emails": [work(), home()]});
    check(
        both.clone(),
        op("Replace", "emails[type eq \"work\"].value", json!("new")),
        json!({"emails": [{"value": "new", "type": "work", "primary": true}, home()]}),
    );
    check(
        both.clone(),
        json!([{"op": "remove", "path": "emails[type eq \"work\"]"}]),
        json!({"emails": [home()]}),
    );
    check(
        both.clone(),
        json!([{"op": "remove", "path": "emails[type eq \"fax\"]"}]),
        both.clone(),
    );
    check(
        both.clone(),
        json!([{"op": "remove", "path": "emails[type eq \"work\"].primary"}]),
        json!({"emails": [{"value": "a@work", "type": "work"}, home()]}),
    );
    check(
        both.clone(),
        op(
            "replace",
            "emails[type eq \"work\"]",
            json!({"value": "new"}),
        ),
        json!({"emails": [{"type": "work", "value": "new"}, home()]}),
    );
    check(
        both.clone(),
        op("add", "emails[type eq \"work\"]", json!({"display": "d"})),
        json!({"emails": [{"value": "a@work", "type": "work", "primary": true, "display": "d"}, home()]}),
    );
    check(
        both.clone(),
        op("replace", "emails[value co \"@\"].type", json!("x")),
        json!({"emails": [
            {"value": "a@work", "type": "x", "primary": true}, {"value": "a@home", "type": "x"},
        ]}),
    );
    check(
        both.clone(),
        op("replace", "emails[type eq \"home\"].value", json!(null)),
        json!({"emails": [work(), {"type": "home"}]}),
    );
    refuse(
        both.clone(),
        op("replace", "name[givenName eq \"a\"].familyName", json!("x")),
        "invalidPath",
    );
    refuse(
        both,
        op("replace", "userName[value eq \"a\"]", json!("x")),
        "invalidPath",
    );
}

#[test]
fn value_paths_without_a_match() {
    for verb in ["add", "replace"] {
        check(
            json!({"emails": [home()]}),
            op(verb, "emails[type eq \"work\"].value", json!("x")),
            json!({"emails": [home(), {"type": "work", "value": "x"}]}),
        );
        check(
            json!({}),
            op(
                verb,
                "addresses[type eq \"work\" and country eq \"US\"]",
                json!({"locality": "R"}),
            ),
            json!({"addresses": [{"type": "work", "country": "US", "locality": "R"}]}),
        );
        for filter in [
            "type ne \"work\"",
            "type eq \"a\" or type eq \"b\"",
            "value co \"x\"",
            "display eq \"x\" and type eq null",
            "type eq \"a\" and type eq \"b\"",
            "colour eq \"red\"",
            "primary eq \"maybe\"",
            "type pr",
        ] {
            refuse(
                json!({}),
                op(verb, &format!("emails[{filter}].value"), json!("x")),
                "noTarget",
            );
        }
    }
    check(
        json!({}),
        op("replace", "emails[type eq \"work\"].value", json!(null)),
        json!({}),
    );
}

#[test]
fn elements_built_by_several_operations_are_one() {
    check(
        json!({}),
        json!([
            {"op": "Add", "path": "emails[type eq \"work\"].primary", "value": "true"},
            {"op": "Add", "path": "emails[type eq \"work\"].type", "value": "work"},
            {"op": "Add", "path": "emails[type eq \"work\"].value", "value": "a@work"},
        ]),
        json!({"emails": [work()]}),
    );
    check(
        json!({}),
        json!([
            {"op": "Add", "path": "roles[primary eq \"True\"].value", "value": "Admin"},
            {"op": "Add", "path": "roles[primary eq \"True\"].display", "value": "A"},
        ]),
        json!({"roles": [{"primary": true, "value": "Admin", "display": "A"}]}),
    );
}

#[test]
fn the_new_primary_clears_the_others() {
    let new = json!({"value": "n", "primary": true});
    let old = json!({"value": "a@work", "type": "work", "primary": false});
    check(
        json!({"emails": [work()]}),
        op("add", "emails", json!([new])),
        json!({"emails": [old, new]}),
    );
    check(
        json!({"emails": [work(), home()]}),
        op("replace", "emails[type eq \"home\"].primary", json!("True")),
        json!({"emails": [old, {"value": "a@home", "type": "home", "primary": true}]}),
    );
    check(
        json!({"emails": [old]}),
        op("add", "emails", work()),
        json!({"emails": [work()]}),
    );
    let two = json!([{"value": "1", "primary": true}, {"value": "2", "primary": true}]);
    refuse(json!({}), op("add", "emails", two), "invalidValue");
    refuse(
        json!({"emails": [work(), home()]}),
        op("replace", "emails.primary", json!(true)),
        "invalidValue",
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
fn extensions_nobody_declared() {
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

#[test]
fn what_does_nothing() {
    for path in [
        "password",
        "colour",
        "name.colour",
        "emails[type eq \"work\"].colour",
        "colour[a eq 1].b",
        "schemas",
    ] {
        check(
            json!({"title": "t"}),
            op("add", path, json!("x")),
            json!({"title": "t"}),
        );
        let patch = parse(&USER, op("replace", path, json!("secret"))).expect(path);
        assert!(patch.is_empty(), "{path}");
    }
}

#[test]
fn refused() {
    for path in [
        "id",
        "meta",
        "meta.version",
        "groups",
        "groups[value eq \"g\"]",
        "ID",
    ] {
        refuse(json!({}), op("replace", path, json!("x")), "mutability");
        refuse(
            json!({}),
            json!([{"op": "remove", "path": path}]),
            "mutability",
        );
    }
    refuse(
        json!({}),
        json!([{"op": "remove", "path": "userName"}]),
        "mutability",
    );
    refuse(
        json!({}),
        json!([{"op": "remove", "path": "schemas"}]),
        "mutability",
    );
    refuse(
        json!({}),
        op("replace", "userName", json!(null)),
        "invalidValue",
    );
    refuse(
        json!({}),
        op("replace", "userName", json!(" ")),
        "invalidValue",
    );
    refuse(
        json!({}),
        op("replace", "active", json!("maybe")),
        "invalidValue",
    );
    refuse(
        json!({}),
        op("replace", "name.givenName", json!(1)),
        "invalidValue",
    );
    refuse(
        json!({}),
        json!([{"op": "add", "path": "title"}]),
        "invalidValue",
    );
    refuse(json!({}), json!([{"op": "remove"}]), "noTarget");
    refuse(
        json!({}),
        json!([{"op": "remove", "value": {"title": "x"}}]),
        "noTarget",
    );
    for path in [
        "a b",
        "emails[",
        "emails[type eq \"work\"",
        "..",
        "emails[type is \"x\"]",
    ] {
        refuse(json!({}), op("replace", path, json!("x")), "invalidPath");
    }
    refuse(
        json!({}),
        json!([{"op": "add", "path": 1, "value": 1}]),
        "invalidPath",
    );
    for operations in [
        json!([]),
        json!(null),
        json!("x"),
        json!(["x"]),
        json!([{"path": "title"}]),
        json!([{"op": "move", "path": "title", "value": 1}]),
        json!([{"op": 1}]),
    ] {
        refuse(json!({}), operations, "invalidSyntax");
    }
    let many: Vec<Value> = (0..=MAX_PATCH_OPERATIONS)
        .map(|_| op("add", "title", json!("x"))[0].clone())
        .collect();
    refuse(json!({}), Value::Array(many), "tooMany");
}

#[test]
fn messages() {
    let operation = json!({"OP": "replace", "Path": "title", "VALUE": "x"});
    for body in [
        json!({"Schemas": [PATCH_OP_URN.to_uppercase()], "operations": [operation]}),
        json!({"schemas": [PATCH_OP_URN, "urn:x"], "Operations": operation, "extra": 1}),
    ] {
        assert!(
            Patch::parse(&USER, body.clone()).is_ok_and(|patch| !patch.is_empty()),
            "{body}"
        );
    }
    for (body, scim_type) in [
        (json!({"Operations": [operation]}), "invalidSyntax"),
        (
            json!({"schemas": [], "Operations": [operation]}),
            "invalidValue",
        ),
        (
            json!({"schemas": [USER.schema.id], "Operations": [operation]}),
            "invalidValue",
        ),
        (json!([operation]), "invalidSyntax"),
    ] {
        let error = Patch::parse(&USER, body.clone()).expect_err(&body.to_string());
        assert_eq!(error.scim_type(), Some(scim_type), "{body}");
    }
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

#[test]
fn members_in_a_group_at_hand() {
    let before = json!({"members": ["b", "a"]});
    let check = |operations: Value, after: Value| {
        let patched = run(&GROUP, before.clone(), operations).expect("a valid PATCH");
        assert_eq!(patched, resource(&GROUP, json!({ "members": after })));
    };
    check(op("add", "members", json!("a")), json!(["b", "a"]));
    check(
        op("add", "members", json!(["0", "c"])),
        json!(["b", "a", "0", "c"]),
    );
    check(
        op("remove", "members", json!([{"value": "b"}])),
        json!(["a"]),
    );
    check(op("remove", "members", json!(null)), json!([]));
    check(
        json!([{"op": "replace", "value": {"members": [{"value": "z"}], "id": "1"}}]),
        json!(["z"]),
    );
}

fn values() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!(null),
        json!(""),
        json!("x"),
        json!("True"),
        json!(true),
        json!(1),
        json!([]),
        json!({}),
        json!(["x", "y"]),
        json!({"value": "x", "type": "work"}),
        json!([{"value": "x", "primary": true}, {"value": "y", "display": null}]),
        json!({"givenName": "g", "value": 1}),
        json!({"a": {"b": [1, null]}}),
        json!({"title": "x", "emails": "x"}),
    ])
}

fn paths() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "title",
        "active",
        "name",
        "name.givenName",
        "emails",
        "emails.value",
        "emails[type eq \"work\"].value",
        "emails[type eq \"work\"]",
        "emails[value eq \"x\" and type eq \"work\"].primary",
        "roles[primary eq \"True\"].value",
        "manager",
        "manager.value",
        "userName",
        ENTERPRISE,
        "urn:x:ext:2.0:User:a",
        "urn:x:ext:2.0:User",
        "id",
        "password",
        "members",
        "members[value eq \"x\"]",
        "members[type eq \"x\"].display",
        "displayName",
    ]);
    known.prop_map(str::to_owned)
}

fn operations() -> impl Strategy<Value = Value> {
    let verb = prop::sample::select(vec!["add", "Replace", "remove"]);
    let path = prop_oneof![8 => paths().prop_map(Value::from), 1 => any::<String>().prop_map(Value::from), 1 => Just(json!(null))];
    (verb, path, values())
        .prop_map(|(op, path, value)| json!({"op": op, "path": path, "value": value}))
}

proptest! {
    #[test]
    fn any_message_is_applied_or_refused(
        operations in prop::collection::vec(operations(), 1..6), user in any::<bool>()
    ) {
        let rt = if user { &USER } else { &GROUP };
        let before = if user { json!({"emails": [work()], "name": {"givenName": "g"}}) } else { json!({"members": ["x", "y"]}) };
        if let Ok(patched) = run(rt, before, Value::Array(operations)) {
            // what came out is canonical: reading it again drops and changes nothing
            let again = Resource::parse(rt, Value::Object(patched.attributes().clone()));
            prop_assert_eq!(again, Ok(patched));
        }
    }

    #[test]
    fn an_operation_replayed_changes_nothing(operation in operations()) {
        let before = resource(&USER, json!({"emails": [work(), home()], "title": "t", (ENTERPRISE): {"manager": "m"}}));
        if let Ok(patch) = parse(&USER, json!([operation])) && let Ok(once) = patch.apply(&before) {
            prop_assert_eq!(patch.apply(&once), Ok(once));
        }
    }

    #[test]
    fn any_text_is_a_path_or_not(text in any::<String>()) {
        let _ = parse(&USER, json!([{"op": "replace", "value": {(text.clone()): "x"}}]));
        let _ = parse(&GROUP, op("add", &text, json!("x")));
    }
}
