//! Every spelling of a path: extra slashes, slashes at the end, encoded slashes. Each is answered as the plain one is.

use http::Method;
use rollcall_directory::{RateLimit, Role, Settings};
use rollcall_tests::idp::Answer;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

/// Public endpoints, each with other spellings.
const PUBLIC: [(&str, &[&str]); 6] = [
    ("", &["/", "//", "%2F"]),
    (
        "/ServiceProviderConfig",
        &[
            "//ServiceProviderConfig",
            "/ServiceProviderConfig/",
            "///ServiceProviderConfig//",
            "/%2FServiceProviderConfig",
            "%2FServiceProviderConfig",
        ],
    ),
    (
        "/Schemas",
        &["//Schemas", "/Schemas/", "/Schemas%2F", "/%2f/Schemas%2f/"],
    ),
    (
        "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
        &[
            "//Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
            "/Schemas//urn:ietf:params:scim:schemas:core:2.0:User/",
            "/Schemas%2Furn%3Aietf:params:scim:schemas:core:2.0:User/",
        ],
    ),
    ("/ResourceTypes", &["//ResourceTypes", "/ResourceTypes/"]),
    (
        "/ResourceTypes/User",
        &["//ResourceTypes/User", "/ResourceTypes//User/"],
    ),
];

/// Endpoints that need a token, each with other spellings.
const PROTECTED: [(&str, &[&str]); 5] = [
    (
        "/Users",
        &[
            "//Users",
            "/Users/",
            "//Users//",
            "%2FUsers",
            "/%2FUsers",
            "/Users%2F",
        ],
    ),
    (
        "/Users/none",
        &[
            "//Users/none",
            "/Users//none",
            "/Users/none/",
            "/Users%2Fnone",
            "//Users%2Fnone/",
        ],
    ),
    ("/Groups", &["//Groups", "/Groups/", "/%2fGroups"]),
    ("/Me", &["//Me", "/Me/"]),
    ("/Nothing", &["//Nothing", "/Nothing/"]),
];

/// What a client sees of an answer, except what differs between two equal requests.
fn seen(answer: &Answer) -> (u16, Value, Vec<(String, String)>) {
    let own = ["date", "x-amzn-requestid", "x-rollcall-request-id"];
    let headers = answer.headers.iter();
    let headers = headers.filter(|(name, _)| !own.contains(&name.as_str()));
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), format!("{value:?}")))
        .collect();
    headers.sort();
    (answer.status, answer.body.clone(), headers)
}

#[test]
fn discovery_is_public_in_every_spelling() {
    run(async |service| {
        let tenant = service.tenant("public-spellings").await;
        let issued = tenant.issue("unused", None).await;
        let revoked = tenant.issue("revoked", None).await;
        tenant.revoke(&revoked.0).await;
        let forged = format!("{}x", tenant.token());
        for (plain, spellings) in PUBLIC {
            let expected = service.idp_without_token().get(plain).await;
            let status = if plain.is_empty() { 404 } else { 200 };
            assert_eq!(expected.status, status, "{plain}");
            for path in spellings {
                for token in [None, Some("nonsense"), Some(&forged), Some(&revoked.1)]
                    .into_iter()
                    .chain([Some(issued.1.as_str())])
                {
                    let got = tenant.idp().with_token(token).get(path).await;
                    assert_eq!(seen(&got), seen(&expected), "{path}, {token:?}");
                }
            }
        }
        // Nobody was authenticated: the token was not used, and the log has no entry.
        assert_eq!(tenant.last_used(&issued.0).await, None);
        let admin = service.admin(&tenant, Role::Owner).await;
        assert!(admin.all("/requests").await.is_empty());
    });
}

#[test]
fn an_unsupported_method_of_discovery_needs_no_token_in_any_spelling() {
    run(async |service| {
        let idp = service.idp_without_token();
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let send = async |path: &str| idp.request(method.clone(), path).send().await;
            let expected = send("/Schemas").await.expect(405);
            for path in ["//Schemas", "/Schemas/", "/%2FSchemas"] {
                assert_eq!(seen(&send(path).await), seen(&expected), "{path}");
            }
        }
    });
}

#[test]
fn everything_else_needs_a_token_in_every_spelling() {
    run(async |service| {
        let tenant = service.tenant("protected-spellings").await;
        let idp = tenant.idp();
        let forged = format!("{}x", tenant.token());
        let expired = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(1);
        let expired = tenant.issue("expired", Some(expired)).await.1;
        let revoked = tenant.issue("revoked", None).await;
        tenant.revoke(&revoked.0).await;
        let unauthorized = idp.with_token(None).get("/Users").await.expect(401);
        assert!(unauthorized.header("www-authenticate").is_some());
        for (plain, spellings) in PROTECTED {
            let expected = idp.get(plain).await;
            for path in [&[plain], spellings].concat() {
                for token in [
                    None,
                    Some("nonsense"),
                    Some(&forged),
                    Some(&expired),
                    Some(&revoked.1),
                ] {
                    let got = idp.with_token(token).get(path).await;
                    assert_eq!(seen(&got), seen(&unauthorized), "{path}, {token:?}");
                }
                assert_eq!(seen(&idp.get(path).await), seen(&expected), "{path}");
            }
        }
        for path in ["//Users", "/Users/"] {
            let twice = idp.request(Method::GET, path);
            let twice =
                twice.another_header("authorization", &format!("Bearer {}", tenant.token()));
            assert_eq!(seen(&twice.send().await), seen(&unauthorized), "{path}");
            let basic = idp.request(Method::GET, path);
            let basic = basic.header("authorization", "Basic YTpi").send().await;
            assert_eq!(seen(&basic), seen(&unauthorized), "{path}");
        }
    });
}

#[test]
fn a_refused_token_is_logged_alike_in_every_spelling() {
    run(async |service| {
        let tenant = service.tenant("logged-spellings").await;
        let revoked = tenant.issue("revoked", None).await;
        tenant.revoke(&revoked.0).await;
        let idp = tenant.idp().with_token(Some(&revoked.1));
        let paths = ["/Users", "//Users", "/Users/", "/Users%2F"];
        for path in paths {
            idp.get(path).await.expect(401);
        }
        let admin = service.admin(&tenant, Role::Owner).await;
        let entries = admin.all("/requests").await;
        assert_eq!(entries.len(), paths.len(), "{entries:#?}");
        let told = |entry: &Value| {
            let names = ["method", "target", "status", "token_id", "connection_id"];
            let names = names.into_iter().chain(["detail", "diagnosis", "reason"]);
            names.map(|name| entry[name].clone()).collect::<Vec<_>>()
        };
        for entry in &entries {
            assert_eq!(told(entry), told(&entries[0]), "{entries:#?}");
        }
        assert_eq!(entries[0]["target"], "/Users");
        assert_eq!(entries[0]["token_id"], revoked.0);
    });
}

#[test]
fn a_used_up_limit_holds_in_every_spelling() {
    run(async |service| {
        let rate_limit = Some(RateLimit {
            per_minute: 1,
            burst: 1,
        });
        let settings = Settings {
            rate_limit,
            ..Settings::default()
        };
        let idp = service.tenant_with("spelt-rate", settings).await.idp();
        idp.get("//Users").await.expect(200);
        idp.get("/Users/").await.expect(200);
        for path in ["/Users", "//Users", "/Users%2F"] {
            let late = idp.get(path).await.expect(429);
            assert!(late.header("retry-after").is_some(), "{path}");
        }
        idp.get("//Schemas").await.expect(200);
    });
}

#[test]
fn changes_are_the_same_in_every_spelling() {
    run(async |service| {
        let tenant = service.tenant("spelt-changes").await;
        let idp = tenant.idp();
        let user = json!({"schemas": [urn::USER], "userName": "ada", "active": true});
        let made = idp.post("//Users", user).await.expect(201);
        let location = format!("{}/Users/{}", idp.base(), made.id());
        made.clone().is(json!({"meta": {"location": location}}));
        let path = format!("//Users%2F{}/", made.id());
        let change = json!([{"op": "replace", "path": "title", "value": "t"}]);
        idp.patch(&path, change).await.expect(200);
        let group =
            json!({"schemas": [urn::GROUP], "displayName": "g", "members": [{"value": made.id()}]});
        let group = idp.post("/Groups/", group).await.expect(201).id();
        idp.get(&format!("//Groups//{group}")).await.expect(200);
        idp.delete(&format!("/Groups%2F{group}")).await.expect(204);
        let search = json!({"schemas": [urn::SEARCH]});
        for path in ["//.search", "/Users//.search/", "/Users%2F.search"] {
            let found = idp.post(path, search.clone()).await.expect(200);
            assert_eq!(found.total(), 1, "{path}");
        }
        idp.delete(&path).await.expect(204);
    });
}

#[test]
fn the_api_has_one_answer_for_every_spelling() {
    run(async |service| {
        let tenant = service.tenant("api-spellings").await;
        let admin = service.admin(&tenant, Role::Owner).await;
        let application = service.application();
        let own = format!("/tenants/{}", tenant.id());
        for (client, plain, spellings) in [
            (
                &admin,
                "/settings",
                vec![
                    "//settings".to_owned(),
                    "/settings/".into(),
                    "%2Fsettings".into(),
                ],
            ),
            (
                &admin,
                "/scim/roles",
                vec![
                    "//scim/roles".into(),
                    "/scim//roles".into(),
                    "/scim%2Froles/".into(),
                ],
            ),
            (&admin, "/users", vec!["//users".into(), "/users/".into()]),
            (
                &admin,
                "/sessions/current",
                vec!["/sessions//current".into()],
            ),
            (
                &application,
                own.as_str(),
                vec![
                    format!("/{own}"),
                    format!("{own}/"),
                    format!("/tenants//{}", tenant.id()),
                    format!("/tenants%2F{}", tenant.id()),
                ],
            ),
            (&admin, "/openapi.json", vec!["//openapi.json".into()]),
        ] {
            let expected = client.get(plain).await.expect(200);
            let without = client.with(None).get(plain).await.status;
            for path in spellings {
                let got = client.get(&path).await;
                assert_eq!(seen(&got), seen(&expected), "{path}");
                let got = client.with(None).get(&path).await;
                assert_eq!(got.status, without, "{path}");
                let got = client.with(Some("nonsense")).get(&path).await;
                assert_eq!(got.status, without, "{path}");
            }
        }
        // Each door takes its own kind of credential, in every spelling.
        admin.get(&format!("/{own}")).await.expect(403);
        application.get("//settings").await.expect(403);
    });
}
