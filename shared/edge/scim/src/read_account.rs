//! Charges the token of a request with the read units that the request has consumed. Only those that read much are
//! charged. A failed charge never changes the response.

use std::time::Duration;

use http::request::Parts;
use rollcall_directory::Directory;
use rollcall_edge_http::{Consumed, sole_bearer};
use rollcall_runtime::chain;

use crate::request_log::Slot;

/// How long a response waits for the charge. After that, it is sent anyway.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whom to charge for a request.
#[derive(Debug)]
pub(crate) struct ReadAccount {
    directory: Directory,
    slot: Slot,
    bearer: String,
}

impl ReadAccount {
    /// Returns the account of a request whose log entry is pending; `None` if it has no token.
    pub(crate) fn of(directory: &Directory, parts: &Parts) -> Option<Self> {
        Some(Self {
            directory: directory.clone(),
            slot: parts.extensions.get().cloned()?,
            bearer: sole_bearer(parts)?.to_owned(),
        })
    }

    /// Charges the token, so that its next request knows.
    pub(crate) async fn charge(account: Option<Self>, consumed: Option<Consumed>) {
        let (Some(account), Some(Consumed(cost))) = (account, consumed) else {
            return;
        };
        let Some(caller) = account.slot.caller() else {
            return;
        };
        let tenant = account.directory.tenant(caller);
        let (credentials, units) = (tenant.credentials(), cost.read_units);
        let charged = credentials.charge_reads(&account.bearer, caller.read_budget, units);
        match tokio::time::timeout(PATIENCE, charged).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(
                    error = chain(&error),
                    units,
                    "the token could not be charged"
                );
            }
            Err(_elapsed) => tracing::warn!(units, "the token could not be charged in time"),
        }
    }
}
