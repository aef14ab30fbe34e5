//! A fence around a throw-away tenant: what is written within it concerns that tenant alone, expires by itself, and is
//! noted, so that all of it can be deleted. Nothing within it is told to a journal.

use std::collections::BTreeSet;
use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError};

use rollcall_model::TenantId;

use crate::create_table::TTL_ATTRIBUTE;
use crate::error::Error;
use crate::item::{Item, number, text};
use crate::keys::Keys;
use crate::partition::{Key, Partition};

/// The suffix of the partitions that the table's stream takes to the relay.
const TOLD: &str = "#J";

/// The fence of one tenant. Clones share what was noted.
#[derive(Clone, Debug)]
pub(crate) struct Fence {
    partition: String,
    /// When everything in it expires, in seconds since 1970.
    pub(crate) expires: u64,
    written: Arc<Mutex<BTreeSet<Key>>>,
}

impl Fence {
    pub(crate) fn around(tenant: &TenantId, expires: u64) -> Self {
        Self {
            partition: Keys::of(tenant).config().as_str().to_owned(),
            expires,
            written: Arc::default(),
        }
    }

    /// Returns an item that is put as it is stored; `None` if it is not stored, because a journal would tell it.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it is outside.
    pub(crate) fn put(fence: Option<&Self>, item: Item) -> Result<Option<Item>, Error> {
        match fence {
            Some(_) if Self::hides(&item) => Ok(None),
            Some(fence) => fence.item(item).map(Some),
            None => Ok(Some(item)),
        }
    }

    fn hides(item: &Item) -> bool {
        text(item, "PK").is_ok_and(|partition| partition.ends_with(TOLD))
    }

    /// Notes that an item is written.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it is outside.
    pub(crate) fn note(&self, key: &Key) -> Result<(), Error> {
        let partition = key.partition.as_str();
        let below = partition.strip_prefix(&self.partition);
        if !below.is_some_and(|below| below.is_empty() || below.starts_with('#')) {
            return Err(Error::corrupt("a write outside of the throw-away tenant"));
        }
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.insert(key.clone());
        Ok(())
    }

    fn item(&self, mut item: Item) -> Result<Item, Error> {
        let partition = Partition::stored(text(&item, "PK")?);
        self.note(&partition.at(text(&item, "SK")?))?;
        item.insert(TTL_ATTRIBUTE.to_owned(), number(self.expires));
        Ok(item)
    }

    /// Takes the keys of everything that was written.
    pub(crate) fn take_written(&self) -> Vec<Key> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        take(&mut *written).into_iter().collect()
    }
}
