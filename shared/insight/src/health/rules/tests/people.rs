//! Groups, roles and sign-ins.

use super::*;

#[test]
fn users_arrive_and_groups_do_not() {
    let without = |first: i64, provider: Provider| {
        move |s: &mut Snapshot| {
            (s.group_count, s.mapped) = (0, 0);
            s.groups.clear();
            s.connections[0].provider = provider;
            let milestones = s.digest.connections.get_mut("c").unwrap();
            (milestones.first_user_at, milestones.first_group_at) = (Some(hours_ago(first)), None);
        }
    };
    check(
        without(0, Provider::Okta),
        &[(Kind::UsersWithoutGroups, Notice)],
    );
    check(
        without(2, Provider::Okta),
        &[(Kind::UsersWithoutGroups, Warning)],
    );
    let found = check(
        without(2, Provider::Google),
        &[(Kind::UsersWithoutGroups, Notice)],
    );
    assert!(found[0].advice().contains("Google"));
    let passed_over = |groups: u64, until: i64| {
        move |s: &mut Snapshot| {
            without(2, Provider::Okta)(s);
            s.group_count = groups;
            s.digest.skipped_until = Some(hours_ago(until));
        }
    };
    check(passed_over(1, 200), &[]);
    check(passed_over(0, 200), &[(Kind::UsersWithoutGroups, Warning)]);
    // The connection did not exist yet.
    check(passed_over(1, 501), &[(Kind::UsersWithoutGroups, Notice)]);
    let nobody = |s: &mut Snapshot| {
        without(2, Provider::Okta)(s);
        s.digest.connections.get_mut("c").unwrap().first_user_at = None;
    };
    check(nobody, &[]);
    let one_of_two = |s: &mut Snapshot| {
        s.connections.push(connection("d"));
        let token = Token {
            connection_id: "d".to_owned(),
            ..token("u", None)
        };
        s.tokens.push(token);
        let milestones = Milestones {
            first_group_at: None,
            ..s.digest.connections["c"].clone()
        };
        s.digest.connections.insert("d".to_owned(), milestones);
    };
    let found = check(one_of_two, &[(Kind::UsersWithoutGroups, Notice)]);
    assert_eq!(found[0].subject.as_ref().unwrap().id, "d");
}

#[test]
fn groups_with_nobody_in_them() {
    let groups = |list: Vec<GroupSummary>| move |s: &mut Snapshot| s.groups = list;
    let found = check(
        groups(vec![
            group("A", 0, None),
            group("B", 0, Some(Role::Admin)),
            group("C", 1, Some(Role::Viewer)),
        ]),
        &[(Kind::EmptyGroups, Warning)],
    );
    assert_eq!((found[0].count, names(&found[0])), (2, vec!["B", "A"]));
    check(
        groups(vec![group("A", 0, None)]),
        &[(Kind::EmptyGroups, Notice)],
    );
}

#[test]
fn groups_that_give_no_role() {
    let many: Vec<_> = (0..500).map(|n| group(&format!("g{n}"), 1, None)).collect();
    let none_mapped = |s: &mut Snapshot| {
        s.groups = many.clone();
        (s.group_count, s.mapped) = (501, 0);
    };
    let found = check(none_mapped, &[(Kind::UnmappedGroups, Warning)]);
    assert_eq!((found[0].count, found[0].among.len()), (500, 5));
    assert!(found[0].title().starts_with("At least 500 groups"));
    check(
        |s| s.groups.push(group("Sales", 2, None)),
        &[(Kind::UnmappedGroups, Notice)],
    );
}

#[test]
fn somebody_lands_in_the_default_role() {
    let signed_in = |route_by: RouteBy, mapped: usize, has_claim: bool| {
        move |s: &mut Snapshot| {
            s.settings.route_by = route_by;
            s.mapped = mapped;
            s.undecided = [("id of bob".to_owned(), Some(Role::Viewer))].into();
            s.sign_ins = vec![
                sign_in("bob", has_claim),
                sign_in("cy", has_claim),
                sign_in("bob", false),
            ];
        }
    };
    let (claim, membership) = (RouteBy::Claim, RouteBy::Membership);
    for route_by in [claim, membership, RouteBy::ClaimThenMembership] {
        let found = check(
            signed_in(route_by, 0, false),
            &[(Kind::DefaultRoleWithoutMapping, Warning)],
        );
        assert_eq!(names(&found[0]), ["bob"], "cy has a role of a group by now");
        assert!(
            found[0]
                .title()
                .starts_with("1 person has only the default role, Viewer:")
        );
        check(
            signed_in(route_by, 1, true),
            &[(Kind::DefaultRoleWithoutMatch, Warning)],
        );
    }
    check(
        signed_in(claim, 1, false),
        &[
            (Kind::ClaimMissing, Problem),
            (Kind::DefaultRoleWithoutClaim, Warning),
        ],
    );
    check(
        signed_in(RouteBy::ClaimThenMembership, 1, false),
        &[
            (Kind::DefaultRoleWithoutClaim, Warning),
            (Kind::ClaimMissing, Notice),
        ],
    );
    check(
        signed_in(membership, 1, false),
        &[(Kind::DefaultRoleWithoutMatch, Warning)],
    );
    let advised = |route_by: RouteBy, has_claim: bool| {
        let mut snapshot = well();
        signed_in(route_by, 1, has_claim)(&mut snapshot);
        let found = judge(&snapshot).into_iter();
        let mut found = found.filter(|finding| finding.kind != Kind::ClaimMissing);
        let found = found.next().unwrap();
        format!("{}. {}", found.title(), found.advice())
    };
    for has_claim in [true, false] {
        let told = advised(claim, has_claim);
        assert!(told.contains("sends do not count"), "{told}");
        assert!(
            told.contains("let the memberships decide, in the settings"),
            "{told}"
        );
        for untrue in [
            "none of their groups",
            "They are in no group",
            "they have not arrived as members",
        ] {
            assert!(!told.contains(untrue), "{told}");
        }
        let either = advised(RouteBy::ClaimThenMembership, has_claim);
        assert!(!either.contains("do not count"), "{either}");
    }
    let roleless = |s: &mut Snapshot| {
        signed_in(claim, 0, true)(s);
        s.undecided.insert("id of cy".to_owned(), None);
        s.all_sign_ins = false;
    };
    let found = check(roleless, &[(Kind::DefaultRoleWithoutMapping, Warning); 2]);
    let titles: Vec<_> = found.iter().map(Finding::title).collect();
    assert!(titles[0].starts_with("At least 1 person has only the default role, Viewer:"));
    assert!(titles[1].starts_with("At least 1 person has no role:"));
}

#[test]
fn the_claim_never_arrives() {
    let absent = |route_by: RouteBy| {
        move |s: &mut Snapshot| {
            s.settings.route_by = route_by;
            s.sign_ins = vec![sign_in("ann", false)];
        }
    };
    check(absent(RouteBy::Claim), &[(Kind::ClaimMissing, Problem)]);
    check(
        absent(RouteBy::ClaimThenMembership),
        &[(Kind::ClaimMissing, Notice)],
    );
    check(absent(RouteBy::Membership), &[]);
    let once = |s: &mut Snapshot| {
        absent(RouteBy::Claim)(s);
        s.sign_ins.push(sign_in("bob", true));
    };
    check(once, &[]);
}

#[test]
fn invited_people_are_no_members_yet() {
    let invited = |s: &mut Snapshot| {
        s.newest_people.push(somebody("bob", PersonState::Invited));
        s.newest_people.push(somebody("cy", PersonState::Inactive));
        s.people_count = 100_000;
    };
    let found = check(invited, &[(Kind::NeverSignedIn, Notice)]);
    assert_eq!(names(&found[0]), ["bob"]);
    assert!(
        found[0].title().starts_with("At least 1 person has"),
        "{}",
        found[0].title()
    );
}

#[test]
fn long_names_are_cut() {
    let found = check(
        |s| s.groups = vec![group(&"x".repeat(10_000), 0, None)],
        &[(Kind::EmptyGroups, Notice)],
    );
    assert!(found[0].among[0].name.chars().count() < 100);
    assert!(found[0].subject.as_ref().unwrap().name.chars().count() < 100);
}
