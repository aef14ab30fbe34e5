//! The budgets of requests that change groups and their members.

use rollcall_directory::capacity::measure;
use rollcall_directory::{GROUPS, Role, USERS};
use rollcall_scim::{GROUP, Projection};
use rollcall_tests::budgets::Budgets;
use rollcall_tests::seed::group;
use rollcall_tests::service::run;
use rollcall_tests::size::size;
use rollcall_tests::table::TestTable;
use rollcall_tests::urn;
use serde_json::{Value, json};

use crate::budgets::{create, delete, patch, search};

fn members(ids: &[String]) -> Value {
    ids.iter().map(|id| json!({"value": id})).collect()
}

#[test]
fn changes_of_members_keep_their_budgets_in_a_group_of_any_size() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("members").await;
        let largest = size(2_000, 10_000);
        let people = table.seed_users(&tenant, largest + 3).await;
        let mut budgets = Budgets::of("Members, in a group of 10, 1,000 or 10,000");
        for size in [10, largest / 10, largest] {
            let id = group(&tenant, &format!("group of {size:05}"), &people[..size]).await;
            let new = &people[largest + 1];
            let add = |ids| json!({"op": "add", "path": "members", "value": members(ids)});
            let one = std::slice::from_ref(new);
            let remove = json!({"op": "remove", "path": format!("members[value eq \"{new}\"]")});
            let name = format!("renamed {size:05}");
            let rename = json!({"op": "replace", "path": "displayName", "value": name});
            for (what, operation) in [
                ("add a member", add(one)),
                ("add them again", add(one)),
                ("remove a member", remove.clone()),
                ("remove them again", remove),
                ("add two members", add(&people[largest + 1..])),
                ("rename the group", rename),
            ] {
                budgets.record(what, patch(&tenant, &GROUPS, &id, operation).await);
            }
            let filter = format!("id eq \"{id}\" and members eq \"{}\"", people[5]);
            let asked = [("filter", &*filter), ("excludedAttributes", "members")];
            let (found, _, cost) = search(&tenant, &GROUPS, &asked).await;
            assert_eq!(found, [id]);
            budgets.record("ask whether a person is a member", cost);
        }
    });
}

#[test]
fn writes_of_groups_keep_their_budgets() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("groups").await;
        let people = table.seed_users(&tenant, 10).await;
        let mut budgets = Budgets::of("Groups");
        for (what, name, count) in [
            ("create a group without members", "empty", 0),
            ("create a group of 1 member", "single", 1),
            ("create a group of 10 members", "team", 10),
        ] {
            let body = json!({"schemas": [urn::GROUP], "displayName": name, "externalId": format!("x-{name}"),
                              "members": members(&people[..count])});
            let (id, cost) = create(&tenant, &GROUPS, body).await;
            budgets.record(what, cost);
            let roles = tenant.roles();
            let (mapped, cost) = measure(roles.map_group(&id, Some(Role::Admin))).await;
            mapped.unwrap();
            budgets.record("map a group to a role", cost);
            budgets.record(
                match count {
                    0 => "delete a group without members",
                    1 => "delete a group of 1 member",
                    _ => "delete a group of 10 members",
                },
                delete(&tenant, &GROUPS, &id).await,
            );
        }
    });
}

#[test]
fn a_group_of_100_000_people_keeps_its_budgets() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("everybody").await;
        let people = table.seed_users(&tenant, 200).await;
        let id = group(&tenant, "Everybody", &people).await;
        table.seed_members(&tenant, &id, 99_800).await;
        let mut budgets = Budgets::of("A group of 100,000 people");
        let (all, without) = (
            Projection::all(),
            Projection::parse(&GROUP, None, Some("members")).unwrap(),
        );
        for (what, projection, members) in [
            ("read the group", all, 100_000),
            ("read it without its members", without, 0),
        ] {
            let read = tenant.resources().read(&GROUPS, &id, &projection);
            let (read, cost) = measure(read).await;
            let read = read.unwrap();
            let shown = read.get("members").and_then(Value::as_array).map(Vec::len);
            if members > 0 {
                assert_eq!(shown, Some(members));
            }
            budgets.record(what, cost);
        }
        let asked = format!(
            "displayName eq \"everybody\" and members[value eq \"{}\"]",
            people[7]
        );
        let asked = [("filter", &*asked), ("excludedAttributes", "members")];
        let (found, _, cost) = search(&tenant, &GROUPS, &asked).await;
        assert_eq!(found, std::slice::from_ref(&id));
        budgets.record("`displayName eq … and members[value eq …]`", cost);
        let filter = format!("groups.value eq \"{id}\"");
        for (what, start) in [
            ("the first 100 people, by `groups.value eq`", 1),
            ("the next 100 people", 101),
        ] {
            let index = start.to_string();
            let page = [
                ("filter", &*filter),
                ("startIndex", &*index),
                ("count", "100"),
            ];
            let (found, total, cost) = search(&tenant, &USERS, &page).await;
            assert_eq!(
                (found.as_slice(), total),
                (&people[start - 1..start + 99], 100_000)
            );
            budgets.record(what, cost);
        }
    });
}
