//! The groups that a value of a `groups` claim can name: by id, by `displayName` or by `externalId`.
//!
//! Names are unique, so the item of a name leads to its group. External ids are not, so one item per external id lists
//! its groups: that way one call looks up all values of a claim. The lists of groups that earlier versions wrote are
//! completed later (`roles::claim_lists`).

use std::collections::BTreeSet;

use rollcall_model::{GROUPS, generated_id};
use rollcall_scim::fold;
use rollcall_store::{Error, Found, Item, Key, Keys, from_item};
use serde::Deserialize;

use crate::resources::writes::Pointer;

/// The list of the groups with one external id.
#[derive(Default, Deserialize)]
struct Listed {
    #[serde(default, with = "serde_dynamo::string_set")]
    ids: BTreeSet<String>,
}

/// Returns the keys that lead to the groups which a value can name.
pub(crate) fn keys_of(keys: Keys<'_>, value: &str) -> Vec<Key> {
    [name_key(keys, value), list_key(keys, value)]
        .into_iter()
        .flatten()
        .collect()
}

/// Takes from the items of [`keys_of`] the ids of the groups that the value can name. They are candidates: only the
/// groups themselves tell what they are called now.
pub(crate) fn named_by(
    keys: Keys<'_>,
    value: &str,
    found: &mut Found,
) -> Result<BTreeSet<String>, Error> {
    let mut ids = BTreeSet::new();
    // The ids of other systems, which claims are full of, are no ids of ours: none is looked up in vain.
    if generated_id(value).is_some() {
        ids.insert(value.to_owned());
    }
    if let Some(item) = name_key(keys, value).and_then(|key| found.take(&key)) {
        ids.insert(from_item::<Pointer>(item)?.id);
    }
    let list = list_key(keys, value).and_then(|key| found.take(&key));
    ids.extend(listed(list)?);
    Ok(ids)
}

/// Returns the key of the list of the groups with this external id.
pub(crate) fn list_key(keys: Keys<'_>, external_id: &str) -> Option<Key> {
    let mut lookups = GROUPS.lookups.iter();
    let lookup = lookups.find(|lookup| lookup.listed)?;
    keys.list(&GROUPS, lookup.code, external_id)
}

/// Returns the ids in a list.
pub(crate) fn listed(list: Option<Item>) -> Result<BTreeSet<String>, Error> {
    let list = list.map(from_item::<Listed>).transpose()?;
    Ok(list.unwrap_or_default().ids)
}

fn name_key(keys: Keys<'_>, value: &str) -> Option<Key> {
    let folded = fold(value);
    (!folded.is_empty()).then(|| keys.name(&GROUPS, &folded))
}
