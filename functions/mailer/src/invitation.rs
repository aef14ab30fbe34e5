//! Renders the invitation of a person to the application. Performs no I/O.

use crate::mail::{Mail, templates};
use crate::shown_name::shown_name;

/// What an invitation says.
#[derive(Clone, Copy)]
struct Words<'a> {
    person: &'a str,
    tenant: &'a str,
    product: &'a str,
    app_url: &'a str,
}

templates!("invitation.txt", "invitation.html");

/// Returns the invitation of a person to the application at `app_url`. The names come from the identity provider and can
/// contain any text.
pub(crate) fn mail(
    to: String,
    person: &str,
    tenant: &str,
    product: Option<&str>,
    app_url: &str,
) -> Result<Mail, askama::Error> {
    let (person, tenant) = (&shown_name(person), &shown_name(tenant));
    let product = &product.map(shown_name).unwrap_or_default();
    let subject = match product.is_empty() {
        true => format!("Your account at {tenant}"),
        false => format!("Your {product} account at {tenant}"),
    };
    let says = Words {
        person,
        tenant,
        product,
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
            None,
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
        let invitation = mail(
            to,
            "https://x.example",
            "Acme",
            Some("Plumbline"),
            "https://app.test/",
        )
        .unwrap();
        assert!(invitation.text.starts_with("Hello,\n"));
        assert!(invitation.html.contains("Hello,"));
        assert_eq!(invitation.subject, "Your Plumbline account at Acme");
        for body in [&invitation.text, &invitation.html] {
            assert!(body.contains("Plumbline account at"), "{body}");
        }
    }
}
