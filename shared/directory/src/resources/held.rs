//! Changes of a connection that are held: stored as they were said, but not in effect.
//!
//! The mark on the person or the group is what counts: an entry of the list whose mark is gone means nothing.

use std::collections::BTreeSet;

use rollcall_model::{GROUPS, HeldRequest, Kind, USERS};
use rollcall_scim::{PATCH_OP_URN, Patch, Precondition, Resource};
use rollcall_store::{Error, Range, Scope, Transaction, from_item, now, retry_stale};
use serde_json::json;

use crate::journal::entry::Entry;
use crate::resources::brake::Hold;
use crate::resources::handle::Resources;
use crate::resources::held_list::{HeldItem, write_held};
use crate::resources::record::Record;
use crate::resources::unique_values::check_free;
use crate::resources::writes::{account_writes, committed, resource_writes, subject};

impl Record {
    /// Marks a deactivation that does not take effect. `before` is the person who stays in.
    pub(super) fn hold_deactivation(&mut self, before: &Self, hold: Hold, scope: &Scope) {
        self.account = before.account.clone();
        self.identity.deactivation_held = true;
        self.mark_held(hold, scope);
    }

    /// Returns whether a deletion by this connection is held.
    pub(crate) fn is_deletion_held_of(&self, connection: &str) -> bool {
        let identity = &self.identity;
        identity.deletion_held && identity.held_by.as_deref() == Some(connection)
    }

    /// Takes back a deletion that is held. A deactivation that is held stays so.
    pub(super) fn keep(&mut self) {
        self.identity.deletion_held = false;
        if !self.identity.deactivation_held {
            self.identity.end_hold();
        }
    }

    fn mark_held(&mut self, hold: Hold, scope: &Scope) {
        let identity = &mut self.identity;
        // The first request that says so stays the one from which the time runs.
        if identity.held_by.as_ref() != Some(&hold.connection) {
            identity.held_request = Some(HeldRequest {
                connection: hold.connection.clone(),
                request_id: scope.request_id.clone(),
                received_at: scope.origin.received_at,
            });
        }
        identity.held_by = Some(hold.connection);
        // What was held before does not wait longer, but what is only observed never ends by itself.
        identity.held_until = Some(match identity.held_until {
            Some(before) if hold.until != Hold::UNENDING => before.min(hold.until),
            _ => hold.until,
        });
    }

    /// Returns the groups that count for the person: those that they are in, unless that is only observed, and those that
    /// they only leave once somebody agrees.
    pub(crate) fn counted_groups(&self) -> BTreeSet<String> {
        match self.held_groups.is_empty() && self.observed_groups.is_empty() {
            true => self.groups.clone(),
            false => &(&self.groups - &self.observed_groups) | &self.held_groups,
        }
    }
}

impl Resources<'_> {
    /// Returns whether whoever asks sees the resource: a connection no longer sees what it has deleted itself.
    pub(super) fn sees(self, record: &Record) -> bool {
        let connection = self.scope.actor.connection();
        connection.is_none_or(|connection| !record.is_deletion_held_of(connection))
    }

    /// Marks a deletion that does not take effect. Returns `None` if the resource has changed since it was read.
    pub(super) async fn hold_deletion(
        self,
        kind: &'static Kind,
        record: &Record,
        hold: Hold,
    ) -> Result<Option<()>, Error> {
        let mut after = record.rewritten();
        after.observe(Some(record), self.scope);
        after.identity.deletion_held = true;
        after.mark_held(hold, self.scope);
        let transaction = resource_writes(self.scope, kind, Some(record), Some(&after))?;
        let is_committed = committed(self.scope, &transaction, kind).await?;
        Ok(is_committed.then_some(()))
    }

    /// Returns a page of the held changes of a connection, or of all, and the place after which to continue.
    pub(crate) async fn held_items(
        self,
        connection: Option<&str>,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<HeldItem>, Option<String>), Error> {
        let held = self.scope.keys().held();
        let range = match connection {
            Some(connection) => Range::prefix(held, format!("{connection}#")),
            None => Range::all(held),
        };
        let page = self
            .scope
            .table
            .query(&range.after(after).limit(limit))
            .await?;
        let items = page.items.into_iter().map(from_item);
        Ok((items.collect::<Result<_, _>>()?, page.next))
    }

    /// Takes a held change off the list.
    pub(crate) async fn forget_held(self, item: &HeldItem) -> Result<(), Error> {
        let mut transaction = Transaction::default();
        transaction.delete(self.scope.keys().held().at(&item.key));
        self.scope.table.transact(&transaction).await.map(|_| ())
    }

    /// Lets what is held about a person or a group take effect. Without a mark, nothing happens.
    ///
    /// # Errors
    /// `404` when it does not exist; `403` for the last active owner.
    pub(crate) async fn apply_held(self, kind: &'static Kind, id: &str) -> Result<(), Error> {
        retry_stale(|_| async move {
            let record = self.record(kind, id).await?;
            if record.identity.deletion_held {
                let deleted = self.delete_record(kind, &record).await?;
                return Ok(deleted.map(|_| ()));
            }
            if !record.identity.deactivation_held {
                return Ok(Some(()));
            }
            let mut after = record.rewritten();
            after.identity.end_hold();
            if !after.effect().has_sessions() {
                after.shut_out(now());
            }
            let mut transaction = account_writes(self.scope, &record, &after)?;
            write_held(
                self.scope,
                &mut transaction,
                kind,
                Some(&record),
                Some(&after),
            )?;
            let subject = subject(kind, &record)?;
            let entry = Entry {
                held: record.identity.request_held(),
                ..Entry::new(self.scope, kind.events.deactivated, subject)
            };
            let said = (
                Some(json!({"active": true})),
                Some(json!({"active": false})),
            );
            transaction.put(
                entry
                    .with_change(said.0, said.1)
                    .to_item(self.scope.keys())?,
            );
            let is_committed = committed(self.scope, &transaction, kind).await?;
            Ok(is_committed.then_some(()))
        })
        .await
    }

    /// Takes back what is held about a person or a group: the connection sees it as it was before, and says it again if it
    /// means it. Without a mark, nothing happens.
    ///
    /// # Errors
    /// `404` when it does not exist.
    pub(crate) async fn discard_held(self, kind: &'static Kind, id: &str) -> Result<(), Error> {
        retry_stale(|_| async move {
            let record = self.record(kind, id).await?;
            if !record.identity.is_held() {
                return Ok(Some(()));
            }
            let mut after = match record.identity.deactivation_held {
                true => {
                    let mut resource: Resource = record.resource(kind)?.clone();
                    resource.set("active", json!(true));
                    let changed = record.changed_to(kind, resource, now())?;
                    let mut changed = changed.unwrap_or_else(|| record.rewritten());
                    // An admin may have blocked them since then.
                    changed.identity.blocked_at = record.identity.blocked_at;
                    changed
                }
                false => record.rewritten(),
            };
            after.identity.end_hold();
            let transaction = resource_writes(self.scope, kind, Some(&record), Some(&after))?;
            let is_committed = committed(self.scope, &transaction, kind).await?;
            Ok(is_committed.then_some(()))
        })
        .await
    }

    /// Ends that a group still counts for a person who has left it. Returns whether it did count.
    ///
    /// # Errors
    /// `404` when the person does not exist.
    pub(crate) async fn apply_loss(self, user: &str, group: &str) -> Result<bool, Error> {
        retry_stale(|_| async move {
            let record = self.record(&USERS, user).await?;
            let mut after = record.rewritten();
            if !after.held_groups.remove(group) {
                return Ok(Some(false));
            }
            let transaction = account_writes(self.scope, &record, &after)?;
            let is_committed = committed(self.scope, &transaction, &USERS).await?;
            Ok(is_committed.then_some(true))
        })
        .await
    }

    /// Makes people members again of a group that they have left without effect.
    ///
    /// # Errors
    /// `404` when the group does not exist.
    pub(crate) async fn discard_losses(
        self,
        group: &str,
        people: &BTreeSet<String>,
    ) -> Result<(), Error> {
        let members: Vec<_> = people.iter().map(|id| json!({"value": id})).collect();
        let add = json!({"op": "add", "path": "members", "value": members});
        let body = json!({"schemas": [PATCH_OP_URN], "Operations": [add]});
        let patch = Patch::parse(GROUPS.resource_type, body)?;
        let any = Precondition::none();
        self.patch(&GROUPS, group, patch, &any, None)
            .await
            .map(|_| ())
    }

    /// Lets the held deletion of the resource with a name take effect, because the connection that deleted it gives the name
    /// to a new one. Returns whether there was one.
    ///
    /// # Errors
    /// `uniqueness` when somebody else has another unique value of the new one.
    pub(super) async fn free_held_name(
        self,
        kind: &'static Kind,
        wanted: &Record,
    ) -> Result<bool, Error> {
        let connection = self.scope.actor.connection();
        // A deletion that is only observed does not take effect for that.
        let Some(connection) = connection.filter(|_| !self.scope.observing) else {
            return Ok(false);
        };
        let name = wanted.text(kind, kind.unique)?.unwrap_or_default();
        let Some(holder) = self.holder_of(kind, &name).await? else {
            return Ok(false);
        };
        if !holder.is_deletion_held_of(connection) || holder.id == wanted.id {
            return Ok(false);
        }
        // Whatever else stands in the way of the new one must do so before the old one is gone.
        let both = [holder.id.as_str(), wanted.id.as_str()];
        check_free(self.scope, &wanted.claims, &both).await?;
        Ok(self.delete_record(kind, &holder).await?.is_some())
    }
}
