//! A tenant that is loaded in blocks: a group with its members, pushed once by SCIM and then copied.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::capacity::{Cost, measure};
use rollcall_directory::clock::{self, PastClock};
use rollcall_directory::{Origin, Provider, Role, Tenant, Verdict};
use rollcall_edge_http::HttpFunction;
use rollcall_insight::Insight;
use rollcall_tests::event_fixture::relayed;
use rollcall_tests::loader::{Item, Pattern, name_of};
use rollcall_tests::table::TestTable;
use rollcall_tests::urn;
use serde_json::{Value, json};
use uuid::Uuid;

/// The number of people in a block.
pub(super) const BLOCK: usize = 20;
/// The time from the push of the pattern to what else happens. The copies of a million people are within it.
const HISTORY: SignedDuration = SignedDuration::from_mins(20);

/// An answer of a function.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) cost: Cost,
}

/// The tenant, and the functions that serve it.
pub(super) struct Grown {
    pub(super) table: TestTable,
    pub(super) tenant: Tenant,
    pub(super) service_key: String,
    users: HttpFunction,
    groups: HttpFunction,
    api: HttpFunction,
    application: HttpFunction,
    console: HttpFunction,
    token: String,
    authorizer: Value,
    session: String,
    pattern: Option<Pattern>,
    blocks: usize,
    clock: PastClock,
}

impl Grown {
    /// Starts a tenant with a connection and one block.
    pub(super) async fn start(in_file: bool) -> Self {
        // What is loaded is a history, between the push of the pattern and whatever else happens.
        let clock = PastClock::begin(Timestamp::now() - HISTORY * 4);
        let table = match in_file {
            true => TestTable::start_in_file().await,
            false => TestTable::start().await,
        };
        let tenant = table.tenant("grown").await;
        let credentials = tenant.credentials();
        let connection = credentials.create_connection("idp", Provider::Okta).await;
        let connection = connection.unwrap().id;
        let token = credentials.issue_token(&connection, "token", None).await;
        let token = token.unwrap();
        let authorizer = json!({
            "tenant": "grown", "token_id": token.token.id, "connection_id": connection, "log_days": "30",
        });
        let directory = table.directory();
        let sign_in = tenant.sign_in();
        let link = sign_in.issue_portal_link(Role::Owner, None, false).await;
        let link = link.unwrap();
        let opened = directory.open_portal_link(link.secret.expose(), "r", Origin::default());
        let session = opened.await.unwrap().unwrap().secret.expose().to_owned();
        let key = directory.service_keys().issue("application").await;
        let mut grown = Self {
            users: rollcall_users::router(directory.clone()),
            groups: rollcall_groups::router(directory.clone()),
            api: rollcall_edge_api::finish(rollcall_edge_api::admin_router(directory.clone())),
            application: rollcall_edge_api::finish(rollcall_edge_api::application_router(
                directory.clone(),
            )),
            console: rollcall_console::router(directory),
            service_key: key.unwrap().expose().to_owned(),
            token: token.secret.expose().to_owned(),
            authorizer,
            table,
            tenant,
            session,
            pattern: None,
            blocks: 1,
            clock,
        };
        // The first push begins the indexes.
        grown.scim(Method::GET, "/Users?count=1", None).await;
        grown.relay().await;
        let soon = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
        grown.tenant.indexes().complete(soon).await.unwrap();
        let before = grown.table.items_of(&grown.tenant).await;
        grown.push(0).await;
        grown.go_on_after(HISTORY);
        let after = grown.table.items_of(&grown.tenant).await;
        let (tenant, name) = (&grown.tenant, name_of(0));
        grown.pattern = Some(Pattern::of(tenant, &before, &after, &name, BLOCK as u64));
        grown
    }

    /// Pushes a block by SCIM, and does what follows.
    pub(super) async fn push(&self, number: usize) {
        let name = name_of(number);
        let mut members = Vec::new();
        for person in 0..BLOCK {
            let name = format!("{name}p{person:02}");
            let body = json!({
                "schemas": [urn::USER], "userName": name, "externalId": format!("x-{name}"), "active": true,
                "displayName": format!("d-{name}"), "name": {"givenName": "Seed", "familyName": name},
                "emails": [{"type": "work", "value": format!("{name}@example.test"), "primary": true}],
            });
            let made = self.scim(Method::POST, "/Users", Some(body)).await;
            assert_eq!(made.status, 201, "{}", made.body);
            members.push(json!({"value": made.body["id"]}));
        }
        let body = json!({
            "schemas": [urn::GROUP], "displayName": format!("{name} team"), "externalId": format!("x-{name}"),
            "members": members,
        });
        let made = self.scim(Method::POST, "/Groups", Some(body)).await;
        assert_eq!(made.status, 201, "{}", made.body);
        self.relay().await;
    }

    /// Does what the relay does: gives events their places, and adds them to the indexes.
    pub(super) async fn relay(&self) {
        let events = relayed(&self.tenant).await;
        for events in events.chunks(100) {
            self.tenant.indexes().follow(events).await.unwrap();
        }
    }

    /// Lets time pass on the clock of the test, which is behind.
    pub(super) fn go_on_after(&self, duration: SignedDuration) {
        self.clock.set(clock::time() + duration);
    }

    /// Loads copies until there are so many blocks, and summarises the request log.
    pub(super) async fn load(&mut self, blocks: usize) {
        let pattern = self.pattern.as_ref().unwrap();
        if blocks > self.blocks {
            self.relay().await;
            let soon = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
            self.tenant.indexes().complete(soon).await.unwrap();
            self.table.load(pattern, self.blocks..blocks).await;
            self.blocks = blocks;
        }
        while !Insight::of(&self.tenant).digest().await.unwrap().complete {}
    }

    /// Returns the number of blocks.
    pub(super) fn blocks(&self) -> usize {
        self.blocks
    }

    /// Sends a request of the identity provider.
    pub(super) async fn scim(&self, method: Method, target: &str, body: Option<Value>) -> Answer {
        let function = match target.starts_with("/Users") {
            true => &self.users,
            false => &self.groups,
        };
        let bearer = ("authorization", format!("Bearer {}", self.token));
        let path = format!("/scim/v2{target}");
        // The authorizer answers first.
        let directory = self.table.directory();
        let (verdict, booked) = measure(directory.authenticate(&self.token, "request")).await;
        assert!(matches!(verdict, Ok(Verdict::Accepted(_))), "{verdict:?}");
        let mut answer = call(function, method, &path, bearer, body, &self.authorizer).await;
        answer.cost.calls += booked.calls;
        answer.cost.read_units += booked.read_units;
        answer.cost.write_units += booked.write_units;
        answer
    }

    /// Reads a page of the API as an owner.
    pub(super) async fn api(&self, target: &str) -> Answer {
        let bearer = ("authorization", format!("Bearer {}", self.session));
        let path = format!("/api/v1{target}");
        call(&self.api, Method::GET, &path, bearer, None, &Value::Null).await
    }

    /// Sends a request of the application.
    pub(super) async fn application(
        &self,
        method: Method,
        target: &str,
        body: Option<Value>,
    ) -> Answer {
        let bearer = ("authorization", format!("Bearer {}", self.service_key));
        let path = format!("/api/v1{target}");
        call(&self.application, method, &path, bearer, body, &Value::Null).await
    }

    /// Reads a page of the console as an owner.
    pub(super) async fn console(&self, target: &str) -> Answer {
        let cookie = ("cookie", format!("__Host-rollcall={}", self.session));
        call(
            &self.console,
            Method::GET,
            target,
            cookie,
            None,
            &Value::Null,
        )
        .await
    }

    /// Finds a person or a group of a block by the attribute that names it.
    pub(super) async fn id_of(&self, number: usize, person: Option<usize>) -> String {
        let name = name_of(number);
        let found = match person {
            Some(person) => {
                let filter = format!("/Users?filter=userName+eq+%22{name}p{person:02}%22");
                self.scim(Method::GET, &filter, None).await
            }
            None => {
                let filter = format!(
                    "/Groups?filter=displayName+eq+%22{name}+team%22&excludedAttributes=members"
                );
                self.scim(Method::GET, &filter, None).await
            }
        };
        found.body["Resources"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Reads a block back through the service.
    pub(super) async fn read_back(&self, number: usize) {
        let (group, name) = (self.id_of(number, None).await, name_of(number));
        let read = self
            .scim(Method::GET, &format!("/Groups/{group}"), None)
            .await;
        let members = read.body["members"].as_array().unwrap();
        assert_eq!(members.len(), BLOCK);
        let person = self.id_of(number, Some(3)).await;
        assert!(
            members
                .iter()
                .any(|member| member["value"] == person.as_str())
        );
        let read = self
            .scim(Method::GET, &format!("/Users/{person}"), None)
            .await;
        assert_eq!(
            read.body["groups"][0]["value"],
            group.as_str(),
            "{}",
            read.body
        );
        let found = self.api(&format!("/users?text={name}p03")).await;
        assert_eq!(
            found.body["items"][0]["id"],
            person.as_str(),
            "{}",
            found.body
        );
        let about = self.api(&format!("/audit?subject={person}")).await;
        let about = about.body["items"].as_array().unwrap().len();
        assert!(about >= 2, "{about} entries about the person");
        let gone = self
            .scim(Method::DELETE, &format!("/Users/{person}"), None)
            .await;
        assert_eq!(gone.status, 204, "{}", gone.body);
        self.relay().await;
        let read = self
            .scim(Method::GET, &format!("/Groups/{group}"), None)
            .await;
        assert_eq!(read.body["members"].as_array().unwrap().len(), BLOCK - 1);
    }

    /// Returns the items of a block, each as a text in which the same stands for every id, name, time and hash.
    pub(super) async fn canonical(&self, number: usize) -> Vec<String> {
        let items = self.table.items_of(&self.tenant).await;
        let name = name_of(number);
        let mentions = |item: &&Item| format!("{item:?}").contains(&name);
        let mut own = BTreeSet::new();
        items
            .iter()
            .filter(mentions)
            .for_each(|item| ids_in(item, &mut own));
        let others = items.iter().filter(|item| !mentions(item));
        let mut known = BTreeSet::new();
        let with_other_name = others
            .clone()
            .filter(|item| format!("{item:?}").contains("b00000"));
        with_other_name.for_each(|item| ids_in(item, &mut known));
        let own: BTreeSet<_> = own.difference(&known).collect();
        let is_own = |item: &&Item| {
            let text = format!("{item:?}");
            text.contains(&name) || own.iter().any(|id| text.contains(id.as_str()))
        };
        let is_single = |item: &&Item| {
            let key = plain(&item["SK"]);
            ["HEAD", "PLACED", "KEPT", "ENTRIES", "WORDS"].contains(&key.as_str())
        };
        let of = items.iter().filter(is_own).filter(|item| !is_single(item));
        let mut texts: Vec<_> = of.map(|item| canonical(item, &name)).collect();
        texts.sort();
        texts
    }
}

async fn call(
    function: &HttpFunction,
    method: Method,
    target: &str,
    (header, secret): (&str, String),
    body: Option<Value>,
    authorizer: &Value,
) -> Answer {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = url::form_urlencoded::parse(query.as_bytes());
    let query: BTreeMap<String, [String; 1]> = query
        .map(|(name, value)| (name.into_owned(), [value.into_owned()]))
        .collect();
    let event = json!({
        "path": path, "httpMethod": method.as_str(), "body": body.map(|body| body.to_string()),
        "headers": {header: secret, "host": "grown.example.test", "content-type": "application/json"},
        "multiValueHeaders": {}, "multiValueQueryStringParameters": query, "isBase64Encoded": false,
        "requestContext": {"requestId": Uuid::now_v7().to_string(), "stage": "prod", "path": path,
                           "httpMethod": method.as_str(), "identity": {}},
    });
    let mut event = event;
    if !authorizer.is_null() {
        event["requestContext"]["authorizer"] = authorizer.clone();
    }
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    let (response, cost) = measure(function.handle(request)).await;
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await;
    Answer {
        status,
        body: serde_json::from_slice(&bytes.unwrap()).unwrap_or_default(),
        cost,
    }
}

fn ids_in(item: &Item, ids: &mut BTreeSet<String>) {
    let text = format!("{item:?}");
    for (at, _) in text.char_indices() {
        let id = text
            .get(at..at + 36)
            .filter(|id| Uuid::try_parse(id).is_ok());
        ids.extend(id.map(str::to_owned));
    }
}

/// Writes an item so that two items that differ only in ids, names, times, places and hashes are the same text.
fn canonical(item: &Item, name: &str) -> String {
    let sorted: BTreeMap<_, _> = item.iter().collect();
    let mut text = String::new();
    for (attribute, value) in sorted {
        write!(text, "{attribute}={} ", neutral(&plain(value), name)).unwrap();
    }
    text
}

/// Returns a value as text, with the names of maps in order.
fn plain(value: &AttributeValue) -> String {
    match value {
        AttributeValue::S(text) => text.clone(),
        AttributeValue::N(number) => format!("#{number}#"),
        AttributeValue::M(entries) => {
            let sorted: BTreeMap<_, _> = entries.iter().collect();
            let entries = sorted.into_iter();
            let entries = entries.map(|(name, value)| format!("{name}:{}", plain(value)));
            format!("{{{}}}", Vec::from_iter(entries).join(","))
        }
        AttributeValue::L(values) => Vec::from_iter(values.iter().map(plain)).join(","),
        AttributeValue::Ss(texts) => {
            let mut texts = texts.clone();
            texts.sort();
            texts.join(",")
        }
        other => format!("{other:?}"),
    }
}

fn neutral(text: &str, name: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        let id = rest.get(..36).filter(|id| Uuid::try_parse(id).is_ok());
        let run = |is: fn(char) -> bool| rest.find(|c| !is(c)).unwrap_or(rest.len());
        let word = run(|c| c.is_ascii_alphanumeric() || "+/=-_".contains(c));
        let time = run(|c| c.is_ascii_digit() || "-T:.Z".contains(c));
        let digits = run(|c| c.is_ascii_digit());
        let (said, taken) = if id.is_some() {
            ("<id>", 36)
        } else if rest.starts_with(name) {
            ("<name>", name.len())
        } else if rest[..time].parse::<jiff::Timestamp>().is_ok() {
            ("<time>", time)
        } else if word >= 22 {
            // A hash or a salt.
            ("<hash>", word)
        } else if digits > 0 {
            ("<number>", digits)
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        out += said;
        rest = &rest[taken..];
    }
    out
}
