//! The embedded DynamoDB: one table, on disk or in memory, for the SDK in this process and, on a loopback port, for
//! everybody else on this machine.

mod connector;
mod remote;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
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
/// How often expired items are looked for; AWS promises no more than "within a few days".
const SWEEP_INTERVAL: Duration = Duration::from_secs(300);

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum DynamodbError {
    /// The file is no database, or one of a newer version, or cannot be read.
    #[error("the database in `{path}` cannot be opened: {problem}")]
    Open {
        /// The file.
        path: String,
        /// What the engine says.
        problem: String,
    },
    /// An operation on the table failed.
    #[error("the table cannot be made: {0}")]
    Table(String),
}

/// A running database; cheap to clone.
#[derive(Clone)]
pub struct Dynamodb {
    data: Data,
    /// Told of every new journal entry that is written through this process.
    inserts: Arc<OnceLock<Inserts>>,
}

/// Where the data is.
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
    /// An empty database that ends with its last handle.
    ///
    /// # Errors
    ///
    /// When memory is short.
    pub fn in_memory() -> Result<Self, DynamodbError> {
        let database =
            Database::memory().map_err(|error| open_error(Path::new(":memory:"), error))?;
        Ok(Self::over(Data::Embedded(database)))
    }

    /// The database in a file, which is made when it is not there.
    ///
    /// # Errors
    ///
    /// When the file is something else, or cannot be read and written.
    pub fn on_disk(path: &Path) -> Result<Self, DynamodbError> {
        let name = path
            .to_str()
            .ok_or_else(|| open_error(path, "its name is not UTF-8"))?;
        let database = Database::new(name).map_err(|error| open_error(path, error))?;
        // SQLite's `synchronous = NORMAL`: no fsync for each commit, which is what a laptop's speed hangs on. A killed
        // process loses nothing by it; a power cut may take the last commits, whole ones.
        database
            .disable_bulk_loading()
            .map_err(|error| open_error(path, error))?;
        Ok(Self::over(Data::Embedded(database)))
    }

    /// One that runs elsewhere.
    pub fn remote(remote: Remote) -> Self {
        Self::over(Data::Remote(remote))
    }

    /// The way into the database, without a socket where it is embedded.
    pub fn in_process(&self) -> SharedHttpClient {
        let inserts = Arc::clone(&self.inserts);
        match &self.data {
            Data::Embedded(database) => connector::http_client(database.clone(), inserts),
            Data::Remote(_) => remote::http_client(inserts),
        }
    }

    /// An SDK client over an HTTP client that leads into the database.
    pub fn client(&self, http: SharedHttpClient) -> Client {
        match &self.data {
            Data::Embedded(_) => client(http),
            Data::Remote(remote) => {
                Client::from_conf(remote.sdk_config().http_client(http).build())
            }
        }
    }

    /// The table's name.
    pub fn table(&self) -> &str {
        match &self.data {
            Data::Embedded(_) => TABLE_NAME,
            Data::Remote(remote) => &remote.table,
        }
    }

    /// From now on says which journal entries are new; the first to ask is told.
    pub(crate) fn tell(&self, inserts: Inserts) {
        let _ = self.inserts.set(inserts);
    }

    fn over(data: Data) -> Self {
        let inserts = Arc::default();
        Self { data, inserts }
    }

    /// Makes the table where it is not there yet, or only half.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn ensure_table(&self) -> Result<(), DynamodbError> {
        let client = self.client(self.in_process());
        let created = create_table::create_table(&client, self.table()).await;
        match created {
            Ok(()) => Ok(()),
            Err(aws_sdk_dynamodb::Error::ResourceInUseException(_)) => {
                ensure_ttl(&client, self.table()).await
            }
            Err(error) => Err(table_error(&error)),
        }
    }

    /// Answers the DynamoDB API on a listener until `stop` comes true.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) {
        let Data::Embedded(database) = self.data else {
            return;
        };
        if let Err(error) = dynoxide::server::serve_with_shutdown(listener, database, stop).await {
            tracing::error!(error, "DynamoDB's port is closed");
        }
    }

    /// Deletes expired items again and again; never ends.
    pub async fn sweep(self) {
        let Data::Embedded(database) = self.data else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(SWEEP_INTERVAL).await;
            let database = database.clone();
            match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
                Ok(Ok(deleted)) => tracing::debug!(deleted, "swept expired items"),
                Ok(Err(error)) => tracing::warn!(%error, "expired items could not be swept"),
                Err(error) => tracing::warn!(%error, "the sweep of expired items crashed"),
            }
        }
    }
}

/// What the SDK needs to know to reach an embedded database; whoever adds an HTTP client to it decides which.
pub fn sdk_config() -> Builder {
    aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
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

/// An SDK client over an HTTP client.
pub fn client(http: SharedHttpClient) -> Client {
    Client::from_conf(sdk_config().http_client(http).build())
}

/// An SDK client that talks to a DynamoDB on a loopback port, without TLS.
pub fn client_of(address: SocketAddr) -> Client {
    let http = aws_smithy_http_client::Builder::new().build_http();
    Client::from_conf(
        sdk_config()
            .endpoint_url(endpoint(address))
            .http_client(http)
            .build(),
    )
}

/// The URL of a DynamoDB on a loopback port.
pub fn endpoint(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// Takes a loopback port; 0 for any that is free.
///
/// # Errors
///
/// When it is taken.
pub async fn listen(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

/// A first start may have been killed between making the table and saying which items expire.
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
