//! The account of a person: the data beyond the SCIM attributes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogue;
use crate::role::{Role, RoleId};

/// Whether a person can use the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonState {
    /// The person has signed in and is not deactivated.
    Active,
    /// The person was created and has never signed in.
    Invited,
    /// The person was deactivated, or is blocked.
    Inactive,
}

/// A grant of a role to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The role, or the highest of several. One that is not in the catalogue grants nothing.
    pub role: RoleId,
    /// The other roles that were granted with it. Earlier versions do not know them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub below: Vec<RoleId>,
    /// When it was granted.
    pub since: Timestamp,
    /// The id of the request that granted it, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Grant {
    /// Returns the grant of these roles, highest first; `None` without a role.
    pub fn of(
        roles: impl IntoIterator<Item = RoleId>,
        since: Timestamp,
        request_id: Option<String>,
    ) -> Option<Self> {
        let mut roles = roles.into_iter();
        Some(Self {
            role: roles.next()?,
            below: roles.collect(),
            since,
            request_id,
        })
    }

    /// Returns the ids of all roles that it grants.
    pub fn roles(&self) -> impl Iterator<Item = &RoleId> {
        std::iter::once(&self.role).chain(&self.below)
    }
}

/// The state of a person's account: sign-ins, and grants that do not follow from the current groups alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// The time of the first sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_login_at: Option<Timestamp>,
    /// The time of the last sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_login_at: Option<Timestamp>,
    /// The id of the request of the last sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_login_request: Option<String>,
    /// Sessions that began at or before this time are no longer valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions_over_at: Option<Timestamp>,
    /// Only sessions that began in this epoch are valid. Sessions of earlier versions have none, and
    /// `sessions_over_at` decides.
    #[serde(skip_serializing_if = "is_zero")]
    pub epoch: u64,
    /// The `sessions_over_at` for which the epoch was raised. Another one is that of an earlier version, which does not
    /// raise it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch_at: Option<Timestamp>,
    /// The manual grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manual: Option<Grant>,
    /// The manual grant of a person who was deleted and restored, until it is given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Withheld>,
    /// The grant of the tenant's default role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Grant>,
    /// The mapped groups of the last sign-in's `groups` claim, if the claim counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claimed>,
    /// The highest mapped role at the last sign-in, by group id. They count if the tenant has
    /// [`RoleSync::AtLogin`](crate::RoleSync::AtLogin).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub at_login: BTreeMap<String, RoleId>,
    /// The other roles of these groups. Earlier versions neither know nor renew them, so they name their sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub below_at_login: Option<BelowAtLogin>,
    /// The effective role that the last event reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub announced: Option<RoleId>,
    /// The further roles that the last event reported, highest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub announced_below: Vec<RoleId>,
    /// When the last event reported them. Earlier versions do not note it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub announced_at: Option<Timestamp>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Account {
    /// Ends every session that the person has now.
    pub fn end_sessions(&mut self, at: Timestamp) {
        self.epoch += 1;
        self.epoch_at = Some(at);
        self.sessions_over_at = Some(at);
    }

    /// Returns whether a session that began at this time and in this epoch (`None` for one of an earlier version) has
    /// not been ended.
    pub fn keeps_session(&self, began: Timestamp, epoch: Option<u64>) -> bool {
        let is_later = self.sessions_over_at.is_none_or(|over| began > over);
        match epoch {
            None => is_later,
            // An earlier version, after a roll-back, has ended the sessions by its clock.
            Some(epoch) if self.epoch_at != self.sessions_over_at => {
                is_later && epoch == self.epoch
            }
            Some(epoch) => epoch == self.epoch,
        }
    }

    /// Withholds the manual grant until a sign-in with one of these subjects, or until somebody gives it back. A grant
    /// that is withheld already stays so.
    pub fn withhold(&mut self, subjects: BTreeMap<String, String>) {
        if let Some(grant) = self.manual.take() {
            self.withheld.get_or_insert(Withheld { grant, subjects });
        }
    }

    /// Returns whether a sign-in with the subject that is bound in this connection gives the withheld grant back.
    pub fn returns_by(&self, connection: &str, subject: &str) -> bool {
        let withheld = self.withheld.as_ref();
        let former = withheld.and_then(|withheld| withheld.subjects.get(connection));
        former.is_some_and(|former| former == subject)
    }

    /// Gives the withheld grant back, unless the person has got another one since.
    pub fn give_back(&mut self) {
        if let Some(withheld) = self.withheld.take() {
            self.manual.get_or_insert(withheld.grant);
        }
    }

    /// Returns the highest role that was given by hand, withheld or not. The rank of a role that is not in the catalogue
    /// is unknown, so it counts as the highest.
    pub fn given_role(&self, roles: &Catalogue) -> Option<Role> {
        let given = self.given().flat_map(Grant::roles);
        given.map(|id| roles.role(id).unwrap_or(Role::Owner)).max()
    }

    /// Returns the ids of the roles that were granted by hand, withheld or not, and as the default.
    pub fn granted(&self) -> impl Iterator<Item = &RoleId> {
        self.given().chain(&self.default).flat_map(Grant::roles)
    }

    /// Returns whether a role was given by hand, withheld or not.
    pub fn has_given_role(&self) -> bool {
        self.given().next().is_some()
    }

    /// Returns whether the default grant is of another role than today's default one, `default`.
    pub fn has_former_default(&self, default: Option<&RoleId>) -> bool {
        let grant = self.default.as_ref();
        grant.is_some_and(|grant| Some(&grant.role) != default)
    }

    fn given(&self) -> impl Iterator<Item = &Grant> {
        let withheld = self.withheld.as_ref().map(|withheld| &withheld.grant);
        self.manual.iter().chain(withheld)
    }

    /// Returns whether the last event reported the role among those that the person has.
    pub fn is_announced(&self, role: Role) -> bool {
        let mut announced = self.announced.iter().chain(&self.announced_below);
        announced.any(|id| *id == role)
    }

    /// Returns whether the account has no data.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the roles of the manual grant that the catalogue has.
    pub fn manual_roles(&self, roles: &Catalogue) -> Vec<Role> {
        let ids = self.manual.iter().flat_map(Grant::roles);
        ids.filter_map(|id| roles.role(id)).collect()
    }

    /// Returns the ids of the mapped roles at the last sign-in, by group id.
    pub fn roles_at_login(&self) -> impl Iterator<Item = (&String, &RoleId)> {
        let below = self.below_at_login.as_ref();
        let below =
            below.filter(|below| Some(&below.request_id) == self.last_login_request.as_ref());
        let below = below.into_iter().flat_map(|below| &below.roles);
        let below = below.flat_map(|(group, ids)| ids.iter().map(move |id| (group, id)));
        self.at_login.iter().chain(below)
    }

    /// Returns the role of the default grant, if the catalogue has it.
    pub fn default_role(&self, roles: &Catalogue) -> Option<Role> {
        roles.role(&self.default.as_ref()?.role)
    }

    /// Returns whether the person was made an owner.
    pub fn is_owner(&self) -> bool {
        let mut manual = self.manual.iter().flat_map(Grant::roles);
        manual.any(RoleId::is_owner)
    }
}

/// A manual grant that a restored person does not have yet: names are given again, so whoever was pushed may be somebody
/// else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// The grant.
    pub grant: Grant,
    /// The hashes of the subjects that were bound to the person when they were deleted, by connection. A sign-in with one
    /// of them gives the grant back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub subjects: BTreeMap<String, String>,
}

/// The roles below the highest of each group at a sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BelowAtLogin {
    /// The request of the sign-in.
    pub request_id: String,
    /// The ids of the roles by group id.
    pub roles: BTreeMap<String, Vec<RoleId>>,
}

/// The mapped groups that a `groups` claim named, and the memberships at that time. Later changes of memberships add to
/// or remove from the claimed groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimed {
    /// The ids of the mapped groups that the claim named.
    pub groups: BTreeSet<String>,
    /// The ids of the groups that the person was a member of.
    pub memberships: BTreeSet<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn sessions_end_by_their_epoch_and_not_by_a_clock() {
        let mut account = Account::default();
        assert!(account.keeps_session(at(10), Some(0)) && account.keeps_session(at(10), None));
        // The clock of the machine that ends the sessions is behind.
        account.end_sessions(at(8));
        assert!(!account.keeps_session(at(10), Some(0)));
        // The clock of the machine that opens the next one is further behind.
        assert!(account.keeps_session(at(5), Some(1)));
    }

    #[test]
    fn further_roles_end_with_what_an_earlier_version_changes() {
        let ids = |ids: &[&str]| ids.iter().map(|id| RoleId::named(*id)).collect::<Vec<_>>();
        let grant = Grant::of(ids(&["admin", "billing"]), at(1), None).unwrap();
        // An earlier version ignores the further roles, and replaces a grant as a whole.
        let stored = serde_json::json!(grant);
        assert_eq!(stored["role"], "admin");
        assert_eq!(serde_json::from_value::<Grant>(stored).unwrap(), grant);
        assert_eq!(Grant::of([], at(1), None), None);
        let mut account = Account {
            at_login: [("g".to_owned(), RoleId::named("admin"))].into(),
            below_at_login: Some(BelowAtLogin {
                request_id: "r1".to_owned(),
                roles: [("g".to_owned(), ids(&["billing"]))].into(),
            }),
            ..Account::default()
        };
        for (sign_in, expected) in [("r1", &["admin", "billing"][..]), ("r2", &["admin"])] {
            account.last_login_request = Some(sign_in.to_owned());
            let held = account.roles_at_login().map(|(_, id)| id.as_str());
            assert_eq!(held.collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn sessions_that_an_earlier_version_opened_or_ended() {
        let mut account = Account::default();
        account.end_sessions(at(8));
        assert!(!account.keeps_session(at(8), None) && account.keeps_session(at(9), None));
        account.sessions_over_at = Some(at(20));
        for (began, epoch, kept) in [
            (9, Some(1), false),
            (21, Some(1), true),
            (21, Some(0), false),
            (9, None, false),
            (21, None, true),
        ] {
            assert_eq!(
                account.keeps_session(at(began), epoch),
                kept,
                "{began} {epoch:?}"
            );
        }
        account.end_sessions(at(22));
        assert!(!account.keeps_session(at(30), Some(1)) && account.keeps_session(at(21), Some(2)));
    }
}
