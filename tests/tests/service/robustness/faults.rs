//! Faults at every call: a request succeeds, or fails with 429 or 503 and has changed nothing, or all if its answer was lost
//! or could not be read; sent again, it leaves what it leaves without faults.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::join_all;
use http::Method;
use rollcall_tests::faults::{Fault, Faults};
use rollcall_tests::idp::Answer;
use rollcall_tests::service::{Service, run};
use rollcall_tests::size::full_size;
use rollcall_tests::tenant_faults::{Calls, Rule, TenantFaults};

use super::asking::is_unavailable;
use super::call_sites::DYNAMODB;
use super::scenarios::{SCENARIOS, Scenario, Stage, WRITES};
use super::state::State;

/// API Gateway's timeout.
const TIME_LIMIT: Duration = Duration::from_secs(29);
/// Each kind of fault that a call survives or not.
pub(crate) const KINDS: [Fault; 7] = [
    Fault::Throttle,
    Fault::ServerError,
    Fault::DroppedBefore,
    Fault::DroppedAfter,
    Fault::Conflict,
    Fault::Delay,
    Fault::Slow,
];
/// Cases at the same time. Most of the time, they wait for retries.
const AT_ONCE: usize = 32;
/// Unless all cases are asked for, one of so many is run, besides one for each operation and kind of fault, and one for
/// each request. It has no
/// divisor in common with the number of rules for a call.
const SAMPLE: usize = 607;

/// The calls that write what a request changes. Others write the log.
const WRITING: [&str; 2] = ["TransactWriteItems", "UpdateItem"];

/// The operations that write and are no scenario, and why.
const BESIDE: [(&str, &str); 9] = [
    (
        "end_session",
        "it is a session that asks; histories sign people out with faults",
    ),
    (
        "introspect_session",
        "it changes nothing but when a session was last used",
    ),
    ("create_tenant", "its tenant does not exist before"),
    // Faults are injected by tenant, and what belongs to the stack is read by the requests of all.
    ("create_service_key", "of the stack"),
    ("revoke_service_key", "of the stack"),
    ("define_stack_roles", "of the stack"),
    ("put_stack_branding", "of the stack"),
    ("declare_stack_schema", "of the stack"),
    ("withdraw_stack_schema", "of the stack"),
];

/// One request with faults.
struct Case {
    scenario: &'static Scenario,
    rule: Rule,
}

/// What a request leaves without faults, and the operations that it calls.
struct Expected {
    before: State,
    after: State,
    operations: Vec<String>,
    asked: (Method, String),
}

/// The number of each operation's faults.
type Injected = BTreeMap<(String, Fault), u64>;

async fn without_faults(
    service: &Service,
    faults: &TenantFaults,
    scenario: &'static Scenario,
) -> Result<Expected, String> {
    let stage = Stage::create(service, scenario).await;
    let before = State::of(service, &stage).await;
    faults.begin(stage.tenant.id(), None);
    let ask = (scenario.ask)(&stage);
    let answer = ask.send(&stage.senders).await;
    let operations = faults.end(stage.tenant.id()).operations;
    if answer.status >= 300 || is_unavailable(&answer) {
        return Err(format!("{}: {}", scenario.name, answer.body));
    }
    let after = State::of(service, &stage).await;
    Ok(Expected {
        before,
        after,
        operations,
        asked: (ask.method, ask.path),
    })
}

/// Sends the requests of several cases at the same time.
async fn send_with_faults(
    service: &Service,
    faults: &TenantFaults,
    cases: &[(Case, Arc<Expected>)],
) -> Vec<(Stage, Answer, Calls)> {
    // One stage after another, so that the requests have the processor to themselves.
    let mut stages = Vec::new();
    for (case, _) in cases {
        stages.push(Stage::create(service, case.scenario).await);
    }
    let sent = cases.iter().zip(&stages).map(async |((case, _), stage)| {
        let what = format!("{}: {:?}", case.scenario.name, case.rule);
        let ask = (case.scenario.ask)(stage);
        faults.begin(stage.tenant.id(), Some(case.rule.clone()));
        let begun = Instant::now();
        let answer = ask.send(&stage.senders).await;
        let took = begun.elapsed();
        assert!(took < TIME_LIMIT, "{what}: {took:?}");
        (answer, faults.end(stage.tenant.id()))
    });
    let sent = join_all(sent).await;
    let sent = stages.into_iter().zip(sent);
    sent.map(|(stage, (answer, calls))| (stage, answer, calls))
        .collect()
}

/// Checks what a request with faults has left, and what it leaves when it is sent again.
async fn check(
    service: &Service,
    (case, expected): &(Case, Arc<Expected>),
    (stage, answer): (&Stage, &Answer),
) {
    let scenario = case.scenario;
    let what = format!("{}: {:?}", scenario.name, case.rule);
    let ask = (scenario.ask)(stage);
    let lost = matches!(
        case.rule,
        Rule::From(_, Fault::DroppedAfter) | Rule::At(_, Fault::DroppedAfter)
    );
    if answer.status < 300 && !is_unavailable(answer) {
        let after = State::of(service, stage).await;
        assert_eq!(after.now, expected.after.now, "{what}");
        assert_eq!(after.history, expected.after.history, "{what}");
        return;
    }
    assert!(is_unavailable(answer), "{what}: {answer:?}");
    // Between the steps, the state cannot always be read: the tokens of a tenant end before the tenant does.
    if !scenario.in_steps {
        let after = State::of(service, stage).await;
        // If answers were lost, the last write may have been made.
        let is_done = after.now == expected.after.now;
        // Otherwise, nothing follows the change that can fail the request.
        if !(lost && is_done) {
            assert_eq!(after, expected.before, "{what}: it failed after the change");
        }
    }
    let again = ask.answered(&stage.senders).await;
    assert!(scenario.again.contains(&again.status), "{what}: {again:?}");
    let last = State::of(service, stage).await;
    // Without an idempotency key, what was created although its answer was lost is created once more.
    let may_be_twice = again.status == 201 && (scenario.in_steps || lost);
    if !may_be_twice {
        assert_eq!(last.now, expected.after.now, "{what}");
        assert_eq!(last.happened(), expected.after.happened(), "{what}");
    }
}

/// Returns a case for each call and kind of fault: once, and from then on.
fn cases(scenario: &'static Scenario, expected: &Expected) -> Vec<(Case, String)> {
    let mut cases = Vec::new();
    for (number, operation) in (0..).zip(&expected.operations) {
        for fault in KINDS {
            // Whatever is slow for long is too late: another test says what becomes of it.
            let lasts = (fault != Fault::Slow).then_some(Rule::From(number, fault));
            for rule in [Rule::At(number, fault)].into_iter().chain(lasts) {
                cases.push((Case { scenario, rule }, operation.clone()));
            }
        }
    }
    cases
}

/// Chooses the cases to run: all of them, or a sample with each operation and kind of fault.
fn sample(all: Vec<(Case, String, Arc<Expected>)>) -> Vec<(Case, Arc<Expected>)> {
    let mut covered = BTreeSet::new();
    // One case of each request, of one of its calls, and one of what follows its last write.
    let (turns, late) = (turns(&all), after_the_change(&all));
    let chosen = all
        .into_iter()
        .enumerate()
        .filter(|(n, (case, operation, _))| {
            let (Rule::At(_, fault) | Rule::From(_, fault)) = case.rule else {
                return false;
            };
            let is_new = covered.insert((operation.clone(), fault));
            is_new || full_size() || turns.contains(n) || late.contains(n) || n % SAMPLE == 0
        });
    chosen
        .map(|(_, (case, _, expected))| (case, expected))
        .collect()
}

/// Returns the number of the first case to run: a full run that failed can go on there.
fn first() -> usize {
    let first = std::env::var("ROLLCALL_FAULTS_FROM");
    first.map_or(0, |first| first.parse().unwrap())
}

/// Returns the number of one case of each request.
fn turns(all: &[(Case, String, Arc<Expected>)]) -> BTreeSet<usize> {
    let mut of_request: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, (case, ..)) in all.iter().enumerate() {
        of_request
            .entry(case.scenario.name)
            .or_default()
            .push(number);
    }
    let each = of_request.values().enumerate();
    each.map(|(n, numbers)| numbers[n * 37 % numbers.len()])
        .collect()
}

/// Returns the number of the case of each request in which all calls after its last write fail.
fn after_the_change(all: &[(Case, String, Arc<Expected>)]) -> BTreeSet<usize> {
    let is_write = |operation: &String| WRITING.contains(&&**operation);
    let numbers = all.iter().enumerate().filter(|(_, (case, _, expected))| {
        let last = expected.operations.iter().rposition(is_write);
        let next = last.and_then(|last| u64::try_from(last + 1).ok());
        let Rule::From(number, Fault::ServerError) = case.rule else {
            return false;
        };
        Some(number) == next
    });
    numbers.map(|(number, _)| number).collect()
}

/// Asserts that every operation of the API that writes is asked for, or is not for a reason.
async fn assert_all_written(service: &Service, asked: &[(Method, String)]) {
    let nobody = service.application().with(None);
    let document = nobody.get("/openapi.json").await.expect(200).body;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let id = id.trim_end_matches("_of_tenant");
            if method == "get" || BESIDE.iter().any(|(other, _)| *other == id) {
                continue;
            }
            let path = path.trim_start_matches("/api/v1");
            let path = match path.starts_with("/tenants") {
                true => path.to_owned(),
                false => format!("/tenants/{{tenant}}{}", path.trim_start_matches("/scim")),
            };
            let is_it = |(other, asked): &(Method, String)| {
                other.as_str().eq_ignore_ascii_case(method) && fits(&path, asked)
            };
            assert!(
                asked.iter().any(is_it),
                "no faults in `{id}`: add it to `scenarios.rs`"
            );
        }
    }
}

/// Returns whether a path of the document is that of a request.
fn fits(path: &str, asked: &str) -> bool {
    let asked = asked.split('?').next().unwrap_or_default();
    let (path, asked): (Vec<_>, Vec<_>) = (path.split('/').collect(), asked.split('/').collect());
    let mut segments = path.iter().zip(&asked);
    path.len() == asked.len() && segments.all(|(one, other)| one.starts_with('{') || one == other)
}

#[test]
fn requests_survive_faults_at_every_call() {
    run(async |_| {
        let (service, faults) = Service::with_faults().await;
        let (service, faults) = (&service, &TenantFaults::over(&faults));
        let mut all = Vec::new();
        let mut calls = 0;
        let (mut asked, mut wrong) = (Vec::new(), Vec::new());
        for scenario in SCENARIOS.iter().chain(&WRITES) {
            let expected = match without_faults(service, faults, scenario).await {
                Ok(expected) => expected,
                Err(refused) => {
                    wrong.push(refused);
                    continue;
                }
            };
            calls += expected.operations.len();
            asked.push(expected.asked.clone());
            let (expected, cases) = {
                let cases = cases(scenario, &expected);
                (Arc::new(expected), cases)
            };
            let cases = cases.into_iter();
            all.extend(cases.map(|(case, operation)| (case, operation, Arc::clone(&expected))));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_all_written(service, &asked).await;
        let chosen = sample(all);
        let number = chosen.len();
        let mut injected = Injected::new();
        // One case after another may be wrong, and all of them are told.
        let mut wrong = Vec::new();
        for (turn, group) in chosen.chunks(AT_ONCE).enumerate().skip(first() / AT_ONCE) {
            if turn > 0 && turn % 5 == 0 {
                eprintln!("faults in requests: {} of {number}", turn * AT_ONCE);
            }
            let sent = send_with_faults(service, faults, group).await;
            for (case, (stage, answer, calls)) in group.iter().zip(sent) {
                let checked = AssertUnwindSafe(check(service, case, (&stage, &answer)));
                if checked.catch_unwind().await.is_err() {
                    wrong.push(format!("{}: {:?}", case.0.scenario.name, case.0.rule));
                }
                for (key, times) in calls.injected {
                    *injected.entry(key).or_default() += times;
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        for key in rare_operations(service).await {
            *injected.entry(key).or_default() += 1;
        }
        // What is left out may have been the only one of its kind.
        if first() == 0 {
            assert_all_covered(&injected);
        }
        let total: u64 = injected.values().sum();
        let line = format!(
            "faults: {number} cases at {calls} calls of {} requests, {} call sites, {} kinds of faults, injected: {total}\n",
            SCENARIOS.len() + WRITES.len(),
            DYNAMODB.len(),
            KINDS.len(),
        );
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    });
}

/// Injects each fault once into the operations that no request of a client makes: the scan of an erasure, and the
/// creation of the table.
async fn rare_operations(service: &Service) -> BTreeSet<(String, Fault)> {
    let mut injected = BTreeSet::new();
    for (n, fault) in KINDS.into_iter().enumerate() {
        let tenant = service.tenant("erased").await;
        tenant.idp().user("somebody").await;
        tenant.directory().lifecycle().delete().await.unwrap();
        tenant.directory().erasures().order().await.unwrap();
        let (other, faults) = service.other_process(&tenant);
        once(&faults, "Scan", fault);
        let late = tokio::time::Instant::now() + Duration::from_secs(20);
        // Whoever is cut off is continued by the next message.
        let mut turns = 0;
        while !matches!(other.erasures().go_on(None, late).await, Ok(false)) {
            turns += 1;
            assert!(turns < 10, "{fault:?}: the erasure does not end");
        }
        injected.extend(faults.injected().into_keys());
        // Nothing conflicts with the creation of a table.
        let of_tables: &[&str] = match fault {
            Fault::Conflict => &[],
            _ => &["CreateTable", "UpdateTimeToLive"],
        };
        for operation in of_tables {
            let (client, faults) = service.client_with_faults();
            once(&faults, operation, fault);
            let name = format!("created-{n}-{operation}");
            let created = rollcall_directory::create_table::create_table(&client, &name).await;
            // The table exists if the answer was lost; the caller then completes it.
            let exists = matches!(
                created,
                Err(aws_sdk_dynamodb::Error::ResourceInUseException(_))
            );
            assert!(created.is_ok() || exists, "{fault:?}: {created:?}");
            injected.extend(faults.injected().into_keys());
        }
    }
    injected.retain(|(_, fault)| *fault != Fault::None);
    injected
}

/// Injects a fault into the first call of an operation.
fn once(faults: &Faults, operation: &'static str, fault: Fault) {
    let done = AtomicBool::new(false);
    faults.schedule(move |call| {
        let is_first = call.operation == operation && !done.swap(true, Ordering::SeqCst);
        if is_first { fault } else { Fault::None }
    });
}

/// Asserts that every operation got every kind of fault that it can have.
fn assert_all_covered(injected: &Injected) {
    for (_, operation) in DYNAMODB {
        for fault in KINDS {
            // Only writes of items conflict with other transactions.
            let conflicts = [
                "TransactWriteItems",
                "UpdateItem",
                "PutItem",
                "BatchWriteItem",
            ];
            let covered = injected.contains_key(&(operation.to_owned(), fault));
            let can_be = fault != Fault::Conflict || conflicts.contains(&operation);
            assert!(covered || !can_be, "{operation} never got {fault:?}");
        }
    }
}

/// A request whose calls are never answered ends in time, and says when to come back.
#[test]
fn a_request_that_is_never_answered_ends_in_time() {
    run(async |_| {
        let (service, faults) = Service::with_faults().await;
        let faults = TenantFaults::over(&faults);
        let hangs = [(0, "authorizer"), (2, "function")].map(async |(call, place)| {
            let stage = Stage::create(&service, &SCENARIOS[0]).await;
            let before = State::of(&service, &stage).await;
            let ask = (SCENARIOS[0].ask)(&stage);
            let rule = Rule::From(call, Fault::KilledBefore);
            faults.begin(stage.tenant.id(), Some(rule));
            let begun = Instant::now();
            let answer = ask.send(&stage.senders).await;
            faults.end(stage.tenant.id());
            assert_eq!(answer.status, 503, "{place}: {answer:?}");
            assert!(begun.elapsed() < TIME_LIMIT, "{place}");
            assert_eq!(State::of(&service, &stage).await, before, "{place}");
        });
        join_all(hangs).await;
    });
}
