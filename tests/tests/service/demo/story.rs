//! The demo is there, and what the console tells of it is true.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::pages::{Ids, pages};
use super::{TENANTS, run};

/// Returns all items of a list of the first tenant.
async fn all(demo: &super::Demo, path: &str) -> Vec<Value> {
    let path = format!("/tenants/{}{path}", TENANTS[0]);
    demo.application().all(&path).await
}

#[test]
fn there_are_2000_people_and_60_groups_with_names_from_everywhere() {
    run(async |demo| {
        let people = all(demo, "/users?limit=500").await;
        assert_eq!(people.len(), 2_000);
        assert_eq!(all(demo, "/groups?limit=500").await.len(), 60);
        let names: Vec<&str> = people
            .iter()
            .filter_map(|one| one["display_name"].as_str())
            .collect();
        assert_eq!(names.len(), 2_000);
        for (what, letters) in [
            ("right to left", 'ا'..='ي'),
            ("Han", '一'..='鿿'),
            ("Hangul", '가'..='힣'),
            ("Cyrillic", 'а'..='я'),
        ] {
            let has = |name: &&str| name.chars().any(|letter| letters.contains(&letter));
            assert!(names.iter().any(has), "{what}");
        }
        let states: BTreeSet<&str> = people
            .iter()
            .filter_map(|one| one["state"].as_str())
            .collect();
        assert_eq!(states, ["active", "inactive", "invited"].into());
    });
}

#[test]
fn the_feed_of_the_month_is_in_order_and_its_hashes_match() {
    run(async |demo| {
        let tenant = demo.local.directory().system(TENANTS[0].parse().unwrap());
        let journal = tenant.journal();
        let (mut after, mut began) = (0, None);
        loop {
            let found = journal.verify(after, 500).await.unwrap();
            assert!(found.faults.is_empty(), "{found:?}");
            assert!(found.without_hash.is_empty(), "{found:?}");
            assert_eq!(found.begins, if after == 0 { vec![1] } else { vec![] });
            let Some((last, _)) = found.last else { break };
            let events = journal.events(after, 500).await.unwrap();
            let times: Vec<Timestamp> = events.iter().map(|event| event.occurred_at).collect();
            // What follows a change has a later time, but the next request may have been made in between.
            let near = |one: &Timestamp, next: &Timestamp| {
                next.duration_since(*one) > SignedDuration::from_hours(-12)
            };
            assert!(times.is_sorted_by(near), "events are not in order");
            began = began.or(times.first().copied());
            after = last;
        }
        assert!(after > 2_500, "{after} events");
        let ago = Timestamp::now().duration_since(began.unwrap());
        assert!((29 * 24..=30 * 24).contains(&ago.as_hours()), "{ago}");
    });
}

#[test]
fn the_month_is_in_the_logs_and_in_the_evidence() {
    run(async |demo| {
        let kinds = all(demo, "/audit?limit=500").await;
        let kinds: BTreeSet<&str> = kinds
            .iter()
            .filter_map(|one| one["type"].as_str())
            .collect();
        for kind in [
            "auth.login",
            "auth.refused",
            "brake.held",
            "brake.tripped",
            "group.mapping_changed",
            "health.opened",
            "user.blocked",
            "user.deactivated",
            "user.deleted",
            "user.role_changed",
            "user.sessions_ended",
        ] {
            assert!(kinds.contains(kind), "{kind}: {kinds:?}");
        }
        let failed = all(demo, "/requests?failed=true&limit=500").await;
        let reasons = failed.iter().filter_map(|one| one["reason"].as_str());
        let reasons: BTreeSet<&str> = reasons.collect();
        for reason in ["invalid_filter", "not_found", "not_unique"] {
            assert!(reasons.contains(reason), "{reason}: {reasons:?}");
        }
        let path = format!("/tenants/{}/connections/entra/held", TENANTS[0]);
        let held = demo.application().get(&path).await.expect(200);
        assert_eq!(held.body["items"].as_array().unwrap().len(), 9);
        let path = format!("/tenants/{}/health", TENANTS[0]);
        let health = demo.application().get(&path).await.expect(200).body;
        let findings = health["findings"].as_array().unwrap().iter();
        let kinds: BTreeSet<&str> = findings.filter_map(|one| one["kind"].as_str()).collect();
        for kind in ["connection_silent", "never_heard_from", "token_expiring"] {
            assert!(kinds.contains(kind), "{kind}: {kinds:?}");
        }
    });
}

#[test]
fn no_page_of_the_demo_is_an_error() {
    run(async |demo| {
        let ids = Ids::of(demo).await;
        for tenant in TENANTS {
            let visitor = demo.visitor(tenant).await;
            for page in pages(&ids).iter().filter(|page| page.tenant == tenant) {
                let seen = visitor.get(&page.path).await;
                assert_eq!(seen.status, page.status, "{}: {}", page.path, seen.html);
            }
        }
    });
}
