//! The OpenAPI document: it is generated from the routes, it is complete, and responses match it.

use std::collections::BTreeSet;

use rollcall_directory::Role;
use rollcall_tests::service::run;
use serde_json::{Value, json};

fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|inner| references(inner, found));
        }
        Value::Array(elements) => elements.iter().for_each(|inner| references(inner, found)),
        _ => {}
    }
}

#[test]
fn the_document_is_complete() {
    run(async |service| {
        let nobody = service.application().with(None);
        let document = nobody.get("/openapi.json").await.expect(200).body;
        assert_eq!(document["openapi"], "3.1.0");
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        for reference in found {
            let pointer = reference.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
        let mut ids = BTreeSet::new();
        let paths = document["paths"].as_object().into_iter().flatten();
        for (path, item) in paths {
            assert!(path.starts_with("/api/v1/"), "{path}");
            for (method, operation) in item.as_object().into_iter().flatten() {
                let line = format!("{method} {path}: {operation}");
                let id = operation["operationId"].as_str().unwrap_or_default();
                assert!(ids.insert(id.to_owned()), "{line}");
                assert!(operation["summary"].is_string(), "{line}");
                assert!(operation["security"].is_array(), "{line}");
                let responses = operation["responses"].as_object().into_iter().flatten();
                for (_, response) in responses {
                    let is_described =
                        response["description"].is_string() || response["$ref"].is_string();
                    assert!(is_described, "{line}");
                }
                assert!(operation["responses"]["default"].is_null(), "{line}");
                for status in ["429", "500", "503"] {
                    let refusal = &operation["responses"][status]["$ref"];
                    let refusal = refusal.as_str().unwrap_or_default();
                    let refusal = document.pointer(refusal.trim_start_matches('#'));
                    let problem = &refusal.expect("a response")["content"];
                    assert!(problem["application/problem+json"].is_object(), "{line}");
                }
            }
        }
    });
}

/// A response contains all members that its schema requires, and only members that its schema allows.
#[test]
fn responses_match_their_schemas() {
    run(async |service| {
        let tenant = service.tenant("described").await;
        let admin = service.admin(&tenant, Role::Owner).await;
        let ada = tenant.idp().user("ada").await;
        tenant.idp().group("g", &[&ada]).await;
        let nobody = service.application().with(None);
        let document = nobody.get("/openapi.json").await.expect(200).body;
        for (path, schema) in [
            ("/scim/connections", "Connection"),
            ("/scim/groups/role-mappings", "RoleMapping"),
            ("/scim/roles", "CatalogueRole"),
            ("/users", "Person"),
            ("/audit", "AuditEntry"),
            ("/requests", "LoggedRequest"),
        ] {
            let described = &document["components"]["schemas"][schema];
            for item in admin.all(path).await {
                check(&item, described, path);
            }
        }
        let settings = admin.get("/settings").await.expect(200).body;
        check(
            &settings,
            &document["components"]["schemas"]["Settings"],
            "/settings",
        );
        let health = admin.get("/health").await.expect(200).body;
        let schemas = &document["components"]["schemas"];
        check(&health, &schemas["Health"], "/health");
        for finding in health["findings"].as_array().into_iter().flatten() {
            check(finding, &schemas["Finding"], "a finding");
        }
        let problem = nobody.get("/settings").await.expect(401).body;
        check(
            &problem,
            &document["components"]["schemas"]["Problem"],
            "a problem",
        );
    });
}

/// Generated clients send a member that has a default although nobody has set it, and give what is inlined twice two types.
#[test]
fn clients_can_be_generated() {
    run(async |service| {
        let nobody = service.application().with(None);
        let document = nobody.get("/openapi.json").await.expect(200).body;
        let root = nobody.base_url().trim_end_matches("/api/v1");
        assert_eq!(document["servers"][0]["url"], root);
        let schemas = document["components"]["schemas"].as_object();
        for (name, schema) in schemas.expect("schemas") {
            for (member, described) in schema["properties"].as_object().into_iter().flatten() {
                assert!(
                    described.get("default").is_none_or(|it| !it.is_null()),
                    "{name}.{member}"
                );
            }
            if name.ends_with("List") {
                assert!(
                    schema["properties"]["items"]["items"]["$ref"].is_string(),
                    "{name}"
                );
            }
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{name}");
            assert!(schema["description"].is_string(), "{name}");
        }
    });
}

fn check(item: &Value, schema: &Value, what: &str) {
    let described = schema["properties"].as_object();
    let described = described.unwrap_or_else(|| panic!("{what}: {schema}"));
    for name in item.as_object().into_iter().flatten().map(|(name, _)| name) {
        assert!(described.contains_key(name), "{what}: `{name}` in {item}");
    }
    let empty = json!([]);
    let required = schema.get("required").unwrap_or(&empty);
    for name in required.as_array().into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        assert!(item.get(name).is_some(), "{what}: no `{name}` in {item}");
    }
}
