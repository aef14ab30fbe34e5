//! The days from the first sync until yesterday: who joins, moves and leaves, who signs in, what fails, and what admins do.

use std::ops::Range;

use http::Method;
use serde_json::{Value, json};

use super::company::Source;
use super::names::Draw;
use super::trouble::Trouble;
use super::world::{DELETED, World, encoded};

/// The days in which something happens: days ago.
const DAYS: Range<i64> = 1..28;
/// How many people join on a day.
const HIRES: usize = 2;
/// The first of the people of Okta who join in the month, by number. Those who are deleted come after them.
const FIRST_HIRE: usize = 1_560 - HIRES * 28;
/// Who is deactivated on which day, by identity provider and number.
const DEPARTURES: [(i64, Source, usize); 21] = [
    (26, Source::Okta, 31),
    (25, Source::Okta, 402),
    (24, Source::Entra, 17),
    (22, Source::Okta, 777),
    (21, Source::Okta, 1_204),
    (20, Source::Entra, 66),
    (19, Source::Okta, 95),
    (18, Source::Okta, 613),
    (16, Source::Okta, 288),
    (15, Source::Entra, 141),
    (14, Source::Okta, 1_001),
    (13, Source::Okta, 54),
    (11, Source::Okta, 349),
    (10, Source::Entra, 208),
    (9, Source::Okta, 860),
    (8, Source::Okta, 1_313),
    (6, Source::Okta, 127),
    (5, Source::Entra, 250),
    (4, Source::Okta, 940),
    (2, Source::Okta, 471),
    (1, Source::Okta, 36),
];

/// Returns the numbers of the people of Okta who join in the month.
pub(super) fn hires() -> Range<usize> {
    FIRST_HIRE..1_560
}

/// Lets the days pass.
pub(super) async fn pass(world: &mut World<'_>) -> Result<(), Trouble> {
    let mut draw = Draw::new(31);
    for day in DAYS.rev() {
        join(world, day).await?;
        change(world, day, &mut draw).await?;
        sign_in(world, day, &mut draw).await?;
        leave(world, day).await?;
        fail(world, day).await?;
        decide(world, day).await?;
        world.follow().await?;
        // The hourly pass would see the same findings.
        if day % 3 == 0 || day < 3 {
            world.at(day, 1_435);
            world.check().await?;
        }
    }
    Ok(())
}

/// Two people join: they are looked up, pushed, and added to the group of everybody.
pub(super) async fn join(world: &mut World<'_>, day: i64) -> Result<(), Trouble> {
    let first = usize::try_from(27 - day).unwrap_or_default() * HIRES + FIRST_HIRE;
    for (nth, number) in (first..first + HIRES).enumerate() {
        let minutes = 70 + 40 * i64::try_from(nth).unwrap_or_default();
        world.at(day, minutes);
        let place = world.company.place(Source::Okta, number);
        world.look_up(place).await?;
        world.hire(place).await?;
        for team in ["Everyone at Larkfield", "Remote"] {
            let path = format!("/Groups/{}", world.group(team));
            let members = json!([{"value": world.people[place]}]);
            let add = json!([{"op": "add", "path": "members", "value": members}]);
            world.patch(Source::Okta, &path, add).await?;
        }
    }
    Ok(())
}

/// Titles, departments and a name change, and somebody moves to another group.
async fn change(world: &World<'_>, day: i64, draw: &mut Draw) -> Result<(), Trouble> {
    for minutes in [160, 400] {
        world.at(day, minutes);
        let place = world.company.place(Source::Okta, 100 + draw.below(900));
        let title = draw.of(&["Team lead", "Principal engineer", "Planner", "Director"]);
        let path = format!("/Users/{}", world.people[place]);
        let set = json!([{"op": "replace", "value": {"title": title}}]);
        world.look_up(place).await?;
        world.patch(Source::Okta, &path, set).await?;
    }
    world.at(day, 520);
    let place = world.company.place(Source::Entra, 20 + draw.below(300));
    let path = format!("/Users/{}", world.people[place]);
    let set = json!([{
        "op": "Replace",
        "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
        "value": draw.of(&["Optics", "Quality", "Finance", "Sales"]),
    }]);
    world.look_up(place).await?;
    world.patch(Source::Entra, &path, set).await?;
    world.at(day, 610);
    let team = draw.of(&[
        "On call",
        "Project Halcyon",
        "First aiders",
        "app-plumbline-editors",
    ]);
    let place = world.company.place(Source::Okta, 100 + draw.below(1_300));
    let path = format!("/Groups/{}", world.group(team));
    let op = if day % 3 == 0 { "remove" } else { "add" };
    let member = json!([{"value": world.people[place]}]);
    let set = json!([{"op": op, "path": "members", "value": member}]);
    world.patch(Source::Okta, &path, set).await
}

/// Some people sign in, and one who may not tries.
async fn sign_in(world: &World<'_>, day: i64, draw: &mut Draw) -> Result<(), Trouble> {
    for nth in 0..6 {
        world.at(day, 640 + 25 * nth);
        let place = match nth {
            // Those of `app-plumbline-editors` and of Entra ID use it daily.
            0..4 => world.company.place(Source::Okta, 19 * draw.below(80)),
            _ => world.company.place(Source::Entra, 3 * draw.below(110)),
        };
        world.sign_in(place).await?;
    }
    if day % 4 == 0 {
        world.at(day, 810);
        let left = DEPARTURES.iter().rev().find(|(on, ..)| *on > day);
        if let Some((_, source, number)) = left {
            world.sign_in(world.company.place(*source, *number)).await?;
        }
    }
    if day % 6 == 1 {
        world.at(day, 820);
        let login =
            json!({"user_name": "visitor@partners.example.com", "connection": "contractors"});
        world.sign_in_with(login).await?;
    }
    Ok(())
}

/// Somebody leaves; now and then somebody is deleted.
async fn leave(world: &World<'_>, day: i64) -> Result<(), Trouble> {
    for (_, source, number) in DEPARTURES.iter().filter(|(on, ..)| *on == day) {
        let place = world.company.place(*source, *number);
        // Whoever is signed in has a session that ends.
        world.at(day, 850);
        world.sign_in(place).await?;
        world.at(day, 905);
        world.deactivate(place).await?;
    }
    let nth = usize::try_from(day).unwrap_or_default();
    if nth % 4 == 3 && nth / 4 < DELETED {
        for (source, first) in [(Source::Okta, 1_560), (Source::Entra, 340)] {
            let place = world.company.place(source, first + nth / 4);
            world.at(day, 915);
            world.deactivate(place).await?;
            world.at(day, 940);
            world.delete(place).await?;
        }
    }
    Ok(())
}

/// What goes wrong.
async fn fail(world: &World<'_>, day: i64) -> Result<(), Trouble> {
    world.at(day, 960);
    // Entra ID reads with a filter in single quotes, and now and then with one that is not supported.
    let by_id = "/Users?filter=externalId+eq+'none'";
    world.ask(Source::Entra, Method::GET, by_id, None).await?;
    if day % 5 == 0 {
        let unsupported = "/Users?filter=userName+like+%22a%22";
        world
            .ask(Source::Entra, Method::GET, unsupported, None)
            .await?;
        let taken = world.company.place(Source::Okta, 12);
        let body = world.company.people[taken].body();
        world
            .ask(Source::Okta, Method::POST, "/Users", Some(&body))
            .await?;
    }
    // The contractors' provider still knows somebody whom an admin has deleted.
    if day < 6 {
        let gone = "/Users/0190b6d2-7c1e-7a52-9d0e-5b1f6a2c3d4e";
        let off = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "active", "value": false}]});
        for minutes in [970, 1_030, 1_090] {
            world.at(day, minutes);
            world
                .ask(Source::Contractors, Method::PATCH, gone, Some(&off))
                .await?;
        }
    }
    // The lab sends until ten days ago.
    if day > 9 {
        world.at(day, 1_100);
        world
            .look_up(world.company.place(Source::Lisbon, 3))
            .await?;
    }
    Ok(())
}

/// What admins and the application's backend decide.
async fn decide(world: &mut World<'_>, day: i64) -> Result<(), Trouble> {
    let admin = match day {
        24 | 17 | 12 | 9 | 7 | 5 | 3 | 2 => {
            world.at(day, 1_120);
            world.owner().await?
        }
        _ => String::new(),
    };
    world.at(day, 1_130);
    let user = |place: usize| world.people[place].clone();
    match day {
        24 => {
            world
                .map(&admin, "People managers", json!("member"))
                .await?;
            world.map(&admin, "On call", json!("viewer")).await?;
        }
        20 => {
            support(
                world,
                "sue@example.com",
                "Case 4711: two people are missing",
                3_600,
            )
            .await?
        }
        17 => world.map(&admin, "Remote", json!("viewer")).await?,
        12 => {
            let path = format!(
                "/users/{}/role",
                user(world.company.place(Source::Okta, 38))
            );
            let body = json!({"role_id": "admin"});
            world.admin(&admin, Method::PUT, &path, body).await?;
        }
        9 => world.map(&admin, "Remote", Value::Null).await?,
        7 => {
            let path = format!(
                "/users/{}/block",
                user(world.company.place(Source::Entra, 33))
            );
            world.admin(&admin, Method::POST, &path, json!({})).await?;
        }
        5 => {
            let path = format!(
                "/users/{}/sessions/end",
                user(world.company.place(Source::Okta, 57))
            );
            world.admin(&admin, Method::POST, &path, json!({})).await?;
            let body = json!({"session_idle_minutes": 240});
            world
                .admin(&admin, Method::PATCH, "/settings", body)
                .await?;
        }
        3 => {
            let path = "/scim/connections";
            let body = json!({"name": "PingOne, pilot", "provider": "ping"});
            let made = world.admin(&admin, Method::POST, path, body).await?;
            let path = format!("{path}/{}/tokens", super::world::text(&made, "/id"));
            let body = json!({"label": "Pilot"});
            world.admin(&admin, Method::POST, &path, body).await?;
        }
        2 => snooze(world, &admin).await?,
        _ => {}
    }
    Ok(())
}

/// Lets an operator of the application look at the tenant.
pub(super) async fn support(
    world: &World<'_>,
    operator: &str,
    reason: &str,
    seconds: u32,
) -> Result<(), Trouble> {
    let body =
        json!({"operator": operator, "reason": reason, "role_id": "admin", "expires_in": seconds});
    world
        .application(Method::POST, "/support-access", body)
        .await?;
    Ok(())
}

/// Puts off that the lab in Lisbon is silent.
async fn snooze(world: &World<'_>, admin: &str) -> Result<(), Trouble> {
    let health = world
        .admin(admin, Method::GET, "/health", Value::Null)
        .await?;
    let findings = health["findings"].as_array().cloned().unwrap_or_default();
    let silent = findings
        .iter()
        .find(|one| one["kind"] == "connection_silent");
    let Some(id) = silent.and_then(|one| one["id"].as_str()) else {
        return Ok(());
    };
    let path = format!("/health/findings/{}/snooze", encoded(id));
    let body = json!({"reason": "The lab moves to the northern directory on Friday", "days": 7});
    world.admin(admin, Method::POST, &path, body).await?;
    Ok(())
}
