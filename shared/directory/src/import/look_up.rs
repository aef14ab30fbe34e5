//! Reads whom the rows of a part mean, with a few calls for all of them.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_model::{GROUPS, Reason, USERS};
use rollcall_scim::{self as scim, fold};
use rollcall_store::{Error, Key, Keys};

use crate::import::handle::Imports;
use crate::import::row::ImportRow;
use crate::resources::application_ids::pointed_at;
use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::resources::traces::{DeletedKeys, Identifiers};

/// What the directory knows of the people and groups that rows name.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The ids of people by their user names, as these are compared.
    names: BTreeMap<String, String>,
    /// The ids of people by the application's ids.
    application_ids: BTreeMap<String, String>,
    people: BTreeMap<String, Record>,
    /// The groups by their folded names.
    pub(super) groups: BTreeMap<String, Record>,
    /// By the user names of new people, as these are compared: under which keys somebody who was deleted with the name or the
    /// external id would be found, and whether there is one.
    deleted: BTreeMap<String, (DeletedKeys, bool)>,
}

impl Known {
    /// Returns the person whom a row means.
    ///
    /// # Errors
    /// `409` when the application's id and the user name belong to different people.
    pub(super) fn meant(&self, row: &ImportRow) -> Result<Option<&Record>, Error> {
        let named = self.named(row);
        let id = row.application_id.as_ref();
        match (self.by_application_id(row), named) {
            (Some(person), Some(named)) if person.id != named.id => Err(refused(
                "the user name belongs to another person than the application's id; correct one of them",
            )),
            (Some(person), _) => Ok(Some(person)),
            (None, Some(named)) => match &named.identity.application_id {
                Some(other) if id.is_some_and(|id| id != other) => Err(refused(
                    "the person with this user name has another id of the application; correct one of them",
                )),
                _ => Ok(Some(named)),
            },
            (None, None) => Ok(None),
        }
    }

    /// Divides rows into those that mean somebody first, or somebody new, and those that mean whom an earlier row means.
    /// That can also be by the name of before: when two rows are imported again, one of them may have renamed the person.
    pub(super) fn first_meant<'r>(
        &self,
        rows: &'r [ImportRow],
        keys: Keys<'_>,
    ) -> (Vec<&'r ImportRow>, Vec<&'r ImportRow>) {
        let (mut people, mut former) = (BTreeSet::new(), BTreeSet::new());
        rows.iter().partition(|row| match self.meant(row) {
            Ok(Some(person)) => {
                let hashes = person.identity.former.iter();
                former.extend(hashes.map(|hash| keys.deleted_with(hash)));
                people.insert(person.id.as_str())
            }
            Ok(None) if row.application_id.is_none() => {
                let mut had = self.deleted_keys(row).iter();
                !had.any(|key| former.contains(key))
            }
            // The refusal is what becomes of the row.
            Ok(None) | Err(_) => true,
        })
    }

    /// Returns the person who has the user name of a row.
    pub(super) fn named(&self, row: &ImportRow) -> Option<&Record> {
        self.people
            .get(self.names.get(&USERS.compared(&row.user_name))?)
    }

    /// Returns the person who has the application's id of a row.
    pub(super) fn by_application_id(&self, row: &ImportRow) -> Option<&Record> {
        let id = row.application_id.as_ref();
        let person = self.people.get(self.application_ids.get(id?)?)?;
        (person.identity.application_id.as_ref() == id).then_some(person)
    }

    /// Returns the id of somebody who is gone and still holds the application's id of a row. An earlier version deletes
    /// people and leaves it.
    pub(super) fn gone_holder(&self, row: &ImportRow) -> Option<&str> {
        let holder = self.application_ids.get(row.application_id.as_ref()?)?;
        self.by_application_id(row).is_none().then_some(holder)
    }

    /// Returns whether somebody who was deleted had the user name or the external id of a row that means nobody.
    pub(super) fn was_deleted(&self, row: &ImportRow) -> bool {
        let deleted = self.deleted.get(&USERS.compared(&row.user_name));
        deleted.is_some_and(|(_, is_found)| *is_found)
    }

    /// Returns the keys under which somebody would be found who is deleted with the user name or the external id of a row
    /// after this was read.
    pub(super) fn deleted_keys(&self, row: &ImportRow) -> &[Key] {
        let deleted = self.deleted.get(&USERS.compared(&row.user_name));
        deleted.map_or(&[], |(keys, _)| &keys.current)
    }

    /// Returns the folded names of the groups that a row names and a person is not in.
    pub(super) fn missing_groups<'a>(
        &'a self,
        row: &'a ImportRow,
        person: Option<&'a Record>,
    ) -> impl Iterator<Item = (String, &'a str)> {
        let named = row.groups.iter().map(|name| (fold(name), name.as_str()));
        named.filter(move |(folded, _)| {
            let group = self.groups.get(folded);
            !group.is_some_and(|group| person.is_some_and(|it| it.groups.contains(&group.id)))
        })
    }
}

fn refused(detail: &str) -> Error {
    Error::Refused(
        Reason::NotUnique,
        scim::Error::InvalidValue(detail.to_owned()),
    )
}

/// Returns the forms of the user name of a row that keys of today, and of earlier versions, contain.
fn forms_of_name(row: &ImportRow) -> impl Iterator<Item = String> {
    let before = USERS.compared_before(&row.user_name);
    std::iter::once(USERS.compared(&row.user_name)).chain(before)
}

impl Imports<'_> {
    /// Reads whom and what these rows name.
    ///
    /// # Errors
    /// Only table errors.
    pub(super) async fn look_up(self, rows: &[ImportRow]) -> Result<Known, Error> {
        let mut known = self.look_up_present(rows).await?;
        self.look_up_deleted(rows, &mut known).await?;
        Ok(known)
    }

    /// Reads whom and what these rows name, without those who were deleted. An empty user name names nobody.
    ///
    /// # Errors
    /// Only table errors.
    pub(super) async fn look_up_present(self, rows: &[ImportRow]) -> Result<Known, Error> {
        let keys = self.scope.keys();
        let named = rows.iter().filter(|row| !row.user_name.is_empty());
        let forms: BTreeSet<String> = named.flat_map(forms_of_name).collect();
        let named = forms.iter().map(|form| keys.name(&USERS, form));
        let ids = rows.iter().filter_map(|row| row.application_id.as_ref());
        let ids: BTreeSet<&String> = ids.collect();
        let groups = rows.iter().flat_map(|row| &row.groups);
        let groups: BTreeSet<String> = groups.map(|name| fold(name)).collect();
        let wanted = named
            .chain(ids.iter().map(|id| keys.application_id(id)))
            .chain(groups.iter().map(|name| keys.name(&GROUPS, name)));
        let wanted: Vec<Key> = wanted.collect();
        let mut found = self.scope.table.find(wanted).await?;
        let mut pointer = |key: &Key| found.take(key).map(|item| pointed_at(&item)).transpose();
        let mut known = Known::default();
        let mut holders = BTreeMap::new();
        for form in forms {
            if let Some(id) = pointer(&keys.name(&USERS, &form))? {
                holders.insert(form, id);
            }
        }
        for id in ids {
            if let Some(person) = pointer(&keys.application_id(id))? {
                known.application_ids.insert(id.clone(), person);
            }
        }
        let mut group_ids = Vec::new();
        for name in &groups {
            group_ids.extend(pointer(&keys.name(&GROUPS, name))?);
        }
        let people = holders.values().chain(known.application_ids.values());
        let people: BTreeSet<String> = people.cloned().collect();
        let people: Vec<String> = people.into_iter().collect();
        let resources = Resources::of(self.scope);
        let people = resources.records(&USERS, &people).await?.into_iter();
        known.people = people.map(|person| (person.id.clone(), person)).collect();
        for row in rows {
            for id in forms_of_name(row).filter_map(|form| holders.get(&form)) {
                let person = known.people.get(id);
                // The key of an earlier version can be that of another name.
                let is_named = person.map(|it| it.is_named(&USERS, &row.user_name));
                if is_named.transpose()?.unwrap_or_default() {
                    let name = USERS.compared(&row.user_name);
                    known.names.insert(name, id.clone());
                }
            }
        }
        for group in resources.records(&GROUPS, &group_ids).await? {
            if let Some(name) = group.name_in_key(&GROUPS)? {
                known.groups.insert(name, group);
            }
        }
        Ok(known)
    }

    /// Reads of which new people one with the same identifiers was deleted.
    async fn look_up_deleted(self, rows: &[ImportRow], known: &mut Known) -> Result<(), Error> {
        let mut left = Vec::new();
        for row in rows {
            if matches!(known.meant(row), Ok(None)) {
                let identifiers = Identifiers::default()
                    .with_names([row.user_name.as_str()])
                    .with_external_ids(row.external_id.as_deref());
                let keys = identifiers.deleted_keys(self.scope).await?;
                left.push((USERS.compared(&row.user_name), keys));
            }
        }
        let keys = left.iter().flat_map(|(_, keys)| keys.all().cloned());
        let found = self.scope.table.find(keys).await?;
        for (name, keys) in left {
            let is_found = !keys.people(&found).is_empty();
            known.deleted.insert(name, (keys, is_found));
        }
        Ok(())
    }
}
