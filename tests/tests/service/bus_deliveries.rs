//! What the bus carries: every change once it is committed, as the feed has it, and as `infra/events.md` says.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use rollcall_directory::{Assertion, Event, Role, SignInOutcome};
use rollcall_tests::service::run;
use rollcall_tests::stage::{Stage, until};
use serde_json::{Value, json};

const CONTRACT: &str = include_str!("../../../infra/events.md");

#[test]
fn every_change_is_delivered_as_the_feed_has_it() {
    run(async |_| {
        let stage = Stage::start().await;
        let idp = &stage.idp;
        let (ada, bob) = (idp.user("ada").await, idp.user("bob").await);
        let group = idp.group("g", &[&ada]).await;
        let add = json!([{"op": "add", "path": "members", "value": [{"value": bob}]}]);
        idp.patch(&format!("/Groups/{group}"), add)
            .await
            .expect(204);
        stage
            .tenant
            .roles()
            .map_group(&group, Some(Role::Admin))
            .await
            .unwrap();
        // Roles are announced as they are when somebody looks: a role that is gone by then was never announced.
        stage.drained().await;
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        idp.patch(&format!("/Users/{bob}"), off).await.expect(200);
        idp.delete(&format!("/Groups/{group}")).await.expect(204);
        stage.drained().await;

        let feed = stage.feed().await;
        assert_eq!(stage.delivered(), feed);
        let sequences = feed.iter().map(|event| event["sequence"].as_u64().unwrap());
        assert!(sequences.eq(1..=feed.len() as u64));
        let kinds = |id: &str| -> Vec<&str> {
            let about =
                |event: &&Value| event["subject"]["id"] == id || event["after"]["member"] == id;
            let about = feed.iter().filter(about);
            about.map(|event| event["type"].as_str().unwrap()).collect()
        };
        for id in [&ada, &bob] {
            for kind in [
                "user.created",
                "group.member_added",
                "user.role_changed",
                "group.member_removed",
            ] {
                assert!(
                    kinds(id).contains(&kind),
                    "{id} without {kind}: {:?}",
                    kinds(id)
                );
            }
        }
        let roles: Vec<&Value> = feed
            .iter()
            .filter(|event| event["type"] == "user.role_changed" && event["subject"]["id"] == *ada)
            .collect();
        assert_eq!(
            (&roles[0]["before"]["role"], &roles[0]["after"]["role"]),
            (&Value::Null, &json!("admin"))
        );
        assert_eq!(
            roles.last().unwrap()["after"]["role"],
            Value::Null,
            "the group is gone"
        );
        assert_eq!(stage.local.dead_letters(), 0);
    });
}

/// Each action stands in the source as a literal; each must have its heading and an example that is one.
#[test]
fn every_action_is_in_the_contract() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/directory/src");
    let mut actions = BTreeSet::new();
    let mut paths = vec![sources];
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            let inside = std::fs::read_dir(path).unwrap();
            paths.extend(inside.map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        for literal in text.split('"').skip(1).step_by(2) {
            let parts: Vec<&str> = literal.split('.').collect();
            let nouns = [
                "user",
                "group",
                "tenant",
                "connection",
                "token",
                "auth",
                "portal_link",
                "session",
            ];
            let is_word = |part: &&str| {
                !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
            };
            if parts.len() == 2 && nouns.contains(&parts[0]) && is_word(&parts[1]) {
                actions.insert(literal.to_owned());
            }
        }
    }
    // one entry of several members becomes one event for each
    actions.remove("group.members_changed");
    for verb in [
        "created",
        "updated",
        "deactivated",
        "reactivated",
        "deleted",
    ] {
        actions.insert(format!("user.{verb}"));
    }
    for verb in ["created", "updated", "deleted"] {
        actions.insert(format!("group.{verb}"));
    }
    assert!(actions.len() > 15, "{actions:?}");
    for action in &actions {
        let heading = format!("### `{action}`\n");
        let (_, section) = CONTRACT
            .split_once(&heading)
            .unwrap_or_else(|| panic!("no {heading}"));
        let example = section
            .split("```")
            .nth(1)
            .and_then(|block| block.strip_prefix("json\n"));
        let event: Event = serde_json::from_str(example.unwrap())
            .unwrap_or_else(|error| panic!("{action}: {error}"));
        assert_eq!(event.kind, *action);
        assert_eq!(event.version, rollcall_directory::EVENT_VERSION);
    }
    let headings = CONTRACT.matches("### `").count();
    assert_eq!(
        headings,
        actions.len(),
        "the contract has more than the code: {actions:?}"
    );
}

#[test]
fn the_next_introspection_sees_a_change_and_the_bus_follows() {
    run(async |_| {
        let stage = Stage::start().await;
        let ada = stage.idp.user("ada").await;
        let group = stage.idp.group("admins", &[]).await;
        stage
            .tenant
            .roles()
            .map_group(&group, Some(Role::Admin))
            .await
            .unwrap();
        let assertion = Assertion {
            user_name: "ada".to_owned(),
            ..Assertion::default()
        };
        let SignInOutcome::Accepted(signed_in) =
            stage.tenant.sign_in().log_in(&assertion).await.unwrap()
        else {
            panic!("refused")
        };
        let secret = signed_in.session.secret.expose().to_owned();
        stage.drained().await;
        let mut to_bus: Vec<Duration> = Vec::new();
        for round in 0..20 {
            let joins = round % 2 == 0;
            let path = match joins {
                true => json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]),
                false => json!([{"op": "remove", "path": format!("members[value eq \"{ada}\"]")}]),
            };
            let before = stage.delivered().len();
            let sent = Instant::now();
            stage
                .idp
                .patch(&format!("/Groups/{group}"), path)
                .await
                .expect(204);
            let session = stage
                .local
                .directory()
                .session(&secret)
                .await
                .unwrap()
                .unwrap();
            let expected = if joins { Role::Admin } else { Role::Member };
            assert_eq!(session.role, Some(expected), "round {round}");
            let kind = if joins {
                "group.member_added"
            } else {
                "group.member_removed"
            };
            until("the event is on the bus", || {
                let all = stage.delivered();
                all[before..]
                    .iter()
                    .any(|event| event["type"] == kind)
                    .then_some(())
            })
            .await;
            to_bus.push(sent.elapsed());
            stage.drained().await;
        }
        to_bus.sort();
        let line = format!(
            "from PATCH sent to its event on the bus: median {:?}, slowest of {} {:?}\n",
            to_bus[to_bus.len() / 2],
            to_bus.len(),
            to_bus[to_bus.len() - 1]
        );
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        assert!(to_bus[to_bus.len() - 1] < Duration::from_secs(10));
    });
}
