//! Errors: what the client may see, and what the log needs.

use aws_sdk_dynamodb::Error as DynamoDbError;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use rollcall_model::Reason;
use rollcall_scim as scim;

/// A failed operation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is refused. The client sees the reason.
    #[error(transparent)]
    Scim(#[from] scim::Error),
    /// The request is refused for a reason that is more specific than the error of the protocol.
    #[error("{1}")]
    Refused(Reason, #[source] scim::Error),
    /// The request names a place that the feed of events has not reached, or whose events have expired.
    #[error("{detail}")]
    NotInFeed {
        /// Which of the two.
        reason: Reason,
        /// What is wrong, for the client.
        detail: String,
        /// The sequence of the event after which to go on.
        next: u64,
    },
    /// DynamoDB throttled the calls, or concurrent writes of the same items conflicted, through all retries. A later
    /// retry can succeed.
    #[error("the table stayed busy through every retry")]
    Busy(#[source] Option<Box<DynamoDbError>>),
    /// DynamoDB did not respond, or failed by itself. A later retry can succeed.
    #[error("the table could not be reached")]
    Unreachable(#[source] Box<DynamoDbError>),
    /// DynamoDB rejected the call.
    #[error("the table failed")]
    Table(#[source] Box<DynamoDbError>),
    /// The keys of the stack could not be read. A later retry can succeed.
    #[error("the keys of the stack could not be read")]
    Keys(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An item in the table, or a response of DynamoDB, does not have the expected form.
    #[error("unreadable item: {0}")]
    Corrupt(String),
    /// A handle that only looks ([`crate::Table::looking`]) was to write. Nothing was written: there is work for one that
    /// reads consistently.
    #[error("there is something to write, and this handle only looks")]
    Work,
}

/// The `Retry-After` of a response when the table is busy.
const BUSY_RETRY_AFTER_SECONDS: u32 = 2;

impl Error {
    /// Returns the error for the client, without internal details.
    pub fn to_scim(&self) -> scim::Error {
        match self {
            Self::Scim(error) | Self::Refused(_, error) => error.clone(),
            Self::NotInFeed { detail, .. } => scim::Error::InvalidValue(detail.clone()),
            Self::Busy(_) | Self::Unreachable(_) | Self::Keys(_) => scim::Error::Unavailable {
                retry_after: BUSY_RETRY_AFTER_SECONDS,
            },
            Self::Table(_) | Self::Corrupt(_) | Self::Work => scim::Error::Internal,
        }
    }

    /// Returns the reason code. Those of faults are as general as what the client may see of them.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Refused(reason, _) | Self::NotInFeed { reason, .. } => *reason,
            _ => Reason::from(&self.to_scim()),
        }
    }

    /// Returns whether the service, not the request, is at fault. Such an error belongs in the log.
    pub fn is_fault(&self) -> bool {
        !self.is_refusal()
    }

    /// Returns whether the request is refused because of its content.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Scim(_) | Self::Refused(..) | Self::NotInFeed { .. }
        )
    }

    /// Returns whether a later retry can succeed.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Unreachable(_) | Self::Keys(_))
    }

    /// Returns whether a handle that only looks has found something to do.
    pub fn is_work(&self) -> bool {
        matches!(self, Self::Work)
    }

    /// Creates the error for an item that does not have the expected form.
    pub fn corrupt(what: impl std::fmt::Display) -> Self {
        Self::Corrupt(what.to_string())
    }
}

impl From<DynamoDbError> for Error {
    fn from(error: DynamoDbError) -> Self {
        let error = Box::new(error);
        if is_busy(&error) {
            Self::Busy(Some(error))
        } else if is_outage(&error) {
            Self::Unreachable(error)
        } else {
            Self::Table(error)
        }
    }
}

/// Returns whether the error is one of DynamoDB's side, which a later retry can escape: the codes of its responses with
/// a status of 500 or more. Every error response has a code, so without one there was no response.
fn is_outage(error: &DynamoDbError) -> bool {
    matches!(error, DynamoDbError::InternalServerError(_))
        || matches!(
            error.code(),
            None | Some("InternalFailure" | "InternalError" | "ServiceUnavailable")
        )
}

/// Returns whether the table is busy. The code decides, because an operation does not declare each of these errors.
fn is_busy(error: &DynamoDbError) -> bool {
    matches!(
        error.code(),
        Some(
            "ProvisionedThroughputExceededException"
                | "RequestLimitExceeded"
                | "ThrottlingException"
                | "TransactionConflictException"
                | "TransactionInProgressException"
        )
    )
}
