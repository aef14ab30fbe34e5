//! Tests of evaluation: filters on one User.

use serde_json::json;

use super::*;
use crate::schema::USER;

fn user() -> Resource {
    let attributes = json!({
        "id": "2819c223", "externalId": "Ext-7", "userName": "Ada@Example.com",
        "name": {"givenName": "Ada", "familyName": "Straße"},
        "title": "Countess", "nickName": "", "active": true,
        "emails": [
            {"value": "ada@work.test", "type": "work", "primary": true},
            {"value": "ada@home.test", "type": "home"},
        ],
        "meta": {"lastModified": "2024-05-01T12:00:00.000Z", "resourceType": "User"},
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "department": "R&D", "manager": {"value": "42"},
        },
        "urn:x:ext": {"Colour": "Red", "size": 10, "flag": true, "tags": ["a", "b"]},
    });
    match attributes {
        Value::Object(attributes) => Resource::from_stored(&USER, attributes),
        _ => unreachable!("an object literal"),
    }
}

fn check(text: &str, expected: bool) {
    let filter = Filter::parse(&USER, text).expect(text);
    assert_eq!(filter.matches(&user()), expected, "{text}");
}

fn yes(filters: &[&str]) {
    filters.iter().for_each(|text| check(text, true));
}

fn no(filters: &[&str]) {
    filters.iter().for_each(|text| check(text, false));
}

#[test]
fn text_compares_by_the_case_rule_of_its_attribute() {
    yes(&[
        "userName eq \"ADA@example.COM\"",
        "userName co \"@EXAMPLE\"",
        "userName sw \"ada\"",
        "userName ew \".com\"",
        "name.familyName eq \"STRASSE\"",
        "title gt \"baron\"",
        "title ge \"countess\"",
        "title lt \"duchess\"",
        "title le \"COUNTESS\"",
        "externalId eq \"Ext-7\"",
        "externalId sw \"Ext\"",
        "emails.type eq \"WORK\"",
    ]);
    no(&[
        "externalId eq \"ext-7\"",
        "id eq \"2819C223\"",
        "externalId co \"ext\"",
        "title gt \"countess\"",
        "title lt \"countess\"",
        "userName eq \"ada\"",
    ]);
}

#[test]
fn other_types() {
    yes(&[
        "active eq true",
        "active ne false",
        "active eq \"true\"",
        "urn:x:ext:size eq 10",
        "urn:x:ext:size eq 10.0",
        "urn:x:ext:size gt 9.5",
        "urn:x:ext:flag eq \"True\"",
        "meta.lastModified eq \"2024-05-01T14:00:00+02:00\"",
        "meta.lastModified gt \"2024-05-01T11:59:59Z\"",
        "meta.lastModified le \"2024-05-01T12:00:00Z\"",
        "meta.lastModified sw \"2024-05\"",
    ]);
    no(&[
        "active eq false",
        "active eq \"yes\"",
        "urn:x:ext:size eq \"10\"",
        "urn:x:ext:size lt 10",
        "meta.lastModified lt \"2024-05-01T12:00:00Z\"",
    ]);
}

#[test]
fn of_several_values_one_is_enough() {
    yes(&[
        "emails.value eq \"ada@home.test\"",
        "emails eq \"ada@home.test\"",
        "emails.type ne \"work\"",
        "emails co \"WORK\"",
        "urn:x:ext:tags eq \"b\"",
    ]);
    no(&["emails.value eq \"ada\"", "urn:x:ext:tags eq \"c\""]);
}

#[test]
fn a_value_path_is_about_one_value() {
    yes(&[
        "emails[type eq \"work\" and value co \"work\"]",
        "emails[type eq \"work\"].value eq \"ada@work.test\"",
        "emails[type eq \"home\" and not (primary pr)]",
        "emails[primary eq \"True\"]",
        "emails[primary ne true]",
    ]);
    no(&[
        "emails[type eq \"work\" and value co \"home\"]",
        "ims[type pr]",
        "emails[type eq \"other\"].value pr",
    ]);
}

#[test]
fn presence() {
    yes(&[
        "title pr",
        "name pr",
        "emails pr",
        "emails.primary pr",
        "active pr",
        "manager pr",
        "urn:x:ext pr",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr",
        "nickName eq \"\"",
        "title ne null",
        "locale eq null",
    ]);
    no(&[
        "nickName pr",
        "locale pr",
        "ims pr",
        "colour pr",
        "title eq null",
        "locale ne null",
    ]);
}

#[test]
fn no_value_differs_from_any() {
    yes(&[
        "locale ne \"en\"",
        "not (locale eq \"en\")",
        "colour ne \"red\"",
        "title ne \"Duchess\"",
    ]);
    no(&[
        "locale eq \"en\"",
        "locale gt \"\"",
        "title ne \"countess\"",
    ]);
}

#[test]
fn logic() {
    yes(&[
        "title pr or ims pr and photos pr",
        "not (ims pr)",
        "(ims pr or title pr) and active eq true",
    ]);
    no(&["(title pr or ims pr) and photos pr", "not (title pr)"]);
}

#[test]
fn extensions() {
    yes(&[
        "department eq \"r&d\"",
        "manager eq \"42\"",
        "urn:X:EXT:colour eq \"red\"",
        "schemas eq \"urn:x:ext\"",
    ]);
    no(&[
        "manager eq \"43\"",
        "urn:x:other:colour pr",
        "urn:x:ext:shape pr",
    ]);
}

#[test]
fn members() {
    let check = |text: &str, expected: bool| {
        let text = format!("members[{text}]");
        let filter = Filter::parse(&crate::schema::GROUP, &text).expect("a filter");
        let Filter::ValuePath { filter, .. } = filter else {
            panic!("{text} is a value path")
        };
        let member = json!({"value": "u1", "type": "User"});
        let matcher = ValueMatcher::new(&filter, crate::schema::GROUP.attribute("members"));
        for member in [
            member,
            json!({"value": "u1"}),
            json!({"value": "u1", "type": "Device"}),
        ] {
            assert_eq!(matcher.matches(&member), expected, "{text} {member}");
        }
    };
    check("value eq \"u1\"", true);
    check("value eq \"U1\"", false);
    check("type eq \"USER\" and display eq null", true);
    check("type eq \"Group\"", false);
}

#[test]
fn urls_that_are_shown_can_be_filtered() {
    const BASE: &str = "https://x.test/scim/v2/";
    let check = |rt: &'static ResourceType, attributes: &Value, text: &str, expected: bool| {
        let attributes = attributes.as_object().expect("an object").clone();
        let resource = Resource::from_stored(rt, attributes);
        let filter = Filter::parse(rt, text).expect(text);
        let found = Matcher::at(&filter, rt, BASE).matches(&resource);
        assert_eq!(found, expected, "{text}");
    };
    let user = json!({"id": "1", "groups": [{"value": "g"}]});
    for (text, expected) in [
        ("meta.location eq \"https://x.test/scim/v2/Users/1\"", true),
        ("meta.location ew \"/Users/2\"", false),
        ("groups.$ref eq \"https://x.test/scim/v2/Groups/g\"", true),
        ("groups[$ref ew \"/g\"]", true),
    ] {
        check(&USER, &user, text, expected);
    }
    let group = json!({"id": "2", "members": [{"value": "1", "type": "Device"}]});
    for (text, expected) in [
        ("members[type eq \"User\"]", true),
        ("members.type eq \"User\"", true),
        ("members.type eq \"Device\"", false),
        ("members[$ref eq \"https://x.test/scim/v2/Users/1\"]", true),
    ] {
        check(&crate::schema::GROUP, &group, text, expected);
    }
}
