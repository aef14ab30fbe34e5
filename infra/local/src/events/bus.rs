//! The bus. It sends each event to the queues of all matching rules, and then records it as delivered.

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::template::{Rule, Trigger};

use super::lines::Lines;
use super::pattern;
use super::queues::Queues;

/// The name of the file that contains all deliveries, in order.
pub(crate) const FILE: &str = "bus.jsonl";

/// The bus of the template.
#[derive(Debug)]
pub(crate) struct Bus {
    rules: Vec<Rule>,
    log: Mutex<Log>,
}

/// The record of the deliveries.
#[derive(Debug)]
enum Log {
    Memory(Vec<Value>),
    File(Lines),
}

impl Bus {
    /// Returns a bus that records its deliveries in memory.
    pub(crate) fn in_memory(rules: Vec<Rule>) -> Self {
        let log = Mutex::new(Log::Memory(Vec::new()));
        Self { rules, log }
    }

    /// Returns a bus that records its deliveries in a file of this directory. Calls `earlier` with each delivery of earlier
    /// runs.
    pub(crate) fn on_disk(
        rules: Vec<Rule>,
        directory: &Path,
        earlier: impl FnMut(Value),
    ) -> io::Result<Self> {
        let lines = Lines::open_each(&directory.join(FILE), earlier)?;
        let log = Mutex::new(Log::File(lines));
        Ok(Self { rules, log })
    }

    /// Delivers one entry of a `PutEvents` call, and returns its event id.
    ///
    /// The event is sent to the queues before it is recorded. If the process is killed in between, the next start
    /// delivers it again.
    pub(crate) fn put(&self, entry: &Value, queues: &Queues) -> io::Result<String> {
        let detail = entry["Detail"].as_str().unwrap_or_default();
        let id = Uuid::new_v4().to_string();
        let event = json!({
            "version": "0",
            "id": id,
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": "000000000000",
            "time": Timestamp::now().to_string(),
            "region": "local",
            "resources": [],
            "detail": serde_json::from_str::<Value>(detail)?,
        });
        let mut log = self.log();
        for rule in &self.rules {
            let Trigger::Pattern(pattern) = &rule.trigger else {
                continue;
            };
            if pattern::matches(pattern, &event) {
                for (queue, input) in &rule.targets {
                    let body = input.clone().unwrap_or_else(|| event.to_string());
                    queues.send(queue, &body)?;
                }
            }
        }
        match &mut *log {
            Log::Memory(deliveries) => deliveries.push(event),
            Log::File(lines) => lines.append(&event)?,
        }
        Ok(id)
    }

    /// Returns the deliveries since the start without the first `count`, if they are kept in memory.
    pub(crate) fn deliveries_after(&self, count: usize) -> Vec<Value> {
        match &*self.log() {
            Log::Memory(deliveries) => deliveries.iter().skip(count).cloned().collect(),
            Log::File(_) => Vec::new(),
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
