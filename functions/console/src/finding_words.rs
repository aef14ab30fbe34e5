//! Says what findings are, and what to do about them. Pure.
//!
//! The insight says it in English, for the API and the mails. The catalogues say it by the code of the kind; a test compares
//! the two.

#[cfg(test)]
mod tests;

use rollcall_directory::{PauseReason, Provider, RouteBy, SignInRefusal};
use rollcall_insight::{Finding, FindingGroup, FindingKind, isolated};

use crate::language::{self, Language};
use crate::messages::{Text, t};
use crate::request_refusal::explained;

/// What is wrong, in one line, for several findings of one cause.
pub(crate) fn group_title(group: &FindingGroup) -> Text {
    let Some(first) = group.first() else {
        return t("health-finding");
    };
    let several = group.is_several().then_some(group.findings.len());
    several
        .and_then(|number| title_of_several(first.kind, number))
        .unwrap_or_else(|| title(first))
}

/// What was wrong, in one line, of which only the code of the kind and the title in English are stored. What cannot be read
/// back from the title stays as it is.
pub(crate) fn stored_title(kind: &str, stored: &str) -> String {
    if language::spoken() == Language::English {
        return stored.to_owned();
    }
    let retold = Finding::retold(kind, stored);
    retold.map_or_else(|| stored.to_owned(), |finding| title(&finding).plain())
}

/// What is wrong, in one line.
pub(crate) fn title(finding: &Finding) -> Text {
    let name = isolated(finding.subject.as_ref());
    let connection = isolated(finding.among.first());
    let (count, least) = (finding.count, least(finding));
    match finding.kind {
        FindingKind::WrongToken => t("finding-wrong-token").s("name", name),
        FindingKind::ForeignAddress => t("finding-foreign-address").s("name", name),
        FindingKind::WrongAddress => t("finding-wrong-address").s("name", name),
        FindingKind::NeverHeardFrom => t("finding-never-heard-from").s("name", name),
        FindingKind::TokenExpired => t("finding-token-expired")
            .s("name", name)
            .s("connection", connection),
        FindingKind::NoToken => t("finding-no-token").s("name", name),
        FindingKind::TokenExpiring => t("finding-token-expiring")
            .s("name", name)
            .s("connection", connection)
            .part(
                "days",
                t("finding-days").n("count", count).n("number", count),
            ),
        FindingKind::ConnectionSilent => t("finding-connection-silent").s("name", name).part(
            "hours",
            t("finding-hours").n("count", count).n("number", count),
        ),
        FindingKind::StaleUser => t("finding-stale-user")
            .s("name", name)
            .part("requests", requests(finding)),
        FindingKind::StaleGroup => t("finding-stale-group")
            .s("name", name)
            .part("requests", requests(finding)),
        FindingKind::UnsupportedFilter => t("finding-unsupported-filter")
            .s("name", name)
            .part("requests", requests(finding)),
        FindingKind::SkippedMembers => t("finding-skipped-members").s("name", name),
        FindingKind::NestedGroups => t("finding-nested-groups").s("name", name),
        FindingKind::IgnoredPath => t("finding-ignored-path").s("name", name),
        FindingKind::FailuresRepeating => t("finding-failures-repeating")
            .s("name", name)
            .part("requests", requests(finding)),
        FindingKind::UsersWithoutGroups => t("finding-users-without-groups").s("name", name),
        FindingKind::EmptyGroups => t("finding-empty-groups")
            .n("count", count)
            .part("groups", groups(finding)),
        FindingKind::UnmappedGroups => t("finding-unmapped-groups")
            .n("count", count)
            .part("groups", groups(finding)),
        FindingKind::ClaimMissing => t("finding-claim-missing").part(
            "sign-ins",
            t("finding-sign-ins")
                .choice("least", least)
                .n("count", count)
                .n("number", count),
        ),
        FindingKind::DefaultRoleWithoutMapping => {
            t("finding-default-role-without-mapping").part("who", people_and_role(finding))
        }
        FindingKind::DefaultRoleWithoutClaim => {
            t("finding-default-role-without-claim").part("who", people_and_role(finding))
        }
        FindingKind::DefaultRoleWithoutMatch if is_by_claim_alone(finding) => {
            t("finding-default-role-without-match-alone").part("who", people_and_role(finding))
        }
        FindingKind::DefaultRoleWithoutMatch => {
            t("finding-default-role-without-match").part("who", people_and_role(finding))
        }
        FindingKind::NeverSignedIn => t("finding-never-signed-in")
            .n("count", count)
            .part("people", people(finding)),
        FindingKind::OwnedByAnother => t("finding-owned-by-another")
            .s("name", name)
            .part("requests", requests(finding)),
        FindingKind::BrakeTripped => t("finding-brake-tripped")
            .s("name", name)
            .part(
                "changes",
                t("finding-changes")
                    .choice("least", least)
                    .n("count", count)
                    .n("number", count),
            )
            .n("ceiling", finding.ceiling.unwrap_or_default()),
        FindingKind::SubjectsChanged if finding.subject.is_none() => {
            t("finding-subjects-changed-without-connection").part("people", people(finding))
        }
        FindingKind::SubjectsChanged => t("finding-subjects-changed")
            .s("name", name)
            .part("people", people(finding)),
        FindingKind::SignInRefused => refused(finding),
        FindingKind::SubjectIsName => t("finding-subject-is-name")
            .n("count", count)
            .part("people", people(finding)),
        FindingKind::NeitherSubjectNorConnection => t("finding-neither-subject-nor-connection")
            .n("count", count)
            .part("people", people(finding)),
        FindingKind::PeopleCeiling => ceiling(finding),
        FindingKind::GroupsCeiling => ceiling(finding),
        FindingKind::TokensCeiling => ceiling(finding),
        FindingKind::WebhookPaused => t("finding-webhook-paused").s("name", name),
        FindingKind::WebhookPausedByHand => t("finding-webhook-paused-by-hand").s("name", name),
        FindingKind::MailBounced => t("finding-mail-bounced")
            .n("count", count)
            .part("addresses", addresses(finding)),
        FindingKind::MailReportedAsSpam => t("finding-mail-reported-as-spam")
            .n("count", count)
            .part("addresses", addresses(finding)),
    }
}

/// What the insight adds about the case in English; `None` if it has no message.
pub(crate) fn detail(finding: &Finding) -> Option<Text> {
    let detail = finding.detail.as_deref()?;
    match finding.kind {
        FindingKind::SignInRefused => {
            let names = detail.strip_prefix("Signed in as: ")?;
            Some(t("health-signed-in-as").bdi("names", names))
        }
        FindingKind::WebhookPaused | FindingKind::WebhookPausedByHand => {
            let (reason, status) = match detail.split_once(", status ") {
                Some((reason, status)) => (reason, Some(status)),
                None => (detail, None),
            };
            PauseReason::of(reason)?;
            let paused = paused(Some(reason));
            Some(match status {
                Some(status) => t("health-paused-status")
                    .part("reason", paused)
                    .s("status", status),
                None => paused,
            })
        }
        _ => None,
    }
}

/// Says why a webhook is paused.
pub(crate) fn paused(reason: Option<&str>) -> Text {
    match reason {
        Some("failing") => t("change-paused-failing"),
        Some("gone") => t("change-paused-gone"),
        Some("events_expired") => t("change-paused-events-expired"),
        Some("restored") => t("change-paused-restored"),
        Some("cursor_ahead") => t("change-paused-cursor-ahead"),
        _ => t("change-paused"),
    }
}

fn ceiling(finding: &Finding) -> Text {
    let allowed = finding.ceiling.unwrap_or_default();
    let tokens = || {
        t("finding-tokens")
            .n("count", finding.count)
            .n("number", finding.count)
    };
    match (finding.kind, finding.count >= allowed) {
        (FindingKind::TokensCeiling, true) => t("finding-tokens-ceiling-reached")
            .part("tokens", tokens())
            .n("ceiling", allowed),
        (FindingKind::TokensCeiling, false) => t("finding-tokens-ceiling")
            .part("tokens", tokens())
            .n("ceiling", allowed),
        (FindingKind::GroupsCeiling, true) => t("finding-groups-ceiling-reached")
            .part("groups", groups(finding))
            .n("ceiling", allowed),
        (FindingKind::GroupsCeiling, false) => t("finding-groups-ceiling")
            .part("groups", groups(finding))
            .n("ceiling", allowed),
        (_, true) => t("finding-people-ceiling-reached")
            .part("people", people(finding))
            .n("ceiling", allowed),
        (_, false) => t("finding-people-ceiling")
            .part("people", people(finding))
            .n("ceiling", allowed),
    }
}

fn refused(finding: &Finding) -> Text {
    let refused = t("finding-people-out")
        .n("count", finding.count)
        .part("people", people(finding));
    match finding.refusal {
        Some(SignInRefusal::Ambiguous) => {
            t("finding-sign-in-refused-ambiguous").part("refused", refused)
        }
        Some(SignInRefusal::OtherSubject) => {
            t("finding-sign-in-refused-other-subject").part("refused", refused)
        }
        Some(SignInRefusal::OtherExternalId) => {
            t("finding-sign-in-refused-other-external-id").part("refused", refused)
        }
        Some(SignInRefusal::OtherConnection) => {
            t("finding-sign-in-refused-other-connection").part("refused", refused)
        }
        Some(SignInRefusal::Unproven) => {
            t("finding-sign-in-refused-unproven").part("refused", refused)
        }
        Some(SignInRefusal::SameEmail) => {
            t("finding-sign-in-refused-same-email").part("refused", refused)
        }
        Some(SignInRefusal::Inactive) => {
            t("finding-sign-in-refused-inactive").part("refused", refused)
        }
        Some(SignInRefusal::NotProvisioned) => {
            t("finding-sign-in-refused-not-provisioned").part("refused", refused)
        }
        None => t("finding-sign-in-refused-unknown").part("refused", refused),
    }
}

/// Whether there may be more than were counted, as a message asks for it.
fn least(finding: &Finding) -> &'static str {
    match finding.at_least {
        true => "yes",
        false => "no",
    }
}

fn people(finding: &Finding) -> Text {
    t("finding-people")
        .choice("least", least(finding))
        .n("count", finding.count)
        .n("number", finding.count)
}

fn addresses(finding: &Finding) -> Text {
    t("finding-addresses")
        .choice("least", least(finding))
        .n("count", finding.count)
        .n("number", finding.count)
}

fn groups(finding: &Finding) -> Text {
    t("finding-groups")
        .choice("least", least(finding))
        .n("count", finding.count)
        .n("number", finding.count)
}

fn requests(finding: &Finding) -> Text {
    t("finding-requests")
        .choice("least", least(finding))
        .n("count", finding.count)
        .n("number", finding.count)
}

/// Says what the people have to whom no group gives a role: the default role, or none.
fn people_and_role(finding: &Finding) -> Text {
    let role = finding.role.as_ref();
    t("finding-people-and-role")
        .choice("held", if role.is_some() { "role" } else { "none" })
        .n("count", finding.count)
        .part("people", people(finding))
        .s("role", role.map_or("", |role| role.title()))
}

/// Whether only the claim decides, so that pushed memberships do not count.
fn is_by_claim_alone(finding: &Finding) -> bool {
    finding.route_by == Some(RouteBy::Claim)
}

/// What is wrong, in one line, for several connections, tokens or webhooks; `None` for a kind whose findings already speak of
/// several.
fn title_of_several(kind: FindingKind, number: usize) -> Option<Text> {
    Some(match kind {
        FindingKind::WrongToken => t("finding-several-wrong-token").n("number", number),
        FindingKind::WrongAddress => t("finding-several-wrong-address").n("number", number),
        FindingKind::NeverHeardFrom => t("finding-several-never-heard-from").n("number", number),
        FindingKind::TokenExpired => t("finding-several-token-expired").n("number", number),
        FindingKind::NoToken => t("finding-several-no-token").n("number", number),
        FindingKind::TokenExpiring => t("finding-several-token-expiring").n("number", number),
        FindingKind::ConnectionSilent => t("finding-several-connection-silent").n("number", number),
        FindingKind::StaleUser => t("finding-several-stale-user").n("number", number),
        FindingKind::StaleGroup => t("finding-several-stale-group").n("number", number),
        FindingKind::UnsupportedFilter => {
            t("finding-several-unsupported-filter").n("number", number)
        }
        FindingKind::SkippedMembers => t("finding-several-skipped-members").n("number", number),
        FindingKind::NestedGroups => t("finding-several-nested-groups").n("number", number),
        FindingKind::IgnoredPath => t("finding-several-ignored-path").n("number", number),
        FindingKind::FailuresRepeating => {
            t("finding-several-failures-repeating").n("number", number)
        }
        FindingKind::UsersWithoutGroups => {
            t("finding-several-users-without-groups").n("number", number)
        }
        FindingKind::OwnedByAnother => t("finding-several-owned-by-another").n("number", number),
        FindingKind::BrakeTripped => t("finding-several-brake-tripped").n("number", number),
        FindingKind::WebhookPaused => t("finding-several-webhook-paused").n("number", number),
        FindingKind::WebhookPausedByHand => {
            t("finding-several-webhook-paused-by-hand").n("number", number)
        }
        _ => return None,
    })
}

/// What a finding means, and what to do about it.
pub(crate) fn advice(finding: &Finding) -> Text {
    let on_schedule = finding.provider.is_some_and(Provider::syncs_on_schedule);
    match (finding.kind, finding.provider) {
        (FindingKind::FailuresRepeating, _) => match finding.diagnosis {
            Some(diagnosis) => explained(diagnosis),
            None => t("advice-failures-repeating"),
        },
        (FindingKind::TokenExpiring, _) => match finding.among.get(1) {
            Some(other) => t("advice-token-expiring-with-another")
                .s("other", isolated(Some(other)))
                .s("name", isolated(finding.subject.as_ref())),
            None => t("advice-token-expiring"),
        },
        (FindingKind::NeverHeardFrom, Some(Provider::Google)) => {
            t("advice-never-heard-from-google")
        }
        (FindingKind::UsersWithoutGroups, Some(Provider::Google)) => {
            t("advice-users-without-groups-google")
        }
        (FindingKind::ConnectionSilent, _) if on_schedule => {
            t("advice-connection-silent-on-schedule")
        }
        (FindingKind::DefaultRoleWithoutClaim, _) if is_by_claim_alone(finding) => {
            t("advice-default-role-without-claim-alone")
        }
        (FindingKind::DefaultRoleWithoutMatch, _) if is_by_claim_alone(finding) => {
            t("advice-default-role-without-match-alone")
        }
        (FindingKind::SubjectsChanged, _) if finding.subject.is_none() => {
            t("advice-subjects-changed-without-connection")
        }
        (FindingKind::SignInRefused, _) => advice_on_refusal(finding.refusal),
        (kind, _) => advice_on(kind),
    }
}

fn advice_on(kind: FindingKind) -> Text {
    match kind {
        FindingKind::WrongToken => t("advice-wrong-token"),
        FindingKind::ForeignAddress => t("advice-foreign-address"),
        FindingKind::WrongAddress => t("advice-wrong-address"),
        FindingKind::NeverHeardFrom => t("advice-never-heard-from"),
        FindingKind::TokenExpired => t("advice-token-expired"),
        FindingKind::NoToken => t("advice-no-token"),
        FindingKind::ConnectionSilent => t("advice-connection-silent"),
        FindingKind::StaleUser => t("advice-stale-user"),
        FindingKind::StaleGroup => t("advice-stale-group"),
        FindingKind::UnsupportedFilter => t("advice-unsupported-filter"),
        FindingKind::SkippedMembers => t("advice-skipped-members"),
        FindingKind::NestedGroups => t("advice-nested-groups"),
        FindingKind::IgnoredPath => t("advice-ignored-path"),
        FindingKind::UsersWithoutGroups => t("advice-users-without-groups"),
        FindingKind::EmptyGroups => t("advice-empty-groups"),
        FindingKind::UnmappedGroups => t("advice-unmapped-groups"),
        FindingKind::ClaimMissing => t("advice-claim-missing"),
        FindingKind::DefaultRoleWithoutMapping => t("advice-default-role-without-mapping"),
        FindingKind::DefaultRoleWithoutClaim => t("advice-default-role-without-claim"),
        FindingKind::DefaultRoleWithoutMatch => t("advice-default-role-without-match"),
        FindingKind::NeverSignedIn => t("advice-never-signed-in"),
        FindingKind::OwnedByAnother => t("advice-owned-by-another"),
        FindingKind::BrakeTripped => t("advice-brake-tripped"),
        FindingKind::SubjectsChanged => t("advice-subjects-changed"),
        FindingKind::SubjectIsName => t("advice-subject-is-name"),
        FindingKind::NeitherSubjectNorConnection => t("advice-neither-subject-nor-connection"),
        FindingKind::PeopleCeiling => t("advice-people-ceiling"),
        FindingKind::GroupsCeiling => t("advice-groups-ceiling"),
        FindingKind::TokensCeiling => t("advice-tokens-ceiling"),
        FindingKind::WebhookPaused => t("advice-webhook-paused"),
        FindingKind::WebhookPausedByHand => t("advice-webhook-paused-by-hand"),
        FindingKind::MailBounced => t("advice-mail-bounced"),
        FindingKind::MailReportedAsSpam => t("advice-mail-reported-as-spam"),
        FindingKind::FailuresRepeating
        | FindingKind::TokenExpiring
        | FindingKind::SignInRefused => t("advice-failures-repeating"),
    }
}

fn advice_on_refusal(refusal: Option<SignInRefusal>) -> Text {
    match refusal {
        Some(SignInRefusal::Ambiguous) => t("advice-sign-in-refused-ambiguous"),
        Some(SignInRefusal::OtherSubject) => t("advice-sign-in-refused-other-subject"),
        Some(SignInRefusal::OtherExternalId) => t("advice-sign-in-refused-other-external-id"),
        Some(SignInRefusal::OtherConnection) => t("advice-sign-in-refused-other-connection"),
        Some(SignInRefusal::Unproven) => t("advice-sign-in-refused-unproven"),
        Some(SignInRefusal::SameEmail) => t("advice-sign-in-refused-same-email"),
        Some(SignInRefusal::Inactive) => t("advice-sign-in-refused-inactive"),
        Some(SignInRefusal::NotProvisioned) => t("advice-sign-in-refused-not-provisioned"),
        None => t("advice-sign-in-refused-unknown"),
    }
}
