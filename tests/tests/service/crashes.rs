//! A process that dies in the middle of a write, at every single call to DynamoDB, and the one that comes after it.

use std::collections::BTreeSet;
use std::io::Write as _;

use futures::future::{BoxFuture, join_all};
use rollcall_directory::{Error, GROUPS, Tenant, USERS};
use rollcall_scim::{Patch, Precondition, Projection, Resource};
use rollcall_tests::audit::{World, audit};
use rollcall_tests::faults::Faults;
use rollcall_tests::idp::Idp;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

/// More people than fit one transaction.
const PEOPLE: usize = 110;

/// A group that is about to be written.
#[derive(Clone)]
struct Scene {
    people: Vec<String>,
    group: String,
}

/// One write to be cut short.
struct Plot {
    /// How many of the people are in the group to begin with.
    members: usize,
    write: fn(Scene, Tenant) -> BoxFuture<'static, Result<(), Error>>,
    /// Tells whether it was carried out, from what is seen; panics where it was by half.
    done: fn(&Scene, &World) -> bool,
}

fn members(ids: &[String]) -> Vec<Value> {
    ids.iter().map(|id| json!({"value": id})).collect()
}

fn group(display_name: &str, ids: &[String]) -> Value {
    json!({"schemas": [urn::GROUP], "displayName": display_name, "members": members(ids)})
}

/// Lets a process work until it is through or dead; tells which.
async fn live(write: BoxFuture<'static, Result<(), Error>>, faults: &Faults) -> bool {
    let mut process = tokio::spawn(write);
    tokio::select! {
        ended = &mut process => {
            assert!(matches!(ended, Ok(Ok(()))), "{ended:?}");
            true
        }
        () = faults.death() => {
            process.abort();
            // nothing of it is left when this returns
            let _ = process.await;
            false
        }
    }
}

/// Lets the writer die before and after each of its calls to DynamoDB, and looks at what is left each time.
fn play(name: &str, plot: &Plot) {
    run(async |service| {
        let tenant = service.tenant(name).await;
        let idp = tenant.idp();
        let people = crowd(&idp).await;
        let (writer, faults) = service.elsewhere(&tenant);
        let (mut undone, mut done) = (0, 0);
        for call in 0.. {
            let mut survived = false;
            for after in [false, true] {
                let group = idp
                    .post("/Groups", group("g", &people[..plot.members]))
                    .await;
                let scene = Scene {
                    people: people.clone(),
                    group: group.expect(201).id(),
                };
                let before = World::read(&idp).await;
                faults.die(call, after);
                survived = live((plot.write)(scene.clone(), writer.clone()), &faults).await;
                let world = audit(&idp).await;
                if (plot.done)(&scene, &world) {
                    done += 1;
                } else {
                    assert!(!survived, "through, and not done");
                    assert_eq!(world, before, "dead at call {call}, after it: {after}");
                    undone += 1;
                    // whoever comes next can do it
                    let again = (plot.write)(scene.clone(), tenant.directory().clone()).await;
                    assert!(again.is_ok(), "{again:?}");
                    assert!(
                        (plot.done)(&scene, &audit(&idp).await),
                        "done again, and not done"
                    );
                }
                clear(&idp).await;
            }
            if survived {
                let mut out = std::io::stderr().lock();
                let _ = writeln!(
                    out,
                    "{name}: dead at each of {call} calls: {undone} times undone, {done} times done"
                );
                assert!(undone > 1 && done > 2, "a crash has both ends");
                return;
            }
        }
    });
}

async fn crowd(idp: &Idp) -> Vec<String> {
    let numbers: Vec<usize> = (0..PEOPLE).collect();
    let mut people = Vec::new();
    for chunk in numbers.chunks(11) {
        people.extend(join_all(chunk.iter().map(async |n| idp.user(&format!("p{n}")).await)).await);
    }
    people
}

async fn clear(idp: &Idp) {
    for group in World::read(idp).await.groups.keys() {
        idp.delete(&format!("/Groups/{group}")).await.expect(204);
    }
}

#[test]
fn while_a_large_group_is_replaced() {
    let write = |scene: Scene, tenant: Tenant| -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move {
            let body = group("renamed", &scene.people[30..]);
            let resource = Resource::parse(GROUPS.resource_type, body)?;
            let (always, all) = (Precondition::none(), Projection::all());
            tenant
                .resources()
                .replace(&GROUPS, &scene.group, resource, &always, &all)
                .await
                .map(|_| ())
        })
    };
    let done = |scene: &Scene, world: &World| {
        let wanted: BTreeSet<String> = scene.people[30..].iter().cloned().collect();
        let renamed = world.groups[&scene.group]["displayName"] == "renamed";
        assert_eq!(world.members(&scene.group) == wanted, renamed, "by half");
        renamed
    };
    play(
        "replaced",
        &Plot {
            members: 60,
            write,
            done,
        },
    );
}

#[test]
fn while_many_join_and_leave() {
    let write = |scene: Scene, tenant: Tenant| -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move {
            let operations = json!([
                {"op": "remove", "path": "members", "value": members(&scene.people[..40])},
                {"op": "add", "path": "members", "value": members(&scene.people[60..])},
            ]);
            let body = json!({"schemas": [urn::PATCH], "Operations": operations});
            let patch = Patch::parse(GROUPS.resource_type, body)?;
            tenant
                .resources()
                .patch(&GROUPS, &scene.group, patch, &Precondition::none(), None)
                .await
                .map(|_| ())
        })
    };
    let done = |scene: &Scene, world: &World| {
        world.members(&scene.group) == scene.people[40..].iter().cloned().collect()
    };
    play(
        "patched",
        &Plot {
            members: 60,
            write,
            done,
        },
    );
}

#[test]
fn while_a_large_group_is_created() {
    let write = |scene: Scene, tenant: Tenant| -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move {
            let resource = Resource::parse(GROUPS.resource_type, group("new", &scene.people))?;
            tenant
                .resources()
                .create(&GROUPS, resource, &Projection::all())
                .await
                .map(|_| ())
        })
    };
    let done = |_: &Scene, world: &World| {
        let created = world
            .groups
            .iter()
            .find(|(_, group)| group["displayName"] == "new");
        if let Some((id, _)) = created {
            assert_eq!(world.members(id).len(), PEOPLE, "by half");
        }
        created.is_some()
    };
    play(
        "created",
        &Plot {
            members: 0,
            write,
            done,
        },
    );
}

#[test]
fn while_a_large_group_is_deleted() {
    let write = |scene: Scene, tenant: Tenant| -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move {
            let always = Precondition::none();
            let deleted = tenant.resources().delete(&GROUPS, &scene.group, &always);
            deleted.await.map(|_| ())
        })
    };
    let done = |scene: &Scene, world: &World| !world.groups.contains_key(&scene.group);
    play(
        "deleted",
        &Plot {
            members: PEOPLE,
            write,
            done,
        },
    );
}

#[test]
fn while_a_person_in_many_groups_is_deleted() {
    run(async |service| {
        let tenant = service.tenant("leavers").await;
        let idp = tenant.idp();
        let leavers = join_all((0..24).map(async |n| idp.user(&format!("leaver-{n}")).await)).await;
        let everybody: Vec<&str> = leavers.iter().map(String::as_str).collect();
        let name = |n: usize| format!("g{n}");
        let groups = join_all((0..60).map(async |n| idp.group(&name(n), &everybody).await)).await;
        let (writer, faults) = service.elsewhere(&tenant);
        let mut left = leavers.len();
        let mut survived = false;
        for (n, leaver) in (0..).zip(&leavers) {
            faults.die(n / 2, n % 2 == 1);
            let (writer, id) = (writer.clone(), leaver.clone());
            let write = async move {
                let always = Precondition::none();
                let deleted = writer.resources().delete(&USERS, &id, &always);
                deleted.await.map(|_| ())
            };
            survived = live(Box::pin(write), &faults).await;
            let world = audit(&idp).await;
            let gone = !world.users.contains_key(leaver);
            assert!(gone || !survived, "through, and not done");
            left -= usize::from(gone);
            for group in &groups {
                assert_eq!(world.members(group).len(), left, "dead at call {}", n / 2);
            }
            if survived {
                break;
            }
        }
        assert!(survived, "a crash at every call");
        assert!(left > 1, "a crash has both ends");
    });
}
