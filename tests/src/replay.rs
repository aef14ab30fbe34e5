//! The directory that the events of a feed describe.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::audit::World;

/// People by id, with their attributes.
pub type People = BTreeMap<String, Map<String, Value>>;
/// The ids of the members, by group.
pub type Members = BTreeMap<String, BTreeSet<String>>;

/// Applies the events in order to an empty directory. Returns the resulting users and group members.
///
/// # Panics
/// Panics when an event does not follow from those before it.
pub fn replay(feed: &[Value]) -> (People, Members) {
    let (mut people, mut members) = (People::new(), Members::new());
    for event in feed {
        let subject = event["subject"]["id"].as_str().unwrap().to_owned();
        let member = || event["after"]["member"].as_str().unwrap().to_owned();
        match event["type"].as_str().unwrap() {
            "user.deleted" | "user.merged" => {
                assert!(
                    people.remove(&subject).is_some(),
                    "the deleted user did not exist: {event}"
                );
                members.values_mut().for_each(|group| {
                    group.remove(&subject);
                });
            }
            "user.created" | "user.updated" | "user.deactivated" | "user.reactivated"
            | "user.adopted" | "user.restored" => {
                let person = people.entry(subject).or_default();
                for name in event["before"].as_object().into_iter().flat_map(Map::keys) {
                    person.remove(name);
                }
                person.extend(event["after"].as_object().cloned().unwrap());
            }
            "group.created" => {
                members.entry(subject).or_default();
            }
            "group.deleted" => {
                assert!(members.remove(&subject).is_some(), "deleted twice: {event}");
            }
            "group.member_added" => {
                assert!(
                    members.get_mut(&subject).unwrap().insert(member()),
                    "added twice: {event}"
                );
            }
            "group.member_removed" => {
                assert!(
                    members.get_mut(&subject).unwrap().remove(&member()),
                    "removed twice: {event}"
                );
            }
            _ => {}
        }
    }
    (people, members)
}

/// Asserts that replaying the feed gives the users and groups that SCIM returns.
///
/// # Panics
/// Panics when it does not.
pub fn assert_feed_matches(feed: &[Value], world: &World) {
    let (people, members) = replay(feed);
    assert_eq!(
        people.keys().collect::<Vec<_>>(),
        world.users.keys().collect::<Vec<_>>()
    );
    for (id, replayed) in &people {
        for name in ["userName", "title", "active"] {
            let seen = world.users[id].get(name);
            assert_eq!(replayed.get(name), seen, "{name} of {id}");
        }
    }
    assert_eq!(
        members.keys().collect::<Vec<_>>(),
        world.groups.keys().collect::<Vec<_>>()
    );
    for (group, replayed) in &members {
        assert_eq!(*replayed, world.members(group), "members of {group}");
    }
}
