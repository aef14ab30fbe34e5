//! What a mapping would change is told before it is made, and is what it changes then.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rollcall_directory::{
    GROUPS, PeopleQuery, Preview, Role, RoleSync, RouteBy, Settings, Tenant, USERS,
};
use rollcall_tests::seed::{group, patch, person, sign_in};
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

/// Everybody's role, by their id.
async fn roles(tenant: &Tenant) -> BTreeMap<String, Option<Role>> {
    let query = PeopleQuery {
        limit: 1_000,
        ..PeopleQuery::default()
    };
    let people = tenant.people(&query).await.unwrap().0;
    people
        .into_iter()
        .map(|person| (person.id, person.role))
        .collect()
}

/// Looks at everybody, call by call.
async fn previewed(tenant: &Tenant, group: &str, role: Option<Role>) -> (Changes, Vec<Preview>) {
    let (mut changes, mut calls) = (Changes::new(), Vec::new());
    let mut after: Option<String> = None;
    loop {
        let preview = tenant.preview_mapping(group, role, after.as_deref()).await;
        let preview = preview.unwrap();
        for change in &preview.changes {
            *changes.entry((change.from, change.to)).or_default() += change.people;
        }
        after = preview.next.clone();
        calls.push(preview);
        if after.is_none() {
            return (changes, calls);
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

/// Makes memberships, claims, deactivations and roles by hand, at random.
async fn stir(tenant: &Tenant, people: &[String], teams: &[String], random: &mut StdRng) {
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
        45..60 => tenant.map_group(team, role).await.unwrap(),
        60..65 => {
            let off = json!({"op": "replace", "path": "active", "value": false});
            patch(tenant, &USERS, &people[who], off).await;
        }
        65..70 => {
            let on = json!({"op": "replace", "path": "active", "value": true});
            patch(tenant, &USERS, &people[who], on).await;
        }
        70..76 => {
            let given = tenant.give_role(&people[who], role, Role::Owner).await;
            given.unwrap();
        }
        _ => {
            let on = json!({"op": "replace", "path": "active", "value": true});
            patch(tenant, &USERS, &people[who], on).await;
            let claim = format!("t{}", random.random_range(0..TEAMS));
            let claims = [claim.as_str()];
            let claimed = random.random_bool(0.5).then_some(&claims[..]);
            sign_in(tenant, &format!("p{who}"), claimed).await;
        }
    }
}

async fn agree(seed: u64) {
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
        let route_by = [
            RouteBy::Claim,
            RouteBy::Membership,
            RouteBy::ClaimThenMembership,
        ][random.random_range(0..3)];
        let settings = Settings {
            route_by,
            rate_limit: None,
            ..Settings::default()
        };
        let changed = tenant.change_settings(|_| Ok(settings.clone())).await;
        changed.unwrap();
        for _ in 0..random.random_range(2..12) {
            stir(&tenant, &people, &teams, &mut random).await;
        }
        let team = &teams[random.random_range(0..TEAMS)];
        let role = ROLES[random.random_range(0..ROLES.len())];
        let before = roles(&tenant).await;
        let (told, calls) = previewed(&tenant, team, role).await;
        tenant.map_group(team, role).await.unwrap();
        let came = difference(&before, &roles(&tenant).await);
        assert_eq!(told, came, "seed {seed}, round {round}, {route_by:?}");
        assert!(calls.iter().all(|call| !call.at_next_sign_in));
        let last = calls.last().unwrap();
        assert_eq!(last.looked_at, last.of, "nobody is looked at twice");
    }
}

#[test]
fn what_is_told_is_what_comes() {
    run(async |_| {
        for seed in 0..6 {
            agree(seed).await;
        }
    });
}

#[test]
fn what_comes_at_the_next_sign_in_is_told_to_come_then() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("at-login").await;
        let settings = Settings {
            role_sync: RoleSync::AtLogin,
            ..Settings::default()
        };
        let changed = tenant.change_settings(|_| Ok(settings.clone())).await;
        changed.unwrap();
        let ann = person(&tenant, "ann").await;
        let team = group(&tenant, "team", std::slice::from_ref(&ann)).await;
        sign_in(&tenant, "ann", None).await;
        let (changes, calls) = previewed(&tenant, &team, Some(Role::Admin)).await;
        let gains = (Some(Role::Member), Some(Role::Admin));
        assert_eq!(changes, Changes::from([(gains, 1)]));
        assert!(calls[0].at_next_sign_in);
        tenant.map_group(&team, Some(Role::Admin)).await.unwrap();
        assert_eq!(roles(&tenant).await[&ann], Some(Role::Member), "not yet");
        assert_eq!(sign_in(&tenant, "ann", None).await.role, Some(Role::Admin));
    });
}

#[test]
fn what_cannot_be_mapped_cannot_be_previewed() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("refused").await;
        let team = group(&tenant, "team", &[]).await;
        let status = async |group: &str, role: Role| {
            let refused = tenant.preview_mapping(group, Some(role), None).await;
            refused.unwrap_err().to_scim().status()
        };
        assert_eq!(status(&team, Role::Owner).await, 400);
        assert_eq!(status("nothing", Role::Admin).await, 404);
        let (changes, calls) = previewed(&tenant, &team, Some(Role::Admin)).await;
        assert!(changes.is_empty() && calls.len() == 1 && calls[0].of == 0);
    });
}
