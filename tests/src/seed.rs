//! People and groups that are created directly in the directory, as requests from an identity provider create them.

use rollcall_directory::{
    Assertion, Error, GROUPS, Kind, Settings, SettingsChange, SignInOutcome, SignedIn, Tenant,
    TenantChange, USERS,
};
use rollcall_scim::{Patch, Precondition, Projection, Resource};
use serde_json::{Value, json};

use crate::urn;

/// Creates a user and returns the id.
pub async fn person(tenant: &Tenant, name: &str) -> String {
    let body = json!({"schemas": [urn::USER], "userName": name, "active": true});
    create(tenant, &USERS, body).await
}

/// Creates a group with these members and returns the id.
pub async fn group(tenant: &Tenant, name: &str, members: &[String]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    let body = json!({"schemas": [urn::GROUP], "displayName": name, "members": members});
    create(tenant, &GROUPS, body).await
}

/// Creates a resource and returns the id.
///
/// # Panics
/// Panics when the resource cannot be created.
pub async fn create(tenant: &Tenant, kind: &'static Kind, body: Value) -> String {
    let resource = Resource::parse(kind.resource_type, body);
    let resource = resource.unwrap_or_else(|error| panic!("{error}"));
    let created = tenant
        .resources()
        .create(kind, resource, &Projection::all())
        .await;
    let created = created.unwrap_or_else(|error| panic!("{error}"));
    let id = created.answer.get("id").and_then(Value::as_str);
    id.unwrap_or_default().to_owned()
}

/// Applies one PATCH operation to a resource.
///
/// # Panics
/// Panics when the operation is refused.
pub async fn patch(tenant: &Tenant, kind: &'static Kind, id: &str, operation: Value) {
    let body = json!({"schemas": [urn::PATCH], "Operations": [operation]});
    let patch = Patch::parse(kind.resource_type, body);
    let patch = patch.unwrap_or_else(|error| panic!("{error}"));
    let none = Precondition::none();
    let patched = tenant.resources().patch(kind, id, patch, &none, None).await;
    patched.unwrap_or_else(|error| panic!("{error}"));
}

/// Signs a person in, with or without the `groups` claim.
///
/// # Panics
/// Panics when the sign-in is refused.
pub async fn sign_in(tenant: &Tenant, name: &str, groups: Option<&[&str]>) -> SignedIn {
    let assertion = Assertion {
        user_name: name.to_owned(),
        groups: groups.map(|groups| groups.iter().map(|group| (*group).to_owned()).collect()),
        ..Assertion::default()
    };
    match tenant.sign_in().log_in(&assertion).await {
        Ok(SignInOutcome::Accepted(signed_in)) => *signed_in,
        refused => panic!("{name}: {refused:?}"),
    }
}

/// Applies these settings to a tenant.
pub async fn apply_settings(tenant: &Tenant, settings: &Settings) {
    let change = SettingsChange {
        sso_default_role: Some(settings.sso_default_role.clone()),
        manual_roles: Some(settings.manual_roles),
        role_sync: Some(settings.role_sync),
        route_by: Some(settings.route_by),
        invitations: Some(settings.invitations),
        invitation_domains: Some(settings.invitation_domains.clone()),
        contacts: Some(settings.contacts.clone()),
        unknown_members: Some(settings.unknown_members),
        rate_limit: Some(settings.rate_limit),
        retention_days: Some(settings.retention_days),
        sign_up: Some(settings.sign_up),
        match_email: Some(settings.match_email),
        deleted_people: Some(settings.deleted_people),
        claim_match: Some(settings.claim_match),
        logged_values: Some(settings.logged_values),
        read_log_sampling: Some(settings.read_log_sampling),
        session_minutes: Some(settings.session_minutes),
        session_idle_minutes: Some(settings.session_idle_minutes),
        cache_seconds: Some(settings.cache_seconds),
        return_origins: Some(settings.return_origins.clone()),
        allowed_addresses: Some(settings.allowed_addresses.clone()),
        brake: Some(settings.brake),
    };
    let changed = tenant.settings().change(&change).await;
    assert!(changed.is_ok(), "{changed:?}");
}

/// Renames a tenant.
///
/// # Errors
/// Returns the error of the change.
pub async fn rename(tenant: &Tenant, name: &str) -> Result<(), Error> {
    let change = TenantChange {
        name: Some(name.to_owned()),
        ..TenantChange::default()
    };
    tenant.lifecycle().change(&change).await.map(drop)
}
