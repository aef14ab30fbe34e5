//! Looks at a whole tenant from outside and says whether it all fits together.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::idp::{Idp, encode};

/// Everything an identity provider can see of its tenant.
#[derive(Debug, Default, PartialEq)]
pub struct World {
    /// Users by id.
    pub users: BTreeMap<String, Value>,
    /// Groups by id.
    pub groups: BTreeMap<String, Value>,
}

impl World {
    /// Reads all of it, page by page.
    pub async fn read(idp: &Idp) -> World {
        // the groups first: reading members completes what was left half-done
        let groups = walk(idp, "/Groups").await;
        let users = walk(idp, "/Users").await;
        World { users, groups }
    }

    /// Returns the ids of a group's members.
    pub fn members(&self, group: &str) -> BTreeSet<String> {
        values(self.groups.get(group), "members")
    }

    fn groups_of(&self, user: &str) -> BTreeSet<String> {
        values(self.users.get(user), "groups")
    }
}

fn values(resource: Option<&Value>, attribute: &str) -> BTreeSet<String> {
    let elements = resource
        .and_then(|r| r[attribute].as_array())
        .into_iter()
        .flatten();
    elements
        .filter_map(|element| element["value"].as_str())
        .map(str::to_owned)
        .collect()
}

async fn walk(idp: &Idp, endpoint: &str) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let mut start = 1;
    loop {
        let page = idp
            .get(&format!("{endpoint}?startIndex={start}&count=200"))
            .await
            .expect(200);
        let resources = page.select("/Resources/*");
        start += resources.len();
        for resource in &resources {
            let id = resource["id"].as_str().unwrap_or_default().to_owned();
            assert!(
                found.insert(id, (*resource).clone()).is_none(),
                "{endpoint}: listed twice: {resource}"
            );
        }
        if resources.is_empty() {
            assert_eq!(page.total(), found.len() as u64, "{endpoint}: totalResults");
            return found;
        }
    }
}

/// Reads the whole tenant and asserts what must hold between its parts.
///
/// # Panics
/// When a membership is seen from one side only, somebody dangles, a count is wrong, or a name leads elsewhere.
pub async fn audit(idp: &Idp) -> World {
    let world = World::read(idp).await;
    for group in world.groups.keys() {
        for member in world.members(group) {
            assert!(
                world.users.contains_key(&member),
                "group {group} has the member {member}, who is nobody"
            );
            assert!(
                world.groups_of(&member).contains(group),
                "{member} does not show group {group}"
            );
        }
    }
    for user in world.users.keys() {
        for group in world.groups_of(user) {
            assert!(
                world.members(&group).contains(user),
                "{user} shows group {group}, which does not list them"
            );
        }
    }
    for (endpoint, resources, name) in [
        ("/Users", &world.users, "userName"),
        ("/Groups", &world.groups, "displayName"),
    ] {
        // a sample is enough: each costs a request
        let step = resources.len() / 8 + 1;
        for (id, resource) in resources.iter().step_by(step) {
            let value = resource[name].as_str().unwrap_or_default();
            let literal = Value::String(value.to_owned()).to_string();
            let path = format!(
                "{endpoint}?filter={}&attributes=id",
                encode(&format!("{name} eq {literal}"))
            );
            assert_eq!(
                idp.get(&path).await.expect(200).strings("/Resources/*/id"),
                *std::slice::from_ref(id),
                "{name} {value}"
            );
        }
    }
    world
}
