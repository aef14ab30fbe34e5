//! Kills the process in the middle of an import, and goes on with it in the next process: everybody comes in once.
//!
//! `ROLLCALL_IMPORT_ROWS` sets the number of people. Prints rows per second and the memory of the process.

// A test that panics says what went wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use std::{env, fs};

use http::Method;
use rollcall_tests::api::Api;
use rollcall_tests::idp::Idp;
use serde_json::{Value, json};

/// The number of people if `ROLLCALL_IMPORT_ROWS` is not set.
const ROWS: usize = 200;
/// The number of parts of a short import; a long one has parts of 1,000 rows.
const PARTS: usize = 4;
const MAX_ROWS: usize = 1_000;

fn spawn(directory: &Path) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rollcall"))
        .arg("--data-dir")
        .arg(directory)
        .args(["--port", "0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("Ctrl-C")));
    child
}

/// Returns the application's backend and the identity provider of the first tenant.
fn clients(directory: &Path) -> (Api, Idp) {
    let file = fs::read(directory.join("local.json")).unwrap();
    let file: Value = serde_json::from_slice(&file).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (base, token) = (
        text(&file["tenants"][0]["scim_base_url"]),
        text(&file["tenants"][0]["scim_token"]),
    );
    let key = text(&file["service_key"]);
    let application = Api::new(base.replace("/scim/v2", "/api/v1"), Some(key));
    (application, Idp::new(base, Some(token)))
}

fn part(number: usize, size: usize) -> String {
    let first = (number - 1) * size;
    let rows = (first..first + size).map(|row| {
        json!({"user_name": format!("person{row}@import.test"), "application_id": row, "display_name": format!("P {row}"),
               "emails": [format!("person{row}@import.test")], "roles": ["member"],
               "groups": [format!("Team {}", row % 7)]})
    });
    rows.map(|row| format!("{row}\n")).collect()
}

/// Sends a part. Returns what became of it, or `None` if the process ended.
async fn send(application: &Api, import: &str, number: usize, size: usize) -> Option<Value> {
    let path = format!("/tenants/acme/imports/{import}/parts/{number}");
    loop {
        let sent = application.attempt(Method::PUT, &path, Some(part(number, size)));
        let answer = sent.await.ok()?;
        match answer.status {
            503 => {}
            _ => return Some(answer.expect(200).body),
        }
    }
}

async fn next_part(application: &Api, import: &str) -> usize {
    let path = format!("/tenants/acme/imports/{import}");
    let read = application.get(&path).await.expect(200).body;
    usize::try_from(read["next_part"].as_u64().unwrap()).unwrap()
}

/// Returns the most memory that a process had, in MB, where the system tells it.
fn peak_memory(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1_024)
}

/// Prints past the harness, which shows only what failing tests print.
fn print(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_goes_on_after_a_kill() {
    let wanted = env::var("ROLLCALL_IMPORT_ROWS").ok();
    let wanted: usize = wanted.map_or(ROWS, |rows| rows.parse().unwrap());
    let size = wanted.div_ceil(PARTS).min(MAX_ROWS);
    let parts = wanted.div_ceil(size);
    let rows = parts * size;
    let directory = tempfile::tempdir().unwrap();
    let mut child = spawn(directory.path());
    let (application, idp) = clients(directory.path());
    let before = idp.get("/Users?count=0").await.expect(200).total();
    let create = async |application: &Api, id: &str| {
        let path = format!("/tenants/acme/imports/{id}");
        application.put(&path, json!({})).await
    };
    create(&application, "first").await.expect(201);
    let began = Instant::now();
    let half = parts / 2;
    for number in 1..=half {
        send(&application, "first", number, size).await.unwrap();
    }
    // The next part is under way when the process dies.
    let (number, sender) = (half + 1, application.clone());
    let sending = tokio::spawn(async move { send(&sender, "first", number, size).await });
    tokio::time::sleep(began.elapsed() / u32::try_from(2 * half.max(1)).unwrap()).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let was_answered = sending.await.unwrap().is_some();

    let mut child = spawn(directory.path());
    let (application, idp) = clients(directory.path());
    let next = next_part(&application, "first").await;
    // The process may have noted the part without answering.
    assert!((half + 1 + usize::from(was_answered)..=half + 2).contains(&next));
    let mut resumed = 0;
    for number in next..=parts {
        let part = send(&application, "first", number, size).await.unwrap();
        let counts = &part["counts"];
        let count = |name: &str| counts[name].as_u64().unwrap();
        assert_eq!(count("failed"), 0, "{part}");
        resumed += count("unchanged") + count("changed");
    }
    let seconds = began.elapsed().as_secs_f64();
    let total = idp.get("/Users?count=0").await.expect(200).total();
    assert_eq!(total, before + rows as u64);
    print(&format!(
        "import: {rows} people in {parts} parts, killed in part {}, {resumed} rows of it were done; {:.0} rows a second, {} MB",
        half + 1,
        rows as f64 / seconds,
        peak_memory(&child).map_or("?".to_owned(), |memory| memory.to_string()),
    ));

    create(&application, "second").await.expect(201);
    let began = Instant::now();
    for number in 1..=parts {
        let part = send(&application, "second", number, size).await.unwrap();
        assert_eq!(part["counts"]["unchanged"], size, "{}", part["counts"]);
    }
    print(&format!(
        "import: a second time, nothing changes; {:.0} rows a second",
        rows as f64 / began.elapsed().as_secs_f64()
    ));
    child.kill().unwrap();
    child.wait().unwrap();
}
