//! Random concurrent histories. `tests/histories` runs as many as it is told to; a seed replays one of them.

use std::env;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::str::FromStr;

use futures::FutureExt;
use futures::future::join_all;
use rollcall_tests::service::{Service, run};
use rollcall_tests::tenant_faults::TenantFaults;

use super::history::History;

/// Histories if `ROLLCALL_HISTORIES` is not set.
const HISTORIES: u64 = 50;
/// Histories of one service at the same time.
const AT_ONCE: u64 = 20;
/// Histories of one service. A new one begins with an empty table.
const PER_SERVICE: u64 = 400;

fn from_env<T: FromStr>(name: &str) -> Option<T> {
    env::var(name).ok().and_then(|text| text.parse().ok())
}

fn say(line: &str) {
    // What is printed with `print!` is shown only if the test fails.
    let line = format!("{line}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// Says whose seed it is if something panics.
async fn blamed<T>(seed: u64, work: impl Future<Output = T>) -> T {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(done) => done,
        Err(panic) => {
            say(&format!("replay it with: tests/histories 1 --seed {seed}"));
            resume_unwind(panic)
        }
    }
}

#[test]
fn random_histories_keep_all_promises() {
    run(async |_| {
        let count = from_env("ROLLCALL_HISTORIES").unwrap_or(HISTORIES);
        let first = from_env("ROLLCALL_SEED").unwrap_or_else(|| rand::random::<u64>() >> 16);
        say(&format!(
            "histories: seeds {first} to {}",
            first + count - 1
        ));
        let (mut done, mut operations, mut faults) = (0, 0, 0);
        let mut seeds = first..first + count;
        loop {
            let part: Vec<u64> = seeds.by_ref().take(PER_SERVICE as usize).collect();
            if part.is_empty() {
                break;
            }
            let (service, table) = Service::with_faults().await;
            let (service, table) = (&service, &TenantFaults::over(&table));
            for batch in part.chunks(AT_ONCE as usize) {
                let run = batch.iter();
                let run = run.map(|seed| blamed(*seed, History::run(service, table, *seed)));
                let histories = join_all(run).await;
                let settle = histories.iter();
                let settle = settle.map(|history| blamed(history.seed, history.settle()));
                let worlds = join_all(settle).await;
                service.drained().await;
                let check = histories.iter().zip(&worlds).map(|(history, world)| {
                    blamed(history.seed, history.check(service, world.as_ref()))
                });
                join_all(check).await;
                operations += histories.iter().map(|it| it.operations).sum::<usize>();
                faults += histories.iter().map(|it| it.faults).sum::<u64>();
            }
            done += part.len();
            say(&format!(
                "histories: {done} of {count}, operations: {operations}, faults injected: {faults}"
            ));
        }
    });
}
