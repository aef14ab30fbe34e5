//! The table's definition for places without CloudFormation: the local run and the tests.

use std::time::Duration;

use aws_sdk_dynamodb::client::Waiters;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    TimeToLiveSpecification,
};
use aws_sdk_dynamodb::{Client, Error};

/// The attribute by which DynamoDB lets items expire: seconds since 1970.
pub const TTL_ATTRIBUTE: &str = "expires";

/// How long a table may take to be made.
const LONGEST_CREATION: Duration = Duration::from_secs(120);

/// Creates the table as `infra/template.yaml` does, but without a stream.
///
/// # Errors
/// Those of DynamoDB, `ResourceInUseException` among them when the table exists.
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
    // DynamoDB itself takes seconds; what comes of waiting is for the next call to tell
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
