//! The preview of a mapping: it predicts exactly the role changes that the mapping causes.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rollcall_directory::{
    Catalogue, GROUPS, ManualRoles, PersonState, Preview, Role, RoleChange, RoleId, RoleSync,
    RouteBy, Settings, Tenant, USERS,
};
use rollcall_insight::{Insight, PeopleQuery};
use rollcall_tests::seed::{apply_settings, group, patch, person, sign_in};
use rollcall_tests::service::run;
use rollcall_tests::size::size;
use rollcall_tests::table::TestTable;
use serde_json::json;

const PEOPLE: usize = 12;
const TEAMS: usize = 4;
const ROLES: [Option<Role>; 4] = [
    None,
    Some(Role::Viewer),
    Some(Role::Member),
    Some(Role::Admin),
];

/// The number of people for each change from some roles to others.
type Changes = BTreeMap<(Vec<Role>, Vec<Role>), u64>;

/// The changes that a preview predicts.
#[derive(Debug, Default, PartialEq)]
struct Prediction {
    at_once: Changes,
    at_sign_in: Changes,
    anyway: Changes,
}

fn add(changes: &mut Changes, more: &[RoleChange]) {
    for change in more {
        let roles = (change.from.clone(), change.to.clone());
        *changes.entry(roles).or_default() += change.people;
    }
}

/// Returns the changes of the highest role.
fn of_highest(changes: &Changes) -> BTreeMap<(Option<Role>, Option<Role>), u64> {
    let highest = |roles: &[Role]| roles.first().copied();
    let changes = changes.iter();
    let changes = changes.map(|((from, to), people)| ((highest(from), highest(to)), *people));
    changes.filter(|((from, to), _)| from != to).collect()
}

/// Returns the roles of each person by id.
async fn roles(tenant: &Tenant) -> BTreeMap<String, Vec<Role>> {
    let query = PeopleQuery {
        limit: 1_000,
        ..PeopleQuery::default()
    };
    let people = Insight::of(tenant).people(&query).await.unwrap().0;
    people
        .into_iter()
        .map(|person| (person.id, person.roles))
        .collect()
}

/// Calls the preview until it has covered every person.
async fn preview_all(
    tenant: &Tenant,
    group: &str,
    roles: impl IntoIterator<Item = Role> + Clone,
) -> (Prediction, Vec<Preview>) {
    let (mut prediction, mut calls) = (Prediction::default(), Vec::new());
    let mut after: Option<String> = None;
    loop {
        let preview = tenant
            .roles()
            .preview_mapping(group, roles.clone(), after.as_deref())
            .await;
        let preview = preview.unwrap();
        add(&mut prediction.at_once, &preview.changes);
        add(&mut prediction.at_sign_in, &preview.at_sign_in);
        add(&mut prediction.anyway, &preview.anyway);
        after = preview.next.clone();
        calls.push(preview);
        if after.is_none() {
            return (prediction, calls);
        }
    }
}

fn difference(
    before: &BTreeMap<String, Vec<Role>>,
    after: &BTreeMap<String, Vec<Role>>,
) -> Changes {
    let mut changes = Changes::new();
    for (id, from) in before {
        let to = &after[id];
        if from != to {
            *changes.entry((from.clone(), to.clone())).or_default() += 1;
        }
    }
    changes
}

/// Whether people sign in with a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claims {
    None,
    AtRandom,
}

/// Makes one random change: a membership, a mapping, a deactivation, a manual role or a sign-in.
async fn random_change(
    tenant: &Tenant,
    people: &[String],
    teams: &[String],
    claims: Claims,
    random: &mut StdRng,
) {
    let who = random.random_range(0..people.len());
    let team = &teams[random.random_range(0..teams.len())];
    let role = ROLES[random.random_range(0..ROLES.len())];
    match random.random_range(0..100) {
        0..30 => {
            let add = json!({"op": "add", "path": "members", "value": [{"value": people[who]}]});
            patch(tenant, &GROUPS, team, add).await;
        }
        30..45 => {
            let path = format!("members[value eq \"{}\"]", people[who]);
            patch(tenant, &GROUPS, team, json!({"op": "remove", "path": path})).await;
        }
        45..60 => {
            let other = ROLES[random.random_range(0..ROLES.len())];
            let roles = role.into_iter().chain(other);
            tenant.roles().map_group(team, roles).await.unwrap();
        }
        60..65 => {
            let off = json!({"op": "replace", "path": "active", "value": false});
            patch(tenant, &USERS, &people[who], off).await;
        }
        65..70 => {
            let on = json!({"op": "replace", "path": "active", "value": true});
            patch(tenant, &USERS, &people[who], on).await;
        }
        70..76 => {
            let given = tenant
                .roles()
                .give_role(&people[who], role, Role::Owner)
                .await;
            given.unwrap();
        }
        _ => {
            let on = json!({"op": "replace", "path": "active", "value": true});
            patch(tenant, &USERS, &people[who], on).await;
            let claim = format!("t{}", random.random_range(0..TEAMS));
            let named = [claim.as_str()];
            let claims = claims == Claims::AtRandom && random.random_bool(0.5);
            sign_in(tenant, &format!("p{who}"), claims.then_some(&named[..])).await;
        }
    }
}

/// Signs in every active or invited member of a group, without a claim.
async fn sign_in_members(tenant: &Tenant, group: &str) {
    let may = [PersonState::Active, PersonState::Invited];
    let members = Insight::of(tenant)
        .group_people(group, &may, None, PEOPLE)
        .await;
    for member in members.unwrap().0 {
        sign_in(tenant, &member.user_name, None).await;
    }
}

fn pick<T: Copy>(random: &mut StdRng, all: &[T]) -> T {
    all[random.random_range(0..all.len())]
}

async fn assert_previews_are_correct(seed: u64, claims: Claims) {
    let table = TestTable::start().await;
    let tenant = table.tenant("preview").await;
    let mut random = StdRng::seed_from_u64(seed);
    let (mut people, mut teams) = (Vec::new(), Vec::new());
    for n in 0..PEOPLE {
        people.push(person(&tenant, &format!("p{n}")).await);
    }
    for n in 0..TEAMS {
        teams.push(group(&tenant, &format!("t{n}"), &people[n..n + 3]).await);
    }
    for round in 0..12 {
        use RouteBy::{Claim, ClaimThenMembership, Membership};
        let settings = Settings {
            route_by: pick(&mut random, &[Claim, Membership, ClaimThenMembership]),
            role_sync: pick(&mut random, &[RoleSync::Immediate, RoleSync::AtLogin]),
            manual_roles: pick(
                &mut random,
                &[ManualRoles::Preserved, ManualRoles::OverwrittenAtLogin],
            ),
            sso_default_role: pick(&mut random, &ROLES).map(RoleId::from),
            rate_limit: None,
            ..Settings::default()
        };
        apply_settings(&tenant, &settings).await;
        for _ in 0..random.random_range(2..12) {
            random_change(&tenant, &people, &teams, claims, &mut random).await;
        }
        let team = pick(&mut random, &[0, 1, 2, 3]);
        let wanted = [pick(&mut random, &ROLES), pick(&mut random, &ROLES)];
        let (team, wanted) = (&teams[team], wanted.into_iter().flatten());
        let before = roles(&tenant).await;
        let present = Insight::of(&tenant).group(team).await.unwrap().roles;
        let present = present.iter().map(|id| Catalogue::default().role(id));
        let present = present.flatten().collect::<Vec<_>>();
        let (nothing, _) = preview_all(&tenant, team, present).await;
        assert!(nothing.at_once.is_empty() && nothing.at_sign_in.is_empty());
        let (prediction, calls) = preview_all(&tenant, team, wanted.clone()).await;
        tenant.roles().map_group(team, wanted).await.unwrap();
        let saved = roles(&tenant).await;
        let context = format!("seed {seed}, round {round}, {settings:?}");
        assert_eq!(prediction.at_once, difference(&before, &saved), "{context}");
        let at_login = settings.role_sync == RoleSync::AtLogin;
        assert!(calls.iter().all(|call| call.at_next_sign_in == at_login));
        let last = calls.last().unwrap();
        assert_eq!(
            last.looked_at, last.of,
            "a preview must cover each person once"
        );
        // A preview cannot predict the claims of future sign-ins.
        if claims == Claims::None {
            sign_in_members(&tenant, team).await;
            let came = difference(&saved, &roles(&tenant).await);
            let mut all = prediction.at_sign_in;
            for (roles, people) in prediction.anyway {
                *all.entry(roles).or_default() += people;
            }
            assert_eq!(all, came, "{context}");
        }
    }
}

#[test]
fn predicted_changes_are_the_actual_changes() {
    run(async |_| {
        for seed in 0..size(2, 8) as u64 {
            assert_previews_are_correct(seed, Claims::AtRandom).await;
            assert_previews_are_correct(seed, Claims::None).await;
        }
    });
}

/// The history of Ann, who is a member of `team`, before the mapping changes.
struct Before {
    settings: Settings,
    /// The role of `team` when she signed in or got a manual role.
    mapped: Option<Role>,
    by_hand: Option<Role>,
    /// The claims of her sign-ins.
    sign_ins: &'static [Option<&'static [&'static str]>],
    /// The role of `team` afterwards.
    then: Option<Role>,
}

#[test]
fn ann_gets_the_predicted_role() {
    let at_login = Settings {
        role_sync: RoleSync::AtLogin,
        rate_limit: None,
        ..Settings::default()
    };
    let overwritten = Settings {
        manual_roles: ManualRoles::OverwrittenAtLogin,
        role_sync: RoleSync::Immediate,
        ..at_login.clone()
    };
    let by_claim = Settings {
        route_by: RouteBy::Claim,
        ..at_login.clone()
    };
    let ann = |settings: &Settings| Before {
        settings: settings.clone(),
        mapped: None,
        by_hand: None,
        sign_ins: &[None],
        then: None,
    };
    let cases = [
        // Her role before the mapping, immediately after it, and after another sign-in.
        (
            "at login: a mapping is added",
            ann(&at_login),
            Some(Role::Admin),
            [Some(Role::Member), Some(Role::Member), Some(Role::Admin)],
        ),
        (
            "at login: a mapping is removed that never took effect",
            Before {
                then: Some(Role::Admin),
                ..ann(&at_login)
            },
            None,
            [Some(Role::Member), Some(Role::Member), Some(Role::Member)],
        ),
        (
            "at login: a mapping is removed that took effect",
            Before {
                mapped: Some(Role::Admin),
                then: Some(Role::Admin),
                ..ann(&at_login)
            },
            None,
            [Some(Role::Admin), Some(Role::Admin), None],
        ),
        (
            "at login: she never signed in",
            Before {
                sign_ins: &[],
                ..ann(&at_login)
            },
            Some(Role::Viewer),
            [None, None, Some(Role::Viewer)],
        ),
        (
            "at login: a claim named the group",
            Before {
                mapped: Some(Role::Viewer),
                then: Some(Role::Viewer),
                sign_ins: &[Some(&["team"])],
                ..ann(&by_claim)
            },
            Some(Role::Admin),
            [Some(Role::Viewer), Some(Role::Viewer), Some(Role::Admin)],
        ),
        (
            "at login: no claim named the group",
            Before {
                mapped: Some(Role::Viewer),
                then: Some(Role::Viewer),
                ..ann(&by_claim)
            },
            Some(Role::Admin),
            [Some(Role::Member), Some(Role::Member), Some(Role::Member)],
        ),
        (
            "a manual role is overwritten",
            Before {
                by_hand: Some(Role::Admin),
                ..ann(&overwritten)
            },
            Some(Role::Viewer),
            [Some(Role::Admin), Some(Role::Admin), Some(Role::Viewer)],
        ),
        (
            "at login: a manual role is overwritten",
            Before {
                by_hand: Some(Role::Admin),
                settings: Settings {
                    role_sync: RoleSync::AtLogin,
                    ..overwritten.clone()
                },
                ..ann(&overwritten)
            },
            Some(Role::Viewer),
            [Some(Role::Admin), Some(Role::Admin), Some(Role::Viewer)],
        ),
        (
            "a manual owner role is not overwritten",
            Before {
                by_hand: Some(Role::Owner),
                ..ann(&overwritten)
            },
            Some(Role::Viewer),
            [Some(Role::Owner); 3],
        ),
    ];
    run(async |_| {
        for (what, before, role, expected) in cases {
            let table = TestTable::start().await;
            let tenant = table.tenant("ann").await;
            apply_settings(&tenant, &before.settings).await;
            let ann = person(&tenant, "ann").await;
            let team = group(&tenant, "team", std::slice::from_ref(&ann)).await;
            tenant
                .roles()
                .map_group(&team, before.mapped)
                .await
                .unwrap();
            for claim in before.sign_ins {
                sign_in(&tenant, "ann", *claim).await;
            }
            let given = tenant
                .roles()
                .give_role(&ann, before.by_hand, Role::Owner)
                .await;
            given.unwrap();
            tenant.roles().map_group(&team, before.then).await.unwrap();

            let [has, at_once, then] = expected;
            let role_of_ann = async || roles(&tenant).await[&ann].first().copied();
            assert_eq!(role_of_ann().await, has, "{what}");
            let (prediction, calls) = preview_all(&tenant, &team, role).await;
            let change = |from, to| match from == to {
                true => BTreeMap::new(),
                false => BTreeMap::from([((from, to), 1)]),
            };
            assert_eq!(
                of_highest(&prediction.at_once),
                change(has, at_once),
                "{what}"
            );
            assert_eq!(
                of_highest(&prediction.at_sign_in),
                change(at_once, then),
                "{what}"
            );
            assert_eq!(prediction.anyway, Changes::new(), "{what}");
            let at_login = before.settings.role_sync == RoleSync::AtLogin;
            assert_eq!(calls[0].at_next_sign_in, at_login, "{what}");
            tenant.roles().map_group(&team, role).await.unwrap();
            assert_eq!(role_of_ann().await, at_once, "{what}");
            let again = before.sign_ins.last().copied().flatten();
            assert_eq!(sign_in(&tenant, "ann", again).await.role, then, "{what}");
        }
    });
}

#[test]
fn changes_that_happen_anyway_are_reported_separately() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("anyway").await;
        let at_login = Settings {
            role_sync: RoleSync::AtLogin,
            rate_limit: None,
            ..Settings::default()
        };
        apply_settings(&tenant, &at_login).await;
        let ann = [person(&tenant, "ann").await];
        let (admins, guests) = (
            group(&tenant, "admins", &ann).await,
            group(&tenant, "guests", &ann).await,
        );
        tenant
            .roles()
            .map_group(&admins, Some(Role::Admin))
            .await
            .unwrap();
        let (prediction, _) = preview_all(&tenant, &guests, Some(Role::Admin)).await;
        assert_eq!(
            (prediction.at_once, prediction.at_sign_in),
            Default::default()
        );
        assert_eq!(
            prediction.anyway,
            Changes::from([((vec![], vec![Role::Admin]), 1)])
        );
    });
}

#[test]
fn an_invalid_mapping_cannot_be_previewed() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("refused").await;
        let team = group(&tenant, "team", &[]).await;
        let status = async |group: &str, role: Role| {
            let refused = tenant
                .roles()
                .preview_mapping(group, Some(role), None)
                .await;
            refused.unwrap_err().to_scim().status()
        };
        assert_eq!(status(&team, Role::Owner).await, 400);
        assert_eq!(status("nothing", Role::Admin).await, 404);
        let (prediction, calls) = preview_all(&tenant, &team, Some(Role::Admin)).await;
        assert!(prediction == Prediction::default() && calls.len() == 1 && calls[0].of == 0);
    });
}
