//! Who pays for what a request reads: the session or the token that sends it. It is charged after the handler, and a failed
//! charge never changes the response.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::request::Parts;
use rollcall_directory::{Tenant, TokenSecret};
use rollcall_runtime::chain;

/// How long a response waits for the charge. After that, it is sent anyway.
const PATIENCE: Duration = Duration::from_secs(1);

/// Who pays for a request: nobody, until a session is named. Whoever verifies the session names it, and the outermost layer
/// charges it.
#[derive(Clone, Debug, Default)]
pub struct Payer(Arc<OnceLock<Account>>);

impl Payer {
    /// Names the session that pays for a request, and how many read units its requests may consume per minute.
    pub fn name(parts: &Parts, tenant: &Tenant, secret: &TokenSecret, budget: u32) {
        if let Some(payer) = parts.extensions.get::<Self>() {
            // A request has one session.
            _ = payer
                .0
                .set(Account::of(tenant.clone(), secret.expose(), budget));
        }
    }

    /// Charges the session with these read units, so that its next request knows.
    pub(crate) async fn charge(self, units: f64) {
        if let Some(account) = self.0.get() {
            account.charge(units).await;
        }
    }
}

/// A session or a token, which pays for what its requests read.
#[derive(Clone)]
pub struct Account {
    tenant: Tenant,
    bearer: String,
    budget: u32,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

impl Account {
    /// Returns the account of a session or a token of the tenant, by what it sends. `budget` is how many read units its requests
    /// may consume per minute.
    pub fn of(tenant: Tenant, bearer: &str, budget: u32) -> Self {
        Self {
            tenant,
            bearer: bearer.to_owned(),
            budget,
        }
    }

    /// Charges it with these read units, so that its next request knows. A failure is logged.
    pub async fn charge(&self, units: f64) {
        let credentials = self.tenant.credentials();
        let charged = credentials.charge_reads(&self.bearer, self.budget, units);
        match tokio::time::timeout(PATIENCE, charged).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let error = chain(&error);
                tracing::warn!(error, units, "the caller could not be charged");
            }
            Err(_elapsed) => tracing::warn!(units, "the caller could not be charged in time"),
        }
    }
}
