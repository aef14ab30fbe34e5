//! OAuth clients of connections: they fetch access tokens with their secret (RFC 6749 §4.4), and whatever ends a client
//! ends its access tokens at the next request.

use http::{Method, StatusCode};
use jiff::{Timestamp, ToSpan};
use rollcall_directory::{NewToken, RateLimit, Role, Settings, TokenKind};
use rollcall_tests::event_fixture::EventFixture;
use rollcall_tests::idp::Idp;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::urn;
use serde_json::{Value, json};

const FORM: &str = "application/x-www-form-urlencoded";
const GRANT: &str = "grant_type=client_credentials";

/// An OAuth client: its id and its secret.
pub(crate) struct Client {
    id: String,
    secret: String,
}

impl Client {
    /// Makes a client of the tenant's connection.
    pub(crate) async fn of(tenant: &Tenant, expires_at: Option<Timestamp>) -> Client {
        let issued = tenant
            .directory()
            .credentials()
            .issue(NewToken {
                connection_id: tenant.connection_id(),
                kind: TokenKind::OauthClient,
                label: "client",
                expires_at,
                allowed_addresses: None,
            })
            .await
            .unwrap();
        Client {
            id: issued.token.id,
            secret: issued.secret.expose().to_owned(),
        }
    }

    /// Returns the form of a request that names the client in the body.
    fn form(&self) -> String {
        format!(
            "{GRANT}&client_id={}&client_secret={}",
            self.id, self.secret
        )
    }

    /// Fetches an access token.
    pub(crate) async fn token(&self, tenant: &Tenant) -> String {
        let answer = fetch(&tenant.idp(), "/oauth/token", &self.form()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["access_token"].as_str().unwrap().to_owned()
    }
}

struct Answer {
    status: StatusCode,
    headers: http::HeaderMap,
    body: Value,
}

impl Answer {
    async fn of(sent: reqwest::RequestBuilder) -> Answer {
        let answer = sent.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        Answer {
            status,
            headers,
            body: serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}")),
        }
    }

    /// Checks what RFC 6749 §5.2 says of every error.
    fn is_refusal(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.body["error"], code, "{}", self.body);
        assert!(self.body["error_description"].is_string(), "{}", self.body);
        assert_eq!(self.headers["content-type"], "application/json");
        assert_eq!(self.headers["cache-control"], "no-store");
        if status == 401 {
            // API Gateway renames the header of a function.
            let named = ["www-authenticate", "x-amzn-remapped-www-authenticate"];
            let named = named.iter().find_map(|name| self.headers.get(*name));
            assert_eq!(named.unwrap(), "Basic realm=\"scim\"");
        }
    }
}

fn posted(idp: &Idp, path: &str) -> reqwest::RequestBuilder {
    let http = reqwest::Client::new();
    http.post(format!("{}{path}", idp.base()))
        .header("content-type", FORM)
}

async fn fetch(idp: &Idp, path: &str, form: &str) -> Answer {
    Answer::of(posted(idp, path).body(form.to_owned())).await
}

#[test]
fn a_client_is_made_by_either_door_and_provisions_with_access_tokens() {
    run(async |service| {
        let tenant = service.tenant("oauth").await;
        let connection = tenant.connection_id();
        let owner = service.admin(&tenant, Role::Owner).await;
        let application = service.application();
        for (api, base) in [
            (owner, "/scim".to_owned()),
            (application, format!("/tenants/{}", tenant.id())),
        ] {
            let path = format!("{base}/connections/{connection}/tokens");
            let new = json!({"label": "Entra", "kind": "oauth_client"});
            let made = api.post(&path, new).await.expect(201);
            let (id, secret) = (made.string("/id"), made.string("/token"));
            assert_eq!(made.string("/kind"), "oauth_client");
            assert!(secret.starts_with("rco_"), "{secret}");

            let basic = posted(&tenant.idp(), "/oauth/token").basic_auth(&id, Some(&secret));
            let by_header = Answer::of(basic.body(GRANT)).await;
            let by_body = Client {
                id: id.clone(),
                secret,
            };
            let by_body = fetch(&tenant.idp(), "/oauth/token", &by_body.form()).await;
            for answer in [by_header, by_body] {
                assert_eq!(answer.status, 200, "{}", answer.body);
                assert_eq!(answer.headers["content-type"], "application/json");
                assert_eq!(answer.headers["cache-control"], "no-store");
                assert_eq!(answer.headers["pragma"], "no-cache");
                assert_eq!(answer.body["token_type"], "Bearer");
                assert_eq!(answer.body["expires_in"], 3600);
                assert_eq!(answer.body["scope"], "scim");
                let token = answer.body["access_token"].as_str().unwrap();
                let idp = tenant.idp().with_token(Some(token));
                let name = uuid::Uuid::now_v7().to_string();
                let ada = idp.user(&name).await;
                idp.get(&format!("/Users/{ada}")).await.expect(200);
                idp.delete(&format!("/Users/{ada}")).await.expect(204);
                let journal = service.journal(&tenant).await;
                let created = journal
                    .iter()
                    .rev()
                    .find(|entry| entry["type"] == "user.created");
                assert_eq!(created.unwrap()["actor"]["id"], json!(id));
            }
            let listed = api.get(&format!("{base}/tokens/{id}")).await.expect(200);
            assert_eq!(listed.string("/kind"), "oauth_client");
            assert!(listed.body.get("token").is_none(), "{}", listed.body);
            assert!(!listed.string("/last_used_at").is_empty());
            let all = api.all(&path).await;
            let kinds: Vec<_> = all.iter().map(|token| token["kind"].clone()).collect();
            assert!(kinds.contains(&json!("bearer")), "{kinds:?}");
        }
        let config = tenant.idp().get("/ServiceProviderConfig").await.expect(200);
        let types = config.select("/authenticationSchemes/*/type");
        assert_eq!(types, [&json!("oauthbearertoken"), &json!("oauth2")]);
    });
}

#[test]
fn what_ends_a_client_ends_its_access_tokens_at_the_next_request() {
    run(async |service| {
        for how in ["revoked", "connection", "tenant"] {
            let tenant = service.tenant("oauth-ends").await;
            let (ended, other) = (
                Client::of(&tenant, None).await,
                Client::of(&tenant, None).await,
            );
            let (token, others) = (ended.token(&tenant).await, other.token(&tenant).await);
            let idp = tenant.idp().with_token(Some(&token));
            let others = tenant.idp().with_token(Some(&others));
            idp.get("/Users").await.expect(200);
            let id = tenant.connection_id();
            match how {
                "revoked" => tenant.revoke(&ended.id).await,
                "connection" => {
                    let credentials = tenant.directory().credentials();
                    credentials.delete_connection(id).await.unwrap();
                }
                _ => {
                    let path = format!("/tenants/{}", tenant.id());
                    service.application().delete(&path).await.expect(204);
                }
            }
            idp.get("/Users").await.expect(401);
            idp.post("/Users", json!({"schemas": [urn::USER], "userName": "x"}))
                .await
                .expect(401);
            let refused = fetch(&tenant.idp(), "/oauth/token", &ended.form()).await;
            refused.is_refusal(401, "invalid_client");
            // Two clients overlap, so that a new one can take over.
            let status = if how == "revoked" { 200 } else { 401 };
            others.get("/Users").await.expect(status);
        }
    });
}

#[test]
fn a_client_expires() {
    run(async |service| {
        let tenant = service.tenant("oauth-expires").await;
        let now = Timestamp::now();
        let past = Client::of(&tenant, Some(now - 1.second())).await;
        let answer = fetch(&tenant.idp(), "/oauth/token", &past.form()).await;
        answer.is_refusal(401, "invalid_client");
        let future = Client::of(&tenant, Some(now + 1.hour())).await;
        future.token(&tenant).await;
        // The tenant sees why, and not the secret.
        let owner = service.admin(&tenant, Role::Owner).await;
        let logged = owner.all("/requests").await;
        let refused = logged.iter().find(|one| one["status"] == 401).unwrap();
        assert_eq!(refused["reason"], "token_expired", "{refused}");
        assert!(logged.iter().any(|one| one["status"] == 200), "{logged:?}");
        let text = json!(logged).to_string();
        assert!(text.contains("/oauth/token"), "{text}");
        for client in [past, future] {
            assert!(!text.contains(client.secret.rsplit('_').next().unwrap()));
        }
    });
}

#[test]
fn everything_wrong_is_refused_by_name() {
    run(async |service| {
        let tenant = service.tenant("oauth-wrong").await;
        let (one, two) = (
            Client::of(&tenant, None).await,
            Client::of(&tenant, None).await,
        );
        let other = service.tenant("oauth-other").await;
        let theirs = Client::of(&other, None).await;
        let access = one.token(&tenant).await;
        let (id, secret) = (&one.id, &one.secret);
        let swapped = secret.replace(tenant.id(), other.id());
        let form =
            |id: &str, secret: &str| format!("{GRANT}&client_id={id}&client_secret={secret}");
        for (form, status, code) in [
            (String::new(), 400, "invalid_request"),
            ("grant_type".to_owned(), 400, "invalid_request"),
            (GRANT.to_owned(), 401, "invalid_client"),
            (
                one.form().replace("client_credentials", "password"),
                400,
                "unsupported_grant_type",
            ),
            (one.form() + "&scope=admin", 400, "invalid_scope"),
            (one.form() + "&client_id=x", 400, "invalid_request"),
            (form(&two.id, secret), 401, "invalid_client"),
            (form("", secret), 401, "invalid_client"),
            (form(id, ""), 401, "invalid_client"),
            (form(id, &two.secret), 401, "invalid_client"),
            (form(id, &theirs.secret), 401, "invalid_client"),
            (form(&theirs.id, secret), 401, "invalid_client"),
            (form(id, &swapped), 401, "invalid_client"),
            (form(id, &secret[..secret.len() - 1]), 401, "invalid_client"),
            (form(id, tenant.token()), 401, "invalid_client"),
            (form(id, &access), 401, "invalid_client"),
        ] {
            let answer = fetch(&tenant.idp(), "/oauth/token", &form).await;
            answer.is_refusal(status, code);
            assert!(!answer.body.to_string().contains("rco_"), "{}", answer.body);
        }
        let json = posted(&tenant.idp(), "/oauth/token").header("content-type", "application/json");
        let body =
            json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret});
        Answer::of(json.body(body.to_string()))
            .await
            .is_refusal(400, "invalid_request");
        let get = tenant.idp().with_token(None).get("/oauth/token").await;
        get.expect(405);

        // A secret is no token, and an access token cannot be changed.
        let middle = access.len() - 12;
        let digit = if &access[middle..=middle] == "a" {
            "b"
        } else {
            "a"
        };
        for bearer in [
            secret.clone(),
            format!("{access}x"),
            access[..access.len() - 1].to_owned(),
            access.replace(tenant.id(), other.id()),
            format!("{}{digit}{}", &access[..middle], &access[middle + 1..]),
            "rca_acme_x".to_owned(),
        ] {
            let idp = tenant.idp().with_token(Some(&bearer));
            idp.get("/Users").await.expect(401);
            idp.delete("/Users/x").await.expect(401);
        }
        // It is good for SCIM alone, and for its own tenant alone.
        let api = service.application().with(Some(&access));
        api.get("/users").await.expect(401);
        let ada = other.idp().user("ada").await;
        let idp = tenant.idp().with_token(Some(&access));
        idp.get(&format!("/Users/{ada}")).await.expect(404);
        idp.get("/Users")
            .await
            .expect(200)
            .is(json!({"totalResults": 0}));
    });
}

#[test]
fn every_spelling_of_the_token_endpoint_is_answered() {
    run(async |service| {
        let tenant = service.tenant("oauth-spellings").await;
        let client = Client::of(&tenant, None).await;
        for path in [
            "//oauth/token",
            "/oauth/token/",
            "/oauth//token",
            "/oauth%2Ftoken",
        ] {
            let answer = fetch(&tenant.idp(), path, &client.form()).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            let answer = fetch(&tenant.idp(), path, GRANT).await;
            answer.is_refusal(401, "invalid_client");
        }
        let idp = service.idp_without_token();
        for path in ["/oauth", "/oauth/tokens", "/oauth/token/x"] {
            idp.request(Method::POST, path).send().await.expect(401);
        }
    });
}

#[test]
fn an_access_token_ends_with_its_client() {
    run(async |service| {
        let tenant = service.tenant("oauth-short").await;
        let soon = Timestamp::now() + jiff::SignedDuration::from_mins(10);
        let client = Client::of(&tenant, Some(soon)).await;
        let answer = fetch(&tenant.idp(), "/oauth/token", &client.form()).await;
        let left = answer.body["expires_in"].as_u64().unwrap();
        assert!((1..=600).contains(&left), "{left}");
    });
}

#[test]
fn a_client_is_metered_as_a_token_is() {
    run(async |service| {
        let settings = Settings {
            rate_limit: Some(RateLimit {
                per_minute: 1,
                burst: 3,
            }),
            ..Settings::default()
        };
        let tenant = service.tenant_with("oauth-meter", settings).await;
        let client = Client::of(&tenant, None).await;
        // The access token was one request. Three more are the burst.
        let idp = tenant.idp().with_token(Some(&client.token(&tenant).await));
        for _ in 0..3 {
            idp.get("/Users").await.expect(200);
        }
        idp.get("/Users").await.expect(429);
        let answer = fetch(&tenant.idp(), "/oauth/token", &client.form()).await;
        answer.is_refusal(429, "temporarily_unavailable");
        assert!(answer.headers.contains_key("retry-after"));
        // Operations of a bulk request count, too.
        let other = Client::of(&tenant, None).await;
        let idp = tenant.idp().with_token(Some(&other.token(&tenant).await));
        let operation = |name: &str| {
            json!({"method": "POST", "path": "/Users", "bulkId": name,
                   "data": {"schemas": [urn::USER], "userName": name}})
        };
        let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
                          "Operations": [operation("a"), operation("b"), operation("c")]});
        idp.post("/Bulk", bulk).await.expect(200);
        idp.get("/Users").await.expect(429);
    });
}

#[test]
fn no_secret_of_a_client_comes_out() {
    run(async |_| {
        let fixture = EventFixture::start().await;
        let credentials = fixture.tenant.credentials();
        let connection = credentials.connections().await.unwrap().remove(0);
        let issued = credentials
            .issue(NewToken {
                connection_id: &connection.id,
                kind: TokenKind::OauthClient,
                label: "client",
                expires_at: None,
                allowed_addresses: None,
            })
            .await
            .unwrap();
        assert_eq!(format!("{:?}", issued.secret), "TokenSecret(…)");
        let client = Client {
            id: issued.token.id,
            secret: issued.secret.expose().to_owned(),
        };
        // Some clients send the secret where it does not belong.
        let path = format!("/oauth/token?client_secret={}", client.secret);
        let answer = fetch(&fixture.idp, &path, &client.form()).await;
        let access = answer.body["access_token"].as_str().unwrap().to_owned();
        let idp = fixture.idp.with_token(Some(&access));
        idp.user("ada").await;
        idp.get(&format!("/Users?access_token={access}")).await;
        credentials.revoke_token(&client.id).await.unwrap();
        idp.get("/Users").await.expect(401);
        fixture.drained().await;
        let (feed, delivered) = (fixture.feed().await, fixture.delivered());
        assert!(!delivered.is_empty());
        let everything = json!([feed, delivered]).to_string();
        for secret in [&client.secret, &access] {
            let random = secret.rsplit('_').next().unwrap();
            assert!(!everything.contains(random), "an event has {random}");
        }
        let (logged, _) = fixture
            .tenant
            .request_log()
            .search(&rollcall_directory::RequestQuery {
                limit: 100,
                ..Default::default()
            })
            .await
            .unwrap();
        let text = json!(logged).to_string();
        assert!(text.contains("/oauth/token"), "{text}");
        assert!(!text.contains("rco_") && !text.contains("rca_"), "{text}");
    });
}

#[test]
fn no_secret_of_a_client_is_in_the_table() {
    run(async |_| {
        let own = Service::start().await;
        let tenant = own.tenant("oauth-table").await;
        let client = Client::of(&tenant, None).await;
        let access = client.token(&tenant).await;
        tenant.idp().with_token(Some(&access)).user("ada").await;
        let table = own.dump().await;
        assert!(table.contains(&client.id));
        for secret in [&client.secret, &access] {
            let random = secret.rsplit('_').next().unwrap();
            assert!(!table.contains(random), "{random} is in the table");
        }
    });
}

#[test]
fn an_event_says_whether_a_token_or_a_client_was_issued() {
    run(async |service| {
        let tenant = service.tenant("oauth-event").await;
        let client = Client::of(&tenant, None).await;
        let (token, _) = tenant.issue("token", None).await;
        let log = format!("/tenants/{}/audit?action=token.created", tenant.id());
        let log = service.application().all(&log).await;
        for (id, kind) in [(client.id, "oauth_client"), (token, "bearer")] {
            let entry = log.iter().find(|entry| entry["subject"]["id"] == id);
            let issued = &entry.expect("an entry")["after"];
            let connection = tenant.connection_id();
            assert_eq!(issued, &json!({"kind": kind, "connection": connection}));
        }
    });
}
