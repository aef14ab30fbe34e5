//! Tests of bulk requests: what can be read, which references there are, and the order that resolves them.

use super::BulkStep::{Complete, Run};
use super::*;

fn parsed(operations: Value) -> BulkRequest {
    let body = json!({"schemas": [BULK_REQUEST_URN], "Operations": operations});
    BulkRequest::parse(body).expect("a bulk request")
}

fn post(bulk_id: &str, needs: &[&str]) -> Value {
    let members: Vec<_> = needs
        .iter()
        .map(|id| json!({"value": format!("bulkId:{id}")}))
        .collect();
    json!({"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": {"members": members}})
}

#[test]
fn messages_that_are_no_bulk_request() {
    let operation = json!({"method": "DELETE", "path": "/Users/1"});
    for (body, status, scim_type) in [
        (json!([]), 400, Some("invalidSyntax")),
        (json!({}), 400, Some("invalidSyntax")),
        (json!({"Operations": []}), 400, Some("invalidSyntax")),
        (json!({"Operations": "x"}), 400, Some("invalidSyntax")),
        (
            json!({"schemas": ["urn:x"], "Operations": [operation]}),
            400,
            Some("invalidValue"),
        ),
        (
            json!({"Operations": [operation], "failOnErrors": -1}),
            400,
            Some("invalidValue"),
        ),
        (
            json!({"Operations": [operation], "failOnErrors": "many"}),
            400,
            Some("invalidValue"),
        ),
        (
            json!({"Operations": vec![operation.clone(); 1001]}),
            413,
            None,
        ),
    ] {
        let error = BulkRequest::parse(body).expect_err("refused");
        assert_eq!((error.status(), error.scim_type()), (status, scim_type));
    }
    for (sent, read) in [
        (Value::Null, None),
        (json!(0), Some(1)),
        (json!(2), Some(2)),
        (json!("3"), Some(3)),
    ] {
        let body = json!({"operations": operation, "failonerrors": sent});
        let request = BulkRequest::parse(body).expect("a bulk request");
        assert_eq!(
            (request.fail_on_errors, request.operations.len()),
            (read, 1)
        );
    }
}

#[test]
fn operations_fail_alone() {
    let rows = [
        (json!("x"), Some("invalidSyntax")),
        (json!({}), Some("invalidSyntax")),
        (
            json!({"method": "GET", "path": "/Users/1"}),
            Some("invalidSyntax"),
        ),
        (
            json!({"method": "POST", "path": "/Users"}),
            Some("invalidSyntax"),
        ),
        (
            json!({"method": "POST", "path": "/Users", "bulkId": ""}),
            Some("invalidSyntax"),
        ),
        (
            json!({"method": "POST", "path": "/Users/1", "bulkId": "a"}),
            Some("invalidSyntax"),
        ),
        (
            json!({"method": "POST", "path": "/Users/.search", "bulkId": "b"}),
            Some("invalidSyntax"),
        ),
        (
            json!({"method": "POST", "bulkId": "c"}),
            Some("invalidSyntax"),
        ),
        (
            json!({"method": "PUT", "path": "/Users"}),
            Some("invalidSyntax"),
        ),
        (
            json!({"method": "PATCH", "path": "/Users/1/2"}),
            Some("invalidSyntax"),
        ),
        (json!({"method": "PATCH", "path": 1}), Some("invalidSyntax")),
        (
            json!({"method": "POST", "path": "/Users", "bulkId": "x".repeat(201)}),
            Some("invalidValue"),
        ),
        (
            json!({"method": "POST", "path": "/Users", "bulkId": "twice"}),
            Some("invalidValue"),
        ),
        (
            json!({"method": "POST", "path": "/Users", "bulkId": "twice"}),
            Some("invalidValue"),
        ),
        (
            json!({"method": "post", "path": "Users/", "bulkId": 7}),
            None,
        ),
        (json!({"method": "Delete", "path": "//Users/1/"}), None),
        (
            json!({"method": "PATCH", "path": "/Users/bulkId:a/b?x=y", "bulkId": "twice"}),
            None,
        ),
    ];
    let request = parsed(rows.iter().map(|(sent, _)| sent.clone()).collect());
    for ((sent, expected), read) in rows.iter().zip(&request.operations) {
        let found = read.call.as_ref().err().and_then(Error::scim_type);
        assert_eq!(found, *expected, "{sent}");
    }
    let targets: Vec<_> = request.operations[14..]
        .iter()
        .filter_map(|it| Some(it.call.as_ref().ok()?.target()))
        .collect();
    assert_eq!(targets, ["/Users", "/Users/1", "/Users/bulkId:a/b?x=y"]);
}

#[test]
fn references_are_found_and_resolved() {
    let request = parsed(json!([{
        "method": "PATCH", "path": "/Groups/bulkId:g", "data": {"Operations": [
            {"op": "add", "path": "members", "value": [{"value": "bulkId:u"}, {"value": "1"}]},
            {"op": "remove", "path": "members[value eq \"bulkId:v\" or value eq \"bulkId:unknown\"]"},
            {"op": "add", "path": "bulkId:p", "value": "say bulkId:q"},
        ]},
    }]));
    let call = request.operations[0].call.as_ref().expect("a call");
    assert_eq!(
        call.references(),
        BTreeSet::from(["g", "u", "v", "unknown"])
    );
    let ids = BTreeMap::from([("g", "id-g"), ("u", "id-u"), ("v", "id-v")]);
    let resolved = call.resolved(|id| ids.get(id).copied());
    assert_eq!(resolved.target(), "/Groups/id-g");
    let operations = &resolved.data.expect("data")["Operations"];
    assert_eq!(
        operations[0]["value"],
        json!([{"value": "id-u"}, {"value": "1"}])
    );
    let path = "members[value eq \"id-v\" or value eq \"bulkId:unknown\"]";
    assert_eq!(operations[1]["path"], path);
    assert_eq!(
        operations[2],
        json!({"op": "add", "path": "bulkId:p", "value": "say bulkId:q"})
    );
}

#[test]
fn creations_come_before_what_refers_to_them() {
    for (operations, expected) in [
        (
            json!([post("a", &[]), post("b", &["a"])]),
            vec![Run(0), Run(1)],
        ),
        (
            json!([post("a", &["c"]), post("b", &[]), post("c", &[])]),
            vec![Run(2), Run(0), Run(1)],
        ),
        (
            json!([{"method": "DELETE", "path": "/Users/bulkId:a"}, post("a", &["b"]), post("b", &[])]),
            vec![Run(2), Run(1), Run(0)],
        ),
        (json!([post("a", &["nobody"])]), vec![Run(0)]),
        (json!([post("a", &["a"])]), vec![Run(0), Complete(0)]),
        (
            json!([post("a", &["b"]), post("b", &["a"]), post("c", &["a"])]),
            vec![Run(1), Run(0), Complete(1), Run(2)],
        ),
        (
            json!([post("a", &["b"]), post("b", &["c"]), post("c", &["a", "b"])]),
            vec![Run(2), Run(1), Run(0), Complete(2)],
        ),
    ] {
        assert_eq!(parsed(operations.clone()).steps(), expected, "{operations}");
    }
    let chain = (0..1000).map(|n| post(&n.to_string(), &[&(n + 1).to_string()]));
    let steps = parsed(chain.collect()).steps();
    assert_eq!((steps.len(), steps[0]), (1000, Run(999)));
}

#[test]
fn what_refers_to_a_circle_is_added_afterwards() {
    let request = parsed(
        json!([{"method": "POST", "path": "/Users", "bulkId": "a", "data": {
            "userName": "a", "urn:x:User": {"manager": {"value": "bulkId:b"}, "department": "d"},
        }}]),
    );
    let mut call = request.operations[0].call.clone().expect("a call");
    let later = call.take_referring(&BTreeSet::from(["b"]));
    assert_eq!(call.data, Some(json!({"userName": "a"})));
    let patch = call.completing("1", later).resolved(|_| Some("2"));
    assert_eq!(
        (patch.method, patch.target().as_str()),
        ("PATCH", "/Users/1")
    );
    let added = json!({"urn:x:User": {"manager": {"value": "2"}, "department": "d"}});
    assert_eq!(patch.data.expect("data")["Operations"][0]["value"], added);
}

#[test]
fn the_response_says_what_became_of_each() {
    let request = parsed(json!([post("a", &[]), {"method": "brew", "path": "/Users/1"}]));
    let outcomes = [
        BulkOutcome {
            status: 201,
            location: Some("https://x.test/Groups/1".to_owned()),
            version: Some("W/\"1\"".to_owned()),
            error: None,
        },
        BulkOutcome {
            status: 400,
            location: None,
            version: None,
            error: Some(json!({"status": "400"})),
        },
    ];
    let response = bulk_response(request.operations.iter().zip(&outcomes));
    let expected = json!({"schemas": [BULK_RESPONSE_URN], "Operations": [
        {"method": "POST", "bulkId": "a", "version": "W/\"1\"", "location": "https://x.test/Groups/1", "status": "201"},
        {"method": "BREW", "status": "400", "response": {"status": "400"}},
    ]});
    assert_eq!(response, expected);
}
