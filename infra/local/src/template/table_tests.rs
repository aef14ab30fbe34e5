//! Checks that the local table is the one of the template.

use serde_json::Value;

use super::stacks;

/// The directory's code defines the local table. The template defines the deployed one.
#[tokio::test]
async fn the_local_table_is_the_deployed_one() {
    use crate::dynamodb::{Dynamodb, TABLE_NAME, client};

    let document = stacks::deployed().unwrap();
    let deployed = &document["Resources"]["Table"]["Properties"];
    let database = Dynamodb::in_memory().unwrap();
    database.ensure_table().await.unwrap();
    let client = client(database.in_process());
    let local = client
        .describe_table()
        .table_name(TABLE_NAME)
        .send()
        .await
        .unwrap()
        .table
        .unwrap();
    let keys: Vec<Value> = local
        .key_schema()
        .iter()
        .map(|key| serde_json::json!({"AttributeName": key.attribute_name(), "KeyType": key.key_type().as_str()}))
        .collect();
    assert_eq!(deployed["KeySchema"], Value::from(keys));
    for index in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        assert_eq!(deployed[index], Value::Null, "the local table has no index");
    }
    let ttl = client
        .describe_time_to_live()
        .table_name(TABLE_NAME)
        .send()
        .await
        .unwrap();
    let ttl = ttl.time_to_live_description.unwrap();
    assert_eq!(
        deployed["TimeToLiveSpecification"]["AttributeName"],
        ttl.attribute_name().unwrap()
    );
}
