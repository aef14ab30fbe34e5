//! The search for people: any name that an admin may know finds the person, with look-ups by key only.

use rollcall_directory::capacity::measure;
use rollcall_directory::{PersonState, Role, Tenant, USERS};
use rollcall_insight::{GroupFilter, Insight, PeopleOrder, PeopleQuery};
use rollcall_scim::Filter;
use rollcall_tests::seed::{create, group, person, sign_in};
use rollcall_tests::service::run;
use rollcall_tests::table::{TestTable, name_of};
use rollcall_tests::urn;
use serde_json::json;

async fn create_person(tenant: &Tenant, name: &str, shown: &str) -> String {
    let body = json!({
        "schemas": [urn::USER], "userName": name, "displayName": shown, "externalId": format!("Ext-{name}"),
        "emails": [{"value": format!("{name}@mail.test")}], "active": true,
    });
    create(tenant, &USERS, body).await
}

/// Searches page by page, and returns the names of all people found.
async fn found(tenant: &Tenant, text: &str, states: &[PersonState], limit: usize) -> Vec<String> {
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = Insight::of(tenant)
            .search_people(text, states, after, limit)
            .await;
        let page = page.unwrap();
        assert!(page.people.len() <= limit, "{text:?}: {:?}", page.people);
        names.extend(page.people.into_iter().map(|person| person.user_name));
        match page.next {
            Some(_) => after = page.next,
            None => return names,
        }
    }
}

#[test]
fn people_are_found_by_any_name_and_in_any_spelling() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("names").await;
        let bob = create_person(&tenant, "Bob", "Robert").await;
        for (name, shown) in [
            ("bobby", "Bob"),
            ("alice", "Ally"),
            ("Börje", "Bob"),
            ("zoe", "Z"),
        ] {
            create_person(&tenant, name, shown).await;
        }
        let check = async |text: &str, expected: &[&str]| {
            for limit in [1, 2, 100] {
                let mut names = found(&tenant, text, &[], limit).await;
                names.sort();
                assert_eq!(names, expected, "{text:?}, {limit} at a time");
            }
        };
        check("", &["Bob", "Börje", "alice", "bobby", "zoe"]).await;
        check("BO", &["Bob", "bobby"]).await;
        check("bob", &["Bob", "Börje", "bobby"]).await;
        check(" BÖR ", &["Börje"]).await;
        check(&bob, &["Bob"]).await;
        check("Ext-alice", &["alice"]).await;
        check("ALICE@MAIL.TEST", &["alice"]).await;
        check("ally", &["alice"]).await;
        check("nobody", &[]).await;
        check("<script>\"'#\u{202e}", &[]).await;
        check(&"x".repeat(10_000), &[]).await;
        // Exact matches of other names come first, then user names that start with the text.
        assert_eq!(found(&tenant, "bob", &[], 100).await[2], "Bob");
        sign_in(&tenant, "alice", None).await;
        assert_eq!(
            found(&tenant, "", &[PersonState::Active], 2).await,
            ["alice"]
        );
        let invited = found(&tenant, "bob", &[PersonState::Invited], 2).await;
        assert_eq!(invited.len(), 3);
    });
}

#[test]
fn exact_matches_are_paged_as_well() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("shared").await;
        for name in ["ada", "bob", "eve"] {
            let body = json!({
                "schemas": [urn::USER], "userName": name, "active": true, "emails": [{"value": "shared@mail.test"}],
            });
            create(&tenant, &USERS, body).await;
        }
        create_person(&tenant, "shared@mail.test.example", "Other").await;
        for limit in [1, 2, 3, 4, 100] {
            let found = found(&tenant, "shared@mail.test", &[], limit).await;
            let expected = ["ada", "bob", "eve", "shared@mail.test.example"];
            assert_eq!(found, expected, "{limit} at a time");
        }
    });
}

#[test]
fn groups_are_found_by_the_start_of_their_names() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("groups").await;
        for name in ["Engineering", "English", "Sales"] {
            group(&tenant, name, &[]).await;
        }
        let all = GroupFilter::All;
        let page = Insight::of(&tenant)
            .search_groups("ENG", all, None, 1)
            .await
            .unwrap();
        let (first, next) = page;
        assert_eq!(first[0].display_name, "Engineering");
        let (second, _) = Insight::of(&tenant)
            .search_groups("ENG", all, next, 10)
            .await
            .unwrap();
        let names: Vec<_> = second.iter().map(|g| g.display_name.as_str()).collect();
        assert_eq!(names, ["English"]);
        assert_eq!(
            Insight::of(&tenant).groups(None, 10).await.unwrap().0.len(),
            3
        );
    });
}

#[test]
fn groups_without_members_or_role_are_found() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("lacking").await;
        let ada = person(&tenant, "ada").await;
        for n in 0..230 {
            let members = if n % 100 == 7 {
                &[][..]
            } else {
                std::slice::from_ref(&ada)
            };
            let id = group(&tenant, &format!("group {n:03}"), members).await;
            let role = (n % 100 != 9).then_some(Role::Viewer);
            tenant.roles().map_group(&id, role).await.unwrap();
        }
        for (lacking, expected) in [
            (
                GroupFilter::WithoutMembers,
                ["group 007", "group 107", "group 207"],
            ),
            (
                GroupFilter::WithoutRole,
                ["group 009", "group 109", "group 209"],
            ),
        ] {
            for limit in [1, 2, 50] {
                let (mut names, mut after) = (Vec::new(), None);
                loop {
                    let page = Insight::of(&tenant)
                        .search_groups("group", lacking, after, limit)
                        .await;
                    let (groups, next) = page.unwrap();
                    assert!(groups.len() <= limit);
                    names.extend(groups.into_iter().map(|group| group.display_name));
                    after = next;
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(names, expected, "{lacking:?}, {limit} per page");
            }
        }
    });
}

#[test]
fn the_few_members_in_a_state_are_found_among_many() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("members").await;
        let people = table.seed_users(&tenant, 2_450).await;
        let everybody = group(&tenant, "everybody", &people).await;
        for n in [60, 61, 2_449] {
            sign_in(&tenant, &name_of(n), None).await;
        }
        let page = async |after, limit| {
            let active = [PersonState::Active];
            let page = Insight::of(&tenant)
                .group_people(&everybody, &active, after, limit)
                .await;
            let (people, next) = page.unwrap();
            let names = people.into_iter().map(|person| person.user_name);
            (names.collect::<Vec<_>>(), next)
        };
        let (first, next) = page(None, 50).await;
        assert_eq!(
            first,
            [name_of(60), name_of(61)],
            "not those among the first 2,000 members"
        );
        let (second, end) = page(next, 50).await;
        assert_eq!((second, end), (vec![name_of(2_449)], None));
        let (first, next) = page(None, 1).await;
        assert_eq!(first, [name_of(60)]);
        assert_eq!(page(next, 1).await.0, [name_of(61)]);
        // A filter finds them by the same keys, so a page of it reads a bounded number of them, too.
        for (filter, expected) in [("", 1), (" and title pr", 0)] {
            let filter = format!("groups.value eq \"{everybody}\"{filter}");
            let query = PeopleQuery {
                filter: Some(Filter::parse(USERS.resource_type, &filter).unwrap()),
                limit: 1,
                ..PeopleQuery::default()
            };
            let insight = Insight::of(&tenant);
            let listed = insight.list_people(&query, PeopleOrder::Created, None);
            let (listed, cost) = measure(listed).await;
            let (people, next) = listed.unwrap();
            assert_eq!(people.len(), expected, "{filter}");
            assert!(
                next.is_some() && cost.read_units < 1_200.0,
                "{filter}: {cost:?}"
            );
        }
    });
}
