//! A mail that is ready to send: text and HTML, rendered by one function. Performs no I/O.

use std::fmt;

use askama::Template;

/// Declares the templates of a mail, as text and as HTML, for the `Words` of its module; and `render`, which fills both in.
macro_rules! templates {
    ($text:tt, $html:tt) => {
        #[derive(askama::Template)]
        #[template(path = $text, escape = "none")]
        struct Text<'a> {
            says: Words<'a>,
        }

        #[derive(askama::Template)]
        #[template(path = $html)]
        struct Html<'a> {
            subject: &'a str,
            says: Words<'a>,
        }

        fn render(to: String, subject: String, says: Words<'_>) -> Result<Mail, askama::Error> {
            let html = Html {
                subject: &subject,
                says,
            };
            Mail::of(to, subject.clone(), &Text { says }, &html)
        }
    };
}

pub(crate) use templates;

/// A mail. Its `Debug` output has no body, because a body can contain a link that is a credential.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The recipient's address.
    pub to: String,
    /// The subject, on one line.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

impl Mail {
    /// Returns the mail that these templates give.
    pub(crate) fn of(
        to: String,
        subject: String,
        text: &impl Template,
        html: &impl Template,
    ) -> Result<Self, askama::Error> {
        Ok(Self {
            text: text.render()?,
            html: html.render()?,
            to,
            subject,
        })
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("to", &self.to)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}
