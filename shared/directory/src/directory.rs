//! The directory as a whole: what is done before a tenant is known.

use aws_sdk_dynamodb::Client;

use crate::credentials::authenticate::{Caller, Verdict, authenticate};
use crate::credentials::secret::{Purpose, TokenSecret};
use crate::error::Error;
use crate::journal::entry::Actor;
use crate::sign_in::sessions::{IssuedSession, Session};
use crate::store::keys::TenantId;
use crate::store::table::Table;
use crate::tenant::Tenant;

/// The environment variable that names the table.
pub const TABLE_NAME_VARIABLE: &str = "TABLE_NAME";

/// The product over one DynamoDB table; cheap to clone.
#[derive(Clone, Debug)]
pub struct Directory {
    table: Table,
}

impl Directory {
    /// Over the named table of the client's account.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            table: Table {
                client,
                name: table.into(),
            },
        }
    }

    /// As a Lambda function finds it: the table in `TABLE_NAME`, all else as the AWS SDK reads it from the
    /// environment (`AWS_REGION`, credentials, `AWS_ENDPOINT_URL_DYNAMODB`).
    ///
    /// # Errors
    /// When `TABLE_NAME` is not set.
    pub async fn from_env() -> Result<Self, std::env::VarError> {
        let table = std::env::var(TABLE_NAME_VARIABLE)?;
        Ok(Self::new(Client::new(&crate::sdk_config().await), table))
    }

    /// Says whether a presented bearer token may go on, and books the request on it.
    ///
    /// # Errors
    /// Only those of the table; a token that is no good is a [`Verdict`], not an error.
    pub async fn authenticate(&self, bearer: &str, request_id: &str) -> Result<Verdict, Error> {
        // Boxed: the SDK's futures are so deep that the compiler gives up on functions that hold them.
        Box::pin(authenticate(&self.table, bearer, request_id)).await
    }

    /// The tenant of a caller, acted upon by that caller.
    pub fn tenant(&self, caller: &Caller) -> Tenant {
        Tenant {
            table: self.table.clone(),
            id: caller.tenant.clone(),
            actor: Actor::Token {
                id: caller.token_id.clone(),
                connection: caller.connection_id.clone(),
            },
            request_id: caller.request_id.clone(),
        }
    }

    /// A tenant, acted upon by Rollcall itself: set-up and upkeep.
    pub fn system(&self, tenant: TenantId) -> Tenant {
        let request_id = uuid::Uuid::now_v7().to_string();
        Tenant {
            table: self.table.clone(),
            id: tenant,
            actor: Actor::System,
            request_id,
        }
    }

    /// The session that a bearer token or cookie names, if it is in force.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn session(&self, presented: &str) -> Result<Option<Session>, Error> {
        match self.claimed(Purpose::Session, presented) {
            Some((tenant, secret)) => tenant.session(&secret).await,
            None => Ok(None),
        }
    }

    /// What a portal link would open, if it is good (still).
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn portal_link(&self, presented: &str) -> Result<Option<Session>, Error> {
        match self.claimed(Purpose::PortalLink, presented) {
            Some((tenant, link)) => tenant.portal_link(&link).await,
            None => Ok(None),
        }
    }

    /// Opens a portal link, once; `None` when it is no good (any more).
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn open_portal_link(&self, presented: &str) -> Result<Option<IssuedSession>, Error> {
        match self.claimed(Purpose::PortalLink, presented) {
            Some((tenant, link)) => tenant.redeem_portal_link(&link).await,
            None => Ok(None),
        }
    }

    /// The secret, if it is one of these, and the tenant whose it says to be.
    fn claimed(&self, purpose: Purpose, presented: &str) -> Option<(Tenant, TokenSecret)> {
        let secret = TokenSecret::parse_for(purpose, presented)?;
        Some((self.system(secret.claimed_tenant().clone()), secret))
    }

    pub(crate) fn table(&self) -> &Table {
        &self.table
    }
}
