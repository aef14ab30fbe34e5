//! Rehearsals: a throw-away copy of a tenant, with its settings and one of its connections, but without its people.
//!
//! What happens in a rehearsal is told to nobody: its writes stay within a fence (`rollcall_store`), which leaves out the
//! journal. Its tenant has an id that no text can be read as, and no entry in the list of tenants. Everything it writes is
//! deleted at its end, and expires by itself if the process does not come to that.
//!
//! What came of a rehearsal is kept in the tenant itself for a few minutes, as a text of the caller's.

use rollcall_model::{Actor, Origin, TenantId, new_id};
use rollcall_scim::ResourceTypes;
use rollcall_store::{Error, Key, Scope, TenantItem, Transaction, from_item, now, to_item};
use serde::{Deserialize, Serialize};

use crate::credentials::connections::Connection;

/// How long what a rehearsal wrote is kept if nothing deletes it, in seconds.
const KEPT_SECONDS: i64 = 3_600;
/// How long the result of a rehearsal can be read, in seconds.
const RESULT_SECONDS: i64 = 600;
/// The longest id of a result that is looked for, in bytes. Those that exist are shorter.
const MAX_ID: usize = 64;

/// The result of a rehearsal as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct ResultItem {
    result: String,
    /// When it expires, in seconds since 1970.
    expires: i64,
}

fn result_key(scope: &Scope, connection: &str, id: &str) -> Key {
    let leases = scope.keys().leases();
    leases.at(format!("rehearsed#{connection}#{id}"))
}

/// Keeps the result of a rehearsal of this connection for ten minutes, and returns its id.
///
/// # Errors
/// Only table errors.
pub(crate) async fn keep(scope: &Scope, connection: &str, result: &str) -> Result<String, Error> {
    let id = new_id();
    let item = ResultItem {
        result: result.to_owned(),
        expires: now().as_second() + RESULT_SECONDS,
    };
    let item = to_item(&result_key(scope, connection, &id), &item)?;
    scope.table.put(item).await?;
    Ok(id)
}

/// Reads the result of a rehearsal of this connection; `None` if it is not kept, or not any more.
///
/// # Errors
/// Only table errors.
pub(crate) async fn kept(
    scope: &Scope,
    connection: &str,
    id: &str,
) -> Result<Option<String>, Error> {
    if id.is_empty() || id.len() > MAX_ID || connection.len() > MAX_ID {
        return Ok(None);
    }
    let item = scope.table.get(&result_key(scope, connection, id)).await?;
    let item = item.map(from_item::<ResultItem>).transpose()?;
    let item = item.filter(|item| item.expires > now().as_second());
    Ok(item.map(|item| item.result))
}

/// Begins a rehearsal in a tenant for requests of this connection.
///
/// # Errors
/// `404` when the tenant was deleted.
pub(crate) async fn begin(
    scope: &Scope,
    connection: &Connection,
    types: ResourceTypes,
) -> Result<Scope, Error> {
    let settings = scope.settings().await?;
    let tenant = TenantId::throw_away();
    let expires = (now().as_second() + KEPT_SECONDS).unsigned_abs();
    let deleted_people = settings.deleted_people;
    let copy = Scope {
        table: scope.table.fenced(&tenant, expires),
        actor: Actor::token(new_id(), &connection.id),
        origin: Origin::default(),
        request_id: new_id(),
        deleted_people,
        types,
        sends_mail: false,
        tenant,
        ..scope.clone()
    };
    let mut item = TenantItem::new("Rehearsal".to_owned(), now(), settings);
    let roles = item.settings.roles.clone();
    item.define_roles(roles);
    item.sole_connection = Some(connection.id.clone());
    let mut transaction = Transaction::default();
    transaction.put(item.to_item(copy.keys())?);
    let key = copy.keys().connection(&connection.id);
    transaction.put(to_item(&key, connection)?);
    copy.commit(&transaction).await?;
    Ok(copy)
}
