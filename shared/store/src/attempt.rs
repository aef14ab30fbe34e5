//! An attempt at a change that takes effect once, however often it is made.
//!
//! The transaction of the change also writes the mark of the attempt, on the condition that there is none. So of two equal
//! requests in flight, one changes something, and the other one nothing at all.

use std::sync::{Arc, Mutex, PoisonError};

use rollcall_model::Reason;
use rollcall_scim as scim;
use serde::Serialize;

use crate::clock::now;
use crate::error::Error;
use crate::item::{Item, to_item};
use crate::partition::Key;

/// How long a mark is stored, in seconds.
const REMEMBERED_SECONDS: i64 = 24 * 3_600;

/// An attempt, under the key of its mark. Clones are the same attempt.
#[derive(Clone, Debug)]
pub struct Attempt(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    key: Key,
    digest: String,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing is changed yet.
    Open,
    /// A transaction with the mark is under way.
    Carried,
    /// The mark is written.
    Made,
}

/// A mark as it is stored.
#[derive(Serialize)]
struct Mark<'a> {
    digest: &'a str,
    at: jiff::Timestamp,
    /// For DynamoDB's time to live.
    expires: i64,
}

impl Attempt {
    /// Creates an attempt. `digest` is the digest of the request, with which its mark is compared later.
    pub fn new(key: Key, digest: String) -> Self {
        Self::in_state(key, digest, State::Open)
    }

    /// Creates an attempt whose mark an earlier request has written. What is left of the change is made without it.
    pub fn begun(key: Key, digest: String) -> Self {
        Self::in_state(key, digest, State::Made)
    }

    fn in_state(key: Key, digest: String, state: State) -> Self {
        Self(Arc::new(Inner {
            key,
            digest,
            state: Mutex::new(state),
        }))
    }

    /// Returns the key of the mark.
    pub fn key(&self) -> &Key {
        &self.0.key
    }

    /// Returns whether the change is made.
    pub fn is_made(&self) -> bool {
        self.state() == State::Made
    }

    /// Returns the error for a change that an equal request has made, or makes now.
    pub(crate) fn repeated() -> Error {
        let busy = scim::Error::Unavailable { retry_after: 2 };
        Error::Refused(Reason::IdempotencyKeyInUse, busy)
    }

    /// Returns the mark for a transaction, unless another one carries it. [`Self::end`] must follow.
    pub(crate) fn begin(&self) -> Result<Option<Item>, Error> {
        let mark = Mark {
            digest: &self.0.digest,
            at: now(),
            expires: now().as_second() + REMEMBERED_SECONDS,
        };
        let item = to_item(&self.0.key, &mark)?;
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        if *state != State::Open {
            return Ok(None);
        }
        *state = State::Carried;
        Ok(Some(item))
    }

    /// Notes whether the transaction that carries the mark was committed.
    pub(crate) fn end(&self, is_committed: bool) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = match is_committed {
            true => State::Made,
            false => State::Open,
        };
    }

    fn state(&self) -> State {
        *self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use rollcall_model::TenantId;

    use super::*;
    use crate::keys::Keys;

    #[test]
    fn one_transaction_carries_the_mark() {
        let tenant: TenantId = "acme".parse().unwrap();
        let key = Keys::of(&tenant).repeats().at("x");
        let attempt = Attempt::new(key, "digest".to_owned());
        assert!(attempt.begin().unwrap().is_some());
        assert!(attempt.begin().unwrap().is_none());
        attempt.end(false);
        assert!(!attempt.is_made());
        assert!(attempt.begin().unwrap().is_some());
        attempt.end(true);
        assert!(attempt.clone().is_made());
        assert!(attempt.begin().unwrap().is_none());
        let begun = Attempt::begun(attempt.key().clone(), "digest".to_owned());
        assert!(begun.is_made());
        assert!(begun.begin().unwrap().is_none());
    }
}
