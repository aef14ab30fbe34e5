//! Commits transactions, with retries, and with the mark of an attempt.

use aws_sdk_dynamodb::Error as DynamoDbError;
use aws_sdk_dynamodb::types::{CancellationReason, ReturnConsumedCapacity};
use backon::Retryable;
use futures::FutureExt;

use crate::attempt::Attempt;
use crate::call_failure::TableFailure;
use crate::capacity;
use crate::error::Error;
use crate::retry::in_time;
use crate::table::{Table, backoff};
use crate::transaction::{Expression, Guard, Transaction};

impl Table {
    /// Returns a handle for one attempt at a change: the first transaction that makes a change carries its mark. If
    /// the mark is there already, nothing is committed, and the error has
    /// [`rollcall_model::Reason::IdempotencyKeyInUse`].
    #[must_use]
    pub fn attempting(&self, attempt: Attempt) -> Self {
        Self {
            attempt: Some(attempt),
            ..self.clone()
        }
    }

    /// Returns whether the attempt of this handle has made its first change. If it has before anything is done, an earlier
    /// request has made it, and what is left is to be done.
    pub fn has_begun(&self) -> bool {
        self.attempt.as_ref().is_some_and(Attempt::is_made)
    }

    /// Returns a handle for changes that are not part of the attempt.
    #[must_use]
    pub fn alone(&self) -> Self {
        Self {
            attempt: None,
            ..self.clone()
        }
    }

    /// Commits a transaction, or writes nothing and returns the guards of the conditions that do not hold. An empty
    /// result means that the transaction is committed.
    ///
    /// Retries conflicts with concurrent writers and throttling, with jitter. The SDK does not retry a cancelled
    /// transaction ("Error handling for transaction processing", DynamoDB developer guide).
    pub async fn transact(&self, transaction: &Transaction) -> Result<Vec<Guard>, Error> {
        self.check_may_write()?;
        if let Some(fence) = &self.fence {
            let fenced = transaction.within(fence)?;
            return match fenced.is_empty() {
                true => Ok(Vec::new()),
                false => self.transact_alone(&fenced).await,
            };
        }
        match self.attempt.as_ref().filter(|_| transaction.is_told()) {
            Some(attempt) => self.transact_in(attempt, transaction).await,
            None => self.transact_alone(transaction).await,
        }
    }

    /// Commits a transaction with the mark of an attempt, unless another transaction carries it.
    async fn transact_in(
        &self,
        attempt: &Attempt,
        transaction: &Transaction,
    ) -> Result<Vec<Guard>, Error> {
        let Some(mark) = attempt.begin()? else {
            return self.transact_alone(transaction).await;
        };
        let mut marked = transaction.clone();
        marked.put_if(mark, Expression::absent(), Guard::Used);
        let committed = self.transact_alone(&marked).await;
        attempt.end(committed.as_ref().is_ok_and(Vec::is_empty));
        match committed {
            Ok(failed) if failed.contains(&Guard::Used) => Err(Attempt::repeated()),
            committed => committed,
        }
    }

    async fn transact_alone(&self, transaction: &Transaction) -> Result<Vec<Guard>, Error> {
        // All attempts have the same token. If the response to a commit is lost and the next attempt is throttled, a
        // later attempt must not fail because of the writes of the first.
        let token = uuid::Uuid::new_v4().to_string();
        let committed = (|| self.transact_once(transaction, &token))
            .retry(backoff())
            .when(|error: &Error| matches!(error, Error::Busy(_)));
        in_time(committed).await
    }

    async fn transact_once(
        &self,
        transaction: &Transaction,
        token: &str,
    ) -> Result<Vec<Guard>, Error> {
        let sent = self
            .client
            .transact_write_items()
            .client_request_token(token)
            .set_transact_items(Some(transaction.items(&self.name)?))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .boxed()
            .await;
        match sent.map_err(DynamoDbError::from) {
            Ok(output) => {
                capacity::write(output.consumed_capacity());
                Ok(Vec::new())
            }
            Err(DynamoDbError::TransactionCanceledException(cancelled)) => {
                let failed = transaction.failed_guards(cancelled.cancellation_reasons());
                if failed.is_empty() {
                    let busy = cancelled.cancellation_reasons().iter().any(is_busy);
                    let error = DynamoDbError::TransactionCanceledException(cancelled);
                    let error = TableFailure(Box::new(error));
                    return Err(if busy {
                        Error::Busy(Some(error))
                    } else {
                        Error::Table(error)
                    });
                }
                Ok(failed)
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn is_busy(reason: &CancellationReason) -> bool {
    matches!(
        reason.code(),
        Some(
            "TransactionConflict"
                | "ThrottlingError"
                | "ProvisionedThroughputExceeded"
                | "RequestLimitExceeded"
        )
    )
}
