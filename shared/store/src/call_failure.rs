//! What a log has of a failed call of an AWS service: codes and causes. The messages of the services can quote the request, such as
//! an address or a key, and so name people. Of a right that is missing, the log has the action.

use std::error::Error;
use std::fmt;

use aws_sdk_dynamodb::Error as DynamoDbError;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// Returns why a call failed: the code of the answer, or why there was none.
pub fn call_failure<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::ServiceError(answer) => match answer.err().code() {
            Some(code) => told(code, answer.err().message()),
            None => "an error without a code".to_owned(),
        },
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            // It knows the connection, and not what was to be sent.
            Some(error) => format!("not sent: {}", causes(error)),
            None => "not sent".to_owned(),
        },
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        SdkError::ResponseError(_) => "an answer that cannot be read".to_owned(),
        SdkError::ConstructionFailure(_) => "a request that cannot be built".to_owned(),
        _ => "an unknown failure".to_owned(),
    }
}

/// An error of DynamoDB. Its text has codes, and no message.
#[derive(Debug)]
pub struct TableFailure(pub(crate) Box<DynamoDbError>);

impl fmt::Display for TableFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            DynamoDbError::TransactionCanceledException(cancelled) => {
                let reasons = cancelled.cancellation_reasons().iter();
                let codes: Vec<&str> = reasons.map(|it| it.code().unwrap_or("None")).collect();
                write!(f, "TransactionCanceledException ({})", codes.join(", "))
            }
            error => match error.code() {
                Some(code) => f.write_str(&told(code, error.message())),
                // There was no answer.
                None => f.write_str(&causes(error)),
            },
        }
    }
}

impl Error for TableFailure {}

/// Returns the code, and the action that the role of the function lacks, if that is what the message says.
fn told(code: &str, message: Option<&str>) -> String {
    match message.and_then(denied) {
        Some(action) => format!("{code}: not authorized to perform: {action} by the role"),
        None => code.to_owned(),
    }
}

/// Returns the action of a message such as "… is not authorized to perform: dynamodb:Query on resource: …".
fn denied(message: &str) -> Option<&str> {
    let (_, behind) = message.split_once("not authorized to perform")?;
    let behind = behind.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != ':');
    let action = &behind[..end.unwrap_or(behind.len())];
    action.contains(':').then_some(action)
}

fn causes(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::error::ErrorMetadata;
    use aws_sdk_dynamodb::operation::put_item::PutItemError;
    use aws_sdk_dynamodb::types::CancellationReason;
    use aws_sdk_dynamodb::types::error::TransactionCanceledException;

    use super::*;

    const QUOTING: &str = "The parameter cannot be converted to a numeric value: ada@x.test";

    #[test]
    fn a_log_has_codes_and_no_messages() {
        let meta = ErrorMetadata::builder()
            .code("ValidationException")
            .message(QUOTING)
            .build();
        let invalid = || PutItemError::generic(meta.clone());
        let answer = SdkError::service_error(invalid(), ());
        assert_eq!(call_failure(&answer), "ValidationException");
        let reason = CancellationReason::builder()
            .code("ValidationError")
            .message(QUOTING);
        let cancelled = TransactionCanceledException::builder()
            .message(QUOTING)
            .cancellation_reasons(reason.build());
        for (error, expected) in [
            (DynamoDbError::from(invalid()), "ValidationException"),
            (
                DynamoDbError::TransactionCanceledException(cancelled.build()),
                "TransactionCanceledException (ValidationError)",
            ),
        ] {
            let failure = TableFailure(Box::new(error));
            assert_eq!(causes(&failure), expected);
        }
        let message = "User: arn:aws:sts::1:assumed-role/r/f is not authorized to perform: dynamodb:PutItem on resource: ada@x.test";
        let meta = ErrorMetadata::builder()
            .code("AccessDeniedException")
            .message(message)
            .build();
        let refused = SdkError::service_error(PutItemError::generic(meta), ());
        assert_eq!(
            call_failure(&refused),
            "AccessDeniedException: not authorized to perform: dynamodb:PutItem by the role"
        );
        let timeout = SdkError::<PutItemError, ()>::timeout_error("ada@x.test");
        assert_eq!(call_failure(&timeout), "no answer in time");
    }
}
