//! Webhooks that send nothing.

use rollcall_directory::PauseReason;
use rollcall_model::Subject;

use crate::health::finding::{Finding, FindingKind, Severity};
use crate::health::snapshot::Snapshot;

/// Returns the webhooks that are paused. One that is resumed has no finding any more.
pub(super) fn of_webhooks(snapshot: &Snapshot) -> Vec<Finding> {
    let paused = snapshot.webhooks.iter().filter(|one| one.is_paused());
    let found = paused.map(|webhook| {
        let reason = webhook.pause_reason.as_deref();
        let (kind, severity) = match reason.and_then(PauseReason::of) {
            Some(PauseReason::ByHand) => (FindingKind::WebhookPausedByHand, Severity::Notice),
            _ => (FindingKind::WebhookPaused, Severity::Problem),
        };
        let status = webhook
            .last_status
            .map(|status| format!(", status {status}"));
        let detail = reason.map(|reason| format!("{reason}{}", status.unwrap_or_default()));
        Finding {
            subject: Some(Subject::new("webhook", &webhook.id, &webhook.label)),
            since: webhook.paused_at,
            detail,
            ..Finding::new(kind, severity)
        }
    });
    found.collect()
}
