//! Answers requests of the DynamoDB API with the embedded database: those of the SDK in this process without a socket,
//! by an HTTP connector, and those of other processes on a port.

use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::events::stream::{Inserted, Inserts};

/// The header that names the operation.
const TARGET: &str = "x-amz-target";
const CONTENT_TYPE: &str = "content-type";
const JSON: &str = "application/x-amz-json-1.0";
/// The largest request that DynamoDB reads, in bytes.
const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// The prefix of every `X-Amz-Target` header of DynamoDB.
const TARGET_PREFIX: &str = "DynamoDB_20120810.";
/// The suffix of the partition key of every journal.
const JOURNAL: &str = "#J";

/// Returns an HTTP client for the SDK that calls this database.
///
/// Once `inserts` is set, the client reports every new journal entry to it, in the order of commits.
pub(super) fn http_client(database: Database, inserts: Arc<OnceLock<Inserts>>) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(InProcess { database, inserts });
    http_client_fn(move |_settings, _components| connector.clone())
}

struct InProcess {
    database: Database,
    inserts: Arc<OnceLock<Inserts>>,
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let database = self.database.clone();
        let inserts = self.inserts.get().cloned();
        // An async block does its work only when it is polled: a request that is dropped before that does nothing.
        HttpConnectorFuture::new(async move {
            let target = request.headers().get(TARGET).unwrap_or_default();
            let body = request.body().bytes().unwrap_or_default();
            let (status, body) = answer(&database, inserts, target, body);
            let status = status
                .try_into()
                .map_err(|error| ConnectorError::other(Box::new(error), None))?;
            let mut response = HttpResponse::new(status, SdkBody::from(body));
            response.headers_mut().insert(CONTENT_TYPE, JSON);
            Ok(response)
        })
    }
}

/// Serves the API on a listener until `stop` completes, and reports new journal entries as [`http_client`] does.
///
/// The header that names the operation keeps web pages out: a browser asks first whether it may send it, and there is no
/// answer to that.
pub(super) async fn serve(
    listener: TcpListener,
    database: Database,
    inserts: Arc<OnceLock<Inserts>>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let answer = async move |headers: HeaderMap, body: Bytes| {
        let target = headers.get(TARGET).and_then(|value| value.to_str().ok());
        let inserts = inserts.get().cloned();
        let (status, body) = answer(&database, inserts, target.unwrap_or_default(), &body);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(CONTENT_TYPE, JSON)], body)
    };
    let router = Router::new().route("/", post(answer));
    let router = router.layer(DefaultBodyLimit::max(LARGEST_BODY));
    axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .await
}

/// Performs the operation that `target` names, and returns the status and the body of the answer.
fn answer(
    database: &Database,
    inserts: Option<Inserts>,
    target: &str,
    body: &[u8],
) -> (u16, String) {
    let operation = target.strip_prefix(TARGET_PREFIX).unwrap_or(target);
    let inserts = inserts.filter(|_| operation == "TransactWriteItems");
    let in_order = inserts.as_ref().map(Inserts::in_order);
    let answer = match dispatch(database, operation, body) {
        Ok(answer) => {
            if let Some(inserts) = &inserts {
                journal_entries(body).for_each(|entry| inserts.push(entry));
            }
            (200, answer)
        }
        Err(error) => (error.status_code(), error.to_json()),
    };
    drop(in_order);
    answer
}

/// Returns the journal entries that a committed `TransactWriteItems` request has put. No other operation writes
/// entries.
pub(super) fn journal_entries(body: &[u8]) -> impl Iterator<Item = Inserted> {
    let ends = format!("{JOURNAL}\"");
    let has_some = body
        .windows(ends.len())
        .any(|window| window == ends.as_bytes());
    let request: Value = match has_some {
        true => serde_json::from_slice(body).unwrap_or_default(),
        false => Value::Null,
    };
    let writes = request["TransactItems"].as_array().cloned();
    writes.into_iter().flatten().filter_map(|write| {
        let item = &write["Put"]["Item"];
        let text = |name: &str| item[name]["S"].as_str().map(str::to_owned);
        let (partition, sort) = (text("PK")?, text("SK")?);
        partition
            .ends_with(JOURNAL)
            .then_some(Inserted { partition, sort })
    })
}

/// Performs one operation. Supports the operations on tables, items and transactions, which are all that the directory
/// uses.
fn dispatch(database: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
    match operation {
        "BatchGetItem" => run(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => run(body, |request| database.batch_write_item(request)),
        "CreateTable" => run(body, |request| database.create_table(request)),
        "DeleteItem" => run(body, |request| database.delete_item(request)),
        "DescribeTable" => run(body, |request| database.describe_table(request)),
        "DescribeTimeToLive" => run(body, |request| database.describe_time_to_live(request)),
        "GetItem" => run(body, |request| database.get_item(request)),
        "ListTables" => run(body, |request| database.list_tables(request)),
        "PutItem" => run(body, |request| database.put_item(request)),
        "Query" => run(body, |request| database.query(request)),
        "Scan" => run(body, |request| database.scan(request)),
        "TransactGetItems" => run(body, |request| database.transact_get_items(request)),
        "TransactWriteItems" => run(body, |request| database.transact_write_items(request)),
        "UpdateItem" => run(body, |request| database.update_item(request)),
        "UpdateTimeToLive" => run(body, |request| database.update_time_to_live(request)),
        other => Err(DynoxideError::ValidationException(format!(
            "`{other}` is not supported by the local run"
        ))),
    }
}

fn run<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    call: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<String, DynoxideError> {
    let request = serde_json::from_slice(body)
        .map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
    let answer = call(request)?;
    serde_json::to_string(&answer)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
