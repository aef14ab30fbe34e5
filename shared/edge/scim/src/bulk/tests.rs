//! Tests of the time of a bulk request. The other tests are in the tests crate, with a table.

use axum::body::to_bytes;
use axum::extract::FromRequestParts;
use http::header::RETRY_AFTER;
use serde_json::{Value, json};

use super::*;
use crate::caller::tests::directory;

/// Sends operations to a function that has no time for them. Returns the header `Retry-After` and the body.
async fn late(operations: Value) -> (Option<String>, Value) {
    let body = json!({"Operations": operations}).to_string();
    let context =
        json!({"tenant": "acme", "token_id": "t", "connection_id": "c", "log_days": "30"});
    let event = json!({
        "path": BULK_PATH, "httpMethod": "POST", "headers": {}, "body": body,
        "requestContext": {"requestId": "r-1", "httpMethod": "POST", "identity": {}, "authorizer": context},
    });
    let request = lambda_http::request::from_str(&event.to_string()).expect("an event");
    let (mut parts, body) = request.into_parts();
    let caller = Authenticated::from_request_parts(&mut parts, &directory()).await;
    let caller = caller.expect("a caller");
    let lambda_http::Body::Text(body) = body else {
        panic!("no text")
    };
    let request = BulkRequest::parse(serde_json::from_str(&body).expect("JSON")).expect("bulk");
    let single = finish(Router::new(), directory());
    let run = Run::new(
        &single,
        Template::of(&parts, caller),
        BaseUrl::of(&parts),
        &request,
    );
    let response = run.all(Instant::now()).await;
    let retry_after = response.headers().get(RETRY_AFTER);
    let retry_after = retry_after.map(|value| value.to_str().expect("text").to_owned());
    let bytes = to_bytes(response.into_body(), usize::MAX)
        .await
        .expect("a body");
    (retry_after, serde_json::from_slice(&bytes).expect("JSON"))
}

#[tokio::test]
async fn what_there_is_no_time_for_is_to_be_sent_again() {
    let (retry_after, body) = late(json!([
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": "a"}},
        {"method": "DELETE", "path": "/Users/bulkId:a"},
        {"method": "GET", "path": "/Users"},
    ]))
    .await;
    assert_eq!(retry_after.as_deref(), Some("1"));
    let statuses: Vec<_> = body["Operations"]
        .as_array()
        .expect("operations")
        .iter()
        .map(|it| &it["status"])
        .collect();
    assert_eq!(statuses, ["503", "503", "400"]);
    assert_eq!(body["Operations"][0]["response"]["status"], "503");
}
