//! What work costs in DynamoDB: calls and capacity units, as the service reports them.

use std::cell::RefCell;
use std::future::Future;
use std::ops::AddAssign;

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// Calls made and capacity units consumed.
///
/// If DynamoDB reports one figure for a call without splitting it, it counts as what the call mainly does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Requests that DynamoDB answered; retries inside the SDK are not counted.
    pub calls: u32,
    /// Read capacity units.
    pub read_units: f64,
    /// Write capacity units.
    pub write_units: f64,
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.read_units += other.read_units;
        self.write_units += other.write_units;
    }
}

tokio::task_local! {
    static METER: RefCell<Cost>;
}

/// Runs `work` and returns what it cost.
///
/// Counts what happens in the same task, not what is spawned elsewhere. Measurements may be nested: the inner cost
/// counts for both.
pub async fn measure<F: Future>(work: F) -> (F::Output, Cost) {
    let (output, cost) = METER
        .scope(RefCell::default(), async {
            let output = work.await;
            let cost = METER.with(|meter| *meter.borrow());
            (output, cost)
        })
        .await;
    record(cost);
    (output, cost)
}

pub(crate) fn read<'a>(consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
    record(Cost {
        calls: 1,
        read_units: total(consumed),
        write_units: 0.0,
    });
}

pub(crate) fn write<'a>(consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
    record(Cost {
        calls: 1,
        read_units: 0.0,
        write_units: total(consumed),
    });
}

fn total<'a>(consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) -> f64 {
    consumed
        .into_iter()
        .filter_map(ConsumedCapacity::capacity_units)
        .sum()
}

fn record(cost: Cost) {
    // Outside `measure` nobody asks.
    let _ = METER.try_with(|meter| *meter.borrow_mut() += cost);
}
