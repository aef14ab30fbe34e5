//! A process that dies in the middle of a write, at every single call to DynamoDB, and the one that comes after it.

use std::collections::BTreeSet;

use futures::future::join_all;
use http::Method;
use rollcall_tests::audit::{World, audit};
use rollcall_tests::faults::Faults;
use rollcall_tests::idp::Idp;
use rollcall_tests::service::{Service, run};
use rollcall_tests::urn;
use serde_json::{Value, json};

/// What is in the tenant before each crash.
struct Scene {
    idp: Idp,
    people: Vec<String>,
    group: String,
}

fn members(ids: &[String]) -> Vec<Value> {
    ids.iter().map(|id| json!({"value": id})).collect()
}

/// One request to be cut short, and what may be seen after it.
struct Plot {
    name: &'static str,
    /// How many of the people are in the group to begin with.
    members: usize,
    request: fn(&Scene) -> (Method, String, Value),
    /// Tells whether the request was carried out, from what is seen; panics if it was by half.
    done: fn(&Scene, &World) -> bool,
}

const PEOPLE: usize = 130;

async fn scene(service: &Service, plot: &Plot, take: u64) -> Scene {
    let idp = service.tenant(&format!("{}-{take}", plot.name)).await.idp();
    let numbers: Vec<usize> = (0..PEOPLE).collect();
    let mut people = Vec::new();
    for chunk in numbers.chunks(26) {
        people.extend(join_all(chunk.iter().map(async |n| idp.user(&format!("p{n}")).await)).await);
    }
    let body = json!({"schemas": [urn::GROUP], "displayName": "g", "members": members(&people[..plot.members])});
    let group = idp.post("/Groups", body).await.expect(201).id();
    Scene { idp, people, group }
}

/// Counts the calls of the whole request, then lets it die at a sample of them, each time in a new scene.
async fn play(plot: &Plot) {
    let (service, faults) = Service::with_faults().await;
    let first = scene(&service, plot, 0).await;
    faults.heal();
    cut(&first, plot).await;
    let calls = faults.calls();
    assert!(calls > 3, "{}: only {calls} calls", plot.name);
    assert!(
        (plot.done)(&first, &audit(&first.idp).await),
        "{}: nothing was done",
        plot.name
    );
    let (mut undone, mut done) = (0, 0);
    // the first call is the authorizer's
    let takes: Vec<u64> = (1..calls).collect();
    for take in takes {
        let scene = scene(&service, plot, take).await;
        let before = World::read(&scene.idp).await;
        die(&faults, take);
        cut(&scene, plot).await;
        assert!(
            faults.died(),
            "{}: call {take} of {calls} was never made",
            plot.name
        );
        faults.heal();
        let world = audit(&scene.idp).await;
        if (plot.done)(&scene, &world) {
            done += 1;
        } else {
            assert_eq!(
                world, before,
                "{} died at call {take} of {calls}",
                plot.name
            );
            undone += 1;
        }
        usable(&scene, plot).await;
    }
    assert!(undone > 0, "{}: never undone", plot.name);
    println_outcome(plot, calls, undone, done);
}

/// Even takes die before the call is made, odd ones after it was carried out.
fn die(faults: &Faults, take: u64) {
    use rollcall_tests::faults::Fault;
    faults.schedule(move |call| match call.number {
        number if number < take => Fault::None,
        number if number == take && take % 2 == 1 => Fault::DroppedAfter,
        _ => Fault::Dead,
    });
}

async fn cut(scene: &Scene, plot: &Plot) {
    let (method, path, body) = (plot.request)(scene);
    // whatever is answered, nobody is there to hear it
    let _ = scene
        .idp
        .request(method, &path)
        .body(&body)
        .in_bad_weather()
        .attempt()
        .await;
}

/// After the crash the same can be asked for again, and the rest still works.
async fn usable(scene: &Scene, plot: &Plot) {
    let (method, path, body) = (plot.request)(scene);
    let answer = scene.idp.request(method, &path).body(&body).send().await;
    assert!(
        [200, 201, 204, 404, 409].contains(&answer.status),
        "{}: {}",
        plot.name,
        answer.body
    );
    let world = audit(&scene.idp).await;
    assert!(
        (plot.done)(scene, &world),
        "{}: asked again and not done",
        plot.name
    );
}

fn println_outcome(plot: &Plot, calls: u64, undone: u32, done: u32) {
    let mut out = std::io::stderr().lock();
    let _ = std::io::Write::write_fmt(
        &mut out,
        format_args!(
            "{}: {calls} calls; died at each: {undone} times undone, {done} times done\n",
            plot.name
        ),
    );
}

#[test]
fn while_a_large_group_is_replaced() {
    run(async |_| {
        play(&Plot {
            name: "replace",
            members: 60,
            request: |scene| {
                let body = json!({"schemas": [urn::GROUP], "displayName": "renamed", "members": members(&scene.people[30..])});
                (Method::PUT, format!("/Groups/{}", scene.group), body)
            },
            done: |scene, world| {
                let wanted: BTreeSet<String> = scene.people[30..].iter().cloned().collect();
                let renamed = world.groups[&scene.group]["displayName"] == "renamed";
                assert_eq!(world.members(&scene.group) == wanted, renamed, "by half");
                renamed
            },
        })
        .await;
    });
}

#[test]
fn while_many_join_and_leave() {
    run(async |_| {
        play(&Plot {
            name: "patch",
            members: 60,
            request: |scene| {
                let operations = json!([
                    {"op": "remove", "path": "members", "value": members(&scene.people[..40])},
                    {"op": "add", "path": "members", "value": members(&scene.people[60..])},
                ]);
                (
                    Method::PATCH,
                    format!("/Groups/{}", scene.group),
                    json!({"schemas": [urn::PATCH], "Operations": operations}),
                )
            },
            done: |scene, world| {
                let wanted: BTreeSet<String> = scene.people[40..].iter().cloned().collect();
                world.members(&scene.group) == wanted
            },
        })
        .await;
    });
}

#[test]
fn while_a_large_group_is_created() {
    run(async |_| {
        play(&Plot {
            name: "create",
            members: 0,
            request: |scene| {
                let body = json!({"schemas": [urn::GROUP], "displayName": "new", "members": members(&scene.people)});
                (Method::POST, "/Groups".to_owned(), body)
            },
            done: |_, world| {
                let Some((id, _)) = world.groups.iter().find(|(_, group)| group["displayName"] == "new") else {
                    return false;
                };
                assert_eq!(world.members(id).len(), PEOPLE, "by half");
                true
            },
        })
        .await;
    });
}

#[test]
fn while_a_large_group_is_deleted() {
    run(async |_| {
        play(&Plot {
            name: "delete-group",
            members: PEOPLE,
            request: |scene| {
                (
                    Method::DELETE,
                    format!("/Groups/{}", scene.group),
                    Value::Null,
                )
            },
            done: |scene, world| !world.groups.contains_key(&scene.group),
        })
        .await;
    });
}

#[test]
fn while_a_person_in_many_groups_is_deleted() {
    run(async |_| {
        let (service, faults) = Service::with_faults().await;
        let mut take = 1;
        loop {
            let idp = service.tenant(&format!("leaver-{take}")).await.idp();
            let user = idp.user("leaver").await;
            let groups =
                join_all((0..60).map(async |n| idp.group(&format!("g{n}"), &[&user]).await)).await;
            die(&faults, take);
            let path = format!("/Users/{user}");
            let _ = idp
                .request(Method::DELETE, &path)
                .in_bad_weather()
                .attempt()
                .await;
            let died = faults.died();
            faults.heal();
            let world = audit(&idp).await;
            let gone = !world.users.contains_key(&user);
            let listed = groups
                .iter()
                .filter(|group| !world.members(group).is_empty())
                .count();
            assert_eq!(listed, if gone { 0 } else { 60 }, "died at call {take}");
            if !died {
                assert!(gone);
                return;
            }
            take += 1;
        }
    });
}
