//! Crashes: a process is killed during a write, at calls to DynamoDB, and another process continues.
//!
//! `tests/crashes` kills it at every call; otherwise, a sample of the calls is enough.

use std::collections::BTreeSet;
use std::io::Write as _;

use futures::future::{BoxFuture, join_all};
use rollcall_directory::{Error, GROUPS, Tenant, USERS};
use rollcall_scim::{Patch, Precondition, Projection, Resource};
use rollcall_tests::audit::{World, audit};
use rollcall_tests::faults::Faults;
use rollcall_tests::idp::Idp;
use rollcall_tests::service::run;
use rollcall_tests::size::full_size;
use rollcall_tests::urn;
use serde_json::{Value, json};

/// More people than fit in one transaction.
const PEOPLE: usize = 110;

/// Unless every call is asked for, a process is killed at one of so many calls, beginning with a random one.
const SAMPLE: u64 = 10;

/// Returns the calls at which a process is killed.
fn killed_calls() -> impl Iterator<Item = u64> {
    let (first, step) = match full_size() {
        true => (0, 1),
        false => (rand::random_range(0..SAMPLE), SAMPLE),
    };
    (first..).step_by(step as usize)
}

/// The people and the group of one write.
#[derive(Clone)]
struct Scenario {
    people: Vec<String>,
    group: String,
}

/// A write that is interrupted by crashes.
struct CrashCase {
    /// The number of people who are in the group at the start.
    members: usize,
    write: fn(Scenario, Tenant) -> BoxFuture<'static, Result<(), Error>>,
    /// Returns whether the write was completed; panics if it was completed only partially.
    done: fn(&Scenario, &World) -> bool,
}

fn members(ids: &[String]) -> Vec<Value> {
    ids.iter().map(|id| json!({"value": id})).collect()
}

fn group(display_name: &str, ids: &[String]) -> Value {
    json!({"schemas": [urn::GROUP], "displayName": display_name, "members": members(ids)})
}

/// Runs a process until it completes the write or is killed; returns whether it completed the write.
async fn run_until_killed(write: BoxFuture<'static, Result<(), Error>>, faults: &Faults) -> bool {
    let mut process = tokio::spawn(write);
    tokio::select! {
        ended = &mut process => {
            assert!(matches!(ended, Ok(Ok(()))), "{ended:?}");
            true
        }
        () = faults.wait_for_kill() => {
            process.abort();
            // Wait until the task has stopped completely.
            let _ = process.await;
            false
        }
    }
}

/// Kills the writer before and after its calls to DynamoDB, and checks the stored state each time.
fn crash_at_calls(name: &str, case: &CrashCase) {
    run(async |service| {
        let tenant = service.tenant(name).await;
        let idp = tenant.idp();
        let people = create_people(&idp).await;
        let (writer, faults) = service.other_process(&tenant);
        let (mut undone, mut done) = (0, 0);
        for call in killed_calls() {
            let mut survived = false;
            for after in [false, true] {
                let group = idp
                    .post("/Groups", group("g", &people[..case.members]))
                    .await;
                let scenario = Scenario {
                    people: people.clone(),
                    group: group.expect(201).id(),
                };
                let before = World::read(&idp).await;
                faults.kill_at_call(call, after);
                survived =
                    run_until_killed((case.write)(scenario.clone(), writer.clone()), &faults).await;
                let world = audit(&idp).await;
                if (case.done)(&scenario, &world) {
                    done += 1;
                } else {
                    assert!(!survived, "the write returned, but it is not complete");
                    assert_eq!(world, before, "killed at call {call}, after it: {after}");
                    undone += 1;
                    // Another process can perform the write.
                    let again = (case.write)(scenario.clone(), tenant.directory().clone()).await;
                    assert!(again.is_ok(), "{again:?}");
                    assert!(
                        (case.done)(&scenario, &audit(&idp).await),
                        "the second write is not complete"
                    );
                }
                delete_groups(&idp).await;
            }
            if survived {
                let mut out = std::io::stderr().lock();
                let _ = writeln!(
                    out,
                    "{name}: {} kills at {call} calls: {undone} times undone, {done} times done",
                    undone + done - 2
                );
                let both = undone > 1 && done > 2;
                assert!(both || !full_size(), "the crashes had only one result");
                return;
            }
        }
    });
}

async fn create_people(idp: &Idp) -> Vec<String> {
    let numbers: Vec<usize> = (0..PEOPLE).collect();
    let mut people = Vec::new();
    for chunk in numbers.chunks(11) {
        people.extend(join_all(chunk.iter().map(async |n| idp.user(&format!("p{n}")).await)).await);
    }
    people
}

async fn delete_groups(idp: &Idp) {
    for group in World::read(idp).await.groups.keys() {
        idp.delete(&format!("/Groups/{group}")).await.expect(204);
    }
}

#[test]
fn crash_while_a_large_group_is_replaced() {
    let write = |scenario: Scenario, tenant: Tenant| -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move {
            let body = group("renamed", &scenario.people[30..]);
            let resource = Resource::parse(GROUPS.resource_type, body)?;
            let (always, all) = (Precondition::none(), Projection::all());
            tenant
                .resources()
                .replace(&GROUPS, &scenario.group, resource, &always, &all)
                .await
                .map(|_| ())
        })
    };
    let done = |scenario: &Scenario, world: &World| {
        let wanted: BTreeSet<String> = scenario.people[30..].iter().cloned().collect();
        let renamed = world.groups[&scenario.group]["displayName"] == "renamed";
        assert_eq!(
            world.members(&scenario.group) == wanted,
            renamed,
            "the write was partial"
        );
        renamed
    };
    crash_at_calls(
        "replaced",
        &CrashCase {
            members: 60,
            write,
            done,
        },
    );
}

#[test]
fn crash_while_many_members_join_and_leave() {
    let write = |scenario: Scenario, tenant: Tenant| -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move {
            let operations = json!([
                {"op": "remove", "path": "members", "value": members(&scenario.people[..40])},
                {"op": "add", "path": "members", "value": members(&scenario.people[60..])},
            ]);
            let body = json!({"schemas": [urn::PATCH], "Operations": operations});
            let patch = Patch::parse(GROUPS.resource_type, body)?;
            tenant
                .resources()
                .patch(&GROUPS, &scenario.group, patch, &Precondition::none(), None)
                .await
                .map(|_| ())
        })
    };
    let done = |scenario: &Scenario, world: &World| {
        world.members(&scenario.group) == scenario.people[40..].iter().cloned().collect()
    };
    crash_at_calls(
        "patched",
        &CrashCase {
            members: 60,
            write,
            done,
        },
    );
}

#[test]
fn crash_while_a_large_group_is_created() {
    let write = |scenario: Scenario, tenant: Tenant| -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move {
            let resource = Resource::parse(GROUPS.resource_type, group("new", &scenario.people))?;
            tenant
                .resources()
                .create(&GROUPS, resource, &Projection::all())
                .await
                .map(|_| ())
        })
    };
    let done = |_: &Scenario, world: &World| {
        let created = world
            .groups
            .iter()
            .find(|(_, group)| group["displayName"] == "new");
        if let Some((id, _)) = created {
            assert_eq!(world.members(id).len(), PEOPLE, "the write was partial");
        }
        created.is_some()
    };
    crash_at_calls(
        "created",
        &CrashCase {
            members: 0,
            write,
            done,
        },
    );
}

#[test]
fn crash_while_a_large_group_is_deleted() {
    let write = |scenario: Scenario, tenant: Tenant| -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move {
            let always = Precondition::none();
            let deleted = tenant.resources().delete(&GROUPS, &scenario.group, &always);
            deleted.await.map(|_| ())
        })
    };
    let done = |scenario: &Scenario, world: &World| !world.groups.contains_key(&scenario.group);
    crash_at_calls(
        "deleted",
        &CrashCase {
            members: PEOPLE,
            write,
            done,
        },
    );
}

#[test]
fn crash_while_a_person_in_many_groups_is_deleted() {
    run(async |service| {
        let tenant = service.tenant("leavers").await;
        let idp = tenant.idp();
        // Two for each call, and some who stay.
        let count = if full_size() { 32 } else { 10 };
        let leavers =
            join_all((0..count).map(async |n| idp.user(&format!("leaver-{n}")).await)).await;
        let everybody: Vec<&str> = leavers.iter().map(String::as_str).collect();
        let name = |n: usize| format!("g{n}");
        let groups = join_all((0..60).map(async |n| idp.group(&name(n), &everybody).await)).await;
        let (writer, faults) = service.other_process(&tenant);
        let mut left = leavers.len();
        let mut survived = false;
        let calls = killed_calls().flat_map(|call| [(call, false), (call, true)]);
        for ((call, after), leaver) in calls.zip(&leavers) {
            faults.kill_at_call(call, after);
            let (writer, id) = (writer.clone(), leaver.clone());
            let write = async move {
                let always = Precondition::none();
                let deleted = writer.resources().delete(&USERS, &id, &always);
                deleted.await.map(|_| ())
            };
            survived = run_until_killed(Box::pin(write), &faults).await;
            let world = audit(&idp).await;
            let gone = !world.users.contains_key(leaver);
            assert!(
                gone || !survived,
                "the write returned, but it is not complete"
            );
            left -= usize::from(gone);
            for group in &groups {
                assert_eq!(world.members(group).len(), left, "killed at call {call}");
            }
            if survived {
                break;
            }
        }
        assert!(survived, "there are calls after the last crash");
        assert!(left > 1, "the crashes had only one result");
    });
}
