//! What can be seen of a tenant, without ids and times, so that two tenants with the same history compare equal; and what
//! a request can need that a tenant has.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use rollcall_tests::audit::World;
use rollcall_tests::service::Service;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::scenarios::Stage;

/// The state of a tenant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    /// What is stored now, one line for each thing.
    pub(crate) now: Vec<String>,
    /// The types of the journal's entries, with the names of their subjects.
    pub(crate) history: Vec<String>,
}

impl State {
    /// Reads the state without faults.
    pub(crate) async fn of(service: &Service, stage: &Stage) -> State {
        let base = format!("/tenants/{}", stage.tenant.id());
        let details = stage.senders.application.get(&base).await;
        if details.status == 404 {
            return State {
                now: vec!["deleted".to_owned()],
                history: Vec::new(),
            };
        }
        stage.tenant.directory().members().sweep().await.unwrap();
        let world = World::read(&stage.senders.idp).await;
        if !world.users.contains_key(&stage.people[1]) {
            erased(stage, &base).await;
        }
        let mut now = vec![details.body["display_name"].to_string()];
        now.extend(resources(&world));
        now.extend(settings(stage, &base).await);
        now.sort();
        let journal = service.journal(&stage.tenant).await;
        let entry = |entry: &Value| {
            let text = format!("{} {}", entry["type"], entry["subject"]["name"]);
            text.replace(stage.tenant.id(), "T")
        };
        // What follows events writes its own entries later, and one for several changes that it sees together.
        let of_requests = |entry: &&Value| {
            entry["type"] != "user.role_changed" && entry["actor"]["type"] != "system"
        };
        let mut history: Vec<_> = journal.iter().filter(of_requests).map(entry).collect();
        history.sort();
        State { now, history }
    }

    /// Returns the history without repetitions: whoever sends a request again may be noted again.
    pub(crate) fn happened(&self) -> BTreeSet<&String> {
        self.history.iter().collect()
    }
}

/// Waits until the erasure of the person on whom scenarios act has ended, if one was ordered: it cleans the history.
async fn erased(stage: &Stage, base: &str) {
    let path = format!("{base}/users/{}/erasure", stage.people[1]);
    let late = Instant::now() + Duration::from_secs(60);
    loop {
        let erasure = stage.senders.application.get(&path).await;
        if erasure.status == 404 || erasure.body["state"] == "finished" {
            return;
        }
        assert!(Instant::now() < late, "{erasure:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn resources(world: &World) -> Vec<String> {
    let users = world.users.values().map(|user| {
        let (name, title, active) = (&user["userName"], &user["title"], &user["active"]);
        format!("user {name} {title} {active}")
    });
    let groups = world.groups.iter().map(|(id, group)| {
        let members = world.members(id);
        let members = members
            .iter()
            .map(|id| world.users[id]["userName"].to_string());
        let members: BTreeSet<String> = members.collect();
        format!("group {} {members:?}", group["displayName"])
    });
    users.chain(groups).collect()
}

/// Returns the connections, tokens, mappings and roles.
async fn settings(stage: &Stage, base: &str) -> Vec<String> {
    let api = &stage.senders.application;
    let mut lines = Vec::new();
    for connection in api.all(&format!("{base}/connections")).await {
        let name = &connection["name"];
        lines.push(format!("connection {name}"));
        let id = connection["id"].as_str().unwrap();
        for token in api.all(&format!("{base}/connections/{id}/tokens")).await {
            let revoked = !token["revoked_at"].is_null();
            lines.push(format!(
                "token {} of {name}, revoked: {revoked}",
                token["label"]
            ));
        }
    }
    for mapping in api.all(&format!("{base}/groups/role-mappings")).await {
        let (group, roles) = (&mapping["group"]["display_name"], &mapping["role_ids"]);
        lines.push(format!("mapping {group} {roles}"));
    }
    for person in api.all(&format!("{base}/users")).await {
        let (name, state, roles) = (&person["user_name"], &person["state"], &person["roles"]);
        lines.push(format!("person {name} {state} {roles}"));
    }
    lines
}

/// The finding that somebody signed in by a name alone.
pub(crate) const FINDING: &str = "neither_subject_nor_connection";
pub(crate) const SCHEMA: &str = "urn:example:scim:faults:2.0:User";

pub(crate) fn schema() -> Value {
    json!({"name": "Acme", "attributes": [{"name": "badge", "type": "string"}]})
}

pub(crate) fn support() -> Value {
    json!({"operator": "sue@vendor.example", "reason": "case 7", "role_id": "admin"})
}

/// A webhook that gets nothing, at a port where nobody listens.
pub(crate) fn webhook() -> Value {
    json!({"name": "SIEM", "url": "http://127.0.0.1:9/", "types": ["tenant.renamed"]})
}

impl Stage {
    /// Makes something that a scenario needs.
    pub(crate) async fn make(&mut self, thing: &'static str) {
        let (method, below, body, id) = match thing {
            "client" => {
                let path = format!("/connections/{}/tokens", self.connection);
                let new = json!({"label": "client", "kind": "oauth_client"});
                (Method::POST, path, new, "/id")
            }
            "deletion" => (Method::DELETE, String::new(), Value::Null, ""),
            "session" => (
                Method::POST,
                "/sso/logins".to_owned(),
                json!({"user_name": "p1"}),
                "",
            ),
            "snooze" => {
                let path = format!("/health/findings/{FINDING}/snooze");
                (Method::POST, path, json!({"reason": "known"}), "")
            }
            "import" => (
                Method::PUT,
                "/imports/made".to_owned(),
                json!({"mode": "import"}),
                "",
            ),
            "link" => (
                Method::POST,
                "/portal-links".to_owned(),
                json!({"role_id": "admin"}),
                "",
            ),
            "schema" => (Method::PUT, format!("/schemas/{SCHEMA}"), schema(), ""),
            "support" => (Method::POST, "/support-access".to_owned(), support(), "/id"),
            "ghost" => {
                let login = json!({"user_name": "ghost"});
                (Method::POST, "/sso/logins".to_owned(), login, "/user/id")
            }
            "webhook" => (Method::POST, "/webhooks".to_owned(), webhook(), "/id"),
            "pause" => {
                let path = format!("/webhooks/{}/pause", self.of("webhook"));
                (Method::POST, path, json!({}), "")
            }
            other => panic!("no way to make `{other}`: add it here"),
        };
        let made = self.api(method, &below, body).send(&self.senders).await;
        assert!(made.status < 300, "{thing}: {}", made.body);
        let listed = |path: String| self.api(Method::GET, &path, Value::Null);
        let id = match thing {
            "session" => {
                let path = format!("/users/{}/sessions", self.people[1]);
                listed(path).send(&self.senders).await.string("/items/0/id")
            }
            "link" => {
                let path = "/portal-links".to_owned();
                listed(path).send(&self.senders).await.string("/items/0/id")
            }
            _ if id.is_empty() => return,
            _ => made.string(id),
        };
        if thing == "client" {
            self.made.insert("client secret", made.string("/token"));
        }
        self.made.insert(thing, id);
    }
}
