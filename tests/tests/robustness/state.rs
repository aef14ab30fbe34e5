//! What can be seen of a tenant, without ids and times, so that two tenants with the same history compare equal.

use std::collections::BTreeSet;

use rollcall_tests::audit::audit;
use rollcall_tests::service::Service;
use serde_json::{Value, json};

use crate::scenarios::Stage;

/// What differs between tenants with the same history.
const VOLATILE: [&str; 15] = [
    "id",
    "meta",
    "prefix",
    "created_at",
    "updated_at",
    "issued_at",
    "last_used_at",
    "revoked_at",
    "since",
    "revision",
    "$ref",
    "at",
    "blocked_at",
    "until",
    "last_login_at",
];

/// The state of a tenant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    /// What is stored now.
    pub(crate) now: Value,
    /// The types of the journal's entries, with the names of their subjects.
    pub(crate) history: Vec<String>,
}

impl State {
    /// Reads the state without faults.
    pub(crate) async fn of(service: &Service, stage: &Stage) -> State {
        let base = format!("/tenants/{}", stage.tenant.id());
        let api = &stage.senders.application;
        let details = api.get(&base).await;
        if details.status == 404 {
            let now = json!("deleted");
            let history = Vec::new();
            return State { now, history };
        }
        stage.tenant.directory().members().sweep().await.unwrap();
        let world = audit(&stage.senders.idp).await;
        let connections = api.all(&format!("{base}/scim/connections")).await;
        let mut tokens = Vec::new();
        for connection in &connections {
            let id = connection["id"].as_str().unwrap();
            let path = format!("{base}/scim/connections/{id}/tokens");
            for mut token in api.all(&path).await {
                token["is_revoked"] = json!(!token["revoked_at"].is_null());
                tokens.push(token);
            }
        }
        let mappings = api.all(&format!("{base}/scim/groups/role-mappings")).await;
        let mut roles = Vec::new();
        for (id, user) in &world.users {
            let role = api.get(&format!("{base}/users/{id}/role")).await;
            roles.push(json!([user["userName"], role.expect(200).body]));
        }
        let mut names: Vec<(String, Value)> = Vec::new();
        for (id, user) in &world.users {
            names.push((id.clone(), user["userName"].clone()));
        }
        for (id, group) in &world.groups {
            names.push((id.clone(), group["displayName"].clone()));
        }
        for connection in &connections {
            let id = connection["id"].as_str().unwrap().to_owned();
            names.push((id, connection["name"].clone()));
        }
        let users: Vec<_> = world.users.into_values().collect();
        let groups: Vec<_> = world.groups.into_values().collect();
        let all = json!([details.body, users, groups, connections, tokens, mappings, roles]);
        let mut text = all.to_string();
        for (id, name) in names {
            text = text.replace(&id, name.as_str().unwrap_or_default());
        }
        let mut now: Value = serde_json::from_str(&text.replace(stage.tenant.id(), "T")).unwrap();
        scrub(&mut now);
        let journal = service.journal(&stage.tenant).await;
        let entry = |entry: &Value| {
            let text = format!("{} {}", entry["type"], entry["subject"]["name"]);
            text.replace(stage.tenant.id(), "T")
        };
        let mut history: Vec<_> = journal.iter().map(entry).collect();
        history.sort();
        State { now, history }
    }

    /// Returns the history without repetitions: whoever sends a request again may be noted again.
    pub(crate) fn happened(&self) -> BTreeSet<&String> {
        self.history.iter().collect()
    }
}

/// Removes what is volatile, and sorts lists, whose order may be that of ids.
fn scrub(value: &mut Value) {
    match value {
        Value::Array(elements) => {
            elements.iter_mut().for_each(scrub);
            elements.sort_by_key(Value::to_string);
        }
        Value::Object(members) => {
            members.retain(|name, _| !VOLATILE.contains(&name.as_str()));
            members.values_mut().for_each(scrub);
        }
        _ => {}
    }
}
