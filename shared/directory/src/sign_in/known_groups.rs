//! The groups that can decide a sign-in, as far as they were read: their mappings, and the groups themselves.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_model::{Catalogue, GROUPS, Mappings, Role};
use rollcall_store::{Error, Found, Key, Keys, from_item};

use crate::resources::record::Record;
use crate::roles::mappings::Mapping;

/// A mapped group, with the values that a claim can match.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MappedGroup {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) external_id: Option<String>,
    pub(super) roles: BTreeSet<Role>,
    /// Whether only a connection has sent it that is observed: a claim that names it gives nothing.
    pub(super) is_observed: bool,
}

/// The ids of groups of which a call reads the mappings, and of those that it reads themselves.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Wanted {
    pub(super) mappings: BTreeSet<String>,
    pub(super) records: BTreeSet<String>,
}

/// What was read, by group id. `None` stands for what does not exist.
#[derive(Debug, Default)]
pub(super) struct KnownGroups {
    catalogue: Catalogue,
    /// The connections that are only observed, and those that were deleted while they were.
    observing: BTreeSet<String>,
    mappings: BTreeMap<String, Option<Mapping>>,
    /// Whether these are all mappings of the tenant.
    has_all_mappings: bool,
    records: BTreeMap<String, Option<Record>>,
}

impl Wanted {
    pub(super) fn mappings(mappings: BTreeSet<String>) -> Self {
        Self {
            mappings,
            ..Self::default()
        }
    }

    pub(super) fn both(groups: BTreeSet<String>) -> Self {
        Self {
            mappings: groups.clone(),
            records: groups,
        }
    }

    pub(super) fn keys(&self, keys: Keys<'_>) -> Vec<Key> {
        let mappings = self.mappings.iter().map(|group| keys.mapping(group));
        let records = self.records.iter();
        let records = records.map(|group| keys.resource(&GROUPS, group));
        mappings.chain(records).collect()
    }
}

impl KnownGroups {
    /// Returns that nothing was read yet, in a tenant with these roles and these connections that are only observed.
    pub(super) fn nothing(catalogue: Catalogue, observing: BTreeSet<String>) -> Self {
        Self {
            catalogue,
            observing,
            ..Self::default()
        }
    }

    /// Adds what a call has found of what it wanted.
    pub(super) fn add(
        &mut self,
        wanted: Wanted,
        keys: Keys<'_>,
        found: &mut Found,
    ) -> Result<(), Error> {
        for group in wanted.mappings {
            let mapping = found.take(&keys.mapping(&group));
            let mapping = mapping.map(from_item).transpose()?;
            self.mappings.insert(group, mapping);
        }
        for group in wanted.records {
            let record = found.take(&keys.resource(&GROUPS, &group));
            let record = record.map(Record::from_item).transpose()?;
            self.records.insert(group, record);
        }
        Ok(())
    }

    /// Adds all mappings of the tenant.
    pub(super) fn add_all_mappings(&mut self, mappings: Vec<Mapping>) {
        let by_group = mappings.into_iter();
        let by_group = by_group.map(|mapping| (mapping.group.clone(), Some(mapping)));
        self.mappings.extend(by_group);
        self.has_all_mappings = true;
    }

    /// Returns the roles of each group that is known to be mapped.
    pub(super) fn roles(&self) -> Mappings {
        let groups = self.mappings.keys();
        let roles = groups.filter_map(|group| Some((group.clone(), self.roles_of(group)?)));
        roles.collect()
    }

    /// Returns the ids of all groups that are known to be mapped to a role of the catalogue.
    pub(super) fn mapped_ids(&self) -> BTreeSet<String> {
        let mapped = self.mappings.keys();
        let mapped = mapped.filter(|group| self.roles_of(group).is_some());
        mapped.cloned().collect()
    }

    /// Returns which of these groups are not known to be mapped or not.
    pub(super) fn unknown<'a>(
        &self,
        groups: impl IntoIterator<Item = &'a String>,
    ) -> BTreeSet<String> {
        let is_unknown =
            |group: &&String| !self.has_all_mappings && !self.mappings.contains_key(group.as_str());
        groups.into_iter().filter(is_unknown).cloned().collect()
    }

    /// Returns which of these groups are mapped, but were not read themselves.
    pub(super) fn unread<'a>(
        &self,
        groups: impl IntoIterator<Item = &'a String>,
    ) -> BTreeSet<String> {
        let is_unread = |group: &&String| {
            self.roles_of(group).is_some() && !self.records.contains_key(group.as_str())
        };
        groups.into_iter().filter(is_unread).cloned().collect()
    }

    /// Returns the mapped groups. Those that were not read, or do not exist any more, are left out.
    pub(super) fn mapped(&self) -> Result<Vec<MappedGroup>, Error> {
        let read = self.records.values().flatten();
        let mapped = read.filter_map(|group| Some((group, self.roles_of(&group.id)?)));
        let mapped = mapped.map(|(group, roles)| {
            Ok(MappedGroup {
                id: group.id.clone(),
                name: group.text(&GROUPS, GROUPS.unique)?.unwrap_or_default(),
                external_id: group.text(&GROUPS, "externalId")?,
                is_observed: group.identity.observed && group.is_observed(&self.observing),
                roles,
            })
        });
        mapped.collect()
    }

    /// Returns the roles that the group gives; `None` if it gives none.
    fn roles_of(&self, group: &str) -> Option<BTreeSet<Role>> {
        let mapping = self.mappings.get(group)?.as_ref()?;
        let roles = mapping.known_roles(&self.catalogue);
        (!roles.is_empty()).then_some(roles)
    }
}
