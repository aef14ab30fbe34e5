//! What can be seen of a tenant, without ids and times, so that two tenants with the same history compare equal.

use std::collections::BTreeSet;

use rollcall_tests::audit::World;
use rollcall_tests::service::Service;
use serde_json::Value;

use crate::scenarios::Stage;

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
        let mut now = vec![details.body["display_name"].to_string()];
        now.extend(resources(&world));
        now.extend(settings(stage, &base).await);
        now.sort();
        let journal = service.journal(&stage.tenant).await;
        let entry = |entry: &Value| {
            let text = format!("{} {}", entry["type"], entry["subject"]["name"]);
            text.replace(stage.tenant.id(), "T")
        };
        // The reconciler writes its own entries later, and one for several changes that it sees together.
        let of_requests = |entry: &&Value| entry["type"] != "user.role_changed";
        let mut history: Vec<_> = journal.iter().filter(of_requests).map(entry).collect();
        history.sort();
        State { now, history }
    }

    /// Returns the history without repetitions: whoever sends a request again may be noted again.
    pub(crate) fn happened(&self) -> BTreeSet<&String> {
        self.history.iter().collect()
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
