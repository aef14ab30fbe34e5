//! The discovery documents, compared with snapshots (RFC 7643 §5 to §8, RFC 7644 §4).

use rollcall_tests::idp::{Answer, Idp};
use rollcall_tests::service::{Service, run};
use rollcall_tests::urn;
use serde_json::Value;

/// Replaces the base URL of this test run in the body.
fn without_base_url(idp: &Idp, answer: &Answer) -> Value {
    let text = answer
        .body
        .to_string()
        .replace(idp.base(), "https://rollcall.test/scim/v2");
    match serde_json::from_str(&text) {
        Ok(body) => body,
        Err(error) => panic!("{error}"),
    }
}

async fn snapshot(service: &Service, name: &str, path: &str) {
    let idp = service.idp_without_token();
    let answer = idp.get(path).await.expect(200);
    insta::assert_json_snapshot!(name, without_base_url(&idp, &answer));
}

#[test]
fn service_provider_config() {
    run(async |service| {
        snapshot(service, "service_provider_config", "/ServiceProviderConfig").await
    });
}

#[test]
fn resource_types() {
    run(async |service| snapshot(service, "resource_types", "/ResourceTypes").await);
}

#[test]
fn schemas() {
    run(async |service| snapshot(service, "schemas", "/Schemas").await);
}

#[test]
fn single_documents_equal_those_in_the_list() {
    run(async |service| {
        let idp = service.idp_without_token();
        for (list, key) in [("/Schemas", "id"), ("/ResourceTypes", "name")] {
            let all = idp.get(list).await.expect(200);
            let resources = all.select("/Resources/*");
            assert_eq!(all.total(), resources.len() as u64);
            assert!(!resources.is_empty());
            for resource in resources {
                let name = resource[key].as_str().unwrap_or_default();
                let one = idp.get(&format!("{list}/{name}")).await.expect(200);
                assert_eq!(&one.body, resource, "{list}/{name}");
                let location = one.string("/meta/location");
                assert_eq!(location, format!("{}{list}/{name}", idp.base()));
            }
        }
        idp.get(&format!("/Schemas/{}", urn::USER.to_uppercase()))
            .await
            .expect(200);
    });
}

#[test]
fn every_attribute_has_all_characteristics() {
    run(async |service| {
        let all = service
            .idp_without_token()
            .get("/Schemas")
            .await
            .expect(200);
        for attribute in all.select("/Resources/*/attributes/*") {
            check_attribute(attribute, "");
        }
    });
}

/// Checks that an attribute has all characteristics (RFC 7643 §7).
fn check_attribute(attribute: &Value, above: &str) {
    let name = format!("{above}{}", attribute["name"].as_str().unwrap_or("?"));
    for text in ["name", "type", "description", "mutability", "returned"] {
        assert!(
            attribute[text].as_str().is_some_and(|t| !t.is_empty()),
            "{name} has no {text}"
        );
    }
    for flag in ["multiValued", "required"] {
        assert!(attribute[flag].is_boolean(), "{name} has no {flag}");
    }
    let complex = attribute["type"] == "complex";
    assert_eq!(
        complex,
        attribute["subAttributes"].is_array(),
        "{name}: only complex attributes have sub-attributes"
    );
    if attribute["type"] == "string" {
        assert!(
            attribute["caseExact"].is_boolean(),
            "{name} has no caseExact"
        );
        assert!(
            attribute["uniqueness"].is_string(),
            "{name} has no uniqueness"
        );
    }
    if attribute["type"] == "reference" {
        assert!(
            attribute["referenceTypes"].is_array(),
            "{name} has no referenceTypes"
        );
    }
    // Only in the definition of Schema may complex attributes be nested (RFC 7643 §8.7.2).
    let nests = name == "attributes";
    for inner in attribute["subAttributes"].as_array().into_iter().flatten() {
        assert!(
            nests || inner["type"] != "complex",
            "{name} is nested too deeply"
        );
        check_attribute(inner, &format!("{name}."));
    }
}
