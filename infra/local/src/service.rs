//! The whole service on one machine, as a value. `cargo run` starts it, and the tests use it.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use futures::future::BoxFuture;
use rollcall_directory::{Directory, KeyRing, WebhookTargets};
use rollcall_edge_http::{API_PATH, BASE_PATH};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::data_dir::{DataDir, DataDirError};
use crate::demo;
use crate::dynamodb::{self, Dynamodb, Remote};
use crate::events::stream::Inserts;
use crate::events::{Events, Place, SentMail, Watch};
use crate::front_page::FrontPage;
use crate::gateway::Gateway;
use crate::given_secrets::GivenSecrets;
use crate::hosts::Hosts;
use crate::local_file::LocalFile;
use crate::seed::{SeededTenant, demo_tenants, ensure_service_key, ensure_tenants};
use crate::seed_file::Seed;
use crate::seeding::{Sower, Sown, Urls};
use crate::serve::serve_api;
use crate::stack_keys::{self, ensure_stack_keys};
use crate::start_error::StartError;
use crate::template::Template;
use crate::wiring;

/// Wraps the HTTP client between the functions and the database.
pub type WrapHttpClient = Box<dyn FnOnce(SharedHttpClient) -> SharedHttpClient + Send>;

/// The options of a start. The default is for tests: in memory, on a free port.
#[derive(Default)]
pub struct Options {
    /// The port of the API on 127.0.0.1; 0 for any free port.
    pub port: u16,
    /// The port of the DynamoDB API on 127.0.0.1; 0 for any free port, `None` for no port.
    pub dynamodb_port: Option<u16>,
    /// Where data is kept.
    pub storage: Storage,
    /// Whether `/` says what runs here, and `/console` opens the console without a link.
    pub front_page: bool,
    /// Replaces the embedded DynamoDB, for tests.
    pub remote: Option<Remote>,
    /// Injects faults into the functions that the gateway calls, for tests. It does not affect the seeding of the
    /// tenants or [`Local::directory`].
    pub wrap_http_client: Option<WrapHttpClient>,
    /// The name of a host under which the service is reached beside those of the loopback interface.
    pub public_host: Option<String>,
    /// How many invitations a tenant can send per day, for tests; otherwise the default of the mailer.
    pub daily_invitations: Option<u32>,
    /// Whether the stack sends no mail, for tests. The mailer runs nevertheless.
    pub without_mail: bool,
    /// What to seed in place of the two tenants.
    pub seed: Option<SeedWith>,
    /// Injects faults into the functions that the stream and the queues call, for tests.
    pub wrap_followers_http_client: Option<WrapHttpClient>,
}

/// What is seeded in place of the two tenants.
#[derive(Clone, Debug)]
pub enum SeedWith {
    /// What a file says.
    File(Box<Seed>),
    /// The demo: a company of 2,000 people with a month of history. It is written once.
    Demo,
}

/// Where data is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// In memory. No file is written.
    #[default]
    Memory,
    /// In memory, with `local.json` and mail in this directory.
    MemoryWithFile(PathBuf),
    /// On disk, in this directory, with `local.json`.
    Disk(PathBuf),
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("port", &self.port)
            .field("storage", &self.storage)
            .finish_non_exhaustive()
    }
}

/// A service key in plain text, which `Debug` does not print.
struct ServiceKey(String);

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceKey(…)")
    }
}

/// The running service. Dropping it stops it immediately. [`Local::shutdown`] lets requests finish.
#[derive(Debug)]
pub struct Local {
    address: SocketAddr,
    dynamodb_address: Option<SocketAddr>,
    dynamodb: Dynamodb,
    key_ring: KeyRing,
    service_key: ServiceKey,
    tenants: Vec<SeededTenant>,
    local_file: Option<PathBuf>,
    events: Watch,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    _data_dir: Option<DataDir>,
}

impl Local {
    /// Starts the service. It accepts requests when this returns.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub async fn start(options: Options) -> Result<Self, StartError> {
        // Everything that can be refused comes before the first write.
        let template = Template::deployed()?;
        let api = bind(options.port, "--port").await?;
        let dynamodb_listener = match options.dynamodb_port {
            Some(port) => Some(bind(port, "--dynamodb-port").await?),
            None => None,
        };
        let data_dir = open(&options.storage)?;
        let dynamodb = match (options.remote, &options.storage, &data_dir) {
            (Some(remote), _, _) => Dynamodb::remote(remote),
            (None, Storage::Disk(_), Some(data_dir)) => Dynamodb::on_disk(&data_dir.database()?)?,
            _ => Dynamodb::in_memory()?,
        };
        dynamodb.ensure_table().await?;
        let (inserts, records) = Inserts::channel();
        dynamodb.tell(inserts.clone());
        let place = match (&options.storage, &data_dir) {
            (Storage::Disk(_), Some(data_dir)) => Place::Directory(data_dir.path()),
            (_, Some(data_dir)) => Place::MailIn(data_dir.path()),
            (_, None) => Place::Memory,
        };
        let key_ring = key_ring(place).await?;
        let events = Events::new(template.events.clone(), place, inserts);
        let events = events.map_err(StartError::Events)?;

        let http = dynamodb.in_process();
        let http = options
            .wrap_http_client
            .map_or_else(|| http.clone(), |wrap| wrap(http.clone()));
        let functions = Directory::new(dynamodb.client(http), dynamodb.table());
        let functions = functions.with_keys(key_ring.clone());
        let functions = functions.with_archive(dynamodb.archive());
        let functions = functions.with_webhook_targets(WebhookTargets::AlsoLoopback);
        let functions = functions.with_mail(!options.without_mail);
        let gateway = Gateway::new(template, wiring::functions(&functions))?;

        let http = dynamodb.in_process();
        let http = options
            .wrap_followers_http_client
            .map_or_else(|| http.clone(), |wrap| wrap(http.clone()));
        let followed = Directory::new(dynamodb.client(http), dynamodb.table());
        let followed = followed.with_archive(dynamodb.archive());
        // Only the reconciler, the mailer and the sender of webhooks have the keys of the stack, as in the template.
        let keyed = followed.clone().with_keys(key_ring.clone());
        let keyed = keyed.with_webhook_targets(WebhookTargets::AlsoLoopback);
        let app_url = format!("http://{}/", address(&api)?);
        let followers = wiring::followers(
            (&followed, &keyed),
            &events,
            &app_url,
            options.daily_invitations,
        );
        let watch = events.watch();
        let following = Directory::new(dynamodb.client(dynamodb.in_process()), dynamodb.table());
        let following = events.tasks(&followers, following, records);
        let following = following.map_err(StartError::UnknownFollower)?;

        let mut local = Self {
            address: address(&api)?,
            dynamodb_address: dynamodb_listener.as_ref().map(address).transpose()?,
            dynamodb,
            key_ring,
            service_key: ServiceKey(String::new()),
            tenants: Vec::new(),
            local_file: None,
            events: watch,
            stop: watch::Sender::new(false),
            tasks: JoinSet::new(),
            _data_dir: None,
        };
        let place = data_dir.as_ref().map(DataDir::path);
        let given = local.seed(place, options.seed.as_ref(), &gateway).await?;
        local._data_dir = data_dir;
        let front = options
            .front_page
            .then(|| FrontPage::new(local.directory(), &local.tenants));
        let hosts = Hosts::new(options.public_host.as_deref());
        let api = serve_api(api, (gateway, hosts, given), front, local.stopped());
        local.serve(api, dynamodb_listener, following);
        Ok(local)
    }

    /// Creates the service key and the tenants. Returns the credentials with given values.
    async fn seed(
        &mut self,
        directory: Option<&Path>,
        seed: Option<&SeedWith>,
        gateway: &Gateway,
    ) -> Result<GivenSecrets, StartError> {
        let known = directory.and_then(LocalFile::read).unwrap_or_default();
        let (scim, console) = (self.scim_base_url(), self.console_url());
        let at = self.directory();
        self.service_key = ServiceKey(ensure_service_key(&at, known.service_key).await?);
        let sown = match seed {
            None => Sown {
                tenants: ensure_tenants(&at, &known.tenants, &scim, &console).await?,
                issued: known.issued,
                ..Sown::default()
            },
            Some(SeedWith::Demo) => {
                let place = demo::Place {
                    dynamodb: self.dynamodb.clone(),
                    key_ring: self.key_ring.clone(),
                    address: self.address,
                    key: self.service_key.0.clone(),
                };
                let token = demo::write(place).await?;
                Sown {
                    tenants: demo_tenants(&at, &known.tenants, token, &scim, &console).await?,
                    issued: known.issued,
                    ..Sown::default()
                }
            }
            Some(SeedWith::File(seed)) => {
                let sower = Sower {
                    seed,
                    gateway,
                    directory: at,
                    key: self.service_key(),
                    known: known.issued,
                    urls: Urls {
                        address: self.address,
                        scim,
                        console: console.clone(),
                    },
                };
                sower.sow().await?
            }
        };
        self.tenants = sown.tenants;
        let Some(directory) = directory else {
            return Ok(sown.given);
        };
        let path = LocalFile::path(directory);
        let file = LocalFile {
            dynamodb_endpoint: self.dynamodb_address.map(dynamodb::endpoint),
            service_key: self.service_key.0.clone(),
            console_url: console,
            table_name: self.dynamodb.table().to_owned(),
            tenants: self.tenants.clone(),
            issued: sown.issued,
        };
        file.write(directory)
            .map_err(|error| StartError::LocalFile {
                path: path.clone(),
                error,
            })?;
        self.local_file = Some(path);
        Ok(sown.given)
    }

    fn serve(
        &mut self,
        api: impl Future<Output = ()> + Send + 'static,
        dynamodb: Option<TcpListener>,
        following: Vec<BoxFuture<'static, ()>>,
    ) {
        self.tasks.spawn(api);
        if let Some(listener) = dynamodb {
            self.tasks
                .spawn(self.dynamodb.clone().serve(listener, self.stopped()));
        }
        for task in following {
            let stopped = self.stopped();
            self.tasks.spawn(async move {
                tokio::select! {
                    () = task => {}
                    () = stopped => {}
                }
            });
        }
        let (sweep, stopped) = (self.dynamodb.clone().sweep(), self.stopped());
        self.tasks.spawn(async move {
            tokio::select! {
                () = sweep => {}
                () = stopped => {}
            }
        });
    }

    fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stop = self.stop.subscribe();
        async move {
            // An error means that the sender was dropped. That is a reason to stop too.
            let _ = stop.wait_for(|stop| *stop).await;
        }
    }

    /// Returns the base URL to enter in an identity provider, without a trailing slash.
    pub fn scim_base_url(&self) -> String {
        format!("http://{}{BASE_PATH}", self.address)
    }

    /// Returns the base URL for the application's backend, without a trailing slash.
    pub fn api_base_url(&self) -> String {
        format!("http://{}{API_PATH}", self.address)
    }

    /// Returns the URL of the console, without a trailing slash.
    pub fn console_url(&self) -> String {
        format!("http://{}/console", self.address)
    }

    /// Returns the service key of the application's backend.
    pub fn service_key(&self) -> &str {
        &self.service_key.0
    }

    /// Returns the address at which the API listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the seeded tenants with their tokens.
    pub fn tenants(&self) -> &[SeededTenant] {
        &self.tenants
    }

    /// Returns the path of `local.json`, if it was written.
    pub fn local_file(&self) -> Option<&Path> {
        self.local_file.as_deref()
    }

    /// Returns the URL of the DynamoDB API, if it has a port.
    pub fn dynamodb_endpoint(&self) -> Option<String> {
        self.dynamodb_address.map(dynamodb::endpoint)
    }

    /// Returns the directory, with an HTTP client that is not wrapped.
    pub fn directory(&self) -> Directory {
        self.directory_with(self.dynamodb_client())
    }

    /// Returns the directory with another client of the database.
    pub fn directory_with(&self, client: Client) -> Directory {
        let directory = Directory::new(client, self.dynamodb.table());
        let directory = directory.with_archive(self.dynamodb.archive());
        let directory = directory.with_webhook_targets(WebhookTargets::AlsoLoopback);
        let directory = directory.with_mail(true);
        directory.with_keys(self.key_ring.clone())
    }

    /// Returns a DynamoDB client, with an HTTP client that is not wrapped.
    pub fn dynamodb_client(&self) -> Client {
        self.dynamodb.client(self.dynamodb.in_process())
    }

    /// Returns the database. [`Dynamodb::client`] builds a client with another HTTP client.
    pub fn dynamodb(&self) -> &Dynamodb {
        &self.dynamodb
    }

    /// Returns how many records on the stream and messages in the queues are not yet handled.
    pub fn pending(&self) -> usize {
        self.events.pending()
    }

    /// Returns how many records on the stream are not yet relayed to the bus.
    pub fn unrelayed(&self) -> usize {
        self.events.unrelayed()
    }

    /// Returns how many messages are in the dead-letter queues.
    pub fn dead_letters(&self) -> usize {
        self.events.dead_letters()
    }

    /// Returns the events that the bus delivered since the start, in EventBridge's format. It is empty for a run on
    /// disk, which writes them to `bus.jsonl`.
    pub fn deliveries(&self) -> Vec<serde_json::Value> {
        self.deliveries_after(0)
    }

    /// Returns the deliveries as [`Self::deliveries`] does, without the first `count`.
    pub fn deliveries_after(&self, count: usize) -> Vec<serde_json::Value> {
        self.events.deliveries_after(count)
    }

    /// Returns the mail that was sent. It is empty for a run with a directory, which writes mail to files there.
    pub fn mail(&self) -> Vec<SentMail> {
        self.events.mail()
    }

    /// Stops accepting requests, waits until current ones finish, and returns when everything is closed.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Returns the keys of the stack, and checks them.
async fn key_ring(place: Place<'_>) -> Result<KeyRing, StartError> {
    let directory = match place {
        Place::Directory(path) => Some(path),
        Place::MailIn(_) | Place::Memory => None,
    };
    let failed = |error| StartError::StackKeys {
        path: directory.unwrap_or(Path::new("")).join(stack_keys::NAME),
        error,
    };
    let key_ring = ensure_stack_keys(directory).map_err(|error| failed(error.into()))?;
    let current = key_ring.current().await;
    current.map_err(|error| failed(error.into()))?;
    Ok(key_ring)
}

fn open(storage: &Storage) -> Result<Option<DataDir>, DataDirError> {
    match storage {
        Storage::Memory => Ok(None),
        Storage::MemoryWithFile(path) => DataDir::open_without_data(path).map(Some),
        Storage::Disk(path) => DataDir::open(path).map(Some),
    }
}

async fn bind(port: u16, option: &'static str) -> Result<TcpListener, StartError> {
    dynamodb::listen(port)
        .await
        .map_err(|error| StartError::Port {
            port,
            option,
            error,
        })
}

fn address(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|error| StartError::Port {
        port: 0,
        option: "--port",
        error,
    })
}
