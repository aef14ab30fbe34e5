//! Issues, lists and revokes the service keys of the application's backend. The function has no route: IAM decides who
//! may invoke it.
//!
//! | payload | effect |
//! |---|---|
//! | none, `{}`, `{"label": "blue"}` | issues a key with all scopes |
//! | `{"scopes": ["events:read"]}`, with or without a label | issues a key with these scopes only |
//! | `{"tenant": "acme", "expires_at": "2027-01-01T00:00:00Z"}` | bounds the new key to a tenant, or to a time |
//! | `{"list": true}` | lists the keys |
//! | `{"revoke": "<id>"}` | revokes a key |
//! | `{"history": true}` | lists which keys were issued and revoked, newest first |

use jiff::Timestamp;
use rollcall_directory::{
    Directory, Error, KeyChange, KeyChanger, KeyScope, NewServiceKey, ServiceKey, TenantId,
    TokenSecret, shown,
};
use serde::{Deserialize, Deserializer, Serialize};

/// The label of a key if the payload has none.
const DEFAULT_LABEL: &str = "application";

/// The payload of an invocation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The label of the new key.
    label: Option<String>,
    /// The scopes of the new key, or the names of sets of them; all of them if absent. `null` is refused, so that a script without a value does not issue
    /// a key with all scopes.
    #[serde(default, deserialize_with = "present")]
    scopes: Option<Vec<String>>,
    /// The only tenant that the new key reaches; all of them if absent.
    #[serde(default, deserialize_with = "present")]
    tenant: Option<TenantId>,
    /// When the new key ends; never if absent.
    #[serde(default, deserialize_with = "present")]
    expires_at: Option<Timestamp>,
    /// Whether to list the keys instead.
    #[serde(default)]
    list: bool,
    /// The id of a key to revoke instead.
    revoke: Option<String>,
    /// Whether to list the latest changes instead.
    #[serde(default)]
    history: bool,
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
    /// The latest changes.
    History {
        /// The changes, newest first.
        history: Vec<KeyChange>,
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
    #[error("say one of what describes a new key, `list`, `history`, and `revoke`")]
    Ambiguous,
    /// A scope does not exist.
    #[error("`scopes`: `{0}` is not one of {all}", all = all_scopes())]
    UnknownScope(String),
    /// The key does not exist or would be of no use, or the table failed.
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
        let issues = request.label.is_some()
            || request.scopes.is_some()
            || request.tenant.is_some()
            || request.expires_at.is_some();
        if request.history {
            return match issues || request.list || request.revoke.is_some() {
                true => Err(Failure::Ambiguous),
                false => self.history().await,
            };
        }
        match (issues, request.list, request.revoke) {
            (_, false, None) => {
                let new = NewServiceKey {
                    label: request.label.unwrap_or_else(|| DEFAULT_LABEL.to_owned()),
                    scopes: request.scopes.map(parsed).transpose()?,
                    tenant: request.tenant,
                    expires_at: request.expires_at,
                };
                let keys = self.directory.service_keys();
                let issued = keys.issue_new(new, KeyChanger::default()).await?;
                Ok(Answer::Issued(issued.secret.into()))
            }
            (false, true, None) => {
                let service_keys = self.directory.service_keys().list().await?;
                Ok(Answer::Listed { service_keys })
            }
            (false, false, Some(revoked)) => {
                // A key that is archived and not revoked is revoked by the next attempt, and by the next restore.
                self.directory.archive_service_key(&revoked).await?;
                let keys = self.directory.service_keys();
                keys.revoke(&revoked, KeyChanger::default()).await?;
                Ok(Answer::Revoked { revoked })
            }
            _ => Err(Failure::Ambiguous),
        }
    }

    async fn history(&self) -> Result<Answer, Failure> {
        let history = self.directory.service_keys().history().await?;
        Ok(Answer::History { history })
    }

    /// Issues a key with all scopes.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn issue(&self, label: &str) -> Result<Issued, Error> {
        Ok(self.directory.service_keys().issue(label).await?.into())
    }
}

impl From<TokenSecret> for Issued {
    fn from(secret: TokenSecret) -> Self {
        Self {
            service_key: secret.expose().to_owned(),
        }
    }
}

fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    input: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(input).map(Some)
}

fn parsed(ids: Vec<String>) -> Result<Vec<KeyScope>, Failure> {
    let scopes = ids
        .iter()
        .map(|id| KeyScope::named(id).map_err(|_| Failure::UnknownScope(shown(id))));
    let scopes = scopes.collect::<Result<Vec<_>, _>>()?;
    Ok(scopes.into_iter().flatten().collect())
}

fn all_scopes() -> String {
    let ids = KeyScope::all().map(|scope| format!("`{scope}`"));
    ids.collect::<Vec<_>>().join(", ")
}
