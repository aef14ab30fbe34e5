//! Executes a target with stored inputs and with new ones, and says what made it fail.

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::FutureExt;

use crate::draw::Draw;

/// For how many seconds each target gets new inputs.
const SECONDS: &str = "ROLLCALL_FUZZ_SECONDS";
/// The seed of the first new input. Each further one has the next seed.
const SEED: &str = "ROLLCALL_FUZZ_SEED";
/// The longest that one execution may take, also without optimisations and next to other tests.
const HANGS_AFTER: Duration = Duration::from_secs(5);

/// Executes a target until the time is over, and prints how often that was.
pub(super) async fn fuzz(name: &str, draw: fn(&mut Draw) -> Vec<u8>, target: impl AsyncFn(&[u8])) {
    let stored = corpus(name);
    for (file, input) in &stored {
        execute(name, &format!("corpus file {file}"), input, &target).await;
    }
    let seconds = number(SECONDS).unwrap_or(0.3);
    let first: u64 = number(SEED).unwrap_or_else(|| rand::random::<u32>().into());
    let (started, mut executions) = (Instant::now(), 0_u64);
    while started.elapsed().as_secs_f64() < seconds {
        let seed = first.wrapping_add(executions);
        let mut drawn = Draw::seeded(seed);
        let input = draw(&mut drawn);
        let input = match drawn.one_in(2) {
            true => drawn.mutated(input),
            false => input,
        };
        execute(name, &format!("{SEED}={seed}"), &input, &target).await;
        executions += 1;
    }
    let stored = stored.len();
    eprintln!("fuzz: {name}: {executions} executions from seed {first}, {stored} stored inputs");
}

async fn execute(name: &str, origin: &str, input: &[u8], target: &impl AsyncFn(&[u8])) {
    let begun = Instant::now();
    let ended = tokio::time::timeout(
        HANGS_AFTER * 4,
        AssertUnwindSafe(target(input)).catch_unwind(),
    );
    let ended = ended.await;
    let shown = input.escape_ascii();
    assert!(
        matches!(ended, Ok(Ok(()))),
        "{name}: {origin}: fails with b\"{shown}\""
    );
    let took = begun.elapsed();
    assert!(
        took < HANGS_AFTER,
        "{name}: {origin}: {took:?} for b\"{shown}\""
    );
}

/// Reads the stored inputs of a target: its file names and contents.
fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name);
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = files.map(|file| {
        let content = std::fs::read(file.path());
        (
            file.file_name().to_string_lossy().into_owned(),
            content.expect("a file"),
        )
    });
    files.collect()
}

fn number<T: std::str::FromStr>(variable: &str) -> Option<T> {
    let text = std::env::var(variable).ok()?;
    let number = text.parse().ok();
    assert!(number.is_some(), "{variable}={text} is not a number");
    number
}
