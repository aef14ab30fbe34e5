//! The URLs of resources, which depend on the base URL that the client uses and are not stored.

use serde_json::{Map, Value};

use crate::filter::ast::Filter;
use crate::path::AttrPath;
use crate::resource::Resource;
use crate::schema::{GROUP, USER};

/// Returns the attributes as responses show them, with the URLs.
///
/// A member has a `type` and a `$ref` only if the client sent them, and only those of the user that it is.
pub(crate) fn shown(resource: &Resource, base_url: &str) -> Map<String, Value> {
    let base_url = base_url.trim_end_matches('/');
    let mut attributes = with_locations(resource, base_url);
    for member in values_of(&mut attributes, "members") {
        if member.get("type").is_some_and(|kind| *kind != USER.name) {
            member.shift_remove("type");
        }
        let refers = member
            .get("$ref")
            .and_then(Value::as_str)
            .is_some_and(is_user);
        if member.contains_key("$ref") {
            match reference(member, base_url, USER.endpoint).filter(|_| refers) {
                Some(reference) => _ = member.insert("$ref".to_owned(), reference),
                None => _ = member.shift_remove("$ref"),
            }
        }
    }
    attributes
}

/// Returns the attributes as filters see them: with the URLs, and every member as the user that it is.
pub(crate) fn filtered(resource: &Resource, base_url: &str) -> Map<String, Value> {
    let base_url = base_url.trim_end_matches('/');
    let mut attributes = with_locations(resource, base_url);
    for member in values_of(&mut attributes, "members") {
        member.insert("type".to_owned(), USER.name.into());
        if let Some(reference) = reference(member, base_url, USER.endpoint) {
            member.insert("$ref".to_owned(), reference);
        }
    }
    attributes
}

/// Whether a filter compares something that is not stored.
pub(crate) fn is_compared(filter: &Filter) -> bool {
    let depends = |path: &AttrPath| {
        let sub = path.sub.as_deref();
        (path.is_core("meta") && sub == Some("location"))
            || ((path.is_core("groups") || path.is_core("members")) && sub != Some("value"))
    };
    filter.attributes().any(depends)
}

fn with_locations(resource: &Resource, base_url: &str) -> Map<String, Value> {
    let mut attributes = resource.attributes().clone();
    if let Some(id) = resource.get("id").and_then(Value::as_str) {
        let endpoint = resource.resource_type().endpoint;
        let meta = attributes
            .entry("meta")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(meta) = meta {
            let location = format!("{base_url}{endpoint}/{id}");
            meta.insert("location".to_owned(), location.into());
        }
    }
    for group in values_of(&mut attributes, "groups") {
        if let Some(reference) = reference(group, base_url, GROUP.endpoint) {
            group.insert("$ref".to_owned(), reference);
        }
    }
    attributes
}

fn values_of<'a>(
    attributes: &'a mut Map<String, Value>,
    name: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let values = attributes.get_mut(name).and_then(Value::as_array_mut);
    let values = values.into_iter().flatten();
    values.filter_map(Value::as_object_mut)
}

fn reference(value: &Map<String, Value>, base_url: &str, endpoint: &str) -> Option<Value> {
    let id = value.get("value")?.as_str()?;
    Some(format!("{base_url}{endpoint}/{id}").into())
}

fn is_user(reference: &str) -> bool {
    let endpoint = reference.rsplit('/').nth(1);
    endpoint == USER.endpoint.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BASE: &str = "https://x.test/scim/v2/";

    fn group(members: Value) -> Resource {
        let members = ("members".to_owned(), members);
        Resource::from_stored(&GROUP, Map::from_iter([members]))
    }

    #[test]
    fn members_are_shown_as_users() {
        let member = |member: Value| shown(&group(json!([member])), BASE)["members"][0].clone();
        for plain in [
            json!({"value": "1"}),
            json!({"value": "1", "type": "Device"}),
            json!({"value": "1", "$ref": "https://y.test/Devices/1"}),
        ] {
            assert_eq!(member(plain), json!({"value": "1"}));
        }
        let sent = json!({"value": "1", "type": "User", "$ref": "https://y.test/Users/1"});
        let own = json!({"value": "1", "type": "User", "$ref": "https://x.test/scim/v2/Users/1"});
        assert_eq!(member(sent), own);
    }
}
