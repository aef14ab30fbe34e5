//! What a person is beyond their SCIM attributes: signed in or only invited, with which roles and why. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::role::{Mappings, Role};
use crate::resources::record::Record;
use crate::tenant::{ManualRoles, RoleSync, RouteBy, Settings};

/// Whether somebody may be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PersonState {
    /// Has signed in, and may.
    Active,
    /// Was pushed, and has never signed in.
    Invited,
    /// Was deactivated.
    Inactive,
}

/// A role, since when it is held and which request gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Held {
    pub(crate) role: Role,
    pub(crate) since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
}

/// What the directory keeps of a person beside the SCIM document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Standing {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_login_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_login_at: Option<Timestamp>,
    /// The request that was it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_login_request: Option<String>,
    /// Sessions that began up to here are over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sessions_over_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) manual: Option<Held>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<Held>,
    /// What the last sign-in's claim decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) claim: Option<Claimed>,
    /// The mapped roles by group as the last sign-in found them; what counts where roles change at sign-in only.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) at_login: Mappings,
    /// The effective role that was last announced by an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) announced: Option<Role>,
}

/// The mapped groups that a claim named, and the memberships at that moment: what changes later counts on top.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claimed {
    pub(crate) groups: BTreeSet<String>,
    pub(crate) memberships: BTreeSet<String>,
}

/// What decided the role of a sign-in.
pub(crate) enum Decided {
    /// These groups, each with its role.
    Groups(Mappings),
    /// The tenant's default.
    Default,
    /// Nothing new: the grants there were.
    Existing,
}

impl Standing {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Record {
    /// The person's state.
    pub(crate) fn state(&self) -> PersonState {
        match (self.inactive, self.standing.first_login_at) {
            (true, _) => PersonState::Inactive,
            (false, None) => PersonState::Invited,
            (false, Some(_)) => PersonState::Active,
        }
    }

    /// The groups by which the person has mapped roles now, each with its role.
    pub(crate) fn mapped(&self, settings: &Settings, mappings: &Mappings) -> Mappings {
        if self.inactive {
            return Mappings::new();
        }
        if settings.role_sync == RoleSync::AtLogin {
            return self.standing.at_login.clone();
        }
        self.routed(settings.route_by, mappings)
    }

    /// The mapped roles that memberships and the last claim give, whatever the time they come to count.
    pub(crate) fn routed(&self, route_by: RouteBy, mappings: &Mappings) -> Mappings {
        let groups = match (route_by, &self.standing.claim) {
            (RouteBy::Membership, _) | (RouteBy::ClaimThenMembership, None) => self.groups.clone(),
            (RouteBy::Claim, None) => BTreeSet::new(),
            (RouteBy::Claim, Some(claimed)) => &claimed.groups - &self.left_since(claimed),
            (RouteBy::ClaimThenMembership, Some(claimed)) => {
                let joined = &self.groups - &claimed.memberships;
                &(&claimed.groups - &self.left_since(claimed)) | &joined
            }
        };
        groups
            .into_iter()
            .filter_map(|group| mappings.get(&group).map(|role| (group.clone(), *role)))
            .collect()
    }

    /// Takes note of the mapped groups that the claim of a sign-in names.
    pub(crate) fn note_claim(&mut self, groups: BTreeSet<String>, route_by: RouteBy) {
        self.standing.claim = match route_by {
            RouteBy::Membership => None,
            RouteBy::ClaimThenMembership if groups.is_empty() => None,
            RouteBy::Claim | RouteBy::ClaimThenMembership => Some(Claimed {
                groups,
                memberships: self.groups.clone(),
            }),
        };
    }

    /// The mapped groups that the next claim will name, as far as can be told: those of the last one, and what has
    /// changed since.
    pub(crate) fn next_claim(&self, route_by: RouteBy, mappings: &Mappings) -> BTreeSet<String> {
        let Some(claimed) = &self.standing.claim else {
            return BTreeSet::new();
        };
        let is_mapped = |group: &String| mappings.contains_key(group);
        let mut named = &claimed.groups - &self.left_since(claimed);
        named.retain(is_mapped);
        if route_by == RouteBy::ClaimThenMembership && !named.is_empty() {
            let joined = &self.groups - &claimed.memberships;
            named.extend(joined.into_iter().filter(is_mapped));
        }
        named
    }

    /// The mapped roles that the next sign-in will bring, as far as can be told.
    pub(crate) fn next_routed(&self, route_by: RouteBy, mappings: &Mappings) -> Mappings {
        let mut then = self.clone();
        then.note_claim(self.next_claim(route_by, mappings), route_by);
        then.routed(route_by, mappings)
    }

    /// Signs the person in, the claim being taken note of: what becomes of the grants, and what decided.
    pub(crate) fn sign_in(
        &mut self,
        settings: &Settings,
        mappings: &Mappings,
        (at, request_id): (Timestamp, &str),
    ) -> Decided {
        let routed = self.routed(settings.route_by, mappings);
        let standing = &mut self.standing;
        let first = standing.first_login_at.is_none();
        standing.first_login_at.get_or_insert(at);
        standing.last_login_at = Some(at);
        standing.last_login_request = Some(request_id.to_owned());
        standing.at_login = routed.clone();
        if !routed.is_empty() {
            if settings.manual_roles == ManualRoles::OverwrittenAtLogin {
                // No group takes an owner away, be it the last one or not.
                standing.manual.take_if(|held| held.role.is_mappable());
            }
            return Decided::Groups(routed);
        }
        if !first || standing.manual.is_some() {
            return Decided::Existing;
        }
        standing.default = settings.sso_default_role.map(|role| Held {
            role,
            since: at,
            request_id: Some(request_id.to_owned()),
        });
        Decided::Default
    }

    /// Whether the last sign-in's claim named the group.
    pub(crate) fn claims(&self, group: &str) -> bool {
        let claim = self.standing.claim.as_ref();
        claim.is_some_and(|claimed| claimed.groups.contains(group))
    }

    fn left_since(&self, claimed: &Claimed) -> BTreeSet<String> {
        &claimed.memberships - &self.groups
    }

    /// The role that counts; nobody inactive has one.
    ///
    /// The highest of the mapped and manual grants; the default one counts where there is no other.
    pub(crate) fn effective_role(&self, settings: &Settings, mappings: &Mappings) -> Option<Role> {
        if self.inactive {
            return None;
        }
        let mapped = self.mapped(settings, mappings).into_values().max();
        let manual = self.standing.manual.as_ref().map(|held| held.role);
        mapped
            .max(manual)
            .or(self.standing.default.as_ref().map(|held| held.role))
    }
}
