//! A webhook of the stack with the id of one that was deleted.

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use jiff::Timestamp;
use rollcall_directory::{Failure, FailureKind, KeyChanger, NewWebhook, StackWebhook, Tenant};
use rollcall_tests::event_fixture::relayed;
use rollcall_tests::seed::person;
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use uuid::Uuid;

use super::after;

/// More than one query reads.
const TENANTS: usize = 5;
const ID: &str = "siem";

/// Lists for which tenants the webhook is paused, in pages of `limit`.
async fn listed(table: &TestTable, limit: usize) -> Vec<String> {
    let (directory, mut found, mut next) = (table.directory(), Vec::new(), None);
    loop {
        let page = directory.stack_webhooks();
        let (items, after) = page.paused_for(ID, next, limit).await.unwrap();
        assert!(items.len() <= limit);
        found.extend(items.into_iter().map(|paused| paused.tenant));
        next = after;
        if next.is_none() {
            return found;
        }
    }
}

async fn put(table: &TestTable) -> StackWebhook {
    let new = NewWebhook {
        label: "SIEM".to_owned(),
        target_url: "https://siem.example.com/".to_owned(),
        only_types: Vec::new(),
        after: None,
    };
    let (directory, by) = (table.directory(), KeyChanger::default());
    let made = directory.stack_webhooks().put(ID, &new, &by).await;
    made.unwrap().0
}

/// Pauses the webhook for a tenant: a delivery is answered with 410, while `meanwhile` happens.
async fn gone(tenant: &Tenant, webhook: &StackWebhook, meanwhile: impl Future<Output = ()>) {
    person(tenant, &Uuid::now_v7().to_string()).await;
    relayed(tenant).await;
    let webhooks = tenant.webhooks().of_stack(webhook);
    assert!(webhooks.ready().await.unwrap());
    let now = Timestamp::now();
    let turn = webhooks.begin(ID, now, after(now, 100)).await.unwrap();
    meanwhile.await;
    let failure = Failure {
        kind: FailureKind::Status,
        status: Some(410),
        took_ms: 1,
    };
    let (turn, now) = (turn.unwrap(), Timestamp::now());
    let failed = webhooks.fail(&turn, turn.webhook.sent_to + 1, &failure, now);
    assert!(failed.await.unwrap());
}

#[test]
fn the_pauses_of_a_deleted_webhook_are_not_those_of_its_successor() {
    run(async |_| {
        let table = TestTable::start().await;
        let first = put(&table).await;
        let mut tenants = Vec::new();
        for number in 0..TENANTS {
            tenants.push(table.tenant(&format!("paused-{number}")).await);
        }
        let ids = |range: std::ops::Range<usize>| -> Vec<String> {
            tenants[range]
                .iter()
                .map(|it| it.id().to_string())
                .collect()
        };
        let last = TENANTS - 1;
        for tenant in &tenants[..last] {
            gone(tenant, &first, async {}).await;
        }
        assert_eq!(listed(&table, 2).await, ids(0..last));
        // An earlier version has stored one of them.
        let stored = [
            ("PK", S("S#HOOKSPAUSED#siem".to_owned())),
            ("SK", S(tenants[0].id().to_string())),
            ("paused_at", S(Timestamp::now().to_string())),
            ("pause_reason", S("gone".to_owned())),
            ("sent_to", N("1".to_owned())),
            ("expires", N("4000000000".to_owned())),
        ];
        let stored = stored.map(|(name, value)| (name.to_owned(), value));
        table.put(stored.into()).await;
        assert_eq!(listed(&table, 2).await, ids(0..last));

        // In the last tenant, a delivery is under way until there is another webhook.
        let replaced = async {
            let directory = table.directory();
            let by = KeyChanger::default();
            directory.stack_webhooks().delete(ID, &by).await.unwrap();
            put(&table).await;
        };
        gone(&tenants[last], &first, replaced).await;
        let none: [String; 0] = [];
        for limit in [1, 2, 100] {
            assert_eq!(listed(&table, limit).await, none);
        }
        let second = table.directory().stack_webhooks().read(ID).await.unwrap();
        for tenant in &tenants[1..last] {
            gone(tenant, &second, async {}).await;
        }
        for limit in [1, 2, 100] {
            assert_eq!(listed(&table, limit).await, ids(1..last));
        }
        let directory = table.directory();
        let of_nobody = directory.stack_webhooks().paused_for("never", None, 1);
        assert!(of_nobody.await.unwrap_err().is_refusal());
    });
}
