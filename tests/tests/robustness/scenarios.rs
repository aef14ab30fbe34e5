//! The requests into which faults are injected: at least one for each kind of write and read.

use http::Method;
use rollcall_tests::service::{Service, Tenant};
use rollcall_tests::urn;
use serde_json::{Value, json};

use crate::asking::{Ask, Senders};

/// More members than one transaction has room for.
const MANY: usize = 52;

/// A tenant that was prepared for one request.
pub(crate) struct Stage {
    pub(crate) tenant: Tenant,
    pub(crate) senders: Senders,
    /// Two people, or many.
    people: Vec<String>,
    group: String,
    /// A connection beside the one of the identity provider, and its token.
    connection: String,
    token: String,
}

/// One request, for a stage.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) ask: fn(&Stage) -> Ask,
    /// Whether the request is several transactions, so that it can stop in between.
    pub(crate) in_steps: bool,
    /// Whether it needs many people.
    pub(crate) large: bool,
    /// What the client is told when it sends the request again after an answer was lost.
    pub(crate) again: &'static [u16],
}

const fn scenario(name: &'static str, again: &'static [u16], ask: fn(&Stage) -> Ask) -> Scenario {
    Scenario {
        name,
        ask,
        in_steps: false,
        large: false,
        again,
    }
}

const fn in_steps(scenario: Scenario) -> Scenario {
    Scenario {
        in_steps: true,
        ..scenario
    }
}

const fn large(scenario: Scenario) -> Scenario {
    Scenario {
        large: true,
        ..scenario
    }
}

pub(crate) static SCENARIOS: [Scenario; 21] = [
    scenario("create a user", &[201, 409], |_| {
        let user =
            json!({"schemas": [urn::USER], "userName": "new", "externalId": "x", "active": true});
        Ask::scim(Method::POST, "/Users", user)
    }),
    scenario("replace a user", &[200], |stage| {
        let user = json!({"schemas": [urn::USER], "userName": "p0", "title": "t", "active": true});
        Ask::scim(Method::PUT, format!("/Users/{}", stage.people[0]), user)
    }),
    scenario("deactivate a user", &[200, 204], |stage| {
        stage.patch_user(json!([{"op": "replace", "path": "active", "value": false}]))
    }),
    scenario("rename a user", &[200, 204], |stage| {
        stage.patch_user(json!([{"op": "replace", "path": "userName", "value": "renamed"}]))
    }),
    scenario("delete a user", &[204, 404], |stage| {
        Ask::scim(
            Method::DELETE,
            format!("/Users/{}", stage.people[0]),
            Value::Null,
        )
    }),
    scenario("find a user", &[200], |_| {
        Ask::scim(
            Method::GET,
            "/Users?filter=userName%20eq%20%22p1%22",
            Value::Null,
        )
    }),
    scenario("list groups", &[200], |_| {
        Ask::scim(Method::GET, "/Groups", Value::Null)
    }),
    scenario("create a group", &[201, 409], |stage| {
        Ask::scim(Method::POST, "/Groups", group("new", &stage.people[..2]))
    }),
    scenario("change members", &[200, 204], |stage| {
        stage.patch_group(json!([
            {"op": "remove", "path": format!("members[value eq \"{}\"]", stage.people[0])},
            {"op": "add", "path": "members", "value": [{"value": stage.people[1]}]},
        ]))
    }),
    scenario("delete a group", &[204, 404], |stage| {
        Ask::scim(
            Method::DELETE,
            format!("/Groups/{}", stage.group),
            Value::Null,
        )
    }),
    large(scenario("create a large group", &[201, 409], |stage| {
        Ask::scim(Method::POST, "/Groups", group("large", &stage.people))
    })),
    large(scenario("replace all members", &[200, 204], |stage| {
        let members = members(&stage.people[1..]);
        stage.patch_group(json!([{"op": "replace", "path": "members", "value": members}]))
    })),
    scenario("map a group", &[200], |stage| {
        let path = format!("/groups/{}/role-mapping", stage.group);
        stage.api(Method::PUT, &path, json!({"role_id": "admin"}))
    }),
    scenario("give a role", &[200], |stage| {
        let path = format!("/users/{}/role", stage.people[1]);
        stage.api(Method::PUT, &path, json!({"role_id": "member"}))
    }),
    scenario("sign in", &[200], |stage| {
        stage.api(
            Method::POST,
            "/sso/logins",
            json!({"user_name": "p1", "groups": ["g"]}),
        )
    }),
    scenario("block a user", &[200], |stage| {
        let path = format!("/users/{}/block", stage.people[1]);
        stage.api(Method::POST, &path, json!({}))
    }),
    in_steps(scenario("change the settings", &[200], |stage| {
        stage.api(Method::PATCH, "", json!({"display_name": "Renamed"}))
    })),
    in_steps(scenario("create a connection", &[201], |stage| {
        let new = json!({"name": "third", "provider": "okta"});
        stage.api(Method::POST, "/connections", new)
    })),
    in_steps(scenario("revoke a token", &[204], |stage| {
        stage.api(
            Method::DELETE,
            &format!("/tokens/{}", stage.token),
            Value::Null,
        )
    })),
    in_steps(scenario("delete a connection", &[204, 404], |stage| {
        let path = format!("/connections/{}", stage.connection);
        stage.api(Method::DELETE, &path, Value::Null)
    })),
    in_steps(scenario("delete the tenant", &[204, 404], |stage| {
        stage.api(Method::DELETE, "", Value::Null)
    })),
];

impl Stage {
    /// Creates a tenant with people, a mapped group, and a second connection with a token.
    pub(crate) async fn create(service: &Service, large: bool) -> Self {
        let tenant = service.tenant("staged").await;
        let idp = tenant.idp();
        let senders = Senders {
            idp: idp.clone(),
            application: service.application(),
        };
        let count = if large { MANY } else { 2 };
        let mut people = Vec::new();
        for n in 0..count {
            people.push(idp.user(&format!("p{n}")).await);
        }
        let group = idp.group("g", &[&people[0]]).await;
        let directory = tenant.directory();
        let viewer = Some(rollcall_directory::Role::Viewer);
        directory.roles().map_group(&group, viewer).await.unwrap();
        let credentials = directory.credentials();
        let other = rollcall_directory::Provider::Okta;
        let connection = credentials.create_connection("second", other).await;
        let connection = connection.unwrap().id;
        let token = credentials.issue_token(&connection, "t", None).await;
        Self {
            senders,
            people,
            group,
            connection,
            token: token.unwrap().token.id,
            tenant,
        }
    }

    fn api(&self, method: Method, below: &str, body: Value) -> Ask {
        Ask::api(
            method,
            format!("/tenants/{}{below}", self.tenant.id()),
            body,
        )
    }

    fn patch_user(&self, operations: Value) -> Ask {
        let path = format!("/Users/{}", self.people[0]);
        Ask::scim(Method::PATCH, path, patch(operations))
    }

    fn patch_group(&self, operations: Value) -> Ask {
        let path = format!("/Groups/{}", self.group);
        Ask::scim(Method::PATCH, path, patch(operations))
    }
}

fn patch(operations: Value) -> Value {
    json!({"schemas": [urn::PATCH], "Operations": operations})
}

fn members(ids: &[String]) -> Vec<Value> {
    ids.iter().map(|id| json!({"value": id})).collect()
}

fn group(name: &str, ids: &[String]) -> Value {
    json!({"schemas": [urn::GROUP], "displayName": name, "members": members(ids)})
}
