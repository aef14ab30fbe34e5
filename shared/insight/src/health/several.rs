//! The titles of several findings of one kind.

use crate::health::finding::FindingKind;

/// Returns what is wrong, in one line, for several connections, tokens or webhooks; `None` for a kind whose findings already
/// speak of several.
pub(super) fn title_of_several(kind: FindingKind, number: usize) -> Option<String> {
    let (nouns, what) = match kind {
        FindingKind::WrongToken => (
            "connections",
            "are refused: their tokens are no longer valid",
        ),
        FindingKind::WrongAddress => ("connections", "use an address that does not exist here"),
        FindingKind::NeverHeardFrom => ("connections", "have sent nothing yet"),
        FindingKind::TokenExpired => ("tokens", "have expired, and no others are valid"),
        FindingKind::NoToken => ("connections", "have no token"),
        FindingKind::TokenExpiring => ("tokens", "expire soon"),
        FindingKind::ConnectionSilent => ("connections", "have sent nothing for a day or longer"),
        FindingKind::StaleUser => ("connections", "sync people who are not here"),
        FindingKind::StaleGroup => ("connections", "sync groups that are not here"),
        FindingKind::UnsupportedFilter => {
            ("connections", "search with a filter that is not supported")
        }
        FindingKind::SkippedMembers => (
            "connections",
            "add members who are not here: they were left out",
        ),
        FindingKind::NestedGroups => ("connections", "add groups to groups: they were left out"),
        FindingKind::IgnoredPath => (
            "connections",
            "change an attribute that does not exist: it was ignored",
        ),
        FindingKind::FailuresRepeating => ("connections", "have requests that fail"),
        FindingKind::UsersWithoutGroups => ("connections", "send people, but no groups"),
        FindingKind::OwnedByAnother => ("connections", "send what belongs to another connection"),
        FindingKind::BrakeTripped => ("connections", "removed unusually many people at once"),
        FindingKind::WebhookPaused => ("webhooks", "are paused: they send nothing"),
        FindingKind::WebhookPausedByHand => ("webhooks", "are paused by an admin"),
        _ => return None,
    };
    Some(format!("{number} {nouns} {what}"))
}
