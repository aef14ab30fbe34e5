//! Why a person has a role, or none. Pure.

use jiff::Timestamp;
use rollcall_model::{Grant, Mappings, Role, RoleSync, RouteBy, Settings};

use crate::resources::members::Joined;
use crate::resources::record::Record;
use crate::roles::decide;
use crate::roles::mappings::{Mapping, by_group};

/// What gave a person a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A group that is mapped to the role.
    Mapped {
        /// The group's id.
        group: String,
    },
    /// Somebody gave it by hand.
    Manual,
    /// The tenant's default for a first sign-in that no group decides.
    Default,
}

/// One role that a person holds, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedGrant {
    /// The role.
    pub role: Role,
    /// What gave it.
    pub source: Source,
    /// When it was granted.
    pub since: Timestamp,
    /// The request that granted it, if known. For a mapped role it is the last sign-in if roles change only at sign-in,
    /// otherwise the later of the request that created the mapping and the one that made the person a member or named
    /// the group at sign-in.
    pub request_id: Option<String>,
}

/// A person's role, and every grant behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRole {
    /// The effective role; `None` while the person is inactive.
    pub effective: Option<Role>,
    /// All roles that count, highest first.
    pub roles: Vec<Role>,
    /// Every grant, mapped ones first.
    pub grants: Vec<ExplainedGrant>,
    /// Why the current mappings of the person's groups do not all count, if they do not.
    pub held_back: Option<HeldBack>,
}

/// Why the mapping of a group does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldBack {
    /// Mapped roles change only at sign-in, and they differ now from those at the last sign-in.
    UntilSignIn,
    /// The groups that a claim names decide, and the person's claim did not name a mapped group that they are in.
    NotNamed,
}

impl PersonRole {
    /// Returns whether a grant decides the effective role: a grant with the highest role, or the default grant if it is
    /// the only one.
    pub fn decides(&self, grant: &ExplainedGrant) -> bool {
        let is_default = |grant: &ExplainedGrant| grant.source == Source::Default;
        let counts = !is_default(grant) || self.grants.iter().all(is_default);
        counts && self.effective == Some(grant.role)
    }
}

/// Returns a person's role, and every grant behind it.
pub fn person_role(
    record: &Record,
    settings: &Settings,
    mappings: &[Mapping],
    joined: &Joined,
) -> PersonRole {
    let mapped = by_group(mappings, &settings.roles);
    let roles = decide::effective_roles(record, settings, &mapped);
    PersonRole {
        effective: roles.first().copied(),
        roles,
        grants: grants(record, settings, mappings, joined),
        held_back: held_back(record, settings, &mapped),
    }
}

fn held_back(record: &Record, settings: &Settings, mappings: &Mappings) -> Option<HeldBack> {
    if record.is_out() {
        return None;
    }
    let routed = decide::routed(record, settings.route_by, mappings);
    if settings.role_sync == RoleSync::AtLogin
        && routed != decide::roles_at_login(record, &settings.roles)
    {
        return Some(HeldBack::UntilSignIn);
    }
    let selected = decide::selected(record, settings.route_by);
    let is_left_out = |group: &String| mappings.contains_key(group) && !selected.contains(group);
    let left_out = record.groups.iter().any(is_left_out);
    left_out.then_some(HeldBack::NotNamed)
}

/// Returns every grant of a person, mapped ones first.
fn grants(
    record: &Record,
    settings: &Settings,
    mappings: &[Mapping],
    joined: &Joined,
) -> Vec<ExplainedGrant> {
    let account = &record.account;
    let mapped = decide::mapped(record, settings, &by_group(mappings, &settings.roles));
    let begun = |group: &str| {
        let mapping = mappings.iter().find(|mapping| mapping.group == group);
        let mapped = mapping.map(|m| (m.since, Some(m.request_id.clone())));
        let signed_in = account
            .last_login_at
            .map(|at| (at, account.last_login_request.clone()));
        match (settings.role_sync, settings.route_by) {
            (RoleSync::AtLogin, _) => signed_in,
            (RoleSync::Immediate, RouteBy::Claim) => mapped.max(signed_in),
            (RoleSync::Immediate, RouteBy::Membership | RouteBy::ClaimThenMembership) => {
                mapped.max(joined.get(group).cloned().or(signed_in))
            }
        }
    };
    let mapped = mapped.into_iter().flat_map(|(group, roles)| {
        let (since, request_id) = begun(&group).unwrap_or((record.modified, None));
        let of = move |role| ExplainedGrant {
            role,
            since,
            source: Source::Mapped {
                group: group.clone(),
            },
            request_id: request_id.clone(),
        };
        roles.into_iter().rev().map(of)
    });
    let given = |grant: &Option<Grant>, source: Source| {
        let of = |grant: &Grant, id| {
            Some(ExplainedGrant {
                role: settings.roles.role(id)?,
                source: source.clone(),
                since: grant.since,
                request_id: grant.request_id.clone(),
            })
        };
        let grants = grant.iter();
        let grants = grants.flat_map(|grant| grant.roles().filter_map(|id| of(grant, id)));
        grants.collect::<Vec<_>>()
    };
    mapped
        .chain(given(&account.manual, Source::Manual))
        .chain(given(&account.default, Source::Default))
        .collect()
}
