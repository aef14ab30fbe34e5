//! The configuration of the AWS SDK for all functions.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

/// The time in which a connection to AWS must be made.
const CONNECT_TIME: Duration = Duration::from_secs(1);
/// The time in which AWS must answer. A lost connection is then noticed, and the SDK tries again, while the caller still
/// waits: API Gateway gives up after 29 seconds.
const ANSWER_TIME: Duration = Duration::from_secs(6);

/// Reads the SDK's configuration from the environment (`AWS_REGION`, credentials, `AWS_ENDPOINT_URL_…`). The HTTP
/// client uses rustls with ring.
pub async fn sdk_config() -> aws_config::SdkConfig {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIME)
        .operation_attempt_timeout(ANSWER_TIME)
        .build();
    let loader = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(timeouts);
    // Boxed: the future is nested so deeply that the compiler rejects a future that contains it.
    Box::pin(loader.load()).await
}
