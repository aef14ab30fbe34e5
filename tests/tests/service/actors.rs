//! Who made a change, and from where: the audit log and the events name the token, the session, the link or the key.

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_directory::capacity::measure;
use rollcall_directory::{Origin, Role};
use rollcall_tests::event_fixture::EventFixture;
use rollcall_tests::idp::encode;
use rollcall_tests::raw::{self, Item};
use rollcall_tests::seed;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::table::TestTable;
use rollcall_tests::urn;
use rollcall_tests::visitor::Visitor;
use serde_json::{Value, json};

/// Returns the events of this type in the tenant's feed.
async fn events(service: &Service, tenant: &Tenant, kind: &str) -> Vec<Value> {
    service.drained().await;
    let path = format!("/tenants/{}/events", tenant.id());
    let feed = service.application().get(&path).await.expect(200);
    let of_type = |event: &&Value| event["type"] == kind;
    let items = feed.select("/items/*").into_iter();
    items.filter(of_type).cloned().collect()
}

/// Returns the last event of this type.
async fn last(service: &Service, tenant: &Tenant, kind: &str) -> Value {
    let mut events = events(service, tenant, kind).await;
    events.pop().unwrap_or_else(|| panic!("no {kind}"))
}

/// Creates a portal link for somebody, opens it in the console, and returns the visitor and the link's id.
async fn opened_link(service: &Service, tenant: &Tenant, email: &str) -> (Visitor, String) {
    let path = format!("/tenants/{}/portal-links", tenant.id());
    let asked = json!({"role_id": "owner", "email": email});
    let link = service.application().post(&path, asked).await.expect(201);
    let url = link.string("/url");
    let secret = url.rsplit('=').next().unwrap_or_default();
    let mut visitor = Visitor::anonymous(service);
    let opened = visitor
        .post("/console/open", &[("link", secret)], &[])
        .await;
    visitor.keep_cookie(&opened.expect(303));
    let made = last(service, tenant, "portal_link.created").await;
    let id = made["after"]["id"].as_str().unwrap_or_default().to_owned();
    (visitor, id)
}

/// Returns the session of a visitor as a credential of the API.
fn session_of(visitor: &Visitor) -> Option<&str> {
    let cookie = visitor.cookie.as_deref()?;
    cookie.split_once('=').map(|(_, value)| value)
}

/// The address is that of the connection. The client's own statements about it are ignored.
#[test]
fn an_identity_provider_is_named_with_its_address_and_user_agent() {
    run(async |service| {
        let tenant = service.tenant("actor-token").await;
        let body = json!({"schemas": [urn::USER], "userName": "ada"});
        for (agent, kept) in [
            (
                "Okta SCIM Client 1.0.0",
                "Okta SCIM Client 1.0.0".to_owned(),
            ),
            (&"x".repeat(2_000), "x".repeat(128)),
        ] {
            let mut body = body.clone();
            body["userName"] = json!(agent.len().to_string());
            let request = tenant.idp().request(http::Method::POST, "/Users");
            let request = request
                .header("user-agent", agent)
                .header("x-forwarded-for", "10.6.6.6")
                .header("forwarded", "for=10.6.6.6");
            request.body(&body).send().await.expect(201);
            let event = last(service, &tenant, "user.created").await;
            assert_eq!(event["actor"]["connection"], tenant.connection_id());
            let origin = json!({"address": "127.0.0.1", "user_agent": kept});
            assert_eq!(event["origin"], origin);
        }
    });
}

#[test]
fn a_person_is_named_with_the_session() {
    run(async |service| {
        let tenant = service.tenant("actor-person").await;
        let ada = tenant.idp().user("ada").await;
        let setup = service.admin(&tenant, Role::Owner).await;
        let owner = json!({"role_id": "owner"});
        setup
            .put(&format!("/users/{ada}/role"), owner)
            .await
            .expect(200);
        let application = service.application();
        let login = application.log_in(tenant.id(), "ada", None);
        let session = login.await.expect(200).string("/session/token");
        let person = application.with(Some(&session));
        let new = json!({"name": "Okta", "provider": "okta"});
        person.post("/scim/connections", new).await.expect(201);
        let event = last(service, &tenant, "connection.created").await;
        let sessions = tenant.directory().sign_in().sessions_of(&ada);
        let id = sessions.await.unwrap().remove(0).id;
        let actor = json!({"type": "person", "id": ada, "session": id});
        assert_eq!(event["actor"], actor);
        assert_eq!(event["origin"]["address"], "127.0.0.1");
        // The audit log has the same, and finds it by the session.
        let found = setup.get(&format!("/audit?actor={id}")).await.expect(200);
        assert_eq!(found.strings("/items/*/type"), ["connection.created"]);
        assert_eq!(found.body["items"][0]["actor"], actor);
        assert_eq!(found.body["items"][0]["origin"], event["origin"]);
    });
}

#[test]
fn a_portal_link_is_named_with_whom_it_was_made_for() {
    run(async |service| {
        let tenant = service.tenant("actor-link").await;
        let (visitor, link) = opened_link(service, &tenant, "grace@example.com").await;
        let opened = last(service, &tenant, "portal_link.opened").await;
        let session = opened["actor"]["session"].clone();
        let actor = json!({"type": "portal_link", "id": link, "email": "grace@example.com", "session": session});
        assert_eq!(opened["actor"], actor);
        assert_eq!(opened["origin"]["address"], "127.0.0.1");

        let admin = service.application().with(session_of(&visitor));
        let new = json!({"name": "Okta", "provider": "okta"});
        admin.post("/scim/connections", new).await.expect(201);
        let event = last(service, &tenant, "connection.created").await;
        assert_eq!(event["actor"], actor);

        // The console shows it, and finds it by the link and by the address.
        for by in [&link, "grace@example.com"] {
            let path = format!("/console/activity/audit?actor={}", encode(by));
            let page = visitor.get(&path).await.expect(200).html;
            assert_eq!(page.matches("data-entry=").count(), 2, "{page}");
            assert!(page.contains("grace@example.com (setup link)"), "{page}");
            let (_, entry) = page.split_once("data-entry=\"").unwrap();
            let entry = entry.split('"').next().unwrap();
            let record = format!("/console/activity/audit?entry={entry}");
            let record = visitor.get(&record).await.expect(200).html;
            assert!(record.contains("<code>127.0.0.1</code>"), "{record}");
        }
        let file = "/console/activity/audit/export?format=csv&action=connection.created";
        let file = visitor.get(file).await.expect(200).html;
        assert!(
            file.contains(",session,source_address,user_agent,"),
            "{file}"
        );
        assert!(file.contains(",127.0.0.1,"), "{file}");
    });
}

#[test]
fn the_application_is_named_with_its_service_key() {
    run(async |service| {
        let tenant = service.tenant("actor-application").await;
        let application = service.application().and_header("user-agent", "backend/1");
        application
            .log_in(tenant.id(), "ada", None)
            .await
            .expect(200);
        let event = last(service, &tenant, "auth.login").await;
        let directory = service.directory();
        let key = directory.service_keys().verify(application.credential());
        let key = key.await.unwrap().unwrap();
        assert_eq!(event["actor"], json!({"type": "application", "id": key.id}));
        let origin = json!({"address": "127.0.0.1", "user_agent": "backend/1"});
        assert_eq!(event["origin"], origin);
        for refused in [json!(""), json!("x".repeat(201)), json!("a\nb"), json!(1)] {
            let path = format!("/tenants/{}/portal-links", tenant.id());
            let asked = json!({"email": refused});
            application.post(&path, asked).await.expect(400);
        }
    });
}

/// What Rollcall does by itself has no origin, even if it follows from a request.
#[test]
fn rollcall_itself_has_no_origin() {
    let fixture = async || {
        let fixture = EventFixture::start().await;
        let ada = fixture.idp.user("ada").await;
        let group = fixture.idp.group("Engineering", &[&ada]).await;
        let mapped = fixture.tenant.roles().map_group(&group, Some(Role::Admin));
        mapped.await.unwrap();
        fixture.drained().await;
        let feed = fixture.feed().await;
        let changed = feed
            .iter()
            .find(|event| event["type"] == "user.role_changed");
        let changed = changed.unwrap_or_else(|| panic!("{feed:#?}"));
        assert_eq!(changed["actor"], json!({"type": "system"}));
        assert_eq!(changed.get("origin"), None);
    };
    run(async |_| fixture().await);
}

/// An entry of an earlier version has less in its actor, and one of a newer version may have a type that is unknown here.
#[test]
fn entries_of_other_versions_are_valid_events() {
    run(async |service| {
        let tenant = service.tenant("actor-versions").await;
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let object = |pairs: &[(&str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), text(value)));
            AttributeValue::M(pairs.collect())
        };
        let subject = object(&[("type", "tenant"), ("id", "acme"), ("name", "acme")]);
        for (kind, actor) in [
            ("token.created", &[("type", "person"), ("id", "p-1")][..]),
            ("portal_link.opened", &[("type", "portal_link")]),
            ("tenant.deleted", &[("type", "application")]),
            ("tenant.moved", &[("type", "robot"), ("id", "r-1")]),
        ] {
            let subject = match kind {
                "token.created" => object(&[("type", "token"), ("id", "t-1"), ("name", "first")]),
                _ => subject.clone(),
            };
            let id = uuid::Uuid::now_v7().to_string();
            raw::put(
                service,
                Item::from([
                    ("PK".to_owned(), text(&format!("T#{}#J", tenant.id()))),
                    ("SK".to_owned(), text(&id)),
                    ("type".to_owned(), text(kind)),
                    ("at".to_owned(), text(&jiff::Timestamp::now().to_string())),
                    ("actor".to_owned(), object(actor)),
                    ("request_id".to_owned(), text("r-1")),
                    ("subject".to_owned(), subject),
                ]),
            )
            .await;
            let placed = tenant
                .directory()
                .journal()
                .relay(std::slice::from_ref(&id))
                .await;
            assert_eq!(placed.unwrap().len(), 1, "{kind}");
            // The relay of the service may place an earlier event of this type after it.
            let mut events = events(service, &tenant, kind).await;
            events.retain(|event| event["id"] == id);
            let event = &events[0];
            assert_eq!(event["actor"]["type"], actor[0].1);
            assert_eq!(event.get("origin"), None);
        }
        // The console shows them.
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let page = visitor.get("/console/activity/audit").await.expect(200);
        assert!(page.html.contains("tenant.moved"), "{}", page.html);
    });
}

/// A create has the same price with an address and a user agent as without, and its entry stays below 1 KB.
#[test]
fn an_origin_does_not_make_a_create_dearer() {
    run(async |service| {
        let table = TestTable::start().await;
        let tenant = table.tenant("actor-costs").await;
        let origin = Origin::new(Some("203.0.113.7"), Some("Okta SCIM Client 1.0.0"));
        let known = tenant.clone().requested_from(origin);
        let (_, without) = measure(seed::person(&tenant, "ada@example.com")).await;
        let (_, with) = measure(seed::person(&known, "bob@example.com")).await;
        assert_eq!(with, without);

        let tenant = service.tenant("actor-size").await;
        let request = tenant.idp().request(http::Method::POST, "/Users");
        let request = request.header("user-agent", "Okta SCIM Client 1.0.0");
        let body = json!({
            "schemas": [urn::USER], "userName": "ada@example.com", "externalId": "00u1abcdefGHIJKLM0h7",
            "displayName": "Ada Lovelace", "active": true, "name": {"givenName": "Ada", "familyName": "Lovelace"},
            "emails": [{"value": "ada@example.com", "type": "work", "primary": true}],
        });
        request.body(&body).send().await.expect(201);
        let entries = service.journal(&tenant).await;
        let entry = entries.last().map(Value::to_string).unwrap_or_default();
        assert!(entry.contains("127.0.0.1"), "{entry}");
        assert!(entry.len() < 1_024, "{}: {entry}", entry.len());
    });
}

/// The OpenAPI document has a schema for each type, and the event of a newer version matches the common one.
#[test]
fn the_document_describes_each_type() {
    run(async |service| {
        let nobody = service.application().with(None);
        let document = nobody.get("/openapi.json").await.expect(200).body;
        let schemas = &document["components"]["schemas"];
        let known = &schemas["KnownEvent"];
        let mapping = known["discriminator"]["mapping"].as_object().unwrap();
        assert_eq!(known["oneOf"].as_array().map(Vec::len), Some(mapping.len()));
        for (kind, pointer) in mapping {
            let pointer = pointer.as_str().unwrap().trim_start_matches('#');
            let schema = document.pointer(pointer).unwrap();
            assert_eq!(schema["properties"]["type"]["enum"], json!([kind]));
            assert!(schema["description"].is_string(), "{schema}");
        }
        let user = &schemas["UserAttributes"]["properties"];
        assert_eq!(user["active"]["type"], "boolean");
        assert_eq!(
            user["emails"]["items"]["properties"]["value"]["type"],
            "string"
        );
        assert_eq!(user.get("password"), None);
        assert_eq!(schemas["Event"]["properties"]["type"].get("enum"), None);
    });
}
