//! Who may do what: every endpoint of the OpenAPI document, as called with every kind of credential.
//!
//! What is expected follows from the document alone: its security requirement and its success status.

use http::Method;
use rollcall_directory::Role;
use rollcall_tests::api::Api;
use rollcall_tests::service::{Service, Tenant, run};
use serde_json::{Value, json};

/// With which credential an endpoint is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    Nonsense,
    ScimToken,
    RevokedScimToken,
    ServiceKey,
    Session(Role),
    PersonsSession,
    OtherTenant,
    ExpiredSession,
    EndedSession,
    DeactivatedPerson,
}

const EVERYBODY: [Who; 14] = [
    Who::Nobody,
    Who::Nonsense,
    Who::ScimToken,
    Who::RevokedScimToken,
    Who::ServiceKey,
    Who::Session(Role::Viewer),
    Who::Session(Role::Member),
    Who::Session(Role::Admin),
    Who::Session(Role::Owner),
    Who::PersonsSession,
    Who::OtherTenant,
    Who::ExpiredSession,
    Who::EndedSession,
    Who::DeactivatedPerson,
];

/// One method of one path of the document.
#[derive(Debug)]
struct Operation {
    method: Method,
    path: String,
    /// The credential it takes, if any, and what that must allow.
    needs: Option<(String, Vec<String>)>,
    success: u16,
}

impl Operation {
    fn expected(&self, who: Who) -> u16 {
        let Some((credential, permissions)) = &self.needs else {
            return self.success;
        };
        let for_application = credential == rollcall_edge_api::SERVICE_KEY;
        let allowed = |role: Role| {
            let has = |wanted: &String| role.permissions().iter().any(|p| p.as_str() == wanted);
            match permissions.iter().all(has) {
                true => self.success,
                false => 403,
            }
        };
        match who {
            Who::Nobody | Who::Nonsense => 401,
            Who::ScimToken | Who::RevokedScimToken => 403,
            Who::ServiceKey if for_application => self.success,
            Who::ServiceKey => 403,
            _ if for_application => 403,
            Who::Session(role) => allowed(role),
            // Signed in at SSO, with a mapped role.
            Who::PersonsSession => allowed(Role::Member),
            // Their own lists are theirs to see; what is ours does not exist for them.
            Who::OtherTenant if self.path.contains('{') => 404,
            Who::OtherTenant => self.success,
            Who::ExpiredSession | Who::EndedSession | Who::DeactivatedPerson => 401,
        }
    }
}

fn operations(document: &Value) -> Vec<Operation> {
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
                success: success.unwrap_or_else(|| panic!("{method} {path}: no success")),
                path: path.trim_start_matches("/api/v1").to_owned(),
                method,
            });
        }
    }
    found
}

/// What there is for the endpoints to work on.
struct World<'a> {
    service: &'a Service,
    tenant: Tenant,
    other: Tenant,
    owner: Api,
    user: String,
    group: String,
}

impl<'a> World<'a> {
    async fn make(service: &'a Service) -> World<'a> {
        let tenant = service.tenant("matrix").await;
        let other = service.tenant("matrix-other").await;
        let idp = tenant.idp();
        let user = idp.user("ada").await;
        let group = idp.group("Members", &[&user]).await;
        let owner = service.admin(&tenant, Role::Owner).await;
        let mapping = json!({"role_id": "member"});
        let path = format!("/scim/groups/{group}/role-mapping");
        owner.put(&path, mapping).await.expect(200);
        service.follow_up(&tenant).await;
        World {
            service,
            tenant,
            other,
            owner,
            user,
            group,
        }
    }

    async fn caller(&self, who: Who) -> Api {
        let (service, tenant) = (self.service, &self.tenant);
        let application = service.application();
        let with = |credential: &str| application.with(Some(credential));
        match who {
            Who::Nobody => application.with(None),
            Who::Nonsense => with("nonsense"),
            Who::ScimToken => with(tenant.token()),
            Who::RevokedScimToken => {
                let (id, token) = tenant.issue("revoked", None).await;
                tenant.revoke(&id).await;
                with(&token)
            }
            Who::ServiceKey => application,
            Who::Session(role) => service.admin(tenant, role).await,
            Who::PersonsSession => with(&self.log_in("ada").await),
            Who::OtherTenant => service.admin(&self.other, Role::Owner).await,
            Who::ExpiredSession => {
                let admin = service.admin(tenant, Role::Owner).await;
                service.expire_session(tenant, admin.credential()).await;
                admin
            }
            Who::EndedSession => {
                let admin = service.admin(tenant, Role::Owner).await;
                admin.delete("/sessions/current").await.expect(204);
                admin
            }
            Who::DeactivatedPerson => {
                let idp = tenant.idp();
                let name = format!("gone-{}", uuid::Uuid::now_v7());
                let user = idp.user(&name).await;
                let token = self.log_in(&name).await;
                let off = json!([{"op": "replace", "path": "active", "value": false}]);
                idp.patch(&format!("/Users/{user}"), off).await.expect(200);
                with(&token)
            }
        }
    }

    async fn log_in(&self, name: &str) -> String {
        let application = self.service.application();
        let login = application.log_in(self.tenant.id(), name, None).await;
        login.expect(200).string("/session/token")
    }

    /// The path with what it names in it, made for this very call where the call ends it.
    async fn path(&self, operation: &Operation) -> String {
        let ends = operation.method == Method::DELETE;
        let path = operation.path.as_str();
        let tenant = match path {
            "/tenants/{tenant}" if ends => self.service.tenant("short-lived").await.id().to_owned(),
            _ => self.tenant.id().to_owned(),
        };
        let id = match path {
            _ if path.starts_with("/users/") => self.user.clone(),
            _ if path.starts_with("/scim/groups/") => self.group.clone(),
            _ if path.starts_with("/scim/tokens/") => self.tenant.issue("short", None).await.0,
            "/scim/connections/{id}" if ends => {
                let new = json!({"name": "short-lived", "provider": "other"});
                let made = self.owner.post("/scim/connections", new).await;
                made.expect(201).id()
            }
            _ => self.tenant.connection_id().to_owned(),
        };
        path.replace("{tenant}", &tenant).replace("{id}", &id)
    }

    fn body(&self, operation: &Operation) -> Option<Value> {
        let path = operation.path.as_str();
        Some(match (operation.method.as_str(), path) {
            ("POST", "/tenants") => {
                json!({"id": format!("t{}", uuid::Uuid::now_v7()), "display_name": "New"})
            }
            ("PATCH", "/tenants/{tenant}") => json!({"display_name": "Renamed"}),
            ("POST", "/tenants/{tenant}/sso/logins") => json!({"user_name": "ada"}),
            ("POST", "/tenants/{tenant}/portal-links") => json!({"role_id": "viewer"}),
            ("POST", "/sessions/introspect") => json!({"token": "rcx_nothing"}),
            ("POST", "/scim/connections") => json!({"name": "New", "provider": "okta"}),
            ("PATCH", "/scim/connections/{id}") => json!({"name": "Renamed"}),
            ("POST", "/scim/connections/{id}/tokens") => json!({"label": "new"}),
            ("PUT", "/scim/groups/{id}/role-mapping") => json!({"role_id": "member"}),
            ("PUT", "/users/{id}/role") => json!({"role_id": null}),
            ("PATCH", "/settings") => json!({"retention_days": 90}),
            ("GET" | "DELETE", _) => return None,
            (method, path) => panic!("{method} {path}: say here what to send"),
        })
    }
}

#[test]
fn every_endpoint_and_every_credential() {
    run(async |service| {
        let world = World::make(service).await;
        let nobody = service.application().with(None);
        let document = nobody.get("/openapi.json").await.expect(200);
        let operations = operations(&document.body);
        assert!(operations.len() >= 30, "{}", operations.len());
        let mut wrong = Vec::new();
        let mut callers = Vec::new();
        for who in EVERYBODY {
            callers.push((who, world.caller(who).await));
        }
        for operation in &operations {
            for (who, caller) in &mut callers {
                let path = world.path(operation).await;
                let body = world.body(operation).map(|body| body.to_string());
                let answer = caller.send(operation.method.clone(), &path, body).await;
                let expected = operation.expected(*who);
                if answer.status != expected {
                    wrong.push(format!(
                        "{} {}: {who:?} got {}, expected {expected}: {}",
                        operation.method, operation.path, answer.status, answer.body
                    ));
                }
                if path == "/sessions/current" && answer.status == 204 {
                    *caller = world.caller(*who).await;
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

#[test]
fn two_credentials_or_a_strange_scheme_are_none() {
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
