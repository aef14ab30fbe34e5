//! Tests of the discovery documents: they match the service and RFC 7643.

use super::*;
use crate::schema::{ENTERPRISE_USER_SCHEMA, GROUP_SCHEMA, USER_SCHEMA};

const BASE: &str = "https://example.test/scim/v2/";

fn has_no_empty_values(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(values) => !values.is_empty() && values.iter().all(has_no_empty_values),
        Value::Object(object) => object.values().all(has_no_empty_values),
        _ => true,
    }
}

fn names(attributes: &Value) -> Vec<&str> {
    let attributes = attributes.as_array().expect("an array");
    attributes
        .iter()
        .filter_map(|attribute| attribute["name"].as_str())
        .collect()
}

#[test]
fn nothing_is_null_or_empty() {
    let documents = schemas(ResourceTypes::default(), BASE)
        .into_iter()
        .chain(resource_types(ResourceTypes::default(), BASE))
        .chain([service_provider_config(BASE)]);
    for document in documents {
        assert!(has_no_empty_values(&document), "{document}");
        let location = document["meta"]["location"].as_str().expect("a location");
        assert!(
            location.starts_with("https://example.test/scim/v2/"),
            "{location}"
        );
        assert!(!location.contains("v2//"), "{location}");
    }
}

#[test]
fn service_provider_config_matches_the_service() {
    let config = service_provider_config(BASE);
    for feature in ["patch", "bulk", "filter", "sort", "etag"] {
        assert_eq!(config[feature]["supported"], json!(true), "{feature}");
    }
    assert_eq!(config["changePassword"]["supported"], json!(false));
    assert_eq!(config["bulk"]["maxOperations"], json!(1000));
    assert_eq!(config["bulk"]["maxPayloadSize"], json!(1024 * 1024));
    assert_eq!(config["filter"]["maxResults"], json!(1000));
    let pagination = json!({
        "cursor": true, "index": true, "defaultPaginationMethod": "index",
        "defaultPageSize": 100, "maxPageSize": 1000, "cursorTimeout": 3600,
    });
    assert_eq!(config["pagination"], pagination);
    assert_eq!(
        config["authenticationSchemes"][0]["type"],
        json!("oauthbearertoken")
    );
}

#[test]
fn documents_have_the_attributes_of_their_schemas() {
    let check = |document: Value, schema: &Schema| {
        assert_eq!(document["schemas"], json!([schema.id]));
        for name in document.as_object().expect("an object").keys() {
            let common = ["schemas", "meta"].contains(&name.as_str());
            assert!(common || schema.attribute(name).is_some(), "{name}");
        }
    };
    check(
        service_provider_config(BASE),
        &SERVICE_PROVIDER_CONFIG_SCHEMA,
    );
    resource_types(ResourceTypes::default(), BASE)
        .into_iter()
        .for_each(|d| check(d, &RESOURCE_TYPE_SCHEMA));
    schemas(ResourceTypes::default(), BASE)
        .into_iter()
        .for_each(|d| check(d, &SCHEMA_SCHEMA));
}

#[test]
fn one_by_one() {
    let user = schema(
        ResourceTypes::default(),
        &USER_SCHEMA.id.to_lowercase(),
        BASE,
    )
    .expect("the User schema");
    assert_eq!(user["id"], json!(USER_SCHEMA.id));
    assert_eq!(Some(&user), schemas(ResourceTypes::default(), BASE).first());
    assert_eq!(schema(ResourceTypes::default(), "urn:x", BASE), None);
    let group =
        resource_type(ResourceTypes::default(), "Group", BASE).expect("the Group resource type");
    assert_eq!(group["endpoint"], json!("/Groups"));
    assert_eq!(group.get("schemaExtensions"), None);
    assert_eq!(resource_type(ResourceTypes::default(), "Users", BASE), None);
    let user =
        resource_type(ResourceTypes::default(), "user", BASE).expect("the User resource type");
    let extensions = json!([{"schema": ENTERPRISE_USER_SCHEMA.id, "required": false}]);
    assert_eq!(user["schemaExtensions"], extensions);
}

/// The attributes of RFC 7643 §8.7.1, in its order, with the sub-attributes that §2.4 adds.
#[test]
fn the_schemas_of_the_rfc() {
    let user = schema(ResourceTypes::default(), USER_SCHEMA.id, BASE).expect("the User schema");
    assert_eq!(
        names(&user["attributes"]),
        [
            "userName",
            "name",
            "displayName",
            "nickName",
            "profileUrl",
            "title",
            "userType",
            "preferredLanguage",
            "locale",
            "timezone",
            "active",
            "password",
            "emails",
            "phoneNumbers",
            "ims",
            "photos",
            "addresses",
            "groups",
            "entitlements",
            "roles",
            "x509Certificates",
        ]
    );
    let user_name = json!({
        "name": "userName", "type": "string", "multiValued": false,
        "description": USER_SCHEMA.attributes[0].description, "required": true, "caseExact": false,
        "mutability": "readWrite", "returned": "default", "uniqueness": "server",
    });
    assert_eq!(user["attributes"][0], user_name);
    let group = schema(ResourceTypes::default(), GROUP_SCHEMA.id, BASE).expect("the Group schema");
    assert_eq!(names(&group["attributes"]), ["displayName", "members"]);
    assert_eq!(
        names(&group["attributes"][1]["subAttributes"]),
        ["value", "$ref", "type", "display"]
    );
    assert_eq!(group["attributes"][0]["required"], json!(true));
    let enterprise = schema(ResourceTypes::default(), ENTERPRISE_USER_SCHEMA.id, BASE)
        .expect("the Enterprise User schema");
    assert_eq!(
        names(&enterprise["attributes"]),
        [
            "employeeNumber",
            "costCenter",
            "organization",
            "division",
            "department",
            "manager",
        ]
    );
    let of_schema =
        schema(ResourceTypes::default(), SCHEMA_SCHEMA.id, BASE).expect("the Schema schema");
    assert_eq!(
        names(&of_schema["attributes"]),
        ["id", "name", "description", "attributes"]
    );
    assert!(names(&of_schema["attributes"][3]["subAttributes"]).contains(&"subAttributes"));
}
