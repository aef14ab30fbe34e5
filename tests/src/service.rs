//! The running service and the tenants on it: what every test begins with.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rollcall_directory::{Connection, Directory, NewTenant, Provider, Settings, TenantId};
use rollcall_local::dynamodb::TABLE_NAME;
use rollcall_local::{Local, Options};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

use crate::faults::Faults;
use crate::idp::Idp;

/// Two threads for all tests together: tests wait for each other's requests, not for each other's runtimes.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let built = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    built.unwrap_or_else(|error| panic!("no runtime: {error}"))
});

static SHARED: OnceCell<Service> = OnceCell::const_new();

/// Runs a test with the service that all tests share.
pub fn run(test: impl AsyncFnOnce(&'static Service)) {
    RUNTIME.block_on(async { test(SHARED.get_or_init(Service::start).await).await });
}

/// A running service.
#[derive(Debug)]
pub struct Service {
    local: Local,
    tenants: AtomicU32,
}

impl Service {
    /// Starts one of a test's own, in memory.
    pub async fn start() -> Service {
        Service::start_with(Options::default()).await
    }

    /// Starts one whose functions reach DynamoDB through a connection that can be made to fail.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn with_faults() -> (Service, Faults) {
        let (give, take) = std::sync::mpsc::channel();
        let wrap = Box::new(move |inner| {
            let faults = Faults::around(inner);
            let client = faults.client();
            let _ = give.send(faults);
            client
        });
        let service = Service::start_with(Options {
            wrap_http_client: Some(wrap),
            ..Options::default()
        })
        .await;
        match take.recv() {
            Ok(faults) => (service, faults),
            Err(error) => panic!("the client was not wrapped: {error}"),
        }
    }

    async fn start_with(options: Options) -> Service {
        match Local::start(options).await {
            Ok(local) => Service {
                local,
                tenants: AtomicU32::new(0),
            },
            Err(error) => panic!("the service does not start: {error}"),
        }
    }

    /// Makes a tenant of this test's own, without a rate limit.
    pub async fn tenant(&self, name: &str) -> Tenant {
        self.tenant_with(
            name,
            Settings {
                rate_limit: None,
                ..Settings::default()
            },
        )
        .await
    }

    /// Makes a tenant with these settings, and a connection and a token for it.
    ///
    /// # Panics
    /// When that fails.
    pub async fn tenant_with(&self, name: &str, settings: Settings) -> Tenant {
        let number = self.tenants.fetch_add(1, Ordering::Relaxed);
        let id: TenantId = match format!("{name}-{number}").parse() {
            Ok(id) => id,
            Err(error) => panic!("{name}: {error}"),
        };
        let new = NewTenant {
            id,
            name: name.to_owned(),
            settings,
        };
        let directory = good(self.local.directory().create_tenant(new).await);
        let connection = good(
            directory
                .create_connection("identity provider", Provider::Other)
                .await,
        );
        let mut tenant = Tenant {
            directory,
            connection,
            token: String::new(),
            idp: self.idp_without_token(),
        };
        tenant.token = tenant.issue("first", None).await.1;
        tenant.idp = tenant.idp.with_token(Some(&tenant.token));
        tenant
    }

    /// Returns another process's way to a tenant, and what can kill that process.
    pub fn elsewhere(&self, tenant: &Tenant) -> (rollcall_directory::Tenant, Faults) {
        let faults = Faults::around(self.local.dynamodb().in_process());
        let client = rollcall_local::dynamodb::client(faults.client());
        let directory = Directory::new(client, TABLE_NAME);
        (directory.system(tenant.directory.id().clone()), faults)
    }

    /// Returns somebody who has no token.
    pub fn idp_without_token(&self) -> Idp {
        Idp::new(self.local.scim_base_url(), None)
    }

    /// Returns the tenant's journal, oldest entry first.
    pub async fn journal(&self, tenant: &Tenant) -> Vec<Value> {
        let query = self.local.dynamodb_client().query().table_name(TABLE_NAME);
        let partition = AttributeValue::S(format!("T#{}#J", tenant.directory.id()));
        let query = query
            .key_condition_expression("PK = :pk")
            .expression_attribute_values(":pk", partition);
        let items = query
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await;
        good(items)
            .into_iter()
            .map(|item| plain(AttributeValue::M(item)))
            .collect()
    }

    /// Returns everything in the table, as text.
    pub async fn dump(&self) -> String {
        let scan = self.local.dynamodb_client().scan().table_name(TABLE_NAME);
        format!(
            "{:?}",
            good(
                scan.into_paginator()
                    .items()
                    .send()
                    .collect::<Result<Vec<_>, _>>()
                    .await
            )
        )
    }
}

/// A tenant, seen by those who have its token and by those who run the service.
#[derive(Debug)]
pub struct Tenant {
    directory: rollcall_directory::Tenant,
    connection: Connection,
    token: String,
    idp: Idp,
}

impl Tenant {
    /// Returns its identity provider.
    pub fn idp(&self) -> Idp {
        self.idp.clone()
    }

    /// Returns the tenant as the directory has it.
    pub fn directory(&self) -> &rollcall_directory::Tenant {
        &self.directory
    }

    /// Returns the token of its identity provider, in plain text.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Issues another token; returns its id and its plain text.
    pub async fn issue(&self, label: &str, expires_at: Option<Timestamp>) -> (String, String) {
        let issued = good(
            self.directory
                .issue_token(&self.connection.id, label, expires_at)
                .await,
        );
        (issued.token.id, issued.secret.expose().to_owned())
    }

    /// Revokes a token.
    pub async fn revoke(&self, token_id: &str) {
        good(self.directory.revoke_token(token_id).await);
    }

    /// Returns when a token was last accepted.
    pub async fn last_used(&self, token_id: &str) -> Option<Timestamp> {
        let tokens = good(self.directory.tokens().await);
        tokens
            .into_iter()
            .find(|token| token.id == token_id)
            .and_then(|token| token.last_used_at)
    }
}

#[track_caller]
fn good<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error:?}"),
    }
}

/// DynamoDB's JSON as plain JSON.
fn plain(value: AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => Value::String(text),
        AttributeValue::N(number) => serde_json::from_str(&number).unwrap_or(Value::String(number)),
        AttributeValue::Bool(flag) => Value::Bool(flag),
        AttributeValue::L(list) => list.into_iter().map(plain).collect(),
        AttributeValue::M(map) => map
            .into_iter()
            .map(|(name, inner)| (name, plain(inner)))
            .collect(),
        AttributeValue::Ss(set) => set.into_iter().map(Value::String).collect(),
        _ => Value::Null,
    }
}
