//! Pages by cursor (RFC 9865): complete, in order, for one token and one query, and none of another tenant.

use http::Method;
use rollcall_directory::Reason;
use rollcall_tests::faults::Fault;
use rollcall_tests::idp::{Answer, Idp};
use rollcall_tests::raw;
use rollcall_tests::service::{Service, run};
use rollcall_tests::urn;
use serde_json::{Value, json};

/// Asks for a page with GET, or with POST `.search`.
async fn page(idp: &Idp, endpoint: &str, query: &[(&str, &str)], by_post: bool) -> Answer {
    if by_post {
        let mut body = json!({"schemas": [urn::SEARCH]});
        for (name, value) in query {
            let number = value.parse::<u64>().map(Value::from);
            body[*name] = number.unwrap_or_else(|_| json!(value));
        }
        return idp.post(&format!("{endpoint}/.search"), body).await;
    }
    let pairs = query.iter();
    let pairs = pairs.map(|(name, value)| format!("{name}={}", rollcall_tests::idp::encode(value)));
    let pairs: Vec<String> = pairs.collect();
    idp.get(&format!("{endpoint}?{}", pairs.join("&"))).await
}

/// Walks by cursors, and calls `between` after each page. Returns the ids, and the sizes of the pages.
async fn walk(
    idp: &Idp,
    endpoint: &str,
    query: &[(&str, &str)],
    by_post: bool,
    mut between: impl AsyncFnMut(usize),
) -> (Vec<String>, Vec<usize>) {
    let (mut seen, mut sizes, mut cursor) = (Vec::new(), Vec::new(), String::new());
    loop {
        let query = [query, &[("cursor", &*cursor)]].concat();
        let found = page(idp, endpoint, &query, by_post).await.expect(200);
        let ids = found.strings("/Resources/*/id");
        assert_eq!(found.body["itemsPerPage"], ids.len());
        assert_eq!(found.body["startIndex"], seen.len() + 1);
        // It is optional (RFC 9865 §2), and walks lead forward only.
        assert_eq!(found.body.get("previousCursor"), None);
        sizes.push(ids.len());
        seen.extend(ids);
        let Some(next) = found.body.get("nextCursor") else {
            return (seen, sizes);
        };
        cursor = next.as_str().expect("a text").to_owned();
        let is_unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        assert!(cursor.chars().all(is_unreserved), "{cursor}");
        between(sizes.len()).await;
    }
}

async fn create_people(idp: &Idp, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        let body = json!({
            "schemas": [urn::USER], "userName": format!("p{:02}", n * 7 % count), "title": format!("t{}", n % 3),
        });
        ids.push(idp.post("/Users", body).await.expect(201).id());
    }
    ids
}

#[test]
fn every_query_has_pages_by_cursor_in_the_order_of_pages_by_index() {
    run(async |service| {
        let idp = service.tenant("cursors").await.idp();
        let people = create_people(&idp, 11).await;
        for (n, id) in people.iter().take(5).enumerate() {
            idp.group(&format!("g{n}"), &[id]).await;
        }
        let one_by_one = people.iter().map(|id| format!("id eq \"{id}\""));
        let several: Vec<String> = one_by_one.take(7).collect();
        let several = several.join(" or ");
        for (endpoint, query) in [
            ("/Users", vec![]),
            ("/Users", vec![("attributes", "userName")]),
            ("/Users", vec![("sortBy", "userName")]),
            (
                "/Users",
                vec![("sortBy", "userName"), ("sortOrder", "descending")],
            ),
            ("/Users", vec![("sortBy", "title")]),
            (
                "/Users",
                vec![("sortBy", "emails"), ("sortOrder", "descending")],
            ),
            ("/Users", vec![("filter", "title eq \"t1\"")]),
            ("/Users", vec![("filter", "title eq \"nobody\"")]),
            ("/Users", vec![("filter", "userName sw \"p0\"")]),
            ("/Users", vec![("filter", &several)]),
            ("/Users", vec![("filter", &several), ("sortBy", "userName")]),
            ("/Groups", vec![]),
            ("/Groups", vec![("sortBy", "displayName")]),
            ("", vec![("filter", "id pr")]),
            ("", vec![("sortBy", "displayName")]),
            ("", vec![("filter", "meta.resourceType eq \"Group\"")]),
            (
                "",
                vec![("sortBy", "id"), ("filter", "displayName pr or title pr")],
            ),
        ] {
            let all = [&query[..], &[("count", "100")]].concat();
            let all = page(&idp, endpoint, &all, false).await.expect(200);
            let expected = all.strings("/Resources/*/id");
            for (count, by_post) in [("1", false), ("2", true), ("3", false), ("50", true)] {
                let query = [&query[..], &[("count", count)]].concat();
                let (seen, sizes) = walk(&idp, endpoint, &query, by_post, async |_| {}).await;
                assert_eq!(seen, expected, "{endpoint} {query:?}");
                // No page is empty, unless nothing matches at all.
                let count: usize = count.parse().expect("a number");
                assert_eq!(sizes.len(), expected.len().div_ceil(count).max(1));
                let first = [&query[..], &[("cursor", "")]].concat();
                let first = page(&idp, endpoint, &first, by_post).await.expect(200);
                assert_eq!(first.total(), all.total());
            }
        }
    });
}

#[test]
fn the_parameter_alone_begins_a_walk() {
    run(async |service| {
        let idp = service.tenant("bare-cursors").await.idp();
        create_people(&idp, 3).await;
        for query in [
            "cursor&count=2",
            "count=2&cursor=",
            "Cursor=&count=2&startIndex=2",
        ] {
            let first = idp.get(&format!("/Users?{query}")).await.expect(200);
            let first = first.is(json!({"totalResults": 3, "itemsPerPage": 2}));
            assert!(first.body["nextCursor"].is_string(), "{query}");
        }
        let root = idp.get("?cursor").await.expect(200);
        root.is(json!({"totalResults": 3, "itemsPerPage": 3}));
        for count in ["0", "-3"] {
            let none = idp.get(&format!("/Users?cursor&count={count}")).await;
            let none = none.expect(200);
            let none = none.is(json!({"totalResults": 3, "itemsPerPage": 0}));
            assert_eq!(none.body.get("nextCursor"), None);
        }
        // Who asks for no cursor gets none.
        let index = idp.get("/Users?count=1").await.expect(200);
        assert_eq!(index.body.get("nextCursor"), None);
        index.is(json!({"startIndex": 1}));
    });
}

#[test]
fn a_walk_misses_nobody_and_shows_nobody_twice_while_others_write() {
    run(async |service| {
        let idp = service.tenant("busy-cursors").await.idp();
        let people = create_people(&idp, 16).await;
        let leavers = &people[12..];
        let queries = [
            vec![],
            vec![("filter", "title pr")],
            vec![("sortBy", "title")],
            vec![("sortBy", "userName")],
        ];
        for (round, query) in queries.into_iter().enumerate() {
            let name = format!("{query:?}");
            let query = [&query[..], &[("count", "3")]].concat();
            let (seen, _) = walk(&idp, "/Users", &query, false, async |page| {
                let new = format!("new-{round}-{page}");
                let new = json!({"schemas": [urn::USER], "userName": new, "title": "t0"});
                idp.post("/Users", new).await.expect(201);
                let path = format!("/Users/{}", people[page % 12]);
                let title =
                    json!([{"op": "replace", "path": "title", "value": format!("t{page}")}]);
                idp.patch(&path, title).await.expect(200);
                if let Some(leaver) = leavers.get(page - 1) {
                    idp.delete(&format!("/Users/{leaver}")).await;
                }
            })
            .await;
            let mut once = seen.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), seen.len(), "{name}: somebody came twice");
            for id in &people[..12] {
                assert!(seen.contains(id), "{name}: somebody is missing");
            }
        }
    });
}

#[test]
fn a_cursor_is_for_one_query_of_one_token() {
    run(async |service| {
        let (tenant, other) = (
            service.tenant("own-cursors").await,
            service.tenant("other-cursors").await,
        );
        let idp = tenant.idp();
        create_people(&idp, 5).await;
        create_people(&other.idp(), 5).await;
        for id in ["a", "b", "c"] {
            idp.group(id, &[]).await;
        }
        let first = idp.get("/Users?cursor&count=2").await.expect(200);
        let cursor = first.string("/nextCursor");
        let next = async |idp: &Idp, query: &str| {
            idp.get(&format!("{query}&cursor={cursor}&count=2")).await
        };
        next(&idp, "/Users?").await.expect(200);
        // Each can be read again, also with another count.
        let again = idp.get(&format!("/Users?cursor={cursor}&count=9")).await;
        again.expect(200).is(json!({"itemsPerPage": 3}));
        let mut details = Vec::new();
        for (idp, query) in [
            (&other.idp(), "/Users?"),
            (&idp, "/Groups?"),
            (&idp, "?"),
            (&idp, "/Users?filter=title%20pr"),
            (&idp, "/Users?sortBy=userName"),
            (&idp, "/Users?attributes=userName"),
        ] {
            let refused = next(idp, query).await.refused(400, "invalidCursor");
            details.push(refused.because(Reason::InvalidCursor).string("/detail"));
        }
        let (head, tail) = cursor.split_at(cursor.len() / 2);
        let mut tampered = vec![
            "x".to_owned(),
            ".".to_owned(),
            "-.".to_owned(),
            "-e30.e30".to_owned(),
            format!("-{}", &cursor[1..]),
            head.to_owned(),
            format!("{cursor}x"),
            "é".to_owned(),
            "9".repeat(4_000),
        ];
        let flipped = if tail.starts_with('A') { "B" } else { "A" };
        tampered.push(format!("{head}{flipped}{}", &tail[1..]));
        for text in tampered {
            let refused = page(&idp, "/Users", &[("cursor", &text)], true).await;
            let refused = refused.refused(400, "invalidCursor");
            details.push(refused.string("/detail"));
        }
        // A foreign one is not told from a forged one.
        details.dedup();
        assert_eq!(details.len(), 1, "{details:?}");
        for count in ["x", "1.5"] {
            let refused = idp.get(&format!("/Users?cursor&count={count}")).await;
            let refused = refused.refused(400, "invalidCount");
            refused.because(Reason::InvalidCount);
        }
    });
}

#[test]
fn a_cursor_whose_order_is_gone_has_expired() {
    run(async |service| {
        let tenant = service.tenant("gone-cursors").await;
        let idp = tenant.idp();
        create_people(&idp, 4).await;
        for order in ["title", "userName"] {
            let path = format!("/Users?sortBy={order}&count=2");
            let first = idp.get(&format!("{path}&cursor")).await.expect(200);
            let next = format!("{path}&cursor={}", first.string("/nextCursor"));
            idp.get(&next).await.expect(200);
            for item in raw::items(service, &tenant).await {
                let sort = raw::text(&item, "SK");
                if sort.starts_with("ORDER#") || sort.starts_with("NAME#") {
                    raw::delete(service, &tenant, "#B", sort).await;
                }
            }
            let refused = idp.get(&next).await.refused(400, "expiredCursor");
            let refused = refused.because(Reason::ExpiredCursor);
            assert!(refused.string("/detail").contains("60 minutes"));
        }
    });
}

/// Decodes base64 with the URL-safe alphabet.
fn decoded(text: &str) -> String {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits = text.chars().flat_map(|digit| {
        let value = digits.find(digit).expect("a digit");
        (0..6).rev().map(move |bit| value >> bit & 1)
    });
    let bits: Vec<usize> = bits.collect();
    let byte = |bits: &[usize]| bits.iter().fold(0, |byte, bit| byte * 2 + bit);
    let bytes = bits
        .chunks_exact(8)
        .map(|bits| u8::try_from(byte(bits)).unwrap());
    String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
}

#[test]
fn a_cursor_says_nothing_about_people() {
    run(async |service| {
        let idp = service.tenant("mute-cursors").await.idp();
        for name in ["secretly-a", "secretly-b", "secretly-c"] {
            idp.user(name).await;
        }
        for order in ["userName", "title"] {
            let first = idp
                .get(&format!("/Users?sortBy={order}&cursor&count=1"))
                .await;
            let cursor = first.expect(200).string("/nextCursor");
            let says = decoded(cursor[1..].split('.').next().unwrap_or_default());
            assert!(
                says.starts_with('{') && !says.contains("secretly"),
                "{says}"
            );
        }
    });
}

#[test]
fn a_list_ends_after_twenty_seconds_and_says_what_to_do() {
    run(async |_| {
        let (service, faults) = Service::with_faults().await;
        let idp = service.tenant("slow-lists").await.idp();
        idp.user("ada").await;
        faults.schedule(|call| match call.operation.as_str() {
            "Query" => Fault::Slow,
            _ => Fault::None,
        });
        // Each of the names is a query.
        let names = (0..40).map(|n| format!("userName sw \"n{n}\""));
        let filter = names.collect::<Vec<_>>().join(" or ");
        let body = json!({"schemas": [urn::SEARCH], "filter": filter});
        let began = std::time::Instant::now();
        let answer = idp.request(Method::POST, "/Users/.search").body(&body);
        let refused = answer.send().await.refused(400, "tooMany");
        let took = began.elapsed().as_secs();
        assert!((20..27).contains(&took), "{took} s");
        let detail = refused.string("/detail");
        assert!(detail.contains("`userName`, `externalId`"), "{detail}");
        faults.clear();
    });
}
