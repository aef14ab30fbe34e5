//! Tests of readings: what is sent, and what is noted.

use std::collections::BTreeSet;
use std::task::{Context, Poll, Waker};

use serde_json::{Value, json};

use super::*;
use crate::{
    ENTERPRISE_USER_SCHEMA, Filter, GROUP, GROUP_SCHEMA, PATCH_OP_URN, Patch, Query, Resource,
    SEARCH_REQUEST_URN, USER, USER_SCHEMA,
};

/// The readings that only the edge and the directory can note. The tests of the service cover them.
const ELSEWHERE: [Reading; 5] = [
    Reading::MemberSkipped,
    Reading::PathRespelled,
    Reading::ContentTypeIgnored,
    Reading::ByteOrderMarkDropped,
    Reading::AcceptIgnored,
];

fn noted<T>(work: impl FnOnce() -> T) -> Vec<Reading> {
    let (_, readings) = during(Readings::default(), work);
    readings.iter().collect()
}

/// Returns what a POST of a user with these attributes notes.
fn posted(attributes: Value) -> Vec<Reading> {
    let mut body = json!({"schemas": [USER_SCHEMA.id], "userName": "ada"});
    for (name, value) in attributes.as_object().expect("an object") {
        body[name] = value.clone();
    }
    noted(|| Resource::parse(&USER, body).expect("a user"))
}

/// Returns what a PATCH of a user or a group with this operation notes.
fn patched(operation: Value) -> Vec<Reading> {
    let body = json!({"schemas": [PATCH_OP_URN], "Operations": [operation]});
    let path = body["Operations"][0]["path"].as_str().unwrap_or_default();
    let (rt, stored) = match path.starts_with("members") {
        true => (&GROUP, json!({"displayName": "g"})),
        false => (&USER, json!({"userName": "ada"})),
    };
    let stored = Resource::from_stored(rt, stored.as_object().expect("an object").clone());
    noted(|| {
        Patch::parse(rt, body)
            .expect("a PATCH")
            .apply(&stored)
            .expect("applied")
    })
}

fn filtered(filter: &str) -> Vec<Reading> {
    noted(|| Filter::parse(&USER, filter).expect(filter))
}

fn asked(query: &[(&str, &str)]) -> Vec<Reading> {
    let pairs = query
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    noted(|| Query::from_pairs(&USER, pairs).expect("a query"))
}

#[test]
fn bodies() {
    let enterprise = ENTERPRISE_USER_SCHEMA.id;
    for (attributes, expected) in [
        (
            json!({"active": true, "emails": [{"value": "a@b"}]}),
            &[][..],
        ),
        (
            json!({"urn:x:y": {"a": 1}, "schemas": [USER_SCHEMA.id, enterprise, "urn:x:y"]}),
            &[],
        ),
        (json!({"title": null, "emails": []}), &[]),
        (json!({"active": "True"}), &[Reading::BooleanAsText]),
        (
            json!({"emails": {"value": "a@b"}}),
            &[Reading::ValueWithoutArray],
        ),
        (json!({"title": ["a"]}), &[Reading::ArrayForOneValue]),
        (
            json!({enterprise: {"manager": "1"}}),
            &[Reading::TextForObject],
        ),
        (json!({"profileUrl": ""}), &[Reading::EmptyTextDropped]),
        (json!({"colour": "red"}), &[Reading::AttributeIgnored]),
        (
            json!({"name": {"colour": "red"}}),
            &[Reading::AttributeIgnored],
        ),
        (json!({"id": "1"}), &[Reading::ReadOnlyIgnored]),
        (
            json!({"emails": [null, {"value": "a@b"}]}),
            &[Reading::NullDropped],
        ),
        (
            json!({"emails": [{"type": "home", "primary": false}]}),
            &[Reading::ValueIncomplete],
        ),
        (
            json!({"emails": [{"value": "a@b"}, {"value": "A@b"}]}),
            &[Reading::ValueRepeated],
        ),
        (
            json!({enterprise: {"manager": {"value": ""}}}),
            &[Reading::EmptyTextDropped],
        ),
        (json!({"password": "x"}), &[Reading::PasswordIgnored]),
        (
            json!({"schemas": [USER_SCHEMA.id, "urn:x:y"]}),
            &[Reading::SchemaIgnored],
        ),
    ] {
        assert_eq!(posted(attributes.clone()), expected, "{attributes}");
    }
    let members = json!([{"value": "1"}, {"value": "1"}]);
    let body = json!({"SCHEMAS": [GROUP_SCHEMA.id], "displayName": "g", "members": members});
    let group = noted(|| Resource::parse(&GROUP, body).expect("a group"));
    assert_eq!(group, [Reading::KeyInOtherCase, Reading::MemberRepeated]);
    let bare = noted(|| Resource::parse(&USER, json!({"userName": "ada"})).expect("a user"));
    assert_eq!(bare, [Reading::SchemasMissing]);
    let body = json!({"schemas": [GROUP_SCHEMA.id], "displayName": "g", "members": [{"value": "1", "type": "Device"}]});
    let group = noted(|| Resource::parse(&GROUP, body).expect("a group"));
    assert_eq!(group, [Reading::MemberTypeIgnored]);
}

#[test]
fn operations() {
    for (operation, expected) in [
        (
            json!({"op": "replace", "path": "active", "value": false}),
            &[][..],
        ),
        (
            json!({"op": "add", "path": "emails", "value": [{"value": "a@b"}]}),
            &[],
        ),
        (json!({"op": "remove", "path": "emails"}), &[]),
        (
            json!({"op": "Replace", "path": "active", "value": false}),
            &[Reading::OperationInOtherCase],
        ),
        (
            json!({"OP": "replace", "path": "active", "value": false}),
            &[Reading::KeyInOtherCase],
        ),
        (
            json!({"op": "remove", "path": "members", "value": [{"value": "1"}]}),
            &[Reading::RemoveWithValue],
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "a@b"}),
            &[Reading::ValueFromFilter],
        ),
        (
            json!({"op": "add", "path": "manager", "value": {"value": "1"}}),
            &[Reading::ExtensionWithoutUrn],
        ),
        (
            json!({"op": "add", "value": {"urn:x:ext": {"a": 1}}}),
            &[Reading::UndeclaredExtension],
        ),
        (
            json!({"op": "add", "path": "colour", "value": "red"}),
            &[Reading::PathIgnored],
        ),
        (
            json!({"op": "add", "path": "emails.colour", "value": "red"}),
            &[Reading::PathIgnored],
        ),
        (
            json!({"op": "add", "path": format!("{}.department", ENTERPRISE_USER_SCHEMA.id), "value": "d"}),
            &[Reading::DotAfterUrn],
        ),
        (
            json!({"op": "remove", "path": "emails[type eq 'work']"}),
            &[Reading::SingleQuotes],
        ),
        (
            json!({"op": "add", "value": {"a b": "red"}}),
            &[Reading::AttributeIgnored],
        ),
        (
            json!({"op": "add", "value": {"id": "1"}}),
            &[Reading::ReadOnlyIgnored],
        ),
        (
            json!({"op": "replace", "path": "password", "value": "x"}),
            &[Reading::PasswordIgnored],
        ),
        (
            json!({"op": "add", "path": "schemas", "value": ["urn:x"]}),
            &[Reading::SchemasChangeIgnored],
        ),
        (
            json!({"op": "add", "path": "", "value": {"title": "a"}}),
            &[Reading::EmptyPathIgnored],
        ),
    ] {
        assert_eq!(patched(operation.clone()), expected, "{operation}");
    }
}

#[test]
fn queries() {
    for (filter, expected) in [
        ("userName eq \"ada\" and active eq true", &[][..]),
        ("urn:x:y:colour eq \"red\"", &[]),
        ("active eq \"true\"", &[Reading::BooleanAsText]),
        ("externalId eq 0815", &[Reading::FilterWithoutQuotes]),
        ("emails eq \"a@b\"", &[Reading::ObjectCompared]),
        (
            "emails[type eq \"work\"].value eq \"a@b\"",
            &[Reading::ComparisonAfterBracket],
        ),
        ("colour eq \"red\"", &[Reading::QueryAttributeUnknown]),
        (
            "emails[colour eq \"red\"]",
            &[Reading::QueryAttributeUnknown],
        ),
    ] {
        assert_eq!(filtered(filter), expected, "{filter}");
    }
    for (query, expected) in [
        (
            &[
                ("count", "10"),
                ("startIndex", "0"),
                ("attributes", "name.givenName"),
            ][..],
            &[][..],
        ),
        (&[("colour", "red")], &[Reading::ParameterIgnored]),
        (
            &[("count", "1"), ("COUNT", "2")],
            &[Reading::ParameterRepeated],
        ),
        (&[("count", "1000000")], &[Reading::CountLimited]),
        (&[("sortBy", "colour")], &[Reading::QueryAttributeUnknown]),
        (
            &[("attributes", "userName,colour")],
            &[Reading::QueryAttributeUnknown],
        ),
    ] {
        assert_eq!(asked(query), expected, "{query:?}");
    }
    let body = json!({"schemas": [SEARCH_REQUEST_URN], "colour": "red"});
    let search = noted(|| Query::from_search_request(&USER, body).expect("a search"));
    assert_eq!(search, [Reading::ParameterIgnored]);
}

#[test]
fn every_reading_has_a_test() {
    let source = include_str!("tests.rs");
    for reading in Reading::ALL {
        let row = format!("Reading::{reading:?}]");
        let tested = source.contains(&row) || ELSEWHERE.contains(reading);
        assert!(tested, "{reading:?}");
    }
}

#[test]
fn codes_are_unique_and_fit_into_a_set() {
    let codes = Reading::ALL.iter().map(|reading| reading.as_str());
    let unique: BTreeSet<&str> = codes.collect();
    assert_eq!(unique.len(), Reading::ALL.len());
    assert!(Reading::ALL.len() <= 64);
    let all = Reading::ALL
        .iter()
        .fold(Readings::default(), |set, one| set.with(*one));
    assert!(all.iter().eq(Reading::ALL.iter().copied()));
}

/// Rows: a request, and the attributes that its readings concern.
#[test]
fn readings_name_the_attributes_that_they_concern() {
    let posted = |mut body: Value| {
        body["schemas"] = json!([USER_SCHEMA.id]);
        let (_, readings) = during(Readings::default(), || {
            Resource::parse(&USER, body).map(drop)
        });
        readings
    };
    let patched = |operation: Value| {
        let body = json!({"schemas": [PATCH_OP_URN], "Operations": [operation]});
        let (_, readings) = during(Readings::default(), || Patch::parse(&USER, body).map(drop));
        readings
    };
    for (readings, expected) in [
        (
            posted(json!({"userName": "a", "active": "True", "colour": "red", "id": "1"})),
            &[
                (Reading::BooleanAsText, "active"),
                (Reading::AttributeIgnored, "colour"),
                (Reading::ReadOnlyIgnored, "id"),
            ][..],
        ),
        (
            posted(
                json!({"userName": "a", "emails": [{"value": "x", "primary": "true", "hue": 1}, {"value": "y", "primary": "false"}]}),
            ),
            &[
                (Reading::BooleanAsText, "emails.primary"),
                (Reading::AttributeIgnored, "emails.hue"),
            ],
        ),
        (
            patched(json!({"op": "add", "path": "name.colour", "value": "red"})),
            &[(Reading::PathIgnored, "name.colour")],
        ),
        (
            patched(json!({"op": "add", "value": {"shoeSize": 44, "name": {"colour": "red"}}})),
            &[
                (Reading::AttributeIgnored, "shoeSize"),
                (Reading::AttributeIgnored, "name.colour"),
            ],
        ),
        // What is no name is not kept.
        (posted(json!({"userName": "a", "ada@example.test": 1})), &[]),
        (posted(json!({"userName": "a", ("x".repeat(500)): 1})), &[]),
    ] {
        assert!(readings.iter().next().is_some());
        let mut about: Vec<_> = readings.about().collect();
        about.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(about, expected);
    }
    let many: serde_json::Map<String, Value> =
        (0..50).map(|n| (format!("a{n}"), json!(1))).collect();
    let many = posted(Value::Object(many));
    assert_eq!(many.about().count(), MAX_ATTRIBUTES);
}

/// Waits for one poll.
async fn pause() {
    let mut paused = false;
    poll_fn(|_| match std::mem::replace(&mut paused, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

#[test]
fn requests_on_one_thread_do_not_mix() {
    let mut one = pin!(observe(async {
        Reading::BooleanAsText.note();
        pause().await;
        Reading::KeyInOtherCase.note();
    }));
    let mut other = pin!(observe(async {
        pause().await;
        Reading::MemberSkipped.note();
    }));
    let mut context = Context::from_waker(Waker::noop());
    assert!(one.as_mut().poll(&mut context).is_pending());
    assert!(other.as_mut().poll(&mut context).is_pending());
    let of = |polled: Poll<((), Readings)>| match polled {
        Poll::Ready(((), noted)) => noted.iter().collect::<Vec<_>>(),
        Poll::Pending => panic!("pending"),
    };
    let noted = of(one.as_mut().poll(&mut context));
    assert_eq!(noted, [Reading::BooleanAsText, Reading::KeyInOtherCase]);
    assert_eq!(
        of(other.as_mut().poll(&mut context)),
        [Reading::MemberSkipped]
    );
}
