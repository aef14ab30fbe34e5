//! Writes one item: without a condition, only in place of another one, or only in a tenant that lives.

use aws_sdk_dynamodb::Error as DynamoDbError;
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use futures::FutureExt;

use crate::capacity;
use crate::error::Error;
use crate::fence::Fence;
use crate::item::Item;
use crate::scope::Scope;
use crate::table::Table;
use crate::transaction::{Expression, Transaction};

impl Table {
    /// Writes one item without a condition. Use it only for items on which no decision depends.
    pub async fn put(&self, item: Item) -> Result<(), Error> {
        self.put_if(item, None).await.map(|_| ())
    }

    /// Writes one item in place of the one that is stored. Returns `false` if none is: it was erased.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn replace(&self, item: Item) -> Result<bool, Error> {
        self.put_if(item, Some(Expression::present())).await
    }

    async fn put_if(&self, item: Item, condition: Option<Expression>) -> Result<bool, Error> {
        self.check_may_write()?;
        let Some(item) = Fence::put(self.fence.as_ref(), item)? else {
            return Ok(true);
        };
        let condition = condition.as_ref().map(|it| it.text().to_owned());
        let sent = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .set_condition_expression(condition)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .boxed()
            .await;
        match sent.map_err(DynamoDbError::from) {
            Ok(output) => {
                capacity::write(output.consumed_capacity());
                Ok(true)
            }
            Err(DynamoDbError::ConditionalCheckFailedException(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl Scope {
    /// Writes one item of the tenant that work in the background notes, unless the tenant was deleted: a message can arrive
    /// again after everything of the tenant was erased. Where the item is stored already, it costs one plain write.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn put_if_alive(&self, item: Item) -> Result<(), Error> {
        if self.table.replace(item.clone()).await? {
            return Ok(());
        }
        let mut transaction = Transaction::default();
        transaction.put(item);
        self.check_alive(&mut transaction);
        self.table.transact(&transaction).await.map(|_| ())
    }
}
