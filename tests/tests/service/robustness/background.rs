//! Faults at every call of the functions that follow events: the relay, the reconciler with its hourly pass, the mailer,
//! and the sender of webhooks. Whatever fails, the work is done when it comes again.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream;
use rollcall_tests::faults::Fault;
use rollcall_tests::service::run;
use rollcall_tests::size::full_size;

use super::background_stage::{Stage, Work};
use super::faults::KINDS;

/// Cases at the same time. Much of the time, they wait for retries.
const AT_ONCE: usize = 12;
/// Unless all cases are asked for, one of so many is run, besides one for each operation and kind of fault, and one for each
/// operation of a function.
const SAMPLE: usize = 97;
/// By then a run has ended, also on a busy machine: it has given up, or done its work.
const TIME_LIMIT: Duration = Duration::from_secs(300);

/// One run of a function with faults.
#[derive(Clone, Debug)]
struct Case {
    work: Work,
    /// The number of the call that fails.
    call: u64,
    fault: Fault,
    /// Whether all calls after it fail, too.
    lasts: bool,
}

/// What a function does without faults.
struct Expected {
    work: Work,
    operations: Vec<String>,
    state: Vec<String>,
}

async fn without_faults(work: Work) -> Expected {
    let mut stage = Stage::create(work).await;
    let (directory, faults) = stage.table.other_process();
    let operations: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&operations);
    faults.schedule(move |call| {
        seen.lock().expect("a lock").push(call.operation.clone());
        Fault::None
    });
    stage.run(work, directory).await;
    let operations = operations.lock().expect("a lock").clone();
    stage.converge(work).await;
    let state = stage.state(work).await;
    assert!(!operations.is_empty() && !state.is_empty(), "{work:?}");
    Expected {
        work,
        operations,
        state,
    }
}

/// Checks a case. Returns what is wrong.
async fn check(case: Case, expected: &Expected) -> Option<String> {
    let mut stage = Stage::create(case.work).await;
    let (directory, faults) = stage.table.other_process();
    let Case {
        call, fault, lasts, ..
    } = case;
    faults.schedule(move |it| match it.number {
        number if number == call || (lasts && number > call) => match fault {
            // Only writes of items conflict with other transactions.
            Fault::Conflict if !it.is_write() => Fault::None,
            fault => fault,
        },
        _ => Fault::None,
    });
    let begun = Instant::now();
    stage.run(case.work, directory).await;
    let took = begun.elapsed();
    stage.converge(case.work).await;
    let state = stage.state(case.work).await;
    let is_right = state == expected.state && took < TIME_LIMIT;
    (!is_right).then(|| format!("{case:?} took {took:?}, and left {state:?}"))
}

/// Returns the cases to run: all of them, or a sample with each operation and kind of fault.
fn cases(expected: &[Expected]) -> Vec<(Case, &Expected)> {
    let (mut covered, mut chosen, mut number) = (BTreeSet::new(), Vec::new(), 0);
    for expected in expected {
        for (call, operation) in (0..).zip(&expected.operations) {
            for fault in KINDS {
                // Whatever is slow for long is continued by the next message.
                for lasts in [false, true]
                    .into_iter()
                    .take(1 + usize::from(fault != Fault::Slow))
                {
                    number += 1;
                    let is_new = covered.insert((None, operation.clone(), Some(fault)))
                        | covered.insert((Some(expected.work), operation.clone(), None));
                    if !full_size() && !is_new && number % SAMPLE != 0 {
                        continue;
                    }
                    let work = expected.work;
                    let case = Case {
                        work,
                        call,
                        fault,
                        lasts,
                    };
                    chosen.push((case, expected));
                }
            }
        }
    }
    chosen
}

#[test]
fn functions_that_follow_events_survive_faults_at_every_call() {
    run(async |_| {
        let expected = stream::iter(Work::ALL).then(without_faults);
        let expected: Vec<Expected> = expected.collect().await;
        let calls: usize = expected.iter().map(|it| it.operations.len()).sum();
        let cases = cases(&expected);
        let number = cases.len();
        let checks = stream::iter(cases).map(|(case, expected)| check(case, expected));
        let checks = checks.buffer_unordered(AT_ONCE).enumerate();
        let checks = checks.inspect(|(done, _)| {
            if *done > 0 && done % 100 == 0 {
                eprintln!("faults in functions that follow events: {done} of {number}");
            }
        });
        let wrong: Vec<Option<String>> = checks.map(|(_, wrong)| wrong).collect().await;
        let wrong: Vec<String> = wrong.into_iter().flatten().collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        let line = format!(
            "faults: {number} cases at {calls} calls of {} functions that follow events, {} kinds of faults\n",
            Work::ALL.len(),
            KINDS.len(),
        );
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    });
}
