//! The requests into which faults are injected: at least one for each kind of write and read, and one for each operation
//! of the API that writes.

use std::collections::BTreeMap;

use http::Method;
use rollcall_tests::service::{Service, Tenant};
use rollcall_tests::urn;
use serde_json::{Value, json};

use super::asking::{Ask, Senders};
use super::state::{FINDING, SCHEMA, schema, support, webhook};

/// More members than one transaction has room for.
const MANY: usize = 52;

/// A tenant that was prepared for one request.
pub(crate) struct Stage {
    pub(crate) tenant: Tenant,
    pub(crate) senders: Senders,
    /// Two people, or many.
    pub(crate) people: Vec<String>,
    group: String,
    /// A connection beside the one of the identity provider, and its token.
    pub(crate) connection: String,
    token: String,
    /// The ids of what a scenario needs besides, by what it is.
    pub(crate) made: BTreeMap<&'static str, String>,
}

/// One request, for a stage.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) ask: fn(&Stage) -> Ask,
    /// Whether the request is several transactions, so that it can stop in between.
    pub(crate) in_steps: bool,
    /// Whether it needs many people.
    pub(crate) large: bool,
    /// What else the tenant has.
    pub(crate) needs: &'static [&'static str],
    /// What the client is told when it sends the request again after an answer was lost.
    pub(crate) again: &'static [u16],
}

const fn scenario(name: &'static str, again: &'static [u16], ask: fn(&Stage) -> Ask) -> Scenario {
    Scenario {
        name,
        ask,
        in_steps: false,
        large: false,
        needs: &[],
        again,
    }
}

/// What a deletion that was made is answered with.
const GONE: &[u16] = &[204, 404];
/// What is answered with 2xx whenever it is repeated.
const GOOD: &[u16] = &[200, 201, 202, 204];

const fn needs(needs: &'static [&'static str], scenario: Scenario) -> Scenario {
    Scenario { needs, ..scenario }
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
    scenario("create a connection", &[201], |stage| {
        let new = json!({"name": "third", "provider": "okta"});
        stage.api(Method::POST, "/connections", new)
    }),
    scenario("revoke a token", &[204], |stage| {
        stage.api(
            Method::DELETE,
            &format!("/tokens/{}", stage.token),
            Value::Null,
        )
    }),
    in_steps(scenario("delete a connection", &[204, 404], |stage| {
        let path = format!("/connections/{}", stage.connection);
        stage.api(Method::DELETE, &path, Value::Null)
    })),
    in_steps(scenario("delete the tenant", &[204, 404], |stage| {
        stage.api(Method::DELETE, "", Value::Null)
    })),
];

/// The other operations of the API, and of SCIM.
pub(crate) static WRITES: [Scenario; 45] = [
    in_steps(scenario("send a bulk request", &[200], |stage| {
        let user = json!({"schemas": [urn::USER], "userName": "new", "active": true});
        let path = format!("/Groups/{}", stage.group);
        let change =
            json!([{"op": "add", "path": "members", "value": [{"value": stage.people[1]}]}]);
        let operations = json!([
            {"method": "POST", "path": "/Users", "bulkId": "a", "data": user},
            {"method": "PATCH", "path": path, "data": patch(change)},
        ]);
        let body = json!({"schemas": [urn::BULK], "Operations": operations});
        Ask::scim(Method::POST, "/Bulk", body)
    })),
    needs(
        &["client"],
        scenario("fetch an access token", &[200], |stage| {
            Ask::token(stage.of("client"), stage.of("client secret"))
        }),
    ),
    in_steps(scenario("replace the tenant", GOOD, |stage| {
        stage.api(Method::PUT, "", json!({"display_name": "Renamed"}))
    })),
    scenario("choose a branding", GOOD, |stage| {
        stage.api(
            Method::PUT,
            "/branding",
            json!({"product_name": "Plumbline"}),
        )
    }),
    scenario("replace a connection", GOOD, |stage| {
        stage.put_at(
            "/connections",
            &stage.connection,
            json!({"name": "put", "provider": "okta"}),
        )
    }),
    scenario("rename a connection", GOOD, |stage| {
        let path = format!("/connections/{}", stage.connection);
        let change = json!({"name": "renamed", "alias": "corp"});
        stage.api(Method::PATCH, &path, change)
    }),
    scenario("bind subjects", GOOD, |stage| {
        let binding = json!({"user": stage.people[1], "subject": "s-1"});
        stage.at_connection("/bindings", json!({"bindings": [binding]}))
    }),
    scenario("decide held changes", GOOD, |stage| {
        stage.at_connection("/held", json!({"decision": "apply"}))
    }),
    scenario("apply a remedy", GOOD, |stage| {
        stage.at_connection("/remedies", json!({"remedy": "confirm"}))
    }),
    scenario("issue a token", GOOD, |stage| {
        stage.at_connection("/tokens", json!({"label": "new"}))
    }),
    needs(
        &["deletion"],
        scenario("erase the tenant", &[202, 404], |stage| {
            stage.api(Method::POST, "/erasure", json!({}))
        }),
    ),
    scenario("await a group", GOOD, |stage| {
        let role = json!({"role_ids": ["member"]});
        stage.api(Method::PUT, "/groups/role-mapping?name=Awaited", role)
    }),
    needs(
        &["session"],
        scenario("put a finding off", GOOD, |stage| {
            stage.post_at(
                "/health/findings",
                FINDING,
                "/snooze",
                json!({"reason": "known"}),
            )
        }),
    ),
    needs(
        &["session", "snooze"],
        scenario("look at a finding again", GONE, |stage| {
            stage.delete_at("/health/findings", &format!("{FINDING}/snooze"))
        }),
    ),
    scenario("begin an import", GOOD, |stage| {
        stage.put_at("/imports", "new", json!({"mode": "import"}))
    }),
    needs(
        &["import"],
        in_steps(scenario("send a part of an import", GOOD, |stage| {
            let row = json!({"user_name": "row", "application_id": "a-1", "active": true});
            stage.put_at("/imports", "made/parts/1", row)
        })),
    ),
    scenario("make a portal link", GOOD, |stage| {
        stage.api(Method::POST, "/portal-links", json!({"role_id": "admin"}))
    }),
    scenario("mail a portal link", GOOD, |stage| {
        let link = json!({"role_id": "admin", "email": "ada@example.test", "mail": true});
        stage.api(Method::POST, "/portal-links", link)
    }),
    needs(
        &["link"],
        scenario("end a portal link", GONE, |stage| {
            stage.end("/portal-links", "link")
        }),
    ),
    in_steps(scenario("define roles", GOOD, |stage| {
        stage.api(Method::PUT, "/roles", json!({"items": []}))
    })),
    in_steps(scenario("declare a schema", GOOD, |stage| {
        stage.put_at("/schemas", SCHEMA, schema())
    })),
    needs(
        &["schema"],
        in_steps(scenario("withdraw a schema", GONE, |stage| {
            stage.delete_at("/schemas", SCHEMA)
        })),
    ),
    in_steps(scenario("replace the settings", GOOD, |stage| {
        stage.api(Method::PUT, "/settings", json!({"retention_days": 400}))
    })),
    in_steps(scenario("change one setting", GOOD, |stage| {
        stage.api(Method::PATCH, "/settings", json!({"retention_days": 400}))
    })),
    scenario("grant support access", GOOD, |stage| {
        stage.api(Method::POST, "/support-access", support())
    }),
    needs(
        &["support"],
        scenario("end support access", GONE, |stage| {
            stage.end("/support-access", "support")
        }),
    ),
    scenario("delete a user of the application", GONE, |stage| {
        stage.delete_at("/users", &stage.people[1])
    }),
    scenario("admit a user as new", GOOD, |stage| {
        stage.act("admit-as-new")
    }),
    scenario("bind a user anew", GOOD, |stage| stage.act("bind-anew")),
    scenario("confirm a user", GOOD, |stage| stage.act("confirm")),
    // The person is deleted, and then their erasure is ordered.
    in_steps(scenario("erase a user", GOOD, |stage| stage.act("erasure"))),
    needs(
        &["ghost"],
        scenario("merge two users", &[200, 404, 409], |stage| {
            stage.post_at(
                "/users",
                stage.of("ghost"),
                "/merge",
                json!({"into": stage.people[1]}),
            )
        }),
    ),
    scenario("restore a user", GOOD, |stage| stage.act("restore")),
    needs(
        &["session"],
        scenario("end all sessions", GOOD, |stage| stage.act("sessions/end")),
    ),
    needs(
        &["session"],
        scenario("end one session", GONE, |stage| {
            let path = format!("{}/sessions/{}", stage.people[1], stage.of("session"));
            stage.delete_at("/users", &path)
        }),
    ),
    scenario("unblock a user", GOOD, |stage| stage.act("unblock")),
    scenario("make a webhook", GOOD, |stage| {
        stage.api(Method::POST, "/webhooks", webhook())
    }),
    scenario("put a webhook", GOOD, |stage| {
        stage.put_at("/webhooks", "put", webhook())
    }),
    needs(
        &["webhook"],
        scenario("delete a webhook", GONE, |stage| {
            stage.end("/webhooks", "webhook")
        }),
    ),
    needs(
        &["webhook"],
        scenario("change a webhook", GOOD, |stage| {
            let path = format!("/webhooks/{}", stage.of("webhook"));
            stage.api(Method::PATCH, &path, json!({"name": "Renamed"}))
        }),
    ),
    needs(
        &["webhook"],
        scenario("pause a webhook", GOOD, |stage| stage.hook("pause")),
    ),
    needs(
        &["webhook", "pause"],
        scenario("resume a webhook", GOOD, |stage| stage.hook("resume")),
    ),
    needs(
        &["webhook", "pause"],
        scenario("give a webhook a new secret", GOOD, |stage| {
            stage.hook("secret")
        }),
    ),
    needs(
        &["webhook", "pause"],
        scenario("replay events", GOOD, |stage| {
            stage.post_at(
                "/webhooks",
                stage.of("webhook"),
                "/replay",
                json!({"after": "0"}),
            )
        }),
    ),
    needs(
        &["webhook"],
        scenario("test a webhook", GOOD, |stage| stage.hook("test")),
    ),
];

impl Stage {
    /// Creates a tenant with people, a mapped group, and a second connection with a token, and with what a scenario needs.
    pub(crate) async fn create(service: &Service, scenario: &Scenario) -> Self {
        let large = scenario.large;
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
        let mut stage = Self {
            senders,
            people,
            group,
            connection,
            token: token.unwrap().token.id,
            made: BTreeMap::new(),
            tenant,
        };
        for thing in scenario.needs {
            stage.make(thing).await;
        }
        stage
    }

    pub(crate) fn of(&self, thing: &str) -> &str {
        let id = self.made.get(thing);
        id.unwrap_or_else(|| panic!("the scenario does not say that it needs a {thing}"))
    }

    pub(crate) fn api(&self, method: Method, below: &str, body: Value) -> Ask {
        Ask::api(
            method,
            format!("/tenants/{}{below}", self.tenant.id()),
            body,
        )
    }

    fn put_at(&self, list: &str, id: &str, body: Value) -> Ask {
        self.api(Method::PUT, &format!("{list}/{id}"), body)
    }

    fn post_at(&self, list: &str, id: &str, action: &str, body: Value) -> Ask {
        self.api(Method::POST, &format!("{list}/{id}{action}"), body)
    }

    fn at_connection(&self, action: &str, body: Value) -> Ask {
        self.post_at("/connections", &self.connection, action, body)
    }

    fn delete_at(&self, list: &str, id: &str) -> Ask {
        self.api(Method::DELETE, &format!("{list}/{id}"), Value::Null)
    }

    fn end(&self, list: &str, thing: &str) -> Ask {
        self.delete_at(list, self.of(thing))
    }

    fn act(&self, action: &str) -> Ask {
        let person = &self.people[1];
        self.api(
            Method::POST,
            &format!("/users/{person}/{action}"),
            Value::Null,
        )
    }

    fn hook(&self, action: &str) -> Ask {
        let path = format!("/webhooks/{}/{action}", self.of("webhook"));
        self.api(Method::POST, &path, Value::Null)
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
