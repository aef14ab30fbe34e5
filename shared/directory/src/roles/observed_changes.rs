//! What would change if a connection that is only observed were made real: person by person, a page at a time.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_model::{Mappings, Role, Settings, Subject, USERS};
use rollcall_store::Error;

use crate::credentials::connections::Connection;
use crate::credentials::handle::Credentials;
use crate::resources::handle::{Members, Resources};
use crate::resources::record::Record;
use crate::roles::decide;
use crate::roles::handle::Roles;
use crate::roles::mappings::by_group;

/// What a connection that is only observed has to do with a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Met {
    /// Only it has sent the person.
    Created,
    /// The application had the person, whom no connection owned. It takes them over.
    Adopted,
    /// Another connection owned the person. It takes them over.
    Matched,
    /// The application has the person, and the connection has not sent them. They stay as they are.
    LeftOver,
    /// Another connection owns the person, and goes on to do so.
    OfAnother,
}

/// What would change about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedPerson {
    /// The person.
    pub person: Subject,
    /// What the connection has to do with them.
    pub met: Met,
    /// Their roles, highest first.
    pub now: Vec<Role>,
    /// The roles that they would have, highest first.
    pub then: Vec<Role>,
    /// Whether they can sign in. Somebody whom only the connection has sent counts as somebody who cannot.
    pub is_in: bool,
    /// Whether they could sign in then.
    pub would_be_in: bool,
}

impl ObservedPerson {
    /// Returns whether anything would change but who owns the person.
    pub fn is_changed(&self) -> bool {
        self.now != self.then || self.is_in != self.would_be_in
    }
}

/// Some of what would change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedPage {
    /// The people about whom there is something to say.
    pub people: Vec<ObservedPerson>,
    /// How many people were looked at.
    pub looked_at: usize,
    /// The person after whom to continue; `None` if those were all.
    pub next: Option<String>,
}

/// What decides whether something would change.
struct Then<'a> {
    connection: &'a Connection,
    settings: &'a Settings,
    /// The connections that are only observed, without this one.
    observing: &'a BTreeSet<String>,
    /// The connections that there are.
    live: &'a BTreeSet<String>,
    mappings: &'a Mappings,
    /// The groups that are mapped.
    groups: &'a BTreeMap<String, Record>,
}

impl Roles<'_> {
    /// Looks at up to `limit` people after the person `after`, and says what would change about them if the connection were
    /// made real. Of a connection that is not only observed, that is nothing.
    ///
    /// # Errors
    /// `404` when there is no such connection.
    pub async fn observed(
        self,
        connection: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<ObservedPage, Error> {
        let connections = Credentials::of(self.scope).connections().await?;
        let live = connections.iter().map(|one| one.id.clone()).collect();
        let found = connections.into_iter().find(|one| one.id == connection);
        let connection = match found {
            Some(found) => found,
            None => Credentials::of(self.scope).connection(connection).await?,
        };
        let tenant = self.scope.stored_tenant().await?;
        let mut observing = tenant.observing;
        if !observing.remove(&connection.id) {
            return Ok(ObservedPage::default());
        }
        let resources = Resources::of(self.scope);
        let page = resources.records_after(&USERS, after.map(str::to_owned), limit);
        let (people, next) = page.await?;
        let groups = people.iter().flat_map(decide::role_groups);
        let observed = people.iter().flat_map(|one| one.observed_groups.clone());
        let groups: BTreeSet<String> = groups.chain(observed).collect();
        let mappings = by_group(&self.mappings_of(&groups).await?, &tenant.settings.roles);
        let mapped: BTreeSet<String> = mappings.keys().cloned().collect();
        let groups = Members::of(self.scope).live_groups(&mapped).await?;
        let then = Then {
            connection: &connection,
            settings: &tenant.settings,
            observing: &observing,
            live: &live,
            mappings: &mappings,
            groups: &groups,
        };
        let mut told = Vec::new();
        for person in &people {
            told.extend(then.about(person)?);
        }
        Ok(ObservedPage {
            people: told,
            looked_at: people.len(),
            next,
        })
    }
}

impl Then<'_> {
    /// Returns what would change about a person; `None` if there is nothing to say. Pure.
    fn about(&self, record: &Record) -> Result<Option<ObservedPerson>, Error> {
        let met = self.met(record);
        let is_only_observed = record.is_only_observed();
        let told = ObservedPerson {
            person: record.subject(&USERS)?,
            met,
            now: match is_only_observed {
                true => Vec::new(),
                false => decide::effective_roles(record, self.settings, self.mappings),
            },
            then: Vec::new(),
            is_in: !record.is_out() && !is_only_observed,
            would_be_in: false,
        };
        let told = match self.real(record) {
            Some(real) => ObservedPerson {
                then: decide::effective_roles(&real, self.settings, &self.mappings_then()),
                would_be_in: !real.is_out(),
                ..told
            },
            None => told,
        };
        let is_said = match met {
            Met::Created | Met::Adopted | Met::Matched => true,
            Met::LeftOver => told.is_in,
            Met::OfAnother => false,
        };
        Ok((is_said || told.is_changed()).then_some(told))
    }

    fn met(&self, record: &Record) -> Met {
        let (identity, connection) = (&record.identity, self.connection);
        let seen = identity.observation.as_ref();
        if let Some(seen) = seen.filter(|seen| seen.connection == connection.id) {
            return match &seen.owner {
                _ if identity.observed => Met::Created,
                Some(owner) if *owner != connection.id => Met::Matched,
                _ => Met::Adopted,
            };
        }
        match identity.owner_in_effect() {
            Some(owner) if connection.replaces.contains(owner) => Met::LeftOver,
            Some(owner) if self.live.contains(owner) => Met::OfAnother,
            _ => Met::LeftOver,
        }
    }

    /// Returns the person as they would be; `None` if they would be deleted.
    fn real(&self, record: &Record) -> Option<Record> {
        let is_held = record.identity.held_by.as_ref() == Some(&self.connection.id);
        if is_held && record.identity.deletion_held {
            return None;
        }
        let is_real = |group: &&String| {
            let group = self.groups.get(*group);
            !group.is_some_and(|group| group.is_observed(self.observing))
        };
        let real = record.observed_groups.iter().filter(is_real);
        let real = real.cloned().collect();
        let mut then = record.clone();
        then.make_real(self.observing, &real);
        then.held_groups.retain(|group| {
            let group = self.groups.get(group);
            group.is_none_or(|it| it.identity.owner.as_ref() != Some(&self.connection.id))
        });
        if is_held {
            then.identity.end_hold();
        }
        Some(then)
    }

    /// Returns the mappings without those of groups that would be deleted.
    fn mappings_then(&self) -> Mappings {
        let is_deleted = |group: &String| {
            let group = self.groups.get(group);
            group.is_some_and(|it| it.is_deletion_held_of(&self.connection.id))
        };
        let mappings = self.mappings.iter();
        let left = mappings.filter(|(group, _)| !is_deleted(group));
        left.map(|(group, roles)| (group.clone(), roles.clone()))
            .collect()
    }
}
