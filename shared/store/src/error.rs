//! Errors: what the client may see, and what the log needs.

use aws_sdk_dynamodb::Error as DynamoDbError;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use rollcall_model::Reason;
use rollcall_scim as scim;

use crate::call_failure::TableFailure;

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
    Busy(#[source] Option<TableFailure>),
    /// DynamoDB did not respond, or failed by itself. A later retry can succeed.
    #[error("the table could not be reached")]
    Unreachable(#[source] TableFailure),
    /// DynamoDB rejected the call.
    #[error("the table failed")]
    Table(#[source] TableFailure),
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

    /// Returns whether an item does not have the expected form. A retry reads the same.
    pub fn is_corrupt(&self) -> bool {
        matches!(self, Self::Corrupt(_))
    }

    /// Creates the error for an item that does not have the expected form. Without what stands in quotes: parsers quote the
    /// values that they do not understand, and these can name people.
    pub fn corrupt(what: impl std::fmt::Display) -> Self {
        let what = what.to_string();
        Self::Corrupt(match (what.find('"'), what.rfind('"')) {
            (Some(first), Some(last)) if first < last => {
                format!("{}…{}", &what[..=first], &what[last..])
            }
            _ => what,
        })
    }
}

impl From<DynamoDbError> for Error {
    fn from(error: DynamoDbError) -> Self {
        let (is_busy, is_outage) = (is_busy(&error), is_outage(&error));
        let error = TableFailure(Box::new(error));
        if is_busy {
            Self::Busy(Some(error))
        } else if is_outage {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unreadable_is_not_quoted() {
        let wrong = serde_json::from_str::<u64>("\"bob@x.test\"").map_err(Error::corrupt);
        let told = wrong.err().map(|error| error.to_string());
        let told = told.unwrap_or_default();
        assert!(told.contains("expected u64"), "{told}");
        assert!(!told.contains("bob"), "{told}");
    }
}
