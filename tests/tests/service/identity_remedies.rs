//! Remedies for all people of a connection: take over, confirm, bind anew, and the list of bindings.

use rollcall_directory::{Provider, Reason, Role};
use rollcall_tests::idp::Idp;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

/// A second connection of the tenant, and its identity provider.
async fn second(scene: &Scene) -> (String, Idp) {
    let credentials = scene.tenant.directory().credentials();
    let made = credentials
        .create_connection("second", Provider::Okta)
        .await;
    let id = made.unwrap().id;
    let token = credentials.issue_token(&id, "t", None).await.unwrap();
    (
        id,
        scene.tenant.idp().with_token(Some(token.secret.expose())),
    )
}

fn title() -> Value {
    json!([{"op": "replace", "path": "title", "value": "Dr."}])
}

#[test]
fn a_connection_takes_over_all_people_and_groups() {
    run(async |service| {
        let scene = Scene::create(service, "remedy-over").await;
        let (new, theirs) = second(&scene).await;
        let old = scene.tenant.connection_id();
        let ada = scene.push(json!({"userName": "ada"})).await;
        let olga = scene.push(json!({"userName": "olga"})).await;
        scene.give(&olga, Role::Owner).await;
        let group = scene.tenant.idp().group("Team", &[&ada]).await;
        let own = json!({"schemas": [urn::USER], "userName": "una"});
        theirs.post("/Users", own).await.expect(201);
        let path = format!("/scim/connections/{new}/remedies");
        let ask = json!({"remedy": "take_over", "from": old});
        let preview = format!("{path}?remedy=take_over&from={old}");

        // While the other connection is there, an owner decides; an admin leaves out whoever ranks above.
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        admin
            .post(&path, ask.clone())
            .await
            .expect(403)
            .because(Reason::Forbidden);
        let owner = service.admin(&scene.tenant, Role::Owner).await;
        let counted = json!({"people": 2, "groups": 1, "left_out": 0});
        owner.get(&preview).await.expect(200).is(counted);
        let credentials = scene.tenant.directory().credentials();
        theirs
            .patch(&format!("/Users/{ada}"), title())
            .await
            .refused(403, "");
        credentials.delete_connection(old).await.unwrap();
        let counted = json!({"people": 1, "groups": 1, "left_out": 1});
        admin.get(&preview).await.expect(200).is(counted.clone());
        admin.post(&path, ask.clone()).await.expect(200).is(counted);
        let again = json!({"people": 0, "groups": 0, "left_out": 1});
        admin.post(&path, ask.clone()).await.expect(200).is(again);
        let key = format!("/tenants/{}/users/", scene.tenant.id());
        let read = async |id: &str| scene.application.get(&format!("{key}{id}")).await;
        read(&ada).await.expect(200).is(json!({"owner": new}));
        read(&olga).await.expect(200).is(json!({"owner": old}));
        theirs
            .patch(&format!("/Users/{ada}"), title())
            .await
            .expect(200);
        let rename = json!([{"op": "replace", "path": "displayName", "value": "Crew"}]);
        theirs
            .patch(&format!("/Groups/{group}"), rename)
            .await
            .expect(204);
        let members = theirs.get(&format!("/Groups/{group}")).await.expect(200);
        assert_eq!(members.string("/members/0/value"), ada);
        owner
            .post(&path, ask)
            .await
            .expect(200)
            .is(json!({"people": 1}));
        read(&olga).await.expect(200).is(json!({"owner": new}));
        let journal = service.journal(&scene.tenant).await;
        let count = |kind: &str| journal.iter().filter(|entry| entry["type"] == kind).count();
        assert_eq!(
            (count("user.taken_over"), count("group.taken_over")),
            (2, 1)
        );

        for wrong in [
            json!({"remedy": "take_over"}),
            json!({"remedy": "take_over", "from": new}),
            json!({"remedy": "bind_anew"}),
            json!({"remedy": "confirm", "from": old}),
            json!({"remedy": "nothing"}),
        ] {
            owner.post(&path, wrong).await.expect(400);
        }
    });
}

#[test]
fn many_people_are_taken_over_part_by_part() {
    run(async |service| {
        let scene = Scene::create(service, "remedy-parts").await;
        let (new, _) = second(&scene).await;
        let old = scene.tenant.connection_id().to_owned();
        let names = (0..620).map(|n| format!("p-{n}"));
        scene.tenant.idp().users(names).await;
        let path = format!("/tenants/{}/connections/{new}/remedies", scene.tenant.id());
        let (mut parts, mut people, mut after) = (0, 0, None::<String>);
        loop {
            let mut ask = json!({"remedy": "take_over", "from": old});
            if let Some(after) = &after {
                ask["after"] = json!(after);
            }
            let part = scene.application.post(&path, ask).await.expect(200);
            parts += 1;
            people += part.body["people"].as_u64().unwrap();
            match part.body["next"].as_str() {
                Some(next) => after = Some(next.to_owned()),
                None => break,
            }
        }
        assert!(parts >= 2 && people == 620, "{parts} {people}");
    });
}

#[test]
fn the_identifiers_of_everybody_are_confirmed() {
    run(async |service| {
        let scene = Scene::create(service, "remedy-confirm").await;
        let olga = scene.push(json!({"userName": "olga"})).await;
        scene.give(&olga, Role::Admin).await;
        scene.push(json!({"userName": "ada"})).await;
        scene
            .set(&olga, "userName", json!("olga2"))
            .await
            .expect(200);
        let login = json!({"user_name": "olga2"});
        scene.conflicts(login.clone(), &[&olga]).await;
        let path = format!("connections/{}/remedies", scene.tenant.connection_id());
        let ask = json!({"remedy": "confirm"});
        // A link confirms nobody who holds a role of their own.
        let link = service.admin(&scene.tenant, Role::Owner).await;
        let part = json!({"people": 1, "left_out": 1});
        link.get(&format!("/scim/{path}?remedy=confirm"))
            .await
            .expect(200)
            .is(part.clone());
        link.post(&format!("/scim/{path}"), ask.clone())
            .await
            .expect(200)
            .is(part);
        scene.conflicts(login.clone(), &[&olga]).await;
        let path = format!("/tenants/{}/{path}", scene.tenant.id());
        let all = json!({"people": 1, "left_out": 0});
        scene.application.post(&path, ask).await.expect(200).is(all);
        assert_eq!(scene.signed_in(login).await, olga);
    });
}

#[test]
fn the_application_binds_the_subjects_that_it_knows() {
    run(async |service| {
        let scene = Scene::create(service, "remedy-bindings").await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let olga = scene.push(json!({"userName": "olga"})).await;
        scene.give(&olga, Role::Owner).await;
        let connection = scene.tenant.connection_id();
        let path = format!("/tenants/{}/connections/{connection}", scene.tenant.id());
        let bindings = format!("{path}/bindings");
        let list = json!([
            {"user": olga, "subject": "s-olga"},
            {"user": ada, "subject": "ada@x.test"},
            {"user": "nobody", "subject": "s-nobody"},
        ]);
        let results = ["bound", "no_subject", "no_person"].map(|result| json!({"result": result}));
        for preview in [true, false] {
            let ask = json!({"bindings": list, "preview": preview});
            let answer = scene.application.post(&bindings, ask).await.expect(200);
            answer.is(json!({"items": results}));
        }
        let again = json!({"bindings": [
            {"user": olga, "subject": "s-olga"}, {"user": ada, "subject": "s-olga"},
        ]});
        let answer = scene.application.post(&bindings, again).await.expect(200);
        answer.is(json!({"items": [{"result": "unchanged"}, {"result": "bound_to_another"}]}));

        // The owner is found by the subject from the first sign-in on, and by no other.
        scene
            .set(&olga, "userName", json!("mallory"))
            .await
            .expect(200);
        let login = json!({"user_name": "x", "subject": "s-olga", "connection": connection});
        assert_eq!(scene.signed_in(login).await, olga);
        let other = json!({"user_name": "mallory", "subject": "s-m", "connection": connection});
        scene.conflicts(other, &[&olga]).await;
        let preview = format!("{path}/remedies?remedy=bind_anew");
        let counted = json!({"people": 0, "left_out": 1});
        scene
            .application
            .get(&preview)
            .await
            .expect(200)
            .is(counted);
        let admin = service.admin(&scene.tenant, Role::Owner).await;
        admin
            .post(&bindings, json!({"bindings": []}))
            .await
            .expect(403);
    });
}
