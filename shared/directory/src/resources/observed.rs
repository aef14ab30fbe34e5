//! What a connection says while it is only observed: stored as it was said, and without effect until it is made real.
//!
//! What it takes away is held, as the brake holds it (see `held`), but without an end. What it gives is marked: a person or
//! a group that only it has sent, and the groups that it has put people in. Marks of a connection that is no longer observed
//! mean nothing: the reconciler clears them.

use std::collections::BTreeSet;

use rollcall_model::{EventType, GROUPS, Kind, Observation, USERS};
use rollcall_store::{Error, Scope, Transaction, from_item, now, retry_stale};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use crate::journal::entry::Entry;
use crate::resources::brake::Hold;
use crate::resources::handle::{Members, Resources};
use crate::resources::record::Record;
use crate::resources::steps::Step;
use crate::resources::writes::{account_writes, committed, subject, write_record};

/// Groups per page.
const GROUPS_AT_ONCE: usize = 100;

/// What counts of the groups of a person, and what does not.
#[derive(Debug, Deserialize)]
struct Marks {
    #[serde(rename = "SK")]
    person: String,
    #[serde(default, with = "serde_dynamo::string_set")]
    held_groups: BTreeSet<String>,
    #[serde(default, with = "serde_dynamo::string_set")]
    observed_groups: BTreeSet<String>,
}

impl Record {
    /// Takes the effects from a change that a connection has made that is only observed. `before` is what was there, if
    /// anything was. Any other change stays as it is.
    pub(super) fn observe(&mut self, before: Option<&Self>, scope: &Scope) {
        let Some(connection) = scope.observer() else {
            return;
        };
        match &mut self.identity.observation {
            Some(observation) => connection.clone_into(&mut observation.connection),
            None => {
                self.identity.observed = before.is_none();
                self.identity.observation = Some(Observation {
                    connection: connection.to_owned(),
                    owner: before.and_then(|before| before.identity.owner.clone()),
                    out: before.is_some_and(|it| it.inactive && !it.identity.deactivation_held),
                });
            }
        }
        let Some(before) = before else {
            return;
        };
        self.account = before.account.clone();
        self.identity.blocked_at = before.identity.blocked_at;
        if !before.is_out() && self.is_out() {
            self.hold_deactivation(before, Hold::unending(connection), scope);
        }
    }

    /// Returns whether nobody has anything from the resource yet: a connection that is only observed has sent it, and
    /// nobody has signed in with it.
    pub(crate) fn is_only_observed(&self) -> bool {
        let account = &self.account;
        self.identity.observed && account.first_login_at.is_none() && account.manual.is_none()
    }

    /// Returns whether something about the resource is only observed.
    pub(crate) fn has_observed(&self) -> bool {
        let has_joined = !(self.observed_groups.is_empty() && self.observed_joins.is_empty());
        self.identity.observation.is_some() || has_joined
    }

    /// Returns the resource with the state that is in effect: as the owner of before left it.
    pub(super) fn in_effect(&self, kind: &Kind) -> Result<Self, Error> {
        let mut resource = self.resource(kind)?.clone();
        if *kind == USERS && self.identity.was_out() && !self.identity.observed {
            resource.set("active", json!(false));
        } else if self.identity.deactivation_held {
            resource.set("active", json!(true));
        }
        let changed = self.changed_to(kind, resource, now())?;
        let mut base = changed.unwrap_or_else(|| self.rewritten());
        base.account = self.account.clone();
        base.identity = self.identity.clone();
        base.identity.end_hold();
        base.identity.end_observation();
        Ok(base)
    }

    /// Returns whether it is noted which connection has put the person in the group.
    pub(super) fn knows_join(&self, group: &str) -> bool {
        self.joined_by(group).next().is_some()
    }

    pub(super) fn joined_by(&self, group: &str) -> impl Iterator<Item = &str> {
        let joins = self.observed_joins.iter();
        let joins = joins.filter_map(|join| join.split_once('#'));
        joins.filter_map(move |(by, of)| (of == group).then_some(by))
    }

    /// Makes real what was only observed, as far as it was said by a connection that is not `observing` any more. `real`
    /// are those of the groups among `observed_groups` that count from now on of which it is not noted who has put the
    /// person in them. What is held stays so. Returns whether anything changed. Pure.
    pub(crate) fn make_real(
        &mut self,
        observing: &BTreeSet<String>,
        real: &BTreeSet<String>,
    ) -> bool {
        let is_counted = |group: &String| match self.knows_join(group) {
            true => self.joined_by(group).any(|by| !observing.contains(by)),
            false => real.contains(group),
        };
        let counted = self.observed_groups.iter().filter(|it| is_counted(it));
        let counted: BTreeSet<String> = counted.cloned().collect();
        self.observed_groups = &self.observed_groups - &counted;
        let before = self.observed_joins.len();
        self.observed_joins.retain(|join| {
            let by = join.split_once('#').map_or("", |(by, _)| by);
            observing.contains(by)
        });
        let is_real = |it: &Observation| !observing.contains(&it.connection);
        let ends = self.identity.observation.as_ref().is_some_and(is_real);
        if ends {
            // Somebody who was deleted has not left since, so an admin's block of before stays.
            if self.identity.was_out() && !self.inactive && !self.identity.observed {
                // The identity provider has gone from false to true.
                self.identity.blocked_at = None;
            }
            self.identity.end_observation();
        }
        ends || !counted.is_empty() || self.observed_joins.len() < before
    }
}

impl Members<'_> {
    /// Takes the effects from the steps of a connection that is only observed: a group counts for those who leave it, if it
    /// did, and does not count for those who join it, unless it still does.
    pub(super) async fn observe_steps(self, group: &str, steps: &mut [Step]) -> Result<(), Error> {
        let Some(connection) = self.scope.observer().filter(|_| !steps.is_empty()) else {
            return Ok(());
        };
        let people = steps.iter().map(Step::member);
        let keys: BTreeSet<_> = people
            .map(|id| self.scope.keys().resource(&USERS, id))
            .collect();
        let items = self
            .scope
            .table
            .batch_get_only(keys, "SK, held_groups, observed_groups");
        let marks = items.await?.into_iter().map(from_item::<Marks>);
        let marks = marks.collect::<Result<Vec<_>, _>>()?;
        let with = |has: &dyn Fn(&Marks) -> bool| -> BTreeSet<&str> {
            let marked = marks.iter().filter(|marks| has(marks));
            marked.map(|marks| marks.person.as_str()).collect()
        };
        let held = with(&|marks| marks.held_groups.contains(group));
        let uncounted = with(&|marks| marks.observed_groups.contains(group));
        for step in steps {
            match step {
                Step::Join {
                    member,
                    observed,
                    observer,
                    ..
                } => {
                    *observed = !held.contains(member.as_str());
                    *observer = observed.then(|| connection.to_owned());
                }
                Step::Leave { member, hold } if !uncounted.contains(member.as_str()) => {
                    *hold = Some(Hold::unending(connection));
                }
                Step::Leave { .. } | Step::Alter { .. } => {}
            }
        }
        Ok(())
    }
}

impl Resources<'_> {
    /// Returns whether the request is the first of a connection that is only observed that writes the resource.
    pub(super) fn begins_to_observe(self, record: &Record) -> bool {
        self.scope.observer().is_some() && record.identity.observation.is_none()
    }

    /// Lets take effect about a person what connections have said that are no longer among those that are `observing`.
    /// What they have taken away is held still. Does nothing if there is no such person.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn make_real(
        self,
        user: &str,
        observing: &BTreeSet<String>,
    ) -> Result<(), Error> {
        retry_stale(|_| async move {
            let Some(record) = self.records(&USERS, &[user.to_owned()]).await?.pop() else {
                return Ok(Some(()));
            };
            let real = self
                .real_groups(std::slice::from_ref(&record), observing)
                .await?;
            let mut after = record.rewritten();
            if !after.make_real(observing, &real) {
                return Ok(Some(()));
            }
            let (was, is) = (!record.is_out(), !after.is_out());
            if was && !is {
                after.shut_out(now());
            }
            let mut transaction = account_writes(self.scope, &record, &after)?;
            if was != is {
                let kind = match is {
                    true => EventType::UserReactivated,
                    false => EventType::UserDeactivated,
                };
                let entry = Entry::new(self.scope, kind, subject(&USERS, &record)?);
                let said = |is_in: bool| Some(json!({"active": is_in}));
                let entry = entry.with_change(said(was), said(is));
                transaction.put(entry.to_item(self.scope.keys())?);
            }
            let is_committed = committed(self.scope, &transaction, &USERS).await?;
            Ok(is_committed.then_some(()))
        })
        .await
    }

    /// Returns the ids of those people about whom [`Self::make_real`] lets something take effect.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn to_make_real(
        self,
        people: &[Record],
        observing: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, Error> {
        let real = self.real_groups(people, observing).await?;
        let concerned = people
            .iter()
            .filter(|one| one.has_observed() && (*one).clone().make_real(observing, &real));
        Ok(concerned.map(|one| one.id.clone()).collect())
    }

    /// Ends the marks of groups that connections have written that are no longer among those that are `observing`, until
    /// time runs out. Returns whether these were all.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn make_groups_real(
        self,
        observing: &BTreeSet<String>,
        deadline: Instant,
    ) -> Result<bool, Error> {
        let mut behind = None;
        loop {
            let page = self.records_after(&GROUPS, behind, GROUPS_AT_ONCE);
            let (groups, next) = page.await?;
            let is_over = |it: &&Record| it.has_observed() && !it.is_observed(observing);
            let mut has_changed = false;
            for group in groups.iter().filter(is_over) {
                self.make_group_real(&group.id, observing).await?;
                has_changed = true;
            }
            match next {
                None => return Ok(true),
                // The next call begins anew, so this one must leave less to do.
                Some(_) if has_changed && Instant::now() >= deadline => return Ok(false),
                next => behind = next,
            }
        }
    }

    async fn make_group_real(self, id: &str, observing: &BTreeSet<String>) -> Result<(), Error> {
        retry_stale(|_| async move {
            let Some(record) = self.records(&GROUPS, &[id.to_owned()]).await?.pop() else {
                return Ok(Some(()));
            };
            let mut after = record.rewritten();
            if !after.make_real(observing, &BTreeSet::new()) {
                return Ok(Some(()));
            }
            let mut transaction = Transaction::default();
            let (before, after) = (Some(&record), Some(&after));
            write_record(self.scope, &mut transaction, &GROUPS, before, after)?;
            let is_committed = committed(self.scope, &transaction, &GROUPS).await?;
            Ok(is_committed.then_some(()))
        })
        .await
    }

    /// Returns those of the groups that people are in without effect that no connection is `observing` any more, without
    /// those of which it is noted who has put the person in them.
    async fn real_groups(
        self,
        people: &[Record],
        observing: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, Error> {
        let groups = people.iter().flat_map(|one| {
            let groups = one.observed_groups.iter();
            groups.filter(|group| !one.knows_join(group)).cloned()
        });
        let mut groups: BTreeSet<String> = groups.collect();
        if !groups.is_empty() {
            let live = Members::of(self.scope).live_groups(&groups).await?;
            groups.retain(|group| !live.get(group).is_some_and(|it| it.is_observed(observing)));
        }
        Ok(groups)
    }
}

impl Record {
    /// Returns whether a connection among those that are `observing` has written the resource.
    pub(crate) fn is_observed(&self, observing: &BTreeSet<String>) -> bool {
        let observation = self.identity.observation.as_ref();
        observation.is_some_and(|it| observing.contains(&it.connection))
    }
}
