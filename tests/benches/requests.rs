//! The time and the allocations of requests inside their functions: parsing, planning, rendering and the SDK.
//!
//! Every request runs against responses that were recorded once from the embedded DynamoDB, so no database is measured.
//! `sdk` is the share of the SDK in one call to DynamoDB: multiply it by the number of calls that are printed first.
//!
//! Run with `cargo bench -p rollcall-tests --bench requests`.

// A benchmark that panics says what went wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use divan::{AllocProfiler, Bencher};
use rollcall_directory::{Ceilings, Directory, NewTenant, Provider, Settings};
use rollcall_edge_http::HttpFunction;
use rollcall_local::dynamodb::Dynamodb;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
});
static RECORDED: LazyLock<Recorded> = LazyLock::new(|| RUNTIME.block_on(Recorded::new()));

#[expect(
    clippy::print_stdout,
    reason = "the number of calls belongs to the figures"
)]
fn main() {
    for (name, replay) in RECORDED.all() {
        println!("DynamoDB calls of {name:<18}: {}", replay.calls());
    }
    divan::main();
}

/// Adds one member to a group.
#[divan::bench]
fn group_patch(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| RECORDED.patch.run());
}

/// Creates a person with the attributes that Okta sends.
#[divan::bench]
fn user_post(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| RECORDED.post.run());
}

/// Reads a person by id.
#[divan::bench]
fn user_get(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| RECORDED.get.run());
}

/// Finds a person by `userName`.
#[divan::bench]
fn user_look_up(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| RECORDED.look_up.run());
}

/// Lists 100 people.
#[divan::bench]
fn users_page(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| RECORDED.page.run());
}

/// Reads one item.
#[divan::bench]
fn sdk(bencher: Bencher<'_, '_>) {
    let tape = Tape::default();
    tape.lock().answers.push(Answer {
        operation: "GetItem".to_owned(),
        request: Vec::new(),
        status: 200,
        body: r#"{"Item":{"PK":{"S":"a"},"SK":{"S":"b"}}}"#.into(),
    });
    let client = tape.client();
    bencher.bench_local(|| {
        let read = client
            .get_item()
            .table_name("table")
            .key("PK", AttributeValue::S("a".to_owned()))
            .key("SK", AttributeValue::S("b".to_owned()));
        RUNTIME.block_on(read.send()).expect("the recorded answer")
    });
}

/// The requests with their recorded responses.
struct Recorded {
    patch: Replay,
    post: Replay,
    get: Replay,
    look_up: Replay,
    page: Replay,
}

/// One request to one function.
struct Replay {
    function: HttpFunction,
    tape: Tape,
    method: &'static str,
    path: String,
    query: &'static str,
    token: String,
    body: String,
    status: u16,
}

impl Recorded {
    fn all(&self) -> [(&'static str, &Replay); 5] {
        [
            ("a group PATCH", &self.patch),
            ("a user POST", &self.post),
            ("a user GET", &self.get),
            ("a user look-up", &self.look_up),
            ("a page of users", &self.page),
        ]
    }

    async fn new() -> Recorded {
        let dynamodb = Dynamodb::in_memory().expect("a database");
        dynamodb.ensure_table().await.expect("a table");
        let direct = dynamodb.client(dynamodb.in_process());
        let directory = Directory::new(direct, dynamodb.table());
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
        let connection = credentials
            .create_connection("identity provider", Provider::Okta)
            .await
            .expect("a connection");
        let issued = credentials
            .issue_token(&connection.id, "token", None)
            .await
            .expect("a token");
        let token = issued.secret.expose().to_owned();

        let request = |method, path: &str, body: Value, status| Replay {
            function: rollcall_users::router(directory.clone()),
            tape: Tape::default(),
            method,
            path: path.to_owned(),
            query: "",
            token: token.clone(),
            body: body.to_string(),
            status,
        };
        let ada = request("POST", "/scim/v2/Users", person("ada@example.com"), 201)
            .answer()
            .await;
        let group = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Engineering",
            "externalId": "00g1a2b3c4",
        });
        let mut create = request("POST", "/scim/v2/Groups", group, 201);
        create.function = rollcall_groups::router(directory.clone());
        let group = create.answer().await;

        let mut post = request("POST", "/scim/v2/Users", person("grace@example.com"), 201);
        post.record(&dynamodb, rollcall_users::router).await;
        let add = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "add", "path": "members", "value": [{"value": ada["id"]}]}],
        });
        let path = format!("/scim/v2/Groups/{}", group["id"].as_str().expect("an id"));
        let mut patch = request("PATCH", &path, add, 204);
        patch.record(&dynamodb, rollcall_groups::router).await;

        for number in 0..100 {
            let body = person(&format!("person-{number}@example.com"));
            request("POST", "/scim/v2/Users", body, 201).answer().await;
        }
        let read = async |path: &str, query| {
            let mut read = request("GET", path, Value::Null, 200);
            read.query = query;
            read.record(&dynamodb, rollcall_users::router).await;
            read
        };
        let path = format!("/scim/v2/Users/{}", ada["id"].as_str().expect("an id"));
        Recorded {
            patch,
            post,
            get: read(&path, "").await,
            look_up: read(
                "/scim/v2/Users",
                "filter=userName+eq+%22person-50%40example.com%22",
            )
            .await,
            page: read("/scim/v2/Users", "count=100").await,
        }
    }
}

fn person(user_name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": user_name,
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"primary": true, "value": user_name, "type": "work"}],
        "displayName": "Ada Lovelace",
        "locale": "en-US",
        "externalId": format!("00u-{user_name}"),
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    })
}

impl Replay {
    /// Sends the request to the database and keeps its responses for [`Replay::run`].
    async fn record(&mut self, dynamodb: &Dynamodb, router: fn(Directory) -> HttpFunction) {
        let recording = dynamodb.client(self.tape.recorder(dynamodb.in_process()));
        self.function = router(Directory::new(recording, dynamodb.table()));
        self.answer().await;
        self.function = router(Directory::new(self.tape.client(), dynamodb.table()));
    }

    fn calls(&self) -> String {
        let tape = self.tape.lock();
        let names: Vec<&str> = tape.answers.iter().map(|a| a.operation.as_str()).collect();
        format!("{} ({})", names.len(), names.join(", "))
    }

    /// Runs the request against the recorded responses.
    fn run(&self) {
        self.tape.lock().used.clear();
        RUNTIME.block_on(self.answer());
    }

    async fn answer(&self) -> Value {
        // As `cargo lambda watch` sends requests: without an authorizer, so the function verifies the token.
        let event = json!({
            "version": "2.0", "rawPath": self.path, "rawQueryString": self.query, "isBase64Encoded": false,
            "headers": {
                "host": "scim.example.com",
                "authorization": format!("Bearer {}", self.token),
                "content-type": "application/scim+json",
            },
            "requestContext": {
                "requestId": "request-1", "timeEpoch": 0,
                "http": {"method": self.method, "path": self.path},
            },
            "body": self.body,
        });
        let request = lambda_http::request::from_str(&event.to_string()).expect("an event");
        let response = self.function.handle(request).await;
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .expect("a whole body");
        assert_eq!(status, self.status, "{}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap_or_default()
    }
}

/// Recorded responses of DynamoDB.
#[derive(Clone, Debug, Default)]
struct Tape(Arc<Mutex<Answers>>);

#[derive(Debug, Default)]
struct Answers {
    answers: Vec<Answer>,
    /// The number of responses that each operation got in this run.
    used: HashMap<String, usize>,
}

#[derive(Clone, Debug)]
struct Answer {
    operation: String,
    request: Vec<u8>,
    status: u16,
    body: Vec<u8>,
}

impl Tape {
    fn lock(&self) -> std::sync::MutexGuard<'_, Answers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns an HTTP client that sends every request on and keeps the response.
    fn recorder(&self, inner: SharedHttpClient) -> SharedHttpClient {
        let tape = self.clone();
        http_client_fn(move |settings, components| {
            use aws_smithy_runtime_api::client::http::HttpClient;
            let inner = inner.http_connector(settings, components);
            SharedHttpConnector::new(Recorder {
                tape: tape.clone(),
                inner,
            })
        })
    }

    /// Returns a DynamoDB client that gets the kept responses.
    fn client(&self) -> Client {
        let tape = self.clone();
        let http =
            http_client_fn(move |_, _| SharedHttpConnector::new(Player { tape: tape.clone() }));
        rollcall_local::dynamodb::client(http)
    }
}

#[derive(Debug)]
struct Recorder {
    tape: Tape,
    inner: SharedHttpConnector,
}

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let tape = self.tape.clone();
        let operation = operation(&request);
        let sent = request.body().bytes().unwrap_or_default().to_vec();
        let answered = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let response = answered.await?;
            tape.lock().answers.push(Answer {
                operation,
                request: sent,
                status: response.status().as_u16(),
                body: response.body().bytes().unwrap_or_default().to_vec(),
            });
            Ok(response)
        })
    }
}

#[derive(Debug)]
struct Player {
    tape: Tape,
}

impl HttpConnector for Player {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = operation(&request);
        let sent = request.body().bytes().unwrap_or_default();
        let mut tape = self.tape.lock();
        let count = tape.used.entry(operation.clone()).or_default();
        let turn = *count;
        *count += 1;
        let of_kind = || tape.answers.iter().filter(|a| a.operation == operation);
        // The request differs where it holds a new id or the time; then the order decides.
        let answer = of_kind()
            .find(|answer| answer.request == sent)
            .or_else(|| of_kind().nth(turn))
            .or_else(|| of_kind().next_back())
            .unwrap_or_else(|| panic!("no recorded {operation}"));
        let status = StatusCode::try_from(answer.status).expect("a status");
        let mut response = HttpResponse::new(status, SdkBody::from(answer.body.clone()));
        let headers = response.headers_mut();
        headers.insert("content-type", "application/x-amz-json-1.0");
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn operation(request: &HttpRequest) -> String {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default().to_owned()
}
