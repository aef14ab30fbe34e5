//! A tenant with one of everything, and the values that name it: what the other tenant tries.

use std::collections::BTreeMap;

use rollcall_directory::Role;
use rollcall_tests::api::Api;
use rollcall_tests::idp::Idp;
use rollcall_tests::service::{Service, Tenant};
use rollcall_tests::size::size;
use rollcall_tests::urn;
use serde_json::{Value, json};

/// A tenant, its clients and the values that name what it has.
pub(super) struct Side {
    pub(super) tenant: Tenant,
    /// The SCIM client.
    pub(super) idp: Idp,
    /// A client with the session of an owner.
    pub(super) owner: Api,
    /// A client with a service key that is bound to the tenant.
    pub(super) key: Api,
    /// What exists in the tenant, by kind. Each is tried in every place where the other tenant can send a value.
    pub(super) values: BTreeMap<&'static str, String>,
    /// What exists in the tenant and is never sent by anybody else.
    pub(super) never_sent: Vec<String>,
}

impl Side {
    /// Creates a tenant with one of everything. `mark` is in each text that only the tenant may see.
    pub(super) async fn seed(service: &Service, mark: &str) -> Side {
        let tenant = service.tenant("isolated").await;
        let link = service.admin(&tenant, Role::Owner).await;
        let owner = owner(service, &tenant, &link).await;
        let mut side = Side {
            idp: tenant.idp(),
            owner,
            key: service.application(),
            values: BTreeMap::from([("tenant", tenant.id().to_owned())]),
            never_sent: vec![mark.to_owned()],
            tenant,
        };
        side.people_and_groups(mark).await;
        side.credentials(service, mark).await;
        service.follow_up(&side.tenant).await;
        service.drained().await;
        side.places(service).await;
        side
    }

    /// Returns the value of a kind that names something of the tenant.
    pub(super) fn of(&self, kind: &str) -> &str {
        let value = self.values.get(kind);
        value.unwrap_or_else(|| panic!("no values of the kind `{kind}`: add it to `side.rs`"))
    }

    fn name(&self, text: &str) -> String {
        format!("{text}-{}", self.tenant.id())
    }

    async fn people_and_groups(&mut self, mark: &str) {
        let person = self.person("ada", mark).await;
        let (spare, leaver) = (
            self.person("spare", mark).await,
            self.person("leo", mark).await,
        );
        self.idp
            .delete(&format!("/Users/{leaver}"))
            .await
            .expect(204);
        let group = self.group("crew", &person, mark).await;
        let other = self.group("spare-crew", &spare, mark).await;
        let mapping = format!("/scim/groups/{group}/role-mapping");
        let role = json!({"role_id": "member"});
        self.owner.put(&mapping, role).await.expect(200);
        self.never_sent.extend([spare, other]);
        let seen = self.idp.get(&format!("/Users/{person}")).await.expect(200);
        let version = seen.header("etag").unwrap_or_default().to_owned();
        self.values.extend([
            ("person", person),
            ("deleted person", leaver),
            ("group", group),
            ("version", version),
            ("user name", self.name("ada")),
            ("external id", self.name("x-ada")),
            ("address", format!("{}@example.test", self.name("ada"))),
        ]);
    }

    async fn person(&self, name: &str, mark: &str) -> String {
        let body = json!({
            "schemas": [urn::USER], "userName": self.name(name), "externalId": self.name(&format!("x-{name}")),
            "active": true, "displayName": mark, "title": mark, "nickName": mark, "name": {"familyName": mark},
            "emails": [{"value": format!("{}@example.test", self.name(name)), "primary": true}],
        });
        self.idp.post("/Users", body).await.expect(201).id()
    }

    async fn group(&self, name: &str, member: &str, mark: &str) -> String {
        let body = json!({
            "schemas": [urn::GROUP], "displayName": format!("{name} {mark}"), "externalId": self.name(name),
            "members": [{"value": member}],
        });
        self.idp.post("/Groups", body).await.expect(201).id()
    }

    async fn credentials(&mut self, service: &Service, mark: &str) {
        let application = service.application();
        let at = format!("/tenants/{}", self.tenant.id());
        let renamed = json!({ "display_name": mark });
        application.patch(&at, renamed).await.expect(200);
        let new = json!({"name": mark, "provider": "okta"});
        let connections = self.owner.post("/scim/connections", new).await.expect(201);
        let connection = connections.id();
        let tokens = format!("/scim/connections/{connection}/tokens");
        let new = json!({ "label": mark });
        let token = self.owner.post(&tokens, new).await.expect(201);
        let new = json!({"label": mark, "kind": "oauth_client"});
        let client = self.owner.post(&tokens, new).await.expect(201);
        let (id, secret) = (client.id(), client.string("/token"));
        let access = self.idp.ask_for_token(&id, &secret);
        let access = access.await.expect(200).string("/access_token");
        let new = json!({"operator": "sue@vendor.test", "reason": mark, "role_id": "admin"});
        let support = format!("{at}/support-access");
        let support = application.post(&support, new).await.expect(201);
        let support_secret = support.string("/url");
        let support_secret = support_secret.rsplit('=').next().unwrap_or_default();
        let name = self.name("ada");
        let signed_in = application.log_in(self.tenant.id(), &name, None).await;
        let signed_in = signed_in.expect(200);
        let urn = format!("urn:example:scim:{}:2.0:User", self.tenant.id());
        let attribute = json!({"name": "badge", "type": "string"});
        let new = json!({"name": mark, "attributes": [attribute]});
        let schema = format!("{at}/schemas/{urn}");
        application.put(&schema, new).await.expect(200);
        let sessions = format!("/users/{}/sessions", self.of("person"));
        let sessions = self.owner.get(&sessions).await.expect(200);
        let new = json!({"role_id": "admin"});
        let links = format!("{at}/portal-links");
        let link = application.post(&links, new).await.expect(201);
        let listed = application.get(&links).await.expect(200);
        let new = json!({"label": mark, "tenant": self.tenant.id()});
        let key = application.post("/service-keys", new).await.expect(201);
        // It is paused, so that it changes only if somebody changes it.
        let new = json!({"name": mark, "url": "http://127.0.0.1:9/"});
        let webhook = self.owner.post("/webhooks", new).await.expect(201);
        let pause = format!("/webhooks/{}/pause", webhook.id());
        self.owner.post(&pause, json!({})).await.expect(200);
        let link_secret = link.string("/url");
        let link_secret = link_secret.rsplit('=').next().unwrap_or_default();
        let import = format!("import-of-{}", self.tenant.id());
        let at_import = format!("{at}/imports/{import}");
        let report = json!({"mode": "report"});
        application.put(&at_import, report).await.expect(201);
        let part = format!("{at_import}/parts/1");
        let row = json!({"user_name": name, "application_id": mark});
        application.put(&part, row).await.expect(200);
        self.key = application.with(Some(&key.string("/service_key")));
        self.values.extend([
            ("finding", format!("never_heard_from~{connection}")),
            ("connection", connection),
            ("token", token.id()),
            ("token secret", token.string("/token")),
            ("OAuth client", client.id()),
            ("OAuth client secret", client.string("/token")),
            ("access token secret", access),
            ("support link", support.id()),
            ("support link secret", support_secret.to_owned()),
            ("session", sessions.string("/items/0/id")),
            ("session secret", signed_in.string("/session/token")),
            ("portal link", listed.string("/items/0/id")),
            ("portal link secret", link_secret.to_owned()),
            ("webhook", webhook.id()),
            ("webhook secret", webhook.string("/secret")),
            ("service key", key.id()),
            ("schema", urn),
            ("import", import),
            ("service key secret", key.string("/service_key")),
        ]);
    }

    /// Collects where lists go on, and what logs name.
    async fn places(&mut self, service: &Service) {
        let next = async |path: &str| {
            let page = self.owner.get(path).await.expect(200);
            page.string("/next")
        };
        let application = service.application();
        let of_application = async |path: &str| {
            let path = format!("/tenants/{}{path}", self.tenant.id());
            application.get(&path).await.expect(200).string("/next")
        };
        let feed = of_application("/events?limit=1").await;
        let snapshot = of_application("/directory?limit=1").await;
        let export = of_application("/export?limit=1").await;
        let review = next("/evidence/access-review?limit=1").await;
        let page = self.idp.get("/Users?count=1&cursor=").await.expect(200);
        let people = next("/users?limit=1").await;
        let audit = next("/audit?limit=1").await;
        let requests = next("/requests?limit=1").await;
        let request = self.owner.get("/requests?limit=1").await.expect(200);
        let entry = self.owner.get("/audit?limit=1").await.expect(200);
        self.values.extend([
            ("place in people", people),
            ("place in SCIM", page.string("/nextCursor")),
            ("place in the feed", feed),
            ("place in the snapshot", snapshot),
            ("place in the export", export),
            ("place in the evidence", review),
            ("place in the audit log", audit),
            ("place in the request log", requests),
            ("request", request.string("/items/0/id")),
            ("audit entry", entry.string("/items/0/id")),
        ]);
    }
}

/// Makes somebody an owner and signs them in.
async fn owner(service: &Service, tenant: &Tenant, link: &Api) -> Api {
    let olga = tenant.idp().user("olga").await;
    let path = format!("/users/{olga}/role");
    let role = json!({"role_id": "owner"});
    link.put(&path, role).await.expect(200);
    let application = service.application();
    let login = application.log_in(tenant.id(), "olga", None).await;
    let session = login.expect(200).string("/session/token");
    application.with(Some(&session))
}

/// Returns the value that a field of the tenant's own requests has; `None` if the field is not known here.
pub(super) fn ordinary(name: &str, side: &Side) -> Option<Value> {
    Some(match name {
        "role_id" | "role" => json!("member"),
        "operator" => json!("sue@vendor.example"),
        "reason" => json!("case 7"),
        "into" => json!(side.of("person")),
        "display_name" | "label" | "name" | "title" => json!("Ordinary"),
        "user_name" => json!("bob@example.test"),
        "user" | "person" => json!(side.of("person")),
        "subject" => json!("subject-of-bob"),
        "connection" => json!(side.of("connection")),
        "group" => json!(side.of("group")),
        "tenant" => json!(side.of("tenant")),
        "token" => json!(side.of("session secret")),
        "id" => json!("an-id"),
        "remedy" => json!("confirm"),
        "decision" => json!("apply"),
        // Nobody listens there.
        "url" => json!("http://127.0.0.1:9/"),
        "types" => json!("tenant.renamed"),
        "after" => json!("0"),
        "expires_at" | "created_at" | "occurred_at" => json!("2999-01-01T00:00:00Z"),
        // The history of a branding, which is ignored.
        "product_name" | "accent" | "logo_digest" | "support_url" | "support_email"
        | "return_url" | "by_key" | "request_id" | "address" => json!("ignored"),
        _ => return None,
    })
}

/// Whether values of a kind are ids, for which something is looked up. The others are names, secrets and cursors.
pub(super) fn is_id(kind: &str) -> bool {
    let texts = [
        "secret",
        "place in",
        "name",
        "external id",
        "address",
        "version",
    ];
    !texts.iter().any(|text| kind.contains(text))
}

/// Whether it is the turn of a value at a place: one in `rounds` is, or with moderate sizes one in three times as many.
/// What is sent to many places like each other is shared between them.
pub(super) fn turn(place: usize, value: usize, rounds: usize) -> bool {
    (place + value).is_multiple_of(rounds * size(3, 1))
}
