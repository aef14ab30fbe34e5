//! Every filter and every PATCH path of SCIM answers within a bound, whatever the number of people: with 100,000 in
//! `tests/lists`, and fewer in `cargo test`.

use rollcall_directory::capacity::{Cost, measure};
use rollcall_directory::{Error, GROUPS, Kind, Tenant, USERS};
use rollcall_scim::{Error as ScimError, Query};
use rollcall_tests::seed::group;
use rollcall_tests::service::run;
use rollcall_tests::size::size;
use rollcall_tests::table::{TestTable, name_of};
use rollcall_tests::urn;
use serde_json::json;

use crate::budgets::patch;

/// What a filter that finds by key may cost, and a PATCH.
const BY_KEY: Cost = Cost {
    calls: 6,
    read_units: 24.0,
    write_units: 0.0,
};
const OF_PATCH: Cost = Cost {
    calls: 6,
    read_units: 8.0,
    write_units: 30.0,
};
/// A list ends after 20 seconds; these tests share their machine.
const SECONDS: u64 = 25;

/// Finds resources. Returns how many there are, or `None` if there was too much to read in the time for a list; and the
/// cost.
async fn found(
    tenant: &Tenant,
    kind: &'static Kind,
    query: &[(&str, &str)],
) -> (Option<u64>, Cost) {
    let pairs = query.iter();
    let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let query = Query::from_pairs(kind.resource_type, pairs).unwrap();
    let (page, cost) = measure(tenant.resources().search(kind, &query)).await;
    match page {
        Ok(page) => (Some(page.total), cost),
        Err(Error::Scim(ScimError::TooMany(detail))) => {
            assert!(detail.contains("filter with `eq` by"), "{detail}");
            (None, cost)
        }
        Err(error) => panic!("{query:?}: {error}"),
    }
}

fn is_within(cost: Cost, most: Cost) -> bool {
    cost.calls <= most.calls
        && cost.read_units <= most.read_units
        && cost.write_units <= most.write_units
}

#[test]
fn every_filter_and_patch_path_keeps_its_bound() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("scim-at-size").await;
        let count = size(3_000, 100_000);
        let people = table.seed_users(&tenant, count).await;
        let (id, name) = (&people[count / 2], name_of(count / 2));
        let team = group(&tenant, "Team", &people[..10]).await;
        let mut wrong = Vec::new();

        let enterprise = urn::ENTERPRISE;
        for (kind, filter, expected) in [
            (&USERS, format!("id eq \"{id}\""), 1),
            (&USERS, format!("userName eq \"{name}\""), 1),
            (&USERS, format!("userName sw \"{name}\""), 1),
            (&USERS, format!("externalId eq \"x-{name}\""), 1),
            (&USERS, format!("emails eq \"{name}@example.test\""), 1),
            (
                &USERS,
                format!("emails[value eq \"{name}@example.test\"]"),
                1,
            ),
            (&USERS, format!("displayName eq \"d-{name}\""), 1),
            (&USERS, format!("userName eq \"{name}\" and title pr"), 0),
            (
                &USERS,
                format!("userName eq \"{name}\" or id eq \"{id}\""),
                1,
            ),
            (&USERS, format!("groups.value eq \"{team}\""), 10),
            (&USERS, format!("groups[value eq \"{team}\"]"), 10),
            (&GROUPS, "displayName eq \"team\"".to_owned(), 1),
            (&GROUPS, format!("members.value eq \"{}\"", people[3]), 1),
            (&GROUPS, format!("members[value eq \"{}\"]", people[3]), 1),
        ] {
            let (total, cost) = found(&tenant, kind, &[("filter", &filter)]).await;
            assert_eq!(total, Some(expected), "{filter}");
            if !is_within(cost, BY_KEY) {
                wrong.push(format!("{filter}: {cost:?}"));
            }
        }

        // The others read everybody: about one read unit for ten people, and one call for a thousand.
        let everybody = Cost {
            calls: u32::try_from(count / 1_000).unwrap() + 20,
            read_units: 0.15 * count as f64 + 20.0,
            write_units: 20.0,
        };
        let all = count as u64;
        for (filter, sort, expected) in [
            ("title eq \"nobody\"", "", 0),
            ("userName ne \"nobody\"", "", all),
            ("userName co \"seed\"", "", all),
            ("userName ew \"000007\"", "userName", 1),
            ("emails co \"@example.test\"", "", all),
            ("emails[type eq \"work\" and primary eq true]", "", all),
            ("not (active eq true)", "", 0),
            ("name.familyName gt \"t\"", "", 0),
            (
                "meta.created gt \"2020-01-01T00:00:00Z\"",
                "meta.created",
                all,
            ),
            (&format!("{enterprise}:department pr"), "", 0),
            ("groups pr", "name.familyName", 10),
            ("displayName sw \"d-seed\"", "displayName", all),
        ] {
            let mut query = vec![("filter", filter), ("count", "10")];
            query.extend((!sort.is_empty()).then_some(("sortBy", sort)));
            let began = std::time::Instant::now();
            let (total, cost) = found(&tenant, &USERS, &query).await;
            let took = began.elapsed();
            eprintln!(
                "{filter}, sorted by `{sort}`: {total:?} of {count} in {took:.1?}, {} calls, {} read units",
                cost.calls, cost.read_units
            );
            assert!(total.is_none_or(|total| total == expected), "{filter}");
            if !is_within(cost, everybody) || took.as_secs() > SECONDS {
                wrong.push(format!("{filter}: {cost:?}, {took:?}"));
            }
        }

        let member = json!([{"value": people[20]}, {"value": people[21]}]);
        for (kind, id, operation, path, value) in [
            (&USERS, id, "add", "title", json!("Dr.")),
            (&USERS, id, "replace", "displayName", json!("D")),
            (&USERS, id, "replace", "name.familyName", json!("King")),
            (&USERS, id, "replace", "userName", json!("renamed")),
            (&USERS, id, "replace", "externalId", json!("x-renamed")),
            (&USERS, id, "replace", "active", json!(false)),
            (&USERS, id, "replace", "active", json!("True")),
            (
                &USERS,
                id,
                "replace",
                "emails[type eq \"work\"].value",
                json!("a@x.test"),
            ),
            (
                &USERS,
                id,
                "add",
                "emails",
                json!([{"type": "home", "value": "b@x.test"}]),
            ),
            (
                &USERS,
                id,
                "remove",
                "emails[type eq \"home\"]",
                json!(null),
            ),
            (
                &USERS,
                id,
                "add",
                &*format!("{enterprise}:department"),
                json!("R"),
            ),
            (
                &USERS,
                id,
                "add",
                &*format!("{enterprise}.manager"),
                json!(people[1]),
            ),
            (
                &USERS,
                id,
                "replace",
                "",
                json!({"title": "Prof.", "nickName": "A"}),
            ),
            (&USERS, id, "remove", "title", json!(null)),
            (&GROUPS, &team, "replace", "displayName", json!("Crew")),
            (&GROUPS, &team, "add", "externalId", json!("x-crew")),
            (&GROUPS, &team, "add", "members", member.clone()),
            (&GROUPS, &team, "remove", "members", member),
            (
                &GROUPS,
                &team,
                "remove",
                &*format!("members[value eq \"{}\"]", people[2]),
                json!(null),
            ),
        ] {
            let mut one = json!({"op": operation});
            if !path.is_empty() {
                one["path"] = json!(path);
            }
            if !value.is_null() {
                one["value"] = value;
            }
            let cost = patch(&tenant, kind, id, one).await;
            if !is_within(cost, OF_PATCH) || cost.write_units == 0.0 {
                wrong.push(format!("{operation} {path}: {cost:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}
