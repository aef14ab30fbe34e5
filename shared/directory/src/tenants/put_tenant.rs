//! Puts a tenant under an id that the application chose: creates it, or replaces everything that can be changed of it.

use rollcall_model::{Ceilings, RateLimit, Settings};
use rollcall_scim as scim;
use rollcall_store::{Error, TenantItem, now, retry_stale};

use crate::tenants::ceilings::{check_asked_retention, check_ceilings};
use crate::tenants::change_settings::check_ceiling;
use crate::tenants::handle::Lifecycle;
use crate::tenants::lifecycle::TenantDetails;
use crate::tenants::put_settings::{WholeSettings, default_settings};
use crate::tenants::stack_roles::stack_roles;
use crate::tenants::write_tenant::write_tenant;

/// Everything that the application decides about a tenant, except for its roles.
#[derive(Clone, Debug)]
pub struct WholeTenant {
    /// Its name.
    pub name: String,
    /// Its settings.
    pub settings: WholeSettings,
    /// The limit for the requests of all its tokens and sessions together; `None` is unlimited.
    pub request_ceiling: Option<RateLimit>,
    /// Its other ceilings.
    pub ceilings: Ceilings,
}

/// How a tenant was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PutBy {
    Creation,
    Change,
    NewCeilings,
}

impl Lifecycle<'_> {
    /// Creates the tenant, or replaces everything but its roles. Returns the tenant after that, and whether it was created. If
    /// nothing differs, nothing is written.
    ///
    /// # Errors
    /// `uniqueness` when a tenant with this id was deleted or is being deleted; `invalidValue` for a setting or a ceiling
    /// that is not allowed.
    pub async fn put(self, whole: &WholeTenant) -> Result<(TenantDetails, bool), Error> {
        check_ceilings(&whole.ceilings)?;
        check_ceiling(whole.request_ceiling)?;
        let (mut put, put_by) = retry_stale(|_| self.put_once(whole)).await?;
        if put_by == PutBy::NewCeilings {
            // A new ceiling holds at once.
            put.at_ceiling = self.count_for_ceilings().await?;
        }
        Ok((put, put_by == PutBy::Creation))
    }

    /// Returns the tenant after it was put, and how; `None` if it has changed since it was read.
    async fn put_once(self, whole: &WholeTenant) -> Result<Option<(TenantDetails, PutBy)>, Error> {
        let item = self.scope.table.get(&self.scope.keys().tenant()).await?;
        let Some(item) = item else {
            let stack = stack_roles(&self.scope.table).await?.roles;
            let settings = self.settled(whole, &default_settings(stack), None)?;
            let mut new = TenantItem::new(whole.name.clone(), now(), settings);
            new.request_ceiling = whole.request_ceiling;
            new.ceilings = whole.ceilings;
            return match self.create_as(new).await {
                Ok(created) => Ok(Some((created, PutBy::Creation))),
                // Somebody else may have created it meanwhile.
                Err(error) if error.is_refusal() && self.exists().await? => Ok(None),
                Err(error) => Err(error),
            };
        };
        let before = TenantItem::from_item(item)?;
        if before.deleting {
            let attribute = "id".to_owned();
            return Err(scim::Error::Uniqueness { attribute }.into());
        }
        let mut after = before.clone();
        after.display_name.clone_from(&whole.name);
        after.request_ceiling = whole.request_ceiling;
        after.ceilings = whole.ceilings;
        after.settings = self.settled(whole, &before.settings, Some(&before))?;
        let put_by = match before.ceilings == after.ceilings {
            true => PutBy::Change,
            false => PutBy::NewCeilings,
        };
        let written = write_tenant(self.scope, &before, &after).await?;
        Ok(written.then(|| (self.details(after), put_by)))
    }

    /// Returns the settings of after that. A default retention is as long as the ceilings require; one that is asked for
    /// is refused if it is shorter.
    fn settled(
        self,
        whole: &WholeTenant,
        settings: &Settings,
        before: Option<&TenantItem>,
    ) -> Result<Settings, Error> {
        let asked = whole.settings.given.retention_days;
        check_asked_retention(asked, &whole.ceilings, before)?;
        let floor = whole.ceilings.min_retention_days;
        let bounds = self.scope.session_bounds;
        whole.settings.after(settings, floor, bounds)
    }

    async fn exists(self) -> Result<bool, Error> {
        let item = self.scope.table.get(&self.scope.keys().tenant()).await?;
        Ok(item.is_some())
    }
}
