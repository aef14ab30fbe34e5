//! The configuration of the AWS SDK for all functions.

use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

/// Reads the SDK's configuration from the environment (`AWS_REGION`, credentials, `AWS_ENDPOINT_URL_…`). The HTTP
/// client uses rustls with ring.
pub async fn sdk_config() -> aws_config::SdkConfig {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let loader = aws_config::defaults(aws_config::BehaviorVersion::latest()).http_client(http);
    // Boxed: the future is nested so deeply that the compiler rejects a future that contains it.
    Box::pin(loader.load()).await
}
