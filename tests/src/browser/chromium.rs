//! Chromium and its driver: found, started, stopped, and told what WebDriver has no words for.

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

/// Browsers at a time; each takes most of a processor.
static SEATS: Semaphore = Semaphore::const_new(2);

/// How long a browser may take to let go of its files.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Where `npm ci` puts the accessibility audit.
const AXE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/browser/node_modules/axe-core/axe.min.js"
);

/// The driver and the audit's script, if both are on this machine.
static TOOLS: LazyLock<Option<(PathBuf, String)>> = LazyLock::new(|| {
    let found = on_path("chromedriver").zip(fs::read_to_string(AXE).ok());
    if found.is_none() {
        let missing = "no browser tests: they need `apt-get install chromium chromium-driver` and `npm ci --prefix tests/browser`";
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
    // Killed with the driver when a test ends without stopping it.
    driver: Child,
    /// What they write goes here, and with them: the driver leaves some of it lying about.
    folder: TempDir,
    _seat: SemaphorePermit<'static>,
}

/// What htmx says when a request gives way to a newer one; whatever fails has a name of its own beside the first of these.
const ABORTED: [&str; 2] = ["\"htmx:afterRequest, ", "\"htmx:sendAbort, "];

/// How often the driver may find its port taken.
const STARTS: usize = 5;

impl Chromium {
    /// Starts one with these arguments on top, if there is one on this machine.
    pub(super) async fn start(arguments: &[&str]) -> Option<Chromium> {
        let (driver, _) = TOOLS.as_ref()?;
        let seat = match SEATS.acquire().await {
            Ok(seat) => seat,
            Err(error) => panic!("no seat: {error}"),
        };
        let folder = match tempfile::tempdir() {
            Ok(folder) => folder,
            Err(error) => panic!("no folder: {error}"),
        };
        let mut started = None;
        for _ in 0..STARTS {
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
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ];
        let arguments: Vec<&str> = usual.into_iter().chain(arguments.iter().copied()).collect();
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let Value::Object(capabilities) = capabilities else {
            unreachable!("it is an object")
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
                _seat: seat,
            }),
            Err(error) => panic!("the browser does not start: {error}"),
        }
    }

    /// Closes the window and the browser with it.
    pub(super) async fn stop(mut self) {
        // A browser that is gone already is just as well.
        let _ = self.client.close().await;
        let _ = self.driver.kill().await;
        // The browser may still be writing its last: it is looked for until nothing is left.
        let deadline = Instant::now() + LAST_WORDS;
        while fs::remove_dir_all(self.folder.path()).is_err() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Gives a command of the DevTools protocol.
    pub(super) async fn devtools(&self, command: &str, parameters: Value) {
        let body = json!({"cmd": command, "params": parameters});
        self.issue("goog/cdp/execute", body).await;
    }

    /// Takes what the browser complained of since it was last asked.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let log = self.issue("se/log", json!({"type": "browser"})).await;
        let lines = log.as_array().into_iter().flatten();
        lines
            .filter(|line| line["level"] != "INFO" && line["level"] != "DEBUG")
            .map(|line| line["message"].as_str().unwrap_or_default().to_owned())
            .filter(|line| !ABORTED.iter().any(|event| line.contains(event)))
            .collect()
    }

    async fn issue(&self, path: &'static str, body: Value) -> Value {
        match self.client.issue_cmd(Extension { path, body }).await {
            Ok(answer) => answer,
            Err(error) => panic!("{path}: {error}"),
        }
    }
}

/// The script of the accessibility audit.
pub(super) fn axe() -> &'static str {
    TOOLS.as_ref().map_or("", |(_, script)| script)
}

/// Starts the driver on a port that it chooses and says on its standard output; it ends where it finds that port taken.
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
        panic!("the driver says nothing")
    };
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let said = line.strip_prefix("ChromeDriver was started successfully on port ");
        if let Some(port) = said.and_then(|port| port.trim_end_matches('.').parse().ok()) {
            // It goes on talking, and must not find the pipe full.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Some((child, port));
        }
    }
    None
}

/// A command that Chromium's driver knows beside those of WebDriver.
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
