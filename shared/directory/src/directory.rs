//! The entry point: operations across tenants, and access to one tenant.

use std::net::IpAddr;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use jiff::Timestamp;
use rollcall_model::{
    Actor, AtCeiling, Brand, DeletedPeople, Logo, Origin, SessionBounds, Settings, TenantId,
    WebhookTargets, new_id,
};
use rollcall_scim::ResourceTypes;
use rollcall_store::{
    BrandingItem, Error, KeyRing, Keys, Partition, Scope, StackKeys, Table, brand_in, brand_keys,
    sdk_config, stored_branding,
};

use crate::archive::log::{ARCHIVE_NAME_VARIABLE, archive, archive_service_key};
use crate::credentials::access_token::AccessToken;
use crate::credentials::authenticate::{Arrival, Caller, Verdict, authenticate, grant, identify};
use crate::credentials::repeats::{Repeat, RepeatKey, Repeated};
use crate::credentials::secret::{Purpose, TokenSecret};
use crate::credentials::service_keys::{ServiceKeys, VerifiedKeys};
use crate::erasure::record::{Erased, unfinished};
use crate::journal::feed::Event;
use crate::sign_in::check::{Introspection, Memory, Session, SessionUse};
use crate::sign_in::sessions::IssuedSession;
use crate::tenant::Tenant;
use crate::tenants::branding::{StackBranding, public_logo};
use crate::tenants::lifecycle::{self, NewTenant, TenantSummary};
use crate::tenants::put_settings::default_settings;
use crate::tenants::schemas::DeclaredTypes;
use crate::tenants::stack_roles::{StackCatalogue, StackRoles};
use crate::tenants::stack_schemas::{SchemasOfStack, StackSchemas};
use crate::webhooks::stack_change::StackWebhooks;
use crate::webhooks::waiting::{Waiting, WaitingPage, forget, waiting};

/// The environment variable with the name of the table.
pub const TABLE_NAME_VARIABLE: &str = "TABLE_NAME";

/// The environment variable with the longest time that a session of a person can last, in minutes.
pub const MAX_SESSION_MINUTES_VARIABLE: &str = "MAX_SESSION_MINUTES";
/// The environment variable with the longest time that such a session can go unused, in minutes; 0 for no bound.
pub const MAX_SESSION_IDLE_MINUTES_VARIABLE: &str = "MAX_SESSION_IDLE_MINUTES";

/// The environment variable that says whether the stack sends mail: `true` if it does.
pub const SENDS_MAIL_VARIABLE: &str = "SENDS_MAIL";

/// The directory in one DynamoDB table. It is cheap to clone.
#[derive(Clone, Debug)]
pub struct Directory {
    table: Table,
    archive: Option<Table>,
    key_ring: KeyRing,
    session_bounds: SessionBounds,
    webhook_targets: WebhookTargets,
    sends_mail: bool,
    recent: Arc<Recent>,
}

/// What introspection has read a short time ago. Clones of a directory share it.
#[derive(Debug, Default)]
struct Recent {
    service_keys: VerifiedKeys,
    sessions: Memory,
    types: DeclaredTypes,
}

impl Directory {
    /// Creates a directory over the named table in the client's account.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            table: Table::new(client, table),
            archive: None,
            key_ring: KeyRing::default(),
            session_bounds: SessionBounds::default(),
            webhook_targets: WebhookTargets::default(),
            sends_mail: false,
            recent: Arc::default(),
        }
    }

    /// Adds the keys of the stack. Without them, tokens are issued without a proof of that, and each is read before a
    /// request is counted on it.
    #[must_use]
    pub fn with_keys(mut self, key_ring: KeyRing) -> Self {
        self.key_ring = key_ring;
        self
    }

    /// Sets the operator's bounds of sessions.
    #[must_use]
    pub fn with_session_bounds(mut self, bounds: SessionBounds) -> Self {
        self.session_bounds = bounds;
        self
    }

    /// Sets where webhooks may lead.
    #[must_use]
    pub fn with_webhook_targets(mut self, targets: WebhookTargets) -> Self {
        self.webhook_targets = targets;
        self
    }

    /// Sets whether the stack sends mail. Without it, no portal link can be mailed.
    #[must_use]
    pub fn with_mail(mut self, sends_mail: bool) -> Self {
        self.sends_mail = sends_mail;
        self
    }

    /// Returns where webhooks may lead.
    pub fn webhook_targets(&self) -> WebhookTargets {
        self.webhook_targets
    }

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

    /// Returns the operator's bounds of sessions.
    pub fn session_bounds(&self) -> SessionBounds {
        self.session_bounds
    }

    /// Adds the archive: another table of the client's account. Without it, nothing is archived.
    #[must_use]
    pub fn with_archive(mut self, table: impl Into<String>) -> Self {
        self.archive = Some(self.table.beside(table));
        self
    }

    /// Returns the directory with another table and the same archive, such as a restored table.
    #[must_use]
    pub fn at_table(&self, table: impl Into<String>) -> Self {
        Self {
            table: self.table.beside(table),
            recent: Arc::default(),
            ..self.clone()
        }
    }

    pub(crate) fn archive_table(&self) -> Option<&Table> {
        self.archive.as_ref()
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

    /// Creates a directory from the environment of a Lambda function. `TABLE_NAME` names the table, and
    /// `ARCHIVE_TABLE_NAME` the archive, for the functions that use it; `MAX_SESSION_MINUTES` and
    /// `MAX_SESSION_IDLE_MINUTES` bound sessions; `SENDS_MAIL` says whether the stack sends mail. The AWS SDK reads the rest of its configuration (`AWS_REGION`,
    /// credentials, `AWS_ENDPOINT_URL_DYNAMODB`).
    ///
    /// # Errors
    /// When `TABLE_NAME` is not set.
    pub async fn from_env() -> Result<Self, std::env::VarError> {
        let table = std::env::var(TABLE_NAME_VARIABLE)?;
        let minutes = |variable| std::env::var(variable).unwrap_or_default();
        let bounds = SessionBounds::of(
            &minutes(MAX_SESSION_MINUTES_VARIABLE),
            &minutes(MAX_SESSION_IDLE_MINUTES_VARIABLE),
        );
        let directory = Self::new(Client::new(&sdk_config().await), table);
        let sends_mail = std::env::var(SENDS_MAIL_VARIABLE).is_ok_and(|it| it == "true");
        let directory = directory.with_session_bounds(bounds).with_mail(sends_mail);
        Ok(match std::env::var(ARCHIVE_NAME_VARIABLE) {
            Ok(archive) => directory.with_archive(archive),
            Err(_) => directory,
        })
    }

    /// Verifies a bearer token of a request from this address, and counts the request against the limits of the token and
    /// of its tenant. If the address is not known, a token with an address list is refused.
    ///
    /// # Errors
    /// Only table errors. If the token is not accepted, the result is a [`Verdict`], not an error.
    pub async fn authenticate_from(
        &self,
        bearer: &str,
        request_id: &str,
        address: Option<IpAddr>,
    ) -> Result<Verdict, Error> {
        let arrival = Arrival {
            request_id,
            address,
        };
        // Boxed: the SDK's futures are nested so deeply that the compiler rejects a future that contains them.
        Box::pin(authenticate(&self.table, &self.key_ring, bearer, arrival)).await
    }

    /// Does what [`Self::authenticate_from`] does for a request from an unknown address: a token with an address list is
    /// refused.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn authenticate(&self, bearer: &str, request_id: &str) -> Result<Verdict, Error> {
        self.authenticate_from(bearer, request_id, None).await
    }

    /// Verifies an OAuth client, counts its request, and returns an access token if the verdict accepts it (RFC 6749 §4.4).
    ///
    /// # Errors
    /// Only table errors, and [`Error::Keys`].
    pub async fn grant(
        &self,
        client_id: &str,
        secret: &str,
        request_id: &str,
        address: Option<IpAddr>,
    ) -> Result<(Verdict, Option<AccessToken>), Error> {
        let (table, key_ring) = (&self.table, &self.key_ring);
        let arrival = Arrival {
            request_id,
            address,
        };
        Box::pin(grant(table, key_ring, client_id, secret, arrival)).await
    }

    /// Returns whose bearer token it is, if it is valid, without counting a request against a limit.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn identify(
        &self,
        bearer: &str,
        request_id: &str,
        address: Option<IpAddr>,
    ) -> Result<Option<Caller>, Error> {
        let arrival = Arrival {
            request_id,
            address,
        };
        Box::pin(identify(&self.table, bearer, arrival)).await
    }

    /// Returns the tenant of a caller as [`Self::tenant`] does, for resources of the types that the tenant declares. Those
    /// are read once for each version of them.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn tenant_with_schemas(&self, caller: &Caller) -> Result<Tenant, Error> {
        let tenant = self.tenant(caller);
        let types = self.recent.types.of(tenant.scope(), caller.schemas).await?;
        Ok(tenant.with_types(types))
    }

    /// Returns the tenant for resources of the types that it declares.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn with_schemas(&self, tenant: Tenant) -> Result<Tenant, Error> {
        let version = tenant.scope().stored_tenant().await?.schemas;
        let types = self.recent.types.of(tenant.scope(), version).await?;
        Ok(tenant.with_types(types))
    }

    /// Returns the tenant of a caller, with the caller as the actor.
    pub fn tenant(&self, caller: &Caller) -> Tenant {
        let actor = Actor::token(&caller.token_id, &caller.connection_id);
        let tenant = self.acted_on(caller.tenant.clone(), actor, &caller.request_id);
        tenant.pushed_by(caller)
    }

    /// Returns a tenant with Rollcall itself as the actor, for setup and maintenance.
    pub fn system(&self, tenant: TenantId) -> Tenant {
        self.acted_on(tenant, Actor::SYSTEM, &new_id())
    }

    /// Returns a tenant with the application as the actor. `service_key` is the id of the key that it uses.
    pub fn for_application(&self, tenant: TenantId, service_key: &str, request_id: &str) -> Tenant {
        self.acted_on(tenant, Actor::application(service_key), request_id)
    }

    /// Returns the tenant of a session. The actor is the person of the session, or the holder of the portal link that
    /// opened it.
    pub fn for_session(&self, session: &Session, request_id: &str) -> Tenant {
        self.acted_on(session.tenant.clone(), session.actor(), request_id)
    }

    fn acted_on(&self, tenant: TenantId, actor: Actor, request_id: &str) -> Tenant {
        Tenant::of(Scope {
            table: self.table.clone(),
            key_ring: self.key_ring.clone(),
            tenant,
            actor,
            origin: Origin::default(),
            request_id: request_id.to_owned(),
            session_bounds: self.session_bounds,
            deleted_people: DeletedPeople::default(),
            at_ceiling: AtCeiling::default(),
            observing: false,
            types: ResourceTypes::default(),
            webhook_targets: self.webhook_targets,
            sends_mail: self.sends_mail,
        })
    }

    /// Returns the tenant whose journal has this partition key; `None` for any other partition key.
    pub fn journal_of(&self, partition_key: &str) -> Option<Tenant> {
        Partition::journal_of(partition_key).map(|tenant| self.system(tenant))
    }

    /// Returns the tenant whose checkpoints have this partition key; `None` for any other partition key.
    pub fn checkpoints_of(&self, partition_key: &str) -> Option<Tenant> {
        Partition::checkpoints_of(partition_key).map(|tenant| self.system(tenant))
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

    /// Lists the erasures that are not finished, of all tenants and people.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn unfinished_erasures(&self) -> Result<Vec<Erased>, Error> {
        unfinished(&self.table).await
    }

    /// Returns the session with the secret in a bearer token or cookie, if it is valid.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn session(&self, presented: &str) -> Result<Option<Session>, Error> {
        match self.claimed(Purpose::Session, presented) {
            Some((tenant, secret)) => tenant.sign_in().session(&secret).await,
            None => Ok(None),
        }
    }

    /// Returns the session as [`Self::session`] does, and how pages of its tenant look. Notes a use only by the person.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn session_of_page(
        &self,
        presented: &str,
        by: SessionUse,
    ) -> Result<Option<(Session, Brand)>, Error> {
        match self.claimed(Purpose::Session, presented) {
            Some((tenant, secret)) => tenant.sign_in().session_of_page(&secret, by).await,
            None => Ok(None),
        }
    }

    /// Verifies a service key, and returns the session as [`Self::session`] does. The key, the tenant and the mappings may
    /// be up to five seconds old.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn introspect(&self, key: &str, presented: &str) -> Result<Introspection, Error> {
        let Some(key) = self.service_keys().presented(key) else {
            return Ok(Introspection::KeyRefused);
        };
        if let Some((tenant, secret)) = self.claimed(Purpose::Session, presented) {
            let recent = &self.recent.sessions;
            return tenant.sign_in().introspect(key, &secret, recent).await;
        }
        let mut found = self.table.find(key.wanted()).await?;
        let refused = Introspection::refused(key.verified(&mut found).await?.as_ref());
        Ok(refused.unwrap_or(Introspection::Inactive))
    }

    /// Returns the session that a portal link would open, if the link is still valid.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn portal_link(&self, presented: &str) -> Result<Option<Session>, Error> {
        match self.claimed(Purpose::PortalLink, presented) {
            Some((tenant, link)) => tenant.sign_in().portal_link(&link).await,
            None => Ok(None),
        }
    }

    /// Opens a session with a portal link, in the request with this id and origin. A link can be used once; `None` if it
    /// is not valid or was already used.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn open_portal_link(
        &self,
        presented: &str,
        request_id: &str,
        origin: Origin,
    ) -> Result<Option<IssuedSession>, Error> {
        let Some(link) = TokenSecret::parse_for(Purpose::PortalLink, presented) else {
            return Ok(None);
        };
        let tenant = link.claimed_tenant().clone();
        // The journal names the holder of the link once it is verified.
        let tenant = self.acted_on(tenant, Actor::SYSTEM, request_id);
        let tenant = tenant.requested_from(origin);
        tenant.sign_in().redeem_portal_link(&link).await
    }

    /// Parses a secret with this purpose. Returns it with the tenant that it names, which is not verified yet.
    fn claimed(&self, purpose: Purpose, presented: &str) -> Option<(Tenant, TokenSecret)> {
        let secret = TokenSecret::parse_for(purpose, presented)?;
        Some((self.system(secret.claimed_tenant().clone()), secret))
    }
}
