//! The embedded DynamoDB: the table and the archive, on disk or in memory. The SDK in this process calls it directly. Other processes
//! on this machine can use a loopback port.

mod connector;
mod remote;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::types::{TimeToLiveSpecification, TimeToLiveStatus};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use dynoxide::Database;
use rollcall_directory::create_table;
use tokio::net::TcpListener;

use crate::events::stream::Inserts;

pub use remote::Remote;

/// The table's name in the local run.
pub const TABLE_NAME: &str = "rollcall";
/// The interval between deletions of expired items. DynamoDB itself promises only "within a few days".
const SWEEP_INTERVAL: Duration = Duration::from_secs(300);

/// The reason why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DynamodbError {
    /// The file cannot be read, is not a database, or has the format of a newer version.
    #[error("the database in `{path}` cannot be opened: {problem}")]
    Open {
        /// The file.
        path: String,
        /// The database engine's error.
        problem: String,
    },
    /// An operation on the table failed.
    #[error("the table cannot be created: {0}")]
    Table(String),
}

/// A database handle. Cheap to clone.
#[derive(Clone)]
pub struct Dynamodb {
    data: Data,
    /// Receives every new journal entry that is written through this process.
    inserts: Arc<OnceLock<Inserts>>,
}

/// Where the data is kept.
#[derive(Clone)]
enum Data {
    Embedded(Database),
    Remote(Remote),
}

impl std::fmt::Debug for Dynamodb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dynamodb")
    }
}

impl Dynamodb {
    /// Creates an empty database in memory. It exists until its last handle is dropped.
    ///
    /// # Errors
    ///
    /// [`DynamodbError::Open`] when the engine cannot create it.
    pub fn in_memory() -> Result<Self, DynamodbError> {
        let database =
            Database::memory().map_err(|error| open_error(Path::new(":memory:"), error))?;
        Ok(Self::over(Data::Embedded(database)))
    }

    /// Opens the database in a file, and creates the file if it does not exist.
    ///
    /// # Errors
    ///
    /// [`DynamodbError::Open`] when the file is not a database, or cannot be read and written.
    pub fn on_disk(path: &Path) -> Result<Self, DynamodbError> {
        let name = path
            .to_str()
            .ok_or_else(|| open_error(path, "its name is not UTF-8"))?;
        let database = Database::new(name).map_err(|error| open_error(path, error))?;
        // This sets SQLite's `synchronous = NORMAL`: no fsync for each commit, which would be slow on a laptop. A
        // killed process loses nothing. A power failure can lose the last commits, but only as a whole.
        database
            .disable_bulk_loading()
            .map_err(|error| open_error(path, error))?;
        Ok(Self::over(Data::Embedded(database)))
    }

    /// Returns a handle for a DynamoDB in another process.
    pub fn remote(remote: Remote) -> Self {
        Self::over(Data::Remote(remote))
    }

    /// Returns the HTTP client that leads to the database. For an embedded database, it uses no socket.
    pub fn in_process(&self) -> SharedHttpClient {
        let inserts = Arc::clone(&self.inserts);
        match &self.data {
            Data::Embedded(database) => connector::http_client(database.clone(), inserts),
            Data::Remote(_) => remote::http_client(inserts),
        }
    }

    /// Returns an SDK client that uses this HTTP client.
    pub fn client(&self, http: SharedHttpClient) -> Client {
        match &self.data {
            Data::Embedded(_) => client(http),
            Data::Remote(remote) => {
                Client::from_conf(remote.sdk_config().http_client(http).build())
            }
        }
    }

    /// Returns the table's name.
    pub fn table(&self) -> &str {
        match &self.data {
            Data::Embedded(_) => TABLE_NAME,
            Data::Remote(remote) => &remote.table,
        }
    }

    /// Returns the name of the archive's table, which is in the same database.
    pub fn archive(&self) -> String {
        format!("{}-archive", self.table())
    }

    /// Reports new journal entries to `inserts` from now on. Only the first call has an effect.
    pub(crate) fn tell(&self, inserts: Inserts) {
        let _ = self.inserts.set(inserts);
    }

    /// Returns a handle for the same data, of which new journal entries are reported elsewhere.
    pub(crate) fn apart(&self) -> Self {
        Self::over(self.data.clone())
    }

    fn over(data: Data) -> Self {
        let inserts = Arc::default();
        Self { data, inserts }
    }

    /// Creates the table and the archive if they do not exist, or completes them if a start was killed in between.
    ///
    /// # Errors
    ///
    /// [`DynamodbError::Table`] when the database reports an error.
    pub async fn ensure_table(&self) -> Result<(), DynamodbError> {
        let client = self.client(self.in_process());
        for name in [self.table(), &self.archive()] {
            match create_table::create_table(&client, name).await {
                Ok(()) => {}
                Err(aws_sdk_dynamodb::Error::ResourceInUseException(_)) => {
                    ensure_ttl(&client, name).await?;
                }
                Err(error) => return Err(table_error(&error)),
            }
        }
        Ok(())
    }

    /// Serves the DynamoDB API on a listener until `stop` completes. For a DynamoDB in another process, returns at
    /// once.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) {
        let Data::Embedded(database) = self.data else {
            return;
        };
        if let Err(error) = connector::serve(listener, database, self.inserts, stop).await {
            tracing::error!(%error, "the DynamoDB server failed");
        }
    }

    /// Deletes expired items at regular intervals. Never returns.
    pub async fn sweep(self) {
        let Data::Embedded(database) = self.data else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(SWEEP_INTERVAL).await;
            let database = database.clone();
            match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
                Ok(Ok(deleted)) => tracing::debug!(deleted, "deleted expired items"),
                Ok(Err(error)) => tracing::warn!(%error, "expired items could not be deleted"),
                Err(error) => tracing::warn!(%error, "deleting expired items crashed"),
            }
        }
    }
}

/// Returns the SDK's configuration for an embedded database. The HTTP client that is added to it selects the database.
///
/// Nobody else uses the database, so the SDK need not wait long between its attempts.
pub fn sdk_config() -> Builder {
    aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(5)))
        .region(Region::new("local"))
        .credentials_provider(Credentials::new(
            "local",
            "local",
            None,
            None,
            "rollcall-local",
        ))
        .endpoint_url("http://127.0.0.1")
}

/// Returns an SDK client that uses this HTTP client.
pub fn client(http: SharedHttpClient) -> Client {
    Client::from_conf(sdk_config().http_client(http).build())
}

/// Returns an SDK client for a DynamoDB on a loopback port, without TLS.
pub fn client_of(address: SocketAddr) -> Client {
    let http = aws_smithy_http_client::Builder::new().build_http();
    Client::from_conf(
        sdk_config()
            .endpoint_url(endpoint(address))
            .http_client(http)
            .build(),
    )
}

/// Returns the URL of a DynamoDB on a loopback port.
pub fn endpoint(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// Listens on a port of 127.0.0.1; 0 for any free port.
///
/// # Errors
///
/// When the port is in use.
pub async fn listen(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

/// Enables time to live if it is not enabled: a first start may have been killed after it created the table and before
/// it enabled time to live.
async fn ensure_ttl(client: &Client, table: &str) -> Result<(), DynamodbError> {
    let described = client
        .describe_time_to_live()
        .table_name(table)
        .send()
        .await;
    let described = described.map_err(|error| table_error(&error))?;
    let status = described
        .time_to_live_description()
        .and_then(|ttl| ttl.time_to_live_status());
    if status == Some(&TimeToLiveStatus::Enabled) {
        return Ok(());
    }
    let ttl = TimeToLiveSpecification::builder()
        .attribute_name(create_table::TTL_ATTRIBUTE)
        .enabled(true);
    let ttl = ttl.build().map_err(|error| table_error(&error))?;
    let update = client
        .update_time_to_live()
        .table_name(table)
        .time_to_live_specification(ttl);
    update.send().await.map_err(|error| table_error(&error))?;
    Ok(())
}

fn open_error(path: &Path, problem: impl ToString) -> DynamodbError {
    DynamodbError::Open {
        path: path.display().to_string(),
        problem: problem.to_string(),
    }
}

fn table_error(error: &dyn std::error::Error) -> DynamodbError {
    DynamodbError::Table(DisplayErrorContext(error).to_string())
}
