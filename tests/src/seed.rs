//! People and groups made through the directory itself, as an identity provider's requests make them.

use rollcall_directory::{Assertion, GROUPS, Kind, SignIn, SignedIn, Tenant, USERS};
use rollcall_scim::{Patch, Precondition, Projection, Resource};
use serde_json::{Value, json};

use crate::urn;

/// Creates a user; returns the id.
pub async fn person(tenant: &Tenant, name: &str) -> String {
    let body = json!({"schemas": [urn::USER], "userName": name, "active": true});
    create(tenant, &USERS, body).await
}

/// Creates a group with these members; returns the id.
pub async fn group(tenant: &Tenant, name: &str, members: &[String]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    let body = json!({"schemas": [urn::GROUP], "displayName": name, "members": members});
    create(tenant, &GROUPS, body).await
}

/// Creates a resource; returns the id.
///
/// # Panics
/// When it cannot be created.
pub async fn create(tenant: &Tenant, kind: &'static Kind, body: Value) -> String {
    let resource = Resource::parse(kind.resource_type, body);
    let resource = resource.unwrap_or_else(|error| panic!("{error}"));
    let created = tenant.create(kind, resource, &Projection::all()).await;
    let created = created.unwrap_or_else(|error| panic!("{error}"));
    let id = created.get("id").and_then(Value::as_str);
    id.unwrap_or_default().to_owned()
}

/// Changes a resource by one operation.
///
/// # Panics
/// When that is refused.
pub async fn patch(tenant: &Tenant, kind: &'static Kind, id: &str, operation: Value) {
    let body = json!({"schemas": [urn::PATCH], "Operations": [operation]});
    let patch = Patch::parse(kind.resource_type, body);
    let patch = patch.unwrap_or_else(|error| panic!("{error}"));
    let none = Precondition::none();
    let patched = tenant.patch(kind, id, patch, &none, None).await;
    patched.unwrap_or_else(|error| panic!("{error}"));
}

/// Signs somebody in who is let in, with the `groups` claim or without one.
///
/// # Panics
/// When they are not let in.
pub async fn sign_in(tenant: &Tenant, name: &str, groups: Option<&[&str]>) -> SignedIn {
    let assertion = Assertion {
        user_name: name.to_owned(),
        groups: groups.map(|groups| groups.iter().map(|group| (*group).to_owned()).collect()),
        ..Assertion::default()
    };
    match tenant.sign_in(&assertion).await {
        Ok(SignIn::Accepted(signed_in)) => *signed_in,
        refused => panic!("{name}: {refused:?}"),
    }
}
