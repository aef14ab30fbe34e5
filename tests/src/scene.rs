//! A tenant whose people sign in and are pushed, for tests of who somebody is.

use rollcall_directory::{Provider, Reason, Role};
use serde_json::{Value, json};

use crate::api::Api;
use crate::idp::{Answer, Idp};
use crate::service::{Service, Tenant};
use crate::urn;

/// A tenant whose people sign in and are pushed.
#[derive(Debug)]
pub struct Scene {
    /// The application's backend.
    pub application: Api,
    /// The tenant.
    pub tenant: Tenant,
}

impl Scene {
    /// Creates a tenant for a test.
    pub async fn create(service: &Service, name: &str) -> Self {
        Self {
            application: service.application(),
            tenant: service.tenant(name).await,
        }
    }

    /// Adds a connection. Returns its id and its identity provider.
    ///
    /// # Panics
    /// Panics when it cannot be added.
    pub async fn another(&self, name: &str) -> (String, Idp) {
        let credentials = self.tenant.directory().credentials();
        let made = credentials.create_connection(name, Provider::Okta).await;
        let id = made.unwrap_or_else(|error| panic!("{error:?}")).id;
        let issued = credentials.issue_token(&id, "t", None).await;
        let token = issued.unwrap_or_else(|error| panic!("{error:?}"));
        let idp = self.tenant.idp();
        (id, idp.with_token(Some(token.secret.expose())))
    }

    /// Returns a client with the session of somebody who signs in.
    pub async fn session(&self, login: Value) -> Api {
        let login = self.log_in(login).await.expect(200);
        self.application.with(Some(&login.string("/session/token")))
    }

    /// Returns a path of the tenant for service keys.
    pub fn path(&self, below: &str) -> String {
        format!("/tenants/{}{below}", self.tenant.id())
    }

    /// Signs in somebody.
    pub async fn log_in(&self, login: Value) -> Answer {
        let path = format!("/tenants/{}/sso/logins", self.tenant.id());
        self.application.post(&path, login).await
    }

    /// Reads something of the tenant as the application.
    pub async fn at_tenant(&self, path: &str) -> Answer {
        let path = format!("/tenants/{}{path}", self.tenant.id());
        self.application.get(&path).await
    }

    /// Signs in somebody, and returns their id.
    pub async fn signed_in(&self, login: Value) -> String {
        self.log_in(login).await.expect(200).string("/user/id")
    }

    /// Expects that the sign-in is refused for this reason, and that the answer names nobody else.
    #[track_caller]
    pub fn refused(answer: Answer, status: u16, reason: Reason, hidden: &[&str]) {
        let answer = answer.expect(status).because(reason);
        // Each of these reasons has a type of its own.
        let kind = reason.as_str().replace('_', "-");
        let page = format!("/api/v1/problems/{kind}");
        let of = answer.string("/type");
        assert!(of.ends_with(&page), "{of}");
        let text = answer.body.to_string();
        for name in hidden {
            assert!(!text.contains(name), "{text} names {name}");
        }
    }

    /// Expects 409 `identity_conflict`, in an answer without these texts.
    pub async fn conflicts(&self, login: Value, hidden: &[&str]) {
        let answer = self.log_in(login).await;
        Self::refused(answer, 409, Reason::IdentityConflict, hidden);
    }

    /// Expects 403 `person_inactive`.
    pub async fn keeps_out(&self, login: Value) {
        let answer = self.log_in(login).await;
        Self::refused(answer, 403, Reason::PersonInactive, &[]);
    }

    /// Pushes a user, and returns the id.
    pub async fn push(&self, user: Value) -> String {
        let mut user = user;
        user["schemas"] = json!([urn::USER]);
        self.tenant
            .idp()
            .post("/Users", user)
            .await
            .expect(201)
            .id()
    }

    /// Replaces an attribute of a user.
    pub async fn set(&self, user: &str, path: &str, value: Value) -> Answer {
        let change = json!([{"op": "replace", "path": path, "value": value}]);
        self.tenant
            .idp()
            .patch(&format!("/Users/{user}"), change)
            .await
    }

    /// Gives a role by hand.
    ///
    /// # Panics
    /// Panics when the role cannot be given.
    pub async fn give(&self, user: &str, role: Role) {
        let roles = self.tenant.directory().roles();
        let given = roles.give_role(user, Some(role), Role::Owner).await;
        assert!(given.is_ok(), "{given:?}");
    }

    /// Returns the number of users.
    pub async fn people(&self) -> u64 {
        self.tenant.idp().census().await.0
    }

    /// Returns whether a session is in force.
    pub async fn is_active(&self, token: &str) -> bool {
        self.application.introspect(token).await.body["active"] == true
    }

    /// Returns what the journal says about refused sign-ins.
    pub async fn refusals(&self, service: &Service) -> Vec<Value> {
        let mut entries = service.journal(&self.tenant).await;
        entries.retain(|entry| entry["type"] == "auth.refused");
        let told = entries.iter().filter_map(|entry| entry["after"].as_str());
        told.filter_map(|told| serde_json::from_str(told).ok())
            .collect()
    }
}
