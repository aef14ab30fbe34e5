//! Counts the requests of sessions, and of service keys that are bound to a tenant, on the meter of the tenant, on which those
//! of its tokens count as well. So the operator's limit holds for all of them together.

use rollcall_model::clock::time;
use rollcall_store::Error;

use crate::credentials::booking::{Booked, book};
use crate::credentials::handle::Credentials;
use crate::credentials::meter::MeterItem;

impl Credentials<'_> {
    /// Counts a request that no token sends against the operator's limit for the tenant. Returns the seconds to wait if the
    /// request must not be done; at least 1. For a tenant without such a limit, the call is not needed.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn count_request(self) -> Result<Option<u32>, Error> {
        let key = self.scope.keys().meter();
        let booked = book::<MeterItem>(&self.scope.table, &key, time().as_microsecond());
        match booked.await? {
            Booked::Throttled { seconds, .. } => Ok(Some(seconds)),
            // Whoever sends the request finds that the tenant is gone. A limit is in the meter as soon as it is set.
            Booked::Done(_) | Booked::Invalid(_) | Booked::Absent => Ok(None),
        }
    }
}
