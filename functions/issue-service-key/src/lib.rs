//! Issues, lists and revokes the service keys of the application's backend. The function has no route: IAM decides who
//! may invoke it.
//!
//! | payload | effect |
//! |---|---|
//! | none, `{}`, `{"label": "blue"}` | issues a key |
//! | `{"list": true}` | lists the valid keys |
//! | `{"revoke": "<id>"}` | revokes a key |
//!
//! ```no_run
//! use rollcall_directory::Directory;
//! use rollcall_issue_service_key::{Answer, Request};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = rollcall_issue_service_key::handler(Directory::from_env().await?);
//! let answer = issuer.call(Request::default()).await?;
//! assert!(matches!(answer, Answer::Issued(_)));
//! # Ok(())
//! # }
//! ```

use rollcall_directory::{Directory, Error, ServiceKey};
use serde::{Deserialize, Serialize};

/// The label of a key if the payload has none.
const DEFAULT_LABEL: &str = "application";

/// The payload of an invocation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The label of the new key.
    label: Option<String>,
    /// Whether to list the keys instead.
    #[serde(default)]
    list: bool,
    /// The id of a key to revoke instead.
    revoke: Option<String>,
}

/// The response to an invocation.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// A new key.
    Issued(Issued),
    /// The valid keys.
    Listed {
        /// The keys, oldest first.
        service_keys: Vec<ServiceKey>,
    },
    /// A key was revoked.
    Revoked {
        /// The key's id.
        revoked: String,
    },
}

/// A new key.
#[derive(Clone, Serialize)]
pub struct Issued {
    /// The key in plain text. It cannot be read again.
    pub service_key: String,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Issued(…)")
    }
}

/// The reason why the function did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The payload asks for more than one operation.
    #[error("say one of `label`, `list` and `revoke`")]
    Ambiguous,
    /// The key does not exist, or the table failed.
    #[error(transparent)]
    Directory(#[from] Error),
}

/// Returns the function for a directory.
pub fn handler(directory: Directory) -> Issuer {
    Issuer { directory }
}

/// The function. The Lambda runtime and the local run call it.
#[derive(Clone, Debug)]
pub struct Issuer {
    directory: Directory,
}

impl Issuer {
    /// Performs the operation of the payload.
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
    /// Only table errors.
    pub async fn issue(&self, label: &str) -> Result<Issued, Error> {
        let secret = self.directory.service_keys().issue(label).await?;
        Ok(Issued {
            service_key: secret.expose().to_owned(),
        })
    }
}
