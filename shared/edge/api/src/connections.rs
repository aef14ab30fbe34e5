//! Connections. Each one is an identity provider of the tenant.

use std::collections::BTreeSet;

use axum::Json;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use rollcall_directory as directory;
use rollcall_directory::{Connection as Stored, PeopleOf};
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Access;
use crate::cursor::Cursors;
use crate::fields::{Fields, Id, List, Params, created, limit, name, page};
use crate::gate::{Create, Delete, ReadConnections};
use crate::limits::BrakeLimit;
use crate::settings::given;

/// One identity provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Connection {
    /// Its id.
    id: String,
    /// What the admin calls it.
    #[schema(example = "Okta production")]
    name: String,
    /// Which product it is.
    provider: Provider,
    /// When it was made.
    created_at: Timestamp,
    /// The ids of the connections that it replaces: it takes over what they own with the first write.
    replaces: BTreeSet<String>,
    /// What the external id in a sign-in has to do with the one that the connection pushes.
    external_id: ExternalIds,
    /// Until when sign-ins may bind another subject to somebody without a special role.
    #[serde(skip_serializing_if = "Option::is_none")]
    rebind_until: Option<Timestamp>,
    /// What the application calls it in sign-ins.
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
    /// What it may take away within an hour. Absent if the tenant's settings say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    brake_limit: Option<BrakeLimit>,
    /// What becomes of what it takes away beyond its limit.
    brake: BrakeAction,
    /// Whether it is only observed: what it sends is stored and read back, and takes no effect.
    observing: bool,
    /// How far what it sent while it was observed takes effect. Absent if it never was observed, or still is.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_real: Option<MadeReal>,
}

/// How far what a connection sent while it was observed takes effect.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct MadeReal {
    /// When that was decided.
    since: Timestamp,
    /// How many people there were then.
    people: u64,
    /// How many of them were looked at.
    looked_at: u64,
    /// When all of it was in effect. Absent until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    done: Option<Timestamp>,
}

impl MadeReal {
    fn of(stored: directory::MadeReal) -> Self {
        Self {
            since: stored.since,
            people: stored.people,
            looked_at: stored.looked_at.min(stored.people),
            done: stored.done,
        }
    }
}

/// What becomes of what a connection takes away beyond its limit.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BrakeAction {
    /// It takes effect, and whoever looks after the connections is told.
    Notify,
    /// It is held until an admin decides, for at most a day, and whoever looks after the connections is told.
    Hold,
}

/// What the external id in a sign-in has to do with the one that the connection pushes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExternalIds {
    /// They are the same if they have the same form. Another one of the same form is somebody else's.
    Auto,
    /// Nothing: another one is no contradiction.
    Unrelated,
}

impl BrakeAction {
    pub(crate) fn holds(self) -> bool {
        matches!(self, Self::Hold)
    }
}

impl From<Stored> for Connection {
    fn from(connection: Stored) -> Self {
        Self {
            id: connection.id,
            name: connection.label,
            provider: connection.provider.into(),
            created_at: connection.created_at,
            replaces: connection.replaces,
            external_id: match connection.external_ids_unrelated {
                true => ExternalIds::Unrelated,
                false => ExternalIds::Auto,
            },
            rebind_until: connection.rebind_until,
            alias: connection.alias,
            brake_limit: connection.brake.map(BrakeLimit::from),
            brake: match connection.brake_holds {
                true => BrakeAction::Hold,
                false => BrakeAction::Notify,
            },
            made_real: connection
                .made_real
                .filter(|_| !connection.observing)
                .map(MadeReal::of),
            observing: connection.observing,
        }
    }
}

/// The identity provider's product.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Provider {
    Okta,
    Entra,
    OneLogin,
    JumpCloud,
    Google,
    Ping,
    CyberArk,
    Rippling,
    Other,
}

/// Implements the conversions between this enum and the directory's.
macro_rules! providers {
    ($($provider:ident)*) => {
        impl From<directory::Provider> for Provider {
            fn from(provider: directory::Provider) -> Self {
                match provider {
                    $(directory::Provider::$provider => Self::$provider,)*
                }
            }
        }

        impl From<Provider> for directory::Provider {
            fn from(provider: Provider) -> Self {
                match provider {
                    $(Provider::$provider => Self::$provider,)*
                }
            }
        }
    };
}

providers! { Okta Entra OneLogin JumpCloud Google Ping CyberArk Rippling Other }

/// A connection to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewConnection {
    /// What to call it. Spaces at its ends are left out.
    #[schema(example = "Okta production")]
    name: String,
    /// Which product it is.
    provider: Provider,
}

/// What to change of a connection; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectionChange {
    /// What to call it. Spaces at its ends are left out.
    name: Option<String>,
    /// Which product it is.
    provider: Option<Provider>,
    /// The ids of the connections that it replaces. Only owners and the application change it.
    #[schema(value_type = Option<Vec<String>>)]
    replaces: Option<BTreeSet<String>>,
    /// What the external id in a sign-in has to do with the one that the connection pushes. Only
    /// owners and the application change it.
    external_id: Option<ExternalIds>,
    /// Until when sign-ins may bind another subject to somebody without a special role: at most 14 days ahead; null for
    /// no longer. Only owners and the application change it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Timestamp>)]
    rebind_until: Option<Option<Timestamp>>,
    /// What the application calls it: a sign-in may bring this in place of the id. Unique in the tenant, at most 200
    /// characters; null for nothing. Only owners and the application change it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    alias: Option<Option<String>>,
    /// What it may take away within an hour: deactivations, deletions and lost groups together; null for what the tenant's
    /// settings say. Only owners and the application change it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<BrakeLimit>)]
    brake_limit: Option<Option<BrakeLimit>>,
    /// What becomes of what it takes away beyond its limit. Only owners and the application change it.
    brake: Option<BrakeAction>,
    /// Whether it is only observed. `true` is refused for a connection that has sent requests before, and for one that is
    /// not the tenant's only connection. Until it is made real or deleted, no other connection can be created, and it
    /// replaces none. `false` makes real what it has sent: that takes effect within minutes, and cannot be undone. Only owners and the application change it.
    observing: Option<bool>,
}

impl ConnectionChange {
    fn rules(&self) -> directory::ConnectionRules {
        let is_unrelated = |rule: ExternalIds| matches!(rule, ExternalIds::Unrelated);
        directory::ConnectionRules {
            replaces: self.replaces.clone(),
            external_ids_unrelated: self.external_id.map(is_unrelated),
            rebind_until: self.rebind_until,
            alias: self.alias.clone(),
            brake: self.brake_limit.map(|limit| limit.map(Into::into)),
            brake_holds: self.brake.map(BrakeAction::holds),
            observing: self.observing,
        }
    }
}

/// The query of the list of connections.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConnectionsPage {
    /// `next` of the page before.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// Lists the connections, oldest first.
#[utoipa::path(get, path = "/api/v1/scim/connections", operation_id = "list_connections", tag = "connections", params(ConnectionsPage),
    responses((status = 200, body = List<Connection>)), security(("session" = ["provisioning:read"])))]
pub(crate) async fn list(
    access: Access<ReadConnections>,
    Params(asked): Params<ConnectionsPage>,
) -> Result<Json<List<Connection>>, Problem> {
    let limit = limit(asked.limit)?;
    let cursors = Cursors::of("connections", &[access.tenant.id().as_str()]);
    let after = cursors.place(asked.after.as_deref())?;
    let all = access.tenant.credentials().connections().await?;
    let (connections, next) = page(all, |connection| &connection.id, after.as_deref(), limit);
    Ok(List::of(connections, cursors.next(next)))
}

/// Makes a connection.
#[utoipa::path(post, path = "/api/v1/scim/connections", operation_id = "create_connection", tag = "connections", request_body = NewConnection,
    responses((status = 201, body = Connection)), security(("session" = ["provisioning:create"])))]
pub(crate) async fn create(
    access: Access<Create>,
    Fields(new): Fields<NewConnection>,
) -> Result<Response, Problem> {
    let name = name("name", &new.name)?;
    let made = access
        .tenant
        .credentials()
        .create_connection(&name, new.provider.into())
        .await?;
    let made = Connection::from(made);
    Ok(created(
        &access.path(&format!("/scim/connections/{}", made.id)),
        &made,
    ))
}

/// Reads a connection.
#[utoipa::path(get, path = "/api/v1/scim/connections/{id}", operation_id = "read_connection", tag = "connections",
    params(("id" = String, Path, description = "The connection's id")),
    responses((status = 200, body = Connection)), security(("session" = ["provisioning:read"])))]
pub(crate) async fn read(
    access: Access<ReadConnections>,
    Id(id): Id,
) -> Result<Json<Connection>, Problem> {
    Ok(Json(
        access.tenant.credentials().connection(&id).await?.into(),
    ))
}

/// Changes what a connection is called, which product it is, or how it tells people apart.
#[utoipa::path(patch, path = "/api/v1/scim/connections/{id}", operation_id = "change_connection", tag = "connections",
    request_body = ConnectionChange, params(("id" = String, Path, description = "The connection's id")),
    responses((status = 200, body = Connection)), security(("session" = ["provisioning:create"])))]
pub(crate) async fn change(
    access: Access<Create>,
    Id(id): Id,
    Fields(change): Fields<ConnectionChange>,
) -> Result<Json<Connection>, Problem> {
    let rules = change.rules();
    let is_owner = access.rank() == directory::Role::Owner;
    if rules != directory::ConnectionRules::default() && !is_owner {
        return Err(Problem::forbidden(
            "only an `owner` or the application can change `replaces`, `external_id`, `rebind_until`, `alias`, \
             `brake_limit`, `brake` and `observing`",
        ));
    }
    let name = change.name.as_deref().map(|given| name("name", given));
    let (name, provider) = (name.transpose()?, change.provider.map(Into::into));
    let changed = access
        .tenant
        .credentials()
        .change_connection_and_rules(&id, name, provider, &rules)
        .await?;
    Ok(Json(changed.into()))
}

/// What becomes of the people and groups of a connection that is deleted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Deletion {
    /// `keep` unless given: people and groups stay, and any connection takes them over with its first write.
    /// `hand_over`: they belong to the connection `to`. `deactivate`: the people are deactivated, except for the last
    /// active owner. Only owners and the application choose other than `keep`.
    #[param(inline)]
    people: Option<PeopleChoice>,
    /// The id of the connection that gets them.
    to: Option<String>,
}

/// What becomes of the people of a connection that is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PeopleChoice {
    /// They stay.
    #[default]
    Keep,
    /// They belong to another connection.
    HandOver,
    /// They are deactivated.
    Deactivate,
}

impl Deletion {
    fn people(self) -> Result<PeopleOf, Problem> {
        match (self.people.unwrap_or_default(), self.to) {
            (PeopleChoice::Keep, None) => Ok(PeopleOf::Kept),
            (PeopleChoice::Deactivate, None) => Ok(PeopleOf::Deactivated),
            (PeopleChoice::HandOver, Some(to)) => Ok(PeopleOf::HandedTo(to)),
            _ => Err(Problem::invalid(
                "`to` is the id of a connection with `people=hand_over`, and is left out otherwise",
            )),
        }
    }
}

/// Deletes a connection: its tokens are refused from the next request on; the people and groups it pushed stay, unless
/// `people` says otherwise. With a connection that is only observed, what only it has pushed is deleted within minutes, and
/// everything else becomes what is in effect.
#[utoipa::path(delete, path = "/api/v1/scim/connections/{id}", operation_id = "delete_connection", tag = "connections",
    params(("id" = String, Path, description = "The connection's id"), Deletion),
    responses((status = 204)), security(("session" = ["provisioning:delete"])))]
pub(crate) async fn delete(
    access: Access<Delete>,
    Id(id): Id,
    Params(asked): Params<Deletion>,
) -> Result<StatusCode, Problem> {
    let people = asked.people()?;
    if people != PeopleOf::Kept && access.rank() != directory::Role::Owner {
        return Err(Problem::forbidden(
            "only an `owner` or the application can hand over or deactivate the people of a connection",
        ));
    }
    let credentials = access.tenant.credentials();
    credentials.delete_connection_and(&id, &people).await?;
    Ok(StatusCode::NO_CONTENT)
}
