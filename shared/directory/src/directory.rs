//! The entry point: operations across tenants, and access to one tenant.
//!
//! `callers` finds out who calls and which tenant that is; `stack` has what belongs to all tenants.

mod callers;
mod stack;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use rollcall_model::{
    Actor, AtCeiling, DeletedPeople, Origin, SessionBounds, TenantId, WebhookTargets, new_id,
};
use rollcall_scim::ResourceTypes;
use rollcall_store::{KeyRing, Partition, Scope, Table, sdk_config};

use crate::archive::log::ARCHIVE_NAME_VARIABLE;
use crate::credentials::service_keys::VerifiedKeys;
use crate::sign_in::check::Memory;
use crate::tenant::Tenant;
use crate::tenants::schemas::DeclaredTypes;

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

    /// Returns the table with what belongs to the whole stack.
    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    pub(crate) fn archive_table(&self) -> Option<&Table> {
        self.archive.as_ref()
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

    /// Returns a tenant with Rollcall itself as the actor, for setup and maintenance.
    pub fn system(&self, tenant: TenantId) -> Tenant {
        self.acted_on(tenant, Actor::SYSTEM, &new_id())
    }

    /// Returns a tenant with the application as the actor. `service_key` is the id of the key that it uses.
    pub fn for_application(&self, tenant: TenantId, service_key: &str, request_id: &str) -> Tenant {
        self.acted_on(tenant, Actor::application(service_key), request_id)
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
}
