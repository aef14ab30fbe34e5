//! The extension schemas of a tenant: its own, and those of the stack.
//!
//! One item of the tenant has both, so a function that serves the tenant reads it alone. Its version is on the tenant and
//! on the tenant's meter, which every request with a token reads anyway. A function reads the item once for each version.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rollcall_model::{EventType, Subject, TenantId};
use rollcall_scim::{Declaration, ResourceTypes};
use rollcall_store::{
    Error, Expression, Guard, Scope, TenantItem, Transaction, from_item, number, retry_stale,
    to_item,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::credentials::meter;
use crate::journal::entry::Entry;
use crate::tenants::declarations::{declared, parsed, text, withdrawn};
use crate::tenants::handle::TenantSettings;
use crate::tenants::stack_schemas::StackSchemas;

/// The number of tenants whose resource types a process keeps.
const MAX_KEPT: usize = 4_096;

/// The extension schemas of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schemas {
    /// Its own.
    pub own: Vec<Declaration>,
    /// Those of the stack, without those that collide with its own.
    pub inherited: Vec<Declaration>,
    version: u64,
    stack_version: u64,
}

/// The schemas as they are stored: as JSON, which is shorter than DynamoDB's own maps.
#[derive(Debug, Default, Serialize, Deserialize)]
struct SchemasItem {
    #[serde(default)]
    own: String,
    #[serde(default)]
    inherited: String,
    version: u64,
    #[serde(default)]
    stack_version: u64,
}

impl Schemas {
    fn stored(item: SchemasItem) -> Result<Self, Error> {
        Ok(Self {
            own: parsed(&item.own)?,
            inherited: parsed(&item.inherited)?,
            version: item.version,
            stack_version: item.stack_version,
        })
    }

    fn item(&self) -> Result<SchemasItem, Error> {
        Ok(SchemasItem {
            own: text(&self.own)?,
            inherited: text(&self.inherited)?,
            version: self.version,
            stack_version: self.stack_version,
        })
    }

    /// Returns the types of the tenant's resources.
    fn types(&self) -> ResourceTypes {
        let own = || self.own.iter().map(|it| it.urn.as_str());
        let inherited = self.inherited.iter();
        let inherited = inherited.filter(|it| it.check_beside(own()).is_ok());
        let all: Vec<Declaration> = inherited.chain(&self.own).cloned().collect();
        ResourceTypes::declared(&all)
    }
}

impl TenantSettings<'_> {
    /// Reads the extension schemas of the tenant.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn schemas(self) -> Result<Schemas, Error> {
        self.scope.stored_tenant().await?;
        read(self.scope).await
    }

    /// Declares a schema of the tenant, or changes it. Returns what the tenant has then.
    ///
    /// # Errors
    /// `404` when the tenant was deleted; `invalidValue` for a declaration that is not valid, collides with another, or is
    /// one too many; `409` when values that are stored could not be valid any more.
    pub async fn declare_schema(self, new: &Declaration) -> Result<Schemas, Error> {
        retry_stale(|_| async move {
            let tenant = self.scope.living_tenant().await?;
            let before = read(self.scope).await?;
            let own = declared(&before.own, new, &before.inherited)?;
            let after = Schemas {
                own,
                ..before.clone()
            };
            let written = write(self.scope, &tenant, &before, after, &new.urn).await?;
            Ok(written)
        })
        .await
    }

    /// Ends the declaration of a schema of the tenant. Returns `false` if it has none with this URN.
    ///
    /// # Errors
    /// `404` when the tenant was deleted; `409` when the schema hides values.
    pub async fn withdraw_schema(self, urn: &str) -> Result<bool, Error> {
        retry_stale(|_| async move {
            let tenant = self.scope.living_tenant().await?;
            let before = read(self.scope).await?;
            let Some(own) = withdrawn(&before.own, urn)? else {
                // An earlier attempt may have ended before it refreshed the meter.
                meter::refresh(&self.scope.table, &self.scope.tenant).await?;
                return Ok(Some(false));
            };
            let after = Schemas {
                own,
                ..before.clone()
            };
            let written = write(self.scope, &tenant, &before, after, urn).await?;
            Ok(written.map(|_| true))
        })
        .await
    }

    /// Gives the tenant the schemas of the stack.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn inherit_schemas(self, stack: &StackSchemas) -> Result<(), Error> {
        retry_stale(|_| async move {
            let tenant = match self.scope.stored_tenant().await {
                // The tenant was deleted.
                Err(error) if error.is_refusal() => return Ok(Some(())),
                tenant => tenant?,
            };
            if tenant.deleting || tenant.stack_schemas >= stack.version() {
                return Ok(Some(()));
            }
            let before = read(self.scope).await?;
            let after = Schemas {
                inherited: stack.declarations.clone(),
                stack_version: stack.version(),
                ..before.clone()
            };
            let written = write(self.scope, &tenant, &before, after, "").await?;
            Ok(written.map(|_| ()))
        })
        .await
    }
}

async fn read(scope: &Scope) -> Result<Schemas, Error> {
    let item = scope.table.get(&scope.keys().schemas()).await?;
    match item {
        Some(item) => Schemas::stored(from_item(item)?),
        None => Ok(Schemas::default()),
    }
}

/// Writes the schemas of a tenant, and tells what changed: of its own, the one with this URN; without a URN, those of the
/// stack. Returns `None` if something has changed
/// since it was read.
async fn write(
    scope: &Scope,
    tenant: &TenantItem,
    before: &Schemas,
    after: Schemas,
    urn: &str,
) -> Result<Option<Schemas>, Error> {
    if before.own == after.own && before.stack_version == after.stack_version {
        // An earlier attempt may have ended before it refreshed the meter.
        meter::refresh(&scope.table, &scope.tenant).await?;
        return Ok(Some(after));
    }
    let after = Schemas {
        version: before.version + 1,
        ..after
    };
    let mut stored = tenant.clone();
    stored.schemas = after.version;
    stored.stack_schemas = after.stack_version;
    stored.revision = tenant.revision + 1;
    let mut transaction = Transaction::default();
    let unchanged = Expression::at_revision(tenant.revision);
    transaction.put_if(stored.to_item(scope.keys())?, unchanged, Guard::Stale);
    let as_read = match before.version {
        0 => Expression::absent(),
        version => Expression::new("version = :version").with(":version", number(version)),
    };
    let item = to_item(&scope.keys().schemas(), &after.item()?)?;
    transaction.put_if(item, as_read, Guard::Stale);
    let told = |schemas: &Schemas| -> Option<Value> {
        if urn.is_empty() {
            let urns = schemas.inherited.iter().map(|it| it.urn.as_str());
            let urns: Vec<&str> = urns.collect();
            return Some(json!({"inherited": urns, "stack_version": schemas.stack_version}));
        }
        let is_it = |it: &&Declaration| it.urn.eq_ignore_ascii_case(urn);
        Some(json!({"schema": schemas.own.iter().find(is_it)}))
    };
    let subject = Subject::tenant(&scope.tenant);
    let entry = Entry::new(scope, EventType::TenantSchemasChanged, subject);
    let entry = entry.with_change(told(before), told(&after));
    transaction.put(entry.to_item(scope.keys())?);
    if !scope.table.transact(&transaction).await?.is_empty() {
        return Ok(None);
    }
    meter::refresh(&scope.table, &scope.tenant).await?;
    Ok(Some(after))
}

/// The types of resources that a process has read, by tenant and version. They do not change, so they have no age.
#[derive(Debug, Default)]
pub(crate) struct DeclaredTypes(Mutex<HashMap<(TenantId, u64), ResourceTypes>>);

impl DeclaredTypes {
    /// Returns the types of the tenant's resources at this version of its schemas, or at a newer one.
    pub(crate) async fn of(&self, scope: &Scope, version: u64) -> Result<ResourceTypes, Error> {
        if version == 0 {
            return Ok(ResourceTypes::default());
        }
        let key = (scope.tenant.clone(), version);
        if let Some(known) = self.lock().get(&key) {
            return Ok(*known);
        }
        let schemas = read(scope).await?;
        let types = schemas.types();
        let mut kept = self.lock();
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert((key.0, schemas.version), types);
        Ok(types)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(TenantId, u64), ResourceTypes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
