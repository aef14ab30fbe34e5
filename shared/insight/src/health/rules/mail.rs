//! Mail that bounced, or that its receivers reported as spam.

use rollcall_directory::MailRejection;
use rollcall_model::Subject;

use super::people::MAX_NAMES;
use crate::health::finding::{Finding, FindingKind, Severity};
use crate::health::snapshot::Snapshot;

/// Returns which addresses of people and contacts reject mail.
pub(super) fn of_mail(snapshot: &Snapshot) -> Vec<Finding> {
    let all = [
        (MailRejection::Bounced, FindingKind::MailBounced),
        (MailRejection::Complained, FindingKind::MailReportedAsSpam),
    ];
    let found = all.into_iter().filter_map(|(why, kind)| {
        let of = || snapshot.rejecting.iter().filter(|one| one.mark.why == why);
        let since = of().map(|one| one.mark.at).min()?;
        let people = of().filter_map(|one| one.person.clone());
        let among: Vec<Subject> = people.take(MAX_NAMES).collect();
        Some(Finding {
            subject: among.first().cloned(),
            count: of().count() as u64,
            at_least: !snapshot.all_rejecting,
            among,
            since: Some(since),
            ..Finding::new(kind, Severity::Warning)
        })
    });
    found.collect()
}
