//! One tenant works at full speed while another works as always: what that costs the other.
//!
//! Times are printed and decide nothing; `tests/neighbour` prints them with full sizes. Counts decide: each request of the
//! quiet tenant succeeds, costs what it costs alone, and has its event and the role that follows from it, while the loud tenant
//! also changes the settings that decide everybody's role and searches its logs with a session.
//! `walks` counts for how many parts of the loud tenant's work a role of the quiet one waits.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::Future;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::{Either, join4, select};
use http::Method;
use rollcall_directory::{Origin, Role, Settings};
use rollcall_local::Options;
use rollcall_tests::api::Api;
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
            until("the role is announced", || self.is_delivered(&id)).await;
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

    /// Returns something if the bus has delivered the person's new role, which follows from the last change of a round.
    fn is_delivered(&self, person: &str) -> Option<()> {
        let newest = self.fixture.local.deliveries_after(self.seen.get());
        self.seen.set(self.seen.get() + newest.len());
        let is_it = |delivery: &Value| {
            let event = &delivery["detail"];
            event["type"] == "user.role_changed" && event["subject"]["id"] == person
        };
        newest.iter().any(is_it).then_some(())
    }
}

/// A session of the loud tenant, and how often it has shouted.
struct Session {
    api: Api,
    turns: Cell<usize>,
}

impl Session {
    /// Changes a setting that decides roles, and searches the log.
    async fn shout(&self, turn: usize) {
        let route_by = ["claim", "membership"][turn % 2];
        let settings = json!({"route_by": route_by});
        self.api.patch("/settings", settings).await.expect(200);
        // It may have to wait for what it has read (see `read_budgets`).
        let status = self.api.get("/requests?text=zzz").await.status;
        assert!([200, 429].contains(&status), "{status}");
        self.turns.set(self.turns.get() + 1);
    }
}

/// The loud tenant: large resources, mass deactivation, a huge group, and a session, without a pause.
async fn shout(idp: &Idp, session: &Session, people: &[String], large: &[String]) -> Infallible {
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
        join4(
            huge,
            some_at_once(replacements),
            some_at_once(deactivations),
            session.shout(turn),
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

/// Starts a service with a meter of its requests, and a loud tenant with people and a session.
async fn prepare(meter: &UnitMeter) -> (EventFixture, Idp, Session, Vec<String>) {
    let options = Options {
        wrap_http_client: Some(meter.wrap()),
        ..Options::default()
    };
    let fixture = EventFixture::with(options, Settings::default()).await;
    let (loud, shouting) = fixture.another("loud").await;
    let mut people = Vec::new();
    for n in 0..LARGE + size(40, 500) {
        people.push(shouting.user(&format!("loud-{n}")).await);
    }
    let (directory, sign_in) = (fixture.local.directory(), loud.sign_in());
    let link = sign_in.issue_portal_link(Role::Owner, None, true).await;
    let link = link.unwrap().secret;
    let opened = directory.open_portal_link(link.expose(), "loud", Origin::default());
    let secret = opened.await.unwrap().unwrap().secret.expose().to_owned();
    let session = Session {
        api: Api::new(fixture.local.api_base_url(), Some(secret)),
        turns: Cell::new(0),
    };
    fixture.drained().await;
    (fixture, shouting, session, people)
}

#[test]
fn a_tenant_at_full_speed_leaves_its_neighbour_what_it_needs() {
    run(async |_| {
        let meter = UnitMeter::default();
        let (fixture, shouting, session, people) = prepare(&meter).await;
        let (large, people) = people.split_at(LARGE);
        let quiet = Quiet {
            fixture: &fixture,
            meter: &meter,
            group: fixture.idp.group("g", &[]).await,
            seen: Cell::new(fixture.local.deliveries().len()),
        };
        let roles = fixture.tenant.roles();
        roles.map_group(&quiet.group, [Role::Viewer]).await.unwrap();
        let rounds = size(3, 20);
        let alone = quiet.run("alone", rounds).await;
        meter.take("loud");
        let work = std::pin::pin!(quiet.run("beside", rounds));
        let noise = std::pin::pin!(shout(&shouting, &session, people, large));
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
        assert!(session.turns.get() > 0, "the session was not loud");
        assert_eq!(fixture.local.dead_letters(), 0);
    });
}
