//! The running service and the tenants on it: what every test begins with.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rollcall_directory::{Connection, Directory, NewTenant, Provider, Role, Settings, TenantId};
use rollcall_local::dynamodb::Remote;
use rollcall_local::{Local, Options};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

use crate::api::Api;
use crate::deployed::Deployed;
use crate::faults::Faults;
use crate::idp::Idp;
use crate::stage;

/// The environment variable with the URL of a DynamoDB to use in place of the embedded one.
const DYNAMODB_VARIABLE: &str = "ROLLCALL_TEST_DYNAMODB";

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
    RUNTIME.block_on(async { test(SHARED.get_or_init(Service::shared).await).await });
}

/// A running service.
#[derive(Debug)]
pub struct Service {
    place: Place,
    tenants: AtomicU32,
}

/// Where a service runs.
#[derive(Debug)]
enum Place {
    /// In this process.
    Here(Box<Local>),
    /// Anywhere else.
    Elsewhere(Deployed),
}

impl Service {
    /// Returns the one that the environment names, or else starts one in memory.
    async fn shared() -> Service {
        match Deployed::from_env().await {
            // other runs have left tenants there
            Some(deployed) => Service {
                place: Place::Elsewhere(deployed),
                tenants: AtomicU32::new(rand::random()),
            },
            None => Service::start().await,
        }
    }

    fn at(place: Place) -> Service {
        Service {
            place,
            tenants: AtomicU32::new(0),
        }
    }

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

    async fn start_with(mut options: Options) -> Service {
        options.remote = remote_dynamodb();
        match Local::start(options).await {
            Ok(local) => Service::at(Place::Here(Box::new(local))),
            Err(error) => panic!("the service does not start: {error}"),
        }
    }

    /// Returns the one that runs in this process.
    #[track_caller]
    fn here(&self) -> &Local {
        match &self.place {
            Place::Here(local) => local,
            Place::Elsewhere(_) => panic!("this test needs a service of its own"),
        }
    }

    fn directory(&self) -> Directory {
        Directory::new(self.client(), self.table())
    }

    /// A client of the table that nothing disturbs.
    pub(crate) fn client(&self) -> Client {
        match &self.place {
            Place::Here(local) => local.dynamodb_client(),
            Place::Elsewhere(deployed) => deployed.client.clone(),
        }
    }

    pub(crate) fn table(&self) -> &str {
        match &self.place {
            Place::Here(local) => local.dynamodb().table(),
            Place::Elsewhere(deployed) => &deployed.table,
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
        let directory = good(self.directory().create_tenant(new).await);
        let connection = good(
            directory
                .credentials()
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
        let faults = Faults::around(self.here().dynamodb().in_process());
        let client = self.here().dynamodb().client(faults.client());
        let directory = Directory::new(client, self.table());
        (directory.system(tenant.directory.id().clone()), faults)
    }

    /// Returns the application's backend.
    pub fn application(&self) -> Api {
        match &self.place {
            Place::Here(local) => {
                Api::new(local.api_base_url(), Some(local.service_key().to_owned()))
            }
            Place::Elsewhere(deployed) => {
                Api::new(deployed.api_base_url(), Some(deployed.service_key()))
            }
        }
    }

    /// Returns somebody who opened a link to the tenant's console that gave this role.
    ///
    /// # Panics
    /// When the link does not open.
    pub async fn admin(&self, tenant: &Tenant, role: Role) -> Api {
        let path = format!("/tenants/{}/portal-links", tenant.id());
        let asked = serde_json::json!({"role_id": role});
        let link = self.application().post(&path, asked).await.expect(201);
        let url = link.string("/url");
        let secret = url.rsplit('=').next().unwrap_or_default();
        match good(self.directory().open_portal_link(secret).await) {
            Some(session) => self.application().with(Some(session.secret.expose())),
            None => panic!("{url} does not open"),
        }
    }

    /// Ends a session's time: it expired a second ago.
    pub async fn expire_session(&self, tenant: &Tenant, token: &str) {
        let key = |text: String| AttributeValue::S(text);
        let past = Timestamp::now() - std::time::Duration::from_secs(1);
        let update = self.client().update_item();
        let update = update
            .table_name(self.table())
            .key("PK", key(format!("T#{}#S", tenant.id())))
            .key("SK", key(sha256_hex(token)))
            .update_expression("SET ends = :past")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":past", key(past.to_string()));
        good(update.send().await);
    }

    /// Does at once what follows the commits so far: entries get their places in the feed, and roles are reconciled.
    pub async fn follow_up(&self, tenant: &Tenant) {
        let waiting = good(tenant.directory.journal().unplaced(None).await);
        good(tenant.directory.journal().relay(&waiting).await);
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        let mut after = 0;
        // all of them: what the service has placed by itself it may not have come to
        loop {
            let events = good(tenant.directory.journal().events(after, 500).await);
            let Some(last) = events.last() else { return };
            after = last.sequence;
            for event in &events {
                good(tenant.directory.roles().follow_up(event, deadline).await);
            }
        }
    }

    /// Waits until nothing is left to be followed up, where it runs in this process.
    pub async fn drained(&self) {
        if let Place::Here(local) = &self.place {
            stage::drained(local).await;
        }
    }

    /// Returns somebody who has no token.
    pub fn idp_without_token(&self) -> Idp {
        match &self.place {
            Place::Here(local) => Idp::new(local.scim_base_url(), None),
            Place::Elsewhere(deployed) => Idp::new(&deployed.scim_base_url, None),
        }
    }

    /// Returns the tenant's journal, oldest entry first.
    pub async fn journal(&self, tenant: &Tenant) -> Vec<Value> {
        let query = self.client().query().table_name(self.table());
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
        let scan = self.client().scan().table_name(self.table());
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

    /// Returns its id.
    pub fn id(&self) -> &str {
        self.directory.id().as_str()
    }

    /// Returns the id of its connection.
    pub fn connection_id(&self) -> &str {
        &self.connection.id
    }

    /// Returns the token of its identity provider, in plain text.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Issues another token; returns its id and its plain text.
    pub async fn issue(&self, label: &str, expires_at: Option<Timestamp>) -> (String, String) {
        let issued = good(
            self.directory
                .credentials()
                .issue_token(&self.connection.id, label, expires_at)
                .await,
        );
        (issued.token.id, issued.secret.expose().to_owned())
    }

    /// Revokes a token.
    pub async fn revoke(&self, token_id: &str) {
        good(self.directory.credentials().revoke_token(token_id).await);
    }

    /// Returns when a token was last accepted.
    pub async fn last_used(&self, token_id: &str) -> Option<Timestamp> {
        let tokens = good(self.directory.credentials().tokens().await);
        tokens
            .into_iter()
            .find(|token| token.id == token_id)
            .and_then(|token| token.last_used_at)
    }
}

fn sha256_hex(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The DynamoDB that the environment names, with a table of a service's own.
fn remote_dynamodb() -> Option<Remote> {
    let endpoint = std::env::var(DYNAMODB_VARIABLE).ok()?;
    let table = format!("rollcall-test-{}", uuid::Uuid::now_v7());
    Some(Remote { endpoint, table })
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
