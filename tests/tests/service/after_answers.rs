//! The log entries of reads that a function may write after its answers, and requests that cannot be logged. In AWS, an
//! extension does after the answer what is done here by hand; `tests/answers` plays Lambda to the binary.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rollcall_directory::{LoggedRequest, Provider, RequestQuery, Tenant};
use rollcall_edge_http::{Afterwards, HttpFunction};
use rollcall_tests::faults::{Call, Fault, Faults};
use rollcall_tests::seed::person;
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use rollcall_tests::urn;
use serde_json::{Value, json};

/// The function for people of a tenant, with its calls to the table.
pub(crate) struct People {
    tenant: Tenant,
    token: String,
    function: HttpFunction,
    pub(crate) faults: Faults,
    _table: TestTable,
}

impl People {
    pub(crate) async fn start(afterwards: Option<&Afterwards>) -> People {
        let table = TestTable::start().await;
        let tenant = table.tenant("people").await;
        let credentials = tenant.credentials();
        let connection = credentials.create_connection("idp", Provider::Okta).await;
        let issued = credentials
            .issue_token(&connection.unwrap().id, "token", None)
            .await;
        let token = issued.unwrap().secret.expose().to_owned();
        let (directory, faults) = table.other_process();
        let function = rollcall_users::router(directory);
        let function = match afterwards {
            Some(afterwards) => function.leaving(afterwards.clone()),
            None => function,
        };
        People {
            tenant,
            token,
            function,
            faults,
            _table: table,
        }
    }

    /// Sends a request as `cargo lambda watch` does, without an authorizer. Returns the status.
    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> u16 {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
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
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        self.function.handle(request).await.status().as_u16()
    }

    async fn logged(&self) -> Vec<LoggedRequest> {
        let query = RequestQuery {
            limit: 100,
            ..RequestQuery::default()
        };
        let (logged, _) = self.tenant.request_log().search(&query).await.unwrap();
        logged
    }
}

/// Returns whether a call writes an entry of the request log.
pub(crate) fn is_of_log(call: &Call) -> bool {
    ["PutItem", "BatchWriteItem"].contains(&&*call.operation)
}

fn new_user(name: &str) -> Value {
    json!({"schemas": [urn::USER], "userName": name})
}

#[test]
fn the_entry_of_a_read_is_left_for_after_the_answer() {
    run(async |_| {
        let afterwards = Afterwards::default();
        let people = People::start(Some(&afterwards)).await;
        let ada = person(&people.tenant, "ada").await;
        let one = format!("/Users/{ada}");
        let search = json!({"schemas": [urn::SEARCH], "filter": "userName eq \"ada\""});
        for (number, (method, path, body)) in [
            ("GET", &*one, Value::Null),
            ("HEAD", &one, Value::Null),
            ("GET", "/Users?count=10", Value::Null),
            (
                "GET",
                "/Users?filter=userName%20eq%20%22ada%22",
                Value::Null,
            ),
            (
                "GET",
                "/Users?filter=userName%20eq%20%22bob%22",
                Value::Null,
            ),
            ("POST", "/Users/.search", search),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(
                people.send(method, path, &body).await,
                200,
                "{method} {path}"
            );
            assert_eq!(people.logged().await.len(), number, "{method} {path}");
            afterwards.done().await;
            let logged = people.logged().await;
            assert_eq!(logged.len(), number + 1, "{method} {path}");
            assert_eq!(logged[0].http_method, method);
            assert_eq!(logged[0].request_id, "request-1");
        }
    });
}

#[test]
fn failures_and_changes_are_logged_before_the_answer() {
    run(async |_| {
        let afterwards = Afterwards::default();
        let people = People::start(Some(&afterwards)).await;
        let ada = person(&people.tenant, "ada").await;
        let one = format!("/Users/{ada}");
        let title = json!({"schemas": [urn::PATCH],
                           "Operations": [{"op": "replace", "path": "title", "value": "Countess"}]});
        for (number, (method, path, body, status)) in [
            ("GET", "/Users/nobody", Value::Null, 404),
            ("GET", "/Users?filter=nonsense", Value::Null, 400),
            ("POST", "/Users", new_user("bob"), 201),
            ("POST", "/Users", new_user("bob"), 409),
            ("PATCH", &*one, title.clone(), 200),
            ("PATCH", &*one, title, 200),
            ("DELETE", &*one, Value::Null, 204),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(people.send(method, path, &body).await, status, "{path}");
            let logged = people.logged().await;
            assert_eq!(logged.len(), number + 1, "{method} {path}");
            assert_eq!(logged[0].http_status, status);
        }
        afterwards.done().await;
        assert_eq!(people.logged().await.len(), 7);
    });
}

#[test]
fn a_read_makes_one_call_less_before_its_answer() {
    run(async |_| {
        let mut calls = Vec::new();
        for afterwards in [None, Some(Afterwards::default())] {
            let people = People::start(afterwards.as_ref()).await;
            let ada = person(&people.tenant, "ada").await;
            // The first request reads what the later ones know.
            people
                .send("GET", &format!("/Users/{ada}"), &Value::Null)
                .await;
            people.faults.schedule(|_| Fault::None);
            people
                .send("GET", &format!("/Users/{ada}"), &Value::Null)
                .await;
            calls.push(people.faults.calls());
        }
        // The two meters, which are called at the same time, the read, and the entry.
        assert_eq!(calls, [4, 3]);
    });
}

#[test]
fn a_read_that_cannot_be_logged_is_answered() {
    run(async |_| {
        for afterwards in [None, Some(Afterwards::default())] {
            let people = People::start(afterwards.as_ref()).await;
            let ada = person(&people.tenant, "ada").await;
            let tried = Arc::new(AtomicBool::new(false));
            let seen = Arc::clone(&tried);
            people.faults.schedule(move |call| match is_of_log(call) {
                true => {
                    seen.store(true, Ordering::SeqCst);
                    Fault::KilledBefore
                }
                false => Fault::None,
            });
            let path = format!("/Users/{ada}");
            assert_eq!(people.send("GET", &path, &Value::Null).await, 200);
            // With the extension, nothing has been written yet, so nothing was waited for.
            assert_eq!(tried.load(Ordering::SeqCst), afterwards.is_none());
            if let Some(afterwards) = afterwards {
                afterwards.done().await;
            }
            assert!(tried.load(Ordering::SeqCst));
            assert!(people.logged().await.is_empty());
        }
    });
}
