//! Issues a service key for the application's backend. It has no route: whoever may invoke it is for IAM to say.

use rollcall_directory::{Directory, Error};
use serde::{Deserialize, Serialize};

/// What the key is called when the invocation does not say.
const DEFAULT_LABEL: &str = "application";

/// The invocation's payload.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What to call the key.
    label: Option<String>,
}

/// The invocation's answer.
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
    /// Issues a key.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn call(&self, request: Request) -> Result<Issued, Error> {
        let label = request.label.as_deref().unwrap_or(DEFAULT_LABEL);
        let secret = self.directory.issue_service_key(label).await?;
        Ok(Issued {
            service_key: secret.expose().to_owned(),
        })
    }
}
