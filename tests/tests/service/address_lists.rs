//! The addresses from which tokens are accepted: those of the tenant's settings, and those of a token.

use std::net::IpAddr;

use rollcall_directory::capacity::measure;
use rollcall_directory::{
    AddressList, Diagnosis, NewToken, RateLimit, Reason, Refusal, Role, Settings, SettingsChange,
    TokenKind, Verdict,
};
use rollcall_insight::{FindingKind, Insight};
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::visitor::Visitor;
use serde_json::json;
use uuid::Uuid;

/// What the tests call from.
const OWN: &str = "127.0.0.0/8";
const OFFICE: &str = "203.0.113.0/24";

async fn from(service: &Service, token: &str, address: Option<&str>) -> Verdict {
    let address: Option<IpAddr> = address.map(|text| text.parse().unwrap());
    let directory = service.directory();
    let verdict = directory.authenticate_from(token, "r", address).await;
    verdict.unwrap()
}

fn is_foreign(verdict: &Verdict) -> bool {
    matches!(
        verdict,
        Verdict::Refused {
            refusal: Refusal::ForeignAddress,
            caller: Some(_)
        }
    )
}

async fn allow(tenant: &Tenant, networks: &[&str]) {
    let networks = networks.iter().map(|one| (*one).to_owned()).collect();
    let change = SettingsChange {
        allowed_addresses: Some(networks),
        ..SettingsChange::default()
    };
    tenant.directory().settings().change(&change).await.unwrap();
}

async fn issue(tenant: &Tenant, networks: &[&str]) -> String {
    let list = AddressList::parse(networks).unwrap();
    let new = NewToken {
        connection_id: tenant.connection_id(),
        kind: TokenKind::Bearer,
        label: "listed",
        expires_at: None,
        allowed_addresses: Some(&list),
    };
    let issued = tenant.directory().credentials().issue(new).await.unwrap();
    issued.secret.expose().to_owned()
}

#[test]
fn a_token_is_accepted_only_from_what_the_tenant_allows() {
    run(async |service| {
        let tenant = service.tenant("lists-tenant").await;
        let admin = service.admin(&tenant, Role::Admin).await;
        let idp = tenant.idp();
        idp.user("ada").await;
        let only = |network: &str| json!({"allowed_addresses": [network]});
        let changed = admin.patch("/settings", only(OFFICE)).await.expect(200);
        assert_eq!(changed.body["allowed_addresses"], json!([OFFICE]));
        // From the very next request. A client learns no more than with a token that nobody issued.
        let refused = idp.get("/Users?count=1").await.expect(401);
        let unknown = idp.with_token(Some("nonsense")).get("/Users?count=1").await;
        assert_eq!(refused.body, unknown.expect(401).body);
        assert!(refused.header("www-authenticate").is_some());
        // The tenant's admins see it, with the address.
        let logged = admin.get("/requests?failed=true").await.expect(200);
        let entry = &logged.body["items"][0];
        assert_eq!(entry["reason"], Reason::AddressNotAllowed.as_str());
        assert_eq!(entry["source_address"], "127.0.0.1");
        assert_eq!(entry["diagnosis"], Diagnosis::ForeignAddress.text());
        let health = Insight::of(tenant.directory()).health().await.unwrap();
        let finding = health.findings.iter();
        let finding = finding.filter(|one| one.kind == FindingKind::ForeignAddress);
        assert_eq!(finding.count(), 1, "{health:?}");
        let health = admin.get("/health").await.expect(200);
        let told = health.body.to_string();
        assert!(told.contains("foreign_address"), "{told}");
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let id = entry["id"].as_str().unwrap();
        let page = visitor
            .get(&format!("/console/activity/requests/{id}"))
            .await;
        assert!(page.expect(200).html.contains("<code>127.0.0.1</code>"));
        // Sessions and service keys have no list, so whoever set it can put it right.
        admin.patch("/settings", only(OWN)).await.expect(200);
        idp.get("/Users?count=1").await.expect(200);
        let none = json!({"allowed_addresses": []});
        admin.patch("/settings", none).await.expect(200);
        idp.get("/Users?count=1").await.expect(200);
    });
}

#[test]
fn a_token_with_a_list_is_accepted_only_from_what_both_allow() {
    run(async |service| {
        let tenant = service.tenant("lists-token").await;
        let token = issue(&tenant, &["203.0.113.0/25", "2001:db8::/32"]).await;
        let check = async |cases: &[(Option<&str>, bool)]| {
            for (address, accepted) in cases {
                let verdict = from(service, &token, *address).await;
                let expected = match accepted {
                    true => matches!(verdict, Verdict::Accepted(_)),
                    false => is_foreign(&verdict),
                };
                assert!(expected, "{address:?}: {verdict:?}");
            }
        };
        check(&[
            (Some("203.0.113.7"), true),
            (Some("::ffff:203.0.113.7"), true),
            (Some("203.0.113.200"), false),
            (Some("2001:db8:1::7"), true),
            (Some("2001:db9::7"), false),
            (None, false),
        ])
        .await;
        // Its neighbour has no list.
        let other = from(service, tenant.token(), None).await;
        assert!(matches!(other, Verdict::Accepted(_)), "{other:?}");
        allow(&tenant, &["203.0.113.0/26", "198.51.100.0/24"]).await;
        check(&[
            (Some("203.0.113.7"), true),
            // Within the list of the token alone, and within that of the tenant alone.
            (Some("203.0.113.100"), false),
            (Some("2001:db8:1::7"), false),
            (Some("198.51.100.7"), false),
        ])
        .await;
        let other = from(service, tenant.token(), Some("198.51.100.7")).await;
        assert!(matches!(other, Verdict::Accepted(_)), "{other:?}");
        // Discovery tells a stranger nothing about the tenant either.
        let directory = service.directory();
        for (address, known) in [("203.0.113.7", true), ("10.0.0.1", false)] {
            let address = Some(address.parse().unwrap());
            let caller = directory.identify(&token, "r", address).await.unwrap();
            assert_eq!(caller.is_some(), known);
        }
    });
}

/// A list of usual size costs a request nothing: both items stay below a kilobyte.
#[test]
fn lists_cost_a_request_nothing() {
    run(async |service| {
        let tenant = service.tenant("lists-cost").await;
        let networks: Vec<String> = (0..50).map(|n| format!("10.{n}.0.0/16")).collect();
        let networks: Vec<&str> = networks.iter().map(String::as_str).collect();
        allow(&tenant, &networks).await;
        let token = issue(&tenant, &networks).await;
        let costs = async |address: &'static str| {
            let (verdict, cost) = measure(from(service, &token, Some(address))).await;
            (verdict, cost.calls, cost.read_units, cost.write_units)
        };
        // The first request takes the limit of the tenant.
        costs("10.49.1.1").await;
        let (verdict, calls, read, written) = costs("10.49.1.1").await;
        assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
        assert_eq!((calls, read, written), (2, 0.0, 2.0));
        let (verdict, calls, ..) = costs("11.0.0.1").await;
        assert!(is_foreign(&verdict), "{verdict:?}");
        assert_eq!(calls, 2);
    });
}

/// Whoever has a stolen token cannot use up what its owner may send.
#[test]
fn a_request_from_a_wrong_address_uses_up_no_limit() {
    run(async |service| {
        let settings = Settings {
            rate_limit: Some(RateLimit {
                per_minute: 1,
                burst: 3,
            }),
            allowed_addresses: vec![OFFICE.to_owned()],
            ..Settings::default()
        };
        let tenant = service.tenant_with("lists-limit", settings).await;
        let token = tenant.token();
        for _ in 0..8 {
            let verdict = from(service, token, Some("198.51.100.7")).await;
            assert!(is_foreign(&verdict), "{verdict:?}");
        }
        for n in 0..3 {
            let verdict = from(service, token, Some("203.0.113.7")).await;
            assert!(matches!(verdict, Verdict::Accepted(_)), "{n}: {verdict:?}");
        }
    });
}

#[test]
fn access_tokens_and_their_clients_have_the_list_of_the_client() {
    run(async |service| {
        let tenant = service.tenant("lists-client").await;
        let list = AddressList::parse(&[OFFICE]).unwrap();
        let client = NewToken {
            connection_id: tenant.connection_id(),
            kind: TokenKind::OauthClient,
            label: "client",
            expires_at: None,
            allowed_addresses: Some(&list),
        };
        let client = tenant
            .directory()
            .credentials()
            .issue(client)
            .await
            .unwrap();
        let (id, secret) = (&client.token.id, client.secret.expose());
        let directory = service.directory();
        let grant = async |address: &str| {
            let address = Some(address.parse().unwrap());
            directory.grant(id, secret, "r", address).await.unwrap()
        };
        let (verdict, none) = grant("198.51.100.7").await;
        assert!(is_foreign(&verdict) && none.is_none(), "{verdict:?}");
        let (_, token) = grant("203.0.113.7").await;
        let token = token.unwrap();
        let refused = from(service, token.token.expose(), Some("198.51.100.7")).await;
        assert!(is_foreign(&refused), "{refused:?}");
        let accepted = from(service, token.token.expose(), Some("203.0.113.7")).await;
        assert!(matches!(accepted, Verdict::Accepted(_)), "{accepted:?}");
    });
}

#[test]
fn lists_are_set_by_api_and_console_and_refused_with_what_is_wrong() {
    run(async |service| {
        let tenant = service.tenant("lists-set").await;
        let admin = service.admin(&tenant, Role::Admin).await;
        let tokens = format!("/scim/connections/{}/tokens", tenant.connection_id());
        let new = json!({"label": "listed", "allowed_addresses": ["203.0.113.7", OFFICE, "2001:db8::/32"]});
        let issued = admin.post(&tokens, new).await.expect(201);
        let expected = json!(["203.0.113.7/32", OFFICE, "2001:db8::/32"]);
        assert_eq!(issued.body["allowed_addresses"], expected);
        let read = admin.get(&format!("/scim/tokens/{}", issued.id())).await;
        assert_eq!(read.expect(200).body["allowed_addresses"], expected);
        let idp = tenant.idp().with_token(Some(&issued.string("/token")));
        idp.get("/Users?count=1").await.expect(401);
        let mut journal = service.journal(&tenant).await;
        journal.retain(|entry| entry.to_string().contains("2001:db8::/32"));
        assert_eq!(journal.len(), 1, "the event says so");
        for (network, word) in [
            ("203.0.113.7/24", "`203.0.113.0/24`"),
            ("office", "not a network"),
            ("0.0.0.0/0", "leave the list empty"),
        ] {
            let list = json!([network]);
            for refused in [
                admin
                    .patch("/settings", json!({"allowed_addresses": list}))
                    .await,
                admin
                    .post(&tokens, json!({"label": "x", "allowed_addresses": list}))
                    .await,
            ] {
                let detail = refused.expect(400).string("/detail");
                assert!(detail.contains("allowed_addresses"), "{detail}");
                assert!(detail.contains(word), "{detail}");
            }
        }
        let many: Vec<String> = (0..51).map(|n| format!("10.{n}.0.0/16")).collect();
        let refused = admin
            .patch("/settings", json!({"allowed_addresses": many}))
            .await;
        assert!(refused.expect(400).string("/detail").contains("at most 50"));

        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let (form_token, form_id) = (visitor.form_token(), Uuid::now_v7().to_string());
        let mut form = vec![
            ("form_id", &*form_id),
            ("form_token", &*form_token),
            ("connection", tenant.connection_id()),
            ("label", "by form"),
            ("allowed_addresses", "203.0.113.0/24 , 2001:db8::/32"),
        ];
        let made = visitor.post("/console/tokens", &form, &[]).await;
        made.expect(303);
        let all = tenant.directory().credentials().tokens().await.unwrap();
        let made = all.iter().find(|token| token.label == "by form").unwrap();
        assert_eq!(made.allowed_addresses.to_texts(), [OFFICE, "2001:db8::/32"]);
        let page = visitor.get("/console/tokens").await.expect(200);
        assert!(
            page.html
                .contains("Only from 203.0.113.0/24, 2001:db8::/32")
        );
        form.pop();
        form.push(("allowed_addresses", "10.1.2.3/8"));
        visitor
            .post("/console/tokens", &form, &[])
            .await
            .expect(400);
        // A token that is rotated keeps its list.
        let rotate = format!("/console/tokens/{}/rotate", made.id);
        let form_id = Uuid::now_v7().to_string();
        let form = [("form_id", &*form_id), ("form_token", &*form_token)];
        visitor.post(&rotate, &form, &[]).await.expect(303);
        let all = tenant.directory().credentials().tokens().await.unwrap();
        let kept = all.iter().filter(|token| token.label == "by form");
        let kept = kept.filter(|token| token.allowed_addresses == made.allowed_addresses);
        assert_eq!(kept.count(), 2);
    });
}
