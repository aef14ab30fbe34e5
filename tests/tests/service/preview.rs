//! What a mapping would change is told before it is made, and is what it changes then.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rollcall_directory::{
    GROUPS, ManualRoles, PersonState, Preview, Role, RoleChange, RoleId, RoleSync, RouteBy,
    Settings, Tenant, USERS,
};
use rollcall_insight::{Insight, PeopleQuery};
use rollcall_tests::seed::{group, patch, person, set_up, sign_in};
use rollcall_tests::service::run;
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

/// How many people change from which role to which.
type Changes = BTreeMap<(Option<Role>, Option<Role>), u64>;

/// What a preview told: the changes at once, and those of the next sign-in.
#[derive(Debug, Default, PartialEq)]
struct Told {
    at_once: Changes,
    at_sign_in: Changes,
    anyway: Changes,
}

fn add(changes: &mut Changes, more: &[RoleChange]) {
    for change in more {
        *changes.entry((change.from, change.to)).or_default() += change.people;
    }
}

/// Everybody's role, by their id.
async fn roles(tenant: &Tenant) -> BTreeMap<String, Option<Role>> {
    let query = PeopleQuery {
        limit: 1_000,
        ..PeopleQuery::default()
    };
    let people = Insight::of(tenant).people(&query).await.unwrap().0;
    people
        .into_iter()
        .map(|person| (person.id, person.role))
        .collect()
}

/// Looks at everybody, call by call.
async fn previewed(tenant: &Tenant, group: &str, role: Option<Role>) -> (Told, Vec<Preview>) {
    let (mut told, mut calls) = (Told::default(), Vec::new());
    let mut after: Option<String> = None;
    loop {
        let preview = tenant
            .roles()
            .preview_mapping(group, role, after.as_deref())
            .await;
        let preview = preview.unwrap();
        add(&mut told.at_once, &preview.changes);
        add(&mut told.at_sign_in, &preview.at_sign_in);
        add(&mut told.anyway, &preview.anyway);
        after = preview.next.clone();
        calls.push(preview);
        if after.is_none() {
            return (told, calls);
        }
    }
}

fn difference(
    before: &BTreeMap<String, Option<Role>>,
    after: &BTreeMap<String, Option<Role>>,
) -> Changes {
    let mut changes = Changes::new();
    for (id, from) in before {
        let to = after[id];
        if *from != to {
            *changes.entry((*from, to)).or_default() += 1;
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

/// Makes memberships, claims, deactivations and roles by hand, at random.
async fn stir(
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
        45..60 => tenant.roles().map_group(team, role).await.unwrap(),
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

/// Signs in, without a claim, every member of a group who may.
async fn sign_in_members(tenant: &Tenant, group: &str) {
    let may = [PersonState::Active, PersonState::Invited];
    let members = Insight::of(tenant)
        .group_people(group, &may, None, PEOPLE)
        .await;
    for member in members.unwrap().0 {
        sign_in(tenant, &member.user_name, None).await;
    }
}

fn any<T: Copy>(random: &mut StdRng, all: &[T]) -> T {
    all[random.random_range(0..all.len())]
}

async fn agree(seed: u64, claims: Claims) {
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
            route_by: any(&mut random, &[Claim, Membership, ClaimThenMembership]),
            role_sync: any(&mut random, &[RoleSync::Immediate, RoleSync::AtLogin]),
            manual_roles: any(
                &mut random,
                &[ManualRoles::Preserved, ManualRoles::OverwrittenAtLogin],
            ),
            sso_default_role: any(&mut random, &ROLES).map(RoleId::from),
            rate_limit: None,
            ..Settings::default()
        };
        set_up(&tenant, &settings).await;
        for _ in 0..random.random_range(2..12) {
            stir(&tenant, &people, &teams, claims, &mut random).await;
        }
        let team = any(&mut random, &[0, 1, 2, 3]);
        let (team, role) = (&teams[team], any(&mut random, &ROLES));
        let before = roles(&tenant).await;
        let present = Insight::of(&tenant).group(team).await.unwrap().role;
        let (nothing, _) = previewed(&tenant, team, present).await;
        assert!(nothing.at_once.is_empty() && nothing.at_sign_in.is_empty());
        let (told, calls) = previewed(&tenant, team, role).await;
        tenant.roles().map_group(team, role).await.unwrap();
        let saved = roles(&tenant).await;
        let context = format!("seed {seed}, round {round}, {settings:?}");
        assert_eq!(told.at_once, difference(&before, &saved), "{context}");
        let at_login = settings.role_sync == RoleSync::AtLogin;
        assert!(calls.iter().all(|call| call.at_next_sign_in == at_login));
        let last = calls.last().unwrap();
        assert_eq!(last.looked_at, last.of, "nobody is looked at twice");
        // What a claim will name cannot be told.
        if claims == Claims::None {
            sign_in_members(&tenant, team).await;
            let came = difference(&saved, &roles(&tenant).await);
            let mut all = told.at_sign_in;
            for (roles, people) in told.anyway {
                *all.entry(roles).or_default() += people;
            }
            assert_eq!(all, came, "{context}");
        }
    }
}

#[test]
fn what_is_told_is_what_comes() {
    run(async |_| {
        for seed in 0..4 {
            agree(seed, Claims::AtRandom).await;
            agree(seed, Claims::None).await;
        }
    });
}

/// What has happened to Ann, who is a member of `team`, before it is mapped anew.
struct Before {
    settings: Settings,
    /// The role of `team` when she signed in, or was given a role.
    mapped: Option<Role>,
    by_hand: Option<Role>,
    /// The claims of her sign-ins.
    sign_ins: &'static [Option<&'static [&'static str]>],
    /// The role of `team` since.
    then: Option<Role>,
}

#[test]
fn ann_gets_what_was_told() {
    use Role::{Admin, Member, Viewer};
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
        // The role she has, the one she has at once, and the one after signing in once more.
        (
            "at login, a mapping is made",
            ann(&at_login),
            Some(Admin),
            [Some(Member), Some(Member), Some(Admin)],
        ),
        (
            "at login, one is taken back that never counted",
            Before {
                then: Some(Admin),
                ..ann(&at_login)
            },
            None,
            [Some(Member), Some(Member), Some(Member)],
        ),
        (
            "at login, one is taken back that counts",
            Before {
                mapped: Some(Admin),
                then: Some(Admin),
                ..ann(&at_login)
            },
            None,
            [Some(Admin), Some(Admin), None],
        ),
        (
            "at login, she never signed in",
            Before {
                sign_ins: &[],
                ..ann(&at_login)
            },
            Some(Viewer),
            [None, None, Some(Viewer)],
        ),
        (
            "at login, by a claim that named the group",
            Before {
                mapped: Some(Viewer),
                then: Some(Viewer),
                sign_ins: &[Some(&["team"])],
                ..ann(&by_claim)
            },
            Some(Admin),
            [Some(Viewer), Some(Viewer), Some(Admin)],
        ),
        (
            "at login, by a claim that named nothing",
            Before {
                mapped: Some(Viewer),
                then: Some(Viewer),
                ..ann(&by_claim)
            },
            Some(Admin),
            [Some(Member), Some(Member), Some(Member)],
        ),
        (
            "what was given by hand is overwritten",
            Before {
                by_hand: Some(Admin),
                ..ann(&overwritten)
            },
            Some(Viewer),
            [Some(Admin), Some(Admin), Some(Viewer)],
        ),
        (
            "what was given by hand is overwritten, at login",
            Before {
                by_hand: Some(Admin),
                settings: Settings {
                    role_sync: RoleSync::AtLogin,
                    ..overwritten.clone()
                },
                ..ann(&overwritten)
            },
            Some(Viewer),
            [Some(Admin), Some(Admin), Some(Viewer)],
        ),
        (
            "an owner is not",
            Before {
                by_hand: Some(Role::Owner),
                ..ann(&overwritten)
            },
            Some(Viewer),
            [Some(Role::Owner); 3],
        ),
    ];
    run(async |_| {
        for (what, before, role, expected) in cases {
            let table = TestTable::start().await;
            let tenant = table.tenant("ann").await;
            set_up(&tenant, &before.settings).await;
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
            assert_eq!(roles(&tenant).await[&ann], has, "{what}");
            let (told, calls) = previewed(&tenant, &team, role).await;
            let change = |from, to| match from == to {
                true => Changes::new(),
                false => Changes::from([((from, to), 1)]),
            };
            let expected = Told {
                at_once: change(has, at_once),
                at_sign_in: change(at_once, then),
                anyway: Changes::new(),
            };
            assert_eq!(told, expected, "{what}");
            let at_login = before.settings.role_sync == RoleSync::AtLogin;
            assert_eq!(calls[0].at_next_sign_in, at_login, "{what}");
            tenant.roles().map_group(&team, role).await.unwrap();
            assert_eq!(roles(&tenant).await[&ann], at_once, "{what}");
            let again = before.sign_ins.last().copied().flatten();
            assert_eq!(sign_in(&tenant, "ann", again).await.role, then, "{what}");
        }
    });
}

#[test]
fn what_comes_anyway_is_no_doing_of_the_mapping() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("anyway").await;
        let at_login = Settings {
            role_sync: RoleSync::AtLogin,
            rate_limit: None,
            ..Settings::default()
        };
        set_up(&tenant, &at_login).await;
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
        let (told, _) = previewed(&tenant, &guests, Some(Role::Viewer)).await;
        assert_eq!((told.at_once, told.at_sign_in), Default::default());
        assert_eq!(told.anyway, Changes::from([((None, Some(Role::Admin)), 1)]));
    });
}

#[test]
fn what_cannot_be_mapped_cannot_be_previewed() {
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
        let (told, calls) = previewed(&tenant, &team, Some(Role::Admin)).await;
        assert!(told == Told::default() && calls.len() == 1 && calls[0].of == 0);
    });
}
