//! Bulk requests (RFC 7644 §3.7): their operations are done as if each had been sent alone.

use http::Method;
use rollcall_directory::{RateLimit, Reason, RequestQuery, Settings};
use rollcall_scim::limits::{MAX_BODY_BYTES, MAX_BULK_OPERATIONS};
use rollcall_tests::idp::{Answer, Idp};
use rollcall_tests::pattern::ANY;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

const REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

async fn bulk(idp: &Idp, operations: Value) -> Answer {
    let body = json!({"schemas": [REQUEST], "Operations": operations});
    idp.post("/Bulk", body).await.expect(200)
}

/// Sends operations and returns their statuses, each with the `scimType` of an error.
async fn statuses(idp: &Idp, operations: Value) -> Vec<String> {
    let answer = bulk(idp, operations).await;
    let operations = answer.body["Operations"].as_array().unwrap();
    let shown = operations.iter().map(|operation| {
        let status = operation["status"].as_str().unwrap();
        match operation["response"]["scimType"].as_str() {
            Some(scim_type) => format!("{status} {scim_type}"),
            None => status.to_owned(),
        }
    });
    shown.collect()
}

fn user(name: &str) -> Value {
    json!({"method": "POST", "path": "/Users", "bulkId": name,
           "data": {"schemas": [urn::USER], "userName": name, "active": true}})
}

fn managed(name: &str, manager: &str) -> Value {
    let mut operation = user(name);
    operation["data"]["schemas"] = json!([urn::USER, urn::ENTERPRISE]);
    operation["data"][urn::ENTERPRISE] =
        json!({"department": "sales", "manager": {"value": format!("bulkId:{manager}")}});
    operation
}

fn group(name: &str, members: &[&str]) -> Value {
    let members: Vec<_> = members
        .iter()
        .map(|id| json!({"value": format!("bulkId:{id}")}))
        .collect();
    json!({"method": "POST", "path": "/Groups", "bulkId": name,
           "data": {"schemas": [urn::GROUP], "displayName": name, "members": members}})
}

fn patch(path: &str, operation: Value) -> Value {
    json!({"method": "PATCH", "path": path,
           "data": {"schemas": [urn::PATCH], "Operations": [operation]}})
}

/// Returns the id in the location of an operation.
fn id(answer: &Answer, index: usize) -> String {
    let location = answer.string(&format!("/Operations/{index}/location"));
    location.rsplit('/').next().unwrap().to_owned()
}

#[test]
fn operations_refer_to_what_the_request_creates() {
    run(async |service| {
        let idp = service.tenant("bulk-all").await.idp();
        let old = idp.user("old").await;
        let ann = json!({"op": "add", "path": "members", "value": [{"value": "bulkId:bob"}]});
        let out = json!({"op": "remove", "path": "members[value eq \"bulkId:ann\"]"});
        let operations = json!([
            group("team", &["ann"]),
            patch("/Groups/bulkId:team", ann),
            managed("ann", "bob"),
            user("bob"),
            patch("/Groups/bulkId:team", out),
            {"method": "put", "path": "/Users/bulkId:bob",
             "data": {"schemas": [urn::USER], "userName": "bob", "title": "Dr."}},
            {"method": "DELETE", "path": format!("/Users/{old}"), "bulkId": "gone"},
        ]);
        let answer = bulk(&idp, operations).await;
        assert_eq!(answer.body["schemas"], json!([RESPONSE]));
        let (team, ann, bob) = (id(&answer, 0), id(&answer, 2), id(&answer, 3));
        let at = |path: &str| format!("{}{path}", idp.base());
        let answer = answer.is(json!({"Operations": [
            {"method": "POST", "bulkId": "team", "status": "201", "version": ANY, "location": at(&format!("/Groups/{team}"))},
            {"method": "PATCH", "status": "204", "version": ANY, "location": at(&format!("/Groups/{team}"))},
            {"method": "POST", "bulkId": "ann", "status": "201", "version": ANY, "location": at(&format!("/Users/{ann}"))},
            {"method": "POST", "bulkId": "bob", "status": "201", "version": ANY, "location": at(&format!("/Users/{bob}"))},
            {"method": "PATCH", "status": "204", "version": ANY, "location": at(&format!("/Groups/{team}"))},
            {"method": "PUT", "status": "200", "version": ANY, "location": at(&format!("/Users/{bob}"))},
            {"method": "DELETE", "bulkId": "gone", "status": "204", "location": at(&format!("/Users/{old}"))},
        ]}));
        assert!(answer.select("/Operations/*/response").is_empty());
        assert_eq!(idp.members(&team).await, [bob.clone()].into());
        let read = idp.get(&format!("/Users/{ann}")).await.expect(200);
        assert_eq!(read.body[urn::ENTERPRISE]["manager"]["value"], json!(bob));
        let read = idp.get(&format!("/Users/{bob}")).await.expect(200);
        assert_eq!(read.body["title"], "Dr.");
        assert_eq!(
            answer.body["Operations"][5]["version"],
            read.body["meta"]["version"]
        );
        idp.get(&format!("/Users/{old}")).await.refused(404, "");
    });
}

#[test]
fn circles_of_references_are_resolved() {
    run(async |service| {
        let idp = service.tenant("bulk-circles").await.idp();
        let answer = bulk(
            &idp,
            json!([managed("a", "b"), managed("b", "a"), managed("c", "c")]),
        )
        .await;
        assert_eq!(
            answer.strings("/Operations/*/status"),
            ["201", "201", "201"]
        );
        let ids = [id(&answer, 0), id(&answer, 1), id(&answer, 2)];
        for (person, manager) in [(0, 1), (1, 0), (2, 2)] {
            let read = idp
                .get(&format!("/Users/{}", ids[person]))
                .await
                .expect(200);
            let enterprise = &read.body[urn::ENTERPRISE];
            assert_eq!(enterprise["manager"]["value"], json!(ids[manager]));
            assert_eq!(enterprise["department"], "sales");
            let version = &answer.body["Operations"][person]["version"];
            assert_eq!(*version, read.body["meta"]["version"]);
        }
        // Groups are no members, so a circle of them leaves each without the other.
        let answer = bulk(
            &idp,
            json!([group("g", &["h", "u"]), group("h", &["g"]), user("u")]),
        )
        .await;
        assert_eq!(
            answer.strings("/Operations/*/status"),
            ["201", "201", "201"]
        );
        assert_eq!(idp.members(&id(&answer, 0)).await, [id(&answer, 2)].into());
        assert!(idp.members(&id(&answer, 1)).await.is_empty());
        // If one part of a circle fails, the others say that they lack it, and where they are.
        let answer = bulk(&idp, json!([managed("a", "d"), managed("d", "a")])).await;
        let answer = answer.is(json!({"Operations": [
            {"status": "409", "response": {"scimType": "uniqueness"}},
            {"status": "409", "location": ANY, "response": {"status": "409", "detail": ANY}},
        ]}));
        let read = idp
            .get(&format!("/Users/{}", id(&answer, 1)))
            .await
            .expect(200);
        assert_eq!(read.body[urn::ENTERPRISE], Value::Null);
    });
}

#[test]
fn operations_fail_as_they_would_alone() {
    run(async |service| {
        let tenant = service.tenant("bulk-errors").await;
        let idp = tenant.idp();
        let ann = idp.user("ann").await;
        let other = service.tenant("bulk-other").await.idp().user("x").await;
        let title = json!({"op": "add", "path": "title", "value": "x"});
        let stale =
            json!({"method": "DELETE", "path": format!("/Users/{ann}"), "version": "W/\"0\""});
        let nobody = json!({"method": "POST", "path": "/Users", "bulkId": "n", "data": {"schemas": [urn::USER]}});
        for (operation, expected) in [
            (user("ANN"), "409 uniqueness"),
            (nobody, "400 invalidValue"),
            (
                json!({"method": "POST", "path": "/Users", "data": {"userName": "no-id"}}),
                "400 invalidSyntax",
            ),
            (
                json!({"method": "POST", "path": "/Users", "bulkId": "b"}),
                "400 invalidSyntax",
            ),
            (
                json!({"method": "POST", "path": format!("/Users/{ann}"), "bulkId": "b"}),
                "400 invalidSyntax",
            ),
            (
                json!({"method": "POST", "path": "/Bulk", "bulkId": "b", "data": {}}),
                "404",
            ),
            (
                json!({"method": "POST", "path": "/Nothing", "bulkId": "b", "data": {}}),
                "404",
            ),
            (
                json!({"method": "GET", "path": format!("/Users/{ann}")}),
                "400 invalidSyntax",
            ),
            (
                json!({"method": "PUT", "path": "/Users", "data": {}}),
                "400 invalidSyntax",
            ),
            (json!({"method": "DELETE"}), "400 invalidSyntax"),
            (json!("DELETE"), "400 invalidSyntax"),
            (patch("/Users/none", title.clone()), "404"),
            (patch(&format!("/Users/{other}"), title.clone()), "404"),
            (patch("/Users/a b", title.clone()), "404"),
            (patch("/Users/bulkId:nobody", title.clone()), "409"),
            (group("g", &["nobody"]), "409"),
            (stale, "412"),
        ] {
            let found = statuses(&idp, json!([operation])).await;
            assert_eq!(found, [expected], "{operation}");
        }
        let twice = statuses(
            &idp,
            json!([user("two"), user("two"), group("g", &["two"])]),
        )
        .await;
        assert_eq!(twice, ["400 invalidValue", "400 invalidValue", "409"]);
        let after = statuses(
            &idp,
            json!([user("ann"), group("g", &["ann"]), user("bob")]),
        )
        .await;
        assert_eq!(after, ["409 uniqueness", "409", "201"]);
        assert_eq!(idp.census().await, (2, 0));
    });
}

#[test]
fn too_many_errors_end_the_request() {
    run(async |service| {
        let idp = service.tenant("bulk-stop").await.idp();
        idp.user("ann").await;
        let operations = json!([user("a"), user("ann"), user("b"), user("c")]);
        for (limit, expected) in [
            (json!(1), &["201", "409"][..]),
            (json!(2), &["409", "409"]),
            (json!(3), &["409", "409", "201", "201"]),
            (Value::Null, &["409", "409", "409", "409"]),
        ] {
            let body =
                json!({"schemas": [REQUEST], "failOnErrors": limit, "Operations": operations});
            let answer = idp.post("/Bulk", body).await.expect(200);
            assert_eq!(answer.strings("/Operations/*/status"), expected, "{limit}");
        }
        assert_eq!(idp.census().await.0, 4);
        let body = json!({"failOnErrors": "some", "Operations": operations});
        idp.post("/Bulk", body).await.refused(400, "invalidValue");
    });
}

#[test]
fn the_declared_limits_hold() {
    run(async |service| {
        let idp = service.tenant("bulk-limits").await.idp();
        let config = idp.get("/ServiceProviderConfig").await.expect(200);
        let declared = json!({"supported": true, "maxOperations": MAX_BULK_OPERATIONS, "maxPayloadSize": MAX_BODY_BYTES});
        assert_eq!(config.body["bulk"], declared);
        let delete = json!({"method": "DELETE", "path": "/Users/none"});
        let many = json!({"Operations": vec![delete; MAX_BULK_OPERATIONS + 1]});
        let answer = idp.post("/Bulk", many).await.refused(413, "");
        let answer = answer.because(Reason::TooMany);
        assert!(answer.string("/detail").contains("1000"));
        let large = idp
            .request(Method::POST, "/Bulk")
            .raw(" ".repeat(MAX_BODY_BYTES + 1));
        large.send().await.refused(413, "");
        for body in [json!({"Operations": []}), json!({"schemas": [REQUEST]})] {
            idp.post("/Bulk", body).await.refused(400, "invalidSyntax");
        }
        let other = json!({"schemas": [urn::PATCH], "Operations": [user("a")]});
        idp.post("/Bulk", other).await.refused(400, "invalidValue");
    });
}

#[test]
fn the_path_has_every_spelling_and_one_method() {
    run(async |service| {
        let idp = service.tenant("bulk-paths").await.idp();
        for (path, name) in [("/Bulk", "a"), ("//Bulk", "b"), ("/Bulk/", "c")] {
            let body = json!({"schemas": [REQUEST], "Operations": [user(name)]});
            let answer = idp.post(path, body).await.expect(200);
            let id = id(&answer, 0);
            let location = format!("{}/Users/{id}", idp.base());
            answer.is(json!({"Operations": [{"status": "201", "location": location}]}));
            idp.get(&format!("/Users/{id}")).await.expect(200);
        }
        for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = idp.request(method, "/Bulk").send().await.refused(405, "");
            assert_eq!(answer.header("allow"), Some("POST"));
        }
        let nobody = service.idp_without_token();
        nobody
            .post("/Bulk", json!({"Operations": [user("d")]}))
            .await
            .expect(401);
        assert_eq!(idp.census().await.0, 3);
    });
}

#[test]
fn each_operation_is_logged_and_in_the_journal() {
    run(async |service| {
        let tenant = service.tenant("bulk-log").await;
        let idp = tenant.idp();
        bulk(&idp, json!([user("ann"), user("ann"), {"method": "brew"}, group("team", &["bob"]), user("bob")])).await;
        bulk(&idp, json!([group("crew", &["eve"]), user("eve")])).await;
        let query = RequestQuery {
            limit: 20,
            ..RequestQuery::default()
        };
        let (mut logged, _) = tenant
            .directory()
            .request_log()
            .search(&query)
            .await
            .unwrap();
        logged.reverse();
        let shown = logged.iter().map(|one| {
            (
                one.http_method.as_str(),
                one.target.as_str(),
                one.http_status,
            )
        });
        let expected = [
            ("POST", "/Bulk", 400),
            ("POST", "/Bulk", 400),
            ("BREW", "/Bulk", 400),
            ("POST", "/Users", 201),
            ("POST", "/Groups", 201),
            ("POST", "/Bulk", 200),
            ("POST", "/Users", 201),
            ("POST", "/Groups", 201),
            ("POST", "/Bulk", 200),
        ];
        assert_eq!(shown.collect::<Vec<_>>(), expected);
        let last = &logged[6..];
        assert!(last.iter().all(|one| one.request_id == last[0].request_id));
        assert_eq!(last[0].changes, ["user.created"]);
        assert!(
            last[0]
                .sent
                .as_ref()
                .is_some_and(|sent| sent.contains("eve"))
        );
        assert_eq!(last[2].sent, None, "the operations have their bodies");
        let journal = service.journal(&tenant).await;
        let of_request = |entry: &&Value| entry["request_id"] == json!(last[0].request_id);
        // A person, the group, and its member.
        assert_eq!(journal.iter().filter(of_request).count(), 3, "{journal:?}");
    });
}

#[test]
fn the_limit_of_the_token_counts_operations() {
    run(async |service| {
        let rate_limit = Some(RateLimit {
            per_minute: 60,
            burst: 5,
        });
        let settings = Settings {
            rate_limit,
            ..Settings::default()
        };
        let tenant = service.tenant_with("bulk-rate", settings).await;
        let idp = tenant.idp();
        let operations: Vec<_> = (0..20).map(|number| user(&format!("u{number}"))).collect();
        let answer = bulk(&idp, json!(operations)).await;
        assert!(
            answer
                .strings("/Operations/*/status")
                .iter()
                .all(|status| status == "201")
        );
        // Twenty operations are fifteen more than the burst, and each takes a second.
        let refused = idp.get("/Users?count=0").await.refused(429, "");
        let wait: u32 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=16).contains(&wait), "{wait}");
        let other = idp.with_token(Some(&tenant.issue("other", None).await.1));
        assert_eq!(other.census().await.0, 20);
    });
}
