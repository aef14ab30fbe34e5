//! The rules for groups, roles and sign-ins.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_directory::Provider;
use rollcall_directory::stored::RecentSignIn;
use rollcall_model::{PersonState, Role, RouteBy, Subject};

use super::subjects::{SETTING_UP, about_connection, subject};
use crate::health::finding::{Finding, FindingKind, Severity};
use crate::health::snapshot::Snapshot;
use crate::lists::GroupSummary;

/// The maximum number of names that a finding lists.
pub(super) const MAX_NAMES: usize = 5;

/// Checks whether groups have members and give roles.
pub(super) fn of_groups(snapshot: &Snapshot) -> Vec<Finding> {
    let at_least = snapshot.group_count > snapshot.groups.len() as u64;
    let about = |kind, severity, groups: &[&GroupSummary]| {
        let groups_told = groups.iter().take(MAX_NAMES);
        let among: Vec<Subject> = groups_told
            .map(|group| subject("group", &group.id, &group.display_name))
            .collect();
        Some(Finding {
            subject: Some(among.first()?.clone()),
            count: groups.len() as u64,
            at_least,
            among,
            ..Finding::new(kind, severity)
        })
    };
    let mut empty: Vec<&GroupSummary> = snapshot.groups.iter().collect();
    empty.retain(|group| group.member_count == 0);
    // Groups that are mapped to a role come first.
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

/// Returns the connections that push people but no groups.
pub(super) fn of_missing_groups(snapshot: &Snapshot) -> Vec<Finding> {
    let none_at_all = snapshot.group_count == 0;
    let missing = snapshot.connections.iter().filter_map(|connection| {
        let milestones = snapshot.digest.connections.get(&connection.id)?;
        let since = milestones.first_user_at?;
        // If the digest skipped part of the log, the connection may have pushed groups there.
        let pushes =
            milestones.first_group_at.is_some() || snapshot.digest.seen_since(connection).is_some();
        if !none_at_all && pushes {
            return None;
        }
        let begun = snapshot.now.duration_since(since) < SETTING_UP;
        let severity = match begun || connection.provider == Provider::Google || !none_at_all {
            // If groups come from elsewhere, this connection need not push any.
            true => Severity::Notice,
            false => Severity::Warning,
        };
        Some(Finding {
            count: snapshot.people_count,
            since: Some(since),
            ..about_connection(FindingKind::UsersWithoutGroups, severity, connection)
        })
    });
    missing.collect()
}

/// Checks whether sign-ins have the claim that decides them.
pub(super) fn of_claims(snapshot: &Snapshot) -> Option<Finding> {
    let route_by = snapshot.settings.route_by;
    if snapshot.mapped == 0 || route_by == RouteBy::Membership {
        return None;
    }
    let seen = &snapshot.sign_ins;
    if seen.iter().any(|seen| seen.has_claim) {
        return None;
    }
    let severity = match route_by {
        RouteBy::Claim => Severity::Problem,
        // Memberships decide instead.
        _ => Severity::Notice,
    };
    Some(Finding {
        subject: Some(seen.first()?.person.clone()),
        count: seen.len() as u64,
        at_least: !snapshot.all_sign_ins,
        since: seen.last().map(|seen| seen.at),
        ..Finding::new(FindingKind::ClaimMissing, severity)
    })
}

/// Returns the people who have the default role or none, by the reason why no group decided.
pub(super) fn of_default_roles(snapshot: &Snapshot) -> Vec<Finding> {
    if snapshot.group_count == 0 {
        return Vec::new();
    }
    let mut seen_already = BTreeSet::new();
    let mut by_cause = BTreeMap::<(FindingKind, Option<Role>), Vec<&RecentSignIn>>::new();
    for seen in &snapshot.sign_ins {
        // Sign-ins are newest first, so only the first one of a person counts.
        if !seen_already.insert(&seen.person.id) {
            continue;
        }
        if let Some(role) = snapshot.undecided.get(&seen.person.id) {
            let kind = why_default(snapshot, seen.has_claim);
            by_cause.entry((kind, *role)).or_default().push(seen);
        }
    }
    let found = by_cause.into_iter().filter_map(|((kind, role), people)| {
        let among = people.iter().take(MAX_NAMES);
        Some(Finding {
            subject: Some(people.first()?.person.clone()),
            count: people.len() as u64,
            at_least: !snapshot.all_sign_ins,
            among: among.map(|seen| seen.person.clone()).collect(),
            role,
            route_by: Some(snapshot.settings.route_by),
            since: people.iter().map(|seen| seen.at).min(),
            ..Finding::new(kind, Severity::Warning)
        })
    });
    found.collect()
}

fn why_default(snapshot: &Snapshot, has_claim: bool) -> FindingKind {
    let by_claim = snapshot.settings.route_by != RouteBy::Membership;
    if snapshot.mapped == 0 {
        FindingKind::DefaultRoleWithoutMapping
    } else if by_claim && !has_claim {
        FindingKind::DefaultRoleWithoutClaim
    } else {
        FindingKind::DefaultRoleWithoutMatch
    }
}

/// Returns the people who were pushed and have never signed in.
pub(super) fn of_people(snapshot: &Snapshot) -> Option<Finding> {
    let invited = || {
        let newest = snapshot.newest_people.iter();
        newest.filter(|person| person.state == PersonState::Invited)
    };
    let among: Vec<Subject> = invited()
        .take(MAX_NAMES)
        .map(|person| subject("user", &person.id, &person.user_name))
        .collect();
    Some(Finding {
        subject: Some(among.first()?.clone()),
        count: invited().count() as u64,
        at_least: snapshot.people_count > snapshot.newest_people.len() as u64,
        among,
        since: invited().map(|person| person.created_at).min(),
        ..Finding::new(FindingKind::NeverSignedIn, Severity::Notice)
    })
}
