//! Properties of every PATCH.

use proptest::prelude::*;

use super::*;

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
            // the result is canonical: parsing it again changes nothing
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
