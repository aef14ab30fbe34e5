//! What an admin decides about held changes of a connection, and what takes effect because nobody has decided.
//!
//! A call looks at a bounded number of changes and says where the next one continues. What is done is not done again, so a
//! call can be repeated. Whoever ranks above the caller is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use rollcall_model::{GROUPS, Kind, Role, Subject, USERS};
use rollcall_scim as scim;
use rollcall_store::{Error, now};
use tokio::time::Instant;

use crate::credentials::handle::Credentials;
use crate::credentials::observing::observing;
use crate::resources::handle::Resources;
use crate::resources::held_list::{About, HeldItem};
use crate::resources::record::Record;
use crate::roles::handle::Roles;
use crate::sign_in::handle::SignIn;

/// Held changes that one call decides.
const DECIDED_AT_ONCE: usize = 100;
/// Pages of held changes that one part of their release looks at.
const PAGES_AT_ONCE: usize = 10;
/// The time after which a call ends, so that the gateway does not end it.
const BUDGET: Duration = Duration::from_secs(8);

/// What a connection said that does not take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldKind {
    /// A person is deactivated.
    Deactivation,
    /// A person is deleted.
    Deletion,
    /// People leave a group.
    GroupLoss,
    /// A group is deleted.
    GroupDeletion,
}

/// A held change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldChange {
    /// Its id, unique among those of the connection.
    pub id: String,
    /// What was said.
    pub kind: HeldKind,
    /// The people whom it concerns; for a group that is deleted nobody in particular.
    pub people: Vec<Subject>,
    /// The group, if it is about one.
    pub group: Option<Subject>,
    /// Since when it is held.
    pub since: Timestamp,
    /// When it takes effect unless somebody decides otherwise.
    pub until: Timestamp,
}

/// What becomes of a held change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It takes effect.
    Apply,
    /// It is taken back: the connection sees what was before, and says it again if it means it.
    Discard,
}

/// What a call has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecidedHeld {
    /// How many changes were applied or discarded.
    pub changes: u64,
    /// How many people and groups are left out: they rank above the caller or give a role above theirs, or are the last
    /// active owner.
    pub left_out: u64,
    /// Where the next call continues.
    pub next: Option<String>,
}

/// How far it came to let take effect what was held for its time.
#[derive(Debug, Default)]
pub struct ReleasedHeld {
    /// Where the next call continues, if there is more.
    pub next: Option<String>,
    /// The first of the failures, which stopped nothing else.
    pub failed: Option<Error>,
}

impl SignIn<'_> {
    /// Lists the held changes of a connection, also of one that was deleted, and returns where to continue.
    ///
    /// # Errors
    /// `404` when there is no such connection.
    pub async fn held_changes(
        self,
        connection: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<HeldChange>, Option<String>), Error> {
        self.check_known(connection).await?;
        let after = after.map(|after| format!("{connection}#{after}"));
        let resources = Resources::of(self.scope);
        let (mut items, next) = resources.held_items(Some(connection), after, limit).await?;
        // What is only observed is for another page.
        items.retain(|item| item.observer().is_none());
        let ids_of = |wanted: &dyn Fn(About) -> bool| -> BTreeSet<String> {
            let of = items.iter().filter(|item| wanted(item.about));
            of.map(|item| item.id.clone()).collect()
        };
        let mut people = ids_of(&|about| about == About::Person);
        people.extend(items.iter().flat_map(|item| item.people.iter().cloned()));
        let groups = ids_of(&|about| matches!(about, About::Group | About::Members));
        let people = self.by_id(&USERS, people).await?;
        let groups = self.by_id(&GROUPS, groups).await?;
        let mut changes = Vec::new();
        for item in &items {
            changes.extend(shown(item, &people, &groups)?);
        }
        let next = next.map(|next| short(connection, &next).to_owned());
        Ok((changes, next))
    }

    async fn check_known(self, connection: &str) -> Result<(), Error> {
        let credentials = Credentials::of(self.scope);
        if credentials.known_connection(connection).await?.is_some() {
            return Ok(());
        }
        let deleted = BTreeSet::from([connection]);
        match credentials.deleted_connections(&deleted).await?.is_empty() {
            true => credentials.connection(connection).await.map(|_| ()),
            false => Ok(()),
        }
    }

    async fn by_id(
        self,
        kind: &'static Kind,
        ids: BTreeSet<String>,
    ) -> Result<BTreeMap<String, Record>, Error> {
        let ids = Vec::from_iter(ids);
        let records = Resources::of(self.scope).records(kind, &ids).await?;
        let by_id = records
            .into_iter()
            .map(|record| (record.id.clone(), record));
        Ok(by_id.collect())
    }

    /// Decides held changes of a connection: those with these ids, or all of them after `after`.
    ///
    /// # Errors
    /// `404` when there is no such connection.
    pub async fn decide_held(
        self,
        connection: &str,
        decision: Decision,
        ids: Option<&BTreeSet<String>>,
        after: Option<&str>,
        rank: Role,
    ) -> Result<DecidedHeld, Error> {
        self.check_known(connection).await?;
        let after = after.map(|after| format!("{connection}#{after}"));
        let resources = Resources::of(self.scope);
        let page = resources.held_items(Some(connection), after, DECIDED_AT_ONCE);
        let (items, next) = page.await?;
        let deadline = Instant::now() + BUDGET;
        let mut done = DecidedHeld {
            next: next.map(|next| short(connection, &next).to_owned()),
            ..DecidedHeld::default()
        };
        for item in items {
            let id = short(connection, &item.key).to_owned();
            if item.observer().is_some() {
                continue;
            }
            if ids.is_some_and(|ids| !ids.contains(&id)) {
                continue;
            }
            self.decide_one(&item, decision, rank, &mut done).await?;
            if Instant::now() >= deadline {
                done.next = Some(id);
                break;
            }
        }
        Ok(done)
    }

    /// Lets what comes after `behind` and was held for its time take effect, for about `most` people and groups. Whoever is the
    /// last active owner stays in, and what fails stays held: both are tried again with the next pass.
    pub async fn release_held(self, behind: Option<String>, most: usize) -> ReleasedHeld {
        self.release(None, Decision::Apply, behind, most).await
    }

    /// Like [`Self::release_held`], for what this connection has said only.
    pub async fn release_held_of(
        self,
        connection: &str,
        behind: Option<String>,
        most: usize,
    ) -> ReleasedHeld {
        // A pass of before may be behind a change of another connection.
        let is_own = |key: &String| short(connection, key) != key;
        let behind = behind.filter(is_own);
        self.release(Some(connection), Decision::Apply, behind, most)
            .await
    }

    /// Takes back what is held of a connection that was deleted, like [`Self::release_held_of`].
    pub async fn discard_held_of(
        self,
        connection: &str,
        behind: Option<String>,
        most: usize,
    ) -> ReleasedHeld {
        self.release(Some(connection), Decision::Discard, behind, most)
            .await
    }

    async fn release(
        self,
        of: Option<&str>,
        decision: Decision,
        behind: Option<String>,
        most: usize,
    ) -> ReleasedHeld {
        let mut released = ReleasedHeld {
            next: behind,
            failed: None,
        };
        if let Err(error) = self.release_into(&mut released, of, decision, most).await {
            released.failed.get_or_insert(error);
        }
        released
    }

    /// Decides what is due, and notes how far that is. Fails where nothing can go on.
    async fn release_into(
        self,
        released: &mut ReleasedHeld,
        of: Option<&str>,
        decision: Decision,
        most: usize,
    ) -> Result<(), Error> {
        let mut concerned = 0;
        for _ in 0..PAGES_AT_ONCE {
            let resources = Resources::of(self.scope);
            let page = resources.held_items(of, released.next.take(), DECIDED_AT_ONCE);
            let (items, next) = page.await?;
            let has_observed = items.iter().any(|item| item.observer().is_some());
            let observing = match has_observed {
                true => observing(self.scope).await?,
                false => BTreeSet::new(),
            };
            let is_due = |item: &&HeldItem| match item.observer() {
                // What the brake has held is for an admin to decide.
                observer if decision == Decision::Discard => observer.is_some(),
                Some(connection) => !observing.contains(connection),
                None => item.until <= now(),
            };
            for item in items.iter().filter(is_due) {
                let mut done = DecidedHeld::default();
                let decided = self.decide_one(item, decision, Role::Owner, &mut done);
                if let Err(error) = decided.await {
                    if error.is_work() {
                        released.failed = Some(error);
                        return Ok(());
                    }
                    let (tenant, held, why) = (&self.scope.tenant, &item.key, error.to_string());
                    tracing::warn!(%tenant, held, why, "a held change did not take effect");
                    released.failed.get_or_insert(error);
                }
                concerned += item.people.len().max(1);
                if concerned >= most {
                    released.next = Some(item.key.clone());
                    return Ok(());
                }
            }
            released.next = next;
            if released.next.is_none() {
                break;
            }
        }
        Ok(())
    }

    async fn decide_one(
        self,
        item: &HeldItem,
        decision: Decision,
        rank: Role,
        done: &mut DecidedHeld,
    ) -> Result<(), Error> {
        let decided = match item.about {
            About::Person => self.decide_resource(&USERS, item, decision, rank).await,
            About::Group => self.decide_resource(&GROUPS, item, decision, rank).await,
            About::Members => self.decide_members(item, decision, rank, done).await,
            About::Unknown => return Ok(()),
        };
        match decided {
            Ok(true) => done.changes += 1,
            Ok(false) => {}
            Err(error) if is_gone(&error) => {
                Resources::of(self.scope).forget_held(item).await?;
            }
            Err(error) if error.is_refusal() => done.left_out += 1,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Returns whether there was something to decide.
    async fn decide_resource(
        self,
        kind: &'static Kind,
        item: &HeldItem,
        decision: Decision,
        rank: Role,
    ) -> Result<bool, Error> {
        let resources = Resources::of(self.scope);
        let record = resources.record(kind, &item.id).await?;
        if !record.identity.is_held() {
            resources.forget_held(item).await?;
            return Ok(false);
        }
        let roles = Roles::of(self.scope);
        match (*kind == USERS, decision) {
            (true, _) => roles.check_rank_over(&record, rank).await?,
            // Its roles are lost with the group.
            (false, Decision::Apply) => roles.check_rank_over_group(&item.id, rank).await?,
            (false, Decision::Discard) => {}
        }
        match decision {
            Decision::Apply => resources.apply_held(kind, &item.id).await?,
            Decision::Discard => resources.discard_held(kind, &item.id).await?,
        }
        Ok(true)
    }

    async fn decide_members(
        self,
        item: &HeldItem,
        decision: Decision,
        rank: Role,
        done: &mut DecidedHeld,
    ) -> Result<bool, Error> {
        let (resources, roles) = (Resources::of(self.scope), Roles::of(self.scope));
        let (mut concerned, mut left_out) = (BTreeSet::new(), 0);
        for record in self.by_id(&USERS, item.people.clone()).await?.into_values() {
            if !record.held_groups.contains(&item.id) {
                continue;
            }
            match roles.check_rank_over(&record, rank).await {
                Ok(()) => _ = concerned.insert(record.id),
                Err(error) if error.is_refusal() => left_out += 1,
                Err(error) => return Err(error),
            }
        }
        done.left_out += left_out;
        let rejoined = match decision {
            Decision::Discard if !concerned.is_empty() => {
                match resources.discard_losses(&item.id, &concerned).await {
                    Err(error) if is_gone(&error) => false,
                    discarded => discarded.map(|()| true)?,
                }
            }
            Decision::Apply | Decision::Discard => false,
        };
        for person in concerned.iter().filter(|_| !rejoined) {
            match resources.apply_loss(person, &item.id).await {
                Ok(_) => _ = roles.reconcile_person(person).await?,
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
        if left_out == 0 {
            resources.forget_held(item).await?;
        }
        Ok(!concerned.is_empty())
    }
}

fn is_gone(error: &Error) -> bool {
    matches!(error.to_scim(), scim::Error::NotFound { .. })
}

/// Returns the id of a held change without that of its connection.
fn short<'a>(connection: &str, key: &'a str) -> &'a str {
    let rest = key.strip_prefix(connection);
    rest.and_then(|rest| rest.strip_prefix('#')).unwrap_or(key)
}

/// Returns a held change as it is listed; `None` if its mark is gone. Pure.
fn shown(
    item: &HeldItem,
    people: &BTreeMap<String, Record>,
    groups: &BTreeMap<String, Record>,
) -> Result<Option<HeldChange>, Error> {
    let group = |id: &String| {
        groups
            .get(id)
            .map(|group| group.subject(&GROUPS))
            .transpose()
    };
    let (kind, concerned, group) = match item.about {
        About::Person => {
            let Some(person) = people.get(&item.id).filter(|one| one.identity.is_held()) else {
                return Ok(None);
            };
            let kind = match person.identity.deletion_held {
                true => HeldKind::Deletion,
                false => HeldKind::Deactivation,
            };
            (kind, vec![person.subject(&USERS)?], None)
        }
        About::Group => match groups.get(&item.id).filter(|it| it.identity.is_held()) {
            Some(_) => (HeldKind::GroupDeletion, Vec::new(), group(&item.id)?),
            None => return Ok(None),
        },
        About::Members => {
            let concerned = item.people.iter().filter_map(|id| people.get(id));
            let concerned = concerned.filter(|one| one.held_groups.contains(&item.id));
            let concerned = concerned.map(|person| person.subject(&USERS));
            let concerned = concerned.collect::<Result<Vec<_>, _>>()?;
            if concerned.is_empty() {
                return Ok(None);
            }
            // The group may be gone by now.
            let group = group(&item.id)?;
            let unnamed = || Subject::new(GROUPS.noun, &item.id, "");
            (
                HeldKind::GroupLoss,
                concerned,
                Some(group.unwrap_or_else(unnamed)),
            )
        }
        About::Unknown => return Ok(None),
    };
    let (_, id) = item.key.split_once('#').unwrap_or_default();
    Ok(Some(HeldChange {
        id: id.to_owned(),
        kind,
        people: concerned,
        group,
        since: item.at,
        until: item.until,
    }))
}
