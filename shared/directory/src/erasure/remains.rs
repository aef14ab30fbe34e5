//! Removes what a deleted person left under keys of its own: the tombstone and everything that it leads to, and what is
//! known by an address.

use std::collections::BTreeSet;
use std::ops::Bound;

use rollcall_model::USERS;
use rollcall_store::{Error, Key, Partition, Range, Scope, text};

use crate::credentials::handle::Credentials;
use crate::credentials::invitations::claims_on;
use crate::indexes::handle::Indexes;
use crate::resources::handle::Members;
use crate::resources::subjects::forget_person;
use crate::resources::tombstones::Tombstone;

/// Addresses whose claims are removed at once. A partition takes 1,000 deletions a second, and each address has six.
const AT_ONCE: usize = 500;

/// Removes the claims on the next addresses of the person, after the one up to which that is done. Returns how many; none at
/// the end.
pub(super) async fn release(
    scope: &Scope,
    identifiers: &BTreeSet<String>,
    behind: &mut Option<String>,
) -> Result<u64, Error> {
    let begin = behind.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
    let later = identifiers.range::<String, _>((begin, Bound::Unbounded));
    let addresses = later.filter(|it| it.contains('@')).take(AT_ONCE);
    let addresses: Vec<&String> = addresses.collect();
    let keys = addresses.iter().flat_map(|it| claims_on(scope, it));
    let keys: Vec<Key> = keys.collect();
    let removed = keys.len() as u64;
    scope.table.batch_delete(keys).await?;
    *behind = addresses.last().map(|&last| last.clone());
    Ok(removed)
}

/// Removes everything else. It can be repeated: the tombstone goes last. Returns how many items were removed.
pub(super) async fn remove(scope: &Scope, id: &str) -> Result<u64, Error> {
    // This completes the deletion of somebody who was in many groups.
    Members::of(scope).settle().await?;
    let people = BTreeSet::from([id.to_owned()]);
    Indexes::of(scope).refresh_people(&people).await?;
    Credentials::of(scope).forget_rejected_mail(id).await?;
    let mut removed = drain(scope, scope.keys().entries_about(id)).await?;
    removed += drain(scope, scope.keys().sessions_of(id)).await?;
    let mut keys = vec![scope.keys().words_of(id)];
    // An import that only compares notes whom it has met.
    let imports = Range::all(scope.keys().imports());
    for import in scope.table.query_all(imports).await? {
        keys.push(scope.keys().met_by_import(text(&import, "SK")?).at(id));
    }
    if let Some(tombstone) = Tombstone::of_person(scope, id).await? {
        for subject in tombstone.subjects() {
            forget_person(scope, subject, id).await?;
        }
        tombstone.erase_traces(scope, id).await?;
        let claimed = tombstone.claimed_groups();
        keys.extend(claimed.map(|group| scope.keys().claimants(group).at(id)));
        keys.push(scope.keys().tombstone(&USERS, id));
    }
    removed += keys.len() as u64;
    scope.table.batch_delete(keys).await?;
    Ok(removed)
}

/// Removes all items of a partition.
pub(super) async fn drain(scope: &Scope, partition: Partition) -> Result<u64, Error> {
    let mut removed = 0;
    loop {
        let page = scope.table.query(&Range::all(partition.clone())).await?;
        let keys = page
            .items
            .iter()
            .map(|item| Ok(partition.at(text(item, "SK")?)));
        let keys = keys.collect::<Result<Vec<Key>, Error>>()?;
        removed += keys.len() as u64;
        scope.table.batch_delete(keys).await?;
        if page.next.is_none() {
            return Ok(removed);
        }
    }
}
