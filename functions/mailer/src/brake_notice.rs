//! Renders the mail to the people who look after a tenant about a connection that takes away more than it may. Performs no
//! I/O.

use rollcall_directory::Event;
use serde_json::Value;

use crate::mail::{Mail, templates};
use crate::shown_name::shown_name;

/// What a notice says.
#[derive(Clone, Copy)]
struct Words<'a> {
    tenant: &'a str,
    connection: &'a str,
    taken: u64,
    allowed: u64,
    holds: bool,
}

templates!("brake_tripped.txt", "brake_tripped.html");

/// Returns the mail. The names come from the tenant and can contain any text.
pub(crate) fn mail(to: String, event: &Event, tenant: &str) -> Result<Mail, askama::Error> {
    let (tenant, connection) = (&shown_name(tenant), &shown_name(&event.subject.name));
    let after = |name: &str| event.after.as_ref().map(|after| &after[name]);
    let number = |name: &str| after(name).and_then(Value::as_u64).unwrap_or_default();
    let (taken, allowed) = (number("taken"), number("allowed"));
    let holds = after("holds").and_then(Value::as_bool).unwrap_or_default();
    let subject = format!("{tenant}: your identity provider removes unusually many people");
    let says = Words {
        tenant,
        connection,
        taken,
        allowed,
        holds,
    };
    render(to, subject, says)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tripped(holds: bool) -> Mail {
        let event: Event = serde_json::from_value(json!({
            "id": "1", "sequence": 1, "type": "brake.tripped", "version": 1, "tenant": "acme",
            "occurred_at": "2026-01-01T00:00:00Z", "actor": {"type": "system"}, "request_id": "r",
            "subject": {"type": "connection", "id": "c", "name": "Okta <b>"},
            "after": {"taken": 21, "allowed": 20, "holds": holds},
        }))
        .unwrap();
        mail("a@x.test".to_owned(), &event, "A & B").unwrap()
    }

    #[test]
    fn the_mail_has_the_numbers_and_says_whether_changes_are_held() {
        for (holds, said) in [(true, "held"), (false, "took effect")] {
            let mail = tripped(holds);
            assert!(mail.subject.starts_with("A & B: "));
            for part in [&mail.text, &mail.html] {
                assert!(part.contains("21") && part.contains("20"), "{part}");
                assert!(part.contains(said) && part.contains("Okta"), "{part}");
            }
            assert!(!mail.html.contains("<b>"), "{}", mail.html);
        }
    }
}
