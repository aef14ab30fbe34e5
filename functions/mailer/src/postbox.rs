//! Sends mail through SES, from one sender.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};

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

/// The error when a mail was not sent.
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

    /// Sends one mail.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        let content = message(mail).map_err(|error| SendError::Refused(error.to_string()))?;
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
        let sent = send.destination(to).content(content).send().await;
        sent.map(|_| ()).map_err(|error| {
            let why = DisplayErrorContext(&error).to_string();
            match error.as_service_error() {
                Some(error) if is_hopeless(error) => SendError::Refused(why),
                _ => SendError::Failed(why),
            }
        })
    }
}

/// Returns whether SES will never send this mail.
///
/// SES also rejects a mail while the sender's identity is not verified, or while the account is in the sandbox and the
/// recipient is not verified. The operator can change both. Only the error message identifies these cases
/// (<https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html>).
fn is_hopeless(error: &SendEmailError) -> bool {
    let unverified = |text: &str| text.contains("not verified");
    error.is_bad_request_exception()
        || error.is_message_rejected() && !error.message().is_some_and(unverified)
}

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
    fn what_verifying_would_mend_is_tried_again() {
        let rejected = |why: &str| {
            let meta = aws_sdk_sesv2::error::ErrorMetadata::builder().message(why);
            let rejected = MessageRejected::builder().message(why).meta(meta.build());
            SendEmailError::MessageRejected(rejected.build())
        };
        assert!(is_hopeless(&rejected("Email contains a virus.")));
        assert!(!is_hopeless(&rejected(
            "Email address is not verified. The following identities failed the check in region US-EAST-1: ada@example.com"
        )));
        let malformed = BadRequestException::builder().build();
        assert!(is_hopeless(&SendEmailError::BadRequestException(malformed)));
        let busy = TooManyRequestsException::builder().build();
        assert!(!is_hopeless(&SendEmailError::TooManyRequestsException(
            busy
        )));
    }
}
