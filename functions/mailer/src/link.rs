//! Renders the mail with a portal link. Performs no I/O.

use jiff::Timestamp;

use crate::mail::{Mail, templates};
use crate::shown_name::shown_name;

/// What the mail with a link says.
#[derive(Clone, Copy)]
struct Words<'a> {
    tenant: &'a str,
    product: &'a str,
    url: &'a str,
    until: &'a str,
}

templates!("portal_link.txt", "portal_link.html");

/// Returns the mail with the portal link `url`, which can be opened until `ends_at`. The name of the tenant can contain any
/// text.
pub(crate) fn mail(
    to: String,
    tenant: &str,
    product: Option<&str>,
    url: &str,
    ends_at: Timestamp,
) -> Result<Mail, askama::Error> {
    let tenant = &shown_name(tenant);
    let product = &product.map(shown_name).unwrap_or_default();
    let until = &ends_at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let subject = format!("Your link to the administration of {tenant}");
    let says = Words {
        tenant,
        product,
        url,
        until,
    };
    render(to, subject, says)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_in_the_bodies_alone() {
        let url = "https://rollcall.example.test/console/open?link=rcl_acme_0";
        let to = "it@example.test".to_owned();
        let ends_at = "2026-11-22T20:41:07.412Z".parse().unwrap();
        let mail = mail(
            to,
            "A & B https://evil.example/",
            Some("Plumbline"),
            url,
            ends_at,
        )
        .unwrap();
        assert_eq!(mail.subject, "Your link to the administration of A & B");
        for body in [&mail.text, &mail.html] {
            assert!(
                body.contains(url) && body.contains("2026-11-22 20:41 UTC"),
                "{body}"
            );
            assert!(!body.contains("evil"), "{body}");
            assert!(body.contains(" in Plumbline. It works once"), "{body}");
        }
        assert!(mail.html.contains("A &#38; B"), "{}", mail.html);
        assert!(!format!("{mail:?}").contains("rcl_"));
    }
}
