//! A DynamoDB in another process, to run the tests against another implementation than the embedded one.

use std::env;
use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use super::connector::journal_entries;
use crate::events::stream::Inserts;

/// The address of a DynamoDB, and the table to use. The table is created if it does not exist, and never deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// The URL of the DynamoDB API.
    pub endpoint: String,
    /// The table's name.
    pub table: String,
}

impl Remote {
    /// Returns the SDK's configuration. Region and credentials come from `AWS_REGION`, `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`. The defaults are enough for emulators.
    pub(super) fn sdk_config(&self) -> Builder {
        let given = |name: &str| env::var(name).ok();
        let region = given("AWS_REGION").unwrap_or_else(|| "us-east-1".to_owned());
        let key = given("AWS_ACCESS_KEY_ID").unwrap_or_else(|| "local".to_owned());
        let secret = given("AWS_SECRET_ACCESS_KEY").unwrap_or_else(|| "local".to_owned());
        let session = given("AWS_SESSION_TOKEN");
        aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(Credentials::new(key, secret, session, None, "environment"))
            .endpoint_url(&self.endpoint)
    }
}

/// Returns an HTTP client that reports the journal entries that it has written to `inserts`.
pub(super) fn http_client(inserts: Arc<OnceLock<Inserts>>) -> SharedHttpClient {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    http_client_fn(move |settings, components| {
        SharedHttpConnector::new(Telling {
            inner: http.http_connector(settings, components),
            inserts: Arc::clone(&inserts),
        })
    })
}

struct Telling {
    inner: SharedHttpConnector,
    inserts: Arc<OnceLock<Inserts>>,
}

impl fmt::Debug for Telling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Telling")
    }
}

impl HttpConnector for Telling {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let inserts = self.inserts.get().cloned();
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            if let (Some(inserts), true) = (inserts, answer.status().is_success()) {
                journal_entries(&body).for_each(|entry| inserts.push(entry));
            }
            Ok(answer)
        })
    }
}
