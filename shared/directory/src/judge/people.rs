//! What is wrong with groups and roles, and who has never been here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::{ClaimSeen, SETTING_UP, SignInSeen, Snapshot, about_connection, short, subject};
use crate::connections::{Connection, Provider};
use crate::health::{Finding, FindingKind, Severity};
use crate::overview::GroupSummary;
use crate::person::PersonState;
use crate::tenant::RouteBy;

/// Sign-ins further back say nothing about now.
const SIGN_INS_COUNT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Names that a finding lists.
const MAX_NAMES: usize = 5;

/// Whether groups come, have members and give roles.
pub(super) fn of_groups(snapshot: &Snapshot) -> Vec<Finding> {
    if snapshot.group_count == 0 {
        return of_missing_groups(snapshot).into_iter().collect();
    }
    let at_least = snapshot.group_count > snapshot.groups.len() as u64;
    let about = |kind, severity, groups: &[&GroupSummary]| {
        let first = groups.first()?;
        let names = groups.iter().take(MAX_NAMES);
        Some(Finding {
            subject: Some(subject("group", &first.id, &first.display_name)),
            count: groups.len() as u64,
            at_least,
            names: names.map(|group| short(&group.display_name)).collect(),
            ..Finding::new(kind, severity)
        })
    };
    let mut empty: Vec<&GroupSummary> = snapshot.groups.iter().collect();
    empty.retain(|group| group.member_count == 0);
    // Those that were meant to give a role come first.
    empty.sort_by_key(|group| group.role.is_none());
    let matters = empty.first().is_some_and(|group| group.role.is_some());
    let mut unmapped: Vec<&GroupSummary> = snapshot.groups.iter().collect();
    unmapped.retain(|group| group.role.is_none() && group.member_count > 0);
    let severity = |warn: bool| {
        if warn {
            Severity::Warning
        } else {
            Severity::Notice
        }
    };
    let none_mapped = snapshot.mapped == 0;
    [
        about(FindingKind::EmptyGroups, severity(matters), &empty),
        about(
            FindingKind::UnmappedGroups,
            severity(none_mapped),
            &unmapped,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of_missing_groups(snapshot: &Snapshot) -> Option<Finding> {
    let pushed_at = |connection: &&Connection| {
        let milestones = snapshot.digest.connections.get(&connection.id)?;
        milestones.first_user_at
    };
    let pushing = snapshot.connections.iter();
    let connection = pushing
        .filter(|connection| pushed_at(connection).is_some())
        .min_by_key(pushed_at)?;
    let since = pushed_at(&connection)?;
    let begun = snapshot.now.duration_since(since) < SETTING_UP;
    let severity = match begun || connection.provider == Provider::Google {
        true => Severity::Notice,
        false => Severity::Warning,
    };
    Some(Finding {
        count: snapshot.people_count,
        since: Some(since),
        ..about_connection(FindingKind::UsersWithoutGroups, severity, connection)
    })
}

fn recent(snapshot: &Snapshot) -> impl Iterator<Item = &SignInSeen> {
    snapshot
        .sign_ins
        .iter()
        .filter(|seen| snapshot.now.duration_since(seen.at) <= SIGN_INS_COUNT)
}

/// Whether the claim comes by which sign-ins are to be decided.
pub(super) fn of_claims(snapshot: &Snapshot) -> Option<Finding> {
    let route_by = snapshot.settings.route_by;
    if snapshot.mapped == 0 || route_by == RouteBy::Membership {
        return None;
    }
    let known = || recent(snapshot).filter(|seen| seen.claim != ClaimSeen::Unknown);
    if known().any(|seen| seen.claim == ClaimSeen::Present) {
        return None;
    }
    let severity = match route_by {
        RouteBy::Claim => Severity::Problem,
        // Memberships decide in its place.
        _ => Severity::Notice,
    };
    Some(Finding {
        subject: Some(known().next()?.person.clone()),
        count: known().count() as u64,
        since: known().map(|seen| seen.at).min(),
        ..Finding::new(FindingKind::ClaimMissing, severity)
    })
}

/// Who got the default role, and why no group decided.
pub(super) fn of_default_roles(snapshot: &Snapshot) -> Vec<Finding> {
    if snapshot.group_count == 0 {
        return Vec::new();
    }
    let mut decided = BTreeSet::new();
    let mut by_cause = BTreeMap::<FindingKind, BTreeMap<&str, &SignInSeen>>::new();
    for seen in recent(snapshot) {
        if seen.source == DEFAULT && !decided.contains(seen.person.id.as_str()) {
            let kind = why_default(snapshot, seen.claim);
            let people = by_cause.entry(kind).or_default();
            people.entry(&seen.person.id).or_insert(seen);
        } else if seen.source.starts_with(BY_GROUP) {
            // Newest first: what lies before this is mended.
            decided.insert(seen.person.id.as_str());
        }
    }
    let found = by_cause.into_iter().filter_map(|(kind, people)| {
        let latest = people.values().max_by_key(|seen| seen.at)?;
        let names = people.values().take(MAX_NAMES);
        Some(Finding {
            subject: Some(latest.person.clone()),
            count: people.len() as u64,
            names: names.map(|seen| short(&seen.person.name)).collect(),
            since: people.values().map(|seen| seen.at).min(),
            ..Finding::new(kind, Severity::Warning)
        })
    });
    found.collect()
}

/// What the journal calls a sign-in that the tenant's default decided.
const DEFAULT: &str = "sso-config-default";
/// How it begins to call one that a group decided.
const BY_GROUP: &str = "scim-group:";

fn why_default(snapshot: &Snapshot, claim: ClaimSeen) -> FindingKind {
    let by_claim = snapshot.settings.route_by != RouteBy::Membership;
    match claim {
        _ if snapshot.mapped == 0 => FindingKind::DefaultRoleWithoutMapping,
        ClaimSeen::Absent if by_claim => FindingKind::DefaultRoleWithoutClaim,
        _ => FindingKind::DefaultRoleWithoutMatch,
    }
}

/// Who was pushed and has never been here.
pub(super) fn of_people(snapshot: &Snapshot) -> Option<Finding> {
    let invited = || {
        let newest = snapshot.newest_people.iter();
        newest.filter(|person| person.state == PersonState::Invited)
    };
    let first = invited().next()?;
    Some(Finding {
        subject: Some(subject("user", &first.id, &first.user_name)),
        count: invited().count() as u64,
        at_least: snapshot.people_count > snapshot.newest_people.len() as u64,
        names: invited()
            .take(MAX_NAMES)
            .map(|person| short(&person.user_name))
            .collect(),
        since: invited().map(|person| person.created_at).min(),
        ..Finding::new(FindingKind::NeverSignedIn, Severity::Notice)
    })
}
