//! `attributes` and `excludedAttributes` (RFC 7644 §3.4.2.5 and §3.9).

use rollcall_tests::idp::encode;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

fn person() -> Value {
    json!({
        "schemas": [urn::USER, urn::ENTERPRISE], "userName": "pat", "externalId": "e", "active": true, "title": "t",
        "name": {"givenName": "Pat", "familyName": "P"},
        "emails": [{"value": "a@x", "type": "work", "primary": true}, {"value": "b@x", "type": "home"}],
        urn::ENTERPRISE: {"department": "d", "costCenter": "c", "manager": {"value": "m"}},
    })
}

/// Returns the member names of a resource without values; nested members have their paths.
fn members(resource: &Value) -> String {
    fn walk(value: &Value, at: &str, out: &mut Vec<String>) {
        for (name, inner) in value.as_object().into_iter().flatten() {
            let short = if name == urn::ENTERPRISE { "E" } else { name };
            let path = if at.is_empty() {
                short.to_owned()
            } else {
                format!("{at}.{short}")
            };
            let first = inner.as_array().map_or(inner, |elements| &elements[0]);
            if first.is_object() && name != "meta" {
                walk(first, &path, out);
            } else {
                out.push(path);
            }
        }
    }
    let mut out = Vec::new();
    walk(resource, "", &mut out);
    out.sort();
    out.join(" ")
}

const ALL: &str = "E.costCenter E.department E.manager.value active emails.primary emails.type emails.value \
                   externalId id meta name.familyName name.givenName schemas title userName";

#[test]
fn projections_of_people() {
    run(async |service| {
        let idp = service.tenant("projections").await.idp();
        let id = idp.post("/Users", person()).await.expect(201).id();
        let without = |left_out: &str| {
            let kept = ALL
                .split(' ')
                .filter(|name| !left_out.split(' ').any(|out| out == *name));
            kept.collect::<Vec<_>>().join(" ")
        };
        let only = |kept: &str| {
            let mut names: Vec<&str> = kept
                .split(' ')
                .chain(["id", "schemas"])
                .filter(|n| !n.is_empty())
                .collect();
            names.sort_unstable();
            names.join(" ")
        };
        let rows = [
            ("", ALL.to_owned()),
            ("attributes=", ALL.to_owned()),
            ("attributes=userName", only("userName")),
            ("attributes=USERNAME,Title", only("title userName")),
            ("attributes=userName,%20title", only("title userName")),
            ("attributes=id", only("")),
            ("attributes=name", only("name.familyName name.givenName")),
            ("attributes=name.givenName", only("name.givenName")),
            (
                "attributes=emails",
                only("emails.primary emails.type emails.value"),
            ),
            (
                "attributes=emails.value,emails.type",
                only("emails.type emails.value"),
            ),
            ("attributes=meta", only("meta")),
            ("attributes=shoeSize", only("")),
            ("attributes=password", only("")),
            (
                "attributes=urn:ietf:params:scim:schemas:core:2.0:User:userName",
                only("userName"),
            ),
            (
                "attributes=urn:ietf:params:scim:schemas:core:2.0:User:name.familyName",
                only("name.familyName"),
            ),
            (
                "attributes=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
                only("E.costCenter E.department E.manager.value"),
            ),
            (
                "attributes=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
                only("E.department"),
            ),
            ("excludedAttributes=title", without("title")),
            ("excludedAttributes=id,schemas,title", without("title")),
            (
                "excludedAttributes=name.familyName,EMAILS",
                without("name.familyName emails.primary emails.type emails.value"),
            ),
            ("excludedAttributes=emails.type", without("emails.type")),
            (
                "excludedAttributes=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
                without("E.costCenter E.department E.manager.value"),
            ),
            (
                "excludedAttributes=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
                without("E.manager.value"),
            ),
            ("excludedAttributes=meta", without("meta")),
        ];
        for (query, expected) in rows {
            let one = idp.get(&format!("/Users/{id}?{query}")).await.expect(200);
            assert_eq!(members(&one.body), expected, "GET by id, {query}");
            let listed = idp.get(&format!("/Users?{query}")).await.expect(200);
            assert_eq!(
                members(&listed.body["Resources"][0]),
                expected,
                "GET list, {query}"
            );
            let filtered = format!(
                "/Users?filter={}&{query}",
                encode("userName eq \"pat\" and emails[type eq \"home\"]")
            );
            let found = idp.get(&filtered).await.expect(200);
            assert_eq!(
                members(&found.body["Resources"][0]),
                expected,
                "filter, {query}"
            );
        }
    });
}

#[test]
fn projections_of_responses_to_writes() {
    run(async |service| {
        let idp = service.tenant("write-projections").await.idp();
        let created = idp
            .post("/Users?attributes=userName", person())
            .await
            .expect(201);
        assert_eq!(members(&created.body), "id schemas userName");
        let path = format!(
            "/Users/{}?excludedAttributes=emails,name,meta",
            created.id()
        );
        let replaced = idp.put(&path, person()).await.expect(200);
        assert_eq!(
            members(&replaced.body),
            "E.costCenter E.department E.manager.value active externalId id schemas title userName"
        );
        let path = format!("/Users/{}?attributes=title", created.id());
        let patched = idp
            .patch(
                &path,
                json!([{"op": "replace", "path": "title", "value": "u"}]),
            )
            .await
            .expect(200);
        assert_eq!(members(&patched.body), "id schemas title");
        let group = json!({"schemas": [urn::GROUP], "displayName": "g", "members": [{"value": created.id()}]});
        let answer = idp
            .post("/Groups?excludedAttributes=members", group)
            .await
            .expect(201);
        assert_eq!(members(&answer.body), "displayName id meta schemas");
        let path = format!("/Groups/{}?attributes=members", answer.id());
        let answer = idp
            .patch(&path, json!([{"op": "remove", "path": "members"}]))
            .await
            .expect(200);
        assert_eq!(members(&answer.body), "id schemas");
    });
}

#[test]
fn projections_of_groups() {
    run(async |service| {
        let idp = service.tenant("group-projections").await.idp();
        let user = idp.user("u").await;
        let group = idp.group("g", &[&user]).await;
        let rows = [
            ("", "displayName id members.value meta schemas"),
            ("excludedAttributes=members", "displayName id meta schemas"),
            ("attributes=displayName", "displayName id schemas"),
            ("attributes=members", "id members.value schemas"),
            ("attributes=members.value", "id members.value schemas"),
        ];
        for (query, expected) in rows {
            let one = idp
                .get(&format!("/Groups/{group}?{query}"))
                .await
                .expect(200);
            assert_eq!(
                strip_added(&members(&one.body)),
                expected,
                "GET by id, {query}"
            );
            let listed = idp.get(&format!("/Groups?{query}")).await.expect(200);
            assert_eq!(
                strip_added(&members(&listed.body["Resources"][0])),
                expected,
                "GET list, {query}"
            );
        }
        let person = idp
            .get(&format!("/Users/{user}?attributes=groups.value"))
            .await
            .expect(200);
        assert_eq!(members(&person.body), "groups.value id schemas");
        person.is(json!({"groups": [{"value": group}]}));
    });
}

/// Removes `type` and `$ref` of members, which the server may add (RFC 7643 §4.2).
fn strip_added(names: &str) -> String {
    let kept = names
        .split(' ')
        .filter(|name| !["members.type", "members.$ref"].contains(name));
    kept.collect::<Vec<_>>().join(" ")
}

#[test]
fn invalid_projections_are_refused() {
    run(async |service| {
        let idp = service.tenant("bad-projections").await.idp();
        for query in [
            "attributes=emails%5B",
            "attributes=name..x",
            "excludedAttributes=%22",
            "attributes=a%20b",
        ] {
            let refused = idp.get(&format!("/Users?{query}")).await.expect(400);
            assert_ne!(refused.body["scimType"], Value::Null, "{query}");
        }
    });
}
