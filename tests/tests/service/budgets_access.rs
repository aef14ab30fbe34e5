//! The budgets of what happens between identity provider, application and person: tokens, sign-ins and sessions.

use rollcall_directory::capacity::measure;
use rollcall_directory::{
    GROUPS, Introspection, NewToken, Origin, Provider, RepeatKey, Repeated, Role, Settings,
    StoredAnswer, Subject, Tenant, TokenKind, Verdict,
};
use rollcall_tests::budgets::Budgets;
use rollcall_tests::seed::{apply_settings, create, group, patch, person, sign_in};
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use rollcall_tests::urn;
use serde_json::json;

#[test]
fn tokens_keep_their_budgets() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("tokens").await;
        let credentials = tenant.credentials();
        let connection = credentials.create_connection("idp", Provider::Okta).await;
        let connection = connection.unwrap();
        let issued = credentials.issue_token(&connection.id, "token", None).await;
        let issued = issued.unwrap();
        let directory = table.directory();
        let mut budgets = Budgets::of("Tokens");
        for _ in 0..3 {
            let (verdict, cost) =
                measure(directory.authenticate(issued.secret.expose(), "request")).await;
            assert!(matches!(verdict, Ok(Verdict::Accepted(_))), "{verdict:?}");
            budgets.record("authenticate a request and count it", cost);
        }
        let (verdict, cost) = measure(directory.authenticate("nonsense", "request")).await;
        assert!(matches!(verdict, Ok(Verdict::Refused { .. })));
        budgets.record("refuse a forged token", cost);
        let client = NewToken {
            connection_id: &connection.id,
            kind: TokenKind::OauthClient,
            label: "client",
            expires_at: None,
            allowed_addresses: None,
        };
        let client = credentials.issue(client).await.unwrap();
        let (id, secret) = (&client.token.id, client.secret.expose());
        let mut access = String::new();
        for _ in 0..3 {
            let (granted, cost) = measure(directory.grant(id, secret, "request", None)).await;
            let (_, token) = granted.unwrap();
            token.unwrap().token.expose().clone_into(&mut access);
            budgets.record("issue an access token to an OAuth client", cost);
        }
        for _ in 0..3 {
            let (verdict, cost) = measure(directory.authenticate(&access, "request")).await;
            assert!(matches!(verdict, Ok(Verdict::Accepted(_))), "{verdict:?}");
            budgets.record(
                "authenticate a request with an access token and count it",
                cost,
            );
        }
        let forged = secret.replace("tokens", "others");
        let (granted, cost) = measure(directory.grant(id, &forged, "request", None)).await;
        assert!(granted.unwrap().1.is_none());
        budgets.record("refuse a forged secret of an OAuth client", cost);
        let key = directory.service_keys().issue("application").await.unwrap();
        for operation in [
            "verify a service key, once per hour",
            "verify a service key",
        ] {
            let (verified, cost) = measure(directory.service_keys().verify(key.expose())).await;
            assert!(verified.unwrap().is_some());
            budgets.record(operation, cost);
        }
    });
}

#[test]
fn requests_with_an_idempotency_key_keep_their_budgets() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("repeats").await;
        let mut budgets = Budgets::of("Requests with an idempotency key");
        let create = async |tenant: Tenant| {
            let credentials = tenant.credentials();
            let made = credentials.create_connection("idp", Provider::Okta).await;
            made.unwrap()
        };
        let (_, cost) = measure(create(tenant.clone())).await;
        budgets.record("create a connection without a key", cost);
        let key = RepeatKey::new("key", ["POST", "/connections", "{}"]);
        let first = async {
            let found = tenant.repeated(&key).await.unwrap();
            let Repeated::First(repeat) = found else {
                panic!("{found:?}");
            };
            let made = create(tenant.clone().attempting(&repeat)).await;
            assert!(repeat.is_made());
            let answer = StoredAnswer {
                status: 201,
                body: Some(json!({"id": made.id, "name": made.label}).to_string()),
                location: Some(format!("/connections/{}", made.id)),
            };
            repeat.store(&answer).await.unwrap();
        };
        let ((), cost) = measure(first).await;
        budgets.record("create a connection with a key", cost);
        let (again, cost) = measure(tenant.repeated(&key)).await;
        assert!(matches!(again, Ok(Repeated::Answered(_))), "{again:?}");
        budgets.record("send it again", cost);
    });
}

/// Maps new groups with external ids in the tenant. Returns their ids.
async fn mapped_groups(tenant: &Tenant, count: usize) -> Vec<String> {
    let mut groups = Vec::new();
    for number in 0..count {
        let body = json!({"schemas": [urn::GROUP], "displayName": format!("Group {number}"),
                          "externalId": format!("x-{number}")});
        let id = create(tenant, &GROUPS, body).await;
        let mapped = tenant.roles().map_group(&id, Some(Role::Viewer)).await;
        mapped.unwrap();
        groups.push(id);
    }
    groups
}

#[test]
fn sign_ins_keep_their_budgets_with_any_number_of_mappings() {
    run(async |_| {
        let table = TestTable::start().await;
        let mut budgets = Budgets::of("Sign-ins, with 4 or 400 mapped groups");
        for count in [4, 400] {
            let tenant = table.tenant(&format!("sign-ins-{count:03}")).await;
            let groups = mapped_groups(&tenant, count).await;
            for name in ["ann", "bob", "dan", "eve"] {
                person(&tenant, name).await;
            }
            let (cat, fay) = (person(&tenant, "cat").await, person(&tenant, "fay").await);
            for group in &groups[..3] {
                let join = json!({"op": "add", "path": "members", "value": [{"value": cat}, {"value": fay}]});
                patch(&tenant, &GROUPS, group, join).await;
            }
            let unmapped = group(&tenant, "Unmapped", &[cat, fay]).await;
            let ids = [groups[0].as_str(), unmapped.as_str()];
            let cases: [(&str, &str, Option<&[&str]>, usize); 6] = [
                ("without groups", "ann", None, 0),
                (
                    "by three names",
                    "bob",
                    Some(&["group 1", "GROUP 3", "other"]),
                    2,
                ),
                (
                    "by three external ids",
                    "dan",
                    Some(&["x-1", "x-2", "x-other"]),
                    2,
                ),
                ("by two ids", "eve", Some(&ids), 1),
                ("by four memberships", "cat", None, 3),
                (
                    "by memberships, as the claim names none",
                    "fay",
                    Some(&["other"]),
                    3,
                ),
            ];
            for (how, name, claim, matched) in cases {
                for turn in ["first", "next"] {
                    let (signed_in, cost) = measure(sign_in(&tenant, name, claim)).await;
                    assert_eq!(signed_in.routing.matched.len(), matched, "{how}");
                    budgets.record(format!("{turn} sign-in {how}"), cost);
                }
            }
        }
    });
}

#[test]
fn sessions_keep_their_budgets() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("introspection").await;
        let ann = person(&tenant, "ann").await;
        let engineers = group(&tenant, "Engineers", std::slice::from_ref(&ann)).await;
        let mapped = tenant
            .roles()
            .map_group(&engineers, Some(Role::Admin))
            .await;
        mapped.unwrap();
        let directory = table.directory();
        let key = directory.service_keys().issue("application").await.unwrap();
        // The first use of an hour is stored.
        let known = directory.service_keys().verify(key.expose()).await;
        assert!(known.unwrap().is_some());
        let signed_in = sign_in(&tenant, "ann", None).await;
        let session = signed_in.session.secret;
        let mut budgets = Budgets::of("Sessions of a person in one mapped group");
        let introspect = async || {
            let found = directory.introspect(key.expose(), session.expose()).await;
            let Ok(Introspection::Active(found)) = found else {
                panic!("{found:?}");
            };
            assert_eq!(found.role, Some(Role::Admin));
        };
        let ((), cost) = measure(introspect()).await;
        budgets.record("introspect, with nothing remembered", cost);
        let ((), cost) = measure(introspect()).await;
        budgets.record("introspect again within five seconds", cost);
        let remembered = Settings {
            cache_seconds: 60,
            ..Settings::default()
        };
        apply_settings(&tenant, &remembered).await;
        // Another process, which remembers nothing yet.
        let fresh = table.directory();
        let introspect = async || {
            let found = fresh.introspect(key.expose(), session.expose()).await;
            let Ok(Introspection::Active(found)) = found else {
                panic!("{found:?}");
            };
            assert!(found.cache_seconds > 50);
        };
        introspect().await;
        let ((), cost) = measure(introspect()).await;
        budgets.record("introspect again where the answer may be remembered", cost);
        let (found, cost) = measure(directory.session(session.expose())).await;
        assert!(found.unwrap().is_some());
        budgets.record("check for a page or a request of the API", cost);
        let whom = Subject::new("user", "ann", "ann");
        let (ended, cost) = measure(tenant.sign_in().end_session(&session, whom)).await;
        ended.unwrap();
        budgets.record("sign out", cost);
        let (link, cost) =
            measure(tenant.sign_in().issue_portal_link(Role::Owner, None, false)).await;
        budgets.record("issue a portal link", cost);
        let link = link.unwrap().secret;
        let opening = directory.open_portal_link(link.expose(), "request", Origin::default());
        let (opened, cost) = measure(opening).await;
        assert!(opened.unwrap().is_some());
        budgets.record("open a portal link", cost);
    });
}
