//! The directory as a whole: what is done before a tenant is known.

use aws_sdk_dynamodb::Client;
use rollcall_model::{Actor, TenantId, new_id};
use rollcall_store::{Error, Partition, Scope, Table, sdk_config};

use crate::credentials::authenticate::{Caller, Verdict, authenticate};
use crate::credentials::secret::{Purpose, TokenSecret};
use crate::credentials::service_keys::ServiceKeys;
use crate::sign_in::sessions::{IssuedSession, Session};
use crate::tenant::Tenant;
use crate::tenants::lifecycle::{self, NewTenant, TenantSummary};

/// The environment variable that names the table.
pub const TABLE_NAME_VARIABLE: &str = "TABLE_NAME";

/// The product over one DynamoDB table; cheap to clone.
#[derive(Clone, Debug)]
pub struct Directory {
    table: Table,
}

impl Directory {
    /// Returns the directory in the named table of the client's account.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            table: Table::new(client, table),
        }
    }

    /// Returns the directory as a Lambda function finds it: the table in `TABLE_NAME`, everything else as the AWS SDK reads
    /// it from the environment (`AWS_REGION`, credentials, `AWS_ENDPOINT_URL_DYNAMODB`).
    ///
    /// # Errors
    /// When `TABLE_NAME` is not set.
    pub async fn from_env() -> Result<Self, std::env::VarError> {
        let table = std::env::var(TABLE_NAME_VARIABLE)?;
        Ok(Self::new(Client::new(&sdk_config().await), table))
    }

    /// Verifies a presented bearer token, and books the request on its meter.
    ///
    /// # Errors
    /// Only those of the table. A token that is not accepted is a [`Verdict`], not an error.
    pub async fn authenticate(&self, bearer: &str, request_id: &str) -> Result<Verdict, Error> {
        // Boxed: the SDK's futures are so deep that the compiler gives up on functions that hold them.
        Box::pin(authenticate(&self.table, bearer, request_id)).await
    }

    /// Returns the tenant of a caller, who acts on it.
    pub fn tenant(&self, caller: &Caller) -> Tenant {
        let actor = Actor::token(&caller.token_id, &caller.connection_id);
        self.acted_on(caller.tenant.clone(), actor, &caller.request_id)
    }

    /// Returns a tenant on which Rollcall itself acts, for set-up and upkeep.
    pub fn system(&self, tenant: TenantId) -> Tenant {
        self.acted_on(tenant, Actor::SYSTEM, &new_id())
    }

    /// Returns a tenant on which the application acts with its service key.
    pub fn for_application(&self, tenant: TenantId, request_id: &str) -> Tenant {
        self.acted_on(tenant, Actor::APPLICATION, request_id)
    }

    /// Returns a tenant on which a person acts in a session; without a person, the holder of a portal link.
    pub fn for_person(&self, tenant: TenantId, person: Option<&str>, request_id: &str) -> Tenant {
        let actor = person.map_or(Actor::PORTAL_LINK, Actor::person);
        self.acted_on(tenant, actor, request_id)
    }

    fn acted_on(&self, tenant: TenantId, actor: Actor, request_id: &str) -> Tenant {
        Tenant::of(Scope {
            table: self.table.clone(),
            tenant,
            actor,
            request_id: request_id.to_owned(),
        })
    }

    /// Returns the tenant whose journal has this partition key; `None` for every other key of the table.
    pub fn journal_of(&self, partition_key: &str) -> Option<Tenant> {
        Partition::journal_of(partition_key).map(|tenant| self.system(tenant))
    }

    /// The service keys of the stack.
    pub fn service_keys(&self) -> ServiceKeys<'_> {
        ServiceKeys::of(&self.table)
    }

    /// Creates a tenant.
    ///
    /// # Errors
    /// `uniqueness` when there is, or ever was, a tenant of this id.
    pub async fn create_tenant(&self, new: NewTenant) -> Result<Tenant, Error> {
        let tenant = self.system(new.id.clone());
        lifecycle::create(tenant.scope(), new).await?;
        Ok(tenant)
    }

    /// Lists the tenants in order of their ids, at most `limit` after `after`.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn tenants(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<TenantSummary>, Error> {
        lifecycle::list(&self.table, after, limit).await
    }

    /// Returns the session that a bearer token or cookie names, if it is in force.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn session(&self, presented: &str) -> Result<Option<Session>, Error> {
        match self.claimed(Purpose::Session, presented) {
            Some((tenant, secret)) => tenant.sign_in().session(&secret).await,
            None => Ok(None),
        }
    }

    /// Returns the session that a portal link would open, if it can still be opened.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn portal_link(&self, presented: &str) -> Result<Option<Session>, Error> {
        match self.claimed(Purpose::PortalLink, presented) {
            Some((tenant, link)) => tenant.sign_in().portal_link(&link).await,
            None => Ok(None),
        }
    }

    /// Opens a portal link, once; `None` when it cannot be opened, or was used.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn open_portal_link(&self, presented: &str) -> Result<Option<IssuedSession>, Error> {
        match self.claimed(Purpose::PortalLink, presented) {
            Some((tenant, link)) => tenant.sign_in().redeem_portal_link(&link).await,
            None => Ok(None),
        }
    }

    /// Returns a secret of this purpose, and the tenant that it claims to belong to.
    fn claimed(&self, purpose: Purpose, presented: &str) -> Option<(Tenant, TokenSecret)> {
        let secret = TokenSecret::parse_for(purpose, presented)?;
        Some((self.system(secret.claimed_tenant().clone()), secret))
    }
}
