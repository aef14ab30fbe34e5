//! Items that were read together, to be taken one by one.

use std::collections::HashMap;

use crate::error::Error;
use crate::item::{Item, text};
use crate::partition::Key;

/// The items that exist among those that were read, by key.
#[derive(Debug)]
pub struct Found(HashMap<(String, String), Item>);

impl Found {
    pub(crate) fn new(items: Vec<Item>) -> Result<Self, Error> {
        let by_key = items.into_iter().map(|item| {
            let key = (text(&item, "PK")?.to_owned(), text(&item, "SK")?.to_owned());
            Ok((key, item))
        });
        Ok(Self(by_key.collect::<Result<_, Error>>()?))
    }

    /// Returns the item with this key, if it exists and nobody has taken it.
    pub fn get(&self, key: &Key) -> Option<&Item> {
        let key = (key.partition.as_str().to_owned(), key.sort.clone());
        self.0.get(&key)
    }

    /// Takes the item with this key, if it exists.
    pub fn take(&mut self, key: &Key) -> Option<Item> {
        let key = (key.partition.as_str().to_owned(), key.sort.clone());
        self.0.remove(&key)
    }
}
