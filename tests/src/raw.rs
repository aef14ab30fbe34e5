//! Direct access to the table: tests read and write items without the service.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::service::{Service, Tenant};

/// One item: attribute names and values.
pub type Item = HashMap<String, AttributeValue>;

/// Reads every item of a tenant.
///
/// # Panics
/// Panics when the table cannot be read.
pub async fn items(service: &Service, tenant: &Tenant) -> Vec<Item> {
    let own = format!("T#{}", tenant.id());
    let mut found = Vec::new();
    let mut start = None;
    loop {
        // The table filters: all tests share it, and most of the time of a scan is to read what it returns.
        let scan = service.client().scan().table_name(service.table());
        let scan = scan
            .filter_expression("PK = :own OR begins_with(PK, :below)")
            .expression_attribute_values(":own", AttributeValue::S(own.clone()))
            .expression_attribute_values(":below", AttributeValue::S(format!("{own}#")))
            .consistent_read(true)
            .set_exclusive_start_key(start);
        let page = scan
            .send()
            .await
            .unwrap_or_else(|error| panic!("{error:?}"));
        found.extend(page.items.unwrap_or_default());
        start = page.last_evaluated_key;
        if start.is_none() {
            return found;
        }
    }
}

/// Reads one item of the tenant; `suffix` is the part of its partition key after `T#<tenant>`. Waits first until the
/// service has processed earlier changes, because most tests write the item back.
///
/// # Panics
/// Panics when the item does not exist.
pub async fn item(service: &Service, tenant: &Tenant, suffix: &str, sort: &str) -> Item {
    service.drained().await;
    let partition = format!("T#{}{suffix}", tenant.id());
    let get = service.client().get_item().table_name(service.table());
    let get = get
        .key("PK", AttributeValue::S(partition))
        .key("SK", AttributeValue::S(sort.to_owned()))
        .consistent_read(true);
    let got = get.send().await.unwrap_or_else(|error| panic!("{error:?}"));
    got.item
        .unwrap_or_else(|| panic!("no item {suffix} {sort}"))
}

/// Writes an item without changes.
///
/// # Panics
/// Panics when the item cannot be written.
pub async fn put(service: &Service, item: Item) {
    let put = service.client().put_item().table_name(service.table());
    let put = put.set_item(Some(item)).send().await;
    put.unwrap_or_else(|error| panic!("{error:?}"));
}

/// Returns a text attribute, or an empty string if there is none.
pub fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.map_or("", String::as_str)
}

/// Deletes one item of the tenant; `suffix` is the part of its partition key after `T#<tenant>`.
///
/// # Panics
/// Panics when the item cannot be deleted.
pub async fn delete(service: &Service, tenant: &Tenant, suffix: &str, sort: &str) {
    let partition = format!("T#{}{suffix}", tenant.id());
    let delete = service.client().delete_item().table_name(service.table());
    let delete = delete
        .key("PK", AttributeValue::S(partition))
        .key("SK", AttributeValue::S(sort.to_owned()));
    let deleted = delete.send().await;
    deleted.unwrap_or_else(|error| panic!("{error:?}"));
}
