//! Data that earlier versions stored can be read, listed, found and changed; the next change stores it in the current
//! format.

use rollcall_tests::audit::{World, audit};
use rollcall_tests::compatibility::CompatibilityFixture;
use rollcall_tests::service::run;
use serde_json::json;

/// A tenant that was stored before formats had numbers: four people, one of them deactivated, two groups, a mapping and
/// sign-ins.
const UNNUMBERED: &str = include_str!("../../compatibility/0.json");

#[test]
fn a_tenant_without_format_numbers() {
    run(async |service| {
        let fixture = CompatibilityFixture::parse(UNNUMBERED);
        let idp = fixture.restore(service).await;
        assert_eq!(idp.census().await, (4, 2));
        let world = World::read(&idp).await;
        let id = |of: &str| {
            world
                .users
                .keys()
                .find(|id| world.users[*id]["userName"] == of)
                .cloned()
                .unwrap_or_default()
        };
        let (ada, edsger) = (id("ada"), id("edsger"));
        assert_eq!(world.users[&edsger]["active"], false);
        let (group, _) = world
            .groups
            .iter()
            .find(|(_, group)| group["displayName"] == "Engineers")
            .expect("the group");
        for filter in [
            "userName eq \"ADA\"",
            "externalId eq \"x-ada\"",
            "emails.value eq \"ada@example.test\"",
            "displayName eq \"Ada\"",
        ] {
            let found = idp.filter("/Users", filter).await.expect(200);
            assert_eq!(found.string("/Resources/0/id"), ada, "{filter}");
        }
        audit(&idp).await;

        // An update in place does not change the format.
        let add = json!([{"op": "add", "path": "members", "value": [{"value": edsger}]}]);
        idp.patch(&format!("/Groups/{group}"), add)
            .await
            .expect(204);
        assert_eq!(fixture.stored_format(service, "U", &edsger).await, None);
        assert!(idp.members(group).await.contains(&edsger));

        let rename = json!([{"op": "replace", "path": "displayName", "value": "Countess"}]);
        idp.patch(&format!("/Users/{ada}"), rename.clone())
            .await
            .expect(200);
        idp.patch(&format!("/Groups/{group}"), rename)
            .await
            .expect(204);
        for (kind, id) in [("U", &ada), ("G", group)] {
            assert_eq!(
                fixture.stored_format(service, kind, id).await.as_deref(),
                Some("1")
            );
        }
        assert_eq!(
            idp.filter("/Users", "displayName eq \"Countess\"")
                .await
                .expect(200)
                .total(),
            1
        );
        assert_eq!(
            idp.filter("/Users", "displayName eq \"Ada\"")
                .await
                .expect(200)
                .total(),
            0
        );
        idp.delete(&format!("/Users/{edsger}")).await.expect(204);
        let newcomer = idp.user("edsger").await;
        assert_eq!(
            fixture
                .stored_format(service, "U", &newcomer)
                .await
                .as_deref(),
            Some("1")
        );
        audit(&idp).await;
    });
}
