//! The picker: members whose role allows it find colleagues by name, and learn nothing else of them.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rollcall_directory::capacity::{Cost, measure};
use rollcall_directory::{Role, Tenant, USERS};
use rollcall_insight::Insight;
use rollcall_tests::event_fixture::relayed;
use rollcall_tests::seed::{create, patch};
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use rollcall_tests::urn;
use serde_json::{Value, json};
use tokio::time::Instant;

#[test]
fn members_pick_people_by_name_and_learn_nothing_else() {
    run(async |service| {
        let tenant = service.tenant("picker").await;
        let (idp, application) = (tenant.idp(), service.application());
        for (name, shown, active) in [
            ("ada@picker.test", "Ada King", true),
            ("bob@picker.test", "Bob Adams", true),
            ("gone@picker.test", "Adam Gone", false),
            ("nameless@picker.test", "", true),
        ] {
            let body = json!({"schemas": [urn::USER], "userName": name, "displayName": shown, "active": active,
                              "emails": [{"value": format!("secret-{name}")}], "title": "Engineer"});
            idp.post("/Users", body).await.expect(201);
        }
        // Somebody with the parts of a name, and somebody whose provider sends the address as the name.
        let body = json!({"schemas": [urn::USER], "userName": "hidden.person@corp.example",
                          "name": {"givenName": "Nora", "familyName": "Zahl"}});
        idp.post("/Users", body).await.expect(201);
        let body = json!({"schemas": [urn::USER], "userName": "eve@corp.example", "displayName": "eve@corp.example"});
        idp.post("/Users", body).await.expect(201);
        let path = format!("/tenants/{}/roles", tenant.id());
        let role = |id: &str, rank: u16, permissions: Value| {
            json!({"id": id, "name": id, "rank": rank, "by_mapping": true, "by_hand": true, "by_default": true,
                   "permissions": permissions})
        };
        let roles = json!({"items": [role("member", 200, json!(["directory:pick"])), role("viewer", 100, json!([]))]});
        application.put(&path, roles).await.expect(200);
        service.follow_up(&tenant).await;
        let login = application
            .log_in(tenant.id(), "bob@picker.test", None)
            .await;
        let login = login.expect(200);
        assert_eq!(login.body["role"], "member", "{}", login.body);
        let member = application.with(Some(&login.string("/session/token")));
        let names = async |query: &str| -> Vec<String> {
            let people = member.all(&format!("/picker{query}")).await;
            let name = |person: &Value| person["name"].as_str().unwrap().to_owned();
            let mut names: Vec<String> = people.iter().map(name).collect();
            names.sort();
            names
        };
        for limit in [1, 100] {
            let found = names(&format!("?limit={limit}&text=ad")).await;
            assert_eq!(found, ["Ada King", "Bob Adams"]);
        }
        assert_eq!(names("?text=king%20a").await, ["Ada King"]);
        assert_eq!(
            names("").await,
            ["Ada King", "Bob Adams", "Nora Zahl", "eve", "nameless"]
        );
        assert_eq!(names("?text=nora%20z").await, ["Nora Zahl"]);
        // Addresses are not shown, so they find nobody either.
        for address in [
            "ada@picker.test",
            "secret",
            "picker",
            "nameless",
            "hidden",
            "corp",
            "eve",
        ] {
            let found = names(&format!("?text={address}")).await;
            assert!(found.is_empty(), "{address}: {found:?}");
        }
        // Nor does a page tell that somebody has them.
        for text in ["ada@picker.test", "nobody@picker.test"] {
            let path = format!("/picker?limit=1&text={text}");
            let page = member.get(&path).await.expect(200).body;
            let empty = json!({"items": [], "next": null});
            assert_eq!(page.get("items"), empty.get("items"), "{text}");
            assert!(page["next"].is_null(), "{text}: {page}");
        }
        let body =
            json!({"schemas": [urn::USER], "userName": "nina@adams.test", "displayName": "Nina"});
        idp.post("/Users", body).await.expect(201);
        service.follow_up(&tenant).await;
        for limit in [1, 2, 3] {
            let path = format!("/picker?limit={limit}&text=ad");
            let first = member.get(&path).await.expect(200).body;
            let count = first["items"].as_array().unwrap().len();
            assert_eq!(count, limit.min(2));
            // Whoever has it in an address is neither shown nor told of.
            assert_eq!(first["next"].is_null(), limit > 1, "{limit}: {first}");
        }
        let one = member.get("/picker?text=king").await.expect(200).body;
        let keys = one["items"][0].as_object().unwrap().keys();
        assert_eq!(keys.collect::<Vec<_>>(), ["id", "name"]);
        for path in ["/users", "/scim/groups", "/audit"] {
            member.get(path).await.expect(403);
        }
        // The application has the same by its door, and the console has no page for it.
        let by_key = application
            .get(&format!("/tenants/{}/picker?text=king", tenant.id()))
            .await;
        assert_eq!(by_key.expect(200).body, one);
        let link = json!({"role_id": "member"});
        let path = format!("/tenants/{}/portal-links", tenant.id());
        application.post(&path, link).await.expect(400);
    });
}

#[test]
fn a_role_that_reads_the_directory_can_pick() {
    run(async |service| {
        let tenant = service.tenant("picker-admin").await;
        tenant.idp().user("ada").await;
        service.follow_up(&tenant).await;
        let admin = service.admin(&tenant, Role::Admin).await;
        admin.get("/picker?text=ada").await.expect(200);
        let member = service.admin(&tenant, Role::Member).await;
        member.get("/picker").await.expect(403);
        let key = json!({"label": "picker", "scopes": ["directory:pick"]});
        let key = service
            .application()
            .post("/service-keys", key)
            .await
            .expect(201);
        let key = service
            .application()
            .with(Some(&key.string("/service_key")));
        key.get(&format!("/tenants/{}/picker", tenant.id()))
            .await
            .expect(200);
        key.get(&format!("/tenants/{}/users", tenant.id()))
            .await
            .expect(403);
    });
}

/// Reads the picker page by page. Returns the names, what each page cost, and its cursor.
async fn pick(
    tenant: &Tenant,
    text: Option<&str>,
    limit: usize,
) -> (Vec<String>, Vec<Cost>, Vec<String>) {
    let (mut names, mut costs, mut cursors) = (Vec::new(), Vec::new(), Vec::<String>::new());
    loop {
        let (insight, text) = (Insight::of(tenant), text.map(str::to_owned));
        let cursor = cursors.last().map(String::as_str);
        let (page, cost) = measure(insight.pick_people(text, limit, cursor)).await;
        let (people, next) = page.unwrap();
        assert!(people.len() <= limit, "{people:?}");
        names.extend(people.into_iter().map(|person| person.name));
        costs.push(cost);
        match next {
            Some(next) => cursors.push(next),
            None => return (names, costs, cursors),
        }
    }
}

/// A word of the addresses of a thousand people begins like a name. Who has the name stands behind them in the index.
#[test]
fn nobody_is_lost_behind_the_addresses_of_others() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("picker-many").await;
        table.seed_users(&tenant, 1_100).await;
        let anna = json!({
            "schemas": [urn::USER], "userName": "anna@example.test", "displayName": "Anna Exeter", "active": true,
        });
        create(&tenant, &USERS, anna).await;
        tenant
            .indexes()
            .follow(&relayed(&tenant).await)
            .await
            .unwrap();
        let found = ["Anna Exeter".to_owned()];
        let check = async |what: &str, most: usize, calls: u32, units: f64| {
            for limit in [1, 10] {
                let (names, costs, cursors) = pick(&tenant, Some("ex"), limit).await;
                assert_eq!(names, found, "{what}");
                assert!(costs.len() <= most, "{what}: {costs:?}");
                let fits = |cost: &Cost| cost.calls <= calls && cost.read_units <= units;
                assert!(costs.iter().all(fits), "{what}: {costs:?}");
                assert_tells_nothing(&cursors);
            }
        };
        table.forget_indexes(&tenant).await;
        check("looked through", 1, 10, 300.0).await;
        let soon = || Instant::now() + Duration::from_secs(60);
        while !tenant.indexes().complete(soon()).await.unwrap().complete {}
        check("by words", 1, 8, 150.0).await;
        // An earlier version did not note which words are of addresses.
        table.forget_words_of_addresses(&tenant).await;
        check("by words of an earlier version", 2, 30, 1_300.0).await;

        let (names, costs, cursors) = pick(&tenant, None, 500).await;
        assert_eq!((names.len(), costs.len()), (1_101, 3));
        assert_tells_nothing(&cursors);
        for wrong in [&cursors[0][1..], "", "a", "1bmFtZQ"] {
            let page = Insight::of(&tenant)
                .pick_people(None, 10, Some(wrong))
                .await;
            assert!(page.is_err(), "{wrong}");
        }
        let other = Some("ex".to_owned());
        let page = Insight::of(&tenant)
            .pick_people(other, 10, Some(&cursors[0]))
            .await;
        assert!(page.is_err(), "a cursor is good for its text alone");
    });
}

/// The words of a person stay the same when one of them, of an address before, becomes a name.
#[test]
fn a_word_of_an_address_can_become_a_name_and_back() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("picker-marks").await;
        let bea = json!({
            "schemas": [urn::USER], "userName": "bea@zebra.test", "displayName": "Bea", "active": true,
        });
        let bea = create(&tenant, &USERS, bea).await;
        for (shown, expected) in [
            ("Bea", 0),
            ("Bea Zebra", 1),
            ("bea@zebra.test", 0),
            ("Zebra", 1),
        ] {
            let rename = json!({"op": "replace", "path": "displayName", "value": shown});
            patch(&tenant, &USERS, &bea, rename).await;
            let events = relayed(&tenant).await;
            tenant.indexes().follow(&events).await.unwrap();
            let (names, _, _) = pick(&tenant, Some("zebra"), 10).await;
            assert_eq!(names, vec![shown; expected]);
        }
    });
}

/// Asserts that the cursors say nothing of people to who decodes them.
fn assert_tells_nothing(cursors: &[String]) {
    for cursor in cursors {
        for part in cursor[1..].split('.') {
            let says = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
            let says = String::from_utf8_lossy(&says).into_owned();
            assert!(
                !says.contains("example") && !says.contains("seed-"),
                "{says}"
            );
        }
    }
}
