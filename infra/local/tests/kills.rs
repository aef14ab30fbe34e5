//! Kills the process at random times while it handles writes. Afterwards, the feed and the bus must contain exactly the
//! committed changes.
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
use rollcall_tests::audit::{World, audit};
use rollcall_tests::idp::{Answer, Idp};
use rollcall_tests::urn;
use serde_json::{Map, Value, json};

/// The number of kills if `ROLLCALL_KILLS` is not set.
const KILLS: u32 = 12;
const WRITERS: u64 = 4;
const GROUPS: usize = 3;

/// The users that the writers know, and what the responses confirmed.
#[derive(Default)]
struct Known {
    people: Vec<String>,
    created: BTreeSet<String>,
    deleted: BTreeSet<String>,
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

/// Returns a client for the first tenant, with the URL and token from `local.json`.
fn idp(directory: &Path) -> Idp {
    let file = fs::read(directory.join("local.json")).unwrap();
    let file: Value = serde_json::from_slice(&file).unwrap();
    let text = |name: &str| file["tenants"][0][name].as_str().unwrap().to_owned();
    Idp::new(text("scim_base_url"), Some(text("scim_token")))
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
    groups: &[String],
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
        (30..50, Some(id)) => {
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
        (_, 200 | 204 | 404 | 503) => {}
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

type People = BTreeMap<String, Map<String, Value>>;
type Members = BTreeMap<String, BTreeSet<String>>;

/// Applies the events in order to an empty directory. Returns the resulting users and group members.
fn replay(feed: &[Value]) -> (People, Members) {
    let (mut people, mut members) = (People::new(), Members::new());
    for event in feed {
        let subject = event["subject"]["id"].as_str().unwrap().to_owned();
        let member = || event["after"]["member"].as_str().unwrap().to_owned();
        match event["type"].as_str().unwrap() {
            "user.deleted" | "user.merged" => {
                assert!(
                    people.remove(&subject).is_some(),
                    "the deleted user did not exist: {event}"
                );
                members.values_mut().for_each(|group| {
                    group.remove(&subject);
                });
            }
            "user.created" | "user.updated" | "user.deactivated" | "user.reactivated"
            | "user.adopted" => {
                let person = people.entry(subject).or_default();
                for name in event["before"].as_object().into_iter().flat_map(Map::keys) {
                    person.remove(name);
                }
                person.extend(event["after"].as_object().cloned().unwrap());
            }
            "group.created" => {
                members.entry(subject).or_default();
            }
            "group.member_added" => {
                assert!(
                    members.get_mut(&subject).unwrap().insert(member()),
                    "added twice: {event}"
                );
            }
            "group.member_removed" => {
                assert!(
                    members.get_mut(&subject).unwrap().remove(&member()),
                    "removed twice: {event}"
                );
            }
            _ => {}
        }
    }
    (people, members)
}

/// Asserts that replaying the feed gives the users and groups that SCIM returns.
fn assert_feed_matches(feed: &[Value], world: &World) {
    let (people, members) = replay(feed);
    assert_eq!(
        people.keys().collect::<Vec<_>>(),
        world.users.keys().collect::<Vec<_>>()
    );
    for (id, replayed) in &people {
        for name in ["userName", "title", "active"] {
            let seen = world.users[id].get(name);
            assert_eq!(replayed.get(name), seen, "{name} of {id}");
        }
    }
    for (group, replayed) in &members {
        assert_eq!(*replayed, world.members(group), "members of {group}");
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
        let writers = (0..WRITERS).map(|writer| {
            let (idp, groups, known) = (idp.clone(), Arc::clone(&groups), Arc::clone(&known));
            let mut random = StdRng::seed_from_u64(u64::from(kill) << 8 | writer);
            tokio::spawn(async move {
                while random_write(&idp, &groups, &known, &mut random)
                    .await
                    .is_some()
                {}
            })
        });
        let writers: Vec<_> = writers.collect();
        tokio::time::sleep(Duration::from_millis(random.random_range(1..600))).await;
        child.kill().unwrap();
        child.wait().unwrap();
        for writer in writers {
            writer.await.unwrap();
        }
    }

    let local = open(&directory).await;
    drain(&local).await;
    let tenant = acme(&local);
    assert_eq!(
        (
            local.dead_letters(),
            tenant.journal().unplaced(None).await.unwrap()
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
        "{kills} kills: {} writes answered, {} events in journal, feed and bus, {again} of them delivered more than once, roles of {roles} people\n",
        known.answers,
        events.len()
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    local.shutdown().await;
}
