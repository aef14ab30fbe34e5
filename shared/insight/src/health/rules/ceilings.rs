//! The operator's ceilings: reached, or nearly.

use crate::health::finding::{Finding, FindingKind, Severity};
use crate::health::snapshot::Snapshot;

/// The part of a ceiling from which on it is nearly reached, in percent.
const NEARLY: u128 = 80;

/// Returns what the tenant has as much of as the operator allows, or nearly.
pub(super) fn of_ceilings(snapshot: &Snapshot) -> Vec<Finding> {
    let is_in_force = |expires_at: Option<jiff::Timestamp>| {
        expires_at.is_none_or(|expires_at| expires_at > snapshot.now)
    };
    let tokens = snapshot.tokens.iter();
    let tokens = tokens.filter(|one| one.revoked_at.is_none() && is_in_force(one.expires_at));
    let ceilings = &snapshot.ceilings;
    let all = [
        (
            FindingKind::PeopleCeiling,
            snapshot.people_count,
            ceilings.people,
        ),
        (
            FindingKind::GroupsCeiling,
            snapshot.group_count,
            ceilings.groups,
        ),
        (
            FindingKind::TokensCeiling,
            tokens.count() as u64,
            ceilings.tokens,
        ),
    ];
    let found = all.into_iter().filter_map(|(kind, count, ceiling)| {
        Some(Finding {
            count,
            ceiling,
            ..Finding::new(kind, severity(count, ceiling?)?)
        })
    });
    found.collect()
}

fn severity(count: u64, ceiling: u64) -> Option<Severity> {
    if count >= ceiling {
        return Some(Severity::Problem);
    }
    let is_near = u128::from(count) * 100 >= u128::from(ceiling) * NEARLY;
    is_near.then_some(Severity::Warning)
}
