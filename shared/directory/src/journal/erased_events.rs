//! Erases what events of the feed say. They keep their places and hashes, so that readers meet no gap and the chain holds.

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_store::{Error, Item, from_item, string, to_item};

use crate::journal::chain::Link;
use crate::journal::feed::{EventItem, erased};
use crate::journal::handle::Journal;

impl Journal<'_> {
    /// Erases the content of an event: who, whom and what. Its number, type, time and hashes stay. Erasing it again has
    /// no effect.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn erase_event(self, sequence: u64) -> Result<(), Error> {
        let key = self.scope.keys().event(sequence);
        let Some(item) = self.scope.table.get(&key).await? else {
            return Ok(());
        };
        let item: EventItem = from_item(item)?;
        let event = item.event()?;
        let erased = EventItem {
            event: serde_json::to_string(&erased(event)).map_err(Error::corrupt)?,
            expires: item.expires,
            link: item.link.map(|link| Link { salt: None, ..link }),
        };
        // It can be gone by now, and stays gone.
        let erased = to_item(&key, &erased)?;
        self.scope.table.replace(erased).await.map(|_| ())
    }

    /// Erases the content of an event that cannot be read. It keeps its place, so that no reader meets a gap.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn erase_unreadable(self, mut item: Item) -> Result<(), Error> {
        item.retain(|name, _| ["PK", "SK", "expires", "link"].contains(&name.as_str()));
        if let Some(AttributeValue::M(link)) = item.get_mut("link") {
            link.retain(|name, _| ["hash", "content", "begins"].contains(&name.as_str()));
        }
        item.insert("event".to_owned(), string("{}"));
        // It can be gone by now, and stays gone.
        self.scope.table.replace(item).await.map(|_| ())
    }
}
