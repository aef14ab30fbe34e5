//! The running service and its tenants, which every test starts from.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rollcall_directory::{
    Ceilings, Connection, Directory, NewTenant, Origin, Provider, Role, Settings, TenantId,
};
use rollcall_local::dynamodb::Remote;
use rollcall_local::{Local, Options};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

use crate::api::Api;
use crate::deployed::Deployed;
use crate::event_fixture;
use crate::event_schemas::check_event;
use crate::faults::Faults;
use crate::idp::Idp;

/// The environment variable with the URL of a DynamoDB that replaces the embedded one.
const DYNAMODB_VARIABLE: &str = "ROLLCALL_TEST_DYNAMODB";

/// One runtime with two threads for all tests.
///
/// The tests share a service, so one test may wait for the requests of another; it must not wait for its runtime.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let built = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    built.unwrap_or_else(|error| panic!("no runtime: {error}"))
});

static SHARED: OnceCell<Service> = OnceCell::const_new();

/// Runs a test with the shared service. Then checks the events that the bus has delivered since the last check, which may
/// belong to other tests.
pub fn run(test: impl AsyncFnOnce(&'static Service)) {
    RUNTIME.block_on(async {
        let service = SHARED.get_or_init(Service::shared).await;
        test(service).await;
        service.check_deliveries();
    });
}

/// A running service.
#[derive(Debug)]
pub struct Service {
    location: Location,
    tenants: AtomicU32,
    /// How many deliveries of the bus were checked.
    checked: Mutex<usize>,
}

/// The place where a service runs.
#[derive(Debug)]
enum Location {
    /// In this process.
    InProcess(Box<Local>),
    /// In another process.
    Deployed(Deployed),
}

impl Service {
    /// Returns the service that the environment names, or starts one in memory.
    async fn shared() -> Service {
        match Deployed::from_env().await {
            // Earlier runs left tenants in the table, so start with a random number.
            Some(deployed) => Service {
                location: Location::Deployed(deployed),
                tenants: AtomicU32::new(rand::random()),
                checked: Mutex::default(),
            },
            None => Service::start().await,
        }
    }

    fn at(location: Location) -> Service {
        Service {
            location,
            tenants: AtomicU32::new(0),
            checked: Mutex::default(),
        }
    }

    /// Starts a service for a single test, in memory.
    pub async fn start() -> Service {
        Service::start_with(Options::default()).await
    }

    /// Starts a service whose functions use a DynamoDB connection with injected faults.
    ///
    /// # Panics
    /// Panics when the service cannot be started.
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
            Ok(local) => Service::at(Location::InProcess(Box::new(local))),
            Err(error) => panic!("the service did not start: {error}"),
        }
    }

    /// Returns the service that runs in this process.
    #[track_caller]
    fn local(&self) -> &Local {
        match &self.location {
            Location::InProcess(local) => local,
            Location::Deployed(_) => panic!("this test needs a service in its own process"),
        }
    }

    /// Asserts that each event that the bus has delivered since the last call matches its schema, and that EventBridge's
    /// `detail-type` is its type.
    fn check_deliveries(&self) {
        let Location::InProcess(local) = &self.location else {
            return;
        };
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        let deliveries = local.deliveries_after(*checked);
        *checked += deliveries.len();
        drop(checked);
        for delivery in &deliveries {
            check_event(&delivery["detail"]);
            assert_eq!(delivery["detail-type"], delivery["detail"]["type"]);
        }
    }

    /// Returns the directory over the service's table, without injected faults.
    pub fn directory(&self) -> Directory {
        match &self.location {
            Location::InProcess(local) => local.directory(),
            Location::Deployed(deployed) => {
                Directory::new(deployed.client.clone(), &deployed.table)
            }
        }
    }

    /// Returns a DynamoDB client without injected faults.
    pub fn client(&self) -> Client {
        match &self.location {
            Location::InProcess(local) => local.dynamodb_client(),
            Location::Deployed(deployed) => deployed.client.clone(),
        }
    }

    /// Returns the name of the table.
    pub fn table(&self) -> &str {
        match &self.location {
            Location::InProcess(local) => local.dynamodb().table(),
            Location::Deployed(deployed) => &deployed.table,
        }
    }

    /// Creates a tenant for this test, without a rate limit.
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

    /// Creates a tenant with these settings, a connection and a token.
    ///
    /// # Panics
    /// Panics when one of them cannot be created.
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
            ceilings: Ceilings::default(),
        };
        let directory = expect_ok(self.directory().create_tenant(new).await);
        let connection = expect_ok(
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

    /// Returns the tenant as another process accesses it, and the faults that can kill that process.
    pub fn other_process(&self, tenant: &Tenant) -> (rollcall_directory::Tenant, Faults) {
        let (client, faults) = self.client_with_faults();
        let directory = self.local().directory_with(client);
        (directory.system(tenant.directory.id().clone()), faults)
    }

    /// Returns a client of the service's DynamoDB with faults of its own.
    pub fn client_with_faults(&self) -> (Client, Faults) {
        let faults = Faults::around(self.local().dynamodb().in_process());
        (self.local().dynamodb().client(faults.client()), faults)
    }

    /// Returns a client that acts as the application's backend.
    pub fn application(&self) -> Api {
        match &self.location {
            Location::InProcess(local) => {
                Api::new(local.api_base_url(), Some(local.service_key().to_owned()))
            }
            Location::Deployed(deployed) => {
                Api::new(deployed.api_base_url(), Some(deployed.service_key()))
            }
        }
    }

    /// Returns a client with a session that was opened by a portal link with this role.
    ///
    /// # Panics
    /// Panics when the link does not open a session.
    pub async fn admin(&self, tenant: &Tenant, role: Role) -> Api {
        let secret = self.portal_link(tenant, role).await;
        let opened = self.directory();
        let opened = opened.open_portal_link(&secret, "opened-by-a-test", Origin::default());
        match expect_ok(opened.await) {
            Some(session) => self.application().with(Some(session.secret.expose())),
            None => panic!("the link does not open a session"),
        }
    }

    /// Returns the secret of a portal link with this role. One for an owner may make the first owner.
    ///
    /// # Panics
    /// Panics when the link is refused.
    pub async fn portal_link(&self, tenant: &Tenant, role: Role) -> String {
        if role.sees_nothing() {
            // The API refuses it.
            let tenant = tenant.directory();
            let link = tenant.sign_in().issue_portal_link(role, None, false);
            return expect_ok(link.await).secret.expose().to_owned();
        }
        let path = format!("/tenants/{}/portal-links", tenant.id());
        let asked = serde_json::json!({"role_id": role, "first_owner": role == Role::Owner});
        let link = self.application().post(&path, asked).await.expect(201);
        let url = link.string("/url");
        url.rsplit('=').next().unwrap_or_default().to_owned()
    }

    /// Sets the expiry of a session to one second ago.
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
        expect_ok(update.send().await);
    }

    /// Processes all commits so far: gives journal entries their places in the feed and reconciles roles.
    pub async fn follow_up(&self, tenant: &Tenant) {
        let waiting = expect_ok(tenant.directory.journal().unplaced().await);
        expect_ok(tenant.directory.journal().relay(&waiting).await);
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        let mut after = 0;
        // Process all events: the service may have placed some of them without having processed them.
        loop {
            let events = expect_ok(tenant.directory.journal().events(after, 500).await);
            let Some(last) = events.last() else { return };
            after = last.sequence;
            for event in &events {
                check_event(&serde_json::json!(event));
                expect_ok(tenant.directory.roles().follow_up(event, deadline).await);
            }
        }
    }

    /// Waits until every pending change is processed, if the service runs in this process.
    pub async fn drained(&self) {
        if let Location::InProcess(local) = &self.location {
            event_fixture::drained(local).await;
        }
    }

    /// Returns an identity provider without a token.
    pub fn idp_without_token(&self) -> Idp {
        match &self.location {
            Location::InProcess(local) => Idp::new(local.scim_base_url(), None),
            Location::Deployed(deployed) => Idp::new(&deployed.scim_base_url, None),
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
        expect_ok(items)
            .into_iter()
            .map(|item| plain(AttributeValue::M(item)))
            .collect()
    }

    /// Returns the content of the whole table as text.
    pub async fn dump(&self) -> String {
        let scan = self.client().scan().table_name(self.table());
        format!(
            "{:?}",
            expect_ok(
                scan.into_paginator()
                    .items()
                    .send()
                    .collect::<Result<Vec<_>, _>>()
                    .await
            )
        )
    }
}

/// A tenant with access to its directory and its identity provider.
#[derive(Debug)]
pub struct Tenant {
    directory: rollcall_directory::Tenant,
    connection: Connection,
    token: String,
    idp: Idp,
}

impl Tenant {
    /// Returns the tenant's identity provider.
    pub fn idp(&self) -> Idp {
        self.idp.clone()
    }

    /// Returns the tenant in the directory.
    pub fn directory(&self) -> &rollcall_directory::Tenant {
        &self.directory
    }

    /// Returns the tenant's id.
    pub fn id(&self) -> &str {
        self.directory.id().as_str()
    }

    /// Returns the id of the tenant's connection.
    pub fn connection_id(&self) -> &str {
        &self.connection.id
    }

    /// Returns the plaintext token of the tenant's identity provider.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Issues another token and returns its id and plaintext.
    pub async fn issue(&self, label: &str, expires_at: Option<Timestamp>) -> (String, String) {
        let issued = expect_ok(
            self.directory
                .credentials()
                .issue_token(&self.connection.id, label, expires_at)
                .await,
        );
        (issued.token.id, issued.secret.expose().to_owned())
    }

    /// Revokes a token.
    pub async fn revoke(&self, token_id: &str) {
        expect_ok(self.directory.credentials().revoke_token(token_id).await);
    }

    /// Returns when a token was last accepted.
    pub async fn last_used(&self, token_id: &str) -> Option<Timestamp> {
        let tokens = expect_ok(self.directory.credentials().tokens().await);
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

/// Returns the DynamoDB that the environment names, with a new table name.
fn remote_dynamodb() -> Option<Remote> {
    let endpoint = std::env::var(DYNAMODB_VARIABLE).ok()?;
    let table = format!("rollcall-test-{}", uuid::Uuid::now_v7());
    Some(Remote { endpoint, table })
}

#[track_caller]
fn expect_ok<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error:?}"),
    }
}

/// Converts a DynamoDB value to plain JSON.
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
