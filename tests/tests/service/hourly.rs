//! The hourly pass: it is spread over the hour, it looks before it writes, and it does not judge anew where nothing happened.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::capacity::{Cost, measure};
use rollcall_directory::clock::PastClock;
use rollcall_directory::{Judged, LastPass, Provider, Role, Tenant, TenantId, Verdict};
use rollcall_runtime::Metric;
use rollcall_tests::event_fixture::relayed;
use rollcall_tests::reconciling::{LONG, Reconciling};
use rollcall_tests::seed::{group, person};
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::metrics::{logged, values};

fn far() -> Instant {
    Instant::now() + LONG
}

/// Returns a clock that is so far behind that whatever happens on it has settled for a pass, which reads the time that it is.
fn settled() -> PastClock {
    PastClock::begin(Timestamp::now() - SignedDuration::from_mins(2))
}

struct Stage {
    table: TestTable,
    work: Reconciling,
}

impl Stage {
    async fn start() -> Self {
        let table = TestTable::start().await;
        let work = Reconciling::of(table.directory());
        Self { table, work }
    }

    async fn send(&self, message: Value) -> Cost {
        self.work.handle(&message, LONG).await
    }

    async fn pass(&self) -> Cost {
        let cost = self.send(json!({"full_pass": {}})).await;
        assert!(self.sent().is_empty(), "the pass is complete");
        cost
    }

    fn sent(&self) -> Vec<Value> {
        self.work.sent()
    }

    /// Returns a tenant with a connection, and the token of that.
    async fn connected(&self, name: &str) -> (Tenant, String) {
        let tenant = self.table.tenant(name).await;
        let credentials = tenant.credentials();
        let connection = credentials.create_connection("idp", Provider::Okta).await;
        let in_a_month = Timestamp::now() + SignedDuration::from_hours(30 * 24);
        let connection = connection.unwrap().id;
        let issued = credentials
            .issue_token(&connection, "token", Some(in_a_month))
            .await;
        let secret = issued.unwrap().secret.expose().to_owned();
        (tenant, secret)
    }

    async fn request(&self, secret: &str) {
        self.table
            .directory()
            .authenticate(secret, "r")
            .await
            .unwrap();
    }
}

async fn judged(tenant: &Tenant) -> Option<Judged> {
    tenant.findings().last_pass().await.unwrap().unwrap().judged
}

async fn opened(tenant: &Tenant) -> Vec<String> {
    let events = relayed(tenant).await.into_iter();
    let opened = events.filter(|event| event.kind == "health.opened");
    let kind = |after: Value| after["kind"].as_str().unwrap_or_default().to_owned();
    opened.map(|event| kind(event.after.unwrap())).collect()
}

#[test]
fn a_tenant_in_which_nothing_happens_is_not_judged_anew() {
    run(async |_| {
        let _clock = settled();
        let stage = Stage::start().await;
        let (tenant, secret) = stage.connected("quiet").await;
        stage.request(&secret).await;
        let mut costs = Vec::new();
        while judged(&tenant).await.is_none() {
            costs.push(stage.pass().await);
            assert!(costs.len() < 4, "{costs:?}");
        }
        relayed(&tenant).await;
        stage.pass().await;
        let judging = *costs.last().unwrap();
        let known = judged(&tenant).await.unwrap();
        let quiet = stage.pass().await;
        assert_eq!(judged(&tenant).await.as_ref(), Some(&known));
        assert!(quiet.calls + 8 <= judging.calls, "{judging:?} {quiet:?}");
        assert_eq!(quiet.write_units, 0.0, "{quiet:?}");

        // A use of the token, a change, and a refused request that nobody sees but in the log.
        let mut before = known;
        for what in ["a request", "a person", "a session"] {
            match what {
                "a request" => stage.request(&secret).await,
                "a person" => _ = person(&tenant, "ada").await,
                _ => {
                    let sign_in = tenant.sign_in();
                    let link = sign_in.issue_portal_link(Role::Owner, None, false).await;
                    link.unwrap();
                }
            }
            stage.pass().await;
            stage.pass().await;
            let after = judged(&tenant).await.unwrap();
            assert_ne!(after.seen, before.seen, "{what}");
            before = after;
        }
    });
}

#[test]
fn what_opens_by_time_alone_is_announced_in_time() {
    run(async |_| {
        let _clock = settled();
        let stage = Stage::start().await;
        let (tenant, secret) = stage.connected("expiring").await;
        stage.request(&secret).await;
        while judged(&tenant).await.is_none() {
            stage.pass().await;
        }
        opened(&tenant).await;
        stage.pass().await;
        let now = Timestamp::now();
        let known = judged(&tenant).await.unwrap();
        let until = known.until.duration_since(now);
        assert!(until > SignedDuration::from_hours(23) && until <= SignedDuration::from_hours(24));

        // The token expires, as only time does it: nothing in the journal and no request says so.
        let items = stage.table.items_of(&tenant).await;
        let tokens = format!("T#{}#K", tenant.id());
        let token = items
            .iter()
            .find(|item| item["PK"] == AttributeValue::S(tokens.clone()));
        let sort = token.unwrap()["SK"].as_s().unwrap();
        let past = (now.as_microsecond() - 600_000_000).to_string();
        let past = Some(AttributeValue::N(past));
        stage
            .table
            .damage(&tenant, ("#K", sort), "ends_us", past)
            .await;
        stage.pass().await;
        assert!(opened(&tenant).await.is_empty(), "time has not come");
        let judgement = BTreeMap::from([("seen", known.seen), ("until", now.to_string())]);
        let judgement = judgement.into_iter();
        let judgement = judgement.map(|(name, text)| (name.to_owned(), AttributeValue::S(text)));
        let judgement = Some(AttributeValue::M(judgement.collect()));
        stage
            .table
            .damage(&tenant, ("#HC", "PASS"), "judged", judgement)
            .await;
        stage.pass().await;
        assert_eq!(opened(&tenant).await, ["token_expired"]);
    });
}

#[test]
fn a_pass_is_spread_over_the_hour_and_reaches_each_tenant_once() {
    run(async |_| {
        let _clock = settled();
        let stage = Stage::start().await;
        let mut tenants = Vec::new();
        for number in 0..14 {
            tenants.push(stage.table.tenant(&format!("spread-{number}")).await);
        }
        let began = Timestamp::now();
        stage.send(json!({"full_pass": {"spread": true}})).await;
        let parts = stage.sent();
        assert_eq!(parts.len(), 12);
        assert_eq!(stage.work.outbox.calls(), 2, "ten in a call");
        let mut reached = BTreeMap::new();
        for (number, part) in parts.into_iter().enumerate() {
            let mut order = part["full_pass"].clone();
            assert_eq!(order["part"], number);
            let turn = order["not_before"]
                .as_str()
                .map(|at| at.parse::<Timestamp>().unwrap());
            let minutes = turn.map_or(0, |at| at.duration_since(began).as_secs() / 60);
            assert_eq!(minutes, 5 * number as i64);
            if number > 0 {
                // It is not its turn: it goes back into the queue as it is.
                stage.send(part.clone()).await;
                assert_eq!(stage.sent(), [part]);
                // An earlier version knows no turns and no parts. It looks at nobody.
                let behind = order["behind"].clone();
                assert_eq!(behind, TenantId::last_possible().as_str());
                stage.send(json!({"full_pass": {"behind": behind}})).await;
                assert!(stage.sent().is_empty());
                order["not_before"] = json!(began);
                stage.send(json!({"full_pass": order})).await;
                let members = order.as_object_mut().unwrap();
                members.retain(|name, _| name == "part" || name == "pass");
                assert_eq!(stage.sent(), [json!({"full_pass": order})]);
            }
            stage.send(json!({"full_pass": order})).await;
            assert!(stage.sent().is_empty());
            for tenant in &tenants {
                if judged(tenant).await.is_some() {
                    reached.entry(tenant.id().to_string()).or_insert(number);
                }
            }
        }
        assert_eq!(reached.len(), 14);
        let parts: BTreeSet<_> = reached.values().collect();
        assert!(parts.len() > 4, "{reached:?}");
    });
}

#[test]
fn a_look_writes_nothing_and_costs_half() {
    run(async |_| {
        let stage = Stage::start().await;
        let tenant = stage.table.tenant("looked-at").await;
        let people = stage.table.seed_users(&tenant, 1_200).await;
        let team = group(&tenant, "team", &people[..2]).await;
        relayed(&tenant).await;
        let looking = tenant.looking();
        let refused = looking.roles().map_group(&team, Some(Role::Admin)).await;
        assert!(refused.unwrap_err().is_work());
        assert!(relayed(&tenant).await.is_empty(), "nothing was written");

        // A part of the people, and then the rest.
        let (over, cost) = measure(tenant.roles().look_over(None, 700, far())).await;
        let over = over.unwrap();
        assert_eq!(over.people, 1_000);
        let (consistent, whole) = measure(tenant.roles().reconcile_all(None, far())).await;
        assert_eq!(consistent.unwrap(), None);
        assert!(
            cost.calls <= 6 && cost.read_units < whole.read_units * 0.45,
            "{cost:?} {whole:?}"
        );
        let rest = tenant
            .roles()
            .look_over(over.next, 700, far())
            .await
            .unwrap();
        assert_eq!((rest.people, rest.next), (200, None));

        // Where there is something to do, it is done.
        tenant
            .roles()
            .map_group(&team, Some(Role::Admin))
            .await
            .unwrap();
        let over = tenant.roles().look_over(None, 50_000, far()).await.unwrap();
        assert_eq!(over.people, 1_200);
        let events = relayed(&tenant).await;
        let changed = events
            .iter()
            .filter(|event| event.kind == "user.role_changed");
        assert_eq!(changed.count(), 2);
    });
}

#[test]
fn a_pass_continues_where_the_last_one_ended() {
    run(async |_| {
        let stage = Stage::start().await;
        let tenant = stage.table.tenant("very-many").await;
        let people = stage.table.seed_users(&tenant, 1_500).await;
        let last = LastPass {
            person: Some(people[1_399].clone()),
            judged: None,
        };
        stage.pass().await;
        tenant.findings().note_pass(&last).await.unwrap();
        let rest = stage.pass().await;
        assert_eq!(
            tenant.findings().last_pass().await.unwrap().unwrap().person,
            None
        );
        let whole = stage.pass().await;
        assert!(whole.read_units > 0.05 * 1_400.0, "{rest:?} {whole:?}");
    });
}

#[test]
fn who_cannot_be_read_is_set_aside_and_nobody_else_waits() {
    let lines = logged(async {
        let stage = Stage::start().await;
        let tenant = stage.table.tenant("damaged").await;
        let people = stage.table.seed_users(&tenant, 1_200).await;
        let team = group(&tenant, "team", &[people[6].clone(), people[1_190].clone()]).await;
        let mapped = tenant.roles().map_group(&team, Some(Role::Admin)).await;
        mapped.unwrap();
        relayed(&tenant).await;
        // Two whose items are no people, and one whose attributes are no JSON.
        for unreadable in [&people[5], &people[1_100]] {
            let key = ("#U", unreadable.as_str());
            stage.table.damage(&tenant, key, "revision", None).await;
        }
        let nonsense = Some(AttributeValue::S("{".to_owned()));
        let key = ("#U", people[7].as_str());
        stage.table.damage(&tenant, key, "document", nonsense).await;
        stage.pass().await;
        let events = relayed(&tenant).await;
        let changed = events.iter().filter(|it| it.kind == "user.role_changed");
        let changed: BTreeSet<_> = changed.map(|it| it.subject.id.clone()).collect();
        let members = BTreeSet::from([people[6].clone(), people[1_190].clone()]);
        assert_eq!(changed, members);
        let noted = tenant.findings().last_pass().await.unwrap().unwrap();
        assert_eq!(
            noted.person, None,
            "the next pass begins with the first one"
        );
        let over = tenant.roles().look_over(None, 50_000, far()).await.unwrap();
        assert_eq!((over.people, over.set_aside, over.next), (1_200, 3, None));
    });
    let failed = values(&lines, Metric::FailedParts);
    assert!(failed.contains(&(None, 3.0)), "{failed:?}");
    assert_eq!(values(&lines, Metric::CompletePasses), [(None, 12.0)]);
}

#[test]
fn what_has_just_happened_is_judged_anew_by_the_next_pass() {
    run(async |_| {
        let stage = Stage::start().await;
        let tenant = stage.table.tenant("busy").await;
        for _ in 0..3 {
            relayed(&tenant).await;
            stage.pass().await;
            assert_eq!(judged(&tenant).await, None);
        }
    });
}

#[test]
fn people_are_read_again_in_parts_until_time_runs_out() {
    run(async |_| {
        let stage = Stage::start().await;
        let tenant = stage.table.tenant("changed").await;
        let people = stage.table.seed_users(&tenant, 250).await;
        let team = group(&tenant, "team", &people).await;
        tenant
            .roles()
            .map_group(&team, Some(Role::Admin))
            .await
            .unwrap();
        let (mut next, mut done) = (None, Vec::new());
        for _ in 0..3 {
            let over = tenant.roles().look_over(next, 50_000, Instant::now()).await;
            let over = over.unwrap();
            done.push(over.people);
            next = over.next;
        }
        assert_eq!((done, next), (vec![100, 100, 50], None));
        let events = relayed(&tenant).await;
        let changed = events
            .iter()
            .filter(|event| event.kind == "user.role_changed");
        assert_eq!(changed.count(), 250);
    });
}

#[test]
fn the_pass_goes_on_with_a_deletion_that_was_cut_off() {
    run(async |_| {
        let stage = Stage::start().await;
        let (doomed, secret) = stage.connected("doomed").await;
        let (later, _) = stage.connected("later").await;
        let (process, faults) = stage.table.other_process();
        let id = doomed.id().clone();
        faults.kill_at_call(0, true);
        let deletion = tokio::spawn(async move { process.system(id).lifecycle().delete().await });
        faults.wait_for_kill().await;
        deletion.abort();
        let _ = deletion.await;
        doomed.lifecycle().read().await.unwrap();

        stage.pass().await;
        assert!(
            doomed.lifecycle().read().await.is_err(),
            "the tenant is left"
        );
        let directory = stage.table.directory();
        let left = directory.tenants(None, 10).await.unwrap().into_iter();
        let left: Vec<TenantId> = left.map(|tenant| tenant.id).collect();
        assert_eq!(left, [later.id().clone()]);
        let verdict = directory.authenticate(&secret, "r").await.unwrap();
        assert!(!matches!(verdict, Verdict::Accepted(_)));
        let unfinished = directory.unfinished_erasures(None, 0).await.unwrap();
        assert_eq!(unfinished.erasures.len(), 1);
        let events = relayed(&doomed).await.into_iter();
        let deleted = events.filter(|event| event.kind == "tenant.deleted");
        assert_eq!(deleted.count(), 1);
        assert!(later.findings().last_pass().await.unwrap().is_some());
    });
}
