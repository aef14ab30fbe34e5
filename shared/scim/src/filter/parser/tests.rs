//! Tests of the parser: filters and their canonical form, and properties.

use proptest::prelude::*;

use super::*;
use crate::schema::{ENTERPRISE_USER_SCHEMA, GROUP, USER};

/// Checks the canonical form of a filter, and that the canonical form parses to the same filter.
fn check(text: &str, expected: &str) {
    let filter = Filter::parse(&USER, text).expect(text);
    assert_eq!(filter.to_string(), expected);
    assert_eq!(Filter::parse(&USER, expected), Ok(filter));
}

fn same(text: &str) {
    check(text, text);
}

fn refuse(text: &str) -> String {
    match Filter::parse(&USER, text) {
        Err(Error::InvalidFilter(detail)) => detail,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn forms_of_the_rfc() {
    same("userName eq \"bjensen\"");
    same("name.familyName co \"O'Malley\"");
    same("title pr and userType eq \"Employee\"");
    same("title pr or userType eq \"Intern\"");
    same("userType eq \"E\" and (emails.value co \"a\" or emails.value co \"b\")");
    same("not (userType eq \"E\") and title pr");
    same("emails[type eq \"work\" and value co \"@x.com\"] or ims[type eq \"xmpp\"]");
    same("meta.lastModified gt \"2011-05-13T04:42:34Z\"");
    same("active eq true and title ne null");
    same("schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"");
    same(&format!(
        "{}:department sw \"R\"",
        ENTERPRISE_USER_SCHEMA.id
    ));
    same(&format!("{} pr", ENTERPRISE_USER_SCHEMA.id));
    same("urn:x:ext:colour eq 1.5 and urn:x:ext:shape.sides ge 3");
    same("title eq \"\\\"\\\\é\\n\"");
}

#[test]
fn names_and_operators_in_any_case() {
    check(
        "USERNAME EQ \"A\" AND NOT(Title PR)",
        "userName eq \"A\" and not (title pr)",
    );
    check(
        "urn:ietf:params:scim:schemas:core:2.0:user:name.GIVENNAME sw \"A\"",
        "name.givenName sw \"A\"",
    );
    check("Emails[TYPE eq \"work\"]", "emails[type eq \"work\"]");
}

#[test]
fn precedence_is_not_and_or() {
    check("a pr or b pr and c pr", "a pr or b pr and c pr");
    check("(a pr or (b pr and c pr))", "a pr or b pr and c pr");
    check("(a pr or b pr) and c pr", "(a pr or b pr) and c pr");
    check("((a pr)) and (b pr and c pr)", "a pr and (b pr and c pr)");
    check(
        "not (a pr) or not (not (b pr))",
        "not (a pr) or not (not (b pr))",
    );
}

#[test]
fn dialects() {
    check("externalId eq jyoung", "externalId eq \"jyoung\"");
    check("externalId eq 0815", "externalId eq \"0815\"");
    check("externalId eq 1.0", "externalId eq \"1.0\"");
    check("externalId eq true", "externalId eq \"true\"");
    check(
        "userName eq a.b@example.com",
        "userName eq \"a.b@example.com\"",
    );
    check("active eq \"True\"", "active eq true");
    check("active eq FALSE", "active eq false");
    check("roles[primary eq \"True\"]", "roles[primary eq true]");
    let manager = format!("{}:manager.value eq \"271\"", ENTERPRISE_USER_SCHEMA.id);
    check("manager eq \"271\"", &manager);
    check("emails co \"x\"", "emails.value co \"x\"");
    check(
        "emails[type eq \"work\"].value eq \"a\"",
        "emails[type eq \"work\" and value eq \"a\"]",
    );
    check(
        "emails[type eq \"work\" or primary eq true].VALUE pr",
        "emails[(type eq \"work\" or primary eq true) and value pr]",
    );
    let members = Filter::parse(&GROUP, "members eq \"u\"").map(|f| f.to_string());
    assert_eq!(members.as_deref(), Ok("members.value eq \"u\""));
}

#[test]
fn what_is_not_a_filter() {
    for text in [
        "",
        " ",
        "userName",
        "userName eq",
        "userName eq and",
        "eq \"a\"",
        "userName is \"a\"",
        "userName eq \"a\" and",
        "userName eq \"a\" title pr",
        "(userName pr",
        "userName pr)",
        "not userName pr",
        "emails[type eq \"work\"",
        "emails[]",
        "emails[type]",
        "[a pr]",
        "userName[type eq \"a\"]",
        "emails[type eq \"w\"].value",
        "emails[a.b pr]",
        "name.givenName[a pr]",
        "a..b pr",
        "userName eq \"a",
        "\"userName\" eq \"a\"",
        "()",
        "name eq \"a\"",
        "addresses eq \"a\"",
        "urn:x:e:2.0:User eq \"a\"",
    ] {
        assert!(!refuse(text).is_empty(), "{text}");
    }
}

#[test]
fn what_has_no_order() {
    for text in [
        "active gt true",
        "active le \"true\"",
        "x509Certificates.value ge \"aGk=\"",
        "title gt null",
        "colour lt false",
        "title co 1 and active co true",
        "meta.created gt \"yesterday\"",
        "meta.created eq \"2011\"",
    ] {
        assert!(!refuse(text).is_empty(), "{text}");
    }
    same("meta.created sw \"2011\"");
}

#[test]
fn details_say_where() {
    assert_eq!(
        refuse("userName eq \"a\" && title pr"),
        "expected `and`, `or` or the end and found `&&` at byte 16 of the filter"
    );
    assert_eq!(
        refuse("userName eq"),
        "the filter ends where a value in `\"` quotes was expected"
    );
}

#[test]
fn bounds() {
    let deep = |n: usize| format!("{}title pr{}", "(".repeat(n), ")".repeat(n));
    assert!(Filter::parse(&USER, &deep(MAX_FILTER_DEPTH)).is_ok());
    let detail = refuse(&deep(MAX_FILTER_DEPTH + 1));
    assert!(detail.contains("levels deep"), "{detail}");
    refuse(&deep(1_000));
    refuse(&deep(100_000));
    refuse(&format!("{}title pr", "not (".repeat(3_000)));
    let wide = |n: usize| vec!["a pr"; n].join(" or ");
    assert!(Filter::parse(&USER, &wide(MAX_FILTER_TERMS)).is_ok());
    refuse(&wide(MAX_FILTER_TERMS + 1));
    refuse(&format!("title eq \"{}\"", "a".repeat(MAX_FILTER_BYTES)));
}

#[test]
fn a_comparison_drawn_into_a_value_path_stays_within_bounds() {
    let deep = |n: usize| {
        let inner = format!("{}type pr or value pr{}", "(".repeat(n), ")".repeat(n));
        format!("emails[{inner}].display pr")
    };
    for n in MAX_FILTER_DEPTH - 3..=MAX_FILTER_DEPTH {
        if let Ok(filter) = Filter::parse(&USER, &deep(n)) {
            assert_eq!(Filter::parse(&USER, &filter.to_string()), Ok(filter));
        }
    }
}

#[test]
fn paths_of_operations() {
    let check = |text: &str, path: &str, filter: Option<&str>| {
        let (found, inner) = parse_path(&USER, text).expect(text);
        assert_eq!(found.to_string(), path);
        assert_eq!(inner.map(|inner| inner.to_string()).as_deref(), filter);
    };
    check("emails", "emails", None);
    check(
        "emails[Type EQ \"other\"].Value",
        "emails.value",
        Some("type eq \"other\""),
    );
    check(
        "addresses[type eq \"work\"]",
        "addresses",
        Some("type eq \"work\""),
    );
    let e = ENTERPRISE_USER_SCHEMA.id;
    check(&format!("{e}:manager"), &format!("{e}:manager"), None);
    check("urn:x:y:a[b eq 1].c", "urn:x:y:a.c", Some("b eq 1"));
    for text in [
        "",
        "emails[",
        "emails[type eq \"w\"",
        "emails[type eq \"w\"]value",
        "a b",
        "emails[type eq \"w\"].",
        "emails[type eq \"w\"].a.b",
        "userName[a pr]",
        "emails]",
        "emails[type eq \"w\"] x",
    ] {
        let error = parse_path(&USER, text);
        assert!(
            matches!(error, Err(Error::InvalidPath(_))),
            "{text}: {error:?}"
        );
    }
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in any::<String>()) {
        let _ = Filter::parse(&USER, &text);
        let _ = parse_path(&GROUP, &text);
    }

    #[test]
    fn any_tokens_are_parsed_or_refused(
        words in prop::collection::vec(prop::sample::select(vec![
            "(", ")", "[", "]", "not", "and", "or", "eq", "pr", "gt", "emails", "type", ".value",
            "\"a\"", "true", "1", "null", "manager", "urn:x:y:z", "not(",
        ]), 0..20)
    ) {
        if let Ok(filter) = Filter::parse(&USER, &words.join(" ")) {
            prop_assert_eq!(Filter::parse(&USER, &filter.to_string()), Ok(filter));
        }
    }
}
