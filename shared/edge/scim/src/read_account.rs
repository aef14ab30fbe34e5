//! The token that pays for what a request reads. It is known once the request is authenticated.

use http::request::Parts;
use rollcall_directory::Directory;
use rollcall_edge_http::{Account, Consumed, sole_bearer};

use crate::request_log::Slot;

/// Whom to charge for a request.
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

    /// Charges the token, if it was accepted.
    pub(crate) async fn charge(account: Option<Self>, consumed: Option<Consumed>) {
        let (Some(account), Some(Consumed(cost))) = (account, consumed) else {
            return;
        };
        let Some(caller) = account.slot.caller() else {
            return;
        };
        let tenant = account.directory.tenant(caller);
        let payer = Account::of(tenant, &account.bearer, caller.read_budget);
        payer.charge(cost.read_units).await;
    }
}
