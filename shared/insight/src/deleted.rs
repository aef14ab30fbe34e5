//! People who were deleted: who they were, as far as the journal still knows.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rollcall_directory::{AuditQuery, Entry, EventType, Fate};
use rollcall_store::Error;

use crate::handle::Insight;

/// A person who was deleted and has not come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedPerson {
    /// The person's id.
    pub id: String,
    /// The user name that they had.
    pub user_name: String,
    /// When they were deleted.
    pub deleted_at: Timestamp,
}

impl Insight<'_> {
    /// Lists the people whom the journal calls deleted and who have not come back, latest first, and the cursor of the
    /// next page. `name` is a user name or an id, ignoring case. A page can be short or even empty although another one
    /// follows.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn deleted_people(
        self,
        name: Option<String>,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<DeletedPerson>, Option<String>), Error> {
        let query = AuditQuery {
            subject: name,
            action: Some(EventType::UserDeleted.as_str().to_owned()),
            after,
            limit,
            ..AuditQuery::default()
        };
        let (entries, next) = self.tenant.journal().audit(&query).await?;
        let ids: BTreeSet<String> = entries.iter().map(|one| one.subject.id.clone()).collect();
        let fates = self.tenant.resources().fates(&ids).await?;
        let is_out = |entry: &Entry| fates.get(&entry.subject.id).is_some_and(is_deleted);
        let mut seen = BTreeSet::new();
        let mut entries = entries;
        entries.retain(|entry| is_out(entry) && seen.insert(entry.subject.id.clone()));
        Ok((entries.into_iter().map(DeletedPerson::from).collect(), next))
    }
}

fn is_deleted(fate: &Fate) -> bool {
    fate.merged_into.is_none()
}

impl From<Entry> for DeletedPerson {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.subject.id,
            user_name: entry.subject.name,
            deleted_at: entry.at,
        }
    }
}
