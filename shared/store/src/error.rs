//! Errors in two voices: what the client may know, and what the log must know.

use aws_sdk_dynamodb::Error as DynamoDbError;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use rollcall_model::Reason;
use rollcall_scim as scim;

/// A failed operation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is refused; the client learns exactly why.
    #[error(transparent)]
    Scim(#[from] scim::Error),
    /// The request is refused for a reason that has a code of its own.
    #[error("{1}")]
    Refused(Reason, #[source] scim::Error),
    /// DynamoDB was too busy, or others kept writing the same items. A later try succeeds.
    #[error("the table stayed busy through every retry")]
    Busy(#[source] Option<Box<DynamoDbError>>),
    /// DynamoDB did not answer.
    #[error("the table could not be reached")]
    Unreachable(#[source] Box<DynamoDbError>),
    /// DynamoDB refused, or failed.
    #[error("the table failed")]
    Table(#[source] Box<DynamoDbError>),
    /// An item in the table is not what this version of the code wrote.
    #[error("unreadable item: {0}")]
    Corrupt(String),
}

/// How long a client is asked to wait when the table is busy.
const BUSY_RETRY_AFTER_SECONDS: u32 = 2;

impl Error {
    /// Returns the error as the client may see it: nothing internal.
    pub fn to_scim(&self) -> scim::Error {
        match self {
            Self::Scim(error) | Self::Refused(_, error) => error.clone(),
            Self::Busy(_) | Self::Unreachable(_) => scim::Error::Unavailable {
                retry_after: BUSY_RETRY_AFTER_SECONDS,
            },
            Self::Table(_) | Self::Corrupt(_) => scim::Error::Internal,
        }
    }

    /// Returns the code of the refusal, if it has one of its own.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Refused(reason, _) => Some(*reason),
            _ => None,
        }
    }

    /// Returns whether the fault is on this side, so that it belongs in the log.
    pub fn is_fault(&self) -> bool {
        !self.is_refusal()
    }

    /// Returns whether the request is refused for what it asks.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Scim(_) | Self::Refused(..))
    }

    /// Returns the error for an item that is not what this version of the code wrote.
    pub fn corrupt(what: impl std::fmt::Display) -> Self {
        Self::Corrupt(what.to_string())
    }
}

impl From<DynamoDbError> for Error {
    fn from(error: DynamoDbError) -> Self {
        let error = Box::new(error);
        if is_busy(&error) {
            Self::Busy(Some(error))
        } else if error.code().is_none() {
            // Without a code of DynamoDB's there was no answer of DynamoDB's.
            Self::Unreachable(error)
        } else {
            Self::Table(error)
        }
    }
}

fn is_busy(error: &DynamoDbError) -> bool {
    matches!(
        error,
        DynamoDbError::ProvisionedThroughputExceededException(_)
            | DynamoDbError::RequestLimitExceeded(_)
            | DynamoDbError::ThrottlingException(_)
            | DynamoDbError::TransactionConflictException(_)
            | DynamoDbError::TransactionInProgressException(_)
    )
}
