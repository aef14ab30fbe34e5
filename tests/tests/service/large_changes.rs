//! Changes of members that do not fit in one transaction: they leave no items behind.

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::capacity::measure;
use rollcall_directory::{GROUPS, Role};
use rollcall_scim::{GROUP, PATCH_OP_URN, Patch, Precondition};
use rollcall_tests::event_fixture::relayed;
use rollcall_tests::faults::{Fault, Faults};
use rollcall_tests::raw::{self, Item};
use rollcall_tests::seed::group;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::table::TestTable;
use rollcall_tests::urn;
use serde_json::{Value, json};
use tokio::time::Instant;

/// More members than fit in one transaction.
const MANY: usize = 110;

/// Returns the items of open and prepared intents, and of their steps.
async fn leftovers(service: &Service, tenant: &Tenant) -> Vec<Item> {
    let intents = format!("T#{}#I", tenant.id());
    let mut items = raw::items(service, tenant).await;
    items.retain(|item| raw::text(item, "PK").starts_with(&intents));
    items
}

/// Lets a process die as soon as it has opened an intent of the tenant.
fn kill_once_open(faults: &Faults, tenant: &str) {
    let open_intents = format!("\"T#{tenant}#I\"");
    faults.schedule(move |call| {
        let opens =
            call.operation == "TransactWriteItems" && call.body.to_string().contains(&open_intents);
        if opens {
            Fault::KilledAfter
        } else {
            Fault::None
        }
    });
}

#[test]
fn concurrent_replacements_leave_no_steps_behind() {
    run(async |service| {
        let tenant = service.tenant("large-changes").await;
        let idp = tenant.idp();
        let people = join_all((0..MANY).map(async |n| idp.user(&format!("p{n}")).await)).await;
        let group = idp.group("g", &[]).await;
        let body = |without: usize| {
            let members = people.iter().enumerate().filter(|(n, _)| *n != without);
            let members: Vec<Value> = members.map(|(_, id)| json!({"value": id})).collect();
            json!({"schemas": [urn::GROUP], "displayName": "g", "members": members})
        };
        let path = format!("/Groups/{group}");
        let answers = join_all((0..10).map(|n| idp.put(&path, body(n)))).await;
        for answer in answers {
            answer.expect(200);
        }
        assert_eq!(idp.members(&group).await.len(), MANY - 1);
        assert_eq!(leftovers(service, &tenant).await, Vec::<Item>::new());
    });
}

#[test]
fn a_taken_name_leaves_no_steps_behind() {
    run(async |service| {
        let tenant = service.tenant("large-refusals").await;
        let idp = tenant.idp();
        let people = join_all((0..MANY).map(async |n| idp.user(&format!("p{n}")).await)).await;
        let everybody: Vec<&str> = people.iter().map(String::as_str).collect();
        idp.group("taken", &[]).await;
        let members: Vec<Value> = everybody.iter().map(|id| json!({"value": id})).collect();
        let body = json!({"schemas": [urn::GROUP], "displayName": "Taken", "members": members});
        idp.post("/Groups", body).await.refused(409, "uniqueness");
        assert_eq!(leftovers(service, &tenant).await, Vec::<Item>::new());
    });
}

#[test]
fn the_sweep_discards_what_a_dead_request_prepared() {
    run(async |service| {
        let tenant = service.tenant("abandoned").await;
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let plant = async |id: &str, age: SignedDuration| {
            let prepared = [
                ("PK", text(&format!("T#{}#IP", tenant.id()))),
                ("SK", text(id)),
                ("at", text(&(Timestamp::now() - age).to_string())),
            ];
            let steps = [
                ("PK", text(&format!("T#{}#I#{id}", tenant.id()))),
                ("SK", text("000000")),
                ("work", text("[]")),
            ];
            for item in [prepared, steps] {
                let item = item.map(|(name, value)| (name.to_owned(), value));
                raw::put(service, item.into()).await;
            }
        };
        plant("dead", SignedDuration::from_mins(16)).await;
        plant("alive", SignedDuration::from_mins(1)).await;
        tenant.directory().members().sweep().await.unwrap();
        let left = leftovers(service, &tenant).await;
        let left: Vec<_> = left.iter().map(|item| raw::text(item, "PK")).collect();
        let of = |suffix: &str| format!("T#{}#I{suffix}", tenant.id());
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(left.contains(&of("P").as_str()) && left.contains(&of("#alive").as_str()));
    });
}

#[test]
fn a_person_deleted_during_a_large_change_is_counted_once() {
    run(async |service| {
        let tenant = service.tenant("large-and-deleted").await;
        let idp = tenant.idp();
        let people = join_all((0..MANY).map(async |n| idp.user(&format!("p{n}")).await)).await;
        let everybody: Vec<&str> = people.iter().map(String::as_str).collect();
        let group = idp.group("g", &everybody).await;
        // In so many groups that the deletion needs several transactions, too.
        let busy = people[0].as_str();
        let name = |n: usize| format!("g{n}");
        join_all((0..60).map(async |n| idp.group(&name(n), &[busy]).await)).await;

        let (writer, faults) = service.other_process(&tenant);
        kill_once_open(&faults, tenant.id());
        let patch = json!({"schemas": [PATCH_OP_URN],
                           "Operations": [{"op": "remove", "path": "members"}]});
        let patch = Patch::parse(&GROUP, patch).unwrap();
        let precondition = Precondition::none();
        let resources = writer.resources();
        let change = resources.patch(&GROUPS, &group, patch, &precondition, None);
        tokio::select! {
            _ = change => panic!("the change was not killed"),
            () = faults.wait_for_kill() => {}
        }

        idp.delete(&format!("/Users/{busy}")).await.expect(204);
        assert!(idp.members(&group).await.is_empty());
        let stored = raw::item(service, &tenant, "#G", &group).await;
        let count = stored.get("members").and_then(|count| count.as_n().ok());
        assert!(count.is_none_or(|count| count == "0"), "{count:?}");
        assert_eq!(leftovers(service, &tenant).await, Vec::<Item>::new());
    });
}

#[test]
fn a_person_deleted_before_their_deleted_group_is_cleaned_up_leaves_once() {
    run(async |service| {
        let tenant = service.tenant("deleted-in-deleted").await;
        let idp = tenant.idp();
        let (gone, stays) = (idp.user("gone").await, idp.user("stays").await);
        let group = idp.group("g", &[&gone, &stays]).await;

        let (writer, faults) = service.other_process(&tenant);
        kill_once_open(&faults, tenant.id());
        let precondition = Precondition::none();
        let resources = writer.resources();
        tokio::select! {
            _ = resources.delete(&GROUPS, &group, &precondition) => panic!("the deletion was not killed"),
            () = faults.wait_for_kill() => {}
        }

        idp.delete(&format!("/Users/{gone}")).await.expect(204);
        tenant.directory().members().sweep().await.unwrap();
        relayed(tenant.directory()).await;
        let feed = tenant.directory().journal().events(0, 500).await.unwrap();
        let feed: Vec<Value> = feed.iter().map(|event| json!(event)).collect();
        // Another process may have cleaned up before the person was deleted.
        let deleted = feed
            .iter()
            .position(|event| event["type"] == "user.deleted");
        let left = |id: &str, feed: &[Value]| {
            let left = feed.iter().filter(|event| {
                event["type"] == "group.member_removed" && event["after"]["member"] == id
            });
            left.count()
        };
        assert_eq!(left(&stays, &feed), 1);
        assert_eq!(left(&gone, &feed[deleted.expect("a deletion")..]), 0);
        assert_eq!(leftovers(service, &tenant).await, Vec::<Item>::new());
    });
}

#[test]
fn a_refused_deletion_leaves_no_steps_behind() {
    run(async |service| {
        let tenant = service.tenant("refused-deletion").await;
        let idp = tenant.idp();
        let owner = idp.user("owner").await;
        let name = |n: usize| format!("g{n}");
        join_all((0..60).map(async |n| idp.group(&name(n), &[&owner]).await)).await;
        let roles = tenant.directory().roles();
        let given = roles
            .give_role(&owner, Some(Role::Owner), Role::Owner)
            .await;
        given.unwrap();
        let path = format!("/Users/{owner}");
        idp.delete(&path).await.expect(403);
        assert_eq!(leftovers(service, &tenant).await, Vec::<Item>::new());
    });
}

#[test]
fn steps_of_a_newer_version_stay_and_block_no_other_group() {
    run(async |service| {
        let tenant = service.tenant("newer-steps").await;
        let idp = tenant.idp();
        let ada = idp.user("ada").await;
        let group = idp.group("g", &[&ada]).await;
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let actor = AttributeValue::M([("kind".to_owned(), text("system"))].into());
        let intent = [
            ("PK", text(&format!("T#{}#I", tenant.id()))),
            ("SK", text("newer")),
            ("purpose", text("change_members")),
            ("subject_id", text(&group)),
            ("subject_name", text("g")),
            ("actor", actor),
            ("request_id", text("r")),
        ];
        let steps = [
            ("PK", text(&format!("T#{}#I#newer", tenant.id()))),
            ("SK", text("000000")),
            ("work", text("[{\"do\":\"promote\",\"member\":\"x\"}]")),
        ];
        raw::put(
            service,
            intent.map(|(name, value)| (name.to_owned(), value)).into(),
        )
        .await;
        raw::put(
            service,
            steps.map(|(name, value)| (name.to_owned(), value)).into(),
        )
        .await;
        assert_eq!(idp.members(&group).await.len(), 1);
        let other = idp.group("other", &[]).await;
        idp.get(&format!("/Groups/{other}")).await.expect(200);
        assert_eq!(leftovers(service, &tenant).await.len(), 2);
    });
}

#[test]
fn a_sweep_stops_at_its_deadline_and_the_next_one_goes_on() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("sweeps").await;
        let people = table.seed_users(&tenant, 900).await;
        let team = group(&tenant, "team", &people).await;
        let (process, faults) = table.other_process();
        let writer = process.system(tenant.id().clone());
        kill_once_open(&faults, tenant.id().as_str());
        let patch = json!({"schemas": [PATCH_OP_URN],
                           "Operations": [{"op": "remove", "path": "members"}]});
        let patch = Patch::parse(&GROUP, patch).unwrap();
        let precondition = Precondition::none();
        let resources = writer.resources();
        tokio::select! {
            _ = resources.patch(&GROUPS, &team, patch, &precondition, None) => panic!("the change was not killed"),
            () = faults.wait_for_kill() => {}
        }

        let mut calls = Vec::new();
        loop {
            let now = Some(Instant::now());
            let (swept, cost) = measure(tenant.members().sweep_until(now)).await;
            calls.push(cost.calls);
            if swept.unwrap() {
                break;
            }
            assert!(calls.len() < 5, "{calls:?}");
        }
        assert_eq!(calls.len(), 2, "{calls:?}");
        assert!(calls.iter().all(|calls| *calls <= 20), "{calls:?}");
        assert_eq!(table.count(&tenant, &format!("#M#{team}")).await, 0);
        for partition in ["#I", "#IP"] {
            assert_eq!(table.count(&tenant, partition).await, 0, "{partition}");
        }
    });
}
