//! Renders the mail to the people who look after a tenant about many people who cannot sign in, because their identity
//! provider sends other ids for them. Performs no I/O.

use rollcall_directory::Event;

use crate::mail::{Mail, templates};
use crate::shown_name::shown_name;

/// What a notice says.
#[derive(Clone, Copy)]
struct Words<'a> {
    tenant: &'a str,
    connection: &'a str,
    people: u64,
}

templates!("subjects_changed.txt", "subjects_changed.html");

/// Returns the mail about a wave. The names come from the tenant and can contain any text.
pub(crate) fn mail(to: String, event: &Event, tenant: &str) -> Result<Mail, askama::Error> {
    let (tenant, connection) = (&shown_name(tenant), &shown_name(&event.subject.name));
    let people = event.after.as_ref().map(|after| &after["refused_people"]);
    let people = people
        .and_then(serde_json::Value::as_u64)
        .unwrap_or_default();
    let subject = format!("{tenant}: people cannot sign in since their ids changed");
    let says = Words {
        tenant,
        connection,
        people,
    };
    render(to, subject, says)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_wave_is_one_mail_with_the_number_of_people() {
        let event: Event = serde_json::from_value(json!({
            "id": "1", "sequence": 1, "type": "connection.subjects_changed", "version": 1, "tenant": "acme",
            "occurred_at": "2026-01-01T00:00:00Z", "actor": {"type": "system"}, "request_id": "r",
            "subject": {"type": "connection", "id": "c", "name": "Okta <b>"}, "after": {"refused_people": 61},
        }))
        .unwrap();
        let mail = mail("a@x.test".to_owned(), &event, "A & B").unwrap();
        assert!(mail.subject.starts_with("A & B: "));
        assert!(mail.text.contains("61 people") && mail.text.contains("Okta"));
        assert!(mail.html.contains("61 people") && mail.html.contains("A &#38; B"));
        assert!(!mail.html.contains("<b>"), "{}", mail.html);
    }
}
