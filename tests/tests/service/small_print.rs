//! Statements of RFC 7643 and RFC 7644 that no test of a feature shows. `statements.md` names the test of each statement.

use jiff::Timestamp;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

#[test]
fn the_service_alone_sets_id_and_meta() {
    run(async |service| {
        let idp = service.tenant("small-print").await.idp();
        let meta = json!({"resourceType": "Group", "created": "2000-01-01T00:00:00Z", "version": "W/\"x\"",
                          "lastModified": "2000-01-01T00:00:00Z", "location": "https://x.test/Users/1"});
        for (endpoint, kind, mut body) in [
            (
                "/Users",
                "User",
                json!({"schemas": [urn::USER], "userName": "ada"}),
            ),
            (
                "/Groups",
                "Group",
                json!({"schemas": [urn::GROUP], "displayName": "g"}),
            ),
        ] {
            for id in ["bulkId", "chosen", ""] {
                body["id"] = json!(id);
                body["meta"] = meta.clone();
                let made = idp.post(endpoint, body.clone()).await.expect(201);
                let own = made.id();
                assert!(!["bulkId", "chosen", ""].contains(&own.as_str()), "{own}");
                let created = made.string("/meta/created");
                let instant: Timestamp = created.parse().expect("a time");
                assert!(instant.as_second() > 1_600_000_000, "{created}");
                assert!(created.ends_with('Z'), "{created} is not in UTC");
                let location = format!("{}{endpoint}/{own}", idp.base());
                made.is(json!({
                    "externalId": null,
                    "meta": {"resourceType": kind, "created": created, "lastModified": created, "location": location},
                }));
                let path = format!("{endpoint}/{own}");
                let read = idp.get(&path).await.expect(200);
                assert_eq!((read.id(), read.string("/meta/created")), (own, created));
                idp.delete(&path).await.expect(204);
            }
        }
    });
}

#[test]
fn an_id_is_never_given_again() {
    run(async |service| {
        let idp = service.tenant("ids").await.idp();
        let body = json!({"schemas": [urn::USER], "userName": "ada", "externalId": "e"});
        let mut ids = std::collections::BTreeSet::new();
        for _ in 0..5 {
            let id = idp.post("/Users", body.clone()).await.expect(201).id();
            idp.delete(&format!("/Users/{id}")).await.expect(204);
            assert!(ids.insert(id), "an id was given again");
        }
        for id in ids {
            idp.get(&format!("/Users/{id}")).await.expect(404);
        }
        let found = idp.filter("/Users", "userName eq \"ada\"").await;
        assert_eq!(found.expect(200).total(), 0);
    });
}

#[test]
fn every_reference_leads_to_its_resource() {
    run(async |service| {
        let idp = service.tenant("references").await.idp();
        let ada = idp.user("ada").await;
        let group = idp.group("g", &[&ada]).await;
        let user = idp.get(&format!("/Users/{ada}")).await.expect(200);
        for (pointer, id) in [("/groups/0/$ref", &group), ("/meta/location", &ada)] {
            let url = user.string(pointer);
            let path = url.strip_prefix(idp.base()).expect("a URL of this service");
            assert_eq!(&idp.get(path).await.expect(200).id(), id, "{url}");
        }
        let stranger = service.idp_without_token();
        for list in ["/Schemas", "/ResourceTypes"] {
            let all = stranger.get(list).await.expect(200);
            for url in all.strings("/Resources/*/meta/location") {
                let path = url
                    .strip_prefix(stranger.base())
                    .expect("a URL of this service");
                stranger.get(path).await.expect(200);
            }
        }
    });
}

#[test]
fn countries_and_addresses_are_kept_as_they_were_sent() {
    run(async |service| {
        let idp = service.tenant("countries").await.idp();
        for (n, country) in ["NO", "no", "Norway", "Noreg / Norge"].iter().enumerate() {
            let sent = json!({
                "schemas": [urn::USER], "userName": format!("u{n}"),
                "addresses": [{"type": "work", "country": country}],
                "emails": [{"value": "\"Ada B\"@Example.test"}],
            });
            let made = idp.post("/Users", sent.clone()).await.expect(201);
            for name in ["addresses", "emails"] {
                assert_eq!(made.body[name], sent[name]);
            }
        }
    });
}

#[test]
fn what_is_not_there_is_removed_without_a_change() {
    run(async |service| {
        let idp = service.tenant("absent").await.idp();
        let (ada, bob) = (idp.user("ada").await, idp.user("bob").await);
        let path = format!("/Groups/{}", idp.group("g", &[&ada]).await);
        let before = idp.get(&path).await.expect(200);
        for operation in [
            json!({"op": "remove", "path": format!("members[value eq \"{bob}\"]")}),
            json!({"op": "remove", "path": "members", "value": [{"value": bob}]}),
            json!({"op": "add", "path": "members", "value": [{"value": ada}]}),
            json!({"op": "remove", "path": "externalId"}),
        ] {
            idp.patch(&path, json!([operation])).await.expect(204);
            let after = idp.get(&path).await.expect(200);
            assert_eq!(after.body, before.body, "{operation} changed the group");
        }
    });
}

#[test]
fn the_messages_of_the_protocol_are_no_schemas() {
    run(async |service| {
        let idp = service.idp_without_token();
        let schemas = idp.get("/Schemas").await.expect(200);
        let ids = schemas.strings("/Resources/*/id");
        assert!(!ids.iter().any(|id| id.contains(":messages:")), "{ids:?}");
        for message in [urn::LIST, urn::PATCH, urn::SEARCH, urn::ERROR] {
            idp.get(&format!("/Schemas/{message}")).await.expect(404);
        }
        // Every schema that a resource type names is listed.
        let types = idp.get("/ResourceTypes").await.expect(200);
        let core = types.select("/Resources/*/schema");
        let extensions = types.select("/Resources/*/schemaExtensions/*/schema");
        for named in core.into_iter().chain(extensions).map(Value::as_str) {
            assert!(ids.iter().any(|id| Some(id.as_str()) == named), "{named:?}");
        }
    });
}
