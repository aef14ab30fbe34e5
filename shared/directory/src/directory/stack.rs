//! What belongs to all tenants: their list, the service keys, roles, schemas, webhooks and branding of the stack, the archive,
//! and the hourly pass.

use jiff::Timestamp;
use rollcall_model::{Actor, Brand, Logo, Settings, TenantId};
use rollcall_store::{BrandingItem, Error, Keys, StackKeys, brand_in, brand_keys, stored_branding};

use crate::archive::log::{archive, archive_service_key};
use crate::credentials::repeats::{Repeat, RepeatKey, Repeated};
use crate::credentials::service_keys::ServiceKeys;
use crate::directory::Directory;
use crate::erasure::unfinished::{UnfinishedErasures, unfinished};
use crate::journal::feed::Event;
use crate::tenant::Tenant;
use crate::tenants::branding::{StackBranding, public_logo};
use crate::tenants::hourly_pass::HourlyPass;
use crate::tenants::lifecycle::{self, NewTenant, TenantSummary};
use crate::tenants::put_settings::default_settings;
use crate::tenants::stack_roles::{StackCatalogue, StackRoles};
use crate::tenants::stack_schemas::{SchemasOfStack, StackSchemas};
use crate::webhooks::stack_change::StackWebhooks;
use crate::webhooks::waiting::{Waiting, WaitingPage, forget, waiting};

/// The beginning of a place among the deleted tenants. To an earlier version, it is behind all that live, and that version then
/// looks at all that were deleted.
const DELETED_TENANTS: &str = "~";

impl Directory {
    /// Returns at most `limit` webhooks of all tenants that have waited until `now`, after the place `after`. The first is
    /// due longest.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn waiting_webhooks(
        &self,
        now: Timestamp,
        after: Option<String>,
        limit: usize,
    ) -> Result<WaitingPage, Error> {
        waiting(&self.table, now, after, limit).await
    }

    /// Removes a webhook from those that wait.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn forget_waiting(&self, waiting: &Waiting) -> Result<(), Error> {
        forget(&self.table, waiting).await
    }

    /// Archives those of the events that end something, by ids alone. Archiving them again changes nothing.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn archive(&self, events: &[Event]) -> Result<(), Error> {
        match &self.archive {
            Some(table) => archive(table, events).await,
            None => Ok(()),
        }
    }

    /// Archives that a service key is revoked. It belongs to no tenant, so no event says so.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn archive_service_key(&self, id: &str) -> Result<(), Error> {
        match &self.archive {
            Some(table) => archive_service_key(table, id).await,
            None => Ok(()),
        }
    }

    /// Reads what is known of a request of the stack with an idempotency key. `service_key` is the id of the caller's key.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn repeated(&self, key: &RepeatKey, service_key: &str) -> Result<Repeated, Error> {
        let at = key.in_stack(&Actor::application(service_key));
        key.look_up(&self.table, at).await
    }

    /// Returns the directory for the first request with an idempotency key. Its first change carries the mark.
    #[must_use]
    pub fn attempting(self, repeat: &Repeat) -> Self {
        Self {
            table: self.table.attempting(repeat.attempt()),
            ..self
        }
    }

    /// Returns the handle on the service keys of the stack.
    pub fn service_keys(&self) -> ServiceKeys<'_> {
        ServiceKeys::of(&self.table, &self.recent.service_keys)
    }

    /// Returns the handle on the webhooks of the stack.
    pub fn stack_webhooks(&self) -> StackWebhooks<'_> {
        let tables = (&self.table, self.archive.as_ref());
        StackWebhooks::of(tables, &self.key_ring, self.webhook_targets)
    }

    /// Returns the handle on the roles of the stack.
    pub fn stack_roles(&self) -> StackRoles<'_> {
        StackRoles::of(&self.table)
    }

    /// Returns the handle on the extension schemas of the stack.
    pub fn stack_schemas(&self) -> SchemasOfStack<'_> {
        SchemasOfStack::of(&self.table)
    }

    /// Returns the handle on the hourly pass.
    pub fn hourly_pass(&self) -> HourlyPass<'_> {
        HourlyPass::of(&self.table)
    }

    /// Returns the handle on the branding of the stack.
    pub fn stack_branding(&self) -> StackBranding<'_> {
        StackBranding::of(&self.table)
    }

    /// Reads how pages look that belong to no tenant.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn brand_of_stack(&self) -> Result<Brand, Error> {
        let key = BrandingItem::key(&StackKeys::branding());
        let item = self.table.get(&key).await?;
        Ok(Brand::of_stack(stored_branding(item)))
    }

    /// Reads how pages and mails of a tenant look.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn brand_of(&self, tenant: &TenantId) -> Result<Brand, Error> {
        let mut found = self.table.find(brand_keys(tenant)).await?;
        Ok(brand_in(&mut found, tenant))
    }

    /// Reads the logo with this hash of its content: of a tenant, or of the stack. `None` if there is none. One that was
    /// just changed may be missing for a moment.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn logo(
        &self,
        tenant: Option<&TenantId>,
        digest: &str,
    ) -> Result<Option<Logo>, Error> {
        let partition = match tenant {
            Some(tenant) => Keys::of(tenant).branding(),
            None => StackKeys::branding(),
        };
        public_logo(&self.table, &partition, digest).await
    }

    /// Gives the tenant the extension schemas of the stack. The journal names whoever has changed those of the stack.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn pass_on_schemas(
        &self,
        stack: &StackSchemas,
        tenant: TenantId,
    ) -> Result<(), Error> {
        let tenant = match &stack.change {
            Some(change) => self.for_application(tenant, &change.service_key, &change.request_id),
            None => return Ok(()),
        };
        tenant.settings().inherit_schemas(stack).await
    }

    /// Returns the settings of a new tenant, with the roles of the stack. It has a default role only if these have it.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn new_settings(&self) -> Result<Settings, Error> {
        let roles = self.stack_roles().read().await?.roles;
        Ok(default_settings(roles))
    }

    /// Gives the tenant the roles of the stack, unless it has roles of its own. The journal names whoever has changed
    /// those of the stack.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn pass_on_roles(
        &self,
        stack: &StackCatalogue,
        tenant: TenantId,
    ) -> Result<(), Error> {
        let tenant = match &stack.change {
            Some(change) => self.for_application(tenant, &change.service_key, &change.request_id),
            None => self.system(tenant),
        };
        tenant.settings().inherit_roles(&stack.roles).await
    }

    /// Creates a tenant with Rollcall itself as the actor.
    ///
    /// # Errors
    /// `uniqueness` when a tenant with this id exists or once existed.
    pub async fn create_tenant(&self, new: NewTenant) -> Result<Tenant, Error> {
        let tenant = self.system(new.id);
        let lifecycle = tenant.lifecycle();
        lifecycle
            .create_within(new.name, new.settings, new.ceilings)
            .await?;
        Ok(tenant)
    }

    /// Lists at most `limit` tenants in order of their ids, starting after the id `after`.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn tenants(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<TenantSummary>, Error> {
        lifecycle::list(&self.table, after, limit).await
    }

    /// Lists the erasures that are not finished: a bounded page, after the place `behind`. Of the people of a tenant it has one,
    /// whose erasure is followed by those of the others; `turn` decides which.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn unfinished_erasures(
        &self,
        behind: Option<String>,
        turn: usize,
    ) -> Result<UnfinishedErasures, Error> {
        unfinished(&self.table, behind, turn).await
    }

    /// Lists the tenants of which something may be left to be sent: a page of about `limit`, after the place `after`. First come
    /// those that live, then those that were deleted and are not erased yet. Returns the place after which the next page
    /// begins; `None` at the end.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn tenants_to_send(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<TenantId>, Option<String>), Error> {
        let mut tenants = Vec::new();
        let deleted = after.and_then(|after| after.strip_prefix(DELETED_TENANTS));
        if deleted.is_none() {
            let page = self.tenants(after, limit).await?;
            tenants.extend(page.into_iter().map(|tenant| tenant.id));
            if let Some(last) = tenants.last().filter(|_| tenants.len() == limit) {
                let last = last.to_string();
                return Ok((tenants, Some(last)));
            }
        }
        let page = unfinished(&self.table, deleted.map(str::to_owned), 0).await?;
        let deleted = page.erasures.into_iter();
        let deleted = deleted.filter(|erasure| erasure.person.is_none());
        tenants.extend(deleted.map(|erasure| erasure.tenant));
        let next = page.next.map(|next| format!("{DELETED_TENANTS}{next}"));
        Ok((tenants, next))
    }
}
