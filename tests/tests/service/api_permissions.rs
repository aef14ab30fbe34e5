//! Permissions: calls every endpoint of the OpenAPI document with every kind of credential.
//!
//! The expected status follows from the document alone: from the security requirement and the success status.

use http::Method;
use rollcall_directory::Role;
use rollcall_tests::api::Api;
use rollcall_tests::service::{Service, Tenant, run};
use serde_json::{Value, json};

/// The credential with which an endpoint is called.
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

const ALL: [Who; 14] = [
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

/// One method of one path in the document.
#[derive(Debug)]
struct Operation {
    method: Method,
    path: String,
    /// The credential that the endpoint requires, if any, and the permissions that it must have.
    needs: Option<(String, Vec<String>)>,
    /// Whether a service key calls it too, for what the stack has of the same kind.
    is_of_stack_too: bool,
    success: u16,
}

impl Operation {
    /// Returns the path by which both doors are alike: without the tenant, and without `/scim`.
    fn resource(&self) -> &str {
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
            Who::Nobody | Who::Nonsense => 401,
            Who::ScimToken | Who::RevokedScimToken => 403,
            Who::ServiceKey if for_application => self.success,
            // What is asked for is the tenant's.
            Who::ServiceKey if self.is_of_stack_too && self.path.contains('{') => 404,
            Who::ServiceKey if self.is_of_stack_too => self.success,
            Who::ServiceKey => 403,
            _ if for_application => 403,
            Who::Session(role) => allowed(role),
            // The person signed in through SSO and has a mapped role.
            Who::PersonsSession => allowed(Role::Member),
            // The other tenant sees its own lists, but resources of this tenant do not exist for it.
            Who::OtherTenant if self.path.contains('{') => 404,
            Who::OtherTenant => self.success,
            Who::ExpiredSession | Who::EndedSession | Who::DeactivatedPerson => 401,
        }
    }
}

/// A webhook that gets nothing, at a port where nobody listens.
fn new_webhook() -> Value {
    json!({"name": "SIEM", "url": "http://127.0.0.1:9/", "types": ["tenant.renamed"]})
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
                is_of_stack_too: !operation["security"][1].is_null(),
                success: success.unwrap_or_else(|| panic!("{method} {path}: no success status")),
                path: path.trim_start_matches("/api/v1").to_owned(),
                method,
            });
        }
    }
    found
}

/// The schemas that the calls declare, for the stack and for a tenant.
const STACK_SCHEMA: &str = "urn:example:scim:permissions:2.0:User";
const SCHEMA: &str = "urn:example:scim:matrix:2.0:User";

/// The tenants and resources that the calls work on.
struct Fixture<'a> {
    service: &'a Service,
    tenant: Tenant,
    other: Tenant,
    owner: Api,
    user: String,
    group: String,
}

impl<'a> Fixture<'a> {
    async fn create(service: &'a Service) -> Fixture<'a> {
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
        let of_other = service.admin(&other, Role::Owner).await;
        let awaited = json!({"role_ids": ["member"]});
        let path = "/scim/groups/role-mapping?name=Members";
        of_other.put(path, awaited).await.expect(201);
        Fixture {
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

    /// Deletes a tenant, whose erasure is scheduled then, and returns its id.
    async fn deleted_tenant(&self) -> String {
        let tenant = self.service.tenant("deleted").await;
        let path = format!("/tenants/{}", tenant.id());
        self.service.application().delete(&path).await.expect(204);
        tenant.id().to_owned()
    }

    /// Has a person erased, and returns their id.
    async fn erased_user(&self) -> String {
        let name = format!("erased-{}", uuid::Uuid::now_v7());
        let user = self.tenant.idp().user(&name).await;
        let path = format!("/tenants/{}/users/{user}/erasure", self.tenant.id());
        let ordered = self.service.application().post(&path, json!({})).await;
        ordered.expect(202);
        user
    }

    /// Creates a portal link, and returns its id in the list.
    async fn listed_link(&self) -> String {
        let application = self.service.application();
        let path = format!("/tenants/{}/portal-links", self.tenant.id());
        let asked = json!({"role_id": "admin"});
        application.post(&path, asked).await.expect(201);
        application.get(&path).await.string("/items/0/id")
    }

    /// Returns the id of a report of one part.
    async fn import(&self) -> String {
        let application = self.service.application();
        let path = format!("/tenants/{}/imports/report", self.tenant.id());
        application.put(&path, json!({"mode": "report"})).await;
        let part = format!("{path}/parts/1");
        application
            .put(&part, json!({"user_name": "ada"}))
            .await
            .expect(200);
        "report".to_owned()
    }

    /// Grants support access, and returns its id.
    async fn support_access(&self) -> String {
        let application = self.service.application();
        let path = format!("/tenants/{}/support-access", self.tenant.id());
        let asked =
            json!({"operator": "sue@vendor.example", "reason": "case 7", "role_id": "admin"});
        application.post(&path, asked).await.expect(201).id()
    }

    /// Returns the id of a webhook, which can be tested.
    async fn webhook(&self, resource: &str) -> String {
        let listed = self.owner.get("/webhooks").await.expect(200);
        let id = match listed.body["items"][0]["id"].as_str() {
            Some(id) => id.to_owned(),
            None => {
                let made = self.owner.post("/webhooks", new_webhook()).await;
                made.expect(201).id()
            }
        };
        if resource.ends_with("/test") {
            let path = format!("/webhooks/{id}/resume");
            self.owner.post(&path, json!({})).await.expect(200);
        }
        id
    }

    /// Puts a webhook of the stack, and returns its id.
    async fn webhook_of_stack(&self) -> String {
        let application = self.service.application();
        let put = application.put("/webhooks/of-stack", new_webhook()).await;
        assert!(put.status < 300, "{}", put.body);
        "of-stack".to_owned()
    }

    /// Signs the person in, and returns the id of the session in the list.
    async fn listed_session(&self) -> String {
        self.log_in("ada").await;
        let path = format!("/users/{}/sessions", self.user);
        self.owner.get(&path).await.string("/items/0/id")
    }

    /// Fills in the ids in a path; for calls that delete a resource, creates a new resource first.
    async fn path(&self, operation: &Operation) -> String {
        let deletes = operation.method == Method::DELETE;
        let path = operation.path.as_str();
        let tenant = match path {
            "/tenants/{tenant}" if deletes => {
                self.service.tenant("short-lived").await.id().to_owned()
            }
            "/tenants/{tenant}/erasure" => self.deleted_tenant().await,
            _ => self.tenant.id().to_owned(),
        };
        let resource = operation.resource();
        let id = match resource {
            "/users/{id}/merge" => {
                let name = format!("ghost-{}", uuid::Uuid::now_v7());
                let application = self.service.application();
                let login = application.log_in(self.tenant.id(), &name, None).await;
                login.expect(200).string("/user/id")
            }
            "/users/{id}/erasure" if operation.method == Method::GET => self.erased_user().await,
            // These end sessions.
            _ if resource.starts_with("/users/")
                && (deletes && !resource.contains("/sessions")
                    || operation.method == Method::POST) =>
            {
                let name = format!("short-lived-{}", uuid::Uuid::now_v7());
                self.tenant.idp().user(&name).await
            }
            _ if resource.starts_with("/users/") => self.user.clone(),
            _ if resource.starts_with("/groups/") => self.group.clone(),
            _ if resource.starts_with("/service-keys/") => {
                let new = json!({"label": "short-lived", "scopes": ["events"]});
                let application = self.service.application();
                let made = application.post("/service-keys", new).await;
                made.expect(201).id()
            }
            // Somebody has signed in by a name alone, in this tenant and not in the other one.
            _ if resource.starts_with("/health/") => "neither_subject_nor_connection".to_owned(),
            _ if resource.starts_with("/imports/") => self.import().await,
            _ if resource.starts_with("/portal-links/") => self.listed_link().await,
            _ if resource.starts_with("/support-access/") => self.support_access().await,
            _ if resource.starts_with("/tokens/") => self.tenant.issue("short", None).await.0,
            "/webhooks/{id}/paused-tenants" | "/webhooks/{id}/changes" => {
                self.webhook_of_stack().await
            }
            _ if resource.starts_with("/webhooks/") => self.webhook(resource).await,
            "/connections/{id}" if deletes => {
                let new = json!({"name": "short-lived", "provider": "other"});
                let made = self.owner.post("/scim/connections", new).await;
                made.expect(201).id()
            }
            _ => self.tenant.connection_id().to_owned(),
        };
        let path = path.replace("{tenant}", &tenant).replace("{id}", &id);
        let path = path.replace("{number}", "1");
        let urn = match path.starts_with("/tenants/") {
            true => SCHEMA,
            false => STACK_SCHEMA,
        };
        let path = path.replace("{urn}", urn).replace("{name}", "not-found");
        if path.ends_with(urn) {
            let body = self.body_of_schema();
            self.service
                .application()
                .put(&path, body)
                .await
                .expect(200);
        }
        let path = match path.contains("{session}") {
            true => path.replace("{session}", &self.listed_session().await),
            false => path,
        };
        match (resource, operation.method == Method::GET) {
            ("/connections/{id}/remedies", true) => format!("{path}?remedy=confirm"),
            ("/groups/role-mapping", _) => format!("{path}?name=Members"),
            _ => path,
        }
    }

    fn body_of_schema(&self) -> Value {
        json!({"name": "Acme", "attributes": [{"name": "badge", "type": "string"}]})
    }

    fn body(&self, operation: &Operation) -> Option<Value> {
        Some(match (operation.method.as_str(), operation.resource()) {
            ("POST", "/tenants") => {
                json!({"id": format!("t{}", uuid::Uuid::now_v7()), "display_name": "New"})
            }
            ("POST", "/erasure") => json!({}),
            ("PUT", "") => json!({"display_name": "Put"}),
            ("PATCH", "") => json!({"display_name": "Renamed"}),
            ("POST", "/service-keys") => json!({"label": "new", "scopes": ["events"]}),
            ("POST", "/sso/logins") => json!({"user_name": "ada"}),
            ("POST", "/portal-links") => json!({"role_id": "admin"}),
            ("POST", "/support-access") => {
                json!({"operator": "sue@vendor.example", "reason": "case 7", "role_id": "admin"})
            }
            ("PUT", "/imports/{id}") => json!({"mode": "report"}),
            ("PUT", "/imports/{id}/parts/{number}") => json!({"user_name": "ada"}),
            ("PUT", "/roles") => json!({"items": []}),
            ("PUT", "/branding") => json!({}),
            ("PUT", "/schemas/{urn}") => self.body_of_schema(),
            ("POST", "/sessions/introspect") => json!({"token": "rcx_nothing"}),
            ("POST", "/connections") => json!({"name": "New", "provider": "okta"}),
            ("PUT", "/connections/{id}") => json!({"name": "Put", "provider": "okta"}),
            ("PATCH", "/connections/{id}") => json!({"name": "Renamed"}),
            ("POST", "/connections/{id}/remedies") => json!({"remedy": "confirm"}),
            ("POST", "/health/findings/{id}/snooze") => json!({"reason": "known"}),
            ("POST", "/connections/{id}/held") => json!({"decision": "discard"}),
            ("POST", "/connections/{id}/bindings") => json!({"bindings": []}),
            ("POST", "/connections/{id}/tokens") => json!({"label": "new"}),
            ("PUT", "/groups/{id}/role-mapping") => json!({"role_id": "member"}),
            ("PUT", "/groups/role-mapping") => json!({"role_ids": ["member"]}),
            ("PUT", "/settings") => json!({}),
            ("PUT", "/users/{id}/role") => json!({"role_id": null}),
            ("POST", "/users/{id}/merge") => json!({"into": self.user}),
            ("POST", path) if path.starts_with("/users/{id}/") => json!({}),
            ("POST", "/webhooks") => new_webhook(),
            ("PUT", "/webhooks/{id}") => new_webhook(),
            ("PATCH", "/webhooks/{id}") => json!({"name": "Renamed"}),
            ("POST", "/webhooks/{id}/replay") => json!({"after": "0"}),
            ("POST", path) if path.starts_with("/webhooks/{id}/") => json!({}),
            ("PATCH", "/settings") => json!({"retention_days": 400}),
            ("POST", "/users/{id}/restore" | "/users/{id}/admit-as-new") => return None,
            ("GET" | "DELETE", _) => return None,
            (method, path) => panic!("{method} {path}: add a request body for this endpoint here"),
        })
    }
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
