//! The names that the lists of requests and changes show: of connections, people, groups and other actors.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_directory::{Actor, Connection, Error, Permission, Tenant};
use rollcall_edge_api::Gate;
use rollcall_insight::Insight;

use crate::display;
use crate::known_names::Names;
use crate::messages::t;
use crate::visitor::Visitor;

/// The names of connections, including deleted ones.
pub(super) struct ConnectionNames {
    known: BTreeMap<String, String>,
    deleted: BTreeMap<String, String>,
}

impl ConnectionNames {
    /// Collects the names of the given connections, and reads those of the deleted ones among `ids`.
    pub(super) async fn read(
        tenant: &Tenant,
        connections: &[Connection],
        mut ids: BTreeSet<&str>,
    ) -> Result<Self, Error> {
        let known = connections.iter();
        let known: BTreeMap<String, String> = known
            .map(|one| (one.id.clone(), one.label.clone()))
            .collect();
        ids.retain(|id| !known.contains_key(*id));
        let deleted = tenant.credentials().deleted_connections(&ids).await?;
        Ok(Self {
            known,
            deleted: deleted.into_iter().collect(),
        })
    }

    pub(super) fn of(&self, id: &str) -> String {
        match (self.known.get(id), self.deleted.get(id)) {
            (Some(label), _) => label.clone(),
            (None, Some(label)) => t("log-connection-deleted").s("name", label).plain(),
            (None, None) => t("log-connection-unknown").plain(),
        }
    }
}

/// Who reads a log: of which tenant, and whether the directory with the names of people and groups, too.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) tenant: &'a Tenant,
    pub(super) connections: &'a [Connection],
    pub(super) sees_directory: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn of<G: Gate>(visitor: &'a Visitor<G>, connections: &'a [Connection]) -> Self {
        Self {
            tenant: visitor.tenant(),
            connections,
            sees_directory: visitor.may(Permission::DirectoryRead),
        }
    }
}

/// The names that lines need.
pub(super) struct Known {
    pub(super) names: Names,
    pub(super) connections: ConnectionNames,
}

impl Known {
    /// Reads the names of these connections, and of these people and groups and of those that these requests have deleted
    /// for one who may read the directory.
    pub(super) async fn named(
        reader: Reader<'_>,
        (people, groups): (&BTreeSet<String>, &BTreeSet<String>),
        deletions: &BTreeSet<String>,
        used: BTreeSet<&str>,
    ) -> Result<Self, Error> {
        let Reader {
            tenant,
            connections,
            sees_directory,
        } = reader;
        let mut names = Names::hidden();
        if sees_directory {
            let insight = Insight::of(tenant);
            let mut known = insight.shown_names(people).await?;
            known.extend(insight.group_names(groups).await?);
            let former = tenant.journal().deleted_names(deletions).await?;
            names = Names::known(known).and_former(former);
        }
        Ok(Self {
            names,
            connections: ConnectionNames::read(tenant, connections, used).await?,
        })
    }
}

/// Names an actor who is no person: a connection, whom a link was made for, or what it is.
pub(super) fn named(actor: &Actor, connections: &ConnectionNames) -> String {
    let kind = display::actor_kind(actor.kind());
    match (actor.connection(), actor.email()) {
        (Some(connection), _) => connections.of(connection),
        (None, Some(email)) => t("log-actor").s("name", email).s("kind", kind).plain(),
        (None, None) => kind,
    }
}

/// Names an actor: a person as they are called, a connection, or what it is.
pub(super) fn actor_name(actor: &Actor, known: &Known) -> String {
    let person = actor.person_id().and_then(|id| known.names.of(id));
    person.map_or_else(|| named(actor, &known.connections), str::to_owned)
}
