//! The first two days of the company: the tenant, its connections and the first sync.

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::company::Source;
use super::tenants::TENANTS;
use super::trouble::Trouble;
use super::world::{World, facts};
use super::{brand, month};

/// The day on which each connection is made, in days ago, and the minute of that day.
const BEGINS: [(Source, i64, i64); 4] = [
    (Source::Okta, 29, 60),
    (Source::Entra, 29, 420),
    (Source::Lisbon, 28, 300),
    (Source::Contractors, 28, 500),
];
/// How many people an identity provider pushes before the time moves on by four minutes.
const AT_ONCE: usize = 200;
/// The roles that groups give, decided before the groups are there.
const MAPPED: [(&str, &str); 8] = [
    ("app-plumbline-admins", "admin"),
    ("app-plumbline-editors", "member"),
    ("app-plumbline-viewers", "viewer"),
    ("SG-Plumbline-Admin", "admin"),
    ("SG-Plumbline-Member", "member"),
    ("Lisboa: Investigação", "member"),
    ("Contractors", "viewer"),
    ("IT", "admin"),
];

/// Makes the tenant and lets its identity providers push everybody.
pub(super) async fn found(world: &mut World<'_>) -> Result<(), Trouble> {
    world.at(29, 1);
    world
        .stack(Method::PUT, "/branding", &brand::of_stack())
        .await?;
    let settings = json!({
        "sso_default_role": null, "sign_up": "pushed_only", "rate_limit": null, "retention_days": 90,
        "return_origins": ["https://app.example.com"], "contacts": ["it-operations@example.com"],
    });
    let tenant = json!({"display_name": TENANTS[0].1, "settings": settings,
        "ceilings": {"read_units_per_minute": i32::MAX}});
    world.application(Method::PUT, "", tenant).await?;
    // The log is indexed from its first request.
    world.handle()?.request_log().note_indexed().await?;
    for (group, role) in MAPPED {
        let path = format!("/groups/role-mapping?name={}", super::world::encoded(group));
        let body = json!({"role_ids": [role]});
        world.application(Method::PUT, &path, body).await?;
    }
    world.follow().await?;
    for (source, day, minute) in BEGINS {
        world.at(day, minute);
        connect(world, source).await?;
        people(world, source, day, minute + 30).await?;
        groups(world, source, day, minute + 90).await?;
        world.catch_up().await?;
    }
    world.at(28, 700);
    owner(world).await?;
    world.settle(&TENANTS[..1]).await?;
    Ok(())
}

async fn connect(world: &mut World<'_>, source: Source) -> Result<(), Trouble> {
    let facts = facts(source);
    let mut connection = json!({"name": facts.name, "provider": facts.provider});
    let mut token = json!({"label": "Production"});
    let end = |days: i64| json!(world.now + SignedDuration::from_hours(24 * days + 5));
    match source {
        Source::Okta => token["expires_at"] = end(180),
        Source::Entra => {
            connection["brake"] = json!("hold");
            connection["brake_limit"] = json!({"percent": 0, "at_least": 12});
            token["expires_at"] = end(9);
        }
        Source::Lisbon => token["expires_at"] = end(300),
        Source::Contractors => {}
    }
    world.connect(facts.id, connection, token).await
}

/// Pushes everybody who is there from the beginning.
async fn people(
    world: &mut World<'_>,
    source: Source,
    day: i64,
    minute: i64,
) -> Result<(), Trouble> {
    let later = month::hires();
    let first: Vec<usize> = (0..world.company.people.len())
        .filter(|place| world.company.people[*place].source == source)
        .filter(|place| {
            !later.contains(&world.company.people[*place].number) || source != Source::Okta
        })
        .collect();
    let mut minute = minute;
    // The first thing that an identity provider does is to see whether somebody is there.
    world.at(day, minute - 1);
    world
        .ask(source, Method::GET, "/Users?startIndex=1&count=1", None)
        .await?;
    for some in first.chunks(AT_ONCE) {
        world.at(day, minute);
        world.hire_all(source, some)?;
        minute += 4;
    }
    Ok(())
}

async fn groups(
    world: &mut World<'_>,
    source: Source,
    day: i64,
    minute: i64,
) -> Result<(), Trouble> {
    world.at(day, minute);
    let teams = world.company.teams.clone();
    for (place, team) in teams.iter().enumerate() {
        if team.source != source {
            continue;
        }
        let members = team.members.iter().map(|member| &world.people[*member]);
        let members = members.filter(|id| !id.is_empty());
        let members: Vec<Value> = members.map(|id| json!({"value": id})).collect();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": team.name,
            "externalId": format!("g-{}-{place:03}", facts(source).id),
            "members": members,
        });
        let pushed = world.push(source, Method::POST, "/Groups", &body).await?;
        world.groups[place] = super::world::text(&pushed, "/id");
    }
    Ok(())
}

/// Gives the tenant its first owner, who signs in.
async fn owner(world: &mut World<'_>) -> Result<(), Trouble> {
    let path = format!("/users/{}/role", world.people[0]);
    let body = json!({"role_id": "owner"});
    world.application(Method::PUT, &path, body).await?;
    world.owner().await?;

    world.follow().await
}
