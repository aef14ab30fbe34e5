//! What the requests of a session leave on it: when it was used, and what it has read.
//!
//! The operator's budget for each token holds for each session, too. A session pays for itself, so neither the identity
//! provider nor another admin waits for it.

use jiff::Timestamp;
use rollcall_store::{Error, Expression, Guard, Transaction, now, string};

use crate::credentials::secret::TokenSecret;
use crate::sign_in::handle::SignIn;
use crate::sign_in::sessions::{SessionItem, session_key};

impl SignIn<'_> {
    /// Notes that a session was used. One that has just been ended stays ended.
    pub(super) async fn note_use(self, secret: &TokenSecret, at: Timestamp) -> Result<(), Error> {
        let mut transaction = Transaction::default();
        let seen = Expression::new("SET seen = :seen").with(":seen", string(&at.to_string()));
        let key = session_key(self.scope, secret);
        transaction.update_if(key, seen, Expression::present(), Guard::Gone);
        self.scope.table.transact(&transaction).await.map(|_| ())
    }
}

impl SessionItem {
    /// Returns the seconds until the session has paid for what it has read, at least 1; `None` if it has. With another budget
    /// than before, it begins anew.
    pub(super) fn seconds_of_reads(&self, budget: u32) -> Option<u32> {
        let allow_at = self
            .reads_allow_at
            .filter(|_| self.reads_budget == Some(budget))?;
        let left = allow_at.saturating_sub(now().as_microsecond());
        let seconds = u32::try_from(left.saturating_add(999_999) / 1_000_000);
        (left > 0).then(|| seconds.unwrap_or(u32::MAX).max(1))
    }
}
