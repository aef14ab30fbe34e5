//! Reads many people or groups at once. One that cannot be read must not hide the others: it is left out, the log has an
//! error, and the caller learns which one it is.

use rollcall_model::Kind;
use rollcall_store::{Error, Item, text};

use crate::resources::handle::Resources;
use crate::resources::record::Record;

impl Resources<'_> {
    /// Returns what `read` makes of these items of a kind, and the ids of those that cannot be read.
    ///
    /// # Errors
    /// The first error of `read` that is not about an item's form.
    pub fn readable<T>(
        self,
        kind: &Kind,
        items: impl IntoIterator<Item = Item>,
        read: impl Fn(&Record) -> Result<T, Error>,
    ) -> Result<(Vec<T>, Vec<String>), Error> {
        let (mut found, mut unreadable) = (Vec::new(), Vec::new());
        for item in items {
            let id = text(&item, "SK")?.to_owned();
            match Record::from_item(item).and_then(|record| read(&record)) {
                Ok(one) => found.push(one),
                Err(error) if error.is_corrupt() => {
                    self.leave_out(kind, &id, &error);
                    unreadable.push(id);
                }
                Err(error) => return Err(error),
            }
        }
        Ok((found, unreadable))
    }

    /// Returns what `read` makes of those with these ids, in any order. Ids without a record are left out.
    ///
    /// # Errors
    /// Only table errors, and those of `read`.
    pub async fn readable_among<T>(
        self,
        kind: &'static Kind,
        ids: &[String],
        read: impl Fn(&Record) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let items = self.items(kind, ids).await?;
        Ok(self.readable(kind, items, read)?.0)
    }

    fn leave_out(self, kind: &Kind, id: &str, error: &Error) {
        let error: &dyn std::error::Error = error;
        let tenant = &self.scope.tenant;
        tracing::error!(%tenant, kind = kind.noun, id, error, "this one is left out, because it cannot be read");
    }
}
