//! Data that a newer version stored: reads and writes of this version keep it, so a roll-back loses nothing.

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_directory::{Role, SettingsChange};
use rollcall_tests::raw::{self, Item};
use rollcall_tests::seed::{rename, sign_in};
use rollcall_tests::service::{Service, Tenant, run};
use serde_json::json;

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// Returns attributes that a newer version could add: a text, and a map that contains a set.
fn newer() -> [(String, AttributeValue); 2] {
    let names = AttributeValue::Ss(vec!["a".to_owned(), "b".to_owned()]);
    let nested = Item::from([("names".to_owned(), names)]);
    [
        ("newer_text".to_owned(), text("kept")),
        ("newer_map".to_owned(), AttributeValue::M(nested)),
    ]
}

/// Adds the attributes of a newer version to an item and to each of these maps in it.
async fn plant(service: &Service, tenant: &Tenant, key: (&str, &str), maps: &[&str]) {
    let mut item = raw::item(service, tenant, key.0, key.1).await;
    item.extend(newer());
    for map in maps {
        let entry = item.entry((*map).to_owned());
        let entry = entry.or_insert_with(|| AttributeValue::M(Item::new()));
        let AttributeValue::M(entries) = entry else {
            panic!("{map} is no map")
        };
        entries.extend(newer());
    }
    raw::put(service, item).await;
}

/// Checks that the item still has all attributes of the newer version.
async fn kept(service: &Service, tenant: &Tenant, key: (&str, &str), maps: &[&str]) {
    let item = raw::item(service, tenant, key.0, key.1).await;
    let check = |place: &str, entries: &Item| {
        for (name, value) in newer() {
            assert_eq!(entries.get(&name), Some(&value), "{key:?} {place} {name}");
        }
    };
    check("", &item);
    for map in maps {
        check(map, item[*map].as_m().unwrap());
    }
}

#[test]
fn attributes_of_a_newer_version_are_written_back() {
    run(async |service| {
        let tenant = service.tenant("newer-attributes").await;
        let (idp, directory) = (tenant.idp(), tenant.directory());
        let ada = idp.user("ada").await;
        // Bob has no standing that this version knows, so that it is not stored.
        let bob = idp.user("bob").await;
        let group = idp.group("g", &[&ada]).await;
        let roles = directory.roles();
        roles.map_group(&group, Some(Role::Member)).await.unwrap();
        sign_in(directory, "ada", None).await;
        service.follow_up(&tenant).await;
        let tokens = raw::items(service, &tenant).await;
        let is_token = |item: &&Item| raw::text(item, "PK") == format!("T#{}#K", tenant.id());
        let token = tokens.iter().find(is_token).unwrap();
        let connection = format!("CONN#{}", tenant.connection_id());
        let mapping = format!("ROLEMAP#{group}");
        let places: [((&str, &str), &[&str]); 8] = [
            (("#U", &ada), &["standing"]),
            (("#U", &bob), &["standing"]),
            (("", &mapping), &[]),
            (("#G", &group), &[]),
            (("", "TENANT"), &["settings"]),
            (("", &connection), &[]),
            (("#K", raw::text(token, "SK")), &[]),
            (("#F", "HEAD"), &[]),
        ];
        for (key, maps) in places {
            plant(service, &tenant, key, maps).await;
        }

        // Perform every kind of write that changes one of these items.
        let title = json!([{"op": "add", "path": "title", "value": "Dr."}]);
        idp.patch(&format!("/Users/{ada}"), title).await.expect(200);
        for active in [false, true] {
            let change = json!([{"op": "replace", "path": "active", "value": active}]);
            idp.patch(&format!("/Users/{ada}"), change)
                .await
                .expect(200);
        }
        sign_in(directory, "ada", None).await;
        directory
            .sign_in()
            .end_sessions_of(&ada, Role::Owner)
            .await
            .unwrap();
        let role = Some(Role::Admin);
        directory
            .roles()
            .give_role(&ada, role, Role::Owner)
            .await
            .unwrap();
        for role in [Some(Role::Viewer), None] {
            roles.give_role(&bob, role, Role::Owner).await.unwrap();
        }
        roles.map_group(&group, Some(Role::Viewer)).await.unwrap();
        let leave = json!([{"op": "remove", "path": "members"}]);
        idp.patch(&format!("/Groups/{group}"), leave)
            .await
            .expect(204);
        let renamed = json!([{"op": "replace", "path": "displayName", "value": "h"}]);
        idp.patch(&format!("/Groups/{group}"), renamed)
            .await
            .expect(204);
        let change = SettingsChange {
            retention_days: Some(30),
            ..SettingsChange::default()
        };
        directory.settings().change(&change).await.unwrap();
        rename(directory, "Renamed").await.unwrap();
        let credentials = directory.credentials();
        let label = Some("renamed".to_owned());
        let id = tenant.connection_id();
        credentials
            .change_connection(id, label, None)
            .await
            .unwrap();
        service.follow_up(&tenant).await;

        for (key, maps) in places {
            kept(service, &tenant, key, maps).await;
        }
    });
}

#[test]
fn values_of_a_newer_version_are_read_and_kept() {
    run(async |service| {
        let tenant = service.tenant("newer-values").await;
        let (idp, directory) = (tenant.idp(), tenant.directory());
        let ada = idp.user("ada").await;
        let group = idp.group("g", &[&ada]).await;
        directory
            .roles()
            .map_group(&group, Some(Role::Admin))
            .await
            .unwrap();
        let role = Some(Role::Member);
        directory
            .roles()
            .give_role(&ada, role, Role::Owner)
            .await
            .unwrap();
        // The reconciler must not write while this test replaces items.
        service.follow_up(&tenant).await;
        let change = async |key: (&str, &str), path: &[&str], value: &str| {
            let mut item = raw::item(service, &tenant, key.0, key.1).await;
            let (last, maps) = path.split_last().unwrap();
            let mut entries = &mut item;
            for map in maps {
                let Some(AttributeValue::M(inner)) = entries.get_mut(*map) else {
                    panic!("{map} is no map")
                };
                entries = inner;
            }
            entries.insert((*last).to_owned(), text(value));
            // Whoever has read the item must not write over this.
            if let Some(AttributeValue::N(revision)) = item.get_mut("revision") {
                *revision = (revision.parse::<u64>().unwrap() + 1).to_string();
            }
            raw::put(service, item).await;
        };
        let mapping = format!("ROLEMAP#{group}");
        let connection = format!("CONN#{}", tenant.connection_id());
        change(("", &mapping), &["role"], "auditor").await;
        change(("#U", &ada), &["standing", "manual", "role"], "auditor").await;
        change(("", "TENANT"), &["settings", "sso_default_role"], "auditor").await;
        change(("", "TENANT"), &["settings", "route_by"], "badge").await;
        change(("", &connection), &["provider"], "badges").await;

        // A role that this version does not know grants nothing, and only an owner can remove it.
        let held = directory.roles().person_role(&ada).await.unwrap();
        assert_eq!((held.effective, held.grants.len()), (None, 0));
        let signed_in = sign_in(directory, "ada", Some(&["g"])).await;
        assert_eq!(signed_in.role, None);
        let taken = directory.roles().give_role(&ada, None, Role::Admin).await;
        assert!(taken.is_err(), "an admin took away an unknown role");
        service.follow_up(&tenant).await;

        let change = SettingsChange {
            retention_days: Some(30),
            ..SettingsChange::default()
        };
        directory.settings().change(&change).await.unwrap();
        let credentials = directory.credentials();
        let label = Some("renamed".to_owned());
        let id = tenant.connection_id();
        credentials
            .change_connection(id, label, None)
            .await
            .unwrap();

        let user = raw::item(service, &tenant, "#U", &ada).await;
        let standing = user["standing"].as_m().unwrap();
        assert_eq!(standing["manual"].as_m().unwrap()["role"], text("auditor"));
        let stored = raw::item(service, &tenant, "", "TENANT").await;
        let settings = stored["settings"].as_m().unwrap();
        assert_eq!(settings["sso_default_role"], text("auditor"));
        assert_eq!(settings["route_by"], text("badge"));
        let stored = raw::item(service, &tenant, "", &connection).await;
        assert_eq!(stored["provider"], text("badges"));
    });
}
