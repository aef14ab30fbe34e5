//! The tenants and resources on which every endpoint is called, and the callers.

use http::Method;
use rollcall_directory::{Origin, Role};
use rollcall_tests::api::Api;
use rollcall_tests::service::{Service, Tenant};
use serde_json::{Value, json};

use super::{Operation, Who};

/// A webhook that gets nothing, at a port where nobody listens.
fn new_webhook() -> Value {
    json!({"name": "SIEM", "url": "http://127.0.0.1:9/", "types": ["tenant.renamed"]})
}

/// The schemas that the calls declare, for the stack and for a tenant.
const STACK_SCHEMA: &str = "urn:example:scim:permissions:2.0:User";
const SCHEMA: &str = "urn:example:scim:matrix:2.0:User";

/// The tenants and resources that the calls work on.
pub(crate) struct Fixture<'a> {
    service: &'a Service,
    pub(crate) tenant: Tenant,
    other: Tenant,
    pub(crate) owner: Api,
    user: String,
    group: String,
}

impl<'a> Fixture<'a> {
    pub(crate) async fn create(service: &'a Service) -> Fixture<'a> {
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

    pub(super) async fn caller(&self, who: Who) -> Api {
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
            Who::OauthClientSecret => with(&self.client().await.1),
            Who::AccessToken => {
                let (id, secret) = self.client().await;
                let answer = tenant.idp().ask_for_token(&id, &secret).await;
                with(&answer.expect(200).string("/access_token"))
            }
            Who::PortalLinkSecret => with(&service.portal_link(tenant, Role::Owner).await),
            Who::ServiceKey => application,
            Who::RevokedServiceKey => {
                let made = application
                    .post("/service-keys", json!({"label": "revoked"}))
                    .await;
                let made = made.expect(201);
                let path = format!("/service-keys/{}", made.id());
                application.delete(&path).await.expect(204);
                with(&made.string("/service_key"))
            }
            Who::BoundServiceKey => {
                let new = json!({"label": "bound", "tenant": self.other.id()});
                let made = application.post("/service-keys", new).await.expect(201);
                with(&made.string("/service_key"))
            }
            Who::SupportSession => {
                let asked = json!({"operator": "sue@vendor.example", "reason": "case 7", "role_id": "admin"});
                let path = format!("/tenants/{}/support-access", tenant.id());
                let granted = application.post(&path, asked).await.expect(201);
                let url = granted.string("/url");
                let link = url.rsplit('=').next().unwrap_or_default();
                let directory = service.directory();
                let opened = directory.open_portal_link(link, "opened", Origin::default());
                let opened = opened.await.unwrap().expect("a session");
                with(opened.secret.expose())
            }
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

    /// Makes an OAuth client, and returns its id and secret.
    async fn client(&self) -> (String, String) {
        let path = format!("/scim/connections/{}/tokens", self.tenant.connection_id());
        let new = json!({"label": "client", "kind": "oauth_client"});
        let made = self.owner.post(&path, new).await.expect(201);
        (made.id(), made.string("/token"))
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
    pub(crate) async fn webhook_of_stack(&self) -> String {
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
    pub(crate) async fn path(&self, operation: &Operation) -> String {
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

    pub(crate) fn body(&self, operation: &Operation) -> Option<Value> {
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
