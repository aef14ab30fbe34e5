//! What is known of a person beyond their SCIM attributes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::role::{Role, RoleId};

/// Whether a person can use the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonState {
    /// The person has signed in and is not deactivated.
    Active,
    /// The person was pushed and has never signed in.
    Invited,
    /// The person was deactivated.
    Inactive,
}

/// A role that a person holds, since when, and by which request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The role; one that only a newer version knows grants nothing.
    pub role: RoleId,
    /// When it was granted.
    pub since: Timestamp,
    /// The request that granted it, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Grant {
    /// Returns the role, if it is one of the catalogue.
    pub fn role(&self) -> Option<Role> {
        self.role.role()
    }
}

/// The state of a person's account: sign-ins and the roles that do not follow from groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// The first sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_login_at: Option<Timestamp>,
    /// The last sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_login_at: Option<Timestamp>,
    /// The request of the last sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_login_request: Option<String>,
    /// Sessions that began at or before this time have ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions_over_at: Option<Timestamp>,
    /// The role that somebody gave by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manual: Option<Grant>,
    /// The tenant's default role, if the person got it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Grant>,
    /// What the last sign-in's `groups` claim decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claimed>,
    /// The mapped roles by group id at the last sign-in. They count where roles change only at sign-in.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub at_login: BTreeMap<String, RoleId>,
    /// The effective role that an event announced last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub announced: Option<RoleId>,
}

impl Account {
    /// Returns whether nothing is known beyond the SCIM attributes.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the role given by hand, if it is one of the catalogue.
    pub fn manual_role(&self) -> Option<Role> {
        self.manual.as_ref().and_then(Grant::role)
    }

    /// Returns the default role, if the person got it and it is one of the catalogue.
    pub fn default_role(&self) -> Option<Role> {
        self.default.as_ref().and_then(Grant::role)
    }

    /// Returns the role that was announced last, if it is one of the catalogue.
    pub fn announced_role(&self) -> Option<Role> {
        self.announced.as_ref().and_then(RoleId::role)
    }
}

/// The mapped groups that a claim named, and the memberships at that moment: later changes count on top.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimed {
    /// The ids of the mapped groups that the claim named.
    pub groups: BTreeSet<String>,
    /// The ids of the groups that the person was in.
    pub memberships: BTreeSet<String>,
}
