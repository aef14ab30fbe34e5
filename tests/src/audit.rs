//! Reads a whole tenant over HTTP and checks that its parts are consistent.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::idp::{Idp, encode};

/// Everything that an identity provider can see of its tenant.
#[derive(Debug, Default, PartialEq)]
pub struct World {
    /// Users by id.
    pub users: BTreeMap<String, Value>,
    /// Groups by id.
    pub groups: BTreeMap<String, Value>,
}

impl World {
    /// Reads the whole tenant, page by page.
    pub async fn read(idp: &Idp) -> World {
        // Groups come first, because reading members completes interrupted changes.
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
                "{endpoint} lists a resource twice: {resource}"
            );
        }
        if resources.is_empty() {
            assert_eq!(
                page.total(),
                found.len() as u64,
                "{endpoint}: wrong totalResults"
            );
            return found;
        }
    }
}

/// Reads the whole tenant and asserts that its parts are consistent.
///
/// # Panics
/// Panics when only one side shows a membership, when a member does not exist, when a count is wrong, or when a look-up
/// by name finds something else.
pub async fn audit(idp: &Idp) -> World {
    let world = World::read(idp).await;
    for group in world.groups.keys() {
        for member in world.members(group) {
            assert!(
                world.users.contains_key(&member),
                "group {group} has the member {member}, who does not exist"
            );
            assert!(
                world.groups_of(&member).contains(group),
                "user {member} does not show group {group}"
            );
        }
    }
    for user in world.users.keys() {
        for group in world.groups_of(user) {
            assert!(
                world.members(&group).contains(user),
                "user {user} shows group {group}, which does not list the user"
            );
        }
    }
    for (endpoint, resources, name) in [
        ("/Users", &world.users, "userName"),
        ("/Groups", &world.groups, "displayName"),
    ] {
        // A sample is enough, because each look-up costs a request.
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
