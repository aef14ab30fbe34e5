//! The command line's arguments, and the text that it prints.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use rollcall_local::{Local, Options, Seed, SeedError, SeedWith, Storage};

/// The value of `--seed` that means no file.
const DEMO: &str = "demo";

/// Runs Rollcall (SCIM 2.0 provisioning) with everything it needs on this machine, without an AWS account.
#[derive(Debug, Parser)]
#[command(
    name = "rollcall",
    version,
    after_help = "RUST_LOG=info shows every request."
)]
pub(crate) struct Arguments {
    /// The port of the API on 127.0.0.1; 0 for any free port
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The directory for the data and `local.json` [default: .rollcall; with --in-memory, a temporary directory for
    /// `local.json` only]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Keep the data in memory and discard it at the end
    #[arg(long)]
    in_memory: bool,
    /// A YAML or JSON file with tenants, people, groups, roles, and credentials of your own choice, in place of the two
    /// tenants, for the tests of an application (see tests/apps/seed.yaml); or `demo`: a company of 2,000 people with a
    /// month of history
    #[arg(long, value_name = "FILE|demo")]
    seed: Option<PathBuf>,
    /// The name of another host under which the service is reached, for example through a tunnel; without it, only
    /// requests for the loopback interface are answered
    #[arg(long, value_name = "NAME")]
    public_host: Option<String>,
    /// The port of the embedded DynamoDB on 127.0.0.1 [default: any free port]
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 0,
        hide_default_value = true
    )]
    dynamodb_port: u16,
}

impl Arguments {
    /// Returns the storage, and the temporary directory if there is one. Dropping the temporary directory deletes it.
    pub(crate) fn storage(&self) -> std::io::Result<(Storage, Option<tempfile::TempDir>)> {
        Ok(match (&self.data_dir, self.in_memory) {
            (None, false) => (Storage::Disk(PathBuf::from(".rollcall")), None),
            (Some(directory), false) => (Storage::Disk(directory.clone()), None),
            (Some(directory), true) => (Storage::MemoryWithFile(directory.clone()), None),
            (None, true) => {
                let directory = tempfile::Builder::new().prefix("rollcall-").tempdir()?;
                (
                    Storage::MemoryWithFile(directory.path().to_owned()),
                    Some(directory),
                )
            }
        })
    }

    /// Returns the options of the start.
    ///
    /// # Errors
    /// When the seed file cannot be used.
    pub(crate) fn options(&self, storage: Storage) -> Result<Options, SeedError> {
        Ok(Options {
            port: self.port,
            dynamodb_port: Some(self.dynamodb_port),
            storage,
            front_page: true,
            seed: self.seed.as_deref().map(seed_with).transpose()?,
            public_host: self.public_host.clone(),
            ..Options::default()
        })
    }
}

/// Reads what to seed. A file that is called `demo` is given as `./demo`.
fn seed_with(given: &Path) -> Result<SeedWith, SeedError> {
    match given.to_str() {
        Some(DEMO) => Ok(SeedWith::Demo),
        _ => Ok(SeedWith::File(Box::new(Seed::read(given)?))),
    }
}

/// Returns the text that is printed when the service is ready.
pub(crate) fn greeting(local: &Local, storage: &Storage, took: Duration) -> String {
    let mut text = format!(
        "Rollcall is running after {} ms. Give an identity provider one of these:\n",
        took.as_millis()
    );
    for tenant in local.tenants() {
        let token = match tenant.scim_token.as_str() {
            "" => "none in the seed file",
            token => token,
        };
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n  {}\n    SCIM base URL  {}\n    token          {}\n    console        {}\n",
            tenant.name, tenant.scim_base_url, token, tenant.portal_url
        );
    }
    let _ = write!(
        text,
        "\nA console link opens once, within ten minutes. {} makes a new one.\n",
        local.console_url()
    );
    if let Some(tenant) = local.tenants().first() {
        let _ = write!(
            text,
            "\nTry it:\n  curl -H 'Authorization: Bearer {}' {}/Users\n",
            tenant.scim_token, tenant.scim_base_url
        );
    }
    let _ = write!(
        text,
        "\nThe application calls {} with the service key\n  {}\n",
        local.api_base_url(),
        local.service_key()
    );
    let data = match storage {
        Storage::Disk(directory) => format!("kept in {}", directory.display()),
        Storage::Memory | Storage::MemoryWithFile(_) => "in memory, gone at the end".to_owned(),
    };
    let _ = write!(text, "\nData      {data}\n");
    if let Some(file) = local.local_file() {
        let _ = writeln!(text, "All this  {}", file.display());
    }
    if let Some(endpoint) = local.dynamodb_endpoint() {
        let _ = writeln!(text, "DynamoDB  {endpoint}");
    }
    text.push_str("\nCtrl-C stops it.\n");
    text
}
