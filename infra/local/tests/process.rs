//! Tests of the `rollcall` process: start, stop, kill, and the errors at startup.

// A test that panics says what went wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{fs, io};

use rollcall_directory::Directory;
use rollcall_tests::audit::audit;
use rollcall_tests::idp::Idp;
use rollcall_tests::seed::person;
use rollcall_tests::urn;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A running `rollcall` process. It is killed on drop.
struct Process {
    child: Child,
    directory: PathBuf,
}

/// Returns the command that runs `rollcall`.
fn rollcall(directory: &Path, port: u16, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command
        .arg("--data-dir")
        .arg(directory)
        .args(["--port", &port.to_string()])
        .args(more);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Process {
    /// Starts a process and waits for its greeting.
    fn start(directory: &Path) -> Process {
        let mut child = rollcall(directory, 0, &[])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut greeting = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        while !greeting.contains("Ctrl-C") {
            assert!(
                lines.read_line(&mut greeting).unwrap() > 0,
                "the process ended after: {greeting}"
            );
        }
        for expected in ["SCIM base URL", "curl -H 'Authorization: Bearer rcs_acme_"] {
            assert!(greeting.contains(expected), "{greeting}");
        }
        Process {
            child,
            directory: directory.to_owned(),
        }
    }

    fn local_json(&self) -> Value {
        serde_json::from_slice(&fs::read(self.directory.join("local.json")).unwrap()).unwrap()
    }

    fn token(&self, tenant: usize) -> String {
        self.local_json()["tenants"][tenant]["scim_token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    fn idp(&self, tenant: usize) -> Idp {
        let file = self.local_json();
        let base = file["tenants"][tenant]["scim_base_url"].as_str().unwrap();
        Idp::new(base, Some(self.token(tenant)))
    }

    /// Sends SIGTERM and waits until the process ends.
    fn stop(mut self) {
        let sent = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        assert!(
            self.child.wait().unwrap().success(),
            "the exit code after SIGTERM must be 0"
        );
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command that must fail at startup. Returns its error, which must be one line with exit code 1.
fn startup_error(mut command: Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let error = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(stdout.is_empty(), "no greeting is expected");
    error
}

fn scratch() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Returns the names in a directory, and the contents of its files.
fn contents(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    let mut found: Vec<_> = entries
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap_or_default(),
            )
        })
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn a_restart_keeps_the_users_and_tokens() {
    let scratch = scratch();
    let directory = scratch.path().join("data");
    let first = Process::start(&directory);
    let (tokens, idp) = ([first.token(0), first.token(1)], first.idp(0));
    let user = idp.user("ada").await;
    let group = idp.group("engineers", &[&user]).await;
    first.idp(1).user("their-own").await;
    let before = audit(&idp).await;
    first.stop();

    let second = Process::start(&directory);
    assert_eq!([second.token(0), second.token(1)], tokens);
    let after = audit(&second.idp(0)).await;
    // The locations are not compared because the port differs.
    assert_eq!(after.users.keys().collect::<Vec<_>>(), [&user]);
    assert_eq!(
        after.groups[&group]["meta"]["version"],
        before.groups[&group]["meta"]["version"]
    );
    assert_eq!(audit(&second.idp(1)).await.users.len(), 1);
    second.stop();
}

#[tokio::test]
async fn what_another_process_writes_to_the_table_becomes_an_event() {
    let scratch = scratch();
    let process = Process::start(&scratch.path().join("data"));
    let file = process.local_json();
    let endpoint = file["dynamodb_endpoint"].as_str().unwrap();
    let address = endpoint.trim_start_matches("http://").parse().unwrap();
    let client = rollcall_local::dynamodb::client_of(address);
    let directory = Directory::new(client, file["table_name"].as_str().unwrap());
    let tenant = file["tenants"][0]["id"].as_str().unwrap().parse().unwrap();
    let tenant = directory.system(tenant);
    person(&tenant, "ada").await;
    let relayed = async {
        while !tenant.journal().unplaced().await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(60), relayed).await;
    in_time.expect("the event has no place in the feed");
    let events = tenant.journal().events(0, 100).await.unwrap();
    let created = events.iter().filter(|event| event.kind == "user.created");
    assert_eq!(created.count(), 1);
}

/// Sends a GET over a connection of its own. Returns the whole response.
fn get(process: &Process, path: &str, header: &str) -> String {
    ask(process, ("GET", path), header, "")
}

fn ask(process: &Process, (method, path): (&str, &str), header: &str, body: &str) -> String {
    let url = process.local_json()["console_url"]
        .as_str()
        .unwrap()
        .to_owned();
    let host = url.split('/').nth(2).unwrap();
    let mut connection = TcpStream::connect(host).unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{header}\r\n{body}"
    );
    connection.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn the_front_page_leads_to_the_console_without_a_link() {
    let scratch = scratch();
    let process = Process::start(&scratch.path().join("data"));
    let page = get(&process, "/", "");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    for shown in [
        "/console?tenant=acme",
        "/console?tenant=globex",
        "/api/v1/openapi.json",
        "README.md",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    for (path, tenant) in [("/console", "acme"), ("/console?tenant=globex", "globex")] {
        let opened = get(&process, path, "");
        assert!(opened.starts_with("HTTP/1.1 303"), "{opened}");
        let link = format!("location: /console/open?link=rcl_{tenant}_");
        assert!(opened.contains(&link), "{opened}");
    }
    assert!(get(&process, "/console?tenant=none", "").starts_with("HTTP/1.1 404"));
    // Whoever has a session gets the console itself, and a new link for another tenant, or when the session has ended.
    let opened = get(&process, "/console", "");
    let (_, link) = opened.split_once("?link=").unwrap();
    let link = format!("link={}", link.lines().next().unwrap());
    let form = "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n";
    let set = ask(&process, ("POST", "/console/open"), form, &link);
    let (_, cookie) = set
        .split_once("set-cookie: ")
        .unwrap_or_else(|| panic!("{set}"));
    let cookie = cookie.split(';').next().unwrap();
    let session = format!("Cookie: {cookie}\r\n");
    assert!(cookie.contains("rcx_acme_"), "{set}");
    let shown = get(&process, "/console", &session);
    assert!(!shown.contains("/console/open?link="), "{shown}");
    for (path, cookies) in [
        ("/console?tenant=globex", session.as_str()),
        ("/console", "Cookie: rollcall=rcx_acme_x\r\n"),
    ] {
        let opened = get(&process, path, cookies);
        assert!(opened.contains("/console/open?link="), "{opened}");
    }
    process.stop();
}

#[tokio::test]
async fn an_incomplete_local_json_is_repaired_at_the_next_start() {
    let scratch = scratch();
    let first = Process::start(scratch.path());
    let user = first.idp(0).user("ada").await;
    first.stop();
    for incomplete in ["", "{\"tenants\": [{\"id\": \"ac"] {
        fs::write(scratch.path().join("local.json"), incomplete).unwrap();
        let next = Process::start(scratch.path());
        assert!(audit(&next.idp(0)).await.users.contains_key(&user));
        audit(&next.idp(1)).await;
        next.stop();
    }
}

#[test]
fn only_the_owner_can_read_local_json() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = scratch();
    let process = Process::start(scratch.path());
    let mode = fs::metadata(scratch.path().join("local.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let file = process.local_json();
    let ids: Vec<&str> = (0..2)
        .filter_map(|n| file["tenants"][n]["id"].as_str())
        .collect();
    assert_eq!(ids, ["acme", "globex"]);
}

#[test]
fn a_port_in_use_is_an_error_and_creates_no_directory() {
    let scratch = scratch();
    let directory = scratch.path().join("data");
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = startup_error(rollcall(&directory, port, &[]));
    assert!(
        error.contains(&port.to_string()) && error.contains("--port"),
        "{error}"
    );
    assert!(!directory.exists());
}

#[test]
fn a_foreign_directory_is_an_error_and_stays_unchanged() {
    let scratch = scratch();
    fs::write(scratch.path().join("thesis.txt"), "mine").unwrap();
    let before = contents(scratch.path());
    for more in [&[][..], &["--in-memory"]] {
        let error = startup_error(rollcall(scratch.path(), 0, more));
        assert!(error.contains("--data-dir"), "{error}");
        assert_eq!(contents(scratch.path()), before);
    }
    startup_error(rollcall(&scratch.path().join("thesis.txt"), 0, &[]));
    assert_eq!(contents(scratch.path()), before);
}

#[test]
fn an_unwritable_directory_is_an_error() {
    let scratch = scratch();
    let error = startup_error(rollcall(&unwritable(scratch.path()).join("data"), 0, &[]));
    assert!(error.contains("--data-dir"), "{error}");
}

/// Makes the directory read-only and returns it. Root can still write to it, so for root this returns `/proc`.
fn unwritable(directory: &Path) -> PathBuf {
    let mut permissions = fs::metadata(directory).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(directory, permissions).unwrap();
    match fs::write(directory.join("probe"), "") {
        Ok(()) => PathBuf::from("/proc"),
        Err(_) => directory.to_owned(),
    }
}

#[tokio::test]
async fn a_directory_in_use_is_an_error_and_the_running_process_continues() {
    let scratch = scratch();
    let running = Process::start(scratch.path());
    let user = running.idp(0).user("ada").await;
    let error = startup_error(rollcall(scratch.path(), 0, &[]));
    assert!(error.contains("in use"), "{error}");
    assert!(audit(&running.idp(0)).await.users.contains_key(&user));
}

#[tokio::test]
async fn a_kill_during_writes_loses_no_confirmed_write() {
    let scratch = scratch();
    let mut known: Vec<String> = Vec::new();
    for round in 0..3 {
        let mut process = Process::start(scratch.path());
        let idp = process.idp(0);
        let group = idp.group(&format!("round-{round}"), &[]).await;
        let answered = Arc::new(AtomicU32::new(0));
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..4 {
            writers.spawn(write_until_killed(
                idp.clone(),
                group.clone(),
                format!("r{round}w{writer}"),
                answered.clone(),
            ));
        }
        while answered.load(Ordering::Relaxed) < 30 + 7 * round {
            tokio::task::yield_now().await;
        }
        process.kill();
        let mut members = Vec::new();
        while let Some(written) = writers.join_next().await {
            members.extend(written.unwrap());
        }

        let process = Process::start(scratch.path());
        let world = audit(&process.idp(0)).await;
        known.extend(members.iter().cloned());
        for id in &known {
            assert!(
                world.users.contains_key(id),
                "{id} was created with 201 but is missing"
            );
        }
        for id in &members {
            assert!(
                world.members(&group).contains(id),
                "{id} was added with 204 but is not a member"
            );
        }
        process.stop();
    }
}

/// Creates users and adds them to the group until a request fails. Returns the users for which both requests succeeded.
async fn write_until_killed(
    idp: Idp,
    group: String,
    name: String,
    answered: Arc<AtomicU32>,
) -> Vec<String> {
    let mut members = Vec::new();
    for number in 0.. {
        let user = json!({"schemas": [urn::USER], "userName": format!("{name}n{number}")});
        let Ok(created) = idp
            .request(http::Method::POST, "/Users")
            .body(&user)
            .attempt()
            .await
        else {
            break;
        };
        let id = created.expect(201).id();
        let join = json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
        let join = json!({"schemas": [urn::PATCH], "Operations": join});
        let request = idp
            .request(http::Method::PATCH, &format!("/Groups/{group}"))
            .body(&join);
        let Ok(joined) = request.attempt().await else {
            break;
        };
        joined.expect(204);
        members.push(id);
        answered.fetch_add(1, Ordering::Relaxed);
    }
    members
}

#[test]
fn in_memory_leaves_only_local_json_and_the_lock() {
    let scratch = scratch();
    let mut child = rollcall(scratch.path(), 0, &["--in-memory"])
        .spawn()
        .unwrap();
    let mut first = [0; 8];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut first)
        .unwrap();
    assert!(
        Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    let status: io::Result<_> = child.wait();
    assert!(status.unwrap().success());
    let left: Vec<String> = contents(scratch.path())
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(left, ["local.json", "rollcall.lock"]);
}
