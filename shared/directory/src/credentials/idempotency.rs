//! Forms that make something, each used once: sent again, by a second click or by loading the answer again, it makes
//! nothing.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use uuid::Uuid;

use crate::error::Error;
use crate::resources::record::now;
use crate::store::item::to_item;
use crate::store::transaction::{Expression, Guard, Transaction};
use crate::tenant::Tenant;

/// How long a used form is remembered, in seconds: longer than the session that it was made for can last.
const REMEMBERED_SECONDS: i64 = 24 * 3_600;

/// One showing of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormId(Uuid);

impl FormId {
    /// Makes one for a form that is about to be shown.
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

/// That a form was used, as the table holds it.
#[derive(Serialize)]
struct Used {
    /// For DynamoDB's time to live.
    expires: i64,
}

impl Tenant {
    /// Lets the transaction be made only if the form was not used before: `Guard::Used` fails else.
    pub(crate) fn write_use(
        &self,
        transaction: &mut Transaction,
        form: FormId,
    ) -> Result<(), Error> {
        let used = Used {
            expires: now().as_second() + REMEMBERED_SECONDS,
        };
        let item = to_item(&self.id.used_forms().at(form.to_string()), &used)?;
        transaction.put_if(item, Expression::absent(), Guard::Used);
        Ok(())
    }
}
