//! Until when a judgement holds if nothing happens: the first time at which a finding can open or close by time alone.

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::FindingRecord;

use super::brake::SHOWN;
use super::connections::{EXPIRES_SOON, SILENT};
use crate::health::snapshot::Snapshot;
use crate::traffic::tally::FAILURES_KEPT;

/// After this time a tenant is judged anew in any case: a newer version of the rules may judge otherwise.
const AT_THE_LATEST: SignedDuration = SignedDuration::from_hours(24);

/// Returns until when no rule decides otherwise by time alone, and nothing that is put off counts again. It can be earlier
/// than need be.
pub(in crate::health) fn holds_until(snapshot: &Snapshot, record: &FindingRecord) -> Timestamp {
    let tokens = snapshot.tokens.iter();
    let of_tokens = tokens.flat_map(|token| {
        let (end, used) = (token.expires_at, token.last_used_at);
        [
            end.map(|at| at - EXPIRES_SOON),
            end,
            used.map(|at| at + SILENT),
        ]
    });
    let heard = snapshot.digest.connections.values();
    let heard = heard.map(|milestones| milestones.last_request_at.map(|at| at + SILENT));
    let failures = snapshot.digest.failures.iter();
    let tripped = snapshot.tripped.values();
    let known = failures
        .map(|failure| failure.last_at + FAILURES_KEPT)
        .chain(tripped.map(|tripped| tripped.at + SHOWN))
        .chain(snapshot.sign_ins.iter().map(|seen| seen.ends_at()))
        .chain(snapshot.refusals.iter().map(|refused| refused.ends_at()))
        .chain(snapshot.rejecting.iter().map(|one| one.mark.ends_at()))
        .chain(record.ends_of_snoozes());
    of_tokens
        .chain(heard)
        .flatten()
        .chain(known)
        .filter(|at| *at >= snapshot.now)
        .fold(snapshot.now + AT_THE_LATEST, Timestamp::min)
}
