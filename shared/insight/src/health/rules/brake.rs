//! What a connection took away beyond its limit, for as long as changes can be held.

use jiff::SignedDuration;
use rollcall_directory::Connection;

use crate::health::finding::{Finding, FindingKind, Severity};
use crate::health::rules::subjects::about_connection;
use crate::health::snapshot::Snapshot;

/// For how long it is shown: changes are held up to an hour after it, for a day, until the next hourly pass.
pub(super) const SHOWN: SignedDuration = SignedDuration::from_hours(26);

/// Returns whether the connection took away too much within the last 26 hours.
pub(super) fn of_brake(snapshot: &Snapshot, connection: &Connection) -> Option<Finding> {
    let tripped = snapshot.tripped.get(&connection.id)?;
    let (kind, severity) = (FindingKind::BrakeTripped, Severity::Problem);
    (tripped.at > snapshot.now - SHOWN).then(|| Finding {
        count: tripped.taken,
        ceiling: Some(tripped.allowed),
        since: Some(tripped.at),
        ..about_connection(kind, severity, connection)
    })
}
