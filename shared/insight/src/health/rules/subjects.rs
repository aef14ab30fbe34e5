//! The subjects of findings.

use jiff::SignedDuration;
use rollcall_directory::Connection;
use rollcall_model::Subject;

use crate::health::finding::{Finding, FindingKind, Severity};

/// How long the set-up of a connection may take. Until then, what is missing is only a notice.
pub(super) const SETTING_UP: SignedDuration = SignedDuration::from_hours(1);

pub(super) fn about_connection(
    kind: FindingKind,
    severity: Severity,
    connection: &Connection,
) -> Finding {
    Finding {
        subject: Some(subject("connection", &connection.id, &connection.label)),
        provider: Some(connection.provider),
        ..Finding::new(kind, severity)
    }
}

pub(super) fn subject(kind: &'static str, id: &str, name: &str) -> Subject {
    Subject::new(kind, id, name).shortened()
}
