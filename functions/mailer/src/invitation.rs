//! Renders an invitation as text and as HTML. Performs no I/O.

use askama::Template;

use crate::shown_name::shown_name;

/// A mail that is ready to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The recipient's address.
    pub to: String,
    /// The subject, on one line.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

#[derive(Template)]
#[template(path = "invitation.txt", escape = "none")]
struct Text<'a> {
    person: &'a str,
    tenant: &'a str,
    app_url: &'a str,
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct Html<'a> {
    subject: &'a str,
    person: &'a str,
    tenant: &'a str,
    app_url: &'a str,
}

impl Invitation {
    /// Returns the invitation of a person to the application at `app_url`. The names come from the identity provider
    /// and can contain any text.
    pub(crate) fn new(
        to: String,
        person: &str,
        tenant: &str,
        app_url: &str,
    ) -> Result<Self, askama::Error> {
        let (person, tenant) = (&shown_name(person), &shown_name(tenant));
        let subject = format!("Your account at {tenant}");
        let text = Text {
            person,
            tenant,
            app_url,
        };
        let html = Html {
            subject: &subject,
            person,
            tenant,
            app_url,
        };
        Ok(Self {
            to,
            text: text.render()?,
            html: html.render()?,
            subject,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_wherever_they_stand() {
        let invitation = Invitation::new(
            "b@example.test".to_owned(),
            "<b>Bob</b>\r\nBcc: all@example.test",
            "A & B",
            "https://app.example.test/?a=1&b=2",
        )
        .unwrap();
        assert_eq!(invitation.subject, "Your account at A & B");
        assert!(!invitation.html.contains("<b>"), "{}", invitation.html);
        assert!(invitation.html.contains("A &#38; B"), "{}", invitation.html);
        assert!(invitation.text.starts_with("Hello <b>Bob</b> Bcc:,\n"));
        assert!(
            invitation
                .text
                .contains("https://app.example.test/?a=1&b=2")
        );
    }

    #[test]
    fn somebody_without_a_name_is_greeted_too() {
        let to = "b@example.test".to_owned();
        let invitation = Invitation::new(to, "https://x.example", "Acme", "https://app.test/");
        let invitation = invitation.unwrap();
        assert!(invitation.text.starts_with("Hello,\n"));
        assert!(invitation.html.contains("Hello,"));
    }
}
