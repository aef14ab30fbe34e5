//! Applies a seed file: requests to the API and to SCIM, as an application and an identity provider would send them.
//!
//! Everything is put under a name of the file, so a second start with the same file changes nothing. What the file does
//! not name is left alone.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use http::{Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rollcall_directory::{Directory, Role, TenantId};
use rollcall_edge_http::{API_PATH, BASE_PATH};
use serde_json::{Map, Value, json};

use crate::caller::{Caller, Refused};
use crate::gateway::Gateway;
use crate::given_secrets::GivenSecrets;
use crate::seed::{SeededTenant, is_good};
use crate::seed_file::{Pushed, Seed, SeedError, SeedTenant};
use crate::start_error::StartError;

/// The label of the token that people are pushed with if the file has none.
const OWN_TOKEN: &str = "seed";

/// What a seed file has brought.
#[derive(Default)]
pub(crate) struct Sown {
    /// The tenants, for `local.json`.
    pub(crate) tenants: Vec<SeededTenant>,
    /// The given values and what they stand for.
    pub(crate) given: GivenSecrets,
    /// The issued credentials, for the next start with the same file, by what the file says of them.
    pub(crate) issued: BTreeMap<String, String>,
}

/// Where the service will be reached.
pub(crate) struct Urls {
    pub(crate) address: SocketAddr,
    pub(crate) scim: String,
    pub(crate) console: String,
}

/// Applies seed files.
pub(crate) struct Sower<'a> {
    pub(crate) seed: &'a Seed,
    pub(crate) gateway: &'a Gateway,
    pub(crate) directory: Directory,
    /// A service key with all scopes.
    pub(crate) key: &'a str,
    /// What an earlier start has issued.
    pub(crate) known: BTreeMap<String, String>,
    pub(crate) urls: Urls,
}

impl Sower<'_> {
    /// Applies the file.
    ///
    /// # Errors
    /// When the API refuses a part of it; what precedes that part is then applied.
    pub(crate) async fn sow(self) -> Result<Sown, StartError> {
        let mut sown = Sown::default();
        let content = &self.seed.content;
        if let Some(roles) = &content.roles {
            self.put("roles", &format!("{API_PATH}/roles"), roles)
                .await?;
        }
        if let Some(branding) = &content.branding {
            self.put("branding", &format!("{API_PATH}/branding"), branding)
                .await?;
        }
        for (id, tenant) in &content.tenants {
            self.tenant(id, tenant, &mut sown).await?;
        }
        for (at, key) in content.service_keys.iter().enumerate() {
            let path = format!("service_keys[{at}]");
            let terms = key.terms();
            let name = format!("service key {terms}");
            let issued = match self.known.get(&name) {
                Some(known) if self.directory.service_keys().verify(known).await?.is_some() => {
                    known.clone()
                }
                _ => {
                    let url = format!("{API_PATH}/service-keys");
                    let made = self.api(&path, Method::POST, &url, Some(&terms)).await?;
                    text(&made, "service_key")
                }
            };
            sown.given.insert(&key.value.0, issued.clone());
            sown.issued.insert(name, issued);
        }
        Ok(sown)
    }

    async fn tenant(
        &self,
        id: &str,
        wanted: &SeedTenant,
        sown: &mut Sown,
    ) -> Result<(), StartError> {
        let (path, url) = (
            format!("tenants.{id}"),
            format!("{API_PATH}/tenants/{}", encoded(id)),
        );
        let place = format!("{path}.tenant");
        let body = Value::Object(unmetered(&wanted.tenant));
        let is_new = self.put(&place, &url, &body).await?;
        if let Some(roles) = &wanted.roles {
            self.put(&format!("{path}.roles"), &format!("{url}/roles"), roles)
                .await?;
        }
        if let Some(branding) = &wanted.branding {
            let place = format!("{path}.branding");
            self.put(&place, &format!("{url}/branding"), branding)
                .await?;
        }
        for (connection, body) in &wanted.connections {
            let place = format!("{path}.connections.{connection}");
            let url = format!("{url}/connections/{}", encoded(connection));
            self.put(&place, &url, body).await?;
        }
        for (group, roles) in &wanted.role_mappings {
            let place = format!("{path}.role_mappings.{group}");
            let url = format!("{url}/groups/role-mapping?name={}", encoded(group));
            self.put(&place, &url, &json!({"role_ids": roles})).await?;
        }
        let mut pushing = Pushing {
            sower: self,
            tenant: id,
            path: &path,
            is_new,
            people: HashMap::new(),
            first_token: String::new(),
        };
        for (connection, pushed) in &wanted.pushed {
            pushing.connection(connection, pushed, sown).await?;
        }
        for (name, role) in &wanted.given_roles {
            let place = format!("{path}.given_roles.{name}");
            let person = encoded(pushing.person(name, &place)?);
            let url = format!("{url}/users/{person}/role");
            self.put(&place, &url, &json!({"role_id": role})).await?;
        }
        let name = wanted.tenant.get("display_name").and_then(Value::as_str);
        let seeded = self.seeded(id, name.unwrap_or(id), pushing.first_token);
        sown.tenants.push(seeded.await?);
        Ok(())
    }

    /// Returns a tenant for `local.json`, with a new link to its console.
    async fn seeded(
        &self,
        id: &str,
        name: &str,
        token: String,
    ) -> Result<SeededTenant, StartError> {
        let invalid = |_| {
            self.seed
                .wrong(&format!("tenants.{id}"), "no id of a tenant")
        };
        let tenant = self.directory.system(id.parse().map_err(invalid)?);
        let link = tenant.sign_in();
        let link = link.issue_portal_link(Role::Owner, None, true).await?;
        Ok(SeededTenant {
            id: id.to_owned(),
            name: name.to_owned(),
            scim_base_url: self.urls.scim.clone(),
            scim_token: token,
            portal_url: format!("{}/open?link={}", self.urls.console, link.secret.expose()),
        })
    }

    /// Puts a resource. Returns whether it was created.
    async fn put(&self, place: &str, url: &str, body: &Value) -> Result<bool, SeedError> {
        let caller = self.caller();
        let sent = caller.send(Method::PUT, url, self.key, Some(body)).await;
        let (status, _) = sent.map_err(|refused| self.seed.wrong(place, refused.0))?;
        Ok(status == StatusCode::CREATED)
    }

    /// Sends a request to the API. Returns the body of the response.
    async fn api(
        &self,
        place: &str,
        method: Method,
        url: &str,
        body: Option<&Value>,
    ) -> Result<Value, SeedError> {
        let caller = self.caller();
        let sent = caller.send(method, url, self.key, body).await;
        let (_, read) = sent.map_err(|refused| self.seed.wrong(place, refused.0))?;
        Ok(read)
    }

    /// Returns whoever sends the requests.
    fn caller(&self) -> Caller<'_> {
        Caller::local(self.gateway, self.urls.address)
    }
}

/// Pushes what the identity providers of one tenant push.
struct Pushing<'a> {
    sower: &'a Sower<'a>,
    tenant: &'a str,
    /// The path of the tenant in the file.
    path: &'a str,
    /// Whether nothing can be there yet.
    is_new: bool,
    /// The ids of the people, by user name.
    people: HashMap<&'a str, String>,
    /// The first token with a given value.
    first_token: String,
}

impl<'a> Pushing<'a> {
    async fn connection(
        &mut self,
        connection: &str,
        pushed: &'a Pushed,
        sown: &mut Sown,
    ) -> Result<(), StartError> {
        let path = format!("{}.pushed.{connection}", self.path);
        let mut own = None;
        for (at, token) in pushed.tokens.iter().enumerate() {
            let place = format!("{path}.tokens[{at}]");
            let issued = self.token(&place, connection, &token.label, sown).await?;
            if self.first_token.is_empty() {
                self.first_token = token.value.0.clone();
            }
            sown.given.insert(&token.value.0, issued.clone());
            own.get_or_insert(issued);
        }
        if pushed.people.is_empty() && pushed.groups.is_empty() {
            return Ok(());
        }
        let token = match own {
            Some(token) => token,
            None => self.token(&path, connection, OWN_TOKEN, sown).await?,
        };
        for (at, person) in pushed.people.iter().enumerate() {
            let place = format!("{path}.people[{at}]");
            let id = self.push(&place, &token, &USERS, person).await?;
            if let Some(name) = person.get(USERS.name).and_then(Value::as_str) {
                self.people.insert(name, id);
            }
        }
        for (at, group) in pushed.groups.iter().enumerate() {
            let place = format!("{path}.groups[{at}]");
            let mut members = Vec::with_capacity(group.members.len());
            for (at, name) in group.members.iter().enumerate() {
                let id = self.person(name, &format!("{place}.members[{at}]"))?;
                members.push(json!({"value": id}));
            }
            let mut whole = group.attributes.clone();
            whole.insert("members".to_owned(), Value::Array(members));
            self.push(&place, &token, &GROUPS, &whole).await?;
        }
        Ok(())
    }

    /// Returns a token of the connection: the one of an earlier start while it is good.
    async fn token(
        &self,
        place: &str,
        connection: &str,
        label: &str,
        sown: &mut Sown,
    ) -> Result<String, StartError> {
        let name = format!("token {}", json!([self.tenant, connection, label]));
        let invalid = |_| self.sower.seed.wrong(place, "no id of a tenant");
        let tenant: TenantId = self.tenant.parse().map_err(invalid)?;
        let issued = match self.sower.known.get(&name) {
            Some(known) if is_good(&self.sower.directory, known, &tenant).await? => known.clone(),
            _ => {
                let connection = encoded(connection);
                let url = format!("{API_PATH}/tenants/{tenant}/connections/{connection}/tokens");
                let body = json!({"label": label});
                let made = self.sower.api(place, Method::POST, &url, Some(&body));
                text(&made.await?, "token")
            }
        };
        sown.issued.insert(name, issued.clone());
        Ok(issued)
    }

    /// Creates a resource, or replaces the one of the same name. Returns its id.
    async fn push(
        &self,
        place: &str,
        token: &str,
        kind: &Pushable,
        body: &Map<String, Value>,
    ) -> Result<String, SeedError> {
        let wrong = |refused: Refused| self.sower.seed.wrong(place, refused.0);
        let mut whole = body.clone();
        whole.insert("schemas".to_owned(), json!(schemas(kind.schema, body)));
        let whole = Value::Object(whole);
        let collection = format!("{BASE_PATH}/{}", kind.endpoint);
        let there = match (self.is_new, body.get(kind.name).and_then(Value::as_str)) {
            (false, Some(name)) => {
                let filter = format!("{} eq {}", kind.name, Value::from(name));
                let url = format!("{collection}?filter={}&attributes=id", encoded(&filter));
                let found = self
                    .sower
                    .caller()
                    .send(Method::GET, &url, token, None)
                    .await;
                let (_, found) = found.map_err(wrong)?;
                let id = found.pointer("/Resources/0/id").and_then(Value::as_str);
                id.map(str::to_owned)
            }
            _ => None,
        };
        let (method, url) = match &there {
            Some(id) => (Method::PUT, format!("{collection}/{id}")),
            None => (Method::POST, collection),
        };
        let pushed = self
            .sower
            .caller()
            .send(method, &url, token, Some(&whole))
            .await;
        let (_, pushed) = pushed.map_err(wrong)?;
        Ok(there.unwrap_or_else(|| text(&pushed, "id")))
    }

    /// Returns the id of a person of the file.
    fn person(&self, name: &str, place: &str) -> Result<&str, SeedError> {
        let id = self.people.get(name).map(String::as_str);
        id.ok_or_else(|| {
            let problem = format!("nobody in `people` of this tenant has the userName `{name}`");
            self.sower.seed.wrong(place, problem)
        })
    }
}

/// A kind of resource that identity providers push.
struct Pushable {
    endpoint: &'static str,
    schema: &'static str,
    /// The attribute that is its name.
    name: &'static str,
}

const USERS: Pushable = Pushable {
    endpoint: "Users",
    schema: "urn:ietf:params:scim:schemas:core:2.0:User",
    name: "userName",
};
const GROUPS: Pushable = Pushable {
    endpoint: "Groups",
    schema: "urn:ietf:params:scim:schemas:core:2.0:Group",
    name: "displayName",
};

/// Returns the schemas of a resource: its own, and the extensions that it has values of.
fn schemas<'a>(own: &'a str, body: &'a Map<String, Value>) -> Vec<&'a str> {
    let extensions = body.keys().map(String::as_str);
    let extensions = extensions.filter(|key| key.starts_with("urn:"));
    std::iter::once(own).chain(extensions).collect()
}

/// Returns a tenant without a rate limit unless its settings have one, so that tests run at full speed.
fn unmetered(tenant: &Map<String, Value>) -> Map<String, Value> {
    let mut tenant = tenant.clone();
    let settings = tenant.entry("settings").or_insert_with(|| json!({}));
    if let Value::Object(settings) = settings {
        settings.entry("rate_limit").or_insert(Value::Null);
    }
    tenant
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Returns a member of a response. The API promises that it is there.
fn text(response: &Value, member: &str) -> String {
    let text = response.get(member).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}
