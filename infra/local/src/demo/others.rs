//! The tenants that have only begun: one observes what its identity provider sends, the other one has no connection.

use http::Method;
use serde_json::{Value, json};

use super::brand;
use super::names::Names;
use super::tenants::TENANTS;
use super::trouble::Trouble;
use super::world::{World, text};

/// How many people the observed connection has sent.
const OBSERVED: usize = 24;

/// Makes the tenant whose only connection observes.
pub(super) async fn observe(world: &mut World<'_>) -> Result<(), Trouble> {
    let [_, observing, _] = TENANTS;
    begin(world, observing).await?;
    push(world).await
}

/// Makes the tenant without a connection. It comes last, so it shows that everything is there.
pub(super) async fn end(world: &mut World<'_>) -> Result<(), Trouble> {
    let [_, _, empty] = TENANTS;
    begin(world, empty).await
}

async fn begin(world: &mut World<'_>, (id, name): (&'static str, &str)) -> Result<(), Trouble> {
    world.turn_to(id);
    world.at(0, 300);
    let tenant = json!({"display_name": name, "settings": {"rate_limit": null}});
    world.application(Method::PUT, "", tenant).await?;
    world.note_indexed(0, 300).await?;
    world.at(0, 301);
    world.follow().await
}

async fn push(world: &mut World<'_>) -> Result<(), Trouble> {
    world
        .application(Method::PUT, "/branding", brand::of_reseller())
        .await?;
    let connection = json!({"name": "OneLogin", "provider": "onelogin", "observing": true});
    world
        .application(Method::PUT, "/connections/onelogin", connection)
        .await?;
    let path = "/groups/role-mapping?name=Curators";
    let body = json!({"role_ids": ["member"]});
    world.application(Method::PUT, path, body).await?;
    let path = "/connections/onelogin/tokens";
    let body = json!({"label": "Trial"});
    let made = world.application(Method::POST, path, body).await?;
    let token = text(&made, "/token");
    world.at(0, 320);
    let mut members: Vec<Value> = Vec::new();
    for (nth, name) in Names::new(77).take(OBSERVED).enumerate() {
        let address = format!("{}@museum.example.org", name.mailbox);
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": address, "active": nth % 9 != 8,
            "displayName": name.shown, "externalId": format!("{}", 90_210 + nth),
        });
        let pushed = world.send_as(&token, "/Users", &body).await?;
        if nth % 2 == 0 {
            members.push(json!({"value": text(&pushed, "/id")}));
        }
    }
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Curators", "members": members,
    });
    world.send_as(&token, "/Groups", &body).await?;
    world.follow().await
}
