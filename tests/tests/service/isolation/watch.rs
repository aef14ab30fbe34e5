//! Notices when something of the watched tenant changes in the table, or comes out.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_tests::service::Service;

use super::side::Side;

/// The items of a tenant, by their keys.
type Items = BTreeMap<String, String>;

/// A tenant's items as they were, and what only the tenant may see.
pub(super) struct Watch {
    tenant: String,
    before: Items,
    never_sent: Vec<String>,
}

impl Watch {
    pub(super) async fn over(service: &Service, side: &Side) -> Watch {
        service.drained().await;
        let tenant = side.tenant.id().to_owned();
        let before = items(service, &tenant).await;
        assert!(before.len() > 60, "{}", before.len());
        Watch {
            tenant,
            before,
            never_sent: side.never_sent.clone(),
        }
    }

    /// Asserts that an answer has nothing of the tenant.
    #[track_caller]
    pub(super) fn sees_nothing_in(&self, what: &str, answer: &str) {
        for canary in &self.never_sent {
            assert!(!answer.contains(canary), "{what}: {canary} in {answer}");
        }
    }

    /// Asserts that no item of the tenant was added, changed or removed.
    pub(super) async fn nothing_changed(&self, service: &Service, what: &str) {
        service.drained().await;
        let after = items(service, &self.tenant).await;
        for (key, item) in &after {
            assert_eq!(self.before.get(key), Some(item), "{what}: {key}");
        }
        assert_eq!(self.before.len(), after.len(), "{what}: items are gone");
    }
}

/// Reads all that the table has of a tenant: its own items, and those of the stack about it.
async fn items(service: &Service, tenant: &str) -> Items {
    let scan = service.client().scan().table_name(service.table());
    let found = scan.into_paginator().items().send();
    let found = found.collect::<Result<Vec<_>, _>>().await.expect("a scan");
    let mut items = Items::new();
    for item in found {
        let key = |name: &str| match item.get(name) {
            Some(AttributeValue::S(text)) => text.clone(),
            other => panic!("{other:?}"),
        };
        let (partition, sort) = (key("PK"), key("SK"));
        let own = partition == format!("T#{tenant}")
            || partition.starts_with(&format!("T#{tenant}#"))
            || (partition.starts_with("S#") && format!("{item:?}").contains(tenant));
        if own {
            let whole = shown(&AttributeValue::M(item));
            items.insert(format!("{partition} {sort}"), whole);
        }
    }
    items
}

/// Writes a value down, with the attributes in order.
fn shown(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(entries) => {
            let entries: BTreeMap<_, _> = entries
                .iter()
                .map(|(name, value)| (name, shown(value)))
                .collect();
            format!("{entries:?}")
        }
        AttributeValue::L(list) => format!("{:?}", list.iter().map(shown).collect::<Vec<_>>()),
        AttributeValue::Ss(set) => format!("{:?}", set.iter().collect::<BTreeSet<_>>()),
        other => format!("{other:?}"),
    }
}
