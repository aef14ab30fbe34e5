//! What a person is called, and was called before, for the pages of their export.
//!
//! A history can be too long for one request. Then each request reads a part of it, and an item keeps what was found until the
//! pages can be read. Whoever is erased leaves none: its key ends with their id, and the erasure removes it with the cursors.

use jiff::Timestamp;
use rollcall_model::{USERS, is_id};
use rollcall_scim::limits;
use rollcall_store::{Error, Key, Scope, from_item, to_item};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::erasure::identifiers::{self, Called, UniqueAttributes};
use crate::resources::crud::not_found;
use crate::resources::handle::Resources;
use crate::resources::tombstones::Tombstone;

/// What is known of a person so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Known {
    #[serde(flatten)]
    called: Called,
    /// The place in the history up to which it was read; `None` once it was read as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    behind: Option<String>,
    /// In seconds since 1970.
    expires: i64,
}

/// Returns what a person is called, and was called before. `None` while more of the history must be read: the next call goes on
/// with it. `begins` says whether an export begins, which looks for everything anew.
///
/// # Errors
/// `404` when the person never existed, or was erased.
pub(super) async fn known(scope: &Scope, id: &str, begins: bool) -> Result<Option<Called>, Error> {
    let Some(now) = called_now(scope, id).await? else {
        return Err(not_found(&USERS, id));
    };
    let kept = match begins {
        true => None,
        false => kept(scope, id).await?,
    };
    let known = match kept {
        Some(kept) if kept.behind.is_none() => kept,
        kept => {
            let is_new = kept.is_none();
            let read = read_on(scope, id, kept.unwrap_or_default()).await?;
            // Most histories are read in one step, so there is nothing to keep.
            if read.behind.is_some() || !is_new {
                keep(scope, id, &read).await?;
            }
            read
        }
    };
    if known.behind.is_some() {
        return Ok(None);
    }
    let mut called = known.called;
    // The history may begin later than the person.
    called.identifiers.extend(now.identifiers);
    called.names.extend(now.names);
    Ok(Some(called))
}

/// Returns what a person is called now: nothing if they were deleted. `None` if they are not there.
async fn called_now(scope: &Scope, id: &str) -> Result<Option<Called>, Error> {
    if !is_id(id) {
        return Ok(None);
    }
    let records = Resources::of(scope)
        .records(&USERS, &[id.to_owned()])
        .await?;
    let Some(record) = records.into_iter().next() else {
        let deleted = Tombstone::of_person(scope, id).await?;
        return Ok(deleted.map(|_| Called::default()));
    };
    let attributes = Value::Object(record.resource(&USERS)?.attributes().clone());
    let unique = UniqueAttributes::of(scope).await?;
    Ok(Some(identifiers::of_attributes(&attributes, &unique)))
}

async fn read_on(scope: &Scope, id: &str, known: Known) -> Result<Known, Error> {
    let Known {
        mut called, behind, ..
    } = known;
    let mut left_out = 0;
    let behind = identifiers::collect(scope, id, behind, &mut called, &mut left_out).await?;
    let expires = Timestamp::now().as_second() + i64::from(limits::CURSOR_TIMEOUT_SECONDS);
    Ok(Known {
        called,
        behind,
        expires,
    })
}

async fn kept(scope: &Scope, id: &str) -> Result<Option<Known>, Error> {
    let item = scope.table.get(&key(scope, id)).await?;
    let kept: Option<Known> = item.map(from_item).transpose()?;
    // DynamoDB may remove expired items much later.
    Ok(kept.filter(|kept| kept.expires > Timestamp::now().as_second()))
}

async fn keep(scope: &Scope, id: &str, known: &Known) -> Result<(), Error> {
    let key = key(scope, id);
    scope.table.put(to_item(&key, known)?).await?;
    // An erasure removes the person before it removes this.
    if called_now(scope, id).await?.is_none() {
        scope.table.batch_delete(vec![key]).await?;
        return Err(not_found(&USERS, id));
    }
    Ok(())
}

fn key(scope: &Scope, id: &str) -> Key {
    scope.keys().page_cursors().at(format!("export#{id}"))
}
