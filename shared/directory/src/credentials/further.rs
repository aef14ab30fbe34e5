//! Counts the further operations of a bulk request on the meters of its token and its tenant: a few calls, however many
//! operations there are.
//!
//! The request was admitted like a single one, so its operations are done even if they exceed the burst. They put the
//! meters into debt, and the next requests wait until it is paid. A bulk request is refused only if another one has brought
//! a meter into debt since it was admitted.

use rollcall_model::clock::time;
use rollcall_scim as scim;
use rollcall_store::{Error, Expression, Found, Key, Table, Updated, from_item, number};
use serde::Deserialize;

use crate::credentials::authenticate::item_of;
use crate::credentials::booking::State;
use crate::credentials::handle::Credentials;

/// How far the clocks of two functions may differ, in microseconds.
const APART_US: i64 = 2_000_000;

/// A meter as it is stored, whether of a token or of a tenant.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct Meter {
    cost_us: i64,
    tat: i64,
    allow_at: i64,
}

impl Credentials<'_> {
    /// Counts operations that came with a request beside the one that is already counted. Returns the seconds to wait if
    /// the request must not be done; at least 1.
    ///
    /// # Errors
    /// `401` when the token is not one of the tenant; otherwise only table errors.
    pub async fn count_further(self, bearer: &str, operations: u32) -> Result<Option<u32>, Error> {
        if operations == 0 {
            return Ok(None);
        }
        let keys = self.scope.keys();
        let token = item_of(keys, &self.scope.tenant, bearer).ok_or(scim::Error::Unauthorized)?;
        let tenant = keys.meter();
        let table = &self.scope.table;
        let mut found = table.find([token.clone(), tenant.clone()]).await?;
        let debts = [
            Debt::of(&mut found, token, operations)?,
            Debt::of(&mut found, tenant, operations)?,
        ];
        let [of_token, of_tenant] = &debts;
        if let Some(wait) = of_token.book(table).await? {
            return Ok(Some(wait));
        }
        let wait = of_tenant.book(table).await?;
        if wait.is_some() {
            of_token.take_back(table).await?;
        }
        Ok(wait)
    }
}

/// What the operations cost on one meter.
struct Debt {
    key: Key,
    cost_us: i64,
    total_us: i64,
}

impl Debt {
    fn of(found: &mut Found, key: Key, operations: u32) -> Result<Self, Error> {
        let meter = found.take(&key).map(from_item::<Meter>).transpose()?;
        let cost_us = meter.unwrap_or_default().cost_us;
        Ok(Self {
            key,
            cost_us,
            total_us: cost_us.saturating_mul(operations.into()),
        })
    }

    /// Books the operations. Returns the seconds to wait if the meter is in debt. An unlimited meter is not written.
    async fn book(&self, table: &Table) -> Result<Option<u32>, Error> {
        if self.cost_us == 0 {
            return Ok(None);
        }
        let now_us = time().as_microsecond();
        // The request itself may have been the last of the burst.
        let admitted = Expression::new("cost_us = :cost AND allow_at <= :latest")
            .with(":cost", number(self.cost_us))
            .with(":latest", number(now_us + self.cost_us + APART_US));
        match self.change(table, "+", &admitted).await? {
            Updated::Done(_) | Updated::Absent => Ok(None),
            Updated::Unchanged(item) => {
                let Meter { tat, allow_at, .. } = from_item(item)?;
                // Otherwise the limit has just been changed, and begins anew.
                Ok(State { tat, allow_at }.seconds_to_wait(now_us))
            }
        }
    }

    async fn take_back(&self, table: &Table) -> Result<(), Error> {
        let same = Expression::new("cost_us = :cost").with(":cost", number(self.cost_us));
        match self.cost_us {
            0 => Ok(()),
            _ => self.change(table, "-", &same).await.map(|_| ()),
        }
    }

    async fn change(
        &self,
        table: &Table,
        sign: &str,
        condition: &Expression,
    ) -> Result<Updated, Error> {
        let set = format!("SET tat = tat {sign} :total, allow_at = allow_at {sign} :total");
        let set = Expression::new(set).with(":total", number(self.total_us));
        table.update_if(&self.key, &set, condition).await
    }
}
