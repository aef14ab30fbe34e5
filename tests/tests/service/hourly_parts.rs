//! The parts of the hourly pass when the queue delivers a message more than once: no count changes, and no work is done twice.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::capacity::Cost;
use rollcall_directory::clock::PastClock;
use rollcall_directory::{Directory, LastPass, PassStep, PassTurn, Tenant};
use rollcall_runtime::Metric;
use rollcall_tests::faults::{Call, Fault, Faults};
use rollcall_tests::reconciling::Reconciling;
use rollcall_tests::table::TestTable;
use serde_json::{Value, json};

use crate::metrics::{logged, values};

/// The order of a pass, as the schedule sends it.
const ORDER: &str = r#"{"full_pass": {"spread": true}}"#;
/// The order of a pass over all tenants at once, as somebody sends it by hand.
const AT_ONCE: &str = r#"{"full_pass":{}}"#;

struct Stage {
    table: TestTable,
    directory: Directory,
    faults: Faults,
    work: Reconciling,
    tenants: Vec<Tenant>,
}

impl Stage {
    async fn start() -> Self {
        let table = TestTable::start().await;
        let mut tenants = Vec::new();
        for number in 0..6 {
            tenants.push(table.tenant(&format!("of-parts-{number}")).await);
        }
        let (directory, faults) = table.other_process();
        Self {
            work: Reconciling::of(directory.clone()),
            directory,
            table,
            faults,
            tenants,
        }
    }

    /// Delivers a message that was sent at this time. Returns whether it was handled, and the cost.
    async fn deliver(&self, message: &str, sent_at: Timestamp) -> (bool, Cost) {
        self.work.deliver(message, sent_at).await
    }

    /// Delivers a message, which is handled.
    async fn send(&self, message: &str) -> Cost {
        let (handled, cost) = self.deliver(message, Timestamp::now()).await;
        assert!(handled, "{message}");
        cost
    }

    /// Lists an erasure that is not finished, as its order does.
    async fn list_erasure(&self, place: String) {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let item = [("PK", text("S#ERASING")), ("SK", text(&place))];
        let item = item.map(|(name, value)| (name.to_owned(), value));
        self.table.put(item.into()).await;
    }

    /// Delivers a message of a pass until nothing is left of the pass, each time six minutes later, while calls about some of
    /// the tenants kill the process. Returns how often it died.
    async fn deliver_while_dying(&self, fatal: &[usize], most_deaths: usize) -> usize {
        let begun = Timestamp::now() - SignedDuration::from_hours(5);
        let clock = PastClock::begin(begun);
        let partitions = fatal.iter();
        let partitions = partitions.map(|number| format!("\"T#of-parts-{number}"));
        let partitions: Vec<String> = partitions.collect();
        let mut message = json!({"full_pass": {"pass": begun, "step": 1}}).to_string();
        let (mut receives, mut deaths) = (0, 0);
        for delivery in 0..30 {
            clock.set(begun + SignedDuration::from_mins(6) * delivery);
            let (partitions, lives) = (partitions.clone(), deaths >= most_deaths);
            self.faults.schedule(move |call: &Call| {
                let body = call.body.to_string();
                match !lives && partitions.iter().any(|of| body.contains(of)) {
                    true => Fault::KilledBefore,
                    false => Fault::None,
                }
            });
            receives += 1;
            assert!(receives < 5, "the queue gives the message up");
            tokio::select! {
                (handled, _) = self.deliver(&message, begun) => assert!(handled),
                () = self.faults.wait_for_kill() => {
                    deaths += 1;
                    continue;
                }
            }
            match self.work.sent().pop() {
                Some(next) => (message, receives) = (next.to_string(), 0),
                None => return deaths,
            }
        }
        panic!("the pass does not end")
    }

    /// Takes the messages that were sent, as they are when it is their turn.
    fn parts(&self) -> Vec<String> {
        let mut parts = Vec::new();
        for mut message in self.work.sent() {
            let pass = message["full_pass"].as_object_mut().unwrap();
            pass.retain(|name, _| ["part", "pass", "step"].contains(&name.as_str()));
            parts.push(message.to_string());
        }
        parts
    }

    /// Returns how many tenants a pass has looked at since this was asked last.
    async fn looked_at(&self) -> usize {
        let mark = LastPass {
            person: Some("0".to_owned()),
            judged: None,
        };
        let mut looked_at = 0;
        for tenant in &self.tenants {
            let noted = tenant.findings().last_pass().await.unwrap().unwrap();
            looked_at += usize::from(noted != mark);
            tenant.findings().note_pass(&mark).await.unwrap();
        }
        looked_at
    }
}

/// Returns how many parts have ended, of which the log tells.
fn complete(lines: &[Value]) -> f64 {
    let values = values(lines, Metric::CompletePasses);
    values.iter().map(|(_, value)| value).sum()
}

fn step_of(message: &str) -> PassStep {
    let message: Value = serde_json::from_str(message).unwrap();
    let pass = &message["full_pass"];
    PassStep {
        pass: pass["pass"].as_str().unwrap().parse().unwrap(),
        part: pass["part"].as_u64().unwrap() as u8,
        step: pass["step"].as_u64().unwrap_or_default() as u32,
    }
}

#[test]
fn a_pass_that_is_ordered_twice_begins_once() {
    let lines = logged(async {
        let stage = Stage::start().await;
        stage.looked_at().await;
        let now = Timestamp::now();
        assert!(stage.deliver(ORDER, now).await.0);
        let parts = stage.parts();
        assert_eq!(parts.len(), 12);
        // The same message again, another one of the same hour, and one that was delayed for an hour.
        let soon = now + SignedDuration::from_mins(3);
        let late = now - SignedDuration::from_mins(57);
        for at in [now, soon, late] {
            assert!(stage.deliver(ORDER, at).await.0);
            assert!(stage.work.sent().is_empty(), "{at}");
        }
        for part in &parts {
            stage.send(part).await;
        }
        assert_eq!(stage.looked_at().await, 6);
        // The next hour.
        let next = now + SignedDuration::from_mins(60);
        assert!(stage.deliver(ORDER, next).await.0);
        let parts = stage.parts();
        assert_eq!(parts.len(), 12);
        for part in &parts {
            stage.send(part).await;
        }
        assert_eq!(stage.looked_at().await, 6);
    });
    assert_eq!(complete(&lines), 24.0);
    assert!(values(&lines, Metric::FailedParts).is_empty());
}

#[test]
fn an_order_that_failed_half_way_doubles_nothing() {
    let lines = logged(async {
        let stage = Stage::start().await;
        stage.looked_at().await;
        // All parts are sent, and the process dies before it has noted that.
        let writes = std::sync::atomic::AtomicU32::new(0);
        stage.faults.schedule(move |call| {
            let is_write = call.operation == "TransactWriteItems";
            let number = writes.fetch_add(u32::from(is_write), std::sync::atomic::Ordering::SeqCst);
            match is_write && number > 0 {
                true => Fault::ServerError,
                false => Fault::None,
            }
        });
        let now = Timestamp::now();
        assert!(!stage.deliver(ORDER, now).await.0);
        stage.faults.schedule(|_| Fault::None);
        assert!(stage.deliver(ORDER, now).await.0);
        let parts = stage.parts();
        assert_eq!(parts.len(), 24);
        assert_eq!(parts[..12], parts[12..], "they are of the same pass");
        for part in &parts[..12] {
            stage.send(part).await;
        }
        assert_eq!(stage.looked_at().await, 6);
        for part in &parts[12..] {
            let cost = stage.send(part).await;
            assert_eq!((cost.calls, cost.write_units), (1, 0.0), "{cost:?}");
        }
        assert_eq!(stage.looked_at().await, 0);
    });
    assert_eq!(complete(&lines), 12.0);
}

#[test]
fn a_message_of_a_part_does_its_work_once() {
    let lines = logged(async {
        let stage = Stage::start().await;
        stage.looked_at().await;
        stage.send(ORDER).await;
        let first = stage.parts().remove(7);
        let step = step_of(&first);
        let passes = stage.directory.hourly_pass();

        // Another delivery of the message is at work: this one waits for its end, and does nothing.
        assert_eq!(passes.take(step).await.unwrap(), PassTurn::Ours);
        assert!(!stage.deliver(&first, Timestamp::now()).await.0);
        assert_eq!(stage.looked_at().await, 0);
        // It handed over to the next message.
        let mut second: Value = serde_json::from_str(&first).unwrap();
        second["full_pass"]["step"] = json!(1);
        let second = second.to_string();
        stage.send(&second).await;
        let looked_at = stage.looked_at().await;
        assert!(looked_at < 6, "{looked_at}");
        for again in [&first, &second] {
            stage.send(again).await;
            assert_eq!(stage.looked_at().await, 0);
        }
        assert!(stage.work.sent().is_empty());
    });
    assert_eq!(complete(&lines), 1.0);
}

#[test]
fn a_message_that_failed_does_its_work_when_it_comes_again() {
    let lines = logged(async {
        let stage = Stage::start().await;
        stage.send(ORDER).await;
        let parts = stage.parts();
        stage.looked_at().await;
        for part in &parts {
            // The list of tenants cannot be read.
            stage.faults.schedule(|call| match &*call.operation {
                "Query" => Fault::ServerError,
                _ => Fault::None,
            });
            assert!(!stage.deliver(part, Timestamp::now()).await.0);
            stage.faults.schedule(|_| Fault::None);
            stage.send(part).await;
        }
        assert_eq!(stage.looked_at().await, 6);
    });
    assert_eq!(complete(&lines), 12.0);
}

#[test]
fn a_part_that_takes_longer_than_an_hour_goes_on() {
    let lines = logged(async {
        let stage = Stage::start().await;
        let (now, hour) = (Timestamp::now(), SignedDuration::from_hours(1));
        assert!(stage.deliver(ORDER, now).await.0);
        let earlier = stage.parts().remove(7);
        let passes = stage.directory.hourly_pass();
        let step = step_of(&earlier);
        assert_eq!(passes.take(step).await.unwrap(), PassTurn::Ours);
        assert!(stage.deliver(ORDER, now + hour).await.0);
        let later = stage.parts().remove(7);
        stage.looked_at().await;
        // The last tenants are reached by the part that is under way, not by one that begins again.
        stage.send(&later).await;
        assert_eq!(stage.looked_at().await, 0);
        assert!(passes.finish(step).await.unwrap());
        assert!(!passes.finish(step).await.unwrap());
        assert!(stage.deliver(ORDER, now + hour * 2).await.0);
        let next = stage.parts().remove(7);
        stage.send(&next).await;
        // What is left of an earlier pass does nothing any more.
        stage.looked_at().await;
        stage.send(&earlier).await;
        assert_eq!(stage.looked_at().await, 0);
    });
    assert_eq!(complete(&lines), 1.0);
}

#[test]
fn parts_that_the_queue_did_not_take_are_sent_again() {
    let lines = logged(async {
        let stage = Stage::start().await;
        stage.looked_at().await;
        // Four of the first ten. The others of that call are not sent a second time.
        stage.work.outbox.refuse(4);
        stage.send(ORDER).await;
        let parts = stage.parts();
        assert_eq!((parts.len(), stage.work.outbox.calls()), (12, 3));
        let steps: Vec<u8> = parts.iter().map(|part| step_of(part).part).collect();
        assert_eq!(steps, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    });
    assert_eq!(complete(&lines), 0.0);
}

#[test]
fn parts_that_the_queue_does_not_take_are_ordered_by_the_next_delivery() {
    let lines = logged(async {
        let stage = Stage::start().await;
        stage.looked_at().await;
        stage.work.outbox.refuse(1_000);
        let now = Timestamp::now();
        assert!(!stage.deliver(ORDER, now).await.0);
        assert!(stage.work.sent().is_empty());
        stage.work.outbox.refuse(0);
        assert!(stage.deliver(ORDER, now).await.0);
        let parts = stage.parts();
        assert_eq!(parts.len(), 12);
        for part in &parts {
            stage.send(part).await;
        }
        assert_eq!(stage.looked_at().await, 6);
    });
    assert_eq!(complete(&lines), 12.0);
}

#[test]
fn a_pass_that_is_ordered_by_hand_does_its_work_once() {
    let lines = logged(async {
        let stage = Stage::start().await;
        stage.looked_at().await;
        let now = Timestamp::now();
        assert!(stage.deliver(AT_ONCE, now).await.0);
        assert_eq!(stage.looked_at().await, 6);
        // The same message again, and one that was sent before it.
        for at in [now, now - SignedDuration::from_secs(1)] {
            let (handled, cost) = stage.deliver(AT_ONCE, at).await;
            assert!(handled, "{at}");
            assert_eq!((cost.calls, cost.write_units), (1, 0.0), "{cost:?}");
        }
        assert_eq!(stage.looked_at().await, 0);
        assert!(stage.work.sent().is_empty());
        // Whoever orders one again gets it.
        let later = now + SignedDuration::from_secs(1);
        assert!(stage.deliver(AT_ONCE, later).await.0);
        assert_eq!(stage.looked_at().await, 6);
    });
    assert_eq!(complete(&lines), 24.0);
}

#[test]
fn of_two_passes_that_are_ordered_by_hand_the_later_one_goes_on() {
    let lines = logged(async {
        let stage = Stage::start().await;
        stage.looked_at().await;
        // SQS tells the time in milliseconds.
        let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap();
        let of = |pass: Timestamp, step: u32| PassStep {
            pass,
            part: PassStep::ALL_TENANTS,
            step,
        };
        let passes = stage.directory.hourly_pass();
        // Another delivery of the order is at work: this one waits for its end.
        assert_eq!(passes.take(of(now, 0)).await.unwrap(), PassTurn::Ours);
        assert!(!stage.deliver(AT_ONCE, now).await.0);
        assert_eq!(stage.looked_at().await, 0);
        // A later order begins at once, and reaches all tenants.
        let later = now + SignedDuration::from_secs(1);
        assert!(stage.deliver(AT_ONCE, later).await.0);
        assert_eq!(stage.looked_at().await, 6);
        // What continues the first one does nothing any more, and a message that continues is done once, too.
        let goes_on =
            |pass: Timestamp, step: u32| json!({"full_pass": {"pass": pass, "step": step}});
        let left = goes_on(now, 1).to_string();
        stage.send(&left).await;
        assert!(!passes.finish(of(now, 0)).await.unwrap());
        assert_eq!(stage.looked_at().await, 0);
        let latest = later + SignedDuration::from_secs(1);
        let continued = goes_on(latest, 1).to_string();
        for expected in [6, 0] {
            stage.send(&continued).await;
            assert_eq!(stage.looked_at().await, expected);
        }
    });
    assert_eq!(complete(&lines), 24.0);
}

#[test]
fn tenants_for_which_the_process_dies_hold_up_no_other() {
    let lines = logged(async {
        let stage = Stage::start().await;
        stage.looked_at().await;
        let deaths = stage.deliver_while_dying(&[1, 2, 5], usize::MAX).await;
        assert_eq!(deaths, 6, "the second death is the last for a tenant");
        stage.faults.clear();
        assert_eq!(stage.looked_at().await, 3);
    });
    let failed = values(&lines, Metric::FailedParts);
    assert_eq!(failed.iter().map(|(_, value)| value).sum::<f64>(), 3.0);
    assert_eq!(complete(&lines), 12.0);
}

#[test]
fn a_process_that_dies_once_leaves_no_tenant_out() {
    let lines = logged(async {
        let stage = Stage::start().await;
        stage.looked_at().await;
        assert_eq!(stage.deliver_while_dying(&[3], 1).await, 1);
        stage.faults.clear();
        assert_eq!(stage.looked_at().await, 6);
    });
    assert!(values(&lines, Metric::FailedParts).is_empty());
    assert_eq!(complete(&lines), 12.0);
}

#[test]
fn however_many_erasures_there_are_the_parts_come_first_and_each_tenant_has_one_message() {
    let lines = logged(async {
        let stage = Stage::start().await;
        for tenant in 0..3 {
            for person in 0..250 {
                let place = format!("erases-{tenant}#{person:03}");
                stage.list_erasure(place).await;
            }
        }
        for tenant in 0..150 {
            stage.list_erasure(format!("gone-{tenant:03}")).await;
        }
        let (now, hour) = (Timestamp::now(), SignedDuration::from_hours(1));
        let ordered = async |at: Timestamp| {
            assert!(stage.deliver(ORDER, at).await.0);
            let mut sent = stage.work.sent();
            let erasures = sent.split_off(12);
            assert!(sent.iter().all(|part| part["full_pass"]["part"].is_u64()));
            let tenant = |erasure: Value| erasure["erasure"]["tenant"].as_str().unwrap().to_owned();
            erasures.into_iter().map(tenant).collect::<Vec<_>>()
        };
        let all = ordered(now).await;
        let tenants: BTreeSet<&String> = all.iter().collect();
        assert_eq!((all.len(), tenants.len()), (153, 153));

        // The list cannot be read to its end. The next pass goes on there, and the one after it begins again.
        stage.faults.schedule(|call| {
            let goes_on = call.body.to_string().contains("\"S#ERASING\"")
                && call.body["ExclusiveStartKey"].is_object();
            match goes_on {
                true => Fault::ServerError,
                false => Fault::None,
            }
        });
        let first = ordered(now + hour).await;
        stage.faults.clear();
        let second = ordered(now + hour * 2).await;
        assert!(!first.is_empty() && !second.is_empty());
        assert_eq!([first, second].concat(), all);
        assert_eq!(ordered(now + hour * 3).await, all);
    });
    let failed = values(&lines, Metric::FailedParts);
    assert_eq!(failed, [(None, 1.0)]);
}
