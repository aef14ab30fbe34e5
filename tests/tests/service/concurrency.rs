//! Concurrent requests: no change is lost.

use std::collections::BTreeSet;

use futures::future::join_all;
use rollcall_directory::SettingsChange;
use rollcall_tests::audit::audit;
use rollcall_tests::idp::Idp;
use rollcall_tests::seed::rename;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

/// Creates people, several at a time, and returns their ids in the order of their numbers.
async fn create_people(idp: &Idp, count: usize) -> Vec<String> {
    let numbers: Vec<usize> = (0..count).collect();
    let mut ids = Vec::new();
    for chunk in numbers.chunks(16) {
        ids.extend(join_all(chunk.iter().map(async |n| idp.user(&format!("c{n}")).await)).await);
    }
    ids
}

/// Builds one of the three operations that remove a single member.
fn removal(spelling: usize, id: &str) -> Value {
    match spelling % 3 {
        0 => json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}]),
        1 => json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": id}]}]),
        _ => json!([{"op": "remove", "path": "members", "value": [id]}]),
    }
}

#[test]
fn concurrent_joins_and_leaves_are_all_applied() {
    run(async |service| {
        let idp = service.tenant("members-at-once").await.idp();
        let people = create_people(&idp, 100).await;
        let (leaving, joining) = people.split_at(50);
        let leaving: Vec<&str> = leaving.iter().map(String::as_str).collect();
        let group = idp.group("g", &leaving).await;
        let path = format!("/Groups/{group}");
        let changes = (0..50).flat_map(|n| {
            let join = json!([{"op": "add", "path": "members", "value": [{"value": joining[n]}]}]);
            [join, removal(n, leaving[n])]
        });
        let answers = join_all(changes.map(|change| idp.patch(&path, change))).await;
        for answer in answers {
            answer.expect(204);
        }
        let expected: BTreeSet<String> = joining.iter().cloned().collect();
        assert_eq!(idp.members(&group).await, expected);
        assert_eq!(audit(&idp).await.members(&group), expected);
    });
}

#[test]
fn only_one_concurrent_create_gets_a_name() {
    run(async |service| {
        let idp = service.tenant("names-at-once").await.idp();
        let body = |n: usize| {
            let name = if n.is_multiple_of(2) {
                "Only.One"
            } else {
                "only.one"
            };
            json!({"schemas": [urn::USER], "userName": name, "title": format!("t{n}")})
        };
        let answers = join_all((0..50).map(|n| idp.post("/Users", body(n)))).await;
        let created = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(created, 1);
        for answer in answers.into_iter().filter(|answer| answer.status != 201) {
            answer.refused(409, "uniqueness");
        }
        assert_eq!(audit(&idp).await.users.len(), 1);
        let answers = join_all((0..20).map(|_| {
            idp.post(
                "/Groups",
                json!({"schemas": [urn::GROUP], "displayName": "g"}),
            )
        }))
        .await;
        assert_eq!(
            answers.iter().filter(|answer| answer.status == 201).count(),
            1
        );
        assert_eq!(audit(&idp).await.groups.len(), 1);
    });
}

#[test]
fn only_one_concurrent_rename_gets_a_name() {
    run(async |service| {
        let idp = service.tenant("renames-at-once").await.idp();
        let people = create_people(&idp, 20).await;
        let rename = json!([{"op": "replace", "path": "userName", "value": "prize"}]);
        let answers = join_all(
            people
                .iter()
                .map(async |id| idp.patch(&format!("/Users/{id}"), rename.clone()).await),
        )
        .await;
        assert_eq!(
            answers.iter().filter(|answer| answer.status == 200).count(),
            1
        );
        assert_eq!(
            answers.iter().filter(|answer| answer.status == 409).count(),
            19
        );
        audit(&idp).await;
    });
}

#[test]
fn concurrent_changes_of_one_person_are_all_applied() {
    run(async |service| {
        let idp = service.tenant("changes-at-once").await.idp();
        let path = format!("/Users/{}", idp.user("u").await);
        let change = |n: usize| {
            let email = json!({"value": format!("e{n}@x"), "type": "other"});
            json!([{"op": "add", "path": "emails", "value": [email]}])
        };
        for answer in join_all((0..25).map(|n| idp.patch(&path, change(n)))).await {
            answer.expect(200);
        }
        let emails: BTreeSet<String> = idp
            .get(&path)
            .await
            .strings("/emails/*/value")
            .into_iter()
            .collect();
        assert_eq!(
            emails.len(),
            25,
            "a change was not applied to the newest state"
        );
    });
}

#[test]
fn only_one_concurrent_conditional_write_succeeds() {
    run(async |service| {
        let idp = service.tenant("conditions-at-once").await.idp();
        let user = idp.user("u").await;
        let path = format!("/Users/{user}");
        let version = idp.get(&path).await.string("/meta/version");
        let write = async |n: usize| {
            let operation = json!({"op": "replace", "path": "title", "value": format!("t{n}")});
            let body = json!({"schemas": [urn::PATCH], "Operations": [operation]});
            idp.request(http::Method::PATCH, &path)
                .header("if-match", &version)
                .body(&body)
                .send()
                .await
                .status
        };
        let statuses = join_all((0..20).map(write)).await;
        assert_eq!(
            statuses.iter().filter(|status| **status == 200).count(),
            1,
            "{statuses:?}"
        );
        assert_eq!(
            statuses.iter().filter(|status| **status == 412).count(),
            19,
            "{statuses:?}"
        );
    });
}

#[test]
fn concurrent_full_replacements_do_not_mix() {
    run(async |service| {
        let idp = service.tenant("lists-at-once").await.idp();
        let people = create_people(&idp, 90).await;
        let group = idp.group("g", &[]).await;
        let path = format!("/Groups/{group}");
        let lists: Vec<&[String]> = people.chunks(30).collect();
        let put = async |list: &[String]| {
            let members: Vec<Value> = list.iter().map(|id| json!({"value": id})).collect();
            let body = json!({"schemas": [urn::GROUP], "displayName": "g", "members": members});
            idp.put(&path, body).await.expect(200)
        };
        join_all(lists.iter().map(|list| put(list))).await;
        let end = audit(&idp).await.members(&group);
        assert!(
            lists
                .iter()
                .any(|list| list.iter().cloned().collect::<BTreeSet<_>>() == end),
            "{end:?} is not one of the lists that were sent"
        );
    });
}

#[test]
fn people_and_groups_are_deleted_while_members_change() {
    run(async |service| {
        let idp = service.tenant("leaving-at-once").await.idp();
        let people = create_people(&idp, 40).await;
        let half: Vec<&str> = people[..20].iter().map(String::as_str).collect();
        let mut groups = Vec::new();
        for n in 0..4 {
            groups.push(idp.group(&format!("g{n}"), &half).await);
        }
        let joins = people[20..].iter().enumerate().map(async |(n, id)| {
            let change = json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
            idp.patch(&format!("/Groups/{}", groups[n % 4]), change)
                .await
                .status
        });
        let deletions = people[10..30]
            .iter()
            .map(async |id| idp.delete(&format!("/Users/{id}")).await.status);
        let end = async { idp.delete(&format!("/Groups/{}", groups[3])).await.status };
        let ((joined, deleted), ended) = tokio::join!(
            async { tokio::join!(join_all(joins), join_all(deletions)) },
            end
        );
        assert!(
            joined.iter().all(|status| [204, 404].contains(status)),
            "{joined:?}"
        );
        assert!(deleted.iter().all(|status| *status == 204), "{deleted:?}");
        assert_eq!(ended, 204);
        let world = audit(&idp).await;
        assert_eq!((world.users.len(), world.groups.len()), (20, 3));
        for group in &groups[..3] {
            let members = world.members(group);
            assert!(
                half[..10].iter().all(|id| members.contains(*id)),
                "a person who was not deleted is missing in {group}"
            );
        }
    });
}

/// Each request changes one setting; after concurrent requests, all changes must be present.
#[test]
fn concurrent_changes_of_settings_are_all_kept() {
    run(async |service| {
        let tenant = service.tenant("settings-at-once").await;
        let directory = tenant.directory();
        let invite = SettingsChange {
            invitations: Some(true),
            ..SettingsChange::default()
        };
        let keep = SettingsChange {
            retention_days: Some(7),
            ..SettingsChange::default()
        };
        let (first, second, third) = futures::join!(
            directory.settings().change(&invite),
            directory.settings().change(&keep),
            rename(directory, "Renamed"),
        );
        assert!(first.is_ok() && second.is_ok() && third.is_ok());
        let settings = directory.settings().read().await.unwrap();
        assert!(settings.invitations);
        assert_eq!(settings.retention_days, 7);
        let stored = directory.lifecycle().read().await.unwrap();
        assert_eq!(stored.summary.display_name, "Renamed");
    });
}
