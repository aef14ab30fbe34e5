//! `sortBy` and `sortOrder` (RFC 7644 §3.4.2.3).

use rollcall_tests::idp::Idp;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

async fn people(idp: &Idp) {
    let rows = [
        json!({"userName": "b1", "title": "beta", "externalId": "B",
               "emails": [{"value": "z@x"}, {"value": "a@x", "primary": true}]}),
        json!({"userName": "A2", "title": "Alpha", "externalId": "b", "name": {"familyName": "Zoe"},
               "emails": [{"value": "b@x"}, {"value": "0@x"}]}),
        json!({"userName": "c3", "name": {"familyName": "abel"}, "active": true}),
        json!({"userName": "D4", "title": "gamma", "externalId": "a", "active": false,
               urn::ENTERPRISE: {"department": "x"}}),
    ];
    for mut row in rows {
        row["schemas"] = json!([urn::USER]);
        idp.post("/Users", row).await.expect(201);
    }
}

#[test]
fn users_are_sorted_by_every_kind_of_attribute() {
    run(async |service| {
        let idp = service.tenant("sorting").await.idp();
        people(&idp).await;
        let rows = [
            ("sortBy=userName", "A2 b1 c3 D4"),
            ("sortBy=USERNAME&sortOrder=descending", "D4 c3 b1 A2"),
            ("sortBy=userName&sortOrder=Descending", "D4 c3 b1 A2"),
            // Users without a value come last in ascending order, and first in descending order.
            ("sortBy=title", "A2 b1 D4 c3"),
            ("sortBy=title&sortOrder=descending", "c3 D4 b1 A2"),
            // A case-sensitive attribute: capital letters come first.
            ("sortBy=externalId", "b1 D4 A2 c3"),
            ("sortBy=name.familyName", "c3 A2 b1 D4"),
            // A multi-valued attribute: the primary value counts, or else the first one.
            ("sortBy=emails", "b1 A2 c3 D4"),
            ("sortBy=emails.value", "b1 A2 c3 D4"),
            ("sortBy=meta.created", "b1 A2 c3 D4"),
            ("sortBy=meta.created&sortOrder=descending", "D4 c3 A2 b1"),
            (
                "sortBy=urn:ietf:params:scim:schemas:core:2.0:User:userName",
                "A2 b1 c3 D4",
            ),
            ("sortBy=active", "D4 b1 A2 c3"),
            ("sortBy=shoeSize", "b1 A2 c3 D4"),
            ("sortOrder=descending", "b1 A2 c3 D4"),
        ];
        for (query, expected) in rows {
            let answer = idp.get(&format!("/Users?{query}")).await.expect(200);
            assert_eq!(
                answer.strings("/Resources/*/userName").join(" "),
                expected,
                "{query}"
            );
        }
        let department = format!("/Users?sortBy={}:department", urn::ENTERPRISE);
        assert_eq!(
            idp.get(&department)
                .await
                .expect(200)
                .strings("/Resources/0/userName"),
            ["D4"]
        );
    });
}

#[test]
fn pages_of_a_sorted_list_are_complete() {
    run(async |service| {
        let idp = service.tenant("sorted-pages").await.idp();
        let mut names: Vec<String> = (0..23).map(|n| format!("p{:02}", n * 7 % 23)).collect();
        for name in &names {
            idp.user(name).await;
        }
        names.sort();
        for (order, filter) in [
            ("ascending", ""),
            ("descending", ""),
            ("descending", "&filter=userName%20sw%20%22p%22"),
        ] {
            let mut seen = Vec::new();
            while seen.len() < names.len() {
                let start = seen.len() + 1;
                let path = format!(
                    "/Users?sortBy=userName&sortOrder={order}&startIndex={start}&count=5{filter}"
                );
                let page = idp.get(&path).await.expect(200);
                assert_eq!(page.total(), 23);
                let found = page.strings("/Resources/*/userName");
                assert!(!found.is_empty(), "{path}");
                seen.extend(found);
            }
            if order == "descending" {
                seen.reverse();
            }
            assert_eq!(seen, names, "{order}");
        }
    });
}

#[test]
fn groups_are_sorted() {
    run(async |service| {
        let idp = service.tenant("sorted-groups").await.idp();
        for name in ["Beta", "alpha", "Gamma"] {
            idp.group(name, &[]).await;
        }
        let answer = idp
            .get("/Groups?sortBy=displayName&attributes=displayName")
            .await
            .expect(200);
        assert_eq!(
            answer.strings("/Resources/*/displayName"),
            ["alpha", "Beta", "Gamma"]
        );
    });
}

#[test]
fn invalid_sort_parameters_are_refused() {
    run(async |service| {
        let idp = service.tenant("bad-sorts").await.idp();
        for query in ["sortBy=emails%5B", "sortBy=name..x", "sortBy=%22"] {
            let refused = idp.get(&format!("/Users?{query}")).await.expect(400);
            assert_ne!(refused.body["scimType"], Value::Null, "{query}");
        }
        idp.get("/Users?sortBy=userName&sortOrder=sideways")
            .await
            .refused(400, "invalidValue");
    });
}
