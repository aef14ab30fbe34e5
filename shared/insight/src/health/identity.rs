//! Which findings are the same from one check to the next, and which are worth a mail.

use rollcall_directory::ObservedFinding;
use rollcall_model::Subject;

use crate::health::finding::{Finding, FindingKind, snake_case};

/// The kinds of subjects that a finding is about in itself. Others, such as a person, are only the first of several.
const OWN_SUBJECTS: [&str; 3] = ["connection", "token", "webhook"];

impl Finding {
    /// Returns the identity: the kind, and what it is about. It stays the same as long as the same is wrong about the same,
    /// whatever the numbers are.
    pub fn id(&self) -> String {
        let kind = Some(self.kind.code());
        let subject = self.own_subject().map(|subject| subject.id.clone());
        let apart = match self.kind {
            FindingKind::FailuresRepeating => {
                self.diagnosis.map(|it| snake_case(&format!("{it:?}")))
            }
            FindingKind::SignInRefused => self.refusal.map(|it| it.to_string()),
            FindingKind::DefaultRoleWithoutMapping
            | FindingKind::DefaultRoleWithoutClaim
            | FindingKind::DefaultRoleWithoutMatch => self.role.map(|it| it.to_string()),
            _ => None,
        };
        let parts: Vec<String> = [kind, subject, apart].into_iter().flatten().collect();
        parts.join("~")
    }

    /// Returns the connection, token or webhook that it is about.
    pub(super) fn own_subject(&self) -> Option<&Subject> {
        let subject = self.subject.as_ref();
        subject.filter(|subject| OWN_SUBJECTS.contains(&subject.kind.as_ref()))
    }

    /// Returns the finding as it is remembered and announced.
    pub fn observed(&self) -> ObservedFinding {
        ObservedFinding {
            id: self.id(),
            kind: self.kind.code(),
            severity: self.severity.code().to_owned(),
            title: self.title(),
            subject: self.own_subject().cloned(),
            merits_mail: self.kind.merits_mail(),
        }
    }
}

impl FindingKind {
    /// Returns whether the contacts of the tenant get mail when it opens: provisioning has stopped, or soon stops. A brake
    /// and changed subjects have mails of their own, which are sent at once.
    fn merits_mail(self) -> bool {
        matches!(
            self,
            Self::WrongToken
                | Self::ForeignAddress
                | Self::TokenExpired
                | Self::TokenExpiring
                | Self::ConnectionSilent
                | Self::FailuresRepeating
                | Self::UnsupportedFilter
                | Self::OwnedByAnother
                | Self::WebhookPaused
                | Self::PeopleCeiling
                | Self::GroupsCeiling
        )
    }
}
