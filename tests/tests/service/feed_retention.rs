//! The event feed after its retention was shortened: newer events expire before older ones.

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::clock::PastClock;
use rollcall_directory::{FeedPage, FeedQuery, FeedRead, SettingsChange, Tenant};
use rollcall_tests::event_fixture::relayed;
use rollcall_tests::seed::person;
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;

fn days_ago(days: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(24 * days)
}

/// Lets events happen that are kept for so many days. Returns the number of the last one.
async fn happen(tenant: &Tenant, name: &str, keep_days: u32) -> u64 {
    let change = SettingsChange {
        retention_days: Some(keep_days),
        ..SettingsChange::default()
    };
    tenant.settings().change(&change).await.unwrap();
    for n in 0..5 {
        person(tenant, &format!("{name}{n}")).await;
    }
    relayed(tenant).await;
    tenant.journal().last_sequence().await.unwrap()
}

async fn read(tenant: &Tenant, after: u64) -> FeedRead {
    let query = FeedQuery {
        after,
        limit: 100,
        types: &[],
    };
    tenant.journal().feed(&query).await.unwrap()
}

async fn page(tenant: &Tenant, after: u64) -> FeedPage {
    match read(tenant, after).await {
        FeedRead::Page(page) => page,
        other => panic!("{after}: {other:?}"),
    }
}

#[test]
fn events_before_those_that_have_expired_have_expired() {
    run(async |_| {
        for (name, is_of_earlier_version) in [("shortened", false), ("upgraded", true)] {
            let table = TestTable::start().await;
            let clock = PastClock::begin(days_ago(60));
            let tenant = table.tenant(name).await;
            let long = happen(&tenant, "long", 365).await;
            if is_of_earlier_version {
                let head = ("#F", "HEAD");
                table.damage(&tenant, head, "expiry", None).await.unwrap();
            }
            clock.set(days_ago(50));
            let short = happen(&tenant, "short", 30).await;
            clock.set(days_ago(45));
            let longer = happen(&tenant, "longer", 365).await;
            clock.set(days_ago(30));
            let shorter = happen(&tenant, "shorter", 20).await;
            clock.set(days_ago(25));
            let kept = happen(&tenant, "kept", 90).await;
            assert!(long < short && short < longer && longer < shorter && shorter < kept);

            // Nothing has expired yet, then the second part, and then the fourth.
            for (days, oldest) in [(24, 1), (15, short + 1), (5, shorter + 1)] {
                clock.set(days_ago(days));
                for after in [0, oldest - 1, oldest, kept - 1, kept] {
                    let found = page(&tenant, after).await;
                    assert_eq!((found.oldest, found.head), (oldest, kept), "{days} {after}");
                    let first = found.items.first().map(|event| event.event.sequence);
                    let begin = oldest.max(after + 1);
                    assert_eq!(first, (begin <= kept).then_some(begin), "{days} {after}");
                    assert_eq!(found.next, kept);
                }
                for after in (1..oldest - 1).step_by(4) {
                    let expired = FeedRead::Expired { after: oldest - 1 };
                    assert_eq!(read(&tenant, after).await, expired, "{days} {after}");
                }
            }
            drop(clock);
        }
    });
}
