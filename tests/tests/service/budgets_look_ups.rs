//! The budgets of requests that read.

use rollcall_directory::capacity::measure;
use rollcall_directory::{GROUPS, QueryOfAll, USERS};
use rollcall_scim::{Projection, Query};
use rollcall_tests::budgets::Budgets;
use rollcall_tests::seed::group;
use rollcall_tests::service::run;
use rollcall_tests::size::size;
use rollcall_tests::table::{TestTable, name_of};

use crate::budgets::search;

#[test]
fn look_ups_keep_their_budgets() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("look-ups").await;
        let people = table.seed_users(&tenant, 2_000).await;
        let name = name_of(1_234);
        let mut budgets = Budgets::of("Look-ups, among 2,000 people");
        let (id, team) = (&people[1_234], &people[..10]);
        let team = group(&tenant, "Everybody", team).await;
        for (what, filter) in [
            (
                "`userName eq`",
                format!("userName eq \"{}\"", name.to_uppercase()),
            ),
            ("`externalId eq`", format!("externalId eq \"x-{name}\"")),
            (
                "`emails.value eq`",
                format!("emails.value eq \"{name}@EXAMPLE.test\""),
            ),
            ("`emails eq`", format!("emails eq \"{name}@example.test\"")),
            (
                "`emails[type eq \"work\"].value eq`",
                format!("emails[type eq \"work\"].value eq \"{name}@example.test\""),
            ),
            (
                "`emails[type eq \"work\" and value eq …]`",
                format!("emails[type eq \"work\" and value eq \"{name}@example.test\"]"),
            ),
            ("`displayName eq`", format!("displayName eq \"D-{name}\"")),
            ("`id eq`", format!("id eq \"{id}\"")),
            (
                "`userName eq … and active eq true`",
                format!("userName eq \"{name}\" and active eq true"),
            ),
            (
                "`active eq true and userName eq …`",
                format!("active eq true and userName eq \"{name}\""),
            ),
            (
                "`userName eq … or externalId eq …`",
                format!("userName eq \"{name}\" or externalId eq \"nobody\""),
            ),
            ("`userName sw`", format!("userName sw \"{name}\"")),
        ] {
            let (found, total, cost) = search(&tenant, &USERS, &[("filter", &filter)]).await;
            assert_eq!(
                (found.as_slice(), total),
                (std::slice::from_ref(id), 1),
                "{filter}"
            );
            budgets.record(what, cost);
        }
        for (what, filter) in [
            ("`userName eq`, no match", "userName eq \"nobody\""),
            ("`title eq`, which reads all people", "title eq \"nobody\""),
        ] {
            let (found, _, cost) = search(&tenant, &USERS, &[("filter", filter)]).await;
            assert!(found.is_empty());
            budgets.record(what, cost);
        }
        for (what, filter, sort) in [
            (
                "root search by `userName eq … or displayName eq …`",
                "userName eq \"nobody\" or displayName eq \"everybody\"",
                None,
            ),
            (
                "root search by `id eq`, sorted",
                &*format!("id eq \"{id}\""),
                Some("displayName"),
            ),
        ] {
            let read = |kind: &'static rollcall_directory::Kind| {
                let pairs = [
                    Some(("filter", filter)),
                    sort.map(|by| ("sortBy", by)),
                    Some(("excludedAttributes", "members")),
                ];
                let pairs = pairs.into_iter().flatten();
                let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
                Query::from_pairs(kind.resource_type, pairs).unwrap()
            };
            let query = QueryOfAll {
                users: read(&USERS),
                groups: read(&GROUPS),
            };
            let (page, cost) = measure(Box::pin(tenant.resources().search_all(&query))).await;
            assert_eq!(page.unwrap().total, 1);
            budgets.record(what, cost);
        }
        let asked = [
            ("filter", "displayName eq \"everybody\""),
            ("excludedAttributes", "members"),
        ];
        let (found, _, cost) = search(&tenant, &GROUPS, &asked).await;
        assert_eq!(found.len(), 1);
        budgets.record("`displayName eq`, of a group, without its members", cost);
        let all = Projection::all();
        for (what, kind, id) in [
            ("read a person", &USERS, id),
            ("read a group of 10 members", &GROUPS, &team),
        ] {
            let (read, cost) = measure(tenant.resources().read(kind, id, &all)).await;
            read.unwrap();
            budgets.record(what, cost);
        }
    });
}

#[test]
fn every_page_of_a_walk_keeps_its_budget() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("walk").await;
        let pages = size(50, 500);
        let people = table.seed_users(&tenant, 100 * pages).await;
        let mut budgets = Budgets::of("Pages of 100 people, by `startIndex`");
        let mut seen = 0;
        for page in 0..pages {
            let start = (page * 100 + 1).to_string();
            let walk = [("startIndex", &*start), ("count", "100")];
            let (ids, total, cost) = search(&tenant, &USERS, &walk).await;
            assert_eq!(total, people.len() as u64);
            assert_eq!(ids, people[seen..seen + 100], "page {page}");
            seen += ids.len();
            let what = match page {
                0 => "the first page",
                _ if page == pages - 1 => "the last page",
                _ => "any other page",
            };
            budgets.record(what, cost);
        }
    });
}

#[test]
fn every_page_of_a_walk_by_cursors_keeps_its_budget() {
    run(async |_| {
        let mut budgets = Budgets::of("Pages of 100 people, by cursor");
        for (order, sort, pages) in [
            ("in order of creation", None, size(20, 500)),
            ("by `userName`", Some("userName"), size(20, 500)),
            // A list that reads everybody ends after 20 seconds, in which a debug build does not sort 50,000 people.
            ("by `title`", Some("title"), size(20, 150)),
        ] {
            let table = TestTable::start().await;
            let tenant = table.tenant("cursor-walk").await;
            let people = table.seed_users(&tenant, 100 * pages).await;
            let (mut cursor, mut seen) = (String::new(), 0);
            for page in 0..pages {
                let pairs = [
                    Some(("cursor", &*cursor)),
                    Some(("count", "100")),
                    sort.map(|by| ("sortBy", by)),
                ];
                let pairs = pairs.into_iter().flatten();
                let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
                let query = Query::from_pairs(USERS.resource_type, pairs).unwrap();
                let resources = tenant.resources();
                let (next, cost) = measure(async {
                    let page = resources.search(&USERS, &query).await.unwrap();
                    seen += page.resources.len();
                    assert_eq!(page.total, people.len() as u64);
                    resources.next_cursor(&page, page.resources.len()).await
                })
                .await;
                cursor = next.unwrap().unwrap_or_default();
                let what = match page {
                    // It reads and stores the order of all people.
                    0 if sort == Some("title") => continue,
                    0 => "the first page",
                    _ if page == pages - 1 => "the last page",
                    _ => "any other page",
                };
                budgets.record(format!("{order}: {what}"), cost);
            }
            assert_eq!((seen, &*cursor), (people.len(), ""), "{order}");
        }
    });
}
