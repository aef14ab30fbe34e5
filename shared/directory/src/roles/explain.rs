//! Why somebody has the role they have, or none. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::role::{Grant, Mappings, Role, Source};
use crate::resources::record::Record;
use crate::roles::decide::Held;
use crate::roles::mappings::{Mapping, by_group};
use crate::tenant::{RoleSync, RouteBy, Settings};

/// A person's role, and every grant behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRole {
    /// The role that counts; none while the person is inactive.
    pub effective: Option<Role>,
    /// Every grant, mapped ones first.
    pub grants: Vec<Grant>,
    /// Why not all that the groups they are in would give counts, where that is so.
    pub held_back: Option<HeldBack>,
}

/// Why what a group would give does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldBack {
    /// Mapped roles change at sign-in only, and would be others now than the last one found.
    UntilSignIn,
    /// The groups that a sign-in names decide, and this person's has not named a mapped group that they are in.
    NotNamed,
}

impl PersonRole {
    /// Whether a grant is one by which the effective role is what it is: the highest ones, and the default one alone.
    pub fn decides(&self, grant: &Grant) -> bool {
        let is_default = |grant: &Grant| grant.source == Source::Default;
        let counts = !is_default(grant) || self.grants.iter().all(is_default);
        counts && self.effective == Some(grant.role)
    }
}

/// The role of a person, and why.
pub(crate) fn person_role(
    record: &Record,
    settings: &Settings,
    mappings: &[Mapping],
    joined: &Joined,
) -> PersonRole {
    let roles = by_group(mappings);
    PersonRole {
        effective: record.effective_role(settings, &roles),
        grants: grants(record, settings, mappings, joined),
        held_back: held_back(record, settings, &roles),
    }
}

fn held_back(record: &Record, settings: &Settings, mappings: &Mappings) -> Option<HeldBack> {
    if record.inactive {
        return None;
    }
    let routed = record.routed(settings.route_by, mappings);
    if settings.role_sync == RoleSync::AtLogin && routed != record.standing.at_login {
        return Some(HeldBack::UntilSignIn);
    }
    let is_left_out = |group: &String| mappings.contains_key(group) && !routed.contains_key(group);
    let left_out = record.groups.iter().any(is_left_out);
    left_out.then_some(HeldBack::NotNamed)
}

/// When a person joined each group, and by which request.
pub(crate) type Joined = BTreeMap<String, (Timestamp, Option<String>)>;

/// Every grant of a person, mapped ones first.
fn grants(
    record: &Record,
    settings: &Settings,
    mappings: &[Mapping],
    joined: &Joined,
) -> Vec<Grant> {
    let standing = &record.standing;
    let mapped = record.mapped(settings, &by_group(mappings));
    let begun = |group: &str| {
        let mapping = mappings.iter().find(|mapping| mapping.group == group);
        let mapped = mapping.map(|m| (m.since, Some(m.request_id.clone())));
        let signed_in = standing
            .last_login_at
            .map(|at| (at, standing.last_login_request.clone()));
        match (settings.role_sync, settings.route_by) {
            (RoleSync::AtLogin, _) => signed_in,
            (RoleSync::Immediate, RouteBy::Claim) => mapped.max(signed_in),
            (RoleSync::Immediate, RouteBy::Membership | RouteBy::ClaimThenMembership) => {
                mapped.max(joined.get(group).cloned().or(signed_in))
            }
        }
    };
    let mapped = mapped.into_iter().map(|(group, role)| {
        let (since, request_id) = begun(&group).unwrap_or((record.modified, None));
        Grant {
            role,
            since,
            source: Source::Mapped { group },
            request_id,
        }
    });
    let held = |held: &Option<Held>, source: Source| {
        held.clone().map(|h| Grant {
            role: h.role,
            source,
            since: h.since,
            request_id: h.request_id,
        })
    };
    mapped
        .chain(held(&standing.manual, Source::Manual))
        .chain(held(&standing.default, Source::Default))
        .collect()
}
