//! Properties of every filter, regardless of how the service finds the result.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rollcall_tests::idp::Idp;
use rollcall_tests::service::run;
use rollcall_tests::size::size;
use rollcall_tests::urn;
use serde_json::json;

/// Generates comparisons, some of which the service can answer from a key.
fn comparison() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["anna", "BERT", "cleo", "dirk", "nobody"]);
    let path = prop::sample::select(vec![
        "userName",
        "externalId",
        "emails.value",
        "emails",
        "displayName",
        "title",
        "name.familyName",
        "groups.value",
    ]);
    let operator = prop::sample::select(vec!["eq", "ne", "co", "sw", "ew", "gt", "le"]);
    prop_oneof![
        6 => (path, operator, name.clone())
            .prop_map(|(path, operator, value)| format!("{path} {operator} \"{value}\"")),
        2 => name.prop_map(|value| format!("emails[type eq \"work\" and value sw \"{value}\"]")),
        1 => Just("title pr".to_owned()),
        1 => Just("active eq true".to_owned()),
    ]
}

fn filter() -> impl Strategy<Value = String> {
    comparison().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) or ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} or {b}")),
            inner.prop_map(|a| format!("not ({a})")),
        ]
    })
}

async fn found(idp: &Idp, filter: &str) -> BTreeSet<String> {
    let answer = idp.filter("/Users", filter).await;
    assert_eq!(answer.status, 200, "{filter}: {}", answer.body);
    answer.strings("/Resources/*/id").into_iter().collect()
}

async fn people(idp: &Idp) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for (n, name) in ["anna", "Bert", "CLEO", "dirk"].into_iter().enumerate() {
        let mut body = json!({
            "schemas": [urn::USER], "userName": name, "externalId": name, "displayName": name.to_uppercase(),
            "emails": [{"type": if n % 2 == 0 { "work" } else { "home" }, "value": format!("{name}@x")},
                       {"value": name}],
            "active": n % 2 == 0,
        });
        if n > 1 {
            body["title"] = json!(name);
            body["name"] = json!({"familyName": name});
        }
        ids.insert(idp.post("/Users", body).await.expect(201).id());
    }
    ids
}

#[test]
fn equivalent_filters_have_the_same_result() {
    run(async |service| {
        let idp = service.tenant("laws").await.idp();
        let everybody = people(&idp).await;
        let stranger = service.tenant("law-strangers").await.idp();
        people(&stranger).await;
        let mut runner = TestRunner::deterministic();
        for _ in 0..size(60, 150) {
            let drawn = filter().new_tree(&mut runner);
            let filter = drawn.unwrap_or_else(|reason| panic!("{reason}")).current();
            let direct = found(&idp, &filter).await;
            let opposite = found(&idp, &format!("not ({filter})")).await;
            assert_eq!(
                direct,
                found(&idp, &format!("not (not ({filter}))")).await,
                "{filter}"
            );
            assert!(direct.is_disjoint(&opposite), "{filter}");
            assert_eq!(
                &direct | &opposite,
                everybody,
                "{filter} and its negation do not cover exactly this tenant's people"
            );
            assert_eq!(
                direct,
                found(&idp, &format!("({filter}) and (userName pr)")).await,
                "{filter}"
            );
            assert_eq!(
                direct,
                found(&idp, &format!("userName eq \"nobody\" or ({filter})")).await,
                "{filter}"
            );
        }
    });
}
