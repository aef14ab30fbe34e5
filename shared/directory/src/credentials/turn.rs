//! The turn of a tenant at long work: walks through its people, and erasures. One piece of work of each kind is in hand at a
//! time, so that however much of it there is, other tenants keep their share of the workers.
//!
//! The turn is kept on the tenant's meter, which goes with the tenant and is no part of a transaction.

use std::time::Duration;

use rollcall_store::{Error, Expression, Scope, Updated, now, number, string};

use crate::credentials::meter;

/// How long a turn lasts unless it is kept: longer than a message takes to come again after a failure.
const LENGTH: Duration = Duration::from_secs(900);

/// The kind of long work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LongWork {
    /// The roles of many people.
    Roles,
    /// The erasure of a person.
    Erasure,
}

/// The turn of a tenant at one kind of long work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn<'a> {
    scope: &'a Scope,
    work: LongWork,
}

impl<'a> Turn<'a> {
    pub(crate) fn of(scope: &'a Scope, work: LongWork) -> Self {
        Self { scope, work }
    }

    /// Returns the name of the attribute with the holder, and of that with the end of the turn.
    fn names(self) -> [&'static str; 2] {
        match self.work {
            LongWork::Roles => ["roles_turn", "roles_turn_until"],
            LongWork::Erasure => ["erasure_turn", "erasure_turn_until"],
        }
    }

    /// Takes the turn for `holder`, or keeps it. Returns `false` while somebody else has it. Whoever works for a tenant that
    /// is gone has it, and finds nothing to do.
    pub(crate) async fn take(self, holder: &str) -> Result<bool, Error> {
        let [by, until] = self.names();
        let (table, at) = (&self.scope.table, now().as_second());
        let seconds = i64::try_from(LENGTH.as_secs()).unwrap_or(i64::MAX);
        let set = Expression::new(format!("SET {by} = :holder, {until} = :until"))
            .with(":holder", string(holder))
            .with(":until", number(at.saturating_add(seconds)));
        let free = Expression::new(format!(
            "attribute_exists(of_revision) AND attribute_not_exists(gone) AND \
             (attribute_not_exists({by}) OR {by} = :holder OR {until} < :now)"
        ));
        let free = free.with(":now", number(at));
        let key = self.scope.keys().meter();
        for _ in 0..2 {
            match table.update_if(&key, &set, &free).await? {
                Updated::Done(_) => return Ok(true),
                Updated::Unchanged(meter) if meter.contains_key("gone") => return Ok(true),
                Updated::Unchanged(meter) if meter.contains_key("of_revision") => {
                    return Ok(false);
                }
                // An earlier version created the tenant.
                Updated::Unchanged(_) | Updated::Absent => {
                    meter::refresh(table, &self.scope.tenant).await?;
                }
            }
        }
        Ok(true)
    }

    /// Ends the turn of `holder`.
    pub(crate) async fn end(self, holder: &str) -> Result<(), Error> {
        let [by, until] = self.names();
        let remove = Expression::new(format!("REMOVE {by}, {until}"));
        let own = Expression::new(format!("{by} = :holder")).with(":holder", string(holder));
        let key = self.scope.keys().meter();
        self.scope.table.update_if(&key, &remove, &own).await?;
        Ok(())
    }
}
