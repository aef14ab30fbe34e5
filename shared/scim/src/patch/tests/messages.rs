//! Requests that have no effect or fail.

use super::*;

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
fn paths_that_name_nothing() {
    for path in [
        "colour",
        "name.colour",
        "emails[type eq \"work\"].colour",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:colour",
    ] {
        refuse(
            json!({}),
            json!([{"op": "remove", "path": path}]),
            "invalidPath",
        );
    }
    for operation in [
        json!({"op": "add", "path": "memebers", "value": [{"value": "a"}]}),
        json!({"op": "replace", "path": "colour", "value": "red"}),
        json!({"op": "remove", "path": "member[value eq \"a\"]"}),
        json!({"op": "remove", "path": "members.colour"}),
        json!({"op": "add", "path": "members[value eq \"a\"].colour", "value": "red"}),
    ] {
        let error = parse(&GROUP, json!([operation])).expect_err("refused");
        assert_eq!(error.scim_type(), Some("invalidPath"), "{operation}");
    }
}

#[test]
fn the_work_of_one_patch_is_bounded() {
    let numbers = |n: usize| {
        let number = |n: usize| json!({"value": format!("+1 555 {n:04}"), "type": "work"});
        json!({"phoneNumbers": (0..n).map(number).collect::<Vec<_>>()})
    };
    let terms = |n: usize| {
        let term = |n: usize| format!("value eq \"x{n}\"");
        (0..n).map(term).collect::<Vec<_>>().join(" or ")
    };
    let removals = |operations: usize, n: usize| {
        let path = format!("phoneNumbers[{}]", terms(n));
        Value::Array(vec![json!({"op": "remove", "path": path}); operations])
    };
    let started = std::time::Instant::now();
    refuse(numbers(1000), removals(900, 45), "tooMany");
    check(numbers(100), removals(900, 5), numbers(100));
    let listed = json!(vec![json!({"value": "x"}); 1000]);
    let pairs = json!(vec![
        json!({"op": "remove", "path": "phoneNumbers", "value": listed});
        10
    ]);
    refuse(numbers(1000), pairs, "tooMany");
    assert!(started.elapsed().as_secs() < 30, "the work is not bounded");
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
