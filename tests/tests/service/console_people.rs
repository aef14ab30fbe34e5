//! The search for people in the console.

use rollcall_directory::Role;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use rollcall_tests::visitor::Visitor;
use serde_json::json;

/// The full search covers the attribute values, but not the attribute names or the stored format.
#[test]
fn the_full_search_finds_people_by_any_value() {
    run(async |service| {
        let tenant = service.tenant("looked-through").await;
        let ada = json!({"schemas": [urn::USER], "userName": "ada", "active": true, "title": "O\"Brien \\ Co",
            "name": {"familyName": "Mu\u{308}ller"}, "addresses": [{"type": "work", "locality": "ZÜRICH"}]});
        tenant.idp().post("/Users", ada).await.expect(201);
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        for (text, found) in [
            ("brien", true),
            ("O%22Brien", true),
            ("%5C", true),
            ("M%C3%BCLLER", true),
            ("z%C3%BCrich", true),
            ("ada", true),
            ("true", false),
            ("familyName", false),
            ("urn:ietf", false),
        ] {
            let path = format!("/console/people?text={text}&everywhere=yes");
            let page = visitor.get(&path).await.expect(200).html;
            assert_eq!(page.contains("data-person="), found, "{text}: {page}");
        }
    });
}
