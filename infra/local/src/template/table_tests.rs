//! Checks that the local table is the one of the template.

use serde_json::Value;

use super::stacks;

/// The directory's code defines the local tables. The template defines the deployed ones.
#[tokio::test]
async fn the_local_tables_are_the_deployed_ones() {
    use crate::dynamodb::{Dynamodb, TABLE_NAME, client};

    let document = stacks::deployed().unwrap();
    let database = Dynamodb::in_memory().unwrap();
    database.ensure_table().await.unwrap();
    let client = client(database.in_process());
    for (resource, name) in [("Table", TABLE_NAME), ("Archive", &database.archive())] {
        let deployed = &document["Resources"][resource]["Properties"];
        let local = client.describe_table().table_name(name).send().await;
        let local = local.unwrap().table.unwrap();
        let keys: Vec<Value> = local
            .key_schema()
            .iter()
            .map(|key| serde_json::json!({"AttributeName": key.attribute_name(), "KeyType": key.key_type().as_str()}))
            .collect();
        assert_eq!(deployed["KeySchema"], Value::from(keys), "{name}");
        for index in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
            assert_eq!(deployed[index], Value::Null, "a local table has no index");
        }
        let ttl = client.describe_time_to_live().table_name(name).send().await;
        let ttl = ttl.unwrap().time_to_live_description.unwrap();
        assert_eq!(
            deployed["TimeToLiveSpecification"]["AttributeName"],
            ttl.attribute_name().unwrap(),
            "{name}"
        );
    }
    // An operator who keeps backups for longer than rows are kept keeps the rows.
    let archive = &document["Resources"]["Archive"]["Properties"];
    let enabled = serde_json::json!({"Fn::If": ["ExpiresArchive", true, false]});
    assert_eq!(archive["TimeToLiveSpecification"]["Enabled"], enabled);
}
