//! The keys of the stack, from AWS Secrets Manager. Functions that issue or verify bearer tokens need them.
//!
//! ```no_run
//! use rollcall_directory::Directory;
//!
//! # async fn example() -> Result<(), std::env::VarError> {
//! let directory = Directory::from_env().await?.with_keys(rollcall_secrets::key_ring().await);
//! # Ok(())
//! # }
//! ```

use aws_sdk_secretsmanager::Client;
use futures::future::BoxFuture;
use rollcall_directory::{KeyRing, KeySource, sdk_config};

/// The environment variable with the ARN of the secret.
const SECRET_VARIABLE: &str = "STACK_KEYS_SECRET";
/// The environment variable that says what happens to tokens of earlier versions: `accepted` or `refused`.
const UNKEYED_VARIABLE: &str = "UNKEYED_TOKENS";

/// Returns the keys in the secret that the environment names; none if it names none, as under `cargo lambda watch`.
/// Reads nothing yet.
pub async fn key_ring() -> KeyRing {
    let Some(secret) = std::env::var(SECRET_VARIABLE)
        .ok()
        .filter(|arn| !arn.is_empty())
    else {
        return KeyRing::default();
    };
    let client = Client::new(&sdk_config().await);
    let refuses_unkeyed = std::env::var(UNKEYED_VARIABLE).is_ok_and(|value| value == "refused");
    KeyRing::of(SecretsManager { client, secret }).refusing_unkeyed(refuses_unkeyed)
}

/// A secret in Secrets Manager.
#[derive(Debug)]
struct SecretsManager {
    client: Client,
    secret: String,
}

impl KeySource for SecretsManager {
    fn read(&self) -> BoxFuture<'_, Result<String, Box<dyn std::error::Error + Send + Sync>>> {
        Box::pin(async {
            let read = self.client.get_secret_value().secret_id(&self.secret);
            let read = read.send().await?;
            read.secret_string
                .ok_or_else(|| "the secret is not a text".into())
        })
    }
}
