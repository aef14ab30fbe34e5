//! The cost of work in DynamoDB: calls and consumed capacity units, as DynamoDB reports them.

use std::cell::RefCell;
use std::future::Future;
use std::ops::AddAssign;

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// Successful calls and the capacity units that they consumed.
///
/// The units of a call count as read units if it is a read, otherwise as write units. A condition check in a
/// transaction counts as a write.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Calls that succeeded. Failed calls, failed conditions and the SDK's own retries do not count.
    pub calls: u32,
    /// Consumed read capacity units.
    pub read_units: f64,
    /// Consumed write capacity units.
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

/// Runs `work` and returns its output and its cost.
///
/// Only calls in the same task count, not those in tasks that `work` spawns. Measurements can be nested: an inner cost
/// counts in the outer measurement too.
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
    // Outside `measure`, there is no meter.
    let _ = METER.try_with(|meter| *meter.borrow_mut() += cost);
}
