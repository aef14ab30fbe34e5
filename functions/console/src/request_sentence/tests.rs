//! What requests of identity providers are told as.

use super::*;
use serde_json::{Value, json};

fn names() -> Names {
    let known = [("u", "Maya Chen"), ("g", "Finance")];
    Names::known(
        known
            .map(|(id, name)| (id.to_owned(), name.to_owned()))
            .into(),
    )
}

fn request(method: &str, target: &str, status: u16, body: Value) -> LoggedRequest {
    let mut request = LoggedRequest::new(method, target, status);
    request.sent = (!body.is_null()).then(|| body.to_string());
    request.connection_id = "c".to_owned();
    request
}

fn patch(operations: Value) -> Value {
    json!({"Operations": operations})
}

#[test]
fn a_success_says_what_it_did() {
    let off = patch(json!([{"op": "replace", "path": "active", "value": false}]));
    let three = json!([{"value": "a"}, {"value": "b"}, {"value": "c"}]);
    let join = patch(json!([{"op": "add", "path": "members", "value": three}]));
    let one = patch(json!([{"op": "add", "path": "members", "value": [{"value": "u"}]}]));
    let leave = patch(json!([{"op": "remove", "path": "members[value eq \"u\"]"}]));
    let title = patch(json!([{"op": "replace", "path": "title", "value": "x"}]));
    let none = Value::Null;
    for (method, target, body, changes, found, expected) in [
        (
            "PATCH",
            "/Users/u",
            off.clone(),
            "user.deactivated",
            None,
            "Deactivated Maya Chen",
        ),
        (
            "PATCH",
            "/Users/u",
            off,
            "",
            None,
            "Sent Maya Chen, nothing changed",
        ),
        (
            "PATCH",
            "/Users/u",
            title.clone(),
            "user.updated",
            None,
            "Changed title of Maya Chen",
        ),
        (
            "PUT",
            "/Users/u",
            json!({"userName": "m"}),
            "user.updated",
            None,
            "Changed Maya Chen",
        ),
        (
            "PATCH",
            "/Users/u",
            title,
            "brake.held",
            None,
            "Held: a change of Maya Chen",
        ),
        (
            "PATCH",
            "/Groups/g",
            join,
            "group.members_changed",
            None,
            "Added 3 members to Finance",
        ),
        (
            "PATCH",
            "/Groups/g",
            one,
            "group.members_changed",
            None,
            "Added Maya Chen to Finance",
        ),
        (
            "PATCH",
            "/Groups/g",
            leave,
            "group.members_changed",
            None,
            "Removed Maya Chen from Finance",
        ),
        (
            "POST",
            "/Users",
            json!({"userName": "m", "displayName": "Mo"}),
            "user.created",
            None,
            "Added Mo",
        ),
        (
            "POST",
            "/Groups",
            json!({"displayName": "Sales"}),
            "group.created",
            None,
            "Added group Sales",
        ),
        (
            "DELETE",
            "/Users/gone",
            none.clone(),
            "user.deleted",
            None,
            "Deleted a person",
        ),
        (
            "GET",
            "/Users?filter=userName+eq+%22m%40x%22",
            none.clone(),
            "",
            Some(0),
            "Searched for m@x: no match",
        ),
        (
            "GET",
            "/Users?filter=userName+eq+%22m%40x%22",
            none.clone(),
            "",
            Some(1),
            "Searched for m@x: found",
        ),
        (
            "GET",
            "/Groups?filter=displayName+eq+%22F%22",
            none.clone(),
            "",
            None,
            "Searched for group F",
        ),
        (
            "GET",
            "/Users",
            none.clone(),
            "",
            Some(2_016),
            "Listed people: 2,016 in all",
        ),
        ("GET", "/Users/u", none.clone(), "", None, "Read Maya Chen"),
        (
            "GET",
            "/Schemas",
            none.clone(),
            "",
            None,
            "Read what the service offers",
        ),
    ] {
        let mut request = request(method, target, 200, body);
        request.changes = vec![changes.to_owned()];
        request.changes.retain(|one| !one.is_empty());
        request.found = found;
        assert_eq!(Told::of(&request).sentence(&names()).plain(), expected);
    }
}

#[test]
fn a_failure_says_what_it_could_not_do_and_why() {
    let off = patch(json!([{"op": "replace", "path": "active", "value": false}]));
    let rania = json!({"userName": "rania", "displayName": "Rania Khoury"});
    for (method, target, status, scim_type, body, expected) in [
        (
            "POST",
            "/Users",
            409,
            "uniqueness",
            rania,
            "Could not add Rania Khoury: user name taken",
        ),
        (
            "PATCH",
            "/Users/x",
            404,
            "",
            off,
            "Could not deactivate an unknown person: the ID belongs to no one here",
        ),
        (
            "GET",
            "/Users?filter=nonsense",
            400,
            "invalidFilter",
            Value::Null,
            "Could not search for nonsense: the filter is not supported",
        ),
    ] {
        let mut request = request(method, target, status, body);
        request.scim_type = Some(scim_type.to_owned()).filter(|text| !text.is_empty());
        let told = Told::of(&request);
        assert_eq!(told.sentence(&names()).plain(), expected);
        assert_eq!((told.cause(), told.icon()), (None, "circle-x"));
    }
}

#[test]
fn a_success_in_part_has_a_line_of_its_own_that_says_so() {
    let three = json!([{"value": "a"}, {"value": "b"}, {"value": "c"}]);
    let join = patch(json!([{"op": "add", "path": "members", "value": three}]));
    let mut request = request("PATCH", "/Groups/g", 204, join);
    request.changes = vec!["group.members_changed".to_owned()];
    assert_eq!(
        Told::of(&request)
            .cause()
            .map(|it| it.told(7, "Finance").plain()),
        Some("Changed the members of Finance 7 times".to_owned())
    );
    request.skipped_members = vec!["c".to_owned()];
    let told = Told::of(&request);
    let said = "Added 3 members to Finance, 1 unknown member left out";
    assert_eq!(told.sentence(&names()).plain(), said);
    assert_eq!(told.cause(), None);
}

#[test]
fn a_name_that_is_cut_or_missing_is_not_made_up() {
    let mut cut = request("PUT", "/Users/x", 200, Value::Null);
    cut.sent = Some(r#"{"userName":"ada","title":"… (cut)"#.to_owned());
    cut.changes = vec!["user.updated".to_owned()];
    let said = Told::of(&cut).sentence(&names());
    assert_eq!(said.plain(), "Changed a deleted person");
}

#[test]
fn a_deletion_names_whom_it_has_deleted() {
    let names = names().and_former([("gone".to_owned(), "Ada".to_owned())].into());
    for (method, target, status, expected) in [
        ("DELETE", "/Users/gone", 204, "Deleted Ada"),
        ("DELETE", "/Users/other", 204, "Deleted a person"),
        ("GET", "/Users/gone", 404, ""),
    ] {
        let request = request(method, target, status, Value::Null);
        let told = Told::of(&request);
        assert_eq!(told.has_deleted(), status == 204);
        let said = told.sentence(&names).plain();
        match expected {
            "" => assert!(!said.contains("Ada"), "{said}"),
            expected => assert_eq!(said.replace(['\u{2068}', '\u{2069}'], ""), expected),
        }
    }
}
