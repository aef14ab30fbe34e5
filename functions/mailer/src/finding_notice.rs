//! Renders the mail to the contacts of a tenant about a finding that has opened. Performs no I/O.

use rollcall_directory::Event;
use serde_json::Value;

use crate::mail::{Mail, templates};
use crate::shown_name::{shown_line, shown_name};

/// The longest title of a finding, in characters.
const MAX_TITLE: usize = 300;

/// What a notice says.
#[derive(Clone, Copy)]
struct Words<'a> {
    tenant: &'a str,
    title: &'a str,
}

templates!("finding_opened.txt", "finding_opened.html");

/// Returns the mail. The title has names that come from the tenant and can contain any text.
pub(crate) fn mail(to: String, event: &Event, tenant: &str) -> Result<Mail, askama::Error> {
    let tenant = &shown_name(tenant);
    let after = event.after.as_ref().map(|after| &after["title"]);
    let title = after.and_then(Value::as_str).unwrap_or_default();
    let title = &shown_line(title, MAX_TITLE);
    let subject = format!("{tenant}: {title}");
    let says = Words { tenant, title };
    render(to, subject, says)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_mail_says_what_is_wrong() {
        let title =
            "“\u{2068}Okta <b> https://evil.example/\u{2069}” has sent nothing for 30 hours";
        let event: Event = serde_json::from_value(json!({
            "id": "1", "sequence": 1, "type": "health.opened", "version": 1, "tenant": "acme",
            "occurred_at": "2026-01-01T00:00:00Z", "actor": {"type": "system"}, "request_id": "r",
            "subject": {"type": "connection", "id": "c", "name": "Okta"},
            "after": {"finding": "connection_silent~c", "kind": "connection_silent", "severity": "warning",
                      "title": title, "mail": true},
        }))
        .unwrap();
        let mail = mail("a@x.test".to_owned(), &event, "A & B").unwrap();
        assert!(
            mail.subject.starts_with("A & B: ")
                && mail.subject.contains("sent nothing for 30 hours")
        );
        for part in [&mail.subject, &mail.text, &mail.html] {
            assert!(part.contains("sent nothing for 30 hours"), "{part}");
            assert!(!part.contains("evil"), "{part}");
        }
        assert!(!mail.html.contains("<b>"), "{}", mail.html);
    }
}
