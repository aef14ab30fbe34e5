//! Tests of operations on the members `a` and `b`, and properties.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::patch::{PATCH_OP_URN, Patch};
use crate::schema::GROUP;

fn change(operations: Value) -> Result<Option<MemberChange>, Error> {
    let body = json!({"schemas": [PATCH_OP_URN], "Operations": operations});
    Ok(Patch::parse(&GROUP, body)?.split_members().1)
}

fn op(op: &str, path: &str, value: Value) -> Value {
    json!([{"op": op, "path": path, "value": value}])
}

fn members(ids: &[&str]) -> BTreeMap<String, Value> {
    let member = |id: &&str| (id.to_string(), json!({"value": id, "type": "User"}));
    ids.iter().map(member).collect()
}

/// Checks which of the members `a` and `b` remain, and which members are new.
fn check(operations: Value, expected: &[&str], needs_current: bool) {
    let change = change(operations.clone())
        .expect("a valid PATCH")
        .expect("a change");
    let wanted = change
        .fold(&members(&["a", "b"]))
        .expect("a change that fits");
    let ids: Vec<&str> = wanted.keys().map(String::as_str).collect();
    assert_eq!(ids, expected, "{operations}");
    assert_eq!(change.needs_current(), needs_current, "{operations}");
}

#[test]
fn adding() {
    check(
        op("Add", "members", json!([{"$ref": null, "value": "c"}])),
        &["a", "b", "c"],
        false,
    );
    check(
        op("add", "members", json!({"value": "c"})),
        &["a", "b", "c"],
        false,
    );
    check(op("add", "Members", json!("c")), &["a", "b", "c"], false);
    check(
        op("add", "members", json!(["a", "c", "c"])),
        &["a", "b", "c"],
        false,
    );
    check(
        op("add", "members.value", json!("c")),
        &["a", "b", "c"],
        false,
    );
    check(
        json!([{"op": "add", "value": {"members": [{"value": "c"}]}}]),
        &["a", "b", "c"],
        false,
    );
}

#[test]
fn removing() {
    check(
        op(
            "Remove",
            "members",
            json!([{"$ref": null, "value": "a"}, {"value": "z"}]),
        ),
        &["b"],
        false,
    );
    check(op("remove", "members", json!(["a"])), &["b"], false);
    check(
        op("remove", "members[value eq \"a\"]", json!(null)),
        &["b"],
        false,
    );
    check(
        op(
            "remove",
            "members[value eq \"a\" or value eq \"b\"]",
            json!(null),
        ),
        &[],
        false,
    );
    check(
        op(
            "remove",
            "members[value eq \"a\" and type eq \"Group\"]",
            json!(null),
        ),
        &["a", "b"],
        false,
    );
    check(
        op("remove", "members[type eq \"user\"]", json!(null)),
        &[],
        true,
    );
    check(
        op("remove", "members[value ne \"a\"]", json!(null)),
        &["a"],
        true,
    );
    check(json!([{"op": "remove", "path": "members"}]), &[], true);
}

#[test]
fn replacing() {
    check(
        op(
            "replace",
            "members",
            json!([{"value": "b"}, {"value": "c"}]),
        ),
        &["b", "c"],
        true,
    );
    check(op("replace", "members", json!([])), &[], true);
    check(op("replace", "members", json!(null)), &[], true);
    check(
        json!([{"op": "replace", "value": {"id": "g", "members": [{"value": "c"}]}}]),
        &["c"],
        true,
    );
    check(
        op("replace", "members[value eq \"a\"]", json!(null)),
        &["b"],
        false,
    );
}

#[test]
fn in_order() {
    let both = json!([
        {"op": "remove", "path": "members[value eq \"a\"]"},
        {"op": "add", "path": "members", "value": ["a", "c"]},
        {"op": "remove", "path": "members", "value": ["b"]},
    ]);
    check(both, &["a", "c"], false);
    let emptied_first = json!([
        {"op": "remove", "path": "members"}, {"op": "add", "path": "members", "value": "c"},
    ]);
    check(emptied_first, &["c"], true);
}

#[test]
fn updating() {
    let fold = |operations| {
        let change = change(operations)?.expect("a change");
        assert!(!change.needs_current());
        change.fold(&members(&["a"]))
    };
    let display = |id: &str| {
        op(
            "replace",
            &format!("members[value eq \"{id}\"].display"),
            json!("A"),
        )
    };
    let named = json!({"value": "a", "type": "User", "display": "A"});
    assert_eq!(fold(display("a")).expect("a member")["a"], named);
    let made = json!({"value": "c", "display": "A"});
    assert_eq!(fold(display("c")).expect("a new member")["c"], made);
    let untyped = fold(json!([{"op": "remove", "path": "members[value eq \"a\"].type"}]));
    assert_eq!(untyped.expect("a member")["a"], json!({"value": "a"}));
    let whole = fold(op(
        "add",
        "members[value eq \"c\"]",
        json!({"value": "c", "type": "User"}),
    ));
    assert_eq!(
        whole.expect("a new member")["c"],
        json!({"value": "c", "type": "User"})
    );
}

#[test]
fn adding_again_keeps_what_is_known() {
    let again = change(op(
        "add",
        "members",
        json!([{"value": "a", "display": "A"}]),
    ));
    let wanted = again
        .expect("valid")
        .expect("a change")
        .fold(&members(&["a"]));
    let expected = json!({"value": "a", "type": "User", "display": "A"});
    assert_eq!(wanted.expect("fits")["a"], expected);
}

#[test]
fn nothing_to_do() {
    for operations in [
        op("remove", "members", json!([])),
        op("add", "members", json!([])),
        op("add", "members", json!(null)),
        op("replace", "displayName", json!("x")),
        op("replace", "members[value eq \"a\"].type", json!("Device")),
        op("add", "members.$ref", json!("https://x.test/Devices/1")),
        json!([{"op": "add", "value": {"memebers": [{"value": "a"}]}}]),
    ] {
        assert_eq!(change(operations.clone()), Ok(None), "{operations}");
    }
}

#[test]
fn refused() {
    let refuse = |operations: Value, scim_type: &str| {
        let error = change(operations.clone())
            .and_then(|change| change.expect("a change").fold(&members(&["a"])));
        let error = error.expect_err(&operations.to_string());
        assert_eq!(error.scim_type(), Some(scim_type), "{operations}");
    };
    refuse(
        op("add", "members", json!([{"display": "x"}])),
        "invalidValue",
    );
    refuse(
        op("replace", "members", json!([{"value": ""}])),
        "invalidValue",
    );
    refuse(
        op("remove", "members", json!([{"display": "x"}])),
        "invalidValue",
    );
    refuse(op("add", "members", json!(1)), "invalidValue");
    refuse(
        op("replace", "members[value eq \"a\"].value", json!("b")),
        "mutability",
    );
    refuse(
        json!([{"op": "remove", "path": "members.value"}]),
        "mutability",
    );
    refuse(
        op("replace", "members[type eq \"Robot\"].display", json!("x")),
        "noTarget",
    );
    let scan = op("remove", "members[type eq \"x\"]", json!(null))[0].clone();
    refuse(
        Value::Array(vec![scan; crate::limits::MAX_MEMBER_SCANS + 1]),
        "tooMany",
    );
}

fn operations() -> impl Strategy<Value = Vec<Value>> {
    let ids = prop::sample::subsequence(vec!["a", "b", "c", "d"], 1..3);
    let one = (ids, 0..3).prop_map(|(ids, kind)| match kind {
        0 => json!({"op": "add", "path": "members", "value": ids}),
        1 => json!({"op": "remove", "path": "members", "value": ids}),
        _ => json!({"op": "remove", "path": format!("members[value eq \"{}\"]", ids[0])}),
    });
    prop::collection::vec(one, 1..6)
}

proptest! {
    #[test]
    fn adds_and_removes_need_the_named_members_only(
        operations in operations(),
        present in prop::sample::subsequence(vec!["a", "b", "c", "d", "e"], 0..5),
    ) {
        let change = change(Value::Array(operations)).unwrap().expect("a change");
        prop_assert!(!change.needs_current());
        let all = members(&present);
        let mut named = all.clone();
        named.retain(|id, _| change.ids().contains(id.as_str()));
        let mut wanted = change.fold(&all).unwrap();
        wanted.retain(|id, _| change.ids().contains(id.as_str()));
        prop_assert_eq!(change.fold(&named).unwrap(), wanted);
    }

    #[test]
    fn a_change_folded_twice_is_a_change_folded_once(
        operations in operations(),
        present in prop::sample::subsequence(vec!["a", "b", "c", "d", "e"], 0..5),
    ) {
        let change = change(Value::Array(operations)).unwrap().expect("a change");
        let once = change.fold(&members(&present)).unwrap();
        let twice = change.fold(&once).unwrap();
        prop_assert!(twice.keys().eq(once.keys()));
    }
}
