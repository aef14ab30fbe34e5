//! The role catalogue: which roles there are, their ranks, how each may be given, and which permissions it carries.
//!
//! The team that runs the application defines its own roles. Without that, the catalogue has the four roles of
//! [`Role::ALL`]. Every catalogue has the owner.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::role::{MAX_ROLE_ID, MAX_ROLE_NAME, OWNER_RANK, Permission, Role, RoleId, Way};

/// The maximum number of roles.
pub const MAX_ROLES: usize = 30;
/// The maximum size of a catalogue, in bytes. Every sign-in reads it.
const MAX_SIZE: usize = 8_000;
/// The maximum length of a permission, in bytes.
pub const MAX_PERMISSION: usize = 64;
/// The maximum length of a description, in characters.
pub const MAX_DESCRIPTION: usize = 200;

/// A role as a catalogue defines it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleDefinition {
    /// Its id: lower-case letters, digits, `_` and `-`.
    pub id: String,
    /// Its name for display.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Its rank, 1 to 999. Of several roles, the highest counts.
    pub rank: u16,
    /// Whether a group may be mapped to it.
    #[serde(default)]
    pub by_mapping: bool,
    /// Whether it may be given by hand.
    #[serde(default)]
    pub by_hand: bool,
    /// Whether it may be the tenant's default role.
    #[serde(default)]
    pub by_default: bool,
    /// Permissions in Rollcall's API and console, and words of the application, which introspection passes on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
    /// Whether the stack has no such role any more: whoever still has it keeps it, and nobody else gets it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

/// The roles of a tenant. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue(Option<Arc<Vec<RoleDefinition>>>);

impl RoleDefinition {
    fn role(&self) -> Role {
        let words = self.permissions.iter();
        let permissions: Vec<Permission> = match self.rank {
            // Also those that came after the catalogue was stored.
            OWNER_RANK => Permission::ALL.to_vec(),
            _ => words.filter_map(|word| word.parse().ok()).collect(),
        };
        let ways = [
            (Way::Mapping, self.by_mapping),
            (Way::Hand, self.by_hand),
            (Way::Default, self.by_default),
        ];
        let ways = ways.into_iter().filter_map(|(way, is)| is.then_some(way));
        let (id, name) = (self.id.as_str(), self.name.as_str());
        Role::new(
            (id, name, self.rank),
            &permissions,
            &ways.collect::<Vec<_>>(),
        )
    }

    fn size(&self) -> usize {
        let words = self.permissions.iter().map(|word| word.len() + 3);
        self.id.len() + self.name.len() + self.description.len() + words.sum::<usize>() + 100
    }

    /// Returns what is wrong with a role that the application defines.
    fn fault(&self) -> Option<String> {
        let is_id =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        if self.id.is_empty() || self.id.len() > MAX_ROLE_ID || !self.id.bytes().all(is_id) {
            return Some(format!(
                "the id of a role is 1 to {MAX_ROLE_ID} lower-case letters, digits, `_` and `-`"
            ));
        }
        let id = &self.id;
        // `none` stands for no role in forms.
        if id == "none" || *id == Role::BelowOwner.as_str() {
            return Some(format!("`{id}` cannot be the id of a role"));
        }
        let is_printable = |text: &str| !text.chars().any(char::is_control);
        let name = self.name.trim();
        if name.is_empty() || name.len() > MAX_ROLE_NAME || !is_printable(name) {
            return Some(format!(
                "`name` of `{id}` must be printable and have 1 to {MAX_ROLE_NAME} bytes in UTF-8"
            ));
        }
        if self.description.chars().count() > MAX_DESCRIPTION || !is_printable(&self.description) {
            return Some(format!(
                "`description` of `{id}` must be printable and have at most {MAX_DESCRIPTION} characters"
            ));
        }
        let is_word = |word: &String| {
            !word.is_empty()
                && word.len() <= MAX_PERMISSION
                && word.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if let Some(word) = self.permissions.iter().find(|word| !is_word(word)) {
            let word: String = word.chars().take(MAX_PERMISSION).collect();
            return Some(format!(
                "`{word}` in `permissions` of `{id}` must be 1 to {MAX_PERMISSION} printable ASCII characters"
            ));
        }
        self.rank_fault()
    }

    fn rank_fault(&self) -> Option<String> {
        let id = &self.id;
        if *id != Role::Owner.as_str() {
            let is_ranked = (1..OWNER_RANK).contains(&self.rank);
            return (!is_ranked)
                .then(|| format!("`rank` of `{id}` must be 1 to {}", OWNER_RANK - 1));
        }
        match (
            self.rank == OWNER_RANK,
            self.by_mapping || self.by_default || !self.by_hand,
        ) {
            (false, _) => Some(format!("`rank` of `{id}` is always {OWNER_RANK}")),
            (true, true) => Some(format!("`{id}` is always given by hand alone")),
            (true, false) => None,
        }
    }
}

impl From<Role> for RoleDefinition {
    fn from(role: Role) -> Self {
        let permissions = role.permissions().into_iter();
        Self {
            id: role.as_str().to_owned(),
            name: role.title().to_owned(),
            description: String::new(),
            rank: role.rank(),
            by_mapping: role.is_mappable(),
            by_hand: role.is_given(Way::Hand),
            by_default: role.is_given(Way::Default),
            permissions: permissions.map(|one| one.as_str().to_owned()).collect(),
            retired: false,
        }
    }
}

impl Catalogue {
    /// Returns the catalogue of the roles that the application defines. Adds the owner, who always has every permission
    /// in Rollcall.
    ///
    /// # Errors
    /// What is wrong, as a sentence.
    pub fn define(mut roles: Vec<RoleDefinition>) -> Result<Self, String> {
        let owner = Role::Owner.as_str();
        if roles.iter().all(|role| role.id != owner) {
            roles.push(Role::Owner.into());
        }
        if roles.len() > MAX_ROLES {
            return Err(format!("a catalogue has at most {MAX_ROLES} roles"));
        }
        if let Some(fault) = roles.iter().find_map(RoleDefinition::fault) {
            return Err(fault);
        }
        for role in &mut roles {
            role.name = role.name.trim().to_owned();
            let words = std::mem::take(&mut role.permissions).into_iter();
            let all = Permission::ALL.iter().map(|one| one.as_str().to_owned());
            let all = all.filter(|_| role.id == owner);
            role.permissions = sorted(all.chain(words));
        }
        roles.sort_by(|a, b| (a.rank, &a.id).cmp(&(b.rank, &b.id)));
        let ids: BTreeSet<&str> = roles.iter().map(|role| role.id.as_str()).collect();
        if ids.len() < roles.len() {
            return Err("two roles have the same id".to_owned());
        }
        if roles.iter().map(RoleDefinition::size).sum::<usize>() > MAX_SIZE {
            return Err(format!(
                "the catalogue is too large: ids, names, descriptions and permissions have at most {MAX_SIZE} bytes"
            ));
        }
        Ok(Self(Some(Arc::new(roles))))
    }

    /// Returns the catalogue with these stored roles. Without any, it is the default catalogue.
    pub fn stored(roles: &[RoleDefinition]) -> Self {
        Self((!roles.is_empty()).then(|| Arc::new(roles.to_vec())))
    }

    /// Returns this catalogue with the roles of an earlier one that are still in use. They can be given to nobody else.
    #[must_use]
    pub fn keeping(&self, used: &BTreeSet<RoleId>, before: &Self) -> Self {
        let is_kept = |role: &RoleDefinition| {
            let id = RoleId::named(role.id.as_str());
            used.contains(&id) && self.role(&id).is_none()
        };
        let kept = before.definitions().into_iter().filter(is_kept);
        let kept = kept.map(|role| RoleDefinition {
            by_mapping: false,
            by_hand: false,
            by_default: false,
            retired: true,
            ..role
        });
        let kept: Vec<_> = kept.collect();
        if kept.is_empty() {
            return self.clone();
        }
        let mut roles = self.definitions();
        roles.extend(kept);
        roles.sort_by(|a, b| (a.rank, &a.id).cmp(&(b.rank, &b.id)));
        Self(Some(Arc::new(roles)))
    }

    /// Returns the ids of the roles that the stack has no more and that are still in use.
    pub fn retired(&self) -> BTreeSet<RoleId> {
        let roles = self.0.iter().flat_map(|roles| roles.iter());
        let retired = roles.filter(|role| role.retired);
        retired
            .map(|role| RoleId::named(role.id.as_str()))
            .collect()
    }

    /// Returns whether it is the default catalogue.
    pub fn is_default(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the definitions, lowest rank first.
    pub fn definitions(&self) -> Vec<RoleDefinition> {
        match &self.0 {
            Some(roles) => roles.to_vec(),
            None => Role::ALL.into_iter().map(RoleDefinition::from).collect(),
        }
    }

    /// Returns the roles, lowest rank first.
    pub fn roles(&self) -> Vec<Role> {
        match &self.0 {
            Some(roles) => roles.iter().map(RoleDefinition::role).collect(),
            None => Role::ALL.to_vec(),
        }
    }

    /// Returns the roles that may be given in this way, lowest rank first.
    pub fn given(&self, way: Way) -> Vec<Role> {
        let roles = self.roles().into_iter();
        roles.filter(|role| role.is_given(way)).collect()
    }

    /// Returns the role with this id, if there is one.
    pub fn role(&self, id: &RoleId) -> Option<Role> {
        match &self.0 {
            Some(roles) => roles
                .iter()
                .find(|role| role.id == id.as_str())
                .map(RoleDefinition::role),
            None => Role::ALL.into_iter().find(|role| id == role),
        }
    }

    /// Returns the role with this id.
    ///
    /// # Errors
    /// The ids that there are, if there is no such role.
    pub fn named(&self, id: &RoleId) -> Result<Role, UnknownRole> {
        self.role(id).ok_or_else(|| {
            let ids = self.roles().into_iter();
            let ids: Vec<String> = ids.map(|role| format!("`{role}`")).collect();
            UnknownRole(ids.join(", "))
        })
    }

    /// Returns the permissions of somebody with these roles: those in Rollcall first, then the words of the application.
    pub fn permissions_of(&self, roles: &[Role]) -> Vec<String> {
        let defined = self.definitions().into_iter();
        let held = defined.filter(|defined| roles.iter().any(|role| defined.id == role.as_str()));
        sorted(held.flat_map(|defined| defined.permissions))
    }
}

/// Returns the distinct permissions: those in Rollcall first, then the words of the application.
fn sorted(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut words: Vec<String> = words.collect();
    let place = |word: &String| {
        let mut all = Permission::ALL.iter();
        let place = all.position(|one| one.as_str() == word);
        (place.unwrap_or(Permission::ALL.len()), word.clone())
    };
    words.sort_by_key(place);
    words.dedup();
    words
}

/// The error for an id that is not one of the catalogue's roles.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of {0}")]
pub struct UnknownRole(String);

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(id: &str, rank: u16) -> RoleDefinition {
        RoleDefinition {
            id: id.to_owned(),
            name: id.to_uppercase(),
            description: String::new(),
            rank,
            by_mapping: true,
            by_hand: true,
            by_default: false,
            permissions: Vec::new(),
            retired: false,
        }
    }

    #[test]
    fn a_catalogue_of_ones_own_keeps_the_owner() {
        let admin = RoleDefinition {
            permissions: vec!["billing:write".to_owned(), "logs:read".to_owned()],
            ..definition("admin", 500)
        };
        let catalogue = Catalogue::define(vec![admin, definition("editor", 20)]).unwrap();
        let ids: Vec<String> = catalogue.roles().iter().map(Role::to_string).collect();
        assert_eq!(ids, ["editor", "admin", "owner"]);
        assert_eq!(catalogue.role(&Role::Owner.into()), Some(Role::Owner));
        let admin = catalogue.role(&Role::Admin.into()).unwrap();
        assert!(admin.allows(Permission::LogsRead) && !admin.allows(Permission::SsoConfigure));
        assert_eq!(
            catalogue.permissions_of(&[admin]),
            ["logs:read", "billing:write"]
        );
        assert_eq!(catalogue.role(&Role::Viewer.into()), None);
        let stored = Catalogue::stored(&catalogue.definitions());
        assert_eq!(stored, catalogue);
    }

    #[test]
    fn roles_in_use_are_kept_and_given_to_nobody_else() {
        let used = |ids: &[&str]| ids.iter().map(|id| RoleId::named(*id)).collect();
        let own = Catalogue::define(vec![definition("editor", 150)]).unwrap();
        let before = Catalogue::default();
        assert_eq!(own.keeping(&used(&["owner", "nobody"]), &before), own);
        assert_eq!(before.keeping(&used(&["member"]), &before), before);
        let kept = own.keeping(&used(&["member", "owner"]), &before);
        let ids: Vec<String> = kept.roles().iter().map(Role::to_string).collect();
        assert_eq!(ids, ["editor", "member", "owner"]);
        assert_eq!(kept.retired(), used(&["member"]));
        let member = kept.role(&Role::Member.into()).unwrap();
        assert!(member.allows(Permission::ProvisioningRead) && !member.is_mappable());
        assert!(!member.is_given(Way::Hand) && !member.is_given(Way::Default));
        // Whatever the stack defines again is no longer retired.
        assert_eq!(
            before.keeping(&used(&["editor"]), &kept).retired(),
            used(&["editor"])
        );
    }

    #[test]
    fn the_default_catalogue() {
        let catalogue = Catalogue::default();
        assert_eq!(catalogue.roles(), Role::ALL);
        let defined = Catalogue::define(catalogue.definitions()).unwrap();
        assert_eq!(defined.roles(), Role::ALL);
        let unknown = catalogue.named(&RoleId::named("root")).unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "a role is one of `viewer`, `member`, `admin`, `owner`"
        );
    }

    #[test]
    fn what_no_catalogue_may_have_is_refused() {
        let owner = |rank, by_mapping| RoleDefinition {
            by_mapping,
            ..definition("owner", rank)
        };
        let mut wordy = definition("wordy", 1);
        wordy.permissions = vec!["two words".to_owned()];
        let mut blank = definition("blank", 1);
        blank.name = " ".to_owned();
        let many = (1..=30).map(|number| definition(&format!("r{number}"), number));
        let mut large = definition("large", 1);
        large.permissions = (0..200).map(|number| format!("{number:060}")).collect();
        for (roles, word) in [
            (vec![definition("Editor", 1)], "lower-case"),
            (vec![definition("", 1)], "lower-case"),
            (vec![definition("none", 1)], "cannot be"),
            (vec![definition("editor", 0)], "1 to 999"),
            (vec![definition("editor", 1_000)], "1 to 999"),
            (vec![definition("a", 1), definition("a", 2)], "same id"),
            (vec![owner(999, false)], "always 1000"),
            (vec![owner(1_000, true)], "by hand alone"),
            (vec![wordy], "two words"),
            (vec![blank], "`name`"),
            (many.collect(), "at most 30"),
            (vec![large], "too large"),
        ] {
            let fault = Catalogue::define(roles).unwrap_err();
            assert!(fault.contains(word), "{word}: {fault}");
        }
    }
}
