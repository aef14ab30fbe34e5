//! Attributes: what a resource says about a person, under labels that people use. Pure.

use rollcall_scim::Resource;
use serde_json::{Map, Value};

use crate::messages::{Text, t};

/// Attributes that have a section of their own, or say nothing about the person.
const LEFT_OUT: [&str; 4] = ["schemas", "meta", "id", "groups"];

/// The labels of the attributes of SCIM.
fn known(name: &str) -> Option<Text> {
    Some(match name {
        "userName" => t("attribute-user-name"),
        "externalId" => t("attribute-external-id"),
        "displayName" => t("attribute-display-name"),
        "nickName" => t("attribute-nick-name"),
        "profileUrl" => t("attribute-profile-url"),
        "title" => t("attribute-title"),
        "userType" => t("attribute-user-type"),
        "preferredLanguage" => t("attribute-preferred-language"),
        "locale" => t("attribute-locale"),
        "timezone" => t("attribute-timezone"),
        "active" => t("attribute-active"),
        "emails" => t("attribute-emails"),
        "phoneNumbers" => t("attribute-phone-numbers"),
        "addresses" => t("attribute-addresses"),
        "photos" => t("attribute-photos"),
        "ims" => t("attribute-ims"),
        "roles" => t("attribute-roles"),
        "entitlements" => t("attribute-entitlements"),
        "formatted" => t("attribute-formatted"),
        "familyName" => t("attribute-family-name"),
        "givenName" => t("attribute-given-name"),
        "middleName" => t("attribute-middle-name"),
        "honorificPrefix" => t("attribute-honorific-prefix"),
        "honorificSuffix" => t("attribute-honorific-suffix"),
        "streetAddress" => t("attribute-street-address"),
        "locality" => t("attribute-locality"),
        "region" => t("attribute-region"),
        "postalCode" => t("attribute-postal-code"),
        "country" => t("attribute-country"),
        "employeeNumber" => t("attribute-employee-number"),
        "costCenter" => t("attribute-cost-center"),
        "organization" => t("attribute-organization"),
        "division" => t("attribute-division"),
        "department" => t("attribute-department"),
        "manager" => t("attribute-manager"),
        _ => return None,
    })
}

/// Lists the labels and values of a person's attributes, those of extensions among them.
pub(super) fn labelled(resource: &Resource) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (name, value) in resource.attributes() {
        if !LEFT_OUT.contains(&name.as_str()) {
            add(&mut all, name, value);
        }
    }
    all
}

/// The whole document, as it is stored.
pub(super) fn raw(resource: &Resource) -> String {
    serde_json::to_string_pretty(resource.attributes()).unwrap_or_default()
}

fn add(all: &mut Vec<(String, String)>, name: &str, value: &Value) {
    match value {
        Value::Object(parts) if name == "name" || name.starts_with("urn:") => {
            for (name, value) in parts {
                add(all, name, value);
            }
        }
        Value::Array(values) => {
            for value in values {
                let kind = part(value, "type").map_or(String::new(), |kind| format!(" ({kind})"));
                all.push((format!("{}{kind}", label(name)), text(value)));
            }
        }
        value => all.push((label(name), text(value))),
    }
}

/// The label of an attribute: its words, the first one with a capital.
fn label(name: &str) -> String {
    if let Some(label) = known(name) {
        return label.plain();
    }
    let name = name.rsplit(':').next().unwrap_or(name);
    let mut words = String::new();
    for (at, letter) in name.chars().enumerate() {
        match letter {
            _ if at == 0 => words.extend(letter.to_uppercase()),
            'A'..='Z' => {
                words.push(' ');
                words.extend(letter.to_lowercase());
            }
            _ => words.push(letter),
        }
    }
    words
}

fn part<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.as_object()?.get(name)?.as_str()
}

/// A value as a text, with one line for each part that is no type.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => t("attribute-yes").plain(),
        Value::Bool(false) => t("attribute-no").plain(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join("\n"),
        Value::Object(parts) => object(parts),
        other => other.to_string(),
    }
}

fn object(parts: &Map<String, Value>) -> String {
    let name = parts.get("display").or_else(|| parts.get("displayName"));
    let value = match (parts.get("formatted"), parts.get("value"), name) {
        (Some(whole), ..) => return text(whole),
        (_, Some(value), Some(name)) if name != value => {
            return format!("{} ({})", text(name), text(value));
        }
        (_, Some(value), _) => return text(value),
        _ => parts,
    };
    let shown = value.iter().filter(|(name, _)| *name != "type");
    let lines = shown.map(|(name, value)| format!("{}: {}", label(name), text(value)));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn attributes_have_labels() {
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        for (name, value, shown) in [
            ("userName", json!("ada"), vec![("User name", "ada")]),
            (
                "preferredLanguage",
                json!("en"),
                vec![("Preferred language", "en")],
            ),
            (
                "name",
                json!({"givenName": "Ada", "familyName": "L"}),
                vec![("Family name", "L"), ("Given name", "Ada")],
            ),
            (
                "emails",
                json!([{"value": "a@b", "type": "work", "primary": true}, {"value": "c@d"}]),
                vec![("E-mail (work)", "a@b"), ("E-mail", "c@d")],
            ),
            (
                "addresses",
                json!([{"type": "work", "locality": "Zürich", "country": "CH"}]),
                vec![("Address (work)", "Locality: Zürich\nCountry: CH")],
            ),
            (
                enterprise,
                json!({"department": "Sales", "manager": {"value": "7", "displayName": "Ann"}}),
                vec![("Department", "Sales"), ("Manager", "Ann (7)")],
            ),
            ("active", json!(true), vec![("Active", "Yes")]),
        ] {
            let mut all = Vec::new();
            add(&mut all, name, &value);
            let mut all: Vec<(&str, &str)> = all.iter().map(|(a, b)| (&**a, &**b)).collect();
            if name != "emails" {
                all.sort_unstable();
            }
            assert_eq!(all, shown, "{name}");
        }
    }
}
