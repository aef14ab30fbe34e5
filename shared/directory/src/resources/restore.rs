//! Deleted people who come back, with the same id and groups: pushed again where the tenant wishes so, or restored by an
//! admin.
//!
//! Names are given again, so a role that was given by hand does not come back with the name: it is withheld until a
//! sign-in brings the subject of before, or an admin gives it back.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rollcall_model::{
    Catalogue, DeletedPeople, EventType, Identity, Observation, PersonOrigin, Reason, Role, USERS,
    is_id, shown,
};
use rollcall_scim as scim;
use rollcall_scim::Resource;
use rollcall_store::{Error, Expression, Guard, MAX_WRITES, Transaction, from_item, now};
use rollcall_store::{retry_stale, text};
use serde_json::{Value, json};

use crate::journal::entry::AuditQuery;
use crate::journal::handle::Journal;
use crate::resources::handle::{Members, Resources};
use crate::resources::ownership::check_owner;
use crate::resources::record::Record;
use crate::resources::tombstones::Tombstone;
use crate::resources::traces::{Sought, deleted_ids};
use crate::resources::unique_values::claims;
use crate::resources::writes::{account_writes, committed, resource_writes};

/// The number of writes for one group that a person returns to: the membership, the group, and the journal entry.
const WRITES_PER_GROUP: usize = 3;
/// The number of groups to which one transaction returns a person who is there already.
const GROUPS_AT_ONCE: usize = 30;

/// A person who was deleted.
#[derive(Debug)]
struct Deleted {
    id: String,
    tombstone: Tombstone,
}

impl Deleted {
    /// Returns the person as they come back, with the attributes of `pushed`. Pure.
    fn returned(&self, pushed: &Record, at: Timestamp) -> Record {
        let (tombstone, mut record) = (&self.tombstone, pushed.clone());
        let bindings = tombstone.identity.bindings.iter();
        let subjects = bindings.map(|(connection, it)| (connection.clone(), it.subject.clone()));
        record.id.clone_from(&self.id);
        record.created = tombstone.created.unwrap_or(tombstone.deleted);
        // A slower request must not take the person for the one of before.
        record.version = tombstone.version + 1;
        record.revision = tombstone.revision.max(1) + 1;
        record.identity = Identity {
            origin: Some(PersonOrigin::Pushed),
            owner: pushed.identity.owner.clone(),
            former: tombstone.traces.former.clone(),
            // Whoever comes back may have other identifiers than before.
            renamings: tombstone.identity.renamings + 1,
            observed: pushed.identity.observed,
            // Who was deleted stays out while that is only observed.
            observation: pushed
                .identity
                .observation
                .clone()
                .map(|it| Observation { out: true, ..it }),
            ..tombstone.identity.clone()
        };
        // Tombstones of earlier versions may have what was held of the person.
        record.identity.end_hold();
        record.account = tombstone.account.clone();
        record.account.withhold(subjects.collect());
        record.account.end_sessions(at);
        record.account.at_login.clear();
        record.account.claim = None;
        record
    }
}

impl Resources<'_> {
    /// Restores the deleted person whom a push means. Returns `None` if there is none, or the tenant does not wish it;
    /// `Some(None)` if something has changed since it was read.
    pub(super) async fn restore_pushed(
        self,
        pushed: &Record,
    ) -> Result<Option<Option<Record>>, Error> {
        if self.scope.deleted_people != DeletedPeople::Restore {
            return Ok(None);
        }
        let Some(deleted) = self.deleted_as(pushed).await? else {
            return Ok(None);
        };
        match self.bring_back(&deleted, pushed).await {
            // Who is being erased does not come back: whoever is pushed is somebody new.
            Ok(None) if self.is_erased(&deleted.id).await? => Ok(None),
            // Somebody else has the name by now.
            Err(Error::Scim(scim::Error::Uniqueness { .. })) => Ok(None),
            restored => restored.map(Some),
        }
    }

    /// Returns whether a push of this person would bring back somebody who was deleted, if the tenant wishes so.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn would_restore(self, pushed: &Record) -> Result<bool, Error> {
        Ok(self.deleted_as(pushed).await?.is_some())
    }

    /// Finds the deleted person whom a push means: of several, the one who was deleted last.
    async fn deleted_as(self, pushed: &Record) -> Result<Option<Deleted>, Error> {
        let sought = Sought::of(self.scope, pushed).await?;
        let items = self.scope.table.batch_get(sought.keys(self.scope)).await?;
        let ids: BTreeSet<String> = items.iter().flat_map(deleted_ids).collect();
        if ids.is_empty() {
            return Ok(None);
        }
        let keys = ids.iter().map(|id| self.scope.keys().tombstone(&USERS, id));
        let mut found: Option<Deleted> = None;
        for item in self.scope.table.batch_get(keys).await? {
            let id = text(&item, "SK")?.to_owned();
            let tombstone: Tombstone = from_item(item)?;
            let is_meant = tombstone.merged_into.is_none() && sought.means(&tombstone.traces);
            let is_later = |one: &Deleted| one.tombstone.deleted < tombstone.deleted;
            if is_meant
                && found.as_ref().is_none_or(is_later)
                && self.may_restore(&tombstone).await?
            {
                found = Some(Deleted { id, tombstone });
            }
        }
        Ok(found)
    }

    async fn may_restore(self, tombstone: &Tombstone) -> Result<bool, Error> {
        let owner = tombstone.identity.owner.as_deref();
        match check_owner(self.scope, owner).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_refusal() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Restores a person whom nobody pushed again, active and with the attributes of before. Returns `false` if nobody
    /// with this id was deleted.
    ///
    /// # Errors
    /// `403` for somebody who ranks above `giver`; `409` for an account that was closed into another, for somebody whose
    /// erasure was ordered, and when the attributes are no longer in the journal; `uniqueness` when somebody else has
    /// the name.
    pub(crate) async fn restore_by_hand(self, id: &str, giver: Role) -> Result<bool, Error> {
        retry_stale(|_| async move {
            let Some(tombstone) = Tombstone::of_person(self.scope, id).await? else {
                return Ok(Some(false));
            };
            check_is_person(&tombstone)?;
            check_rank(&tombstone, &self.scope.settings().await?.roles, giver)?;
            let id = id.to_owned();
            let deleted = Deleted { id, tombstone };
            let before = self.attributes_of(&deleted).await?;
            let restored = self.bring_back(&deleted, &before).await?;
            if restored.is_none() && self.is_erased(&deleted.id).await? {
                return Err(conflict(
                    "an erasure of this person was ordered; they cannot be restored",
                ));
            }
            Ok(restored.map(|_| true))
        })
        .await
    }

    /// Returns whether the erasure of a deleted person was ordered.
    async fn is_erased(self, id: &str) -> Result<bool, Error> {
        let erasure = self.scope.keys().erasures().at(id);
        Ok(self.scope.table.get(&erasure).await?.is_some())
    }

    /// Reads a deleted person's attributes from the journal.
    async fn attributes_of(self, deleted: &Deleted) -> Result<Record, Error> {
        let mut query = AuditQuery {
            subject: Some(deleted.id.clone()),
            action: Some(EventType::UserDeleted.as_str().to_owned()),
            limit: 1,
            ..AuditQuery::default()
        };
        loop {
            let (entries, next) = Journal::of(self.scope).audit(&query).await?;
            if let Some(before) = entries.first().and_then(|entry| entry.before.as_ref()) {
                let Ok(Value::Object(attributes)) = serde_json::from_str(before) else {
                    return Err(Error::corrupt("the attributes of a deleted person"));
                };
                let mut resource = Resource::from_stored(USERS.resource_type, attributes);
                resource.set("active", json!(true));
                let claims = claims(self.scope, &USERS, None, &resource);
                let mut record = Record::new(&USERS, deleted.id.clone(), resource, now())?;
                record.claims = claims;
                record.identity.owner = deleted.tombstone.identity.owner.clone();
                return Ok(record);
            }
            query.after = Some(next.ok_or_else(forgotten)?);
        }
    }

    /// Writes a returning person with as many groups as one transaction holds, and then the others. Returns `None` if
    /// something has changed since it was read.
    async fn bring_back(self, deleted: &Deleted, pushed: &Record) -> Result<Option<Record>, Error> {
        let members = Members::of(self.scope);
        // This completes the deletion of somebody who was in many groups.
        members.settle().await?;
        let mut record = deleted.returned(pushed, now());
        let live = members.live_groups(&deleted.tombstone.groups).await?;
        let mut transaction = self.return_writes(deleted, &record)?;
        // One write is left for the mark of an idempotency key.
        let room = (MAX_WRITES - 1 - transaction.len()) / WRITES_PER_GROUP;
        let groups: Vec<&Record> = live.values().collect();
        let (now, later) = groups.split_at(room.min(groups.len()));
        record.groups = now.iter().map(|group| group.id.clone()).collect();
        record.identity.returning = later.iter().map(|group| group.id.clone()).collect();
        transaction = self.return_writes(deleted, &record)?;
        transaction.append(members.rejoin_writes(&record.id, now)?);
        if !committed(self.scope, &transaction, &USERS).await? {
            return Ok(None);
        }
        match later.is_empty() {
            true => Ok(Some(record)),
            false => self.return_to_groups(&deleted.id).await,
        }
    }

    fn return_writes(self, deleted: &Deleted, record: &Record) -> Result<Transaction, Error> {
        let mut transaction = resource_writes(self.scope, &USERS, None, Some(record))?;
        let key = self.scope.keys().tombstone(&USERS, &deleted.id);
        transaction.delete_if(key, Expression::present(), Guard::Stale);
        // An erasure begins only while the tombstone is there: one of the two comes first.
        let erasure = self.scope.keys().erasures().at(&deleted.id);
        transaction.check(erasure, Expression::absent(), Guard::Stale);
        let traces = &deleted.tombstone.traces;
        traces.erase(self.scope, &mut transaction, &deleted.id);
        Ok(transaction)
    }

    /// Makes a restored person a member of the groups that they are still to return to. Returns the person.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn return_to_groups(self, id: &str) -> Result<Option<Record>, Error> {
        let members = Members::of(self.scope);
        loop {
            let done = retry_stale(|_| async move {
                let Some(record) = self.records(&USERS, &[id.to_owned()]).await?.pop() else {
                    return Ok(Some(None));
                };
                if record.identity.returning.is_empty() {
                    return Ok(Some(Some((record, true))));
                }
                let chunk = record.identity.returning.iter().take(GROUPS_AT_ONCE);
                let chunk: BTreeSet<String> = chunk.cloned().collect();
                let new = &chunk - &record.groups;
                let live = members.live_groups(&new).await?;
                let mut after = record.rewritten();
                after.version += 1;
                after.groups.extend(live.keys().cloned());
                after.identity.returning = &record.identity.returning - &chunk;
                let mut transaction = account_writes(self.scope, &record, &after)?;
                let groups: Vec<&Record> = live.values().collect();
                transaction.append(members.rejoin_writes(id, &groups)?);
                if !committed(self.scope, &transaction, &USERS).await? {
                    members.settle().await?;
                    return Ok(None);
                }
                Ok(Some(Some((after, false))))
            })
            .await?;
            match done {
                None => return Ok(None),
                Some((record, true)) => return Ok(Some(record)),
                Some((_, false)) => {}
            }
        }
    }

    /// Reads why there is no person with this id, if there once was.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn fate(self, id: &str) -> Result<Option<Fate>, Error> {
        if !is_id(id) {
            return Ok(None);
        }
        let tombstone = Tombstone::of_person(self.scope, id).await?;
        Ok(tombstone.map(Fate::from))
    }

    /// Reads what became of those among the people with these ids who are no longer there, by id.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn fates(self, ids: &BTreeSet<String>) -> Result<BTreeMap<String, Fate>, Error> {
        let keys = ids.iter().filter(|id| is_id(id));
        let keys = keys.map(|id| self.scope.keys().tombstone(&USERS, id));
        let items = self.scope.table.batch_get(keys).await?;
        let fates = items.into_iter().map(|item| {
            let id = text(&item, "SK")?.to_owned();
            Ok((id, from_item::<Tombstone>(item)?.into()))
        });
        fates.collect()
    }
}

/// What became of a person who is no longer there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// When the person was deleted, or the account was closed.
    pub deleted_at: Timestamp,
    /// The id of the person that the account was closed into.
    pub merged_into: Option<String>,
}

impl From<Tombstone> for Fate {
    fn from(tombstone: Tombstone) -> Self {
        Self {
            deleted_at: tombstone.deleted,
            merged_into: tombstone.merged_into,
        }
    }
}

/// Refuses an account that was closed into another: that person is there.
pub(super) fn check_is_person(tombstone: &Tombstone) -> Result<(), Error> {
    let Some(into) = &tombstone.merged_into else {
        return Ok(());
    };
    Err(conflict(format!(
        "this account was closed into the user `{}`",
        shown(into)
    )))
}

/// Refuses to act on somebody who ranks above the giver.
pub(crate) fn check_rank(
    tombstone: &Tombstone,
    roles: &Catalogue,
    giver: Role,
) -> Result<(), Error> {
    match tombstone.account.given_role(roles) {
        Some(role) if role.outranks(giver) => Err(above(role)),
        _ => Ok(()),
    }
}

/// Returns the error for an action on somebody who ranks above the caller.
pub(crate) fn above(role: Role) -> Error {
    let detail = format!("this person held the role `{role}`, ask an `{role}` to do it");
    Error::Refused(Reason::RoleAboveGiver, scim::Error::Forbidden(detail))
}

pub(crate) fn conflict(detail: impl Into<String>) -> Error {
    Error::Refused(Reason::Conflict, scim::Error::InvalidValue(detail.into()))
}

fn forgotten() -> Error {
    conflict(
        "the audit log no longer has the person's attributes; send the person from the identity provider again, with \
         `deleted_people` set to `restore`",
    )
}

#[cfg(test)]
mod tests {
    use rollcall_model::{Account, Grant};

    use super::*;
    use crate::resources::traces::Traces;

    fn pushed() -> Record {
        let attributes = json!({"userName": "ada", "active": true});
        let Value::Object(attributes) = attributes else {
            unreachable!("an object")
        };
        let resource = Resource::from_stored(USERS.resource_type, attributes);
        Record::new(&USERS, "new".to_owned(), resource, Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn a_returning_person_is_the_same_without_what_was_given_by_hand() {
        let at = Timestamp::UNIX_EPOCH;
        let mut before = pushed();
        before.id = "old".to_owned();
        before.revision = 7;
        before.identity.bind("c", "s", true);
        before.account = Account {
            manual: Grant::of([Role::Owner.into()], at, None),
            first_login_at: Some(at),
            epoch: 3,
            ..Account::default()
        };
        let deleted = Deleted {
            id: "old".to_owned(),
            tombstone: Tombstone::of(&USERS, &before, Traces::default()),
        };
        let mut record = deleted.returned(&pushed(), at);
        assert_eq!((record.id.as_str(), record.revision), ("old", 8));
        assert_eq!(record.account.manual_roles(&Catalogue::default()), []);
        assert_eq!(
            record.account.given_role(&Catalogue::default()),
            Some(Role::Owner)
        );
        assert_eq!(record.account.epoch, 4);
        for (connection, subject, expected) in
            [("c", "s", true), ("c", "t", false), ("d", "s", false)]
        {
            assert_eq!(record.account.returns_by(connection, subject), expected);
        }
        // Deleted again before the role was given back.
        let again = Deleted {
            id: "old".to_owned(),
            tombstone: Tombstone::of(&USERS, &record, Traces::default()),
        };
        let again = again.returned(&pushed(), at);
        assert!(again.account.returns_by("c", "s"));
        record.account.give_back();
        assert_eq!(
            record.account.manual_roles(&Catalogue::default()),
            [Role::Owner]
        );
        assert!(record.account.withheld.is_none());
    }
}
