//! Runs a function in the Lambda runtime.

use rollcall_runtime::{chain, init_logging};

use crate::extension::Extension;
use crate::function::HttpFunction;

/// The environment variable that lets a function leave work for after its answers, if it is `true`.
const LEAVES_VARIABLE: &str = "LOG_READS_AFTER_ANSWER";

/// Runs a function in the Lambda runtime. Returns when the runtime ends.
///
/// With `LOG_READS_AFTER_ANSWER=true`, an internal extension does what requests leave for after their answers. Without the
/// extension, they leave nothing.
///
/// # Errors
///
/// Those of the runtime, and of an extension that Lambda has registered and that does not work: the environment then ends,
/// and Lambda starts another. The function answers every request itself.
pub async fn run(function: HttpFunction) -> Result<(), lambda_http::Error> {
    init_logging();
    if std::env::var(LEAVES_VARIABLE).is_ok_and(|value| value == "true") {
        match Extension::register().await? {
            Ok(extension) => return extension.run(function).await,
            Err(error) => {
                let error = chain(&*error);
                tracing::error!(error, "no extension, so nothing is left for after answers");
            }
        }
    }
    lambda_http::run(function).await
}
