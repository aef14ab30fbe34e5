//! The brake: counts what a connection takes away, and says what is held because it is too much.
//!
//! Only a change that takes something away pays for this: a deactivation, a deletion, or members that leave a group. The
//! counts are items of the connection for five minutes each, so that no other request reads or writes them.

use std::sync::OnceLock;

use jiff::Timestamp;
use rollcall_model::{Actor, BrakeLimit, EventType, Origin, USERS};
use rollcall_store::{
    Error, Expression, Guard, Range, Transaction, Updated, from_item, now, number, to_item,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::credentials::connections::Connection;
use crate::journal::entry::Entry;
use crate::resources::handle::Resources;

/// The seconds that one count covers.
const SLOT: i64 = 300;
/// For how long counts are kept, in seconds: the window and a little more.
const KEPT: i64 = 2 * 3_600;
/// For how long a mark that the limit was exceeded is kept, in seconds. Changes are held up to an hour after it without
/// another announcement, for a day, and take effect with the next hourly pass: Health shows it until then.
const SHOWN: i64 = 26 * 3_600;

/// What is held, by which connection's wish, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hold {
    /// The id of the connection.
    pub(crate) connection: String,
    /// When the change takes effect unless somebody decides otherwise.
    pub(crate) until: Timestamp,
}

impl Hold {
    /// Until when is held what a connection says that is only observed: until somebody makes it real.
    pub(crate) const UNENDING: Timestamp = Timestamp::MAX;

    /// Returns the hold of what a connection says that is only observed.
    pub(super) fn unending(connection: &str) -> Self {
        Self {
            connection: connection.to_owned(),
            until: Self::UNENDING,
        }
    }
}

/// What was decided for a request. It counts once, however often it starts over.
pub(super) type Booked = OnceLock<Option<Hold>>;

/// How much a connection has taken away within five minutes.
#[derive(Debug, Deserialize)]
struct Slot {
    #[serde(rename = "SK")]
    start: String,
    #[serde(default)]
    taken: u64,
    /// How many people the tenant had when the window began.
    #[serde(default)]
    people: Option<u64>,
}

/// The last time that a connection took away more than it may, within the last 26 hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tripped {
    /// When.
    pub at: Timestamp,
    /// How many changes there were within an hour at that moment.
    pub taken: u64,
    /// How many were allowed.
    pub allowed: u64,
    /// Whether more of them are held.
    pub holds: bool,
    /// Until when it is not announced again, in seconds since 1970: for an hour.
    quiet_until: i64,
    /// When this is forgotten, in seconds since 1970: 26 hours later.
    expires: i64,
}

impl Resources<'_> {
    /// Counts what the request takes away, and returns the hold if it is not to take effect. What is no push of a
    /// connection is never counted or held, and what is only observed takes nothing away.
    pub(super) async fn brake(self, booked: &Booked, taken: usize) -> Result<Option<Hold>, Error> {
        let Some(connection) = self.scope.actor.connection().filter(|_| taken > 0) else {
            return Ok(None);
        };
        if self.scope.observer().is_some() {
            return Ok(None);
        }
        if let Some(decided) = booked.get() {
            return Ok(decided.clone());
        }
        let decided = self.book(connection, taken as u64, now()).await?;
        Ok(booked.get_or_init(|| decided).clone())
    }

    async fn book(
        self,
        connection: &str,
        taken: u64,
        at: Timestamp,
    ) -> Result<Option<Hold>, Error> {
        let (keys, table) = (self.scope.keys(), &self.scope.table);
        let partition = keys.taken_away(connection);
        let window = Range::above(partition.clone(), slot(at - BrakeLimit::WINDOW));
        let lately = table.query_all(window).await?.into_iter();
        let lately = lately.map(from_item).collect::<Result<Vec<Slot>, _>>()?;
        // The share is one of the people at the beginning, however many have been deleted since then.
        let people = match lately.iter().find_map(|slot| slot.people) {
            Some(people) => people,
            None => self.count(&USERS).await?,
        };
        let this = slot(at);
        let set =
            "SET people = if_not_exists(people, :people), expires = :expires ADD taken :taken";
        let set = Expression::new(set)
            .with(":people", number(people))
            .with(":expires", number(at.as_second() + KEPT))
            .with(":taken", number(taken));
        let always = Expression::new("attribute_not_exists(gone)");
        let key = partition.at(&this);
        let Updated::Done(item) = table.update_if(&key, &set, &always).await? else {
            return Ok(None);
        };
        // Requests at the same time each see another total, so that exactly the last ones are too many.
        let others = lately.iter().filter(|slot| slot.start != this);
        let total = others.map(|slot| slot.taken).sum::<u64>() + from_item::<Slot>(item)?.taken;
        if total <= 1 {
            return Ok(None);
        }
        let (tenant, connection_key) = (keys.tenant(), keys.connection(connection));
        let mut found = table.find([tenant.clone(), connection_key.clone()]).await?;
        let tenant = self.scope.tenant_in(found.take(&tenant))?;
        let Some(stored) = found.take(&connection_key) else {
            return Ok(None);
        };
        let stored: Connection = from_item(stored)?;
        let allowed = stored.brake.unwrap_or(tenant.settings.brake);
        let allowed = allowed.allowed(people);
        if total <= allowed {
            return Ok(None);
        }
        self.announce(&stored, total, allowed, at).await?;
        Ok(stored.brake_holds.then(|| Hold {
            connection: stored.id,
            until: at + BrakeLimit::HELD,
        }))
    }

    /// Announces that a connection takes away too much, unless that was announced within an hour.
    async fn announce(
        self,
        connection: &Connection,
        taken: u64,
        allowed: u64,
        at: Timestamp,
    ) -> Result<(), Error> {
        let key = self.scope.keys().tripped(&connection.id);
        let holds = connection.brake_holds;
        let tripped = Tripped {
            at,
            taken,
            allowed,
            holds,
            quiet_until: at.as_second() + BrakeLimit::WINDOW.as_secs(),
            expires: at.as_second() + SHOWN,
        };
        let entry = Entry {
            actor: Actor::SYSTEM,
            origin: Origin::default(),
            ..Entry::new(self.scope, EventType::BrakeTripped, connection.subject())
        };
        let told = json!({"taken": taken, "allowed": allowed, "holds": holds});
        let entry = entry.with_change(None, Some(told));
        let mut transaction = Transaction::default();
        let is_due = Expression::new("attribute_not_exists(PK) OR quiet_until < :now")
            .with(":now", number(at.as_second()));
        transaction.put_if(to_item(&key, &tripped)?, is_due, Guard::Used);
        transaction.put(entry.to_item(self.scope.keys())?);
        // It answers to no idempotency key: the change that follows does.
        let table = self.scope.table.alone();
        table.transact(&transaction).await.map(|_| ())
    }
}

/// Returns the sort key of the count of a time.
fn slot(at: Timestamp) -> String {
    let second = at.as_second();
    format!("{:012}", second - second.rem_euclid(SLOT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_covers_five_minutes() {
        let at = |second| slot(Timestamp::from_second(second).unwrap());
        assert_eq!(at(1_000_000_200), at(1_000_000_499));
        assert!(at(1_000_000_200) < at(1_000_000_500));
        assert!(BrakeLimit::WINDOW.as_secs() > SLOT && KEPT > BrakeLimit::WINDOW.as_secs());
    }
}
