//! The rules: which role a person has, and how a sign-in changes it. Pure.
//!
//! Every grant has a source. *Mapped* grants follow group memberships, claims and mappings. *Manual* grants are given
//! by hand and survive deactivation. The *default* grant is given at a person's first sign-in, if no group decides the
//! role then and the person has no manual grant.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rollcall_model::{
    Account, BelowAtLogin, Catalogue, Claimed, Grant, ManualRoles, Mappings, Permission, Role,
    RoleId, RoleSync, RouteBy, Settings, Way,
};

use crate::resources::record::Record;

/// What decided the role of a sign-in.
pub(crate) enum Decided {
    /// These mapped groups, each with its role.
    Groups(Mappings),
    /// The tenant's default role.
    Default,
    /// The grants that the person already had.
    Existing,
}

/// Returns the mapped groups that give the person a role now, each with its role.
pub fn mapped(record: &Record, settings: &Settings, mappings: &Mappings) -> Mappings {
    if !record.effect().has_roles() {
        return Mappings::new();
    }
    if settings.role_sync == RoleSync::AtLogin {
        return roles_at_login(record, &settings.roles);
    }
    routed(record, settings.route_by, mappings)
}

/// Returns the mapped groups that memberships and the last claim select, each with its role, whether they count at
/// once or only from the next sign-in. A role that can be given no more counts only for those who have it.
pub fn routed(record: &Record, route_by: RouteBy, mappings: &Mappings) -> Mappings {
    let account = &record.account;
    let is_theirs = |role: &Role| !role.is_given_to_nobody() || account.is_announced(*role);
    let given = |group: String| {
        let roles = mappings.get(&group)?.iter().copied();
        let roles: BTreeSet<Role> = roles.filter(is_theirs).collect();
        (!roles.is_empty()).then_some((group, roles))
    };
    let groups = selected(record, route_by).into_iter();
    groups.filter_map(given).collect()
}

/// Returns the groups, mapped or not, that memberships and the last claim select.
pub(crate) fn selected(record: &Record, route_by: RouteBy) -> BTreeSet<String> {
    if !record.effect().counts_memberships() {
        return claimed_groups(record, route_by);
    }
    match (route_by, &record.account.claim) {
        (RouteBy::Membership, _) | (RouteBy::ClaimThenMembership, None) => record.counted_groups(),
        (RouteBy::Claim, None) => BTreeSet::new(),
        (RouteBy::Claim, Some(claimed)) => &claimed.groups - &left_since(record, claimed),
        (RouteBy::ClaimThenMembership, Some(claimed)) => {
            let joined = &record.counted_groups() - &claimed.memberships;
            &(&claimed.groups - &left_since(record, claimed)) | &joined
        }
    }
}

/// Returns the groups that the last claim named, if claims count.
fn claimed_groups(record: &Record, route_by: RouteBy) -> BTreeSet<String> {
    match (route_by, &record.account.claim) {
        (RouteBy::Membership, _) | (_, None) => BTreeSet::new(),
        (_, Some(claimed)) => claimed.groups.clone(),
    }
}

/// Returns whether memberships alone select the groups.
pub(crate) fn is_by_membership(record: &Record, route_by: RouteBy) -> bool {
    match route_by {
        RouteBy::Membership => true,
        RouteBy::ClaimThenMembership => record.account.claim.is_none(),
        RouteBy::Claim => false,
    }
}

/// Stores the mapped groups that the claim of a sign-in names.
pub(crate) fn note_claim(record: &mut Record, groups: BTreeSet<String>, route_by: RouteBy) {
    record.account.claim = match route_by {
        RouteBy::Membership => None,
        RouteBy::ClaimThenMembership if groups.is_empty() => None,
        RouteBy::Claim | RouteBy::ClaimThenMembership => Some(Claimed {
            groups,
            memberships: record.counted_groups(),
        }),
    };
}

/// Returns the mapped groups that the next claim will name, as far as is known: those of the last claim, with the
/// changes of memberships since then.
pub(crate) fn next_claim(
    record: &Record,
    route_by: RouteBy,
    mappings: &Mappings,
) -> BTreeSet<String> {
    let Some(claimed) = &record.account.claim else {
        return BTreeSet::new();
    };
    let is_mapped = |group: &String| mappings.contains_key(group);
    let mut named = &claimed.groups - &left_since(record, claimed);
    named.retain(is_mapped);
    if route_by == RouteBy::ClaimThenMembership && !named.is_empty() {
        let joined = &record.counted_groups() - &claimed.memberships;
        named.extend(joined.into_iter().filter(is_mapped));
    }
    named
}

/// Returns the mapped roles after the next sign-in, as far as is known.
pub fn next_routed(record: &Record, route_by: RouteBy, mappings: &Mappings) -> Mappings {
    let mut then = record.clone();
    note_claim(&mut then, next_claim(record, route_by, mappings), route_by);
    routed(&then, route_by, mappings)
}

/// Updates the account for a sign-in whose claim is already stored. Returns what decided the role.
pub(crate) fn sign_in(
    record: &mut Record,
    settings: &Settings,
    mappings: &Mappings,
    (at, request_id): (Timestamp, &str),
) -> Decided {
    let routed = routed(record, settings.route_by, mappings);
    let account = &mut record.account;
    let first = account.first_login_at.is_none();
    account.first_login_at.get_or_insert(at);
    account.last_login_at = Some(at);
    account.last_login_request = Some(request_id.to_owned());
    note_roles(account, &routed, request_id);
    if !routed.is_empty() {
        if settings.manual_roles == ManualRoles::OverwrittenAtLogin {
            account.manual = account
                .manual
                .take()
                .and_then(|grant| left(grant, settings));
        }
        return Decided::Groups(routed);
    }
    if !first || account.manual.is_some() {
        return Decided::Existing;
    }
    // A role that the stack no longer has may still be the default, because people hold it.
    let default = settings.default_role();
    let default = default.filter(|role| role.is_given(Way::Default));
    account.default = Grant::of(default.map(RoleId::from), at, Some(request_id.to_owned()));
    Decided::Default
}

/// Returns what groups leave of a grant by hand. They never remove an owner, whether or not it is the last one.
fn left(grant: Grant, settings: &Settings) -> Option<Grant> {
    let is_left = |id: &&RoleId| !settings.roles.role(id).is_some_and(Role::is_mappable);
    let roles: Vec<RoleId> = grant.roles().filter(is_left).cloned().collect();
    Grant::of(roles, grant.since, grant.request_id)
}

/// Returns whether the claim of the last sign-in named the group.
pub fn claims(record: &Record, group: &str) -> bool {
    let claim = record.account.claim.as_ref();
    claim.is_some_and(|claimed| claimed.groups.contains(group))
}

fn left_since(record: &Record, claimed: &Claimed) -> BTreeSet<String> {
    &claimed.memberships - &record.counted_groups()
}

/// Returns the effective role; `None` while the person is inactive.
///
/// The highest mapped or manual grant counts. The default grant counts only if there is no other.
pub fn effective_role(record: &Record, settings: &Settings, mappings: &Mappings) -> Option<Role> {
    effective_roles(record, settings, mappings).first().copied()
}

/// Returns all roles that a person holds, highest first; none while the person is out.
///
/// The default grant counts only if there is no other.
pub fn effective_roles(record: &Record, settings: &Settings, mappings: &Mappings) -> Vec<Role> {
    if !record.effect().has_roles() {
        return Vec::new();
    }
    let (account, roles) = (&record.account, &settings.roles);
    let mapped = mapped(record, settings, mappings).into_values();
    let mut held: BTreeSet<Role> = mapped.flatten().collect();
    held.extend(account.manual_roles(roles));
    if held.is_empty() {
        held.extend(account.default_role(roles));
    }
    held.into_iter().rev().collect()
}

/// Returns the highest role that the person holds, or would hold if they were in. The rank of a role that is not in the
/// catalogue is unknown, so that it counts as the highest.
pub(crate) fn rank(record: &Record, settings: &Settings, mappings: &Mappings) -> Option<Role> {
    let at_login = roles_at_login(record, &settings.roles).into_values();
    let routed = routed(record, settings.route_by, mappings).into_values();
    let given = record.account.given_role(&settings.roles);
    let held = at_login.chain(routed).flatten().max().max(given);
    held.or(record.account.default_role(&settings.roles))
}

/// Returns whether the person holds a role above the default that no mapped group gives them: one that was given by hand,
/// or the default role of earlier.
pub(crate) fn is_protected(record: &Record, settings: &Settings, mappings: &Mappings) -> bool {
    let mapped: Vec<Role> = mapped(record, settings, mappings)
        .into_values()
        .flatten()
        .collect();
    let mut held = given(record, settings);
    if held.is_empty() && mapped.is_empty() && may_be_protected(record, settings) {
        held.extend(record.account.default_role(&settings.roles));
    }
    // A role that ranks higher does not always allow as much.
    let covers = |role: Role, given: Role| {
        let allows = |permission: &Permission| role.allows(*permission);
        role == given || (role.outranks(given) && given.permissions().iter().all(allows))
    };
    let others: Vec<Role> = mapped.into_iter().chain(settings.default_role()).collect();
    let mut held = held.into_iter();
    held.any(|held| !others.iter().any(|other| covers(*other, held)))
}

/// Returns whether the person can be protected, whatever their groups give them.
pub(crate) fn may_be_protected(record: &Record, settings: &Settings) -> bool {
    let account = &record.account;
    account.manual.is_some() || account.has_former_default(settings.sso_default_role.as_ref())
}

/// Returns the roles that were given by hand.
fn given(record: &Record, settings: &Settings) -> Vec<Role> {
    let given = record.account.manual.iter().flat_map(Grant::roles);
    given
        .map(|id| settings.roles.role(id).unwrap_or(Role::Owner))
        .collect()
}

/// Returns the mapped roles at the last sign-in, without roles that are not in the catalogue.
pub(crate) fn roles_at_login(record: &Record, roles: &Catalogue) -> Mappings {
    let mut mapped = Mappings::new();
    for (group, id) in record.account.roles_at_login() {
        if let Some(role) = roles.role(id) {
            mapped.entry(group.clone()).or_default().insert(role);
        }
    }
    mapped
}

/// Returns the groups on which the person's roles can depend: memberships, and groups that the last claim named.
pub fn role_groups(record: &Record) -> BTreeSet<String> {
    let claim = record.account.claim.iter();
    let claimed = claim.flat_map(|claimed| claimed.groups.iter().cloned());
    record.counted_groups().into_iter().chain(claimed).collect()
}

/// Stores the mapped roles at a sign-in.
fn note_roles(account: &mut Account, routed: &Mappings, request_id: &str) {
    account.at_login.clear();
    let mut below = BTreeMap::new();
    for (group, roles) in routed {
        let mut ids = highest_first(roles).into_iter();
        if let Some(highest) = ids.next() {
            account.at_login.insert(group.clone(), highest);
        }
        let ids: Vec<RoleId> = ids.collect();
        if !ids.is_empty() {
            below.insert(group.clone(), ids);
        }
    }
    account.below_at_login = (!below.is_empty()).then(|| BelowAtLogin {
        request_id: request_id.to_owned(),
        roles: below,
    });
}

/// Returns the ids of roles, highest first.
pub(crate) fn highest_first(roles: &BTreeSet<Role>) -> Vec<RoleId> {
    roles.iter().rev().map(|role| RoleId::from(*role)).collect()
}
