//! The connections whose people and groups another one can take over.

use rollcall_store::{Error, Range, from_item, text};

use crate::credentials::connections::DeletedConnection;
use crate::credentials::handle::Credentials;
use crate::credentials::standing::is_revoked;

/// A connection whose people and groups another one can take over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predecessor {
    /// Its id.
    pub id: String,
    /// Its name.
    pub label: String,
    /// Whether it was deleted, or all its tokens were revoked: then it no longer stands for what it pushed.
    pub is_gone: bool,
}

impl Credentials<'_> {
    /// Lists the connections whose people and groups this one can take over: the others, oldest first, and then those
    /// that were deleted without an heir. Some that earlier versions deleted are missing.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn predecessors(self, id: &str) -> Result<Vec<Predecessor>, Error> {
        let (connections, tokens) = (self.connections().await?, self.tokens().await?);
        let others = connections.into_iter().filter(|one| one.id != id);
        let mut found: Vec<_> = others
            .map(|one| Predecessor {
                is_gone: is_revoked(&one.id, &tokens),
                id: one.id,
                label: one.label,
            })
            .collect();
        let range = Range::all(self.scope.keys().deleted_connections());
        for item in self.scope.table.query_all(range).await? {
            let id = text(&item, "SK")?.to_owned();
            let deleted: DeletedConnection = from_item(item)?;
            if deleted.handed_to.is_none() {
                let (label, is_gone) = (deleted.label, true);
                found.push(Predecessor { id, label, is_gone });
            }
        }
        Ok(found)
    }
}
