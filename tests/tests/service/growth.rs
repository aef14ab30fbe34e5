//! How what each operation costs grows with the number of people: `tests/growth` loads 100,000 or a million of them and draws
//! the curves, and `cargo test` loads 3,000. Counts decide, never times.
//!
//! `tenant` is a tenant that is loaded in blocks, `operations` are what is measured in it.

mod operations;
mod tenant;

use std::collections::BTreeMap;
use std::io::Write as _;

use rollcall_directory::capacity::Cost;
use rollcall_tests::service::run;
use serde_json::json;

use operations::{Growth, measure_all};
use tenant::{BLOCK, Grown};

/// The environment variable with the numbers of people, such as `1000,10000`.
const SIZES: &str = "ROLLCALL_GROWTH";
/// The environment variable with the file to which the measured costs are written, one in a line.
const OUT: &str = "ROLLCALL_GROWTH_OUT";
/// From this number on, the table is in a file.
const IN_FILE: usize = 300_000;

fn sizes() -> Vec<usize> {
    let given = std::env::var(SIZES).unwrap_or_else(|_| "600,3000".to_owned());
    let sizes = given.split(',').map(|size| size.trim().parse().unwrap());
    sizes.collect()
}

#[test]
fn bounded_operations_do_not_grow() {
    run(async |_| {
        let sizes = sizes();
        let most = sizes.iter().max().copied().unwrap_or_default();
        let mut grown = Box::pin(Grown::start(most >= IN_FILE)).await;
        let (mut lines, mut first, mut wrong) = (String::new(), BTreeMap::new(), Vec::new());
        for people in sizes {
            grown.load(people / BLOCK).await;
            for measured in Box::pin(measure_all(&grown)).await {
                let (name, cost, growth) = (&measured.operation, measured.cost, measured.growth);
                let line = json!({
                    "area": measured.area, "operation": name, "growth": format!("{growth:?}"), "people": people,
                    "calls": cost.calls, "read_units": cost.read_units, "write_units": cost.write_units,
                    "refused": measured.refused,
                });
                lines += &format!("{line}\n");
                let at_first = *first.entry(name.clone()).or_insert(cost);
                if !keeps(growth, at_first, cost, people) {
                    wrong.push(format!(
                        "{name}, {people} people: {cost:?}, at first {at_first:?}"
                    ));
                }
            }
        }
        std::io::stderr().write_all(lines.as_bytes()).unwrap();
        if let Ok(path) = std::env::var(OUT) {
            std::fs::write(path, &lines).unwrap();
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

/// Returns whether an operation costs no more than it may.
fn keeps(growth: Growth, first: Cost, cost: Cost, people: usize) -> bool {
    let units = |cost: Cost| cost.read_units + cost.write_units;
    match growth {
        // The units depend on the digits of times, and a booking in a burst can need another call.
        Growth::Same => cost.calls <= first.calls + 2 && units(cost) <= units(first) * 1.1 + 3.0,
        Growth::UpTo(most) => cost.calls <= 80 && units(cost) <= most,
        Growth::All => {
            let people = people as f64;
            f64::from(cost.calls) <= people / 50.0 + 80.0 && units(cost) <= people * 0.3 + 300.0
        }
    }
}

#[test]
fn what_is_loaded_is_what_the_service_writes() {
    run(async |_| {
        let mut grown = Grown::start(false).await;
        grown.load(2).await;
        // The same once more, by SCIM.
        grown.push(7).await;
        let (loaded, pushed) = (grown.canonical(1).await, grown.canonical(7).await);
        assert!(loaded.len() > 200, "{}", loaded.len());
        for (one, other) in loaded.iter().zip(&pushed) {
            assert_eq!(one, other);
        }
        assert_eq!(loaded.len(), pushed.len());
        // The service reads the copies as its own, and the feed goes on behind them.
        for number in [1, 7] {
            grown.read_back(number).await;
        }
    });
}
