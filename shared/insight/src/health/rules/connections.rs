//! The rules for a connection: its tokens, its traffic, its failures.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{Connection, Diagnosis, Token};

use super::subjects::{SETTING_UP, about_connection, subject};
use crate::health::finding::{Finding, FindingKind, Severity};
use crate::health::snapshot::Snapshot;
use crate::traffic::failures::RepeatedFailure;
use crate::traffic::tally::MAX_FAILURES;

/// A token that expires within this time is reported.
pub(super) const EXPIRES_SOON: SignedDuration = SignedDuration::from_hours(14 * 24);
/// A token that expires within this time is a problem.
const EXPIRES_NOW: SignedDuration = SignedDuration::from_hours(3 * 24);
/// A connection that has sent nothing for this time is reported.
pub(super) const SILENT: SignedDuration = SignedDuration::from_hours(24);
/// Products that send only changes can be silent for less than this time although nothing is wrong. The console calls a
/// connection silent from then on.
const SILENT_FOR_LONG: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The number of failures of one kind from which they count as repeated.
const REPEATING: u64 = 2;

/// Checks whether the connection has a valid token, and for how long.
pub(super) fn of_tokens(snapshot: &Snapshot, connection: &Connection) -> Option<Finding> {
    let now = snapshot.now;
    let end = |token: &Token| token.expires_at.unwrap_or(Timestamp::MAX);
    let left = |token: &Token| end(token).duration_since(now);
    let (live, expired): (Vec<&Token>, Vec<&Token>) =
        unrevoked(snapshot, connection).partition(|token| left(token) > SignedDuration::ZERO);
    let about = |kind, severity, token: &Token| Finding {
        subject: Some(subject("token", &token.id, &token.label)),
        among: vec![subject("connection", &connection.id, &connection.label)],
        since: token.expires_at,
        provider: Some(connection.provider),
        ..Finding::new(kind, severity)
    };
    let Some(lasting) = live.iter().copied().max_by_key(|token| end(token)) else {
        return Some(match expired.into_iter().max_by_key(|token| end(token)) {
            Some(token) => about(FindingKind::TokenExpired, Severity::Problem, token),
            None => Finding {
                since: last_end(snapshot, connection).or(Some(connection.created_at)),
                ..about_connection(FindingKind::NoToken, Severity::Notice, connection)
            },
        });
    };
    let used = live
        .iter()
        .copied()
        .filter(|token| token.last_used_at.is_some())
        .max_by_key(|token| token.last_used_at);
    // Although there is a token that lasts longer, the identity provider may still use the one that expires.
    let (token, other) = match used {
        _ if left(lasting) < EXPIRES_SOON => (lasting, None),
        Some(used) if left(used) < EXPIRES_SOON => (used, Some(lasting)),
        _ => return None,
    };
    let severity = match other.is_none() && left(token) < EXPIRES_NOW {
        true => Severity::Problem,
        false => Severity::Warning,
    };
    let mut finding = about(FindingKind::TokenExpiring, severity, token);
    let other = other.map(|other| subject("token", &other.id, &other.label));
    finding.among.extend(other);
    Some(Finding {
        count: u64::try_from(left(token).as_hours())
            .unwrap_or(0)
            .div_ceil(24)
            .max(1),
        ..finding
    })
}

/// Returns when the last of the connection's tokens was revoked or expired.
fn last_end(snapshot: &Snapshot, connection: &Connection) -> Option<Timestamp> {
    let own = snapshot.tokens.iter();
    own.filter(|token| token.connection_id == connection.id)
        .filter_map(|token| token.revoked_at.into_iter().chain(token.expires_at).min())
        .max()
}

fn unrevoked<'a>(
    snapshot: &'a Snapshot,
    connection: &'a Connection,
) -> impl Iterator<Item = &'a Token> {
    let own = |token: &&Token| token.connection_id == connection.id && token.revoked_at.is_none();
    snapshot.tokens.iter().filter(own)
}

/// Checks whether the connection has ever sent a request, and recently.
pub(super) fn of_traffic(snapshot: &Snapshot, connection: &Connection) -> Option<Finding> {
    let now = snapshot.now;
    let own = snapshot.tokens.iter();
    let used = own
        .filter(|token| token.connection_id == connection.id)
        .filter_map(|token| token.last_used_at);
    let milestones = snapshot.digest.connections.get(&connection.id);
    let heard_at = used.max().max(milestones.and_then(|m| m.last_request_at));
    let can_speak =
        unrevoked(snapshot, connection).any(|token| token.expires_at.is_none_or(|end| end > now));
    let about = |kind, severity| about_connection(kind, severity, connection);
    match heard_at {
        None if can_speak => {
            let issued = unrevoked(snapshot, connection).map(|token| token.created_at);
            let since = issued.min().unwrap_or(connection.created_at);
            let severity = match now.duration_since(since) < SETTING_UP {
                true => Severity::Notice,
                false => Severity::Warning,
            };
            Some(Finding {
                since: Some(since),
                ..about(FindingKind::NeverHeardFrom, severity)
            })
        }
        Some(heard_at) if can_speak && now.duration_since(heard_at) >= SILENT => {
            let silent = now.duration_since(heard_at);
            let severity =
                match connection.provider.syncs_on_schedule() || silent >= SILENT_FOR_LONG {
                    true => Severity::Warning,
                    false => Severity::Notice,
                };
            Some(Finding {
                count: u64::try_from(silent.as_hours()).unwrap_or(0),
                since: Some(heard_at),
                ..about(FindingKind::ConnectionSilent, severity)
            })
        }
        _ => None,
    }
}

/// Returns the current failures of the connection, by cause.
pub(super) fn of_failures(snapshot: &Snapshot, connection: &Connection) -> Vec<Finding> {
    let mut by_cause = BTreeMap::<(FindingKind, Option<Diagnosis>), Vec<&RepeatedFailure>>::new();
    for failure in &snapshot.digest.failures {
        if let Some(kind) = cause(failure, snapshot)
            && failure.connection_id == connection.id
            && !is_a_look(failure)
        {
            let apart = kind == FindingKind::FailuresRepeating;
            let key = (kind, apart.then_some(failure.diagnosis));
            by_cause.entry(key).or_default().push(failure);
        }
    }
    let failing = by_cause.into_iter().filter_map(|((kind, _), failures)| {
        let latest = failures.iter().max_by_key(|failure| failure.last_at)?;
        let count = failures.iter().map(|failure| failure.count).sum();
        if kind == FindingKind::FailuresRepeating && count < REPEATING {
            return None;
        }
        let request = format!("{} {}", latest.http_method, latest.target);
        let detail = latest
            .detail
            .iter()
            .fold(request, |request, detail| format!("{request}: {detail}"));
        Some(Finding {
            count,
            at_least: snapshot.digest.failures.len() >= MAX_FAILURES,
            since: failures.iter().map(|failure| failure.first_at).min(),
            detail: Some(detail),
            diagnosis: Some(latest.diagnosis),
            request: Some(latest.request.clone()),
            ..about_connection(kind, severity_of(latest.diagnosis), connection)
        })
    });
    failing.collect()
}

/// Returns whether the failure is a single read of an id that does not exist. A client that has stored the id reads it
/// again.
fn is_a_look(failure: &RepeatedFailure) -> bool {
    failure.http_method == "GET"
        && failure.count < REPEATING
        && matches!(
            failure.diagnosis,
            Diagnosis::StaleUser | Diagnosis::StaleGroup
        )
}

/// Returns the cause of a failure; `None` if nobody has to do anything about it.
fn cause(failure: &RepeatedFailure, snapshot: &Snapshot) -> Option<FindingKind> {
    let is_group = |id: &String| snapshot.groups.iter().any(|group| group.id == *id);
    let nested = !failure.skipped.is_empty() && failure.skipped.iter().all(is_group);
    Some(match failure.diagnosis {
        Diagnosis::Revoked | Diagnosis::Expired | Diagnosis::NoToken => FindingKind::WrongToken,
        Diagnosis::ForeignAddress => FindingKind::ForeignAddress,
        Diagnosis::Method => FindingKind::WrongAddress,
        Diagnosis::StaleUser => FindingKind::StaleUser,
        Diagnosis::StaleGroup => FindingKind::StaleGroup,
        Diagnosis::Filter => FindingKind::UnsupportedFilter,
        Diagnosis::OwnedByAnother => FindingKind::OwnedByAnother,
        Diagnosis::Skipped if nested => FindingKind::NestedGroups,
        Diagnosis::Skipped => FindingKind::SkippedMembers,
        Diagnosis::IgnoredPath => FindingKind::IgnoredPath,
        Diagnosis::GoneAlready | Diagnosis::Precondition | Diagnosis::NotOffered => return None,
        _ => FindingKind::FailuresRepeating,
    })
}

fn severity_of(diagnosis: Diagnosis) -> Severity {
    match diagnosis {
        Diagnosis::Revoked
        | Diagnosis::Expired
        | Diagnosis::NoToken
        | Diagnosis::ForeignAddress
        | Diagnosis::Method
        | Diagnosis::Failed => Severity::Problem,
        Diagnosis::Throttled
        | Diagnosis::ReadTooMuch
        | Diagnosis::NotFound
        | Diagnosis::IgnoredPath => Severity::Notice,
        _ => Severity::Warning,
    }
}
