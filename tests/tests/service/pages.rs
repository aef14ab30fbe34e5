//! `startIndex` and `count` (RFC 7644 §3.4.2.4): pages are stable and exact, also during concurrent writes.

use std::collections::BTreeSet;

use rollcall_tests::idp::Idp;
use rollcall_tests::service::run;
use serde_json::json;

async fn create_people(idp: &Idp, names: impl Iterator<Item = String>) -> Vec<String> {
    let mut ids = Vec::new();
    for name in names {
        ids.push(idp.user(&name).await);
    }
    ids
}

#[test]
fn start_index_and_count_select_a_page() {
    run(async |service| {
        let idp = service.tenant("pages").await.idp();
        let ids = create_people(&idp, (0..12).map(|n| format!("p{n}"))).await;
        // The query, the `startIndex` of the response, and the selected people.
        let rows = [
            ("", 1, 0..12),
            ("startIndex=1&count=5", 1, 0..5),
            ("startIndex=6&count=5", 6, 5..10),
            ("startIndex=11&count=5", 11, 10..12),
            ("startIndex=12&count=1", 12, 11..12),
            ("startIndex=13&count=5", 13, 12..12),
            (
                "startIndex=1000000000000&count=5",
                1_000_000_000_000_u64,
                12..12,
            ),
            ("startIndex=0&count=3", 1, 0..3),
            ("startIndex=-7&count=3", 1, 0..3),
            ("count=0", 1, 0..0),
            ("count=-1", 1, 0..0),
            ("startIndex=5&count=0", 5, 4..4),
            ("count=100000", 1, 0..12),
            ("STARTINDEX=3&Count=2", 3, 2..4),
            ("count=2&count=3", 1, 0..3),
            ("startIndex=&count=", 1, 0..12),
            ("unknown=1&aadOptscim062020&count=1", 1, 0..1),
        ];
        for (query, start, range) in rows {
            let answer = idp.get(&format!("/Users?{query}")).await.expect(200);
            assert_eq!(answer.strings("/Resources/*/id"), ids[range], "{query}");
            answer.is(json!({"totalResults": 12, "startIndex": start}));
        }
        for query in [
            "startIndex=abc",
            "count=abc",
            "count=1.5",
            "startIndex=0x10",
        ] {
            idp.get(&format!("/Users?{query}"))
                .await
                .refused(400, "invalidValue");
        }
        for query in [
            "startIndex=99999999999999999999999",
            "count=99999999999999999999999",
        ] {
            let answer = idp.get(&format!("/Users?{query}")).await;
            assert!(
                [200, 400].contains(&answer.status),
                "{query}: {}",
                answer.body
            );
        }
    });
}

#[test]
fn the_maximum_page_size_is_one_thousand() {
    run(async |service| {
        let idp = service.tenant("long-pages").await.idp();
        let config = idp.get("/ServiceProviderConfig").await.expect(200);
        assert_eq!(
            config.body["filter"]["maxResults"], 1000,
            "a client cannot request a thousand results"
        );
    });
}

#[test]
fn a_filtered_list_has_pages() {
    run(async |service| {
        let idp = service.tenant("filtered-pages").await.idp();
        let names = (0..20).map(|n| format!("{}{n:02}", if n % 2 == 0 { "even" } else { "odd" }));
        let ids = create_people(&idp, names).await;
        let odd: Vec<String> = ids.iter().skip(1).step_by(2).cloned().collect();
        for filter in ["userName%20sw%20%22odd%22", "userName%20co%20%22dd%22"] {
            let mut seen = Vec::new();
            for start in [1, 5, 9, 13] {
                let path = format!("/Users?filter={filter}&startIndex={start}&count=4");
                let page = idp.get(&path).await.expect(200);
                assert_eq!(page.total(), 10, "{path}");
                seen.extend(page.strings("/Resources/*/id"));
            }
            seen.sort();
            assert_eq!(seen, odd, "{filter}");
        }
    });
}

/// Reads all pages, and calls `between` with the ids of each page.
async fn walk(
    idp: &Idp,
    endpoint: &str,
    count: usize,
    mut between: impl AsyncFnMut(&[String]),
) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        let start = seen.len() + 1;
        let page = idp
            .get(&format!("{endpoint}?startIndex={start}&count={count}"))
            .await
            .expect(200);
        let found = page.strings("/Resources/*/id");
        if found.is_empty() {
            return seen;
        }
        between(&found).await;
        seen.extend(found);
    }
}

#[test]
fn a_walk_sees_everybody_once() {
    run(async |service| {
        let idp = service.tenant("walks").await.idp();
        let ids = create_people(&idp, (0..31).map(|n| format!("w{n}"))).await;
        for count in [1, 2, 7, 10, 30, 31, 32, 100] {
            assert_eq!(
                walk(&idp, "/Users", count, async |_| {}).await,
                ids,
                "{count} at a time"
            );
        }
        let mut groups = Vec::new();
        for (n, id) in ids.iter().enumerate().take(9) {
            groups.push(idp.group(&format!("g{n}"), &[id]).await);
        }
        assert_eq!(walk(&idp, "/Groups", 4, async |_| {}).await, groups);
    });
}

#[test]
fn a_walk_sees_everybody_once_during_writes() {
    run(async |service| {
        let idp = service.tenant("moving-walks").await.idp();
        let ids = create_people(&idp, (0..40).map(|n| format!("w{n}"))).await;
        let mut gone = BTreeSet::new();
        let mut joined = 0;
        let seen = walk(&idp, "/Users", 10, async |page| {
            // Delete a person whom the walk has passed, create a person, and change a person who comes later.
            idp.delete(&format!("/Users/{}", page[3])).await.expect(204);
            gone.insert(page[3].clone());
            if joined < 4 {
                idp.user(&format!("late{joined}")).await;
                joined += 1;
            }
            let change = json!([{"op": "replace", "path": "title", "value": "x"}]);
            idp.patch(&format!("/Users/{}", ids[39]), change).await;
        })
        .await;
        let once: BTreeSet<&String> = seen.iter().collect();
        assert_eq!(once.len(), seen.len(), "the walk saw a person twice");
        for id in &ids {
            assert!(once.contains(id), "the walk did not see {id}");
        }
    });
}

#[test]
fn the_total_is_exact_after_every_write() {
    run(async |service| {
        let idp = service.tenant("totals").await.idp();
        let ids = create_people(&idp, (0..9).map(|n| format!("t{n}"))).await;
        let total = async || idp.get("/Users?count=0").await.expect(200).total();
        assert_eq!(total().await, 9);
        idp.delete(&format!("/Users/{}", ids[0])).await.expect(204);
        idp.delete(&format!("/Users/{}", ids[0])).await.expect(404);
        assert_eq!(total().await, 8);
        let again = json!({"schemas": [rollcall_tests::urn::USER], "userName": "T3"});
        idp.post("/Users", again).await.refused(409, "uniqueness");
        assert_eq!(total().await, 8);
        idp.patch(
            &format!("/Users/{}", ids[1]),
            json!([{"op": "replace", "path": "active", "value": false}]),
        )
        .await
        .expect(200);
        assert_eq!(total().await, 8, "an inactive user must count");
        idp.user("t0").await;
        assert_eq!(total().await, 9);
    });
}

/// A person on an earlier page is deleted during the walk; the walk must still see everybody who follows.
#[test]
fn a_walk_misses_nobody_when_people_are_deleted() {
    run(async |service| {
        let idp = service.tenant("shrinking").await.idp();
        let ids = create_people(&idp, (0..5).map(|n| format!("s{n}"))).await;
        idp.get("/Users?startIndex=1&count=4").await.expect(200);
        idp.delete(&format!("/Users/{}", ids[0])).await.expect(204);
        let rest = idp.get("/Users?startIndex=5&count=4").await.expect(200);
        assert_eq!(rest.strings("/Resources/*/id"), ids[4..]);
    });
}
