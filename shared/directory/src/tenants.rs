//! Tenants: made, listed, renamed, set up and deleted.

use rollcall_scim as scim;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::Error;
use crate::item::{from_item, number, string, to_item};
use crate::journal::Entry;
use crate::keys::{Stack, TenantId};
use crate::meter::meter_of;
use crate::record::now;
use crate::table::Range;
use crate::tenant::{NewTenant, Settings, Tenant, TenantItem};
use crate::transaction::{Expression, Guard, Transaction};
use crate::{Directory, journal::Actor};

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
        let before = self.stored().await?.display_name;
        let mut transaction = Transaction::default();
        for key in [self.id.tenant_key(), Stack::tenants().at(self.id.as_str())] {
            let set =
                Expression::new("SET display_name = :new_name").with(":new_name", string(name));
            transaction.update_if(key, set, Expression::present(), Guard::Stale);
        }
        let told = |name: &str| Some(json!({"name": name}).to_string());
        let entry = Entry {
            before: told(&before),
            after: told(name),
            ..self.entry("tenant.renamed", self.own_subject())
        };
        transaction.put(entry.to_item(&self.id)?);
        self.commit(&transaction).await
    }

    /// Changes the settings; the rate limit reaches every token with the same write.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn change_settings(&self, settings: Settings) -> Result<Settings, Error> {
        let mut item = self.stored().await?;
        let before = std::mem::replace(&mut item.settings, settings.clone());
        if before == settings {
            return Ok(settings);
        }
        let mut transaction = Transaction::default();
        transaction.put_if(
            to_item(&self.id.tenant_key(), &item)?,
            // A change of the name meanwhile must not be undone.
            Expression::new("display_name = :read_name")
                .with(":read_name", string(&item.display_name)),
            Guard::Stale,
        );
        let told = |settings: &Settings| Some(json!(settings).to_string());
        let entry = self.entry("tenant.settings_changed", self.own_subject());
        let entry = Entry {
            before: told(&before),
            after: told(&settings),
            ..entry
        };
        transaction.put(entry.to_item(&self.id)?);
        if before.rate_limit != settings.rate_limit
            || before.retention_days != settings.retention_days
        {
            let (cost, lead) = meter_of(settings.rate_limit);
            for token in self.token_items().await?.into_iter().take(90) {
                let set = "SET cost_us = :cost, lead_us = :lead, tat = :zero, allow_at = :zero, keep_days = :days";
                let set = Expression::new(set)
                    .with(":cost", number(cost))
                    .with(":lead", number(lead))
                    .with(":zero", number(0))
                    .with(":days", number(settings.retention_days));
                transaction.update_if(
                    self.id.tokens().at(token.hash()),
                    set,
                    Expression::present(),
                    Guard::Stale,
                );
            }
        }
        self.commit(&transaction).await?;
        Ok(settings)
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
