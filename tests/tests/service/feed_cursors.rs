//! Cursors of the event feed: where a page ends, which types it has, and what becomes of a cursor without a place.

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_directory::capacity::measure;
use rollcall_directory::{EventType, FeedQuery, FeedRead, Reason};
use rollcall_tests::raw;
use rollcall_tests::service::{Service, Tenant, run};
use serde_json::{Value, json};

/// The beginning of 2001 in seconds, when nothing was relayed.
const LONG_AGO: i64 = 978_307_200;

async fn push(service: &Service, tenant: &Tenant, names: &[&str]) {
    for name in names {
        tenant.idp().user(name).await;
    }
    service.follow_up(tenant).await;
}

async fn page(service: &Service, tenant: &Tenant, query: &str) -> Value {
    let path = format!("/tenants/{}/events{query}", tenant.id());
    service.application().get(&path).await.expect(200).body
}

/// Reads types of events to the end of the feed, from cursor to cursor.
async fn all_of(service: &Service, tenant: &Tenant, types: &str) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), "0".to_owned());
    loop {
        let query = format!("?types={types}&limit=1&after={after}");
        let page = page(service, tenant, &query).await;
        let items = page["items"].as_array().unwrap();
        let kinds = items
            .iter()
            .map(|event| event["type"].as_str().unwrap().to_owned());
        found.extend(kinds);
        after = page["next"].as_str().unwrap().to_owned();
        if after.parse::<u64>().ok() == page["head"].as_u64() {
            return found;
        }
    }
}

/// Changes an event of the feed as it is stored.
async fn change(service: &Service, tenant: &Tenant, sequence: u64, with: fn(&mut raw::Item)) {
    let mut item = raw::item(service, tenant, "#F", &format!("{sequence:016}")).await;
    with(&mut item);
    raw::put(service, item).await;
}

/// Lets the events up to this one expire. DynamoDB deletes them some time later, and in no order.
async fn expire_to(service: &Service, tenant: &Tenant, last: u64) {
    for sequence in 1..=last {
        change(service, tenant, sequence, |item| {
            let expired = AttributeValue::N(LONG_AGO.to_string());
            item.insert("expires".to_owned(), expired);
        })
        .await;
    }
}

/// Lets an event have happened long ago, so that the relay is not at work on the one before it.
async fn settle(service: &Service, tenant: &Tenant, sequence: u64) {
    change(service, tenant, sequence, |item| {
        let mut event: Value = serde_json::from_str(raw::text(item, "event")).unwrap();
        event["occurred_at"] = json!("2001-01-01T00:00:00Z");
        item.insert("event".to_owned(), AttributeValue::S(event.to_string()));
    })
    .await;
}

#[test]
fn a_page_says_where_the_feed_begins_and_ends() {
    run(async |service| {
        let tenant = service.tenant("feed-ends").await;
        let head = page(service, &tenant, "").await["head"].as_u64().unwrap();
        push(service, &tenant, &["ada", "bob"]).await;
        let all = page(service, &tenant, "").await;
        let last = all["items"].as_array().unwrap().last().unwrap()["sequence"].clone();
        assert!(last.as_u64().unwrap() >= head + 2, "{all}");
        assert_eq!((&all["head"], &all["oldest"]), (&last, &json!(1)), "{all}");
        let next = all["next"].as_str().unwrap();
        assert_eq!(next, last.to_string());
        let none = page(service, &tenant, &format!("?after={next}")).await;
        assert_eq!(
            none,
            json!({"items": [], "next": next, "head": last, "oldest": 1})
        );
    });
}

#[test]
fn types_select_events() {
    run(async |service| {
        let tenant = service.tenant("feed-types").await;
        push(service, &tenant, &["ada"]).await;
        let idp = tenant.idp();
        let bob = idp.user("bob").await;
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        idp.patch(&format!("/Users/{bob}"), off).await.expect(200);
        push(service, &tenant, &["cleo"]).await;
        let created = all_of(service, &tenant, "user.created").await;
        assert_eq!(created, ["user.created"; 3]);
        let both = all_of(service, &tenant, "user.deactivated,user.created").await;
        let expected = [
            "user.created",
            "user.created",
            "user.deactivated",
            "user.created",
        ];
        assert_eq!(both, expected);
        assert_eq!(all_of(service, &tenant, "user.blocked").await, [""; 0]);
        for types in ["user.invented", "", "user.created,", "USER.CREATED"] {
            let path = format!("/tenants/{}/events?types={types}", tenant.id());
            let refused = service.application().get(&path).await.expect(400);
            assert!(
                refused.string("/detail").starts_with("`types`"),
                "{}",
                refused.body
            );
        }
    });
}

#[test]
fn a_cursor_ahead_of_the_feed_is_gone() {
    run(async |service| {
        let tenant = service.tenant("feed-ahead").await;
        push(service, &tenant, &["ada"]).await;
        let head = page(service, &tenant, "").await["head"].as_u64().unwrap();
        let base = format!("/tenants/{}/events", tenant.id());
        let application = service.application();
        for after in [head + 1, u64::MAX] {
            let gone = application.get(&format!("{base}?after={after}")).await;
            let gone = gone.expect(410).because(Reason::CursorAhead);
            assert_eq!(gone.string("/next"), head.to_string());
        }
        page(service, &tenant, &format!("?after={head}")).await;
        application
            .get("/tenants/none/events?after=1")
            .await
            .expect(404);
    });
}

#[test]
fn a_cursor_before_expired_events_is_gone() {
    run(async |service| {
        let tenant = service.tenant("feed-expired").await;
        push(service, &tenant, &["ada", "bob", "cleo", "dan"]).await;
        let head = page(service, &tenant, "").await["head"].as_u64().unwrap();
        let kept = head - 1;
        expire_to(service, &tenant, kept - 1).await;
        let base = format!("/tenants/{}/events", tenant.id());
        let application = service.application();
        // A relay could still be about to write what is missing.
        let waiting = page(service, &tenant, "?after=1").await;
        assert_eq!(
            (&waiting["items"], &waiting["next"]),
            (&json!([]), &json!("1"))
        );
        settle(service, &tenant, kept).await;
        let gone = application.get(&format!("{base}?after=1")).await;
        let gone = gone.expect(410).because(Reason::EventsExpired);
        let next = gone.string("/next");
        assert_eq!(next, (kept - 1).to_string());
        for query in [
            String::new(),
            "?after=0".to_owned(),
            format!("?after={next}"),
        ] {
            let page = page(service, &tenant, &query).await;
            let first = &page["items"][0]["sequence"];
            assert_eq!(
                (first, &page["oldest"]),
                (&json!(kept), &json!(kept)),
                "{query}"
            );
        }
        // Later, none is kept.
        expire_to(service, &tenant, head).await;
        let mut item = raw::item(service, &tenant, "#F", "HEAD").await;
        item.remove("moved_at");
        raw::put(service, item).await;
        let gone = application.get(&format!("{base}?after={kept}")).await;
        let gone = gone.expect(410).because(Reason::EventsExpired);
        assert_eq!(gone.string("/next"), head.to_string());
        let empty = page(service, &tenant, "").await;
        let expected =
            json!({"items": [], "next": head.to_string(), "head": head, "oldest": head + 1});
        assert_eq!(empty, expected);
    });
}

#[test]
fn expired_events_that_are_still_stored_cost_few_reads() {
    run(async |service| {
        let tenant = service.tenant("feed-block").await;
        let names: Vec<String> = (0..50).map(|n| format!("p{n}")).collect();
        push(
            service,
            &tenant,
            &Vec::from_iter(names.iter().map(|name| &**name)),
        )
        .await;
        service.drained().await;
        let head = page(service, &tenant, "").await["head"].as_u64().unwrap();
        let last = head - 3;
        expire_to(service, &tenant, last).await;
        settle(service, &tenant, last + 1).await;
        // DynamoDB deletes in no order.
        for sequence in [2, 3, 17, last / 2, last - 1] {
            raw::delete(service, &tenant, "#F", &format!("{sequence:016}")).await;
        }
        let all: &[EventType] = &[];
        let created: &[EventType] = &[EventType::UserCreated];
        let oldest = last + 1;
        for (after, limit, types) in [
            (0, 1, all),
            (0, 5, all),
            (0, 5, created),
            (1, 1, all),
            (last - 4, 1, created),
            (last, 1, all),
            (last, 5, created),
            (head - 1, 5, all),
            (head, 5, all),
        ] {
            let query = FeedQuery {
                after,
                limit,
                types,
            };
            let journal = tenant.directory().journal();
            let (read, cost) = measure(journal.feed(&query)).await;
            // The head, the events after the cursor, the first one, a search through fewer than 64, and what it leads to.
            assert!(cost.calls <= 3 + 6 + 1, "{query:?} {cost:?}");
            assert!(cost.read_units <= 24.0, "{query:?} {cost:?}");
            match read.unwrap() {
                FeedRead::Expired { after: expired } => {
                    assert!(0 < after && after < last, "{query:?}");
                    assert_eq!(expired, last, "{query:?}");
                }
                FeedRead::Page(page) => {
                    assert!(after == 0 || after >= last, "{query:?}");
                    let first = page.items.first().map(|event| event.event.sequence);
                    let begin = oldest.max(after + 1);
                    assert_eq!(first, (begin <= head).then_some(begin), "{query:?}");
                    assert_eq!((page.oldest, page.head), (oldest, head), "{query:?}");
                }
                other @ FeedRead::Ahead { .. } => panic!("{query:?} {other:?}"),
            }
        }
    });
}
