//! Events on the bus: they report every committed change, equal the events in the feed, and follow `infra/events.md`.

use std::io::Write;
use std::time::{Duration, Instant};

use rollcall_directory::{Assertion, Event, EventType, Role, SignInOutcome};
use rollcall_tests::event_fixture::{EventFixture, until};
use rollcall_tests::event_schemas::check_event;
use rollcall_tests::service::run;
use serde_json::{Value, json};

const CONTRACT: &str = include_str!("../../../infra/events.md");

#[test]
fn the_bus_delivers_the_events_of_the_feed() {
    run(async |_| {
        let fixture = EventFixture::start().await;
        let idp = &fixture.idp;
        let (ada, bob) = (idp.user("ada").await, idp.user("bob").await);
        let group = idp.group("g", &[&ada]).await;
        let add = json!([{"op": "add", "path": "members", "value": [{"value": bob}]}]);
        idp.patch(&format!("/Groups/{group}"), add)
            .await
            .expect(204);
        fixture
            .tenant
            .roles()
            .map_group(&group, Some(Role::Admin))
            .await
            .unwrap();
        // The reconciler announces a role as it finds it. Wait here, so that it finds the role before it is removed.
        fixture.drained().await;
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        idp.patch(&format!("/Users/{bob}"), off).await.expect(200);
        idp.delete(&format!("/Groups/{group}")).await.expect(204);
        fixture.drained().await;

        let feed = fixture.feed().await;
        assert_eq!(fixture.delivered(), feed);
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
                    "{id} has no event {kind}: {:?}",
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
            "the deleted group must not give a role"
        );
        assert_eq!(fixture.local.dead_letters(), 0);
    });
}

/// Each type of event has a heading in `infra/events.md`, with an example that matches its schema.
#[test]
fn the_contract_documents_every_type() {
    let is_event = |kind: &&EventType| kind.is_event();
    let types: Vec<&EventType> = EventType::ALL.iter().filter(is_event).collect();
    for kind in &types {
        let heading = format!("### `{kind}`\n");
        let (_, section) = CONTRACT
            .split_once(&heading)
            .unwrap_or_else(|| panic!("the contract has no heading {heading}"));
        let example = section
            .split("```")
            .nth(1)
            .and_then(|block| block.strip_prefix("json\n"));
        let event: Value = serde_json::from_str(example.unwrap())
            .unwrap_or_else(|error| panic!("{kind}: {error}"));
        check_event(&event);
        let event: Event = serde_json::from_value(event).unwrap();
        assert_eq!(event.kind, kind.as_str());
        assert_eq!(event.version, rollcall_directory::EVENT_VERSION);
    }
    let headings = CONTRACT.matches("### `").count();
    assert_eq!(headings, types.len(), "a heading is of no type of event");
}

/// The table of the contract describes each member of the envelope.
#[test]
fn the_contract_describes_the_envelope() {
    let document = json!(rollcall_edge_api::document());
    let envelope = &document["components"]["schemas"]["Event"]["properties"];
    for name in envelope.as_object().unwrap().keys() {
        assert!(CONTRACT.contains(&format!("`{name}`")), "`{name}`");
    }
    let actors = &document["components"]["schemas"]["Actor"]["oneOf"];
    for actor in actors.as_array().unwrap() {
        let kind = actor["properties"]["type"]["enum"][0].as_str().unwrap();
        assert!(CONTRACT.contains(&format!("`{kind}`")), "`{kind}`");
    }
}

#[test]
fn a_change_is_effective_immediately_and_its_event_follows() {
    run(async |_| {
        let fixture = EventFixture::start().await;
        let ada = fixture.idp.user("ada").await;
        let group = fixture.idp.group("admins", &[]).await;
        fixture
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
            fixture.tenant.sign_in().log_in(&assertion).await.unwrap()
        else {
            panic!("the sign-in was refused")
        };
        let secret = signed_in.session.secret.expose().to_owned();
        fixture.drained().await;
        let mut to_bus: Vec<Duration> = Vec::new();
        for round in 0..20 {
            let joins = round % 2 == 0;
            let path = match joins {
                true => json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]),
                false => json!([{"op": "remove", "path": format!("members[value eq \"{ada}\"]")}]),
            };
            let before = fixture.delivered().len();
            let sent = Instant::now();
            fixture
                .idp
                .patch(&format!("/Groups/{group}"), path)
                .await
                .expect(204);
            let session = fixture
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
                let all = fixture.delivered();
                all[before..]
                    .iter()
                    .any(|event| event["type"] == kind)
                    .then_some(())
            })
            .await;
            to_bus.push(sent.elapsed());
            fixture.drained().await;
        }
        to_bus.sort();
        let line = format!(
            "time from PATCH to the event on the bus: median {:?}, slowest of {} {:?}\n",
            to_bus[to_bus.len() / 2],
            to_bus.len(),
            to_bus[to_bus.len() - 1]
        );
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        assert!(to_bus[to_bus.len() - 1] < Duration::from_secs(10));
    });
}
