//! Evidence about people whose deactivation or deletion was held, and about groups that count although they were left.

use jiff::Timestamp;
use rollcall_directory::Role;
use rollcall_tests::idp::encode;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use rollcall_tests::visitor::Visitor;
use serde_json::{Value, json};

use crate::brake::{deactivate_all, held, holding};

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn whose_access_was_held_left_when_it_ended_and_was_asked_to_at_the_first_request() {
    run(async |service| {
        let (scene, people) = holding(service, "evidence-held", 26).await;
        let (idp, connection) = (scene.tenant.idp(), scene.tenant.connection_id());
        let owner = service.admin(&scene.tenant, Role::Owner).await;
        deactivate_all(&scene, &people[..20]).await;
        // 20 and 22 are said to be inactive, 20 and 23 to be deleted, and 21 is inactive.
        deactivate_all(&scene, &people[20..23]).await;
        for person in [&people[20], &people[23]] {
            idp.delete(&format!("/Users/{person}")).await.expect(204);
        }
        assert_eq!(held(&scene).await.len(), 4);
        let still_held = Timestamp::now();
        let user = |person: &str| scene.path(&format!("/users/{person}"));
        scene
            .application
            .delete(&user(&people[22]))
            .await
            .expect(204);
        let apply = json!({"decision": "apply"});
        let path = scene.path(&format!("/connections/{connection}/held"));
        scene.application.post(&path, apply).await.expect(200);
        // Whoever is out already does not leave again.
        let block = format!("/users/{}/block", people[24]);
        owner.post(&block, json!({})).await.expect(200);
        for person in [&people[0], &people[24]] {
            scene.application.delete(&user(person)).await.expect(204);
        }
        service.follow_up(&scene.tenant).await;

        let report = owner.all("/evidence/offboarding").await;
        assert_eq!(report.len(), 25);
        for (person, change) in [
            (20, "user.deleted"),
            (21, "user.deactivated"),
            (22, "user.deleted"),
            (23, "user.deleted"),
        ] {
            let mut of_person = report.iter().filter(|it| it["user_id"] == *people[person]);
            let item = of_person.next().expect("an entry");
            assert_eq!(of_person.next(), None);
            assert_eq!(item["change"], change);
            assert_eq!(item["connection"]["id"], connection, "{item}");
            assert_ne!(item["actor"]["type"], "token", "{item}");
            let (received, ended) = (time(&item["received_at"]), time(&item["ended_at"]));
            assert!(received < still_held && still_held <= ended, "{item}");
            let lasted = ended.duration_since(received).as_secs_f64();
            let seconds = item["seconds"].as_f64().unwrap();
            assert!((seconds - lasted).abs() < 0.002, "{item}");
            let request = encode(item["request_id"].as_str().unwrap());
            let audit = owner.all(&format!("/audit?request_id={request}")).await;
            let of_hold: Vec<_> = audit
                .iter()
                .filter(|it| it["type"] == "brake.held")
                .collect();
            assert_eq!(of_hold.len(), 1, "{audit:?}");
            assert_eq!(of_hold[0]["subject"]["id"], *people[person]);
            let is_first = of_hold[0]["after"]["active"] == false;
            assert_eq!(is_first, person != 23, "{audit:?}");
        }
        let asked_by = format!("/evidence/offboarding?connection={connection}");
        let asked_by = owner.all(&asked_by).await;
        assert_eq!(asked_by.len(), 24);
        assert!(asked_by.iter().all(|it| it["user_id"] != *people[24]));
        let visitor = Visitor::with_link(service, &scene.tenant, Role::Admin).await;
        let page = format!("/console/evidence?connection={connection}");
        let page = visitor.get(&page).await.expect(200).html;
        let (_, link) = page.split_once("/console/activity/trace?").unwrap();
        let link = link.split('"').next().unwrap().replace("&amp;", "&");
        let trace = format!("/console/activity/trace?{link}");
        let trace = visitor.get(&trace).await.expect(200).html;
        assert!(trace.contains("p002"), "{trace}");
    });
}

#[test]
fn a_group_that_was_left_and_still_counts_has_its_name_in_an_access_review() {
    run(async |service| {
        let (scene, people) = holding(service, "evidence-lost", 25).await;
        let idp = scene.tenant.idp();
        let members: Vec<&str> = people.iter().map(String::as_str).collect();
        let group = idp.group("Engineering", &members).await;
        let roles = scene.tenant.directory().roles();
        roles.map_group(&group, Some(Role::Admin)).await.unwrap();
        let none = json!({"schemas": [urn::GROUP], "displayName": "Engineering", "members": []});
        idp.put(&format!("/Groups/{group}"), none).await.expect(200);
        let owner = service.admin(&scene.tenant, Role::Owner).await;
        let items = owner.all("/evidence/access-review").await;
        assert_eq!(items.len(), 25);
        assert!(items.iter().all(|item| item["groups"] == json!([])));
        let by_group = json!([{"role": "admin", "source": "mapped", "group": group}]);
        assert!(items.iter().all(|item| item["grants"] == by_group));
        let visitor = Visitor::with_link(service, &scene.tenant, Role::Admin).await;
        let csv = "/console/evidence/access/export?format=csv";
        let csv = visitor.get(csv).await.expect(200).html;
        assert_eq!(
            csv.matches(",admin: group Engineering,").count(),
            25,
            "{csv}"
        );
        let page = visitor.get("/console/evidence/access").await.expect(200);
        assert!(page.html.contains("Admin: Engineering"), "{}", page.html);
        assert!(!page.html.contains("a deleted group"), "{}", page.html);
        service.follow_up(&scene.tenant).await;
    });
}
