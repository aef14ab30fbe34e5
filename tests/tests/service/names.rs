//! User names: which are the same, and unclean ones, which are refused in every request although those that are already
//! stored remain usable.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_directory::{Reason, Role};
use rollcall_tests::idp::Idp;
use rollcall_tests::raw;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::urn;
use serde_json::json;
use tokio::time::Instant;

const REFUSED: [&str; 7] = [
    " ada@example.test",
    "ada@example.test ",
    "ada\u{a0}",
    "a\u{0}da",
    "ada\nlovelace",
    "ada\u{200b}",
    "\u{202e}ada",
];

#[test]
fn a_sign_in_by_an_unclean_name_makes_nobody() {
    run(async |service| {
        let tenant = service.tenant("unclean-sign-ins").await;
        let idp = tenant.idp();
        idp.user("ada@example.test").await;
        let application = service.application();
        for name in REFUSED {
            let answer = application.log_in(tenant.id(), name, None).await;
            answer.expect(400);
        }
        application
            .log_in(tenant.id(), "  ", None)
            .await
            .expect(400);
        assert_eq!(idp.census().await.0, 1);
    });
}

#[test]
fn a_push_of_an_unclean_name_is_refused() {
    run(async |service| {
        let idp = service.tenant("unclean-pushes").await.idp();
        let ada = idp.user("ada").await;
        for name in REFUSED {
            let body = json!({"schemas": [urn::USER], "userName": name});
            idp.post("/Users", body.clone())
                .await
                .refused(400, "invalidValue");
            let path = format!("/Users/{ada}");
            idp.put(&path, body).await.refused(400, "invalidValue");
            let rename = json!([{"op": "replace", "path": "userName", "value": name}]);
            idp.patch(&path, rename).await.refused(400, "invalidValue");
        }
        let group = json!({"schemas": [urn::GROUP], "displayName": "Engin\teers"});
        idp.post("/Groups", group)
            .await
            .refused(400, "invalidValue");
        // Some directories have groups whose names end with a space.
        let group = json!({"schemas": [urn::GROUP], "displayName": "Engineers "});
        idp.post("/Groups", group).await.expect(201);
    });
}

#[test]
fn an_unclean_name_that_is_stored_already_stays() {
    run(async |service| {
        let tenant = service.tenant("unclean-names").await;
        let idp = tenant.idp();
        let ada = idp.user("ada").await;
        let mut item = raw::item(service, &tenant, "#U", &ada).await;
        let document = raw::text(&item, "document").replace("\"ada\"", "\" ada\"");
        item.insert("document".to_owned(), AttributeValue::S(document));
        raw::put(service, item).await;
        let path = format!("/Users/{ada}");
        let title = json!([{"op": "add", "path": "title", "value": "Dr."}]);
        idp.patch(&path, title).await.expect(200);
        let body = json!({"schemas": [urn::USER], "userName": " ada", "title": "Prof."});
        let answer = idp.put(&path, body).await.expect(200);
        assert_eq!(answer.string("/userName"), " ada");
        // A sign-in by the stored name finds its person and makes nobody.
        let mut name = raw::item(service, &tenant, "#UN", "ada").await;
        name.insert("SK".to_owned(), AttributeValue::S(" ada".to_owned()));
        raw::put(service, name).await;
        let application = service.application();
        let signed_in = application.log_in(tenant.id(), " ada", None).await;
        assert_eq!(signed_in.expect(200).string("/user/id"), ada);
    });
}

/// Names that look alike, or that have the same capitals.
const ALIKE: [(&str, &str); 7] = [
    ("adas@example.test", "ada\u{17f}@example.test"),
    ("gross@example.test", "gro\u{df}@example.test"),
    ("ida@example.test", "\u{131}da@example.test"),
    ("mary@example.test", "m\u{430}ry@example.test"),
    ("fiona@example.test", "\u{fb01}ona@example.test"),
    ("\u{3c3}os@example.test", "\u{3c2}os@example.test"),
    ("j\u{30c}an@example.test", "jan@example.test"),
];

#[test]
fn look_alikes_are_two_people() {
    run(async |service| {
        let tenant = service.tenant("look-alikes").await;
        let (idp, application) = (tenant.idp(), service.application());
        for (one, other) in ALIKE {
            let people = [(one, idp.user(one).await), (other, idp.user(other).await)];
            for (name, id) in &people {
                for filter in [
                    format!("userName eq \"{name}\""),
                    format!("userName sw \"{name}\""),
                    format!("userName co \"{name}\""),
                ] {
                    let answer = idp.filter("/Users", &filter).await.expect(200);
                    assert_eq!(answer.strings("/Resources/*/id"), [id.as_str()], "{filter}");
                }
                let signed_in = application.log_in(tenant.id(), name, None).await;
                assert_eq!(signed_in.expect(200).string("/user/id"), *id, "{name}");
                let again = json!({"schemas": [urn::USER], "userName": name});
                let again = idp.post("/Users", again).await;
                let again = again.refused(409, "uniqueness");
                let detail = again.string("/detail");
                assert!(
                    people
                        .iter()
                        .all(|(name, id)| !detail.contains(name) && !detail.contains(id))
                );
            }
            // Who has gone leaves the other where they are.
            idp.delete(&format!("/Users/{}", people[0].1))
                .await
                .expect(204);
            let filter = format!("userName eq \"{one}\"");
            assert_eq!(idp.filter("/Users", &filter).await.expect(200).total(), 0);
            let filter = format!("userName eq \"{other}\"");
            assert_eq!(idp.filter("/Users", &filter).await.expect(200).total(), 1);
        }
    });
}

#[test]
fn a_person_who_left_is_not_restored_by_a_look_alike() {
    run(async |service| {
        let tenant = service.tenant("look-alike-returns").await;
        let idp = tenant.idp();
        let owner = service.admin(&tenant, Role::Owner).await;
        let restore = json!({"deleted_people": "restore"});
        owner.patch("/settings", restore).await.expect(200);
        let adas = idp.user("adas").await;
        idp.delete(&format!("/Users/{adas}")).await.expect(204);
        assert_ne!(idp.user("ada\u{17f}").await, adas);
        assert_eq!(idp.user("ADAS").await, adas);
    });
}

#[test]
fn spellings_of_one_name_are_one_person() {
    run(async |service| {
        let tenant = service.tenant("spellings-of-names").await;
        let (idp, application) = (tenant.idp(), service.application());
        for (name, spelling) in [
            ("ada@example.test", "ADA@Example.TEST"),
            ("bob@example.test", "\u{ff22}ob\u{ff20}example.test"),
            ("\u{ff43}arl", "CARL"),
            ("zo\u{eb}", "ZOE\u{308}"),
            ("\u{212a}ai", "kai"),
            (
                "\u{3c3}\u{3af}\u{3c3}\u{3c5}\u{3c6}\u{3bf}\u{3c2}",
                "\u{3a3}\u{38a}\u{3a3}\u{3a5}\u{3a6}\u{39f}\u{3a3}",
            ),
        ] {
            let id = idp.user(name).await;
            let stored = idp.get(&format!("/Users/{id}")).await.expect(200);
            assert_eq!(stored.string("/userName"), name);
            for stored in [name, spelling] {
                let renamed = json!([{"op": "replace", "path": "userName", "value": stored}]);
                idp.patch(&format!("/Users/{id}"), renamed)
                    .await
                    .expect(200);
                for text in [name, spelling] {
                    refuse_again(&idp, text).await;
                    let filter = format!("userName eq \"{text}\"");
                    let answer = idp.filter("/Users", &filter).await.expect(200);
                    assert_eq!(answer.strings("/Resources/*/id"), [id.as_str()], "{text}");
                    let signed_in = application.log_in(tenant.id(), text, None).await;
                    assert_eq!(signed_in.expect(200).string("/user/id"), id, "{text}");
                }
            }
        }
    });
}

/// A push finds whoever signed in by another spelling of the name: with a new person, and with a new name.
#[test]
fn pushes_of_another_spelling_meet_who_signed_in() {
    run(async |service| {
        let tenant = service.tenant("spellings-signed-in").await;
        let (idp, application) = (tenant.idp(), service.application());
        let sign_in = async |name: &str| {
            let signed_in = application.log_in(tenant.id(), name, None).await;
            signed_in.expect(200).string("/user/id")
        };
        let (carl, spelling) = (sign_in("carl").await, "\u{ff23}arl");
        assert_eq!(idp.user(spelling).await, carl);
        for text in ["carl", spelling] {
            refuse_again(&idp, text).await;
            assert_eq!(sign_in(text).await, carl, "{text}");
        }
        let (signed_in, spelling) = (sign_in("bob").await, "\u{ff22}ob");
        let robert = idp.user("robert").await;
        let renamed = json!([{"op": "replace", "path": "userName", "value": spelling}]);
        let path = format!("/Users/{robert}");
        idp.patch(&path, renamed).await.expect(200);
        idp.get(&format!("/Users/{signed_in}")).await.expect(404);
        for text in ["bob", spelling] {
            refuse_again(&idp, text).await;
            assert_eq!(sign_in(text).await, robert, "{text}");
        }
    });
}

async fn refuse_again(idp: &Idp, name: &str) {
    let again = json!({"schemas": [urn::USER], "userName": name});
    let again = idp.post("/Users", again).await;
    again.refused(409, "uniqueness");
}

/// Earlier versions gave `groß` the key `gross`, and the record said nothing about it.
#[test]
fn the_names_of_an_earlier_version_stay_and_can_be_found() {
    run(async |service| {
        let tenant = service.tenant("names-of-before").await;
        let (idp, application) = (tenant.idp(), service.application());
        let (name, form) = ("gro\u{df}@example.test", "gross@example.test");
        let id = idp.user(name).await;
        let mut item = raw::item(service, &tenant, "#U", &id).await;
        assert!(item.remove("named").is_some());
        raw::put(service, item).await;
        let mut claim = raw::item(service, &tenant, "#UN", name).await;
        claim.insert("SK".to_owned(), AttributeValue::S(form.to_owned()));
        raw::put(service, claim).await;
        raw::delete(service, &tenant, "#UN", name).await;

        let found = async |filter: String| {
            let answer = idp.filter("/Users", &filter).await.expect(200);
            answer.strings("/Resources/*/id")
        };
        for text in [name, "GRO\u{1e9e}@example.test"] {
            assert_eq!(
                found(format!("userName eq \"{text}\"")).await,
                [id.as_str()]
            );
            assert_eq!(
                found(format!("userName sw \"{text}\"")).await,
                [id.as_str()]
            );
            let again = json!({"schemas": [urn::USER], "userName": text});
            let again = idp.post("/Users", again).await;
            again.refused(409, "uniqueness");
        }
        assert!(found(format!("userName eq \"{form}\"")).await.is_empty());
        let signed_in = application.log_in(tenant.id(), name, None).await;
        assert_eq!(signed_in.expect(200).string("/user/id"), id);
        // A change leaves the name where it is, and a new name frees it.
        let path = format!("/Users/{id}");
        let title = json!([{"op": "add", "path": "title", "value": "Dr."}]);
        idp.patch(&path, title).await.expect(200);
        raw::item(service, &tenant, "#UN", form).await;
        let renamed = json!([{"op": "replace", "path": "userName", "value": "klein"}]);
        idp.patch(&path, renamed).await.expect(200);
        let other = idp.user(form).await;
        let back = json!([{"op": "replace", "path": "userName", "value": name}]);
        idp.patch(&path, back).await.expect(200);
        assert_eq!(
            found(format!("userName eq \"{name}\"")).await,
            [id.as_str()]
        );
        assert_eq!(
            found(format!("userName eq \"{form}\"")).await,
            [other.as_str()]
        );
        let sorted = idp.get("/Users?sortBy=userName").await.expect(200);
        assert_eq!(sorted.total(), 2);
    });
}

/// Earlier versions took full-width spellings for names of their own, which a new plain name does not meet.
#[test]
fn of_two_spellings_that_two_people_have_the_exact_one_is_meant() {
    run(async |service| {
        let scene = Scene::create(service, "spellings-of-two").await;
        let name = "\u{ff21}DA";
        let old = scene.push(json!({"userName": name})).await;
        let mut item = raw::item(service, &scene.tenant, "#U", &old).await;
        assert!(item.remove("named").is_some());
        raw::put(service, item).await;
        let mut claim = raw::item(service, &scene.tenant, "#UN", "ada").await;
        let form = AttributeValue::S("\u{ff41}da".to_owned());
        claim.insert("SK".to_owned(), form);
        raw::put(service, claim).await;
        raw::delete(service, &scene.tenant, "#UN", "ada").await;

        let new = scene.push(json!({"userName": "ada"})).await;
        assert_ne!(new, old);
        for (name, id) in [(name, &old), ("ada", &new), ("ADA", &new)] {
            let login = json!({"user_name": name});
            assert_eq!(scene.signed_in(login).await, *id, "{name}");
        }
        let neither = json!({"user_name": "\u{ff21}da"});
        let refused = scene.log_in(neither).await;
        Scene::refused(refused, 409, Reason::IdentityAmbiguous, &[&old, &new]);
    });
}

/// Makes somebody's name one that an earlier version stored, under the key that it had there.
async fn store_as_before(service: &Service, tenant: &Tenant, id: &str, key: &str, before: &str) {
    let mut item = raw::item(service, tenant, "#U", id).await;
    assert!(item.remove("named").is_some());
    raw::put(service, item).await;
    let mut claim = raw::item(service, tenant, "#UN", key).await;
    claim.insert("SK".to_owned(), AttributeValue::S(before.to_owned()));
    raw::put(service, claim).await;
    raw::delete(service, tenant, "#UN", key).await;
}

/// The hourly pass reads everybody anyway. After it, a plain name meets the full-width one of an earlier version, and the
/// key of before is free for whoever has that name.
#[test]
fn the_hourly_pass_gives_names_of_before_the_keys_of_today() {
    run(async |service| {
        let scene = Scene::create(service, "lifted-names").await;
        let (tenant, idp) = (&scene.tenant, scene.tenant.idp());
        let login = |name: &str| json!({"user_name": name});
        let (wide, sharp) = ("\u{ff21}DA", "gro\u{df}");
        let ada = scene.push(json!({"userName": wide})).await;
        store_as_before(service, tenant, &ada, "ada", "\u{ff41}da").await;
        // An owner who has proven the name in the form of before.
        let gross = scene.push(json!({"userName": "gross"})).await;
        assert_eq!(scene.signed_in(login("gross")).await, gross);
        scene.give(&gross, Role::Owner).await;
        let renamed = scene.set(&gross, "userName", json!(sharp)).await;
        renamed.expect(200);
        store_as_before(service, tenant, &gross, sharp, "gross").await;
        // Two people with one name in two spellings stay two.
        let old = scene.push(json!({"userName": "\u{ff22}OB"})).await;
        store_as_before(service, tenant, &old, "bob", "\u{ff42}ob").await;
        let new = scene.push(json!({"userName": "bob"})).await;
        refuse_again(&idp, "gross").await;

        let entries = service.journal(tenant).await.len();
        let versions = async || {
            let mut versions = Vec::new();
            for id in [&ada, &gross, &old, &new] {
                let answer = idp.get(&format!("/Users/{id}")).await.expect(200);
                versions.push((answer.string("/meta/version"), answer.string("/userName")));
            }
            versions
        };
        let before = versions().await;
        let far = Instant::now() + Duration::from_secs(600);
        for _ in 0..2 {
            let left = tenant.directory().roles().reconcile_all(None, far).await;
            assert_eq!(left.unwrap(), None);
        }
        // Nobody sees a change, except by what is refused now.
        assert_eq!(versions().await, before);
        assert_eq!(service.journal(tenant).await.len(), entries);
        for name in [wide, "ada", "ADA", sharp] {
            refuse_again(&idp, name).await;
        }
        let owner = raw::item(service, tenant, "#UN", "ada").await;
        assert_eq!(raw::text(&owner, "id"), ada);
        assert_eq!(scene.signed_in(login("ada")).await, ada);
        assert_eq!(scene.signed_in(login(sharp)).await, gross);
        let other = scene.push(json!({"userName": "gross"})).await;
        for (name, id) in [
            (wide, &ada),
            (sharp, &gross),
            ("gross", &other),
            ("bob", &new),
        ] {
            let found = idp
                .filter("/Users", &format!("userName eq \"{name}\""))
                .await;
            let found = found.expect(200).strings("/Resources/*/id");
            assert!(found.contains(id), "{name}: {found:?}");
        }
        let path = format!("/Users/{ada}");
        idp.delete(&path).await.expect(204);
        idp.user("ada").await;
        assert_eq!(scene.signed_in(login("\u{ff22}OB")).await, old);
    });
}

/// Only who has the key of an earlier version still can have proven the name in its form.
#[test]
fn a_new_name_is_not_proven_by_one_that_looks_alike() {
    run(async |service| {
        let scene = Scene::create(service, "proven-look-alikes").await;
        let owner = scene.push(json!({"userName": "gross"})).await;
        let login = |name: &str| json!({"user_name": name});
        assert_eq!(scene.signed_in(login("gross")).await, owner);
        scene.give(&owner, Role::Owner).await;
        let name = "gro\u{df}";
        let renamed = scene.set(&owner, "userName", json!(name)).await;
        renamed.expect(200);
        scene.conflicts(login(name), &[&owner]).await;

        let mut item = raw::item(service, &scene.tenant, "#U", &owner).await;
        assert!(item.remove("named").is_some());
        raw::put(service, item).await;
        let mut claim = raw::item(service, &scene.tenant, "#UN", name).await;
        claim.insert("SK".to_owned(), AttributeValue::S("gross".to_owned()));
        raw::put(service, claim).await;
        raw::delete(service, &scene.tenant, "#UN", name).await;
        assert_eq!(scene.signed_in(login(name)).await, owner);
    });
}

/// Earlier versions kept hashes of folded names, and did not say that of today's versions.
#[test]
fn whom_an_earlier_version_deleted_stays_out() {
    run(async |service| {
        let scene = Scene::create(service, "traces-of-before").await;
        let emails = json!([{"value": "gross@x.test", "primary": true}]);
        let gross = scene
            .push(json!({"userName": "gross", "emails": emails}))
            .await;
        let adas = scene.push(json!({"userName": "adas"})).await;
        for id in [&gross, &adas] {
            let path = format!("/Users/{id}");
            scene.tenant.idp().delete(&path).await.expect(204);
        }
        let other = scene.signed_in(json!({"user_name": "ada\u{17f}"})).await;
        assert_ne!(other, adas);
        let items = raw::items(service, &scene.tenant).await;
        for mut item in items {
            if item.remove("ids_compared").is_some() {
                raw::put(service, item).await;
            }
        }
        for login in [
            json!({"user_name": "gro\u{df}"}),
            json!({"user_name": "gro\u{df}@x.test"}),
            json!({"user_name": "other", "email": "gro\u{df}@x.test"}),
        ] {
            scene.keeps_out(login).await;
        }
        let path = scene.path(&format!("/users/{gross}/admit-as-new"));
        scene.application.post(&path, json!({})).await.expect(204);
        let other = scene.signed_in(json!({"user_name": "gro\u{df}"})).await;
        assert_ne!(other, gross);
    });
}
