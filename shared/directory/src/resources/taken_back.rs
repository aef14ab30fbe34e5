//! Takes back what a connection has said while it was only observed, once the connection is deleted: nothing of it is left
//! over.
//!
//! What only it has sent is deleted, and nobody is kept out for that. What was there before gets the memberships, the state
//! and the owner back that are in effect; names and other attributes stay as the connection sent them.

use std::collections::BTreeSet;

use rollcall_model::{GROUPS, Kind, PersonOrigin, USERS};
use rollcall_scim as scim;
use rollcall_scim::{PATCH_OP_URN, Patch, Precondition};
use rollcall_store::{Error, Scope, Transaction, retry_stale};
use serde_json::json;
use tokio::time::Instant;

use crate::resources::handle::{Members, Resources};
use crate::resources::held_list::write_held;
use crate::resources::owners::write_owners;
use crate::resources::record::Record;
use crate::resources::writes::{committed, resource_writes, write_record};

/// People or groups per page.
const AT_ONCE: usize = 100;
/// A place after all people: only the groups are left.
const LAST: &str = "~";

impl Record {
    /// Returns whether something is left over of what the connection has said.
    fn has_left_over(&self, connection: &str) -> bool {
        let mut joins = self.observed_joins.iter();
        self.is_seen_by(connection) || joins.any(|join| is_of(join, connection))
    }

    fn is_seen_by(&self, connection: &str) -> bool {
        let observation = self.identity.observation.as_ref();
        observation.is_some_and(|it| it.connection == connection)
    }

    /// Returns whether the resource itself is left over: only the connection has sent it, and nobody has anything from it.
    fn is_left_over(&self, connection: &str) -> bool {
        let is_its_own = self.identity.owner.as_deref() == Some(connection);
        let is_nothing = self.is_only_observed() || self.identity.was_out();
        self.is_seen_by(connection) && is_its_own && self.identity.observed && is_nothing
    }

    /// Returns the groups that the person is in without effect, and only because of the connection. `seen` are those of its
    /// groups of which it is not noted who has put the person in them. Pure.
    fn joined_only_by(&self, connection: &str, seen: &BTreeSet<String>) -> BTreeSet<String> {
        let is_own = |group: &&String| match self.knows_join(group) {
            true => self.joined_by(group).all(|by| by == connection),
            false => seen.contains(*group),
        };
        self.observed_groups
            .iter()
            .filter(is_own)
            .cloned()
            .collect()
    }

    /// Returns the resource as it is in effect, without marks of the connection. Pure.
    fn without(&self, kind: &Kind, connection: &str) -> Result<Self, Error> {
        let held_by = self.identity.held_by.as_deref();
        let is_seen = self.is_seen_by(connection);
        let mut after = match is_seen && held_by.is_none_or(|by| by == connection) {
            true => self.in_effect(kind)?,
            // The brake has held what another connection said.
            false => self.rewritten(),
        };
        after.observed_joins.retain(|join| !is_of(join, connection));
        let seen = self.identity.observation.as_ref().filter(|_| is_seen);
        let Some(seen) = seen else {
            return Ok(after);
        };
        after.identity.end_observation();
        if self.identity.owner.as_deref() != Some(connection) {
            // Somebody has handed it over meanwhile.
            return Ok(after);
        }
        after.identity.owner.clone_from(&seen.owner);
        if seen.owner.is_none() && self.identity.origin == Some(PersonOrigin::Pushed) {
            // Whichever connection sends the person next adopts them.
            after.identity.origin = Some(match self.account.first_login_at {
                Some(_) => PersonOrigin::SignIn,
                None => PersonOrigin::Import,
            });
        }
        Ok(after)
    }
}

impl Resources<'_> {
    /// Takes back what a deleted connection has said while it was only observed about everybody after the person `after`,
    /// and then about groups, until time runs out. Returns the person after whom to continue; `None` when that was all.
    /// What it has taken away from members of groups stays held.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn take_back(
        self,
        connection: &str,
        after: Option<String>,
        deadline: Instant,
    ) -> Result<Option<String>, Error> {
        if after.is_none() {
            // What a request has begun that died takes effect before anybody is looked at.
            Members::of(self.scope).settle().await?;
        }
        let behind = self.take_back_all(&USERS, connection, after, deadline);
        if let Some(behind) = behind.await? {
            return Ok(Some(behind));
        }
        // Groups that are done are not looked at in vain for long: those that only it has sent are gone.
        let behind = self.take_back_all(&GROUPS, connection, None, deadline);
        Ok(behind.await?.map(|_| LAST.to_owned()))
    }

    async fn take_back_all(
        self,
        kind: &'static Kind,
        connection: &str,
        after: Option<String>,
        deadline: Instant,
    ) -> Result<Option<String>, Error> {
        let mut behind = after;
        loop {
            let (records, next) = self.records_after(kind, behind, AT_ONCE).await?;
            for record in &records {
                if !record.has_left_over(connection) {
                    continue;
                }
                match self.take_back_one(kind, record, connection).await {
                    // The last active owner stays in.
                    Err(error) if error.is_refusal() => {}
                    taken => taken?,
                }
                if Instant::now() >= deadline {
                    return Ok(Some(record.id.clone()));
                }
            }
            match next {
                Some(next) if Instant::now() < deadline => behind = Some(next),
                next => return Ok(next),
            }
        }
    }

    async fn take_back_one(
        self,
        kind: &'static Kind,
        record: &Record,
        connection: &str,
    ) -> Result<(), Error> {
        if !record.is_left_over(connection) {
            self.leave_joined(record, connection).await?;
        }
        let id = &record.id;
        retry_stale(|_| async move {
            let Some(record) = self.records(kind, &[id.to_owned()]).await?.pop() else {
                return Ok(Some(()));
            };
            if !record.has_left_over(connection) {
                return Ok(Some(()));
            }
            if record.is_left_over(connection) {
                return Ok(self.delete_record(kind, &record).await?.map(|_| ()));
            }
            let after = record.without(kind, connection)?;
            let transaction = match record.version == after.version {
                true => silent_writes(self.scope, kind, &record, &after)?,
                false => resource_writes(self.scope, kind, Some(&record), Some(&after))?,
            };
            let is_committed = committed(self.scope, &transaction, kind).await?;
            Ok(is_committed.then_some(()))
        })
        .await
    }

    /// Ends that a person is in groups without effect, where only the connection has put them.
    async fn leave_joined(self, record: &Record, connection: &str) -> Result<(), Error> {
        let unknown = record.observed_groups.iter();
        let unknown: BTreeSet<String> = unknown
            .filter(|group| !record.knows_join(group))
            .cloned()
            .collect();
        let mut seen = BTreeSet::new();
        if !unknown.is_empty() {
            let live = Members::of(self.scope).live_groups(&unknown).await?;
            let live = live.into_values();
            seen.extend(
                live.filter(|it| it.is_seen_by(connection))
                    .map(|group| group.id),
            );
        }
        for group in record.joined_only_by(connection, &seen) {
            let path = format!("members[value eq \"{}\"]", record.id);
            let remove = json!({"op": "remove", "path": path});
            let body = json!({"schemas": [PATCH_OP_URN], "Operations": [remove]});
            let patch = Patch::parse(GROUPS.resource_type, body)?;
            let any = Precondition::none();
            match self.patch(&GROUPS, &group, patch, &any, None).await {
                Err(error) if matches!(error.to_scim(), scim::Error::NotFound { .. }) => {}
                left => _ = left?,
            }
        }
        Ok(())
    }
}

/// Returns the transaction of a change that clients do not see.
fn silent_writes(
    scope: &Scope,
    kind: &'static Kind,
    before: &Record,
    after: &Record,
) -> Result<Transaction, Error> {
    let mut transaction = Transaction::default();
    let (before, after) = (Some(before), Some(after));
    write_record(scope, &mut transaction, kind, before, after)?;
    write_owners(scope, &mut transaction, before, after);
    write_held(scope, &mut transaction, kind, before, after)?;
    Ok(transaction)
}

/// Returns whether the connection has noted that it put the person in a group.
fn is_of(join: &str, connection: &str) -> bool {
    join.split_once('#').is_some_and(|(by, _)| by == connection)
}
