//! The lifecycle of a tenant: created, listed, changed, deleted.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rollcall_model::{AtCeiling, Ceilings, EventType, RateLimit, Settings, Subject, TenantId};
use rollcall_scim as scim;
use rollcall_store::{
    Error, Expression, Guard, Range, StackKeys, Table, TenantItem, Transaction, from_item, now,
    number, retry_stale, to_item,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::Instant;

use crate::credentials::handle::Credentials;
use crate::credentials::meter;
use crate::credentials::service_keys::ServiceKeys;
use crate::erasure::order::write_order;
use crate::journal::entry::Entry;
use crate::tenants::ceilings::{check_asked_retention, check_ceilings};
use crate::tenants::change_settings::{SettingsChange, check_ceiling};
use crate::tenants::handle::Lifecycle;
use crate::tenants::write_tenant::write_tenant;

/// A tenant to be created.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Its id. It never changes and is never used again.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// Its settings.
    pub settings: Settings,
    /// What the operator allows it.
    pub ceilings: Ceilings,
}

/// The parts of a tenant to change; `None` leaves a part as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantChange {
    /// Its name.
    pub name: Option<String>,
    /// Its settings.
    pub settings: Option<SettingsChange>,
    /// The operator's limit for the requests of all its tokens and sessions together; `Some(None)` for no limit.
    pub request_ceiling: Option<Option<RateLimit>>,
    /// The operator's other limits.
    pub ceilings: CeilingsChange,
}

/// The ceilings to change: `None` leaves one as it is, `Some(None)` lifts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CeilingsChange {
    /// Tokens.
    pub tokens: Option<Option<u64>>,
    /// People.
    pub people: Option<Option<u64>>,
    /// Groups.
    pub groups: Option<Option<u64>>,
    /// Invitations per day.
    pub invitations_per_day: Option<Option<u32>>,
    /// The shortest retention, in days.
    pub min_retention_days: Option<Option<u32>>,
    /// Read units of one token per minute.
    pub read_units_per_minute: Option<Option<u32>>,
}

impl CeilingsChange {
    fn applied_to(self, before: Ceilings) -> Ceilings {
        Ceilings {
            tokens: self.tokens.unwrap_or(before.tokens),
            people: self.people.unwrap_or(before.people),
            groups: self.groups.unwrap_or(before.groups),
            invitations_per_day: self
                .invitations_per_day
                .unwrap_or(before.invitations_per_day),
            min_retention_days: self.min_retention_days.unwrap_or(before.min_retention_days),
            read_units_per_minute: self
                .read_units_per_minute
                .unwrap_or(before.read_units_per_minute),
        }
    }
}

/// A tenant as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantSummary {
    /// Its id.
    #[serde(rename = "SK")]
    pub id: TenantId,
    /// Its name.
    pub display_name: String,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A tenant with everything that its owner or the operator can change.
#[derive(Clone, Debug)]
pub struct TenantDetails {
    /// The tenant as lists show it.
    pub summary: TenantSummary,
    /// Its settings.
    pub settings: Settings,
    /// The operator's limit for the requests of all its tokens and sessions together; `None` is unlimited.
    pub request_ceiling: Option<RateLimit>,
    /// The operator's other limits.
    pub ceilings: Ceilings,
    /// Which of them were reached when they were last counted.
    pub at_ceiling: AtCeiling,
}

/// Lists at most `limit` tenants after the id `after`, by id.
pub(crate) async fn list(
    table: &Table,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<TenantSummary>, Error> {
    let range = Range::all(StackKeys::tenants())
        .after(after.map(str::to_owned))
        .limit(limit);
    let page = table.query(&range).await?;
    page.items.into_iter().map(from_item).collect()
}

impl Lifecycle<'_> {
    /// Creates the tenant, and returns it.
    ///
    /// # Errors
    /// `uniqueness` when a tenant with this id exists or once existed.
    pub async fn create(self, name: String, settings: Settings) -> Result<TenantDetails, Error> {
        self.create_as(TenantItem::new(name, now(), settings)).await
    }

    /// Creates the tenant with these ceilings.
    ///
    /// # Errors
    /// As [`Lifecycle::create`].
    pub(crate) async fn create_within(
        self,
        name: String,
        settings: Settings,
        ceilings: Ceilings,
    ) -> Result<TenantDetails, Error> {
        let mut item = TenantItem::new(name, now(), settings);
        item.ceilings = ceilings;
        self.create_as(item).await
    }

    /// Creates the tenant as it is given, with the roles in its settings as those of the stack.
    pub(super) async fn create_as(self, mut item: TenantItem) -> Result<TenantDetails, Error> {
        let scope = self.scope;
        let keys = scope.keys();
        let summary = TenantSummary {
            id: scope.tenant.clone(),
            display_name: item.display_name.clone(),
            created_at: item.created_at,
        };
        // If those of the stack change meanwhile, a pass sees to it.
        item.inherit_roles(item.settings.roles.clone());
        let created = self.details(item.clone());
        let item = item.to_item(keys)?;
        let listed = StackKeys::tenants().at(scope.tenant.as_str());
        let listed = to_item(&listed, &summary)?;
        let mut transaction = Transaction::default();
        transaction.put_if(item, Expression::absent(), Guard::Unique);
        transaction.put_if(listed, Expression::absent(), Guard::Unique);
        transaction.check(keys.deleted_tenant(), Expression::absent(), Guard::Unique);
        let entry = Entry::new(
            scope,
            EventType::TenantCreated,
            Subject::tenant(&scope.tenant),
        );
        transaction.put(entry.to_item(keys)?);
        if !scope.table.transact(&transaction).await?.is_empty() {
            let attribute = "id".to_owned();
            return Err(scim::Error::Uniqueness { attribute }.into());
        }
        // Without a meter, the first request with a token makes one.
        if let Err(error) = meter::refresh(&scope.table, &scope.tenant).await {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(tenant = %scope.tenant, error, "the tenant has no meter yet");
        }
        Ok(created)
    }

    /// Reads the tenant.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn read(self) -> Result<TenantDetails, Error> {
        Ok(self.details(self.scope.stored_tenant().await?))
    }

    /// Reads the tenant as [`Self::read`] does, unless its deletion has begun: whoever works in it reads it first.
    ///
    /// # Errors
    /// `404` when the tenant was deleted or is being deleted.
    pub async fn read_living(self) -> Result<TenantDetails, Error> {
        Ok(self.details(self.scope.living_tenant().await?))
    }

    pub(super) fn details(self, item: TenantItem) -> TenantDetails {
        TenantDetails {
            summary: TenantSummary {
                id: self.scope.tenant.clone(),
                display_name: item.display_name,
                created_at: item.created_at,
            },
            settings: item.settings,
            request_ceiling: item.request_ceiling,
            ceilings: item.ceilings,
            at_ceiling: item.at_ceiling,
        }
    }

    /// Checks that the tenant exists or once existed.
    ///
    /// # Errors
    /// `404` for a tenant that never existed.
    pub async fn known(self) -> Result<(), Error> {
        let deleted = self.scope.keys().deleted_tenant();
        match self.scope.table.get(&deleted).await? {
            Some(_) => Ok(()),
            None => self.scope.stored_tenant().await.map(|_| ()),
        }
    }

    /// Changes the tenant's name and settings: both or neither. Returns the tenant after that.
    ///
    /// # Errors
    /// `404` when the tenant was deleted; `invalidValue` for a setting that is not allowed.
    pub async fn change(self, change: &TenantChange) -> Result<TenantDetails, Error> {
        let changed = retry_stale(|_| async move {
            let before = self.scope.living_tenant().await?;
            let mut after = before.clone();
            if let Some(name) = &change.name {
                after.display_name = name.clone();
            }
            if let Some(settings) = &change.settings {
                after.settings = settings.applied_to(after.settings, self.scope.session_bounds)?;
            }
            after.ceilings = change.ceilings.applied_to(before.ceilings);
            check_ceilings(&after.ceilings)?;
            let settings = change.settings.as_ref();
            let asked = settings.and_then(|settings| settings.retention_days);
            check_asked_retention(asked, &after.ceilings, Some(&before))?;
            // A shorter one that nobody asked for now is lengthened.
            if let Some(floor) = after.ceilings.min_retention_days {
                let days = &mut after.settings.retention_days;
                *days = floor.max(*days);
            }
            if let Some(ceiling) = change.request_ceiling {
                check_ceiling(ceiling)?;
                after.request_ceiling = ceiling;
            }
            let written = write_tenant(self.scope, &before, &after).await?;
            Ok(written.then_some(after))
        })
        .await?;
        let mut changed = self.details(changed);
        if change.ceilings != CeilingsChange::default() {
            // A new ceiling holds at once.
            changed.at_ceiling = self.count_for_ceilings().await?;
        }
        Ok(changed)
    }

    /// Deletes the tenant. Its tokens, its sessions and the service keys that are bound to it end with it; its id is never
    /// used again.
    ///
    /// The tenant's other items stay in the table for a week, in which its event feed can still be read. Then they are
    /// erased.
    ///
    /// If it ends before everything is done, nobody gets in any more. A repetition goes on, and so does the hourly pass
    /// ([`Self::go_on_deleting`]).
    ///
    /// # Errors
    /// `404` when the tenant was already deleted.
    pub async fn delete(self) -> Result<(), Error> {
        self.delete_by(None).await.map(|_| ())
    }

    /// Goes on with a deletion that was cut off, with one connection at least and then until `deadline`. Returns whether the
    /// tenant is deleted; a later call goes on.
    ///
    /// # Errors
    /// `404` when the tenant was already deleted.
    pub async fn go_on_deleting(self, deadline: Instant) -> Result<bool, Error> {
        self.delete_by(Some(deadline)).await
    }

    async fn delete_by(self, deadline: Option<Instant>) -> Result<bool, Error> {
        self.begin_deletion().await?;
        // All tokens of the tenant end with this write, however many there are.
        meter::refresh(&self.scope.table, &self.scope.tenant).await?;
        // From here on no connection can be created and no token issued, so both lists are complete.
        let credentials = Credentials::of(self.scope);
        for connection in credentials.connections().await? {
            match credentials.delete_connection(&connection.id).await {
                // Another request has deleted the connection in the meantime.
                Ok(()) | Err(Error::Scim(scim::Error::NotFound { .. })) => {}
                Err(error) => return Err(error),
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok(false);
            }
        }
        credentials.revoke_live_tokens(|_| true).await?;
        ServiceKeys::revoke_bound(self.scope).await?;
        let mut transaction = Transaction::default();
        let tenant = self.scope.keys().tenant();
        transaction.delete_if(tenant, Expression::present(), Guard::Stale);
        let listed = StackKeys::tenants().at(self.scope.tenant.as_str());
        transaction.delete_if(listed, Expression::present(), Guard::Stale);
        // Prevents reuse of the id.
        let tombstone = to_item(&self.scope.keys().deleted_tenant(), &json!({"at": now()}))?;
        transaction.put(tombstone);
        write_order(self.scope, &mut transaction)?;
        let subject = Subject::tenant(&self.scope.tenant);
        let entry = Entry::new(self.scope, EventType::TenantDeleted, subject);
        transaction.put(entry.to_item(self.scope.keys())?);
        self.scope.commit(&transaction).await.map(|()| true)
    }

    async fn begin_deletion(self) -> Result<(), Error> {
        let mut transaction = Transaction::default();
        transaction.update_if(
            self.scope.keys().tenant(),
            // The new revision makes writes of a tenant that was read before fail, so that none of them removes the
            // mark.
            Expression::new("SET deleting = :yes, revision = revision + :one")
                .with(":yes", AttributeValue::Bool(true))
                .with(":one", number(1)),
            Expression::present(),
            Guard::Stale,
        );
        match self.scope.table.transact(&transaction).await?.is_empty() {
            true => Ok(()),
            false => self.scope.stored_tenant().await.map(|_| ()),
        }
    }
}
