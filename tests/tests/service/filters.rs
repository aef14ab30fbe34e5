//! `filter=` (RFC 7644 §3.4.2.2): every operator on every kind of attribute, with the case rules of the schema.

use std::collections::BTreeMap;

use rollcall_tests::idp::Idp;
use rollcall_tests::service::{Service, run};
use rollcall_tests::urn;
use serde_json::{Value, json};

const CUSTOM: &str = "urn:example:badges:1.0:User";

/// Creates four people who differ in everything that a filter can test.
async fn people(idp: &Idp) -> BTreeMap<&'static str, String> {
    let dora = json!({
        "schemas": [urn::USER], "userName": "dora", "externalId": "7", "title": "Zookeeper", "locale": "nb-NO",
        "name": {"givenName": "Dora", "familyName": "Øygard"},
        "addresses": [{"type": "work", "locality": "Oslo"}, {"type": "home", "locality": "Bergen"}],
        "roles": [{"value": "Admin", "primary": true}, {"value": "User", "primary": false}],
    });
    let mut ids = BTreeMap::new();
    ids.insert("dora", idp.post("/Users", dora).await.expect(201).id());
    let alice = json!({
        "schemas": [urn::USER], "userName": "Alice", "externalId": "Ext-1", "active": true,
        "displayName": "Alice \"Al\" A\\B", "title": "Engineer", "nickName": "al",
        "name": {"givenName": "Alice", "familyName": "Ek"},
        "emails": [{"type": "work", "value": "alice@ex.test", "primary": true},
                   {"type": "home", "value": "al@home.test"}],
        "photos": [{"type": "photo", "value": "https://img.test/A.png"}],
        "x509Certificates": [{"value": "TUlJQg=="}],
        urn::ENTERPRISE: {"department": "R&D", "employeeNumber": "10", "manager": {"value": ids["dora"]}},
        CUSTOM: {"badge": "B1", "level": 3, "on": true},
    });
    ids.insert("alice", idp.post("/Users", alice).await.expect(201).id());
    let bob = json!({
        "schemas": [urn::USER], "userName": "bob", "externalId": "ext-1", "active": false, "title": "engineer",
        "displayName": "", "emails": [{"type": "work", "value": "BOB@ex.test"}],
        urn::ENTERPRISE: {"department": "Sales", "employeeNumber": "9"},
        CUSTOM: {"badge": "b2", "level": 10},
    });
    ids.insert("bob", idp.post("/Users", bob).await.expect(201).id());
    let carol = json!({
        "schemas": [urn::USER], "userName": "carol", "active": true, "displayName": "Carol 50% + more",
        "phoneNumbers": [{"type": "mobile", "value": "+47 555"}, {"type": "work", "value": "tel:+1-201-555-0123"}],
        "emails": [{"type": "home", "value": "carol@home.test"}],
    });
    ids.insert("carol", idp.post("/Users", carol).await.expect(201).id());
    ids
}

/// Checks which people a filter finds; `expected` is a list of names.
async fn check(idp: &Idp, ids: &BTreeMap<&str, String>, filter: &str, expected: &str) {
    let answer = idp.filter("/Users", filter).await;
    assert_eq!(answer.status, 200, "{filter}: {}", answer.body);
    let name = |id: &String| {
        let known = ids.iter().find(|(_, known)| *known == id);
        known.map_or_else(|| format!("stranger {id}"), |(name, _)| (*name).to_owned())
    };
    let mut found: Vec<String> = answer.strings("/Resources/*/id").iter().map(name).collect();
    found.sort();
    assert_eq!(found.join(" "), expected, "{filter}");
    assert_eq!(answer.total(), found.len() as u64, "{filter}");
}

async fn check_all(service: &Service, rows: &[(&str, &str)]) {
    let idp = service.tenant("filters").await.idp();
    let ids = people(&idp).await;
    for (filter, expected) in rows {
        let filled = ids.iter().fold((*filter).to_owned(), |text, (name, id)| {
            text.replace(&format!("<{name}>"), id)
        });
        check(&idp, &ids, &filled, expected).await;
    }
}

const EVERYBODY: &str = "alice bob carol dora";

#[test]
fn strings() {
    run(async |service| {
        check_all(
            service,
            &[
                // Case-insensitive attributes, with every operator.
                (r#"userName eq "alice""#, "alice"),
                (r#"userName eq "ALICE""#, "alice"),
                (r#"userName eq """#, ""),
                (r#"userName ne "alice""#, "bob carol dora"),
                (r#"userName co "O""#, "bob carol dora"),
                (r#"userName sw "AL""#, "alice"),
                (r#"userName sw """#, EVERYBODY),
                (r#"userName ew "a""#, "dora"),
                (r#"userName pr"#, EVERYBODY),
                (r#"userName gt "bob""#, "carol dora"),
                (r#"userName ge "BOB""#, "bob carol dora"),
                (r#"userName lt "bob""#, "alice"),
                (r#"userName le "bob""#, "alice bob"),
                // An attribute that not everybody has.
                (r#"title eq "engineer""#, "alice bob"),
                (r#"title ne "engineer""#, "carol dora"),
                (r#"title pr"#, "alice bob dora"),
                (r#"not (title pr)"#, "carol"),
                (r#"title gt "F""#, "dora"),
                (r#"nickName ew "L""#, "alice"),
                // Case-sensitive attributes.
                (r#"externalId eq "ext-1""#, "bob"),
                (r#"externalId eq "Ext-1""#, "alice"),
                (r#"externalId eq "EXT-1""#, ""),
                (r#"externalId sw "Ext""#, "alice"),
                (r#"externalId co "xt""#, "alice bob"),
                (r#"id eq "<bob>""#, "bob"),
                (r#"id ne "<bob>""#, "alice carol dora"),
                (r#"id eq "nobody""#, ""),
                // Literals with special characters.
                (r#"displayName eq "alice \"al\" a\\b""#, "alice"),
                (r#"displayName co "\u0041\\b""#, "alice"),
                (r#"displayName eq "Carol 50% + more""#, "carol"),
                (r#"displayName co "% +""#, "carol"),
                (r#"name.familyName eq "øYGARD""#, "dora"),
            ],
        )
        .await;
    });
}

#[test]
fn attribute_names_in_any_case_and_with_urns() {
    run(async |service| {
        check_all(service, &[
            (r#"USERNAME EQ "alice""#, "alice"),
            (r#"username Sw "al" AND NAME.GivenName eq "alice""#, "alice"),
            (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "bob""#, "bob"),
            (r#"urn:ietf:params:scim:schemas:core:2.0:User:name.givenName eq "dora""#, "dora"),
            (r#"URN:IETF:params:scim:schemas:core:2.0:user:USERNAME eq "bob""#, "bob"),
            (
                r#"urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq "home"] or userName eq "bob""#,
                "alice bob carol",
            ),
            (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "sales""#, "bob"),
            (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber gt "2""#, "bob"),
            (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "<dora>""#, "alice"),
            (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "<dora>""#, "alice"),
            (r#"manager eq "<dora>" and id eq "<alice>""#, "alice"),
            (r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#, "alice bob"),
            // Attributes that only the client knows can also be used.
            (r#"urn:example:badges:1.0:User:badge eq "B1""#, "alice"),
            (r#"urn:example:badges:1.0:User:level gt 3"#, "bob"),
            (r#"urn:example:badges:1.0:User:on eq true"#, "alice"),
            // An unknown attribute has no value.
            (r#"shoeSize eq "44""#, ""),
            (r#"shoeSize pr"#, ""),
            (r#"not (shoeSize pr)"#, EVERYBODY),
            (r#"emails.shoeSize eq "44""#, ""),
        ])
        .await;
    });
}

#[test]
fn booleans_times_references_and_binaries() {
    run(async |service| {
        check_all(
            service,
            &[
                (r#"active eq true"#, "alice carol dora"),
                (r#"active eq false"#, "bob"),
                (r#"active ne true"#, "bob"),
                (r#"active eq "True""#, "alice carol dora"),
                (r#"active pr"#, EVERYBODY),
                (r#"roles[primary eq true].value eq "admin""#, "dora"),
                (r#"roles[primary eq "True" and value eq "Admin"]"#, "dora"),
                (r#"roles[primary eq false and value eq "Admin"]"#, ""),
                (r#"title eq null"#, "carol"),
                (r#"title ne null"#, "alice bob dora"),
                (r#"meta.created gt "2001-02-03T04:05:06Z""#, EVERYBODY),
                (
                    r#"meta.created gt "2001-02-03T04:05:06.789+02:00""#,
                    EVERYBODY,
                ),
                (r#"meta.lastModified lt "2001-02-03T04:05:06Z""#, ""),
                (r#"meta.lastModified ge "2101-02-03T04:05:06Z""#, ""),
                (r#"meta.resourceType eq "User""#, EVERYBODY),
                (r#"photos.value eq "https://img.test/A.png""#, "alice"),
                (r#"photos.value sw "https://""#, "alice"),
                (r#"x509Certificates.value eq "TUlJQg==""#, "alice"),
                (r#"x509Certificates pr"#, "alice"),
            ],
        )
        .await;
    });
}

#[test]
fn times_are_instants() {
    run(async |service| {
        let idp = service.tenant("instants").await.idp();
        let id = idp.user("now").await;
        let created = idp
            .get(&format!("/Users/{id}"))
            .await
            .string("/meta/created");
        let instant: jiff::Timestamp = match created.parse() {
            Ok(instant) => instant,
            Err(error) => panic!("{created} is not a time: {error}"),
        };
        let oslo = instant
            .to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(5)))
            .timestamp();
        let shifted = oslo.display_with_offset(jiff::tz::offset(5)).to_string();
        assert!(shifted.contains("+05:00"), "{shifted}");
        for (operator, total) in [
            ("eq", 1),
            ("ge", 1),
            ("le", 1),
            ("gt", 0),
            ("lt", 0),
            ("ne", 0),
        ] {
            let filter = format!("meta.created {operator} \"{shifted}\"");
            assert_eq!(
                idp.filter("/Users", &filter).await.expect(200).total(),
                total,
                "{filter}"
            );
        }
    });
}

#[test]
fn value_paths() {
    run(async |service| {
        check_all(
            service,
            &[
                (r#"emails.value eq "ALICE@ex.test""#, "alice"),
                (r#"emails eq "bob@ex.test""#, "bob"),
                (r#"emails co "@ex""#, "alice bob"),
                (r#"emails.type eq "home""#, "alice carol"),
                (r#"emails pr"#, "alice bob carol"),
                (r#"not (emails pr)"#, "dora"),
                (r#"name pr"#, "alice dora"),
                (r#"emails[type eq "work"]"#, "alice bob"),
                (r#"emails[type eq "work"].value eq "bob@ex.test""#, "bob"),
                (r#"emails[type eq "home"].value eq "alice@ex.test""#, ""),
                (r#"emails[type eq "work" and value co "@home"]"#, ""),
                (
                    r#"emails.type eq "work" and emails.value co "@home""#,
                    "alice",
                ),
                (
                    r#"emails[type eq "home" or value sw "bob"]"#,
                    "alice bob carol",
                ),
                (r#"emails[not (type eq "work")]"#, "alice carol"),
                (r#"emails[value pr and primary eq true]"#, "alice"),
                (r#"EMAILS[TYPE EQ "work"].VALUE sw "alice""#, "alice"),
                (r#"addresses[locality eq "oslo"]"#, "dora"),
                (r#"addresses[type eq "home" and locality eq "Oslo"]"#, ""),
                (
                    r#"addresses[type eq "home"].locality eq "bergen" and locale sw "nb""#,
                    "dora",
                ),
                (
                    r#"phoneNumbers[value sw "+47"] or phoneNumbers[value ew "0123"]"#,
                    "carol",
                ),
                (r#"emails ne "alice@ex.test""#, EVERYBODY),
            ],
        )
        .await;
    });
}

#[test]
fn precedence() {
    run(async |service| {
        check_all(
            service,
            &[
                (
                    r#"userName eq "alice" or userName eq "bob" and active eq true"#,
                    "alice",
                ),
                (
                    r#"(userName eq "alice" or userName eq "bob") and active eq false"#,
                    "bob",
                ),
                (
                    r#"active eq false and userName eq "bob" or userName eq "alice""#,
                    "alice bob",
                ),
                (
                    r#"not (userName eq "alice") and active eq true"#,
                    "carol dora",
                ),
                (
                    r#"not (userName eq "alice" and active eq true)"#,
                    "bob carol dora",
                ),
                (
                    r#"not (userName eq "alice") or userName eq "alice""#,
                    EVERYBODY,
                ),
                (r#"not (not (userName eq "alice"))"#, "alice"),
                (r#"NOT(userName eq "alice")"#, "bob carol dora"),
                (r#"((((userName eq "alice"))))"#, "alice"),
                (r#"  userName   eq   "alice"  "#, "alice"),
                (r#"id eq "<alice>" or id eq "<bob>""#, "alice bob"),
                (r#"id eq "<alice>" and id eq "<bob>""#, ""),
                (r#"userName eq "alice" or userName eq "alice""#, "alice"),
                (r#"userName eq "alice" and not (title pr)"#, ""),
            ],
        )
        .await;
    });
}

#[test]
fn groups() {
    run(async |service| {
        let idp = service.tenant("group-filters").await.idp();
        let (a, b) = (idp.user("a").await, idp.user("b").await);
        let full = idp.group("Full House", &[&a, &b]).await;
        let half = idp.group("half", &[&a]).await;
        let none = idp.group("None", &[]).await;
        let rows = [
            (r#"displayName eq "FULL house""#.to_owned(), vec![&full]),
            (r#"displayName co "l""#.to_owned(), vec![&full, &half]),
            (r#"displayName ge "half""#.to_owned(), vec![&half, &none]),
            (format!(r#"members eq "{a}""#), vec![&full, &half]),
            (format!(r#"members.value eq "{b}""#), vec![&full]),
            (format!(r#"members[value eq "{b}"]"#), vec![&full]),
            (format!(r#"id eq "{half}" and members eq "{b}""#), vec![]),
            (
                format!(r#"members eq "{a}" and not (members eq "{b}")"#),
                vec![&half],
            ),
            ("members pr".to_owned(), vec![&full, &half]),
            ("not (members pr)".to_owned(), vec![&none]),
            (r#"externalId pr"#.to_owned(), vec![]),
            (
                format!(r#"id eq "{none}" or id eq "{full}""#),
                vec![&full, &none],
            ),
        ];
        for (filter, expected) in rows {
            let answer = idp.filter("/Groups", &filter).await.expect(200);
            let mut expected: Vec<String> = expected.into_iter().cloned().collect();
            expected.sort();
            let mut found = answer.strings("/Resources/*/id");
            found.sort();
            assert_eq!(found, expected, "{filter}");
        }
        let people = idp
            .filter("/Users", &format!("groups.value eq \"{full}\""))
            .await
            .expect(200);
        assert_eq!(people.total(), 2, "people are not found by group");
        let people = idp
            .filter("/Users", &format!("groups[value eq \"{half}\"]"))
            .await
            .expect(200);
        assert_eq!(people.strings("/Resources/*/id"), [a]);
    });
}

#[test]
fn get_and_search_give_the_same_result() {
    run(async |service| {
        let idp = service.tenant("search-filters").await.idp();
        let ids = people(&idp).await;
        for filter in [
            r#"userName co "O""#,
            "not (title pr)",
            r#"emails[type eq "work"]"#,
            "active eq false",
        ] {
            let body = json!({"schemas": [urn::SEARCH], "filter": filter});
            let searched = idp.post("/Users/.search", body).await.expect(200);
            let got = idp.filter("/Users", filter).await.expect(200);
            assert_eq!(got.body, searched.body, "{filter}");
            assert!(
                got.total() > 0 && got.total() < ids.len() as u64,
                "{filter}"
            );
            assert_ne!(got.body["Resources"], Value::Null);
        }
    });
}
