//! Finds, starts and stops Chromium and its driver, and sends commands that are not part of WebDriver.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;
use std::time::Duration;
use std::{env, fs};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use url::{ParseError, Url};

/// Limits how many browsers run at the same time, because each takes most of a processor.
static BROWSER_SLOTS: Semaphore = Semaphore::const_new(2);

/// How long a browser may take to release its files.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// The path to which `npm ci` installs the accessibility audit.
const AXE_PATH: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/browser/node_modules/axe-core/axe.min.js"
);

/// The driver and the script of the audit, if both are on this machine.
static TOOLS: LazyLock<Option<(PathBuf, String)>> = LazyLock::new(|| {
    let found = on_path("chromedriver").zip(fs::read_to_string(AXE_PATH).ok());
    if found.is_none() {
        let missing = "browser tests need `apt-get install chromium chromium-driver` and \
                       `npm ci --prefix tests/browser`";
        assert!(env::var_os("CI").is_none(), "{missing}");
        eprintln!("{missing}");
    }
    found
});

fn on_path(program: &str) -> Option<PathBuf> {
    let paths = env::var_os("PATH")?;
    let candidates = env::split_paths(&paths).map(|folder| folder.join(program));
    candidates.into_iter().find(|path| Path::is_file(path))
}

/// A running browser with its driver.
#[derive(Debug)]
pub(super) struct Chromium {
    pub(super) client: Client,
    // `kill_on_drop` also stops the driver when a test ends without a call to `stop`.
    driver: Child,
    /// A folder for the files of the driver and the browser, which is removed with them.
    folder: TempDir,
    _slot: SemaphorePermit<'static>,
}

/// The events that htmx logs when a newer request replaces a request. A real failure has another event in addition.
const ABORT_EVENTS: [&str; 2] = ["\"htmx:afterRequest, ", "\"htmx:sendAbort, "];

/// The maximum number of attempts to start the driver, because its port may already be in use.
const START_ATTEMPTS: usize = 5;

impl Chromium {
    /// Starts a browser with these additional arguments, if Chromium is on this machine.
    pub(super) async fn start(arguments: &[&str]) -> Option<Chromium> {
        let (driver, _) = TOOLS.as_ref()?;
        let slot = match BROWSER_SLOTS.acquire().await {
            Ok(slot) => slot,
            Err(error) => panic!("no browser slot: {error}"),
        };
        let folder = match tempfile::tempdir() {
            Ok(folder) => folder,
            Err(error) => panic!("no temporary folder: {error}"),
        };
        let mut started = None;
        for _ in 0..START_ATTEMPTS {
            started = start_driver(driver, folder.path()).await;
            if started.is_some() {
                break;
            }
        }
        let Some((child, port)) = started else {
            panic!("the driver did not start")
        };
        let usual = [
            "--headless=new",
            // A laptop screen: on a narrow one, the navigation is in a menu.
            "--window-size=1280,900",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            // The checks of contrast would measure a color halfway.
            "--force-prefers-reduced-motion",
        ];
        let arguments: Vec<&str> = usual.into_iter().chain(arguments.iter().copied()).collect();
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let Value::Object(capabilities) = capabilities else {
            unreachable!("`json!` built an object")
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await;
        match client {
            Ok(client) => Some(Chromium {
                client,
                driver: child,
                folder,
                _slot: slot,
            }),
            Err(error) => panic!("the browser did not start: {error}"),
        }
    }

    /// Closes the window and with it the browser.
    pub(super) async fn stop(mut self) {
        // An error here means that the browser has already ended.
        let _ = self.client.close().await;
        let _ = self.driver.kill().await;
        // The browser may still write files, so try again until the folder can be removed.
        let deadline = Instant::now() + SHUTDOWN_TIMEOUT;
        while fs::remove_dir_all(self.folder.path()).is_err() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sends a command of the DevTools protocol. Returns its result.
    pub(super) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.issue("goog/cdp/execute", body).await
    }

    /// Takes the warnings and errors that the browser logged since the last call.
    pub(super) async fn browser_warnings(&self) -> Vec<String> {
        let log = self.issue("se/log", json!({"type": "browser"})).await;
        let lines = log.as_array().into_iter().flatten();
        lines
            .filter(|line| line["level"] != "INFO" && line["level"] != "DEBUG")
            .map(|line| line["message"].as_str().unwrap_or_default().to_owned())
            .filter(|line| !ABORT_EVENTS.iter().any(|event| line.contains(event)))
            .collect()
    }

    async fn issue(&self, path: &'static str, body: Value) -> Value {
        match self.client.issue_cmd(Extension { path, body }).await {
            Ok(answer) => answer,
            Err(error) => panic!("{path}: {error}"),
        }
    }
}

/// Returns the script of the accessibility audit.
pub(super) fn axe() -> &'static str {
    TOOLS.as_ref().map_or("", |(_, script)| script)
}

/// Starts the driver, which chooses a port and prints it. Returns `None` if the driver ends because the port is in use.
async fn start_driver(program: &Path, folder: &Path) -> Option<(Child, u16)> {
    let started = Command::new(program)
        .arg("--port=0")
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => panic!("{}: {error}", program.display()),
    };
    let Some(stdout) = child.stdout.take() else {
        panic!("the driver has no standard output")
    };
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let said = line.strip_prefix("ChromeDriver was started successfully on port ");
        if let Some(port) = said.and_then(|port| port.trim_end_matches('.').parse().ok()) {
            // Continue to read the output, so that the pipe does not fill up.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Some((child, port));
        }
    }
    None
}

/// A command of Chromium's driver that is not part of WebDriver.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
