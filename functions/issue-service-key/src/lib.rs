//! Issues the service keys of the application's backend, lists and revokes them. It has no route: whoever may invoke it is
//! for IAM to say.
//!
//! | payload | what it does |
//! |---|---|
//! | none, `{}`, `{"label": "blue"}` | issues a key |
//! | `{"list": true}` | lists the keys that are good |
//! | `{"revoke": "<id>"}` | ends one |

use rollcall_directory::{Directory, Error, ServiceKey};
use serde::{Deserialize, Serialize};

/// What the key is called when the invocation does not say.
const DEFAULT_LABEL: &str = "application";

/// The invocation's payload.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What to call a new key.
    label: Option<String>,
    /// Whether to list the keys instead.
    #[serde(default)]
    list: bool,
    /// The id of a key to revoke instead.
    revoke: Option<String>,
}

/// The invocation's answer.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// A new key.
    Issued(Issued),
    /// The keys that are good.
    Listed {
        /// They, the oldest first.
        service_keys: Vec<ServiceKey>,
    },
    /// One that no longer is.
    Revoked {
        /// Its id.
        revoked: String,
    },
}

/// A new key.
#[derive(Clone, Serialize)]
pub struct Issued {
    /// The key, shown this once.
    pub service_key: String,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Issued(…)")
    }
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The payload says more than one thing.
    #[error("say one of `label`, `list` and `revoke`")]
    Ambiguous,
    /// There is no such key, or the table failed.
    #[error(transparent)]
    Directory(#[from] Error),
}

/// The function over one directory.
pub fn handler(directory: Directory) -> Issuer {
    Issuer { directory }
}

/// What the Lambda runtime and the local run call.
#[derive(Clone, Debug)]
pub struct Issuer {
    directory: Directory,
}

impl Issuer {
    /// Does what the payload says.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn call(&self, request: Request) -> Result<Answer, Failure> {
        match (request.label, request.list, request.revoke) {
            (label, false, None) => {
                let label = label.as_deref().unwrap_or(DEFAULT_LABEL);
                Ok(Answer::Issued(self.issue(label).await?))
            }
            (None, true, None) => {
                let service_keys = self.directory.service_keys().list().await?;
                Ok(Answer::Listed { service_keys })
            }
            (None, false, Some(revoked)) => {
                self.directory.service_keys().revoke(&revoked).await?;
                Ok(Answer::Revoked { revoked })
            }
            _ => Err(Failure::Ambiguous),
        }
    }

    /// Issues a key.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn issue(&self, label: &str) -> Result<Issued, Error> {
        let secret = self.directory.service_keys().issue(label).await?;
        Ok(Issued {
            service_key: secret.expose().to_owned(),
        })
    }
}
