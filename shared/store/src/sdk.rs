//! The configuration of the AWS SDK for all functions.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use tokio::sync::OnceCell;

/// The time in which a connection to AWS must be made.
const CONNECT_TIME: Duration = Duration::from_secs(1);
/// The time in which AWS must answer. A lost connection is then noticed, and the SDK tries again, while the caller still
/// waits: API Gateway gives up after 29 seconds.
const ANSWER_TIME: Duration = Duration::from_secs(6);

/// Returns the SDK's configuration from the environment (`AWS_REGION`, credentials, `AWS_ENDPOINT_URL_…`). It is read
/// once: all clients of the process share it, with its connections.
pub async fn sdk_config() -> SdkConfig {
    static CONFIG: OnceCell<SdkConfig> = OnceCell::const_new();
    CONFIG.get_or_init(read).await.clone()
}

async fn read() -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIME)
        .operation_attempt_timeout(ANSWER_TIME)
        .build();
    let loader = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .http_client(http_client())
        .timeout_config(timeouts);
    // Boxed: the future is nested so deeply that the compiler rejects a future that contains it.
    Box::pin(loader.load()).await
}

/// Returns an HTTP client with rustls and ring.
///
/// The SDK's own client reads all root certificates of the machine anew for each client of a service, and again for its
/// first request, which takes most of a cold start. This one reads them once.
fn http_client() -> SharedHttpClient {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIME);
    let connector = Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .connector_settings(settings.build())
        .build();
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_settings, _components| connector.clone())
}
