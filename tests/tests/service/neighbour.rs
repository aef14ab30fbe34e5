//! One tenant works at full speed while another works as always: what that costs the other.
//!
//! Times are printed and decide nothing; `tests/neighbour` prints them with full sizes. Counts decide: each request of the
//! quiet tenant succeeds, costs what it costs alone, and has its event.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::Future;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::{Either, join3, select};
use http::Method;
use rollcall_directory::Settings;
use rollcall_local::Options;
use rollcall_tests::event_fixture::{EventFixture, until};
use rollcall_tests::idp::Idp;
use rollcall_tests::service::run;
use rollcall_tests::size::size;
use rollcall_tests::unit_meter::{UnitMeter, Units};
use rollcall_tests::urn;
use serde_json::{Value, json};

/// The resources of the loud tenant that are large.
const LARGE: usize = 20;
/// How many requests of each kind the loud tenant sends at once.
const AT_ONCE: usize = 20;

/// What one run of the quiet tenant took and cost.
struct Run {
    latencies: Vec<Duration>,
    lags: Vec<Duration>,
    units: Units,
}

/// The quiet tenant: its people join, change, are looked up, and join a group, one after another.
struct Quiet<'a> {
    fixture: &'a EventFixture,
    meter: &'a UnitMeter,
    group: String,
    /// How many deliveries of the bus were looked at.
    seen: Cell<usize>,
}

impl Quiet<'_> {
    async fn run(&self, name: &str, rounds: usize) -> Run {
        self.meter.take(self.fixture.tenant.id().as_str());
        let (mut latencies, mut lags) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            let (took, id) = self.round(&format!("{name}-{round}")).await;
            latencies.extend(took);
            let changed = Instant::now();
            until("the event is delivered", || self.is_delivered(&id)).await;
            lags.push(changed.elapsed());
        }
        let units = self.meter.take(self.fixture.tenant.id().as_str());
        Run {
            latencies,
            lags,
            units,
        }
    }

    /// Sends the requests about one person. Returns how long each took, and the id.
    async fn round(&self, name: &str) -> (Vec<Duration>, String) {
        let idp = &self.fixture.idp;
        let mut took = Vec::new();
        let mut started = Instant::now();
        let mut lap = || {
            took.push(started.elapsed());
            started = Instant::now();
        };
        let id = idp.user(name).await;
        lap();
        let title = json!([{"op": "replace", "path": "title", "value": "t"}]);
        let path = format!("/Users/{id}");
        idp.patch(&path, title).await.expect(200);
        lap();
        let filter = format!("userName eq \"{name}\"");
        let found = idp.filter("/Users", &filter).await.expect(200);
        assert_eq!(found.total(), 1);
        lap();
        let join = json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
        let group = format!("/Groups/{}", self.group);
        idp.patch(&group, join).await.expect(204);
        lap();
        (took, id)
    }

    /// Returns something if the bus has delivered that the person joined the group, the last change of a round.
    fn is_delivered(&self, person: &str) -> Option<()> {
        let newest = self.fixture.local.deliveries_after(self.seen.get());
        self.seen.set(self.seen.get() + newest.len());
        let is_it = |delivery: &Value| {
            let event = &delivery["detail"];
            event["type"] == "group.member_added" && event["after"].to_string().contains(person)
        };
        newest.iter().any(is_it).then_some(())
    }
}

/// The loud tenant: large resources, mass deactivation, and a huge group, without a pause.
async fn shout(idp: &Idp, people: &[String], large: &[String]) -> Infallible {
    let members: Vec<Value> = people.iter().map(|id| json!({"value": id})).collect();
    let mut turn = 0;
    loop {
        turn += 1;
        let title = format!("{turn}{}", "x".repeat(90 * 1024));
        let replacements = large.iter().enumerate().map(|(n, id)| {
            let name = format!("large-{n}");
            let body = json!({"schemas": [urn::USER], "userName": name, "title": title});
            async move { drop(idp.put(&format!("/Users/{id}"), body).await.expect(200)) }
        });
        let active = turn % 2 == 0;
        let deactivations = people.iter().map(|id| {
            let operations = json!([{"op": "replace", "path": "active", "value": active}]);
            let path = format!("/Users/{id}");
            async move { drop(idp.patch(&path, operations).await.expect(200)) }
        });
        let name = format!("huge-{turn}");
        let body = json!({"schemas": [urn::GROUP], "displayName": name, "members": members});
        let huge = async {
            let path = format!(
                "/Groups/{}",
                idp.post("/Groups", body).await.expect(201).id()
            );
            let delete = idp.request(Method::DELETE, &path);
            delete.send().await.expect(204);
        };
        join3(
            huge,
            some_at_once(replacements),
            some_at_once(deactivations),
        )
        .await;
    }
}

async fn some_at_once(requests: impl Iterator<Item = impl Future<Output = ()>>) {
    let requests = futures::stream::iter(requests);
    requests
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<()>>()
        .await;
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times
        .get(times.len() / 2)
        .map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

/// Prints two figures of the quiet tenant, or of both tenants, and their ratio.
#[expect(
    clippy::print_stdout,
    reason = "`tests/neighbour` prints what it measures"
)]
fn print(what: &str, (first, one): (&str, f64), (second, other): (&str, f64)) {
    let ratio = other / one;
    println!("{what}: {first} {one:.1}, {second} {other:.1}, ratio {ratio:.2}");
}

/// Starts a service with a meter of its requests, and a loud tenant with people.
async fn prepare(meter: &UnitMeter) -> (EventFixture, Idp, Vec<String>) {
    let options = Options {
        wrap_http_client: Some(meter.wrap()),
        ..Options::default()
    };
    let fixture = EventFixture::with(options, Settings::default()).await;
    let (_, shouting) = fixture.another("loud").await;
    let mut people = Vec::new();
    for n in 0..LARGE + size(40, 500) {
        people.push(shouting.user(&format!("loud-{n}")).await);
    }
    fixture.drained().await;
    (fixture, shouting, people)
}

#[test]
fn a_tenant_at_full_speed_leaves_its_neighbour_what_it_needs() {
    run(async |_| {
        let meter = UnitMeter::default();
        let (fixture, shouting, people) = prepare(&meter).await;
        let (large, people) = people.split_at(LARGE);
        let quiet = Quiet {
            fixture: &fixture,
            meter: &meter,
            group: fixture.idp.group("g", &[]).await,
            seen: Cell::new(fixture.local.deliveries().len()),
        };
        let rounds = size(3, 20);
        let alone = quiet.run("alone", rounds).await;
        meter.take("loud");
        let work = std::pin::pin!(quiet.run("beside", rounds));
        let noise = std::pin::pin!(shout(&shouting, people, large));
        let beside = match select(work, noise).await {
            Either::Left((beside, _)) => beside,
            Either::Right((never, _)) => match never {},
        };
        let loud = meter.take("loud");
        fixture.drained().await;

        let (one, other) = (alone.units, beside.units);
        let pair =
            |a: Vec<Duration>, b: Vec<Duration>| (("alone", median(a)), ("beside", median(b)));
        let (a, b) = pair(alone.latencies, beside.latencies);
        print("latency of a request in ms", a, b);
        let (a, b) = pair(alone.lags, beside.lags);
        print("lag of an event in ms", a, b);
        let (a, b) = (("alone", one.units), ("beside", other.units));
        print("units of the quiet tenant", a, b);
        let (a, b) = (("quiet tenant", other.units), ("loud tenant", loud.units));
        print("units beside each other", a, b);
        assert!(one.units > 0.0 && loud.units > 0.0, "{one:?} {loud:?}");
        // A retry now and then, but no more.
        assert!(other.units <= one.units * 1.25, "{one:?} and {other:?}");
        assert!(other.calls <= one.calls * 5 / 4, "{one:?} and {other:?}");
        assert_eq!(fixture.local.dead_letters(), 0);
    });
}
