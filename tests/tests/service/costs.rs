//! The costs of operations in DynamoDB capacity units: printed as a table, and asserted in units and calls, not time.

use std::io::Write as _;

use rollcall_directory::capacity::{Cost, measure};
use rollcall_directory::{GROUPS, Provider, Role, Tenant, USERS, Verdict};
use rollcall_scim::{Filter, Patch, Precondition, Projection, Query, Resource};
use rollcall_tests::seed;
use rollcall_tests::service::run;
use rollcall_tests::table::{TestTable, name_of};
use rollcall_tests::urn;
use serde_json::{Value, json};

/// The rows of the printed table.
#[derive(Default)]
pub(crate) struct CostTable(Vec<(String, Cost)>);

impl CostTable {
    pub(crate) fn record(&mut self, what: impl Into<String>, cost: Cost) -> Cost {
        self.0.push((what.into(), cost));
        cost
    }
}

impl Drop for CostTable {
    fn drop(&mut self) {
        let mut out = std::io::stderr().lock();
        let _ = writeln!(
            out,
            "\n{:<58} {:>5} {:>8} {:>8}",
            "operation", "calls", "read", "write"
        );
        for (what, cost) in &self.0 {
            let _ = writeln!(
                out,
                "{what:<58} {:>5} {:>8} {:>8}",
                cost.calls, cost.read_units, cost.write_units
            );
        }
    }
}

fn query(pairs: &[(&str, &str)]) -> Query {
    query_of(&USERS, pairs)
}

fn query_of(kind: &'static rollcall_directory::Kind, pairs: &[(&str, &str)]) -> Query {
    let pairs = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Query::from_pairs(kind.resource_type, pairs).unwrap_or_else(|error| panic!("{error}"))
}

async fn group(tenant: &Tenant, name: &str, members: &[String]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    let body = json!({"schemas": [urn::GROUP], "displayName": name, "members": members});
    let resource =
        Resource::parse(GROUPS.resource_type, body).unwrap_or_else(|error| panic!("{error}"));
    let created = tenant
        .resources()
        .create(&GROUPS, resource, &Projection::all())
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    created
        .answer
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

async fn patch_members(tenant: &Tenant, group: &str, operation: Value) -> Cost {
    let body = json!({"schemas": [urn::PATCH], "Operations": [operation]});
    let patch = Patch::parse(GROUPS.resource_type, body).unwrap_or_else(|error| panic!("{error}"));
    let precondition = Precondition::none();
    let (answer, cost) =
        measure(
            tenant
                .resources()
                .patch(&GROUPS, group, patch, &precondition, None),
        )
        .await;
    assert!(
        answer.is_ok_and(|body| body.answer.is_none()),
        "the response must not contain the group"
    );
    cost
}

#[test]
fn a_member_change_costs_the_same_in_any_group() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("members").await;
        let people = table.seed_users(&tenant, 10_003).await;
        let mut costs_table = CostTable::default();
        let mut costs = Vec::new();
        for size in [10, 1_000, 10_000] {
            let id = group(&tenant, &format!("group-of-{size}"), &people[..size]).await;
            let add = json!({"op": "add", "path": "members", "value": [{"value": people[10_001]}]});
            let added = costs_table.record(
                format!("add one member to a group of {size}"),
                patch_members(&tenant, &id, add).await,
            );
            let again =
                json!({"op": "add", "path": "members", "value": [{"value": people[10_001]}]});
            let again = costs_table.record(
                format!("add them again to a group of {size}"),
                patch_members(&tenant, &id, again).await,
            );
            let remove = json!({"op": "remove", "path": format!("members[value eq \"{}\"]", people[10_001])});
            let removed = costs_table.record(
                format!("remove one member of a group of {size}"),
                patch_members(&tenant, &id, remove).await,
            );
            let rename =
                json!({"op": "replace", "path": "displayName", "value": format!("renamed-{size}")});
            let renamed = costs_table.record(
                format!("rename a group of {size}"),
                patch_members(&tenant, &id, rename).await,
            );
            let filter = format!("id eq \"{id}\" and members eq \"{}\"", people[5]);
            let asked = query_of(
                &GROUPS,
                &[("filter", &filter), ("excludedAttributes", "members")],
            );
            let (page, asked) = measure(tenant.resources().search(&GROUPS, &asked)).await;
            assert!(page.is_ok_and(|page| page.total == 1));
            costs_table.record(
                format!("ask whether a person is in a group of {size}"),
                asked,
            );
            costs.push([added, again, removed, renamed, asked]);
        }
        assert_eq!(costs[0], costs[1]);
        assert_eq!(costs[0], costs[2]);
        let [added, again, ..] = costs[0];
        assert!(added.calls <= 4, "{added:?}");
        assert_eq!(
            again.write_units, 0.0,
            "a request without changes must not write"
        );
    });
}

#[test]
fn look_ups_never_scan() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("look-ups").await;
        let people = table.seed_users(&tenant, 2_000).await;
        let name = name_of(1_234);
        group(&tenant, "Everybody", &people[..200]).await;
        let mut costs_table = CostTable::default();
        let filters = [
            format!("userName eq \"{}\"", name.to_uppercase()),
            format!("externalId eq \"x-{name}\""),
            format!("emails.value eq \"{name}@EXAMPLE.test\""),
            format!("emails eq \"{name}@example.test\""),
            format!("emails[type eq \"work\"].value eq \"{name}@example.test\""),
            format!("emails[type eq \"work\" and value eq \"{name}@example.test\"]"),
            format!("displayName eq \"D-{name}\""),
            format!("id eq \"{}\"", people[1_234]),
            format!("userName eq \"{name}\" and active eq true"),
            format!("active eq true and userName eq \"{name}\""),
            format!("userName eq \"{name}\" or externalId eq \"nobody\""),
            format!("userName sw \"{name}\""),
        ];
        for filter in &filters {
            let (page, cost) = measure(
                tenant
                    .resources()
                    .search(&USERS, &query(&[("filter", filter)])),
            )
            .await;
            let page = page.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(page.total, 1, "{filter}");
            assert!(
                cost.calls <= 4 && cost.read_units <= 5.0,
                "{filter}: {cost:?}"
            );
            costs_table.record(filter.replace(&people[1_234], "…"), cost);
        }
        let (page, cost) = measure(tenant.resources().search(
            &GROUPS,
            &query_of(
                &GROUPS,
                &[
                    ("filter", "displayName eq \"everybody\""),
                    ("excludedAttributes", "members"),
                ],
            ),
        ))
        .await;
        assert!(page.is_ok_and(|page| page.total == 1));
        costs_table.record("displayName eq, of a group, without members", cost);
        assert!(cost.calls <= 3 && cost.read_units <= 3.0, "{cost:?}");
        let nobody = query(&[("filter", "userName eq \"nobody\"")]);
        let (_, cost) = measure(tenant.resources().search(&USERS, &nobody)).await;
        costs_table.record("userName eq, no match", cost);
        assert!(cost.calls <= 2 && cost.read_units <= 2.0, "{cost:?}");
        let read = measure(
            tenant
                .resources()
                .read(&USERS, &people[7], &Projection::all()),
        )
        .await
        .1;
        costs_table.record("read one person", read);
        let (found, all) = measure(
            tenant
                .resources()
                .search(&USERS, &query(&[("filter", "title eq \"nobody\"")])),
        )
        .await;
        assert!(found.is_ok_and(|page| page.total == 0));
        costs_table.record("title eq (reads all 2,000, for comparison)", all);
        assert!(all.read_units > 50.0, "{all:?}");
    });
}

#[test]
fn every_page_of_a_walk_costs_the_same() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("walk").await;
        let people = table.seed_users(&tenant, 50_000).await;
        let mut costs_table = CostTable::default();
        let mut costs = Vec::new();
        let mut seen = 0;
        for page in 0..500 {
            let start = (page * 100 + 1).to_string();
            let walk = query(&[("startIndex", &start), ("count", "100")]);
            let (answer, cost) = measure(tenant.resources().search(&USERS, &walk)).await;
            let answer = answer.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(answer.total, 50_000);
            let ids: Vec<&str> = answer
                .resources
                .iter()
                .filter_map(|r| r.get("id")?.as_str())
                .collect();
            assert_eq!(ids, people[seen..seen + 100], "page {page}");
            seen += ids.len();
            costs.push(cost);
        }
        for page in [0, 1, 250, 498, 499] {
            costs_table.record(
                format!("page {} of 500, 100 people each", page + 1),
                costs[page],
            );
        }
        let (least, most) = costs
            .iter()
            .fold((f64::MAX, 0.0_f64), |(least, most), cost| {
                (least.min(cost.read_units), most.max(cost.read_units))
            });
        assert!(most - least <= 1.0, "between {least} and {most} read units");
        let calls = costs.iter().map(|cost| cost.calls);
        assert!(calls.clone().max() <= calls.min().map(|least| least + 1));
    });
}

#[test]
fn the_authorizer_costs_two_calls() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("authorizer").await;
        let connection = tenant
            .credentials()
            .create_connection("idp", Provider::Okta)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let issued = tenant
            .credentials()
            .issue_token(&connection.id, "token", None)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let directory = table.directory();
        let mut costs_table = CostTable::default();
        for turn in ["first", "second", "third"] {
            let (verdict, cost) =
                measure(directory.authenticate(issued.secret.expose(), "request")).await;
            assert!(matches!(verdict, Ok(Verdict::Accepted(_))), "{verdict:?}");
            costs_table.record(
                format!("authenticate and meter a request, the {turn} time"),
                cost,
            );
            assert_eq!((cost.calls, cost.write_units), (2, 2.0), "{cost:?}");
        }
        let (verdict, cost) = measure(directory.authenticate("nonsense", "request")).await;
        assert!(matches!(verdict, Ok(Verdict::Refused { .. })));
        costs_table.record("refuse an invalid token", cost);
        assert_eq!(cost.calls, 0);
    });
}

/// Maps new groups with external ids in the tenant. Returns their ids.
async fn mapped_groups(tenant: &Tenant, count: usize) -> Vec<String> {
    let mut groups = Vec::new();
    for number in 0..count {
        let body = json!({"schemas": [urn::GROUP], "displayName": format!("Group {number}"),
                          "externalId": format!("x-{number}")});
        let id = seed::create(tenant, &GROUPS, body).await;
        let mapped = tenant.roles().map_group(&id, Some(Role::Viewer)).await;
        mapped.unwrap_or_else(|error| panic!("{error}"));
        groups.push(id);
    }
    groups
}

#[test]
fn a_sign_in_costs_the_same_with_any_number_of_mappings() {
    run(async |_| {
        let table = TestTable::start().await;
        let mut costs_table = CostTable::default();
        let mut costs = Vec::new();
        for count in [4, 400] {
            let tenant = table.tenant(&format!("sign-ins-{count:03}")).await;
            let groups = mapped_groups(&tenant, count).await;
            for name in ["ann", "bob"] {
                seed::person(&tenant, name).await;
            }
            let cat = seed::person(&tenant, "cat").await;
            for group in &groups[..3] {
                let join = json!({"op": "add", "path": "members", "value": [{"value": cat}]});
                patch_members(&tenant, group, join).await;
            }
            let unmapped = group(&tenant, "Unmapped", std::slice::from_ref(&cat)).await;
            let ids = [groups[0].as_str(), unmapped.as_str()];
            let cases: [(&str, &str, Option<&[&str]>, usize); 6] = [
                ("without groups", "ann", None, 0),
                (
                    "by three names",
                    "bob",
                    Some(&["group 1", "GROUP 3", "other"]),
                    2,
                ),
                (
                    "by three external ids",
                    "bob",
                    Some(&["x-1", "x-2", "x-other"]),
                    2,
                ),
                ("by two ids", "bob", Some(&ids), 1),
                ("by four memberships", "cat", None, 3),
                (
                    "by memberships, as the claim names none",
                    "cat",
                    Some(&["other"]),
                    3,
                ),
            ];
            for (how, name, claim, matched) in cases {
                for turn in ["first", "next"] {
                    let (signed_in, cost) = measure(seed::sign_in(&tenant, name, claim)).await;
                    assert_eq!(signed_in.routing.matched.len(), matched, "{how}");
                    costs_table.record(format!("{turn} sign-in {how}, {count} mapped"), cost);
                    costs.push((format!("{turn} {how}"), cost));
                    if turn == "next" {
                        let is_cheap = cost.calls <= 3 && cost.read_units <= 15.0;
                        assert!(is_cheap, "{how}: {cost:?}");
                    }
                }
            }
        }
        let (few, many) = costs.split_at(costs.len() / 2);
        assert_eq!(few, many);
    });
}

#[test]
fn introspection_costs_one_call() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("introspection").await;
        let ann = seed::person(&tenant, "ann").await;
        let engineers = group(&tenant, "Engineers", std::slice::from_ref(&ann)).await;
        let roles = tenant.roles();
        let mapped = roles.map_group(&engineers, Some(Role::Admin)).await;
        mapped.unwrap_or_else(|error| panic!("{error}"));
        let directory = table.directory();
        let key = directory.service_keys().issue("application").await;
        let key = key.unwrap_or_else(|error| panic!("{error}"));
        let signed_in = seed::sign_in(&tenant, "ann", None).await;
        let token = signed_in.session.secret.expose();
        let introspect = async || {
            let keys = directory.service_keys();
            let key = keys.verify_to_introspect(key.expose()).await;
            assert!(matches!(key, Ok(Some(_))), "{key:?}");
            let session = directory.introspect(token).await;
            let role = session.ok().flatten().and_then(|session| session.role);
            assert_eq!(role, Some(Role::Admin));
        };
        let mut costs_table = CostTable::default();
        let first = costs_table.record(
            "introspect a session, with nothing remembered",
            measure(introspect()).await.1,
        );
        assert!(first.calls <= 3 && first.read_units <= 5.0, "{first:?}");
        let again = costs_table.record(
            "introspect a session within five seconds",
            measure(introspect()).await.1,
        );
        assert!(again.calls <= 2 && again.read_units <= 2.0, "{again:?}");
        assert_eq!(again.write_units, 0.0);
        let session = measure(directory.session(token)).await.1;
        costs_table.record("check a session without remembering", session);
        assert!(
            session.calls <= 2 && session.read_units <= 4.0,
            "{session:?}"
        );
    });
}

#[test]
fn writes_of_a_person_need_few_calls() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("writes").await;
        let people = table.seed_users(&tenant, 10).await;
        let mut costs_table = CostTable::default();
        let body = json!({"schemas": [urn::USER], "userName": "new", "externalId": "e",
                          "emails": [{"value": "new@example.test"}]});
        let resource =
            Resource::parse(USERS.resource_type, body).unwrap_or_else(|error| panic!("{error}"));
        let (created, cost) = measure(tenant.resources().create(
            &USERS,
            resource,
            &Projection::all(),
        ))
        .await;
        assert!(created.is_ok());
        costs_table.record("create a person", cost);
        assert!(cost.calls <= 2, "{cost:?}");
        let change = |value: Value| {
            let operation = json!({"op": "replace", "path": "active", "value": value});
            let body = json!({"schemas": [urn::PATCH], "Operations": [operation]});
            Patch::parse(USERS.resource_type, body).unwrap_or_else(|error| panic!("{error}"))
        };
        for (what, value) in [
            ("deactivate a person", false),
            ("deactivate them again", false),
        ] {
            let all = Projection::all();
            let (answer, cost) = measure(tenant.resources().patch(
                &USERS,
                &people[3],
                change(json!(value)),
                &Precondition::none(),
                Some(&all),
            ))
            .await;
            assert!(answer.is_ok());
            costs_table.record(what, cost);
            assert!(cost.calls <= 2, "{cost:?}");
        }
        let (_, cost) = measure(tenant.resources().delete(
            &USERS,
            &people[4],
            &Precondition::none(),
        ))
        .await;
        costs_table.record("delete a person", cost);
        assert!(cost.calls <= 5, "{cost:?}");
        assert!(Filter::parse(USERS.resource_type, "userName pr").is_ok());
    });
}
