//! Tenants: made, listed, renamed, set up and deleted.

use rollcall_scim as scim;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::credentials::authenticate::meter_of;
use crate::error::Error;
use crate::journal::entry::Entry;
use crate::resources::record::now;
use crate::store::item::{from_item, number, string, to_item};
use crate::store::keys::{Stack, TenantId};
use crate::store::table::Range;
use crate::store::transaction::{Expression, Guard, MAX_WRITES, Transaction};
use crate::tenant::{NewTenant, Settings, Tenant, TenantItem};
use crate::{Directory, journal::entry::Actor};

/// How often a write starts over before the table counts as busy.
const MAX_TURNS: usize = 20;

/// A tenant as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantSummary {
    /// Its id.
    #[serde(rename = "SK")]
    pub id: TenantId,
    /// What people call it.
    pub display_name: String,
    /// When it was made.
    pub created_at: jiff::Timestamp,
}

impl Directory {
    /// Makes a tenant.
    ///
    /// # Errors
    /// `uniqueness` when there is, or ever was, one of this id.
    pub async fn create_tenant(&self, new: NewTenant) -> Result<Tenant, Error> {
        let tenant = self.system(new.id.clone());
        let at = now();
        let summary = TenantSummary {
            id: new.id,
            display_name: new.name.clone(),
            created_at: at,
        };
        let item = TenantItem {
            display_name: new.name.clone(),
            created_at: at,
            settings: new.settings,
            revision: 1,
        };
        let mut transaction = Transaction::default();
        let listed = Stack::tenants().at(tenant.id.as_str());
        transaction.put_if(
            to_item(&tenant.id.tenant_key(), &item)?,
            Expression::absent(),
            Guard::Unique,
        );
        transaction.put_if(
            to_item(&listed, &summary)?,
            Expression::absent(),
            Guard::Unique,
        );
        transaction.check(
            tenant.id.config().at("DELETED"),
            Expression::absent(),
            Guard::Unique,
        );
        transaction.put(
            tenant
                .entry("tenant.created", tenant.own_subject())
                .to_item(&tenant.id)?,
        );
        match tenant.table.transact(&transaction).await?.is_empty() {
            true => Ok(tenant),
            false => Err(scim::Error::Uniqueness {
                attribute: "id".to_owned(),
            }
            .into()),
        }
    }

    /// The tenants in order of their ids, `limit` of them behind `after`.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn tenants(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<TenantSummary>, Error> {
        let range = Range::all(Stack::tenants())
            .after(after.map(str::to_owned))
            .limit(limit);
        let page = self.table().query(&range).await?;
        page.items.into_iter().map(from_item).collect()
    }

    /// A tenant, acted upon by the application with its service key.
    pub fn for_application(&self, tenant: TenantId, request_id: &str) -> Tenant {
        Tenant {
            actor: Actor::Application,
            request_id: request_id.to_owned(),
            ..self.system(tenant)
        }
    }

    /// A tenant, acted upon by a person in a session.
    pub fn for_person(&self, tenant: TenantId, person: Option<&str>, request_id: &str) -> Tenant {
        let actor = match person {
            Some(id) => Actor::Person { id: id.to_owned() },
            None => Actor::PortalLink,
        };
        Tenant {
            actor,
            request_id: request_id.to_owned(),
            ..self.system(tenant)
        }
    }
}

impl Tenant {
    /// The tenant as lists show it.
    ///
    /// # Errors
    /// `404` when it was deleted.
    pub async fn summary(&self) -> Result<TenantSummary, Error> {
        let item = self.stored().await?;
        Ok(TenantSummary {
            id: self.id.clone(),
            display_name: item.display_name,
            created_at: item.created_at,
        })
    }

    /// Fails where there is, and ever was, no such tenant.
    ///
    /// # Errors
    /// `404` for a tenant that never was.
    pub async fn known(&self) -> Result<(), Error> {
        let deleted = self.id.config().at("DELETED");
        match self.table.get(&deleted).await? {
            Some(_) => Ok(()),
            None => self.stored().await.map(|_| ()),
        }
    }

    /// Renames the tenant.
    ///
    /// # Errors
    /// `404` when it was deleted.
    pub async fn rename(&self, name: &str) -> Result<(), Error> {
        let told = |name: &str| Some(json!({"name": name}).to_string());
        for _ in 0..MAX_TURNS {
            let before = self.stored().await?;
            let mut after = before.clone();
            after.display_name = name.to_owned();
            let mut transaction = self.tenant_write(&before, after)?;
            let listed =
                Expression::new("SET display_name = :new_name").with(":new_name", string(name));
            let key = Stack::tenants().at(self.id.as_str());
            transaction.update_if(key, listed, Expression::present(), Guard::Stale);
            let entry = self.entry("tenant.renamed", self.own_subject());
            let entry = Entry {
                before: told(&before.display_name),
                after: told(name),
                ..entry
            };
            transaction.put(entry.to_item(&self.id)?);
            if self.table.transact(&transaction).await?.is_empty() {
                return Ok(());
            }
        }
        Err(Error::Busy(None))
    }

    fn tenant_write(
        &self,
        before: &TenantItem,
        mut after: TenantItem,
    ) -> Result<Transaction, Error> {
        after.revision = before.revision + 1;
        let mut transaction = Transaction::default();
        let item = to_item(&self.id.tenant_key(), &after)?;
        transaction.put_if(item, Expression::at_revision(before.revision), Guard::Stale);
        Ok(transaction)
    }

    /// Decides the settings anew from what they are; the rate limit reaches every token with the same write.
    ///
    /// # Errors
    /// `404` when the tenant was deleted, and whatever `decide` refuses.
    pub async fn change_settings(
        &self,
        decide: impl Fn(Settings) -> Result<Settings, Error>,
    ) -> Result<Settings, Error> {
        for _ in 0..MAX_TURNS {
            let before = self.stored().await?;
            let settings = decide(before.settings.clone())?;
            if self.write_settings(&before, settings.clone()).await? {
                return Ok(settings);
            }
        }
        Err(Error::Busy(None))
    }

    /// Replaces the settings unless somebody has written since these were read; says whether they are as wanted.
    pub(crate) async fn write_settings(
        &self,
        before: &TenantItem,
        settings: Settings,
    ) -> Result<bool, Error> {
        if before.settings == settings {
            return Ok(true);
        }
        let told = |settings: &Settings| Some(json!(settings).to_string());
        let entry = self.entry("tenant.settings_changed", self.own_subject());
        let entry = Entry {
            before: told(&before.settings),
            after: told(&settings),
            ..entry
        };
        let mut after = before.clone();
        after.settings = settings.clone();
        let mut transaction = self.tenant_write(before, after)?;
        transaction.put(entry.to_item(&self.id)?);
        if before.settings.rate_limit != settings.rate_limit
            || before.settings.retention_days != settings.retention_days
        {
            self.write_meters(&mut transaction, &settings).await?;
        }
        Ok(self.table.transact(&transaction).await?.is_empty())
    }

    async fn write_meters(
        &self,
        transaction: &mut Transaction,
        settings: &Settings,
    ) -> Result<(), Error> {
        let (cost, lead) = meter_of(settings.rate_limit);
        let live = self
            .token_items()
            .await?
            .into_iter()
            .filter(|token| !token.is_revoked());
        for token in live.take(MAX_WRITES - transaction.len()) {
            let set = "SET cost_us = :cost, lead_us = :lead, tat = :zero, allow_at = :zero, keep_days = :days";
            let set = Expression::new(set)
                .with(":cost", number(cost))
                .with(":lead", number(lead))
                .with(":zero", number(0))
                .with(":days", number(settings.retention_days));
            let key = self.id.tokens().at(token.hash());
            transaction.update_if(key, set, Expression::present(), Guard::Stale);
        }
        Ok(())
    }

    /// Deletes the tenant: its tokens and sessions die with it, its id is never used again.
    ///
    /// What it held stays unreachable in the table until it is purged.
    ///
    /// # Errors
    /// `404` when it was deleted already.
    pub async fn delete_tenant(&self) -> Result<(), Error> {
        self.stored().await?;
        for connection in self.connections().await? {
            self.delete_connection(&connection.id).await?;
        }
        let mut transaction = Transaction::default();
        transaction.delete_if(self.id.tenant_key(), Expression::present(), Guard::Stale);
        let listed = Stack::tenants().at(self.id.as_str());
        transaction.delete_if(listed, Expression::present(), Guard::Stale);
        // The tombstone keeps the id from being given again.
        transaction.put(to_item(
            &self.id.config().at("DELETED"),
            &json!({"at": now()}),
        )?);
        transaction.put(
            self.entry("tenant.deleted", self.own_subject())
                .to_item(&self.id)?,
        );
        self.commit(&transaction).await
    }
}
