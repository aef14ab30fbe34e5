//! The last 24 hours: what the first page of the console tells of.

use http::Method;
use serde_json::json;

use super::company::Source;
use super::month;
use super::names::Draw;
use super::trouble::Trouble;
use super::world::World;

/// How many people sign in.
const SIGN_INS: i64 = 30;
/// The first of the people whom Entra ID deactivates at once, by number, and how many they are. Its limit is 12.
const TAKEN_AWAY: (usize, usize) = (280, 21);

/// Lets the day pass. The last requests are a few minutes old.
pub(super) async fn pass(world: &mut World<'_>) -> Result<(), Trouble> {
    let mut draw = Draw::new(42);
    month::join(world, 0).await?;
    for nth in 0..8 {
        world.at(0, 120 + 80 * nth);
        let place = world.company.place(Source::Okta, 100 + draw.below(1_200));
        world.look_up(place).await?;
        let path = format!("/Users/{}", world.people[place]);
        let set = json!([{"op": "replace", "value": {"title": draw.of(&["Planner", "Team lead", "Analyst"])}}]);
        world.patch(Source::Okta, &path, set).await?;
    }
    for nth in 0..SIGN_INS {
        world.at(0, 700 + 15 * nth);
        let place = match nth % 3 {
            0 => world.company.place(Source::Entra, 3 * draw.below(90)),
            1 => world.company.place(Source::Okta, 7 * draw.below(200)),
            _ => world.company.place(Source::Okta, 19 * draw.below(70)),
        };
        world.sign_in(place).await?;
    }
    world.at(0, 1_180);
    world.sign_in(world.company.place(Source::Okta, 36)).await?;
    world.follow().await?;
    // Somebody has removed an assignment in Entra ID.
    for nth in 0..TAKEN_AWAY.1 {
        world.at(0, 1_200 + i64::try_from(nth).unwrap_or_default());
        let place = world.company.place(Source::Entra, TAKEN_AWAY.0 + nth);
        world.look_up(place).await?;
        world.deactivate(place).await?;
    }
    world.follow().await?;
    // The token that the lab still has is revoked.
    world.at(0, 1_260);
    let gone = "/Users/0190b6d2-7c1e-7a52-9d0e-5b1f6a2c3d4e";
    let off = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": false}]});
    for minutes in [1_270, 1_330] {
        world.at(0, minutes);
        world
            .ask(Source::Contractors, Method::PATCH, gone, Some(&off))
            .await?;
    }
    world.at(0, 1_400);
    world.owner().await?;
    month::support(
        world,
        "sam@example.com",
        "Case 5120: a role is not as expected",
        8 * 3_600,
    )
    .await?;
    for minutes in [1_428, 1_436] {
        world.at(0, minutes);
        world
            .look_up(world.company.place(Source::Okta, 1_500))
            .await?;
        world
            .look_up(world.company.place(Source::Entra, 12))
            .await?;
    }
    world.at(0, 1_439);
    world.check().await
}
