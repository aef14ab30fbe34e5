//! Permissions: calls every endpoint of the OpenAPI document with every kind of credential.
//!
//! The expected status follows from the document alone: from the security requirement and the success status.

mod fixture;

use http::Method;
use rollcall_directory::Role;
use rollcall_tests::service::{Service, run};
use serde_json::Value;

pub(crate) use self::fixture::Fixture;

/// The credential with which an endpoint is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    Nonsense,
    ScimToken,
    RevokedScimToken,
    OauthClientSecret,
    AccessToken,
    PortalLinkSecret,
    ServiceKey,
    RevokedServiceKey,
    /// One for another tenant.
    BoundServiceKey,
    Session(Role),
    PersonsSession,
    /// An operator who reads with the role of an admin.
    SupportSession,
    OtherTenant,
    ExpiredSession,
    EndedSession,
    DeactivatedPerson,
}

const ALL: [Who; 20] = [
    Who::Nobody,
    Who::Nonsense,
    Who::ScimToken,
    Who::RevokedScimToken,
    Who::OauthClientSecret,
    Who::AccessToken,
    Who::PortalLinkSecret,
    Who::ServiceKey,
    Who::RevokedServiceKey,
    Who::BoundServiceKey,
    Who::Session(Role::Viewer),
    Who::Session(Role::Member),
    Who::Session(Role::Admin),
    Who::Session(Role::Owner),
    Who::PersonsSession,
    Who::SupportSession,
    Who::OtherTenant,
    Who::ExpiredSession,
    Who::EndedSession,
    Who::DeactivatedPerson,
];

/// One method of one path in the document.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The credential that the endpoint requires, if any, and the permissions that it must have.
    pub(crate) needs: Option<(String, Vec<String>)>,
    /// Whether a service key calls it too, for what the stack has of the same kind.
    pub(crate) is_of_stack_too: bool,
    success: u16,
}

impl Operation {
    /// Returns the path by which both doors are alike: without the tenant, and without `/scim`.
    pub(crate) fn resource(&self) -> &str {
        let path = self.path.as_str();
        let path = path.strip_prefix("/tenants/{tenant}").unwrap_or(path);
        path.strip_prefix("/scim").unwrap_or(path)
    }

    /// Returns whether a session needs the role of an owner as well.
    fn is_for_owners(&self) -> bool {
        match self.resource() {
            "/users/{id}/export" | "/support-access/{id}" => true,
            "/users/{id}/erasure" => self.method == Method::POST,
            _ => false,
        }
    }

    fn expected(&self, who: Who) -> u16 {
        let Some((credential, permissions)) = &self.needs else {
            return self.success;
        };
        let for_application = credential == rollcall_edge_api::SERVICE_KEY;
        let allowed = |role: Role| {
            let has = |wanted: &String| role.permissions().iter().any(|p| p.as_str() == wanted);
            let is_owner = role == Role::Owner || !self.is_for_owners();
            match permissions.iter().all(has) && is_owner {
                true => self.success,
                false => 403,
            }
        };
        match who {
            // Only SCIM takes an access token, so here it is nonsense.
            Who::Nobody | Who::Nonsense | Who::AccessToken => 401,
            Who::ScimToken
            | Who::RevokedScimToken
            | Who::OauthClientSecret
            | Who::PortalLinkSecret => 403,
            Who::RevokedServiceKey if for_application || self.is_of_stack_too => 401,
            // Whether a session is good is asked with any key, and told of its own tenant alone.
            Who::BoundServiceKey if self.resource() == "/sessions/introspect" => self.success,
            Who::RevokedServiceKey | Who::BoundServiceKey => 403,
            Who::ServiceKey if for_application => self.success,
            // What is asked for is the tenant's.
            Who::ServiceKey if self.is_of_stack_too && self.path.contains('{') => 404,
            Who::ServiceKey if self.is_of_stack_too => self.success,
            Who::ServiceKey => 403,
            _ if for_application => 403,
            Who::Session(role) => allowed(role),
            // The person signed in through SSO and has a mapped role.
            Who::PersonsSession => allowed(Role::Member),
            Who::SupportSession if self.resource() == "/sessions/current" => self.success,
            Who::SupportSession if self.method == Method::GET => allowed(Role::Admin),
            Who::SupportSession => 403,
            // The other tenant sees its own lists, but resources of this tenant do not exist for it.
            Who::OtherTenant if self.path.contains('{') => 404,
            Who::OtherTenant => self.success,
            Who::ExpiredSession | Who::EndedSession | Who::DeactivatedPerson => 401,
        }
    }
}

pub(crate) fn operations(document: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else {
                continue;
            };
            let security = operation["security"][0].as_object();
            let needs = security.and_then(|needs| needs.iter().next());
            let needs = needs.map(|(credential, scopes)| {
                let scopes = scopes.as_array().into_iter().flatten();
                let scopes = scopes.filter_map(|scope| scope.as_str().map(str::to_owned));
                (credential.clone(), scopes.collect())
            });
            let statuses = operation["responses"].as_object().into_iter().flatten();
            let success = statuses
                .filter_map(|(status, _)| status.parse().ok())
                .find(|status| (200..300).contains(status));
            found.push(Operation {
                needs,
                is_of_stack_too: !operation["security"][1].is_null(),
                success: success.unwrap_or_else(|| panic!("{method} {path}: no success status")),
                path: path.trim_start_matches("/api/v1").to_owned(),
                method,
            });
        }
    }
    found
}

#[test]
fn every_endpoint_with_every_credential() {
    run(async |_| {
        // A service of its own, because the calls change what is the same for all tenants.
        let service: &'static Service = Box::leak(Box::new(Service::start().await));
        let fixture = Fixture::create(service).await;
        let nobody = service.application().with(None);
        let document = nobody.get("/openapi.json").await.expect(200);
        let operations = operations(&document.body);
        assert!(operations.len() >= 30, "{}", operations.len());
        let mut wrong = Vec::new();
        let mut callers = Vec::new();
        for who in ALL {
            callers.push((who, fixture.caller(who).await));
        }
        for operation in &operations {
            // What a refused request or a read has not changed serves the next caller.
            let mut unchanged = None;
            for (who, caller) in &mut callers {
                // What another tenant calls the same is an import of its own; `isolation` keeps them apart.
                if *who == Who::OtherTenant && operation.path.starts_with("/imports/") {
                    continue;
                }
                let path = match unchanged.take() {
                    Some(path) => path,
                    None => fixture.path(operation).await,
                };
                let body = fixture.body(operation).map(|body| body.to_string());
                let answer = caller.send(operation.method.clone(), &path, body).await;
                let expected = operation.expected(*who);
                if answer.status != expected {
                    wrong.push(format!(
                        "{} {}: {who:?} got {}, expected {expected}: {}",
                        operation.method, operation.path, answer.status, answer.body
                    ));
                }
                if path == "/sessions/current" && answer.status == 204 {
                    *caller = fixture.caller(*who).await;
                }
                if operation.method == Method::GET || answer.status >= 400 {
                    unchanged = Some(path);
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

#[test]
fn two_credentials_or_an_unknown_scheme_are_rejected() {
    run(async |service| {
        let tenant = service.tenant("schemes").await;
        let admin = service.admin(&tenant, Role::Owner).await;
        let nobody = admin.with(None);
        let token = admin.credential();
        for header in [
            format!("Basic {token}"),
            token.to_owned(),
            format!("Bearer {token},Bearer {token}"),
            "Bearer".to_owned(),
        ] {
            let refused = nobody.clone().and_header("authorization", &header);
            refused.get("/settings").await.expect(401);
        }
        let twice = admin
            .clone()
            .and_header("authorization", &format!("Bearer {token}"));
        twice.get("/settings").await.expect(401);
        nobody
            .get(&format!("/settings?access_token={token}"))
            .await
            .expect(401);
    });
}
