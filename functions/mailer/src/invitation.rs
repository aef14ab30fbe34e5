//! Renders the invitation of a person to the application. Performs no I/O.

use crate::mail::{Mail, templates};
use crate::shown_name::shown_name;

/// What an invitation says.
#[derive(Clone, Copy)]
struct Words<'a> {
    person: &'a str,
    tenant: &'a str,
    app_url: &'a str,
}

templates!("invitation.txt", "invitation.html");

/// Returns the invitation of a person to the application at `app_url`. The names come from the identity provider and can
/// contain any text.
pub(crate) fn mail(
    to: String,
    person: &str,
    tenant: &str,
    app_url: &str,
) -> Result<Mail, askama::Error> {
    let (person, tenant) = (&shown_name(person), &shown_name(tenant));
    let subject = format!("Your account at {tenant}");
    let says = Words {
        person,
        tenant,
        app_url,
    };
    render(to, subject, says)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_wherever_they_stand() {
        let invitation = mail(
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
        let invitation = mail(to, "https://x.example", "Acme", "https://app.test/").unwrap();
        assert!(invitation.text.starts_with("Hello,\n"));
        assert!(invitation.html.contains("Hello,"));
    }
}
