//! Tests of the keys: long names, and the partitions of tenants.

use super::*;
use rollcall_model::USERS;

#[test]
fn long_names_stay_distinct_and_within_dynamodb_s_limits() {
    let tenant: TenantId = "acme".parse().unwrap();
    let key = |text: &str| Keys::of(&tenant).name(&USERS, text).sort;
    let (a, b) = (
        format!("{}a", "ü".repeat(9_000)),
        format!("{}b", "ü".repeat(9_000)),
    );
    assert_ne!(key(&a), key(&b));
    assert!(key(&a).len() <= 1_024);
    assert!(key(&a).starts_with(name_prefix(&a)));
    assert_eq!(key("bob"), "bob");
}

#[test]
fn no_two_tenants_share_a_partition() {
    let (a, b): (TenantId, TenantId) = ("a".parse().unwrap(), "a-u".parse().unwrap());
    let (a, b) = (Keys::of(&a), Keys::of(&b));
    let users = a.resources(&USERS);
    assert_ne!(users, b.config());
    assert!(!b.config().as_str().starts_with(users.as_str()));
    for (partition, owned) in [
        ("T#a", true),
        ("T#a#UE#x#J", true),
        ("T#a-u", false),
        ("T#a-u#U", false),
        ("S#TENANTS", false),
    ] {
        assert_eq!(a.own(partition), owned, "{partition}");
    }
}
