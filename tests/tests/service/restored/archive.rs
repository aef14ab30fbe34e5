//! The archive itself: it can be of any size, and its rows expire.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{ArchiveBounds, Directory, Reapplied, USERS};
use rollcall_restore::Request;
use rollcall_tests::faults::Fault;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::{Service, run};
use serde_json::json;
use tokio::time::{Duration, Instant};

use super::{RESTORED, restore, tenant};

type Row = HashMap<String, AttributeValue>;

fn archive_of(service: &Service) -> String {
    format!("{}-archive", service.table())
}

fn string(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// Returns a row as an earlier version wrote it: for one member, in the partition of the whole month, for ever.
fn row_of_before(
    group: &Tenanted<'_>,
    member: &str,
    is_added: bool,
    at: Timestamp,
    event: &str,
) -> Row {
    let (kind, list) = match is_added {
        true => ("group.member_added", "left"),
        false => ("group.member_removed", "taken"),
    };
    let key = format!("{:015}#{event}", at.as_millisecond());
    let members = AttributeValue::L(vec![string(member)]);
    let fields = [
        ("PK", string(&format!("A#{}", at.strftime("%Y-%m")))),
        ("SK", string(&key)),
        ("tenant", string(group.tenant)),
        ("type", string(kind)),
        ("subject", string(group.id)),
        (list, members),
        ("at", string(&at.to_string())),
        ("event", string(event)),
    ];
    fields
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

struct Tenanted<'a> {
    tenant: &'a str,
    id: &'a str,
}

async fn put_all(service: &Service, table: &str, rows: Vec<Row>) {
    for chunk in rows.chunks(25) {
        let requests = chunk.iter().map(|row| {
            let put = PutRequest::builder().set_item(Some(row.clone()));
            let put = put.build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        let write = service.client().batch_write_item();
        let write = write.request_items(table, requests.collect());
        write.send().await.unwrap();
    }
}

/// Thousands of changes are read page by page, and what has ended is done again a few things at a time. It comes to the same as
/// all at once, and a call that runs out of time goes on where it stopped.
#[test]
fn an_archive_of_any_size_is_done_again() {
    const PAGE: usize = 500;
    const THINGS: usize = 250;
    run(async |_| {
        let service = &Service::start().await;
        let scene = Scene::create(service, "restored-much").await;
        let mut people = Vec::new();
        for number in 0..30 {
            let name = format!("p{number:02}");
            people.push(scene.push(json!({"userName": name})).await);
        }
        let idp = scene.tenant.idp();
        let all: Vec<&str> = people.iter().map(String::as_str).collect();
        let group = idp.group("Staff", &all).await;
        service.drained().await;
        let restored_to = Timestamp::now();
        restore(service).await;

        let staff = Tenanted {
            tenant: scene.tenant.id(),
            id: &group,
        };
        // Those with an odd number end as removed.
        let mut changes: Vec<(String, bool)> = Vec::new();
        for round in 0..100 {
            let members = people.iter().enumerate();
            changes.extend(members.map(|(n, id)| (id.clone(), (round + n) % 2 == 1)));
        }
        // Nobody at the restore point; some sort before the people, and some behind.
        let strangers = (0..2_000).map(|n| (format!("{}{n:04}", ["0-", "z-"][n % 2]), false));
        changes.extend(strangers);
        let rows = changes.iter().enumerate();
        let rows = rows.map(|(n, (member, is_added))| {
            // Up to a hundred have the same time.
            let millis = i64::try_from(n / 100).unwrap();
            let at = restored_to + SignedDuration::from_millis(millis);
            row_of_before(&staff, member, *is_added, at, &format!("0-{n:06}"))
        });
        let archive = archive_of(service);
        put_all(service, &archive, rows.collect()).await;
        // What is archived now is later than that, in another partition.
        let gone = [&people[0], &people[2]].map(|id| json!({"value": id}));
        let ops = json!([{"op": "remove", "path": "members", "value": gone}]);
        let path = format!("/Groups/{group}");
        idp.patch(&path, ops).await.expect(204);
        service.drained().await;

        let (client, faults) = service.client_with_faults();
        let reads = Arc::new(Mutex::new(0_usize));
        let counted = Arc::clone(&reads);
        let of_archive = archive.clone();
        faults.schedule(move |call| {
            if call.operation == "Query" && call.body["TableName"] == of_archive.as_str() {
                assert_eq!(call.body["Limit"], PAGE, "{:?}", call.body);
                *counted.lock().unwrap() += 1;
            }
            Fault::None
        });
        let directory = Directory::new(client, service.table()).with_archive(archive);
        let bounds = ArchiveBounds {
            page: PAGE,
            things: THINGS,
        };
        let function = rollcall_restore::handler(directory).with_bounds(bounds);
        let asked = json!({"table": RESTORED, "restored_to": restored_to});
        let asked: Request = serde_json::from_value(asked).unwrap();
        // Each call has the time for one step.
        let (mut last, mut costs) = (Reapplied::default(), Vec::new());
        while !last.done {
            let next = function.call(asked.clone(), Instant::now()).await.unwrap();
            assert!(next.refused.is_empty(), "{next:?}");
            let more = next.reapplied - last.reapplied;
            assert!(more <= 1, "{next:?} after {last:?}");
            let read = std::mem::take(&mut *reads.lock().unwrap());
            if more == 1 {
                costs.push(read);
            }
            last = next;
        }
        // No thing is done twice: a window that is full is one step.
        let ended = 2_000 + 15 + 2;
        let fewest = ended / THINGS;
        assert!((fewest..=fewest + 4).contains(&costs.len()), "{costs:?}");
        // A call in the middle reads one part alone, once; when a month begins, of two months.
        let once = changes.len() / PAGE + 1 + 3 + 4;
        let middle = &costs[1..costs.len() - 1];
        assert!(middle.iter().all(|read| *read <= once), "{costs:?}");

        let at = service.directory().at_table(RESTORED);
        let acme = tenant(&at, scene.tenant.id());
        let is_member = async |number: usize| {
            let record = acme.resources().record(&USERS, &people[number]).await;
            record.unwrap().groups.contains(&group)
        };
        for number in 0..people.len() {
            let stays = number % 2 == 0 && ![0, 2].contains(&number);
            assert_eq!(is_member(number).await, stays, "{number}");
        }
        // All at once comes to the same.
        let function = rollcall_restore::handler(service.directory());
        let earlier = restored_to - Duration::from_secs(1);
        let asked = json!({"table": RESTORED, "restored_to": earlier});
        let asked: Request = serde_json::from_value(asked).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        let whole = function.call(asked, deadline).await.unwrap();
        assert!(whole.done && whole.reapplied <= costs.len(), "{whole:?}");
        for number in 0..people.len() {
            let stays = number % 2 == 0 && ![0, 2].contains(&number);
            assert_eq!(is_member(number).await, stays, "{number}");
        }
    });
}

/// Rows expire once no backup is old enough to need them, and a change of a group has one for all its members.
#[test]
fn what_is_archived_expires() {
    run(async |_| {
        let service = &Service::start().await;
        let scene = Scene::create(service, "restored-rows").await;
        let mut people = Vec::new();
        for name in ["ada", "bob", "eve"] {
            people.push(scene.push(json!({"userName": name})).await);
        }
        let all: Vec<&str> = people.iter().map(String::as_str).collect();
        let idp = scene.tenant.idp();
        let group = idp.group("Staff", &all).await;
        idp.delete(&format!("/Groups/{group}")).await.expect(204);
        service.drained().await;
        let scan = service.client().scan().table_name(archive_of(service));
        let rows = scan.send().await.unwrap().items.unwrap();
        let mut kinds = Vec::new();
        for row in &rows {
            let text = |name: &str| row[name].as_s().unwrap().as_str();
            let at: Timestamp = text("at").parse().unwrap();
            let expires: i64 = row["expires"].as_n().unwrap().parse().unwrap();
            assert_eq!(expires - at.as_second(), 400 * 86_400, "{row:?}");
            let partition = format!("A#{}#", at.strftime("%Y-%m"));
            assert!(text("PK").starts_with(&partition), "{row:?}");
            let named = ["taken", "left"].map(|list| match row.get(list) {
                Some(ids) => ids.as_l().unwrap().len(),
                None => 0,
            });
            if text("subject") == group {
                kinds.push((text("type").to_owned(), named));
            }
        }
        kinds.sort();
        let kinds: Vec<_> = kinds.iter().map(|(kind, ids)| (&**kind, *ids)).collect();
        let expected = [
            ("group.deleted", [0, 0]),
            ("group.member_added", [0, 3]),
            ("group.member_removed", [3, 0]),
        ];
        assert_eq!(kinds, expected);
    });
}
