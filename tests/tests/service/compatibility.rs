//! What earlier versions of the code have stored is read, listed, found and changed like anything else, and is in today's
//! form from its next change on.

use rollcall_tests::audit::{World, audit};
use rollcall_tests::previous::Previous;
use rollcall_tests::service::run;
use serde_json::json;

/// From before forms had numbers: four people, two groups, a mapping, sign-ins; one of the people deactivated.
const UNNUMBERED: &str = include_str!("../../previous/0.json");

#[test]
fn a_tenant_from_before_forms_had_numbers() {
    run(async |service| {
        let previous = Previous::parse(UNNUMBERED);
        let idp = previous.restore(service).await;
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

        // what is updated in place leaves the form alone
        let add = json!([{"op": "add", "path": "members", "value": [{"value": edsger}]}]);
        idp.patch(&format!("/Groups/{group}"), add)
            .await
            .expect(204);
        assert_eq!(previous.form(service, "U", &edsger).await, None);
        assert!(idp.members(group).await.contains(&edsger));

        let rename = json!([{"op": "replace", "path": "displayName", "value": "Countess"}]);
        idp.patch(&format!("/Users/{ada}"), rename.clone())
            .await
            .expect(200);
        idp.patch(&format!("/Groups/{group}"), rename)
            .await
            .expect(204);
        for (kind, id) in [("U", &ada), ("G", group)] {
            assert_eq!(previous.form(service, kind, id).await.as_deref(), Some("1"));
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
            previous.form(service, "U", &newcomer).await.as_deref(),
            Some("1")
        );
        audit(&idp).await;
    });
}
