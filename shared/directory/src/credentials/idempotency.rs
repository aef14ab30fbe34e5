//! Idempotency keys: a form that creates something takes effect once, even if it is sent several times.

use std::fmt;
use std::str::FromStr;

use rollcall_store::{Error, Expression, Guard, Scope, Transaction, now, to_item};
use serde::Serialize;
use uuid::Uuid;

/// How long a used form is stored, in seconds: longer than any session that could send it again.
const REMEMBERED_SECONDS: i64 = 24 * 3_600;

/// The id of a form. Each time the form is shown, it gets a new id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormId(Uuid);

impl FormId {
    /// Returns the id for a form that is about to be shown.
    pub fn fresh() -> Self {
        Self(Uuid::now_v7())
    }
}

impl fmt::Display for FormId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for FormId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A used form as it is stored.
#[derive(Serialize)]
struct Used {
    /// For DynamoDB's time to live.
    expires: i64,
}

/// Adds the write that marks the form as used. If it was used before, the transaction fails with [`Guard::Used`].
pub(super) fn write_use(
    scope: &Scope,
    transaction: &mut Transaction,
    form: FormId,
) -> Result<(), Error> {
    let used = Used {
        expires: now().as_second() + REMEMBERED_SECONDS,
    };
    let item = to_item(&scope.keys().used_forms().at(form.to_string()), &used)?;
    transaction.put_if(item, Expression::absent(), Guard::Used);
    Ok(())
}
