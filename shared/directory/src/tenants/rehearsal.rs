//! Rehearsals: a throw-away copy of a tenant, with its settings and one of its connections, but without its people.
//!
//! What happens in a rehearsal is told to nobody: its writes stay within a fence (`rollcall_store`), which leaves out the
//! journal. Its tenant has an id that no text can be read as, and no entry in the list of tenants. Everything it writes is
//! deleted at its end, and expires by itself if the process does not come to that.

use rollcall_model::{Actor, Origin, TenantId, new_id};
use rollcall_scim::ResourceTypes;
use rollcall_store::{Error, Scope, TenantItem, Transaction, now, to_item};

use crate::credentials::connections::Connection;

/// How long what a rehearsal wrote is kept if nothing deletes it, in seconds.
const KEPT_SECONDS: i64 = 3_600;

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
