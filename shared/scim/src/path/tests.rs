//! Tests of paths: text and canonical spelling, and properties.

use proptest::prelude::*;

use super::*;
use crate::schema::{ENTERPRISE_USER_SCHEMA, USER};

const ENTERPRISE: &str = ENTERPRISE_USER_SCHEMA.id;

fn check(text: &str, expected: &str) {
    let path = AttrPath::parse(&USER, text).map(|path| path.to_string());
    assert_eq!(path.as_deref(), Ok(expected), "{text}");
}

#[test]
fn spelled_as_declared() {
    check("userName", "userName");
    check("USERNAME", "userName");
    check("Emails.VALUE", "emails.value");
    check("meta.lastmodified", "meta.lastModified");
    check("groups.$REF", "groups.$ref");
    check(
        "urn:ietf:params:scim:schemas:core:2.0:User:name.givenname",
        "name.givenName",
    );
    check("manager", &format!("{ENTERPRISE}:manager"));
    check("Manager.Value", &format!("{ENTERPRISE}:manager.value"));
    let shouted = format!("{}:DEPARTMENT", ENTERPRISE.to_uppercase());
    check(&shouted, &format!("{ENTERPRISE}:department"));
    check(
        &format!("{ENTERPRISE}.department"),
        &format!("{ENTERPRISE}:department"),
    );
    check(
        &format!("{ENTERPRISE}.manager.VALUE"),
        &format!("{ENTERPRISE}:manager.value"),
    );
    check(
        "urn:ietf:params:scim:schemas:core:2.0:User.name.givenName",
        "name.givenName",
    );
    check(ENTERPRISE, ENTERPRISE);
    check(&ENTERPRISE.to_lowercase(), ENTERPRISE);
}

#[test]
fn unknown_names_stay() {
    check("favouriteColour", "favouriteColour");
    check("name.Foo", "name.Foo");
    check("urn:x:y:attr.sub", "urn:x:y:attr.sub");
    check("urn:x:ext:2.0:User", "urn:x:ext:2.0:User");
    check("urn:x:ext:2.0:User.colour", "urn:x:ext:2.0:User:colour");
    check("urn:x:ext:2.0:User.a.b", "urn:x:ext:2.0:User:a.b");
    check("urn:x:ext:2.0:User:colour", "urn:x:ext:2.0:User:colour");
}

#[test]
fn a_whole_schema_has_no_attribute() {
    let whole = |text: &str| AttrPath::parse(&USER, text).is_ok_and(|path| path.is_whole_schema());
    assert!(whole(ENTERPRISE));
    assert!(whole("urn:ietf:params:scim:schemas:core:2.0:User"));
    assert!(whole("urn:x:ext:2.0:User"));
    assert!(!whole("urn:x:y:attr"));
    assert!(!whole("userName"));
}

#[test]
fn extensions_as_a_whole() {
    let check = |text: &str, urn: &str, expected: bool| {
        let path = AttrPath::parse(&USER, text).expect("a path");
        assert_eq!(path.names_schema(urn), expected, "{text} {urn}");
    };
    check("urn:x:ext", "URN:X:ext", true);
    check("urn:x:ext", "urn:x", false);
    check("urn:x:ext", "urn:x:extra", false);
    check("urn:x:ext.a", "urn:x:ext", false);
    check(ENTERPRISE, ENTERPRISE, true);
    check("manager", ENTERPRISE, false);
    check("userName", "urn:x", false);
}

#[test]
fn what_is_not_a_path() {
    for text in [
        "",
        ".",
        "a.",
        ".a",
        "a.b.c",
        "1a",
        "a b",
        "a[",
        "$",
        ":",
        ":a",
        "urn:x:",
        "urn:x:1.0",
        "ä",
        "a:b",
        "emails[type eq \"work\"]",
    ] {
        let error = AttrPath::parse(&USER, text);
        assert!(
            matches!(error, Err(Error::InvalidPath(_))),
            "{text}: {error:?}"
        );
    }
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in any::<String>()) {
        let _ = AttrPath::parse(&USER, &text);
    }

    #[test]
    fn printed_paths_parse_to_themselves(
        text in "(urn:[a-z]{1,5}:([12]\\.0:)?)?[a-zA-Z][a-z_-]{0,8}(\\.[a-z]{1,5})?"
    ) {
        if let Ok(path) = AttrPath::parse(&USER, &text) {
            prop_assert_eq!(AttrPath::parse(&USER, &path.to_string()), Ok(path));
        }
    }
}
