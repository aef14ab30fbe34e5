//! The lifecycle of a tenant: created, listed, changed, deleted.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rollcall_model::{EventType, RateLimit, Settings, Subject, TenantId};
use rollcall_scim as scim;
use rollcall_store::{
    Error, Expression, Guard, Range, StackKeys, Table, TenantItem, Transaction, from_item, now,
    number, retry_stale, to_item,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::credentials::handle::Credentials;
use crate::credentials::meter;
use crate::erasure::order::write_order;
use crate::journal::entry::Entry;
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
}

/// The parts of a tenant to change; `None` leaves a part as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantChange {
    /// Its name.
    pub name: Option<String>,
    /// Its settings.
    pub settings: Option<SettingsChange>,
    /// The operator's limit for the requests of all its tokens together; `Some(None)` for no limit.
    pub request_ceiling: Option<Option<RateLimit>>,
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
    /// The operator's limit for the requests of all its tokens together; `None` is unlimited.
    pub request_ceiling: Option<RateLimit>,
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
    /// Creates the tenant.
    ///
    /// # Errors
    /// `uniqueness` when a tenant with this id exists or once existed.
    pub async fn create(self, name: String, settings: Settings) -> Result<(), Error> {
        let scope = self.scope;
        let (at, keys) = (now(), scope.keys());
        let summary = TenantSummary {
            id: scope.tenant.clone(),
            display_name: name.clone(),
            created_at: at,
        };
        let item = TenantItem::new(name, at, settings).to_item(keys)?;
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
        Ok(())
    }

    /// Reads the tenant.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn read(self) -> Result<TenantDetails, Error> {
        let item = self.scope.stored_tenant().await?;
        Ok(TenantDetails {
            summary: TenantSummary {
                id: self.scope.tenant.clone(),
                display_name: item.display_name,
                created_at: item.created_at,
            },
            settings: item.settings,
            request_ceiling: item.request_ceiling,
        })
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

    /// Changes the tenant's name and settings: both or neither.
    ///
    /// # Errors
    /// `404` when the tenant was deleted; `invalidValue` for a setting that is not allowed.
    pub async fn change(self, change: &TenantChange) -> Result<(), Error> {
        retry_stale(|_| async move {
            let before = self.scope.stored_tenant().await?;
            let mut after = before.clone();
            if let Some(name) = &change.name {
                after.display_name = name.clone();
            }
            if let Some(settings) = &change.settings {
                after.settings = settings.applied_to(after.settings)?;
            }
            if let Some(ceiling) = change.request_ceiling {
                check_ceiling(ceiling)?;
                after.request_ceiling = ceiling;
            }
            let written = write_tenant(self.scope, &before, &after).await?;
            Ok(written.then_some(()))
        })
        .await
    }

    /// Deletes the tenant. Its tokens and sessions end with it; its id is never used again.
    ///
    /// The tenant's other items stay in the table for a week, in which its event feed can still be read. Then they are
    /// erased.
    ///
    /// # Errors
    /// `404` when the tenant was already deleted.
    pub async fn delete(self) -> Result<(), Error> {
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
        }
        credentials.revoke_live_tokens(|_| true).await?;
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
        self.scope.commit(&transaction).await
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
