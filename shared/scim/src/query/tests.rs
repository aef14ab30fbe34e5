//! Tests of list requests: parameters and the parsed query.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::schema::USER;

fn parse(pairs: &[(&str, &str)]) -> Result<Query, Error> {
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()));
    Query::from_pairs(&USER, pairs)
}

fn check(pairs: &[(&str, &str)], start_index: u64, count: Option<u64>) {
    let query = parse(pairs).expect("a valid query");
    assert_eq!(
        (query.start_index, query.count),
        (start_index, count),
        "{pairs:?}"
    );
}

#[test]
fn pages() {
    check(&[], 1, None);
    check(&[("startIndex", "3"), ("count", "2")], 3, Some(2));
    check(&[("STARTINDEX", "0"), ("Count", "-5")], 1, Some(0));
    check(&[("startIndex", "-1"), ("count", "0")], 1, Some(0));
    check(&[("startIndex", ""), ("count", " ")], 1, None);
    check(&[("count", "1000000")], 1, Some(MAX_RESULTS));
    check(
        &[("startIndex", "99999999999999999999999")],
        crate::limits::MAX_START_INDEX,
        None,
    );
    check(&[("count", "1"), ("count", "2")], 1, Some(2));
    check(&[("aadOptscim062020", ""), ("unknown", "x")], 1, None);
}

#[test]
fn refused() {
    let check = |name: &str, value: &str, scim_type: &str| {
        let error = parse(&[(name, value)]).expect_err(value);
        assert_eq!(error.scim_type(), Some(scim_type), "{name}={value}");
    };
    for value in ["x", "1.5", "-", "1e3", "٣"] {
        check("startIndex", value, "invalidValue");
        check("count", value, "invalidValue");
    }
    check("filter", "", "invalidFilter");
    check("filter", "userName", "invalidFilter");
    check("sortBy", "a b", "invalidValue");
    check("attributes", "a b", "invalidValue");
}

#[test]
fn a_search_request_means_what_the_query_string_means() {
    let body = json!({
        "schemas": [SEARCH_REQUEST_URN], "Filter": "title pr", "sortBy": "userName", "sortOrder": "descending",
        "startIndex": 2, "count": 5, "attributes": ["userName", "emails.value"], "excludedAttributes": null, "x": {},
    });
    let pairs = [
        ("filter", "title pr"),
        ("sortBy", "userName"),
        ("sortOrder", "descending"),
        ("startIndex", "2"),
        ("count", "5"),
        ("attributes", "userName,emails.value"),
    ];
    assert_eq!(Query::from_search_request(&USER, body), parse(&pairs));
}

#[test]
fn what_is_not_a_search_request() {
    let check = |body: Value, scim_type: &str| {
        let error = Query::from_search_request(&USER, body.clone()).expect_err(&body.to_string());
        assert_eq!(error.scim_type(), Some(scim_type), "{body}");
    };
    check(json!([]), "invalidSyntax");
    check(json!({"filter": "title pr"}), "invalidSyntax");
    check(json!({"schemas": ["urn:x:y"]}), "invalidValue");
    for member in [json!({"a": 1}), json!(true), json!([1])] {
        check(
            json!({"schemas": [SEARCH_REQUEST_URN], "attributes": member}),
            "invalidValue",
        );
    }
    check(
        json!({"schemas": [SEARCH_REQUEST_URN], "count": 1.5}),
        "invalidValue",
    );
}

#[test]
fn cursors() {
    let cursor = |pairs: &[(&str, &str)]| parse(pairs).expect("a valid query").cursor;
    assert_eq!(cursor(&[("count", "1")]), None);
    assert_eq!(cursor(&[("cursor", "")]), Some(String::new()));
    assert_eq!(
        cursor(&[("Cursor", "a-b.c_d~"), ("startIndex", "9")]),
        Some("a-b.c_d~".to_owned())
    );
    for (body, expected) in [
        (json!({"cursor": ""}), Some("")),
        (json!({"cursor": "x"}), Some("x")),
        (json!({"cursor": null}), None),
        (json!({}), None),
    ] {
        let mut body = body;
        body["schemas"] = json!([SEARCH_REQUEST_URN]);
        let query = Query::from_search_request(&USER, body).expect("a valid query");
        assert_eq!(query.cursor.as_deref(), expected);
    }
    for count in ["x", "1.5"] {
        let error = parse(&[("cursor", ""), ("count", count)]).expect_err(count);
        assert_eq!(error.scim_type(), Some("invalidCount"));
    }
}

proptest! {
    #[test]
    fn any_value_is_read_or_refused(place in 0..PARAMETERS.len(), value in any::<String>()) {
        let _ = parse(&[("sortBy", "title"), (PARAMETERS[place], &value)]);
    }
}
