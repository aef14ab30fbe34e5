//! Groups that are larger than a response, and how long a change of one of their members takes.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use rollcall_directory::GROUPS;
use rollcall_tests::faults::{Fault, Faults};
use rollcall_tests::idp::{Answer, Idp, encode};
use rollcall_tests::raw;
use rollcall_tests::seed::{group, patch};
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::size::size;
use rollcall_tests::table::TestTable;
use serde_json::json;

/// Lambda's limit on a response.
const PAYLOAD: u64 = 6 * 1024 * 1024;

/// Adds members that are nobody's ids to a group, each with this text as `display`.
async fn add_members(service: &Service, tenant: &Tenant, group: &str, count: usize, display: &str) {
    let partition = format!("T#{}#M#{group}", tenant.id());
    for _ in 0..count {
        let id = uuid::Uuid::now_v7().to_string();
        let sent = json!({"value": id, "display": display}).to_string();
        let since = "2026-01-01T00:00:00Z".to_owned();
        let item = [
            ("PK", partition.clone()),
            ("SK", id),
            ("sent", sent),
            ("since", since),
        ];
        let item = item.map(|(name, text)| (name.to_owned(), AttributeValue::S(text)));
        raw::put(service, item.into()).await;
    }
}

async fn read(idp: &Idp, path: &str, codings: &str) -> Answer {
    let request = idp.request(Method::GET, path);
    request.header("accept-encoding", codings).send().await
}

#[test]
fn a_group_that_does_not_fit_is_compressed_or_refused() {
    run(async |service| {
        let tenant = service.tenant("large-group").await;
        let idp = tenant.idp();
        let ada = idp.user("ada").await;
        let group = idp.group("Everybody", &[&ada]).await;
        // With long names, few members are as large as many.
        let (count, display) = (size(2_000, 100_000), size(3_300, 10));
        add_members(service, &tenant, &group, count, &"n".repeat(display)).await;

        let one = format!("/Groups/{group}");
        let list = "/Groups?filter=displayName%20eq%20%22everybody%22".to_owned();
        for path in [&one, &list] {
            let plain = read(&idp, path, "identity").await.refused(400, "tooMany");
            let detail = plain.body["detail"].as_str().unwrap();
            for hint in [
                "Accept-Encoding: gzip",
                "excludedAttributes=members",
                "groups.value eq",
            ] {
                assert!(detail.contains(hint), "{detail}");
            }
            let answer = read(&idp, path, "br, gzip").await.expect(200);
            assert_eq!(answer.headers["content-encoding"], "gzip");
            assert_eq!(answer.headers["vary"], "accept-encoding");
            let length = answer.headers["content-length"].to_str().unwrap();
            assert!(length.parse::<u64>().unwrap() / 3 * 4 < PAYLOAD, "{length}");
            let members = answer.select("/members/*/value").len();
            let listed = answer.select("/Resources/0/members/*/value").len();
            assert_eq!(members + listed, count + 1, "{path}");
        }

        // What fits is not compressed.
        let short = format!("{one}?excludedAttributes=members");
        let short = read(&idp, &short, "gzip").await.expect(200);
        assert!(!short.headers.contains_key("content-encoding"));
        let filter = format!("id eq \"{group}\" and members[value eq \"{ada}\"]");
        let path = format!(
            "/Groups?excludedAttributes=members&filter={}",
            encode(&filter)
        );
        assert_eq!(idp.get(&path).await.expect(200).total(), 1);
    });
}

#[test]
fn the_people_of_a_group_are_listed_page_by_page() {
    run(async |service| {
        let tenant = service.tenant("people-of-group").await;
        let idp = tenant.idp();
        let mut people = Vec::new();
        for n in 0..7 {
            people.push(idp.user(&format!("p{n}")).await);
        }
        let members: Vec<&str> = people[..5].iter().map(String::as_str).collect();
        let group = idp.group("five", &members).await;
        let page = async |filter: &str, start: usize, count: usize| {
            let filter = encode(filter);
            let path = format!("/Users?filter={filter}&startIndex={start}&count={count}");
            let answer = idp.get(&path).await.expect(200);
            let ids = answer.select("/Resources/*/id");
            let ids: Vec<String> = ids
                .iter()
                .filter_map(|it| it.as_str())
                .map(str::to_owned)
                .collect();
            (answer.total(), ids)
        };
        for filter in [
            format!("groups.value eq \"{group}\""),
            format!("groups eq \"{group}\""),
            format!("groups[value eq \"{group}\"]"),
            format!("groups.value eq \"{group}\" and active eq true"),
        ] {
            for (start, count) in [(1, 2), (3, 2), (5, 2), (1, 100), (4, 1), (6, 5), (1, 0)] {
                let first = (start - 1).min(5);
                let expected = people[first..(first + count).min(5)].to_vec();
                assert_eq!(
                    page(&filter, start, count).await,
                    (5, expected),
                    "{filter} {start}"
                );
            }
        }
        let leaves =
            json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", people[0])}]);
        idp.patch(&format!("/Groups/{group}"), leaves)
            .await
            .expect(204);
        idp.delete(&format!("/Users/{}", people[1]))
            .await
            .expect(204);
        let filter = format!("groups.value eq \"{group}\"");
        assert_eq!(page(&filter, 1, 100).await, (3, people[2..5].to_vec()));
        let other = service.tenant("people-of-another").await.idp();
        let path = format!("/Users?filter={}", encode(&filter));
        assert_eq!(other.get(&path).await.expect(200).total(), 0);
        idp.delete(&format!("/Groups/{group}")).await.expect(204);
        assert_eq!(page(&filter, 1, 100).await, (0, vec![]));
    });
}

/// `tests/large` prints the ratio of the times in a group of 10,000 and in one of 10.
#[test]
fn a_change_of_a_member_takes_as_long_in_a_large_group() {
    run(async |service| {
        let tenant = service.tenant("times").await;
        let idp = tenant.idp();
        let mut people = Vec::new();
        for n in 0..11 {
            people.push(idp.user(&format!("p{n}")).await);
        }
        let members: Vec<&str> = people[..10].iter().map(String::as_str).collect();
        let small = idp.group("small", &members).await;
        let large = idp.group("large", &members).await;
        let largest = size(1_000, 10_000);
        add_members(service, &tenant, &large, largest - 10, "n").await;
        let one = &people[10];
        let changes = [
            json!([{"op": "add", "path": "members", "value": [{"value": one}]}]),
            json!([{"op": "remove", "path": format!("members[value eq \"{one}\"]")}]),
        ];
        let time = async |group: &str| {
            let path = format!("/Groups/{group}");
            let started = Instant::now();
            for change in &changes {
                idp.patch(&path, change.clone()).await.expect(204);
            }
            started.elapsed()
        };
        let (mut in_small, mut in_large) = (Vec::new(), Vec::new());
        // By turns, so that both meet the same load of the machine, also what follows the requests before.
        for _ in 0..size(10, 200) {
            in_small.push(time(&small).await);
            in_large.push(time(&large).await);
        }
        let (in_small, in_large) = (median(in_small), median(in_large));
        let ratio = in_large.as_secs_f64() / in_small.as_secs_f64();
        eprintln!(
            "a change of a member in a group of {largest} takes {ratio:.2} times as long as in a group of 10"
        );
    });
}

/// `tests/large` prints the ratio of the time of a group of 10,000 in one request and that of its transactions one after
/// the other, each with the time that it takes in AWS, and what the time of the request consists of.
#[test]
fn a_large_group_is_made_by_several_transactions_at_once() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("one-request").await;
        let count = size(500, 10_000);
        let people = table.seed_users(&tenant, count).await;
        let (directory, faults) = table.other_process();
        let timeline = Timeline::of(&faults);
        let distant = directory.system(tenant.id().clone());

        let started = Instant::now();
        group(&distant, "whole", &people).await;
        let whole = started.elapsed();
        let calls = faults.calls();
        let parts = timeline.told(started, whole);

        // As many members as fit in one transaction.
        let (at_once, turns) = (48, size(3, 20));
        let one_by_one = group(&distant, "one by one", &[]).await;
        let started = Instant::now();
        for some in people.chunks(at_once).take(turns) {
            let some: Vec<_> = some.iter().map(|id| json!({"value": id})).collect();
            let add = json!({"op": "add", "path": "members", "value": some});
            patch(&distant, &GROUPS, &one_by_one, add).await;
        }
        let members = (at_once * turns).min(count);
        let one_by_one = started.elapsed().as_secs_f64() * count as f64 / members as f64;
        let ratio = whole.as_secs_f64() / one_by_one;
        eprintln!(
            "a group of {count} in one request takes {whole:.1?} with {calls} calls, {ratio:.2} times as long as its \
             transactions one after the other: {parts}"
        );
        // Of few members, the request has hardly fewer turns than transactions.
        // Steps: reads of 100 people, transactions of 48 members, and lists of 25 of these; besides, a few.
        let at_most = count / 100 + count / at_once + count / (25 * at_once) + 16;
        assert!(calls <= at_most as u64, "{calls} calls, at most {at_most}");
    });
}

/// The calls of one process, each write as far away as DynamoDB, and when each began.
#[derive(Clone, Default)]
struct Timeline(Arc<Mutex<Vec<(String, Instant)>>>);

impl Timeline {
    fn of(faults: &Faults) -> Self {
        let timeline = Self::default();
        let calls = Arc::clone(&timeline.0);
        faults.schedule(move |call| {
            let began = (call.operation.clone(), Instant::now());
            calls.lock().unwrap().push(began);
            match call.is_write() {
                true => Fault::Distant,
                false => Fault::None,
            }
        });
        timeline
    }

    /// Returns what the time of a large change of members consists of.
    fn told(&self, started: Instant, whole: Duration) -> String {
        let calls = self.0.lock().unwrap();
        let is_write = |(operation, _): &(String, Instant)| operation == "TransactWriteItems";
        let begin = |at: Option<&(String, Instant)>| at.map_or(started, |(_, at)| *at);
        let prepared = begin(calls.iter().find(|(operation, _)| operation == "PutItem"));
        let mut transactions = calls.iter().filter(|call| is_write(call));
        let opened = begin(transactions.next());
        let applied = begin(transactions.next());
        let last = calls.iter().rposition(is_write).unwrap_or_default();
        let (closed, answered) = (begin(calls.get(last)), begin(calls.get(last + 1)));
        let parts = [
            ("checking the members", started, prepared),
            ("storing the steps", prepared, opened),
            ("opening", opened, applied),
            ("the transactions", applied, closed),
            ("closing", closed, answered),
            ("reading the answer", answered, started + whole),
        ];
        let parts = parts.map(|(what, from, to)| format!("{what} {:.1?}", to - from));
        parts.join(", ")
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
