//! Gates: what a caller must be allowed to do. A gate is part of the type of an extractor.
//!
//! A session passes if a role of its person has the permission, and a service key if it has the scope. The scope that
//! stands for a permission is [`KeyScope::Permission`].

use rollcall_directory::{KeyScope, Permission, ServiceKey, Session, TenantId};
use rollcall_edge_http::Problem;

/// A requirement for sessions, and for service keys where both may call.
pub trait Gate: Send {
    /// The required permission. `None` if any session is enough.
    const PERMISSION: Option<Permission>;
    /// The permissions that are required as well.
    const ALSO: &'static [Permission] = &[];
}

/// A requirement for service keys where only the application may call.
pub(crate) trait KeyGate: Send {
    /// The required scope.
    const SCOPE: KeyScope;
}

macro_rules! gates {
    ($($(#[$doc:meta])* $gate:ident = $permission:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $gate;

        impl Gate for $gate {
            const PERMISSION: Option<Permission> = $permission;
        }
    )*};
}

gates! {
    /// Any session is enough.
    SignedIn = None;
    /// Requires `directory:read`.
    Read = Some(Permission::DirectoryRead);
    /// Requires `directory:pick`.
    Pick = Some(Permission::DirectoryPick);
    /// Requires `provisioning:read`.
    ReadConnections = Some(Permission::ProvisioningRead);
    /// Requires `logs:read`.
    ReadLogs = Some(Permission::LogsRead);
    /// Requires `settings:write`.
    Settings = Some(Permission::SettingsWrite);
    /// Requires `provisioning:create`.
    Create = Some(Permission::ProvisioningCreate);
    /// Requires `provisioning:delete`.
    Delete = Some(Permission::ProvisioningDelete);
    /// Requires `sso:configure`.
    Configure = Some(Permission::SsoConfigure);
}

/// Requires `webhooks:manage`, and what the feed requires: a webhook gets all events of the tenant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ManageWebhooks;

impl Gate for ManageWebhooks {
    const PERMISSION: Option<Permission> = Some(Permission::WebhooksManage);
    const ALSO: &'static [Permission] = &[Permission::LogsRead, Permission::DirectoryRead];
}

/// Requires `logs:read` and `directory:read`: evidence tells of people what the audit log and the directory do.
#[derive(Clone, Copy, Debug)]
pub struct ReadEvidence;

impl Gate for ReadEvidence {
    const PERMISSION: Option<Permission> = Some(Permission::LogsRead);
    const ALSO: &'static [Permission] = &[Permission::DirectoryRead];
}

/// Requires `sso:configure` and `logs:read`: whoever acknowledges a finding has read it.
#[derive(Clone, Copy, Debug)]
pub struct DecideFindings;

impl Gate for DecideFindings {
    const PERMISSION: Option<Permission> = Some(Permission::SsoConfigure);
    const ALSO: &'static [Permission] = &[Permission::LogsRead];
}

/// Requires `provisioning:create`, and what the rows can do or tell: people and groups are read, and roles are given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Import;

impl Gate for Import {
    const PERMISSION: Option<Permission> = Some(Permission::ProvisioningCreate);
    const ALSO: &'static [Permission] = &[Permission::DirectoryRead, Permission::SsoConfigure];
}

/// Requires `tenants:manage`.
pub(crate) struct Tenants;

impl KeyGate for Tenants {
    const SCOPE: KeyScope = KeyScope::Tenants;
}

/// Requires `sessions:create`.
pub(crate) struct Sessions;

impl KeyGate for Sessions {
    const SCOPE: KeyScope = KeyScope::Sessions;
}

/// Requires `events:read`.
pub(crate) struct Events;

impl KeyGate for Events {
    const SCOPE: KeyScope = KeyScope::Events;
}

/// Requires `webhooks:manage`, for the webhooks of the stack.
pub(crate) struct StackWebhooks;

impl KeyGate for StackWebhooks {
    const SCOPE: KeyScope = KeyScope::Permission(Permission::WebhooksManage);
}

/// Requires `service_keys:manage`.
pub(crate) struct ServiceKeys;

impl KeyGate for ServiceKeys {
    const SCOPE: KeyScope = KeyScope::ServiceKeys;
}

/// Checks that the role of a session has the permission.
///
/// # Errors
/// 403 when it does not.
pub fn check_session(session: &Session, permission: Option<Permission>) -> Result<(), Problem> {
    let Some(permission) = permission else {
        return Ok(());
    };
    let has = match session.role {
        _ if session.may(permission) => return Ok(()),
        Some(role) => format!("the role `{role}` does not have it"),
        None => "a person without a role does not have it".to_owned(),
    };
    let needed = permission.as_str();
    Err(Problem::forbidden(format!(
        "this requires the permission `{needed}`; {has}"
    )))
}

/// Checks that a service key has the scope.
///
/// # Errors
/// 403 when it does not.
pub(crate) fn check_key(key: &ServiceKey, scope: Option<KeyScope>) -> Result<(), Problem> {
    match scope {
        Some(scope) if !key.has(scope) => Err(lacks_scope(scope)),
        _ => Ok(()),
    }
}

/// Checks that a service key reaches a tenant; `None` stands for the whole stack.
///
/// # Errors
/// 403 when it does not. The answer is the same whether the tenant exists or not.
pub(crate) fn check_reach(key: &ServiceKey, tenant: Option<&TenantId>) -> Result<(), Problem> {
    let own = match &key.tenant {
        Some(own) if tenant != Some(own) => own,
        _ => return Ok(()),
    };
    Err(Problem::forbidden(format!(
        "this service key is for the tenant `{own}` only"
    )))
}

/// Returns the 403 for a service key without the scope.
pub(crate) fn lacks_scope(scope: KeyScope) -> Problem {
    Problem::forbidden(format!(
        "this requires the scope `{scope}`; this service key does not have it"
    ))
}
