//! The corners of the protocol: headers of every response, queries over all types, and what is not silently ignored.

use http::Method;
use rollcall_directory::{Reason, Role};
use rollcall_tests::idp::encode;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use rollcall_tests::visitor::Visitor;
use serde_json::{Value, json};

const NOBODY: &str = "0190a8c0-0000-7000-8000-000000000000";

#[test]
fn every_response_names_the_resource_and_its_version() {
    run(async |service| {
        let idp = service.tenant("locations").await.idp();
        let ada = idp.user("ada").await;
        let user = format!("/Users/{ada}");
        let group = format!("/Groups/{}", idp.group("g", &[]).await);
        let put = json!({"schemas": [urn::USER], "userName": "ada", "title": "t"});
        let title = json!([{"op": "add", "path": "title", "value": "u"}]);
        let member = json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]);
        let rename = json!([{"op": "replace", "path": "displayName", "value": "h"}]);
        for (path, answer) in [
            (&user, idp.get(&user).await.expect(200)),
            (&user, idp.put(&user, put).await.expect(200)),
            (&user, idp.patch(&user, title).await.expect(200)),
            (&group, idp.patch(&group, member.clone()).await.expect(204)),
            (&group, idp.patch(&group, member).await.expect(204)),
            (&group, idp.patch(&group, rename).await.expect(204)),
        ] {
            let url = format!("{}{path}", idp.base());
            for name in ["location", "content-location"] {
                assert_eq!(answer.header(name), Some(url.as_str()), "{name}");
            }
            assert!(answer.header("etag").is_some(), "{path}");
        }
        let joined = json!([{"op": "remove", "path": "members"}]);
        let changed = idp.patch(&group, joined).await.expect(204);
        let etag = changed.header("etag").expect("a version").to_owned();
        let read = idp.get(&group).await.expect(200);
        assert_eq!(read.header("etag"), Some(etag.as_str()));
        let body = json!({"schemas": [urn::PATCH], "Operations": [{"op": "add", "path": "externalId", "value": "x"}]});
        let conditional = idp
            .request(Method::PATCH, &group)
            .header("if-match", &etag)
            .body(&body);
        conditional.send().await.expect(204);
    });
}

#[test]
fn every_surface_is_used_by_https_alone() {
    run(async |service| {
        let tenant = service.tenant("https").await;
        let answers = [
            tenant.idp().get("/Users").await,
            tenant.idp().get("/Users/none").await,
            tenant.idp().get("/ServiceProviderConfig").await,
            tenant.idp().get("/none").await,
            service.application().get("/tenants?limit=1").await,
            service.application().get("/tenants/none").await,
            tenant.idp().ask_for_token("none", "none").await,
        ];
        for answer in answers {
            let header = answer.header("strict-transport-security");
            assert_eq!(header, Some("max-age=31536000"), "{}", answer.request);
        }
        let page = Visitor::anonymous(service).get("/console").await;
        assert_eq!(page.header("strict-transport-security"), "max-age=31536000");
    });
}

#[test]
fn who_is_gone_is_gone_whatever_the_request_says() {
    run(async |service| {
        let idp = service.tenant("gone").await.idp();
        let known = idp.user("known").await;
        for (id, status) in [(NOBODY, 404), ("none", 404), (known.as_str(), 400)] {
            let path = format!("/Users/{id}");
            for body in [&b"{"[..], b"[]", b"{\"schemas\": []}", b""] {
                for method in [Method::PUT, Method::PATCH] {
                    let request = idp.request(method.clone(), &path).raw(body);
                    request.send().await.expect(status);
                }
            }
            let operations = json!([{"op": "move"}]);
            idp.patch(&path, operations).await.expect(status);
            let projected = format!("{path}?attributes={}", encode("a b"));
            idp.get(&projected).await.expect(status);
        }
    });
}

#[test]
fn a_replacement_by_nobody_empties_no_group() {
    run(async |service| {
        let idp = service.tenant("replacements").await.idp();
        let ada = idp.user("ada").await;
        let group = idp.group("g", &[&ada]).await;
        let path = format!("/Groups/{group}");
        let nobody = json!([{"value": NOBODY}, {"value": "stale"}]);
        let put = json!({"schemas": [urn::GROUP], "displayName": "g", "members": nobody});
        idp.put(&path, put)
            .await
            .refused(400, "invalidValue")
            .because(Reason::UnknownMember);
        for operations in [
            json!([{"op": "replace", "path": "members", "value": nobody}]),
            json!([{"op": "replace", "value": {"members": nobody, "displayName": "h"}}]),
            json!([{"op": "remove", "path": "members"}, {"op": "add", "path": "members", "value": nobody}]),
        ] {
            idp.patch(&path, operations)
                .await
                .refused(400, "invalidValue")
                .because(Reason::UnknownMember);
        }
        idp.get(&path).await.is(json!({"displayName": "g"}));
        assert_eq!(idp.members(&group).await, [ada.clone()].into());
        let some = json!([{"op": "replace", "path": "members", "value": [{"value": ada}, {"value": NOBODY}]}]);
        idp.patch(&path, some).await.expect(204);
        assert_eq!(idp.members(&group).await, [ada].into());
        let none = json!([{"op": "replace", "path": "members", "value": []}]);
        idp.patch(&path, none).await.expect(204);
        assert!(idp.members(&group).await.is_empty());
        let again = json!([{"op": "replace", "path": "members", "value": nobody}]);
        idp.patch(&path, again).await.expect(204);
    });
}

#[test]
fn a_group_patch_that_names_nothing_is_refused() {
    run(async |service| {
        let idp = service.tenant("nothings").await.idp();
        let ada = idp.user("ada").await;
        let group = idp.group("g", &[&ada]).await;
        let path = format!("/Groups/{group}");
        let filter = format!("[value eq \"{ada}\"]");
        for operation in [
            json!({"op": "remove", "path": format!("member{filter}")}),
            json!({"op": "add", "path": "memebers", "value": [{"value": ada}]}),
            json!({"op": "remove", "path": format!("members{filter}.nothing")}),
        ] {
            idp.patch(&path, json!([operation]))
                .await
                .refused(400, "invalidPath");
        }
        let user = format!("/Users/{ada}");
        idp.patch(&user, json!([{"op": "remove", "path": "colour"}]))
            .await
            .refused(400, "invalidPath");
        idp.patch(
            &user,
            json!([{"op": "add", "path": "colour", "value": "red"}]),
        )
        .await
        .expect(200);
        assert_eq!(idp.members(&group).await, [ada.clone()].into());
        let quoted = json!([{"op": "remove", "path": format!("members[value eq '{ada}']")}]);
        idp.patch(&path, quoted).await.expect(204);
        assert!(idp.members(&group).await.is_empty());
    });
}

#[test]
fn a_query_over_all_types_is_merged() {
    run(async |service| {
        let tenant = service.tenant("all-types").await;
        let idp = tenant.idp();
        for (name, display) in [("u1", "b"), ("u2", "d")] {
            let user = json!({"schemas": [urn::USER], "userName": name, "displayName": display});
            idp.post("/Users", user).await.expect(201);
        }
        for name in ["a", "c"] {
            idp.group(name, &[]).await;
        }
        let names =
            |answer: &rollcall_tests::idp::Answer| answer.strings("/Resources/*/displayName");
        for (query, expected) in [
            ("sortBy=displayName", &["a", "b", "c", "d"][..]),
            (
                "sortBy=displayName&sortOrder=descending",
                &["d", "c", "b", "a"],
            ),
            ("sortBy=displayName&startIndex=2&count=2", &["b", "c"]),
            ("startIndex=1", &["b", "d", "a", "c"]),
            ("startIndex=2&count=2", &["d", "a"]),
            (
                "filter=displayName%20gt%20%22b%22&sortBy=displayName",
                &["c", "d"],
            ),
            ("filter=meta.resourceType%20eq%20%22Group%22", &["a", "c"]),
            ("filter=userName%20eq%20%22u2%22", &["d"]),
        ] {
            for path in ["", "/", "//"] {
                let answer = idp.get(&format!("{path}?{query}")).await.expect(200);
                assert_eq!(names(&answer), expected, "{path} {query}");
            }
        }
        let body = json!({"schemas": [urn::SEARCH], "sortBy": "displayName", "count": 3});
        let found = idp.post("/.search", body).await.expect(200);
        assert_eq!(names(&found), ["a", "b", "c"]);
        found.is(json!({"totalResults": 4, "startIndex": 1, "itemsPerPage": 3}));
        let stranger = service.idp_without_token();
        stranger.get("?filter=id%20pr").await.expect(401);
        stranger.get("").await.expect(404);
        idp.get("?filter=nonsense")
            .await
            .refused(400, "invalidFilter");
    });
}

#[test]
fn what_is_shown_can_be_filtered() {
    run(async |service| {
        let idp = service.tenant("shown-filters").await.idp();
        let ada = idp.user("ada").await;
        idp.user("bob").await;
        let members = json!([{"value": ada, "type": "Device", "$ref": "https://x.test/Devices/1", "display": "A"}]);
        let group = json!({"schemas": [urn::GROUP], "displayName": "g", "members": members});
        let group = idp.post("/Groups", group).await.expect(201).id();
        idp.group("empty", &[]).await;
        let read = idp.get(&format!("/Groups/{group}")).await.expect(200);
        assert_eq!(
            read.body["members"],
            json!([{"value": ada, "display": "A"}])
        );
        let base = idp.base().to_owned();
        for (endpoint, filter, id) in [
            (
                "/Users",
                format!("meta.location eq \"{base}/Users/{ada}\""),
                &ada,
            ),
            (
                "/Users",
                format!("groups.$ref eq \"{base}/Groups/{group}\""),
                &ada,
            ),
            ("/Users", format!("groups[$ref ew \"/{group}\"]"), &ada),
            ("/Users", "userName eq 'ada'".to_owned(), &ada),
            ("/Groups", "members[type eq \"User\"]".to_owned(), &group),
            (
                "/Groups",
                format!("members.$ref eq \"{base}/Users/{ada}\""),
                &group,
            ),
        ] {
            let found = idp.filter(endpoint, &filter).await.expect(200);
            assert_eq!(
                found.strings("/Resources/*/id"),
                std::slice::from_ref(id),
                "{filter}"
            );
        }
        let devices = idp.filter("/Groups", "members[type eq \"Device\"]").await;
        assert_eq!(devices.expect(200).total(), 0);
    });
}

#[test]
fn head_and_options_are_methods() {
    run(async |service| {
        let idp = service.tenant("methods").await.idp();
        let user = format!("/Users/{}", idp.user("ada").await);
        for path in [
            "/Users",
            &user,
            "/Groups",
            "/Schemas",
            "//Users",
            "/ServiceProviderConfig",
        ] {
            let head = idp.request(Method::HEAD, path).send().await.expect(200);
            assert_eq!(head.body, Value::Null, "{path}");
            let options = idp.request(Method::OPTIONS, path).send().await.expect(204);
            let allow = options.header("allow").unwrap_or_default();
            assert!(allow.contains("GET,HEAD"), "{path}: {allow}");
        }
    });
}

#[test]
fn a_token_is_nobody_in_every_spelling_and_method() {
    run(async |service| {
        let idp = service.tenant("me").await.idp();
        for path in [
            "/Me",
            "//Me",
            "/Me/",
            "/Me/groups",
            "/Me?attributes=userName",
        ] {
            for method in [
                Method::GET,
                Method::PUT,
                Method::PATCH,
                Method::POST,
                Method::DELETE,
            ] {
                let answer = idp.request(method.clone(), path).send().await.expect(501);
                let answer = answer.because(Reason::NotImplemented);
                let detail = answer.string("/detail");
                assert!(
                    detail.contains("not to a person"),
                    "{method} {path}: {detail}"
                );
            }
            let head = idp.request(Method::HEAD, path).send().await.expect(501);
            assert_eq!(head.body, Value::Null, "{path}");
            let stranger = service.idp_without_token();
            stranger.get(path).await.expect(401);
        }
    });
}

#[test]
fn an_ignored_path_is_in_the_log_and_in_health() {
    run(async |service| {
        let tenant = service.tenant("ignored-paths").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let user = format!("/Users/{}", idp.user("ada").await);
        let unknown = json!([{"op": "add", "path": "shoeSize", "value": "44"}]);
        let patched = idp.patch(&user, unknown).await.expect(200);
        assert_eq!(patched.body.get("shoeSize"), None);
        let logged = admin.all("/requests?failed=true").await;
        assert_eq!(logged.len(), 1, "{logged:?}");
        assert_eq!(logged[0]["readings"], json!(["path_ignored"]));
        let diagnosis = logged[0]["diagnosis"].as_str().unwrap_or_default();
        assert!(diagnosis.contains("ignored"), "{diagnosis}");
        let kinds = admin.get("/health").await.expect(200);
        let kinds = kinds.strings("/findings/*/kind");
        assert!(kinds.contains(&"ignored_path".to_owned()), "{kinds:?}");
    });
}

#[test]
fn small_things_are_true() {
    run(async |service| {
        let idp = service.tenant("small-things").await.idp();
        let far = idp.get("/Users?startIndex=99999999999999999999").await;
        let start = far.expect(200).body["startIndex"].as_i64();
        assert_eq!(start, Some((1 << 53) - 1));
        let name = json!({"formatted": "Dr. Ada Byron", "givenName": "Ada", "familyName": "Byron"});
        let user = json!({"schemas": [urn::USER], "userName": "ada", "name": name});
        let path = format!("/Users/{}", idp.post("/Users", user).await.expect(201).id());
        let married = json!([{"op": "replace", "path": "name.familyName", "value": "King"}]);
        idp.patch(&path, married)
            .await
            .expect(200)
            .is(json!({"name": {"formatted": "Dr. Ada King"}}));
        let dotted = format!("{}.employeeNumber", urn::ENTERPRISE);
        idp.patch(&path, json!([{"op": "add", "path": dotted, "value": "7"}]))
            .await
            .expect(200)
            .is(json!({urn::ENTERPRISE: {"employeeNumber": "7"}}));
        let found = idp.filter("/Users", &format!("{dotted} eq \"7\"")).await;
        assert_eq!(found.expect(200).total(), 1);
        let shown = idp.get(&format!("{path}?attributes={dotted}")).await;
        shown
            .expect(200)
            .is(json!({urn::ENTERPRISE: {"employeeNumber": "7"}, "userName": null}));
    });
}

#[test]
fn the_work_of_one_patch_is_bounded() {
    run(async |service| {
        let idp = service.tenant("burning").await.idp();
        let number = |n: usize| json!({"value": format!("+1 555 {n:04}"), "type": "work"});
        let numbers: Vec<Value> = (0..1000).map(number).collect();
        let user = json!({"schemas": [urn::USER], "userName": "ada", "phoneNumbers": numbers});
        let path = format!("/Users/{}", idp.post("/Users", user).await.expect(201).id());
        let terms: Vec<String> = (0..45).map(|n| format!("value eq \"{n}\"")).collect();
        let remove =
            json!({"op": "remove", "path": format!("phoneNumbers[{}]", terms.join(" or "))});
        let started = std::time::Instant::now();
        idp.patch(&path, json!(vec![remove; 900]))
            .await
            .refused(400, "tooMany");
        assert!(started.elapsed().as_secs() < 20, "it burned a Lambda");
    });
}

/// Okta's test of its specification takes the first person of the list, and asks for both names.
#[test]
fn who_only_signed_in_has_a_name() {
    run(async |service| {
        let tenant = service.tenant("names-of-sign-ins").await;
        let application = service.application();
        let signed_in = application.log_in(tenant.id(), "ada.king@x.test", None);
        let id = signed_in.await.expect(200).string("/user/id");
        let first = tenant.idp().get("/Users?startIndex=1&count=1").await;
        let first = first.expect(200);
        assert_eq!(first.strings("/Resources/*/id"), [id]);
        for part in ["givenName", "familyName"] {
            let name = first.strings(&format!("/Resources/*/name/{part}"));
            assert!(!name[0].is_empty(), "{part}");
        }
    });
}
