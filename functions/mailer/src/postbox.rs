//! Sends mail through SES, from one sender.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};

use rollcall_directory::call_failure;

use crate::label::Label;
use crate::mail::Mail;

/// The environment variable with the sender's address.
pub const SENDER_VARIABLE: &str = "MAIL_SENDER";
/// The environment variable with the application's URL.
pub const APP_URL_VARIABLE: &str = "APP_URL";
/// The environment variable with the name of the SES configuration set; mail is sent without one if it is not set.
pub const CONFIGURATION_SET_VARIABLE: &str = "MAIL_CONFIGURATION_SET";

/// Sends mail. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Postbox {
    client: Client,
    sender: String,
    app_url: String,
    configuration_set: Option<String>,
}

/// The error when a mail was not sent. It says why by codes and known causes: the messages of SES contain addresses.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// A retry cannot help, because the address or the message is invalid.
    #[error("refused: {0}")]
    Refused(String),
    /// A retry can help.
    #[error("{0}")]
    Failed(String),
}

impl Postbox {
    /// Returns a postbox that sends from `sender` and invites people to `app_url`.
    pub fn new(client: Client, sender: impl Into<String>, app_url: impl Into<String>) -> Self {
        Self {
            client,
            sender: sender.into(),
            app_url: app_url.into(),
            configuration_set: None,
        }
    }

    /// Sends through a configuration set of SES, which counts bounces and complaints.
    #[must_use]
    pub fn through(mut self, configuration_set: Option<String>) -> Self {
        self.configuration_set = configuration_set.filter(|name| !name.is_empty());
        self
    }

    /// Returns the postbox that `MAIL_SENDER`, `APP_URL` and `MAIL_CONFIGURATION_SET` describe, as in a Lambda function.
    ///
    /// # Errors
    /// When one of the first two variables is not set.
    pub async fn from_env() -> Result<Self, std::env::VarError> {
        let sender = std::env::var(SENDER_VARIABLE)?;
        let app_url = std::env::var(APP_URL_VARIABLE)?;
        let client = Client::new(&rollcall_directory::sdk_config().await);
        let configuration_set = std::env::var(CONFIGURATION_SET_VARIABLE).ok();
        Ok(Self::new(client, sender, app_url).through(configuration_set))
    }

    pub(crate) fn app_url(&self) -> &str {
        &self.app_url
    }

    /// Sends one mail. SES repeats its label in what it says of the mail later.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn send(&self, mail: &Mail, label: &Label) -> Result<(), SendError> {
        let content =
            message(mail).map_err(|_| SendError::Refused("the mail cannot be built".to_owned()))?;
        if [&mail.to, &mail.subject]
            .iter()
            .any(|line| line.contains(char::is_control))
        {
            return Err(SendError::Refused(
                "a control character in a header".to_owned(),
            ));
        }
        let to = Destination::builder().to_addresses(&mail.to).build();
        let send = self.client.send_email().from_email_address(&self.sender);
        let send = send.set_configuration_set_name(self.configuration_set.clone());
        let send = send.set_email_tags(Some(label.tags()));
        let sent = send.destination(to).content(content).send().await;
        sent.map(|_| ()).map_err(|error| send_error(&error))
    }
}

fn send_error<R>(error: &SdkError<SendEmailError, R>) -> SendError {
    let code = call_failure(error);
    match error.as_service_error() {
        Some(answer) if is_hopeless(answer) => SendError::Refused(code),
        Some(answer) => SendError::Failed(match passing(answer) {
            Some(cause) => format!("{code}: {cause}"),
            None => code,
        }),
        None => SendError::Failed(code),
    }
}

/// Returns whether SES will never send this mail.
///
/// SES also rejects a mail while the sender's identity is not verified, while the account is in the sandbox and the recipient is
/// not verified, or while sending is paused for the account. The operator can change all of them, and a quota is free again a day
/// later. Only the error message identifies these cases
/// (<https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html>).
fn is_hopeless(error: &SendEmailError) -> bool {
    error.is_bad_request_exception() || error.is_message_rejected() && passing(error).is_none()
}

/// Returns the cause in the message of an error that passes.
fn passing(error: &SendEmailError) -> Option<&'static str> {
    let message = error.message()?.to_ascii_lowercase();
    let cause = PASSING.iter().find(|cause| message.contains(**cause));
    cause.copied()
}

/// What the message of a rejected mail says if the mail can be sent later.
const PASSING: [&str; 5] = [
    "not verified",
    "paused",
    "suspended",
    "quota",
    "rate exceeded",
];

fn message(mail: &Mail) -> Result<EmailContent, aws_sdk_sesv2::error::BuildError> {
    let utf8 = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    let body = Body::builder()
        .text(utf8(&mail.text)?)
        .html(utf8(&mail.html)?)
        .build();
    let subject = utf8(&mail.subject)?;
    let message = Message::builder().subject(subject).body(body).build();
    Ok(EmailContent::builder().simple(message).build())
}

#[cfg(test)]
mod tests {
    use aws_sdk_sesv2::types::error::{
        BadRequestException, MessageRejected, TooManyRequestsException,
    };

    use super::*;

    #[test]
    fn what_the_operator_or_a_day_would_mend_is_tried_again() {
        let rejected = |why: &str| {
            let meta = aws_sdk_sesv2::error::ErrorMetadata::builder().message(why);
            let rejected = MessageRejected::builder().message(why).meta(meta.build());
            SendEmailError::MessageRejected(rejected.build())
        };
        assert!(is_hopeless(&rejected("Email contains a virus.")));
        assert!(!is_hopeless(&rejected(
            "Email address is not verified. The following identities failed the check in region US-EAST-1: ada@example.com"
        )));
        for passing in [
            "Sending paused for this account. For more information, please check the inbox of the email address associated with your AWS account.",
            "Sending suspended for this account.",
            "Daily message quota exceeded.",
            "Maximum sending rate exceeded.",
        ] {
            assert!(!is_hopeless(&rejected(passing)), "{passing}");
        }
        // The log has the cause, and no address.
        let unverified = rejected(
            "Email address is not verified. The following identities failed the check in region US-EAST-1: ada@example.com",
        );
        let failed = send_error(&SdkError::service_error(unverified, ())).to_string();
        assert!(
            failed.ends_with("not verified") && !failed.contains("ada"),
            "{failed}"
        );
        let malformed = BadRequestException::builder().build();
        assert!(is_hopeless(&SendEmailError::BadRequestException(malformed)));
        let busy = TooManyRequestsException::builder().build();
        assert!(!is_hopeless(&SendEmailError::TooManyRequestsException(
            busy
        )));
    }
}
