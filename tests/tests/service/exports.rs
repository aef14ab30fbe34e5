//! Exports: complete, without secrets, and of a person only what names them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rollcall_directory::{Reason, Role};
use rollcall_tests::scene::Scene;
use rollcall_tests::service::Service;
use rollcall_tests::service::run;
use serde_json::{Value, json};

use crate::imports;
use crate::own_schemas::{attributes, declare};

/// The partitions of a tenant by what follows its id, as the keys of the table build them, with the type of their objects in
/// an export; or why they are not in it.
const PARTITIONS: [(&str, Result<&str, &str>); 58] = [
    ("", Ok("tenant")),
    ("#*", Ok("user")),
    ("#*#*", Err("an index of people and groups")),
    ("#*D", Ok("deleted_user")),
    ("#*I", Err("an index of groups")),
    ("#*N", Err("an index of people and groups")),
    ("#A#*", Err("an index of sign-ins")),
    ("#B", Err("cursors of pages")),
    ("#BC#*", Err("what the brake counts for an hour")),
    ("#BH", Ok("held_change")),
    ("#BR", Ok("branding")),
    ("#C", Err("counters")),
    ("#CA", Err("an index of connections")),
    ("#CD", Ok("deleted_connection")),
    ("#D", Err("computed from the request log")),
    ("#DQ", Err("computed from the request log")),
    ("#E", Ok("erasure")),
    ("#F", Ok("event")),
    ("#F#J", Err("hashes, which the events have")),
    ("#GW", Ok("awaited_role_mapping")),
    ("#H", Ok("webhook")),
    ("#HC", Err("progress of the hourly pass")),
    ("#HF", Ok("findings")),
    ("#HL#*", Ok("delivery")),
    ("#HP", Err("webhooks of the operator")),
    ("#I", Err("changes in progress")),
    ("#I#*", Err("changes in progress")),
    ("#IM", Ok("import")),
    ("#IM#*#M", Ok("met_by_import")),
    ("#IM#*#P", Ok("import_part")),
    ("#IP", Err("changes in progress")),
    ("#J", Ok("audit_entry")),
    ("#JD", Err("an index of the journal")),
    ("#JR#*", Err("an index of the journal")),
    ("#JS#*", Err("an index of the journal")),
    ("#K", Ok("token")),
    ("#KM", Err("a meter")),
    ("#L", Ok("sign_in")),
    ("#M#*", Ok("membership")),
    ("#O", Err("leases on work")),
    ("#P#*", Err("an index of sessions")),
    ("#Q", Ok("request")),
    ("#QM", Err("an index of the request log")),
    ("#QS#*", Err("an index of the request log")),
    ("#R", Err("progress of reconciliations")),
    ("#S", Ok("session")),
    ("#UA", Err("an index of people")),
    ("#UC", Err("marks of connections, which events tell")),
    ("#UH#*", Err("keyed hashes of deleted people")),
    ("#UR", Ok("refused_sign_in")),
    ("#US#*", Err("an index of people")),
    ("#UV", Err("an index of people")),
    ("#W", Err("an index of people")),
    ("#WP", Err("an index of people")),
    ("#X", Err("submitted forms")),
    ("#XA", Err("answers of a day")),
    ("#XS", Ok("schemas")),
    ("#Z", Err("progress of indexes")),
];
/// The other types, of partitions that have several.
const OTHER_TYPES: [&str; 5] = [
    "connection",
    "deleted_group",
    "delivery_of_stack",
    "group",
    "role_mapping",
];

/// Returns what follows the id of a tenant in its partitions, from the sources that build all keys. `*` stands for what names
/// an item or a kind.
fn partitions() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/store/src");
    let mut found = BTreeSet::new();
    for file in std::fs::read_dir(root).expect("a folder") {
        let path = file.expect("an entry").path();
        if path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(path).expect("a source");
        for call in source.split("self.partition(").skip(1) {
            let argument = call.split(';').next().unwrap_or_default();
            let suffix = match argument.split('"').nth(1) {
                _ if argument.trim_start().starts_with("CHECKPOINTS") => "#F#J".to_owned(),
                Some(text) => text.to_owned(),
                None => panic!("an unknown key: {argument}"),
            };
            let parts = suffix.split('{').map(|part| match part.split_once('}') {
                Some((_, after)) => format!("*{after}"),
                None => part.to_owned(),
            });
            let suffix = parts.collect::<String>();
            found.insert(suffix.replace("**", "*"));
        }
    }
    found
}

#[test]
fn every_partition_is_exported_or_there_is_a_reason_why_not() {
    let listed: BTreeMap<&str, _> = PARTITIONS.into();
    let listed: BTreeSet<String> = listed.into_keys().map(str::to_owned).collect();
    let built = partitions();
    let new: Vec<_> = built.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&built).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "new: {new:?}, gone: {gone:?}"
    );
}

/// Writes an item of the tenant as it is.
async fn put(service: &Service, scene: &Scene, (suffix, sort): (&str, &str), name: &str) {
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    let put = service.client().put_item().table_name(service.table());
    let partition = format!("T#{}{suffix}", scene.tenant.id());
    let put = put.item("PK", text(&partition)).item("SK", text(sort));
    put.item(name, text(name)).send().await.expect("a put");
}

/// Adds something of each type to a tenant.
async fn complete(service: &Service, scene: &Scene) {
    let (api, idp) = (&scene.application, scene.tenant.idp());
    declare(service, &scene.tenant, attributes())
        .await
        .expect(200);
    let brand = json!({"product_name": "Plumbline"});
    api.put(&scene.path("/branding"), brand).await.expect(200);
    let role = json!({"role_ids": ["member"]});
    let awaited = scene.path("/groups/role-mapping?name=Members");
    api.put(&awaited, role).await.expect(201);
    let group = idp.group("Gone", &[]).await;
    idp.delete(&format!("/Groups/{group}")).await.expect(204);
    let out = scene.push(json!({"userName": "out@x.test"})).await;
    scene.set(&out, "active", json!(false)).await.expect(200);
    scene.keeps_out(json!({"user_name": "out@x.test"})).await;
    let new = json!({"name": "another", "provider": "okta"});
    let another = api.post(&scene.path("/connections"), new).await.expect(201);
    let another = scene.path(&format!("/connections/{}", another.id()));
    api.delete(&another).await.expect(204);
    imports::begin(scene, "list", json!({"mode": "report"})).await;
    let row = imports::lines(&[json!({"user_name": "ada@x.test"})]);
    imports::send(scene, "list", 1, &row).await.expect(200);
    let erased = scene.push(json!({"userName": "erased@x.test"})).await;
    let erasure = scene.path(&format!("/users/{erased}/erasure"));
    api.post(&erasure, json!({})).await.expect(202);
    service.drained().await;
    for (partition, sort, name) in [
        ("#H", "hook", "label"),
        ("#HL#hook", "1#s", "delivered"),
        ("#HP", "stack-hook", "label"),
        ("#HL#stack-hook#stack", "1#s", "delivered"),
        ("#HF", "FINDINGS", "open_to_a_test"),
        ("#BH", "connection#u#1", "change"),
    ] {
        put(service, scene, (partition, sort), name).await;
    }
}

/// Returns the types of the objects.
fn types(lines: &[Value]) -> BTreeSet<&str> {
    lines
        .iter()
        .filter_map(|line| line["type"].as_str())
        .collect()
}

/// Returns the ids of the objects of a type.
fn ids<'l>(lines: &'l [Value], kind: &str) -> BTreeSet<&'l str> {
    let of_kind = lines.iter().filter(|line| line["type"] == kind);
    of_kind.filter_map(|line| line["id"].as_str()).collect()
}

/// A tenant with two people, Ada among them, and something in every log.
async fn scene(
    service: &rollcall_tests::service::Service,
    name: &str,
) -> (Scene, String, String, String) {
    let scene = Scene::create(service, name).await;
    let ada = scene
        .push(json!({"userName": "ada@x.test", "displayName": "Ada"}))
        .await;
    let bob = scene.push(json!({"userName": "bob@x.test"})).await;
    let group = scene.tenant.idp().group("Staff", &[&ada, &bob]).await;
    let roles = scene.tenant.directory().roles();
    roles.map_group(&group, Some(Role::Admin)).await.unwrap();
    scene.signed_in(json!({"user_name": "ada@x.test"})).await;
    let gone = scene.push(json!({"userName": "gone@x.test"})).await;
    scene
        .tenant
        .idp()
        .delete(&format!("/Users/{gone}"))
        .await
        .expect(204);
    service.follow_up(&scene.tenant).await;
    (scene, ada, bob, group)
}

#[test]
fn the_export_of_a_tenant_is_complete_and_has_no_secrets() {
    run(async |_| {
        let service = &Service::start().await;
        let (scene, ada, bob, group) = scene(service, "exported").await;
        complete(service, &scene).await;
        let path = format!("/tenants/{}/export", scene.tenant.id());
        let lines = scene.application.all(&format!("{path}?limit=3")).await;
        let listed = PARTITIONS.iter().filter_map(|(_, kind)| kind.ok());
        let expected = listed.chain(OTHER_TYPES).collect::<BTreeSet<_>>();
        assert_eq!(types(&lines), expected);
        let users = ids(&lines, "user");
        assert!(users.contains(ada.as_str()) && users.contains(bob.as_str()) && users.len() == 3);
        let of = |kind: &str, name: &str| {
            let one = lines.iter().find(|line| line["type"] == kind);
            one.map(|line| line[name].clone())
        };
        assert_eq!(of("import_part", "import"), Some(json!("list")));
        assert_eq!(of("met_by_import", "id"), Some(json!(ada)));
        assert_eq!(of("delivery", "webhook"), Some(json!("hook")));
        assert_eq!(
            of("delivery_of_stack", "webhook"),
            Some(json!("stack-hook"))
        );
        let members = lines.iter().filter(|line| line["type"] == "membership");
        assert!(members.clone().all(|line| line["group"] == group.as_str()));
        assert_eq!(members.count(), 2);
        let journal = service.journal(&scene.tenant).await;
        assert_eq!(ids(&lines, "audit_entry").len(), journal.len());
        let text = json!(lines).to_string();
        assert!(text.contains(r#""userName":"ada@x.test""#), "{text}");
        // Tokens and sessions are without the hashes by which they are found.
        assert_eq!(ids(&lines, "session"), BTreeSet::new());
        assert!(ids(&lines, "token").iter().all(|id| id.len() == 36));
        assert!(!text.contains(scene.tenant.token()));
        // A page size does not change it.
        assert_eq!(
            scene
                .application
                .all(&format!("{path}?limit=500"))
                .await
                .len(),
            lines.len()
        );
        scene
            .application
            .get(&format!("{path}?after=nowhere"))
            .await
            .expect(400);
        scene
            .application
            .get("/tenants/never-there/export")
            .await
            .expect(404);
    });
}

#[test]
fn the_export_of_a_person_has_what_names_them() {
    run(async |service| {
        let (scene, ada, bob, _) = scene(service, "exported-person").await;
        let path = format!("/tenants/{}/users/{ada}/export", scene.tenant.id());
        let lines = scene.application.all(&path).await;
        let expected = [
            "audit_entry",
            "event",
            "membership",
            "request",
            "session",
            "sign_in",
            "user",
        ];
        assert_eq!(types(&lines), BTreeSet::from(expected));
        assert_eq!(ids(&lines, "user"), BTreeSet::from([ada.as_str()]));
        let text = json!(lines).to_string();
        assert!(!text.contains("bob@x.test"), "{text}");
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        admin.get(&format!("/users/{ada}/export")).await.expect(403);
        let owner = service.admin(&scene.tenant, Role::Owner).await;
        assert!(!owner.all(&format!("/users/{bob}/export")).await.is_empty());
        owner.get("/users/nobody/export").await.expect(404);
    });
}

#[test]
fn the_export_of_a_deleted_person_has_what_names_them() {
    run(async |service| {
        let (scene, ..) = scene(service, "exported-deleted").await;
        let gone = scene.push(json!({"userName": "left@x.test"})).await;
        let idp = scene.tenant.idp();
        idp.delete(&format!("/Users/{gone}")).await.expect(204);
        service.follow_up(&scene.tenant).await;
        let path = format!("/tenants/{}/users/{gone}/export", scene.tenant.id());
        let lines = scene.application.all(&path).await;
        let expected = ["audit_entry", "deleted_user", "event", "request"];
        assert_eq!(types(&lines), BTreeSet::from(expected));
        // The request that created them has their user name, and not their id.
        assert!(lines.iter().any(|line| line["http_method"] == "POST"));
        let text = json!(lines).to_string();
        for other in ["ada@x.test", "bob@x.test", "gone@x.test"] {
            assert!(!text.contains(other), "{text}");
        }
    });
}

#[test]
fn a_cursor_belongs_to_one_export() {
    run(async |service| {
        let (scene, ada, bob, _) = scene(service, "exported-cursors").await;
        let (api, other) = (&scene.application, service.tenant("exported-other").await);
        let of_tenant = format!("/tenants/{}/export", scene.tenant.id());
        let of_other = format!("/tenants/{}/export", other.id());
        let person = |id: &str| format!("/tenants/{}/users/{id}/export", scene.tenant.id());
        let exports = [of_tenant, of_other, person(&ada), person(&bob)];
        for export in &exports {
            let page = api.get(&format!("{export}?limit=1")).await.expect(200);
            let next = page.string("/next");
            assert!(!next.contains('~'), "{next}");
            for asked in &exports {
                let answer = api.get(&format!("{asked}?limit=1&after={next}")).await;
                match asked == export {
                    true => answer.expect(200),
                    false => answer.because(Reason::InvalidCursor).expect(400),
                };
            }
            for forged in ["", "users~~zzzz", "configuration~~", &next[1..]] {
                let answer = api.get(&format!("{export}?after={forged}")).await;
                answer.because(Reason::InvalidCursor);
            }
        }
    });
}
