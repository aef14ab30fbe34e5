//! Puts a connection under an id that the caller chose. It can be repeated.

use std::collections::BTreeSet;

use axum::Json;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use rollcall_directory::{self as directory, ConnectionRules};
use rollcall_edge_http::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::caller::Access;
use crate::connections::{BrakeAction, Connection, ExternalIds, MadeReal, Provider};
use crate::fields::{Fields, Id, created, exact_name};
use crate::gate::Create;
use crate::limits::BrakeLimit;
use crate::settings::given;

/// A whole connection, as it can be read. What is left out takes its default.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DesiredConnection {
    /// Its id, which must be the one in the path.
    id: Option<String>,
    /// What to call it, without spaces at its ends.
    #[schema(example = "Okta production")]
    name: String,
    /// Which product it is.
    provider: Provider,
    /// The ids of the connections that it replaces; none unless given. Only owners and the application change it.
    #[schema(value_type = Option<Vec<String>>)]
    replaces: Option<BTreeSet<String>>,
    /// What the external id in a sign-in has to do with the one that the connection pushes; `auto` unless given.
    /// Only owners and the application change it.
    external_id: Option<ExternalIds>,
    /// Until when sign-ins may bind another subject to somebody without a special role: at most 14 days ahead. Only owners
    /// and the application change it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Timestamp>)]
    rebind_until: Option<Option<Timestamp>>,
    /// What the application calls it: a sign-in may bring this in place of the id. Only owners and the application change
    /// it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    alias: Option<Option<String>>,
    /// What it may take away within an hour; what the tenant's settings say unless given. Only owners and the application
    /// change it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<BrakeLimit>)]
    brake_limit: Option<Option<BrakeLimit>>,
    /// What becomes of what it takes away beyond its limit; `notify` unless given. Only owners and the application change
    /// it.
    brake: Option<BrakeAction>,
    /// Whether it is only observed; as it is unless given, and `false` for a new one. `true` is refused for a connection that
    /// has sent requests before, and for one that is not the tenant's only connection. `false` makes real what it has sent. Only owners and the application change it.
    observing: Option<bool>,
    /// Ignored, so that a connection can be sent as it was read.
    #[serde(rename = "created_at")]
    _created_at: Option<Timestamp>,
    /// Ignored, too.
    #[serde(rename = "made_real")]
    _made_real: Option<MadeReal>,
}

impl DesiredConnection {
    /// Returns all rules: those that are left out have their defaults.
    fn rules(&self) -> ConnectionRules {
        let is_unrelated = |rule: ExternalIds| matches!(rule, ExternalIds::Unrelated);
        ConnectionRules {
            replaces: Some(self.replaces.clone().unwrap_or_default()),
            external_ids_unrelated: Some(self.external_id.is_some_and(is_unrelated)),
            rebind_until: Some(self.rebind_until.flatten()),
            alias: Some(self.alias.clone().flatten()),
            brake: Some(self.brake_limit.flatten().map(Into::into)),
            brake_holds: Some(self.brake.is_some_and(BrakeAction::holds)),
            observing: self.observing,
        }
    }

    /// Returns whether a rule is given that differs from what there is, or from the default for a new connection.
    fn changes_rules(&self, before: Option<&directory::Connection>) -> bool {
        let all = self.rules();
        let replaces = before.map(|one| one.replaces.clone()).unwrap_or_default();
        let unrelated = before.is_some_and(|one| one.external_ids_unrelated);
        let until = before.and_then(|one| one.rebind_until);
        let alias = before.and_then(|one| one.alias.clone());
        let limit = before.and_then(|one| one.brake);
        let holds = before.is_some_and(|one| one.brake_holds);
        let observing = before.is_some_and(|one| one.observing);
        self.replaces.is_some() && all.replaces != Some(replaces)
            || self.external_id.is_some() && all.external_ids_unrelated != Some(unrelated)
            || self.rebind_until.is_some() && all.rebind_until != Some(until)
            || self.alias.is_some() && all.alias != Some(alias)
            || self.brake_limit.is_some() && all.brake != Some(limit)
            || self.brake.is_some() && all.brake_holds != Some(holds)
            || self.observing.is_some() && self.observing != Some(observing)
    }
}

/// Creates the connection, or replaces its name, its product and its rules. The same request again changes nothing. A new
/// id is 1 to 64 of `a-z`, `0-9`, `-` and `_`, and no UUID; that of a connection that was deleted cannot be used again.
/// Rules that the caller may not change stay as they are if they are left out.
#[utoipa::path(put, path = "/api/v1/scim/connections/{id}", operation_id = "put_connection", tag = "connections",
    request_body = DesiredConnection, params(("id" = String, Path, description = "The connection's id", pattern = "^[a-z0-9][a-z0-9_-]{0,63}$")),
    responses((status = 200, body = Connection, description = "It is as asked, and was there before"),
        (status = 201, body = Connection, description = "It was created")),
    security(("session" = ["provisioning:create"])))]
pub(crate) async fn put(
    access: Access<Create>,
    Id(id): Id,
    Fields(desired): Fields<DesiredConnection>,
) -> Result<Response, Problem> {
    if desired.id.as_ref().is_some_and(|given| *given != id) {
        return Err(Problem::invalid("`id` must be the one in the path"));
    }
    let credentials = access.tenant.credentials();
    let rules = match access.rank() {
        directory::Role::Owner => desired.rules(),
        _ => {
            let before = credentials.known_connection(&id).await?;
            if desired.changes_rules(before.as_ref()) {
                return Err(Problem::forbidden(
                    "only an `owner` or the application can change `replaces`, `external_id`, `rebind_until`, \
                     `alias`, `brake_limit`, `brake` and `observing`; leave them out, and they stay as they are",
                ));
            }
            ConnectionRules::default()
        }
    };
    let label = exact_name("name", &desired.name)?;
    let provider = desired.provider.into();
    let (put, is_new) = credentials
        .put_connection(&id, &label, provider, &rules)
        .await?;
    let put = Connection::from(put);
    Ok(match is_new {
        true => created(&access.path(&format!("/scim/connections/{id}")), &put),
        false => Json(put).into_response(),
    })
}
