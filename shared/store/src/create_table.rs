//! The definition of the table where there is no CloudFormation: in the local run and in tests.

use std::time::Duration;

use aws_sdk_dynamodb::client::Waiters;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    TimeToLiveSpecification,
};
use aws_sdk_dynamodb::{Client, Error};

/// The TTL attribute: the time at which an item expires, in seconds since 1970.
pub const TTL_ATTRIBUTE: &str = "expires";

/// The maximum time to wait until the table exists.
const LONGEST_CREATION: Duration = Duration::from_secs(120);

/// Creates the table with the key schema, billing mode and TTL attribute of `infra/data.yaml`.
///
/// # Errors
/// The errors of DynamoDB; `ResourceInUseException` when the table already exists.
pub async fn create_table(client: &Client, name: &str) -> Result<(), Error> {
    let mut create = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest);
    for (attribute, role) in [("PK", KeyType::Hash), ("SK", KeyType::Range)] {
        let definition = AttributeDefinition::builder()
            .attribute_name(attribute)
            .attribute_type(ScalarAttributeType::S)
            .build()?;
        let key = KeySchemaElement::builder()
            .attribute_name(attribute)
            .key_type(role)
            .build()?;
        create = create.attribute_definitions(definition).key_schema(key);
    }
    create.send().await?;
    // Creation takes several seconds in AWS. If the wait fails, the next call returns the error.
    let _ = client
        .wait_until_table_exists()
        .table_name(name)
        .wait(LONGEST_CREATION)
        .await;
    let ttl = TimeToLiveSpecification::builder()
        .attribute_name(TTL_ATTRIBUTE)
        .enabled(true)
        .build()?;
    client
        .update_time_to_live()
        .table_name(name)
        .time_to_live_specification(ttl)
        .send()
        .await?;
    Ok(())
}
