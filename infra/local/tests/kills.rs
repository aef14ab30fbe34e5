//! Kills the process at random times while it handles writes, large changes of members, new mappings of roles, and
//! erasures, and while it relays events. Afterwards, the feed and the bus must contain exactly the committed changes.
//!
//! `ROLLCALL_KILLS` sets the number of kills. Each new process starts with the data directory of the previous one.

// A test that panics says what went wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs};

use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rollcall_directory::{Role, Tenant};
use rollcall_local::dynamodb::TABLE_NAME;
use rollcall_local::{Local, Options, Storage};
use rollcall_tests::api::Api;
use rollcall_tests::audit::audit;
use rollcall_tests::idp::{Answer, Idp};
use rollcall_tests::replay::assert_feed_matches;
use rollcall_tests::urn;
use serde_json::{Value, json};

/// The number of kills if `ROLLCALL_KILLS` is not set.
const KILLS: u32 = 12;
const WRITERS: u64 = 4;
/// Groups whose members change one by one, and which give roles.
const GROUPS: usize = 3;
/// The beginning of the names of people who are erased.
const ERASED: &str = "zzerased-";
/// So many members of one more group are replaced at once: more than one transaction has room for.
const MANY: usize = 60;

/// The users that the writers know, and what the responses confirmed.
#[derive(Default)]
struct Known {
    people: Vec<String>,
    created: BTreeSet<String>,
    deleted: BTreeSet<String>,
    /// The people whose erasure was ordered, in the second tenant.
    erased: BTreeSet<String>,
    answers: u64,
}

fn spawn(directory: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_rollcall"))
        .arg("--data-dir")
        .arg(directory)
        .args(["--port", "0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// Waits until the process prints its greeting, which means that it accepts requests.
fn wait_for_greeting(child: &mut Child) {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(
        lines.any(|line| line.unwrap().contains("Ctrl-C")),
        "the process ended without a greeting"
    );
}

fn local_file(directory: &Path) -> Value {
    let file = fs::read(directory.join("local.json")).unwrap();
    serde_json::from_slice(&file).unwrap()
}

/// Returns a client for the first tenant, with the URL and token from `local.json`.
fn idp(directory: &Path) -> Idp {
    idp_of(directory, 0)
}

fn idp_of(directory: &Path, tenant: usize) -> Idp {
    let file = local_file(directory);
    let text = |name: &str| file["tenants"][tenant][name].as_str().unwrap().to_owned();
    Idp::new(text("scim_base_url"), Some(text("scim_token")))
}

/// Returns a client that acts as the application's backend.
fn application(directory: &Path) -> Api {
    let file = local_file(directory);
    let base = file["tenants"][0]["scim_base_url"].as_str().unwrap();
    let key = file["service_key"].as_str().unwrap().to_owned();
    Api::new(base.replace("/scim/v2", "/api/v1"), Some(key))
}

/// Sends a request of the application. Returns the status, or `None` if the process ended before it answered.
async fn send(application: &Api, method: Method, path: &str, body: &Value) -> Option<u16> {
    let sent = application.attempt(method, path, Some(body.to_string()));
    Some(sent.await.ok()?.status)
}

/// Maps a group to another role, so that the roles of all its members are decided again.
async fn random_mapping(application: &Api, groups: &[String], random: &mut StdRng) -> Option<()> {
    let group = &groups[random.random_range(0..groups.len())];
    let role = ["viewer", "member", "admin"][random.random_range(0..3)];
    let path = format!("/tenants/acme/groups/{group}/role-mapping");
    let body = json!({"role_id": role});
    let status = send(application, Method::PUT, &path, &body).await?;
    assert!(matches!(status, 200 | 409 | 503), "{path}: {status}");
    tokio::time::sleep(Duration::from_millis(20)).await;
    Some(())
}

/// Creates a person in the second tenant and has them erased.
async fn random_erasure(
    idp: &Idp,
    application: &Api,
    known: &Mutex<Known>,
    random: &mut StdRng,
) -> Option<()> {
    let name = format!("{ERASED}{:x}", random.random::<u64>());
    let user = json!({"schemas": [urn::USER], "userName": name, "displayName": name});
    let request = idp.request(Method::POST, "/Users").allow_500();
    let created: Answer = request.body(&user).attempt().await.ok()?;
    if created.status != 201 {
        return Some(());
    }
    let id = created.id();
    let path = format!("/tenants/globex/users/{id}/erasure");
    let status = send(application, Method::POST, &path, &json!({})).await?;
    if status == 202 {
        known.lock().unwrap().erased.insert(id);
    }
    Some(())
}

async fn open(directory: &Path) -> Local {
    let storage = Storage::Disk(directory.to_owned());
    let options = Options {
        storage,
        ..Options::default()
    };
    Local::start(options).await.unwrap()
}

/// Waits until all pending changes are processed.
async fn drain(local: &Local) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while local.pending() > 0 {
        assert!(
            Instant::now() < deadline,
            "{} changes are still pending",
            local.pending()
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn acme(local: &Local) -> Tenant {
    local.directory().system("acme".parse().unwrap())
}

/// Sends one random write. Returns `None` if the process ended before it answered.
async fn random_write(
    idp: &Idp,
    (groups, large): (&[String], &str),
    known: &Mutex<Known>,
    random: &mut StdRng,
) -> Option<()> {
    let person = {
        let known = known.lock().unwrap();
        let at = random.random_range(0..known.people.len().max(1));
        known.people.get(at).cloned()
    };
    let group = &groups[random.random_range(0..groups.len())];
    let patch = |operation: Value| json!({"schemas": [urn::PATCH], "Operations": [operation]});
    let (method, path, body) = match (random.random_range(0..100), &person) {
        (0..30, _) | (_, None) => {
            let name = format!("u-{:x}", random.random::<u64>());
            (
                Method::POST,
                "/Users".to_owned(),
                json!({"schemas": [urn::USER], "userName": name, "active": true}),
            )
        }
        (30..36, Some(_)) => {
            let known = known.lock().unwrap();
            let first = random.random_range(0..known.people.len().max(1));
            let members = known
                .people
                .iter()
                .cycle()
                .skip(first)
                .take(MANY.min(known.people.len()));
            let members: Vec<Value> = members.map(|id| json!({"value": id})).collect();
            (
                Method::PATCH,
                format!("/Groups/{large}"),
                patch(json!({"op": "replace", "path": "members", "value": members})),
            )
        }
        (36..50, Some(id)) => {
            let title = format!("t{}", random.random_range(0..1000));
            (
                Method::PATCH,
                format!("/Users/{id}"),
                patch(json!({"op": "replace", "path": "title", "value": title})),
            )
        }
        (50..60, Some(id)) => {
            let active = random.random_bool(0.5);
            (
                Method::PATCH,
                format!("/Users/{id}"),
                patch(json!({"op": "replace", "path": "active", "value": active})),
            )
        }
        (60..80, Some(id)) => (
            Method::PATCH,
            format!("/Groups/{group}"),
            patch(json!({"op": "add", "path": "members", "value": [{"value": id}]})),
        ),
        (80..92, Some(id)) => (
            Method::PATCH,
            format!("/Groups/{group}"),
            patch(json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")})),
        ),
        (_, Some(id)) => (Method::DELETE, format!("/Users/{id}"), Value::Null),
    };
    let mut request = idp.request(method.clone(), &path).allow_500();
    if !body.is_null() {
        request = request.body(&body);
    }
    let answer: Answer = request.attempt().await.ok()?;
    let mut known = known.lock().unwrap();
    known.answers += 1;
    match (method, answer.status) {
        (Method::POST, 201) => {
            known.people.push(answer.id());
            known.created.insert(answer.id());
        }
        (Method::DELETE, 204) => {
            let gone = path.trim_start_matches("/Users/").to_owned();
            known.people.retain(|id| *id != gone);
            known.deleted.insert(gone);
        }
        (Method::DELETE, 404) => known.people.retain(|id| Some(id) != person.as_ref()),
        // Somebody of a large change of members can be gone by then.
        (_, 200 | 204 | 400 | 404 | 409 | 503) => {}
        (method, status) => panic!("{method} {path}: {status} {}", answer.body),
    }
    Some(())
}

/// Returns the ids of the events that the journal entries describe.
async fn journal_event_ids(local: &Local) -> BTreeSet<String> {
    let query = local.dynamodb_client().query().table_name(TABLE_NAME);
    let query = query.key_condition_expression("PK = :pk");
    let partition = AttributeValue::S("T#acme#J".to_owned());
    let items = query
        .expression_attribute_values(":pk", partition)
        .into_paginator()
        .items()
        .send();
    let items = items.collect::<Result<Vec<_>, _>>().await.unwrap();
    let mut events = BTreeSet::new();
    for item in items {
        let text = |name: &str| {
            item.get(name)
                .and_then(|value| value.as_s().ok())
                .cloned()
                .unwrap_or_default()
        };
        let after: Value = serde_json::from_str(&text("after")).unwrap_or_default();
        let count = |list: &str| after[list].as_array().map_or(0, Vec::len);
        let changes = count("added") + count("removed");
        match text("type") == "group.members_changed" && changes > 0 {
            true => events.extend((0..changes).map(|n| format!("{}.{n}", text("SK")))),
            false => assert!(events.insert(text("SK"))),
        }
    }
    events
}

/// Returns all events of the feed.
async fn feed(tenant: &Tenant) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let page = tenant
            .journal()
            .events(all.len() as u64, 500)
            .await
            .unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page.iter().map(|event| json!(event)));
    }
}

/// Asserts that the bus received every event of the feed at least once, and no other event. Returns how many events it
/// received more than once.
fn assert_bus_matches(directory: &Path, feed: &[Value]) -> usize {
    let file = fs::read_to_string(directory.join("bus.jsonl")).unwrap();
    let mut deliveries: BTreeMap<String, (Value, usize)> = BTreeMap::new();
    for line in file.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["detail-type"], event["detail"]["type"]);
        if event["detail"]["tenant"] != "acme" {
            continue;
        }
        let id = event["detail"]["id"].as_str().unwrap().to_owned();
        let (first, times) = deliveries.entry(id).or_insert((event["detail"].clone(), 0));
        assert_eq!(*first, event["detail"], "two events have the same id");
        *times += 1;
    }
    let again = deliveries.values().filter(|(_, times)| *times > 1).count();
    let mut bus: Vec<Value> = deliveries.into_values().map(|(event, _)| event).collect();
    bus.sort_by_key(|event| event["sequence"].as_u64());
    assert_eq!(bus, feed);
    again
}

/// Waits until the process has answered so many more writes, or for five seconds on a busy machine.
async fn wait_for_answers(known: &Mutex<Known>, more: u64) {
    let wanted = known.lock().unwrap().answers + more;
    let late = Instant::now() + Duration::from_secs(5);
    while known.lock().unwrap().answers < wanted && Instant::now() < late {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Asserts that every erasure that was confirmed is finished, and has left no name.
async fn assert_erased(local: &Local, erased: &BTreeSet<String>) {
    let tenant = local.directory().system("globex".parse().unwrap());
    let late = tokio::time::Instant::now() + Duration::from_secs(120);
    for id in erased {
        while tenant.erasures().go_on(Some(id), late).await.unwrap() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    drain(local).await;
    let events = feed(&tenant).await;
    for event in events {
        let subject = event["subject"]["id"].as_str().unwrap_or_default();
        let named = erased.contains(subject) && event.to_string().contains(ERASED);
        assert!(!named, "an erasure left {event}");
    }
}

/// Returns the number of items in a partition.
async fn count(local: &Local, partition: &str) -> i32 {
    let query = local.dynamodb_client().query().table_name(TABLE_NAME);
    let query = query.key_condition_expression("PK = :pk");
    let partition = AttributeValue::S(partition.to_owned());
    let query = query.expression_attribute_values(":pk", partition);
    query.send().await.unwrap().count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feed_and_bus_match_the_committed_changes_after_random_kills() {
    let kills = env::var("ROLLCALL_KILLS")
        .ok()
        .and_then(|kills| kills.parse().ok())
        .unwrap_or(KILLS);
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().join("data");
    let local = open(&directory).await;
    let mut groups = Vec::new();
    for n in 0..GROUPS {
        let group = idp(&directory).group(&format!("g{n}"), &[]).await;
        let role = [Role::Viewer, Role::Member, Role::Admin][n];
        acme(&local)
            .roles()
            .map_group(&group, Some(role))
            .await
            .unwrap();
        groups.push(group);
    }
    let large = idp(&directory).group("large", &[]).await;
    local.shutdown().await;

    let groups = Arc::new(groups);
    let known = Arc::new(Mutex::new(Known::default()));
    let mut random = StdRng::seed_from_u64(7);
    for kill in 0..kills {
        let mut child = spawn(&directory);
        if random.random_ratio(1, 10) {
            // Kill it during startup, or while it processes changes from before the last kill.
            tokio::time::sleep(Duration::from_millis(random.random_range(0..300))).await;
            child.kill().unwrap();
            child.wait().unwrap();
            continue;
        }
        wait_for_greeting(&mut child);
        let idp = idp(&directory);
        let (application, second) = (application(&directory), idp_of(&directory, 1));
        let mut writers = Vec::new();
        for writer in 0..WRITERS + 2 {
            let (groups, large, known) = (Arc::clone(&groups), large.clone(), Arc::clone(&known));
            let (idp, second, application) = (idp.clone(), second.clone(), application.clone());
            let mut random = StdRng::seed_from_u64(u64::from(kill) << 8 | writer);
            writers.push(tokio::spawn(async move {
                let mut lives = Some(());
                while lives.is_some() {
                    lives = match writer {
                        0 => random_mapping(&application, &groups, &mut random).await,
                        1 => random_erasure(&second, &application, &known, &mut random).await,
                        _ => {
                            let groups = (groups.as_slice(), large.as_str());
                            random_write(&idp, groups, &known, &mut random).await
                        }
                    };
                }
            }));
        }
        wait_for_answers(&known, random.random_range(0..40)).await;
        tokio::time::sleep(Duration::from_millis(random.random_range(0..30))).await;
        child.kill().unwrap();
        child.wait().unwrap();
        for writer in writers {
            writer.await.unwrap();
        }
    }

    let local = open(&directory).await;
    drain(&local).await;
    let tenant = acme(&local);
    // Whoever reads members next completes what a kill interrupted.
    tenant.members().sweep().await.unwrap();
    drain(&local).await;
    assert_eq!(
        (
            local.dead_letters(),
            tenant.journal().unplaced().await.unwrap()
        ),
        (0, Vec::new())
    );
    let events = feed(&tenant).await;
    let sequences = events
        .iter()
        .map(|event| event["sequence"].as_u64().unwrap());
    assert!(sequences.eq(1..=events.len() as u64), "the feed has a gap");
    let ids: BTreeSet<String> = events
        .iter()
        .map(|event| event["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), events.len(), "an event has two sequence numbers");
    assert_eq!(ids, journal_event_ids(&local).await);
    let again = assert_bus_matches(&directory, &events);
    assert_feed_matches(&events, &audit(&self::idp(&directory)).await);
    let known = std::mem::take(&mut *known.lock().unwrap());
    assert!(known.answers > 0, "no write was answered");
    assert_erased(&local, &known.erased).await;
    let subjects = |kind: &str| -> BTreeSet<&str> {
        let of_kind = events.iter().filter(|event| event["type"] == kind);
        of_kind
            .map(|event| event["subject"]["id"].as_str().unwrap())
            .collect()
    };
    for (kind, promised) in [
        ("user.created", &known.created),
        ("user.deleted", &known.deleted),
    ] {
        let lost: Vec<_> = promised
            .iter()
            .filter(|id| !subjects(kind).contains(id.as_str()))
            .collect();
        assert!(
            lost.is_empty(),
            "{kind}: confirmed but not in the feed: {lost:?}"
        );
    }
    assert_eq!(count(&local, "T#acme#I").await, 0, "an intent is open");
    let far = tokio::time::Instant::now() + Duration::from_secs(3_600);
    assert_eq!(tenant.roles().reconcile_all(None, far).await.unwrap(), None);
    drain(&local).await;
    assert_eq!(
        feed(&tenant).await.len(),
        events.len(),
        "the full pass changed a role"
    );
    let roles = subjects("user.role_changed").len();
    let line = format!(
        "{kills} kills: {} writes answered, {} events in journal, feed and bus, {again} of them delivered more than once, roles of {roles} people, {} people erased\n",
        known.answers,
        events.len(),
        known.erased.len(),
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    local.shutdown().await;
}
