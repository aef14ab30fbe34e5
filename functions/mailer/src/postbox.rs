//! Where mail goes: SES, from one sender.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::DisplayErrorContext;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};

use crate::invitation::Invitation;

/// The environment variable with the sender's address.
pub const SENDER_VARIABLE: &str = "MAIL_SENDER";
/// The environment variable with the application's URL.
pub const APP_URL_VARIABLE: &str = "APP_URL";

/// What sends mail; cheap to clone.
#[derive(Clone, Debug)]
pub struct Postbox {
    client: Client,
    sender: String,
    app_url: String,
}

/// A mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// It never will be: the address or the message is no good.
    #[error("refused: {0}")]
    Refused(String),
    /// A later try may do.
    #[error("{0}")]
    Failed(String),
}

impl Postbox {
    /// Sends from this address, and invites to this URL.
    pub fn new(client: Client, sender: impl Into<String>, app_url: impl Into<String>) -> Self {
        Self {
            client,
            sender: sender.into(),
            app_url: app_url.into(),
        }
    }

    /// As a Lambda function finds it: `MAIL_SENDER` and `APP_URL`.
    ///
    /// # Errors
    /// When one of them is not set.
    pub async fn from_env() -> Result<Self, std::env::VarError> {
        let sender = std::env::var(SENDER_VARIABLE)?;
        let app_url = std::env::var(APP_URL_VARIABLE)?;
        let client = Client::new(&rollcall_directory::sdk_config().await);
        Ok(Self::new(client, sender, app_url))
    }

    pub(crate) fn app_url(&self) -> &str {
        &self.app_url
    }

    /// Sends one mail.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn send(&self, mail: &Invitation) -> Result<(), SendError> {
        let content = message(mail).map_err(|error| SendError::Refused(error.to_string()))?;
        let to = Destination::builder().to_addresses(&mail.to).build();
        let send = self.client.send_email().from_email_address(&self.sender);
        let sent = send.destination(to).content(content).send().await;
        sent.map(|_| ()).map_err(|error| {
            let why = DisplayErrorContext(&error).to_string();
            match error.as_service_error() {
                Some(error) if error.is_message_rejected() || error.is_bad_request_exception() => {
                    SendError::Refused(why)
                }
                _ => SendError::Failed(why),
            }
        })
    }
}

fn message(mail: &Invitation) -> Result<EmailContent, aws_sdk_sesv2::error::BuildError> {
    let utf8 = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    let body = Body::builder()
        .text(utf8(&mail.text)?)
        .html(utf8(&mail.html)?)
        .build();
    let subject = utf8(&mail.subject)?;
    let message = Message::builder().subject(subject).body(body).build();
    Ok(EmailContent::builder().simple(message).build())
}
