//! The two doors of the API: what an admin does with a session, the application does with a service key and the tenant
//! in the path. Both get the same answers; the audit log says who it was.

mod rows;

use http::Method;
use rollcall_directory::{KeyScope, Role};
use rollcall_tests::api::Api;
use rollcall_tests::idp::Answer;
use rollcall_tests::service::{Service, Tenant, run};
use serde_json::{Value, json};

use rows::{Row, rows, webhook};

/// The members of answers that differ between two tenants with the same content.
const OWN: &[&str] = &[
    "actor",
    "after",
    "before",
    "blocked_at",
    "body",
    "checked_at",
    "connection_id",
    "created_at",
    "ended_at",
    "expires_at",
    "feed_hash",
    "feed_sequence",
    "finished_at",
    "group",
    "group_id",
    "id",
    "last_login_at",
    "last_used_at",
    "made_at",
    "next",
    "occurred_at",
    "owner",
    "paused_at",
    "prefix",
    "received_at",
    "request_id",
    "revoked_at",
    "role_announced_at",
    "seconds",
    "secret",
    "sequence",
    "since",
    "started_at",
    "target",
    "tenant",
    "token",
    "token_id",
    "took_ms",
    "user_id",
];

/// A tenant, a caller by one of its doors, and the resources that the calls work on.
struct Door<'a> {
    tenant: &'a Tenant,
    caller: Api,
    by_service_key: bool,
    user: String,
    group: String,
    token: String,
    /// Somebody who only signed in.
    ghost: String,
    /// Somebody who is deleted.
    leaver: String,
    webhook: String,
}

impl<'a> Door<'a> {
    /// Fills a tenant and returns its door. Without `by_service_key`, the caller is a person with the role `owner`.
    async fn open(service: &Service, tenant: &'a Tenant, by_service_key: bool) -> Door<'a> {
        let (idp, application) = (tenant.idp(), service.application());
        let user = idp.user("ada").await;
        let owner = idp.user("olga").await;
        let group = idp.group("Engineering", &[&user]).await;
        let link = service.admin(tenant, Role::Owner).await;
        let role = |role: &str| json!({ "role_id": role });
        let path = format!("/scim/groups/{group}/role-mapping");
        link.put(&path, role("member")).await.expect(200);
        let path = format!("/users/{owner}/role");
        link.put(&path, role("owner")).await.expect(200);
        service.follow_up(tenant).await;
        let login = application.log_in(tenant.id(), "olga", None).await;
        let session = login.expect(200).string("/session/token");
        let caller = match by_service_key {
            true => application.clone(),
            false => application.with(Some(&session)),
        };
        let token = tenant.issue("spare", None).await.0;
        let leaver = idp.user("leo").await;
        let ghost = application.log_in(tenant.id(), "ghost", None).await;
        let ghost = ghost.expect(200).string("/user/id");
        let path = format!("/tenants/{}/webhooks", tenant.id());
        let webhook = application.post(&path, webhook()).await.expect(201).id();
        Door {
            tenant,
            caller,
            by_service_key,
            user,
            group,
            token,
            ghost,
            leaver,
            webhook,
        }
    }

    /// Returns the path by this door, with the ids of its resources.
    fn path(&self, path: &str) -> String {
        let path = self.filled_in(path);
        match self.by_service_key {
            true => at_tenant(self.tenant.id(), &path),
            false => path,
        }
    }

    fn filled_in(&self, text: &str) -> String {
        // Somebody has signed in by a name alone.
        text.replace("{finding}", "neither_subject_nor_connection")
            .replace("{import}", "first")
            .replace("{part}", "1")
            .replace("{user}", &self.user)
            .replace("{ghost}", &self.ghost)
            .replace("{leaver}", &self.leaver)
            .replace("{webhook}", &self.webhook)
            .replace("{group}", &self.group)
            .replace("{token}", &self.token)
            .replace("{connection}", self.tenant.connection_id())
    }

    async fn call(&self, (method, path, body): &Row) -> Answer {
        let method: Method = method.parse().expect("a method");
        let body = body.as_ref().map(|body| self.filled_in(&body.to_string()));
        self.caller.send(method, &self.path(path), body).await
    }
}

/// Returns the path of an endpoint for sessions as one for service keys.
pub(crate) fn at_tenant(tenant: &str, path: &str) -> String {
    let below = path.strip_prefix("/scim").unwrap_or(path);
    format!("/tenants/{tenant}{below}")
}

/// Replaces what differs between two tenants with the same content.
fn blanked(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                // The group of a grant is an id; that of a mapping is an object, which is compared.
                let is_group = name == "group" && value.is_object();
                match OWN.contains(&name.as_str()) && !is_group {
                    true => (name.clone(), json!(value.is_null())),
                    false => (name.clone(), blanked(value)),
                }
            };
            members.iter().map(member).collect()
        }
        Value::Array(items) => items.iter().map(blanked).collect(),
        other => other.clone(),
    }
}

/// Returns an answer without what differs by tenant. Problem documents name resources by their ids.
fn comparable(answer: &Answer) -> (u16, Value) {
    match answer.status {
        status @ ..400 => (status, blanked(&answer.body)),
        status => (status, answer.body["type"].clone()),
    }
}

#[test]
fn both_doors_answer_alike_and_the_audit_log_tells_them_apart() {
    run(async |service| {
        let tenants = [
            service.tenant("door-s").await,
            service.tenant("door-k").await,
        ];
        let person = Door::open(service, &tenants[0], false).await;
        let application = Door::open(service, &tenants[1], true).await;
        for row in rows() {
            let (by_session, by_key) = (person.call(&row).await, application.call(&row).await);
            let (method, path, _) = &row;
            assert_eq!(
                comparable(&by_session),
                comparable(&by_key),
                "{method} {path}: {} {}",
                by_session.body,
                by_key.body
            );
            for (door, answer) in [(&person, &by_session), (&application, &by_key)] {
                let Some(location) = answer.header("location") else {
                    continue;
                };
                let path = location.strip_prefix("/api/v1").expect("a path of the API");
                let read = door.caller.get(path).await.expect(200);
                assert_eq!(read.body["id"], answer.body["id"], "{location}");
            }
            if *method != "GET" {
                service.follow_up(&tenants[0]).await;
                service.follow_up(&tenants[1]).await;
            }
        }

        let key = service.application();
        let keys = service.directory();
        let key = keys.service_keys().verify(key.credential()).await;
        let key = key.expect("a read").expect("a valid key").id;
        let mut changes = 0;
        let logs = [audit(&person).await, audit(&application).await];
        assert_eq!(logs[0].len(), logs[1].len(), "{logs:#?}");
        for (by_person, by_key) in logs[0].iter().zip(&logs[1]) {
            assert_eq!(by_person["type"], by_key["type"]);
            let (actor, other) = (&by_person["actor"], &by_key["actor"]);
            if actor["type"] == "person" {
                changes += 1;
                assert_eq!(other["type"], "application", "{by_key}");
                assert_eq!(other["id"], key.as_str(), "{by_key}");
            } else {
                assert_eq!(actor["type"], other["type"], "{by_person} {by_key}");
            }
        }
        assert!(changes >= 8, "{changes}");
        let of_key = at_tenant(tenants[1].id(), &format!("/audit?actor={key}"));
        let of_key = service.application().all(&of_key).await;
        assert!(of_key.len() >= changes, "{of_key:#?}");
    });
}

/// Reads what people and applications did.
async fn audit(door: &Door<'_>) -> Vec<Value> {
    let entries = door.caller.all(&door.path("/audit")).await;
    let by_somebody = |entry: &Value| entry["actor"]["type"] != "system";
    entries.into_iter().filter(by_somebody).collect()
}

/// An operation of the document: its method and its path for sessions.
struct Documented {
    method: Method,
    path: String,
}

/// Returns the operations with two doors, and checks that the document describes both alike.
async fn documented(service: &Service) -> Vec<Documented> {
    let document = service.application().get("/openapi.json").await.expect(200);
    let paths = &document.body["paths"];
    let mut found = Vec::new();
    for (path, item) in paths.as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let path = path.trim_start_matches("/api/v1");
            let permissions = &operation["security"][0]["session"];
            if permissions.is_null() || path == "/sessions/current" {
                continue;
            }
            let other = format!("/api/v1{}", at_tenant("{tenant}", path));
            let other = &paths[&other][method];
            let id = operation["operationId"].as_str().expect("an id");
            assert_eq!(other["operationId"], format!("{id}_of_tenant"), "{path}");
            assert_eq!(&other["security"][0]["service_key"], permissions, "{path}");
            assert_eq!(
                other["security"].as_array().map(Vec::len),
                Some(1),
                "{path}"
            );
            // A tenant that does not exist is one more thing that is not found, and one more part of the path.
            let mut responses = operation["responses"].clone();
            for status in ["400", "404"] {
                responses[status] = other["responses"][status].clone();
            }
            assert_eq!(other["responses"], responses, "{path}");
            assert_eq!(other["parameters"][0]["name"], "tenant", "{path}");
            found.push(Documented {
                method: method.to_uppercase().parse().expect("a method"),
                path: path.to_owned(),
            });
        }
    }
    found
}

#[test]
fn every_operation_of_an_admin_has_two_doors() {
    run(async |service| {
        let shape = |path: &str| {
            let path = path.split('?').next().unwrap_or_default();
            let segments = path
                .split('/')
                .map(|segment| match segment.starts_with('{') {
                    true => "{id}",
                    false => segment,
                });
            segments.collect::<Vec<_>>().join("/")
        };
        let called = rows();
        for Documented { method, path } in documented(service).await {
            let calls = |row: &Row| row.0 == method.as_str() && shape(row.1) == shape(&path);
            assert!(called.iter().any(calls), "{method} {path}: add a row");
        }
    });
}

#[test]
fn each_door_refuses_the_credential_of_the_other_and_tenants_that_do_not_exist() {
    run(async |service| {
        let tenant = service.tenant("door-own").await;
        let other = service.tenant("door-other").await;
        let gone = service.tenant("door-gone").await;
        let application = service.application();
        let owner = service.admin(&tenant, Role::Owner).await;
        let former = service.admin(&gone, Role::Owner).await;
        let path = format!("/tenants/{}", gone.id());
        application.delete(&path).await.expect(204);
        let ada = tenant.idp().user("ada").await;
        let group = tenant.idp().group("g", &[&ada]).await;
        for Documented { method, path } in documented(service).await {
            let names_resource = path.contains("{id}");
            let path = match path.as_str() {
                path if path.starts_with("/users") => path.replace("{id}", &ada),
                path if path.contains("/groups/") => path.replace("{id}", &group),
                path if path.ends_with("/remedies") => {
                    let path = path.replace("{id}", tenant.connection_id());
                    format!("{path}?remedy=confirm")
                }
                path => path
                    .replace("{id}", tenant.connection_id())
                    .replace("{number}", "1"),
            };
            let body = ["POST", "PUT", "PATCH"].contains(&method.as_str());
            let body = body.then(|| "{}".to_owned());
            let call = async |caller: &Api, path: &str| {
                let sent = caller.send(method.clone(), path, body.clone());
                sent.await
            };
            let at = |tenant: &str| at_tenant(tenant, &path);
            for named in [tenant.id(), other.id(), gone.id(), "no-such-tenant"] {
                let refused = call(&owner, &at(named)).await.expect(403);
                let detail = refused.string("/detail");
                assert!(detail.contains("service key"), "{detail}");
            }
            // A service key manages those of the stack there.
            if !path.starts_with("/webhooks") {
                let refused = call(&application, &path).await.expect(403);
                let detail = refused.string("/detail");
                assert!(detail.contains("/api/v1/tenants/{tenant}"), "{detail}");
            }
            for named in [gone.id(), "no-such-tenant", "NOT-AN-ID", "a%20b"] {
                call(&application, &at(named)).await.expect(404);
            }
            call(&former, &path).await.expect(401);
            for caller in [application.with(None), application.with(Some("nonsense"))] {
                call(&caller, &at(tenant.id())).await.expect(401);
                call(&caller, &at("no-such-tenant")).await.expect(401);
            }
            // What belongs to one tenant does not exist in the path of another.
            if names_resource && method == Method::GET {
                call(&application, &at(other.id())).await.expect(404);
            }
        }
        let path = at_tenant(tenant.id(), &format!("/users/{ada}"));
        application.get(&path).await.expect(200);
    });
}

#[test]
fn a_service_key_needs_the_scope_of_the_operation() {
    run(async |service| {
        let tenant = service.tenant("door-scopes").await;
        let directory = service.directory();
        let keys = directory.service_keys();
        let issue = async |scopes: Vec<KeyScope>| {
            let issued = keys.issue_scoped("scoped", &scopes).await;
            let secret = issued.expect("a key");
            service.application().with(Some(secret.expose()))
        };
        let document = service.application().get("/openapi.json").await.expect(200);
        for scope in KeyScope::all() {
            let is_enough = |other: KeyScope| match (scope, other) {
                (KeyScope::Permission(scope), KeyScope::Permission(other)) => {
                    scope.sufficient().any(|one| one == other)
                }
                _ => other == scope,
            };
            let without = KeyScope::all().filter(|other| !is_enough(*other));
            let without = issue(without.collect()).await;
            let mut operations = 0;
            for (path, item) in document.body["paths"].as_object().expect("paths") {
                for (method, operation) in item.as_object().expect("operations") {
                    if operation["security"][0]["service_key"][0] != scope.as_str() {
                        continue;
                    }
                    operations += 1;
                    let method: Method = method.to_uppercase().parse().expect("a method");
                    let path = path.trim_start_matches("/api/v1").replace("{id}", "nobody");
                    let named = path.replace("{tenant}", tenant.id());
                    let refused = without.send(method.clone(), &named, None).await.expect(403);
                    let detail = refused.string("/detail");
                    assert!(detail.contains(scope.as_str()), "{path}: {detail}");
                    // Without a body and with a tenant that does not exist, nothing is changed.
                    let named = path.replace("{tenant}", "no-such-tenant");
                    let needed = operation["security"][0]["service_key"].as_array();
                    let needed = needed.expect("scopes").iter().map(|id| {
                        let id = id.as_str().expect("a scope");
                        id.parse().expect("a scope")
                    });
                    let with = issue(needed.collect()).await;
                    let allowed = with.send(method.clone(), &named, None).await;
                    let fits = ![401, 403].contains(&allowed.status);
                    assert!(fits, "{method} {path}: {}", allowed.body);
                }
            }
            assert!(operations > 0, "{scope} is for nothing");
        }
    });
}
