//! The list of people: its filters and orders, what its cursors are bound to, and what a page costs.

use std::time::Duration;

use rollcall_directory::capacity::measure;
use rollcall_directory::{PersonState, Reason, Role, RoleId, Tenant as Handle, USERS};
use rollcall_insight::{Insight, PeopleOrder, PeopleQuery};
use rollcall_scim::Filter;
use rollcall_tests::budgets::Budgets;
use rollcall_tests::event_fixture::relayed;
use rollcall_tests::idp::encode;
use rollcall_tests::raw;
use rollcall_tests::seed::group;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::size::size;
use rollcall_tests::table::{TestTable, name_of};
use rollcall_tests::urn;
use serde_json::{Value, json};
use tokio::time::Instant;

/// A tenant with four people, of whom two are in a group that makes them admins.
struct Scene {
    tenant: Tenant,
    admins: String,
}

impl Scene {
    async fn of(service: &Service, name: &str) -> Self {
        let tenant = service.tenant(name).await;
        let idp = tenant.idp();
        let mut ids = Vec::new();
        for (name, shown) in [
            ("zoe", "Zoe Adams"),
            ("Bob", "Robert Zed"),
            ("ada", "Ada Zuse"),
            ("mia", "Mia"),
        ] {
            let body = json!({"schemas": [urn::USER], "userName": name, "displayName": shown, "active": name != "mia"});
            ids.push(idp.post("/Users", body).await.expect(201).id());
        }
        let admins = idp.group("Admins", &[&ids[0], &ids[1], &ids[3]]).await;
        let owner = service.admin(&tenant, Role::Owner).await;
        let path = format!("/scim/groups/{admins}/role-mapping");
        owner
            .put(&path, json!({"role_id": "admin"}))
            .await
            .expect(200);
        service.follow_up(&tenant).await;
        let application = service.application();
        application
            .log_in(tenant.id(), "zoe", None)
            .await
            .expect(200);
        service.follow_up(&tenant).await;
        Self { tenant, admins }
    }

    fn path(&self, query: &str) -> String {
        let query = query.replace("{admins}", &self.admins);
        format!("/tenants/{}/users{query}", self.tenant.id())
    }

    /// Reads a list page by page, and returns the user names.
    async fn names(&self, service: &Service, query: &str) -> Vec<String> {
        let people = service.application().all(&self.path(query)).await;
        let name = |person: &Value| person["user_name"].as_str().unwrap().to_owned();
        people.iter().map(name).collect()
    }
}

#[test]
fn all_conditions_hold_in_every_order() {
    run(async |service| {
        let scene = Scene::of(service, "lists").await;
        for (query, expected) in [
            ("", &["zoe", "Bob", "ada", "mia"][..]),
            ("sort=created_at", &["zoe", "Bob", "ada", "mia"]),
            ("sort=user_name", &["ada", "Bob", "mia", "zoe"]),
            ("role=admin", &["zoe", "Bob"]),
            ("role=admin&state=active", &["zoe"]),
            ("role=admin&sort=user_name", &["Bob", "zoe"]),
            ("role=owner", &[]),
            ("group={admins}", &["zoe", "Bob", "mia"]),
            ("group={admins}&state=inactive", &["mia"]),
            ("group={admins}&role=admin&state=invited", &["Bob"]),
            ("group={admins}&sort=user_name", &["Bob", "mia", "zoe"]),
            ("group=nothing", &[]),
            ("text=z", &["zoe", "Bob", "ada"]),
            ("text=z&role=admin", &["zoe", "Bob"]),
            ("text=z&group={admins}&state=active,inactive", &["zoe"]),
            ("text=zu", &["ada"]),
            ("text=%20", &["zoe", "Bob", "ada", "mia"]),
            (
                "filter=groups.value%20eq%20%22{admins}%22",
                &["zoe", "Bob", "mia"],
            ),
            ("filter=groups.value%20eq%20%22nothing%22", &[]),
            (
                "filter=groups.value%20eq%20%22{admins}%22&state=inactive",
                &["mia"],
            ),
            (
                "filter=userName%20eq%20%22ada%22%20or%20groups.value%20eq%20%22{admins}%22%20or%20displayName%20eq%20%22mia%22",
                &["zoe", "Bob", "ada", "mia"],
            ),
            (
                "filter=displayName%20eq%20%22mia%22%20or%20id%20eq%20%22nothing%22",
                &["mia"],
            ),
            ("filter=userName%20sw%20%22b%22", &["Bob"]),
            (
                "filter=userName%20sw%20%22z%22%20or%20userName%20sw%20%22A%22",
                &["zoe", "ada"],
            ),
            (
                "filter=userName%20sw%20%22m%22%20and%20active%20eq%20true",
                &[],
            ),
        ] {
            for limit in [1, 2, 100] {
                let query = format!("?limit={limit}&{query}");
                let mut found = scene.names(service, &query).await;
                let mut expected = expected.to_vec();
                if query.contains("text=z") {
                    found.sort();
                    expected.sort();
                }
                assert_eq!(found, expected, "{query}");
            }
        }
        for refused in [
            "?role=nothing",
            "?sort=display_name",
            "?sort=user_name&text=z",
            "?sort=user_name&filter=userName%20pr",
        ] {
            let path = scene.path(refused);
            service.application().get(&path).await.expect(400);
        }
    });
}

#[test]
fn the_role_is_the_one_that_was_announced() {
    run(async |service| {
        let scene = Scene::of(service, "lists-role").await;
        let application = service.application();
        let admins = application
            .get(&scene.path("?role=admin"))
            .await
            .expect(200)
            .body;
        assert!(
            admins["items"][0]["role_announced_at"].is_string(),
            "{admins}"
        );
        let all = application.get(&scene.path("")).await.expect(200).body;
        assert!(all["items"][2]["role_announced_at"].is_null(), "{all}");
        let owner = service.admin(&scene.tenant, Role::Owner).await;
        let path = format!("/scim/groups/{}/role-mapping", scene.admins);
        owner
            .put(&path, json!({"role_id": "member"}))
            .await
            .expect(200);
        service.follow_up(&scene.tenant).await;
        assert_eq!(scene.names(service, "?role=admin").await, [""; 0]);
        assert_eq!(scene.names(service, "?role=member").await, ["zoe", "Bob"]);
    });
}

#[test]
fn a_cursor_is_good_for_its_list_alone() {
    run(async |service| {
        let scene = Scene::of(service, "lists-cursor").await;
        let other = Scene::of(service, "lists-cursor-other").await;
        let application = service.application();
        let next = async |path: &str| application.get(path).await.string("/next");
        let own = next(&scene.path("?limit=1&state=active,invited")).await;
        let group =
            |tenant: &Tenant, query: &str| format!("/tenants/{}/groups{query}", tenant.id());
        for (what, path, cursor) in [
            (
                "another tenant's",
                "?state=active,invited",
                next(&other.path("?limit=1&state=active,invited")).await,
            ),
            ("another state's", "?state=active", own.clone()),
            (
                "another order's",
                "?state=active,invited&sort=user_name",
                own.clone(),
            ),
            (
                "another group's",
                "?state=active,invited&group={admins}",
                own.clone(),
            ),
            (
                "an id",
                "",
                "01a22936-c2a3-7116-8a32-205c8d63c460".to_owned(),
            ),
            ("nothing", "", String::new()),
            ("something", "", "name:ada".to_owned()),
            ("a forged", "?state=active,invited", own.replace('.', "A.")),
        ] {
            let separator = if path.is_empty() { '?' } else { '&' };
            let path = scene.path(&format!("{path}{separator}after={}", encode(&cursor)));
            let refused = application.get(&path).await.expect(400);
            refused.because(Reason::InvalidCursor);
            let path = group(&scene.tenant, &format!("?after={}", encode(&cursor)));
            let refused = application.get(&path).await.expect(400);
            assert!(refused.string("/detail").starts_with("`after`"), "{what}");
        }
        // The size and the parts of the pages may change.
        let path = format!(
            "?limit=3&include=groups&state=active,invited&after={}",
            encode(&own)
        );
        let page = application.get(&scene.path(&path)).await.expect(200);
        assert_eq!(page.string("/items/0/user_name"), "Bob");
        let members = group(
            &scene.tenant,
            &format!("/{}/members?after={}", scene.admins, encode(&own)),
        );
        application
            .get(&members)
            .await
            .expect(400)
            .because(Reason::InvalidCursor);
    });
}

/// Earlier versions had no index. Until the hourly pass has added everybody, a list that needs it says how far it is.
#[test]
fn a_list_says_how_far_its_index_is() {
    run(async |service| {
        let scene = Scene::of(service, "lists-index").await;
        let application = service.application();
        let index = async |query: &str| {
            let page = application.get(&scene.path(query)).await.expect(200);
            (page.body["index"].clone(), page.body["next"].clone())
        };
        let complete = json!({"complete": true, "people_until": null});
        let missing = json!({"complete": false, "people_until": null});
        let asking = ["?role=admin", "?text=ada", "?text=ada&role=admin&limit=1"];
        let by_other_means = [
            "",
            "?state=active",
            "?role=admin&sort=user_name",
            "?role=admin&group={admins}",
            "?filter=title%20pr",
        ];
        let far = || Instant::now() + Duration::from_secs(600);
        let indexes = scene.tenant.directory().indexes();
        while !indexes.complete(far()).await.unwrap().complete {}
        for query in asking {
            assert_eq!(index(query).await.0, complete, "{query}");
        }
        raw::delete(service, &scene.tenant, "#Z", "WORDS").await;
        for query in asking {
            assert_eq!(index(query).await.0, missing, "{query}");
        }
        for query in by_other_means {
            assert!(index(query).await.0.is_null(), "{query}");
        }
        // A walk is read in one way from its first page to its last, and says so on each.
        let (_, next) = index("?role=admin&limit=1").await;
        while !indexes.complete(far()).await.unwrap().complete {}
        let next = encode(next.as_str().unwrap());
        let further = index(&format!("?role=admin&limit=1&after={next}")).await;
        assert_eq!(further.0, missing);
        for query in asking {
            assert_eq!(index(query).await.0, complete, "{query}");
        }
    });
}

/// Reads one page, and returns how many people it has and the cursor of the next one.
async fn page(tenant: &Handle, query: &PeopleQuery, order: PeopleOrder) -> (usize, Option<String>) {
    let page = Insight::of(tenant).list_people(query, order, None).await;
    let (people, next) = page.unwrap();
    (people.len(), next)
}

#[test]
fn a_page_of_a_list_keeps_its_budget() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("lists-budget").await;
        let people = table.seed_users(&tenant, size(2_400, 100_000)).await;
        let few = [people[2_200].clone(), people[2_398].clone()];
        let team = group(&tenant, "Few", &few).await;
        let admin = RoleId::from(Role::Admin);
        tenant
            .roles()
            .map_group(&team, [Role::Admin])
            .await
            .unwrap();
        for person in &few {
            tenant.roles().reconcile_person(person).await.unwrap();
        }
        // The seeded people have no events, like those of an earlier version.
        tenant
            .indexes()
            .follow(&relayed(&tenant).await)
            .await
            .unwrap();
        table.forget_indexes(&tenant).await;
        let mut budgets = Budgets::of("Lists of people");
        let base = || PeopleQuery {
            limit: 50,
            ..PeopleQuery::default()
        };
        let text = |text: String| PeopleQuery {
            text: Some(text),
            ..base()
        };
        let by_role = || PeopleQuery {
            role: Some(admin.clone()),
            ..base()
        };
        let by_state = || PeopleQuery {
            states: vec![PersonState::Active],
            ..base()
        };
        let by_group = || PeopleQuery {
            group: Some(team.clone()),
            ..base()
        };
        let by_filter = |filter: &str| PeopleQuery {
            filter: Some(Filter::parse(USERS.resource_type, filter).unwrap()),
            ..base()
        };
        let (created, named) = (PeopleOrder::Created, PeopleOrder::UserName);
        let (found, cost) = measure(page(&tenant, &by_role(), created)).await;
        assert!(found.0 == 0 && found.1.is_some(), "{found:?}");
        budgets.record(
            "a role, before the index has everybody: none of 2,000",
            cost,
        );
        // As often as the hourly pass does so: until everybody is in it.
        let soon = || Instant::now() + Duration::from_secs(60);
        while !tenant.indexes().complete(soon()).await.unwrap().complete {}
        for (what, query, order, count, ends) in [
            ("everybody", base(), created, 50, false),
            ("everybody, by name", base(), named, 50, false),
            ("a role", by_role(), created, 2, true),
            ("a group", by_group(), created, 2, true),
            (
                "the beginning of a word",
                text("000123".to_owned()),
                created,
                1,
                true,
            ),
            (
                "a text that nobody has",
                text("nobody".to_owned()),
                created,
                0,
                true,
            ),
            ("a state: none of 2,000", by_state(), created, 0, false),
            (
                "a filter by the beginning of names",
                by_filter("userName sw \"seed\""),
                created,
                50,
                false,
            ),
            (
                "a filter by the beginning of names: none of 1,000",
                by_filter("userName sw \"seed\" and title pr"),
                created,
                0,
                false,
            ),
            ("a role, by name: none of 1,000", by_role(), named, 0, false),
        ] {
            let (found, cost) = measure(page(&tenant, &query, order)).await;
            assert_eq!((found.0, found.1.is_none()), (count, ends), "{what}");
            budgets.record(what, cost);
        }
        let (snapshot, cost) = measure(Insight::of(&tenant).directory_snapshot(None, 500)).await;
        assert_eq!(snapshot.unwrap().people.len(), 499, "{}", name_of(1));
        budgets.record("the first page of a snapshot, 500 groups and people", cost);
    });
}
