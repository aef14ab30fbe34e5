//! The passes that make real what an observed connection said, and that take it back, when time runs out in between, and when
//! their message is lost.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{ConnectionRules, GROUPS, Role, Tenant, USERS};
use rollcall_scim::Projection;
use rollcall_tests::reconciling::Reconciling;
use rollcall_tests::seed::group;
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::budgets::{create, patch};
use crate::budgets_observed::{observed, person};

/// A reconciler that has little time for each message.
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

    /// Handles a message with this much time, and returns the messages that it sent.
    async fn handle(&self, message: &Value, time: Duration) -> Vec<Value> {
        self.work.handle(message, time).await;
        self.work.sent()
    }

    /// Handles a message and those that continue it, with hardly any time for each. Returns them all.
    async fn requeued(&self, first: Value) -> Vec<Value> {
        let (mut messages, mut next) = (Vec::new(), first);
        loop {
            let mut sent = self.handle(&next, Duration::from_millis(2)).await;
            let Some(continued) = sent.pop() else {
                return messages;
            };
            assert!(sent.is_empty(), "{sent:?}");
            messages.push(continued.clone());
            next = continued;
            assert!(messages.len() < 2_000, "the pass does not end");
        }
    }
}

/// Lets a connection push, deactivate some who were there before, and put everybody in a group.
async fn push(tenant: &Tenant, pushing: &Tenant, before: &[String]) -> Vec<String> {
    let mut new = Vec::new();
    for number in 0..3 {
        new.push(
            create(pushing, &USERS, person(&format!("new-{number}")))
                .await
                .0,
        );
    }
    let gone = json!({"op": "replace", "path": "active", "value": false});
    for id in &before[..3] {
        patch(pushing, &USERS, id, gone.clone()).await;
        assert!(!is_out(tenant, id).await);
    }
    new
}

async fn is_out(tenant: &Tenant, id: &str) -> bool {
    let record = tenant.resources().record(&USERS, id).await.unwrap();
    record.is_out()
}

/// Returns what the messages say of how far the pass is.
fn steps(messages: &[Value], step: &str) -> usize {
    let has = |message: &&Value| message["full_pass"][step].is_string();
    messages.iter().filter(has).count()
}

#[test]
fn what_is_made_real_goes_on_where_time_ran_out() {
    run(async |_| {
        let stage = Stage::start().await;
        let tenant = stage.table.tenant("requeued").await;
        let before = stage.table.seed_users(&tenant, 230).await;
        let (connection, pushing) = observed(&stage.table, &tenant).await;
        push(&tenant, &pushing, &before).await;
        let credentials = tenant.credentials();
        let rules = ConnectionRules::observing(false);
        credentials.change_rules(&connection, &rules).await.unwrap();

        let message = json!({"full_pass": {"tenant": tenant.id(), "made_real": connection}});
        let messages = stage.requeued(message).await;
        // Three pages of people.
        assert!(steps(&messages, "person") >= 2, "{messages:?}");
        assert_eq!(steps(&messages, "made_real"), messages.len());
        for id in &before[..3] {
            assert!(is_out(&tenant, id).await);
        }
        let real = credentials.connection(&connection).await.unwrap();
        let real = real.made_real.unwrap();
        assert!(real.done.is_some() && real.people == 233);
        // A message that came too late is counted again from where it was, so some people count twice at most.
        assert!((233..=466).contains(&real.looked_at), "{real:?}");
        // It is repeated without harm.
        let again = json!({"full_pass": {"tenant": tenant.id(), "made_real": connection}});
        stage.requeued(again).await;
        assert!(is_out(&tenant, &before[0]).await);
    });
}

#[test]
fn what_is_taken_back_goes_on_where_time_ran_out() {
    run(async |_| {
        let stage = Stage::start().await;
        let tenant = stage.table.tenant("taken-back").await;
        let before = stage.table.seed_users(&tenant, 120).await;
        let (connection, pushing) = observed(&stage.table, &tenant).await;
        let new = push(&tenant, &pushing, &before).await;
        let credentials = tenant.credentials();
        // While the connection is there, nothing is taken back.
        let message = json!({"full_pass": {"tenant": tenant.id(), "taken_back": connection}});
        let sent = stage.handle(&message, Duration::from_secs(60)).await;
        assert!(sent.is_empty(), "{sent:?}");
        let projection = Projection::all();
        for id in &new {
            let read = tenant.resources().read(&USERS, id, &projection).await;
            assert!(read.is_ok());
        }

        credentials.delete_connection(&connection).await.unwrap();
        let messages = stage.requeued(message).await;
        assert!(steps(&messages, "person") >= 2, "{messages:?}");
        for id in &new {
            let read = tenant.resources().read(&USERS, id, &projection).await;
            assert!(read.is_err());
        }
        for id in &before {
            assert!(!is_out(&tenant, id).await);
            let read = tenant.resources().read(&USERS, id, &projection).await;
            assert_ne!(read.unwrap().get("active"), Some(&json!(false)));
        }
    });
}

#[test]
fn the_hourly_pass_orders_again_what_was_lost() {
    run(async |_| {
        let stage = Stage::start().await;
        let tenant = stage.table.tenant("lost").await;
        let (connection, pushing) = observed(&stage.table, &tenant).await;
        let (new, _) = create(&pushing, &USERS, person("new")).await;
        tenant
            .credentials()
            .delete_connection(&connection)
            .await
            .unwrap();
        let pass = json!({"full_pass": {}});
        let sent = stage.handle(&pass, Duration::from_secs(60)).await;
        let ordered = json!({"full_pass": {"tenant": "lost", "taken_back": connection}});
        assert_eq!(sent, std::slice::from_ref(&ordered));
        stage.requeued(ordered).await;
        assert!(tenant.resources().record(&USERS, &new).await.is_err());
    });
}

/// A request that was under way when its connection was deleted can put somebody in a group after the pass is behind them. The
/// membership must not come to count when the connection is forgotten.
#[test]
fn who_joins_behind_the_pass_gets_no_role_from_a_connection_that_was_taken_back() {
    run(async |_| {
        let stage = Stage::start().await;
        let tenant = stage.table.tenant("late").await;
        let before = stage.table.seed_users(&tenant, 3).await;
        let team = group(&tenant, "team", &[]).await;
        let roles = tenant.roles();
        roles.map_group(&team, Some(Role::Admin)).await.unwrap();
        let (connection, pushing) = observed(&stage.table, &tenant).await;
        let credentials = tenant.credentials();
        credentials.delete_connection(&connection).await.unwrap();
        let hours_ago = |hours| Timestamp::now() - SignedDuration::from_hours(hours);
        let deleted_at = AttributeValue::S(hours_ago(2).to_string());
        let place = ("#CD", connection.as_str());
        let damage = stage
            .table
            .damage(&tenant, place, "deleted_at", Some(deleted_at));
        assert!(damage.await.is_some());
        let is_admin = async || {
            let soon = Instant::now() + Duration::from_secs(60);
            assert_eq!(roles.reconcile_all(None, soon).await.unwrap(), None);
            let person = roles.person_role(&before[0]).await.unwrap();
            person.effective == Some(Role::Admin)
        };

        // The pass began a few minutes after the deletion, and was behind this person.
        let join = json!({"op": "add", "path": "members", "value": [{"value": before[0]}]});
        patch(&pushing, &GROUPS, &team, join).await;
        let began = hours_ago(2) + SignedDuration::from_mins(5);
        for late in [json!(began), Value::Null] {
            let late = json!({"full_pass": {"tenant": "late", "taken_back": connection, "person": "~", "pass": late}});
            stage.requeued(late).await;
            assert!(credentials.was_observed(&connection).await.unwrap());
            assert!(!is_admin().await);
        }

        // The next one takes it back, and then the connection is forgotten.
        let next = json!({"full_pass": {"tenant": "late", "taken_back": connection}});
        stage.requeued(next).await;
        assert!(!credentials.was_observed(&connection).await.unwrap());
        assert!(!is_admin().await);
        let record = tenant.resources().record(&USERS, &before[0]).await.unwrap();
        assert!(record.groups.is_empty(), "{:?}", record.groups);
    });
}
