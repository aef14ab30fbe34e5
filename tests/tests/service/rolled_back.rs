//! What this version stores of identities is what the previous version reads: each attribute that the previous version
//! stored is there, and has the same type. So after a roll-back, nobody is locked out, and nobody is somebody else.
//!
//! The file is the form of what the previous version stored after the same requests; `ROLLCALL_WRITE_FORM=1` writes it
//! anew, when a version is released. That other versions keep attributes and ignore items that they do not know is shown
//! by `newer_versions`. What the code of the previous version then does is shown by the command `tests/rolled-back`, which
//! builds it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_directory::Role;
use rollcall_tests::raw;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
use serde_json::json;

const PATH: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/compatibility/identity-form.json"
);

/// The kinds of items: people with their bindings, epochs, names, tombstones and traces; sessions; and sign-ins.
const IDENTITIES: [&str; 3] = ["#U", "#S ", "#L "];

/// The types of the attributes of each kind of item.
type Form = BTreeMap<String, BTreeMap<String, String>>;

/// Returns a key without what is different in each tenant: `#US#<hash>` is `#US#*`.
fn kind_of(key: &str) -> String {
    let is_name = |part: &str| part.len() <= 10 && part.chars().all(|c| c.is_ascii_uppercase());
    let parts = key.split('#');
    let parts: Vec<&str> = parts
        .map(|part| if is_name(part) { part } else { "*" })
        .collect();
    parts.join("#")
}

fn add(form: &mut BTreeMap<String, String>, path: &str, value: &AttributeValue) {
    let kind = match value {
        AttributeValue::S(_) => "S",
        AttributeValue::N(_) => "N",
        AttributeValue::Bool(_) => "BOOL",
        AttributeValue::Ss(_) => "SS",
        AttributeValue::L(_) => "L",
        AttributeValue::M(map) => {
            for (name, value) in map {
                // The names of some maps are ids.
                let is_word = name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
                let name = if is_word { name } else { "*" };
                add(form, &format!("{path}.{name}"), value);
            }
            "M"
        }
        _ => "other",
    };
    form.insert(path.to_owned(), kind.to_owned());
}

/// Returns what is missing in the form of what this version stores.
fn missing(previous: &Form, current: &Form) -> BTreeSet<String> {
    let attributes = previous.iter().flat_map(|(item, attributes)| {
        let attributes = attributes.iter();
        attributes.map(move |(name, kind)| (item, name, kind))
    });
    attributes
        .filter(|(item, name, kind)| {
            let has = current.get(*item).and_then(|item| item.get(*name));
            has != Some(*kind)
        })
        .map(|(item, name, kind)| format!("{item}: {name} ({kind})"))
        .collect()
}

#[test]
fn the_previous_version_reads_what_is_stored_of_identities() {
    run(async |service| {
        let scene = Scene::create(service, "rolled-back").await;
        let (idp, tenant) = (scene.tenant.idp(), &scene.tenant);
        let connection = tenant.connection_id();
        let login = |name: &str, subject: &str| {
            json!({"user_name": name, "external_id": format!("x-{name}"), "connection": connection,
                   "subject": subject, "email": format!("{name}@example.test")})
        };
        let push = async |name: &str| {
            let user = json!({"userName": name, "externalId": format!("x-{name}"), "active": true,
                "emails": [{"value": format!("{name}@example.test"), "type": "work", "primary": true}]});
            scene.push(user).await
        };
        let (ada, bob, cy) = (push("ada").await, push("bob").await, push("cy").await);
        // Bound, and firm.
        for (name, subject) in [
            ("ada", "s-ada"),
            ("ada", "s-ada"),
            ("bob", "s-bob"),
            ("cy", "s-cy"),
        ] {
            scene.log_in(login(name, subject)).await.expect(200);
        }
        scene.give(&bob, Role::Owner).await;
        // An epoch that was raised, a block, a tombstone with traces, a refusal, and a former name.
        for active in [false, true] {
            let change = json!([{"op": "replace", "path": "active", "value": active}]);
            idp.patch(&format!("/Users/{ada}"), change)
                .await
                .expect(200);
        }
        let rename = json!([{"op": "replace", "path": "userName", "value": "countess"}]);
        idp.patch(&format!("/Users/{ada}"), rename)
            .await
            .expect(200);
        let path = scene.path(&format!("/users/{ada}/block"));
        scene.application.post(&path, json!({})).await.expect(200);
        scene.log_in(login("countess", "s-ada")).await.expect(403);
        idp.delete(&format!("/Users/{cy}")).await.expect(204);
        service.drained().await;

        let mut current = Form::new();
        for item in raw::items(service, tenant).await {
            let partition = raw::text(&item, "PK");
            let partition = partition
                .strip_prefix(&format!("T#{}", tenant.id()))
                .unwrap_or_default();
            let kind = format!(
                "{} / {}",
                kind_of(partition),
                kind_of(raw::text(&item, "SK"))
            );
            if !IDENTITIES
                .iter()
                .any(|beginning| kind.starts_with(beginning))
            {
                continue;
            }
            let form = current.entry(kind).or_default();
            for (name, value) in &item {
                add(form, name, value);
            }
            // The reconciler adds it in its own time.
            form.retain(|path, _| !path.starts_with("standing.announced"));
        }
        for kind in ["#US#* / BOUND", "#UH#* / DELETED"] {
            assert!(current.contains_key(kind), "{kind}: {:?}", current.keys());
        }
        if std::env::var_os("ROLLCALL_WRITE_FORM").is_some() {
            let text = serde_json::to_string_pretty(&current).unwrap();
            std::fs::write(PATH, format!("{text}\n")).unwrap();
        }
        let previous = std::fs::read_to_string(PATH).unwrap();
        let previous: Form = serde_json::from_str(&previous).unwrap();
        let missing = missing(&previous, &current);
        assert!(
            missing.is_empty(),
            "the previous version reads {missing:#?}"
        );
    });
}
