//! The totals of a preview, which is made in steps: how many people change from which roles to which, and the first of
//! them by name. Pure.

use rollcall_directory::{
    AffectedPerson, Catalogue, Preview, Role, RoleChange, RoleId, WantedMappings,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// People of one change who are named at first.
const NAMED_FIRST: usize = 10;
/// The longest name that goes from step to step, in characters.
const NAME_CHARS: usize = 60;
/// The longest text of totals in an address, in bytes. Above that, it names nobody.
const MAX_SUM_IN_ADDRESS: usize = 2_500;

/// A person in a preview, and the group through which the change reaches them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Named {
    #[serde(rename = "i")]
    pub(super) id: String,
    #[serde(rename = "n")]
    pub(super) name: String,
    #[serde(rename = "g")]
    pub(super) group: String,
}

impl From<&AffectedPerson> for Named {
    fn from(person: &AffectedPerson) -> Self {
        Self {
            id: person.id.clone(),
            name: person.name.chars().take(NAME_CHARS).collect(),
            group: person.group.clone(),
        }
    }
}

/// The people who would change from some roles to others. The ids of the roles are those in the address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counted {
    pub(super) from: Vec<RoleId>,
    pub(super) to: Vec<RoleId>,
    pub(super) people: u64,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) first: Vec<Named>,
}

pub(super) fn ids(roles: &[Role]) -> Vec<RoleId> {
    roles.iter().copied().map(RoleId::from).collect()
}

impl From<&RoleChange> for Counted {
    fn from(change: &RoleChange) -> Self {
        Self {
            from: ids(&change.from),
            to: ids(&change.to),
            people: change.people,
            first: Vec::new(),
        }
    }
}

/// The totals of a preview's steps.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Totals {
    /// What the totals are about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    about: String,
    pub(super) changes: Vec<Counted>,
    pub(super) at_sign_in: Vec<Counted>,
    pub(super) anyway: Vec<Counted>,
    pub(super) looked_at: u64,
}

impl Totals {
    /// Reads the totals from an address. Anybody can edit an address, so unreadable totals count as none.
    pub(super) fn of(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// Reads the totals of these changes. Those of other changes count as none.
    pub(super) fn of_changes(text: &str, wanted: &WantedMappings) -> Self {
        let (about, totals) = (name_of(wanted), Self::of(text));
        match totals.about == about {
            true => totals,
            false => Self {
                about,
                ..Self::default()
            },
        }
    }

    /// Whether a step was made.
    pub(super) fn is_begun(&self) -> bool {
        self.looked_at > 0
    }

    /// Adds a step. The totals come from an address and can have any size, so the sum saturates.
    pub(super) fn add(&mut self, step: &Preview) {
        add_changes(&mut self.changes, &step.changes);
        add_changes(&mut self.at_sign_in, &step.at_sign_in);
        add_changes(&mut self.anyway, &step.anyway);
        let first = match step.at_next_sign_in {
            true => &mut self.at_sign_in,
            false => &mut self.changes,
        };
        add_names(first, &step.affected);
        self.looked_at = self.looked_at.saturating_add(step.looked_at);
    }

    /// The totals as a text that fits in an address.
    pub(super) fn for_address(&mut self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        if text.len() <= MAX_SUM_IN_ADDRESS {
            return text;
        }
        for change in self.changes.iter_mut().chain(&mut self.at_sign_in) {
            change.first.clear();
        }
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Names changes, the same changes always alike.
fn name_of(wanted: &WantedMappings) -> String {
    let mut all = Sha256::new();
    for (group, roles) in wanted {
        all.update(group);
        for role in roles {
            all.update([b'=']);
            all.update(role.as_str());
        }
        all.update([b';']);
    }
    let digest = all.finalize();
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Adds the first people of each change.
fn add_names(all: &mut [Counted], affected: &[AffectedPerson]) {
    for change in all {
        let room = NAMED_FIRST.saturating_sub(change.first.len());
        let of_this = affected
            .iter()
            .filter(|one| ids(&one.from) == change.from && ids(&one.to) == change.to);
        change.first.extend(of_this.take(room).map(Named::from));
    }
}

/// Adds changes, so that each kind of change occurs once.
fn add_changes(all: &mut Vec<Counted>, changes: &[RoleChange]) {
    for change in changes.iter().map(Counted::from) {
        let is_same = |one: &&mut Counted| (&one.from, &one.to) == (&change.from, &change.to);
        match all.iter_mut().find(is_same) {
            Some(known) => known.people = known.people.saturating_add(change.people),
            None => all.push(change),
        }
    }
}

/// A request for the names of the people of one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ask {
    pub(super) from: Vec<RoleId>,
    pub(super) to: Vec<RoleId>,
    pub(super) after: Option<String>,
    /// How many are named already.
    pub(super) skip: usize,
}

/// The roles with these ids, without those that there are no more.
pub(super) fn known(ids: &[RoleId], roles: &Catalogue) -> Vec<Role> {
    ids.iter().filter_map(|id| roles.role(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_add_up() {
        let change = |people| RoleChange {
            from: vec![],
            to: vec![Role::Admin],
            people,
        };
        let step = Preview {
            changes: vec![change(2)],
            at_sign_in: vec![change(3)],
            anyway: vec![change(1)],
            looked_at: 5,
            of: 5,
            next: None,
            at_next_sign_in: false,
            claims_decide: false,
            affected: vec![],
        };
        let counted = |people| Counted::from(&change(people));
        let mut totals = Totals::default();
        for times in 1..3 {
            totals.add(&step);
            let expected = Totals {
                changes: vec![counted(2 * times)],
                at_sign_in: vec![counted(3 * times)],
                anyway: vec![counted(times)],
                looked_at: 5 * times,
                about: String::new(),
            };
            assert_eq!(totals, expected);
        }
    }
}
