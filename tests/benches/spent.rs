//! What a request of an identity provider spends where, in a local run: in the calls to the table by what they are for, and
//! in the service itself. The table is the embedded database, which an AWS account does not have: there, what counts is
//! the time of the service, and how many calls follow each other.
//!
//! Run with `cargo bench -p rollcall-tests --bench spent`; `tests/peers` runs it too.

// A benchmark that panics says what went wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use rollcall_directory::{Ceilings, Directory, NewTenant, Provider, Settings};
use rollcall_edge_http::HttpFunction;
use rollcall_local::dynamodb::Dynamodb;
use serde_json::{Value, json};

/// How many people there are, and how many of each request are sent.
const PEOPLE: usize = 200;
const REQUESTS: usize = 200;

/// What a call to the table is for, in the order of the columns.
const KINDS: [&str; 5] = [
    "meters",
    "reads",
    "change and journal",
    "log",
    "place of the next page",
];

/// One call: the index of its kind, and its time.
#[derive(Clone, Copy, Debug)]
struct Call {
    kind: usize,
    begun: Instant,
    ended: Instant,
}

/// The calls of a request.
#[derive(Clone, Debug, Default)]
struct Calls(Arc<Mutex<Vec<Call>>>);

impl Calls {
    fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns an HTTP client that notes the time of each call.
    fn timed(&self, inner: SharedHttpClient) -> SharedHttpClient {
        let calls = self.clone();
        http_client_fn(move |settings, components| {
            let inner = inner.http_connector(settings, components);
            let calls = calls.clone();
            SharedHttpConnector::new(Timed { calls, inner })
        })
    }
}

#[derive(Debug)]
struct Timed {
    calls: Calls,
    inner: SharedHttpConnector,
}

impl HttpConnector for Timed {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (calls, begun, kind) = (self.calls.clone(), Instant::now(), kind_of(&request));
        let answered = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answered.await;
            let ended = Instant::now();
            let mut calls = calls.0.lock().unwrap_or_else(PoisonError::into_inner);
            calls.push(Call { kind, begun, ended });
            answer
        })
    }
}

fn kind_of(request: &HttpRequest) -> usize {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let body = request.body().bytes().unwrap_or_default();
    let has = |word: &str| body.windows(word.len()).any(|part| part == word.as_bytes());
    match target.rsplit('.').next() {
        Some("UpdateItem") => 0,
        Some("TransactWriteItems") => 2,
        Some("PutItem" | "BatchWriteItem") if has("http_method") => 3,
        Some("PutItem" | "BatchWriteItem") => 4,
        _ => 1,
    }
}

/// The function for people, with a token.
struct People {
    function: HttpFunction,
    token: String,
    calls: Calls,
}

impl People {
    async fn start() -> People {
        let dynamodb = Dynamodb::in_memory().expect("a database");
        dynamodb.ensure_table().await.expect("a table");
        let calls = Calls::default();
        let timed = dynamodb.client(calls.timed(dynamodb.in_process()));
        let directory = Directory::new(timed, dynamodb.table());
        let new = NewTenant {
            id: "bench".parse().expect("a tenant id"),
            name: "Bench".to_owned(),
            settings: Settings {
                rate_limit: None,
                ..Settings::default()
            },
            ceilings: Ceilings::default(),
        };
        let tenant = directory.create_tenant(new).await.expect("a tenant");
        let credentials = tenant.credentials();
        let connection = credentials.create_connection("idp", Provider::Okta).await;
        let connection = connection.expect("a connection").id;
        let issued = credentials.issue_token(&connection, "token", None).await;
        let token = issued.expect("a token").secret.expose().to_owned();
        People {
            function: rollcall_users::router(directory),
            token,
            calls,
        }
    }

    /// Sends a request without an authorizer, so that the function verifies the token.
    async fn send(&self, method: &str, target: &str, body: &Value) -> Value {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = format!("/scim/v2{path}");
        let event = json!({
            "version": "2.0", "rawPath": path, "rawQueryString": query, "isBase64Encoded": false,
            "headers": {
                "host": "scim.example.com", "authorization": format!("Bearer {}", self.token),
                "content-type": "application/scim+json",
            },
            "requestContext": {
                "requestId": "request-1", "timeEpoch": 0, "http": {"method": method, "path": path},
            },
            "body": body.to_string(),
        });
        let request = lambda_http::request::from_str(&event.to_string()).expect("an event");
        let response = self.function.handle(request).await;
        assert!(response.status().is_success(), "{method} {target}");
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
        serde_json::from_slice(&body.expect("a whole body")).unwrap_or_default()
    }
}

/// Returns the time in which at least one call was under way, and how many followed each other.
fn waited(calls: &[Call]) -> (Duration, usize) {
    let mut sorted = calls.to_vec();
    sorted.sort_by_key(|call| call.begun);
    let (mut time, mut rounds) = (Duration::ZERO, 0);
    let mut until = None;
    for call in sorted {
        let from = match until {
            Some(until) if call.begun < until => until,
            _ => {
                rounds += 1;
                call.begun
            }
        };
        time += call.ended.saturating_duration_since(from);
        until = until.max(Some(call.ended));
    }
    (time, rounds)
}

fn person(number: usize) -> Value {
    let name = format!("ada-{number}@example.com");
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name,
        "name": {"givenName": "Ada", "familyName": "Lovelace"}, "displayName": "Ada Lovelace", "locale": "en-US",
        "emails": [{"primary": true, "value": name, "type": "work"}], "externalId": format!("00u-{name}"), "active": true,
    })
}

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let rows = runtime.expect("a runtime").block_on(rows());
    println!(
        "What a request spends where, in microseconds on average, with the embedded database:\n"
    );
    println!(
        "| request | all | the service | {} | calls one after the other |",
        KINDS.join(" | ")
    );
    println!("|---|---:|---:|{}---:|", "---:|".repeat(KINDS.len()));
    for row in rows {
        println!("{row}");
    }
    println!(
        "\nCalls at the same time count in each of their columns; the service is what none of them takes."
    );
}

/// Sends each request many times, and returns the rows of the table.
async fn rows() -> Vec<String> {
    let people = People::start().await;
    let mut ids = Vec::new();
    for number in 0..PEOPLE {
        let created = people.send("POST", "/Users", &person(number)).await;
        ids.push(created["id"].as_str().expect("an id").to_owned());
    }
    let one = |number: usize| format!("/Users/{}", ids[number % PEOPLE]);
    let named = |number: usize| {
        let name = format!("ada-{}%40example.com", number % PEOPLE);
        format!("/Users?filter=userName%20eq%20%22{name}%22")
    };
    let title = |number: usize| {
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
               "Operations": [{"op": "replace", "path": "title", "value": format!("Countess {number}")}]})
    };
    type Request<'a> = (&'static str, Box<dyn Fn(usize) -> (String, Value) + 'a>);
    let requests: [(&str, Request<'_>); 5] = [
        (
            "POST",
            (
                "POST",
                Box::new(|n| ("/Users".to_owned(), person(PEOPLE + n))),
            ),
        ),
        ("GET by id", ("GET", Box::new(|n| (one(n), Value::Null)))),
        (
            "`userName eq`",
            ("GET", Box::new(|n| (named(n), Value::Null))),
        ),
        (
            "a page of 100",
            (
                "GET",
                Box::new(|_| ("/Users?count=100".to_owned(), Value::Null)),
            ),
        ),
        ("PATCH", ("PATCH", Box::new(|n| (one(n), title(n))))),
    ];
    let mut rows = Vec::new();
    for (name, (method, request)) in requests {
        let (mut all, mut own, mut rounds) = (Duration::ZERO, Duration::ZERO, 0);
        let mut kinds = [Duration::ZERO; KINDS.len()];
        for number in 0..REQUESTS {
            let (target, body) = request(number);
            people.calls.take();
            let begun = Instant::now();
            people.send(method, &target, &body).await;
            let took = begun.elapsed();
            let calls = people.calls.take();
            let (in_table, depth) = waited(&calls);
            all += took;
            own += took.saturating_sub(in_table);
            rounds += depth;
            for call in calls {
                kinds[call.kind] += call.ended.saturating_duration_since(call.begun);
            }
        }
        let mean = |time: Duration| (time.as_micros() / REQUESTS as u128).to_string();
        let kinds = kinds.map(mean).join(" | ");
        let rounds = rounds as f64 / REQUESTS as f64;
        rows.push(format!(
            "| {name} | {} | {} | {kinds} | {rounds:.1} |",
            mean(all),
            mean(own)
        ));
    }
    rows
}
