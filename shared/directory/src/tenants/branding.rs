//! How the product is called and looks in the console and in mails: for the stack, and for a tenant that differs.
//!
//! A page reads both records with its session, so a change counts at once. The content of a logo is an item of its own,
//! whose key has the hash of the content: an address with another hash finds nothing, and what was found may be kept.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rollcall_model::{Branding, EventType, Logo, LogoMark, Subject};
use rollcall_store::{
    BrandingItem, Error, Expression, Guard, Item, Partition, StackKeys, Table, Transaction,
    from_item, now, number, retry_stale, to_item,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::credentials::key_history::KeyChanger;
use crate::journal::entry::Entry;
use crate::tenants::branding_history::{BrandingChange, history};
use crate::tenants::handle::TenantSettings;

/// A branding with the content of its logo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptBranding {
    /// The branding.
    pub branding: Branding,
    /// Its logo.
    pub logo: Option<Logo>,
    /// When it was last changed; `None` if it never was.
    pub changed_at: Option<Timestamp>,
}

/// The content of a logo as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct LogoItem {
    #[serde(flatten)]
    mark: LogoMark,
    /// The content in Base64.
    content: String,
}

impl TenantSettings<'_> {
    /// Reads the tenant's own branding.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn branding(self) -> Result<KeptBranding, Error> {
        self.scope.stored_tenant().await?;
        kept(&self.scope.table, &self.scope.keys().branding()).await
    }

    /// Replaces the tenant's own branding; an empty one for that of the stack.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn put_branding(
        self,
        branding: &Branding,
        logo: Option<&Logo>,
    ) -> Result<KeptBranding, Error> {
        let partition = &self.scope.keys().branding();
        retry_stale(|_| async move {
            self.scope.living_tenant().await?;
            let table = &self.scope.table;
            let (before, after) = planned(table, partition, branding, logo).await?;
            if before == after.branding {
                return kept(table, partition).await.map(Some);
            }
            let mut transaction = change(partition, &before, &after, logo)?;
            self.scope.check_alive(&mut transaction);
            let entry = Entry::new(
                self.scope,
                EventType::TenantBrandingChanged,
                Subject::tenant(&self.scope.tenant),
            );
            let entry = entry.with_change(Some(json!(before)), Some(json!(after.branding)));
            transaction.put(entry.to_item(self.scope.keys())?);
            written(table, &transaction, after, logo).await
        })
        .await
    }
}

/// The handle on the branding of the stack: that of every tenant, as far as it has none of its own.
#[derive(Clone, Copy, Debug)]
pub struct StackBranding<'a> {
    table: &'a Table,
}

impl<'a> StackBranding<'a> {
    pub(crate) fn of(table: &'a Table) -> Self {
        Self { table }
    }

    /// Reads the branding of the stack.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn read(self) -> Result<KeptBranding, Error> {
        kept(self.table, &StackKeys::branding()).await
    }

    /// Lists the latest changes of the branding of the stack, newest first. Those of earlier versions are not in it.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn history(self) -> Result<Vec<BrandingChange>, Error> {
        history(self.table).await
    }

    /// Replaces the branding of the stack, and writes to its history who did it.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn put(
        self,
        branding: &Branding,
        logo: Option<&Logo>,
        by: &KeyChanger,
    ) -> Result<KeptBranding, Error> {
        let partition = &StackKeys::branding();
        retry_stale(|_| async move {
            let (before, mut after) = planned(self.table, partition, branding, logo).await?;
            if before == after.branding {
                return kept(self.table, partition).await.map(Some);
            }
            after.service_key.clone_from(&by.by_key);
            after.request_id.clone_from(&by.request_id);
            let mut transaction = change(partition, &before, &after, logo)?;
            let change = BrandingChange {
                at: after.changed_at,
                before,
                after: after.branding.clone(),
                by: by.clone(),
            };
            transaction.put(change.to_item()?);
            written(self.table, &transaction, after, logo).await
        })
        .await
    }
}

/// Reads the logo with this hash for a caller that nobody has checked; `None` if there is none. One that was just written
/// may be missing.
pub(crate) async fn public_logo(
    table: &Table,
    partition: &Partition,
    digest: &str,
) -> Result<Option<Logo>, Error> {
    let key = BrandingItem::logo_key(partition, digest);
    table.get_lately(&key).await?.map(read_logo).transpose()
}

async fn logo(table: &Table, partition: &Partition, digest: &str) -> Result<Option<Logo>, Error> {
    let key = BrandingItem::logo_key(partition, digest);
    table.get(&key).await?.map(read_logo).transpose()
}

fn read_logo(item: Item) -> Result<Logo, Error> {
    let item: LogoItem = from_item(item)?;
    let content = STANDARD.decode(item.content).map_err(Error::corrupt)?;
    let mark = item.mark;
    Ok(Logo { mark, content })
}

async fn record(table: &Table, partition: &Partition) -> Result<Option<BrandingItem>, Error> {
    let item = table.get(&BrandingItem::key(partition)).await?;
    item.map(from_item).transpose()
}

async fn kept(table: &Table, partition: &Partition) -> Result<KeptBranding, Error> {
    let Some(item) = record(table, partition).await? else {
        return Ok(KeptBranding::default());
    };
    let logo = match &item.branding.logo {
        Some(mark) => logo(table, partition, &mark.digest).await?,
        None => None,
    };
    Ok(KeptBranding {
        branding: item.branding,
        logo,
        changed_at: Some(item.changed_at),
    })
}

/// Returns the stored branding, and the record that replaces it.
async fn planned(
    table: &Table,
    partition: &Partition,
    new: &Branding,
    logo: Option<&Logo>,
) -> Result<(Branding, BrandingItem), Error> {
    let before = record(table, partition).await?;
    let version = before.as_ref().map_or(0, |before| before.version);
    let after = BrandingItem {
        branding: Branding {
            logo: logo.map(|logo| logo.mark.clone()),
            ..new.clone()
        },
        version: version + 1,
        changed_at: now(),
        service_key: None,
        request_id: None,
    };
    let before = before.map(|before| before.branding);
    Ok((before.unwrap_or_default(), after))
}

/// Returns the writes that replace a branding and its logo.
fn change(
    partition: &Partition,
    before: &Branding,
    after: &BrandingItem,
    logo: Option<&Logo>,
) -> Result<Transaction, Error> {
    let mut transaction = Transaction::default();
    let as_read = match after.version - 1 {
        0 => Expression::absent(),
        version => Expression::new("version = :version").with(":version", number(version)),
    };
    transaction.put_if(after.to_item(partition)?, as_read, Guard::Stale);
    if before.logo == after.branding.logo {
        return Ok(transaction);
    }
    if let Some(logo) = logo {
        transaction.put(logo_item(partition, logo)?);
    }
    if let Some(old) = &before.logo {
        transaction.delete(BrandingItem::logo_key(partition, &old.digest));
    }
    Ok(transaction)
}

fn logo_item(partition: &Partition, logo: &Logo) -> Result<Item, Error> {
    let item = LogoItem {
        mark: logo.mark.clone(),
        content: STANDARD.encode(&logo.content),
    };
    to_item(&BrandingItem::logo_key(partition, &logo.mark.digest), &item)
}

async fn written(
    table: &Table,
    transaction: &Transaction,
    after: BrandingItem,
    logo: Option<&Logo>,
) -> Result<Option<KeptBranding>, Error> {
    if !table.transact(transaction).await?.is_empty() {
        return Ok(None);
    }
    Ok(Some(KeptBranding {
        branding: after.branding,
        logo: logo.cloned(),
        changed_at: Some(after.changed_at),
    }))
}
