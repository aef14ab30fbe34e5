//! One random history: several clients change one tenant at the same time, with faults at the table.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::future::join_all;
use http::Method;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rollcall_tests::faults::Fault;
use rollcall_tests::idp::Answer;
use rollcall_tests::service::{Service, Tenant};
use rollcall_tests::tenant_faults::{Rule, TenantFaults};
use rollcall_tests::urn;
use serde_json::{Value, json};

use super::asking::{Ask, Senders};

/// Clients that act at the same time.
const CLIENTS: usize = 3;
/// Operations of each client.
const OPERATIONS: usize = 4;
/// What a client can be told, besides that the service is unavailable. A tenant, a connection or a person can be gone at
/// any time.
const EXPECTED: [u16; 9] = [200, 201, 204, 400, 401, 403, 404, 409, 412];

/// What the clients were told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// People whose creation was confirmed.
    pub(crate) people: Vec<String>,
    /// People whom somebody tried to delete.
    pub(crate) given_up: BTreeSet<String>,
    pub(crate) groups: Vec<String>,
    /// Connections besides the first, with the secrets of their tokens.
    pub(crate) connections: Vec<(String, String)>,
    pub(crate) deleted_connections: BTreeSet<String>,
    /// Tokens and OAuth clients of those connections besides.
    pub(crate) credentials: Vec<Credential>,
    /// The ids of those that were revoked.
    pub(crate) revoked: BTreeSet<String>,
    /// The secrets of portal links that nobody opened.
    pub(crate) links: Vec<String>,
    /// The tokens of sessions.
    pub(crate) sessions: Vec<String>,
    pub(crate) signed_out: BTreeSet<String>,
    /// What a version of a resource looked like.
    pub(crate) versions: BTreeMap<(String, String), Value>,
    pub(crate) tenant_deleted: bool,
}

/// A token or an OAuth client of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    pub(crate) connection: String,
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) is_client: bool,
}

/// A history that has ended.
pub(crate) struct History {
    pub(crate) seed: u64,
    pub(crate) tenant: Tenant,
    pub(crate) senders: Senders,
    pub(crate) told: Told,
    pub(crate) operations: usize,
    pub(crate) faults: u64,
}

impl History {
    /// Runs the history of a seed.
    pub(crate) async fn run(service: &Service, faults: &TenantFaults, seed: u64) -> Self {
        let tenant = service.tenant("history").await;
        let senders = Senders {
            idp: tenant.idp(),
            application: service.application(),
        };
        let told = Mutex::new(Told::default());
        faults.begin(tenant.id(), Some(mix(seed)));
        let clients = (0..CLIENTS as u64).map(async |client| {
            let mut random = StdRng::seed_from_u64(seed << 8 | client);
            for _ in 0..OPERATIONS {
                let operation = operation(&mut random, tenant.id(), &lock(&told));
                operation.perform(&senders, &told, seed).await;
            }
        });
        join_all(clients).await;
        let calls = faults.end(tenant.id());
        Self {
            seed,
            tenant,
            senders,
            told: told.into_inner().unwrap_or_else(PoisonError::into_inner),
            operations: CLIENTS * OPERATIONS,
            faults: calls.injected.values().sum(),
        }
    }
}

/// Returns faults whose shares are as random as everything else.
fn mix(seed: u64) -> Rule {
    let mut random = StdRng::seed_from_u64(!seed);
    let mut share = |most| random.random_range(0..=most);
    let shares = vec![
        (Fault::Conflict, share(60)),
        (Fault::Throttle, share(40)),
        (Fault::ServerError, share(30)),
        (Fault::DroppedBefore, share(20)),
        (Fault::DroppedAfter, share(60)),
        (Fault::Delay, share(100)),
    ];
    Rule::Mix(seed, shares)
}

/// What a request is for.
#[derive(Clone, Debug)]
enum Purpose {
    CreatePerson,
    DeletePerson(String),
    CreateGroup,
    CreateConnection,
    DeleteConnection(String),
    /// A token or an OAuth client of this connection.
    Issue(String, bool),
    /// The credential with this id.
    Revoke(String),
    MakeLink,
    /// Somebody with this name.
    Import(String),
    SignIn,
    SignOut(String),
    DeleteTenant,
    Other,
}

#[derive(Clone, Debug)]
struct Operation {
    purpose: Purpose,
    ask: Ask,
}

/// Draws the next operation. Whoever or whatever it is about can be gone when it is performed.
fn operation(random: &mut StdRng, tenant: &str, told: &Told) -> Operation {
    let name = format!("Ann{}", random.random_range(0..4));
    let group_name = format!("g{}", random.random_range(0..3));
    let role = ["viewer", "member", "admin"][random.random_range(0..3)];
    let switch = random.random_bool(0.5);
    let kind = random.random_range(0..112);
    let person = pick(random, &told.people);
    let other = pick(random, &told.people);
    let group = pick(random, &told.groups);
    let connection = pick(random, &told.connections);
    let session = pick(random, &told.sessions);
    let credential = pick(random, &told.credentials);
    let import = random.random_range(0..3);
    let api =
        |method, below: String, body| Ask::api(method, format!("/tenants/{tenant}{below}"), body);
    let patch_user =
        |id: &str, change: Value| Ask::scim(Method::PATCH, format!("/Users/{id}"), patch(change));
    let (purpose, ask) = match (kind, person, group) {
        (0..20, _, _) | (_, None, _) => {
            let user = json!({"schemas": [urn::USER], "userName": name, "active": true});
            (
                Purpose::CreatePerson,
                Ask::scim(Method::POST, "/Users", user),
            )
        }
        (20..30, Some(id), _) => {
            let title = format!("t{}", random.random_range(0..1000));
            let change = json!({"op": "replace", "path": "title", "value": title});
            (Purpose::Other, patch_user(&id, change))
        }
        (30..37, Some(id), _) => {
            let change = json!({"op": "replace", "path": "active", "value": switch});
            (Purpose::Other, patch_user(&id, change))
        }
        (37..44, Some(id), _) => {
            let change = json!({"op": "replace", "path": "userName", "value": name});
            (Purpose::Other, patch_user(&id, change))
        }
        (44..50, Some(id), _) => {
            let ask = Ask::scim(Method::DELETE, format!("/Users/{id}"), Value::Null);
            (Purpose::DeletePerson(id), ask)
        }
        (50..58, Some(id), _) | (58..74, Some(id), None) => {
            let members = json!([{"value": id}]);
            let group =
                json!({"schemas": [urn::GROUP], "displayName": group_name, "members": members});
            (
                Purpose::CreateGroup,
                Ask::scim(Method::POST, "/Groups", group),
            )
        }
        (58..69, Some(id), Some(group)) => {
            let change = match switch {
                true => {
                    json!({"op": "add", "path": "members", "value": [{"value": id}, {"value": other}]})
                }
                false => json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")}),
            };
            let path = format!("/Groups/{group}");
            (
                Purpose::Other,
                Ask::scim(Method::PATCH, path, patch(change)),
            )
        }
        (69..72, _, Some(group)) => {
            let change = json!({"op": "replace", "path": "displayName", "value": group_name});
            let path = format!("/Groups/{group}");
            (
                Purpose::Other,
                Ask::scim(Method::PATCH, path, patch(change)),
            )
        }
        (72..74, _, Some(group)) => {
            let path = format!("/Groups/{group}");
            (Purpose::Other, Ask::scim(Method::DELETE, path, Value::Null))
        }
        (74..79, _, Some(group)) => {
            let role = if switch { json!(role) } else { Value::Null };
            let path = format!("/groups/{group}/role-mapping");
            (
                Purpose::Other,
                api(Method::PUT, path, json!({"role_id": role})),
            )
        }
        (79..82, Some(id), _) => {
            let role = if switch { json!(role) } else { Value::Null };
            let path = format!("/users/{id}/role");
            (
                Purpose::Other,
                api(Method::PUT, path, json!({"role_id": role})),
            )
        }
        (82..85, Some(id), _) => {
            let end = if switch { "block" } else { "unblock" };
            (
                Purpose::Other,
                api(Method::POST, format!("/users/{id}/{end}"), json!({})),
            )
        }
        (85..87, Some(id), _) => {
            let path = format!("/users/{id}/sessions/end");
            (Purpose::Other, api(Method::POST, path, json!({})))
        }
        (87..92, _, _) | (74..79, _, None) => {
            let login = json!({"user_name": name, "groups": [group_name]});
            (
                Purpose::SignIn,
                api(Method::POST, "/sso/logins".to_owned(), login),
            )
        }
        (92..94, _, _) => match session {
            Some(session) => {
                let ask = Ask::api(Method::DELETE, "/sessions/current", Value::Null);
                (Purpose::SignOut(session), ask)
            }
            None => {
                let login = json!({"user_name": name});
                (
                    Purpose::SignIn,
                    api(Method::POST, "/sso/logins".to_owned(), login),
                )
            }
        },
        (94..99, _, _) => match connection {
            Some((id, _)) if switch => {
                let path = format!("/connections/{id}");
                (
                    Purpose::DeleteConnection(id),
                    api(Method::DELETE, path, Value::Null),
                )
            }
            _ => {
                let new = json!({"name": group_name, "provider": "okta"});
                let path = "/connections".to_owned();
                (Purpose::CreateConnection, api(Method::POST, path, new))
            }
        },
        (99..108, _, _) => match (connection, credential) {
            (Some(_), Some(credential)) if kind > 104 => {
                let path = format!("/tokens/{}", credential.id);
                let ask = api(Method::DELETE, path, Value::Null);
                (Purpose::Revoke(credential.id), ask)
            }
            (Some((id, _)), _) => {
                let path = format!("/connections/{id}/tokens");
                let new = match switch {
                    true => json!({"label": "t", "kind": "oauth_client"}),
                    false => json!({"label": "t"}),
                };
                (Purpose::Issue(id, switch), api(Method::POST, path, new))
            }
            (None, _) => {
                let link = json!({"role_id": role});
                let path = "/portal-links".to_owned();
                (Purpose::MakeLink, api(Method::POST, path, link))
            }
        },
        (108..111, _, _) => {
            let path = format!("/imports/i{import}");
            let ask = api(Method::PUT, path, json!({"mode": "import"}));
            (Purpose::Import(name), ask)
        }
        _ => (
            Purpose::DeleteTenant,
            api(Method::DELETE, String::new(), Value::Null),
        ),
    };
    Operation { purpose, ask }
}

fn patch(operation: Value) -> Value {
    json!({"schemas": [urn::PATCH], "Operations": [operation]})
}

fn pick<T: Clone>(random: &mut StdRng, from: &[T]) -> Option<T> {
    // The number is drawn in any case, so that what follows depends less on the order of events.
    let drawn = random.random_range(0..1_000_usize);
    from.get(drawn % from.len().max(1)).cloned()
}

impl Operation {
    async fn perform(self, senders: &Senders, told: &Mutex<Told>, seed: u64) {
        match &self.purpose {
            // Whether or not it is answered.
            Purpose::DeletePerson(id) => {
                lock(told).given_up.insert(id.clone());
            }
            Purpose::DeleteTenant => lock(told).tenant_deleted = true,
            _ => {}
        }
        let answer = match &self.purpose {
            Purpose::SignOut(session) => {
                let application = senders.application.with(Some(session));
                let idp = senders.idp.clone();
                self.ask.answered(&Senders { idp, application }).await
            }
            _ => self.ask.answered(senders).await,
        };
        let is_known = answer.body["reason"] != "no_endpoint";
        let is_expected = is_known && EXPECTED.contains(&answer.status);
        assert!(is_expected, "seed {seed}: {answer:?}");
        lock(told).note(&self.purpose, &answer, seed);
        if let (Purpose::CreateConnection, 201) = (&self.purpose, answer.status) {
            self.issue(&answer.id(), senders, told).await;
        }
        if let (Purpose::Import(name), 200 | 201) = (&self.purpose, answer.status) {
            let row = json!({"user_name": name, "application_id": format!("a-{name}")});
            let path = format!("{}/parts/1", self.ask.path);
            let sent = Ask::api(Method::PUT, path, row).answered(senders).await;
            assert!(EXPECTED.contains(&sent.status), "seed {seed}: {sent:?}");
        }
    }

    /// Issues a token for a new connection.
    async fn issue(&self, connection: &str, senders: &Senders, told: &Mutex<Told>) {
        let path = self.ask.path.replace("/connections", "");
        let path = format!("{path}/connections/{connection}/tokens");
        let ask = Ask::api(Method::POST, path, json!({"label": "t"}));
        let answer = ask.answered(senders).await;
        if answer.status == 201 {
            let token = (connection.to_owned(), answer.string("/token"));
            lock(told).connections.push(token);
        }
    }
}

impl Told {
    fn note(&mut self, purpose: &Purpose, answer: &Answer, seed: u64) {
        let is_done = answer.status < 300;
        match purpose {
            Purpose::CreatePerson if answer.status == 201 => self.people.push(answer.id()),
            Purpose::CreateGroup if answer.status == 201 => self.groups.push(answer.id()),
            // A deletion whose answer was lost is repeated, and then there is nothing to delete.
            Purpose::DeleteConnection(id) if is_done || answer.status == 404 => {
                self.deleted_connections.insert(id.clone());
            }
            Purpose::Issue(connection, is_client) if answer.status == 201 => {
                self.credentials.push(Credential {
                    connection: connection.clone(),
                    id: answer.id(),
                    secret: answer.string("/token"),
                    is_client: *is_client,
                });
            }
            Purpose::Revoke(id) if is_done || answer.status == 404 => {
                self.revoked.insert(id.clone());
            }
            Purpose::MakeLink if answer.status == 201 => {
                let url = answer.string("/url");
                let secret = url.rsplit('=').next().unwrap_or_default();
                self.links.push(secret.to_owned());
            }
            Purpose::SignIn if is_done => self.sessions.push(answer.string("/session/token")),
            Purpose::SignOut(session) if is_done => {
                self.signed_out.insert(session.clone());
            }
            _ => {}
        }
        self.note_version(&answer.body, seed);
    }

    /// A version of a user is one state of it.
    fn note_version(&mut self, body: &Value, seed: u64) {
        let (Some(id), Some(version)) = (body["id"].as_str(), body["meta"]["version"].as_str())
        else {
            return;
        };
        if body["userName"].is_null() {
            return;
        }
        let seen = json!([body["userName"], body["title"], body["active"]]);
        let key = (id.to_owned(), version.to_owned());
        let known = self.versions.entry(key).or_insert_with(|| seen.clone());
        assert_eq!(*known, seen, "seed {seed}: two states of {id} at {version}");
    }
}

fn lock(told: &Mutex<Told>) -> MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}
