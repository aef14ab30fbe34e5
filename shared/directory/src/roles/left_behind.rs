//! The people of a connection that was deleted with the wish to deactivate them.

use std::collections::BTreeSet;

use rollcall_model::USERS;
use rollcall_scim::Resource;
use rollcall_store::Error;
use serde_json::json;
use tokio::time::Instant;

use crate::credentials::handle::Credentials;
use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::roles::handle::Roles;

/// People per page.
const PEOPLE_AT_ONCE: usize = 100;

impl Roles<'_> {
    /// Deactivates everybody after the person `after` whom this connection owns, until time runs out. The last active
    /// owner of the tenant stays. Returns the person after whom to continue; `None` when that was everybody.
    ///
    /// # Errors
    /// Only table errors.
    pub(super) async fn deactivate_left_by(
        self,
        connection: &str,
        after: Option<String>,
        deadline: Instant,
    ) -> Result<Option<String>, Error> {
        // Also those who were handed over to it.
        let owners = Credentials::of(self.scope).with_predecessors(connection);
        let owners = &owners.await?;
        let mut behind = after;
        loop {
            let people = Resources::of(self.scope);
            let (people, next) = people.records_after(&USERS, behind, PEOPLE_AT_ONCE).await?;
            for record in people {
                if is_owned(&record, owners) && !record.inactive {
                    self.deactivate(&record.id, owners).await?;
                } else if is_owned(&record, owners) && record.identity.is_held() {
                    self.release(&record.id).await?;
                }
            }
            match next {
                None => return Ok(None),
                next if Instant::now() >= deadline => return Ok(next),
                next => behind = next,
            }
        }
    }

    async fn deactivate(self, user: &str, owners: &BTreeSet<String>) -> Result<(), Error> {
        let people = Resources::of(self.scope);
        let deactivated = |current: &Resource| {
            let mut resource = current.clone();
            resource.set("active", json!(false));
            Ok(resource)
        };
        let is_theirs = |record: &Record| is_owned(record, owners);
        let changed = people.change_if(&USERS, user, &is_theirs, &deactivated);
        self.unless_refused(user, changed.await)
    }

    /// Lets what the connection said before take effect, although it was held.
    async fn release(self, user: &str) -> Result<(), Error> {
        let released = Resources::of(self.scope).apply_held(&USERS, user).await;
        self.unless_refused(user, released)
    }

    fn unless_refused(self, user: &str, changed: Result<(), Error>) -> Result<(), Error> {
        match changed {
            Err(error) if error.is_refusal() => {
                let error = error.to_string();
                tracing::warn!(tenant = %self.scope.tenant, user, error, "not deactivated");
                Ok(())
            }
            changed => changed,
        }
    }
}

fn is_owned(record: &Record, owners: &BTreeSet<String>) -> bool {
    let owner = record.identity.owner.as_ref();
    owner.is_some_and(|owner| owners.contains(owner))
}
