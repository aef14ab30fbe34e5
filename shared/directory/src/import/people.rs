//! Creates and changes the people of an import.

use std::collections::BTreeSet;

use rollcall_model::{
    EventType, Grant, Identity, PersonOrigin, Reason, Role, RoleId, USERS, new_id,
};
use rollcall_scim as scim;
use rollcall_store::{Error, Guard, TenantItem, Transaction, now, retry_stale};

use crate::import::compare::{Comparison, compare};
use crate::import::handle::Imports;
use crate::import::look_up::Known;
use crate::import::outcome::{Field, Outcome, RowResult};
use crate::import::row::ImportRow;
use crate::journal::entry::Entry;
use crate::resources::application_ids::free_application_id;
use crate::resources::create::ceiling_reached;
use crate::resources::names::check_name;
use crate::resources::record::Record;
use crate::resources::traces::{Traces, nobody_had_it};
use crate::resources::writes::{committed, resource_writes, subject};
use crate::roles::decide;
use crate::roles::granting::{check_link, check_rank};
use crate::roles::handle::Roles;
use crate::roles::person::{check_by_hand, told};
use crate::roles::rank::vouches;

/// How often a row is looked up again when somebody else takes its name.
const TURNS_OF_NAMES: usize = 3;

/// What became of a person, and what is left to do about them.
#[derive(Clone, Debug)]
pub(super) struct Imported {
    pub(super) result: RowResult,
    /// The groups that they are to join: the folded name and the name.
    pub(super) joins: Vec<(String, String)>,
    /// The roles that they were given together with their creation.
    pub(super) granted: BTreeSet<Role>,
}

impl Imported {
    pub(super) fn failed(line: u32, error: &Error) -> Self {
        let failure = crate::import::outcome::RowFailure::of(line, error);
        Self {
            result: RowResult::failed(failure),
            joins: Vec::new(),
            granted: BTreeSet::new(),
        }
    }
}

/// What holds for all rows of a part.
#[derive(Debug)]
pub(super) struct Terms<'a> {
    pub(super) known: &'a Known,
    pub(super) tenant: &'a TenantItem,
    /// The role above which the caller acts on nobody.
    pub(super) giver: Role,
}

impl Imports<'_> {
    /// Creates the person of a row, or changes them to what it says.
    ///
    /// # Errors
    /// The refusals of a row: `invalidValue`, `409` for a name or an id that somebody else has, `403` for a role or a
    /// person above the caller, and for the last active owner.
    pub(super) async fn import_person(
        self,
        row: &ImportRow,
        terms: &Terms<'_>,
    ) -> Result<Imported, Error> {
        let roles = wanted_roles(row, terms.tenant)?;
        let roles = &roles;
        retry_stale(|turn| async move {
            let again;
            let known = match turn {
                0 => terms.known,
                _ => {
                    again = self.look_up(std::slice::from_ref(row)).await?;
                    &again
                }
            };
            let done = match known.meant(row)? {
                Some(person) => {
                    self.change_person(row, roles.as_ref(), person, known, terms)
                        .await
                }
                None => self.create_person(row, roles.as_ref(), known, terms).await,
            };
            match done {
                // Somebody else took the name or the id in between, and is met by the next look.
                Err(Error::Scim(scim::Error::Uniqueness { .. })) if turn < TURNS_OF_NAMES => {
                    Ok(None)
                }
                done => done,
            }
        })
        .await
    }

    async fn create_person(
        self,
        row: &ImportRow,
        roles: Option<&BTreeSet<Role>>,
        known: &Known,
        terms: &Terms<'_>,
    ) -> Result<Option<Imported>, Error> {
        if known.was_deleted(row) {
            return Err(was_deleted());
        }
        if terms.tenant.at_ceiling.people {
            return Err(ceiling_reached("people"));
        }
        let resource = row.resource()?;
        check_name(&USERS, None, &resource)?;
        let mut record = Record::new(&USERS, new_id(), resource, now())?;
        record.identity = Identity {
            application_id: row.application_id.clone(),
            ..Identity::new(PersonOrigin::Import, None)
        };
        let granted = roles.cloned().unwrap_or_default();
        if !granted.is_empty() {
            check_by_hand(granted.iter())?;
            let catalogue = &terms.tenant.settings.roles;
            check_rank(&[], &granted, terms.giver, catalogue)?;
            check_link(&self.scope.actor, granted.iter())?;
            // The role is given to whoever has these identifiers.
            record.prove_identifiers()?;
            let ids = decide::highest_first(&granted);
            let request = Some(self.scope.request_id.clone());
            record.account.manual = Grant::of(ids, now(), request);
        }
        self.free_gone(row, known).await?;
        let mut transaction = resource_writes(self.scope, &USERS, None, Some(&record))?;
        // What was read is no snapshot: somebody may just have been deleted.
        for key in known.deleted_keys(row) {
            transaction.check(key.clone(), nobody_had_it(), Guard::Stale);
        }
        if !granted.is_empty() {
            self.write_grant_entry(&mut transaction, &record)?;
        }
        if !committed(self.scope, &transaction, &USERS).await? {
            return Ok(None);
        }
        let missing: Vec<(String, &str)> = known.missing_groups(row, None).collect();
        let named = missing.len();
        let joins = joinable(known, missing.into_iter());
        let result = RowResult::new(row.line, Outcome::Created, Some(&record.id));
        Ok(Some(Imported {
            result: match joins.len() < named {
                true => result.with([Field::Groups]).missing_owned_groups(true),
                false => result,
            },
            joins,
            granted,
        }))
    }

    /// Frees the application's id of a row, if somebody who is gone still holds it.
    async fn free_gone(self, row: &ImportRow, known: &Known) -> Result<(), Error> {
        match (&row.application_id, known.gone_holder(row)) {
            (Some(id), Some(gone)) => free_application_id(self.scope, id, gone).await,
            _ => Ok(()),
        }
    }

    fn write_grant_entry(
        self,
        transaction: &mut Transaction,
        person: &Record,
    ) -> Result<(), Error> {
        let entry = Entry::new(
            self.scope,
            EventType::UserRoleGiven,
            subject(&USERS, person)?,
        );
        let after = told(person.account.manual.as_ref());
        let entry = entry.with_change(Some(told(None)), Some(after));
        transaction.put(entry.to_item(self.scope.keys())?);
        Ok(())
    }

    async fn change_person(
        self,
        row: &ImportRow,
        roles: Option<&BTreeSet<Role>>,
        person: &Record,
        known: &Known,
        terms: &Terms<'_>,
    ) -> Result<Option<Imported>, Error> {
        let Comparison { mut fields, wanted } = compare(row, person, &given_roles(person))?;
        let missing: Vec<(String, &str)> = known.missing_groups(row, Some(person)).collect();
        if !missing.is_empty() {
            fields.insert(Field::Groups);
        }
        if !person.identity.is_unowned() {
            let result = RowResult::new(row.line, Outcome::Owned, Some(&person.id));
            return Ok(Some(Imported {
                result: result.with(fields),
                joins: Vec::new(),
                granted: BTreeSet::new(),
            }));
        }
        let named = missing.len();
        let joins = joinable(known, missing.into_iter());
        let misses = joins.len() < named;
        let changes = fields.iter().any(|field| *field != Field::Groups) || !joins.is_empty();
        let outcome = match changes {
            true => Outcome::Changed,
            false => Outcome::Unchanged,
        };
        if changes {
            let rank = Roles::of(self.scope).check_rank_over(person, terms.giver);
            rank.await?;
            if let Some(roles) = roles.filter(|_| fields.contains(&Field::Roles)) {
                let held: Vec<RoleId> = given_roles(person).into_iter().collect();
                let catalogue = &terms.tenant.settings.roles;
                check_rank(&held, roles, terms.giver, catalogue)?;
                let given = roles
                    .iter()
                    .filter(|role| !held.contains(&RoleId::from(**role)));
                check_link(&self.scope.actor, given)?;
            }
        }
        if fields.contains(&Field::ApplicationId) {
            self.free_gone(row, known).await?;
        }
        let is_own = |field: &Field| !matches!(field, Field::Roles | Field::Groups);
        if fields.iter().any(is_own)
            && !self.write_changed(row, person, wanted, terms.giver).await?
        {
            return Ok(None);
        }
        if let Some(roles) = roles.filter(|_| fields.contains(&Field::Roles)) {
            let roles = roles.iter().copied();
            let given = Roles::of(self.scope).give_role(&person.id, roles, terms.giver);
            given.await?;
        }
        Ok(Some(Imported {
            result: RowResult::new(row.line, outcome, Some(&person.id))
                .with(fields)
                .missing_owned_groups(misses),
            joins,
            granted: BTreeSet::new(),
        }))
    }

    /// Writes the attributes and the application's id of a person. The new identifiers of somebody with a role of their own
    /// are proven if the caller may say whose they are; otherwise they are to be confirmed. Returns `false` if the person
    /// has changed since they were read.
    async fn write_changed(
        self,
        row: &ImportRow,
        person: &Record,
        wanted: scim::Resource,
        giver: Role,
    ) -> Result<bool, Error> {
        check_name(&USERS, Some(person.resource(&USERS)?), &wanted)?;
        let after = person.changed_to(&USERS, wanted, now())?;
        let mut after = after.unwrap_or_else(|| person.rewritten());
        Traces::keep_former(self.scope, person, &mut after).await?;
        if row.application_id.is_some() {
            after
                .identity
                .application_id
                .clone_from(&row.application_id);
        }
        if after.account.manual.is_some() && vouches(&self.scope.actor, &person.id, giver) {
            after.prove_identifiers()?;
        }
        let transaction = resource_writes(self.scope, &USERS, Some(person), Some(&after))?;
        committed(self.scope, &transaction, &USERS).await
    }
}

/// Returns the roles that were given to a person by hand.
pub(super) fn given_roles(person: &Record) -> BTreeSet<RoleId> {
    let manual = person.account.manual.iter();
    manual.flat_map(Grant::roles).cloned().collect()
}

/// Returns the groups that a person may join: those that belong to no connection, and new ones.
fn joinable<'a>(
    known: &Known,
    missing: impl Iterator<Item = (String, &'a str)>,
) -> Vec<(String, String)> {
    let is_open = |name: &String| {
        let group = known.groups.get(name);
        group.is_none_or(|group| group.identity.is_unowned())
    };
    let open = missing.filter(|(folded, _)| is_open(folded));
    open.map(|(folded, name)| (folded, name.to_owned()))
        .collect()
}

fn wanted_roles(row: &ImportRow, tenant: &TenantItem) -> Result<Option<BTreeSet<Role>>, Error> {
    let Some(roles) = &row.roles else {
        return Ok(None);
    };
    let roles = roles.iter().map(|id| tenant.settings.roles.named(id));
    let roles = roles.collect::<Result<BTreeSet<Role>, _>>();
    let roles = roles.map_err(|unknown| scim::Error::InvalidValue(unknown.to_string()))?;
    Ok(Some(roles))
}

fn was_deleted() -> Error {
    let detail = "a person with this user name or external id was deleted; restore them, or admit their identifiers as \
                  those of somebody new";
    Error::Refused(
        Reason::PersonInactive,
        scim::Error::InvalidValue(detail.to_owned()),
    )
}
