//! Operations on multi-valued attributes and value paths.

use super::*;

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
        json!({"emails": [work()]}),
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
            op(verb, "emails[type eq 'work'].value", json!("x")),
            json!({"emails": [{"type": "work", "value": "x"}]}),
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
