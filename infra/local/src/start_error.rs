//! Why the service does not start.

use std::io;
use std::path::PathBuf;

use crate::data_dir::DataDirError;
use crate::dynamodb::DynamodbError;
use crate::gateway::GatewayError;
use crate::seed_file::SeedError;
use crate::template::TemplateError;

/// The reason why the service does not start. The template, the ports and the data directory are checked before
/// anything is written.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port cannot be used.
    #[error("port {port} cannot be used: {error}; choose another with {option}")]
    Port {
        /// The port.
        port: u16,
        /// The option that sets the port.
        option: &'static str,
        /// The operating system's error.
        error: io::Error,
    },
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The template cannot be read.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The template cannot be served.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The template sends events to a function that the local run does not include.
    #[error("infra/template.yaml: events need `functions/{0}`, which the local run does not know")]
    UnknownFollower(String),
    /// The files of the bus and the queues cannot be used.
    #[error("the files of the event bus cannot be used: {0}")]
    Events(io::Error),
    /// The database cannot be opened or prepared.
    #[error(transparent)]
    Dynamodb(#[from] DynamodbError),
    /// The service key or the tenants could not be created.
    #[error("the service key and the tenants cannot be created: {0}")]
    Seed(#[from] rollcall_directory::Error),
    /// The seed file cannot be applied.
    #[error(transparent)]
    SeedFile(#[from] SeedError),
    /// The demo could not be written.
    #[error("the demo cannot be written: {0}; delete the data directory and start again")]
    Demo(String),
    /// The keys of the stack are missing or invalid, and cannot be created.
    #[error("`{path}` cannot be used: {error}; restore it, or delete it to make new keys")]
    StackKeys {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: Box<dyn std::error::Error + Send + Sync>,
    },
    /// `local.json` could not be written.
    #[error("`{path}` cannot be written: {error}")]
    LocalFile {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        error: io::Error,
    },
}
