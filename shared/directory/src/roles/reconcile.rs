//! Role reconciliation: decides again, from stored state, the roles of the people that an event affects.
//!
//! Because only stored state counts, events may come twice, late, or in any order. The result is only an announcement,
//! the event `user.role_changed` for the application: `sign_in` decides the effective role itself.

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use rollcall_model::{EventType, GROUPS, Role, RoleId, USERS, is_id, new_id};
use rollcall_store::{
    Error, Expression, Guard, Range, Transaction, from_item, now, retry_stale, string, text,
    to_item,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::Instant;

use crate::credentials::meter;
use crate::journal::entry::Entry;
use crate::journal::feed::Event;
use crate::resources::handle::{Members, Resources};
use crate::resources::record::Record;
use crate::resources::writes::{account_writes, committed, subject};
use crate::roles::context::person_and_tenant;
use crate::roles::continuation::{Continuation, PEOPLE_AT_ONCE};
use crate::roles::decide;
use crate::roles::handle::Roles;
use crate::roles::mappings::by_group;
use crate::roles::walk::decides_roles;

/// People whose roles are announced concurrently.
const CONCURRENCY: usize = 8;

/// The progress of the reconciliation of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The group's id.
    #[serde(rename = "SK")]
    pub group: String,
    /// The id of the run. When the mapping changes again, a new run replaces this one.
    pub(crate) run: String,
    /// When the run began.
    pub started_at: Timestamp,
    /// How many members the group had when the run began.
    pub people: u64,
    /// How many members have been checked.
    pub looked_at: u64,
    /// The person after whom the run continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) behind: Option<String>,
    /// Whether all members are done, and the run now checks the people whose last sign-in named the group.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) among_claimants: bool,
    /// When the run finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

fn is_to_deactivate(event: &Event) -> bool {
    let after = event.after.as_ref();
    after.is_some_and(|after| after["people"] == "deactivate")
}

impl Roles<'_> {
    /// Reconciles the people that an event affects. Returns what remains if time runs out; pass it to [`Self::go_on`]. A
    /// deadline in the past allows one bounded part of the work.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn follow_up(
        self,
        event: &Event,
        deadline: Instant,
    ) -> Result<Option<Continuation>, Error> {
        match EventType::of(&event.kind) {
            Some(EventType::GroupMemberAdded | EventType::GroupMemberRemoved) => {
                let member = event
                    .after
                    .as_ref()
                    .and_then(|after| after["member"].as_str());
                if let Some(member) = member {
                    self.reconcile_person(member).await?;
                }
                Ok(None)
            }
            Some(EventType::GroupCreated | EventType::GroupUpdated) => {
                self.settle_awaited(&event.subject.id).await?;
                Ok(None)
            }
            Some(EventType::GroupMappingChanged) => {
                // An earlier version may have mapped the group.
                self.complete_lists_of(&[event.subject.id.clone()].into())
                    .await?;
                self.begin_reconciliation(&event.subject.id).await?;
                self.reconcile_group(&event.subject.id, deadline).await
            }
            // The clean-up writes a `group.member_removed` event for each member that it removes from the group.
            Some(EventType::GroupDeleted) => {
                self.begin_reconciliation(&event.subject.id).await?;
                let rest = Continuation::Group(event.subject.id.clone());
                self.go_on(&rest, deadline).await
            }
            // The process that changed the tenant may have ended before it refreshed the meter.
            Some(EventType::TenantCeilingChanged | EventType::TenantSchemasChanged) => {
                meter::refresh(&self.scope.table, &self.scope.tenant).await?;
                Ok(None)
            }
            // Some settings decide everybody's role.
            Some(kind @ (EventType::TenantSettingsChanged | EventType::TenantRolesChanged)) => {
                meter::refresh(&self.scope.table, &self.scope.tenant).await?;
                let concerns_all = kind == EventType::TenantRolesChanged || decides_roles(event);
                match concerns_all && self.begin_walk(&event.id).await? {
                    true => self.go_on_with_walk(None, deadline).await,
                    false => Ok(None),
                }
            }
            // The process that changed whether it is observed may have ended before it refreshed the meter. What takes effect
            // then is a pass of its own.
            Some(EventType::ConnectionRulesChanged) => {
                meter::refresh(&self.scope.table, &self.scope.tenant).await?;
                Ok(None)
            }
            Some(EventType::ConnectionDeleted) if is_to_deactivate(event) => {
                let rest = Continuation::LeftBy {
                    connection: event.subject.id.clone(),
                    behind: None,
                };
                self.go_on(&rest, deadline).await
            }
            // Also a type that only a newer version knows.
            kind if event.kind.starts_with("user.") || kind == Some(EventType::AuthLogin) => {
                self.reconcile_person(&event.subject.id).await?;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// Continues with what remained, at least by one bounded part. Returns what remains then.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn go_on(
        self,
        rest: &Continuation,
        deadline: Instant,
    ) -> Result<Option<Continuation>, Error> {
        match rest {
            Continuation::Group(group) => {
                if !Members::of(self.scope).forget_groups(deadline).await? {
                    return Ok(Some(rest.clone()));
                }
                self.reconcile_group(group, deadline).await
            }
            Continuation::PeopleBehind(person) => {
                self.go_on_with_walk(Some(person), deadline).await
            }
            Continuation::LeftBy { connection, behind } => {
                let behind = behind.clone();
                let next = self
                    .deactivate_left_by(connection, behind, deadline)
                    .await?;
                Ok(next.map(|person| Continuation::LeftBy {
                    connection: connection.clone(),
                    behind: Some(person),
                }))
            }
        }
    }

    /// Announces the person's effective role if it differs from the role announced last. Returns whether it did.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn reconcile_person(self, user: &str) -> Result<bool, Error> {
        retry_stale(|_| async move {
            let Some((record, tenant)) = person_and_tenant(self.scope, user).await? else {
                return Ok(Some(false));
            };
            let settings = &tenant.settings;
            let mappings = self.mappings_of(&decide::role_groups(&record)).await?;
            let mappings = by_group(&mappings, &settings.roles);
            let roles = decide::effective_roles(&record, settings, &mappings);
            if is_announced(&record, &roles) {
                return Ok(Some(false));
            }
            let mut after = record.clone();
            after.revision += 1;
            let mut roles = roles.into_iter().map(RoleId::from);
            after.account.announced = roles.next();
            after.account.announced_below = roles.collect();
            after.account.announced_at = Some(now());
            let mut transaction = account_writes(self.scope, &record, &after)?;
            let told = |record: &Record| {
                let account = &record.account;
                let roles = account.announced.iter().chain(&account.announced_below);
                Some(json!({"role": account.announced, "roles": roles.collect::<Vec<_>>()}))
            };
            let entry = Entry::new(
                self.scope,
                EventType::UserRoleChanged,
                subject(&USERS, &record)?,
            )
            .with_change(told(&record), told(&after));
            transaction.put(entry.to_item(self.scope.keys())?);
            let committed = committed(self.scope, &transaction, &USERS).await?;
            Ok(committed.then_some(true))
        })
        .await
    }

    async fn begin_reconciliation(self, group: &str) -> Result<(), Error> {
        let people = Resources::of(self.scope)
            .records(&GROUPS, &[group.to_owned()])
            .await?
            .pop()
            .map_or(0, |g| g.members);
        let progress = Progress {
            group: group.to_owned(),
            run: new_id(),
            started_at: now(),
            people,
            looked_at: 0,
            behind: None,
            among_claimants: false,
            finished_at: None,
        };
        let key = self.scope.keys().reconciliations().at(&progress.group);
        let mut transaction = Transaction::default();
        transaction.put(to_item(&key, &progress)?);
        // If the tenant was deleted, nothing remains to be reconciled.
        self.scope.check_alive(&mut transaction);
        self.scope.table.transact(&transaction).await.map(|_| ())
    }

    /// Stores the progress. Returns `false` if another run has replaced this one.
    async fn note(self, progress: &Progress) -> Result<bool, Error> {
        let key = self.scope.keys().reconciliations().at(&progress.group);
        let same_run = Expression::new("run = :run").with(":run", string(&progress.run));
        let mut transaction = Transaction::default();
        transaction.put_if(to_item(&key, progress)?, same_run, Guard::Stale);
        Ok(self.scope.table.transact(&transaction).await?.is_empty())
    }

    /// Continues the reconciliation of a group, page by page, until it is finished or time runs out; at least by one page.
    /// Returns the group if time runs out.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn reconcile_group(
        self,
        group: &str,
        deadline: Instant,
    ) -> Result<Option<Continuation>, Error> {
        let Some(mut progress) = self.reconciliation(group).await? else {
            return Ok(None);
        };
        while progress.finished_at.is_none() {
            let partition = match progress.among_claimants {
                true => self.scope.keys().claimants(group),
                false => self.scope.keys().members(group),
            };
            let people = Range::all(partition)
                .after(progress.behind.take())
                .limit(PEOPLE_AT_ONCE);
            let page = self.scope.table.query(&people).await?;
            let ids = page
                .items
                .iter()
                .map(|item| text(item, "SK").map(str::to_owned));
            let ids = ids.collect::<Result<Vec<_>, Error>>()?;
            self.reconcile_people(&Resources::of(self.scope).records(&USERS, &ids).await?)
                .await?;
            progress.behind = page.next;
            match (progress.among_claimants, &progress.behind) {
                (false, behind) => {
                    progress.looked_at += ids.len() as u64;
                    progress.among_claimants = behind.is_none();
                }
                (true, None) => progress.finished_at = Some(now()),
                (true, Some(_)) => {}
            }
            if !self.note(&progress).await? {
                // The newer run checks everybody again, because this one may have used an outdated mapping.
                return Ok(None);
            }
            if progress.finished_at.is_none() && Instant::now() >= deadline {
                return Ok(Some(Continuation::Group(group.to_owned())));
            }
        }
        Ok(None)
    }

    /// Moves the names of people to the keys of today, and reconciles them, as they were just read.
    pub(super) async fn check_people(self, people: &[Record]) -> Result<(), Error> {
        Resources::of(self.scope).lift_names(people).await?;
        self.reconcile_people(people).await
    }

    /// Checks people as they were just read, with one read of the settings and mappings for all of them. Reads again
    /// only those whose role differs from the announced one, so a pass without changes costs little more than reading
    /// the people.
    pub(super) async fn reconcile_people(self, people: &[Record]) -> Result<(), Error> {
        // The process that restored them ended before they were back in all groups.
        let returning = people
            .iter()
            .filter(|one| !one.identity.returning.is_empty());
        for person in returning {
            Resources::of(self.scope)
                .return_to_groups(&person.id)
                .await?;
        }
        let tenant = match self.scope.stored_tenant().await {
            // The tenant was deleted.
            Err(error) if error.is_refusal() => return Ok(()),
            tenant => tenant?,
        };
        let settings = tenant.settings;
        // What is no longer only observed takes effect.
        let resources = Resources::of(self.scope);
        let marked = resources.to_make_real(people, &tenant.observing).await?;
        for person in &marked {
            match resources.make_real(person, &tenant.observing).await {
                // The last active owner stays in.
                Err(error) if error.is_refusal() => {}
                made_real => made_real?,
            }
        }
        let now_real = match marked.is_empty() {
            true => Vec::new(),
            false => {
                resources
                    .records(&USERS, &Vec::from_iter(marked.clone()))
                    .await?
            }
        };
        let others = people.iter().filter(|one| !marked.contains(&one.id));
        let people: Vec<&Record> = others.chain(&now_real).collect();
        let groups = people
            .iter()
            .flat_map(|one| decide::role_groups(one))
            .collect();
        let mappings = by_group(&self.mappings_of(&groups).await?, &settings.roles);
        let concerned = people.iter().filter(|person| {
            !is_announced(
                person,
                &decide::effective_roles(person, &settings, &mappings),
            )
        });
        let ids: Vec<_> = concerned.map(|person| person.id.clone()).collect();
        stream::iter(ids)
            .map(|id| async move { self.reconcile_person(&id).await })
            .buffer_unordered(CONCURRENCY)
            .try_for_each(|_| async { Ok(()) })
            .await
    }

    /// Returns the progress of the last reconciliation of a group, if there was one.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn reconciliation(self, group: &str) -> Result<Option<Progress>, Error> {
        if !is_id(group) {
            return Ok(None);
        }
        let item = self
            .scope
            .table
            .get(&self.scope.keys().reconciliations().at(group))
            .await?;
        item.map(from_item).transpose()
    }

    /// Checks everybody after the person `after` until time runs out. Returns the person after whom to continue;
    /// `None` when everybody was checked.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn reconcile_all(
        self,
        after: Option<String>,
        deadline: Instant,
    ) -> Result<Option<String>, Error> {
        let mut behind = after;
        loop {
            let resources = Resources::of(self.scope);
            let page = resources.records_after(&USERS, behind, PEOPLE_AT_ONCE);
            let (people, next) = page.await?;
            self.check_people(&people).await?;
            match next {
                None => return Ok(None),
                next if Instant::now() >= deadline => return Ok(next),
                next => behind = next,
            }
        }
    }
}

/// Returns whether the last event reported these roles.
fn is_announced(record: &Record, roles: &[Role]) -> bool {
    let account = &record.account;
    let announced = account.announced.iter().chain(&account.announced_below);
    announced.eq(roles.iter())
}
