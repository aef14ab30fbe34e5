//! Faults for the requests of one tenant at a time, so that many tenants of one service have different ones.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use crate::faults::{Call, Fault, Faults};

/// Which calls of a tenant get a fault.
#[derive(Clone, Debug)]
pub enum Rule {
    /// The call with this number.
    At(u64, Fault),
    /// The call with this number and all after it.
    From(u64, Fault),
    /// Each fault its share of 1,000 calls, drawn with a seed.
    Mix(u64, Vec<(Fault, u32)>),
}

/// What happened to the calls of a tenant.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    /// The operations of the calls, in order.
    pub operations: Vec<String>,
    /// How often each operation got each fault.
    pub injected: BTreeMap<(String, Fault), u64>,
}

struct Plan {
    rule: Option<(Rule, StdRng)>,
    calls: Calls,
}

/// The faults of all tenants of a service.
#[derive(Clone)]
pub struct TenantFaults {
    plans: Arc<Mutex<HashMap<String, Plan>>>,
}

impl std::fmt::Debug for TenantFaults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TenantFaults")
    }
}

impl TenantFaults {
    /// Takes over the schedule of a service's faults.
    pub fn over(faults: &Faults) -> TenantFaults {
        let plans: Arc<Mutex<HashMap<String, Plan>>> = Arc::default();
        let known = Arc::clone(&plans);
        faults.schedule(move |call| {
            let tenant = tenant_of(&call.body).unwrap_or_default();
            match lock(&known).get_mut(tenant) {
                Some(plan) => plan.next(call),
                None => Fault::None,
            }
        });
        TenantFaults { plans }
    }

    /// Counts the calls of a tenant from now on, and injects what the rule says.
    pub fn begin(&self, tenant: &str, rule: Option<Rule>) {
        let rule = rule.map(|rule| {
            let seed = match &rule {
                Rule::Mix(seed, _) => *seed,
                Rule::At(..) | Rule::From(..) => 0,
            };
            (rule, StdRng::seed_from_u64(seed))
        });
        let calls = Calls::default();
        lock(&self.plans).insert(tenant.to_owned(), Plan { rule, calls });
    }

    /// Ends the faults of a tenant, and returns what happened to its calls.
    pub fn end(&self, tenant: &str) -> Calls {
        let plan = lock(&self.plans).remove(tenant);
        plan.map(|plan| plan.calls).unwrap_or_default()
    }
}

impl Plan {
    fn next(&mut self, call: &Call) -> Fault {
        let number = self.calls.operations.len() as u64;
        self.calls.operations.push(call.operation.clone());
        let drawn = match &mut self.rule {
            None => Fault::None,
            Some((Rule::At(at, fault), _)) if number == *at => *fault,
            Some((Rule::From(from, fault), _)) if number >= *from => *fault,
            Some((Rule::At(..) | Rule::From(..), _)) => Fault::None,
            Some((Rule::Mix(_, shares), random)) => draw(random.random_range(0..1000), shares),
        };
        // Only writes conflict.
        let fault = match drawn {
            Fault::Conflict if !call.is_write() => Fault::None,
            drawn => drawn,
        };
        if fault != Fault::None {
            let key = (call.operation.clone(), fault);
            *self.calls.injected.entry(key).or_default() += 1;
        }
        fault
    }
}

fn draw(mut drawn: u32, shares: &[(Fault, u32)]) -> Fault {
    for (fault, share) in shares {
        if drawn < *share {
            return *fault;
        }
        drawn -= share;
    }
    Fault::None
}

/// Returns the tenant whose items a request names: the first key in it that has one.
fn tenant_of(body: &Value) -> Option<&str> {
    match body {
        Value::String(text) => {
            let rest = text.strip_prefix("T#")?;
            rest.split('#').next()
        }
        Value::Array(elements) => elements.iter().find_map(tenant_of),
        Value::Object(members) => members.values().find_map(tenant_of),
        _ => None,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
