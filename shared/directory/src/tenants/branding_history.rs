//! The history of the branding of the stack: how it was before and after each change, and with which service key it was made.
//! It belongs to no tenant, so no tenant's journal has it. Which logo it was is told by its hash.

use jiff::Timestamp;
use rollcall_model::{Branding, new_id};
use rollcall_store::{Error, Item, Range, StackKeys, Table, from_item, to_item};
use serde::{Deserialize, Serialize};

use crate::credentials::key_history::KeyChanger;

/// The maximum number of changes that are listed: the latest ones.
const MAX_LISTED: usize = 100;

/// A change of the branding of the stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrandingChange {
    /// When.
    pub at: Timestamp,
    /// The branding before.
    pub before: Branding,
    /// The branding after.
    pub after: Branding,
    /// Who made the change.
    #[serde(flatten)]
    pub by: KeyChanger,
}

impl BrandingChange {
    pub(super) fn to_item(&self) -> Result<Item, Error> {
        to_item(&StackKeys::branding_history().at(new_id()), self)
    }
}

/// Lists the latest changes, newest first.
pub(super) async fn history(table: &Table) -> Result<Vec<BrandingChange>, Error> {
    let newest = Range::all(StackKeys::branding_history())
        .descending(true)
        .limit(MAX_LISTED);
    let items = table.query(&newest).await?.items;
    items.into_iter().map(from_item).collect()
}
