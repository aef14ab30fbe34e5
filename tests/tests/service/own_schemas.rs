//! Extension schemas that the application declares, for a tenant or for the whole stack: discovery shows them, their types
//! and characteristics are enforced, and stored values stay valid.

use std::time::Duration;

use rollcall_directory::capacity::measure;
use rollcall_directory::{Reason, USERS, Verdict};
use rollcall_role_reconciler::Queue;
use rollcall_tests::event_fixture::{Outbox, batch};
use rollcall_tests::idp::{Answer, Idp, encode};
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::urn;
use serde_json::{Value, json};
use tokio::time::Instant;

pub(crate) const ACME: &str = "urn:example:scim:acme:2.0:User";

pub(crate) fn attributes() -> Value {
    json!([
        {"name": "badge", "type": "string", "uniqueness": "server", "description": "Opens the doors"},
        {"name": "level", "type": "integer"},
        {"name": "pin", "type": "string", "mutability": "writeOnly", "returned": "never"},
        {"name": "since", "type": "dateTime", "mutability": "immutable"},
        {"name": "note", "type": "string", "returned": "request", "case_exact": true},
        {"name": "cars", "type": "complex", "multi_valued": true, "sub_attributes": [
            {"name": "plate", "type": "string"}, {"name": "electric", "type": "boolean"}]},
    ])
}

fn path(tenant: &Tenant, urn: &str) -> String {
    format!("/tenants/{}/schemas/{urn}", tenant.id())
}

pub(crate) async fn declare(service: &Service, tenant: &Tenant, attributes: Value) -> Answer {
    let body = json!({"name": "Acme", "attributes": attributes});
    service.application().put(&path(tenant, ACME), body).await
}

pub(crate) fn person(name: &str, extension: Value) -> Value {
    json!({"schemas": [urn::USER, ACME], "userName": name, (ACME): extension})
}

async fn names(idp: &Idp, query: &str) -> Vec<String> {
    let found = idp.get(&format!("/Users?{query}")).await.expect(200);
    found.strings("/Resources/*/userName")
}

async fn matching(idp: &Idp, filter: &str) -> Vec<String> {
    let mut found = names(idp, &format!("filter={}", encode(filter))).await;
    found.sort();
    found
}

#[test]
fn discovery_shows_a_declared_schema_to_the_tokens_of_its_tenant() {
    run(async |service| {
        let (tenant, other) = (service.tenant("own").await, service.tenant("other").await);
        let declared = declare(service, &tenant, attributes()).await.expect(200);
        declared.is(json!({"urn": ACME, "name": "Acme", "origin": "tenant"}));
        let idp = tenant.idp();
        let schemas = idp.get("/Schemas").await.expect(200);
        assert!(
            schemas
                .strings("/Resources/*/id")
                .contains(&ACME.to_owned())
        );
        let schema = idp
            .get(&format!("/Schemas/{}", ACME.to_uppercase()))
            .await
            .expect(200);
        assert_eq!(
            schema.body["attributes"][0],
            json!({
                "name": "badge", "type": "string", "multiValued": false, "description": "Opens the doors", "required": false,
                "caseExact": false, "mutability": "readWrite", "returned": "default", "uniqueness": "server",
            })
        );
        let user = idp.get("/ResourceTypes/User").await.expect(200);
        let extensions = json!([
            {"schema": urn::ENTERPRISE, "required": false}, {"schema": ACME, "required": false}]);
        assert_eq!(user.body["schemaExtensions"], extensions);
        for stranger in [
            other.idp(),
            service.idp_without_token(),
            idp.with_token(Some("nonsense")),
        ] {
            stranger.get(&format!("/Schemas/{ACME}")).await.expect(404);
            assert_eq!(stranger.get("/Schemas").await.expect(200).total(), 6);
        }
        // The API lists it beside the Enterprise extension, which has the same form.
        let listed = format!("/tenants/{}/schemas", tenant.id());
        let listed = service.application().get(&listed).await.expect(200);
        assert_eq!(listed.strings("/items/*/urn"), [urn::ENTERPRISE, ACME]);
        assert_eq!(listed.strings("/items/*/origin"), ["built_in", "tenant"]);
        let one = service
            .application()
            .get(&path(&tenant, ACME))
            .await
            .expect(200);
        assert_eq!(one.body, listed.body["items"][1]);
        service
            .application()
            .get(&path(&other, ACME))
            .await
            .expect(404);
    });
}

#[test]
fn the_declared_characteristics_are_enforced() {
    run(async |service| {
        let tenant = service.tenant("enforced").await;
        let idp = tenant.idp();
        // As long as nothing is declared, anything goes.
        let early = person("early", json!({"level": "high", "odd": [1, {"a": "b"}]}));
        let early = idp.post("/Users", early).await.expect(201);
        assert_eq!(early.body[ACME]["odd"], json!([1, {"a": "b"}]));
        declare(service, &tenant, attributes()).await.expect(200);
        for wrong in [
            json!({"level": "high"}),
            json!({"level": 1.5}),
            json!({"since": "soon"}),
            json!({"cars": [1]}),
        ] {
            idp.post("/Users", person("wrong", wrong))
                .await
                .refused(400, "invalidValue");
        }
        let sent = json!({"badge": "B-1", "level": 3, "pin": "1234", "note": "Nn", "since": "2020-01-01T00:00:00Z",
                          "cars": {"plate": "X", "electric": "True"}, "odd": 1});
        let ada = idp.post("/Users", person("ada", sent)).await.expect(201);
        let shown = json!({"badge": "B-1", "level": 3, "since": "2020-01-01T00:00:00Z",
                           "cars": [{"plate": "X", "electric": true}]});
        assert_eq!(ada.body[ACME], shown);
        let at = format!("/Users/{}", ada.id());
        let asked = idp
            .get(&format!("{at}?attributes={ACME}:note,{ACME}:pin"))
            .await
            .expect(200);
        assert_eq!(asked.body[ACME], json!({"note": "Nn"}));
        let without = idp
            .get(&format!("{at}?excludedAttributes={ACME}.cars"))
            .await
            .expect(200);
        assert_eq!(without.body[ACME]["cars"], Value::Null);

        let replace = |path: &str, value: Value| json!([{"op": "replace", "path": format!("{ACME}:{path}"), "value": value}]);
        idp.patch(&at, replace("level", json!("x")))
            .await
            .refused(400, "invalidValue");
        idp.patch(&at, replace("since", json!("2021-01-01T00:00:00Z")))
            .await
            .refused(400, "mutability");
        let patched = idp
            .patch(
                &at,
                replace("cars[plate eq \"x\"].electric", json!("False")),
            )
            .await;
        assert_eq!(
            patched.expect(200).body[ACME]["cars"][0]["electric"],
            json!(false)
        );
        let put = idp
            .put(&at, person("ada", json!({"badge": "B-2", "level": 20})))
            .await
            .expect(200);
        assert_eq!(
            put.body[ACME],
            json!({"badge": "B-2", "level": 20, "since": "2020-01-01T00:00:00Z"})
        );

        idp.post("/Users", person("bob", json!({"level": 4})))
            .await
            .expect(201);
        for (filter, expected) in [
            (format!("{ACME}:badge eq \"b-2\""), &["ada"][..]),
            (format!("{ACME}.level gt 3"), &["ada", "bob"]),
            (format!("{ACME}:note eq \"nn\""), &[]),
            (format!("{ACME}:nothing pr"), &[]),
            (format!("{ACME}:level eq 4 and userName sw \"b\""), &["bob"]),
        ] {
            assert_eq!(matching(&idp, &filter).await, expected, "{filter}");
        }
        let order = format!(
            "sortBy={ACME}:level&filter={}",
            encode(&format!("{ACME}:level gt 0"))
        );
        assert_eq!(names(&idp, &order).await, ["bob", "ada"]);
        // Whoever was pushed before can still be changed.
        let at = format!("/Users/{}", early.id());
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        idp.patch(&at, off).await.expect(200);

        // The application reads everything by its own API.
        let at = format!(
            "/tenants/{}/users/{}?include=attributes",
            tenant.id(),
            ada.id()
        );
        let read = service.application().get(&at).await.expect(200);
        assert_eq!(read.body["attributes"][ACME]["pin"], "1234");
        let by_filter = format!(
            "/tenants/{}/users?filter={}",
            tenant.id(),
            encode(&format!("{ACME}:level gt 3"))
        );
        let by_filter = service.application().get(&by_filter).await.expect(200);
        assert_eq!(by_filter.strings("/items/*/user_name"), ["ada", "bob"]);
    });
}

#[test]
fn every_way_in_knows_the_declared_schemas() {
    run(async |service| {
        let tenant = service.tenant("ways").await;
        declare(service, &tenant, attributes()).await.expect(200);
        let idp = tenant.idp();
        let post = |name: &str, extension: Value| json!({"method": "POST", "path": "/Users", "bulkId": name, "data": person(name, extension)});
        let bulk = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [post("ada", json!({"level": 5, "pin": "1"})), post("bob", json!({"level": "x"}))],
        });
        let done = idp.post("/Bulk", bulk).await.expect(200);
        assert_eq!(done.strings("/Operations/*/status"), ["201", "400"]);
        let search = |attributes: &str| {
            json!({"schemas": [urn::SEARCH], "filter": format!("{ACME}:level ge 5"), "attributes": [attributes],
                   "sortBy": format!("{ACME}:level")})
        };
        for at in ["/Users/.search", "/.search"] {
            let found = idp.post(at, search(ACME)).await.expect(200);
            assert_eq!(
                found.body["Resources"][0][ACME],
                json!({"level": 5}),
                "{at}"
            );
        }
        let path = format!("/?filter={}", encode(&format!("{ACME}:level gt 4")));
        assert_eq!(idp.get(&path).await.expect(200).total(), 1);
        let cursor = format!("/Users?cursor&sortBy={ACME}:level");
        assert_eq!(idp.get(&cursor).await.expect(200).total(), 1);
        idp.get(&format!("//Schemas/{ACME}")).await.expect(200);
        let user = idp.get("//ResourceTypes//User/").await.expect(200);
        assert_eq!(user.body["schemaExtensions"][1]["schema"], ACME);
        // An extension that nobody declared goes on as before.
        let other = "urn:example:scim:other:2.0:User";
        let free =
            json!({"schemas": [urn::USER, other], "userName": "free", (other): {"level": "x"}});
        let free = idp.post("/Users", free).await.expect(201);
        assert_eq!(free.body[other], json!({"level": "x"}));
    });
}

#[test]
fn a_change_keeps_stored_values_valid() {
    run(async |service| {
        let tenant = service.tenant("changes").await;
        declare(service, &tenant, attributes()).await.expect(200);
        let idp = tenant.idp();
        let sent = json!({"badge": "B", "level": 1, "pin": "1"});
        let ada = idp
            .post("/Users", person("ada", sent))
            .await
            .expect(201)
            .id();
        let at = format!("/Users/{ada}");
        let mut other = attributes();
        other[1]["type"] = json!("string");
        let refused = declare(service, &tenant, other).await.expect(409);
        refused.because(Reason::SchemaInUse);
        // Without `level`, it is hidden and stays.
        let mut fewer = attributes();
        fewer.as_array_mut().expect("an array").remove(1);
        let fewer = declare(service, &tenant, fewer).await.expect(200);
        assert!(
            !fewer
                .strings("/attributes/*/name")
                .contains(&"level".to_owned())
        );
        let ada = idp.get(&at).await.expect(200);
        assert_eq!(ada.body[ACME], json!({"badge": "B"}));
        let set = json!([{"op": "replace", "path": format!("{ACME}:badge"), "value": "C"}]);
        idp.patch(&at, set).await.expect(200);
        idp.put(&at, person("ada", json!({"badge": "D"})))
            .await
            .expect(200);
        declare(service, &tenant, attributes()).await.expect(200);
        assert_eq!(
            idp.get(&at).await.expect(200).body[ACME],
            json!({"badge": "D", "level": 1})
        );
        // A declaration that hides values cannot be ended; any other can.
        let application = service.application();
        let refused = application.delete(&path(&tenant, ACME)).await.expect(409);
        refused.because(Reason::SchemaInUse);
        let plain = "urn:example:scim:plain:2.0:User";
        let body = json!({"name": "Plain", "attributes": [{"name": "n", "type": "integer"}]});
        application
            .put(&path(&tenant, plain), body)
            .await
            .expect(200);
        application.delete(&path(&tenant, plain)).await.expect(204);
        application.delete(&path(&tenant, plain)).await.expect(404);
        idp.get(&format!("/Schemas/{plain}")).await.expect(404);
        // The journal has every change.
        service.follow_up(&tenant).await;
        let entries = service.journal(&tenant).await;
        let changes = entries
            .iter()
            .filter(|entry| entry["type"] == "tenant.schemas_changed");
        assert_eq!(changes.count(), 5);
    });
}

#[test]
fn what_cannot_be_declared_is_refused() {
    run(async |service| {
        let tenant = service.tenant("refused").await;
        let application = service.application();
        let body =
            |name: &str| json!({"name": "X", "attributes": [{"name": name, "type": "string"}]});
        for urn in [
            urn::USER,
            urn::GROUP,
            urn::ENTERPRISE,
            urn::LIST,
            "urn:x",
            "acme",
            &format!("{}:manager", urn::ENTERPRISE),
        ] {
            application
                .put(&path(&tenant, urn), body("a"))
                .await
                .expect(400);
        }
        application
            .put(&path(&tenant, ACME), body("a b"))
            .await
            .expect(400);
        let unknown = json!({"name": "X", "attributes": [{"name": "a", "type": "text"}]});
        application
            .put(&path(&tenant, ACME), unknown)
            .await
            .expect(400);
        for number in 0..10 {
            let urn = format!("urn:example:scim:many{number}:2.0:User");
            application
                .put(&path(&tenant, &urn), body("a"))
                .await
                .expect(200);
        }
        application
            .put(&path(&tenant, ACME), body("a"))
            .await
            .expect(400);
        let nobody = application.with(None);
        nobody
            .put(&path(&tenant, ACME), body("a"))
            .await
            .expect(401);
        let absent = format!("/tenants/nobody-here/schemas/{ACME}");
        application.put(&absent, body("a")).await.expect(404);
    });
}

#[test]
fn declarations_are_read_once_for_each_version() {
    run(async |service| {
        let tenant = service.tenant("read-once").await;
        let directory = service.directory();
        let cost = async || {
            let verdict = directory.authenticate(tenant.token(), "r-1").await;
            let Ok(Verdict::Accepted(caller)) = verdict else {
                panic!("not accepted: {verdict:?}")
            };
            let (read, cost) = measure(directory.tenant_with_schemas(&caller)).await;
            let users = read.expect("a tenant").resource_type(&USERS);
            (users.extensions.len(), cost.calls)
        };
        assert_eq!(cost().await, (1, 0));
        for extensions in [json!(["one"]), json!(["one", "two"])] {
            let named = extensions.as_array().into_iter().flatten();
            let named = named.map(|name| json!({"name": name, "type": "string"}));
            declare(service, &tenant, named.collect()).await.expect(200);
            assert_eq!(cost().await, (2, 1));
            assert_eq!(cost().await, (2, 0));
        }
    });
}

/// Runs what the schedule starts every few minutes.
async fn pass(service: &Service) {
    let outbox = Outbox::default();
    let queue = Queue::new(outbox.client(), "http://127.0.0.1/queues/roles");
    let reconciler = rollcall_role_reconciler::handler(service.directory(), queue);
    let message = json!({"full_pass": {"only_roles": true}}).to_string();
    let deadline = Instant::now() + Duration::from_secs(60);
    let response = reconciler.call(batch(&[message]), deadline).await;
    assert!(response.batch_item_failures.is_empty(), "{response:?}");
}

#[test]
fn the_schemas_of_the_stack_reach_every_tenant() {
    run(async |_| {
        // A service of its own, because the schemas are those of all its tenants.
        let service: &'static Service = Box::leak(Box::new(Service::start().await));
        let (plain, own) = (service.tenant("plain").await, service.tenant("own").await);
        let application = service.application();
        let before = application.get("/schemas").await.expect(200);
        assert_eq!(before.strings("/items/*/origin"), ["built_in"]);
        declare(service, &own, json!([{"name": "mine", "type": "string"}]))
            .await
            .expect(200);
        let stack = format!("/schemas/{ACME}");
        let body = json!({"name": "Stack", "attributes": attributes()});
        application
            .put(&stack, body.clone())
            .await
            .expect(200)
            .is(json!({"origin": "stack"}));
        let waiting = application.get("/schemas").await.expect(200);
        assert_eq!(waiting.body["applied_at"], Value::Null);
        let read = application.get(&stack).await.expect(200).body;
        let again = application.put(&stack, read.clone()).await.expect(200);
        assert_eq!(again.body, read);
        plain
            .idp()
            .get(&format!("/Schemas/{ACME}"))
            .await
            .expect(404);
        pass(service).await;
        let applied = application.get("/schemas").await.expect(200);
        assert!(applied.body["applied_at"].is_string(), "{:?}", applied.body);
        let wrong = person("ada", json!({"level": "x"}));
        plain
            .idp()
            .post("/Users", wrong.clone())
            .await
            .refused(400, "invalidValue");
        // A tenant keeps its own.
        own.idp().post("/Users", wrong).await.expect(201);
        let schema = own.idp().get(&format!("/Schemas/{ACME}")).await.expect(200);
        assert_eq!(schema.strings("/attributes/*/name"), ["mine"]);
        // A tenant that comes later has them at once.
        let new = json!({"id": "newcomer", "display_name": "New"});
        application.post("/tenants", new).await.expect(201);
        let listed = application
            .get("/tenants/newcomer/schemas")
            .await
            .expect(200);
        assert_eq!(listed.strings("/items/*/urn"), [urn::ENTERPRISE, ACME]);
        let put = application.put("/tenants/put-newcomer", json!({"display_name": "New"}));
        put.await.expect(201);
        let path = "/tenants/put-newcomer/schemas";
        let listed = application.get(path).await.expect(200);
        assert_eq!(listed.strings("/items/*/urn"), [urn::ENTERPRISE, ACME]);
        let mut changed = body;
        changed["attributes"][1]["type"] = json!("string");
        application.put(&stack, changed).await.expect(409);
    });
}
