//! The mailbox. Mail that SES would send becomes `.eml` files, which mail programs can open.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use mail_builder::MessageBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

/// The name of the mail directory in the data directory.
pub(crate) const DIRECTORY: &str = "mail";

/// A mail that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMail {
    /// The mail's id.
    pub id: String,
    /// The recipients' addresses.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
    /// The tags, by name, which SES repeats in its events about the mail.
    pub tags: BTreeMap<String, String>,
}

/// Where mail is kept.
#[derive(Debug)]
pub(crate) enum Mailbox {
    Memory(Mutex<Vec<SentMail>>),
    Directory(PathBuf),
}

impl Mailbox {
    pub(crate) fn in_memory() -> Self {
        Self::Memory(Mutex::default())
    }

    /// Returns the mail that was sent, if it is kept in memory.
    pub(crate) fn sent(&self) -> Vec<SentMail> {
        match self {
            Self::Memory(sent) => sent.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            Self::Directory(_) => Vec::new(),
        }
    }

    /// Handles the body of a `SendEmail` call, and returns the response.
    pub(crate) fn take(&self, body: &Value) -> io::Result<Value> {
        let simple = &body["Content"]["Simple"];
        let text = |value: &Value| value["Data"].as_str().unwrap_or_default().to_owned();
        let to = body["Destination"]["ToAddresses"]
            .as_array()
            .into_iter()
            .flatten();
        let tags = body["EmailTags"].as_array().into_iter().flatten();
        let tags = tags.filter_map(|tag| {
            let text = |name: &str| tag[name].as_str().map(str::to_owned);
            Some((text("Name")?, text("Value")?))
        });
        let mail = SentMail {
            id: Uuid::now_v7().to_string(),
            to: to.filter_map(Value::as_str).map(str::to_owned).collect(),
            subject: text(&simple["Subject"]),
            text: text(&simple["Body"]["Text"]),
            html: text(&simple["Body"]["Html"]),
            tags: tags.collect(),
        };
        let answer = json!({"MessageId": mail.id});
        match self {
            Self::Memory(sent) => sent
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(mail),
            Self::Directory(path) => {
                let from = body["FromEmailAddress"].as_str().unwrap_or_default();
                let message = MessageBuilder::new()
                    .message_id(format!("{}@rollcall.local", mail.id))
                    .from(from)
                    .to(mail.to)
                    .subject(mail.subject)
                    .text_body(mail.text)
                    .html_body(mail.html)
                    .write_to_vec()?;
                let mut directory = fs::DirBuilder::new();
                directory.recursive(true).mode(0o700).create(path)?;
                let mut file = fs::OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(path.join(format!("{}.eml", mail.id)))?;
                file.write_all(&message)?;
            }
        }
        Ok(answer)
    }
}
