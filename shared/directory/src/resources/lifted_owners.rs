//! The owners of people and groups of earlier versions, which did not note who pushed what. The hourly pass takes them
//! from the journal: whoever pushed or changed something last, owns it. Until then, every connection may write it; what
//! the journal does not tell goes to the connection that writes it next (`ownership`).

use jiff::Timestamp;
use rollcall_model::{GROUPS, Kind, USERS};
use rollcall_store::{Error, Expression, Guard, TenantItem, Transaction, now, retry_stale, string};
use tokio::time::Instant;

use crate::journal::entry::AuditQuery;
use crate::journal::handle::Journal;
use crate::resources::handle::Resources;
use crate::resources::ownership::is_lifted;
use crate::resources::writes::{committed, write_record};

/// People or groups per page. The position is stored after each page.
const RECORDS_AT_ONCE: usize = 50;

/// What is known about the owners of one kind, and the attributes of the tenant that say so.
struct Known {
    kind: &'static Kind,
    at: Option<Timestamp>,
    behind: Option<String>,
    noted_at: &'static str,
    noted_behind: &'static str,
}

impl Known {
    fn of(tenant: TenantItem) -> [Self; 2] {
        let people = Self {
            kind: &USERS,
            at: tenant.owners_known_at,
            behind: tenant.owners_known_behind,
            noted_at: "owners_known_at",
            noted_behind: "owners_known_behind",
        };
        let groups = Self {
            kind: &GROUPS,
            at: tenant.group_owners_known_at,
            behind: tenant.group_owners_known_behind,
            noted_at: "group_owners_known_at",
            noted_behind: "group_owners_known_behind",
        };
        [people, groups]
    }

    /// Returns what to store: that everybody up to this one has an owner, or everybody.
    fn noted(&self, behind: Option<&str>, at: Timestamp) -> Expression {
        let (noted_at, noted_behind) = (self.noted_at, self.noted_behind);
        match behind {
            Some(behind) => Expression::new(format!("SET {noted_behind} = :behind"))
                .with(":behind", string(behind)),
            None => Expression::new(format!("SET {noted_at} = :at REMOVE {noted_behind}"))
                .with(":at", string(&at.to_string())),
        }
    }
}

impl Resources<'_> {
    /// Gives people and groups of earlier versions the owner that the journal tells, until time runs out. A later call
    /// goes on.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn complete_owners(self, deadline: Instant) -> Result<(), Error> {
        let tenant = match self.scope.stored_tenant().await {
            // The tenant was deleted.
            Err(error) if error.is_refusal() => return Ok(()),
            tenant => tenant?,
        };
        for known in Known::of(tenant) {
            if known.at.is_none() {
                self.complete_owners_of(known, deadline).await?;
            }
        }
        Ok(())
    }

    async fn complete_owners_of(self, known: Known, deadline: Instant) -> Result<(), Error> {
        let mut behind = known.behind.clone();
        while Instant::now() < deadline {
            let page = self.records_after(known.kind, behind, RECORDS_AT_ONCE);
            let (records, next) = page.await?;
            for record in records.iter().filter(|record| is_lifted(record)) {
                self.find_owner(known.kind, &record.id).await?;
            }
            self.note_owners(known.noted(next.as_deref(), now()))
                .await?;
            match next {
                None => return Ok(()),
                next => behind = next,
            }
        }
        Ok(())
    }

    async fn note_owners(self, noted: Expression) -> Result<(), Error> {
        let mut transaction = Transaction::default();
        let key = self.scope.keys().tenant();
        // The condition fails only if the tenant was deleted.
        transaction.update_if(key, noted, Expression::present(), Guard::Gone);
        self.scope.table.transact(&transaction).await.map(|_| ())
    }

    async fn find_owner(self, kind: &'static Kind, id: &str) -> Result<(), Error> {
        let Some(owner) = self.last_writer(kind, id).await? else {
            return Ok(());
        };
        let owner = &owner;
        retry_stale(|_| async move {
            let found = self.records(kind, &[id.to_owned()]).await?.pop();
            let Some(record) = found.filter(is_lifted) else {
                return Ok(Some(()));
            };
            let mut after = record.rewritten();
            after.identity.owner = Some(owner.clone());
            let mut transaction = Transaction::default();
            let (before, after) = (Some(&record), Some(&after));
            write_record(self.scope, &mut transaction, kind, before, after)?;
            let committed = committed(self.scope, &transaction, kind).await?;
            Ok(committed.then_some(()))
        })
        .await
    }

    /// Returns the connection that created or changed something last, as far as the journal goes back.
    async fn last_writer(self, kind: &Kind, id: &str) -> Result<Option<String>, Error> {
        let mut query = AuditQuery {
            subject: Some(id.to_owned()),
            actors: vec!["token".to_owned()],
            action: Some(format!("{}.", kind.noun)),
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
