//! The groups that a `groups` claim names: found by name, external id or id, also after changes and in the data of
//! earlier versions.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::capacity::measure;
use rollcall_directory::{GROUPS, Role};
use rollcall_tests::raw;
use rollcall_tests::seed::{create, patch, person, sign_in};
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::urn;
use serde_json::{Value, json};

/// The attribute of the tenant's item that says since when the lists by external id are complete.
const LISTED_AT: &str = "groups_listed_at";

/// Creates a mapped group with an external id and returns its id.
async fn mapped(tenant: &Tenant, name: &str, external_id: &str, role: Role) -> String {
    let body = json!({"schemas": [urn::GROUP], "displayName": name, "externalId": external_id});
    let id = create(tenant.directory(), &GROUPS, body).await;
    map(tenant, &id, Some(role)).await;
    id
}

async fn map(tenant: &Tenant, group: &str, role: Option<Role>) {
    let roles = tenant.directory().roles();
    roles.map_group(group, role).await.unwrap();
}

async fn replace(tenant: &Tenant, group: &str, path: &str, value: &str) {
    let change = json!({"op": "replace", "path": path, "value": value});
    patch(tenant.directory(), &GROUPS, group, change).await;
}

/// Signs Ada in with this claim. Returns the names of the groups that counted.
async fn matched(tenant: &Tenant, claim: &[&str]) -> Vec<String> {
    let signed_in = sign_in(tenant.directory(), "ada", Some(claim)).await;
    signed_in.routing.matched
}

/// Makes the lists by external id as if an earlier version had stored the groups: without them.
async fn forget_lists(service: &Service, tenant: &Tenant) {
    let lists = format!("T#{}#GXI", tenant.id());
    for item in raw::items(service, tenant).await {
        if raw::text(&item, "PK") == lists {
            let keys = item
                .into_iter()
                .filter(|(name, _)| name == "PK" || name == "SK");
            raw::put(service, keys.collect()).await;
        }
    }
}

/// Sets when the lists were checked last; never in the data of an earlier version.
async fn set_listed_at(service: &Service, tenant: &Tenant, at: Option<Timestamp>) {
    let mut item = raw::item(service, tenant, "", "TENANT").await;
    item.remove(LISTED_AT);
    let at = at.map(|at| (LISTED_AT.to_owned(), AttributeValue::S(at.to_string())));
    item.extend(at);
    raw::put(service, item).await;
}

async fn listed_at(service: &Service, tenant: &Tenant) -> Option<Timestamp> {
    let item = raw::item(service, tenant, "", "TENANT").await;
    raw::text(&item, LISTED_AT).parse().ok()
}

#[test]
fn a_claim_names_groups_as_they_are_called_now() {
    run(async |service| {
        let tenant = service.tenant("claims-now").await;
        let group = mapped(&tenant, "Leads", "x-1", Role::Admin).await;
        for claim in ["leads", "x-1", &group] {
            assert_eq!(matched(&tenant, &[claim]).await, ["Leads"], "{claim}");
        }
        for claim in ["Lead", "X-1", "x-", "", &group.to_uppercase()] {
            assert!(matched(&tenant, &[claim]).await.is_empty(), "{claim}");
        }

        replace(&tenant, &group, "displayName", "Heads").await;
        replace(&tenant, &group, "externalId", "x-2").await;
        for (claim, count) in [("leads", 0), ("x-1", 0), ("HEADS", 1), ("x-2", 1)] {
            assert_eq!(matched(&tenant, &[claim]).await.len(), count, "{claim}");
        }

        // The name and the external id are given to another group.
        let other = mapped(&tenant, "Leads", "x-1", Role::Viewer).await;
        let both = matched(&tenant, &["leads", "x-1", "heads", "x-2"]).await;
        assert_eq!(both, ["Heads", "Leads"]);

        map(&tenant, &group, None).await;
        assert_eq!(matched(&tenant, &["heads", "x-1"]).await, ["Leads"]);
        let path = format!("/Groups/{other}");
        tenant.idp().delete(&path).await.expect(204);
        assert!(matched(&tenant, &["heads", "x-1", &other]).await.is_empty());
        map(&tenant, &group, Some(Role::Member)).await;
        assert_eq!(matched(&tenant, &["x-2"]).await, ["Heads"]);
    });
}

#[test]
fn one_value_can_name_several_groups() {
    run(async |service| {
        let tenant = service.tenant("claims-several").await;
        mapped(&tenant, "One", "same", Role::Viewer).await;
        let two = mapped(&tenant, "Two", "same", Role::Member).await;
        // By name and by external id.
        mapped(&tenant, "same", "x-3", Role::Admin).await;
        let all = matched(&tenant, &["same", "SAME"]).await;
        assert_eq!(all, ["same", "Two", "One"]);
        replace(&tenant, &two, "externalId", "other").await;
        assert_eq!(matched(&tenant, &["same"]).await, ["same", "One"]);
    });
}

#[test]
fn a_long_claim_and_long_values_are_matched() {
    run(async |service| {
        let tenant = service.tenant("claims-long").await;
        let long = "ü".repeat(2_000);
        mapped(&tenant, "Long", &long, Role::Member).await;
        mapped(&tenant, "Short", "x", Role::Viewer).await;
        assert_eq!(matched(&tenant, &[&long]).await, ["Long"]);
        let values: Vec<String> = (0..500).map(|number| format!("v{number}")).collect();
        let mut claim: Vec<&str> = values.iter().map(String::as_str).collect();
        assert!(matched(&tenant, &claim).await.is_empty());
        claim.extend(["short", &long]);
        assert_eq!(matched(&tenant, &claim).await, ["Long", "Short"]);
    });
}

#[test]
fn groups_of_an_earlier_version_are_found_and_then_listed() {
    run(async |service| {
        let tenant = service.tenant("claims-earlier").await;
        for (name, external_id) in [("One", "x-1"), ("Two", "x-2"), ("Three", "x-2")] {
            mapped(&tenant, name, external_id, Role::Member).await;
        }
        forget_lists(service, &tenant).await;
        set_listed_at(service, &tenant, None).await;
        assert_eq!(
            matched(&tenant, &["x-2", "one"]).await,
            ["One", "Three", "Two"]
        );
        let roles = tenant.directory().roles();
        roles.complete_claim_lists().await.unwrap();
        assert!(listed_at(service, &tenant).await.is_some());
        let claim: &[&str] = &["x-2", "one"];
        // A sign-in begins anew if the service changes the tenant meanwhile, after the events of the mappings.
        let mut least = u32::MAX;
        for name in ["ada", "bob", "cy"] {
            let (signed_in, cost) = measure(sign_in(tenant.directory(), name, Some(claim))).await;
            assert_eq!(signed_in.routing.matched, ["One", "Three", "Two"]);
            least = least.min(cost.calls);
        }
        assert_eq!(least, 3);

        // A change of the settings keeps the mark.
        let noted = listed_at(service, &tenant).await;
        let change = rollcall_directory::SettingsChange {
            retention_days: Some(30),
            ..Default::default()
        };
        tenant.directory().settings().change(&change).await.unwrap();
        assert_eq!(listed_at(service, &tenant).await, noted);
        // A pass that finds nothing to do writes nothing.
        let (passed, cost) = measure(roles.complete_claim_lists()).await;
        passed.unwrap();
        assert_eq!(cost.write_units, 0.0);
    });
}

/// After a roll-back, an earlier version maps groups without listing them.
#[test]
fn groups_of_a_roll_back_are_listed_by_their_event_or_by_the_full_pass() {
    run(async |service| {
        let tenant = service.tenant("claims-rolled-back").await;
        mapped(&tenant, "One", "x-1", Role::Member).await;
        forget_lists(service, &tenant).await;
        service.follow_up(&tenant).await;
        assert_eq!(matched(&tenant, &["x-1"]).await, ["One"]);

        forget_lists(service, &tenant).await;
        tenant
            .directory()
            .roles()
            .complete_claim_lists()
            .await
            .unwrap();
        assert_eq!(matched(&tenant, &["x-1"]).await, ["One"]);

        // Lists that nobody has checked for long are not relied on.
        forget_lists(service, &tenant).await;
        let long_ago = Timestamp::now() - SignedDuration::from_hours(25);
        set_listed_at(service, &tenant, Some(long_ago)).await;
        assert_eq!(matched(&tenant, &["x-1"]).await, ["One"]);
    });
}

#[test]
fn a_list_with_a_group_too_many_gives_nothing() {
    run(async |service| {
        let tenant = service.tenant("claims-stale").await;
        let group = mapped(&tenant, "Leads", "x-1", Role::Admin).await;
        let partition = AttributeValue::S(format!("T#{}#GXI", tenant.id()));
        let list = HashMap::from([
            ("PK".to_owned(), partition),
            ("SK".to_owned(), AttributeValue::S("x-9".to_owned())),
            ("ids".to_owned(), AttributeValue::Ss(vec![group])),
        ]);
        raw::put(service, list).await;
        assert!(matched(&tenant, &["x-9"]).await.is_empty());
        assert_eq!(matched(&tenant, &["x-1"]).await, ["Leads"]);
    });
}

/// What the last sign-in has kept of the person's groups is only a hint.
#[test]
fn memberships_count_as_they_are_now() {
    run(async |service| {
        let tenant = service.tenant("claims-memberships").await;
        let ada = person(tenant.directory(), "ada").await;
        let one = mapped(&tenant, "One", "x-1", Role::Viewer).await;
        let two = mapped(&tenant, "Two", "x-2", Role::Admin).await;
        let member = async |op: &str, group: &str| {
            let change = json!({"op": op, "path": "members", "value": [{"value": ada}]});
            patch(tenant.directory(), &GROUPS, group, change).await;
        };
        let check = async |expected: &[&str]| {
            for claim in [None, Some(&["nothing"][..])] {
                let signed_in = sign_in(tenant.directory(), "ada", claim).await;
                assert_eq!(signed_in.routing.matched, expected, "{claim:?}");
            }
        };
        check(&[]).await;
        member("add", &one).await;
        check(&["One"]).await;
        member("add", &two).await;
        check(&["Two", "One"]).await;
        map(&tenant, &two, None).await;
        check(&["One"]).await;
        replace(&tenant, &one, "displayName", "First").await;
        check(&["First"]).await;
        map(&tenant, &two, Some(Role::Member)).await;
        check(&["Two", "First"]).await;
        tenant
            .idp()
            .delete(&format!("/Groups/{two}"))
            .await
            .expect(204);
        check(&["First"]).await;
        member("remove", &one).await;
        check(&[]).await;

        // More groups than are kept, and more than are read one by one.
        let many: Vec<String> = (0..50).map(|number| format!("g{number:02}")).collect();
        for name in &many {
            let group = mapped(&tenant, name, name, Role::Viewer).await;
            member("add", &group).await;
        }
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        check(&many).await;

        // The item of the name is also what identity providers search.
        let found = tenant.idp().filter("/Users", "userName eq \"ADA\"").await;
        assert_eq!(found.expect(200).total(), 1);
        let rename = json!([{"op": "replace", "path": "userName", "value": "countess"}]);
        let path = format!("/Users/{ada}");
        let renamed = tenant.idp().patch(&path, rename).await.expect(200);
        assert_eq!(renamed.body["userName"], Value::from("countess"));
        let signed_in = sign_in(tenant.directory(), "countess", None).await;
        assert_eq!(
            (signed_in.person.id, signed_in.routing.matched.len()),
            (ada, 50)
        );
    });
}
