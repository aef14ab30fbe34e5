//! The owners of people of earlier versions, which did not note who pushed whom. The hourly pass takes them from the
//! journal: whoever pushed or changed a person last, owns them. Until then, every connection may write such people.

use jiff::Timestamp;
use rollcall_model::USERS;
use rollcall_store::{Error, Expression, Guard, Transaction, now, retry_stale, string};
use tokio::time::Instant;

use crate::journal::entry::AuditQuery;
use crate::journal::handle::Journal;
use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::resources::writes::{account_writes, committed};

/// People per page. The position is stored after each page.
const PEOPLE_AT_ONCE: usize = 50;

impl Resources<'_> {
    /// Gives people of earlier versions the owner that the journal tells, until time runs out. A later call goes on.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn complete_owners(self, deadline: Instant) -> Result<(), Error> {
        let tenant = match self.scope.stored_tenant().await {
            // The tenant was deleted.
            Err(error) if error.is_refusal() => return Ok(()),
            tenant => tenant?,
        };
        if tenant.owners_known_at.is_some() {
            return Ok(());
        }
        let mut behind = tenant.owners_known_behind;
        while Instant::now() < deadline {
            let people = self;
            let (people, next) = people.records_after(&USERS, behind, PEOPLE_AT_ONCE).await?;
            for record in people {
                if is_lifted(&record) {
                    self.find_owner(&record.id).await?;
                }
            }
            self.note_owners(next.as_deref(), now()).await?;
            match next {
                None => return Ok(()),
                next => behind = next,
            }
        }
        Ok(())
    }

    /// Notes that everybody up to this person has an owner, or everybody.
    async fn note_owners(self, behind: Option<&str>, at: Timestamp) -> Result<(), Error> {
        let set = match behind {
            Some(behind) => {
                Expression::new("SET owners_known_behind = :behind").with(":behind", string(behind))
            }
            None => Expression::new("SET owners_known_at = :at REMOVE owners_known_behind")
                .with(":at", string(&at.to_string())),
        };
        let mut transaction = Transaction::default();
        let key = self.scope.keys().tenant();
        // The condition fails only if the tenant was deleted.
        transaction.update_if(key, set, Expression::present(), Guard::Gone);
        self.scope.table.transact(&transaction).await.map(|_| ())
    }

    async fn find_owner(self, person: &str) -> Result<(), Error> {
        let Some(owner) = self.last_writer(person).await? else {
            return Ok(());
        };
        let owner = &owner;
        retry_stale(|_| async move {
            let found = self.records(&USERS, &[person.to_owned()]).await?.pop();
            let Some(record) = found.filter(is_lifted) else {
                return Ok(Some(()));
            };
            let mut after = record.rewritten();
            after.identity.owner = Some(owner.clone());
            let transaction = account_writes(self.scope, &record, &after)?;
            let committed = committed(self.scope, &transaction, &USERS).await?;
            Ok(committed.then_some(()))
        })
        .await
    }

    /// Returns the connection that created or changed the person last, as far as the journal goes back.
    async fn last_writer(self, person: &str) -> Result<Option<String>, Error> {
        let mut query = AuditQuery {
            subject: Some(person.to_owned()),
            actors: vec!["token".to_owned()],
            action: Some("user.".to_owned()),
            limit: 1,
            ..AuditQuery::default()
        };
        loop {
            let (entries, next) = Journal::of(self.scope).audit(&query).await?;
            if let Some(entry) = entries.first() {
                return Ok(entry.actor.connection().map(str::to_owned));
            }
            match next {
                None => return Ok(None),
                next => query.after = next,
            }
        }
    }
}

/// Returns whether an earlier version stored the person, so that nobody knows the owner.
fn is_lifted(record: &Record) -> bool {
    record.identity.owner.is_none() && record.identity.origin.is_none()
}
