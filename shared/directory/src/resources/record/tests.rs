//! Tests of records: what is no change, and what a newer version stored.

use rollcall_model::TenantId;
use rollcall_store::{number, string};

use super::*;

fn stored() -> Item {
    let standing = [
        ("first_login_at", string("2026-01-01T00:00:00Z")),
        ("epoch", number(3)),
    ];
    let standing = standing.map(|(name, value)| (name.to_owned(), value));
    let attributes = [
        ("PK", string("T#acme#U")),
        ("SK", string("u-1")),
        (DOCUMENT, string(r#"{"userName":"ada"}"#)),
        ("version", number(1)),
        ("revision", number(1)),
        ("created", string("2026-01-01T00:00:00Z")),
        ("modified", string("2026-01-01T00:00:00Z")),
        ("origin", string("pushed")),
        (
            "standing",
            aws_sdk_dynamodb::types::AttributeValue::M(standing.into()),
        ),
    ];
    attributes
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

#[test]
fn the_same_attributes_are_no_change() {
    let record = Record::from_item(stored()).unwrap();
    let same = record.resource(&USERS).unwrap().clone();
    let changed = record.changed_to(&USERS, same, record.created).unwrap();
    assert_eq!(changed, None);
}

#[test]
fn what_a_newer_version_stored_is_written_back() {
    let tenant: TenantId = "acme".parse().unwrap();
    let record = Record::from_item(stored()).unwrap();
    let mut resource = record.resource(&USERS).unwrap().clone();
    resource.set("title", json!("Dr."));
    let at = record.created;
    let mut after = record.changed_to(&USERS, resource, at).unwrap().unwrap();
    after.account.last_login_at = Some(at);
    let item = after.to_item(Keys::of(&tenant), &USERS).unwrap();
    assert_eq!(item["origin"], string("pushed"));
    let standing = item["standing"].as_m().unwrap();
    assert_eq!(standing["epoch"], number(3));
    assert_eq!(standing["last_login_at"], string("2026-01-01T00:00:00Z"));
    let again = Record::from_item(item).unwrap();
    assert_eq!(again.text(&USERS, "title").unwrap().as_deref(), Some("Dr."));
    assert_eq!(again.version, 2);
}
