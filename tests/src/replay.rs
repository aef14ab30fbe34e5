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
    let mut gone = BTreeSet::new();
    for event in feed {
        let subject = event["subject"]["id"].as_str().unwrap().to_owned();
        let member = || event["after"]["member"].as_str().unwrap().to_owned();
        match event["type"].as_str().unwrap() {
            "user.deleted" | "user.merged" => {
                assert!(
                    people.remove(&subject).is_some(),
                    "the deleted user did not exist: {event}"
                );
                gone.insert(subject.clone());
                members.values_mut().for_each(|group| {
                    group.remove(&subject);
                });
            }
            kind @ ("user.created" | "user.updated" | "user.deactivated" | "user.reactivated"
            | "user.adopted" | "user.restored") => {
                let (is_there, was_there) = (people.contains_key(&subject), gone.remove(&subject));
                let expected = match kind {
                    "user.created" => (false, false),
                    "user.restored" => (false, true),
                    _ => (true, false),
                };
                assert_eq!(
                    (is_there, was_there),
                    expected,
                    "is a user, was one: {event}"
                );
                let person = people.entry(subject).or_default();
                for name in event["before"].as_object().into_iter().flat_map(Map::keys) {
                    person.remove(name);
                }
                person.extend(event["after"].as_object().cloned().unwrap());
            }
            "group.created" => {
                members.entry(subject).or_default();
            }
            "group.member_added" => {
                let group = members.get_mut(&subject);
                let added = group.is_some_and(|group| group.insert(member()));
                assert!(added, "added twice, or to no group: {event} in {feed:#?}");
            }
            "group.member_removed" => {
                let group = members.get_mut(&subject);
                let removed = group.is_some_and(|group| group.remove(&member()));
                assert!(
                    removed,
                    "removed twice, or from no group: {event} in {feed:#?}"
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
    for group in world.groups.keys() {
        assert!(members.contains_key(group), "no event created {group}");
    }
    // The members of a deleted group leave it one by one.
    for (group, replayed) in &members {
        assert_eq!(*replayed, world.members(group), "members of {group}");
    }
}
