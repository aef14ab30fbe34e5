//! Every credential, and every field in which one may arrive: nothing that comes out has it, but the one answer that issues
//! it. What comes out: logs (metrics are counted from them), answers, errors, pages, journal, request log, bus, mail, exports.
//! A message in a dead-letter queue is one that the bus delivered.

use std::io;
use std::sync::{Arc, Mutex};

use rollcall_directory::{Settings, SettingsChange};
use rollcall_local::Options;
use rollcall_runtime::subscriber;
use rollcall_tests::api::Api;
use rollcall_tests::event_fixture::EventFixture;
use rollcall_tests::idp::{Answer, encode};
use rollcall_tests::urn;
use rollcall_tests::visitor::Visitor;
use serde_json::json;

/// In every secret that an identity provider pushes in a field.
const PUSHED: &str = "c4n4ry";

/// What the functions log.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    pub(crate) fn text(&self) -> String {
        let bytes = self.0.lock().expect("a log");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A service whose secrets are known to the test.
struct Vault {
    fixture: EventFixture,
    application: Api,
    owner: Api,
    visitor: Visitor,
    /// Each credential, after what it is.
    secrets: Vec<(&'static str, String)>,
}

impl Vault {
    async fn open() -> Vault {
        let settings = Settings {
            invitations: true,
            ..Settings::default()
        };
        let fixture = EventFixture::with(Options::default(), settings).await;
        let key = fixture.local.service_key().to_owned();
        let application = Api::new(fixture.local.api_base_url(), Some(key.clone()));
        let base = fixture.local.api_base_url();
        let mut vault = Vault {
            owner: application.clone(),
            visitor: Visitor::at(base.trim_end_matches("/api/v1")),
            fixture,
            application,
            secrets: vec![("the first service key", key)],
        };
        vault.issue().await;
        vault
    }

    fn at(&self, path: &str) -> String {
        format!("/tenants/{}{path}", self.fixture.tenant.id())
    }

    fn keep(&mut self, what: &'static str, secret: String) -> String {
        assert!(secret.len() > 20, "{what}: {secret}");
        self.secrets.push((what, secret.clone()));
        secret
    }

    /// Issues one of every credential.
    async fn issue(&mut self) {
        let olga = self.fixture.idp.user("olga@example.test").await;
        let path = self.at(&format!("/users/{olga}/role"));
        let role = json!({"role_id": "owner"});
        self.application.put(&path, role).await.expect(200);
        let tenant = self.fixture.tenant.id().as_str().to_owned();
        let login = self.application.log_in(&tenant, "olga@example.test", None);
        let session = login.await.expect(200).string("/session/token");
        let session = self.keep("a session", session);
        self.owner = self.application.with(Some(&session));
        let new = json!({"name": "Okta", "provider": "okta"});
        let connection = self.owner.post("/scim/connections", new).await.expect(201);
        let path = format!("/scim/connections/{}/tokens", connection.id());
        for (what, label) in [("a token", "first"), ("a revoked token", "second")] {
            let new = json!({ "label": label });
            let token = self.owner.post(&path, new).await.expect(201);
            self.keep(what, token.string("/token"));
            if what == "a revoked token" {
                let path = format!("/scim/tokens/{}", token.id());
                self.owner.delete(&path).await.expect(204);
            }
        }
        let new = json!({"label": "client", "kind": "oauth_client"});
        let client = self.owner.post(&path, new).await.expect(201);
        let secret = self.keep("the secret of an OAuth client", client.string("/token"));
        let id = client.id();
        let access = self.fixture.idp.ask_for_token(&id, &secret);
        let access = access.await.expect(200).string("/access_token");
        self.keep("an access token", access);
        // It is paused, because nobody listens there.
        let new =
            json!({"name": "SIEM", "url": "http://127.0.0.1:9/", "types": ["tenant.renamed"]});
        let webhook = self.owner.post("/webhooks", new).await.expect(201);
        let pause = format!("/webhooks/{}/pause", webhook.id());
        self.owner.post(&pause, json!({})).await.expect(200);
        self.keep("the secret of a webhook", webhook.string("/secret"));
        let new = json!({"label": "job", "tenant": tenant});
        let key = self
            .application
            .post("/service-keys", new)
            .await
            .expect(201);
        self.keep("a service key", key.string("/service_key"));
        self.console().await;
    }

    /// Opens the console by a link, whose session the cookie has.
    async fn console(&mut self) {
        for what in ["a portal link", "an unused portal link"] {
            let new = json!({"role_id": "owner", "email": "eve@example.test"});
            let path = self.at("/portal-links");
            let link = self.application.post(&path, new).await.expect(201);
            let url = link.string("/url");
            let secret = url.rsplit('=').next().unwrap_or_default().to_owned();
            self.keep(what, secret);
        }
        let (_, link) = self.secrets[self.secrets.len() - 2].clone();
        let opened = self
            .visitor
            .post("/console/open", &[("link", &link)], &[])
            .await;
        let opened = opened.expect(303);
        self.visitor.keep_cookie(&opened);
        let cookie = self.visitor.cookie.clone().unwrap_or_default();
        let session = cookie.split_once('=').expect("a cookie").1.to_owned();
        self.keep("the console's session", session);
    }

    /// Sends each secret wherever a client may put it by mistake.
    async fn misplace(&self) {
        let idp = &self.fixture.idp;
        let nobody = self.application.with(None);
        for (_, secret) in &self.secrets {
            let text = encode(secret);
            idp.with_token(Some(secret)).get("/Users?count=1").await;
            idp.with_token(Some(&format!("{secret}x")))
                .get("/Users")
                .await;
            for path in [
                format!("/Users/{text}"),
                format!("/Users?access_token={text}"),
                format!("/Users?filter=userName+eq+%22{text}%22"),
                format!("/Users?token={text}&filter=externalId+eq+%22{text}%22"),
                format!("/{text}"),
            ] {
                idp.get(&path).await;
            }
            let person = json!({"schemas": [urn::USER], "userName": secret, "title": secret});
            idp.request(http::Method::POST, "/Users")
                .raw(format!("{person}x"))
                .send()
                .await;
            self.application
                .with(Some(secret))
                .get("/users?limit=1")
                .await;
            self.owner.get(&format!("/users?filter={text}")).await;
            self.owner.get(&format!("/users/{text}")).await;
            nobody.get(&format!("/users?access_token={text}")).await;
            let wrong = json!({ "token": secret, "secret": secret });
            self.application.post("/sessions/introspect", wrong).await;
            let mut stranger = self.visitor.clone();
            let cookie = self.visitor.cookie.as_deref().unwrap_or_default();
            let (name, _) = cookie.split_once('=').expect("a cookie");
            stranger.cookie = Some(format!("{name}={secret}; x={secret}"));
            stranger.get("/console/people").await;
            stranger.get(&format!("/console/open?link={text}x")).await;
            stranger
                .post("/console/open", &[("session", &format!("{secret}x"))], &[])
                .await;
            let form = [("form_token", secret.as_str()), ("label", secret)];
            self.visitor.post("/console/tokens", &form, &[]).await;
        }
    }

    /// Pushes secrets in fields: passwords, and what looks like a secret by its name or shape.
    async fn push(&self) {
        let extension = "urn:example:vault:2.0:User";
        let jwt = format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{PUSHED}");
        let mut person = json!({
            "schemas": [urn::USER, extension], "userName": "ada@example.test", "password": format!("p-{PUSHED}"),
            "emails": [{"value": "ada@example.test", "primary": true}], "nickName": jwt,
            extension: {"clientSecret": format!("s-{PUSHED}"), "api_key": [format!("k-{PUSHED}")], "note": jwt},
        });
        for (number, (_, secret)) in self.secrets.iter().enumerate() {
            person[extension][format!("note{number}")] = json!(secret);
        }
        let ada = self
            .fixture
            .idp
            .post("/Users", person.clone())
            .await
            .expect(201);
        assert!(ada.body["password"].is_null());
        let path = format!("/Users/{}", ada.string("/id"));
        let operations = json!([
            {"op": "replace", "path": "password", "value": format!("q-{PUSHED}")},
            {"op": "add", "value": {format!("{extension}:clientSecret"): format!("t-{PUSHED}")}},
            {"op": "replace", "path": format!("{extension}:note"), "value": format!("{jwt}2")},
        ]);
        self.fixture.idp.patch(&path, operations).await;
        self.fixture.idp.put(&path, person).await.expect(200);
        self.fixture.idp.delete(&path).await.expect(204);
    }

    /// Puts each secret into every text that is kept beside the bodies of SCIM: the client's name, the names of people and
    /// groups in logs and events, and what admins and the application call things.
    async fn misfile(&self) {
        let tenant = self.fixture.tenant.id().as_str();
        let jwt = format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{PUSHED}");
        let by_shape = [
            jwt.clone(),
            format!("Bearer {jwt}"),
            format!("Bearer {PUSHED}{PUSHED}"),
            format!("https://x.test/?password={PUSHED}"),
        ];
        let secrets = self.secrets.iter().map(|(_, secret)| secret.clone());
        let connections = self.owner.get("/scim/connections").await.expect(200);
        let tokens = format!(
            "/scim/connections/{}/tokens",
            connections.string("/items/0/id")
        );
        for (number, secret) in secrets.chain(by_shape).enumerate() {
            for name in [
                secret.clone(),
                format!("sync {secret}"),
                format!("{secret}@example.test"),
            ] {
                self.named(&name).await;
            }
            let title = format!("{number} {secret}");
            let owner = &self.owner;
            owner.post(&tokens, json!({ "label": title })).await;
            let new = json!({"name": title, "provider": "okta"});
            let made = owner.post("/scim/connections", new).await;
            remove(owner, "/scim/connections", &made).await;
            let new =
                json!({"name": title, "url": "http://127.0.0.1:9/", "types": ["tenant.renamed"]});
            let made = owner.post("/webhooks", new).await;
            remove(owner, "/webhooks", &made).await;
            let application = &self.application;
            let new = json!({"role_id": "admin", "email": format!("{secret}@example.test")});
            application.post(&self.at("/portal-links"), new).await;
            let new = json!({"role_id": "admin", "operator": "sue@vendor.test", "reason": title});
            application.post(&self.at("/support-access"), new).await;
            let new = json!({"label": title, "tenant": tenant});
            application.post("/service-keys", new).await;
            application
                .log_in(tenant, secret.trim(), Some(&[secret.as_str()]))
                .await;
            let path = self.at("");
            application
                .patch(&path, json!({ "display_name": title }))
                .await;
            application
                .patch(&path, json!({"display_name": "Stage"}))
                .await
                .expect(200);
        }
    }

    /// Sends requests of a client, about people and groups, with this name.
    async fn named(&self, name: &str) {
        let idp = &self.fixture.idp;
        let person = json!({"schemas": [urn::USER], "userName": name, "displayName": name, "externalId": name});
        let request = idp.request(http::Method::POST, "/Users");
        // A header has no end of line.
        let agent = request.header("user-agent", name).body(&person);
        let made = agent.send().await;
        let refused = idp.post("/Users", person).await;
        assert!(refused.status >= 400, "{name}");
        let group = json!({"schemas": [urn::GROUP], "displayName": name, "externalId": name});
        let group = idp.post("/Groups", group).await;
        let operations = json!([{"op": "add", "path": "members", "value": [{"value": name}]}]);
        idp.patch(&format!("/Groups/{}", group.string("/id")), operations)
            .await;
        for made in [("Users", &made), ("Groups", &group)] {
            let path = format!("/{}/{}", made.0, made.1.string("/id"));
            idp.delete(&path).await.expect(204);
        }
    }

    /// Searches what tells of changes and requests. What the things themselves are called is theirs.
    async fn check_told(&self, log: &Log) {
        let fixture = &self.fixture;
        fixture.drained().await;
        assert_eq!(fixture.local.dead_letters() + fixture.local.unrelayed(), 0);
        self.clean("the bus", &json!(fixture.local.deliveries()).to_string());
        self.clean("the feed", &json!(fixture.feed().await).to_string());
        for path in ["/requests", "/audit"] {
            let all = self.application.all(&self.at(path)).await;
            self.clean(path, &json!(all).to_string());
        }
        let history = self.application.get("/service-keys/history").await;
        self.clean("the history", &history.expect(200).body.to_string());
        self.clean("the log", &log.text());
        let sessions = self.application.get(&self.at("/events?limit=500")).await;
        self.clean("/events", &sessions.expect(200).body.to_string());
    }

    /// Asserts that a text has none of the secrets, and nothing that was pushed as one.
    fn clean(&self, place: &str, text: &str) {
        assert!(!text.is_empty(), "{place} is empty");
        for (what, secret) in &self.secrets {
            // The last characters are enough to notice a secret whose beginning is shown on purpose.
            let end = &secret[secret.len() - 12..];
            let around = text.find(end).map(|at| &text[at.saturating_sub(200)..at]);
            assert!(around.is_none(), "{place} has {what}: {around:?}");
        }
        let around = text
            .find(PUSHED)
            .map(|at| &text[at.saturating_sub(200)..at]);
        assert!(around.is_none(), "{place} has a pushed secret: {around:?}");
    }

    async fn check(&self, log: &Log) {
        let fixture = &self.fixture;
        fixture.drained().await;
        assert_eq!(fixture.local.dead_letters() + fixture.local.unrelayed(), 0);
        self.clean("the bus", &json!(fixture.local.deliveries()).to_string());
        self.clean("the feed", &json!(fixture.feed().await).to_string());
        let mail = fixture.local.mail();
        let mail = mail
            .iter()
            .map(|mail| format!("{}{}{}{:?}", mail.subject, mail.text, mail.html, mail.to));
        self.clean("the mail", &mail.collect::<String>());
        for path in [
            "/requests",
            "/audit",
            "/users",
            "/connections",
            "/portal-links",
            "/export",
        ] {
            let all = self.application.all(&self.at(path)).await;
            self.clean(path, &json!(all).to_string());
        }
        let events = self.application.get(&self.at("/events?limit=500")).await;
        self.clean("/events", &events.expect(200).body.to_string());
        let keys = self.application.all("/service-keys").await;
        let history = self
            .application
            .get("/service-keys/history")
            .await
            .expect(200);
        self.clean(
            "the service keys",
            &format!("{}{}", json!(keys), history.body),
        );
        for page in PAGES {
            let page = format!("/console{page}");
            self.clean(
                &page,
                &self
                    .visitor
                    .get(&page)
                    .await
                    .expect(200)
                    .html
                    .replace(&self.visitor.form_token(), ""),
            );
        }
        self.clean("the log", &log.text());
    }
}

/// Deletes what was made, unless its name was refused as too long.
async fn remove(api: &Api, list: &str, made: &Answer) {
    if made.status == 201 {
        let path = format!("{list}/{}", made.string("/id"));
        api.delete(&path).await;
    }
}

/// The pages and files of the console that show what was sent.
const PAGES: [&str; 14] = [
    "",
    "/tokens",
    "/people",
    "/people/deleted",
    "/activity",
    "/activity/audit",
    "/activity/export",
    "/activity/audit/export",
    "/evidence",
    "/evidence/export",
    "/evidence/access",
    "/evidence/access/export",
    "/health",
    "/settings",
];

/// The log is that of one thread, so everything runs on one.
#[test]
fn no_credential_and_no_pushed_secret_comes_out_anywhere() {
    let log = Log::default();
    let writer = log.clone();
    let logging = tracing::Dispatch::new(subscriber(move || writer.clone()));
    // If there were only one, an event that a thread of another test meets first would be switched off for all threads.
    let _another = tracing::Dispatch::new(subscriber(io::sink));
    let _logging = tracing::dispatcher::set_default(&logging);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let mut vault = Vault::open().await;
        vault.misplace().await;
        vault.push().await;
        let change = SettingsChange {
            logged_values: Some(rollcall_directory::LoggedValues::All),
            ..SettingsChange::default()
        };
        vault
            .fixture
            .tenant
            .settings()
            .change(&change)
            .await
            .expect("a change");
        vault.push().await;
        assert!(log.text().lines().count() > 100, "{}", log.text());
        vault.check(&log).await;
        vault.misfile().await;
        vault.check_told(&log).await;
        let form_token = vault.visitor.form_token();
        vault.secrets = vec![("the form token", form_token)];
        vault.clean("the log", &log.text());
        eprintln!(
            "secrets: {} lines of the log searched",
            log.text().lines().count()
        );
    });
}
